//! The client's address, for rate limits. Never logged.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};

use crate::{error::Problem, state::Ctx};

/// The address of the connection, or of the header a trusted proxy sets.
#[derive(Clone, Debug)]
pub struct ClientAddress(pub String);

impl FromRequest for ClientAddress {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let trusted = req.app_data::<Data<Ctx>>().map_or("", |ctx| ctx.settings.client_address_header.as_str());
        let named = (!trusted.is_empty())
            .then(|| req.headers().get(trusted).and_then(|v| v.to_str().ok()))
            .flatten()
            .and_then(|list| list.split(',').next_back())
            .map(|address| address.trim().to_owned());
        let peer = || req.peer_addr().map_or_else(|| "unknown".to_owned(), |peer| peer.ip().to_string());
        ready(Ok(Self(named.unwrap_or_else(peer))))
    }
}
