//! A database per application: a copy of one that was migrated once in this process.

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use chrono::TimeDelta;
use migration::{Migrator, MigratorTrait as _};
use quanxiangtuo::platform::{clock::Clock, db::Db};
use rand::RngExt as _;
use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Databases of ours begin like this and then with the second they were made in.
const PREFIX: &str = "qxt_test_";
/// Older ones were left behind by a run that was killed.
const LEFT_BEHIND: TimeDelta = TimeDelta::hours(1);
/// Any number: the lock under which left-behind databases are cleared away.
const CLEARING_LOCK: i64 = 7_159_404_113;

/// Which pair of stores the suite runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite and the in-process store.
    Sqlite,
    /// PostgreSQL and Redis.
    Postgres,
}

/// An environment variable of the suite.
#[expect(clippy::disallowed_methods, reason = "the suite's own settings; the program's are passed to it")]
#[must_use]
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The backend of this run.
#[must_use]
pub fn backend() -> Backend {
    match env("TEST_BACKEND").as_deref() {
        None | Some("sqlite") => Backend::Sqlite,
        Some("postgres") => Backend::Postgres,
        Some(other) => panic!("TEST_BACKEND is sqlite or postgres, not {other}"),
    }
}

fn required(name: &str) -> String {
    env(name).unwrap_or_else(|| panic!("TEST_BACKEND=postgres needs {name}; tests/run sets it"))
}

/// A text that no other run or test uses.
#[must_use]
pub fn random_name() -> String {
    format!("{:016x}", rand::rng().random::<u64>())
}

/// A database of one test; gone when dropped.
pub struct Database {
    url: String,
    redis_url: String,
    kv_prefix: String,
    /// Holds the SQLite file, or nothing.
    _folder: Option<TempDir>,
    /// The PostgreSQL database to drop.
    name: Option<String>,
}

impl Database {
    /// A migrated, otherwise empty database on the backend of this run.
    pub async fn create() -> Self {
        let kv_prefix = format!("{}:", random_name());
        match backend() {
            Backend::Sqlite => {
                let folder = TempDir::new().unwrap();
                let file = folder.path().join("test.db");
                std::fs::write(&file, sqlite_template().await).unwrap();
                Self { url: sqlite_url(&file), redis_url: String::new(), kv_prefix, _folder: Some(folder), name: None }
            }
            Backend::Postgres => {
                let template = postgres_template().await;
                let name = new_name();
                admin(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
                Self {
                    url: postgres_url(&name),
                    redis_url: required("TEST_REDIS_URL"),
                    kv_prefix,
                    _folder: None,
                    name: Some(name),
                }
            }
        }
    }

    /// The settings that lead to it.
    #[must_use]
    pub fn settings(&self) -> [(String, String); 3] {
        [
            ("database_url".to_owned(), self.url.clone()),
            ("redis_url".to_owned(), self.redis_url.clone()),
            ("kv_prefix".to_owned(), self.kv_prefix.clone()),
        ]
    }

    /// Connections of the test's own.
    pub async fn connect(&self) -> Db {
        Db::connect(&self.url, 4).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        // A thread of its own: a runtime can't be waited for inside another one. A database that
        // stays is cleared away by a later run.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let _ = tokio::time::timeout(Duration::from_secs(10), admin(&statement)).await;
            });
        });
        let _ = thread.join();
    }
}

fn sqlite_url(file: &std::path::Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

async fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let folder = TempDir::new().unwrap();
            let file: PathBuf = folder.path().join("template.db");
            let db = Db::connect(&sqlite_url(&file), 1).await.unwrap();
            Migrator::up(db.writer(), None).await.unwrap();
            // Out of the write-ahead log, into the one file.
            db.writer().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
            std::fs::read(&file).unwrap()
        })
        .await
}

async fn postgres_template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            clear_left_behind().await;
            let name = new_name();
            admin(&format!("CREATE DATABASE {name}")).await;
            let db = Db::connect(&postgres_url(&name), 1).await.unwrap();
            Migrator::up(db.writer(), None).await.unwrap();
            // A template may have no connections.
            db.writer().clone().close().await.unwrap();
            name
        })
        .await
}

async fn clear_left_behind() {
    let db = Db::connect(&admin_url(), 1).await.unwrap();
    let db = db.writer();
    let backend = db.get_database_backend();
    db.execute_unprepared(&format!("SELECT pg_advisory_lock({CLEARING_LOCK})")).await.unwrap();
    let list = format!("SELECT datname FROM pg_database WHERE datname LIKE '{}%'", PREFIX.replace('_', "\\_"));
    let oldest = (Clock::system().now() - LEFT_BEHIND).timestamp();
    for row in db.query_all_raw(Statement::from_string(backend, list)).await.unwrap() {
        let name: String = row.try_get_by_index(0).unwrap();
        let made = name[PREFIX.len()..].split('_').next().and_then(|seconds| seconds.parse::<i64>().ok());
        if made.is_some_and(|made| made < oldest) {
            db.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        }
    }
    // The lock goes with the connection.
    db.clone().close().await.unwrap();
}

fn new_name() -> String {
    format!("{PREFIX}{}_{}", Clock::system().now().timestamp(), random_name())
}

fn admin_url() -> String {
    required("TEST_DATABASE_URL")
}

/// The given URL with another database.
fn postgres_url(name: &str) -> String {
    let url = admin_url();
    let (base, query) = url.split_once('?').map_or((url.as_str(), ""), |(base, query)| (base, query));
    let (server, _) = base.rsplit_once('/').unwrap_or_else(|| panic!("TEST_DATABASE_URL must name a database"));
    if query.is_empty() { format!("{server}/{name}") } else { format!("{server}/{name}?{query}") }
}

async fn admin(statement: &str) {
    let db = Db::connect(&admin_url(), 1).await.unwrap();
    db.writer().execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    let _ = db.writer().clone().close().await;
}

/// Runs once a process, before the first application.
pub(crate) fn once_a_process() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(crate::logs::install);
}
