//! What a quote and a booking have in common: from the body to a class, days, a price and what is
//! in the way. A booking considers under lock, in its transaction; a quote without.

use std::{cell::Cell, mem, sync::Arc};

use chrono::{Datelike as _, NaiveDate};
use entity::{
    Admits, ChildId, ClassId, Confirmation, ConsentPurpose, FamilyId, children, classes, fee_reductions, offers,
};
use sea_orm::ConnectionTrait;

use super::{
    super::{
        dto::{BookingEntryCheckOut, BookingIn, BookingOverlapOut, BookingPriceOut},
        rules::{
            life::{self, EntryCheckStatus},
            price::{self, Cover, DayPrice},
            stays::{Skip, Stay, Timetable, Wish},
            terms::{self, Case},
        },
        store::{self, About, Elsewhere, Facts},
    },
    attendance,
    choose::{candidates, leave_out, possible, roomiest},
    cover::cover,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        admission,
        centres::{CentrePlan, grid::Grid, rules::Opening, store as centre_store},
        families::store as family_store,
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
pub(super) fn not_found(field: &'static str, zh: &'static str, en: &'static str) -> Problem {
    let text = Text::new(zh, en);
    Problem::new(Code::NotFound).detail(text.clone()).and_field(field, "unknown", text)
}

/// A wish made out by the catalogue: its days, and the offers that fit them.
pub(super) struct MadeOut {
    stays: Vec<Stay>,
    skipped: Vec<Skip>,
    candidates: Vec<offers::Model>,
}

impl MadeOut {
    /// The classes whose places it may take.
    pub(super) fn classes(&self) -> Vec<ClassId> {
        self.candidates.iter().map(|offer| offer.class_id).collect()
    }

    /// First and last day.
    pub(super) fn dates(&self) -> Option<(NaiveDate, NaiveDate)> {
        self.stays.first().zip(self.stays.last()).map(|(first, last)| (first.date, last.date))
    }
}

/// What is read for few wishes only.
#[derive(Default)]
struct More {
    cover: Option<Cover>,
    reduction: Option<fee_reductions::Model>,
    /// The family missed too many days to book at once.
    by_request: bool,
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
    let made_out = make_out(ctx, body, &wish, &child, &plan);
    // A refusal by hours or terms that have changed since would be as wrong as a booking by them.
    let ids = made_out.as_ref().map(MadeOut::classes).unwrap_or_default();
    let rows = if lock { centre_store::lock_classes(db, &ids).await? } else { store::classes(db, &ids).await? };
    let dates = made_out.as_ref().ok().and_then(MadeOut::dates).unwrap_or((wish.start, wish.start));
    let about = About { centre: plan.row.id, family, child: child.id, classes: &ids, dates };
    let facts = store::facts_of_each(db, &[about]).await?.pop().unwrap_or_default();
    if facts.version != Some(plan.row.version) {
        stale.set(true);
        return Err(Problem::new(Code::Unavailable));
    }
    let made_out = made_out?;
    let Some((_, last)) = made_out.dates() else {
        return Err(Problem::new(Code::CentreClosed));
    };
    admission::check(db, ctx, &plan, family, last).await?;
    let (room, facts) = room(ctx, body, &rows, made_out, facts)?;
    let more = More {
        cover: cover(db, ctx, family, body, &plan, &room.stays).await?,
        reduction: match price::reduction(&plan.reductions, &child) {
            Some(_) if !family_store::agreed(db, child.id, ConsentPurpose::Reductions).await? => None,
            declared => declared.cloned(),
        },
        by_request: room.offer.confirmation == Confirmation::Instant
            && attendance::request_only(db, ctx, family, facts.missed_on).await?,
    };
    Ok(weigh(ctx, body, child, plan, room, &facts, more))
}

/// The same of a wish that only `facts` decide, read under lock together with those of others; `None`
/// where something else must be read, or anything is in the way.
pub(super) fn consider_plain(
    ctx: &Ctx,
    body: &BookingIn,
    child: children::Model,
    plan: Arc<CentrePlan>,
    made_out: MadeOut,
    rows: &[classes::Model],
    facts: Facts,
) -> Option<Considered> {
    let plain = body.voucher_id.is_none()
        && plan.row.admits == Admits::All
        && price::reduction(&plan.reductions, &child).is_none()
        && !attendance::missed_lately(ctx, facts.missed_on);
    if !plain || facts.version != Some(plan.row.version) || made_out.dates().is_none() {
        return None;
    }
    let (room, facts) = room(ctx, body, rows, made_out, facts).ok()?;
    Some(weigh(ctx, body, child, plan, room, &facts, More::default()))
}

/// The days and the offers of a wish, without a look at what is booked.
pub(super) fn make_out(
    ctx: &Ctx,
    body: &BookingIn,
    wish: &Wish,
    child: &children::Model,
    plan: &CentrePlan,
) -> Result<MadeOut> {
    let opening = |date| ctx.catalogue.opening(plan, date);
    let now = ctx.clock.now();
    let (stays, mut skipped) =
        wish.expand(&Timetable { opening: &opening, half: &|date, half| plan.week_on(date).half(half) }, now)?;
    let rules = ctx.catalogue.rules();
    let grace = plan.row.age_grace_months;
    let case = |stays| Case { birth: child.birth_date, grace, rules: &rules, stays, now };
    let stays = if body.best_effort { possible(plan, body, &case(&stays), &mut skipped) } else { stays };
    let candidates = candidates(plan, body, &case(&stays))?;
    Ok(MadeOut { stays, skipped, candidates })
}

/// Where a wish has room.
struct Room {
    class: classes::Model,
    offer: offers::Model,
    full: Vec<NaiveDate>,
    overlaps: Vec<BookingOverlapOut>,
    stays: Vec<Stay>,
    skipped: Vec<Skip>,
}

fn room(
    ctx: &Ctx,
    body: &BookingIn,
    rows: &[classes::Model],
    made_out: MadeOut,
    mut facts: Facts,
) -> Result<(Room, Facts)> {
    let MadeOut { stays, mut skipped, candidates } = made_out;
    let grid = Grid::of(mem::take(&mut facts.held), mem::take(&mut facts.rosters));
    let (class, offer, full) = roomiest(ctx, rows, candidates, &grid, &stays)?;
    let overlaps = overlaps(mem::take(&mut facts.elsewhere), &stays);
    let (stays, overlaps) = if body.best_effort {
        (leave_out(stays, &full, &overlaps, &mut skipped), Vec::new())
    } else {
        (stays, overlaps)
    };
    if stays.is_empty() && full.is_empty() {
        // Best effort on days that are all spent elsewhere.
        return Err(
            Problem::new(Code::ChildOverlap).fact("skipped", skipped.iter().map(|skip| skip.date).collect::<Vec<_>>())
        );
    }
    Ok((Room { class, offer, full, overlaps, stays, skipped }, facts))
}

fn weigh(
    ctx: &Ctx,
    body: &BookingIn,
    child: children::Model,
    plan: Arc<CentrePlan>,
    room: Room,
    facts: &Facts,
    more: More,
) -> Considered {
    let Room { class, offer, full, overlaps, stays, skipped } = room;
    let opening_days = |date: NaiveDate| opening_days(ctx, &plan, date);
    let (lines, days) = price::price(&offer, &stays, &opening_days, more.reduction.as_ref(), more.cover);
    let first = stays.first().map_or(body.start_date.0, |stay| stay.date);
    let status = life::entry_check(facts.check, facts.last_visit, body.care_type, first);
    Considered {
        overlaps,
        price: BookingPriceOut { total_fen: price::total(&lines), lines },
        entry_check: BookingEntryCheckOut { status, needed_by: (status == EntryCheckStatus::Needed).then_some(first) },
        confirmation: if more.by_request { Confirmation::Request } else { offer.confirmation },
        live: facts.live,
        messages: facts.messages,
        days,
        child,
        class,
        offer,
        stays,
        skipped,
        full,
        plan,
    }
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
