//! A fake of WeChat's `sns/jscode2session`, `cgi-bin/stable_token` and `wxa/getwxacodeunlimit`, in
//! WeChat's own shapes: always HTTP 200, JSON labelled
//! `text/plain`, failures in `errcode`. It checks what it is asked, counts, can be slow and can
//! hang up.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// The appid and secret it takes.
pub const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "fake-secret-for-tests-only";

/// What it answers to a code.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This openid, once; the second time `40163`.
    Openid(&'static str),
    /// A failure.
    Error(i64, &'static str),
    /// The answer after a while.
    Slow(Duration, Box<Answer>),
    /// Hangs up without an answer.
    HangUp,
    /// Hangs up in the middle of the answer.
    HangUpInTheMiddle,
    /// Something that is not WeChat's JSON (a proxy's error page).
    Page(&'static str),
}

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    used: Vec<String>,
    calls: Vec<String>,
    faults: Vec<String>,
    /// Tokens handed out; only the last one is taken.
    tokens: u32,
    /// Bodies of the mini-program codes it drew.
    codes: Vec<serde_json::Value>,
}

/// The running fake; stops when dropped.
pub struct FakeWeChat {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _stop: oneshot::Sender<()>,
}

impl FakeWeChat {
    /// Starts it; codes that it wasn't told about are `40029`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, mut stopped) = oneshot::channel();
        let served = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = &mut stopped => return,
                    Ok((stream, _)) = listener.accept() => {
                        tokio::spawn(serve(stream, Arc::clone(&served)));
                    }
                }
            }
        });
        Self { address, state, _stop: stop }
    }

    /// The settings that lead to it.
    #[must_use]
    pub fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("wechat_base_url", format!("http://{}", self.address)),
            ("wechat_appid", APPID.to_owned()),
            ("wechat_secret", SECRET.to_owned()),
        ]
    }

    /// What a code gets.
    pub fn answer(&self, code: &str, answer: Answer) {
        self.state.lock().unwrap().answers.insert(code.to_owned(), answer);
    }

    /// The codes it was asked about, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.state.lock().unwrap().calls.clone()
    }

    /// How many tokens it handed out.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.state.lock().unwrap().tokens
    }

    /// The token it gave ends, as after a change of the secret.
    pub fn end_token(&self) {
        self.state.lock().unwrap().tokens += 1;
    }

    /// What the mini-program codes it drew were asked for.
    #[must_use]
    pub fn codes(&self) -> Vec<serde_json::Value> {
        self.state.lock().unwrap().codes.clone()
    }

    /// What was wrong with the requests.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.state.lock().unwrap().faults.clone()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut request = Vec::new();
    let mut chunk = [0; 2048];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => request.extend_from_slice(&chunk[..n]),
            _ => return,
        }
    }
    if request.starts_with(b"POST ") {
        return serve_post(stream, request, &state).await;
    }
    let request = String::from_utf8_lossy(&request);
    let mut answer = decide(request.lines().next().unwrap_or(""), &state);
    while let Answer::Slow(time, then) = answer {
        tokio::time::sleep(time).await;
        answer = *then;
    }
    let body = match answer {
        Answer::Openid(openid) => {
            json!({ "session_key": "dGhpcyBpcyBhIHNlc3Npb24ga2V5", "openid": openid }).to_string()
        }
        Answer::Error(errcode, errmsg) => {
            json!({ "errcode": errcode, "errmsg": format!("{errmsg}, rid: 65a0f2c3-1b2c3d4e-5f6a7b8c") }).to_string()
        }
        Answer::Page(page) => page.to_owned(),
        Answer::HangUpInTheMiddle => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 90\r\n\r\n{\"openid\":\"o";
            let _ = stream.write_all(head.as_bytes()).await;
            return;
        }
        Answer::HangUp | Answer::Slow(..) => return,
    };
    let answer = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// The picture it draws.
pub const PICTURE: &[u8] = b"\xff\xd8\xff\xe0 not a real picture";

async fn serve_post(mut stream: TcpStream, mut request: Vec<u8>, state: &Mutex<State>) {
    let head = request.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let length: usize = length.unwrap_or(0);
    let mut chunk = [0; 2048];
    while request.len() < head + length {
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => request.extend_from_slice(&chunk[..n]),
            _ => return,
        }
    }
    let line = text.lines().next().unwrap_or("").to_owned();
    let body = serde_json::from_slice(&request[head..]).unwrap_or(serde_json::Value::Null);
    let (content_type, body) = answer_post(&line, &body, state);
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
}

fn answer_post(line: &str, body: &serde_json::Value, state: &Mutex<State>) -> (&'static str, Vec<u8>) {
    let mut state = state.lock().unwrap();
    let error = |errcode: i64, errmsg: &str| {
        ("application/json", json!({ "errcode": errcode, "errmsg": errmsg }).to_string().into_bytes())
    };
    if line.starts_with("post /cgi-bin/stable_token ") {
        if body["appid"] != APPID || body["secret"] != SECRET || body["grant_type"] != "client_credential" {
            state.faults.push(format!("{line} {body}"));
            return error(40125, "invalid appsecret");
        }
        state.tokens += 1;
        let token = format!("token-{}", state.tokens);
        return ("application/json", json!({ "access_token": token, "expires_in": 7200 }).to_string().into_bytes());
    }
    if line.starts_with("post /wxa/getwxacodeunlimit?") {
        if !line.contains(&format!("access_token=token-{} ", state.tokens)) {
            return error(42001, "access_token expired");
        }
        let scene = body["scene"].as_str().unwrap_or("");
        if scene.is_empty() || scene.len() > 32 || !scene.bytes().all(|b| b.is_ascii_alphanumeric()) {
            state.faults.push(format!("{line} {body}"));
            return error(40169, "invalid scene");
        }
        state.codes.push(body.clone());
        return ("image/jpeg", PICTURE.to_vec());
    }
    state.faults.push(format!("unknown request: {line}"));
    error(40066, "invalid url")
}

fn decide(line: &str, state: &Mutex<State>) -> Answer {
    let mut state = state.lock().unwrap();
    let parsed = line
        .strip_prefix("GET ")
        .and_then(|rest| rest.strip_suffix(" HTTP/1.1"))
        .and_then(|target| reqwest::Url::parse(&format!("http://fake{target}")).ok());
    let Some(url) = parsed.filter(|url| url.path() == "/sns/jscode2session") else {
        state.faults.push(format!("unknown request: {line}"));
        return Answer::Error(40066, "invalid url");
    };
    let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
    let is = |name: &str, value: &str| query.get(name).is_some_and(|found| found == value);
    let wrong = [
        (!is("appid", APPID), Answer::Error(40013, "invalid appid")),
        (!is("secret", SECRET), Answer::Error(40125, "invalid appsecret")),
        (!is("grant_type", "authorization_code"), Answer::Error(40002, "invalid grant_type")),
        (query.get("js_code").is_none_or(String::is_empty), Answer::Error(41008, "missing code")),
    ];
    if let Some((_, answer)) = wrong.into_iter().find(|(wrong, _)| *wrong) {
        state.faults.push(format!("{answer:?}"));
        return answer;
    }
    let code = query["js_code"].clone();
    state.calls.push(code.clone());
    let answer = state.answers.get(&code).cloned().unwrap_or(Answer::Error(40029, "invalid code"));
    if matches!(answer, Answer::Openid(_)) {
        if state.used.contains(&code) {
            return Answer::Error(40163, "code been used");
        }
        state.used.push(code);
    }
    answer
}
