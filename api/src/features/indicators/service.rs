//! Counting, and the report.

use std::collections::HashSet;

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc};
use entity::{CentreId, IndicatorCode, MinuteOfDay, PlanInputCode, centre_states, plan_inputs};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    dto::{
        IndicatorOut, IndicatorTrendOut, IndicatorTrendPoint, IndicatorsOn, IndicatorsOut, IndicatorsQuery, TrendQuery,
    },
    facts::{Care, Centres, Coverage, Facts, Input, Satisfaction, Year},
    rules, snapshots,
    store::{
        care,
        states::{self, Part},
    },
    targets::Target,
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        coverage::service::figures as coverage,
        plan_inputs::{known, rules::in_force},
        satisfaction::{self, Answers, dto::SatisfactionQuery},
    },
    http::{Day, Moment, Month},
    platform::clock::instant_at,
    state::Ctx,
};

/// Months of a trend at most.
const TREND_MONTHS: u32 = 24;

/// The first instant after a day.
#[must_use]
pub fn end_of(day: NaiveDate) -> DateTime<Utc> {
    instant_at(day, MinuteOfDay(1440))
}

/// The last day of a month.
#[must_use]
pub fn last_day(month: NaiveDate) -> NaiveDate {
    month + Months::new(1) - Days::new(1)
}

/// What was known of a day, and when.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The day.
    pub day: NaiveDate,
    /// What was entered and answered later doesn't count.
    pub known_at: DateTime<Utc>,
    /// The day is the present one: centres and ratings are read as they are.
    pub live: bool,
    /// The coverage of now is that of the day.
    pub coverage: bool,
}

impl View {
    /// What the centres of a part were.
    async fn centres(self, db: &impl ConnectionTrait, part: Part) -> Result<Vec<centre_states::Model>, DbErr> {
        if self.live {
            states::present(db, part, None, self.known_at).await
        } else {
            states::at(db, part, end_of(self.day), self.known_at).await
        }
    }
}

/// What can be counted again at any time, to the same digits: from the journal of centres, the versions of
/// inputs and of ratings.
pub async fn kept(ctx: &Ctx, view: View, month_days: i64, targets: Vec<Target>) -> Result<Facts> {
    let (db, View { day, known_at, live, .. }) = (ctx.db.reader(), view);
    let rows = known(db).await?;
    let (inputs, rural) = inputs(&rows, day, known_at);
    let begun = instant_at(day.with_ordinal(1).unwrap_or(day), MinuteOfDay(0));
    let is_known = live || !states::any_unknown(db, end_of(day), known_at).await?;
    let year_known = is_known && !states::any_unknown(db, begun, known_at).await?;
    let (mut centres, mut year) = (is_known.then(Centres::default), year_known.then(Year::default));
    let mut part = None;
    while let (Some(centres), Some(next)) = (&mut centres, states::next_part(db, part, None).await?) {
        let now = view.centres(db, next).await?;
        centres.add(&now, day, &rural, month_days);
        if let Some(year) = &mut year {
            year.add(&states::at(db, next, begun, known_at).await?, &now);
        }
        part = Some(next);
    }
    let answers = if live { Answers::Present } else { Answers::AsOf(known_at) };
    let query = SatisfactionQuery { from: None, to: Some(Month::of(day)), by: None };
    let report = satisfaction::service::report(ctx, query, answers).await?;
    Ok(Facts {
        day,
        targets,
        month_days,
        centres,
        year,
        inputs,
        rural,
        care: Care { enrolled: 0, until: None, child_days: 0, place_days: 0 },
        satisfaction: Satisfaction {
            from: report.from.0,
            to: report.to.0,
            answers: report.overall.answers,
            satisfied: report.satisfied,
            too_few: report.overall.too_few,
        },
        coverage: None,
        registers: None,
    })
}

/// Everything of a day: what can be counted again, and attendance, coverage and registers as they are now.
pub async fn gather(ctx: &Ctx, view: View) -> Result<Facts> {
    let db = ctx.db.reader();
    let mut facts = kept(ctx, view, ctx.settings.price_month_days.into(), targets(ctx)).await?;
    facts.care = cared_for(db, view).await?;
    facts.registers = Some(super::registers::count(db, view.day).await?);
    if view.coverage {
        let indicator = coverage::indicator(ctx).await?;
        let sources = indicator.sources.into_iter().map(|of| (of.source, of.as_of.0, of.communities));
        facts.coverage = Some(Coverage {
            covered: indicator.numerator,
            communities: indicator.denominator,
            sources: sources.collect(),
        });
    }
    Ok(facts)
}

/// Every target in force.
fn targets(ctx: &Ctx) -> Vec<Target> {
    let mut targets = ctx.settings.plan_targets.0.clone();
    targets.push(Target::at_least(IndicatorCode::CommunityCoverage, ctx.settings.coverage_target));
    targets.push(Target::at_least(IndicatorCode::Satisfaction, ctx.settings.satisfaction_target));
    targets.sort_unstable_by_key(|target| target.code);
    targets
}

/// The figures that count on a day, and the townships that are rural then.
fn inputs(rows: &[plan_inputs::Model], day: NaiveDate, known_at: DateTime<Utc>) -> (Vec<Input>, Vec<Input>) {
    let of = |code: PlanInputCode, township: &str| {
        in_force(rows, code, township, day, known_at).map(|row| Input {
            code,
            township: row.township.clone(),
            value: row.value,
            as_of: row.as_of,
            source: row.source.clone(),
        })
    };
    let townships: std::collections::BTreeSet<&str> =
        rows.iter().filter(|row| row.code == PlanInputCode::RuralTownship).map(|row| row.township.as_str()).collect();
    let rural = townships.into_iter().filter_map(|township| of(PlanInputCode::RuralTownship, township));
    (
        PlanInputCode::ALL.iter().filter_map(|code| of(*code, "")).collect(),
        rural.filter(|input| input.value == 1).collect(),
    )
}

