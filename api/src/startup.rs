//! From settings to a running server: the same path in `main` and in the tests.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    body::{BoxBody, MessageBody},
    dev::{Server, ServerHandle, ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    web::Data,
};
use anyhow::Context as _;
use migration::{Migrator, MigratorTrait as _};
use tokio::task::AbortHandle;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    background::{self, Jobs},
    config::{AppEnv, Settings, Switch},
    features::{
        auth::{limits, token::Tokens},
        centres::{Catalogue, free_places::FreePlaces, way_cache::WayCache},
        console::Remembered,
        demo::{self, Seeded},
        satisfaction::rollups,
        vouchers::{
            code_keys::CodeKeys,
            gate::{self, Gate},
        },
    },
    http::{counters::Counters, observe},
    platform::{
        clock::Clock,
        crypto::Keyring,
        db::Db,
        kv::{Kv, MemoryKv, RedisKv},
        outgoing::Outgoing,
        stopping::{self, Stopping},
        walking::Walking,
        wechat::WeChat,
    },
    routes::{self, KnownPaths},
    state::Ctx,
    telemetry::Metrics,
};

/// A server that has bound its port and can run.
pub struct Application {
    server: Server,
    address: SocketAddr,
    context: Ctx,
    jobs: Jobs,
}

/// What all workers share, and what each needs to make its own context.
#[derive(Clone)]
struct Parts {
    settings: Arc<Settings>,
    clock: Clock,
    keys: Arc<Keyring>,
    catalogue: Arc<Catalogue>,
    walking: Walking,
    ways: Arc<WayCache>,
    wechat: WeChat,
    outgoing: Outgoing,
    gate: Arc<Gate>,
    code_keys: Arc<CodeKeys>,
    tokens: Arc<Tokens>,
    free_places: Arc<FreePlaces>,
    overview: Arc<Remembered>,
    counters: Arc<Counters>,
    stopping: Stopping,
    metrics: Metrics,
    /// SQLite and the in-process store are one for all workers.
    shared_db: Option<Db>,
    memory: MemoryKv,
}

impl Parts {
    /// The context of one worker: on PostgreSQL, Redis and the routing engine with connections of its
    /// own, so that no query crosses threads.
    async fn context(self) -> anyhow::Result<Ctx> {
        let db = match self.shared_db {
            Some(db) => db,
            None => Db::connect(&self.settings.database(), self.settings.db_pool).await?,
        };
        let kv = if self.settings.redis_url.is_empty() {
            Kv::Memory(self.memory)
        } else {
            Kv::Redis(
                RedisKv::open(&self.settings.redis_url, &self.settings.kv_prefix)
                    .map_err(|_| anyhow::anyhow!("setting REDIS_URL: is not a URL like redis://host:6379/0"))?,
            )
        };
        Ok(Ctx {
            settings: self.settings,
            clock: self.clock,
            db,
            kv,
            keys: self.keys,
            catalogue: self.catalogue,
            walking: self.walking.for_worker()?,
            ways: self.ways,
            wechat: self.wechat,
            outgoing: self.outgoing,
            gate: self.gate,
            code_keys: self.code_keys,
            tokens: self.tokens,
            free_places: self.free_places,
            overview: self.overview,
            counters: self.counters,
            redemptions: Default::default(),
            bookings: Default::default(),
            stopping: self.stopping,
            metrics: self.metrics.of_worker()?,
        })
    }
}

/// Connects to the database of the settings; makes the folder of an embedded one.
pub async fn connect(settings: &Settings) -> anyhow::Result<Db> {
    if settings.database_url.is_empty() {
        std::fs::create_dir_all(&settings.data_dir)
            .with_context(|| format!("setting DATA_DIR: can't make the folder {}", settings.data_dir.display()))?;
    }
    let url = settings.database();
    Db::connect(&url, settings.db_pool).await.map_err(|error| {
        let setting = match (settings.database_url.is_empty(), settings.is_sqlite()) {
            (true, _) => "DATA_DIR: the SQLite file in it can't be opened",
            (false, true) => "DATABASE_URL: the SQLite file can't be opened",
            (false, false) => "DATABASE_URL: PostgreSQL doesn't answer there",
        };
        // The URL holds a password, and some errors quote the URL: those are told in our words.
        let text = error.to_string();
        if text.contains(&url) {
            anyhow::anyhow!("setting DATABASE_URL: is not a URL like postgres://user:password@host:5432/name")
        } else {
            anyhow::anyhow!("setting {setting}: {text}")
        }
    })
}

