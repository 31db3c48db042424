//! Use cases of communities: import, export, list, change, end.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{CommunityId, CommunityKind, communities};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    super::{
        dto::{
            CommunitiesQuery, CommunityCollection, CommunityEndIn, CommunityFeature, CommunityImportOut,
            CommunityImportQuery, CommunityOut, CommunityPatch, CommunityProperties,
        },
        geojson::{self, Feature},
        rules::day_flaw,
        shape,
        store::{self, Community},
    },
    figures, written,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Bureau,
        centres::coords::Coord,
    },
    http::{
        Cursor, Day, Idempotency, Limit, Line, Once, Page, Whole, once,
        ratelimit::{IMPORT, limit},
    },
    platform::{crypto::sha256, db::write_txn},
    state::Ctx,
};

/// What an import does to the stored communities.
struct Plan {
    created: Vec<communities::Model>,
    updated: Vec<communities::Model>,
    unchanged: usize,
}

/// Imports a collection, all of it or nothing; or says what that would do.
pub async fn import(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    query: CommunityImportQuery,
    body: Vec<u8>,
) -> Result<Once<CommunityImportOut>> {
    let account = bureau.staff_id.to_string();
    limit(ctx, &IMPORT, &account).await?;
    let digest = data_encoding::HEXLOWER.encode(&sha256(&[&body]));
    let townships = ctx.catalogue.townships();
    // Checking thousands of polygons would hold up the worker's other requests.
    let read = tokio::task::spawn_blocking(move || geojson::read(&body, query.coord, &townships));
    let features = read.await.map_err(Problem::internal)??;
    let stored = store::geometries_by_code(ctx.db.reader(), &codes(features.iter())).await?;
    let prepare =
        move || features.into_iter().map(|feature| (prepared(&feature, &stored), feature)).collect::<Vec<_>>();
    let features = tokio::task::spawn_blocking(prepare).await.map_err(Problem::internal)?;
    let n = features.len();
    let out = |plan: &Plan| CommunityImportOut {
        dry_run: query.dry_run,
        features: n,
        created: plan.created.len(),
        updated: plan.updated.len(),
        unchanged: plan.unchanged,
    };
    if query.dry_run {
        // In a transaction that writes nothing: the answer is what an import at this instant would say.
        return write_txn(&ctx.db, async |txn| Ok(Once::First(out(&plan(ctx, txn, &features).await?)))).await;
    }
    once(ctx, key, &account, async |txn| {
        // One import after the other: two could both find a code new.
        store::lock_townships(txn).await?;
        let plan = plan(ctx, txn, &features).await?;
        let out = out(&plan);
        let rows = [plan.created, plan.updated].concat();
        store::put(txn, &rows).await?;
        store::keep(txn, &rows, Some(bureau.staff_id), ctx.clock.now()).await?;
        let detail = json!({
            "created": out.created, "updated": out.updated, "unchanged": out.unchanged,
            "coord": query.coord, "sha256": digest,
        });
        audit::record(ctx, txn, Actor::from(bureau), "community.import", "communities".to_owned(), detail).await?;
        Ok(out)
    })
    .await
}

fn codes<'a>(features: impl Iterator<Item = &'a Feature>) -> Vec<String> {
    features.map(|feature| feature.properties.code.to_string()).collect()
}

/// [`rendered`], in the very words of what is stored if that is the same to a centimetre: whether a place
/// changed is then seen inside the transaction by its text alone. What is stored by another import in
/// between is changed by this one, rightly.
fn prepared(feature: &Feature, stored: &HashMap<String, String>) -> (String, shape::Samples) {
    let (geometry, samples) = rendered(feature);
    let same = stored
        .get(&*feature.properties.code)
        .filter(|text| **text == geometry || geojson::stored(text).is_ok_and(|stored| stored.is_same(&feature.shape)));
    (same.cloned().unwrap_or(geometry), samples)
}

/// A feature's geometry as it is stored, with its samples.
pub(super) fn rendered(feature: &Feature) -> (String, shape::Samples) {
    (geojson::written(&feature.shape, Coord::Wgs84).to_string(), feature.shape.samples())
}

