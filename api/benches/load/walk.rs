//! Searches whose ways a real Valhalla finds, on the map of the tests (`tests/valhalla/street_map.py`),
//! with as many centres around each point as elsewhere.
//!
//! Cold: from a cell of 50 m that nobody stood in before, so that neither the process nor Redis knows its
//! ways; beside the engine's own answer to the same question, asked by the same client. One at a time, for
//! the engine answers one at a time too. Warm: from the same cells again, beside a server that estimates.
//!
//! That cold searches were cold and warm ones warm is read from what the server says of its calls.

use std::{collections::HashSet, net::SocketAddr};

use anyhow::Context as _;
use entity::{LngLat, centres};
use migration::{Migrator, MigratorTrait as _};
use quanxiangtuo::{
    features::centres::way_cache::Cell,
    platform::{crypto::random_bytes, db::Db, walking::metres},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait as _, EntityTrait as _};
use serde_json::json;

use crate::{
    client::{self, Request, Sample, Until},
    process::Server,
    report::Row,
    runs::{READ_ROUND, ROUNDS, SETTLE, mean_size, search_path, server},
    seed::{self, METRES_A_DEGREE, MIDDLE, SIDE_M},
};

/// How far the streets of the map go each way from its middle, in metres.
const STREETS_M: f64 = 2000.0;
/// From one street to the next.
const BLOCK_M: f64 = 100.0;
/// A lake without streets, from west to east and from south to north.
const LAKE: [(f64, f64); 2] = [(-1500.0, -1100.0), (1100.0, 1500.0)];
/// How far from the middle searches start: all of the circle lies on the map.
const STARTS_M: f64 = 1000.0;
/// How far centres lie whose ways are asked for: no way of 15 minutes at 4 km/h is longer.
const REACH_M: f64 = 1000.0;
/// Cold searches of one round.
const COLD: usize = 192;
/// Turns of each within a round: the two rows compare what differs little, and a neighbour's noise comes
/// and goes within a second.
const TURNS: usize = 6;
/// A cold search may take so many times as long as the engine's own answer, at the median.
const COLD_WITHIN: f64 = 1.3;
/// A warm search is as fast as one by estimate: of its throughput. A tenth is let pass, which noise moves.
const WARM_FLOOR: (f64, f64) = (0.9, 1.0);

/// The rows; none where there is no engine.
pub async fn measure(
    (engine, redis): (&str, &str),
    divide: usize,
    url: &str,
    settings: &[(&str, String)],
) -> anyhow::Result<Vec<Row>> {
    let address = engine.trim_start_matches("http://").trim_end_matches('/');
    let engine_at = tokio::net::lookup_host(address).await.context("TEST_VALHALLA_URL")?.next();
    let engine_at = engine_at.context("TEST_VALHALLA_URL leads nowhere")?;
    let mut rng = StdRng::seed_from_u64(3);
    let (db, centres) = seed(url, &mut rng).await?;
    let rounds = starts(&mut rng, COLD / divide);

    let mut settings = settings.to_vec();
    // What an earlier run left in Redis is not ours.
    let prefix = format!("bench:{}:", data_encoding::HEXLOWER.encode(&random_bytes::<6>()));
    settings.extend([("DATABASE_URL", url.to_owned()), ("REDIS_URL", redis.to_owned()), ("KV_PREFIX", prefix)]);
    let estimating = Server::start(|address| server(address, &settings), "/readyz").await?;
    settings.extend([("WALKING_ENGINE", "valhalla".to_owned()), ("VALHALLA_URL", engine.to_owned())]);
    let walking = Server::start(|address| server(address, &settings), "/readyz").await?;
    drop(db);
    tokio::time::sleep(SETTLE).await;

    let mut cold = Row::with_p50("walk-cold", COLD_WITHIN);
    for (round, starts) in rounds.iter().enumerate() {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for (turn, starts) in starts.chunks(starts.len().div_ceil(TURNS)).enumerate() {
            let questions: Vec<Request> = starts.iter().map(|start| question(*start, &centres)).collect();
            if turn.is_multiple_of(2) {
                ours.push(cold_searches(&walking, starts).await?);
                theirs.push(one_by_one(engine_at, questions, false).await?.expect("the engine", 200)?);
            } else {
                theirs.push(one_by_one(engine_at, questions, false).await?.expect("the engine", 200)?);
                ours.push(cold_searches(&walking, starts).await?);
            }
        }
        if round > 0 {
            cold.add(&joined(ours), &joined(theirs));
        }
    }
    println!("walk-cold: done");

    let searches: Vec<Request> = rounds.iter().flatten().map(|start| search(*start)).collect();
    mean_size(&estimating, &searches, "walk, by estimate").await?;
    mean_size(&walking, &searches, "walk").await?;
    let mut warm = Row::new("walk-warm", Some(WARM_FLOOR));
    let calls_before = calls(&walking).await?;
    for round in 0..=ROUNDS {
        let time = if round == 0 { READ_ROUND / 3 } else { READ_ROUND } / u32::try_from(TURNS * divide)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let load = async |server: &Server| -> anyhow::Result<Sample> {
            client::load(server.address, searches.clone(), Until::Elapsed(time), false).await?.expect("walk-warm", 200)
        };
        for turn in 0..TURNS {
            if turn.is_multiple_of(2) {
                ours.push(load(&walking).await?);
                theirs.push(load(&estimating).await?);
            } else {
                theirs.push(load(&estimating).await?);
                ours.push(load(&walking).await?);
            }
        }
        if round > 0 {
            warm.add(&joined(ours), &joined(theirs));
        }
    }
    anyhow::ensure!(calls(&walking).await? == calls_before, "walk-warm: the engine was asked");
    println!("walk-warm: done");
    Ok(vec![cold, warm])
}

