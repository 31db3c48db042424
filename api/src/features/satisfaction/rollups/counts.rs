//! What the roll-ups hold, as selects: counted of the rows they are made of, and as they are stored. Each for
//! some keys or for all.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Months;
use entity::{
    CentreId, FamilyId, RedemptionStatus, VisitStatus, centres, children, ratings, redemptions,
    satisfaction_answers as answers, satisfaction_care as care, satisfaction_centre_families as centre_families,
    satisfaction_families as families, satisfaction_served as served, visits,
};
use sea_orm::{
    Condition, ExprTrait as _,
    sea_query::{
        CaseStatement, Expr, Func, IntoColumnRef, JoinType, Order, OverStatement as _, Query, SelectStatement,
        UnionType, WindowStatement,
    },
};

use super::super::{
    rules::TALLIES,
    store::{month_text, of, present, tally},
};
use crate::{
    features::ratings::rules::{BY_OFFICERS, TIED},
    http::Month,
};

/// All forms of care together.
pub(in super::super) const ANY: &str = "any";
const NEVER: &str = "";

/// A centre and a month.
pub(in super::super) type Key = (Month, CentreId);

/// Which centres and months.
#[derive(Clone, Copy)]
pub(in super::super) enum Keys<'a> {
    All,
    These(&'a BTreeSet<Key>),
}

impl Keys<'_> {
    /// Of rows with a centre and a day, each as a column of its own.
    pub(super) fn by_day<C: IntoColumnRef + Copy>(self, centre: C, day: C) -> Condition {
        self.either(|month, centres| {
            let end = month.0.checked_add_months(Months::new(1)).unwrap_or(month.0);
            let within = Expr::col(day).gte(month.0).and(Expr::col(day).lt(end));
            within.and(Expr::col(centre).is_in(centres))
        })
    }

    /// Of the roll-ups themselves.
    pub(super) fn by_month(self) -> Condition {
        self.either(|month, centres| {
            Expr::col("month").eq(month.to_string()).and(Expr::col("centre_id").is_in(centres))
        })
    }

    fn either(self, of: impl Fn(Month, Vec<CentreId>) -> Expr) -> Condition {
        let Self::These(keys) = self else { return Condition::all() };
        let mut months: BTreeMap<Month, Vec<CentreId>> = BTreeMap::new();
        for (month, centre) in keys {
            months.entry(*month).or_default().push(*centre);
        }
        months.into_iter().fold(Condition::any(), |any, (month, centres)| any.add(of(month, centres)))
    }
}

/// Which families.
#[derive(Clone, Copy)]
pub(in super::super) enum Families<'a> {
    All,
    These(&'a [FamilyId]),
    /// Those that the centre is counted to have served.
    Of(CentreId),
}

impl Families<'_> {
    pub(super) fn among(self, family: impl IntoColumnRef) -> Condition {
        let family = Expr::col(family);
        match self {
            Self::All => Condition::all(),
            Self::These(ids) => Condition::all().add(family.is_in(ids.iter().copied())),
            Self::Of(centre) => {
                let its = Query::select()
                    .column(served::Column::FamilyId)
                    .from(served::Entity)
                    .and_where(Expr::col(served::Column::CentreId).eq(centre))
                    .to_owned();
                Condition::all().add(family.in_subquery(its))
            }
        }
    }
}

/// What families are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Dimension {
    All,
    Township,
    Kind,
    CareType,
    /// In a table of its own.
    Centre,
}

impl Dimension {
    pub(in super::super) const EVERY: [Self; 5] = [Self::All, Self::Township, Self::Kind, Self::CareType, Self::Centre];

    /// The word that is stored.
    pub(in super::super) const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Township => "township",
            Self::Kind => "kind",
            Self::CareType => "care_type",
            Self::Centre => "centre",
        }
    }

    const fn key(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Township => Some("township"),
            Self::Kind => Some("kind"),
            Self::CareType => Some("form"),
            Self::Centre => Some("centre_id"),
        }
    }
}

