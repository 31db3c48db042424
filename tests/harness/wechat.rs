//! A fake of WeChat's server API in WeChat's own shapes: HTTP 200 unless told otherwise, JSON labelled `text/plain`,
//! failures in `errcode`. It checks what it is asked and which token comes, counts, can be slow and
//! can hang up.
//!
//! Its tokens behave as `stable_token`'s do: a plain request gives the present one, again and again; a
//! forced one ends it and gives a new one, at most 20 times and 30 seconds apart at WeChat, here
//! counted for the tests to look at.

mod usual;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use self::usual::usual;
use crate::listening::Listening;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The appid and secret it takes.
pub const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "fake-secret-for-tests-only";

/// The picture it draws.
pub const PICTURE: &[u8] = b"\xff\xd8\xff\xe0 not a real picture";

/// The calls, by their paths.
pub const SESSION: &str = "/sns/jscode2session";
/// The token.
pub const TOKEN: &str = "/cgi-bin/stable_token";
/// A phone number.
pub const PHONE: &str = "/wxa/business/getuserphonenumber";
/// A subscription message.
pub const MESSAGE: &str = "/cgi-bin/message/subscribe/send";
/// A text's check.
pub const TEXT: &str = "/wxa/msg_sec_check";
/// A mini-program code.
pub const CODE: &str = "/wxa/getwxacodeunlimit";

/// What it answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This openid, once; the second time `40163`.
    Openid(&'static str),
    /// This JSON.
    Json(Value),
    /// [`PICTURE`].
    Picture,
    /// A failure.
    Error(i64, &'static str),
    /// The answer after a while.
    Slow(Duration, Box<Answer>),
    /// Does what it was asked, then hangs up without an answer.
    HangUp,
    /// Hangs up in the middle of the answer.
    HangUpInTheMiddle,
    /// Something that is not WeChat's JSON (a proxy's error page).
    Page(&'static str),
    /// The answer under another status than 200: a proxy's, or of a server of theirs that broke.
    Status(u16, Box<Answer>),
    /// So many bytes.
    Flood(usize),
    /// What it does when it was told nothing.
    Usual,
}

#[derive(Default)]
struct State {
    /// By code of `wx.login` or of the phone button.
    answers: HashMap<String, Answer>,
    /// By path, each once, in order; then the usual.
    next: HashMap<String, VecDeque<Answer>>,
    /// By path, for good.
    always: HashMap<String, Answer>,
    used: Vec<String>,
    /// Requests that came, by path.
    came: HashMap<String, usize>,
    calls: Vec<String>,
    faults: Vec<String>,
    /// The present token; only this one is taken.
    token: u32,
    /// Whether the present token isn't taken although it is given out, and whether no other is either.
    spoilt: bool,
    hopeless: bool,
    /// Requests under way, and how many were at most, by path.
    under_way: HashMap<String, usize>,
    at_once: HashMap<String, usize>,
    /// Requests for a token, and how many of them were forced.
    asked: u32,
    forced: u32,
    /// Bodies of the mini-program codes it drew, of messages and of texts it took.
    codes: Vec<Value>,
    messages: Vec<Value>,
    texts: Vec<Value>,
}

/// The running fake; stops when dropped.
pub struct FakeWeChat {
    listening: Listening,
    state: Arc<Mutex<State>>,
}

impl FakeWeChat {
    /// Starts it; codes that it wasn't told about are `40029`.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State { token: 1, ..State::default() }));
        let served = Arc::clone(&state);
        let listening = Listening::start(move |stream| serve(stream, Arc::clone(&served))).await;
        Self { listening, state }
    }

    /// The settings that lead to it.
    #[must_use]
    pub fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("wechat_base_url", format!("http://{}", self.listening.address)),
            ("wechat_appid", APPID.to_owned()),
            ("wechat_secret", SECRET.to_owned()),
        ]
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What a code of `wx.login` or of the phone button gets.
    pub fn answer(&self, code: &str, answer: Answer) {
        self.state().answers.insert(code.to_owned(), answer);
    }

    /// What the next call of a path gets; several stand in a row.
    pub fn next(&self, path: &str, answer: Answer) {
        self.state().next.entry(path.to_owned()).or_default().push_back(answer);
    }

    /// What every call of a path gets from now on; [`Answer::Usual`] ends it.
    pub fn always(&self, path: &str, answer: Answer) {
        self.state().always.insert(path.to_owned(), answer);
    }

    /// The codes it was asked about, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// How many requests of a path came, whatever became of them.
    #[must_use]
    pub fn came(&self, path: &str) -> usize {
        self.state().came.get(path).copied().unwrap_or(0)
    }

    /// How often it was asked for a token.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.state().asked
    }

    /// How often a token was forced.
    #[must_use]
    pub fn forced(&self) -> u32 {
        self.state().forced
    }

    /// The token it gave ends, as when another system forced a new one.
    pub fn end_token(&self) {
        self.state().token += 1;
    }

    /// The token that it gives isn't taken until a new one is forced.
    pub fn spoil_token(&self) {
        self.state().spoilt = true;
    }

    /// From now on no token is taken, however new, until this is called with `false`.
    pub fn refuse_tokens(&self, refuse: bool) {
        self.state().hopeless = refuse;
    }

    /// How many requests of a path were under way at a time, at most, since this was asked last.
    pub fn at_once(&self, path: &str) -> usize {
        self.state().at_once.remove(path).unwrap_or(0)
    }

    /// What the mini-program codes it drew were asked for.
    #[must_use]
    pub fn codes(&self) -> Vec<Value> {
        self.state().codes.clone()
    }

    /// The messages it took, also those after which it hung up.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        self.state().messages.clone()
    }

    /// The texts it was given to check.
    #[must_use]
    pub fn texts(&self) -> Vec<Value> {
        self.state().texts.clone()
    }

    /// What was wrong with the requests.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.state().faults.clone()
    }
}

