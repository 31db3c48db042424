//! Finds the ways between centres and communities again where something changed.
//!
//! A centre is due when what its ways depend on isn't what they were reckoned from. It is claimed by one
//! conditional update with a lease, its ways are found outside any transaction, and put in place of the
//! former ones under a second conditional update: replicas share the work, a kill loses a lease at most.
//!
//! That all are reckoned is said under a third one, which fails if an order to find all anew came meanwhile.
//! Such an order begins another round: whatever a replica, or the key-value store, remembers of ways of a
//! former one counts no more, as soon as the replica's own job comes by.
//!
//! Ways are asked from the centre to the samples, one call a centre: on foot the way back is as long
//! (assumption).

use std::collections::HashMap;

use chrono::TimeDelta;
use entity::{CommunityId, LngLat, coverage_ways};
use sea_orm::DbErr;

use super::{
    super::{
        rules::{Centre, FAR, MOST_MINUTES},
        shape,
        store::{self, Community, ways},
    },
    fingerprint, gate,
};
use crate::{
    error::Result,
    platform::{
        crypto::sha256,
        db::write_txn,
        walking::{Travel, WayMethod, metres},
    },
    state::Ctx,
};

/// How long a replica may be at one centre.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// An engine that was away is asked again so much later.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// Degrees that are a metre at least, anywhere in China: to pass over what is far at once.
const METRE_DEGREES: f64 = 1.0 / 111_000.0;

/// Samples of communities, read when a centre first needs them.
#[derive(Default)]
struct Samples(HashMap<CommunityId, (i32, Vec<LngLat>)>);

impl Samples {
    async fn of(&mut self, ctx: &Ctx, near: &[&Community]) -> Result<(), DbErr> {
        let missing: Vec<CommunityId> = near.iter().map(|c| c.id).filter(|id| !self.0.contains_key(id)).collect();
        let found = store::samples(ctx.db.reader(), &missing).await?;
        self.0.extend(found.into_iter().map(|(id, (shape, packed))| (id, (shape, shape::unpacked(&packed)))));
        Ok(())
    }
}

/// Whether something is to be reckoned: 1, or 0.
pub async fn waiting(ctx: &Ctx) -> Result<u64> {
    let db = ctx.db.reader();
    if !ways::any(db).await? {
        return Ok(0);
    }
    let state = ways::state(db).await?;
    let gate = gate(ctx, db).await?;
    Ok(u64::from(state.is_none_or(|state| state.gate() != gate)))
}

/// The communities of which a sample may lie within reach of a place.
pub(super) fn near(communities: &[Community], at: LngLat, reach: f64) -> Vec<&Community> {
    let is_near = |community: &&Community| {
        let most = reach + community.radius_m;
        (community.lat - at.lat).abs() <= most * METRE_DEGREES && metres(at, community.location()) <= most
    };
    communities.iter().filter(is_near).collect()
}

/// What a centre's ways depend on, hashed.
fn inputs(ctx: &Ctx, centre: &Centre, near: &[&Community]) -> Vec<u8> {
    let mut bytes = fingerprint(&ctx.settings).into_bytes();
    bytes.extend([centre.lng, centre.lat].into_iter().flat_map(f64::to_le_bytes));
    for community in near {
        bytes.extend(community.id.0.as_bytes());
        bytes.extend(community.shape.to_le_bytes());
    }
    sha256(&[&bytes])
}

/// Finds the ways of every centre that is due; for how many.
pub async fn compute_due(ctx: &Ctx) -> Result<u64> {
    let sweep = pass(ctx).await?;
    let done = sweep.done;
    sweep.finish(ctx).await?;
    Ok(done)
}

/// A sweep that has passed over all centres.
#[derive(Default)]
pub struct Sweep {
    /// Centres whose ways it found.
    pub done: u64,
    /// If none is left to another replica: what was reckoned from, and what was said of it before.
    whole: Option<(String, Option<ways::State>)>,
}

impl Sweep {
    /// Says that all ways are reckoned, unless all are to be found anew since it began.
    pub async fn finish(self, ctx: &Ctx) -> Result<()> {
        if let Some((gate, seen)) = self.whole {
            ways::put_state(ctx.db.writer(), seen.as_ref(), &gate, ctx.clock.now()).await?;
        }
        Ok(())
    }
}

