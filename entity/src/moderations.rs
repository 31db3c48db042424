//! Texts under moderation, one row per version of a text. The text itself stays where it is.
use sea_orm::entity::prelude::*;

use crate::{FamilyId, ModeratedKind, ModerationId, ModerationStatus, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "moderations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ModerationId,
    pub kind: ModeratedKind,
    /// The id of what has the text, without its prefix.
    pub subject_id: Uuid,
    /// The version of the subject that the verdict is about.
    pub version: i32,
    /// Who wrote it; WeChat is asked in their name.
    pub family_id: Option<FamilyId>,
    pub status: ModerationStatus,
    /// How often WeChat was asked.
    pub attempts: i32,
    /// When it is asked (again).
    pub next_at: DateTimeUtc,
    /// WeChat's label of what it found.
    pub label: Option<i32>,
    /// The officer who decided, and why.
    pub staff_id: Option<StaffId>,
    pub reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub decided_at: Option<DateTimeUtc>,
}
crate::plain_table!();