/// A request's line and body.
pub(crate) async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    let head = loop {
        if let Some(end) = request.windows(4).position(|end| end == b"\r\n\r\n") {
            break end + 4;
        }
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => request.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).into_owned();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse().ok() } else { None }
    });
    let length: usize = length.unwrap_or(0);
    while request.len() < head + length {
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => request.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    }
    Some((text.lines().next().unwrap_or("").to_owned(), request.split_off(head)))
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some((line, body)) = read(&mut stream).await else { return };
    let path = url(&line).map(|(_, url)| url.path().to_owned()).unwrap_or_default();
    {
        let state = &mut *state.lock().unwrap();
        let now = state.under_way.entry(path.clone()).or_default();
        *now += 1;
        let most = state.at_once.entry(path.clone()).or_default();
        *most = (*most).max(*now);
    }
    answered(&mut stream, &line, &body, &state).await;
    *state.lock().unwrap().under_way.entry(path).or_default() -= 1;
}

async fn answered(stream: &mut TcpStream, line: &str, body: &[u8], state: &Mutex<State>) {
    let mut answer = decide(line, body, &mut state.lock().unwrap());
    while let Answer::Slow(time, then) = answer {
        tokio::time::sleep(time).await;
        answer = *then;
        if matches!(answer, Answer::Usual) {
            answer = usual(line, body, &mut state.lock().unwrap());
        }
    }
    let mut status = 200;
    while let Answer::Status(told, then) = answer {
        (status, answer) = (told, *then);
        if matches!(answer, Answer::Usual) {
            answer = usual(line, body, &mut state.lock().unwrap());
        }
    }
    let json = |value: Value| ("text/plain", value.to_string().into_bytes());
    let (content_type, body) = match answer {
        Answer::Openid(openid) => json(json!({ "session_key": "dGhpcyBpcyBhIHNlc3Npb24ga2V5", "openid": openid })),
        Answer::Picture => ("image/jpeg", PICTURE.to_vec()),
        Answer::Json(value) => json(value),
        Answer::Error(errcode, errmsg) => {
            json(json!({ "errcode": errcode, "errmsg": format!("{errmsg}, rid: 65a0f2c3-1b2c3d4e-5f6a7b8c") }))
        }
        Answer::Page(page) => ("text/html", page.as_bytes().to_vec()),
        Answer::Flood(bytes) => ("text/plain", vec![b'{'; bytes]),
        Answer::HangUpInTheMiddle => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 90\r\n\r\n{\"openid\":\"o";
            let _ = stream.write_all(head.as_bytes()).await;
            return;
        }
        Answer::HangUp | Answer::Slow(..) | Answer::Status(..) | Answer::Usual => return,
    };
    let head = format!(
        "HTTP/1.1 {status} Told\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
}

fn url(line: &str) -> Option<(&str, reqwest::Url)> {
    let (method, rest) = line.split_once(' ')?;
    let target = rest.strip_suffix(" HTTP/1.1")?;
    Some((method, reqwest::Url::parse(&format!("http://fake{target}")).ok()?))
}

/// What was told for this call, else the usual. One that hangs up does the usual first.
fn decide(line: &str, body: &[u8], state: &mut State) -> Answer {
    let path = url(line).map(|(_, url)| url.path().to_owned()).unwrap_or_default();
    *state.came.entry(path.clone()).or_default() += 1;
    let told = state.next.get_mut(&path).and_then(VecDeque::pop_front).or_else(|| state.always.get(&path).cloned());
    match told {
        Some(Answer::Usual) | None => usual(line, body, state),
        Some(Answer::HangUp) => {
            usual(line, body, state);
            Answer::HangUp
        }
        Some(answer) => answer,
    }
}

/// A good answer of the phone button: WeChat's documents say that `countryCode` is a string, their
/// example shows a number.
#[must_use]
pub fn phone_number(number: &str, country_code: impl Into<Value>, appid: &str) -> Answer {
    Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "phone_info": {
        "phoneNumber": number, "purePhoneNumber": number, "countryCode": country_code.into(),
        "watermark": { "timestamp": 1_772_413_200, "appid": appid } } }))
}