/// Brings the schema up to date: by itself in the demonstration, by `quanxiangtuo migrate` in production.
pub async fn prepare_schema(settings: &Settings, db: &Db) -> anyhow::Result<()> {
    if settings.app_env == AppEnv::Production {
        let pending = Migrator::get_pending_migrations(db.writer()).await?.len();
        anyhow::ensure!(pending == 0, "{pending} migrations are pending: run `quanxiangtuo migrate` first");
        anyhow::ensure!(
            !demo::is_in(db.reader()).await?,
            "setting DATABASE_URL: the database holds the demonstration with its public passwords; use another"
        );
        return Ok(());
    }
    migrate(db).await
}

/// The settings for a command that only reads. Refuses a database that isn't there or isn't up to date, whatever the
/// environment: told of an empty one, all would be well.
pub async fn of_a_reader(settings: Settings) -> anyhow::Result<Settings> {
    if settings.database_url.is_empty() {
        let file = settings.data_dir.join("quanxiangtuo.db");
        anyhow::ensure!(
            file.is_file(),
            "there is no database {}: set DATA_DIR or DATABASE_URL as the service has them",
            file.display()
        );
    }
    let db = connect(&settings).await?;
    let pending = Migrator::get_pending_migrations(db.writer()).await?.len();
    anyhow::ensure!(
        pending == 0,
        "{pending} migrations are pending: run `quanxiangtuo migrate` first, or set DATA_DIR or DATABASE_URL as the service has them"
    );
    Ok(Settings { demo_data: Switch::Off, ..settings })
}

/// Brings the schema up to date, and counts the rows that were there into what is new of it.
pub async fn migrate(db: &Db) -> anyhow::Result<()> {
    Migrator::up(db.writer(), None).await.context("the schema can't be brought up to date")?;
    rollups::fill(db).await.context("the roll-ups can't be counted")
}

/// Fills an empty demonstration, before anything reads the centres.
async fn prepare_data(settings: &Settings, db: &Db, keys: &Keyring, clock: &Clock) -> anyhow::Result<()> {
    if settings.app_env != AppEnv::Demo || settings.demo_data == Switch::Off {
        return Ok(());
    }
    match demo::seed(settings, db, keys, clock).await.context("the demonstration data can't be loaded")? {
        Seeded::Now { centres, visits, ratings } => {
            tracing::info!(centres, visits, ratings, "demonstration data loaded");
        }
        Seeded::Before => {}
        Seeded::NotEmpty => tracing::info!("no demonstration data: the database has data of its own"),
    }
    Ok(())
}

/// What stands around every request, from the outside in. One middleware: each more would box the request's
/// future once more.
async fn around(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    observe::observe(req, async |req| limits::counted(req, async |req| gate::early(req, next).await).await).await
}

/// A context outside any worker, for subcommands, seeding and background work.
pub async fn context(settings: Settings, clock: Clock) -> anyhow::Result<Ctx> {
    let db = connect(&settings).await?;
    prepare_schema(&settings, &db).await?;
    let keys = Arc::new(settings.keyring()?);
    prepare_data(&settings, &db, &keys, &clock).await?;
    // Rustls wants its one provider named before the first client is made.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let wechat = if settings.sandbox() {
        WeChat::Sandbox
    } else {
        WeChat::api(&settings.wechat_base_url, &settings.wechat_appid, &settings.wechat_secret, clock.clone())?
    };
    // Only a demonstration may call its own machine.
    let outgoing = Outgoing::new(settings.app_env == AppEnv::Demo)?;
    let catalogue = Arc::new(Catalogue::load(db.reader(), &clock).await?);
    let code_keys = Arc::new(CodeKeys::new(Arc::clone(&keys)));
    code_keys.refresh(db.reader()).await?;
    let free_places = Arc::new(FreePlaces::new(Duration::from_millis(settings.search_places_ms)));
    let settings = Arc::new(settings);
    let metrics = Metrics::new()?;
    let walking = Walking::connect(Arc::clone(&settings), clock.clone(), metrics.clone())?;
    let parts = Parts {
        settings,
        clock,
        keys,
        catalogue,
        walking,
        ways: Arc::default(),
        wechat,
        outgoing,
        gate: Arc::default(),
        code_keys,
        tokens: Arc::default(),
        free_places,
        overview: Arc::default(),
        counters: Arc::default(),
        stopping: Stopping::default(),
        metrics,
        shared_db: Some(db),
        memory: MemoryKv::default(),
    };
    parts.context().await
}

