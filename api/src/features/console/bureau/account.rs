//! One's own account: the second factor.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};

use super::super::{
    fields::Fields,
    form::Form,
    shell::{Shell, see},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result},
    features::auth::{Staff, factor_dto::SecondFactorCodeIn, second_factor},
    http::{
        Idempotency,
        observe::Body,
        picture,
        ratelimit::{SECOND_FACTOR, limit},
    },
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_account)
        .service(bureau_begin_factor)
        .service(bureau_confirm_factor)
        .service(bureau_turn_off_factor);
}

const HERE: &str = "/bureau/account";

#[get("/account")]
async fn bureau_account(ctx: Data<Ctx>, shell: Shell, staff: Staff) -> Result<HttpResponse> {
    let state = second_factor::state(&ctx, &staff).await?;
    let t = |zh, en| shell.t(zh, en);
    let view = View::new(&shell, t("我的账号", "My account")).heading("二次验证", "Second factor");
    if state.on {
        return view
            .text("登录时需要验证器中的动态验证码。", "Sign-in asks for a code of your authenticator.")
            .facts(&[("剩余恢复码", "Recovery codes left", state.recovery_codes_left.to_string())])
            .form(
                code_form(&shell, "/bureau/account/turn-off", t("关闭二次验证", "Turn it off"))
                    .legend(t("关闭", "Turn it off")),
            )
            .answer(&ctx);
    }
    view.text(
        "建议开启：密码之外，再用手机验证器（如微软验证器、腾讯身份验证器）的动态验证码登录。",
        "Turn it on: besides the password, sign-in then takes a code of an authenticator app.",
    )
    .form(Fields::post(&shell, "/bureau/account/second-factor", t("开启二次验证", "Set it up")))
    .answer(&ctx)
}

fn code_form(shell: &Shell, action: &str, button: &str) -> Fields {
    Fields::post(shell, action, button).text("code", shell.t("动态验证码", "Code"), "", 32)
}

fn confirm_form(shell: &Shell) -> Fields {
    code_form(shell, "/bureau/account/confirm", shell.t("确认开启", "Turn it on"))
}

/// The secret is shown here, once.
#[post("/account/second-factor")]
async fn bureau_begin_factor(ctx: Data<Ctx>, shell: Shell, staff: Staff, key: Idempotency) -> Result<HttpResponse> {
    limit(&ctx, &SECOND_FACTOR, &staff.staff_id.to_string()).await?;
    let made = second_factor::begin(&ctx, &staff, &key).await?.answer()?;
    let svg = picture::svg(&made.otpauth_url, None)?;
    let svg =
        svg.find("<svg").map_or("", |at| &svg[at..]).replacen("<svg ", "<svg class=\"qr\" aria-hidden=\"true\" ", 1);
    View::new(&shell, shell.t("开启二次验证", "Set up the second factor"))
        .part(Part::Picture(
            svg,
            shell.t("用验证器扫描；扫不了时手工输入下面的密钥。", "Scan it, or type in the secret.").to_owned(),
        ))
        .part(Part::Codes(vec![made.secret]))
        .form(confirm_form(&shell))
        .answer(&ctx)
}

/// The recovery codes are shown here, once.
#[post("/account/confirm")]
async fn bureau_confirm_factor(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    staff: Staff,
    key: Idempotency,
    sent: Result<Form<SecondFactorCodeIn>, Problem>,
) -> Result<HttpResponse> {
    limit(&ctx, &SECOND_FACTOR, &staff.staff_id.to_string()).await?;
    let confirmed = async { second_factor::confirm(&ctx, &staff, &key, &sent?.0.code).await?.answer() };
    let view = View::new(&shell, shell.t("二次验证", "Second factor"));
    match confirmed.await {
        Ok(made) => view
            .text(
                "已开启。请保存恢复码：手机丢失时每个可用一次，只显示这一次。",
                "It is on. Keep these recovery codes: each works once when the phone is lost. Shown only now.",
            )
            .part(Part::Codes(made.recovery_codes))
            .part(Part::Links(vec![(shell.t("我已保存", "I have kept them").to_owned(), HERE.to_owned())]))
            .answer(&ctx),
        // The secret was shown: only the code is asked for again.
        Err(problem) => view.form(confirm_form(&shell).again(&shell, &Body::of(&req), &problem)).answer(&ctx),
    }
}

#[post("/account/turn-off")]
async fn bureau_turn_off_factor(
    ctx: Data<Ctx>,
    staff: Staff,
    Form(form): Form<SecondFactorCodeIn>,
) -> Result<HttpResponse> {
    limit(&ctx, &SECOND_FACTOR, &staff.staff_id.to_string()).await?;
    second_factor::turn_off(&ctx, &staff, &form.code).await?;
    Ok(see(HERE, "saved"))
}
