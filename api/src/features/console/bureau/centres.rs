//! Centres: the list, and one with all that is known of it, its vouchers stopped or let go on.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{CentreId, CentreKind, centres};
use serde::Deserialize;

use super::{
    super::{
        fields::{Fields, any_of},
        form::Form,
        shell::{Shell, see},
        table::{Cell, Table, link, number, percent, text},
        values::{dash, minute, yes},
        view::{Part, View},
    },
    carers, centre_form, registers,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        centres::{BadgeOut, CentreRatingOut, service, store::active_classes},
        directory::{
            self,
            dto::{BureauCentreOut, BureauCentresQuery},
        },
        vouchers::{revocation_dto::RevocationIn, service::revocations},
    },
    http::{Cursor, Idempotency, Limit, Line, Moment, Page, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_centres).service(bureau_centre).service(bureau_suspend_centre).service(bureau_resume_centre);
}

/// Which centres.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// In service.
    #[default]
    Open,
    /// Out of service.
    Closed,
    /// Both.
    All,
}

#[derive(Clone, Deserialize)]
struct ListQuery {
    q: Option<Line<40>>,
    kind: Option<CentreKind>,
    township: Option<Line<20>>,
    #[serde(default)]
    state: State,
    cursor: Option<Cursor>,
}

/// A page of the list.
async fn page(ctx: &Ctx, query: ListQuery, limit: Limit) -> Result<Page<BureauCentreOut>> {
    let ListQuery { q, kind, township, state, cursor } = query;
    let active = match state {
        State::Open => Some(true),
        State::Closed => Some(false),
        State::All => None,
    };
    let query = BureauCentresQuery { q, kind, township, active, limit, cursor, ..BureauCentresQuery::default() };
    directory::service::page(ctx, &query).await
}

/// The whole register with the same filters: more of each centre than a page has room for.
fn register(query: &ListQuery) -> String {
    let mut all = form_urlencoded::Serializer::new(String::new());
    if let Some(q) = &query.q {
        all.append_pair("q", q);
    }
    if let Some(kind) = query.kind {
        all.append_pair("kind", kind.as_str());
    }
    if let Some(township) = &query.township {
        all.append_pair("township", township);
    }
    match query.state {
        State::Open => drop(all.append_pair("active", "true")),
        State::Closed => drop(all.append_pair("active", "false")),
        State::All => {}
    }
    all.finish()
}

#[get("/centres")]
async fn bureau_centres(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let known = ctx.catalogue.townships();
    let named = known.iter().map(|name| (&**name, &**name, query.township.as_deref() == Some(&**name)));
    let kinds = CentreKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), query.kind == Some(*kind)));
    let states = [
        (State::Open, "open", "在运营", "In service"),
        (State::Closed, "closed", "已停办", "Out of service"),
        (State::All, "all", "全部", "All"),
    ];
    let states = states.map(|(state, word, zh, en)| (word.to_owned(), t(zh, en).to_owned(), state == query.state));
    let filter = Fields::filter(&shell, "/bureau/centres")
        .text("q", t("名称", "Name"), query.q.as_deref().unwrap_or_default(), 40)
        .choice("kind", t("类型", "Kind"), any_of(&shell, kinds))
        .choice("township", t("乡镇", "Township"), any_of(&shell, named))
        .choice("state", t("状态", "State"), states.to_vec());
    let columns = [
        t("机构", "Centre"),
        t("类型", "Kind"),
        t("乡镇", "Township"),
        t("性质", "Ownership"),
        t("备案", "Filing"),
        t("普惠", "Inclusive"),
        t("#托位", "#Places"),
        t("#评价均分", "#Mean of ratings"),
        t("体验券", "Vouchers"),
        t("状态", "State"),
    ];
    let mut table = Table::new(&shell, t("托育机构", "Centres"), &columns);
    let read = async |limit, cursor| self::page(&ctx, ListQuery { cursor, ..query.clone() }, limit).await;
    let page = shell.pages(Limit::default(), query.cursor.clone(), read).await?;
    for row in page.items {
        let mean = ctx.catalogue.centre(row.id).and_then(|plan| CentreRatingOut::from(plan.rating).mean);
        table.row(vec![
            link(row.name, format!("/bureau/centres/{}", row.id)),
            text(shell.word(row.kind.zh(), row.kind.as_str())),
            text(row.township),
            text(shell.word(row.ownership.zh(), row.ownership.as_str())),
            text(shell.word(row.filed.zh(), row.filed.as_str())),
            text(yes(&shell, row.inclusive)),
            number(row.places),
            Cell::Number(dash(mean.map(|mean| format!("{mean:.2}")))),
            vouchers(&shell, row.vouchers_suspended),
            in_service(&shell, row.active),
        ]);
    }
    let table = table.rest(&shell, page.rest);
    let whole = |ending: &str| format!("/api/v1/bureau/centres.{ending}?{}", register(&query));
    View::new(&shell, t("托育机构", "Centres"))
        .links(&[
            ("登记机构", "Enter a centre", "/bureau/centres/new"),
            ("用表格导入", "Import", "/bureau/imports"),
            ("下载完整名录（CSV）", "The whole register (CSV)", &whole("csv")),
            ("下载完整名录（Excel）", "The whole register (XLSX)", &whole("xlsx")),
        ])
        .form(filter)
        .table(table)
        .answer(&ctx)
}

