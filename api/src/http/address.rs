//! The client's address, for rate limits. Never logged.

use std::{
    future::{Ready, ready},
    net::Ipv6Addr,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};

use crate::{error::Problem, state::Ctx};

/// The address of the connection, or of the header a trusted proxy sets.
#[derive(Clone, Debug)]
pub struct ClientAddress(pub String);

impl FromRequest for ClientAddress {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

/// The address of a request with the word that its program says of itself: of two phones behind one address
/// mostly two. Only to be hashed.
#[derive(Clone, Debug)]
pub struct ClientDevice(pub String);

impl FromRequest for ClientDevice {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let program = req.headers().get("user-agent").and_then(|word| word.to_str().ok()).unwrap_or_default();
        ready(Ok(Self(format!("{}\n{program}", ClientAddress::of(req).0))))
    }
}

impl ClientAddress {
    /// The address of a request; of IPv6 the network of 64 bits that one household has.
    #[must_use]
    pub fn of(req: &HttpRequest) -> Self {
        let trusted = req.app_data::<Data<Ctx>>().map_or("", |ctx| ctx.settings.client_address_header.as_str());
        let named = (!trusted.is_empty())
            .then(|| req.headers().get(trusted).and_then(|v| v.to_str().ok()))
            .flatten()
            .and_then(|list| list.split(',').next_back())
            .map(|address| address.trim().to_owned());
        let peer = || req.peer_addr().map_or_else(|| "unknown".to_owned(), |peer| peer.ip().to_string());
        let address = named.unwrap_or_else(peer);
        match address.parse::<Ipv6Addr>() {
            Ok(v6) => Self(match v6.to_ipv4_mapped() {
                Some(v4) => v4.to_string(),
                None => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).to_string(),
            }),
            Err(_) => Self(address),
        }
    }
}
