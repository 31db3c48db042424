//! Everything that decides a booking, read in one statement after the locks are held: each statement
//! more would be a round trip under them. A statement after the lock, for one that waits for a lock
//! sees other tables as they were before it waited.

use chrono::NaiveDate;
use entity::{
    BookingId, CareType, CentreId, ChildId, ClassId, ConsentPurpose, FamilyId, MinuteOfDay, RosterId, VisitStatus,
    bookings, centres, consents, entry_checks, families, rosters, visits,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, ExprTrait as _, QueryResult,
    sea_query::{CaseStatement, Expr, Func, IntoColumnRef, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

use super::LIVE;
use crate::features::centres::store::Held;

/// Where a child is expected, or is.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Elsewhere {
    pub(in super::super) booking_id: BookingId,
    pub(in super::super) centre_id: CentreId,
    pub(in super::super) date: NaiveDate,
    pub(in super::super) from: MinuteOfDay,
    pub(in super::super) to: MinuteOfDay,
}

/// See the module.
#[derive(Default)]
pub(in super::super) struct Facts {
    /// The version of the centre, if it is active.
    pub(in super::super) version: Option<i64>,
    /// The last day that the family missed.
    pub(in super::super) missed_on: Option<NaiveDate>,
    /// Open bookings of the family.
    pub(in super::super) live: i64,
    /// The entry check of the child at the centre: when it was passed, and whether vaccinated.
    pub(in super::super) check: Option<(NaiveDate, bool)>,
    /// The child's last day in care at the centre.
    pub(in super::super) last_visit: Option<NaiveDate>,
    /// What holds places of the classes.
    pub(in super::super) held: Vec<Held>,
    /// Who is on duty in the classes.
    pub(in super::super) rosters: Vec<rosters::Model>,
    /// Where the child is on these days, in order (invariant 2).
    pub(in super::super) elsewhere: Vec<Elsewhere>,
    /// Whether the guardian agreed to messages about the child.
    pub(in super::super) messages: bool,
}

/// What a row says.
const ELSEWHERE: i32 = 0;
const CENTRE: i32 = 1;
const FAMILY: i32 = 2;
const CHECK: i32 = 3;
const LAST_VISIT: i32 = 4;
const HELD: i32 = 5;
const DUTY: i32 = 6;
const MESSAGES: i32 = 7;

/// Two ids, a date, a word, two times and a number; what a branch doesn't say is null.
#[derive(Default)]
struct Columns {
    ids: [Option<Expr>; 2],
    date: Option<Expr>,
    word: Option<Expr>,
    times: [Option<Expr>; 2],
    n: Option<Expr>,
}

fn branch(kind: i32, from: impl sea_orm::sea_query::IntoTableRef, columns: Columns) -> SelectStatement {
    let null = || Expr::Constant(sea_orm::Value::Int(None));
    let or_null = |column: Option<Expr>| column.unwrap_or_else(null);
    let ([one, two], [begin, end]) = (columns.ids, columns.times);
    Query::select()
        .expr_as(Expr::Constant(kind.into()), "kind")
        .expr_as(or_null(one), "one")
        .expr_as(or_null(two), "two")
        .expr_as(or_null(columns.date), "date")
        .expr_as(or_null(columns.word), "word")
        .expr_as(or_null(begin), "begin_min")
        .expr_as(or_null(end), "end_min")
        .expr_as(or_null(columns.n), "n")
        .from(from)
        .to_owned()
}

fn of(column: impl IntoColumnRef) -> Option<Expr> {
    Some(Expr::col(column))
}

/// Whom and what a booking is about.
#[derive(Clone, Copy)]
pub(in super::super) struct About<'a> {
    pub(in super::super) centre: CentreId,
    pub(in super::super) family: FamilyId,
    pub(in super::super) child: ChildId,
    pub(in super::super) classes: &'a [ClassId],
    /// First and last day.
    pub(in super::super) dates: (NaiveDate, NaiveDate),
}

/// Reads them all.
pub(in super::super) async fn facts(db: &impl ConnectionTrait, about: About<'_>) -> Result<Facts, DbErr> {
    let rows = db.query_all(&statement(about)).await?;
    let mut facts = Facts::default();
    for row in rows {
        take(&mut facts, &row)?;
    }
    facts.elsewhere.sort_by_key(|visit| (visit.date, visit.from));
    Ok(facts)
}

