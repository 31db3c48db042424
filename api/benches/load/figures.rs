//! The bureau's figures: the report over a million ratings and over ten, the first page, and a whole table.

use std::net::SocketAddr;

use anyhow::Context as _;
use chrono::{Datelike as _, Months, NaiveDate};
use migration::{Migrator, MigratorTrait as _};
use quanxiangtuo::{
    features::satisfaction::rollups,
    platform::{
        clock::{Clock, Stopwatch},
        db::Db,
    },
};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    Cli,
    client::{self, Request, Until},
    process::Server,
    report::Row,
    runs::{Figure, ROUNDS, SETTLE, Scratch, bare_server, server},
    seed::{self, Desk},
};

/// Centres, whatever the number of ratings: a report has as many rows then.
const CENTRES: usize = 1000;
/// Months with care.
const MONTHS: u32 = 24;
/// A family rates in so many of them.
const A_FAMILY: usize = 10;
/// The fewer ratings, and the more.
const RATINGS: [usize; 2] = [1_000_000, 10_000_000];
/// Reports of one round.
const REPORTS: usize = 60;
/// Pages of one round.
const PAGES: usize = 4000;
/// How many times as long a report of ten times the ratings may take, and the page as the bare answer.
const REPORT_WITHIN: f64 = 1.5;
const OVERVIEW_WITHIN: f64 = 5.0;
/// What a download of a million rows may add to the memory of a server.
const EXPORT_MB: f64 = 40.0;
/// Reports come one at a time or a few: officers are few.
const OFFICERS: usize = 4;

