//! Entering a centre, changing what is the bureau's to say of it, taking it out of service and back. Hours,
//! classes, prices and whom it takes are its desk's.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{CentreId, CentreKind, Filed, LngLat, Ownership, centres};
use serde::Deserialize;

use super::super::{
    fields::{Fields, choices},
    form::{Form, needed},
    shell::{Shell, see},
    values::{Yuan, dash, yes, yuan},
    view::View,
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::Bureau,
        centres::coords::Coord,
        directory::{
            checks,
            dto::{BureauCentreIn, BureauCentrePatch, BureauLocationIn, CentreChecksIn, CentreReasonIn},
            service,
        },
    },
    http::{Day, Idempotency, Line, Once, Paragraph, Path, Whole, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_new_centre)
        .service(bureau_add_centre)
        .service(bureau_edit_centre)
        .service(bureau_deactivate_centre)
        .service(bureau_reactivate_centre)
        .service(bureau_check_centre);
}

fn href(id: CentreId, rest: &str) -> String {
    format!("/bureau/centres/{id}{rest}")
}

/// What the form sends. Empty fields don't arrive.
#[derive(Deserialize)]
struct CentreForm {
    name: Option<Line<60>>,
    kind: Option<CentreKind>,
    ownership: Option<Ownership>,
    township: Option<Line<20>>,
    address: Option<Line<120>>,
    #[serde(rename = "location.lng")]
    lng: Option<f64>,
    #[serde(rename = "location.lat")]
    lat: Option<f64>,
    #[serde(default, rename = "location.coord")]
    coord: Coord,
    phone: Option<Line<30>>,
    intro: Option<Paragraph<500>>,
    filed: Option<Filed>,
    filed_no: Option<Line<60>>,
    inclusive_from: Option<Day>,
    inclusive_until: Option<Day>,
    inclusive_doc: Option<Line<60>>,
    price_cap_fen: Option<Yuan>,
    #[serde(default)]
    cross_strait: bool,
    age_grace_months: Option<i32>,
    /// The word of what the form was filled with; of a new one none.
    seen: Option<String>,
}

/// Degrees as the form shows them: to a tenth of a metre.
fn degrees(value: f64) -> String {
    format!("{value:.6}")
}

fn whole<const LEAST: i32, const MOST: i32>(name: &str, value: i64) -> Result<Whole<LEAST, MOST>> {
    let fits = i32::try_from(value).ok().filter(|value| (LEAST..=MOST).contains(value));
    fits.map(Whole).ok_or_else(|| {
        let zh = match name {
            "price_cap_fen" => "收费上限须为 0.01 至 100000 元。".to_owned(),
            _ => format!("须为 {LEAST} 到 {MOST} 的整数。"),
        };
        let text = Text::new(zh, "It lies outside what can be entered.");
        Problem::field(name, "out_of_range", text)
    })
}

impl CentreForm {
    fn location(&self) -> Result<BureauLocationIn> {
        let (lng, lat) = (needed("location.lng", self.lng)?, needed("location.lat", self.lat)?);
        Ok(BureauLocationIn { lng, lat, coord: self.coord })
    }

    /// The point, where it isn't the one that the form was filled with: what is shown is rounded, and a centre
    /// doesn't move by that.
    fn moved(&self, old: LngLat) -> Result<Option<BureauLocationIn>> {
        let (typed, shown) = (self.location()?, Coord::default().from_wgs84(old));
        let same = (degrees(typed.lng), degrees(typed.lat)) == (degrees(shown.lng), degrees(shown.lat));
        Ok(if same && typed.coord == Coord::default() { None } else { Some(typed) })
    }

    /// Of a new one.
    fn into_new(self) -> Result<BureauCentreIn> {
        let location = self.location()?;
        Ok(BureauCentreIn {
            name: needed("name", self.name)?,
            kind: needed("kind", self.kind)?,
            ownership: needed("ownership", self.ownership)?,
            address: needed("address", self.address)?,
            township: needed("township", self.township)?,
            location,
            phone: self.phone,
            intro: self.intro,
            filed: self.filed,
            filed_no: self.filed_no,
            inclusive_from: self.inclusive_from,
            inclusive_until: self.inclusive_until,
            inclusive_doc: self.inclusive_doc,
            price_cap_fen: self.price_cap_fen.map(|Yuan(fen)| whole("price_cap_fen", fen)).transpose()?,
            cross_strait: self.cross_strait,
            age_grace_months: self.age_grace_months.map(|n| whole("age_grace_months", n.into())).transpose()?,
            hours: None,
            morning: None,
            afternoon: None,
        })
    }

