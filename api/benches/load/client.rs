//! The load generator: raw HTTP/1.1 over kept-alive connections, requests made beforehand. It is
//! ours so that it costs little beside the servers it measures on the same cores, and so that the
//! same code calls both.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use quanxiangtuo::platform::clock::Stopwatch;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

/// Connections at once.
pub const CONCURRENCY: usize = 32;
/// Client threads; each runs its share of the connections by itself.
pub const THREADS: usize = 2;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The least that the scheduler knows.
const LEAST_PRIORITY: i32 = 19;

/// A request, byte for byte.
pub type Request = Vec<u8>;

/// A GET.
pub fn get(path: &str, token: Option<&str>) -> Request {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{}\r\n", authorization(token)).into_bytes()
}

/// A POST of JSON; `headers` are whole lines.
pub fn post(path: &str, token: Option<&str>, headers: &str, body: &serde_json::Value) -> Request {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\n{}{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        authorization(token),
        body.len()
    )
    .into_bytes()
}

fn authorization(token: Option<&str>) -> String {
    token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default()
}

/// How long to go on.
#[derive(Clone, Copy)]
pub enum Until {
    /// Round and round the requests for this long.
    Elapsed(Duration),
    /// Each request once.
    AllSent,
}

/// What came back.
#[derive(Default)]
pub struct Sample {
    /// Answers a second.
    pub rate: f64,
    /// Microseconds from sending to the last byte, of each answer.
    pub micros: Vec<u32>,
    /// Answers by status.
    pub statuses: BTreeMap<u16, usize>,
    /// One answer of each status, for a message.
    pub example: BTreeMap<u16, String>,
    /// Bodies by request, if kept.
    pub bodies: Vec<(usize, Vec<u8>)>,
}

impl Sample {
    /// How many answers had this status.
    pub fn count(&self, status: u16) -> usize {
        self.statuses.get(&status).copied().unwrap_or_default()
    }

    /// An error unless every answer had this status.
    pub fn expect(self, what: &str, status: u16) -> anyhow::Result<Self> {
        match self.statuses.keys().find(|found| **found != status) {
            None => Ok(self),
            Some(odd) => {
                let example = self.example.get(odd).map_or("", String::as_str);
                anyhow::bail!("{what}: expected {status} only, got {:?}, e.g. {example}", self.statuses)
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.micros.extend(other.micros);
        for (status, n) in other.statuses {
            *self.statuses.entry(status).or_default() += n;
        }
        self.example.extend(other.example);
        self.bodies.extend(other.bodies);
    }
}

/// Lets the calling thread give way to what it measures. A client on the same cores that each answer wakes, and
/// that then takes the core from a server with other requests half done, measures the scheduler: the fixed
/// answers of a bare server came in 0.1 ms at the median and 4 ms at the 99th percentile, with 0.3 and 0.7 ms
/// since. On a machine of its own a client takes no core from anybody.
pub fn give_way() -> anyhow::Result<()> {
    rustix::process::setpriority_process(None, LEAST_PRIORITY).context("the client's priority")
}

/// The status of one request on a connection of its own.
pub async fn status(address: SocketAddr, request: &[u8]) -> anyhow::Result<u16> {
    Ok(Connection::open(address).await?.call(request).await?.0)
}

/// Sends `requests` over [`CONCURRENCY`] connections.
pub async fn load(
    address: SocketAddr,
    requests: Vec<Request>,
    until: Until,
    keep_bodies: bool,
) -> anyhow::Result<Sample> {
    load_over(CONCURRENCY, address, requests, until, keep_bodies).await
}

/// Sends `requests` over so many connections.
pub async fn load_over(
    concurrency: usize,
    address: SocketAddr,
    requests: Vec<Request>,
    until: Until,
    keep_bodies: bool,
) -> anyhow::Result<Sample> {
    let job = Arc::new(Job { address, requests, until, keep_bodies, next: AtomicUsize::new(0) });
    let watch = Stopwatch::start();
    let mut threads = JoinSet::new();
    for thread in 0..THREADS.min(concurrency) {
        let job = Arc::clone(&job);
        threads.spawn_blocking(move || {
            give_way()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connections = JoinSet::new();
                for _ in (thread..concurrency).step_by(THREADS) {
                    connections.spawn(connection(Arc::clone(&job)));
                }
                let mut sample = Sample::default();
                while let Some(part) = connections.join_next().await {
                    sample.merge(part??);
                }
                anyhow::Ok(sample)
            })
        });
    }
    let mut sample = Sample::default();
    while let Some(part) = threads.join_next().await {
        sample.merge(part??);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let answers = sample.micros.len() as f64;
    sample.rate = answers / watch.elapsed().as_secs_f64();
    Ok(sample)
}

struct Job {
    address: SocketAddr,
    requests: Vec<Request>,
    until: Until,
    keep_bodies: bool,
    next: AtomicUsize,
}

async fn connection(job: Arc<Job>) -> anyhow::Result<Sample> {
    let mut connection = Connection::open(job.address).await?;
    let mut sample = Sample::default();
    let watch = Stopwatch::start();
    loop {
        let n = job.next.fetch_add(1, Ordering::Relaxed);
        let n = match job.until {
            Until::AllSent if n >= job.requests.len() => return Ok(sample),
            Until::Elapsed(time) if watch.elapsed() >= time => return Ok(sample),
            _ => n % job.requests.len(),
        };
        let sent = Stopwatch::start();
        let (status, body) = connection.call(&job.requests[n]).await?;
        sample.micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        let count = sample.statuses.entry(status).or_default();
        *count += 1;
        if *count == 1 && status >= 300 {
            sample.example.insert(status, String::from_utf8_lossy(&connection.buffer[body.clone()]).into_owned());
        }
        if job.keep_bodies {
            sample.bodies.push((n, connection.buffer[body].to_vec()));
        }
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 * 1024] })
    }

    /// Sends and reads one answer; its status and where its body is in the buffer.
    async fn call(&mut self, request: &[u8]) -> anyhow::Result<(u16, std::ops::Range<usize>)> {
        timeout(ANSWER_WITHIN, self.exchange(request)).await.context("no answer in time")?
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<(u16, std::ops::Range<usize>)> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let (status, head, end) = loop {
            filled += self.fill(filled).await?;
            if let Some(head) = find(&self.buffer[..filled], b"\r\n\r\n") {
                let (status, length) = parse(&self.buffer[..head])?;
                break (status, head + 4, head + 4 + length);
            }
        };
        if end > self.buffer.len() {
            self.buffer.resize(end, 0);
        }
        while filled < end {
            filled += self.fill(filled).await?;
        }
        Ok((status, head..end))
    }

    async fn fill(&mut self, from: usize) -> anyhow::Result<usize> {
        let n = self.stream.read(&mut self.buffer[from..]).await?;
        anyhow::ensure!(n > 0, "the server closed the connection");
        Ok(n)
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Status and content length of a head.
fn parse(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12)).context("no status line")?.parse()?;
    for line in lines {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok((status, value.trim().parse()?));
        }
    }
    anyhow::bail!("an answer without content-length: {head}")
}