fn vouchers(shell: &Shell, suspended: bool) -> Cell {
    if suspended {
        Cell::Mark("bad", shell.t("暂停核销", "suspended").to_owned())
    } else {
        Cell::Mark("plain", shell.t("正常", "as usual").to_owned())
    }
}

fn in_service(shell: &Shell, open: bool) -> Cell {
    let (class, zh, en) =
        if open { ("good", "在运营", "in service") } else { ("bad", "已停办", "out of service") };
    Cell::Mark(class, shell.t(zh, en).to_owned())
}

#[get("/centres/{id}")]
async fn bureau_centre(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau, id: Path<CentreId>) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    // One out of service too.
    let row = directory::service::row(&ctx, id.0).await?;
    let rating = ctx.catalogue.centre(id.0).map(|plan| CentreRatingOut::from(plan.rating));
    let suspended = row.vouchers_suspended_at;
    let (rest, name) = match suspended {
        Some(_) => ("resume-vouchers", t("恢复核销", "Resume vouchers")),
        None => ("suspend-vouchers", t("暂停核销", "Suspend vouchers")),
    };
    let columns = [t("班级", "Class"), t("班型", "Ages"), t("#托位", "#Places")];
    let mut classes = Table::new(&shell, t("班级", "Classes"), &columns);
    for class in active_classes(ctx.db.reader(), id.0).await? {
        classes.row(vec![
            text(class.name.clone()),
            text(shell.word(class.band.zh(), class.band.as_str())),
            number(class.places.into()),
        ]);
    }
    let mut facts = centre_form::facts(&shell, &row);
    facts.extend([
        ("保险至", "Insured until", dash(row.insured_until)),
        ("医疗签约至", "Medical contract until", dash(row.medical_until)),
        ("近一年满意率", "Satisfied, last year", percent(rating.as_ref().and_then(|rating| rating.satisfied_rate))),
        ("近一年评价数", "Ratings, last year", dash(rating.as_ref().map(|rating| rating.n))),
        ("体验券暂停自", "Vouchers suspended since", dash(suspended.map(|at| minute(Moment(at))))),
    ]);
    let mut forms = centre_form::deeds(&ctx, &shell, &row);
    forms.push((name.to_owned(), Fields::reason(&shell, format!("/bureau/centres/{}/{rest}", id.0), name)));
    let view = View::new(&shell, row.name.clone())
        .facts(&facts)
        // Forms ask for it where a list is too short for all centres.
        .part(Part::Codes(vec![row.id.to_string()]))
        .part(Part::Forms(forms))
        .table(classes.sortable(&shell, 'c'))
        .table(badges(&ctx, &shell, &row).await?);
    let view = registers::of_centre(&ctx, &shell, view, id.0).await?;
    carers::of_centre(&ctx, &shell, view, id.0).await?.answer(&ctx)
}

fn badge_words(shell: &Shell, badge: &BadgeOut) -> String {
    let word = shell.word(badge.label.0, badge.code);
    match badge.number.zip(badge.of) {
        Some((number, of)) => format!("{word} {number}/{of}"),
        None => word,
    }
}

/// What parents see, with the day on which somebody saw the document.
async fn badges(ctx: &Ctx, shell: &Shell, row: &centres::Model) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("标识", "Badge"), t("有效期至", "Until"), t("核验日期", "Checked on")];
    let mut table = Table::new(shell, t("家长可见的标识", "Badges that parents see"), &columns);
    for badge in service::badges(ctx, row).await? {
        table.row(vec![
            Cell::Mark("good", badge_words(shell, &badge)),
            text(dash(badge.until)),
            text(dash(badge.checked_on)),
        ]);
    }
    t("没有标识。", "None.").clone_into(&mut table.empty);
    Ok(table.sortable(shell, 'b'))
}

async fn turn(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: CentreId,
    suspend: bool,
    reason: &str,
) -> Result<HttpResponse> {
    revocations::suspend_centre(ctx, bureau, key, id, suspend, reason).await?;
    Ok(see(&format!("/bureau/centres/{id}"), "saved"))
}

#[post("/centres/{id}/suspend-vouchers")]
async fn bureau_suspend_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Form(form): Form<RevocationIn>,
) -> Result<HttpResponse> {
    turn(&ctx, &bureau, &key, id.0, true, &form.reason).await
}

#[post("/centres/{id}/resume-vouchers")]
async fn bureau_resume_centre(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<CentreId>,
    key: Idempotency,
    Form(form): Form<RevocationIn>,
) -> Result<HttpResponse> {
    turn(&ctx, &bureau, &key, id.0, false, &form.reason).await
}
