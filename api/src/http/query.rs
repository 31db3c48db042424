//! Query strings, with the field at fault named.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use super::json::field_problem;
use crate::error::Problem;

/// The query, parsed.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(req.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    // An empty value (`?kind=&q=`) means the same as none: forms send them.
    let without_empty;
    let query = if query.contains("=&") || query.ends_with('=') {
        without_empty = query.split('&').filter(|pair| !pair.ends_with('=')).collect::<Vec<_>>().join("&");
        &without_empty
    } else {
        query
    };
    // Following the path of each field costs; only a failure needs it.
    serde_urlencoded::from_str(query).or_else(|_| {
        let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(deserializer)
            .map_err(|e| field_problem(&e.path().to_string(), &e.inner().to_string()))
    })
}
