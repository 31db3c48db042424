//! Everything that decides bookings, read in one statement after the locks are held: each statement
//! more would be a round trip under them. A statement after the lock, for one that waits for a lock
//! sees other tables as they were before it waited.
//!
//! Several bookings are read as one is: what they are about is a list of values that each branch
//! joins, as long as a power of two, so that the statement has few texts.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    BookingId, CareType, CentreId, ChildId, ClassId, ConsentPurpose, FamilyId, MinuteOfDay, RosterId, VisitStatus,
    bookings, centres, consents, entry_checks, families, rosters, visits,
};
use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait as _, QueryResult,
    sea_query::{
        Alias, Asterisk, CaseStatement, CommonTableExpression, Expr, Func, IntoColumnRef, JoinType, Query,
        SelectStatement, UnionType, WithClause,
    },
};
use uuid::Uuid;

use super::LIVE;
use crate::features::centres::store::{Held, holds_or_absent, is_absent};

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
#[derive(Clone, Default)]
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

/// What a row says.
const ELSEWHERE: i32 = 0;
const CENTRE: i32 = 1;
const FAMILY: i32 = 2;
const CHECK: i32 = 3;
const LAST_VISIT: i32 = 4;
const HELD: i32 = 5;
const DUTY: i32 = 6;
const MESSAGES: i32 = 7;

