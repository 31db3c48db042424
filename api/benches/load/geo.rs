//! The same circles by others: Redis `GEOSEARCH` and PostGIS `ST_DWithin`, over as many connections as
//! our server is asked over. They answer ids and distances; we answer what a phone shows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use entity::{LngLat, centres};
use quanxiangtuo::platform::{clock::Stopwatch, db::Db};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::client::{CONCURRENCY, Sample, THREADS, give_way};

/// 15 minutes at 4 km/h along streets 1.3 times the straight line, in metres.
const RADIUS_M: f64 = 1000.0 / 1.3;
/// Centres asked for at most, as on a page of ours.
const COUNT: u64 = 20;
/// Points copied at once.
const PIECE: u64 = 5_000;

/// One of the others, with our points in it.
#[derive(Clone)]
pub enum Engine {
    /// A key of a Redis.
    Redis { url: String, key: String },
    /// A table of a database.
    PostGis { url: String },
}

impl Engine {
    /// Redis with the centres of a database.
    pub async fn redis(url: &str, key: &str, db: &Db) -> anyhow::Result<Self> {
        let mut redis = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
        let mut last = None;
        loop {
            use centres::Column::{Id, Lat, Lng};
            let mut rows = centres::Entity::find().select_only().columns([Id, Lng, Lat]).order_by_asc(Id).limit(PIECE);
            if let Some(last) = last {
                rows = rows.filter(Id.gt(last));
            }
            let rows: Vec<(entity::CentreId, f64, f64)> = rows.into_tuple().all(db.reader()).await?;
            let Some((id, ..)) = rows.last() else { break };
            last = Some(*id);
            let mut add = redis::cmd("GEOADD");
            add.arg(key);
            for (id, lng, lat) in rows {
                add.arg(lng).arg(lat).arg(id.to_string());
            }
            add.exec_async(&mut redis).await?;
        }
        Ok(Self::Redis { url: url.to_owned(), key: key.to_owned() })
    }

    /// PostGIS in the database itself; none if it isn't installed.
    pub async fn post_gis(url: &str, db: &Db) -> anyhow::Result<Option<Self>> {
        let settled = "SET statement_timeout = 0; CREATE EXTENSION IF NOT EXISTS postgis";
        if db.writer().execute_unprepared(settled).await.is_err() {
            return Ok(None);
        }
        db.writer()
            .execute_unprepared(
                "SET statement_timeout = 0; \
                 CREATE UNLOGGED TABLE geo AS SELECT id, ST_SetSRID(ST_MakePoint(lng, lat), 4326)::geography AS at FROM centres; \
                 CREATE INDEX geo_at ON geo USING gist (at)",
            )
            .await?;
        db.writer().execute_unprepared("ANALYZE geo").await?;
        Ok(Some(Self::PostGis { url: url.to_owned() }))
    }

    /// Round and round the points for so long.
    pub async fn load(&self, points: &[LngLat], time: Duration) -> anyhow::Result<Sample> {
        let (points, next) = (Arc::new(points.to_vec()), Arc::new(AtomicUsize::new(0)));
        let watch = Stopwatch::start();
        let mut threads = JoinSet::new();
        for _ in 0..THREADS {
            let (engine, points, next) = (self.clone(), Arc::clone(&points), Arc::clone(&next));
            threads.spawn_blocking(move || {
                give_way()?;
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(engine.thread(points, next, time))
            });
        }
        let mut micros = Vec::new();
        while let Some(part) = threads.join_next().await {
            micros.extend(part??);
        }
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let rate = micros.len() as f64 / watch.elapsed().as_secs_f64();
        Ok(Sample { rate, micros, ..Sample::default() })
    }

