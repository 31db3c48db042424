//! Events: the list, and the form of a new one.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{CampaignId, EventKind, EventStatus};
use serde::Deserialize;

use super::super::{
    fields::{Choice, Fields, any_of, choices},
    form::{Form, needed},
    shell::{Shell, see},
    table::{Cell, Table, link, number, text},
    values::{LocalTime, field_time, minute},
    view::View,
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Bureau,
        events::{
            dto::{BureauEventsQuery, EventIn, EventOut, EventPatch},
            service,
        },
        vouchers::{dto::VoucherPageQuery, service::campaigns},
    },
    http::{Idempotency, Limit, Line, Moment, Once, Paragraph, Query, Whole, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_events).service(bureau_new_event).service(bureau_create_event);
}

const LIST: &str = "/bureau/events";

#[get("/events")]
async fn bureau_events(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<BureauEventsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let kinds = EventKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), Some(*kind) == query.kind));
    let states = EventStatus::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == query.status));
    let filter = Fields::filter(&shell, LIST)
        .choice("kind", t("类型", "Kind"), any_of(&shell, kinds))
        .choice("township", t("乡镇", "Township"), townships(&ctx, t("全部", "All"), query.township.as_deref()))
        .choice("status", t("状态", "State"), any_of(&shell, states))
        .date("from", t("从", "From"), query.from.map(|day| day.to_string()).unwrap_or_default());
    let page = shell.list(&query, async |query| service::page(&ctx, query).await).await?;
    let columns = [
        t("活动", "Event"),
        t("类型", "Kind"),
        t("时间", "When"),
        t("地点", "Where"),
        t("乡镇", "Township"),
        t("状态", "State"),
        t("#名额", "#Places"),
        t("#剩余", "#Left"),
    ];
    let mut table = Table::new(&shell, t("活动", "Events"), &columns);
    for event in page.items {
        table.row(vec![
            link(event.title, format!("{LIST}/{}", event.id)),
            text(shell.word(event.kind.zh(), event.kind.as_str())),
            text(minute(event.starts_at)),
            text(event.place),
            text(event.township.unwrap_or_else(|| t("全区", "whole district").to_owned())),
            state(&shell, event.status),
            number(event.places.into()),
            number(event.places_left.into()),
        ]);
    }
    View::new(&shell, t("活动", "Events"))
        .links(&[("新建活动", "New event", "/bureau/events/new")])
        .form(filter)
        .table(table.rest(&shell, page.rest).whole(&shell, LIST))
        .answer(&ctx)
}

/// Its state, in a word with a colour.
pub(super) fn state(shell: &Shell, status: EventStatus) -> Cell {
    let class = match status {
        EventStatus::Draft => "wait",
        EventStatus::Published => "good",
        EventStatus::Cancelled => "bad",
    };
    Cell::Mark(class, shell.word(status.zh(), status.as_str()))
}

fn townships(ctx: &Ctx, first: &str, chosen: Option<&str>) -> Vec<Choice> {
    let known = ctx.catalogue.townships();
    let names = known.iter().map(|name| (name.clone(), name.clone(), Some(&**name) == chosen));
    std::iter::once((String::new(), first.to_owned(), chosen.is_none())).chain(names).collect()
}

/// The latest campaigns, and the chosen one.
async fn campaign_choices(ctx: &Ctx, shell: &Shell, chosen: Option<CampaignId>) -> Result<Vec<Choice>> {
    let page = campaigns::bureau_page(ctx, &VoucherPageQuery { limit: Limit(100), cursor: None }).await?;
    let none = (String::new(), shell.t("不发放", "none").to_owned(), chosen.is_none());
    let mut all = vec![none];
    all.extend(page.items.into_iter().map(|one| (one.id.to_string(), one.name, Some(one.id) == chosen)));
    if let Some(id) = chosen
        && !all.iter().any(|(.., chosen)| *chosen)
    {
        all.push((id.to_string(), campaigns::bureau_read(ctx, id).await?.name, true));
    }
    Ok(all)
}

/// What the form sends. Empty fields don't arrive.
#[derive(Deserialize)]
pub(super) struct EventForm {
    kind: Option<EventKind>,
    title: Option<Line<60>>,
    text: Option<Paragraph<2000>>,
    place: Option<Line<100>>,
    township: Option<Line<30>>,
    starts_at: Option<LocalTime>,
    ends_at: Option<LocalTime>,
    signup_until: Option<LocalTime>,
    places: Option<Whole<1, 100_000>>,
    persons_max: Option<Whole<1, 20>>,
    campaign_id: Option<CampaignId>,
    /// The word of what the form was filled with; of a new one none.
    seen: Option<Line<64>>,
}

