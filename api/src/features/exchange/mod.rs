//! Exchange with other systems (project 8: the city's smart platform; a centre's own software).
//!
//! Promises: an access key is shown once, stored as a keyed hash, ends within a year and is revoked at
//! once on every replica; what it reads is bounded by its scopes and, for a centre's key, by the
//! centre; nothing read here names a person: children have pseudonyms, other ones for each holder.
//! Changes are read by a cursor that misses none and shows none before it is settled; signed webhooks
//! tell of them at once ([`hooks`]).

mod bureau;
mod desk;
pub mod dto;
mod holders;
pub mod hooks;
pub mod keys;
pub mod read_dto;
mod reads;
mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_access_keys)
        .service(bureau::make_access_key)
        .service(bureau::revoke_access_key)
        .service(desk::list_own_access_keys)
        .service(desk::make_own_access_key)
        .service(desk::revoke_own_access_key)
        .service(holders::exchange_centres)
        .service(holders::exchange_bookings)
        .service(holders::exchange_visits)
        .service(holders::exchange_redemptions)
        .service(holders::exchange_satisfaction)
        .service(hooks::bureau::list_webhooks)
        .service(hooks::bureau::make_webhook)
        .service(hooks::bureau::rotate_webhook)
        .service(hooks::bureau::end_webhook)
        .service(hooks::bureau::list_webhook_deliveries)
        .service(hooks::bureau::retry_webhook_delivery)
        .service(hooks::desk::list_own_webhooks)
        .service(hooks::desk::make_own_webhook)
        .service(hooks::desk::rotate_own_webhook)
        .service(hooks::desk::end_own_webhook)
        .service(hooks::desk::list_own_webhook_deliveries)
        .service(hooks::desk::retry_own_webhook_delivery);
}
