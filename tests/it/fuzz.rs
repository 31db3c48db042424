//! Whatever comes in from outside, as text or as a whole call: never a panic, never a 5xx, and what is
//! ours reads back as it was written. `FUZZ_CASES` sets how many cases of each; `tests/soak` runs many.
//!
//! A new parser of outside input (WeChat's message push, a webhook's signature) gets a property in
//! [`parsers`]: nothing about any input makes it
//! panic, what was made is read back, and what was changed is refused.

use std::sync::atomic::{AtomicU32, Ordering};

use harness::{TestApp, backend::env};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use quanxiangtuo::features::auth::dto::Role;
use reqwest::header::HeaderValue;
use serde_json::Value;

use crate::trust::{
    operations::{Operation, ROLES, with_query},
    world::{Bureau, Side},
};

mod parsers;

/// So many cases, or as `FUZZ_CASES` says; of a slow property a part of them.
fn config(usual: u32, slow: u32) -> Config {
    let cases = env("FUZZ_CASES").map_or(usual, |cases| cases.parse().unwrap());
    Config { cases: (cases / slow).max(1), max_shrink_iters: 300, failure_persistence: None, ..Config::default() }
}

/// Texts that have been trouble to somebody: ends of ranges, other scripts' digits, nothing, too much.
const TROUBLE: &[&str] = &[
    "",
    " ",
    "0",
    "-0",
    "-1",
    "1e999",
    "NaN",
    "inf",
    "９",
    "2147483648",
    "9223372036854775808",
    "99999999999999999999999999",
    "\u{0}",
    "\u{202e}",
    "\u{d7ff}\u{e000}",
    "%00",
    "%",
    "%FF%FE",
    "..",
    "../../etc/passwd",
    "' OR 1=1 --",
    "null",
    "[]",
    "0000-01-01",
    "2000-01-01",
    "2026-02-30",
    "2100-12-31",
    "9999-12-31",
    "２０２６-03-02",
    "2000-01-01T00:00:00+23:59",
    "2026-03-02T24:00:00+08:00",
    "2026-03-02T23:59:60Z",
    "2100-12-31T23:59:60Z",
    "2026-13",
    "0000-00",
    "24:00",
    "23:59",
    "180",
    "-90.0000001",
    "Zm9v",
    "eyJhbGciOiJub25lIn0.e30.",
    "vch_00000000000000000000000000000000",
    "VCH_0192F0C18A7C7D10B1C2D3E4F5A6B7C8",
];

/// Any text: trouble, some of it twice, or anything at all.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(TROUBLE).prop_map(str::to_owned),
        1 => (prop::sample::select(TROUBLE), 1..3000_usize).prop_map(|(text, n)| text.repeat(n)),
        4 => any::<String>(),
        2 => "[ -~]{0,80}",
        2 => "[A-Z2-7]{0,160}",
    ]
}

/// Any JSON, a few levels deep.
pub fn json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(&[0, -1, 1, i64::MIN, i64::MAX, 1 << 31, 1 << 53][..]).prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        4 => number,
        4 => text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let map = prop::collection::hash_map(text(), inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            map.prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// What is wrong with a body.
#[derive(Clone, Debug)]
enum Body {
    /// Some members, each right but one.
    OneMember { keep: u32, nth: prop::sample::Index, value: Value },
    /// Any JSON.
    Any(Value),
    /// No JSON at all.
    Bytes(Vec<u8>),
}

/// A call with something wrong in it.
#[derive(Clone, Debug)]
struct Call {
    operation: prop::sample::Index,
    role: prop::sample::Index,
    /// Instead of the n-th id of the path.
    path: Option<String>,
    query: Vec<(prop::sample::Index, String)>,
    body: Body,
    key: Option<Vec<u8>>,
    token: Option<Vec<u8>>,
}

fn a_call() -> impl Strategy<Value = Call> {
    let body = prop_oneof![
        6 => (any::<u32>(), any::<prop::sample::Index>(), json())
            .prop_map(|(keep, nth, value)| Body::OneMember { keep, nth, value }),
        1 => json().prop_map(Body::Any),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Body::Bytes),
    ];
    let bytes = || prop::collection::vec(0x20..=0xff_u8, 0..80);
    (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::option::weighted(0.2, text()),
        prop::collection::vec((any::<prop::sample::Index>(), text()), 0..3),
        body,
        prop::option::weighted(0.3, bytes()),
        prop::option::weighted(0.1, bytes()),
    )
        .prop_map(|(operation, role, path, query, body, key, token)| Call {
            operation,
            role,
            path,
            query,
            body,
            key,
            token,
        })
}

