//! Children in care, and the days on which centres were open.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use entity::{
    CareType, CentreId, RedemptionStatus, VisitStatus, calendar_days, centre_days, centre_hours, centre_weeks,
    redemptions, visits,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::{Expr, Func, Query, SelectStatement, UnionType},
};

use crate::features::centres::rules::{self, Opening, Week};

async fn rows_of(db: &impl ConnectionTrait, counted: SelectStatement) -> Result<i64, DbErr> {
    let mut count = Query::select();
    count.expr_as(Func::count(Expr::col(("facts", "child_id"))), "n").from_subquery(counted, "facts");
    db.query_one(&count).await?.map_or(Ok(0), |row| row.try_get("", "n"))
}

/// Distinct child and centre with a full-day or half-day visit that holds a place, from a day to another.
pub(in super::super) async fn enrolled(
    db: &impl ConnectionTrait,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<i64, DbErr> {
    use visits::Column::{CareType as Form, CentreId as Centre, ChildId, Date, Status};
    let mut children = Query::select();
    children
        .distinct()
        .columns([ChildId, Centre])
        .from(visits::Entity)
        .and_where(Expr::col(Date).between(from, to))
        .and_where(Expr::col(Status).is_in(VisitStatus::HOLDING.map(VisitStatus::as_str)))
        .and_where(Expr::col(Form).is_in([CareType::FullDay, CareType::HalfDay].map(CareType::as_str)));
    rows_of(db, children).await
}

/// Distinct child, centre and day with care: a visit that began, or a redeemed voucher day.
pub(in super::super) async fn child_days(
    db: &impl ConnectionTrait,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<i64, DbErr> {
    let mut days = Query::select();
    {
        use visits::Column::{CentreId as Centre, ChildId, Date, Status};
        days.columns([ChildId, Centre, Date])
            .from(visits::Entity)
            .and_where(Expr::col(Date).between(from, to))
            .and_where(Expr::col(Status).is_in([VisitStatus::InCare, VisitStatus::Left].map(VisitStatus::as_str)));
    }
    let mut units = Query::select();
    {
        use redemptions::Column::{CentreId as Centre, ChildId, ServiceDate, Status};
        units
            .columns([ChildId, Centre, ServiceDate])
            .from(redemptions::Entity)
            .and_where(Expr::col(ServiceDate).between(from, to))
            .and_where(Expr::col(Status).eq(RedemptionStatus::Redeemed.as_str()));
    }
    // UNION leaves each row once.
    days.union(UnionType::Distinct, units);
    rows_of(db, days).await
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

    /// On how many days a centre was open.
    pub(in super::super) fn open_days(&self, centre: CentreId) -> i64 {
        let (none, closed) = (BTreeMap::new(), Week::default());
        let own = self.days.get(&centre).unwrap_or(&none);
        let weeks = self.weeks.get(&centre);
        let open = self.span.0.iter_days().take_while(|date| *date <= self.span.1).filter(|date| {
            let week = weeks.and_then(|weeks| weeks.iter().rev().find(|(from, _)| from <= date));
            let week = week.map_or(&closed, |(_, week)| week);
            matches!(rules::opening(week, own, &self.calendar, *date), Opening::Open(..))
        });
        i64::try_from(open.count()).unwrap_or(i64::MAX)
    }
}
