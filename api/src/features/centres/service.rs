//! A centre's page and its free places.

use chrono::{Days, NaiveDate};
use entity::{Admits, CareType, CentreId, ClassId, MinuteOfDay, centres};

use super::{
    availability_dto::{
        AvailabilityClassOut, AvailabilityDayOut, AvailabilityOut, AvailabilityQuery, AvailabilitySpanOut,
    },
    badges::{BadgeOut, badges_of},
    dto::{
        CentreOut, CentrePageQuery, ClassOut, FilingOut, HalfDaysOut, HoursOut, LocationOut, OfferOut, ReductionOut,
        TimesOut,
    },
    grid::{DayGrid, Grid},
    plan::CentrePlan,
    rules::{self, Opening},
    start::{Start, travel},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    language::Word,
    platform::clock::minute_of_day,
    state::Ctx,
};

/// Days of availability in one answer at most.
const MOST_DAYS: i64 = 92;
/// Days shown if no end is named, beside the first.
const DAYS_SHOWN: u64 = 6;

fn plan(ctx: &Ctx, id: CentreId) -> Result<std::sync::Arc<CentrePlan>> {
    ctx.catalogue.centre(id).ok_or_else(|| {
        Problem::new(Code::NotFound)
            .detail(Text::new("没有找到这家机构，请返回列表重新选择。", "There is no such centre."))
    })
}

/// The badges that parents see of a centre, with the days on which they were checked.
pub async fn badges(ctx: &Ctx, row: &centres::Model) -> Result<Vec<BadgeOut>> {
    let today = ctx.clock.today();
    let marks = ctx.catalogue.marks().of(ctx.db.reader(), row, today).await?;
    Ok(badges_of(row, marks, today))
}

/// The page, with the way from a point if one is given.
pub async fn page(ctx: &Ctx, id: CentreId, query: &CentrePageQuery) -> Result<CentreOut> {
    let travel = travel(query.mode, query.pushchair)?;
    let start = Start::of_query(ctx, (query.lng, query.lat, query.coord), travel)?;
    let plan = plan(ctx, id)?;
    let walk = match start {
        Some(start) => start.walk(ctx, id, plan.row.location()).await,
        None => None,
    };
    let today = ctx.clock.today();
    let badges = badges(ctx, &plan.row).await?;
    let class_rules = ctx.catalogue.rules();
    let (row, week) = (&plan.row, plan.week_on(today));
    let at = query.coord.from_wgs84(row.location());
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    Ok(CentreOut {
        id,
        name: row.name.clone(),
        kind: row.kind,
        kind_label: Word(row.kind.zh()),
        ownership: row.ownership,
        inclusive: row.inclusive_on(today),
        filed: row.filed == entity::Filed::Filed,
        filing: FilingOut { status: row.filed, number: row.filed_no.clone() },
        price_cap_fen: row.price_cap_fen,
        admits: row.admits,
        others_days: (row.admits == Admits::OwnFirst).then_some(row.others_days),
        reductions: plan.reductions.iter().map(ReductionOut::of).collect(),
        address: row.address.clone(),
        township: row.township.clone(),
        location: LocationOut { lng: round(at.lng), lat: round(at.lat), coord: query.coord },
        walk,
        phone: row.phone.clone(),
        intro: row.intro.clone(),
        hours: (1..)
            .zip(week.week)
            .filter_map(|(weekday, hours)| hours.map(|(from, to)| HoursOut { weekday, from, to }))
            .collect(),
        half_days: HalfDaysOut {
            morning: TimesOut { from: week.morning.0, to: week.morning.1 },
            afternoon: TimesOut { from: week.afternoon.0, to: week.afternoon.1 },
        },
        classes: plan
            .classes
            .iter()
            .map(|class| {
                let rule = rules::class_rule(&class_rules, class.band, today);
                ClassOut {
                    id: class.id,
                    name: class.name.clone(),
                    band: class.band,
                    min_months: rule.map_or(0, |r| r.min_months),
                    max_months: rule.map_or(0, |r| r.max_months + row.age_grace_months),
                    places: class.places,
                }
            })
            .collect(),
        offers: plan
            .offers
            .iter()
            .map(|offer| OfferOut {
                id: offer.id,
                class_id: offer.class_id,
                care_type: offer.care_type,
                label: Word(offer.care_type.zh()),
                unit: offer.unit,
                price_fen: offer.price_fen,
                meals_fen: offer.meals_fen,
                min_minutes: offer.min_minutes,
                notice_minutes: offer.notice_minutes,
                horizon_days: offer.horizon_days,
                cutoff_minutes: offer.cutoff_minutes,
                confirmation: offer.confirmation,
            })
            .collect(),
        rating: plan.rating.into(),
        badges,
        voucher: ctx.catalogue.takes_vouchers(id),
        demo: row.demo,
    })
}

