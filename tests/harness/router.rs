//! A fake routing engine for what a real one won't do when asked: Valhalla's `/sources_to_targets`,
//! `/isochrone` and `/status`, and Tencent's distance matrix, each in its own shapes. It keeps what came.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use entity::LngLat;
use quanxiangtuo::platform::coords::Coord;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
};

use crate::{listening::Listening, wechat::read};

/// The key it takes.
pub const KEY: &str = "ROUTE-R4K3Y-ONLY4-TESTS";
/// Seconds and kilometres of every way of the fake Valhalla, and metres of the fake Tencent's.
pub const SECONDS: f64 = 600.0;
/// See [`SECONDS`].
pub const KM: f64 = 0.5;

/// What it does with a call.
#[derive(Clone, Debug)]
pub enum Routed {
    /// Answers with this status and body.
    Body(u16, String),
    /// So many bytes.
    Flood(usize),
    /// Hangs up without an answer.
    HangUp,
    /// Hangs up in the middle of it.
    HangUpInTheMiddle,
    /// Takes the call and never answers; it is over when the caller hangs up.
    Never,
    /// What it does when it was told nothing.
    Usual,
}

impl Routed {
    /// This JSON.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::Body(status, body.to_string())
    }
}

#[derive(Default)]
struct State {
    next: VecDeque<Routed>,
    always: Option<Routed>,
    /// Places on no street.
    bad: Vec<LngLat>,
    /// Places over which a call fails, and how.
    chokes: Vec<(LngLat, Routed)>,
    /// How long each call takes.
    takes: Duration,
    /// Calls for ways or areas: the body, or the query as an object.
    calls: Vec<Value>,
    /// Calls under way, now and at most.
    under_way: (usize, usize),
    /// Calls wait here for their answer.
    held: Option<Arc<Semaphore>>,
}

/// The running fake; stops when dropped.
pub struct FakeRouter {
    listening: Listening,
    state: Arc<Mutex<State>>,
}

impl FakeRouter {
    /// Starts it.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let served = Arc::clone(&state);
        let listening = Listening::start(move |stream| serve(stream, Arc::clone(&served))).await;
        Self { listening, state }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listening.address)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What the next call gets; several stand in a row.
    pub fn next(&self, routed: Routed) {
        self.state().next.push_back(routed);
    }

    /// What every call gets from now on; [`Routed::Usual`] ends it.
    pub fn always(&self, routed: Routed) {
        self.state().always = Some(routed);
    }

    /// A place that it can't use.
    pub fn is_bad(&self, place: LngLat) {
        self.state().bad.push(place);
    }

    /// A place over which every call of the fake Valhalla for ways fails so.
    pub fn chokes_on(&self, place: LngLat, routed: Routed) {
        self.state().chokes.push((place, routed));
    }

    /// From now on it takes all places.
    pub fn takes_all(&self) {
        let mut state = self.state();
        state.bad.clear();
        state.chokes.clear();
    }

    /// How long each call takes from now on.
    pub fn takes(&self, long: Duration) {
        self.state().takes = long;
    }

    /// The calls since the last look.
    #[must_use]
    pub fn calls(&self) -> Vec<Value> {
        std::mem::take(&mut self.state().calls)
    }

    /// Calls get no answer until they are let go.
    pub fn hold(&self) {
        self.state().held = Some(Arc::new(Semaphore::new(0)));
    }

    /// Lets those go that wait, and all that come.
    pub fn let_go(&self) {
        if let Some(held) = self.state().held.take() {
            held.add_permits(Semaphore::MAX_PERMITS);
        }
    }

    /// Calls under way now.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.state().under_way.0
    }

    /// Calls that were under way at once, at most.
    #[must_use]
    pub fn at_once(&self) -> usize {
        self.state().under_way.1
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some((line, body)) = read(&mut stream).await else { return };
    let target = line.split(' ').nth(1).unwrap_or("");
    let url = reqwest::Url::parse(&format!("http://fake{target}")).unwrap();
    let asked = if body.is_empty() {
        Value::Object(url.query_pairs().map(|(key, value)| (key.into_owned(), json!(value))).collect())
    } else {
        serde_json::from_slice(&body).unwrap()
    };
    let (routed, held, takes) = {
        let mut state = state.lock().unwrap();
        let told = match url.path() {
            "/status" => None,
            _ => {
                state.calls.push(asked.clone());
                state.next.pop_front()
            }
        };
        let (now, most) = state.under_way;
        state.under_way = (now + 1, most.max(now + 1));
        let routed = match told.or_else(|| state.always.clone()) {
            None | Some(Routed::Usual) => usual(url.path(), &asked, &state),
            Some(told) => told,
        };
        (routed, state.held.clone(), state.takes)
    };
    tokio::time::sleep(takes).await;
    if let Some(held) = held {
        // Closed by nobody.
        let _ = held.acquire().await;
    }
    answer(&mut stream, routed).await;
    state.lock().unwrap().under_way.0 -= 1;
}

