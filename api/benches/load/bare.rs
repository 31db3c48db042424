//! The bare server: what actix-web, the pool and the database cost without any of our work.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{
    App, HttpResponse, HttpServer,
    error::ErrorInternalServerError,
    web::{Bytes, Data, Path, get, post},
};
use anyhow::Context as _;
use quanxiangtuo::platform::{
    clock::Clock,
    db::{Db, write_txn},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, Value};
use uuid::Uuid;

/// Rows to update; the redemptions of a run stay below it.
pub const COUNTERS: usize = 40_000;
/// Visits of a three-week booking.
pub const VISITS: usize = 15;

/// Makes the bare tables.
pub async fn prepare(db: &Db) -> Result<(), DbErr> {
    for statement in [
        "CREATE TABLE counters (id int PRIMARY KEY, n bigint NOT NULL)",
        "CREATE TABLE first_rows (id uuid PRIMARY KEY, counter int NOT NULL, note text NOT NULL, at timestamptz NOT NULL)",
        "CREATE TABLE second_rows (id uuid PRIMARY KEY, counter int NOT NULL, note text NOT NULL, at timestamptz NOT NULL)",
        &format!("INSERT INTO counters SELECT i, 0 FROM generate_series(0, {COUNTERS}) i"),
        "ANALYZE",
    ] {
        db.writer().execute_unprepared(statement).await?;
    }
    Ok(())
}

struct Fixed(Vec<Bytes>);

