//! Registers: what runs out or is due at all centres, the rows of their registers, and the rows of one, entered,
//! ended, checked again and taken back.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use chrono::NaiveDate;
use entity::{CentreId, RecordId, RecordItem, RecordKind};
use serde::Deserialize;

use super::super::{
    fields::{Choice, Fields, any_of, choices, yes_or_no},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, link, text},
    values::{Yuan, dash, yuan},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::Bureau,
        directory,
        registers::{
            dto::{RecordIn, RecordOut, RecordPatch, RecordsQuery, WarningKind, WarningsQuery},
            rules::{Need, Shape, shape},
            service::{records, warnings},
        },
    },
    http::{Cursor, Day, Idempotency, Limit, Line, Paragraph, Path, Query, Whole, observe::Body},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_registers)
        .service(bureau_records)
        .service(bureau_add_record)
        .service(bureau_change_record)
        .service(bureau_remove_record);
}

const WARNINGS: &str = "/bureau/registers";
const RECORDS: &str = "/bureau/registers/records";
/// Rows of a centre's register on its page.
const SHOWN: Limit = Limit(100);

const fn warning(kind: WarningKind) -> (&'static str, &'static str) {
    match kind {
        WarningKind::Insurance => ("insurance", "Insurance"),
        WarningKind::MedicalContract => ("medical_contract", "Medical contract"),
        WarningKind::GuidanceVisit => ("guidance_visit", "Guidance visit"),
        WarningKind::Recognition => ("recognition", "Recognition as inclusive"),
        WarningKind::Certificate => ("certificate", "A carer's certificate"),
    }
}

const KINDS: [WarningKind; 5] = [
    WarningKind::Insurance,
    WarningKind::MedicalContract,
    WarningKind::GuidanceVisit,
    WarningKind::Recognition,
    WarningKind::Certificate,
];

/// The townships to choose from.
fn townships(ctx: &Ctx, shell: &Shell, chosen: Option<&str>) -> Vec<Choice> {
    let known = ctx.catalogue.townships();
    any_of(shell, known.iter().map(|name| (&**name, &**name, chosen == Some(&**name))))
}

#[get("/registers")]
async fn bureau_registers(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<WarningsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let kinds = KINDS.map(|kind| {
        let (word, english) = warning(kind);
        (word.to_owned(), t(kind.zh(), english).to_owned(), query.kind == Some(kind))
    });
    let all = (String::new(), t("全部", "All").to_owned(), query.kind.is_none());
    let days = query.days.map_or(30, |days| days.0);
    let filter = Fields::filter(&shell, WARNINGS)
        .choice("kind", t("事项", "What"), std::iter::once(all).chain(kinds).collect())
        .choice("township", t("乡镇", "Township"), townships(&ctx, &shell, query.township.as_deref()))
        .number("days", t("多少天内到期", "Within days"), Some(days.into()), (0, 366));
    let query = WarningsQuery { limit: SHOWN, ..query };
    let page = shell.list(&query, async |query| warnings::page(&ctx, &query).await).await?;
    let columns = [
        t("事项", "What"),
        t("机构", "Centre"),
        t("乡镇", "Township"),
        t("保育人员", "Carer"),
        t("到期或应完成日期", "On"),
        t("#剩余天数", "#Days left"),
        t("状态", "State"),
    ];
    let mut table = Table::new(&shell, t("即将到期和应办事项", "What runs out or is due"), &columns);
    for one in &page.items {
        let (class, zh, en) = match one.days_left {
            None => ("bad", "没有登记", "none at all"),
            Some(..0) => ("bad", "已过期", "over"),
            Some(_) => ("wait", "即将到期", "soon"),
        };
        table.row(vec![
            text(t(one.label.0, warning(one.kind).1)),
            link(one.centre_name.clone(), format!("/bureau/centres/{}", one.centre_id)),
            text(one.township.clone()),
            match one.carer_id {
                Some(id) => link(dash(one.carer.clone()), format!("/bureau/carers/{id}")),
                None => text("—"),
            },
            text(dash(one.on)),
            Cell::Number(dash(one.days_left)),
            Cell::Mark(class, t(zh, en).to_owned()),
        ]);
    }
    let table = table.downloads("/bureau/warnings", &shell.only(&["kind", "township", "days"]));
    View::new(&shell, t("机构台账", "Registers"))
        .form(filter)
        .table(table.rest(&shell, page.rest))
        .part(Part::Links(vec![(t("查看全部台账记录", "See all rows of registers").to_owned(), RECORDS.to_owned())]))
        .answer(&ctx)
}

