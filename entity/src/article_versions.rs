//! What an article said, version by version.
use sea_orm::entity::prelude::*;

use crate::{ArticleId, ArticleKind, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: ArticleId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    pub kind: ArticleKind,
    pub title: String,
    pub text: String,
    pub source: Option<String>,
    pub staff_id: StaffId,
    pub recorded_at: DateTimeUtc,
}
crate::plain_table!();