fn statement(About { centre, family, child, classes, dates: (first, last) }: About<'_>) -> SelectStatement {
    use visits::Column as V;
    // The branch whose columns all have a type comes first: the nulls of the others take theirs.
    let mut all = branch(
        ELSEWHERE,
        visits::Entity,
        Columns {
            ids: [of(V::BookingId), of(V::CentreId)],
            date: of(V::Date),
            word: of(V::CareType),
            times: [of(V::FromMin), of(V::ToMin)],
            n: Some(Expr::Constant(0_i64.into())),
        },
    );
    all.and_where(V::ChildId.eq(child))
        .and_where(V::Date.between(first, last))
        .and_where(V::Status.is_in(VisitStatus::HOLDING));

    let version = Columns { n: of(centres::Column::Version), ..Columns::default() };
    let mut version = branch(CENTRE, centres::Entity, version);
    version.and_where(centres::Column::Id.eq(centre)).and_where(centres::Column::Active.eq(true));

    let live = Query::select()
        .expr(Func::count(Expr::col((bookings::Entity, bookings::Column::Id))))
        .from(bookings::Entity)
        .and_where(Expr::col((bookings::Entity, bookings::Column::FamilyId)).eq(family))
        .and_where(Expr::col((bookings::Entity, bookings::Column::Status)).is_in(LIVE))
        .to_owned();
    let standing = Columns {
        date: of(families::Column::MissedOn),
        n: Some(Expr::SubQuery(None, Box::new(live.into()))),
        ..Columns::default()
    };
    let mut standing = branch(FAMILY, families::Entity, standing);
    standing.and_where(Expr::col((families::Entity, families::Column::Id)).eq(family));

    let vaccinated = CaseStatement::new()
        .case(Expr::col(entry_checks::Column::Vaccinated).eq(true), Expr::Constant(1.into()))
        .finally(Expr::Constant(0.into()));
    let check = Columns { date: of(entry_checks::Column::PassedOn), n: Some(vaccinated.into()), ..Columns::default() };
    let mut check = branch(CHECK, entry_checks::Entity, check);
    check.and_where(entry_checks::Column::CentreId.eq(centre)).and_where(entry_checks::Column::ChildId.eq(child));

    let last_visit = Columns { date: Some(Func::max(Expr::col(V::Date)).into()), ..Columns::default() };
    let mut last_visit = branch(LAST_VISIT, visits::Entity, last_visit);
    last_visit
        .and_where(V::ChildId.eq(child))
        .and_where(V::CentreId.eq(centre))
        .and_where(V::Status.is_in([VisitStatus::InCare, VisitStatus::Left]));

    let held = Columns {
        ids: [of(V::ClassId), None],
        date: of(V::Date),
        word: of(V::CareType),
        times: [of(V::FromMin), of(V::ToMin)],
        n: Some(Func::count(Expr::col(V::Id)).into()),
    };
    let mut held = branch(HELD, visits::Entity, held);
    held.and_where(V::ClassId.is_in(classes.iter().copied()))
        .and_where(V::Date.between(first, last))
        .and_where(V::Status.is_in(VisitStatus::HOLDING))
        .add_group_by([V::ClassId, V::Date, V::CareType, V::FromMin, V::ToMin].map(Expr::col));

    use rosters::Column as R;
    let duty = Columns {
        ids: [of(R::ClassId), of(R::Id)],
        date: of(R::Date),
        times: [of(R::FromMin), of(R::ToMin)],
        n: of(R::Carers),
        ..Columns::default()
    };
    let mut duty = branch(DUTY, rosters::Entity, duty);
    duty.and_where(R::ClassId.is_in(classes.iter().copied())).and_where(R::Date.between(first, last));

    let messages = Columns { n: Some(Expr::Constant(1_i64.into())), ..Columns::default() };
    let mut messages = branch(MESSAGES, consents::Entity, messages);
    messages
        .and_where(consents::Column::ChildId.eq(child))
        .and_where(consents::Column::Purpose.eq(ConsentPurpose::Messages))
        .and_where(consents::Column::WithdrawnAt.is_null());

    for other in [version, standing, check, last_visit, held, duty, messages] {
        all.union(UnionType::All, other);
    }
    all
}

fn take(facts: &mut Facts, row: &QueryResult) -> Result<(), DbErr> {
    let id = |name: &str| row.try_get::<Uuid>("", name);
    let date = || row.try_get::<NaiveDate>("", "date");
    let n = || row.try_get::<i64>("", "n");
    let minute = |name: &str| row.try_get::<i32>("", name).map(MinuteOfDay);
    match row.try_get::<i32>("", "kind")? {
        ELSEWHERE => facts.elsewhere.push(Elsewhere {
            booking_id: id("one")?.into(),
            centre_id: id("two")?.into(),
            date: date()?,
            from: minute("begin_min")?,
            to: minute("end_min")?,
        }),
        CENTRE => facts.version = Some(n()?),
        FAMILY => {
            facts.missed_on = row.try_get("", "date")?;
            facts.live = n()?;
        }
        CHECK => facts.check = Some((date()?, n()? == 1)),
        MESSAGES => facts.messages = true,
        LAST_VISIT => facts.last_visit = row.try_get("", "date")?,
        HELD => facts.held.push(Held {
            class_id: id("one")?.into(),
            date: date()?,
            care_type: row.try_get::<CareType>("", "word")?,
            from_min: minute("begin_min")?,
            to_min: minute("end_min")?,
            n: n()?,
        }),
        _ => facts.rosters.push(rosters::Model {
            id: RosterId(id("two")?),
            class_id: id("one")?.into(),
            date: date()?,
            from_min: minute("begin_min")?,
            to_min: minute("end_min")?,
            carers: i32::try_from(n()?).unwrap_or(i32::MAX),
        }),
    }
    Ok(())
}