/// Cut where no client would send it and the server's own limit of a request line stands.
fn encoded(text: &str) -> String {
    text.bytes().take(2000).map(|byte| format!("%{byte:02X}")).collect()
}

/// As a header can carry them.
fn header(bytes: &[u8]) -> Option<String> {
    let text: String = bytes.iter().map(|byte| char::from(*byte & 0x7f)).collect();
    HeaderValue::from_str(&text).is_ok().then_some(text)
}

struct World {
    app: TestApp,
    bureau: Bureau,
    side: Side,
    operations: Vec<Operation>,
    /// Calls that did something.
    succeeded: AtomicU32,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::spawn().await;
        let bureau = Bureau::new(&app).await;
        let side = Side::new(&app, &bureau).await;
        // Who signs out has nothing to say any more.
        let operations = Operation::all().into_iter().filter(|operation| operation.id != "sign_out").collect();
        Self { app, bureau, side, operations, succeeded: AtomicU32::new(0) }
    }

    /// The client panics at an answer that `openapi.yaml` doesn't describe.
    async fn send(&self, call: &Call) -> Result<(), TestCaseError> {
        let operation = call.operation.get(&self.operations);
        let roles: Vec<Role> = ROLES.into_iter().filter(|role| operation.allows(*role)).collect();
        let ids = &self.side.ids;
        let mut path = operation.path(ids);
        if let Some(text) = call.path.as_ref().filter(|text| operation.template.contains('{') && !text.is_empty()) {
            let (before, rest) = operation.template.split_once('{').unwrap();
            // A dot alone is taken out of the path before it is sent.
            let hostile = encoded(text).replace("%2E", "x%2E");
            let after: String = rest
                .split_once('}')
                .unwrap()
                .1
                .split('/')
                .map(|part| match part.find('{') {
                    Some(_) => format!("/{}", ids["vis"]),
                    None if part.is_empty() || part.starts_with('.') => part.to_owned(),
                    None => format!("/{part}"),
                })
                .collect();
            path = format!("{before}{hostile}{after}");
        }
        for (name, value) in &call.query {
            let names = operation.query_names();
            let name = if names.is_empty() { "unknown" } else { *name.get(&names) };
            path = with_query(&path, name, &encoded(value));
        }
        let body = operation.body(ids).map(|_| match &call.body {
            Body::Any(value) => value.to_string().into_bytes(),
            Body::Bytes(bytes) => bytes.clone(),
            Body::OneMember { keep, nth, value } => {
                let mut body = operation.body(ids).unwrap();
                let members = operation.members(ids);
                for (n, (name, right)) in members.iter().enumerate() {
                    if keep & (1 << (n % 32)) != 0 {
                        body[*name] = right.clone();
                    }
                }
                if !members.is_empty() {
                    body[nth.get(&members).0] = value.clone();
                }
                body.to_string().into_bytes()
            }
        });
        let mut headers = vec![];
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        if let Some(key) = call.key.as_deref().and_then(header) {
            headers.push(("Idempotency-Key".to_owned(), key));
        }
        let client = match &call.token {
            Some(token) => {
                let token = header(token).unwrap_or_default();
                headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
                self.app.anonymous()
            }
            None => {
                self.side.client(&self.bureau, *call.role.get(if roles.is_empty() { &ROLES } else { &roles })).clone()
            }
        };
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = client.send_bytes(operation.method.clone(), &path, body, &headers).await;
        self.succeeded.fetch_add(u32::from(reply.is_success()), Ordering::Relaxed);
        prop_assert!(reply.status < 500, "{} {path} answered {}: {}", operation.method, reply.status, reply.body);
        Ok(())
    }
}

#[test]
fn no_call_whatever_is_in_it_is_our_own_fault() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let config = config(1500, 1);
    let cases = config.cases;
    let result = TestRunner::new(config).run(&a_call(), |call| runtime.block_on(world.send(&call)));
    // Its application stops on the runtime.
    let _inside = runtime.enter();
    let succeeded = world.succeeded.load(Ordering::Relaxed);
    drop(world);
    result.unwrap_or_else(|error| panic!("{error}"));
    // Calls that are all turned away at the door try nothing.
    assert!(succeeded >= cases / 20, "only {succeeded} of {cases} calls succeeded");
}