/// Free places of every class on every date of a range, from two queries however long it is.
pub async fn availability(ctx: &Ctx, id: CentreId, query: &AvailabilityQuery) -> Result<AvailabilityOut> {
    let plan = plan(ctx, id)?;
    let start = query.start_date.map_or_else(|| ctx.clock.today(), |d| d.0);
    let end = query.end_date.map_or_else(|| start + Days::new(DAYS_SHOWN), |d| d.0);
    let days = (end - start).num_days() + 1;
    if days < 1 {
        return Err(Problem::field(
            "end_date",
            "before_start",
            Text::new("结束日期不能早于开始日期。", "end_date is before start_date."),
        ));
    }
    if days > MOST_DAYS {
        return Err(Problem::field(
            "end_date",
            "out_of_range",
            Text::new("一次最多查询92天。", "At most 92 days at once."),
        ));
    }
    if query.age_months.is_some_and(|m| !(0..=36).contains(&m)) {
        return Err(Problem::field(
            "age_months",
            "out_of_range",
            Text::new("月龄须为 0 到 36。", "age_months must be from 0 to 36."),
        ));
    }
    if query.class_id.is_some_and(|class| plan.class(class).is_none()) {
        return Err(Problem::new(Code::NotFound));
    }
    let class_rules = ctx.catalogue.rules();
    let shown: Vec<_> = plan
        .classes
        .iter()
        .filter(|class| query.class_id.is_none_or(|id| id == class.id))
        .filter(|class| {
            let rule = rules::class_rule(&class_rules, class.band, start);
            query.age_months.is_none_or(|age| {
                rule.is_some_and(|r| (r.min_months..r.max_months + plan.row.age_grace_months).contains(&age))
            })
        })
        .collect();
    let ids: Vec<ClassId> = shown.iter().map(|class| class.id).collect();
    let held = store::held(ctx.db.reader(), &ids, start, end).await?;
    let grid = Grid::of(held, store::rosters(ctx.db.reader(), &ids, start, end).await?);
    let (today, present) = (ctx.clock.today(), minute_of_day(ctx.clock.now()).floor_half_hour());
    let past = |reason: &str| Opening::Closed(reason.to_owned());
    // What is over can't be booked: of today what is left from the half-hour that has begun.
    let opening = |date: NaiveDate| match ctx.catalogue.opening(&plan, date) {
        _ if date < today => past("日期已过"),
        Opening::Open(_, to) if date == today && to <= present => past("今天的开放时间已过"),
        Opening::Open(from, to) if date == today => Opening::Open(Ord::max(from, present), to),
        opening => opening,
    };
    let day = |date: NaiveDate| match opening(date) {
        Opening::Closed(reason) => AvailabilityDayOut { date, open: None, reason: Some(reason), classes: Vec::new() },
        Opening::Open(from, to) => {
            let classes = shown.iter().map(|class| {
                let day = grid.day(class, &class_rules, date);
                AvailabilityClassOut {
                    class_id: class.id,
                    name: class.name.clone(),
                    band: class.band,
                    free_all_day: day.free_through(CareType::FullDay, from, to).max(0),
                    spans: spans(from, to, &day),
                }
            });
            AvailabilityDayOut { date, open: Some(TimesOut { from, to }), reason: None, classes: classes.collect() }
        }
    };
    let days = start.iter_days().take_while(|date| *date <= end).map(day).collect();
    Ok(AvailabilityOut { centre_id: id, start_date: start, end_date: end, days })
}

/// The opening hours, cut where the numbers change.
fn spans(from: MinuteOfDay, to: MinuteOfDay, day: &DayGrid) -> Vec<AvailabilitySpanOut> {
    let mut spans: Vec<AvailabilitySpanOut> = Vec::new();
    for slot in rules::slots(from, to) {
        let begin = MinuteOfDay(i32::try_from(slot).unwrap_or(0) * MinuteOfDay::SLOT).max(from);
        let span = AvailabilitySpanOut {
            from: begin,
            to: MinuteOfDay(begin.floor_half_hour().0 + MinuteOfDay::SLOT).min(to),
            places: day.places(slot),
            taken: day.taken(slot),
            free: day.free(CareType::FullDay, slot).max(0),
            kept_full_day: day.kept(slot),
        };
        let numbers = |span: &AvailabilitySpanOut| (span.places, span.taken, span.kept_full_day);
        match spans.last_mut() {
            Some(last) if numbers(last) == numbers(&span) => last.to = span.to,
            _ => spans.push(span),
        }
    }
    spans
}