/// A JSON object of exactly this many bytes.
fn fixed_json(size: usize) -> Bytes {
    const FRAME: usize = r#"{"fixed":""}"#.len();
    format!(r#"{{"fixed":"{}"}}"#, "x".repeat(size.saturating_sub(FRAME))).into()
}

/// Serves until killed.
pub async fn serve(
    listen: &str,
    workers: usize,
    database_url: &str,
    pool: u32,
    bodies: &[usize],
    redis_url: &str,
) -> anyhow::Result<()> {
    let redis = (!redis_url.is_empty()).then(|| redis_url.to_owned());
    let bodies = Data::new(Fixed(bodies.iter().map(|size| fixed_json(*size)).collect()));
    let url = database_url.to_owned();
    let server = HttpServer::new(move || {
        let url = url.clone();
        let redis = redis.clone();
        App::new()
            .app_data(bodies.clone())
            .app_data(Data::new(Clock::system()))
            .app_data(Data::new(VisitsSql::new()))
            .data_factory(move || {
                let url = url.clone();
                async move { Db::connect(&url, pool).await }
            })
            .data_factory(move || {
                let redis = redis.clone();
                async move { connect(redis).await }
            })
            .route("/fixed/{n}", get().to(fixed))
            .route("/refused/{n}", post().to(refused))
            .route("/refused-by-redis/{n}", post().to(refused_by_redis))
            .route("/rush/{row}/{quota}", post().to(rush))
            .route("/claim", post().to(claim))
            .route("/redeem/{row}", post().to(redeem))
            .route("/book", post().to(book))
            .route("/book-one", post().to(book_one))
    })
    .workers(workers)
    .bind(listen)
    .context("can't bind")?;
    Ok(server.run().await?)
}

async fn fixed(n: Path<usize>, bodies: Data<Fixed>) -> HttpResponse {
    match bodies.0.get(*n) {
        Some(body) => HttpResponse::Ok().content_type("application/json").body(body.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

/// What a sold-out claim costs at least: reading the body, sending the answer.
async fn refused(n: Path<usize>, _: Bytes, bodies: Data<Fixed>) -> HttpResponse {
    match bodies.0.get(*n) {
        Some(body) => HttpResponse::Conflict().content_type("application/problem+json").body(body.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

/// One connection a worker, which is there again after Redis was away, as ours is.
struct Redis(Option<redis::aio::ConnectionManager>);

async fn connect(url: Option<String>) -> Result<Redis, redis::RedisError> {
    match url {
        Some(url) => Ok(Redis(Some(redis::Client::open(url)?.get_connection_manager().await?))),
        None => Ok(Redis(None)),
    }
}

/// The same after one round trip to Redis.
async fn refused_by_redis(
    n: Path<usize>,
    body: Bytes,
    bodies: Data<Fixed>,
    redis: Data<Redis>,
) -> actix_web::Result<HttpResponse> {
    let mut connection = redis.0.clone().ok_or_else(|| ErrorInternalServerError("no Redis"))?;
    let _: Option<String> =
        redis::cmd("GET").arg("bench").query_async(&mut connection).await.map_err(ErrorInternalServerError)?;
    Ok(refused(n, body, bodies).await)
}

/// A conditional UPDATE, and an INSERT if it found the row: 201 or 409.
async fn rush(at: Path<(i32, i64)>, _: Bytes, db: Data<Db>, clock: Data<Clock>) -> actix_web::Result<HttpResponse> {
    let (counter, quota) = *at;
    let taken = write_txn(&db, async |txn| {
        let sql = "UPDATE counters SET n = n + 1 WHERE id = $1 AND n < $2";
        let values = vec![counter.into(), quota.into()];
        let done = txn.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        execute(txn, INSERT_FIRST, row(&clock, counter).into()).await?;
        Ok::<_, DbErr>(true)
    })
    .await
    .map_err(ErrorInternalServerError)?;
    if taken { created(Ok(())) } else { Ok(HttpResponse::Conflict().json(serde_json::json!({ "note": NOTE }))) }
}

const NOTE: &str = "as long as a short row of ours: a few words, two ids and a date or so";

async fn execute(txn: &DatabaseTransaction, sql: &str, values: Vec<Value>) -> Result<(), DbErr> {
    txn.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await.map(drop)
}

async fn update(txn: &DatabaseTransaction, row: i32) -> Result<(), DbErr> {
    execute(txn, "UPDATE counters SET n = n + 1 WHERE id = $1", vec![row.into()]).await
}

const INSERT_FIRST: &str = "INSERT INTO first_rows (id, counter, note, at) VALUES ($1, $2, $3, $4)";
const INSERT_SECOND: &str = "INSERT INTO second_rows (id, counter, note, at) VALUES ($1, $2, $3, $4)";

fn row(clock: &Clock, counter: i32) -> [Value; 4] {
    [clock.id::<entity::VisitId>().0.into(), counter.into(), NOTE.into(), clock.now().into()]
}

fn created(outcome: Result<(), DbErr>) -> actix_web::Result<HttpResponse> {
    static SENT: AtomicU64 = AtomicU64::new(0);
    outcome.map_err(ErrorInternalServerError)?;
    let id = Uuid::from_u64_pair(0, SENT.fetch_add(1, Ordering::Relaxed));
    Ok(HttpResponse::Created().json(serde_json::json!({ "id": id, "note": NOTE })))
}

async fn claim(_: Bytes, db: Data<Db>, clock: Data<Clock>) -> actix_web::Result<HttpResponse> {
    created(
        write_txn(&db, async |txn| {
            // The row that all contend for comes last, as in ours: it is held for the shortest time.
            execute(txn, INSERT_FIRST, row(&clock, 0).into()).await?;
            update(txn, 0).await
        })
        .await,
    )
}

async fn redeem(n: Path<i32>, _: Bytes, db: Data<Db>, clock: Data<Clock>) -> actix_web::Result<HttpResponse> {
    created(
        write_txn(&db, async |txn| {
            update(txn, *n).await?;
            execute(txn, INSERT_FIRST, row(&clock, *n).into()).await?;
            execute(txn, INSERT_SECOND, row(&clock, *n).into()).await
        })
        .await,
    )
}

async fn book(_: Bytes, db: Data<Db>, clock: Data<Clock>, visits: Data<VisitsSql>) -> actix_web::Result<HttpResponse> {
    created(write_txn(&db, async |txn| insert_booking(txn, &clock, &visits).await).await)
}

async fn insert_booking(txn: &DatabaseTransaction, clock: &Clock, visits: &VisitsSql) -> Result<(), DbErr> {
    execute(txn, INSERT_FIRST, row(clock, 0).into()).await?;
    let values = (0..VISITS).flat_map(|_| row(clock, 0)).collect();
    execute(txn, &visits.0, values).await?;
    execute(txn, INSERT_FIRST, row(clock, 0).into()).await
}

/// The same under the lock of one row.
async fn book_one(
    _: Bytes,
    db: Data<Db>,
    clock: Data<Clock>,
    visits: Data<VisitsSql>,
) -> actix_web::Result<HttpResponse> {
    created(
        write_txn(&db, async |txn| {
            update(txn, 0).await?;
            insert_booking(txn, &clock, &visits).await
        })
        .await,
    )
}

/// One INSERT of all visits.
struct VisitsSql(String);

impl VisitsSql {
    fn new() -> Self {
        let rows: Vec<String> =
            (0..VISITS).map(|i| format!("(${}, ${}, ${}, ${})", 4 * i + 1, 4 * i + 2, 4 * i + 3, 4 * i + 4)).collect();
        Self(format!("INSERT INTO second_rows (id, counter, note, at) VALUES {}", rows.join(", ")))
    }
}
