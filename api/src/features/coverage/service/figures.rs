//! Use cases that read the coverage.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{CentreId, CommunityId};

use super::{
    super::{
        dto::CommunityCoverageOut,
        figures_dto::{
            CoverageBy, CoverageCollection, CoverageFeature, CoverageFeatureProperties, CoverageGapOut,
            CoverageGapsQuery, CoverageGroup, CoverageIndicatorOut, CoverageMapQuery, CoverageOut, CoverageQuery,
            CoverageRecomputeOut, CoverageSourceOut,
        },
        geojson,
        rules::{self, Cover, Sums, Which},
        shape::Shape,
        store::{self, Community, ways},
    },
    Read, coverage, method, read, written,
};
use crate::{
    error::{Problem, Result},
    features::{
        audit::{self, Actor},
        auth::Bureau,
        centres::{LocationOut, coords::Coord},
    },
    http::{Cursor, Day, Idempotency, Line, Moment, Once, Page, once},
    state::Ctx,
};

/// Refuses a township that isn't the district's.
pub(super) fn check_township(ctx: &Ctx, township: Option<&Line<20>>) -> Result<()> {
    let Some(township) = township else { return Ok(()) };
    let known = ctx.catalogue.townships();
    let is_known = known.iter().any(|name| **name == **township);
    if is_known { Ok(()) } else { Err(geojson::unknown_township("township", &known)) }
}

/// The communities asked for, and the centres that count.
struct Chosen {
    read: Read,
    counting: HashSet<CentreId>,
    minutes: u32,
}

impl Chosen {
    async fn read(
        ctx: &Ctx,
        minutes: Option<u32>,
        which: Which,
        rural: Option<bool>,
        township: Option<&Line<20>>,
    ) -> Result<Self> {
        let minutes = rules::minutes(minutes)?;
        check_township(ctx, township)?;
        let mut read = read(ctx).await?;
        read.world.communities.retain(|community| {
            rural.is_none_or(|rural| community.rural == rural)
                && township.is_none_or(|township| community.township == **township)
        });
        let counting = read.world.counting(which, ctx.clock.today());
        Ok(Self { read, counting, minutes })
    }

    fn communities(&self) -> &[Community] {
        &self.read.world.communities
    }

    fn of<'a>(&'a self, township: &'a str) -> impl Iterator<Item = &'a Community> {
        self.communities().iter().filter(move |community| community.township == township)
    }

    fn cover(&self, community: &Community) -> Cover {
        Cover::of(&self.read.world.best(community, &self.counting), self.minutes)
    }

    fn coverage(&self, ctx: &Ctx, community: &Community) -> CommunityCoverageOut {
        coverage(ctx, &self.read.world, community, &self.counting, self.minutes)
    }

    fn sums<'a>(&self, ctx: &Ctx, communities: impl Iterator<Item = &'a Community>) -> Sums {
        let mut sums = Sums::default();
        for community in communities {
            sums.add(community, self.cover(community), ctx.settings.coverage_share);
        }
        sums
    }
}

/// The coverage by township or by community.
pub async fn report(ctx: &Ctx, query: CoverageQuery) -> Result<CoverageOut> {
    let which = Which { inclusive: query.inclusive, kind: query.kind, filed: query.filed };
    let chosen = Chosen::read(ctx, query.minutes, which, query.rural, query.township.as_ref()).await?;
    let (target, share) = (ctx.settings.coverage_target, ctx.settings.coverage_share);
    let (groups, next_cursor) = match query.by {
        CoverageBy::Township => {
            let page = townships(ctx, &chosen, &query)?;
            (page.items, page.next_cursor)
        }
        CoverageBy::Community => {
            let after: Option<String> = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
            let rest = chosen.communities().iter().filter(|c| after.as_ref().is_none_or(|after| c.code > *after));
            let rows: Vec<&Community> = rest.take(query.limit.0 as usize + 1).collect();
            let page = Page::of(
                rows,
                query.limit,
                |c| c.code.clone(),
                |c| CoverageGroup {
                    key: c.id.to_string(),
                    label: c.name.clone(),
                    figures: chosen.sums(ctx, std::iter::once(c)).figures(target),
                    coverage: Some(chosen.coverage(ctx, c)),
                },
            );
            (page.items, page.next_cursor)
        }
    };
    let days = || chosen.communities().iter().map(|community| community.as_of);
    Ok(CoverageOut {
        minutes: chosen.minutes,
        share,
        target,
        method: method(ctx, &chosen.read.world, &chosen.counting),
        figures_from: days().min().map(Day),
        figures_to: days().max().map(Day),
        up_to_date: chosen.read.up_to_date,
        computed_at: chosen.read.computed_at.map(Moment),
        total: chosen.sums(ctx, chosen.communities().iter()).figures(target),
        by: query.by,
        groups,
        next_cursor,
    })
}

