//! Complaints: who has which, and the answers.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{AccountStatus, ComplaintId, ComplaintStatus, StaffId, StaffRole, TextStatus};
use serde::Deserialize;

use super::super::{
    fields::{Choice, Fields, any_of, yes_or_no},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, text},
    values::{Names, dash, minute},
    view::View,
};
use crate::{
    error::Result,
    features::{
        auth::{Bureau, staff, staff_dto::StaffQuery},
        complaints::{
            dto::{BureauComplaintOut, BureauComplaintsQuery, ComplaintAnswerIn, ComplaintAssignIn},
            service,
        },
    },
    http::{Idempotency, Limit, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_complaints)
        .service(bureau_take_complaint)
        .service(bureau_assign_complaint)
        .service(bureau_answer_complaint);
}

#[get("/complaints")]
async fn bureau_complaints(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    Query(query): Query<BureauComplaintsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let words = ComplaintStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter = Fields::filter(&shell, "/bureau/complaints")
        .choice("status", t("状态", "State"), any_of(&shell, words))
        .choice("overdue", t("是否超期", "Overdue"), yes_or_no(&shell, query.overdue));
    let page = shell.list(&query, async |query| service::page(&ctx, query).await).await?;
    let people = page.items.iter().flat_map(|complaint| [complaint.assigned_to, complaint.answered_by]);
    let names = Names::of(&ctx, people.flatten()).await?;
    let officers = officers(&ctx).await?;
    let columns = [
        t("机构", "Centre"),
        t("内容", "What it says"),
        t("状态", "State"),
        t("提出时间", "Since"),
        t("办理期限", "Due"),
        t("经办", "Who has it"),
        t("答复", "Answer"),
        t("家长是否满意", "Family satisfied"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("投诉", "Complaints"), &columns);
    for complaint in &page.items {
        table.row(vec![
            text(complaint.centre_name.clone().unwrap_or_else(|| complaint.centre_id.to_string())),
            text(said(&shell, complaint)),
            state(&shell, complaint),
            text(minute(complaint.created_at)),
            text(minute(complaint.due_at)),
            text(names.get(complaint.assigned_to)),
            text(dash(complaint.answer.clone())),
            satisfied(&shell, complaint),
            Cell::Forms(deeds(&shell, bureau.staff_id, complaint, &officers)),
        ]);
    }
    View::new(&shell, t("投诉", "Complaints"))
        .form(filter)
        .table(table.rest(&shell, page.rest).whole(&shell, "/bureau/complaints"))
        .answer(&ctx)
}

/// What the family wrote, or the rating behind it.
fn said(shell: &Shell, complaint: &BureauComplaintOut) -> String {
    let rating = complaint.rating.as_ref().map(|rating| {
        let words = rating.text.as_deref().unwrap_or("");
        format!("{} {} {} {words}", shell.t("评分", "Level"), rating.level, rating.care_date)
    });
    let hidden = complaint.text_status == Some(TextStatus::Hidden);
    let mark = if hidden { shell.t("〔审核未通过〕", "[hidden by moderation] ") } else { "" };
    let words = complaint.text.as_ref().map(|text| format!("{mark}{text}"));
    dash(words.or(rating))
}

fn state(shell: &Shell, complaint: &BureauComplaintOut) -> Cell {
    let word = shell.word(complaint.status.zh(), complaint.status.as_str());
    if complaint.overdue {
        return Cell::Mark("bad", format!("{word} · {}", shell.t("已超期", "overdue")));
    }
    let class = match complaint.status {
        ComplaintStatus::Open | ComplaintStatus::Assigned => "wait",
        ComplaintStatus::Answered | ComplaintStatus::Closed => "good",
        ComplaintStatus::Withdrawn => "plain",
    };
    Cell::Mark(class, word)
}

/// What the family said of the answer.
fn satisfied(shell: &Shell, complaint: &BureauComplaintOut) -> Cell {
    match complaint.satisfied {
        Some(true) => Cell::Mark("good", shell.t("满意", "yes").to_owned()),
        Some(false) => Cell::Mark("bad", shell.t("不满意", "no").to_owned()),
        None => text("—"),
    }
}

/// Who can be given a complaint: accounts of the bureau that are in use.
async fn officers(ctx: &Ctx) -> Result<Vec<(StaffId, String)>> {
    let mut all = Vec::new();
    for role in [StaffRole::Officer, StaffRole::Admin] {
        let status = Some(AccountStatus::Active);
        let query = StaffQuery { centre_id: None, role: Some(role), status, limit: Limit(100), cursor: None };
        let accounts = staff::page(ctx, &query).await?.items.into_iter();
        all.extend(accounts.map(|account| (account.id, format!("{}（{}）", account.name, role.zh()))));
    }
    Ok(all)
}

/// One that is open, or another's, can be taken, and given to a colleague; one's own is answered.
fn deeds(
    shell: &Shell,
    me: StaffId,
    complaint: &BureauComplaintOut,
    officers: &[(StaffId, String)],
) -> Vec<(String, Fields)> {
    let t = |zh, en| shell.t(zh, en);
    let href = |rest: &str| format!("/bureau/complaints/{}/{rest}", complaint.id);
    let mine = complaint.assigned_to == Some(me);
    let mut deeds = Vec::new();
    if !matches!(complaint.status, ComplaintStatus::Open | ComplaintStatus::Assigned) {
        return deeds;
    }
    if !mine {
        let take = Fields::post(shell, href("take"), t("由我办理", "Take it"));
        let take = match complaint.assigned_to {
            Some(other) => take.hidden("instead_of", other.to_string()),
            None => take,
        };
        deeds.push((t("受理", "Take").to_owned(), take));
    }
    let others: Vec<Choice> = officers
        .iter()
        .filter(|(id, _)| *id != me && Some(*id) != complaint.assigned_to)
        .map(|(id, name)| (id.to_string(), name.clone(), false))
        .collect();
    if !others.is_empty() {
        let assign = Fields::post(shell, href("assign"), t("转交办理", "Give it to them"));
        let assign = assign.choice("staff_id", t("经办人", "Who is to have it"), others);
        let assign = match complaint.assigned_to {
            Some(other) => assign.hidden("instead_of", other.to_string()),
            None => assign,
        };
        deeds.push((t("分派", "Assign").to_owned(), assign));
    }
    if mine || complaint.assigned_to.is_none() {
        let answer = Fields::post(shell, href("answer"), t("答复家长", "Answer")).area(
            "text",
            t("答复（家长可见）", "The family reads it"),
            "",
            1000,
        );
        deeds.push((t("答复", "Answer").to_owned(), answer));
    }
    deeds
}

#[derive(Deserialize)]
struct TakeForm {
    instead_of: Option<StaffId>,
}

#[post("/complaints/{id}/take")]
async fn bureau_take_complaint(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ComplaintId>,
    key: Idempotency,
    Form(form): Form<TakeForm>,
) -> Result<HttpResponse> {
    let body = ComplaintAssignIn { staff_id: bureau.staff_id, instead_of: form.instead_of };
    service::assign(&ctx, &bureau, &key, id.0, body).await?;
    Ok(see("/bureau/complaints", "saved"))
}

#[post("/complaints/{id}/assign")]
async fn bureau_assign_complaint(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ComplaintId>,
    key: Idempotency,
    Form(form): Form<ComplaintAssignIn>,
) -> Result<HttpResponse> {
    service::assign(&ctx, &bureau, &key, id.0, form).await?;
    Ok(see("/bureau/complaints", "saved"))
}

#[post("/complaints/{id}/answer")]
async fn bureau_answer_complaint(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<ComplaintId>,
    key: Idempotency,
    Form(form): Form<ComplaintAnswerIn>,
) -> Result<HttpResponse> {
    service::answer(&ctx, &bureau, &key, id.0, form).await?;
    Ok(see("/bureau/complaints", "sent"))
}