async fn plan(ctx: &Ctx, txn: &impl ConnectionTrait, features: &[((String, shape::Samples), Feature)]) -> Result<Plan> {
    let stored = store::lock_by_code(txn, &codes(features.iter().map(|(_, feature)| feature))).await?;
    let mut plan = Plan { created: Vec::new(), updated: Vec::new(), unchanged: 0 };
    let mut problems = Vec::new();
    for ((geometry, samples), feature) in features {
        let mut wrong = |name: &str, code, text: Text| {
            let field = format!("features[{}].properties.{name}", feature.at);
            let text = Text::new(format!("{field}：{}", text.zh), format!("{field}: {}", text.en));
            problems.push(Problem::field(field, code, text));
        };
        let before = stored.get(&*feature.properties.code);
        if before.is_some_and(|row| row.ended_on.is_some()) {
            let en = "this community has ended; its code isn't used again.";
            wrong("code", "ended", Text::new("该社区已撤并，编码不能再用。", en));
            continue;
        }
        let stored_day = before.map(|row| row.as_of);
        if let Some((code, text)) = day_flaw(feature.properties.as_of.0, stored_day, ctx.clock.today()) {
            wrong("as_of", code, text);
            continue;
        }
        match before {
            None => {
                let (id, now) = (ctx.clock.id(), ctx.clock.now());
                plan.created.push(row(id, &feature.properties, geometry.clone(), samples, now));
            }
            Some(row) => {
                let mut changed = with_properties(row, &feature.properties);
                if row.geometry != *geometry {
                    changed = with_shape(changed, geometry.clone(), samples);
                    changed.shape += 1;
                }
                if changed == *row {
                    plan.unchanged += 1;
                } else {
                    plan.updated.push(next(ctx, changed));
                }
            }
        }
    }
    geojson::refusal(problems)?;
    Ok(plan)
}

/// The next state of a community.
pub(super) fn next(ctx: &Ctx, row: communities::Model) -> communities::Model {
    communities::Model { version: row.version + 1, changed_at: ctx.clock.now(), ..row }
}

/// The first state of a community.
#[must_use]
pub fn first(id: CommunityId, feature: &Feature, now: DateTime<Utc>) -> communities::Model {
    let (geometry, samples) = rendered(feature);
    row(id, &feature.properties, geometry, &samples, now)
}

fn row(
    id: CommunityId,
    properties: &CommunityProperties,
    geometry: String,
    samples: &shape::Samples,
    now: DateTime<Utc>,
) -> communities::Model {
    let empty = communities::Model {
        id,
        code: properties.code.to_string(),
        name: String::new(),
        township: String::new(),
        kind: CommunityKind::Urban,
        rural: false,
        residents: None,
        under3: None,
        source: String::new(),
        as_of: properties.as_of.0,
        geometry: String::new(),
        lng: 0.0,
        lat: 0.0,
        radius_m: 0.0,
        samples: Vec::new(),
        samples_n: 0,
        shape: 1,
        version: 1,
        ended_on: None,
        created_at: now,
        changed_at: now,
    };
    with_shape(with_properties(&empty, properties), geometry, samples)
}

pub(super) fn with_properties(row: &communities::Model, properties: &CommunityProperties) -> communities::Model {
    let CommunityProperties { code: _, name, township, kind, rural, residents, under3, source, as_of } = properties;
    communities::Model {
        name: name.to_string(),
        township: township.to_string(),
        kind: *kind,
        rural: rural.unwrap_or(*kind == CommunityKind::Village),
        residents: residents.map(|n| n.0),
        under3: under3.map(|n| n.0),
        source: source.to_string(),
        as_of: as_of.0,
        ..row.clone()
    }
}

pub(super) fn with_shape(row: communities::Model, geometry: String, samples: &shape::Samples) -> communities::Model {
    let first = samples.points[0];
    communities::Model {
        geometry,
        lng: first.lng,
        lat: first.lat,
        radius_m: samples.radius_m,
        samples: shape::packed(&samples.points),
        samples_n: i32::try_from(samples.points.len()).unwrap_or(i32::MAX),
        ..row
    }
}

/// Every community that is, in the shape of an import; written out.
pub async fn export(ctx: &Ctx, coord: Coord) -> Result<Vec<u8>> {
    let rows = store::all(ctx.db.reader(), false).await?;
    let geometries = store::geometries(ctx.db.reader()).await?;
    written(move || collection(rows, &geometries, coord)).await
}

