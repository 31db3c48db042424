//! Ratings and replies. Nothing says whose a rating is.

use actix_web::{HttpResponse, get, post, web::Data};
use askama::Template;
use entity::RatingAliasId;
use serde::Deserialize;

use super::super::{
    form::Form,
    shell::{Shell, see, show},
};
use crate::{
    error::Result,
    features::{
        auth::Desk,
        ratings::{
            replies,
            reply_dto::{DeskRatingOut, DeskRatingsQuery},
        },
    },
    http::{Cursor, Limit, Month, Paragraph, Path, Query},
    state::Ctx,
};

#[derive(Deserialize)]
pub(super) struct ListQuery {
    month: Option<Month>,
    cursor: Option<Cursor>,
}

#[derive(Template)]
#[template(path = "console/desk/ratings.html")]
struct RatingsPage {
    shell: Shell,
    month: String,
    ratings: Vec<DeskRatingOut>,
    next: Option<String>,
}

const LEVELS: [(&str, &str); 5] = [
    ("非常不满意", "very dissatisfied"),
    ("不满意", "dissatisfied"),
    ("一般", "neither"),
    ("满意", "satisfied"),
    ("非常满意", "very satisfied"),
];

impl RatingsPage {
    fn level(&self, rating: &DeskRatingOut) -> &'static str {
        let at = usize::try_from(rating.level).unwrap_or(1).clamp(1, 5) - 1;
        self.shell.t(LEVELS[at].0, LEVELS[at].1)
    }
}

#[get("/ratings")]
pub(super) async fn desk_ratings(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse> {
    let month = query.month.map_or_else(String::new, |month| month.to_string());
    let asked = DeskRatingsQuery { month: query.month, limit: Limit::default(), cursor: query.cursor };
    let found = replies::page(&ctx, desk.centre_id, asked).await?;
    let next = found.next_cursor.map(|cursor| format!("/desk/ratings?month={month}&cursor={cursor}"));
    show(&RatingsPage { shell, month, ratings: found.items, next })
}

#[derive(Deserialize)]
pub(super) struct ReplyForm {
    text: Paragraph<500>,
}

#[post("/ratings/{id}/reply")]
pub(super) async fn desk_rating_reply(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<RatingAliasId>,
    Form(form): Form<ReplyForm>,
) -> Result<HttpResponse> {
    replies::write(&ctx, &desk, id.0, Some(form.text.into_inner())).await?;
    Ok(see("/desk/ratings", "sent"))
}

#[post("/ratings/{id}/reply/withdraw")]
pub(super) async fn desk_reply_withdraw(ctx: Data<Ctx>, desk: Desk, id: Path<RatingAliasId>) -> Result<HttpResponse> {
    replies::write(&ctx, &desk, id.0, None).await?;
    Ok(see("/desk/ratings", "saved"))
}
