//! An application in process, on a port and a database of its own.

use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use actix_web::dev::ServerHandle;
use chrono::{DateTime, Utc};
use entity::Id;
use quanxiangtuo::{
    config::Settings,
    platform::{clock::Clock, db::Db},
    startup::Application,
    state::Ctx,
};
use sea_orm::{DatabaseConnection, EntityTrait, IntoActiveModel, Iterable, PrimaryKeyToColumn, QuerySelect};
use tokio::task::AbortHandle;

use crate::{
    backend::{Database, once_a_process},
    client::Client,
};

/// When every test begins: a Monday, 09:00 in the district.
pub const START: &str = "2026-03-02T09:00:00+08:00";

/// Settings of tests; a test's own go over them.
const SETTINGS: &[(&str, &str)] = &[
    ("listen", "127.0.0.1:0"),
    ("demo_data", "off"),
    ("rate_limits", "off"),
    ("workers", "2"),
    ("db_pool", "4"),
    ("catalogue_poll_ms", "100"),
    // Rows are written behind the application's back here.
    ("search_places_ms", "0"),
    ("console_page_ms", "0"),
    ("shutdown_seconds", "5"),
];

/// A running application; stops when dropped.
pub struct TestApp {
    /// Its clock: `app.clock.advance(TimeDelta::minutes(31))`.
    pub clock: Clock,
    /// What its parts share: settings, keys, catalogue, metrics. For the database prefer
    /// [`TestApp::db`], whose connections belong to the test.
    pub ctx: Ctx,
    address: SocketAddr,
    http: reqwest::Client,
    db: Db,
    handle: ServerHandle,
    jobs: Vec<AbortHandle>,
    thread: Option<JoinHandle<()>>,
    changes: Vec<(String, String)>,
    // Last: dropped after the application has stopped.
    database: Arc<Database>,
}

impl TestApp {
    /// With the settings of tests, on an empty database, on Monday 2 March 2026 at 09:00.
    pub async fn spawn() -> Self {
        Self::spawn_with(&[]).await
    }

    /// With changes to the settings.
    pub async fn spawn_with(changes: &[(&str, &str)]) -> Self {
        let clock = Clock::starting_at(START.parse::<DateTime<Utc>>().unwrap());
        let changes = changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self::start(Arc::new(Database::create().await), clock, changes).await
    }

    /// On the system's clock, with changes to the settings: for what other processes do to the same
    /// database.
    pub async fn spawn_now(changes: &[(&str, &str)]) -> Self {
        let changes = changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self::start(Arc::new(Database::create().await), Clock::system(), changes).await
    }

    /// As `cargo run` starts: demonstration data, on the system's clock.
    pub async fn spawn_demo() -> Self {
        let changes = vec![("demo_data".to_owned(), "on".to_owned())];
        Self::start(Arc::new(Database::create().await), Clock::system(), changes).await
    }

    /// Another replica on the same database and key-value store, with the same clock. On SQLite
    /// the in-process store is not shared: there it stands for a second process that may only be
    /// slower, never wrong.
    pub async fn replica(&self) -> Self {
        Self::start(Arc::clone(&self.database), self.clock.clone(), self.changes.clone()).await
    }

    async fn start(database: Arc<Database>, clock: Clock, changes: Vec<(String, String)>) -> Self {
        once_a_process();
        let own = all_settings(&changes, &database);
        let settings: Vec<(&str, &str)> = own.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        // The first entry of a key counts, so a test's own go over the rest.
        let settings = Settings::with(&settings).unwrap();
        let (tell, told) = mpsc::channel();
        let thread = {
            let clock = clock.clone();
            std::thread::spawn(move || {
                actix_web::rt::System::new().block_on(async move {
                    match Application::build(settings, clock).await {
                        Ok(app) => {
                            let _ = tell.send(Ok((app.address(), app.handle(), app.jobs(), app.context().clone())));
                            app.run().await.unwrap();
                        }
                        Err(error) => {
                            let _ = tell.send(Err(error));
                        }
                    }
                });
            })
        };
        let told = tokio::task::spawn_blocking(move || told.recv()).await.unwrap();
        let (address, handle, jobs, ctx) = told
            .expect("the application died")
            .unwrap_or_else(|error| panic!("the application doesn't start: {error:#}"));
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .unwrap();
        let db = database.connect().await;
        Self { clock, ctx, address, http, db, handle, jobs, thread: Some(thread), changes, database }
    }

