//! The ledger of subscription credits: appended, never changed.
use sea_orm::entity::prelude::*;

use crate::{CreditEntryId, CreditKind, FamilyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CreditEntryId,
    pub family_id: FamilyId,
    pub template_id: String,
    pub kind: CreditKind,
    /// WeChat's id of the message, of `spent` and `failed`.
    pub message_id: Option<String>,
    /// WeChat's code of a failure.
    pub error_code: Option<i32>,
    /// When we were told.
    pub at: DateTimeUtc,
    /// When it happened, by WeChat; absent on rows from before it was kept.
    pub happened_at: Option<DateTimeUtc>,
}
crate::plain_table!();
