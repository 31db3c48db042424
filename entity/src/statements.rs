//! Statements (结算单): what a centre is paid for a month. Frozen once, then never changed.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CentreId, Fen, StaffId, StatementId, StatementStatus};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "statements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StatementId,
    pub centre_id: CentreId,
    /// The first day of the month.
    pub month: Date,
    pub status: StatementStatus,
    /// Gapless within a year, given when it is frozen.
    #[sea_orm(unique)]
    pub number: Option<String>,
    pub total_fen: Fen,
    /// Lines and totals.
    pub figures: Json,
    /// Of the figures' canonical bytes, in hexadecimal.
    pub figures_sha256: String,
    /// Names beside the figures, as they were: the centre's, the campaigns'.
    pub labels: Json,
    pub drafted_at: DateTimeUtc,
    pub drafted_by: StaffId,
    pub checked_at: Option<DateTimeUtc>,
    pub checked_by: Option<StaffId>,
    pub frozen_at: Option<DateTimeUtc>,
    /// Never who checked it: a CHECK.
    pub frozen_by: Option<StaffId>,
}
crate::plain_table!();

impl Entity {
    /// The centre's.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::find().filter(Column::CentreId.eq(centre))
    }
}