    /// Every setting that was changed for it, the first entry of a key counting.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let mut settings = all_settings(&self.changes, &self.database);
        // For a map the last entry of a key counts.
        settings.reverse();
        settings
    }

    /// What its parts share.
    #[must_use]
    pub const fn context(&self) -> &Ctx {
        &self.ctx
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Someone who is not signed in.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(self.http.clone(), self.url())
    }

    /// The test's own connection, for reading again what the API should have written.
    #[must_use]
    pub const fn db(&self) -> &DatabaseConnection {
        self.db.writer()
    }

    /// A new id.
    #[must_use]
    pub fn id<T: Id>(&self) -> T {
        self.clock.id()
    }

    /// Inserts a row.
    pub async fn insert<M>(&self, row: M) -> M
    where
        M: Clone + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel> + sea_orm::ModelTrait,
        <M::Entity as EntityTrait>::ActiveModel: Send,
    {
        self.insert_all(vec![row.clone()]).await;
        row
    }

    /// Inserts rows, some hundreds in a statement.
    pub async fn insert_all<M>(&self, rows: Vec<M>)
    where
        M: Clone + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel> + sea_orm::ModelTrait,
        <M::Entity as EntityTrait>::ActiveModel: Send,
    {
        for some in rows.chunks(500) {
            let rows = some.iter().cloned().map(IntoActiveModel::into_active_model);
            <M::Entity as EntityTrait>::insert_many(rows).exec_without_returning(self.db()).await.unwrap();
        }
    }

    /// How many rows a table has.
    pub async fn count<E: EntityTrait>(&self, _: E) -> i64 {
        let key = <E::PrimaryKey as Iterable>::iter().next().unwrap().into_column();
        let n: Option<Option<i64>> = E::find()
            .select_only()
            .column_as(sea_orm::ColumnTrait::count(&key), "n")
            .into_tuple()
            .one(self.db())
            .await
            .unwrap();
        n.flatten().unwrap_or(0)
    }

    /// Lets the application see centres, classes, offers and calendar days that were inserted
    /// directly.
    pub async fn reload_catalogue(&self) {
        self.ctx.catalogue.reload(self.db(), &self.clock).await.unwrap();
    }

    /// Ends it in the middle of whatever it does, its background work too; its database stays.
    pub async fn kill(&mut self) {
        self.jobs.iter().for_each(AbortHandle::abort);
        drop(self.handle.stop(false));
        self.join().await;
    }

    /// Stops it as a signal does, and waits until its background work has ended too.
    pub async fn finish(&mut self) {
        self.handle.stop(true).await;
        self.join().await;
    }

    async fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            tokio::task::spawn_blocking(move || thread.join()).await.unwrap().unwrap();
        }
    }

    /// Stops it; requests in flight are finished first.
    pub async fn stop(&self) {
        self.handle.stop(true).await;
    }
}

/// A test's own changes, then its database, then those of all tests.
fn all_settings(changes: &[(String, String)], database: &Database) -> Vec<(String, String)> {
    let common = SETTINGS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    changes.iter().cloned().chain(database.settings()).chain(common).collect()
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Sent at the call; the future only waits. Not gracefully: that waits for idle
        // connections of clients that are still alive.
        self.jobs.iter().for_each(AbortHandle::abort);
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let died = thread.join().is_err();
            assert!(!died || std::thread::panicking(), "the application's thread panicked");
        }
    }
}
