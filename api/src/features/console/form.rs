//! Forms of pages. That they come from our own pages is checked with the sign-in (`csrf`).

use std::{
    borrow::Cow,
    collections::BTreeMap,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use crate::{
    error::{Problem, Result, Text},
    http::{json::field_problem, observe::Body},
};

/// A form's fields. An empty one is as good as none.
#[derive(Debug)]
pub(super) struct Form<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Form<T> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(&Body::of(req)).map(Self))
    }
}

/// What must be filled in.
pub(super) fn needed<T>(name: &str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Problem::field(name, "missing", Text::new("不能为空。", "Must not be empty.")))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let mut filled = form_urlencoded::Serializer::new(String::new());
    // What can be ticked more than once is one field of as many lines.
    let mut ticked: BTreeMap<Cow<'_, str>, Vec<Cow<'_, str>>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body).filter(|(_, value)| !value.is_empty()) {
        if name.ends_with("[]") {
            ticked.entry(name).or_default().push(value);
        } else {
            filled.append_pair(&name, &value);
        }
    }
    for (name, values) in ticked {
        filled.append_pair(&name, &values.join("\n"));
    }
    let filled = filled.finish();
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(filled.as_bytes()));
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| field_problem(&error.path().to_string(), &error.inner().to_string()))
}