    /// Of one that is there. The form shows all of it: what is empty is taken away.
    fn into_patch(self, old: LngLat) -> Result<BureauCentrePatch> {
        let location = self.moved(old)?;
        Ok(BureauCentrePatch {
            name: Some(needed("name", self.name)?),
            kind: self.kind,
            ownership: self.ownership,
            address: Some(needed("address", self.address)?),
            township: self.township,
            location,
            phone: Some(self.phone),
            intro: Some(self.intro),
            filed: self.filed,
            filed_no: Some(self.filed_no),
            inclusive_from: Some(self.inclusive_from),
            inclusive_until: Some(self.inclusive_until),
            inclusive_doc: Some(self.inclusive_doc),
            price_cap_fen: Some(self.price_cap_fen.map(|Yuan(fen)| whole("price_cap_fen", fen)).transpose()?),
            cross_strait: Some(self.cross_strait),
            age_grace_months: Some(whole("age_grace_months", self.age_grace_months.unwrap_or(0).into())?),
        })
    }
}

/// The form; with what is said of a centre, if there is one.
fn form(ctx: &Ctx, shell: &Shell, action: &str, old: Option<&centres::Model>) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let text = |of: fn(&centres::Model) -> String| old.map(of).unwrap_or_default();
    let maybe = |of: fn(&centres::Model) -> Option<String>| old.and_then(of).unwrap_or_default();
    let date = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let kind = old.map_or(CentreKind::Community, |old| old.kind);
    let ownership = old.map_or(Ownership::Public, |old| old.ownership);
    let filed = old.map_or(Filed::None, |old| old.filed);
    let kinds = CentreKind::ALL.iter().map(|word| (word.as_str(), word.zh(), *word == kind));
    let ownerships = Ownership::ALL.iter().map(|word| (word.as_str(), word.zh(), *word == ownership));
    let filings = Filed::ALL.iter().map(|word| (word.as_str(), word.zh(), *word == filed));
    // A township's name is data: it is sent as it is stored.
    let known = ctx.catalogue.townships();
    let townships = known.iter().map(|name| {
        let chosen = old.is_some_and(|old| old.township == *name);
        (name.clone(), name.clone(), chosen)
    });
    let townships = townships.collect();
    let at = old.map(|old| Coord::default().from_wgs84(old.location()));
    let systems = [
        (Coord::Gcj02, t("GCJ-02（高德、腾讯、微信）", "GCJ-02 (Amap, Tencent, WeChat)")),
        (Coord::Wgs84, t("WGS-84（GPS、天地图）", "WGS-84 (GPS)")),
        (Coord::Bd09, t("BD-09（百度）", "BD-09 (Baidu)")),
    ];
    let systems = systems.map(|(coord, name)| (coord.as_str().to_owned(), name.to_owned(), coord == Coord::default()));
    let cap = old.and_then(|old| old.price_cap_fen).map(yuan).unwrap_or_default();
    Fields::post(shell, action, t("保存", "Save"))
        .text("name", t("名称", "Name"), text(|old| old.name.clone()), 60)
        .choice("kind", t("类型", "Kind"), choices(shell, kinds))
        .choice("ownership", t("性质", "Ownership"), choices(shell, ownerships))
        .choice("township", t("乡镇", "Township"), townships)
        .text("address", t("地址", "Address"), text(|old| old.address.clone()), 120)
        .decimal("location.lng", t("经度", "Longitude"), at.map(|at| degrees(at.lng)).unwrap_or_default())
        .hint(t("如 118.7942", "such as 118.7942"))
        .decimal("location.lat", t("纬度", "Latitude"), at.map(|at| degrees(at.lat)).unwrap_or_default())
        .hint(t("如 24.8952", "such as 24.8952"))
        .choice("location.coord", t("坐标系", "System of the point"), systems.to_vec())
        .text("phone", t("电话", "Telephone"), maybe(|old| old.phone.clone()), 30)
        .optional()
        .area("intro", t("给家长的简介", "Introduction for parents"), text(|old| old.intro.clone()), 500)
        .optional()
        .choice("filed", t("备案", "Filing"), choices(shell, filings))
        .text("filed_no", t("备案号", "Number of the filing"), maybe(|old| old.filed_no.clone()), 60)
        .optional()
        .hint(t("已备案的须填", "of a filed one"))
        .date("inclusive_from", t("普惠认定起", "Inclusive from"), date(old.and_then(|old| old.inclusive_from)))
        .optional()
        .hint(t("认定须有文号、限价和备案", "with document, cap and filing"))
        .date("inclusive_until", t("普惠认定止", "Inclusive until"), date(old.and_then(|old| old.inclusive_until)))
        .optional()
        .text(
            "inclusive_doc",
            t("普惠认定文号", "Document of the recognition"),
            maybe(|old| old.inclusive_doc.clone()),
            60,
        )
        .optional()
        .yuan("price_cap_fen", t("限价（元/月）", "Price cap (yuan a month)"), cap)
        .optional()
        .tick("cross_strait", t("泉台融合标识", "Cross-strait label"), old.is_some_and(|old| old.cross_strait))
        .number(
            "age_grace_months",
            t("超龄宽限（月）", "Months past the upper age"),
            Some(old.map_or(0, |old| old.age_grace_months.into())),
            (0, 12),
        )
}

