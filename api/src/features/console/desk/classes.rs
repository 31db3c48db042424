//! Classes and their prices: managers change them, carers read them.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use entity::{Band, CareType, ClassId, Confirmation, OfferUnit};
use serde::Deserialize;

use super::{
    super::{
        form::Form,
        shell::{Shell, see},
        table::{Button, Cell, Table, number, text},
    },
    affected,
    sheet::{Field, Kind, Page, Sheet, fen, yuan},
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
    http::{Idempotency, Line, Path, Whole},
    state::Ctx,
};

#[get("/classes")]
pub(super) async fn desk_classes(ctx: Data<Ctx>, shell: Shell, desk: Desk) -> Result<HttpResponse> {
    let classes = service::classes(&ctx, &desk)?.items;
    let offers = service::offers(&ctx, &desk).await?.items;
    let centre = service::centre(&ctx, &desk)?;
    let manages = shell.manages();
    let t = |zh, en| shell.t(zh, en);
    let title = t("班级与价格", "Classes and prices");
    let cap = centre.price_cap_fen.map(|cap| {
        format!(
            "{} {} {}",
            t("普惠限价（全日托每月）", "Cap on a month of full-day care"),
            yuan(cap.0),
            t("元", "yuan")
        )
    });
    let (tables, sheets) = (listed(&shell, &classes), new_class(&shell));
    let prices: Vec<_> = classes.iter().map(|class| priced(&shell, class, &offers)).collect();
    let forms: Vec<Vec<_>> = classes.iter().map(|class| forms(&shell, class, &offers)).collect();
    let set = t("设置", "Set");
    let mut page = Page::new(shell, title);
    if let Some(cap) = cap {
        page.text(cap);
    }
    page.add(&tables)?;
    if manages {
        page.fold(sheets.0, &sheets.1)?;
    }
    for ((class, prices), forms) in classes.iter().zip(prices).zip(forms) {
        page.heading(&*class.name);
        page.add(&prices)?;
        for (name, form) in forms.iter().filter(|_| manages) {
            page.fold(&format!("{set}：{} · {name}", class.name), form)?;
        }
    }
    page.show()
}

fn listed(shell: &Shell, classes: &[DeskClassOut]) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("班级", "Class"),
        t("年龄段", "Age band"),
        t("#托位", "#Places"),
        t("#常设保育人员", "#Carers"),
        t("#全日托保留", "#Kept for full days"),
        t("操作", "Do"),
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

fn new_class(shell: &Shell) -> (&'static str, Sheet) {
    let t = |zh, en| shell.t(zh, en);
    let bands = Band::ALL.iter().map(|band| (band.as_str(), t(band.zh(), band.as_str()))).collect();
    let fields = vec![
        Field::new("name", t("名称", "Name"), "", Kind::Line(20)),
        Field::new("band", t("年龄段", "Age band"), "", Kind::Choice(bands)),
        Field::new("places", t("托位", "Places"), "", Kind::Number(1, 100)),
        Field::new("carers", t("常设保育人员", "Carers"), "", Kind::Number(0, 100)),
        Field::new("kept_full_day", t("全日托保留托位", "Kept for full days"), "", Kind::Number(0, 100)).or_empty(),
    ];
    let legend = t("新设班级", "Open a class");
    (legend, Sheet::new(shell, "/desk/classes", legend, t("保存", "Save"), fields))
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
            Cell::Number(yuan(offer.price_fen.0)),
            text(t(offer.unit.zh(), offer.unit.as_str())),
            Cell::Number(yuan(offer.meals_fen.0)),
            text(t(offer.confirmation.zh(), offer.confirmation.as_str())),
            Cell::Mark(open.0, open.1.to_owned()),
        ]);
    }
    table
}

/// Places and carers, then each form of care.
fn forms(shell: &Shell, class: &DeskClassOut, offers: &[DeskOfferOut]) -> Vec<(&'static str, Sheet)> {
    let t = |zh, en| shell.t(zh, en);
    let whole = |name, label, value: i32| Field::new(name, label, value, Kind::Number(0, 100));
    let places = vec![
        whole("places", t("托位", "Places"), class.places),
        whole("carers", t("常设保育人员", "Carers"), class.carers),
        whole("kept_full_day", t("全日托保留托位", "Kept for full days"), class.kept_full_day),
    ];
    let legend = t("托位与人员", "places and carers");
    let sheet = Sheet::new(shell, format!("/desk/classes/{}", class.id), legend, t("保存", "Save"), places);
    let mut forms = vec![(legend, sheet)];
    for care in CareType::ALL.iter().copied() {
        let present = offers.iter().find(|offer| offer.class_id == class.id && offer.care_type == care);
        let legend = t(care.zh(), care.as_str());
        let action = format!("/desk/classes/{}/offers/{care}", class.id);
        forms.push((legend, Sheet::new(shell, action, legend, t("保存", "Save"), terms(shell, care, present))));
    }
    forms
}

