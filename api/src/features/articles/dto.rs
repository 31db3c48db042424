//! What articles take and answer.

use entity::{ArticleId, ArticleKind, ArticleStatus, StaffId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Limit, Line, Moment, Paragraph, Whole, nullable};

/// Characters of a text: what a form of a page can carry. Written out below, where the document is made of it.
pub const MOST_TEXT: u32 = 6_000;

/// An article to write.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ArticleIn {
    /// What it is about.
    pub kind: ArticleKind,
    /// Its title.
    #[schema(example = "四种托育服务怎么选")]
    pub title: Line<80>,
    /// Plain text: paragraphs with empty lines between them. Markup isn't read: it is shown as it is written.
    pub text: Paragraph<6_000>,
    /// Where what it says stands.
    #[serde(default)]
    #[schema(example = "国卫人口发〔2019〕58号")]
    pub source: Option<Line<200>>,
}

/// What is to change; a field that is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ArticlePatch {
    /// The version that was read; if the article has another by now, `WRONG_STATE` names it.
    pub version: Whole<1, 1_000_000>,
    /// What it is about.
    pub kind: Option<ArticleKind>,
    /// Its title.
    pub title: Option<Line<80>>,
    /// Plain text.
    pub text: Option<Paragraph<6_000>>,
    /// Where what it says stands; null: nowhere.
    #[serde(default, deserialize_with = "nullable")]
    pub source: Option<Option<Line<200>>>,
}

/// Why an article is taken away.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ArticleWithdrawIn {
    /// Kept in the audit log.
    #[schema(example = "政策已更新")]
    pub reason: Line<200>,
}

/// Which articles.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ArticlesQuery {
    /// Only about this.
    pub kind: Option<ArticleKind>,
    /// Only with this in the title or the text.
    pub q: Option<Line<40>>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// An article in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArticleCardOut {
    /// Id.
    pub id: ArticleId,
    /// What it is about.
    pub kind: ArticleKind,
    /// Its title.
    pub title: String,
    /// How its text begins.
    pub summary: String,
    /// When it was published.
    pub published_at: Moment,
}

/// An article.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArticleOut {
    /// Id.
    pub id: ArticleId,
    /// What it is about.
    pub kind: ArticleKind,
    /// Its title.
    pub title: String,
    /// Plain text: paragraphs with empty lines between them. Show it as text, never as markup.
    pub text: String,
    /// Where what it says stands.
    pub source: Option<String>,
    /// When it was published.
    pub published_at: Moment,
    /// When its words changed last.
    pub changed_at: Moment,
}

/// Which of the bureau's articles.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauArticlesQuery {
    /// Only about this.
    pub kind: Option<ArticleKind>,
    /// Only in this state.
    pub status: Option<ArticleStatus>,
    /// Only with this in the title or the text.
    pub q: Option<Line<40>>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// An article in the bureau's list.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauArticleCardOut {
    /// Id.
    pub id: ArticleId,
    /// What it is about.
    pub kind: ArticleKind,
    /// Its title.
    pub title: String,
    /// How far it is.
    pub status: ArticleStatus,
    /// The version of its words.
    pub version: i32,
    /// Where what it says stands.
    pub source: Option<String>,
    /// When it was published last.
    pub published_at: Option<Moment>,
    /// When its words changed last.
    pub changed_at: Moment,
}

/// An article as the bureau sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauArticleOut {
    /// Id.
    pub id: ArticleId,
    /// What it is about.
    pub kind: ArticleKind,
    /// Its title.
    pub title: String,
    /// Plain text.
    pub text: String,
    /// Where what it says stands.
    pub source: Option<String>,
    /// How far it is.
    pub status: ArticleStatus,
    /// The version of its words: an edit names it.
    pub version: i32,
    /// When it was published last.
    pub published_at: Option<Moment>,
    /// Who wrote it first.
    pub created_by: StaffId,
    /// When it was begun.
    pub created_at: Moment,
    /// When its words changed last.
    pub changed_at: Moment,
}

/// Which page of versions.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ArticleVersionsQuery {
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// What an article said.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArticleVersionOut {
    /// The version.
    pub version: i32,
    /// What it was about.
    pub kind: ArticleKind,
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// Where what it says stands.
    pub source: Option<String>,
    /// Who wrote it.
    pub staff_id: StaffId,
    /// When.
    pub recorded_at: Moment,
}