/// The same of a centre that is there, which knows of what it was filled with.
fn edit_form(ctx: &Ctx, shell: &Shell, row: &centres::Model) -> Fields {
    form(ctx, shell, &href(row.id, "/edit"), Some(row)).hidden("seen", service::said(row))
}

/// What can be done with a centre, for its page.
pub(super) fn deeds(ctx: &Ctx, shell: &Shell, row: &centres::Model) -> Vec<(String, Fields)> {
    let t = |zh, en| shell.t(zh, en);
    let edit = (t("修改资料", "Edit").to_owned(), edit_form(ctx, shell, row));
    let (rest, name) = if row.active {
        ("/deactivate", t("停办", "Take out of service"))
    } else {
        ("/reactivate", t("恢复运营", "Put into service again"))
    };
    let mut deeds = vec![edit, (name.to_owned(), Fields::reason(shell, href(row.id, rest), name))];
    deeds.extend(seen_again(shell, row).map(|form| (t("重新核验", "Checked again").to_owned(), form)));
    deeds
}

/// On which day somebody saw again what stands; nothing where nothing stands.
fn seen_again(shell: &Shell, row: &centres::Model) -> Option<Fields> {
    let t = |zh, en| shell.t(zh, en);
    let stands = [
        ("filed_on", t("备案核验日期", "Filing seen on"), row.filed != Filed::None),
        ("inclusive_on", t("普惠认定核验日期", "Recognition seen on"), row.inclusive_from.is_some()),
        ("label_on", t("泉台融合标识核验日期", "Cross-strait label seen on"), row.cross_strait),
    ];
    let stands: Vec<_> = stands.into_iter().filter(|(.., stands)| *stands).collect();
    let form = Fields::post(shell, href(row.id, "/checks"), t("保存", "Save"))
        .legend(t("重新核验（资料不变，只记日期）", "Seen again: only the day is kept"));
    let with = |form: Fields, (name, label, _): (&'static str, &str, bool)| form.date(name, label, "").optional();
    (!stands.is_empty()).then(|| stands.into_iter().fold(form, with))
}

fn new_page(shell: &Shell, form: Fields) -> View {
    View::new(shell, shell.t("登记机构", "Enter a centre"))
        .text(
            "开放时间先按周一至周五 7:30—18:00 登记，此后由机构自行调整；班级、价格和招收对象由机构填写，或用表格导入。",
            "It opens Monday to Friday, 7:30 to 18:00, until its desk says otherwise; classes, prices and whom it takes \
             are its desk's, or come with an import.",
        )
        .form(form)
}

#[get("/centres/new")]
async fn bureau_new_centre(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    new_page(&shell, form(&ctx, &shell, "/bureau/centres", None)).answer(&ctx)
}

#[post("/centres")]
async fn bureau_add_centre(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    sent: Result<Form<CentreForm>, Problem>,
) -> Result<HttpResponse> {
    let made = async { service::add(&ctx, &bureau, &key, sent?.0.into_new()?).await };
    match made.await {
        Ok(Once::First(centre)) => Ok(see(&href(centre.id, ""), "saved")),
        Ok(Once::Again(_)) => Ok(see("/bureau/centres", "saved")),
        Err(problem) => {
            let again = form(&ctx, &shell, "/bureau/centres", None).again(&shell, &Body::of(&req), &problem);
            new_page(&shell, again).answer(&ctx)
        }
    }
}

#[post("/centres/{id}/edit")]
async fn bureau_edit_centre(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<CentreId>,
    sent: Result<Form<CentreForm>, Problem>,
) -> Result<HttpResponse> {
    // One that isn't there is none, whatever was sent.
    let row = service::row(&ctx, id.0).await?;
    let done = async {
        let Form(mut form) = sent?;
        let seen = form.seen.take();
        service::edit(&ctx, &bureau, id.0, seen.as_deref(), form.into_patch(row.location())?).await
    };
    let Err(problem) = done.await else { return Ok(see(&href(id.0, ""), "saved")) };
    // What it says now stands above what was typed, and what is sent next is about that.
    let row = service::row(&ctx, id.0).await?;
    let again = form(&ctx, &shell, &href(id.0, "/edit"), Some(&row)).again(&shell, &Body::of(&req), &problem);
    let again = again.hidden("seen", service::said(&row));
    View::new(&shell, row.name.clone()).facts(&facts(&shell, &row)).form(again).answer(&ctx)
}

/// What the directory says of a centre.
pub(super) fn facts(shell: &Shell, row: &centres::Model) -> Vec<(&'static str, &'static str, String)> {
    let state = if row.active { shell.t("在运营", "in service") } else { shell.t("已停办", "out of service") };
    vec![
        ("状态", "State", state.to_owned()),
        ("类型", "Kind", shell.word(row.kind.zh(), row.kind.as_str())),
        ("性质", "Ownership", shell.word(row.ownership.zh(), row.ownership.as_str())),
        ("地址", "Address", row.address.clone()),
        ("乡镇", "Township", row.township.clone()),
        ("电话", "Telephone", dash(row.phone.clone())),
        ("备案", "Filing", shell.word(row.filed.zh(), row.filed.as_str())),
        ("备案号", "Number of the filing", dash(row.filed_no.clone())),
        ("普惠认定起", "Inclusive from", dash(row.inclusive_from)),
        ("普惠有效期至", "Inclusive until", dash(row.inclusive_until)),
        ("普惠认定文号", "Document of the recognition", dash(row.inclusive_doc.clone())),
        ("限价（元/月）", "Price cap (yuan a month)", dash(row.price_cap_fen.map(yuan))),
        ("泉台融合标识", "Cross-strait label", yes(shell, row.cross_strait)),
    ]
}

#[post("/centres/{id}/deactivate")]
async fn bureau_deactivate_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Form(body): Form<CentreReasonIn>,
) -> Result<HttpResponse> {
    service::set_active(&ctx, &bureau, &key, id.0, false, body).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/centres/{id}/reactivate")]
async fn bureau_reactivate_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Form(body): Form<CentreReasonIn>,
) -> Result<HttpResponse> {
    service::set_active(&ctx, &bureau, &key, id.0, true, body).await?;
    Ok(see(&href(id.0, ""), "saved"))
}

#[post("/centres/{id}/checks")]
async fn bureau_check_centre(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    sent: Result<Form<CentreChecksIn>, Problem>,
) -> Result<HttpResponse> {
    let row = service::row(&ctx, id.0).await?;
    let done = async { checks::seen_again(&ctx, &bureau, &key, id.0, sent?.0).await };
    match (done.await, seen_again(&shell, &row)) {
        (Ok(_), _) => Ok(see(&href(id.0, ""), "saved")),
        (Err(problem), None) => Err(problem),
        (Err(problem), Some(form)) => {
            let again = form.again(&shell, &Body::of(&req), &problem);
            View::new(&shell, row.name.clone()).form(again).answer(&ctx)
        }
    }
}