/// A page of townships that have communities, in the district's order.
fn townships(ctx: &Ctx, chosen: &Chosen, query: &CoverageQuery) -> Result<Page<CoverageGroup>> {
    let known = ctx.catalogue.townships();
    let after: Option<String> = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let from = match after {
        None => 0,
        // A township that went, or a cursor of communities.
        Some(after) => known.iter().position(|township| *township == after).ok_or_else(Cursor::invalid)? + 1,
    };
    let rest = known[from..].iter().filter(|township| chosen.of(township).next().is_some());
    Ok(Page::of(
        rest.take(query.limit.0 as usize + 1).collect(),
        query.limit,
        |township: &&String| (*township).clone(),
        |township| CoverageGroup {
            key: township.clone(),
            label: township.clone(),
            figures: chosen.sums(ctx, chosen.of(township)).figures(ctx.settings.coverage_target),
            coverage: None,
        },
    ))
}

/// Every community asked for with its coverage, by code.
pub async fn all(ctx: &Ctx, query: &CoverageMapQuery) -> Result<Vec<(Community, CommunityCoverageOut)>> {
    let which = Which { inclusive: query.inclusive, kind: query.kind, filed: query.filed };
    let chosen = Chosen::read(ctx, query.minutes, which, query.rural, query.township.as_ref()).await?;
    Ok(chosen.communities().iter().map(|community| (community.clone(), chosen.coverage(ctx, community))).collect())
}

/// The same with where each is, for a drawing.
pub async fn shapes(ctx: &Ctx, query: &CoverageMapQuery) -> Result<Vec<(Community, CommunityCoverageOut, Shape)>> {
    let all = all(ctx, query).await?;
    let mut geometries = store::geometries(ctx.db.reader()).await?;
    // One that ended between the two reads isn't drawn.
    let placed = all.into_iter().filter_map(|(community, coverage)| {
        let text = geometries.remove(&community.id)?;
        Some(geojson::stored(&text).map(|shape| (community, coverage, shape)))
    });
    placed.collect()
}

/// The same as a map; written out.
pub async fn map(ctx: &Ctx, query: &CoverageMapQuery) -> Result<Vec<u8>> {
    let (all, coord) = (all(ctx, query).await?, query.coord);
    let geometries = store::geometries(ctx.db.reader()).await?;
    written(move || drawn(all, &geometries, coord)).await
}

