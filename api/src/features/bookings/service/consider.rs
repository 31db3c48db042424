//! What a quote and a booking have in common: from the body to a class, days, a price and what is
//! in the way. A booking considers under lock, in its transaction; a quote without.

use std::{cell::Cell, collections::BTreeMap, sync::Arc};

use chrono::{Datelike as _, NaiveDate};
use entity::{
    ChildId, ClassId, Confirmation, ConsentPurpose, FamilyId, Filed, VoucherStatus, children, classes, offers,
};
use sea_orm::ConnectionTrait;

use super::{
    super::{
        dto::{BookingEntryCheckOut, BookingIn, BookingOverlapOut, BookingPriceOut},
        rules::{
            life::{self, EntryCheckStatus},
            price::{self, Cover, DayPrice},
            stays::{Skip, Stay, Timetable, Wish},
            terms::{self, Case, Unfit},
        },
        store::{self, About, Elsewhere},
    },
    attendance,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        admission,
        centres::{CentrePlan, grid::Grid, rules::Opening, store as centre_store},
        families::store as family_store,
        vouchers::rules::status_on,
    },
    state::Ctx,
};

/// A wish seen against the present state of the centre, the child and the voucher.
pub(super) struct Considered {
    pub(super) child: children::Model,
    pub(super) plan: Arc<CentrePlan>,
    pub(super) class: classes::Model,
    pub(super) offer: offers::Model,
    /// The days to book; with `best_effort` only those with a place.
    pub(super) stays: Vec<Stay>,
    pub(super) skipped: Vec<Skip>,
    /// The dates without a place, of all that were asked for.
    pub(super) full: Vec<NaiveDate>,
    pub(super) overlaps: Vec<BookingOverlapOut>,
    pub(super) price: BookingPriceOut,
    /// What each stay comes to, in the same order.
    pub(super) days: Vec<DayPrice>,
    /// As the class offers it, or by request for a family that missed too many days.
    pub(super) confirmation: Confirmation,
    pub(super) entry_check: BookingEntryCheckOut,
    /// Open bookings of the family.
    pub(super) live: i64,
    /// Whether the guardian agreed to messages about the child.
    pub(super) messages: bool,
}

/// Set when the catalogue turned out older than the database: reload it and try again.
pub type Stale = Cell<bool>;

/// An id of the body that is nothing of the caller's.
fn not_found(field: &'static str, zh: &'static str, en: &'static str) -> Problem {
    let text = Text::new(zh, en);
    Problem::new(Code::NotFound).detail(text.clone()).and_field(field, "unknown", text)
}

/// See the module. With `lock` the child's row and then the classes' are held until the
/// transaction ends, so that nobody else takes these places or moves this child (invariants 1, 2).
pub(super) async fn consider(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    family: FamilyId,
    body: &BookingIn,
    lock: bool,
    stale: &Stale,
) -> Result<Considered> {
    let wish = Wish::of(&body.asked())?;
    let child = if lock {
        family_store::lock_child(db, family, body.child_id).await?
    } else {
        family_store::child(db, family, body.child_id).await?
    };
    let child = child
        .ok_or_else(|| not_found("child_id", "没有找到这个孩子，请在“我的孩子”中核对。", "No such child of yours."))?;
    let plan = ctx
        .catalogue
        .centre(body.centre_id)
        .ok_or_else(|| not_found("centre_id", "没有找到该托育机构，可能已停止服务。", "No such centre."))?;
    let opening = |date| ctx.catalogue.opening(&plan, date);
    let now = ctx.clock.now();
    let expanded =
        wish.expand(&Timetable { opening: &opening, half: &|date, half| plan.week_on(date).half(half) }, now);
    let judged = expanded.and_then(|(stays, skipped)| {
        let rules = ctx.catalogue.rules();
        let grace = plan.row.age_grace_months;
        let case = Case { birth: child.birth_date, grace, rules: &rules, stays: &stays, now };
        let candidates = candidates(&plan, body, &case)?;
        Ok((stays, skipped, candidates))
    });
    // A refusal by hours or terms that have changed since would be as wrong as a booking by them.
    let ids: Vec<ClassId> = judged.as_ref().map(|(.., c)| c.iter().map(|o| o.class_id).collect()).unwrap_or_default();
    let rows = if lock { centre_store::lock_classes(db, &ids).await? } else { store::classes(db, &ids).await? };
    let dates = judged.as_ref().ok().and_then(|(stays, ..)| stays.first().zip(stays.last()));
    let dates = dates.map_or((wish.start, wish.start), |(first, last)| (first.date, last.date));
    let about = About { centre: plan.row.id, family, child: child.id, classes: &ids, dates };
    let facts = store::facts(db, about).await?;
    if facts.version != Some(plan.row.version) {
        stale.set(true);
        return Err(Problem::new(Code::Unavailable));
    }
    let (stays, mut skipped, candidates) = judged?;
    let (Some(first), Some(last)) = (stays.first().copied(), stays.last().copied()) else {
        return Err(Problem::new(Code::CentreClosed));
    };
    admission::check(db, ctx, &plan, family, last.date).await?;
    let (class, offer, full) = roomiest(ctx, &rows, candidates, &Grid::of(facts.held, facts.rosters), &stays)?;
    let stays = if body.best_effort { leave_out(stays, &full, &mut skipped) } else { stays };
    let overlaps = overlaps(facts.elsewhere, &stays);
    let cover = cover(db, ctx, family, body, &plan, &stays).await?;
    let opening_days = |date: NaiveDate| opening_days(ctx, &plan, date);
    let reduction = match price::reduction(&plan.reductions, &child) {
        Some(_) if !family_store::agreed(db, child.id, ConsentPurpose::Reductions).await? => None,
        declared => declared,
    };
    let (lines, days) = price::price(&offer, &stays, &opening_days, reduction, cover);
    let status = life::entry_check(facts.check, facts.last_visit, body.care_type, first.date);
    let needed_by = (status == EntryCheckStatus::Needed).then_some(first.date);
    Ok(Considered {
        price: BookingPriceOut { total_fen: price::total(&lines), lines },
        entry_check: BookingEntryCheckOut { status, needed_by },
        confirmation: match offer.confirmation {
            Confirmation::Instant if attendance::request_only(db, ctx, family, facts.missed_on).await? => {
                Confirmation::Request
            }
            offered => offered,
        },
        live: facts.live,
        messages: facts.messages,
        days,
        child,
        class,
        offer,
        stays,
        skipped,
        full,
        overlaps,
        plan,
    })
}

