//! Forms of pages. That they come from our own pages is checked with the sign-in (`csrf`).

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use crate::{
    error::{Problem, Result},
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

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let filled: Vec<u8> =
        body.split(|b| *b == b'&').filter(|pair| !pair.ends_with(b"=")).collect::<Vec<_>>().join(&b'&');
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(&filled));
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| field_problem(&error.path().to_string(), &error.inner().to_string()))
}
