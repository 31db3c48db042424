//! A centre's reply to a rating: one a rating.
use sea_orm::entity::prelude::*;

use crate::{CentreId, RatingId, StaffId, TextStatus};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rating_replies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub rating_id: RatingId,
    pub centre_id: CentreId,
    /// Who wrote it last, or took it away.
    pub staff_id: StaffId,
    /// Absent once it was taken away.
    pub text: Option<String>,
    pub text_status: TextStatus,
    /// Starts at 1, rises with every change, taking it away too.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}
crate::plain_table!();
