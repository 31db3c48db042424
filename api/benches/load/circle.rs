//! The circle among ten thousand centres and among a million, with as many around each point; beside the
//! bare server, and beside Redis and PostGIS with the same points and questions. Ways are estimated here;
//! `walk.rs` has those of a routing engine.

use anyhow::Context as _;
use entity::LngLat;
use migration::{Migrator, MigratorTrait as _};
use quanxiangtuo::platform::{clock::Stopwatch, db::Db};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::{
    Cli,
    client::{self, Request, Sample, Until},
    geo::Engine,
    million,
    process::Server,
    report::Row,
    runs::{Figure, READ_ROUND, ROUNDS, SETTLE, bare_server, mean_size, search_path, server},
    seed,
};

/// Ceiling of the memory of a server with a million centres.
const MILLION_MB: f64 = 500.0;
/// Of the bare server's throughput.
const FLOOR: (f64, f64) = (0.7, 0.9);
/// A million may cost 1.5 times what ten thousand cost: of their throughput.
const MILLION_FLOOR: (f64, f64) = (1.0 / 1.5, 1.0);

/// Centres, the server that holds them, and who else does.
struct Place {
    server: Server,
    bare: Server,
    points: Vec<LngLat>,
    searches: Vec<Request>,
    redis: Option<Engine>,
    post_gis: Option<Engine>,
}

impl Place {
    async fn start(
        cli: &Cli,
        workers: usize,
        name: &str,
        url: &str,
        settings: &[(&str, String)],
        points: Vec<LngLat>,
    ) -> anyhow::Result<Self> {
        let db = Db::connect(url, 2).await?;
        let redis = match &*cli.redis_url {
            "" => None,
            redis => Some(Engine::redis(redis, &format!("bench:{name}"), &db).await.context("Redis")?),
        };
        let post_gis = Engine::post_gis(url, &db).await.context("PostGIS")?;
        for (engine, what) in [(&redis, "Redis"), (&post_gis, "PostGIS")] {
            match engine {
                Some(engine) => println!("{name}: {} hits an answer of {what}", engine.mean_hits(&points).await?),
                None => println!("{name}: no {what} here, left out"),
            }
        }
        let watch = Stopwatch::start();
        let mut settings = settings.to_vec();
        settings.push(("DATABASE_URL", url.to_owned()));
        let server = Server::start(|address| server(address, &settings), "/readyz").await?;
        println!("{name}: loaded in {:.1} s", watch.elapsed().as_secs_f64());
        written_down(&db).await?;
        tokio::time::sleep(SETTLE).await;
        let searches: Vec<Request> = points.iter().map(|point| client::get(&search_path(*point), None)).collect();
        let size = mean_size(&server, &searches, name).await?;
        let bare =
            Server::start(|address| bare_server(address, workers, url, &[size], &cli.redis_url), "/fixed/0").await?;
        Ok(Self { server, bare, points, searches, redis, post_gis })
    }
}

/// Waits until the server has written down what every centre is, as it does once when they are new to it.
async fn written_down(db: &Db) -> anyhow::Result<()> {
    let sql = "SELECT (SELECT count(*) FROM centres) = (SELECT count(*) FROM centre_states) AS done";
    loop {
        let row = db.reader().query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        if row.map(|row| row.try_get("", "done")).transpose()? == Some(true) {
            return Ok(());
        }
        tokio::time::sleep(SETTLE).await;
    }
}

/// Whatever answers circles.
enum Asked<'a> {
    Http(&'a Server, &'a [Request]),
    Engine(&'a Engine, &'a [LngLat]),
}

