//! A person at a console: a browser without script, which keeps cookies and sends the forms of the page it
//! saw last.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use entity::{StaffRole, staff};
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    redirect::Policy,
};

use crate::{app::TestApp, backend::random_name, people::PASSWORD};

/// See the module.
pub struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<String>,
}

/// What a browser was answered.
#[derive(Debug)]
pub struct Seen {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Seen {
    /// The page.
    #[must_use]
    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Where it sends to; empty if nowhere.
    #[must_use]
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Asserts the status and gives the page.
    #[track_caller]
    pub fn expect(self, status: u16) -> String {
        assert_eq!(self.status, status, "{:?} {:.3000}", self.headers, self.html());
        self.html()
    }

    /// Asserts that the browser is sent on, and gives where to.
    #[track_caller]
    pub fn sent(self) -> String {
        let location = self.location().to_owned();
        self.expect(303);
        location
    }

    /// The types of text between tags, with the names of the elements around each.
    #[must_use]
    pub fn texts(&self) -> Vec<(Vec<String>, String)> {
        texts(&self.html())
    }
}

/// The fields of a page's first form that posts there, as a browser would send it untouched.
#[must_use]
pub fn form_of(html: &str, action: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let marks = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
        marks.iter().fold(text.to_owned(), |text, (mark, is)| text.replace(mark, is))
    };
    let start = format!("method=\"post\" action=\"{action}\"");
    let form = html.split(&start).nth(1).unwrap_or_else(|| panic!("no form of {action}: {html:.3000}"));
    let form = form.split("</form>").next().unwrap_or_default();
    let (mut fields, mut list) = (Vec::new(), String::new());
    for tag in form.split('<').skip(1) {
        let (within, after) = tag.split_once('>').unwrap_or((tag, ""));
        let kind = within.split([' ', '\n']).next().unwrap_or_default();
        let of = |name: &str| {
            let (_, rest) = within.split_once(&format!(" {name}=\""))?;
            rest.split('"').next().map(plain)
        };
        let (name, value) = (of("name"), of("value").unwrap_or_default());
        match kind {
            "input" if of("type").as_deref() == Some("checkbox") && !within.contains(" checked") => {}
            "input" => fields.extend(name.map(|name| (name, value))),
            "textarea" => fields.extend(name.map(|name| (name, plain(after.strip_prefix('\n').unwrap_or(after))))),
            "select" => list = name.unwrap_or_default(),
            "option" if within.contains(" selected") => fields.push((list.clone(), value)),
            _ => {}
        }
    }
    fields
}

/// Elements that never have an end.
const VOID: [&str; 6] = ["meta", "link", "input", "br", "!doctype", "img"];

fn texts(html: &str) -> Vec<(Vec<String>, String)> {
    let (mut found, mut around, mut rest) = (vec![], Vec::<String>::new(), html);
    while let Some(at) = rest.find('<') {
        let text = rest[..at].trim();
        if !text.is_empty() {
            found.push((around.clone(), text.to_owned()));
        }
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end);
        let tag = &rest[at + 1..end];
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or("").to_lowercase();
        if tag.starts_with('/') {
            if let Some(from) = around.iter().rposition(|known| known.split(' ').next() == Some(&name)) {
                around.truncate(from);
            }
        } else if !tag.ends_with('/') && !VOID.contains(&&*name) {
            around.push(tag.to_lowercase());
        }
        rest = rest.get(end + 1..).unwrap_or("");
    }
    found
}

impl Browser {
    /// A new one, at an application.
    #[must_use]
    pub fn at(app: &TestApp) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build();
        Self {
            http: http.unwrap_or_else(|error| panic!("{error}")),
            base: app.url(),
            cookies: Mutex::default(),
            csrf: Mutex::default(),
        }
    }

    /// Keeps a cookie, as if it had been set.
    pub fn keep(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value.to_owned());
    }

    /// Its cookies, as they are sent.
    #[must_use]
    pub fn cookies(&self) -> String {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Reads English from now on.
    pub fn read_english(&self) {
        self.keep("language", "en");
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>, headers: &[(&str, &str)]) -> Seen {
        let body = body.map(|body| ("application/x-www-form-urlencoded", body.into_bytes()));
        self.send_as(method, path, body, headers).await
    }

    async fn send_as(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
        headers: &[(&str, &str)],
    ) -> Seen {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).header(COOKIE, self.cookies());
        if let Some((mime, body)) = body {
            request = request.header(CONTENT_TYPE, mime).body(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.keep(name, value);
            }
        }
        let bytes = response.bytes().await.unwrap_or_else(|error| panic!("{path}: {error:?}")).to_vec();
        let seen = Seen { status, headers, bytes };
        if let Some((_, rest)) = seen.html().split_once("data-csrf=\"")
            && let Some((word, _)) = rest.split_once('"')
            && !word.is_empty()
        {
            word.clone_into(&mut self.csrf.lock().unwrap_or_else(PoisonError::into_inner));
        }
        seen
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Seen {
        self.send(Method::GET, path, None, &[]).await
    }

    /// The same with headers of a script's.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Seen {
        self.send(Method::GET, path, None, headers).await
    }

    /// Sends a form of the page seen last.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let word = self.csrf.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", &*word)]).collect();
        self.post_raw(path, &fields, &[]).await
    }

    /// Sends a form with a file of the page seen last; without the word of its forms if `word` is false.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8]), word: bool) -> Seen {
        let csrf = self.csrf.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut body = Vec::new();
        let own = word.then_some(("csrf", &*csrf));
        for (name, value) in own.into_iter().chain(fields.iter().copied()) {
            let part = format!("--border\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.into_bytes());
        }
        let part = "--border\r\nContent-Disposition: form-data; name=\"file\"; filename=\"";
        body.extend(format!("{part}{}\"\r\nContent-Type: application/octet-stream\r\n\r\n", file.0).into_bytes());
        body.extend(file.1);
        body.extend(b"\r\n--border--\r\n");
        let mime = "multipart/form-data; boundary=border";
        self.send_as(Method::POST, path, Some((mime, body)), &[]).await
    }

    /// Sends these fields and no others.
    pub async fn post_raw(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Seen {
        let mut url = Url::parse("http://form/").unwrap_or_else(|error| panic!("{error}"));
        url.query_pairs_mut().extend_pairs(fields);
        let body = url.query().unwrap_or_default().to_owned();
        self.send(Method::POST, path, Some(body), headers).await
    }

    /// Signs in at a console with the suite's password; stops at its first page.
    pub async fn sign_in(&self, console: &str, username: &str) {
        let fields = [("username", username), ("password", PASSWORD)];
        let home = self.post_raw(&format!("{console}/sign-in"), &fields, &[]).await.sent();
        self.get(&home).await.expect(200);
    }
}

impl TestApp {
    /// Somebody of a role at the bureau's console, signed in.
    pub async fn at_bureau(&self, role: StaffRole) -> (Browser, staff::Model) {
        let row = self.staff(&format!("{role}-{}", random_name()), role, None).await;
        let browser = Browser::at(self);
        browser.sign_in("/bureau", &row.username).await;
        (browser, row)
    }
}