fn drawn(
    all: Vec<(Community, CommunityCoverageOut)>,
    geometries: &HashMap<CommunityId, String>,
    coord: Coord,
) -> Result<CoverageCollection> {
    let mut features = Vec::with_capacity(all.len());
    for (community, coverage) in all {
        // One that ended between the two reads isn't drawn.
        let Some(text) = geometries.get(&community.id) else { continue };
        features.push(CoverageFeature {
            r#type: "Feature",
            id: community.id,
            geometry: geojson::written(&geojson::stored(text)?, coord).into(),
            properties: CoverageFeatureProperties {
                code: community.code,
                name: community.name,
                township: community.township,
                kind: community.kind,
                under3: community.under3,
                coverage,
            },
        });
    }
    Ok(CoverageCollection { r#type: "FeatureCollection", coord, features })
}

/// Communities with under-threes outside, or that aren't covered; most under-threes outside first, those
/// without figures last, then by code.
pub async fn gaps(ctx: &Ctx, query: &CoverageGapsQuery) -> Result<Page<CoverageGapOut>> {
    let which = Which { inclusive: query.inclusive, kind: query.kind, filed: query.filed };
    let chosen = Chosen::read(ctx, query.minutes, which, query.rural, query.township.as_ref()).await?;
    let after: Option<(i64, String)> = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let mut found: Vec<((i64, String), &Community, Option<i64>)> = Vec::new();
    for community in chosen.communities() {
        let cover = chosen.cover(community);
        let outside = community.under3.map(|all| i64::from(all) - cover.people(all.into()));
        if outside.is_some_and(|outside| outside > 0) || !cover.is_enough(ctx.settings.coverage_share) {
            found.push(((-outside.unwrap_or(-1), community.code.clone()), community, outside));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let rest = found.into_iter().filter(|(key, ..)| after.as_ref().is_none_or(|after| key > after));
    let rows: Vec<_> = rest.take(query.limit.0 as usize + 1).collect();
    Ok(Page::of(
        rows,
        query.limit,
        |row| row.0.clone(),
        |(_, community, under3_uncovered)| CoverageGapOut {
            id: community.id,
            code: community.code.clone(),
            name: community.name.clone(),
            township: community.township.clone(),
            kind: community.kind,
            location: located(community, query.coord),
            under3: community.under3,
            under3_uncovered,
            coverage: chosen.coverage(ctx, community),
        },
    ))
}

fn located(community: &Community, coord: Coord) -> LocationOut {
    let at = coord.from_wgs84(community.location());
    LocationOut { lng: at.lng, lat: at.lat, coord }
}

/// The coverage of each community in the plan's circle, for lists.
pub(super) async fn in_circle(ctx: &Ctx) -> Result<(Vec<Community>, HashMap<CommunityId, CommunityCoverageOut>)> {
    let chosen = Chosen::read(ctx, None, Which::default(), None, None).await?;
    let each = chosen.communities().iter().map(|community| (community.id, chosen.coverage(ctx, community))).collect();
    Ok((chosen.read.world.communities, each))
}

/// The plan's indicator `community_coverage` with what it is made of: communities with a filed centre
/// within 15 minutes on foot ÷ communities.
pub async fn indicator(ctx: &Ctx) -> Result<CoverageIndicatorOut> {
    let chosen = Chosen::read(ctx, None, Which::default(), None, None).await?;
    let target = ctx.settings.coverage_target;
    let figures = chosen.sums(ctx, chosen.communities().iter()).figures(target);
    let mut sources: BTreeMap<_, i64> = BTreeMap::new();
    for community in chosen.communities() {
        *sources.entry((community.source.clone(), community.as_of)).or_default() += 1;
    }
    let source = |((source, as_of), communities)| CoverageSourceOut { source, as_of: Day(as_of), communities };
    Ok(CoverageIndicatorOut {
        code: "community_coverage",
        name: "社区托育服务覆盖率",
        value: figures.rate,
        target,
        met: figures.met,
        numerator: figures.covered,
        denominator: figures.communities,
        formula: "步行15分钟内有已备案托育机构的社区（村）数 ÷ 社区（村）总数",
        sources: sources.into_iter().map(source).collect(),
        method: method(ctx, &chosen.read.world, &chosen.counting),
        up_to_date: chosen.read.up_to_date,
        computed_at: chosen.read.computed_at.map(Moment),
    })
}

/// Has every way found anew in the background, and all forgotten that is remembered of ways: after a change
/// of the street network's data, which no setting tells of.
pub async fn recompute(ctx: &Ctx, bureau: &Bureau, key: &Idempotency) -> Result<Once<CoverageRecomputeOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let centres = ways::forget(txn, ctx.clock.id::<CentreId>().0, ctx.clock.now()).await?;
        let detail = serde_json::json!({ "centres": centres });
        let actor = Actor::from(bureau);
        audit::record(ctx, txn, actor, "coverage.recompute", "coverage".to_owned(), detail).await?;
        Ok::<_, Problem>(CoverageRecomputeOut { centres })
    })
    .await
}