/// What of it is asked for: in databases of its own.
pub async fn all(
    cli: &Cli,
    workers: usize,
    settings: &[(&'static str, String)],
) -> anyhow::Result<(Vec<Row>, Vec<Figure>)> {
    if !["report", "overview", "export"].iter().any(|name| cli.wants(name)) {
        return Ok(Default::default());
    }
    let few = Scratch::make(&cli.database_url, "bench_figures").await?;
    let many = Scratch::make(&cli.database_url, "bench_figures_many").await?;
    let outcome = measure(cli, workers, [&few.url, &many.url], settings).await;
    let dropped = (few.drop().await, many.drop().await);
    let measured = outcome?;
    dropped.0.and(dropped.1)?;
    Ok(measured)
}

async fn measure(
    cli: &Cli,
    workers: usize,
    urls: [&str; 2],
    settings: &[(&'static str, String)],
) -> anyhow::Result<(Vec<Row>, Vec<Figure>)> {
    let (mut rows, mut memory) = (Vec::new(), Vec::new());
    let few = start(urls[0], RATINGS[0] / cli.divide, settings).await?;
    if cli.wants("report") {
        let many = start(urls[1], RATINGS[1] / cli.divide, settings).await?;
        rows.push(reports(&few, &many, cli.divide).await?);
    }
    if cli.wants("overview") {
        rows.push(overview(&few, workers, urls[0], cli.divide).await?);
    }
    if cli.wants("export") {
        memory.push(export(&few, RATINGS[0] / cli.divide).await?);
    }
    Ok((rows, memory))
}

/// A server over so many ratings, and an officer.
struct Bureau {
    server: Server,
    officer: Desk,
    today: NaiveDate,
}

async fn start(url: &str, ratings: usize, settings: &[(&'static str, String)]) -> anyhow::Result<Bureau> {
    let watch = Stopwatch::start();
    let db = Db::connect(url, 1).await?;
    Migrator::up(db.writer(), None).await?;
    let officer = seed::bureau(&db, CENTRES).await?;
    let today = Clock::system().today();
    for statement in seeding(ratings, today) {
        db.writer().execute_unprepared(&statement).await.with_context(|| statement.clone())?;
    }
    let seeded = watch.elapsed().as_secs_f64();
    rollups::repair(&db).await?;
    let counted = watch.elapsed().as_secs_f64() - seeded;
    db.writer().execute_unprepared("VACUUM ANALYZE").await?;
    let size = "SELECT pg_database_size(current_database()) / 1000000 AS mb";
    let row = db.reader().query_one_raw(Statement::from_string(DbBackend::Postgres, size)).await?;
    let mb: i64 = row.map(|row| row.try_get("", "mb")).transpose()?.unwrap_or_default();
    println!("{ratings} ratings seeded in {seeded:.0} s, their roll-ups counted in {counted:.0} s; {mb} MB");
    let mut settings = settings.to_vec();
    settings.push(("DATABASE_URL", url.to_owned()));
    let server = Server::start(|address| server(address, &settings), "/readyz").await?;
    tokio::time::sleep(SETTLE).await;
    Ok(Bureau { server, officer, today })
}

/// Families that each rate in some of the months, some of them more than once, mostly at one centre, and the care
/// behind it; one answer a visit. The rows refer to bookings and people that aren't there: nothing measured reads them.
fn seeding(ratings: usize, today: NaiveDate) -> Vec<String> {
    let first = today.with_day(1).unwrap_or(today) - Months::new(MONTHS - 1);
    let id = |kind: u32, n: &str| format!("('00000000-0000-7{kind:03}-8000-' || lpad(to_hex({n}), 12, '0'))::uuid");
    let facts = format!(
        "SELECT n, f, c.id AS centre_id, c.class_id, \
         ('{first}'::date + (((f * 7 + CASE WHEN f % 2 = 0 THEN k * k ELSE 2 * k END) % {MONTHS}) || ' months')::interval)::date AS month, \
         (ARRAY['full_day', 'half_day', 'hourly', 'temporary'])[1 + (f + k) % 4] AS care_type, \
         CASE WHEN n % 25 = 0 THEN 2 WHEN n % 9 = 0 THEN 3 ELSE 4 + n % 2 END AS level \
         FROM (SELECT n, n / {A_FAMILY} AS f, n % {A_FAMILY} AS k FROM generate_series(0, {ratings} - 1) n) g \
         JOIN bench_centres c ON c.nr = (f + CASE WHEN k = 9 THEN 1 ELSE 0 END) % {CENTRES}"
    );
    let (visit, rating, family, child) = (id(1, "n"), id(2, "n"), id(3, "f"), id(4, "f"));
    vec![
        // Neither triggers nor references for rows that are made together.
        "SET session_replication_role = replica; SET synchronous_commit = off; SET statement_timeout = 0; \
         SET enable_seqscan = on; SET maintenance_work_mem = '256MB'"
            .to_owned(),
        "CREATE TABLE bench_centres AS SELECT (row_number() OVER (ORDER BY c.id) - 1)::int AS nr, c.id, \
         min(k.id::text)::uuid AS class_id FROM centres c JOIN classes k ON k.centre_id = c.id GROUP BY c.id"
            .to_owned(),
        // The indexes are built afterwards, at once.
        "CREATE TABLE bench_indexes AS SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' \
         AND tablename IN ('visits', 'ratings') AND indexname NOT IN (SELECT conname FROM pg_constraint)"
            .to_owned(),
        "DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM bench_indexes LOOP \
         EXECUTE 'DROP INDEX ' || quote_ident(i.indexname); END LOOP; END $$"
            .to_owned(),
        format!(
            "INSERT INTO visits (id, booking_id, family_id, child_id, centre_id, class_id, care_type, date, from_min, \
             to_min, status, invited_at) SELECT {visit}, {visit}, {family}, {child}, centre_id, class_id, care_type, \
             month + 1 + n % 27, 480, 1020, 'left', month FROM ({facts}) x"
        ),
        format!(
            "INSERT INTO ratings (id, family_id, child_id, centre_id, visit_id, care_type, care_date, month, level, \
             environment, meals, text_status, version, created_at, updated_at) SELECT {rating}, {family}, {child}, \
             centre_id, {visit}, care_type, month + 1 + n % 27, month, level, 4 + n % 2, 5 - n % 3, 'pending', 1, \
             month + 2 + n % 27, month + 2 + n % 27 FROM ({facts}) x"
        ),
        "DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM bench_indexes LOOP EXECUTE i.indexdef; END LOOP; END $$"
            .to_owned(),
        "ANALYZE visits; ANALYZE ratings; SET session_replication_role = origin".to_owned(),
    ]
}

/// The reports of both, in turns.
async fn reports(few: &Bureau, many: &Bureau, divide: usize) -> anyhow::Result<Row> {
    let from = few.today - Months::new(MONTHS - 1);
    let requests: Vec<Request> = ["centre", "township", "kind", "care_type", "month", "sub_score"]
        .iter()
        .cycle()
        .take((REPORTS / divide).max(6))
        .map(|by| {
            let (from, to) = (from.format("%Y-%m"), few.today.format("%Y-%m"));
            let path = format!("/api/v1/bureau/satisfaction?from={from}&to={to}&by={by}");
            client::get(&path, Some(&few.officer.token))
        })
        .collect();
    let mut row = Row::with_p50("report", REPORT_WITHIN);
    // Each database has an officer of its own.
    let more: Vec<Request> = requests
        .iter()
        .map(|request| {
            let request = String::from_utf8_lossy(request).replace(&few.officer.token, &many.officer.token);
            request.into_bytes()
        })
        .collect();
    for round in 0..=ROUNDS {
        let run = async |bureau: &Bureau, requests: &[Request]| {
            let address = bureau.server.address;
            client::load_over(OFFICERS, address, requests.to_vec(), Until::AllSent, false).await?.expect("report", 200)
        };
        let (ten, one) = if round.is_multiple_of(2) {
            let ten = run(many, &more).await?;
            (ten, run(few, &requests).await?)
        } else {
            let one = run(few, &requests).await?;
            (run(many, &more).await?, one)
        };
        if round > 0 {
            row.add(&ten, &one);
        }
    }
    Ok(row)
}

/// The officers' first page against as many bytes from memory.
async fn overview(bureau: &Bureau, workers: usize, url: &str, divide: usize) -> anyhow::Result<Row> {
    let page = format!(
        "GET /bureau HTTP/1.1\r\nHost: bench\r\nAccept-Language: zh-CN\r\nCookie: quanxiangtuo={}\r\n\r\n",
        bureau.officer.cookie
    )
    .into_bytes();
    let address = bureau.server.address;
    let seen =
        client::load_over(1, address, vec![page.clone()], Until::AllSent, true).await?.expect("overview", 200)?;
    let size = seen.bodies.first().map_or(0, |(_, body)| body.len());
    println!("overview: {size} bytes");
    let bare = Server::start(|address| bare_server(address, workers, url, &[size], ""), "/fixed/0").await?;
    let fixed = client::get("/fixed/0", None);
    let mut row = Row::with_p50("overview", OVERVIEW_WITHIN);
    for round in 0..=ROUNDS {
        let run = async |address: SocketAddr, request: &Request| {
            let requests = vec![request.clone(); PAGES / divide];
            client::load(address, requests, Until::AllSent, false).await?.expect("overview", 200)
        };
        let (ours, bare) = if round.is_multiple_of(2) {
            let ours = run(address, &page).await?;
            (ours, run(bare.address, &fixed).await?)
        } else {
            let bare = run(bare.address, &fixed).await?;
            (run(address, &page).await?, bare)
        };
        if round > 0 {
            row.add(&ours, &bare);
        }
    }
    Ok(row)
}

/// A whole table, read as it comes and thrown away; what it adds to the server's memory at its most.
async fn export(bureau: &Bureau, ratings: usize) -> anyhow::Result<Figure> {
    let server = &bureau.server;
    let before = server.resident_mb()?.max(server.most_resident_mb()?);
    let watch = Stopwatch::start();
    // HTTP/1.0: the end of the connection is the end of the answer, without frames between the rows.
    let request = format!(
        "GET /api/v1/bureau/ratings.csv HTTP/1.0\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\r\n",
        bureau.officer.token
    );
    let mut stream = TcpStream::connect(server.address).await?;
    stream.write_all(request.as_bytes()).await?;
    let (mut buffer, mut bytes, mut lines, mut head) = (vec![0; 64 * 1024], 0, 0, Vec::new());
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            break;
        }
        if head.len() < 15 {
            head.extend_from_slice(&buffer[..n.min(15)]);
        }
        bytes += n;
        lines += buffer[..n].iter().filter(|byte| **byte == b'\n').count();
    }
    anyhow::ensure!(
        head.starts_with(b"HTTP/1.") && head[9..].starts_with(b"200"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    anyhow::ensure!(lines > ratings, "{lines} lines of {ratings} rows: the answer broke off");
    let mb = server.most_resident_mb()? - before;
    let time = watch.elapsed().as_secs_f64();
    println!("export: {ratings} rows, {} MB in {time:.0} s", bytes / 1_000_000);
    Ok((format!("added by a table of {ratings} rows"), mb, Some(EXPORT_MB)))
}
