//! Path parameters. A text that can't be an id names nothing, so it answers 404 like an unknown id.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use crate::error::{Code, Problem};

/// The path's parameters, parsed.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(req.match_info().load().map(Self).map_err(|_| Problem::new(Code::NotFound)))
    }
}
