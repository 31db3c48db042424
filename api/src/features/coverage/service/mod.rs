//! Use cases of communities and their coverage.

pub mod communities;
pub mod figures;
pub mod points;
pub mod populations;
pub mod sweep;
pub mod what_if;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::CentreId;
use sea_orm::{ConnectionTrait, DbErr};
use serde::Serialize;

use super::{
    dto::{CommunityCoverageOut, CommunityNearestOut},
    rules::{self, Cover, FAR, World},
    shape::SPACING_M,
    store::{self, Community, ways},
};
use crate::{
    config::Settings,
    error::{Problem, Result},
    platform::walking::{Travel, WayMethod, metres},
    state::Ctx,
};

/// A row of an import as it is held against the rules.
#[derive(Debug)]
pub struct Judged<T> {
    /// What it says; an example where something was wrong.
    pub row: T,
    /// Something is wrong with it already: what else is, is told, and nothing made of it.
    pub wrong: bool,
    /// Its code is what was wrong: it is no community that is there.
    pub unknown: bool,
}

/// All that is wrong, as one refusal.
fn all_of(checks: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let mut wrong = checks.into_iter().filter_map(Result::err);
    let Some(first) = wrong.next() else { return Ok(()) };
    Err(wrong
        .flat_map(|problem| problem.errors)
        .fold(first, |problem, error| problem.and_field(error.field, error.code, error.text)))
}

/// Makes a map and writes it out beside the workers: converting hundreds of thousands of points would hold
/// up their other requests.
async fn written<T: Serialize>(make: impl FnOnce() -> Result<T> + Send + 'static) -> Result<Vec<u8>> {
    let write = move || serde_json::to_vec(&make()?).map_err(Problem::internal);
    tokio::task::spawn_blocking(write).await.map_err(Problem::internal)?
}

/// What everything reckoned depends on: communities, centres, and the settings of ways.
async fn gate(ctx: &Ctx, db: &impl ConnectionTrait) -> Result<String, DbErr> {
    Ok(format!("{}/{}", ways::marks(db).await?, fingerprint(&ctx.settings)))
}

/// The settings of ways on foot. Where the engine is isn't one of them: replicas may reach the same one under
/// different addresses.
fn fingerprint(settings: &Settings) -> String {
    let (engine, speed) = (settings.walking_engine.as_str(), settings.walking_speed_kmh);
    let (detour, off) = (settings.walking_detour, settings.walking_off_network_m);
    format!("{engine}/{speed}/{detour}/{off}/{SPACING_M}/{}", rules::MOST_MINUTES)
}

/// The world as it was read, and how fresh its ways are.
pub(super) struct Read {
    pub(super) world: World,
    pub(super) up_to_date: bool,
    pub(super) computed_at: Option<DateTime<Utc>>,
}

/// Reads communities, centres and ways.
pub(super) async fn read(ctx: &Ctx) -> Result<Read> {
    let db = ctx.db.reader();
    // The state first, and last what it is held against: what changes meanwhile is not taken for reckoned.
    let state = ways::state(db).await?;
    let communities = store::all(db, false).await?;
    let centres: HashMap<_, _> = ways::centres(db).await?.into_iter().map(|centre| (centre.id, centre)).collect();
    let shapes: HashMap<_, _> = communities.iter().map(|community| (community.id, community.shape)).collect();
    let mut by_community: HashMap<_, Vec<_>> = HashMap::new();
    for (community, shape, found) in ways::all(db).await? {
        // Of a former shape, or of a centre that is closed: not of this world.
        if shapes.get(&community) == Some(&shape) && centres.contains_key(&found.centre) {
            by_community.entry(community).or_default().push(found);
        }
    }
    let by = |estimated| if estimated { WayMethod::Estimate } else { WayMethod::Network };
    let reckoned = ways::reckoned(db).await?.into_iter().map(|(centre, again)| (centre, by(again))).collect();
    let gate = gate(ctx, db).await?;
    Ok(Read {
        // Of no communities there is nothing to reckon.
        up_to_date: communities.is_empty() || state.as_ref().is_some_and(|state| state.gate() == gate),
        computed_at: state.and_then(|state| state.computed_at()),
        world: World { communities, centres, ways: by_community, reckoned },
    })
}

