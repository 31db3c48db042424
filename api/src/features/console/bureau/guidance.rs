//! Requests for guidance at home: who comes and when, and what is answered.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use chrono::SecondsFormat;
use entity::{GuidanceId, GuidanceStatus, StaffId};
use serde::Deserialize;

use super::super::{
    fields::{Choice, Fields, any_of, yes_or_no},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, text},
    values::{Names, dash, minute, other_centre, with_other_centre},
    view::{Part, View},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        auth::Bureau,
        centres::all::{AllQuery, all},
        guidance::{
            dto::{BureauGuidanceQuery, GuidanceAnswerIn, GuidanceAssignIn, StaffGuidanceOut},
            rules::LIVE,
            staff,
        },
    },
    http::{Day, Idempotency, Limit, Line, Moment, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_guidance).service(bureau_assign_guidance).service(bureau_answer_guidance);
}

#[get("/guidance")]
async fn bureau_guidance(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    Query(query): Query<BureauGuidanceQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let states = GuidanceStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let mut townships: Vec<Choice> = vec![(String::new(), t("全部", "All").to_owned(), query.township.is_none())];
    townships.extend(ctx.catalogue.townships().iter().map(|name| {
        let chosen = query.township.as_deref() == Some(&**name);
        (name.clone(), name.clone(), chosen)
    }));
    let filter = Fields::filter(&shell, "/bureau/guidance")
        .choice("status", t("状态", "State"), any_of(&shell, states))
        .choice("township", t("乡镇", "Township"), townships)
        .choice("overdue", t("是否逾期", "Late"), yes_or_no(&shell, query.overdue));
    let filters = shell.filters();
    let page = shell.list(&query, async |query| staff::page(&ctx, bureau.staff_id, query).await).await?;
    let names = Names::of(&ctx, page.items.iter().filter_map(|request| request.staff_id)).await?;
    let comers = comers(&ctx, &shell)?;
    let columns = [
        t("申请时间", "Since"),
        t("乡镇", "Township"),
        t("主题", "About"),
        t("月龄", "Months"),
        t("期望日期", "Wished"),
        t("状态", "State"),
        t("上门", "Who comes"),
        t("上门日期", "On"),
        t("地址", "Address"),
        t("答复", "Answer"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(&shell, t("入户指导申请", "Requests for guidance at home"), &columns);
    for request in &page.items {
        let who = request.centre_name.clone().or_else(|| request.staff_id.map(|id| names.get(Some(id))));
        table.row(vec![
            text(minute(request.created_at)),
            text(request.township.clone()),
            text(shell.word(request.topic.zh(), request.topic.as_str())),
            text(request.age_months.to_string()),
            text(wished(&shell, request)),
            state(&shell, request),
            text(dash(who)),
            text(dash(request.visit_on)),
            text(dash(request.address.clone())),
            text(dash(request.answer.clone())),
            Cell::Forms(deeds(&shell, request, &comers)),
        ]);
    }
    View::new(&shell, t("入户指导", "Guidance at home"))
        .text(
            "地址只告知上门的机构或经办人，办结或撤回后立即删除。",
            "The address is told only to whoever comes, and deleted at the end.",
        )
        .form(filter)
        .table(table.rest(&shell, page.rest).downloads("/bureau/guidance", &filters))
        .answer(&ctx)
}

/// When somebody may come.
pub(in super::super) fn wished(shell: &Shell, request: &StaffGuidanceOut) -> String {
    let half = request.half.map(|half| format!(" {}", shell.word(half.zh(), half.as_str()))).unwrap_or_default();
    format!("{} – {}{half}", request.wished_from, request.wished_until)
}

/// Its state, in a word with a colour, and whether it is late.
pub(in super::super) fn state(shell: &Shell, request: &StaffGuidanceOut) -> Cell {
    let word = shell.word(request.status.zh(), request.status.as_str());
    if request.overdue {
        return Cell::Mark("bad", format!("{word} · {}", shell.t("已逾期", "late")));
    }
    let class = match request.status {
        GuidanceStatus::Open | GuidanceStatus::Assigned => "wait",
        GuidanceStatus::Done => "good",
        GuidanceStatus::Declined | GuidanceStatus::Withdrawn => "plain",
    };
    Cell::Mark(class, word)
}

/// Who may be named: oneself, or a centre in service.
fn comers(ctx: &Ctx, shell: &Shell) -> Result<Vec<Choice>> {
    let centres = all(ctx, &AllQuery { limit: Limit(200), ..AllQuery::default() })?.items.into_iter();
    let centres = centres.map(|centre| (centre.row.id.to_string(), centre.row.name.clone(), false));
    let me = (ME.to_owned(), shell.t("由我上门", "Myself").to_owned(), true);
    Ok(std::iter::once(me).chain(centres).collect())
}

const ME: &str = "me";

fn deeds(shell: &Shell, request: &StaffGuidanceOut, comers: &[Choice]) -> Vec<(String, Fields)> {
    let t = |zh, en| shell.t(zh, en);
    if !LIVE.contains(&request.status) {
        return Vec::new();
    }
    let href = |rest: &str| format!("/bureau/guidance/{}/{rest}", request.id);
    let named = request.status == GuidanceStatus::Assigned;
    let assign = Fields::post(shell, href("assign"), t("安排并告知家长", "Name them and tell the family")).choice(
        "to",
        t("上门的机构或人员", "Who comes"),
        comers.to_vec(),
    );
    let assign = with_other_centre(shell, assign)
        .date("visit_on", t("上门日期", "On"), dash_less(request))
        .hidden("handing_over", named.to_string());
    let assign = match request.assigned_at {
        Some(at) => assign.hidden("assigned_at", sent_moment(at)),
        None => assign,
    };
    let name = if named { t("改派", "Hand over") } else { t("安排", "Assign") };
    vec![(name.to_owned(), assign), (t("答复", "Answer").to_owned(), answer(shell, href("answer")))]
}

fn dash_less(request: &StaffGuidanceOut) -> String {
    request.visit_on.unwrap_or(request.wished_from).to_string()
}

/// How a request ends.
pub(in super::super) fn answer(shell: &Shell, action: String) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let outcome = |word: &str, zh, en, chosen| (word.to_owned(), t(zh, en).to_owned(), chosen);
    let outcomes = vec![
        outcome("done", "已上门完成", "somebody came", true),
        outcome("declined", "不能上门", "nobody comes", false),
    ];
    Fields::post(shell, action, t("答复家长", "Answer")).choice("outcome", t("结果", "Outcome"), outcomes).area(
        "text",
        t("答复（家长可见）", "The family reads it"),
        "",
        500,
    )
}

#[derive(Clone, Deserialize)]
struct AssignForm {
    to: Line<40>,
    other_centre: Option<Line<60>>,
    visit_on: Day,
    #[serde(default)]
    handing_over: bool,
    assigned_at: Option<Moment>,
    #[serde(default)]
    confirm: bool,
}

impl AssignForm {
    fn into_body(self, ctx: &Ctx, me: StaffId) -> Result<GuidanceAssignIn> {
        let Self { to, other_centre: typed, visit_on, handing_over, assigned_at, confirm } = self;
        let (centre_id, staff_id) = match typed {
            Some(typed) => (Some(other_centre(ctx, &typed)?), None),
            None if &*to == ME => (None, Some(me)),
            None => {
                let unknown = Text::new("请选择上门的机构或人员。", "Choose who comes.");
                (Some(to.parse().map_err(|_| Problem::field("to", "unknown", unknown))?), None)
            }
        };
        Ok(GuidanceAssignIn { centre_id, staff_id, visit_on, handing_over, assigned_at, confirm })
    }
}

#[post("/guidance/{id}/assign")]
async fn bureau_assign_guidance(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    id: Path<GuidanceId>,
    key: Idempotency,
    Form(form): Form<AssignForm>,
) -> Result<HttpResponse> {
    let sent = form.clone();
    match staff::assign(&ctx, &bureau, &key, id.0, form.into_body(&ctx, bureau.staff_id)?).await {
        Ok(_) => Ok(see("/bureau/guidance", "saved")),
        Err(problem) if problem.code() == Code::ConfirmationRequired => {
            View::new(&shell, shell.t("请确认上门日期", "A day outside the family's wish"))
                .part(Part::Text(shell.told(problem.text())))
                .form(confirm(&shell, id.0, sent))
                .part(Part::Links(vec![(shell.t("返回", "Back").to_owned(), "/bureau/guidance".to_owned())]))
                .answer(&ctx)
        }
        Err(problem) => Err(problem),
    }
}

/// The same once more, by whoever has asked the family.
fn confirm(shell: &Shell, id: GuidanceId, sent: AssignForm) -> Fields {
    let AssignForm { to, other_centre, visit_on, handing_over, assigned_at, confirm: _ } = sent;
    let label = shell.t("已与家长约好，安排并告知家长", "The family knows: name them and tell it");
    let mut again = Fields::post(shell, format!("/bureau/guidance/{id}/assign"), label)
        .hidden("to", to.into_inner())
        .hidden("visit_on", visit_on.to_string())
        .hidden("handing_over", handing_over.to_string())
        .hidden("confirm", "true");
    if let Some(centre) = other_centre {
        again = again.hidden("other_centre", centre.into_inner());
    }
    match assigned_at {
        Some(at) => again.hidden("assigned_at", sent_moment(at)),
        None => again,
    }
}

/// An instant as a form sends it, to the digit.
fn sent_moment(Moment(at): Moment) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[post("/guidance/{id}/answer")]
async fn bureau_answer_guidance(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<GuidanceId>,
    key: Idempotency,
    Form(form): Form<GuidanceAnswerIn>,
) -> Result<HttpResponse> {
    staff::answer(&ctx, &bureau, &key, id.0, form).await?;
    Ok(see("/bureau/guidance", "sent"))
}