fn terms(shell: &Shell, care: CareType, present: Option<&DeskOfferOut>) -> Vec<Field> {
    let t = |zh, en| shell.t(zh, en);
    let units = OfferUnit::ALL.iter().map(|unit| (unit.as_str(), t(unit.zh(), unit.as_str()))).collect();
    let kinds = Confirmation::ALL.iter().map(|kind| (kind.as_str(), t(kind.zh(), kind.as_str()))).collect();
    let of = |value: fn(&DeskOfferOut) -> String, or: &str| present.map_or_else(|| or.to_owned(), value);
    let mut fields = vec![
        Field::new("unit", t("计价单位", "Unit"), of(|o| o.unit.to_string(), ""), Kind::Choice(units)),
        Field::new("price", t("价格（元）", "Price (yuan)"), of(|o| yuan(o.price_fen.0), ""), Kind::Yuan),
        Field::new("meals", t("餐费（元/天）", "Meals (yuan a day)"), of(|o| yuan(o.meals_fen.0), "0.00"), Kind::Yuan),
        Field::new(
            "notice_minutes",
            t("至少提前（分钟）", "Notice (minutes)"),
            of(|o| o.notice_minutes.to_string(), "0"),
            Kind::Number(0, 43_200),
        ),
        Field::new(
            "horizon_days",
            t("可预约天数", "Days ahead"),
            of(|o| o.horizon_days.to_string(), "90"),
            Kind::Number(0, 365),
        ),
        Field::new(
            "cutoff_minutes",
            t("取消截止（开始前分钟）", "Cancellation (minutes before)"),
            of(|o| o.cutoff_minutes.to_string(), "0"),
            Kind::Number(0, 43_200),
        ),
        Field::new(
            "confirmation",
            t("确认方式", "Confirmation"),
            of(|o| o.confirmation.to_string(), ""),
            Kind::Choice(kinds),
        ),
        Field::new("active", t("可预约", "Can be booked"), of(|o| o.active.to_string(), "true"), Kind::Tick).or_empty(),
    ];
    if care == CareType::Hourly {
        let least = of(|o| o.min_minutes.to_string(), "60");
        fields.push(Field::new("min_minutes", t("最短（分钟）", "Shortest (minutes)"), least, Kind::Number(30, 720)));
    }
    fields
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
    price: String,
    meals: String,
    min_minutes: Option<Whole<30, 720>>,
    notice_minutes: Whole<0, 43_200>,
    horizon_days: Whole<0, 365>,
    cutoff_minutes: Whole<0, 43_200>,
    confirmation: Confirmation,
    #[serde(default)]
    active: bool,
}

fn amount<const MOST: i32>(field: &'static str, text: &str) -> Result<Whole<0, MOST>> {
    let amount = fen(text.trim()).and_then(|fen| i32::try_from(fen).ok()).filter(|fen| *fen <= MOST);
    amount.map(Whole).ok_or_else(|| {
        let most = yuan(i64::from(MOST));
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
    desk: Desk,
    ids: Path<(ClassId, CareType)>,
    Form(form): Form<OfferForm>,
) -> Result<HttpResponse> {
    let body = DeskOfferIn {
        unit: form.unit,
        price_fen: amount("price", &form.price)?,
        meals_fen: amount("meals", &form.meals)?,
        min_minutes: form.min_minutes,
        notice_minutes: form.notice_minutes,
        horizon_days: form.horizon_days,
        cutoff_minutes: form.cutoff_minutes,
        confirmation: form.confirmation,
        active: Some(form.active),
    };
    service::set_offer(&ctx, &desk, ids.0, body).await?;
    Ok(see("/desk/classes", "saved"))
}

/// The fields of a form whose names are counted.
pub(super) type Fields = BTreeMap<String, String>;
