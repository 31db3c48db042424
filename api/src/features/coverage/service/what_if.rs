//! What if a centre stood here, or that one closed: reckoned, never written.

use std::collections::{HashMap, HashSet};

use entity::{CentreId, CommunityId, LngLat};

use super::{
    super::{
        rules::{self, Cover, FAR, Sums, Which, World, shorten},
        shape,
        store::{self, Community},
        what_if_dto::{
            CoverageChange, CoverageChangedCommunity, CoverageClosingOut, CoverageSiteIn, CoverageSiteOut,
            CoverageWhatIfIn, CoverageWhatIfOut,
        },
    },
    method, read, sweep,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{auth::Bureau, centres::LocationOut},
    http::ratelimit::{WHAT_IF, limit},
    platform::walking::{Travel, WayMethod},
    state::Ctx,
};

/// Sites, and closings, at most.
const MOST: usize = 10;
/// Communities that are named.
const NAMED: usize = 100;

/// The ways from a site to the samples of the communities near.
type Reached = HashMap<CommunityId, Vec<u16>>;

/// Reckons what sites would bring and closings take.
pub async fn what_if(ctx: &Ctx, bureau: &Bureau, body: CoverageWhatIfIn) -> Result<CoverageWhatIfOut> {
    limit(ctx, &WHAT_IF, &bureau.staff_id.to_string()).await?;
    let CoverageWhatIfIn { sites, without, minutes, inclusive, kind, filed } = body;
    let minutes = rules::minutes(minutes)?;
    let points = checked(&sites, &without)?;
    let read = read(ctx).await?;
    let world = &read.world;
    let counting = world.counting(Which { inclusive, kind, filed }, ctx.clock.today());
    for (at, id) in without.iter().enumerate() {
        if !world.centres.contains_key(id) {
            let text = Text::new("没有这家机构，或机构已停办。", "There is no such centre, or it is closed.");
            let problem = Problem::new(Code::NotFound).detail(text.clone());
            return Err(problem.and_field(format!("without[{at}]"), "unknown", text));
        }
    }
    let (reached, estimated) = reached(ctx, &world.communities, &points, minutes).await?;
    let scene = Scene::of(ctx, world, minutes, &counting);
    let all: Vec<&Reached> = reached.iter().collect();
    let closing = |id: &CentreId| CoverageClosingOut {
        centre_id: *id,
        centre_name: world.centres.get(id).map(|centre| centre.name.clone()).unwrap_or_default(),
        counts: counting.contains(id),
        change: scene.change(&[], &HashSet::from([*id])),
    };
    let site = |(site, reached): (CoverageSiteIn, &Reached)| CoverageSiteOut {
        name: site.name.map(|name| name.to_string()),
        location: LocationOut { lng: site.lng, lat: site.lat, coord: site.coord },
        change: scene.change(&[reached], &HashSet::new()),
    };
    let present = method(ctx, world, &counting);
    Ok(CoverageWhatIfOut {
        minutes,
        target: ctx.settings.coverage_target,
        method: if estimated { WayMethod::Estimate } else { present },
        up_to_date: read.up_to_date,
        before: scene.before.figures(ctx.settings.coverage_target),
        without: without.iter().map(closing).collect(),
        together: scene.change(&all, &without.iter().copied().collect()),
        sites: sites.into_iter().zip(&reached).map(site).collect(),
    })
}

/// The sites' points, WGS-84.
fn checked(sites: &[CoverageSiteIn], without: &[CentreId]) -> Result<Vec<LngLat>> {
    for (field, n) in [("sites", sites.len()), ("without", without.len())] {
        if n > MOST {
            let text = Text::new(format!("{field} 最多 {MOST} 个。"), format!("{field} takes at most {MOST}."));
            return Err(Problem::field(field, "too_long", text));
        }
    }
    if sites.is_empty() && without.is_empty() {
        let text = Text::new("请至少给出一个拟建点位或拟停办的机构。", "Give at least one site or closing.");
        return Err(Problem::field("sites", "missing", text));
    }
    let point = |(at, site): (usize, &CoverageSiteIn)| {
        let point = shape::Shape::Point(LngLat { lng: site.lng, lat: site.lat });
        if point.check().is_err() {
            let text = Text::new(
                format!("sites[{at}]：坐标不在中国范围内，请核对经度 lng 和纬度 lat。"),
                format!("sites[{at}] lies outside China; check lng and lat."),
            );
            return Err(Problem::field(format!("sites[{at}]"), "out_of_range", text));
        }
        Ok(site.coord.to_wgs84(LngLat { lng: site.lng, lat: site.lat }))
    };
    sites.iter().enumerate().map(point).collect()
}