    async fn thread(
        self,
        points: Arc<Vec<LngLat>>,
        next: Arc<AtomicUsize>,
        time: Duration,
    ) -> anyhow::Result<Vec<u32>> {
        let connections = CONCURRENCY / THREADS;
        let db = match &self {
            Self::PostGis { url } => Some(Db::connect(url, u32::try_from(connections)?).await?),
            Self::Redis { .. } => None,
        };
        let watch = Stopwatch::start();
        let mut tasks = JoinSet::new();
        for _ in 0..connections {
            let (engine, db, points, next) = (self.clone(), db.clone(), Arc::clone(&points), Arc::clone(&next));
            tasks.spawn(async move {
                let mut asker = engine.asker(db).await?;
                let mut micros = Vec::new();
                while watch.elapsed() < time {
                    let point = points[next.fetch_add(1, Ordering::Relaxed) % points.len()];
                    let sent = Stopwatch::start();
                    asker.ask(point).await?;
                    micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
                }
                anyhow::Ok(micros)
            });
        }
        let mut micros = Vec::new();
        while let Some(part) = tasks.join_next().await {
            micros.extend(part??);
        }
        Ok(micros)
    }

    async fn asker(&self, db: Option<Db>) -> anyhow::Result<Asker> {
        match (self, db) {
            (Self::Redis { url, key }, _) => {
                let address = url.trim_start_matches("redis://").split('/').next().unwrap_or_default();
                let address = address.rsplit('@').next().unwrap_or_default();
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Asker::Redis { stream, key: key.clone(), buffer: vec![0; 16 * 1024] })
            }
            (Self::PostGis { .. }, Some(db)) => Ok(Asker::PostGis(db)),
            (Self::PostGis { .. }, None) => anyhow::bail!("no database"),
        }
    }

    /// Centres found a query, on average.
    pub async fn mean_hits(&self, points: &[LngLat]) -> anyhow::Result<usize> {
        let db = match self {
            Self::PostGis { url } => Some(Db::connect(url, 1).await?),
            Self::Redis { .. } => None,
        };
        let mut asker = self.asker(db).await?;
        let mut hits = 0;
        for point in points {
            hits += asker.ask(*point).await?;
        }
        Ok(hits / points.len().max(1))
    }
}

/// A connection.
enum Asker {
    Redis { stream: TcpStream, key: String, buffer: Vec<u8> },
    PostGis(Db),
}

impl Asker {
    /// One circle; how many were found.
    async fn ask(&mut self, point: LngLat) -> anyhow::Result<usize> {
        match self {
            Self::Redis { stream, key, buffer } => {
                // Inline commands are what redis-cli types; the answer is the same.
                let command = format!(
                    "GEOSEARCH {key} FROMLONLAT {:.6} {:.6} BYRADIUS {RADIUS_M:.1} m ASC COUNT {COUNT} WITHDIST\r\n",
                    point.lng, point.lat
                );
                stream.write_all(command.as_bytes()).await?;
                let mut filled = 0;
                loop {
                    if filled == buffer.len() {
                        buffer.resize(2 * filled, 0);
                    }
                    let n = stream.read(&mut buffer[filled..]).await?;
                    anyhow::ensure!(n > 0, "Redis closed the connection");
                    filled += n;
                    anyhow::ensure!(buffer[0] == b'*', "Redis: {}", String::from_utf8_lossy(&buffer[..filled]));
                    if let Some(hits) = whole(&buffer[..filled]) {
                        return Ok(hits);
                    }
                }
            }
            Self::PostGis(db) => {
                let sql = "SELECT id, ST_Distance(at, q) AS metres \
                           FROM geo, (SELECT ST_SetSRID(ST_MakePoint($1, $2), 4326)::geography AS q) asked \
                           WHERE ST_DWithin(at, q, $3) ORDER BY metres LIMIT 20";
                let values = [point.lng.into(), point.lat.into(), RADIUS_M.into()];
                let asked = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
                Ok(db.reader().query_all_raw(asked).await.context("PostGIS")?.len())
            }
        }
    }
}

/// How many pairs an answer of Redis holds, once all of it is there: `*n`, then for each `*2` and two
/// texts, each with its length before it.
fn whole(answer: &[u8]) -> Option<usize> {
    let mut lines = answer.split_inclusive(|byte| *byte == b'\n');
    let count = |line: &[u8]| std::str::from_utf8(line.get(1..)?).ok()?.trim_end().parse::<usize>().ok();
    let first = lines.next().filter(|line| line.ends_with(b"\n"))?;
    let hits = count(first)?;
    let rest = lines.filter(|line| line.ends_with(b"\r\n")).count();
    (rest >= hits * 5).then_some(hits)
}
