//! Articles for families: the list, and a new one.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{ArticleKind, ArticleStatus};
use serde::Deserialize;

use super::super::{
    fields::{Fields, any_of, choices},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, link, number, text},
    values::{dash, minute},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result},
    features::{
        articles::{
            dto::{ArticleIn, BureauArticleOut, BureauArticlesQuery, MOST_TEXT},
            service,
        },
        auth::Bureau,
    },
    http::{Idempotency, Line, Once, Paragraph, Query, Whole, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_articles).service(bureau_new_article).service(bureau_create_article);
}

#[get("/articles")]
async fn bureau_articles(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<BureauArticlesQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let kinds = ArticleKind::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.kind));
    let states = ArticleStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter = Fields::filter(&shell, "/bureau/articles")
        .choice("kind", t("类别", "Kind"), any_of(&shell, kinds))
        .choice("status", t("状态", "State"), any_of(&shell, states))
        .text("q", t("标题或内容", "Title or text"), query.q.as_deref().unwrap_or_default(), 40);
    let columns = [
        t("标题", "Title"),
        t("类别", "Kind"),
        t("状态", "State"),
        t("#版本", "#Version"),
        t("来源", "Source"),
        t("发布时间", "Published"),
        t("修改时间", "Changed"),
    ];
    let mut table = Table::new(&shell, t("文章", "Articles"), &columns);
    let filters = shell.filters();
    let page = shell.list(&query, async |query| service::page(&ctx, query).await).await?;
    for article in &page.items {
        table.row(vec![
            link(article.title.clone(), format!("/bureau/articles/{}", article.id)),
            text(shell.word(article.kind.zh(), article.kind.as_str())),
            state(&shell, article.status),
            number(article.version.into()),
            text(dash(article.source.clone())),
            text(dash(article.published_at.map(minute))),
            text(minute(article.changed_at)),
        ]);
    }
    View::new(&shell, t("文章", "Articles"))
        .part(Part::Links(vec![(t("写文章", "New article").to_owned(), "/bureau/articles/new".to_owned())]))
        .form(filter)
        .table(table.rest(&shell, page.rest).downloads("/bureau/articles", &filters))
        .answer(&ctx)
}

/// Its state, in a word with a colour.
pub(super) fn state(shell: &Shell, status: ArticleStatus) -> Cell {
    let class = match status {
        ArticleStatus::Draft => "wait",
        ArticleStatus::Published => "good",
        ArticleStatus::Withdrawn => "plain",
    };
    Cell::Mark(class, shell.word(status.zh(), status.as_str()))
}

/// What a form says.
#[derive(Deserialize)]
pub(super) struct ArticleForm {
    /// That of the article which was shown; of a new one none.
    pub(super) version: Option<Whole<1, 1_000_000>>,
    pub(super) kind: ArticleKind,
    pub(super) title: Line<80>,
    pub(super) text: Paragraph<6_000>,
    pub(super) source: Option<Line<200>>,
}

/// The form; with what an article says, if there is one.
pub(super) fn form(shell: &Shell, action: impl Into<String>, old: Option<&BureauArticleOut>) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let text = |of: fn(&BureauArticleOut) -> String| old.map(of).unwrap_or_default();
    let chosen = old.map_or(ArticleKind::Policy, |old| old.kind);
    let kinds = ArticleKind::ALL.iter().map(|word| (word.as_str(), word.zh(), *word == chosen));
    let fields = Fields::post(shell, action, t("保存", "Save"))
        .choice("kind", t("类别", "Kind"), choices(shell, kinds))
        .text("title", t("标题", "Title"), text(|old| old.title.clone()), 80)
        .area("text", t("正文", "Text"), text(|old| old.text.clone()), MOST_TEXT)
        .hint(t("纯文本，段落之间空一行", "plain text, an empty line between paragraphs"))
        .text("source", t("来源", "Source"), text(|old| old.source.clone().unwrap_or_default()), 200)
        .optional()
        .hint(t("文件名称或文号", "the document that says so"));
    match old {
        Some(old) => fields.hidden("version", old.version.to_string()),
        None => fields,
    }
}

#[get("/articles/new")]
async fn bureau_new_article(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    View::new(&shell, shell.t("写文章（草稿）", "A new article, as a draft"))
        .form(form(&shell, "/bureau/articles", None))
        .answer(&ctx)
}

#[post("/articles")]
async fn bureau_create_article(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    sent: Result<Form<ArticleForm>, Problem>,
) -> Result<HttpResponse> {
    let made = async {
        let Form(ArticleForm { version: _, kind, title, text, source }) = sent?;
        service::create(&ctx, &bureau, &key, ArticleIn { kind, title, text, source }).await
    };
    match made.await {
        Ok(Once::First(article)) => Ok(see(&format!("/bureau/articles/{}", article.id), "saved")),
        Ok(Once::Again(_)) => Ok(see("/bureau/articles", "saved")),
        Err(problem) => View::new(&shell, shell.t("写文章（草稿）", "A new article, as a draft"))
            .form(form(&shell, "/bureau/articles", None).again(&shell, &Body::of(&req), &problem))
            .answer(&ctx),
    }
}
