//! Staff accounts: closed, opened again, signed out, invited, their WeChat and second factor taken away.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{AccountStatus, StaffId, StaffRole};

use super::super::{
    fields::{Fields, any_of},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, code, text},
    values::{centre_name, minute, yes},
    view::{Part, View},
};
use crate::{
    error::Result,
    features::auth::{
        Bureau,
        bindings::{self, Keeper},
        second_factor,
        staff::{self, Deed},
        staff_dto::{StaffOut, StaffQuery, StaffReasonIn},
    },
    http::{
        Idempotency, Once, Path, Query,
        ratelimit::{INVITE, limit},
    },
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_staff)
        .service(bureau_close_staff)
        .service(bureau_reopen_staff)
        .service(bureau_sign_out_staff)
        .service(bureau_unbind_staff)
        .service(bureau_invite_staff)
        .service(bureau_reset_factor);
}

const LIST: &str = "/bureau/staff";

#[get("/staff")]
async fn bureau_staff(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    Query(query): Query<StaffQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let roles = StaffRole::ALL.iter().map(|role| (role.as_str(), role.zh(), Some(*role) == query.role));
    let states = AccountStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter = Fields::filter(&shell, LIST).choice("role", t("角色", "Role"), any_of(&shell, roles)).choice(
        "status",
        t("状态", "State"),
        any_of(&shell, states),
    );
    let page = shell.list(&query, async |query| staff::page(&ctx, &query).await).await?;
    let columns = [
        t("用户名", "User name"),
        t("姓名", "Name"),
        t("角色", "Role"),
        t("机构", "Centre"),
        t("状态", "State"),
        t("已绑微信", "WeChat"),
        t("二次验证", "Second factor"),
        t("创建时间", "Since"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("工作人员账号", "Staff accounts"), &columns);
    for account in &page.items {
        let class = if account.status == AccountStatus::Active { "good" } else { "bad" };
        table.row(vec![
            code(&account.username),
            text(account.name.clone()),
            text(shell.word(account.role.zh(), account.role.as_str())),
            text(account.centre_id.map_or_else(|| "—".to_owned(), |id| centre_name(&ctx, id))),
            Cell::Mark(class, shell.word(account.status.zh(), account.status.as_str())),
            text(yes(&shell, account.wechat_bound)),
            text(yes(&shell, account.second_factor)),
            text(minute(account.created_at)),
            Cell::Forms(deeds(&shell, &bureau, account)),
        ]);
    }
    View::new(&shell, t("工作人员", "Staff"))
        .form(filter)
        .table(table.rest(&shell, page.rest).whole(&shell, "/bureau/staff"))
        .answer(&ctx)
}

/// What the caller may do to an account: officers end access, administrators give it too.
fn deeds(shell: &Shell, bureau: &Bureau, account: &StaffOut) -> Vec<(String, Fields)> {
    let admin = bureau.role == StaffRole::Admin;
    let (own, open) = (account.id == bureau.staff_id, account.status == AccountStatus::Active);
    let theirs = admin || account.role.at_a_centre();
    let deed = |rest: &str, zh, en| {
        let name = shell.t(zh, en);
        (name.to_owned(), Fields::reason(shell, format!("{LIST}/{}/{rest}", account.id), name))
    };
    let mut deeds = Vec::new();
    if theirs && open && !own {
        deeds.push(deed("close", "停用", "Close"));
    }
    if theirs && !open {
        deeds.push(deed("reopen", "恢复", "Reopen"));
    }
    if theirs {
        deeds.push(deed("sign-out", "强制退出", "Sign out"));
    }
    if theirs && account.wechat_bound {
        deeds.push(deed("unbind", "解绑微信", "Unbind WeChat"));
    }
    if admin && open {
        let name = shell.t("邀请绑定微信", "Invite to WeChat");
        deeds.push((name.to_owned(), Fields::post(shell, format!("{LIST}/{}/invite", account.id), name)));
    }
    if admin && account.second_factor && !own {
        deeds.push(deed("reset-second-factor", "重置二次验证", "Reset second factor"));
    }
    deeds
}

async fn change(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: StaffId,
    deed: Deed,
    reason: &str,
) -> Result<HttpResponse> {
    staff::change(ctx, bureau, key, id, deed, reason).await?;
    Ok(see(LIST, "saved"))
}

#[post("/staff/{id}/close")]
async fn bureau_close_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    shell: Shell,
    Form(form): Form<StaffReasonIn>,
) -> Result<HttpResponse> {
    let done = staff::change(&ctx, &bureau, &key, id.0, Deed::Close, &form.reason).await?;
    let (complaints, visits) = match done {
        Once::First(done) => (done.complaints_handed_back, done.guidance_handed_back),
        Once::Again(_) => (0, 0),
    };
    if complaints + visits == 0 {
        return Ok(see(LIST, "saved"));
    }
    let t = |zh, en| shell.t(zh, en);
    View::new(&shell, t("账号已停用", "The account is closed"))
        .text(
            "该账号经办的以下事项已退回待办，请重新安排；已告知上门日期的家庭在重新安排后会收到新的通知。",
            "What it had is open again: name somebody else. Families are told anew once somebody is named.",
        )
        .facts(&[
            ("退回的投诉", "Complaints", complaints.to_string()),
            ("退回的入户指导", "Guidance at home", visits.to_string()),
        ])
        .links(&[
            ("投诉待受理", "Complaints nobody has taken", "/bureau/complaints?status=open"),
            ("入户指导待安排", "Guidance at home to assign", "/bureau/guidance?status=open"),
            ("返回", "Back", LIST),
        ])
        .answer(&ctx)
}

#[post("/staff/{id}/reopen")]
async fn bureau_reopen_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Form(form): Form<StaffReasonIn>,
) -> Result<HttpResponse> {
    change(&ctx, &bureau, &key, id.0, Deed::Reopen, &form.reason).await
}

#[post("/staff/{id}/sign-out")]
async fn bureau_sign_out_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Form(form): Form<StaffReasonIn>,
) -> Result<HttpResponse> {
    change(&ctx, &bureau, &key, id.0, Deed::SignOut, &form.reason).await
}

#[post("/staff/{id}/unbind")]
async fn bureau_unbind_staff(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Form(form): Form<StaffReasonIn>,
) -> Result<HttpResponse> {
    bindings::unbind(&ctx, Keeper::Bureau(&bureau), &key, id.0, &form.reason).await?;
    Ok(see(LIST, "saved"))
}

/// The code is shown here, once.
#[post("/staff/{id}/invite")]
async fn bureau_invite_staff(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    limit(&ctx, &INVITE, &bureau.staff_id.to_string()).await?;
    let invitation = bindings::invite(&ctx, Keeper::Bureau(&bureau), &key, id.0).await?.answer()?;
    View::new(&shell, shell.t("邀请码", "Invitation"))
        .text(
            "请将邀请码交给本人；只显示这一次，用过即失效。",
            "Hand this code to the member of staff: it is shown once and works once.",
        )
        .part(Part::Codes(vec![invitation.code]))
        .facts(&[("有效期至", "Until", minute(invitation.expires_at))])
        .part(Part::Links(vec![(shell.t("返回", "Back").to_owned(), LIST.to_owned())]))
        .answer(&ctx)
}

#[post("/staff/{id}/reset-second-factor")]
async fn bureau_reset_factor(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<StaffId>,
    key: Idempotency,
    Form(form): Form<StaffReasonIn>,
) -> Result<HttpResponse> {
    second_factor::reset(&ctx, &bureau, &key, id.0, &form.reason).await?;
    Ok(see(LIST, "saved"))
}
