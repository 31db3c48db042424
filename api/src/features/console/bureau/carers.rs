//! Carers of a centre's register: certificates and trainings, entered, changed, ended and taken back.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{CarerId, CentreId, Certificate, TrainingId};
use serde::Deserialize;

use super::super::{
    fields::{Fields, choices},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, link, number, text},
    values::{dash, yes},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::Bureau,
        directory,
        registers::{
            carers_dto::{CarerDetailOut, CarerIn, CarerOut, CarerPatch, CarersQuery, TrainingIn},
            service::carers,
        },
    },
    http::{Cursor, Day, Idempotency, Limit, Line, Path, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_carer)
        .service(bureau_add_carer)
        .service(bureau_change_carer)
        .service(bureau_carer_left)
        .service(bureau_remove_carer)
        .service(bureau_add_training)
        .service(bureau_remove_training);
}

/// Carers on a centre's page.
const SHOWN: Limit = Limit(100);

fn page_of(id: CarerId) -> String {
    format!("/bureau/carers/{id}")
}

/// The carers of a centre on its page, those who have left where that is asked for.
pub(super) async fn of_centre(ctx: &Ctx, shell: &Shell, view: View, id: CentreId) -> Result<View> {
    let t = |zh, en| shell.t(zh, en);
    let left = shell.asked("left").is_some_and(|left| left == "true");
    let query = CarersQuery { centre_id: Some(id), left, ..CarersQuery::default() };
    let columns = [
        t("姓名", "Name"),
        t("保育师证", "Certificate"),
        t("证书编号", "Number"),
        t("有效期至", "Until"),
        t("当前有效", "Valid today"),
        t("核验日期", "Checked on"),
        t("#本年培训学时", "#Hours of training this year"),
        t("离职日期", "Left on"),
    ];
    let caption =
        if left { t("已离职的保育人员", "Carers who have left") } else { t("保育人员", "Carers") };
    let mut table = Table::new(shell, caption, &columns);
    let read = async |limit, cursor| carers::page(ctx, &CarersQuery { limit, cursor, ..query.clone() }).await;
    let page = shell.pages(SHOWN, shell.asked("carers").map(Cursor::from), read).await?;
    for carer in &page.items {
        table.row(vec![
            link(carer.name.clone(), page_of(carer.id)),
            text(shell.word(carer.label.0, carer.certificate.as_str())),
            text(dash(carer.certificate_no.clone())),
            text(dash(carer.certificate_until)),
            text(yes(shell, carer.certified)),
            text(carer.checked_on.to_string()),
            number(carer.hours_this_year),
            text(dash(carer.left_on)),
        ]);
    }
    let whole = format!("centre_id={id}&left={left}");
    let other = if left {
        t("查看在职人员", "Those who work there")
    } else {
        t("查看离职人员", "Those who have left")
    };
    let form = entry(shell, id);
    Ok(view
        .table(table.downloads("/bureau/carers", &whole).rest_by(shell, page.rest, "carers").sortable(shell, 'h'))
        .part(Part::Links(vec![(other.to_owned(), shell.with(&[("left", if left { "" } else { "true" })]))]))
        .part(Part::Forms(vec![(t("登记保育人员", "Enter a carer").to_owned(), form)])))
}

fn certificate(shell: &Shell, form: Fields, carer: Option<&CarerOut>) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let now = carer.map_or(Certificate::None, |carer| carer.certificate);
    let levels = Certificate::ALL.iter().map(|level| (level.as_str(), level.zh(), *level == now));
    let number = carer.and_then(|carer| carer.certificate_no.clone()).unwrap_or_default();
    let until = carer.and_then(|carer| carer.certificate_until).map(|day| day.to_string()).unwrap_or_default();
    form.choice("certificate", t("保育师证", "Certificate"), choices(shell, levels))
        .text("certificate_no", t("证书编号（持证必填）", "Its number, of a certified carer"), number, 40)
        .optional()
        .date("certificate_until", t("有效期至", "Until, if it ends"), until)
        .optional()
        .date("checked_on", t("核验日期（不填为今天）", "Checked on; empty: today"), "")
        .optional()
}

