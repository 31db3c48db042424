//! The load benchmark: `tests/bench` runs it (PostgreSQL with its default durability, the release
//! build). What is measured against what, and why:
//!
//! - **search, page** (a centre's): our server against a bare actix-web server that answers a fixed JSON
//!   of the same size (the mean of ours) from memory. A search should cost hardly more than sending
//!   its answer.
//! - **claim, redeem, book**: our server against the bare server running a bare transaction
//!   (BEGIN, the statements, COMMIT) through a pool of the same size per worker. It writes as many
//!   rows as ours: claim one INSERT and one UPDATE of the one row that all contend for; redeem one
//!   UPDATE of a row of its own and two INSERTs (redemption, audit row); book one booking, its 15
//!   visits in one INSERT, and one line of history. The bare tables have a primary key and nothing
//!   else, and the statements are ready-made text: what ours adds (rules, locks, other reads,
//!   constraints, indexes) is the difference.
//! - **book-one**: the same bookings, all of one class, whose lock they take in turns; the bare
//!   transaction updates one row that all contend for before it inserts as many rows.
//! - **availability**: free places of 92 days of a centre with 6 classes and 2 000 visits (and 20 000),
//!   against the bare server's fixed answer of as many bytes.
//! - **book-million**: the bookings of **book** at other centres, once 1 000 000 visits are stored (part of
//!   `dated`).
//! - **search-dated**: a search with date and hours among 1 000 000 visits (and 100 000), against the
//!   same search without; its median is at most five times as long.
//! - **redeem-1, redeem-8**: a morning of scans by one desk, by eight; `redeem` is by 32. 5 000 each.
//! - **rush**: 20 000 claims by distinct families on 1 000 vouchers, against a conditional UPDATE and,
//!   if it finds the row, an INSERT. Exactly 1 000 succeed, in every round.
//! - **sold-out**: a claim of a campaign that is sold out, with the in-process store, against a bare
//!   server that reads the body and answers as many bytes; **sold-out-redis**: with Redis, against a
//!   bare server that makes one round trip to it.
//! - **circle, circle-million**: 15-minute searches around 512 points among 10 000 centres, and among
//!   a million of the same density, against the bare server's fixed answer of as many bytes;
//!   **million:10000**: the one against the other. **circle:redis, circle:postgis** and so on: the same
//!   points and questions answered by Redis `GEOSEARCH` and PostGIS `ST_DWithin` (ids and distances
//!   only) over as many connections. The server of a million stays below 500 MB.
//! - **walk-cold**: a search in a cell of 50 m that nobody stood in before, its ways found by a real
//!   Valhalla, against that engine's own answer to the same matrix, both one at a time; its median is at
//!   most 1.3 times as long. **walk-warm**: the same searches again, against a server that estimates,
//!   whose throughput it has.
//! - **report**: satisfaction of 24 months by every dimension over 10 000 000 ratings of 1 000 centres, against
//!   the same over 1 000 000: its median is at most 1.5 times as long. Both databases are filled by
//!   statements of the database's own and counted by `satisfaction recount --repair`.
//! - **overview**: the officers' first page over 1 000 000 ratings against the bare server's fixed answer of as
//!   many bytes; its median is at most five times as long.
//! - **export**: a table of 1 000 000 ratings as it streams; what it adds to the server's memory is bounded.
//! - **keyed-claim**: the claim with an `Idempotency-Key`, whose row and stored answer are two
//!   writes more, against the plain bare claim.
//!
//! Both servers run on the same machine with the same number of workers, called by the same client
//! (32 kept-alive connections) in turns, so that a noisy neighbour hits both; the ratio is the
//! median over the rounds of ours ÷ bare. Only ratios travel between machines. The client's threads have
//! the least priority, so that it takes no core from a server in the middle of its work, as a client on
//! a machine of its own takes none ([`client::give_way`]).
//!
//! Before a round of claims or bookings each account asks for its vouchers once, as the app does
//! when it opens: the round measures the write, not the first look at a session. Redemptions scan
//! codes fetched just before.
//!
//! It ends with 1 if a floor is missed, an answer isn't the expected one, or the database doesn't
//! hold exactly what was acknowledged.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the benchmark reports to the terminal")]

mod bare;
mod circle;
mod client;
mod figures;
mod geo;
mod million;
mod people;
mod places;
mod process;
mod report;
mod runs;
mod rush;
mod seed;
mod walk;
mod writes;

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// The whole run ends by itself after this long, whatever hangs.
const LIMIT: Duration = Duration::from_secs(3600);

/// Load benchmark of the server against a bare one; see the head of `api/benches/load/main.rs`.
#[derive(Parser)]
struct Cli {
    /// A PostgreSQL whose user may create databases; seven are made and dropped.
    #[arg(long, env = "TEST_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// A Redis for `sold-out-redis`.
    #[arg(long, env = "TEST_REDIS_URL", hide_env_values = true, default_value = "")]
    redis_url: String,
    /// A Valhalla for `walk`, on the map of the tests.
    #[arg(long, env = "TEST_VALHALLA_URL", hide_env_values = true, default_value = "")]
    valhalla_url: String,
    /// Centres to search among.
    #[arg(long, default_value_t = 10_000)]
    centres: usize,
    /// Centres of `circle`; a hundred times as many of `circle-million`.
    #[arg(long, default_value_t = 10_000)]
    circle_centres: usize,
    /// Divides the number of requests and seconds: a quick look, not a measurement.
    #[arg(long, default_value_t = 1, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100))]
    divide: usize,
    /// What to measure.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "search,page,availability,claim,keyed-claim,redeem-1,redeem-8,redeem,book,book-one,rush,sold-out,dated,sold-out-redis,circle,walk,report,overview,export"
    )]
    only: Vec<String>,
    /// Passed by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
    /// Serve as the bare server on this address (used by the benchmark itself).
    #[arg(long, hide = true)]
    bare: Option<String>,
    /// Sizes of the JSON that the bare server answers.
    #[arg(long, hide = true)]
    body: Vec<usize>,
    /// Pool of each bare worker.
    #[arg(long, hide = true, default_value_t = 8)]
    pool: u32,
    /// Bare workers.
    #[arg(long, hide = true, default_value_t = 2)]
    workers: usize,
}

impl Cli {
    fn wants(&self, name: &str) -> bool {
        self.only.iter().any(|only| only == name)
    }
}

#[actix_web::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.bare {
        Some(listen) => bare::serve(listen, cli.workers, &cli.database_url, cli.pool, &cli.body, &cli.redis_url)
            .await
            .map(|()| true),
        None => bounded(&cli).await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The benchmark, unless a signal or the limit comes first; either way the children are stopped.
async fn bounded(cli: &Cli) -> anyhow::Result<bool> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = runs::all(cli) => outcome,
        _ = terminate.recv() => anyhow::bail!("terminated"),
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        () = tokio::time::sleep(LIMIT) => anyhow::bail!("not done within {LIMIT:?}"),
    }
}