async fn answer(stream: &mut TcpStream, routed: Routed) {
    let (status, body) = match routed {
        Routed::Body(status, body) => (status, body.into_bytes()),
        Routed::Flood(bytes) => (200, vec![b'['; bytes]),
        Routed::HangUpInTheMiddle => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"sources_to").await;
            return;
        }
        Routed::Never => {
            let _ = stream.read(&mut [0; 1]).await;
            return;
        }
        Routed::HangUp | Routed::Usual => return,
    };
    let head = format!(
        "HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
}

fn usual(path: &str, asked: &Value, state: &State) -> Routed {
    match path {
        "/status" => Routed::json(200, &json!({ "version": "3.9.1" })),
        "/sources_to_targets" => valhalla(asked, state),
        "/ws/distance/v1/matrix" => tencent(asked, &state.bad),
        _ => Routed::json(404, &json!({ "error_code": 106, "error": "Try any of", "status_code": 404 })),
    }
}

fn valhalla(asked: &Value, state: &State) -> Routed {
    let places = |key: &str| asked[key].as_array().unwrap().clone();
    // Numbers in JSON may be read a bit off.
    let is_at = |place: &Value, at: &LngLat| {
        let (lng, lat) = (place["lon"].as_f64().unwrap(), place["lat"].as_f64().unwrap());
        (at.lng - lng).abs() + (at.lat - lat).abs() < 1e-9
    };
    let is_bad = |place: &Value| state.bad.iter().any(|bad| is_at(place, bad));
    let (sources, targets) = (places("sources"), places("targets"));
    let mut all = sources.iter().chain(&targets);
    if let Some(choked) = all.find_map(|place| state.chokes.iter().find(|(at, _)| is_at(place, at))) {
        return choked.1.clone();
    }
    if sources.iter().chain(&targets).any(is_bad) {
        let error = "Locations are in unconnected regions. Go check/edit the map at osm.org";
        return Routed::json(400, &json!({ "error_code": 170, "error": error, "status_code": 400 }));
    }
    let cell = |n: usize| json!({ "from_index": 0, "to_index": n, "time": SECONDS, "distance": KM, "cost": SECONDS });
    let row: Vec<Value> = (0..targets.len()).map(cell).collect();
    Routed::json(
        200,
        &json!({ "sources_to_targets": [row], "sources": sources, "targets": targets, "units": "kilometers",
                 "algorithm": "timedistancematrix" }),
    )
}

fn tencent(asked: &Value, bad: &[LngLat]) -> Routed {
    let refused = |status: i64, message: &str| Routed::json(200, &json!({ "status": status, "message": message }));
    let text = |key: &str| asked[key].as_str().unwrap_or("");
    if text("key") != KEY {
        return refused(190, "无效的KEY");
    }
    let to: Vec<&str> = text("to").split(';').collect();
    if !["walking", "bicycling", "driving"].contains(&text("mode")) || text("from").contains(';') {
        return refused(310, "请求参数信息有误");
    }
    if to.len() > 200 {
        return refused(397, "一对多最多支持200个坐标点");
    }
    // As they are asked for, to a tenth of a metre.
    let bad: Vec<String> =
        bad.iter().map(|p| Coord::Gcj02.from_wgs84(*p)).map(|p| format!("{:.6},{:.6}", p.lat, p.lng)).collect();
    if to.iter().copied().chain([text("from")]).any(|place| bad.iter().any(|bad| bad == place)) {
        return refused(333, "存在无法吸附的坐标点");
    }
    let element = |_: &&str| match text("mode") {
        "driving" => json!({ "distance": KM * 1000.0, "duration": SECONDS }),
        // On foot and by bicycle the time isn't always told.
        _ => json!({ "distance": KM * 1000.0 }),
    };
    let elements: Vec<Value> = to.iter().map(element).collect();
    Routed::json(200, &json!({ "status": 0, "message": "Success", "result": { "rows": [{ "elements": elements }] } }))
}