/// Children in care in the month of a day. Children and places are those of the same centres: by enrolment of those
/// in service on the day, by attendance of those in service on each day, with their places of then.
async fn cared_for(db: &impl ConnectionTrait, view: View) -> Result<Care> {
    let first = Month::of(view.day).0;
    // Of the present day not everybody has come yet.
    let until = if view.live { view.day.pred_opt().filter(|day| *day >= first) } else { Some(view.day) };
    let mut care = Care { enrolled: 0, until, child_days: 0, place_days: 0 };
    let days = until.map(|until| (first, until));
    let openings = match days {
        Some(days) => Some(care::Openings::read(db, days).await?),
        None => None,
    };
    let mut part = None;
    while let Some(next) = states::next_part(db, part, None).await? {
        let now = view.centres(db, next).await?;
        let active: HashSet<CentreId> = now.iter().filter(|state| state.active).map(|state| state.centre_id).collect();
        let enrolled = care::enrolled(db, next, (first, last_day(first))).await?;
        care.enrolled += enrolled.iter().filter(|(centre, _)| active.contains(centre)).map(|(_, n)| n).sum::<i64>();
        if let Some((days, openings)) = days.zip(openings.as_ref()) {
            let instants = (instant_at(days.0, MinuteOfDay(0)), end_of(days.1));
            let past = care::Past::read(db, next, &now, instants, view.known_at).await?;
            let places = |centre: CentreId, day: NaiveDate| {
                past.in_service(centre, end_of(day)).map(|state| i64::from(state.places()))
            };
            for state in &now {
                let open = openings.open_days(state.centre_id).into_iter();
                care.place_days += open.filter_map(|day| places(state.centre_id, day)).sum::<i64>();
            }
            let came = care::child_days(db, next, days).await?.into_iter();
            care.child_days +=
                came.filter(|(centre, day, _)| places(*centre, *day).is_some()).map(|(_, _, n)| n).sum::<i64>();
        }
        part = Some(next);
    }
    Ok(care)
}

/// The indicators of a day, or of a month: a closed one as it was kept.
pub async fn report(ctx: &Ctx, query: &IndicatorsQuery) -> Result<IndicatorsOut> {
    let (today, now) = (ctx.clock.today(), ctx.clock.now());
    let (day, month) = match query.on {
        None => (today, None),
        Some(IndicatorsOn::Day(day)) => (day.0, None),
        Some(IndicatorsOn::Month(month)) => (last_day(month.0).min(today.max(month.0)), Some(month)),
    };
    if day > today {
        let text = Text::new("不能查询将来的日期或月份。", "The day or month is still to come.");
        return Err(Problem::field("on", "in_the_future", text));
    }
    if let Some(month) = month
        && let Some((as_of, figures)) = snapshots::of(ctx, month).await?
    {
        let items = figures.into_iter().map(IndicatorOut::from).collect();
        return Ok(IndicatorsOut { on: Day(day), month: Some(month), closed: true, as_of: Moment(as_of), items });
    }
    let live = day == today;
    // Ratings of a past day as they stood at its end.
    let view = View { day, known_at: if live { now } else { end_of(day).min(now) }, live, coverage: live };
    let facts = gather(ctx, View { known_at: now, ..view }).await?;
    let facts = if live { facts } else { Facts { satisfaction: answers_at(ctx, view).await?, ..facts } };
    let items = rules::all(&facts).into_iter().map(IndicatorOut::from).collect();
    Ok(IndicatorsOut { on: Day(day), month, closed: false, as_of: Moment(now), items })
}

async fn answers_at(ctx: &Ctx, view: View) -> Result<Satisfaction> {
    let query = SatisfactionQuery { from: None, to: Some(Month::of(view.day)), by: None };
    let report = satisfaction::service::report(ctx, query, Answers::AsOf(view.known_at)).await?;
    let overall = report.overall;
    Ok(Satisfaction {
        from: report.from.0,
        to: report.to.0,
        answers: overall.answers,
        satisfied: report.satisfied,
        too_few: overall.too_few,
    })
}

/// An indicator over the closed months.
pub async fn trend(ctx: &Ctx, code: IndicatorCode, query: TrendQuery) -> Result<IndicatorTrendOut> {
    let months = query.months.map_or(TREND_MONTHS, |months| months.0.cast_unsigned());
    let first = Month::of(ctx.clock.today()).0.checked_sub_months(Months::new(months));
    let first = first.ok_or_else(|| Problem::internal("a month before all"))?;
    let mut items = Vec::new();
    for (month, as_of, figures) in snapshots::since(ctx, first).await? {
        let Some(figure) = figures.into_iter().find(|figure| figure.code == code) else { continue };
        let IndicatorOut { value, target, met, numerator, denominator, reason, .. } = figure.into();
        items.push(IndicatorTrendPoint {
            month: Month(month),
            as_of: Moment(as_of),
            value,
            target,
            met,
            numerator,
            denominator,
            reason,
        });
    }
    Ok(IndicatorTrendOut { code, name: code.zh(), items })
}