/// `estimate` as soon as one way was, or would be.
pub(super) fn method(ctx: &Ctx, world: &World, centres: &HashSet<CentreId>) -> WayMethod {
    if ctx.walking.has_network() && !world.any_estimated(centres) { WayMethod::Network } else { WayMethod::Estimate }
}

/// How much of a community lies inside.
pub(super) fn coverage(
    ctx: &Ctx,
    world: &World,
    community: &Community,
    counting: &HashSet<CentreId>,
    minutes: u32,
) -> CommunityCoverageOut {
    let cover = Cover::of(&world.best(community, counting), minutes);
    CommunityCoverageOut {
        covered: cover.is_enough(ctx.settings.coverage_share),
        share: rules::rounded(cover.share()),
        under3_covered: community.under3.map(|under3| cover.people(under3.into())),
        nearest: nearest(ctx, world, community, counting),
    }
}

/// The nearest centre from the community, wherever in it one begins: by the ways that are kept, or else as
/// the crow flies, from its first sample. By the street network is only what an engine has answered.
fn nearest(
    ctx: &Ctx,
    world: &World,
    community: &Community,
    counting: &HashSet<CentreId>,
) -> Option<CommunityNearestOut> {
    let from = community.location();
    let straight = |id: &CentreId| world.centres.get(id).map(|centre| metres(from, centre.location()));
    let out = |id: CentreId, seconds: Option<u32>, method| {
        Some(CommunityNearestOut {
            centre_id: id,
            centre_name: world.centres.get(&id)?.name.clone(),
            minutes: seconds.map(|seconds| seconds.div_ceil(60)),
            method,
            straight_m: straight(&id)?.round() as u32,
        })
    };
    let kept = world.ways.get(&community.id).into_iter().flatten().filter(|ways| counting.contains(&ways.centre));
    let shortest = kept
        .filter_map(|ways| Some((*ways.seconds.iter().min()?, ways.centre, ways.estimated)))
        .filter(|(seconds, ..)| *seconds != FAR)
        .min();
    if let Some((seconds, id, estimated)) = shortest {
        let method = if estimated { WayMethod::Estimate } else { WayMethod::Network };
        return out(id, Some(seconds.into()), method);
    }
    let far = counting.iter().filter_map(|id| Some((straight(id)?, *id)));
    let (metres, id) = far.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
    let reckoned = world.reckoned.get(&id);
    let reach = ctx.walking.reach(Travel::default(), rules::MOST_MINUTES.into());
    if ctx.walking.has_network() && (metres > reach || reckoned == Some(&WayMethod::Network)) {
        // A river may lie between: an estimate would tell a way that isn't there. So far away no engine is
        // asked: the straight line says it all.
        let method = if metres > reach { WayMethod::Estimate } else { WayMethod::Network };
        return out(id, None, method);
    }
    // The engine has said nothing of it, if there is one.
    out(id, Some(ctx.walking.estimate(Travel::default(), metres).seconds), WayMethod::Estimate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_that_changes_ways_is_noticed() {
        let valhalla = [("walking_engine", "valhalla"), ("valhalla_url", "http://127.0.0.1:8002")];
        let of = |more: &[(&str, &str)]| fingerprint(&Settings::with(more).unwrap());
        let all = [
            of(&[]),
            of(&valhalla),
            of(&[("walking_engine", "tencent"), ("tencent_key", "k")]),
            of(&[&valhalla[..], &[("walking_off_network_m", "50")]].concat()),
            of(&[("walking_speed_kmh", "5.0")]),
            of(&[("walking_detour", "1.4")]),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "{all:?}");
        // The same engine by another name.
        assert_eq!(of(&[valhalla[0], ("valhalla_url", "http://valhalla:8002")]), all[1]);
    }
}
