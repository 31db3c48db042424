//! How long the way from one place to others is: by a routing engine on the street network where one is
//! configured and answers, else by estimate. An answer always comes and says how it was found.
//!
//! All points are WGS-84. Times are of a person at the configured speed: 15 minutes on foot are 1000 m
//! (GB50180 2.0.2, TD/T 1062), not a routing engine's usual 1275 m. No engine's way is faster than that.
//!
//! Read `network.rs` (time-outs) first, with `guard.rs` (breaker, what was left unanswered), then
//! `question.rs` (chunks, bad places), then the engines, `valhalla.rs` and `tencent.rs`: what each is asked
//! and how its answer reads.

mod estimate;
mod guard;
mod network;
mod question;
mod tencent;
mod valhalla;

use std::sync::Arc;

use entity::LngLat;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::estimate::metres;
use self::network::{Engine, Network};
use super::clock::Clock;
use crate::{
    config::{Settings, WalkingEngine},
    telemetry::Metrics,
};

/// By what one travels; on foot is what the circle means, the others serve the countryside townships.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TravelMode {
    /// On foot.
    #[default]
    Walk,
    /// By bicycle.
    Cycle,
    /// By electric bicycle.
    EBike,
    /// By car.
    Drive,
}

/// How one travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Travel {
    /// By what.
    pub mode: TravelMode,
    /// With a pushchair: steps are no way. On foot only. The estimate knows of no steps, nor does
    /// Tencent: with that engine it is always by estimate.
    pub pushchair: bool,
}

/// How a way was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WayMethod {
    /// By a router on the street network.
    Network,
    /// Great circle × detour factor at the configured speed.
    Estimate,
}

/// A way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// How long it takes.
    pub seconds: u32,
    /// How far it is along the way.
    pub metres: u32,
}

/// Ways from one place to others.
#[derive(Clone, Debug)]
pub struct Ways {
    /// How they were found.
    pub method: WayMethod,
    /// One for each place, in order; none where no way leads there.
    pub ways: Vec<Option<Way>>,
}

/// What can be reached within some minutes: polygons of rings of points, the outer ring first.
#[derive(Clone, Debug)]
pub struct Area {
    /// Within so many minutes.
    pub minutes: u32,
    /// The polygons; each ring is closed.
    pub polygons: Vec<Vec<Vec<LngLat>>>,
}

/// Areas around one place.
#[derive(Clone, Debug)]
pub struct Areas {
    /// How they were found.
    pub method: WayMethod,
    /// One for each number of minutes, in order.
    pub areas: Vec<Area>,
}

/// How the routing engine fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineState {
    /// None is configured: everything is estimated.
    Estimate,
    /// It answers.
    Ok,
    /// It doesn't, or left some of what it was last asked without an answer; that was estimated.
    Away,
}

/// The walkers; clones share them.
#[derive(Clone)]
pub struct Walking {
    settings: Arc<Settings>,
    network: Option<Arc<Network>>,
}

impl Walking {
    /// By estimate only, whatever is configured.
    #[must_use]
    pub const fn new(settings: Arc<Settings>) -> Self {
        Self { settings, network: None }
    }

    /// As configured. Calls nobody yet.
    pub fn connect(settings: Arc<Settings>, clock: Clock, metrics: Metrics) -> Result<Self, reqwest::Error> {
        let network = engine(&settings)?.map(|engine| Arc::new(Network::new(engine, &settings, clock, metrics)));
        Ok(Self { settings, network })
    }

    /// The same for one worker, with connections of its own, so that no question crosses threads. What is
    /// known of the engine stays shared.
    pub fn for_worker(&self) -> Result<Self, reqwest::Error> {
        let mut network = self.network.clone();
        if let (Some(network), Some(engine)) = (&mut network, engine(&self.settings)?) {
            *network = Arc::new(network.through(engine));
        }
        Ok(Self { settings: Arc::clone(&self.settings), network })
    }

    /// Forgets what was learnt of ways before an order to find all anew.
    pub fn begin_round(&self, round: &str) {
        if let Some(network) = &self.network {
            network.memory.begin_round(round);
        }
    }

    /// Whether a routing engine is configured; otherwise everything is estimated.
    #[must_use]
    pub const fn has_network(&self) -> bool {
        self.network.is_some()
    }

    /// How the engine fares at this moment; asks it where that is free of charge.
    pub async fn state(&self) -> EngineState {
        match &self.network {
            None => EngineState::Estimate,
            Some(network) if network.answers().await => EngineState::Ok,
            Some(_) => EngineState::Away,
        }
    }

    /// Whether the breaker keeps calls from the engine.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        self.network.as_ref().is_some_and(|network| network.is_held_back())
    }

    /// The way over a straight line of `metres`, by estimate.
    #[must_use]
    pub fn estimate(&self, travel: Travel, metres: f64) -> Way {
        estimate::way(&self.settings, travel, metres)
    }

    /// How far anything that can be reached within `minutes` lies at most, in metres as the crow flies:
    /// the estimate's own radius, or with a network the length of the way itself.
    #[must_use]
    pub fn reach(&self, travel: Travel, minutes: f64) -> f64 {
        if self.has_network() {
            minutes * estimate::per_minute(&self.settings, travel)
        } else {
            estimate::reach(&self.settings, travel, minutes)
        }
    }

    /// Ways from one place to others. Never fails: without the engine all of them are estimated.
    pub async fn ways(&self, from: LngLat, to: &[LngLat], travel: Travel) -> Ways {
        if let Some(network) = &self.network
            && let Some(ways) = network.ways(from, to, travel).await
        {
            return Ways { method: WayMethod::Network, ways };
        }
        let ways = to.iter().map(|to| Some(self.estimate(travel, metres(from, *to)))).collect();
        Ways { method: WayMethod::Estimate, ways }
    }

    /// What can be reached from a place within each number of minutes. Never fails either.
    pub async fn areas(&self, from: LngLat, minutes: &[u32], travel: Travel) -> Areas {
        if let Some(network) = &self.network
            && let Some(areas) = network.areas(from, minutes, travel).await
        {
            return Areas { method: WayMethod::Network, areas };
        }
        self.estimated_areas(from, minutes, travel)
    }

    /// The same by estimate, whatever is configured.
    #[must_use]
    pub fn estimated_areas(&self, from: LngLat, minutes: &[u32], travel: Travel) -> Areas {
        let area = |minutes: &u32| estimate::area(&self.settings, from, *minutes, travel);
        Areas { method: WayMethod::Estimate, areas: minutes.iter().map(area).collect() }
    }
}

/// A client of the engine that is configured, if one is.
fn engine(settings: &Arc<Settings>) -> Result<Option<Engine>, reqwest::Error> {
    Ok(match settings.walking_engine {
        WalkingEngine::Estimate => None,
        WalkingEngine::Valhalla => Some(Engine::Valhalla(valhalla::Valhalla::new(Arc::clone(settings))?)),
        WalkingEngine::Tencent => Some(Engine::Tencent(tencent::Tencent::new(Arc::clone(settings))?)),
    })
}