fn entry(shell: &Shell, centre: CentreId) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let form = Fields::post(shell, format!("/bureau/centres/{centre}/carers"), t("登记", "Enter")).text(
        "name",
        t("姓名（与证书一致）", "Name, as on the certificate"),
        "",
        40,
    );
    certificate(shell, form, None)
}

#[post("/centres/{id}/carers")]
async fn bureau_add_carer(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    sent: Result<Form<CarerIn>, Problem>,
) -> Result<HttpResponse> {
    let centre = directory::service::read(&ctx, id.0).await?;
    let added = async { carers::add(&ctx, &bureau, &key, id.0, sent?.0).await };
    match added.await {
        Ok(_) => Ok(see(&format!("/bureau/centres/{}", id.0), "saved")),
        Err(problem) => View::new(&shell, centre.name)
            .form(entry(&shell, id.0).legend(shell.t("登记保育人员", "Enter a carer")).again(
                &shell,
                &Body::of(&req),
                &problem,
            ))
            .answer(&ctx),
    }
}

#[get("/carers/{id}")]
async fn bureau_carer(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau, id: Path<CarerId>) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let CarerDetailOut { carer, trainings } = carers::read(&ctx, id.0).await?;
    let columns = [t("日期", "Day"), t("#学时", "#Hours"), t("内容", "About"), t("!操作", "!Do")];
    let mut table = Table::new(&shell, t("培训记录", "Trainings"), &columns);
    for training in trainings {
        let name = t("撤销（录错）", "Take back: a mistake");
        let form = Fields::post(&shell, format!("{}/trainings/{}/remove", page_of(carer.id), training.id), name);
        table.row(vec![
            text(training.held_on.to_string()),
            number(training.hours.into()),
            text(training.topic.clone()),
            Cell::Forms(vec![(name.to_owned(), form)]),
        ]);
    }
    let forms = Deed::ALL.map(|deed| (deed.name(&shell).to_owned(), deed.form(&shell, &carer)));
    View::new(&shell, carer.name.clone())
        .facts(&[
            ("机构", "Centre", carer.centre_name.clone()),
            ("保育师证", "Certificate", shell.word(carer.label.0, carer.certificate.as_str())),
            ("证书编号", "Number", dash(carer.certificate_no.clone())),
            ("有效期至", "Until", dash(carer.certificate_until)),
            ("当前有效", "Valid today", yes(&shell, carer.certified)),
            ("核验日期", "Checked on", carer.checked_on.to_string()),
            ("本年培训学时", "Hours of training this year", carer.hours_this_year.to_string()),
            ("离职日期", "Left on", dash(carer.left_on)),
        ])
        .part(Part::Forms(forms.into()))
        .table(table.sortable(&shell, 't'))
        .part(Part::Links(vec![(
            t("返回机构", "Back to the centre").to_owned(),
            format!("/bureau/centres/{}", carer.centre_id),
        )]))
        .answer(&ctx)
}

/// What can be done to a carer's row.
#[derive(Clone, Copy)]
enum Deed {
    Train,
    Certify,
    Leave,
    Remove,
}

impl Deed {
    const ALL: [Self; 4] = [Self::Train, Self::Certify, Self::Leave, Self::Remove];

    fn name(self, shell: &Shell) -> &'static str {
        match self {
            Self::Train => shell.t("登记培训", "Enter a training"),
            Self::Certify => shell.t("更新证书", "Change the certificate"),
            Self::Leave => shell.t("登记离职", "Has left"),
            Self::Remove => shell.t("删除（录错或久已离职）", "Delete: a mistake, or left long ago"),
        }
    }

    fn form(self, shell: &Shell, carer: &CarerOut) -> Fields {
        let t = |zh, en| shell.t(zh, en);
        let post = |rest: &str, button| Fields::post(shell, format!("{}/{rest}", page_of(carer.id)), button);
        match self {
            Self::Train => post("trainings", t("登记", "Enter"))
                .date("held_on", t("结束日期", "Ended on"), "")
                .number("hours", t("学时", "Hours"), None, (1, 1000))
                .text("topic", t("内容", "About"), "", 100),
            Self::Certify => certificate(shell, post("change", t("保存", "Save")), Some(carer)).stamped(),
            Self::Leave => post("leave", t("保存", "Save"))
                .date("left_on", t("自哪天起不在岗（留空为仍在岗）", "From which day on; empty: works there"), "")
                .optional(),
            Self::Remove => post("remove", t("删除", "Delete"))
                .ask(t("人员和培训记录将一并删除，确定吗？", "The carer and the trainings are deleted. Go on?")),
        }
    }
}

