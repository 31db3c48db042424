//! Articles for families (文章): policy and parenting knowledge, published by the bureau.
use sea_orm::entity::prelude::*;

use crate::{ArticleId, ArticleKind, ArticleStatus, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "articles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ArticleId,
    pub kind: ArticleKind,
    pub title: String,
    /// Plain text: paragraphs with empty lines between them, no markup.
    pub text: String,
    /// Where what it says stands: a document, a book.
    pub source: Option<String>,
    pub status: ArticleStatus,
    /// Of its words; every state of them stays in `article_versions`.
    pub version: i32,
    /// When it was published last.
    pub published_at: Option<DateTimeUtc>,
    pub created_by: StaffId,
    pub created_at: DateTimeUtc,
    /// When its words changed last.
    pub changed_at: DateTimeUtc,
}
crate::plain_table!();
