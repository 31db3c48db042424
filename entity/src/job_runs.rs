//! How background jobs fare, over all replicas.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub last_run_at: DateTimeUtc,
    pub last_ok_at: Option<DateTimeUtc>,
    pub last_failed_at: Option<DateTimeUtc>,
    pub last_error: Option<String>,
    pub runs: i64,
    pub failures: i64,
    /// What the job did in all: bookings lapsed, notices written, ….
    pub done: i64,
}
crate::plain_table!();
