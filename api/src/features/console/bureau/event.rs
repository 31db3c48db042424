//! One event: publishing and cancelling it, who has signed up and who came, and the vouchers given out there.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{EventId, EventStatus, SignupStatus};
use serde::Deserialize;

use super::{
    super::{
        fields::{Fields, any_of},
        form::Form,
        shell::{Shell, see},
        table::{Button, Cell, Table, number, text},
        values::minute,
        view::{Part, View},
    },
    events::{EventForm, form},
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::Bureau,
        events::{
            dto::{BureauSignupsQuery, EventCancelIn, EventOut},
            service,
            signups::{self, Standing},
        },
    },
    http::{Idempotency, Path, Query, Whole, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_event)
        .service(bureau_edit_event)
        .service(bureau_publish_event)
        .service(bureau_cancel_event)
        .service(bureau_mark_attended)
        .service(bureau_unmark_attended)
        .service(bureau_mark_no_show);
}

fn href(id: EventId, rest: &str) -> String {
    format!("/bureau/events/{id}{rest}")
}

#[get("/events/{id}")]
async fn bureau_event(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    id: Path<EventId>,
    Query(query): Query<BureauSignupsQuery>,
) -> Result<HttpResponse> {
    let standing = signups::standing(&ctx, id.0).await?;
    let event = &standing.event;
    let edit = (
        shell.t("修改", "Change").to_owned(),
        form(&ctx, &shell, &href(id.0, "/edit"), Some(event)).await?.hidden("seen", event.seen.clone()),
    );
    let mut view =
        facts(&shell, View::new(&shell, event.title.clone()), &standing).part(Part::Text(event.text.clone()));
    if let Some(campaign) = event.campaign_id {
        view = view.links(&[("现场发放的批次", "The campaign", &format!("/bureau/campaigns/{campaign}"))]);
    }
    if event.status != EventStatus::Cancelled {
        view = deeds(&shell, view, event).forms(vec![edit]);
    }
    let table = listed(&ctx, &shell, event, &query).await?;
    let states = SignupStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter =
        Fields::filter(&shell, &href(id.0, "")).choice("status", shell.t("状态", "State"), any_of(&shell, states));
    view.heading("报名", "Sign-ups").form(filter).table(table).answer(&ctx)
}

fn facts(shell: &Shell, view: View, standing: &Standing) -> View {
    let event = &standing.event;
    let persons = |status| {
        let (families, persons) = standing.signed(status);
        shell.told(&Text::new(format!("{persons}人，{families}户"), format!("{persons} persons, {families} families")))
    };
    let vouchers = standing.vouchers.map_or_else(|| "—".to_owned(), |given| given.to_string());
    let district = || shell.t("全区", "the whole district").to_owned();
    view.facts(&[
        ("类型", "Kind", shell.word(event.kind.zh(), event.kind.as_str())),
        ("状态", "State", shell.word(event.status.zh(), event.status.as_str())),
        ("取消原因", "Why it was cancelled", event.cancel_reason.clone().unwrap_or_else(|| "—".to_owned())),
        ("开始", "Begins", minute(event.starts_at)),
        ("结束", "Ends", minute(event.ends_at)),
        ("报名截止", "Sign-ups until", minute(event.signup_until)),
        ("地点", "Where", event.place.clone()),
        ("面向", "For", event.township.clone().unwrap_or_else(district)),
        ("名额", "Places", format!("{} / {}", event.places_left, event.places)),
        ("每户最多", "Persons of a family at most", event.persons_max.to_string()),
        ("已报名", "Signed up", persons(SignupStatus::SignedUp)),
        ("候补", "Waiting", persons(SignupStatus::Waiting)),
        ("已到场", "Came", persons(SignupStatus::Attended)),
        ("到场家庭现场领取的体验券", "Vouchers claimed while it ran by who came", vouchers),
    ])
}

/// Publishing, cancelling, and who comes through the door.
fn deeds(shell: &Shell, view: View, event: &EventOut) -> View {
    let t = |zh, en| shell.t(zh, en);
    let cancel = Fields::reason(shell, href(event.id, "/cancel"), t("取消活动", "Cancel the event"))
        .hint(t("家长可见", "families read it"))
        .ask(t("已报名的家庭会收到通知，确定取消吗？", "Families who signed up are told. Cancel it?"));
    let cancel = (t("取消活动", "Cancel the event").to_owned(), cancel);
    if event.status == EventStatus::Draft {
        let publish = Fields::post(shell, href(event.id, "/publish"), t("发布", "Publish"));
        return view.form(publish).forms(vec![cancel]);
    }
    let number = Fields::post(shell, href(event.id, "/attended"), t("登记到场", "Has come"))
        .legend(t("到场登记", "At the door"))
        .number("number", t("报名号", "Number of the sign-up"), None, (1, 1_000_000));
    view.form(number).forms(vec![cancel])
}