/// The facts of several bookings of different children, in their order.
pub(in super::super) async fn facts_of_each(
    db: &impl ConnectionTrait,
    abouts: &[About<'_>],
) -> Result<Vec<Facts>, DbErr> {
    if abouts.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Found::default();
    for row in db.query_all(&statement(abouts)).await? {
        found.take(&row)?;
    }
    Ok(abouts.iter().map(|about| found.of(about)).collect())
}

/// The rows of a statement, by what they are about.
#[derive(Default)]
struct Found {
    versions: HashMap<CentreId, i64>,
    families: HashMap<FamilyId, (Option<NaiveDate>, i64)>,
    checks: HashMap<ChildId, (NaiveDate, bool)>,
    last_visits: HashMap<ChildId, NaiveDate>,
    held: Vec<Held>,
    rosters: Vec<rosters::Model>,
    elsewhere: Vec<(ChildId, Elsewhere)>,
    messages: HashSet<ChildId>,
}

impl Found {
    fn of(&self, about: &About<'_>) -> Facts {
        let (missed_on, live) = self.families.get(&about.family).copied().unwrap_or_default();
        // A class of two bookings is read for the days of both.
        let (first, last) = about.dates;
        let concerns =
            |class: ClassId, date: NaiveDate| (first..=last).contains(&date) && about.classes.contains(&class);
        let mut elsewhere: Vec<Elsewhere> =
            self.elsewhere.iter().filter(|(child, _)| *child == about.child).map(|(_, visit)| *visit).collect();
        elsewhere.sort_by_key(|visit| (visit.date, visit.from));
        Facts {
            version: self.versions.get(&about.centre).copied(),
            missed_on,
            live,
            check: self.checks.get(&about.child).copied(),
            last_visit: self.last_visits.get(&about.child).copied(),
            held: self.held.iter().filter(|held| concerns(held.class_id, held.date)).copied().collect(),
            rosters: self.rosters.iter().filter(|line| concerns(line.class_id, line.date)).cloned().collect(),
            elsewhere,
            messages: self.messages.contains(&about.child),
        }
    }

    fn take(&mut self, row: &QueryResult) -> Result<(), DbErr> {
        let id = |name: &str| row.try_get::<Uuid>("", name);
        let date = || row.try_get::<NaiveDate>("", "date");
        let n = || row.try_get::<i64>("", "n");
        let minute = |name: &str| row.try_get::<i32>("", name).map(MinuteOfDay);
        let one = id("one")?;
        match row.try_get::<i32>("", "kind")? {
            ELSEWHERE => self.elsewhere.push((
                one.into(),
                Elsewhere {
                    booking_id: id("two")?.into(),
                    centre_id: id("three")?.into(),
                    date: date()?,
                    from: minute("begin_min")?,
                    to: minute("end_min")?,
                },
            )),
            CENTRE => drop(self.versions.insert(one.into(), n()?)),
            FAMILY => drop(self.families.insert(one.into(), (row.try_get("", "date")?, n()?))),
            CHECK => drop(self.checks.insert(one.into(), (date()?, n()? == 1))),
            MESSAGES => drop(self.messages.insert(one.into())),
            LAST_VISIT => drop(self.last_visits.insert(one.into(), date()?)),
            HELD => self.held.push(Held {
                class_id: one.into(),
                date: date()?,
                care_type: row.try_get::<CareType>("", "word")?,
                from_min: minute("begin_min")?,
                to_min: minute("end_min")?,
                n: n()?,
                absent: row.try_get("", "flag")?,
            }),
            _ => self.rosters.push(rosters::Model {
                id: RosterId(id("two")?),
                class_id: one.into(),
                date: date()?,
                from_min: minute("begin_min")?,
                to_min: minute("end_min")?,
                carers: i32::try_from(n()?).unwrap_or(i32::MAX),
            }),
        }
        Ok(())
    }
}

/// Three ids, a date, a word, two times, a number and a flag; what a branch doesn't say is null.
#[derive(Default)]
struct Columns {
    ids: [Option<Expr>; 3],
    date: Option<Expr>,
    word: Option<Expr>,
    times: [Option<Expr>; 2],
    n: Option<Expr>,
    flag: Option<Expr>,
}

fn branch(kind: i32, columns: Columns) -> SelectStatement {
    let null = || Expr::Constant(sea_orm::Value::Int(None));
    let or_null = |column: Option<Expr>| column.unwrap_or_else(null);
    let ([one, two, three], [begin, end]) = (columns.ids, columns.times);
    Query::select()
        .expr_as(Expr::Constant(kind.into()), "kind")
        .expr_as(or_null(one), "one")
        .expr_as(or_null(two), "two")
        .expr_as(or_null(three), "three")
        .expr_as(or_null(columns.date), "date")
        .expr_as(or_null(columns.word), "word")
        .expr_as(or_null(begin), "begin_min")
        .expr_as(or_null(end), "end_min")
        .expr_as(or_null(columns.n), "n")
        .expr_as(or_null(columns.flag), "flag")
        .to_owned()
}

fn of(column: impl IntoColumnRef) -> Option<Expr> {
    Some(Expr::col(column))
}

/// Fills up to a power of two with what no row matches.
fn padded<T: Copy>(mut values: Vec<T>, nothing: T) -> Vec<T> {
    values.resize(values.len().next_power_of_two(), nothing);
    values
}

/// The bookings' families, children, centres, first and last days.
const WISHES: &str = "wishes";
/// Their classes with first and last days, each once.
const WANTED: &str = "wanted";

fn wish(column: &'static str) -> Expr {
    Expr::col((Alias::new(WISHES), Alias::new(column)))
}

fn wanted(column: &'static str) -> Expr {
    Expr::col((Alias::new(WANTED), Alias::new(column)))
}

fn lists(abouts: &[About<'_>]) -> WithClause {
    let mut classes: BTreeMap<ClassId, (NaiveDate, NaiveDate)> = BTreeMap::new();
    for about in abouts {
        let (first, last) = about.dates;
        for class in about.classes {
            let days = classes.entry(*class).or_insert(about.dates);
            *days = (Ord::min(days.0, first), Ord::max(days.1, last));
        }
    }
    let (nobody, never) = (Uuid::nil(), NaiveDate::default());
    let wishes =
        abouts.iter().map(|about| (about.family.0, about.child.0, about.centre.0, about.dates.0, about.dates.1));
    let wishes = padded(wishes.collect(), (nobody, nobody, nobody, never, never));
    let wanted = classes.into_iter().map(|(class, (first, last))| (class.0, first, last));
    let wanted = padded(wanted.collect(), (nobody, never, never));
    let of = |values: SelectStatement, name, columns: &[&'static str]| {
        let mut table = CommonTableExpression::new();
        table.table_name(name).columns(columns.iter().map(|column| Alias::new(*column))).query(values);
        table
    };
    let wishes = Query::select().column(Asterisk).from_values(wishes, "listed").to_owned();
    let wanted = Query::select().column(Asterisk).from_values(wanted, "listed").to_owned();
    WithClause::new()
        .cte(of(wishes, WISHES, &["family", "child", "centre", "first", "last"]))
        .cte(of(wanted, WANTED, &["class", "first", "last"]))
        .to_owned()
}

fn statement(abouts: &[About<'_>]) -> SelectStatement {
    use visits::Column as V;
    let visit = |column: V| Expr::col((visits::Entity, column));
    // The branch whose columns all have a type comes first: the nulls of the others take theirs.
    let elsewhere = Columns {
        ids: [Some(visit(V::ChildId)), of(V::BookingId), of(V::CentreId)],
        date: of(V::Date),
        word: of(V::CareType),
        times: [of(V::FromMin), of(V::ToMin)],
        n: Some(Expr::Constant(0_i64.into())),
        flag: Some(is_absent()),
    };
    let mut all = branch(ELSEWHERE, elsewhere);
    let there = visit(V::ChildId).eq(wish("child")).and(visit(V::Date).between(wish("first"), wish("last")));
    all.from(WISHES)
        .join(JoinType::InnerJoin, visits::Entity, there)
        .and_where(visit(V::Status).is_in(VisitStatus::HOLDING));

    use centres::Column as C;
    let centre = |column: C| Expr::col((centres::Entity, column));
    let version = Columns { ids: [Some(centre(C::Id)), None, None], n: of(C::Version), ..Columns::default() };
    let mut version = branch(CENTRE, version);
    version
        .from(WISHES)
        .join(JoinType::InnerJoin, centres::Entity, centre(C::Id).eq(wish("centre")))
        .and_where(centre(C::Active).eq(true));

    let booking = |column: bookings::Column| Expr::col((bookings::Entity, column));
    let live = Query::select()
        .expr(Func::count(booking(bookings::Column::Id)))
        .from(bookings::Entity)
        .and_where(booking(bookings::Column::FamilyId).eq(wish("family")))
        .and_where(booking(bookings::Column::Status).is_in(LIVE))
        .to_owned();
    let family = |column: families::Column| Expr::col((families::Entity, column));
    let standing = Columns {
        ids: [Some(family(families::Column::Id)), None, None],
        date: of(families::Column::MissedOn),
        n: Some(Expr::SubQuery(None, Box::new(live.into()))),
        ..Columns::default()
    };
    let mut standing = branch(FAMILY, standing);
    standing.from(WISHES).join(JoinType::InnerJoin, families::Entity, family(families::Column::Id).eq(wish("family")));

    use entry_checks::Column as E;
    let seen = |column: E| Expr::col((entry_checks::Entity, column));
    let vaccinated = CaseStatement::new()
        .case(seen(E::Vaccinated).eq(true), Expr::Constant(1.into()))
        .finally(Expr::Constant(0.into()));
    let check = Columns {
        ids: [Some(seen(E::ChildId)), None, None],
        date: of(E::PassedOn),
        n: Some(vaccinated.into()),
        ..Columns::default()
    };
    let mut check = branch(CHECK, check);
    let here = seen(E::CentreId).eq(wish("centre")).and(seen(E::ChildId).eq(wish("child")));
    check.from(WISHES).join(JoinType::InnerJoin, entry_checks::Entity, here);

    let last_visit = Columns {
        ids: [Some(visit(V::ChildId)), None, None],
        date: Some(Func::max(visit(V::Date)).into()),
        ..Columns::default()
    };
    let mut last_visit = branch(LAST_VISIT, last_visit);
    let here = visit(V::ChildId).eq(wish("child")).and(visit(V::CentreId).eq(wish("centre")));
    last_visit
        .from(WISHES)
        .join(JoinType::InnerJoin, visits::Entity, here)
        .and_where(visit(V::Status).is_in([VisitStatus::InCare, VisitStatus::Left]))
        .add_group_by([visit(V::ChildId)]);

    let held = Columns {
        ids: [Some(visit(V::ClassId)), None, None],
        date: of(V::Date),
        word: of(V::CareType),
        times: [of(V::FromMin), of(V::ToMin)],
        n: Some(Func::count(visit(V::Id)).into()),
        flag: Some(is_absent()),
    };
    let mut held = branch(HELD, held);
    let there = visit(V::ClassId).eq(wanted("class")).and(visit(V::Date).between(wanted("first"), wanted("last")));
    held.from(WANTED)
        .join(JoinType::InnerJoin, visits::Entity, there)
        .and_where(holds_or_absent())
        .add_group_by([V::ClassId, V::Date, V::CareType, V::FromMin, V::ToMin].map(visit))
        .add_group_by([is_absent()]);

    use rosters::Column as R;
    let line = |column: R| Expr::col((rosters::Entity, column));
    let duty = Columns {
        ids: [Some(line(R::ClassId)), of(R::Id), None],
        date: of(R::Date),
        times: [of(R::FromMin), of(R::ToMin)],
        n: of(R::Carers),
        ..Columns::default()
    };
    let mut duty = branch(DUTY, duty);
    let there = line(R::ClassId).eq(wanted("class")).and(line(R::Date).between(wanted("first"), wanted("last")));
    duty.from(WANTED).join(JoinType::InnerJoin, rosters::Entity, there);

    use consents::Column as A;
    let agreed = |column: A| Expr::col((consents::Entity, column));
    let messages = Columns { ids: [Some(agreed(A::ChildId)), None, None], ..Columns::default() };
    let mut messages = branch(MESSAGES, messages);
    messages
        .from(WISHES)
        .join(JoinType::InnerJoin, consents::Entity, agreed(A::ChildId).eq(wish("child")))
        .and_where(agreed(A::Purpose).eq(ConsentPurpose::Messages))
        .and_where(agreed(A::WithdrawnAt).is_null());

    for other in [version, standing, check, last_visit, held, duty, messages] {
        all.union(UnionType::All, other);
    }
    all.with_cte(lists(abouts));
    all
}