/// The offers of the classes that take the child on all dates on their terms, the most suitable
/// first; or why there is none.
fn candidates(plan: &CentrePlan, body: &BookingIn, case: &Case<'_>) -> Result<Vec<offers::Model>> {
    let no_offer = || {
        let care = body.care_type;
        Problem::new(Code::NoOffer).detail(Text::new(
            format!("该机构的适龄班级暂不提供{}，请选择其他服务形式或机构。", care.zh()),
            format!("No suitable class of this centre offers {care} care."),
        ))
    };
    let named = match body.class_id {
        Some(id) => {
            let unknown = || not_found("class_id", "该机构没有这个班级，请重新选择。", "The centre has no such class.");
            Some(plan.class(id).ok_or_else(unknown)?)
        }
        None => None,
    };
    let mut classes: Vec<_> =
        plan.classes.iter().filter(|class| named.is_none_or(|named| named.id == class.id)).collect();
    classes.sort_by_key(|class| (terms::preference(class.band), class.id));
    let offered: Vec<_> =
        classes.iter().filter_map(|class| plan.offer(class.id, body.care_type).map(|offer| (*class, offer))).collect();
    if offered.is_empty() {
        return Err(no_offer());
    }
    let (mut fit, mut misfits, mut refusal) = (Vec::new(), BTreeMap::new(), None);
    for (class, offer) in offered {
        match case.check(class, offer) {
            Ok(()) => fit.push(offer.clone()),
            Err(Unfit::Age(dates)) => drop(misfits.insert(class.id, dates)),
            Err(Unfit::Terms(problem)) => refusal = refusal.or(Some(*problem)),
        }
    }
    if !fit.is_empty() {
        return Ok(fit);
    }
    if let Some(problem) = refusal {
        return Err(problem);
    }
    if classes.iter().any(|class| case.misfits(class.band).is_empty()) {
        return Err(no_offer());
    }
    Err(terms::age_mismatch(&misfits, &|id| plan.class(id).map(|class| class.name.clone()).unwrap_or_default()))
}

/// The first candidate with room on all dates, else the one with the fewest full dates.
fn roomiest(
    ctx: &Ctx,
    rows: &[classes::Model],
    candidates: Vec<offers::Model>,
    grid: &Grid,
    stays: &[Stay],
) -> Result<(classes::Model, offers::Model, Vec<NaiveDate>)> {
    let rules = ctx.catalogue.rules();
    candidates
        .into_iter()
        .filter_map(|offer| {
            let class = rows.iter().find(|row| row.id == offer.class_id && row.active)?.clone();
            let full = terms::full(grid, &class, &rules, offer.care_type, stays);
            Some((class, offer, full))
        })
        .min_by_key(|(.., full)| full.len())
        .ok_or_else(|| Problem::new(Code::NoOffer))
}

fn leave_out(stays: Vec<Stay>, full: &[NaiveDate], skipped: &mut Vec<Skip>) -> Vec<Stay> {
    skipped.extend(full.iter().map(|date| Skip { date: *date, reason: "full", label: "托位已满".to_owned() }));
    skipped.sort_by_key(|skip| skip.date);
    stays.into_iter().filter(|stay| !full.contains(&stay.date)).collect()
}

fn overlaps(elsewhere: Vec<Elsewhere>, stays: &[Stay]) -> Vec<BookingOverlapOut> {
    let clash = |visit: &Elsewhere| {
        stays.iter().any(|stay| stay.date == visit.date && stay.from < visit.to && visit.from < stay.to)
    };
    let out = |visit: Elsewhere| BookingOverlapOut {
        booking_id: visit.booking_id,
        centre_id: visit.centre_id,
        date: visit.date,
        from: visit.from,
        to: visit.to,
    };
    elsewhere.into_iter().filter(clash).map(out).collect()
}

