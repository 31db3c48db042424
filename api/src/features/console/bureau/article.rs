//! One article: as families read it, what it said before, and what can be done.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{ArticleId, ArticleStatus};

use super::{
    super::{
        fields::Fields,
        form::Form,
        shell::{Shell, see},
        table::{Cell, Table, number, text},
        values::{Names, dash, minute},
        view::{Part, View},
    },
    articles::{ArticleForm, form, state},
};
use crate::{
    error::{Problem, Result},
    features::{
        articles::{
            dto::{ArticlePatch, ArticleVersionsQuery, ArticleWithdrawIn, BureauArticleOut},
            service,
        },
        auth::Bureau,
    },
    http::{Idempotency, Path, Query, Whole, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_article)
        .service(bureau_edit_article)
        .service(bureau_publish_article)
        .service(bureau_withdraw_article);
}

fn href(id: ArticleId, rest: &str) -> String {
    format!("/bureau/articles/{id}{rest}")
}

#[get("/articles/{id}")]
async fn bureau_article(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    id: Path<ArticleId>,
    Query(query): Query<ArticleVersionsQuery>,
) -> Result<HttpResponse> {
    let article = service::bureau_read(&ctx, id.0).await?;
    let edit = (shell.t("修改", "Edit").to_owned(), form(&shell, href(id.0, "/edit"), Some(&article)));
    let mut forms = vec![edit];
    forms.push(deed(&shell, &article));
    shown(&shell, &article).part(Part::Forms(forms)).table(versions(&ctx, &shell, id.0, query).await?).answer(&ctx)
}

/// As families read it.
fn shown(shell: &Shell, article: &BureauArticleOut) -> View {
    let Cell::Mark(_, state) = state(shell, article.status) else { return View::new(shell, article.title.clone()) };
    View::new(shell, article.title.clone()).part(Part::Text(article.text.clone())).facts(&[
        ("类别", "Kind", shell.word(article.kind.zh(), article.kind.as_str())),
        ("来源", "Source", dash(article.source.clone())),
        ("状态", "State", state),
        ("版本", "Version", article.version.to_string()),
        ("发布时间", "Published", dash(article.published_at.map(minute))),
        ("修改时间", "Changed", minute(article.changed_at)),
    ])
}

/// A published one is withdrawn, another published.
fn deed(shell: &Shell, article: &BureauArticleOut) -> (String, Fields) {
    let t = |zh, en| shell.t(zh, en);
    if article.status == ArticleStatus::Published {
        let form = Fields::post(shell, href(article.id, "/withdraw"), t("撤下", "Withdraw")).text(
            "reason",
            t("理由", "Reason"),
            "",
            200,
        );
        return (t("撤下", "Withdraw").to_owned(), form);
    }
    let form = Fields::post(shell, href(article.id, "/publish"), t("发布给家长", "Publish for families"));
    (t("发布", "Publish").to_owned(), form)
}

async fn versions(ctx: &Ctx, shell: &Shell, id: ArticleId, query: ArticleVersionsQuery) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let page = shell.list(&query, async |query| service::versions(ctx, id, query).await).await?;
    let names = Names::of(ctx, page.items.iter().map(|version| version.staff_id)).await?;
    let columns =
        [t("#版本", "#Version"), t("标题", "Title"), t("正文", "Text"), t("修改人", "Who"), t("时间", "When")];
    let mut table = Table::new(shell, t("历次版本", "Versions"), &columns);
    for version in &page.items {
        table.row(vec![
            number(version.version.into()),
            text(version.title.clone()),
            text(version.text.clone()),
            text(names.get(Some(version.staff_id))),
            text(minute(version.recorded_at)),
        ]);
    }
    Ok(table.rest(shell, page.rest))
}

#[post("/articles/{id}/edit")]
async fn bureau_edit_article(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<ArticleId>,
    sent: Result<Form<ArticleForm>, Problem>,
) -> Result<HttpResponse> {
    // One that isn't there is none, whatever was sent.
    let article = service::bureau_read(&ctx, id.0).await?;
    let done = async {
        let Form(ArticleForm { version, kind, title, text, source }) = sent?;
        let version = version.unwrap_or(Whole(article.version));
        let (kind, title, text) = (Some(kind), Some(title), Some(text));
        service::edit(&ctx, &bureau, id.0, ArticlePatch { version, kind, title, text, source: Some(source) }).await
    };
    match done.await {
        Ok(_) => Ok(see(&href(id.0, ""), "saved")),
        Err(problem) => View::new(&shell, article.title.clone())
            .form(form(&shell, href(id.0, "/edit"), Some(&article)).again(&shell, &Body::of(&req), &problem))
            .answer(&ctx),
    }
}

#[post("/articles/{id}/publish")]
async fn bureau_publish_article(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ArticleId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    service::publish(&ctx, &bureau, &key, id.0).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/articles/{id}/withdraw")]
async fn bureau_withdraw_article(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ArticleId>,
    key: Idempotency,
    Form(form): Form<ArticleWithdrawIn>,
) -> Result<HttpResponse> {
    service::withdraw(&ctx, &bureau, &key, id.0, form).await?;
    Ok(see(&href(id.0, ""), "saved"))
}
