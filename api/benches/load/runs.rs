//! The run: databases, servers, operations in turns, what must hold at the end.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Context as _;
use entity::{CareType, bookings, campaigns, redemptions, visits, vouchers};
use migration::{Migrator, MigratorTrait as _};
use quanxiangtuo::{
    features::centres::coords::Coord,
    platform::{clock::Stopwatch, crypto::random_bytes, db::Db},
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::Value;

use crate::{
    Cli, bare, circle,
    client::{self, Request, Sample, Until},
    figures, places,
    process::Server,
    report::{self, Row},
    rush,
    seed::{self, City, Sizes},
    walk,
    writes::REDEEM,
};

/// Rounds of each operation, ours and bare in turns; one more before them warms up.
pub const ROUNDS: usize = 3;
/// Time of one round of reads.
pub const READ_ROUND: Duration = Duration::from_millis(1700);
/// Writes of one round.
const CLAIMS: usize = 1000;
const KEYED_CLAIMS: usize = 500;
/// Of each concurrency: with the warming round 5 000.
const REDEMPTIONS: usize = 1250;
const BOOKINGS: usize = 500;
/// As in `config.default.toml`; the bare server gets the same.
const POOL: &str = "8";
/// Ceiling of the idle server's memory.
const IDLE_MB: f64 = 60.0;
/// An idle server has settled.
pub const SETTLE: Duration = Duration::from_secs(2);

/// What memory was for, megabytes, their ceiling.
pub type Figure = (String, f64, Option<f64>);

/// Large pages, as README's production section sets them; for both servers.
const LARGE_PAGES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");

const SERVER: &str = env!("CARGO_BIN_EXE_quanxiangtuo");

/// A database of this run, dropped at its end.
pub(crate) struct Scratch {
    admin: Db,
    name: String,
    pub(crate) url: String,
}

impl Scratch {
    pub(crate) async fn make(admin_url: &str, name: &str) -> anyhow::Result<Self> {
        let name = format!("{name}_{}", data_encoding::HEXLOWER.encode(&random_bytes::<4>()));
        let admin = Db::connect(admin_url, 1).await.context("PostgreSQL doesn't answer at the URL given")?;
        admin.writer().execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        let (base, query) = admin_url.split_once('?').map_or((admin_url, String::new()), |(b, q)| (b, format!("?{q}")));
        let (server, _) = base.rsplit_once('/').context("the URL names no database")?;
        Ok(Self { admin, url: format!("{server}/{name}{query}"), name })
    }

    pub(crate) async fn drop(self) -> anyhow::Result<()> {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        self.admin.writer().execute_unprepared(&statement).await?;
        Ok(())
    }
}

/// Everything; tells whether all floors hold.
pub async fn all(cli: &Cli) -> anyhow::Result<bool> {
    let folder = Folder::make()?;
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    println!("{workers} workers each, pools of {POOL} a worker, {} connections", client::CONCURRENCY);
    let idle = idle_demonstration(&folder.0).await?;

    let ours = Scratch::make(&cli.database_url, "bench_ours").await?;
    let bare = Scratch::make(&cli.database_url, "bench_bare").await?;
    let outcome = measured(cli, workers, &ours.url, &bare.url).await;
    let dropped = (ours.drop().await, bare.drop().await);
    let (mut rows, mut memory) = outcome?;
    dropped.0.and(dropped.1)?;
    if cli.wants("circle") {
        let few = Scratch::make(&cli.database_url, "bench_circle").await?;
        let many = Scratch::make(&cli.database_url, "bench_million").await?;
        let outcome = circle::measure(cli, workers, [&few.url, &many.url], &settings(workers)).await;
        let dropped = (few.drop().await, many.drop().await);
        let (more_rows, more_memory) = outcome?;
        dropped.0.and(dropped.1)?;
        rows.extend(more_rows);
        memory.extend(more_memory);
    }
    let (more_rows, more_memory) = figures::all(cli, workers, &settings(workers)).await?;
    rows.extend(more_rows);
    memory.extend(more_memory);
    if cli.wants("walk") && cli.valhalla_url.is_empty() {
        println!("walk: no Valhalla here, left out");
    } else if cli.wants("walk") {
        let place = Scratch::make(&cli.database_url, "bench_walk").await?;
        let engine = (&*cli.valhalla_url, &*cli.redis_url);
        let outcome = walk::measure(engine, cli.divide, &place.url, &settings(workers)).await;
        let dropped = place.drop().await;
        rows.extend(outcome?);
        dropped?;
    }

    let fast = report::print(&rows);
    println!();
    let small = report::print_memory("idle, demonstration on SQLite", idle, Some(IDLE_MB));
    let mut small = small;
    for (what, mb, ceiling) in memory {
        small &= report::print_memory(&what, mb, ceiling);
    }
    println!("{}", if fast && small { "every floor holds" } else { "a floor is missed" });
    Ok(fast && small)
}

/// Memory of the server as `cargo run` starts it.
async fn idle_demonstration(folder: &Path) -> anyhow::Result<f64> {
    let data = folder.join("demonstration");
    let settings = [("DATA_DIR", data.display().to_string())];
    let server = Server::start(|address| server(address, &settings), "/readyz").await?;
    tokio::time::sleep(SETTLE).await;
    server.resident_mb()
}

pub fn server(address: SocketAddr, settings: &[(&str, String)]) -> Command {
    let mut command = Command::new(SERVER);
    command
        .env_clear()
        .env("LISTEN", address.to_string())
        .env("LOG", "warn")
        .envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

/// Of every server under load, beside its database.
fn settings(workers: usize) -> [(&'static str, String); 5] {
    [
        (LARGE_PAGES.0, LARGE_PAGES.1.to_owned()),
        ("DB_POOL", POOL.to_owned()),
        ("WORKERS", workers.to_string()),
        ("DEMO_DATA", "off".to_owned()),
        ("RATE_LIMITS", "off".to_owned()),
    ]
}

async fn measured(
    cli: &Cli,
    workers: usize,
    ours_url: &str,
    bare_url: &str,
) -> anyhow::Result<(Vec<Row>, Vec<Figure>)> {
    let watch = Stopwatch::start();
    let db = Db::connect(ours_url, 4).await?;
    Migrator::up(db.writer(), None).await?;
    let per = |round: usize| (ROUNDS + 1) * (round / cli.divide);
    let wanted = |name: &str| cli.wants(name);
    let families = |name: &str, round: usize| if wanted(name) { per(round) } else { 0 };
    let sizes = Sizes {
        centres: cli.centres,
        claimers: families("claim", CLAIMS),
        keyed: families("keyed-claim", KEYED_CLAIMS),
        bookers: families("book", BOOKINGS),
        crowd: families("book-one", places::CROWD),
        later: families("dated", BOOKINGS),
        holders: REDEEM.map(|(name, _)| families(name, REDEMPTIONS)),
        rushers: if wanted("rush") || wanted("sold-out") || wanted("sold-out-redis") {
            rush::FAMILIES / cli.divide
        } else {
            0
        },
    };
    let city = seed::city(&db, &sizes).await.context("seeding")?;
    db.writer().execute_unprepared("ANALYZE").await?;
    println!("{} centres seeded in {:.1} s", cli.centres, watch.elapsed().as_secs_f64());

    let mut settings = settings(workers).to_vec();
    settings.push(("DATABASE_URL", ours_url.to_owned()));
    let ours = Server::start(|address| server(address, &settings), "/readyz").await?;
    tokio::time::sleep(SETTLE).await;
    let mut memory = vec![(format!("idle, {} centres on PostgreSQL", cli.centres), ours.resident_mb()?, None)];

    let searches: Vec<Request> = city.points.iter().map(|point| client::get(&search_path(*point), None)).collect();
    let step = (city.centres.len() / 512).max(1);
    let pages: Vec<Request> =
        city.centres.iter().step_by(step).map(|id| client::get(&format!("/api/v1/centres/{id}"), None)).collect();
    let bodies =
        [mean_size(&ours, &searches, "search").await?, mean_size(&ours, &pages, "page").await?, rush::refusal_size()];
    let mut bodies = bodies.to_vec();
    let mut busy = Vec::new();
    if wanted("availability") {
        for ((name, _), centre) in places::BUSY.into_iter().zip(&city.special.busy) {
            let request = vec![places::availability(&city, *centre)];
            bodies.push(mean_size(&ours, &request, name).await?);
            busy.push((name, request, bodies.len() - 1));
        }
    }

    let bare_db = Db::connect(bare_url, 1).await?;
    bare::prepare(&bare_db).await?;
    let bare =
        Server::start(|address| bare_server(address, workers, bare_url, &bodies, &cli.redis_url), "/fixed/0").await?;

    let bench = Bench { ours, bare, divide: cli.divide };
    let mut rows = Vec::new();
    if wanted("search") {
        rows.push(bench.reads("search", Some((0.5, 0.9)), &searches, 0).await?);
    }
    if wanted("page") {
        rows.push(bench.reads("page", None, &pages, 1).await?);
    }
    for (name, request, body) in busy {
        rows.push(bench.reads(name, None, &request, body).await?);
    }
    rows.extend(bench.writes(&city).await?);
    if wanted("book-one") {
        rows.push(bench.crowd(&city).await?);
    }
    bench.check(&db, &city, &sizes).await?;
    if wanted("rush") {
        rows.push(bench.rush(&db, &city).await?);
    }
    if wanted("sold-out") {
        rows.push(bench.sold_out(&city, rush::IN_PROCESS).await?);
    }
    if wanted("dated") {
        rows.extend(bench.dated(&db, &city).await?);
    }
    memory.push(("after the load".to_owned(), bench.ours.resident_mb()?, None));
    if wanted("sold-out-redis") {
        anyhow::ensure!(!cli.redis_url.is_empty(), "sold-out-redis needs --redis-url (tests/bench starts one)");
        settings.push(("REDIS_URL", cli.redis_url.clone()));
        let ours = Server::start(|address| server(address, &settings), "/readyz").await?;
        let bench = Bench { ours, ..bench };
        rows.push(bench.sold_out(&city, rush::ON_REDIS).await?);
    }
    Ok((rows, memory))
}

pub fn bare_server(address: SocketAddr, workers: usize, url: &str, bodies: &[usize], redis_url: &str) -> Command {
    // Its own path is known to Linux even if the file was replaced meanwhile.
    let mut command = Command::new("/proc/self/exe");
    command.env_clear().env(LARGE_PAGES.0, LARGE_PAGES.1);
    command.args(["--bare", &address.to_string(), "--database-url", url, "--pool", POOL]);
    command.args(["--workers", &workers.to_string(), "--redis-url", redis_url]);
    for body in bodies {
        command.args(["--body", &body.to_string()]);
    }
    command
}

pub fn search_path(point: entity::LngLat) -> String {
    let point = Coord::Gcj02.from_wgs84(point);
    format!("/api/v1/centres?lng={:.6}&lat={:.6}&minutes=15&limit=20", point.lng, point.lat)
}

/// Mean size of the answers; says what was answered.
pub async fn mean_size(ours: &Server, requests: &[Request], name: &str) -> anyhow::Result<usize> {
    let sample = client::load(ours.address, requests.to_vec(), Until::AllSent, true).await?.expect(name, 200)?;
    let (mut size, mut hits) = (0, 0);
    for (_, body) in &sample.bodies {
        size += body.len();
        let body: Value = serde_json::from_slice(body)?;
        hits += body["items"].as_array().map_or(0, Vec::len);
    }
    let n = sample.bodies.len().max(1);
    println!("{name}: {} bytes and {} hits an answer on average, of {n}", size / n, hits / n);
    Ok(size / n)
}

/// Both servers.
pub struct Bench {
    pub(crate) ours: Server,
    bare: Server,
    pub(crate) divide: usize,
}

impl Bench {
    /// One round of both, in an order that changes from round to round.
    pub(crate) async fn round(
        &self,
        round: usize,
        row: &mut Row,
        expected: u16,
        ours: Vec<Request>,
        bare: Vec<Request>,
        until: Until,
    ) -> anyhow::Result<()> {
        let (ours, bare) = self.both(round, client::CONCURRENCY, ours, bare, until).await?;
        let (ours, bare) = (ours.expect(row.name, expected)?, bare.expect(row.name, expected)?);
        if round > 0 {
            row.add(&ours, &bare);
        }
        Ok(())
    }

    /// Ours and bare over so many connections.
    pub(crate) async fn both(
        &self,
        round: usize,
        concurrency: usize,
        ours: Vec<Request>,
        bare: Vec<Request>,
        until: Until,
    ) -> anyhow::Result<(Sample, Sample)> {
        let run = async |server: &Server, requests| -> anyhow::Result<Sample> {
            client::load_over(concurrency, server.address, requests, until, false).await
        };
        Ok(if round.is_multiple_of(2) {
            let ours = run(&self.ours, ours).await?;
            (ours, run(&self.bare, bare).await?)
        } else {
            let bare = run(&self.bare, bare).await?;
            (run(&self.ours, ours).await?, bare)
        })
    }

    async fn reads(
        &self,
        name: &'static str,
        floor: Option<(f64, f64)>,
        requests: &[Request],
        body: usize,
    ) -> anyhow::Result<Row> {
        let mut row = Row::new(name, floor);
        let fixed = vec![client::get(&format!("/fixed/{body}"), None)];
        for round in 0..=ROUNDS {
            let time = if round == 0 { READ_ROUND / 3 } else { READ_ROUND } / u32::try_from(self.divide)?;
            self.round(round, &mut row, 200, requests.to_vec(), fixed.clone(), Until::Elapsed(time)).await?;
        }
        println!("{name}: done");
        Ok(row)
    }

    /// What was acknowledged is what the database holds: every request was answered 201.
    async fn check(&self, db: &Db, city: &City, sizes: &Sizes) -> anyhow::Result<()> {
        let db = db.reader();
        let campaign = campaigns::Entity::find_by_id(city.campaign).one(db).await?.context("no campaign")?;
        let issued = vouchers::Entity::find().filter(vouchers::Column::CampaignId.eq(city.campaign)).count(db).await?;
        let used = vouchers::Entity::find().filter(vouchers::Column::UnitsUsed.eq(1)).count(db).await?;
        for (what, found, expected) in [
            ("claimed", u64::try_from(campaign.claimed)?, sizes.claimers + sizes.keyed),
            ("vouchers", issued, sizes.claimers + sizes.keyed),
            ("units used", used, sizes.holders.iter().sum()),
            ("redemptions", redemptions::Entity::find().count(db).await?, sizes.holders.iter().sum()),
            ("bookings", made(db).await?, sizes.bookers + sizes.crowd),
            ("visits", booked(db).await?, (sizes.bookers + sizes.crowd) * bare::VISITS),
        ] {
            anyhow::ensure!(found == expected as u64, "{what}: {expected} acknowledged, {found} stored");
        }
        println!(
            "stored exactly as acknowledged: {issued} vouchers, {used} redemptions, {} bookings",
            sizes.bookers + sizes.crowd
        );
        Ok(())
    }
}

/// Bookings of full-day care: those seeded are by the hour.
async fn made(db: &impl sea_orm::ConnectionTrait) -> Result<u64, sea_orm::DbErr> {
    bookings::Entity::find().filter(bookings::Column::CareType.eq(CareType::FullDay)).count(db).await
}

/// Their visits.
async fn booked(db: &impl sea_orm::ConnectionTrait) -> Result<u64, sea_orm::DbErr> {
    visits::Entity::find().filter(visits::Column::CareType.eq(CareType::FullDay)).count(db).await
}

/// A temporary folder.
struct Folder(PathBuf);

impl Folder {
    fn make() -> anyhow::Result<Self> {
        let name = format!("qxt-bench-{}", data_encoding::HEXLOWER.encode(&random_bytes::<6>()));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