fn collection(
    rows: Vec<Community>,
    geometries: &HashMap<CommunityId, String>,
    coord: Coord,
) -> Result<CommunityCollection> {
    let mut features = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(text) = geometries.get(&row.id) else { continue };
        features.push(CommunityFeature {
            r#type: "Feature",
            id: Some(row.id),
            geometry: geojson::written(&geojson::stored(text)?, coord).into(),
            properties: properties(row)?,
        });
    }
    Ok(CommunityCollection { r#type: "FeatureCollection", coord: Some(coord), features })
}

fn properties(row: Community) -> Result<CommunityProperties> {
    fn line<const MOST: usize>(text: String) -> Result<Line<MOST>> {
        serde_json::from_value(text.into()).map_err(Problem::internal)
    }
    Ok(CommunityProperties {
        code: line(row.code)?,
        name: line(row.name)?,
        township: line(row.township)?,
        kind: row.kind,
        rural: Some(row.rural),
        residents: row.residents.map(Whole),
        under3: row.under3.map(Whole),
        source: line(row.source)?,
        as_of: Day(row.as_of),
    })
}

/// Communities by code, with their coverage in the plan's circle.
pub async fn page(ctx: &Ctx, query: &CommunitiesQuery) -> Result<Page<CommunityOut>> {
    let CommunitiesQuery { township, rural, covered, ended, coord, limit, cursor } = query;
    figures::check_township(ctx, township.as_ref())?;
    let after: Option<String> = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let (rows, coverage) = if *ended {
        (store::all(ctx.db.reader(), true).await?, HashMap::new())
    } else {
        figures::in_circle(ctx).await?
    };
    let is_covered = |row: &Community| coverage.get(&row.id).is_some_and(|coverage| coverage.covered);
    let asked = |row: &Community| {
        township.as_ref().is_none_or(|township| row.township == **township)
            && rural.is_none_or(|rural| row.rural == rural)
            && covered.is_none_or(|covered| is_covered(row) == covered)
            && after.as_ref().is_none_or(|after| row.code > *after)
    };
    let rows: Vec<Community> = rows.into_iter().filter(asked).take(most(*limit)).collect();
    Ok(Page::of(
        rows,
        *limit,
        |row| row.code.clone(),
        |row| CommunityOut { coverage: coverage.get(&row.id).cloned(), ..CommunityOut::of(&row, *coord) },
    ))
}

fn most(limit: Limit) -> usize {
    limit.0 as usize + 1
}

fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

pub(super) fn has_ended() -> Problem {
    let text = Text::new("该社区已撤并，不能再修改。", "This community has ended.");
    Problem::new(Code::WrongState).detail(text)
}

/// Changes the figures of a community; the former ones are kept.
pub async fn change(ctx: &Ctx, bureau: &Bureau, id: CommunityId, patch: CommunityPatch) -> Result<CommunityOut> {
    let CommunityPatch { name, township, kind, rural, residents, under3, source, as_of } = patch;
    figures::check_township(ctx, township.as_ref())?;
    let row = write_txn(&ctx.db, async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.ended_on.is_some() {
            return Err(has_ended());
        }
        let mut changed = row.clone();
        if let Some(name) = name {
            changed.name = name.into_inner();
        }
        if let Some(township) = township {
            changed.township = township.into_inner();
        }
        if let Some(kind) = kind {
            changed.kind = kind;
        }
        if let Some(rural) = rural {
            changed.rural = rural;
        }
        if let Some(residents) = residents {
            changed.residents = residents.map(|n| n.0);
        }
        if let Some(under3) = under3 {
            changed.under3 = under3.map(|n| n.0);
        }
        if let Some(source) = source {
            changed.source = source.into_inner();
        }
        if let Some(as_of) = as_of {
            if let Some((code, text)) = day_flaw(as_of.0, Some(row.as_of), ctx.clock.today()) {
                return Err(Problem::field("as_of", code, text));
            }
            changed.as_of = as_of.0;
        }
        if changed.residents.is_some_and(|all| changed.under3.is_some_and(|under3| under3 > all)) {
            return Err(geojson::more_children_than_people("under3"));
        }
        if changed == row {
            return Ok(row);
        }
        let changed = next(ctx, changed);
        store::put(txn, std::slice::from_ref(&changed)).await?;
        store::keep(txn, std::slice::from_ref(&changed), Some(bureau.staff_id), changed.changed_at).await?;
        let detail = json!({
            "version": changed.version, "residents": changed.residents, "under3": changed.under3,
            "as_of": changed.as_of,
        });
        audit::record(ctx, txn, Actor::from(bureau), "community.change", id.to_string(), detail).await?;
        Ok(changed)
    })
    .await?;
    Ok(CommunityOut::of(&Community::from(&row), Coord::default()))
}

/// Ends a community: it counts no more, its states are kept, its code isn't used again.
pub async fn end(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: CommunityId,
    body: CommunityEndIn,
) -> Result<Once<CommunityOut>> {
    let CommunityEndIn { reason, on } = body;
    let (today, on) = (ctx.clock.today(), on.map_or_else(|| ctx.clock.today(), |day| day.0));
    if on > today {
        let text = Text::new("撤并日期不能晚于今天。", "A community ends today or ended before.");
        return Err(Problem::field("on", "out_of_range", text));
    }
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = store::lock(txn, id).await?.ok_or_else(not_found)?;
        if row.ended_on.is_some() {
            return Err(has_ended());
        }
        let ended = next(ctx, communities::Model { ended_on: Some(on), ..row });
        store::put(txn, std::slice::from_ref(&ended)).await?;
        store::keep(txn, std::slice::from_ref(&ended), Some(bureau.staff_id), ended.changed_at).await?;
        let detail = json!({ "version": ended.version, "on": on, "reason": &*reason });
        audit::record(ctx, txn, Actor::from(bureau), "community.end", id.to_string(), detail).await?;
        Ok(CommunityOut::of(&Community::from(&ended), Coord::default()))
    })
    .await
}
