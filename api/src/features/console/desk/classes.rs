//! Classes and their prices: managers change them, carers read them.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use entity::{Band, CareType, ClassId, Confirmation, Fen, OfferUnit};
use serde::Deserialize;

use super::{
    super::{
        fields::{Fields, choices},
        form::Form,
        shell::{Shell, see},
        table::{Button, Cell, Table, number, text},
        values::{Yuan, yuan},
        view::{Part, View},
    },
    affected,
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::Desk,
        planning::{dto::DeskClassIn, service as planning},
        terms::{
            dto::{DeskClassNew, DeskClassOut, DeskOfferIn, DeskOfferOut},
            service,
        },
    },
    http::{Idempotency, Line, Path, Whole, observe::Body},
    state::Ctx,
};

#[get("/classes")]
pub(super) async fn desk_classes(ctx: Data<Ctx>, shell: Shell, desk: Desk) -> Result<HttpResponse> {
    let classes = service::classes(&ctx, &desk)?.items;
    let offers = service::offers(&ctx, &desk).await?.items;
    let centre = service::centre(&ctx, &desk)?;
    let manages = shell.manages();
    let t = |zh, en| shell.t(zh, en);
    let mut view = View::new(&shell, t("班级与价格", "Classes and prices"));
    if let Some(cap) = centre.price_cap_fen {
        let label = t("普惠限价（全日托每月）", "Cap on a month of full-day care");
        view = view.part(Part::Text(format!("{label} {} {}", yuan(cap), t("元", "yuan"))));
    }
    view = view.table(listed(&shell, &classes));
    if manages {
        view = view.forms(vec![(t("新设班级", "Open a class").to_owned(), new_class(&shell))]);
    }
    for class in &classes {
        view = view.part(Part::Heading(class.name.clone())).table(priced(&shell, class, &offers));
        if manages {
            view = view.forms(forms(&shell, class, &offers));
        }
    }
    view.answer(&ctx)
}

fn listed(shell: &Shell, classes: &[DeskClassOut]) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("班级", "Class"),
        t("年龄段", "Age band"),
        t("#托位", "#Places"),
        t("#常设保育人员", "#Carers"),
        t("#全日托保留", "#Kept for full days"),
        t("!操作", "!Do"),
    ];
    let mut table = Table::new(shell, t("班级", "Classes"), &columns);
    for class in classes {
        let close = Button {
            action: format!("/desk/classes/{}/close", class.id),
            label: t("停办", "Close").to_owned(),
            fields: Vec::new(),
            ask: Some(t("停办后不能再预约该班，确定吗？", "Nobody can book the class then. Close it?").to_owned()),
        };
        table.row(vec![
            text(class.name.clone()),
            text(t(class.band.zh(), class.band.as_str())),
            number(class.places.into()),
            number(class.carers.into()),
            number(class.kept_full_day.into()),
            if shell.manages() { Cell::Buttons(vec![close]) } else { text("—") },
        ]);
    }
    table
}

fn new_class(shell: &Shell) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let bands = Band::ALL.iter().map(|band| (band.as_str(), band.zh(), false));
    Fields::post(shell, "/desk/classes", t("保存", "Save"))
        .text("name", t("名称", "Name"), "", 20)
        .choice("band", t("年龄段", "Age band"), choices(shell, bands))
        .number("places", t("托位", "Places"), None, (1, 100))
        .number("carers", t("常设保育人员", "Carers"), None, (0, 100))
        .number("kept_full_day", t("全日托保留托位", "Kept for full days"), None, (0, 100))
        .optional()
}

fn priced(shell: &Shell, class: &DeskClassOut, offers: &[DeskOfferOut]) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("服务形式", "Care"),
        t("#价格（元）", "#Price (yuan)"),
        t("单位", "Unit"),
        t("#餐费（元/天）", "#Meals (yuan a day)"),
        t("确认方式", "Confirmation"),
        t("可预约", "Can be booked"),
    ];
    let mut table = Table::new(shell, &format!("{} · {}", class.name, t("价格", "prices")), &columns);
    for offer in offers.iter().filter(|offer| offer.class_id == class.id) {
        let open = if offer.active { ("good", t("是", "yes")) } else { ("plain", t("否", "no")) };
        table.row(vec![
            text(t(offer.care_type.zh(), offer.care_type.as_str())),
            Cell::Number(yuan(offer.price_fen)),
            text(t(offer.unit.zh(), offer.unit.as_str())),
            Cell::Number(yuan(offer.meals_fen)),
            text(t(offer.confirmation.zh(), offer.confirmation.as_str())),
            Cell::Mark(open.0, open.1.to_owned()),
        ]);
    }
    table
}