async fn listed(ctx: &Ctx, shell: &Shell, event: &EventOut, query: &BureauSignupsQuery) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns =
        [t("#报名号", "#Number"), t("#人数", "#Persons"), t("状态", "State"), t("报名时间", "When"), t("!操作", "!Do")];
    let mut table = Table::new(shell, t("报名", "Sign-ups"), &columns);
    let page = shell.list(query, async |query| signups::signups(ctx, event.id, &query).await).await?;
    for signup in page.items {
        let button = |rest: &str, label: &str, ask: Option<&str>| Button {
            action: href(event.id, rest),
            label: label.to_owned(),
            fields: vec![("number", signup.number.to_string())],
            ask: ask.map(ToOwned::to_owned),
        };
        let came = || button("/attended", t("到场", "Has come"), None);
        let missing = || {
            let ask =
                t("名额将让给现场候补的家庭，确定未到吗？", "Its place goes to who waits at the door. Didn't it come?");
            button("/no-show", t("未到", "Didn't come"), Some(ask))
        };
        let mistaken = || button("/not-attended", t("撤销到场", "Not come after all"), None);
        let class = match signup.status {
            SignupStatus::SignedUp | SignupStatus::Attended => "good",
            SignupStatus::Waiting => "wait",
            SignupStatus::Withdrawn => "plain",
        };
        let begun = ctx.clock.now() >= event.starts_at.0;
        let buttons = match signup.status {
            _ if event.status != EventStatus::Published => Vec::new(),
            SignupStatus::SignedUp if begun => vec![came(), missing()],
            SignupStatus::SignedUp => vec![came()],
            SignupStatus::Waiting | SignupStatus::Withdrawn if begun && signup.persons <= event.places_left => {
                vec![came()]
            }
            SignupStatus::Attended => vec![mistaken()],
            SignupStatus::Waiting | SignupStatus::Withdrawn => Vec::new(),
        };
        table.row(vec![
            number(signup.number.into()),
            number(signup.persons.into()),
            Cell::Mark(class, shell.word(signup.status.zh(), signup.status.as_str())),
            text(minute(signup.created_at)),
            Cell::Buttons(buttons),
        ]);
    }
    let path = href(event.id, "/signups");
    Ok(table.rest(shell, page.rest).whole(shell, &path))
}

#[post("/events/{id}/edit")]
async fn bureau_edit_event(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<EventId>,
    sent: Result<Form<EventForm>, Problem>,
) -> Result<HttpResponse> {
    // One that isn't there is none, whatever was sent.
    signups::standing(&ctx, id.0).await?;
    let edited = async { service::edit(&ctx, &bureau, id.0, sent?.0.into_patch()).await };
    match edited.await {
        Ok(_) => Ok(see(&href(id.0, ""), "saved")),
        Err(problem) => {
            // What it says now stands above what was typed, and what is sent next is about that.
            let standing = signups::standing(&ctx, id.0).await?;
            let event = &standing.event;
            let again = form(&ctx, &shell, &href(id.0, "/edit"), Some(event)).await?;
            let again = again.again(&shell, &Body::of(&req), &problem).hidden("seen", event.seen.clone());
            facts(&shell, View::new(&shell, event.title.clone()), &standing).form(again).answer(&ctx)
        }
    }
}

#[post("/events/{id}/publish")]
async fn bureau_publish_event(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<EventId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    service::publish(&ctx, &bureau, &key, id.0).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/events/{id}/cancel")]
async fn bureau_cancel_event(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<EventId>,
    key: Idempotency,
    Form(form): Form<EventCancelIn>,
) -> Result<HttpResponse> {
    service::cancel(&ctx, &bureau, &key, id.0, form).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[derive(Deserialize)]
struct AttendedForm {
    number: Whole<1, 1_000_000>,
}

#[post("/events/{id}/attended")]
async fn bureau_mark_attended(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<EventId>,
    key: Idempotency,
    Form(form): Form<AttendedForm>,
) -> Result<HttpResponse> {
    signups::attended(&ctx, &bureau, &key, (id.0, form.number.0)).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/events/{id}/not-attended")]
async fn bureau_unmark_attended(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<EventId>,
    key: Idempotency,
    Form(form): Form<AttendedForm>,
) -> Result<HttpResponse> {
    signups::not_attended(&ctx, &bureau, &key, (id.0, form.number.0)).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/events/{id}/no-show")]
async fn bureau_mark_no_show(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<EventId>,
    key: Idempotency,
    Form(form): Form<AttendedForm>,
) -> Result<HttpResponse> {
    signups::missed(&ctx, &bureau, &key, (id.0, form.number.0)).await?;
    Ok(see(&href(id.0, ""), "saved"))
}