/// Back to the carer's page, or to the form that was refused.
async fn answer(
    ctx: &Ctx,
    (req, shell): (&HttpRequest, &Shell),
    id: CarerId,
    deed: Deed,
    done: Result<()>,
) -> Result<HttpResponse> {
    let Err(problem) = done else { return Ok(see(&page_of(id), "saved")) };
    // One that isn't there is told as such.
    let carer = carers::read(ctx, id).await?.carer;
    let form = deed.form(shell, &carer).legend(deed.name(shell)).again(shell, &Body::of(req), &problem);
    let back = shell.t("返回", "Back").to_owned();
    View::new(shell, carer.name).form(form).part(Part::Links(vec![(back, page_of(id))])).answer(ctx)
}

#[derive(Deserialize)]
struct CertificateForm {
    certificate: Certificate,
    certificate_no: Option<Line<40>>,
    certificate_until: Option<Day>,
    checked_on: Option<Day>,
}

#[post("/carers/{id}/change")]
async fn bureau_change_carer(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<CarerId>,
    sent: Result<Form<CertificateForm>, Problem>,
) -> Result<HttpResponse> {
    let done = async {
        let CertificateForm { certificate, certificate_no, certificate_until, checked_on } = sent?.0;
        let carer = carers::read(&ctx, id.0).await?.carer;
        Deed::Certify.form(&shell, &carer).uncrossed(&Body::of(&req))?;
        let patch = CarerPatch {
            certificate: Some(certificate),
            certificate_no: Some(certificate_no),
            certificate_until: Some(certificate_until),
            checked_on: Some(checked_on.unwrap_or_else(|| Day(ctx.clock.today()))),
            ..CarerPatch::default()
        };
        carers::change(&ctx, &bureau, id.0, patch).await.map(drop)
    };
    answer(&ctx, (&req, &shell), id.0, Deed::Certify, done.await).await
}

#[derive(Deserialize)]
struct LeaveForm {
    left_on: Option<Day>,
}

#[post("/carers/{id}/leave")]
async fn bureau_carer_left(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<CarerId>,
    sent: Result<Form<LeaveForm>, Problem>,
) -> Result<HttpResponse> {
    let done = async {
        let patch = CarerPatch { left_on: Some(sent?.0.left_on), ..CarerPatch::default() };
        carers::change(&ctx, &bureau, id.0, patch).await.map(drop)
    };
    answer(&ctx, (&req, &shell), id.0, Deed::Leave, done.await).await
}

#[post("/carers/{id}/remove")]
async fn bureau_remove_carer(ctx: Data<Ctx>, bureau: Bureau, id: Path<CarerId>) -> Result<HttpResponse> {
    let centre = carers::read(&ctx, id.0).await?.carer.centre_id;
    carers::remove(&ctx, &bureau, id.0).await?;
    Ok(see(&format!("/bureau/centres/{centre}"), "saved"))
}

#[post("/carers/{id}/trainings")]
async fn bureau_add_training(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<CarerId>,
    key: Idempotency,
    sent: Result<Form<TrainingIn>, Problem>,
) -> Result<HttpResponse> {
    let done = async { carers::train(&ctx, &bureau, &key, id.0, sent?.0).await.map(drop) };
    answer(&ctx, (&req, &shell), id.0, Deed::Train, done.await).await
}

#[post("/carers/{id}/trainings/{training}/remove")]
async fn bureau_remove_training(
    ctx: Data<Ctx>,
    bureau: Bureau,
    ids: Path<(CarerId, TrainingId)>,
) -> Result<HttpResponse> {
    let (carer, training) = ids.0;
    carers::untrain(&ctx, &bureau, training).await?;
    Ok(see(&page_of(carer), "saved"))
}
