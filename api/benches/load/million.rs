//! A million centres: the city of ten thousand a hundred times over, side by side, so that as many lie
//! around any point. The database makes the copies itself.

use entity::LngLat;
use quanxiangtuo::platform::db::Db;
use sea_orm::ConnectionTrait as _;
use tokio::task::JoinSet;

use crate::seed::{METRES_A_DEGREE, MIDDLE, SIDE_M};

/// Cities to a side.
const SIDE: i32 = 10;
/// Copies made at once, each over a connection of its own.
pub const COPIERS: u32 = 2;

/// How many times as many centres there are.
pub const TIMES: usize = (SIDE * SIDE) as usize;

/// How far the city of a number is moved, in degrees. Number 0 stays.
fn shift(city: i32) -> LngLat {
    // 0, 1, -1, 2, -2, …: around the first.
    let steps = |n: i32| f64::from(if n % 2 == 1 { n.div_euclid(2) + 1 } else { -n / 2 });
    let degrees = SIDE_M / METRES_A_DEGREE;
    LngLat { lng: steps(city % SIDE) * degrees / MIDDLE.lat.to_radians().cos(), lat: steps(city / SIDE) * degrees }
}

/// Points of the first city, spread over all.
pub fn spread(points: &[LngLat]) -> Vec<LngLat> {
    let cities = (0..SIDE * SIDE).cycle();
    let moved = |(p, by): (&LngLat, LngLat)| LngLat { lng: p.lng + by.lng, lat: p.lat + by.lat };
    points.iter().zip(cities.map(shift)).map(moved).collect()
}

/// Adds the other cities to the first.
pub async fn copy(url: &str) -> anyhow::Result<()> {
    let mut copiers = JoinSet::new();
    for copier in 0..COPIERS {
        let db = Db::connect(url, 1).await?;
        copiers.spawn(async move {
            // Rows that refer to each other are copied together: nothing has to be looked up.
            let settings = "SET session_replication_role = replica; SET synchronous_commit = off; \
                            SET statement_timeout = 0";
            db.writer().execute_unprepared(settings).await?;
            for city in (1..SIDE * SIDE).filter(|city| city.unsigned_abs() % COPIERS == copier) {
                copy_one(&db, city).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(copied) = copiers.join_next().await {
        copied??;
    }
    Ok(())
}

async fn copy_one(db: &Db, city: i32) -> anyhow::Result<()> {
    // The copy's ids are made about a minute later for each city, as UUIDv7 goes.
    let id = |column: &str| {
        format!(
            "(lpad(to_hex(('x' || left({column}::text, 8))::bit(32)::bigint + {city}), 8, '0') || \
             substr({column}::text, 9))::uuid"
        )
    };
    let LngLat { lng, lat } = shift(city);
    // The first city's rows: the copies of others lie elsewhere, and are later.
    let tables = [
        (
            "centres",
            vec![
                ("id", id("t.id")),
                ("name", format!("replace(t.name, '第', '第{city}')")),
                ("lng", format!("t.lng + {lng}")),
                ("lat", format!("t.lat + {lat}")),
            ],
        ),
        ("centre_hours", vec![("centre_id", id("t.centre_id"))]),
        ("classes", vec![("id", id("t.id")), ("centre_id", id("t.centre_id"))]),
        ("offers", vec![("id", id("t.id")), ("centre_id", id("t.centre_id")), ("class_id", id("t.class_id"))]),
    ];
    for (table, changed) in tables {
        let columns = format!(
            "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns \
             FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{table}'"
        );
        let row =
            db.reader().query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, columns)).await?;
        let columns: String = row.map(|row| row.try_get("", "columns")).transpose()?.unwrap_or_default();
        let values: Vec<String> = columns
            .split(", ")
            .map(|column| match changed.iter().find(|(name, _)| *name == column) {
                Some((_, value)) => value.clone(),
                None => format!("t.{column}"),
            })
            .collect();
        let sql = format!("INSERT INTO {table} ({columns}) SELECT {} FROM first_{table} t", values.join(", "));
        db.writer().execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Keeps the first city's rows, for the copies to be made of.
pub async fn keep_first(db: &Db) -> anyhow::Result<()> {
    for table in ["centres", "centre_hours", "classes", "offers"] {
        let sql = format!("CREATE UNLOGGED TABLE first_{table} AS SELECT * FROM {table}");
        db.writer().execute_unprepared(&sql).await?;
    }
    Ok(())
}
