//! The database: connecting, and the one helper that begins transactions.
//!
//! SQLite gets one writer connection (more have the same rate and a worse tail) and a few
//! readers; PostgreSQL one pool. On PostgreSQL each actix worker opens its own pool, so that no
//! query crosses threads.

use std::time::Duration;

use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, IsolationLevel, QuerySelect, SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sea_query::LockType,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

const SQLITE_READERS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection idle for longer is pinged before use; a busy one is trusted. Short, so that after a
/// restart of the database no request pays for a connection that died meanwhile.
const PING_IF_IDLE_FOR: Duration = Duration::from_secs(1);

/// Handles to the one database.
#[derive(Clone, Debug)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
}

impl Db {
    /// Connects to a `sqlite:` or `postgres:` URL; `pool` is the size of a PostgreSQL pool.
    pub async fn connect(url: &str, pool: u32) -> Result<Self, DbErr> {
        if url.starts_with("sqlite:") {
            let writer = connect(url, 1).await?;
            let reader = connect(url, SQLITE_READERS).await?;
            Ok(Self { reader, writer })
        } else {
            let pool = connect(url, pool).await?;
            Ok(Self { reader: pool.clone(), writer: pool })
        }
    }

    /// For reads outside a transaction.
    #[must_use]
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For schema work (migrations, seeding); requests write through [`write_txn`].
    #[must_use]
    pub const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Connections open and idle, for the metrics.
    #[must_use]
    pub fn pool_use(&self) -> (u32, usize) {
        // The library's count of idle ones is taken without a lock: for a moment it may lie beyond the size.
        let idle = |size: u32, idle: usize| idle.min(size as usize);
        match self.writer.get_database_backend() {
            DbBackend::Postgres => {
                let pool = self.writer.get_postgres_connection_pool();
                (pool.size(), idle(pool.size(), pool.num_idle()))
            }
            _ => {
                let (r, w) = (self.reader.get_sqlite_connection_pool(), self.writer.get_sqlite_connection_pool());
                (r.size() + w.size(), idle(r.size(), r.num_idle()) + idle(w.size(), w.num_idle()))
            }
        }
    }
}

async fn connect(url: &str, connections: u32) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire_if_idle_for(PING_IF_IDLE_FOR)
        // Statements and their values may hold personal data.
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                // What is erased is gone from the file, too.
                .pragma("secure_delete", "on")
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(ACQUIRE_TIMEOUT)
        })
        .map_sqlx_postgres_opts(|postgres| {
            postgres.application_name("quanxiangtuo").options([
                ("statement_timeout", "10s"),
                ("TimeZone", "UTC"),
                // A statement is planned once a connection: planning the join of a redemption
                // costs several times its execution.
                ("plan_cache_mode", "force_generic_plan"),
                // So a plan made while a table is empty must be good when it is full: by index.
                // Where no index serves, a scan is taken all the same, and its price must not
                // start the compiler.
                ("enable_seqscan", "off"),
                ("jit", "off"),
            ])
        });
    Database::connect(options).await
}

/// Runs `work` in one write transaction: committed on `Ok`, rolled back on `Err`. On SQLite it
/// begins IMMEDIATE, so that what it reads stays true until it writes; on PostgreSQL what must
/// stay true is locked with [`LockRows::lock_rows`] or guarded by a conditional update.
#[expect(clippy::disallowed_methods, reason = "this is the one place that begins transactions")]
pub async fn write_txn<T, E>(db: &Db, work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, E>) -> Result<T, E>
where
    E: From<DbErr>,
{
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let txn = db.writer.begin_with_options(options).await?;
    match work(&txn).await {
        Ok(value) => {
            txn.commit().await?;
            Ok(value)
        }
        Err(error) => {
            // The refusal is the answer; a failed rollback only costs the connection.
            let _ = txn.rollback().await;
            Err(error)
        }
    }
}

/// Runs `work` over one state of the database: what others commit meanwhile isn't seen by any of its reads.
#[expect(clippy::disallowed_methods, reason = "this is the one place that begins transactions")]
pub async fn read_txn<T, E>(db: &Db, work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, E>) -> Result<T, E>
where
    E: From<DbErr>,
{
    let options = match db.reader.get_database_backend() {
        DbBackend::Postgres => TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        },
        _ => TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
            ..TransactionOptions::default()
        },
    };
    let txn = db.reader.begin_with_options(options).await?;
    let done = work(&txn).await;
    // Nothing was written.
    let _ = txn.rollback().await;
    done
}

/// Lets the statements of a transaction take their time, and sort and scan whole tables: for counting
/// everything.
pub async fn unhurried(txn: &DatabaseTransaction) -> Result<(), DbErr> {
    if txn.get_database_backend() == DbBackend::Postgres {
        let settings = "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'; SET LOCAL enable_seqscan = on";
        txn.execute_unprepared(settings).await?;
    }
    Ok(())
}

/// Row locks, on PostgreSQL: nobody else changes or locks the rows until the transaction ends. SQLite has
/// none, and its write transactions are alone.
pub trait LockRows: QuerySelect {
    /// `FOR NO KEY UPDATE`. With plain `FOR UPDATE` the check of every foreign key that leads to the row
    /// would wait too, in an order that nobody chose: deadlocks.
    #[must_use]
    fn lock_rows(self) -> Self {
        self.lock(LockType::NoKeyUpdate)
    }

    /// `FOR UPDATE`, for who takes a row away without deleting it: rows that are to refer to it wait too,
    /// as they would for a deletion.
    #[must_use]
    fn lock_to_remove(self) -> Self {
        self.lock(LockType::Update)
    }
}

impl<S: QuerySelect> LockRows for S {}