impl Application {
    /// Migrates (demonstration only), loads the demonstration data or the catalogue, binds the port.
    pub async fn build(settings: Settings, clock: Clock) -> anyhow::Result<Self> {
        let main = context(settings, clock).await?;
        let settings = Arc::clone(&main.settings);
        let memory = match &main.kv {
            Kv::Memory(memory) => memory.clone(),
            Kv::Redis(_) => MemoryKv::default(),
        };
        let parts = Parts {
            settings: Arc::clone(&settings),
            clock: main.clock.clone(),
            keys: Arc::clone(&main.keys),
            catalogue: Arc::clone(&main.catalogue),
            walking: main.walking.clone(),
            ways: Arc::clone(&main.ways),
            wechat: main.wechat.clone(),
            outgoing: main.outgoing.clone(),
            gate: Arc::clone(&main.gate),
            code_keys: Arc::clone(&main.code_keys),
            tokens: Arc::clone(&main.tokens),
            free_places: Arc::clone(&main.free_places),
            overview: Arc::clone(&main.overview),
            counters: Arc::clone(&main.counters),
            stopping: main.stopping.clone(),
            metrics: main.metrics.clone(),
            shared_db: settings.is_sqlite().then(|| main.db.clone()),
            memory,
        };
        let known = Data::new(KnownPaths::default());
        let workers = match settings.workers {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            n => n,
        };
        let server = HttpServer::new(move || {
            // Without the badge of an outside validator: the page works with no internet.
            let docs = Config::from("/openapi.yaml").validator_url("none");
            let parts = parts.clone();
            App::new()
                .wrap(from_fn(around))
                .app_data(known.clone())
                .data_factory(move || {
                    let parts = parts.clone();
                    async move {
                        parts.context().await.map_err(|error| tracing::error!(%error, "a worker can't connect"))
                    }
                })
                .configure(routes::serve)
                .service(SwaggerUi::new("/docs/{_:.*}").config(docs))
                .service(actix_web::web::redirect("/docs", "/docs/"))
                .default_service(actix_web::web::to(routes::unknown))
        })
        .workers(workers)
        .shutdown_timeout(settings.shutdown_seconds)
        .bind(&settings.listen)
        .with_context(|| format!("setting LISTEN: can't bind {}", settings.listen))?;
        let address = *server.addrs().first().context("no address bound")?;
        let jobs = background::start(&main);
        Ok(Self { server: server.run(), address, context: main, jobs })
    }

    /// Where it listens; with port 0 in the settings, the port it got.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its parts share, for code that runs beside the workers.
    #[must_use]
    pub const fn context(&self) -> &Ctx {
        &self.context
    }

    /// To stop it from elsewhere.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// To end its background work in the middle of whatever it does, as a kill would.
    #[must_use]
    pub fn jobs(&self) -> Vec<AbortHandle> {
        self.jobs.handles()
    }

    /// Serves until stopped; requests in flight are finished first, and so are messages that are being
    /// sent, within `shutdown_seconds` from the signal: one that is cut off would be sent twice.
    pub async fn run(self) -> io::Result<()> {
        let stopping = self.context.stopping.clone();
        let told = {
            let stopping = stopping.clone();
            actix_web::rt::spawn(async move {
                stopping::asked().await;
                stopping.announce();
            })
        };
        let served = self.server.await;
        told.abort();
        stopping.announce();
        let most = Duration::from_secs(self.context.settings.shutdown_seconds);
        self.jobs.stop(most.saturating_sub(stopping.since())).await;
        served
    }
}
