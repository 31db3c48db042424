//! Guidance at home that the bureau assigned to the centre.

use actix_web::{HttpResponse, get, post, web::Data};
use entity::{GuidanceId, GuidanceStatus};

use super::super::{
    bureau::guidance::{answer, state, wished},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, text},
    values::dash,
    view::View,
};
use crate::{
    error::Result,
    features::{
        auth::Desk,
        guidance::{
            dto::{GuidanceAnswerIn, GuidancePageQuery},
            staff,
        },
    },
    http::{Idempotency, Path, Query},
    state::Ctx,
};

#[get("/guidance")]
pub(super) async fn desk_guidance(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<GuidancePageQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("孩子", "Child"),
        t("月龄", "Months"),
        t("主题", "About"),
        t("上门日期", "On"),
        t("期望日期", "Wished"),
        t("地址", "Address"),
        t("状态", "State"),
        t("答复", "Answer"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("入户指导", "Guidance at home"), &columns);
    let page = shell.list(&query, async |query| staff::desk_page(&ctx, &desk, query).await).await?;
    for request in &page.items {
        let place = request.address.as_ref().map(|address| format!("{} {address}", request.township));
        let live = request.status == GuidanceStatus::Assigned;
        let form = || (t("答复", "Answer").to_owned(), answer(&shell, format!("/desk/guidance/{}/answer", request.id)));
        table.row(vec![
            text(dash(request.child_name.clone())),
            text(request.age_months.to_string()),
            text(shell.word(request.topic.zh(), request.topic.as_str())),
            text(dash(request.visit_on)),
            text(wished(&shell, request)),
            text(dash(place)),
            state(&shell, request),
            text(dash(request.answer.clone())),
            Cell::Forms(live.then(form).into_iter().collect()),
        ]);
    }
    View::new(&shell, t("入户指导", "Guidance at home"))
        .text(
            "由民生保障局安排到本园的入户指导。地址在答复或家长撤回后立即删除，请勿另行记录。",
            "What the bureau assigned to the centre. The address is deleted at the end; don't write it down elsewhere.",
        )
        .table(table.rest(&shell, page.rest))
        .answer(&ctx)
}

#[post("/guidance/{id}/answer")]
pub(super) async fn desk_answer_guidance(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<GuidanceId>,
    key: Idempotency,
    Form(form): Form<GuidanceAnswerIn>,
) -> Result<HttpResponse> {
    staff::desk_answer(&ctx, &desk, &key, id.0, form).await?;
    Ok(see("/desk/guidance", "sent"))
}