/// The turns of one round as one sample.
fn joined(turns: Vec<Sample>) -> Sample {
    #[expect(clippy::cast_precision_loss, reason = "a few turns")]
    let rate = turns.iter().map(|turn| turn.rate).sum::<f64>() / turns.len().max(1) as f64;
    let micros = turns.into_iter().flat_map(|turn| turn.micros).collect();
    Sample { rate, micros, ..Sample::default() }
}

/// Searches from where nobody stood before: the engine was asked for each, and answered.
async fn cold_searches(walking: &Server, starts: &[LngLat]) -> anyhow::Result<Sample> {
    let before = calls(walking).await?;
    let searches = starts.iter().map(|start| search(*start)).collect();
    let sample = one_by_one(walking.address, searches, true).await?.expect("walk-cold", 200)?;
    let asked = calls(walking).await? - before;
    anyhow::ensure!(asked == starts.len(), "{asked} calls of the engine for {} cold searches", starts.len());
    let by_streets = |body: &[u8]| {
        let body = String::from_utf8_lossy(body);
        body.contains(r#""method":"network""#) && !body.contains(r#""method":"estimate""#)
    };
    let odd = sample.bodies.iter().filter(|(_, body)| !by_streets(body)).count();
    anyhow::ensure!(odd == 0, "{odd} cold searches were not answered by the streets");
    Ok(sample)
}

async fn one_by_one(address: SocketAddr, requests: Vec<Request>, keep_bodies: bool) -> anyhow::Result<Sample> {
    client::load_over(1, address, requests, Until::AllSent, keep_bodies).await
}

/// Matrices that the server asked the engine for so far, by its own count, however they ended.
async fn calls(server: &Server) -> anyhow::Result<usize> {
    let sample = one_by_one(server.address, vec![client::get("/metrics", None)], true).await?.expect("metrics", 200)?;
    let text = sample.bodies.first().map(|(_, body)| String::from_utf8_lossy(body)).unwrap_or_default();
    let counts = text.lines().filter(|line| line.starts_with("walking_call_duration_seconds_count{"));
    counts.map(|line| Ok(line.rsplit(' ').next().unwrap_or_default().parse::<usize>()?)).sum()
}

fn search(start: LngLat) -> Request {
    client::get(&search_path(start), None)
}

/// What our server asks for a search from the middle of a cell (`api/src/platform/walking/valhalla.rs`).
fn question(start: LngLat, centres: &[LngLat]) -> Request {
    let place = |place: &LngLat| json!({ "lat": place.lat, "lon": place.lng, "search_cutoff": 100 });
    let near = centres.iter().filter(|centre| metres(start, **centre) <= REACH_M);
    let body = json!({
        "sources": [place(&start)],
        "targets": near.map(place).collect::<Vec<_>>(),
        "costing": "pedestrian",
        "costing_options": { "pedestrian": { "walking_speed": 4.0 } },
        "units": "km",
    });
    client::post("/sources_to_targets", None, "", &body)
}

/// The point so many metres east and north of the map's middle.
fn at(east: f64, north: f64) -> LngLat {
    let lng = MIDDLE.lng + east / METRES_A_DEGREE / MIDDLE.lat.to_radians().cos();
    LngLat { lng, lat: MIDDLE.lat + north / METRES_A_DEGREE }
}

/// Middles of cells, each cell once: so many for each round.
fn starts(rng: &mut StdRng, each: usize) -> Vec<Vec<LngLat>> {
    let mut seen = HashSet::new();
    let mut fresh = || loop {
        let mut offset = || (rng.random::<f64>() * 2.0 - 1.0) * STARTS_M;
        let cell = Cell::of(at(offset(), offset()));
        if seen.insert(cell) {
            return cell.middle();
        }
    };
    (0..=ROUNDS).map(|_| (0..each).map(|_| fresh()).collect()).collect()
}

/// Somewhere along a street.
fn on_street(rng: &mut StdRng) -> LngLat {
    loop {
        let along = (rng.random::<f64>() * 2.0 - 1.0) * STREETS_M;
        let street = ((rng.random::<f64>() * 2.0 - 1.0) * STREETS_M / BLOCK_M).round() * BLOCK_M;
        let (east, north) = if rng.random() { (along, street) } else { (street, along) };
        let [(west_end, east_end), (south_end, north_end)] = LAKE;
        if !((west_end..=east_end).contains(&east) && (south_end..=north_end).contains(&north)) {
            return at(east, north);
        }
    }
}

/// Centres along the streets, as close together as in the city of the other rows.
async fn seed(url: &str, rng: &mut StdRng) -> anyhow::Result<(Db, Vec<LngLat>)> {
    let db = Db::connect(url, 2).await?;
    Migrator::up(db.writer(), None).await?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred")]
    let n = (10_000.0 * (2.0 * STREETS_M / SIDE_M).powi(2)).round() as usize;
    seed::only_centres(&db, n).await?;
    let mut places = Vec::new();
    for centre in centres::Entity::find().all(db.reader()).await? {
        let place = on_street(rng);
        let moved =
            centres::ActiveModel { id: Set(centre.id), lng: Set(place.lng), lat: Set(place.lat), ..Default::default() };
        moved.update(db.writer()).await?;
        places.push(place);
    }
    db.writer().execute_unprepared("ANALYZE").await?;
    Ok((db, places))
}
