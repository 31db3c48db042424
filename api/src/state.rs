//! What a handler may use. Each actix worker has its own [`Ctx`] (its own PostgreSQL pool and
//! Redis connection, so that no query crosses threads); what is read-mostly is shared.

use std::sync::Arc;

use crate::{
    config::Settings,
    features::{
        auth::token::Tokens,
        bookings::service::Together,
        centres::{Catalogue, free_places::FreePlaces, way_cache::WayCache},
        console::Remembered,
        vouchers::{Redemptions, code_keys::CodeKeys, gate::Gate},
    },
    http::counters::Counters,
    platform::{
        clock::Clock, crypto::Keyring, db::Db, kv::Kv, outgoing::Outgoing, stopping::Stopping, walking::Walking,
        wechat::WeChat,
    },
    telemetry::Metrics,
};

/// One worker's context.
#[derive(Clone)]
pub struct Ctx {
    /// The settings of this run.
    pub settings: Arc<Settings>,
    /// The only source of time and ids.
    pub clock: Clock,
    /// The truth.
    pub db: Db,
    /// Caches, counters, revocations; never the truth.
    pub kv: Kv,
    /// Keys of seals, tokens and codes.
    pub keys: Arc<Keyring>,
    /// Access tokens whose signature was checked; shared by the workers.
    pub tokens: Arc<Tokens>,
    /// Keys of voucher codes; rotated without a restart.
    pub code_keys: Arc<CodeKeys>,
    /// Centres in memory, with their spatial index; fresh within `catalogue_poll_ms`.
    pub catalogue: Arc<Catalogue>,
    /// What is held in classes, remembered for searches; shared by the workers.
    pub free_places: Arc<FreePlaces>,
    /// The officers' first page, for moments; shared by the workers.
    pub overview: Arc<Remembered>,
    /// How long ways take.
    pub walking: Walking,
    /// Ways to centres that a routing engine found; shared by the workers.
    pub ways: Arc<WayCache>,
    /// Exchanges sign-in codes.
    pub wechat: WeChat,
    /// Sends to addresses that people typed.
    pub outgoing: Outgoing,
    /// Answers claims of campaigns that give out nothing; shared by the workers.
    pub gate: Arc<Gate>,
    /// Redemptions of this worker that are done together.
    pub redemptions: Redemptions,
    /// Bookings of this worker that are made together.
    pub bookings: Together,
    /// Calls counted by the process for rate limits; shared by the workers.
    pub counters: Arc<Counters>,
    /// Whether the process is about to stop; shared by all.
    pub stopping: Stopping,
    /// Counters of this process.
    pub metrics: Metrics,
}