#[get("/registers/records")]
async fn bureau_records(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<RecordsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let kinds = RecordKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), query.kind == Some(*kind)));
    let mut filter = Fields::filter(&shell, RECORDS)
        .choice("kind", t("类别", "Kind"), any_of(&shell, kinds))
        .choice("township", t("乡镇", "Township"), townships(&ctx, &shell, query.township.as_deref()))
        .choice("current", t("当前有效", "Runs today"), yes_or_no(&shell, query.current));
    if let Some(centre) = query.centre_id {
        filter = filter.hidden("centre_id", centre.to_string());
    }
    let query = RecordsQuery { limit: SHOWN, ..query };
    let page = shell.list(&query, async |query| records::page(&ctx, &query).await).await?;
    let table = rows(&shell, &page.items, ctx.clock.today(), true)
        .downloads("/bureau/records", &shell.only(&["kind", "township", "current", "centre_id"]));
    View::new(&shell, t("台账记录", "Rows of registers"))
        .form(filter)
        .table(table.rest(&shell, page.rest))
        .part(Part::Links(vec![(t("返回机构台账", "Back to what runs out").to_owned(), WARNINGS.to_owned())]))
        .answer(&ctx)
}

/// A centre's register on its page: the rows with what can be done to them, and a form for each kind.
pub(super) async fn of_centre(ctx: &Ctx, shell: &Shell, view: View, id: CentreId) -> Result<View> {
    let query = RecordsQuery { centre_id: Some(id), ..RecordsQuery::default() };
    let read = async |limit, cursor| records::page(ctx, &RecordsQuery { limit, cursor, ..query.clone() }).await;
    let page = shell.pages(SHOWN, shell.asked("records").map(Cursor::from), read).await?;
    let kinds = RecordKind::ALL.iter().map(|kind| {
        let name = format!("{}{}", shell.t("登记", "Enter: "), shell.word(kind.zh(), kind.as_str()));
        (name, entry(shell, id, *kind))
    });
    let table = rows(shell, &page.items, ctx.clock.today(), false);
    Ok(view
        .heading("机构台账", "Register")
        .table(table.rest_by(shell, page.rest, "records").sortable(shell, 'r'))
        .part(Part::Forms(kinds.collect())))
}

fn rows(shell: &Shell, items: &[RecordOut], today: NaiveDate, all: bool) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let mut columns = vec![
        t("类别", "Kind"),
        t("具体项目", "Item"),
        t("单位", "With"),
        t("编号", "Number"),
        t("起", "From"),
        t("止", "Until"),
        t("#数量", "#How many"),
        t("#金额（元）", "#Yuan"),
        t("说明", "Note"),
        t("核验日期", "Checked on"),
        t("!操作", "!Do"),
    ];
    if all {
        columns.insert(0, t("机构", "Centre"));
    }
    let mut table = Table::new(shell, t("台账记录", "Rows of the register"), &columns);
    for row in items {
        let until = match row.until {
            Some(until) if until < today => Cell::Mark("bad", format!("{until} {}", t("已过期", "over"))),
            until => text(dash(until)),
        };
        let mut cells = vec![
            text(shell.word(row.kind.zh(), row.kind.as_str())),
            text(dash(row.item.map(|item| shell.word(item.zh(), item.as_str())))),
            text(dash(row.party.clone())),
            text(dash(row.number.clone())),
            text(dash(row.from)),
            until,
            Cell::Number(dash(row.quantity)),
            Cell::Number(dash(row.amount_fen.map(yuan))),
            text(dash(row.note.clone())),
            text(row.checked_on.to_string()),
            Cell::Forms(deeds(shell, row)),
        ];
        if all {
            cells.insert(0, link(row.centre_name.clone(), format!("/bureau/centres/{}", row.centre_id)));
        }
        table.row(cells);
    }
    table
}

fn deeds(shell: &Shell, row: &RecordOut) -> Vec<(String, Fields)> {
    let t = |zh, en| shell.t(zh, en);
    let path = |rest: &str| format!("/bureau/records/{}/{rest}", row.id);
    let mut deeds = Vec::new();
    if shape(row.kind).until != Need::No {
        let until = row.until.map(|day| day.to_string()).unwrap_or_default();
        let form = Fields::post(shell, path("change"), t("保存", "Save")).date("until", t("截止日期", "Until"), until);
        deeds.push((t("结束或续期", "End or prolong").to_owned(), form));
    }
    let form =
        Fields::post(shell, path("change"), t("保存", "Save")).date("checked_on", t("核验日期", "Checked on"), "");
    deeds.push((t("重新核验", "Checked again").to_owned(), form));
    let name = t("撤销（录错）", "Take back: a mistake");
    let form = Fields::post(shell, path("remove"), name)
        .hidden("centre", row.centre_id.to_string())
        .ask(t("撤销后不再计入，确定吗？", "It will count no more. Take it back?"));
    deeds.push((name.to_owned(), form));
    deeds
}