/// Places and carers, then each form of care.
fn forms(shell: &Shell, class: &DeskClassOut, offers: &[DeskOfferOut]) -> Vec<(String, Fields)> {
    let t = |zh, en| shell.t(zh, en);
    let name = |of: &str| format!("{}：{} · {of}", t("设置", "Set"), class.name);
    let mut forms = vec![(name(t("托位与人员", "places and carers")), size(shell, class))];
    for care in CareType::ALL.iter().copied() {
        let present = offers.iter().find(|offer| offer.class_id == class.id && offer.care_type == care);
        let form = Fields::post(shell, format!("/desk/classes/{}/offers/{care}", class.id), t("保存", "Save"));
        let form = terms(shell, form, care, present).hidden("seen", service::said(present));
        forms.push((name(t(care.zh(), care.as_str())), form));
    }
    forms
}

/// Places and carers of a class.
fn size(shell: &Shell, class: &DeskClassOut) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let whole = |form: Fields, name, label, value: i32| form.number(name, label, Some(value.into()), (0, 100));
    let form = Fields::post(shell, format!("/desk/classes/{}", class.id), t("保存", "Save"));
    let form = whole(form, "places", t("托位", "Places"), class.places);
    let form = whole(form, "carers", t("常设保育人员", "Carers"), class.carers);
    whole(form, "kept_full_day", t("全日托保留托位", "Kept for full days"), class.kept_full_day).stamped()
}

fn terms(shell: &Shell, form: Fields, care: CareType, present: Option<&DeskOfferOut>) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let units = OfferUnit::ALL.iter().map(|unit| (unit.as_str(), unit.zh(), present.is_some_and(|o| o.unit == *unit)));
    let kinds = Confirmation::ALL
        .iter()
        .map(|kind| (kind.as_str(), kind.zh(), present.is_some_and(|offer| offer.confirmation == *kind)));
    let money = |of: fn(&DeskOfferOut) -> Fen, or: &str| present.map_or_else(|| or.to_owned(), |offer| yuan(of(offer)));
    let whole = |of: fn(&DeskOfferOut) -> i32, or: i64| Some(present.map_or(or, |offer| of(offer).into()));
    let form = form
        .choice("unit", t("计价单位", "Unit"), choices(shell, units))
        .yuan("price", t("价格（元）", "Price (yuan)"), money(|offer| offer.price_fen, ""))
        .yuan("meals", t("餐费（元/天）", "Meals (yuan a day)"), money(|offer| offer.meals_fen, "0.00"))
        .number(
            "notice_minutes",
            t("至少提前（分钟）", "Notice (minutes)"),
            whole(|offer| offer.notice_minutes, 0),
            (0, 43_200),
        )
        .number("horizon_days", t("可预约天数", "Days ahead"), whole(|offer| offer.horizon_days, 90), (0, 365))
        .number(
            "cutoff_minutes",
            t("取消截止（开始前分钟）", "Cancellation (minutes before)"),
            whole(|offer| offer.cutoff_minutes, 0),
            (0, 43_200),
        )
        .choice("confirmation", t("确认方式", "Confirmation"), choices(shell, kinds))
        .tick("active", t("可预约", "Can be booked"), present.is_none_or(|offer| offer.active));
    if care != CareType::Hourly {
        return form;
    }
    form.number("min_minutes", t("最短（分钟）", "Shortest (minutes)"), whole(|offer| offer.min_minutes, 60), (30, 720))
}

#[derive(Deserialize)]
pub(super) struct ClassNewForm {
    name: Line<20>,
    band: Band,
    places: Whole<1, 100>,
    carers: Whole<0, 100>,
    kept_full_day: Option<Whole<0, 100>>,
}

#[post("/classes")]
pub(super) async fn desk_class_add(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    Form(form): Form<ClassNewForm>,
) -> Result<HttpResponse> {
    let ClassNewForm { name, band, places, carers, kept_full_day } = form;
    service::add_class(&ctx, &desk, &key, DeskClassNew { name, band, places, carers, kept_full_day }).await?;
    Ok(see("/desk/classes", "saved"))
}