/// How many days the centre opens in the month of a date.
fn opening_days(ctx: &Ctx, plan: &CentrePlan, date: NaiveDate) -> i64 {
    let first = date.with_day(1).unwrap_or(date);
    let open = |day: &NaiveDate| matches!(ctx.catalogue.opening(plan, *day), Opening::Open(..));
    let days = first.iter_days().take_while(|day| day.month() == first.month()).filter(open).count();
    i64::try_from(days).unwrap_or(0)
}

/// What the voucher of the body pays for; refused where it can't pay for any of the days.
async fn cover(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    family: FamilyId,
    body: &BookingIn,
    plan: &CentrePlan,
    stays: &[Stay],
) -> Result<Option<Cover>> {
    let Some(id) = body.voucher_id else { return Ok(None) };
    let (voucher, campaign) = store::voucher(db, family, id).await?.ok_or_else(|| {
        not_found("voucher_id", "没有找到这张体验券，请在“我的券”中核对。", "No such voucher of yours.")
    })?;
    if voucher.child_id != body.child_id {
        return Err(Problem::new(Code::VoucherInvalid)
            .detail(Text::new("该体验券属于另一个孩子，不能转让使用。", "The voucher belongs to another child.")));
    }
    let status = status_on(voucher.status, voucher.valid_until, campaign.revoked_on, ctx.clock.today());
    if status == VoucherStatus::Revoked {
        return Err(Problem::new(Code::VoucherRevoked));
    }
    let covers = |stay: &Stay| (voucher.valid_from..=voucher.valid_until).contains(&stay.date);
    if !stays.is_empty() && !stays.iter().any(covers) {
        let late = stays.iter().any(|stay| stay.date > voucher.valid_until);
        let code = if late { Code::VoucherExpired } else { Code::VoucherNotStarted };
        let (from, until) = (voucher.valid_from, voucher.valid_until);
        return Err(Problem::new(code).detail(Text::new(
            format!("该体验券的有效期为{from}至{until}，不含所选日期。"),
            format!("The voucher is valid from {from} to {until}, on none of these dates."),
        )));
    }
    let may_redeem = plan.row.filed == Filed::Filed
        && plan.row.inclusive_on(ctx.clock.today())
        && plan.row.vouchers_suspended_at.is_none()
        && campaign.centre_kinds.as_ref().is_none_or(|kinds| kinds.0.contains(&plan.row.kind));
    if !may_redeem || !(campaign.all_centres || store::campaign_names(db, campaign.id, plan.row.id).await?) {
        return Err(Problem::new(Code::CentreNotAllowed).detail(Text::new(
            "该体验券不适用于这家机构，请选择券面列出的机构，或不使用体验券预约。",
            "The voucher can't be used at this centre.",
        )));
    }
    let units_left =
        i64::from(voucher.units_total - voucher.units_used) - store::days_on_voucher(db, voucher.id).await?;
    if units_left <= 0 {
        return Err(Problem::new(Code::VoucherExhausted).detail(Text::new(
            "该体验券的天数已用完或已用于其他预约。",
            "All units are used or promised to bookings.",
        )));
    }
    Ok(Some(Cover {
        face_value: campaign.face_value_fen,
        units_left,
        from: voucher.valid_from,
        until: voucher.valid_until,
    }))
}

/// Refuses one more open booking to a family that has as many as it may.
pub(super) fn within_limit(ctx: &Ctx, live: i64) -> Result<()> {
    let most = i64::from(ctx.settings.bookings_per_family);
    if live < most {
        return Ok(());
    }
    let text = Text::new(
        format!("最多可有{most}个进行中的预约，请先取消不需要的预约。"),
        format!("At most {most} bookings can be open: cancel one first."),
    );
    Err(Problem::new(Code::BookingLimit).detail(text).fact("most", most))
}

/// `CHILD_OVERLAP`, with where the child is.
pub(super) fn elsewhere(child: ChildId, overlaps: &[BookingOverlapOut]) -> Problem {
    let dates: Vec<NaiveDate> = overlaps.iter().map(|overlap| overlap.date).collect();
    Problem::new(Code::ChildOverlap)
        .detail(Text::new(
            format!("孩子在{}的这段时间已有其他预约，请先取消或另选时间。", terms::listed(&dates)),
            "The child is already booked at these hours; see `overlaps`.",
        ))
        .fact("child_id", child)
        .fact("dates", dates)
        .fact("overlaps", overlaps)
}

/// `NO_PLACE`, with the full dates.
pub(super) fn no_place(full: &[NaiveDate]) -> Problem {
    Problem::new(Code::NoPlace)
        .detail(Text::new(
            format!("{}的托位已满，请换个日期、时段或机构；也可只预约有空位的日期。", terms::listed(full)),
            "No place is left on these dates; see `dates`.",
        ))
        .fact("dates", full)
}