/// The rows, and the memory of a million centres.
pub async fn measure(
    cli: &Cli,
    workers: usize,
    urls: [&str; 2],
    settings: &[(&str, String)],
) -> anyhow::Result<(Vec<Row>, Vec<Figure>)> {
    let small = seed_small(cli, urls[0]).await?;
    let large = seed_large(cli, urls[1]).await?;
    let small = Place::start(cli, workers, "circle", urls[0], settings, small).await?;
    let large = Place::start(cli, workers, "circle-million", urls[1], settings, large).await?;
    let centres = cli.circle_centres * million::TIMES;
    let mut memory =
        vec![(format!("idle, {centres} centres on PostgreSQL"), large.server.resident_mb()?, Some(MILLION_MB))];
    memory.push((format!("the most while {centres} centres were loaded"), large.server.most_resident_mb()?, None));

    let fixed = [client::get("/fixed/0", None)];
    let mut asked = vec![
        ("small", Asked::Http(&small.server, &small.searches)),
        ("small bare", Asked::Http(&small.bare, &fixed)),
        ("large", Asked::Http(&large.server, &large.searches)),
        ("large bare", Asked::Http(&large.bare, &fixed)),
    ];
    for (name, engine, points) in [
        ("small redis", &small.redis, &small.points),
        ("large redis", &large.redis, &large.points),
        ("small postgis", &small.post_gis, &small.points),
        ("large postgis", &large.post_gis, &large.points),
    ] {
        asked.extend(engine.as_ref().map(|engine| (name, Asked::Engine(engine, points))));
    }
    let mut rows = [
        ("circle", Some(FLOOR), "small", "small bare"),
        ("circle-million", Some(FLOOR), "large", "large bare"),
        ("million:10000", Some(MILLION_FLOOR), "large", "small"),
        ("circle:redis", None, "small", "small redis"),
        ("million:redis", None, "large", "large redis"),
        ("circle:postgis", None, "small", "small postgis"),
        ("million:postgis", None, "large", "large postgis"),
    ]
    .map(|(name, floor, ours, theirs)| (Row::new(name, floor), ours, theirs));
    for round in 0..=ROUNDS {
        let time = if round == 0 { READ_ROUND / 3 } else { READ_ROUND } / u32::try_from(cli.divide)?;
        let mut samples: Vec<(&str, Sample)> = Vec::new();
        // In an order that turns from round to round.
        for at in 0..asked.len() {
            let (name, asked) = &asked[(at + round) % asked.len()];
            let sample = match asked {
                Asked::Http(server, requests) => {
                    let until = Until::Elapsed(time);
                    client::load(server.address, requests.to_vec(), until, false).await?.expect(name, 200)?
                }
                Asked::Engine(engine, points) => engine.load(points, time).await?,
            };
            samples.push((name, sample));
        }
        let of = |wanted: &str| samples.iter().find(|(name, _)| *name == wanted).map(|(_, sample)| sample);
        for (row, ours, theirs) in rows.iter_mut().filter(|_| round > 0) {
            if let (Some(ours), Some(theirs)) = (of(ours), of(theirs)) {
                row.add(ours, theirs);
            }
        }
    }
    everywhere(&large.server, centres).await?;
    memory.push((format!("{centres} centres, after the load"), large.server.resident_mb()?, Some(MILLION_MB)));
    println!("circle: done");
    Ok((rows.into_iter().map(|(row, ..)| row).filter(|row| !row.is_empty()).collect(), memory))
}

/// What a search costs that looks at every centre: one at a time, at the median.
async fn everywhere(server: &Server, centres: usize) -> anyhow::Result<()> {
    for (what, query) in [
        ("all by rating", ""),
        ("part of an address", "&q=%E6%83%A0%E5%8D%97%E4%B8%AD%E8%B7%AF899"),
        ("initials", "&q=bqhz"),
        ("initials that nobody has", "&q=xqzz"),
        ("syllables", "&q=baiqihuizu"),
    ] {
        let request = client::get(&format!("/api/v1/centres?limit=20{query}"), None);
        let sample = client::load_over(1, server.address, vec![request; 9], Until::AllSent, false).await?;
        let mut micros = sample.expect(what, 200)?.micros;
        micros.sort_unstable();
        println!("without a point, of {centres} centres, {what}: {} ms", micros[micros.len() / 2] / 1000);
    }
    Ok(())
}

async fn seed_small(cli: &Cli, url: &str) -> anyhow::Result<Vec<LngLat>> {
    let db = Db::connect(url, 2).await?;
    Migrator::up(db.writer(), None).await?;
    let points = seed::only_centres(&db, cli.circle_centres).await?;
    db.writer().execute_unprepared("ANALYZE").await?;
    Ok(points)
}

async fn seed_large(cli: &Cli, url: &str) -> anyhow::Result<Vec<LngLat>> {
    let watch = Stopwatch::start();
    let points = seed_small(cli, url).await?;
    let db = Db::connect(url, 1).await?;
    million::keep_first(&db).await?;
    million::copy(url).await.context("copying the city")?;
    db.writer().execute_unprepared("SET statement_timeout = 0; ANALYZE").await?;
    println!("{} centres seeded in {:.1} s", cli.circle_centres * million::TIMES, watch.elapsed().as_secs_f64());
    Ok(million::spread(&points))
}
