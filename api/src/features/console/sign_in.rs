//! Signing in to a console and out of it.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use askama::Template;
use serde::Deserialize;

use super::{
    form::Form,
    refusal::{self, from_here},
    shell::{Area, Shell, own, see, show},
};
use crate::{
    error::{Code, Problem, Result},
    features::auth::{Staff, cookie, service, sign_out_everywhere},
    http::{
        Line, Query,
        address::ClientAddress,
        ratelimit::{SIGN_IN_ADDRESS, SIGN_IN_STAFF, limit},
    },
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(sign_in_page).service(sign_in).service(console_sign_out).service(console_sign_out_everywhere);
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage<'a> {
    shell: Shell,
    next: &'a str,
    username: &'a str,
    /// Why it wasn't let in.
    wrong: Option<String>,
    /// The password was right; the code is missing.
    second: bool,
    demo: bool,
    /// What was typed into a form that came too late, and where that form goes.
    kept: &'a str,
    kept_to: &'a str,
}

#[derive(Deserialize)]
struct SignInQuery {
    next: Option<String>,
}

#[get("/sign-in")]
async fn sign_in_page(ctx: Data<Ctx>, shell: Shell, query: Query<SignInQuery>) -> Result<HttpResponse> {
    let home = shell.area.home();
    let next = own(query.0.next.as_deref(), home);
    let demo = ctx.settings.app_env == crate::config::AppEnv::Demo;
    show(&SignInPage { next, username: "", wrong: None, second: false, demo, kept: "", kept_to: "", shell })
}

#[derive(Deserialize)]
struct SignInForm {
    username: Line<64>,
    password: Line<128>,
    #[serde(default)]
    otp: Option<Line<32>>,
    #[serde(default)]
    next: Option<String>,
    /// As [`SignInPage`] has them.
    #[serde(default)]
    kept: String,
    #[serde(default)]
    kept_to: String,
}

#[post("/sign-in")]
async fn sign_in(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    address: ClientAddress,
    Form(form): Form<SignInForm>,
) -> Result<HttpResponse> {
    // A page of another site can't sign somebody in as somebody else. Browsers that don't say from which site a form
    // comes say from which origin.
    if from_here(&req) == Some(false) {
        return Err(Problem::new(Code::Forbidden));
    }
    limit(&ctx, &SIGN_IN_ADDRESS, &address.0).await?;
    limit(&ctx, &SIGN_IN_STAFF, &form.username).await?;
    let SignInForm { username, password, otp, next, kept, kept_to } = form;
    match service::sign_in_staff(&ctx, &username, password.into_inner(), otp.as_deref()).await {
        Ok(signed_in) => {
            let home = Area::of_role(signed_in.user.role).home();
            // A carer who came to the bureau's page lands at the desk.
            let next = own(next.as_deref(), home);
            let next = if next.starts_with(home) { next } else { home };
            let entered = shell.signed_in(signed_in.user.role, cookie::csrf_of(&ctx, &signed_in)?);
            let again = if entered.area.home() == home { refusal::kept(&ctx, entered, &kept_to, &kept) } else { None };
            let mut response = again.unwrap_or_else(|| Ok(see(next, "")))?;
            // A cookie of ours can't fail to be written.
            let _ = response.add_cookie(&cookie::signed_in(&ctx, &signed_in)?);
            Ok(response)
        }
        Err(problem) => {
            let second = problem.code() == Code::SecondFactorRequired;
            let demo = ctx.settings.app_env == crate::config::AppEnv::Demo;
            let next = own(next.as_deref(), shell.area.home());
            let wrong = Some(shell.told(problem.text()));
            let (kept, kept_to) = (&*kept, &*kept_to);
            let page = SignInPage { next, username: &username, wrong, second, demo, kept, kept_to, shell };
            let body = page.render().map_err(Problem::internal)?;
            Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body))
        }
    }
}

fn out(ctx: &Ctx, shell: &Shell) -> HttpResponse {
    let mut response = see(&format!("{}/sign-in", shell.area.home()), "");
    // A cookie of ours can't fail to be written.
    let _ = response.add_cookie(&cookie::removed(ctx));
    response
}

/// Ends this sign-in.
#[post("/sign-out")]
async fn console_sign_out(ctx: Data<Ctx>, staff: Staff, shell: Shell) -> Result<HttpResponse> {
    service::sign_out(&ctx, staff.session_id).await?;
    Ok(out(&ctx, &shell))
}

/// Ends every sign-in of the account, at consoles, in the mini-program and elsewhere.
#[post("/sign-out-everywhere")]
async fn console_sign_out_everywhere(ctx: Data<Ctx>, staff: Staff, shell: Shell) -> Result<HttpResponse> {
    sign_out_everywhere(&ctx, &staff).await?;
    Ok(out(&ctx, &shell))
}
