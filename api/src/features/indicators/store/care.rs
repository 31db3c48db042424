//! Children in care, and the days on which centres were open.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CareType, CentreId, RedemptionStatus, VisitStatus, calendar_days, centre_days, centre_hours, centre_states,
    centre_weeks, redemptions, visits,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _,
    QueryResult,
    sea_query::{Expr, Func, Query, UnionType},
};

use super::states::{self, Part};
use crate::features::centres::rules::{self, Opening, Week};

/// Of each centre of a part: distinct children with a full-day or half-day visit that holds a place, from a day to
/// another.
pub(in super::super) async fn enrolled(
    db: &impl ConnectionTrait,
    part: Part,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(CentreId, i64)>, DbErr> {
    use visits::Column::{CareType as Form, CentreId as Centre, ChildId, Date, Status};
    let mut children = Query::select();
    children
        .distinct()
        .columns([ChildId, Centre])
        .from(visits::Entity)
        .cond_where(part.holds(Expr::col(Centre)))
        .and_where(Expr::col(Date).between(from, to))
        .and_where(Expr::col(Status).is_in(VisitStatus::HOLDING.map(VisitStatus::as_str)))
        .and_where(Expr::col(Form).is_in([CareType::FullDay, CareType::HalfDay].map(CareType::as_str)));
    let centre = ("facts", "centre_id");
    let mut count = Query::select();
    count.expr_as(Expr::col(centre), "centre_id").expr_as(Func::count(Expr::col(("facts", "child_id"))), "n");
    count.from_subquery(children, "facts").add_group_by([Expr::col(centre)]);
    let rows = db.query_all(&count).await?;
    rows.iter().map(|row| Ok((row.try_get("", "centre_id")?, row.try_get("", "n")?))).collect()
}

/// Of each centre of a part and day: distinct children with care, by a visit that began or a redeemed voucher day.
pub(in super::super) async fn child_days(
    db: &impl ConnectionTrait,
    part: Part,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(CentreId, NaiveDate, i64)>, DbErr> {
    let mut days = Query::select();
    {
        use visits::Column::{CentreId as Centre, ChildId, Date, Status};
        days.columns([ChildId, Centre, Date])
            .from(visits::Entity)
            .cond_where(part.holds(Expr::col(Centre)))
            .and_where(Expr::col(Date).between(from, to))
            .and_where(Expr::col(Status).is_in([VisitStatus::InCare, VisitStatus::Left].map(VisitStatus::as_str)));
    }
    let mut units = Query::select();
    {
        use redemptions::Column::{CentreId as Centre, ChildId, ServiceDate, Status};
        units
            .columns([ChildId, Centre, ServiceDate])
            .from(redemptions::Entity)
            .cond_where(part.holds(Expr::col(Centre)))
            .and_where(Expr::col(ServiceDate).between(from, to))
            .and_where(Expr::col(Status).eq(RedemptionStatus::Redeemed.as_str()));
    }
    // UNION leaves each row once.
    days.union(UnionType::Distinct, units);
    let (centre, date) = (("facts", "centre_id"), ("facts", "date"));
    let mut count = Query::select();
    count
        .expr_as(Expr::col(centre), "centre_id")
        .expr_as(Expr::col(date), "date")
        .expr_as(Func::count(Expr::col(("facts", "child_id"))), "n")
        .from_subquery(days, "facts")
        .add_group_by([Expr::col(centre), Expr::col(date)]);
    let rows = db.query_all(&count).await?;
    let row = |row: &QueryResult| Ok((row.try_get("", "centre_id")?, row.try_get("", "date")?, row.try_get("", "n")?));
    rows.iter().map(row).collect()
}

/// What the centres of a part were on the days from one to another.
pub(in super::super) struct Past {
    /// By centre, in the order of their instants.
    states: HashMap<CentreId, Vec<centre_states::Model>>,
    entered: HashMap<CentreId, DateTime<Utc>>,
}

impl Past {
    /// By the journal as it was known at an instant; where it begins later, a centre was before what it says first,
    /// and without a row what it is `now`.
    pub(in super::super) async fn read(
        db: &impl ConnectionTrait,
        part: Part,
        now: &[centre_states::Model],
        (from, before): (DateTime<Utc>, DateTime<Utc>),
        known_at: DateTime<Utc>,
    ) -> Result<Self, DbErr> {
        let mut states: HashMap<CentreId, Vec<_>> = HashMap::with_capacity(now.len());
        let mut rows = states::at(db, part, from, known_at).await?;
        rows.extend(states::during(db, part, (from, before), known_at).await?);
        for row in rows {
            states.entry(row.centre_id).or_default().push(row);
        }
        for row in now {
            states.entry(row.centre_id).or_insert_with(|| vec![row.clone()]);
        }
        Ok(Self { states, entered: states::entered(db, part).await? })
    }

    /// What a centre in service was when a day ended; nothing where it wasn't in service, or not entered yet.
    pub(in super::super) fn in_service(
        &self,
        centre: CentreId,
        day_end: DateTime<Utc>,
    ) -> Option<&centre_states::Model> {
        self.entered.get(&centre).filter(|at| **at < day_end)?;
        let states = self.states.get(&centre)?;
        let state = states.iter().rev().find(|state| state.since < day_end).or_else(|| states.first())?;
        state.active.then_some(state)
    }
}

/// When centres are open.
pub(in super::super) struct Openings {
    weeks: HashMap<CentreId, Vec<(NaiveDate, Week)>>,
    days: HashMap<CentreId, BTreeMap<NaiveDate, centre_days::Model>>,
    calendar: BTreeMap<NaiveDate, calendar_days::Model>,
    span: (NaiveDate, NaiveDate),
}

impl Openings {
    /// Of all centres, from a day to another.
    pub(in super::super) async fn read(db: &impl ConnectionTrait, span: (NaiveDate, NaiveDate)) -> Result<Self, DbErr> {
        let mut hours: HashMap<CentreId, Vec<_>> = HashMap::new();
        for row in centre_hours::Entity::find().all(db).await? {
            hours.entry(row.centre_id).or_default().push((row.weekday, row.opens, row.closes));
        }
        let mut weeks: HashMap<CentreId, Vec<(NaiveDate, Week)>> =
            hours.into_iter().map(|(centre, hours)| (centre, vec![(NaiveDate::MIN, rules::week(hours))])).collect();
        let later = centre_weeks::Entity::find().order_by_asc(centre_weeks::Column::ValidFrom);
        for row in later.all(db).await? {
            let hours = row.hours.0.iter().map(|(weekday, opens, closes)| (i32::from(*weekday), *opens, *closes));
            weeks.entry(row.centre_id).or_default().push((row.valid_from, rules::week(hours)));
        }
        let own = centre_days::Entity::find().filter(centre_days::Column::Date.between(span.0, span.1));
        let mut days: HashMap<CentreId, BTreeMap<_, _>> = HashMap::new();
        for row in own.all(db).await? {
            days.entry(row.centre_id).or_default().insert(row.date, row);
        }
        let all = calendar_days::Entity::find().filter(calendar_days::Column::Date.between(span.0, span.1));
        let calendar = all.all(db).await?.into_iter().map(|row| (row.date, row)).collect();
        Ok(Self { weeks, days, calendar, span })
    }

    /// The days on which a centre was open.
    pub(in super::super) fn open_days(&self, centre: CentreId) -> Vec<NaiveDate> {
        let (none, closed) = (BTreeMap::new(), Week::default());
        let own = self.days.get(&centre).unwrap_or(&none);
        let weeks = self.weeks.get(&centre);
        let open = self.span.0.iter_days().take_while(|date| *date <= self.span.1).filter(|date| {
            let week = weeks.and_then(|weeks| weeks.iter().rev().find(|(from, _)| from <= date));
            let week = week.map_or(&closed, |(_, week)| week);
            matches!(rules::opening(week, own, &self.calendar, *date), Opening::Open(..))
        });
        open.collect()
    }
}
