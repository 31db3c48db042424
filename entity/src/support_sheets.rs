//! Support sheets (补助单): what a centre is supported with for a month. Frozen once, then never changed.
use sea_orm::entity::prelude::*;

use crate::{CentreId, Fen, FundCategory, FundSource, StaffId, StatementStatus, SupportKind, SupportSheetId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "support_sheets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SupportSheetId,
    pub kind: SupportKind,
    pub centre_id: CentreId,
    /// The first day of the month.
    pub month: Date,
    pub status: StatementStatus,
    /// Gapless within a kind and year, given when it is frozen.
    #[sea_orm(unique)]
    pub number: Option<String>,
    pub fund_source: FundSource,
    pub fund_category: FundCategory,
    pub total_fen: Fen,
    /// What was counted, without anybody's id: the figures follow from it.
    pub evidence: Json,
    /// Lines and totals.
    pub figures: Json,
    /// Of the figures' canonical bytes, in hexadecimal.
    pub figures_sha256: String,
    /// Names beside the figures, as they were: the centre's, the classes'.
    pub labels: Json,
    pub drafted_at: DateTimeUtc,
    pub drafted_by: StaffId,
    pub checked_at: Option<DateTimeUtc>,
    pub checked_by: Option<StaffId>,
    pub frozen_at: Option<DateTimeUtc>,
    /// Never who checked it: a CHECK.
    pub frozen_by: Option<StaffId>,
    /// Since when the attendance, put right after it was frozen, would make other figures.
    pub differs_since: Option<DateTimeUtc>,
}
crate::plain_table!();
