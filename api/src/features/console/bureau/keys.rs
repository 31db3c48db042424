//! Access keys of other systems: administrators make them, see them once, and revoke them.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::AccessKeyId;
use serde::Deserialize;

use super::super::{
    fields::{Choice, Fields},
    form::Form,
    shell::{Shell, see},
    table::{Button, Cell, Table, code, text},
    values::{Lines, LocalTime, Names, centre_name, centres, dash, minute},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::{Bureau, scope::Scope},
        exchange::{
            dto::{AccessKeyIn, AccessKeysQuery},
            keys,
        },
    },
    http::{Idempotency, Line, Moment, Path, Query, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_keys).service(bureau_make_key).service(bureau_revoke_key);
}

const LIST: &str = "/bureau/keys";

#[get("/keys")]
async fn bureau_keys(
    ctx: Data<Ctx>,
    shell: Shell,
    _admin: Bureau,
    Query(query): Query<AccessKeysQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let filter = Fields::filter(&shell, LIST).choice(
        "centre_id",
        t("机构", "Centre"),
        centres(&ctx, t("全部", "All"), query.centre_id)?,
    );
    let read =
        async |query: AccessKeysQuery| keys::page(&ctx, query.centre_id, query.limit, query.cursor.as_ref()).await;
    let page = shell.list(&query, read).await?;
    let names = Names::of(&ctx, page.items.iter().map(|key| key.created_by)).await?;
    let columns = [
        t("用途", "For"),
        t("机构", "Centre"),
        t("可读取", "Reads"),
        t("是否有效", "Works"),
        t("到期", "Ends"),
        t("最近使用", "Last used"),
        t("创建", "Made"),
        t("编号", "Id"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("访问密钥", "Access keys"), &columns);
    for key in page.items {
        let revoke = Button {
            action: format!("{LIST}/{}/revoke", key.id),
            label: t("作废", "Revoke").to_owned(),
            fields: Vec::new(),
            ask: Some(t("作废后立即失效，不能恢复，确定吗？", "It stops at once and for good. Revoke it?").to_owned()),
        };
        let scopes: Vec<String> = key.scopes.iter().map(|scope| shell.word(scope.zh(), scope.as_str())).collect();
        table.row(vec![
            text(key.label),
            text(key.centre_id.map_or_else(|| t("全部机构", "all").to_owned(), |id| centre_name(&ctx, id))),
            text(scopes.join(t("、", ", "))),
            if key.live {
                Cell::Mark("good", t("有效", "yes").to_owned())
            } else {
                Cell::Mark("plain", t("已失效", "no").to_owned())
            },
            text(minute(key.expires_at)),
            text(dash(key.last_used_at.map(minute))),
            text(format!("{} {}", minute(key.created_at), names.get(Some(key.created_by)))),
            code(key.id),
            Cell::Buttons(if key.live { vec![revoke] } else { Vec::new() }),
        ]);
    }
    View::new(&shell, t("访问密钥", "Access keys"))
        .links(&[("数据推送", "Webhooks", "/bureau/webhooks")])
        .form(filter)
        .table(table.rest(&shell, page.rest))
        .form(make_form(&shell))
        .answer(&ctx)
}

/// Those of which a new one is asked for.
fn scopes(shell: &Shell) -> Vec<Choice> {
    let choice = |scope: &Scope| (scope.as_str().to_owned(), shell.word(scope.zh(), scope.as_str()), false);
    Scope::ALL.iter().map(choice).collect()
}

fn make_form(shell: &Shell) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    Fields::post(shell, LIST, t("创建", "Make it"))
        .legend(t("新建访问密钥", "A new access key"))
        .text("label", t("用途", "What it is for"), "", 60)
        .ticks("scopes[]", t("可读取", "May read"), scopes(shell))
        .at("expires_at", t("到期（一年以内）", "Ends, within a year"), "")
        .text("successor_of", t("接替的密钥编号", "The key that it follows"), "", 40)
        .optional()
        .hint(t("接替后儿童代号不变", "children keep their pseudonyms"))
}

#[derive(Deserialize)]
struct KeyForm {
    label: Line<60>,
    #[serde(default, rename = "scopes[]")]
    scopes: Lines<Scope>,
    expires_at: LocalTime,
    successor_of: Option<AccessKeyId>,
}

impl From<KeyForm> for AccessKeyIn {
    fn from(KeyForm { label, scopes, expires_at: LocalTime(at), successor_of }: KeyForm) -> Self {
        Self { label, scopes: scopes.0, expires_at: Moment(at), successor_of }
    }
}

/// The key is shown here, once.
#[post("/keys")]
async fn bureau_make_key(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    admin: Bureau,
    key: Idempotency,
    sent: Result<Form<KeyForm>, Problem>,
) -> Result<HttpResponse> {
    let view = View::new(&shell, shell.t("访问密钥", "Access keys"));
    let made = async { keys::make(&ctx, (&admin).into(), &key, sent?.0.into()).await?.answer() };
    match made.await {
        Ok(made) => view
            .text("请交给对方系统保存：只显示这一次。", "Hand it to the other system: it is shown only now.")
            .part(Part::Codes(made.key.into_iter().collect()))
            .links(&[("返回", "Back", LIST)])
            .answer(&ctx),
        Err(problem) => view.form(make_form(&shell).again(&shell, &Body::of(&req), &problem)).answer(&ctx),
    }
}

#[post("/keys/{id}/revoke")]
async fn bureau_revoke_key(
    ctx: Data<Ctx>,
    admin: Bureau,
    id: Path<AccessKeyId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    keys::revoke(&ctx, (&admin).into(), &key, id.0).await?;
    Ok(see(LIST, "saved"))
}