#[derive(Deserialize)]
pub(super) struct ClassForm {
    places: Option<Whole<0, 100>>,
    carers: Option<Whole<0, 100>>,
    kept_full_day: Option<Whole<0, 100>>,
}

#[post("/classes/{id}")]
pub(super) async fn desk_class_change(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    id: Path<ClassId>,
    Form(form): Form<ClassForm>,
) -> Result<HttpResponse> {
    let ClassForm { places, carers, kept_full_day } = form;
    if let Some(class) = service::classes(&ctx, &desk)?.items.iter().find(|class| class.id == id.0) {
        let (form, body) = (size(&shell, class), Body::of(&req));
        if let Err(problem) = form.uncrossed(&body) {
            return View::new(&shell, class.name.clone()).form(form.again(&shell, &body, &problem)).answer(&ctx);
        }
    }
    let done = planning::change_class(&ctx, &desk, id.0, DeskClassIn { places, carers, kept_full_day }).await;
    affected::answer(&req, shell, done, "/desk/classes")
}

#[post("/classes/{id}/close")]
pub(super) async fn desk_class_close(ctx: Data<Ctx>, desk: Desk, id: Path<ClassId>) -> Result<HttpResponse> {
    service::close_class(&ctx, &desk, id.0).await?;
    Ok(see("/desk/classes", "saved"))
}

#[derive(Deserialize)]
pub(super) struct OfferForm {
    unit: OfferUnit,
    price: Yuan,
    meals: Yuan,
    min_minutes: Option<Whole<30, 720>>,
    notice_minutes: Whole<0, 43_200>,
    horizon_days: Whole<0, 365>,
    cutoff_minutes: Whole<0, 43_200>,
    confirmation: Confirmation,
    #[serde(default)]
    active: bool,
    /// The word of what the form was drawn with.
    seen: Option<String>,
}

fn amount<const MOST: i32>(field: &'static str, Yuan(fen): Yuan) -> Result<Whole<0, MOST>> {
    let amount = i32::try_from(fen).ok().filter(|fen| (0..=MOST).contains(fen));
    amount.map(Whole).ok_or_else(|| {
        let most = yuan(Fen(MOST.into()));
        let zh = format!("须为 0 到 {most} 元，最多两位小数。");
        Problem::field(
            field,
            "out_of_range",
            Text::new(zh, format!("Takes 0 to {most} yuan, with two places at most.")),
        )
    })
}

#[post("/classes/{id}/offers/{care_type}")]
pub(super) async fn desk_offer_set(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    desk: Desk,
    ids: Path<(ClassId, CareType)>,
    sent: Result<Form<OfferForm>, Problem>,
) -> Result<HttpResponse> {
    let (class, care) = ids.0;
    let done = async {
        let Form(form) = sent?;
        let body = DeskOfferIn {
            unit: form.unit,
            price_fen: amount("price", form.price)?,
            meals_fen: amount("meals", form.meals)?,
            min_minutes: form.min_minutes,
            notice_minutes: form.notice_minutes,
            horizon_days: form.horizon_days,
            cutoff_minutes: form.cutoff_minutes,
            confirmation: form.confirmation,
            active: Some(form.active),
        };
        service::set_offer(&ctx, &desk, ids.0, form.seen.as_deref(), body).await
    };
    let Err(problem) = done.await else { return Ok(see("/desk/classes", "saved")) };
    // What is asked now stands above what was typed, and what is sent next is about that.
    let classes = service::classes(&ctx, &desk)?.items;
    let Some(of) = classes.into_iter().find(|known| known.id == class) else { return Err(problem) };
    let offers = service::offers(&ctx, &desk).await?.items;
    let present = offers.iter().find(|offer| offer.class_id == class && offer.care_type == care);
    let form = Fields::post(&shell, req.path(), shell.t("保存", "Save")).legend(shell.t(care.zh(), care.as_str()));
    let form = terms(&shell, form, care, present).again(&shell, &Body::of(&req), &problem);
    View::new(&shell, of.name.clone())
        .table(priced(&shell, &of, &offers))
        .form(form.hidden("seen", service::said(present)))
        .answer(&ctx)
}
