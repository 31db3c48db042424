//! The poster of a campaign: a QR code with a plain link, or a mini-program code when WeChat is
//! configured.

use actix_web::{HttpResponse, get, web::Data};
use entity::CampaignId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::service::campaigns;
use crate::{
    error::{Code, Problem, Result, Text},
    features::auth::Bureau,
    http::{
        Path, Query, Refusals, Whole,
        picture::{self, Side},
    },
    platform::wechat::Class,
    state::Ctx,
};

/// Pixels of a mini-program code if no size is asked for; WeChat draws 280 to 1280.
const WIDTH: i32 = 430;

/// What a poster's code holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PosterKind {
    /// A plain link, as a QR code.
    Link,
    /// WeChat's round code, which opens the mini-program.
    MiniProgram,
}

/// Which poster.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PosterQuery {
    /// Without it a mini-program code where WeChat is configured, else a plain link.
    #[param(inline)]
    pub kind: Option<PosterKind>,
    /// Pixels of a side at most, 120 to 2000.
    #[param(value_type = Option<i32>, minimum = 120, maximum = 2000, example = 480)]
    pub size: Option<Side>,
}

/// Where a campaign's plain link leads.
fn link(ctx: &Ctx, id: CampaignId) -> String {
    format!("{}/api/v1/campaigns/{id}", ctx.settings.reached_at())
}

/// Get a campaign's poster as SVG
///
/// A QR code with a plain link to the campaign, to print at any size.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = CampaignId, Path, description = "The campaign"), picture::PictureQuery),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml"), Refusals))]
#[get("/bureau/campaigns/{id}/poster.svg")]
pub(super) async fn campaign_poster_svg(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<CampaignId>,
    Query(query): Query<picture::PictureQuery>,
) -> Result<HttpResponse> {
    campaigns::bureau_read(&ctx, id.0).await?;
    let picture = picture::svg(&link(&ctx, id.0), query.size)?;
    Ok(HttpResponse::Ok().content_type("image/svg+xml").body(picture))
}

/// Get a campaign's poster as a picture
///
/// A mini-program code where WeChat is configured (its scene is the campaign's id without prefix),
/// else a QR code with a plain link; `kind` chooses.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = CampaignId, Path, description = "The campaign"), PosterQuery),
    responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/png"), Refusals))]
#[get("/bureau/campaigns/{id}/poster.png")]
pub(super) async fn campaign_poster_png(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<CampaignId>,
    Query(query): Query<PosterQuery>,
) -> Result<HttpResponse> {
    campaigns::bureau_read(&ctx, id.0).await?;
    let picture = match query.kind {
        Some(PosterKind::Link) => None,
        kind => match mini_program(&ctx, id.0, query.size).await {
            None if kind.is_some() => {
                let text = Text::new(
                    "服务器未配置微信小程序，不能生成小程序码，请改用 kind=link。",
                    "WeChat isn't configured: use kind=link.",
                );
                return Err(Problem::field("kind", "not_configured", text));
            }
            made => made.transpose()?,
        },
    };
    let picture = picture.map_or_else(|| picture::png(&link(&ctx, id.0), query.size), Ok)?;
    // WeChat answers JPEG or PNG, as it likes.
    let content_type = if picture.starts_with(b"\xff\xd8") { "image/jpeg" } else { "image/png" };
    Ok(HttpResponse::Ok().content_type(content_type).body(picture))
}

async fn mini_program(ctx: &Ctx, id: CampaignId, size: Option<Side>) -> Option<Result<Vec<u8>>> {
    let width = size.map_or(WIDTH, |Whole(side)| side.clamp(280, 1280));
    let (page, scene) = (&ctx.settings.wechat_campaign_page, id.0.simple().to_string());
    let made = ctx.wechat.mini_program_code(&ctx.kv, page, &scene, width).await?;
    Some(made.map_err(|error| match error.class {
        Class::Configuration => {
            let text = Text::new(
                "微信拒绝生成小程序码，请检查小程序配置，或改用 kind=link。",
                "WeChat refuses: check the mini-program's settings, or use kind=link.",
            );
            Problem::from(error).detail(text)
        }
        Class::Token | Class::Limited | Class::Pace => Problem::from(error),
        // The scene and the page are ours: families see a busy WeChat, the log says more.
        Class::Caller | Class::Policy => Problem::new(Code::WxBusy),
    }))
}