/// A form for a row of a kind: what the kind has, and no more.
fn entry(shell: &Shell, centre: CentreId, kind: RecordKind) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let Shape { items, party, number, from, until, quantity, amount, note, done: _ } = shape(kind);
    let mut form = Fields::post(shell, format!("/bureau/centres/{centre}/records"), t("登记", "Enter"))
        .hidden("kind", kind.as_str());
    let may = |form: Fields, need: Need| if need == Need::May { form.optional() } else { form };
    if !items.is_empty() {
        let items = items.iter().map(|item: &RecordItem| (item.as_str(), item.zh(), false));
        form = form.choice("item", t("具体项目", "Item"), choices(shell, items));
    }
    if party != Need::No {
        form = may(form.text("party", t("单位名称", "With whom"), "", 80), party);
    }
    if number != Need::No {
        form = may(form.text("number", t("保单或协议编号", "Number of the policy or contract"), "", 60), number);
    }
    if from != Need::No {
        form = may(form.date("from", t("起始日期（或当日）", "From, or on"), ""), from);
    }
    if until != Need::No {
        form = may(form.date("until", t("截止日期", "Until"), ""), until);
    }
    if quantity != Need::No {
        form = may(form.number("quantity", t("数量", "How many"), None, (0, 100_000)), quantity);
    }
    if amount != Need::No {
        form = may(form.decimal("amount_fen", t("金额（元）", "Yuan"), ""), amount);
    }
    if note != Need::No {
        form = may(form.area("note", t("说明（不含个人信息）", "Note; no personal data"), "", 500), note);
    }
    form.date("checked_on", t("核验日期（不填为今天）", "Checked on; empty: today"), "").optional()
}

#[derive(Deserialize)]
struct RecordForm {
    kind: RecordKind,
    item: Option<RecordItem>,
    party: Option<Line<80>>,
    number: Option<Line<60>>,
    from: Option<Day>,
    until: Option<Day>,
    quantity: Option<Whole<0, 100_000>>,
    amount_fen: Option<Yuan>,
    note: Option<Paragraph<500>>,
    checked_on: Option<Day>,
}

impl RecordForm {
    fn into_new(self) -> Result<RecordIn> {
        let Self { kind, item, party, number, from, until, quantity, amount_fen, note, checked_on } = self;
        let amount = |Yuan(fen)| match i32::try_from(fen) {
            Ok(fen @ 0..=100_000_000) => Ok(Whole(fen)),
            _ => {
                let text = Text::new("须为 0 到 1000000 元。", "Must be from 0 to 1000000 yuan.");
                Err(Problem::field("amount_fen", "out_of_range", text))
            }
        };
        let amount_fen = amount_fen.map(amount).transpose()?;
        Ok(RecordIn { kind, item, party, number, from, until, quantity, amount_fen, note, checked_on })
    }
}

#[post("/centres/{id}/records")]
async fn bureau_add_record(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    sent: Result<Form<RecordForm>, Problem>,
) -> Result<HttpResponse> {
    let centre = directory::service::read(&ctx, id.0).await?;
    let kind = RecordKind::ALL.iter().find(|kind| form_says(&req, "kind").as_deref() == Some(kind.as_str()));
    let added = async { records::add(&ctx, &bureau, &key, id.0, sent?.0.into_new()?).await };
    match (added.await, kind) {
        (Ok(_), _) => Ok(see(&format!("/bureau/centres/{}", id.0), "saved")),
        // Of no kind there is no form.
        (Err(problem), None) => Err(problem),
        (Err(problem), Some(kind)) => View::new(&shell, centre.name)
            .form(entry(&shell, id.0, *kind).legend(&shell.word(kind.zh(), kind.as_str())).again(
                &shell,
                &Body::of(&req),
                &problem,
            ))
            .answer(&ctx),
    }
}

/// What the sent form says of a name.
fn form_says(req: &HttpRequest, name: &str) -> Option<String> {
    form_urlencoded::parse(&Body::of(req)).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[derive(Deserialize)]
struct ChangeForm {
    until: Option<Day>,
    checked_on: Option<Day>,
}

#[post("/records/{id}/change")]
async fn bureau_change_record(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RecordId>,
    Form(ChangeForm { until, checked_on }): Form<ChangeForm>,
) -> Result<HttpResponse> {
    let patch = RecordPatch {
        item: None,
        party: None,
        number: None,
        from: None,
        until: until.map(Some),
        quantity: None,
        amount_fen: None,
        note: None,
        checked_on,
    };
    let changed = records::change(&ctx, &bureau, id.0, patch).await?;
    Ok(see(&format!("/bureau/centres/{}", changed.centre_id), "saved"))
}

#[derive(Deserialize)]
struct RemoveForm {
    /// Whose page leads on.
    centre: Option<CentreId>,
}

#[post("/records/{id}/remove")]
async fn bureau_remove_record(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<RecordId>,
    Form(form): Form<RemoveForm>,
) -> Result<HttpResponse> {
    records::remove(&ctx, &bureau, id.0).await?;
    Ok(see(&form.centre.map_or_else(|| RECORDS.to_owned(), |id| format!("/bureau/centres/{id}")), "saved"))
}