/// Passes over all centres, and finds the ways of those that are due.
pub async fn pass(ctx: &Ctx) -> Result<Sweep> {
    let (db, now) = (ctx.db.reader(), ctx.clock.now());
    // Before all that it is held against: what is ordered after this is left to the next sweep.
    let state = ways::state(db).await?;
    // Each replica comes here, whoever got the order and whoever sweeps.
    let round = state.as_ref().map_or("", ways::State::round);
    ctx.walking.begin_round(round);
    ctx.ways.begin_round(round);
    // The mark of what changed counts every centre: not for nothing.
    if !ways::any(db).await? {
        return Ok(Sweep::default());
    }
    let gate = gate(ctx, db).await?;
    let fresh = state.as_ref().is_some_and(|state| state.gate() == gate);
    if fresh && !ways::any_again(db, now).await? {
        return Ok(Sweep::default());
    }
    let communities = store::all(db, false).await?;
    let seen = ways::done(db).await?;
    // Ordered since the state was read: what is due by that is for a sweep that remembers nothing.
    let since = ways::state(db).await?;
    if since.as_ref().map_or("", ways::State::round) != round {
        return Ok(Sweep::default());
    }
    let reach = ctx.walking.reach(Travel::default(), f64::from(MOST_MINUTES));
    let (mut samples, mut whole, mut done) = (Samples::default(), true, 0);
    let (mut centres, mut last) = (ways::centres_after(db, None).await?.into_iter(), None);
    loop {
        let Some(centre) = centres.next() else {
            // The next page, until there is none.
            centres = ways::centres_after(db, last).await?.into_iter();
            if centres.len() == 0 {
                break;
            }
            continue;
        };
        last = Some(centre.id);
        let near = near(&communities, centre.location(), reach);
        let known = seen.get(&centre.id);
        // Far from all communities there is nothing to write down.
        if near.is_empty() && known.is_none() {
            continue;
        }
        let inputs = inputs(ctx, &centre, &near);
        if known.is_some_and(|row| row.inputs == inputs && row.again_at.is_none_or(|again| again > now)) {
            continue;
        }
        let revision = known.map(|row| row.revision);
        if !ways::claim(ctx.db.writer(), centre.id, revision, now, now + LEASE).await? {
            whole = false;
            continue;
        }
        samples.of(ctx, &near).await?;
        let (rows, estimated) = found(ctx, &centre, &near, &samples, reach).await;
        let again_at = (estimated && ctx.walking.has_network()).then(|| ctx.clock.now() + AGAIN);
        let kept = write_txn(&ctx.db, async |txn| {
            let now = ctx.clock.now();
            let ours = ways::finish(txn, centre.id, revision.unwrap_or(0) + 1, inputs, now, again_at).await?;
            if ours {
                ways::replace(txn, centre.id, rows).await?;
            }
            Ok::<_, DbErr>(ours)
        })
        .await?;
        done += u64::from(kept);
        whole &= kept;
    }
    Ok(Sweep { done, whole: whole.then_some((gate, state)) })
}

/// The ways from a place to samples; none to those farther than `reach` as the crow flies, or than
/// [`MOST_MINUTES`].
pub(super) async fn seconds(ctx: &Ctx, from: LngLat, to: &[LngLat], reach: f64) -> (Vec<u16>, WayMethod) {
    let within: Vec<(usize, LngLat)> =
        to.iter().copied().enumerate().filter(|(_, sample)| metres(from, *sample) <= reach).collect();
    let targets: Vec<LngLat> = within.iter().map(|(_, sample)| *sample).collect();
    let mut seconds = vec![FAR; to.len()];
    if targets.is_empty() {
        let method = if ctx.walking.has_network() { WayMethod::Network } else { WayMethod::Estimate };
        return (seconds, method);
    }
    let found = ctx.walking.ways(from, &targets, Travel::default()).await;
    for ((at, _), way) in within.iter().zip(found.ways) {
        let short = way.map(|way| way.seconds).filter(|seconds| *seconds <= MOST_MINUTES * 60);
        seconds[*at] = short.and_then(|seconds| u16::try_from(seconds).ok()).unwrap_or(FAR);
    }
    (seconds, found.method)
}

/// A centre's ways to the communities near, and whether they were estimated.
async fn found(
    ctx: &Ctx,
    centre: &Centre,
    near: &[&Community],
    samples: &Samples,
    reach: f64,
) -> (Vec<coverage_ways::Model>, bool) {
    let of = |community: &&Community| {
        let (shape, points) = samples.0.get(&community.id)?;
        Some((community.id, *shape, points.as_slice()))
    };
    let parts: Vec<_> = near.iter().filter_map(of).collect();
    let all: Vec<LngLat> = parts.iter().flat_map(|(_, _, points)| points.iter().copied()).collect();
    let (seconds, method) = seconds(ctx, centre.location(), &all, reach).await;
    let estimated = method == WayMethod::Estimate;
    let (mut rows, mut rest) = (Vec::new(), seconds.as_slice());
    for (community_id, shape, points) in parts {
        let (own, others) = rest.split_at(points.len());
        rest = others;
        if own.iter().any(|seconds| *seconds != FAR) {
            let seconds = own.iter().copied().flat_map(u16::to_le_bytes).collect();
            rows.push(coverage_ways::Model { community_id, centre_id: centre.id, shape, estimated, seconds });
        }
    }
    (rows, estimated)
}