/// The ways from each site, and whether any was estimated.
async fn reached(ctx: &Ctx, communities: &[Community], sites: &[LngLat], minutes: u32) -> Result<(Vec<Reached>, bool)> {
    let reach = ctx.walking.reach(Travel::default(), f64::from(minutes));
    let (mut all, mut estimated) = (Vec::with_capacity(sites.len()), false);
    for site in sites {
        let near = sweep::near(communities, *site, reach);
        let ids: Vec<CommunityId> = near.iter().map(|community| community.id).collect();
        let samples = store::samples(ctx.db.reader(), &ids).await?;
        let parts: Vec<(CommunityId, Vec<LngLat>)> = near
            .iter()
            .filter_map(|community| {
                let (shape, packed) = samples.get(&community.id)?;
                // Of another shape by now: as if it weren't near, as with ways that are kept.
                (*shape == community.shape).then(|| (community.id, shape::unpacked(packed)))
            })
            .collect();
        let points: Vec<LngLat> = parts.iter().flat_map(|(_, points)| points.iter().copied()).collect();
        let (seconds, method) = sweep::seconds(ctx, *site, &points, reach).await;
        estimated |= method == WayMethod::Estimate;
        let (mut found, mut rest) = (Reached::new(), seconds.as_slice());
        for (id, points) in parts {
            let (own, others) = rest.split_at(points.len());
            rest = others;
            if own.iter().any(|seconds| *seconds != FAR) {
                found.insert(id, own.to_vec());
            }
        }
        all.push(found);
    }
    Ok((all, estimated))
}

/// The present coverage, against which changes are held.
struct Scene<'a> {
    world: &'a World,
    counting: &'a HashSet<CentreId>,
    minutes: u32,
    target: f64,
    share: f64,
    covers: Vec<Cover>,
    before: Sums,
}

impl<'a> Scene<'a> {
    fn of(ctx: &Ctx, world: &'a World, minutes: u32, counting: &'a HashSet<CentreId>) -> Self {
        let (target, share) = (ctx.settings.coverage_target, ctx.settings.coverage_share);
        let cover = |community: &Community| Cover::of(&world.best(community, counting), minutes);
        let covers: Vec<Cover> = world.communities.iter().map(cover).collect();
        let mut before = Sums::default();
        for (community, cover) in world.communities.iter().zip(&covers) {
            before.add(community, *cover, share);
        }
        Self { world, counting, minutes, target, share, covers, before }
    }

    fn change(&self, sites: &[&Reached], without: &HashSet<CentreId>) -> CoverageChange {
        let left: HashSet<CentreId> = self.counting.difference(without).copied().collect();
        let (mut after, mut which) = (Sums::default(), Vec::new());
        for (community, before) in self.world.communities.iter().zip(&self.covers) {
            let mut best = self.world.best(community, &left);
            for seconds in sites.iter().filter_map(|reached| reached.get(&community.id)) {
                shorten(&mut best, seconds);
            }
            let cover = Cover::of(&best, self.minutes);
            after.add(community, cover, self.share);
            if cover != *before {
                which.push(self.changed(community, *before, cover));
            }
        }
        let (communities, under3) = after.gain_over(&self.before);
        let flips = |c: &CoverageChangedCommunity| c.covered_before != c.covered_after;
        let size = |c: &CoverageChangedCommunity| (c.under3.unwrap_or(0).abs(), flips(c));
        which.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.code.cmp(&b.code)));
        which.truncate(NAMED);
        CoverageChange { after: after.figures(self.target), communities, under3, which }
    }

    fn changed(&self, community: &Community, before: Cover, after: Cover) -> CoverageChangedCommunity {
        CoverageChangedCommunity {
            id: community.id,
            code: community.code.clone(),
            name: community.name.clone(),
            township: community.township.clone(),
            share_before: rules::rounded(before.share()),
            share_after: rules::rounded(after.share()),
            covered_before: before.is_enough(self.share),
            covered_after: after.is_enough(self.share),
            under3: community.under3.map(|all| after.people(all.into()) - before.people(all.into())),
        }
    }
}
