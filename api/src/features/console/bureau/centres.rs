//! Centres: the list, and one with its vouchers stopped or let go on. Making and changing them belongs to the
//! register.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{CentreId, CentreKind};

use super::super::{
    fields::{Fields, any_of},
    form::Form,
    shell::{Shell, see},
    table::{Cell, Table, link, number, percent, text},
    values::{dash, minute, yes, yuan},
    view::{Part, View},
};
use crate::{
    error::{Code, Problem, Result},
    features::{
        auth::Bureau,
        centres::{
            CentrePlan, CentreRatingOut,
            all::{AllQuery, AllSort, all},
        },
        vouchers::{revocation_dto::RevocationIn, service::revocations},
    },
    http::{Idempotency, Moment, Path, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_centres).service(bureau_centre).service(bureau_suspend_centre).service(bureau_resume_centre);
}

const fn word(sort: AllSort) -> &'static str {
    match sort {
        AllSort::Name => "name",
        AllSort::Township => "township",
        AllSort::Kind => "kind",
        AllSort::Rating => "rating",
    }
}

#[get("/centres")]
async fn bureau_centres(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<AllQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let known = ctx.catalogue.townships();
    let named = known.iter().map(|name| (&**name, &**name, query.township.as_deref() == Some(&**name)));
    let kinds = CentreKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), query.kind == Some(*kind)));
    let filter = Fields::filter(&shell, "/bureau/centres")
        .text("q", t("名称", "Name"), query.q.as_deref().unwrap_or_default(), 40)
        .choice("kind", t("类型", "Kind"), any_of(&shell, kinds))
        .choice("township", t("乡镇", "Township"), any_of(&shell, named))
        .hidden("sort", word(query.sort));
    let page = all(&ctx, &query)?;
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
    ];
    let mut table = Table::new(&shell, t("托育机构", "Centres"), &columns);
    let today = ctx.clock.today();
    for centre in &page.items {
        let row = &centre.row;
        let rating = CentreRatingOut::from(centre.rating);
        table.row(vec![
            link(row.name.clone(), format!("/bureau/centres/{}", row.id)),
            text(shell.word(row.kind.zh(), row.kind.as_str())),
            text(row.township.clone()),
            text(shell.word(row.ownership.zh(), row.ownership.as_str())),
            text(shell.word(row.filed.zh(), row.filed.as_str())),
            text(yes(&shell, row.inclusive_on(today))),
            number(centre.classes.iter().map(|class| i64::from(class.places)).sum()),
            Cell::Number(dash(rating.mean.map(|mean| format!("{mean:.2}")))),
            vouchers(&shell, centre),
        ]);
    }
    let words = [(0, "name"), (1, "kind"), (2, "township"), (7, "rating")];
    let table = table.sorted_by(&shell, &words, word(query.sort)).page(&shell, page.next_cursor.as_deref());
    View::new(&shell, t("托育机构", "Centres")).form(filter).table(table).answer(&ctx)
}

fn vouchers(shell: &Shell, centre: &CentrePlan) -> Cell {
    if centre.row.vouchers_suspended_at.is_some() {
        Cell::Mark("bad", shell.t("暂停核销", "suspended").to_owned())
    } else {
        Cell::Mark("plain", shell.t("正常", "as usual").to_owned())
    }
}

#[get("/centres/{id}")]
async fn bureau_centre(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau, id: Path<CentreId>) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let centre = ctx.catalogue.centre(id.0).ok_or_else(|| Problem::new(Code::NotFound))?;
    let row = &centre.row;
    let rating = CentreRatingOut::from(centre.rating);
    let suspended = row.vouchers_suspended_at;
    let (rest, name) = match suspended {
        Some(_) => ("resume-vouchers", t("恢复核销", "Resume vouchers")),
        None => ("suspend-vouchers", t("暂停核销", "Suspend vouchers")),
    };
    let columns = [t("班级", "Class"), t("班型", "Ages"), t("#托位", "#Places")];
    let mut classes = Table::new(&shell, t("班级", "Classes"), &columns);
    for class in &centre.classes {
        classes.row(vec![
            text(class.name.clone()),
            text(shell.word(class.band.zh(), class.band.as_str())),
            number(class.places.into()),
        ]);
    }
    View::new(&shell, row.name.clone())
        .facts(&[
            ("类型", "Kind", shell.word(row.kind.zh(), row.kind.as_str())),
            ("性质", "Ownership", shell.word(row.ownership.zh(), row.ownership.as_str())),
            ("地址", "Address", row.address.clone()),
            ("乡镇", "Township", row.township.clone()),
            ("电话", "Telephone", dash(row.phone.clone())),
            ("备案", "Filing", shell.word(row.filed.zh(), row.filed.as_str())),
            ("备案号", "Number of the filing", dash(row.filed_no.clone())),
            ("普惠有效期至", "Inclusive until", dash(row.inclusive_until)),
            ("限价（元/月）", "Price cap (yuan a month)", dash(row.price_cap_fen.map(yuan))),
            ("保险至", "Insured until", dash(row.insured_until)),
            ("医疗签约至", "Medical contract until", dash(row.medical_until)),
            ("近一年满意率", "Satisfied, last year", percent(rating.satisfied_rate)),
            ("近一年评价数", "Ratings, last year", rating.n.to_string()),
            ("体验券暂停自", "Vouchers suspended since", dash(suspended.map(|at| minute(Moment(at))))),
        ])
        .part(Part::Forms(vec![(
            name.to_owned(),
            Fields::reason(&shell, format!("/bureau/centres/{}/{rest}", id.0), name),
        )]))
        .table(classes.sortable(&shell, 'c'))
        .answer(&ctx)
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