const fn moment(LocalTime(at): LocalTime) -> Moment {
    Moment(at)
}

impl EventForm {
    fn into_new(self) -> Result<EventIn> {
        Ok(EventIn {
            kind: needed("kind", self.kind)?,
            title: needed("title", self.title)?,
            text: needed("text", self.text)?,
            place: needed("place", self.place)?,
            township: self.township,
            starts_at: moment(needed("starts_at", self.starts_at)?),
            ends_at: moment(needed("ends_at", self.ends_at)?),
            signup_until: self.signup_until.map(moment),
            places: needed("places", self.places)?,
            persons_max: self.persons_max,
            campaign_id: self.campaign_id,
        })
    }

    /// Of one that is there: no campaign chosen is none, no township the whole district.
    pub(super) fn into_patch(self) -> EventPatch {
        EventPatch {
            seen: self.seen,
            kind: self.kind,
            township: Some(self.township),
            persons_max: self.persons_max,
            title: self.title,
            text: self.text,
            place: self.place,
            starts_at: self.starts_at.map(moment),
            ends_at: self.ends_at.map(moment),
            signup_until: self.signup_until.map(moment),
            places: self.places,
            campaign_id: Some(self.campaign_id),
        }
    }
}

/// The form; with what an event says, if there is one.
pub(super) async fn form(ctx: &Ctx, shell: &Shell, action: &str, old: Option<&EventOut>) -> Result<Fields> {
    let t = |zh, en| shell.t(zh, en);
    let said = |of: fn(&EventOut) -> String| old.map(of).unwrap_or_default();
    let kinds = EventKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), old.is_some_and(|old| old.kind == *kind)));
    let township = old.and_then(|event| event.township.as_deref());
    let fields = Fields::post(shell, action, t("保存", "Save"))
        .choice("kind", t("类型", "Kind"), choices(shell, kinds))
        .choice("township", t("面向", "For"), townships(ctx, t("全区", "the whole district"), township));
    let fields = fields
        .text("title", t("名称", "Name"), said(|event| event.title.clone()), 60)
        .area("text", t("给家长的说明", "Text for families"), said(|event| event.text.clone()), 2000)
        .text("place", t("地点", "Where"), said(|event| event.place.clone()), 100)
        .at("starts_at", t("开始", "Begins"), said(|event| field_time(event.starts_at)))
        .at("ends_at", t("结束", "Ends"), said(|event| field_time(event.ends_at)))
        .at("signup_until", t("报名截止", "Sign-ups until"), said(|event| field_time(event.signup_until)))
        .optional()
        .hint(t("不填：到活动开始", "empty: until it begins"))
        .number("places", t("名额（人）", "Places, persons"), old.map(|event| event.places.into()), (1, 100_000));
    let fields = fields
        .number(
            "persons_max",
            t("每户最多（人）", "Persons of a family at most"),
            old.map(|event| event.persons_max.into()),
            (1, 20),
        )
        .optional()
        .hint(if old.is_some() { t("不填：不变", "empty: as it is") } else { t("不填：3人", "empty: 3") });
    let chosen = old.and_then(|event| event.campaign_id);
    let given = campaign_choices(ctx, shell, chosen).await?;
    Ok(fields.choice("campaign_id", t("现场发放的体验券批次", "Campaign given out there"), given))
}

async fn new_page(ctx: &Ctx, shell: &Shell, wrong: Option<(&[u8], &Problem)>) -> Result<HttpResponse> {
    let form = form(ctx, shell, LIST, None).await?;
    let form = match wrong {
        Some((body, problem)) => form.again(shell, body, problem),
        None => form,
    };
    View::new(shell, shell.t("新建活动（草稿）", "A new event, as a draft")).form(form).answer(ctx)
}

#[get("/events/new")]
async fn bureau_new_event(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    new_page(&ctx, &shell, None).await
}

#[post("/events")]
async fn bureau_create_event(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    sent: Result<Form<EventForm>, Problem>,
) -> Result<HttpResponse> {
    let made = async { service::create(&ctx, &bureau, &key, sent?.0.into_new()?).await };
    match made.await {
        Ok(Once::First(event)) => Ok(see(&format!("{LIST}/{}", event.id), "saved")),
        Ok(Once::Again(_)) => Ok(see(LIST, "saved")),
        Err(problem) => new_page(&ctx, &shell, Some((&Body::of(&req), &problem))).await,
    }
}