/// The answers of centres, months and forms of care, of the ratings.
pub(in super::super) fn counted_answers(keys: Keys) -> SelectStatement {
    use ratings::Column::{CentreId as Centre, Month as OfMonth};
    let mut query = Query::select();
    query
        .expr_as(of("month_key"), "month")
        .expr(of("centre_id"))
        .expr_as(of("care_type"), "form")
        .from_subquery(present(keys.by_day(Centre, OfMonth)), "facts")
        .and_where(of("nth").eq(1))
        .add_group_by(["month_key", "centre_id", "care_type"].map(of));
    tally(&mut query);
    query
}

/// The same of all forms of care, of the roll-up by form.
pub(in super::super) fn summed_answers(keys: Keys) -> SelectStatement {
    let mut query = Query::select();
    query
        .columns(["month", "centre_id"])
        .expr_as(Expr::value(ANY), "form")
        .from(answers::Entity)
        .cond_where(keys.by_month())
        .and_where(Expr::col("form").ne(ANY))
        .group_by_columns(["month", "centre_id"]);
    for name in TALLIES {
        query.expr_as(Func::sum(Expr::col(name)), name);
    }
    query
}

/// Care, distinct by `columns` (which both tables have) and month.
fn cared(columns: &[&'static str], visit: Condition, day: Condition) -> SelectStatement {
    let mut units = Query::select();
    units
        .columns(columns.iter().copied())
        .expr_as(month_text(visits::Column::Date), "month_key")
        .from(visits::Entity)
        .and_where(Expr::col(visits::Column::Status).eq(VisitStatus::Left.as_str()))
        .cond_where(visit);
    let mut days = Query::select();
    days.columns(columns.iter().copied())
        .expr_as(month_text(redemptions::Column::ServiceDate), "month_key")
        .from(redemptions::Entity)
        .and_where(Expr::col(redemptions::Column::Status).eq(RedemptionStatus::Redeemed.as_str()))
        .cond_where(day);
    // UNION, not UNION ALL: it leaves each row once.
    units.union(UnionType::Distinct, days);
    units
}

/// Distinct children in care by centre and month, by form of care or (`any`) whatever the form, without those who
/// aren't heard.
pub(in super::super) fn counted_care(keys: Keys, any: bool) -> SelectStatement {
    let columns: &[&'static str] =
        if any { &["child_id", "centre_id"] } else { &["child_id", "centre_id", "care_type"] };
    let of_keys = cared(
        columns,
        keys.by_day(visits::Column::CentreId, visits::Column::Date),
        keys.by_day(redemptions::Column::CentreId, redemptions::Column::ServiceDate),
    );
    let mut query = Query::select();
    query.expr_as(of("month_key"), "month").expr(of("centre_id"));
    query.add_group_by(["month_key", "centre_id"].map(of));
    if any {
        query.expr_as(Expr::value(ANY), "form");
    } else {
        query.expr_as(of("care_type"), "form").add_group_by([of("care_type")]);
    }
    query.expr_as(Func::count(of("child_id")), "units").from_subquery(of_keys, "facts");
    let same = |column: &'static str| Expr::col(("unheard", column)).eq(of(column));
    let of_answer = same("child_id").and(same("centre_id")).and(same("month_key"));
    query.join_subquery(JoinType::LeftJoin, unheard(keys), "unheard", of_answer);
    query.and_where(Expr::col(("unheard", "child_id")).is_null());
    query
}

/// Whose answers about a centre and month were all left out: they can't be among those who answered, so they
/// aren't among those who could have.
fn unheard(keys: Keys) -> SelectStatement {
    use ratings::Column::{CentreId as Centre, ChildId, ExcludedFor, Month as OfMonth};
    let ones = |condition: Expr| Func::sum(CaseStatement::new().case(condition, 1).finally(0));
    // An answer without care says nothing of other care in the month.
    let left_out = Expr::col(ExcludedFor).is_in([TIED, BY_OFFICERS]);
    let mut query = Query::select();
    query
        .columns([ChildId, Centre])
        .expr_as(month_text(OfMonth), "month_key")
        .from(ratings::Entity)
        .cond_where(keys.by_day(Centre, OfMonth))
        .group_by_columns([ChildId, Centre, OfMonth])
        .and_having(Expr::from(ones(Expr::col(ExcludedFor).is_null())).eq(0))
        .and_having(Expr::from(ones(left_out)).gt(0));
    query
}

/// Which centre served which family in which month and form of care.
pub(in super::super) fn care_of(which: Families) -> SelectStatement {
    // Redemptions have no index by family, but one by child.
    let children = match which {
        Families::All => Condition::all(),
        some => {
            let ids = Query::select()
                .column(children::Column::Id)
                .from(children::Entity)
                .cond_where(some.among(children::Column::FamilyId))
                .to_owned();
            Condition::all().add(Expr::col(redemptions::Column::ChildId).in_subquery(ids))
        }
    };
    let columns = ["family_id", "centre_id", "care_type"];
    let mut query = Query::select();
    query
        .expr(of("family_id"))
        .expr_as(of("month_key"), "month")
        .expr(of("centre_id"))
        .expr_as(of("care_type"), "form")
        .columns([centres::Column::Township, centres::Column::Kind].map(|column| (centres::Entity, column)))
        .from_subquery(cared(&columns, which.among(visits::Column::FamilyId), children), "facts")
        .inner_join(centres::Entity, of("centre_id").equals((centres::Entity, centres::Column::Id)));
    query
}

/// What is counted of these families, as `care_of` would give it.
pub(in super::super) fn counted_care_of(which: Families) -> SelectStatement {
    let mut query = Query::select();
    query.columns(SERVED).from(served::Entity).cond_where(which.among(served::Column::FamilyId));
    query
}

pub(super) const SERVED: [&str; 6] = ["family_id", "month", "centre_id", "form", "township", "kind"];

/// Families by group, month and last month before in the group, of what is counted of these families.
pub(in super::super) fn counted_families(dimension: Dimension, which: Families, sign: i64) -> SelectStatement {
    let key = dimension.key();
    let mut months = Query::select();
    months
        .distinct()
        .columns(["family_id", "month"])
        .from(served::Entity)
        .cond_where(which.among(served::Column::FamilyId));
    let mut window = WindowStatement::new();
    window.add_partition_by(Expr::col(("months", "family_id")));
    if let Some(key) = key {
        months.column(key);
        window.add_partition_by(Expr::col(("months", key)));
    }
    window.order_by(("months", "month"), Order::Asc);
    let mut chains = Query::select();
    chains.columns(["month"]).from_subquery(months, "months");
    if let Some(key) = key {
        chains.column(key);
    }
    chains.expr_window_as(Func::cust("LAG").arg(Expr::col(("months", "month"))), window, "former");
    let mut query = Query::select();
    if dimension != Dimension::Centre {
        query.expr_as(Expr::value(dimension.word()), "dimension");
    }
    query.column("month");
    match key {
        Some(key) => query.column(key).add_group_by([Expr::col(key)]),
        None => query.expr_as(Expr::value(NEVER), "key"),
    };
    query
        .expr_as(Func::coalesce([Expr::col("former"), NEVER.into()]), "last")
        .expr_as(Expr::value(sign).mul(Func::count(Expr::col("month"))), "families")
        .from_subquery(chains, "chains")
        .add_group_by(["month", "former"].map(Expr::col));
    query
}

/// What is stored of a dimension, as `counted_families` would give it.
pub(in super::super) fn stored_families(dimension: Dimension) -> SelectStatement {
    let mut query = Query::select();
    match dimension {
        Dimension::Centre => query.columns(["month", "centre_id", "last", "families"]).from(centre_families::Entity),
        other => query
            .columns(["dimension", "month", "key", "last", "families"])
            .from(families::Entity)
            .and_where(Expr::col("dimension").eq(other.word())),
    };
    query.and_where(Expr::col("families").ne(0));
    query
}

/// Answers as stored: of single forms, or of all together.
pub(in super::super) fn stored_answers(any: bool) -> SelectStatement {
    let mut query = Query::select();
    query.columns(["month", "centre_id", "form"]).columns(TALLIES).from(answers::Entity).and_where(of_form(any));
    query
}

/// Care as stored: of single forms, or of all together.
pub(in super::super) fn stored_care(any: bool) -> SelectStatement {
    let mut query = Query::select();
    query.columns(["month", "centre_id", "form", "units"]).from(care::Entity).and_where(of_form(any));
    query
}

fn of_form(any: bool) -> Expr {
    if any { Expr::col("form").eq(ANY) } else { Expr::col("form").ne(ANY) }
}
