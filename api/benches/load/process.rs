//! Child processes on free loopback ports, killed when dropped.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use quanxiangtuo::platform::clock::Stopwatch;

use crate::client;

/// A server of 10 000 centres is up in a second or two, one of a million in a minute or two.
const READY_WITHIN: Duration = Duration::from_secs(300);

/// A server under measurement.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts `command` (told its address) and waits until `path`
    /// answers 200.
    pub async fn start(command: impl FnOnce(SocketAddr) -> Command, path: &str) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = command(address);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Self::spawn(command, address, path).await
    }

    async fn spawn(mut command: Command, address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let child = command.spawn().with_context(|| format!("can't start {}", command.get_program().display()))?;
        let mut server = Self { child, address };
        let since = Stopwatch::start();
        loop {
            if client::status(address, &client::get(path, None)).await.is_ok_and(|status| status == 200) {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                anyhow::bail!("{} ended by itself: {status}", command.get_program().display());
            }
            anyhow::ensure!(since.elapsed() < READY_WITHIN, "{path} doesn't answer 200 within {READY_WITHIN:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Resident memory in MB (10^6 bytes).
    pub fn resident_mb(&self) -> anyhow::Result<f64> {
        self.memory_mb("VmRSS:")
    }

    /// The most that it was.
    pub fn most_resident_mb(&self) -> anyhow::Result<f64> {
        self.memory_mb("VmHWM:")
    }

    fn memory_mb(&self, which: &str) -> anyhow::Result<f64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(Path::new(&path)).context("resident memory is read from Linux's /proc")?;
        let line = status.lines().find_map(|line| line.strip_prefix(which)).context("no such figure")?;
        let kb: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kb * 1024.0 / 1e6)
    }
}
