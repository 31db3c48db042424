//! Queries about registers.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    CarerId, CentreId, Certificate, Fen, RecordId, RecordKind, TrainingId, carer_trainings, carers, centre_records,
    centres,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    IntoActiveModel as _, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, Func, Query, SelectStatement},
};

use crate::platform::db::LockRows as _;

fn of_township(township: &str) -> SelectStatement {
    Query::select()
        .column(centres::Column::Id)
        .from(centres::Entity)
        .and_where(centres::Column::Township.eq(township))
        .to_owned()
}

/// The names of some centres, of those out of service too.
pub(super) async fn names(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = CentreId>,
) -> Result<HashMap<CentreId, String>, DbErr> {
    let mut ids: Vec<CentreId> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(1_000) {
        let rows: Vec<(CentreId, String)> = centres::Entity::find()
            .select_only()
            .columns([centres::Column::Id, centres::Column::Name])
            .filter(centres::Column::Id.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Which records a page shows.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    pub(super) centre: Option<CentreId>,
    pub(super) township: Option<&'a str>,
    pub(super) kind: Option<RecordKind>,
    /// Whether they run on a day.
    pub(super) current: Option<(bool, NaiveDate)>,
    pub(super) after: Option<RecordId>,
}

/// Begun by a day, and not over.
fn runs_on(day: NaiveDate) -> Condition {
    use centre_records::Column::{ValidFrom, ValidUntil};
    Condition::all()
        .add(Condition::any().add(ValidFrom.is_null()).add(ValidFrom.lte(day)))
        .add(Condition::any().add(ValidUntil.is_null()).add(ValidUntil.gte(day)))
}

/// Records, the newest first.
pub(super) async fn records(
    db: &impl ConnectionTrait,
    filter: Filter<'_>,
    limit: u64,
) -> Result<Vec<centre_records::Model>, DbErr> {
    use centre_records::Column::{CentreId as Centre, Id, Kind};
    let Filter { centre, township, kind, current, after } = filter;
    let condition = Condition::all()
        .add_option(centre.map(|id| Centre.eq(id)))
        .add_option(township.map(|township| Centre.in_subquery(of_township(township))))
        .add_option(kind.map(|kind| Kind.eq(kind)))
        .add_option(current.map(|(yes, day)| if yes { runs_on(day) } else { runs_on(day).not() }))
        .add_option(after.map(|after| Id.lt(after)));
    centre_records::Entity::live().filter(condition).order_by_desc(Id).limit(limit).all(db).await
}

pub(super) async fn record(db: &impl ConnectionTrait, id: RecordId) -> Result<Option<centre_records::Model>, DbErr> {
    centre_records::Entity::live().filter(centre_records::Column::Id.eq(id)).one(db).await
}

/// Enters a row.
pub async fn insert_record(db: &impl ConnectionTrait, row: centre_records::Model) -> Result<(), DbErr> {
    let row = centre_records::ActiveModel::from(row);
    centre_records::Entity::insert(row).exec_without_returning(db).await.map(drop)
}

pub(super) async fn put_record(db: &impl ConnectionTrait, row: centre_records::Model) -> Result<(), DbErr> {
    centre_records::Entity::update(row.into_active_model().reset_all()).exec(db).await.map(drop)
}

/// The amounts of the centre's other rows of the same kind and item.
pub(super) async fn amounts(db: &impl ConnectionTrait, row: &centre_records::Model) -> Result<Vec<Option<Fen>>, DbErr> {
    use centre_records::Column::{AmountFen, Id, Item, Kind};
    let rows = centre_records::Entity::of_centre(row.centre_id).select_only().column(AmountFen);
    rows.filter(Kind.eq(row.kind)).filter(Item.eq(row.item)).filter(Id.ne(row.id)).into_tuple().all(db).await
}

/// Kinds and days of checks of the rows that run on a day.
pub(super) async fn running(
    db: &impl ConnectionTrait,
    centre: CentreId,
    day: NaiveDate,
) -> Result<Vec<(RecordKind, NaiveDate)>, DbErr> {
    centre_records::Entity::of_centre(centre)
        .select_only()
        .columns([centre_records::Column::Kind, centre_records::Column::CheckedOn])
        .filter(runs_on(day))
        .into_tuple()
        .all(db)
        .await
}

/// From when until when a centre's rows of a kind hold.
pub(super) async fn spans(
    db: &impl ConnectionTrait,
    centre: CentreId,
    kind: RecordKind,
) -> Result<Vec<(NaiveDate, NaiveDate)>, DbErr> {
    use centre_records::Column::{Kind, ValidFrom, ValidUntil};
    centre_records::Entity::of_centre(centre)
        .select_only()
        .columns([ValidFrom, ValidUntil])
        .filter(Kind.eq(kind))
        .filter(ValidFrom.is_not_null())
        .filter(ValidUntil.is_not_null())
        .into_tuple()
        .all(db)
        .await
}

/// Writes what follows from a centre's rows.
pub(super) async fn set_until(
    db: &impl ConnectionTrait,
    centre: CentreId,
    insured: Option<NaiveDate>,
    medical: Option<NaiveDate>,
) -> Result<(), DbErr> {
    centres::Entity::update_many()
        .col_expr(centres::Column::InsuredUntil, Expr::value(insured))
        .col_expr(centres::Column::MedicalUntil, Expr::value(medical))
        .filter(centres::Column::Id.eq(centre))
        .exec(db)
        .await
        .map(drop)
}

/// The centres with a policy or contract that began on these days.
pub(super) async fn begun(db: &impl ConnectionTrait, from: NaiveDate, to: NaiveDate) -> Result<Vec<CentreId>, DbErr> {
    use centre_records::Column::{CentreId, Kind, ValidFrom};
    centre_records::Entity::live()
        .select_only()
        .column(CentreId)
        .distinct()
        .filter(Kind.is_in([RecordKind::Insurance, RecordKind::MedicalContract]))
        .filter(ValidFrom.between(from, to))
        .into_tuple()
        .all(db)
        .await
}

/// Which carers a page shows.
#[derive(Debug, Default)]
pub(super) struct CarerFilter<'a> {
    pub(super) centre: Option<CentreId>,
    pub(super) township: Option<&'a str>,
    pub(super) certified: Option<bool>,
    pub(super) left: bool,
    pub(super) after: Option<CarerId>,
}

pub(super) fn working(day: NaiveDate) -> Condition {
    use carers::Column::LeftOn;
    Condition::any().add(LeftOn.is_null()).add(LeftOn.gt(day))
}

/// As `Model::certified_on`.
fn certified(day: NaiveDate) -> Condition {
    use carers::Column::{Certificate as Level, CertificateUntil};
    let lasts = Condition::any().add(CertificateUntil.is_null()).add(CertificateUntil.gte(day));
    Condition::all().add(Level.ne(Certificate::None)).add(lasts)
}

/// Carers, in the order in which they were entered.
pub(super) async fn carers(
    db: &impl ConnectionTrait,
    filter: CarerFilter<'_>,
    today: NaiveDate,
    limit: u64,
) -> Result<Vec<carers::Model>, DbErr> {
    use carers::Column::{CentreId as Centre, Id};
    let CarerFilter { centre, township, certified: with, left, after } = filter;
    let condition = Condition::all()
        .add(if left { working(today).not() } else { working(today) })
        .add_option(centre.map(|id| Centre.eq(id)))
        .add_option(township.map(|township| Centre.in_subquery(of_township(township))))
        .add_option(with.map(|yes| if yes { certified(today) } else { certified(today).not() }))
        .add_option(after.map(|after| Id.gt(after)));
    carers::Entity::find().filter(condition).order_by_asc(Id).limit(limit).all(db).await
}

/// Carers of centres in service, of a township or of all: how many are certified on a day, and how many
/// there are (持初级及以上保育师证占比).
pub async fn carer_counts(
    db: &impl ConnectionTrait,
    township: Option<&str>,
    day: NaiveDate,
) -> Result<(u64, u64), DbErr> {
    use sea_orm::PaginatorTrait as _;
    let mut in_service = Query::select();
    in_service
        .column(centres::Column::Id)
        .from(centres::Entity)
        .and_where(centres::Column::Active.eq(true))
        .and_where_option(township.map(|township| centres::Column::Township.eq(township)));
    let all = carers::Entity::find().filter(carers::Column::CentreId.in_subquery(in_service)).filter(working(day));
    Ok((all.clone().filter(certified(day)).count(db).await?, all.count(db).await?))
}

pub(super) async fn carer(db: &impl ConnectionTrait, id: CarerId) -> Result<Option<carers::Model>, DbErr> {
    carers::Entity::find_by_id(id).one(db).await
}

pub(super) async fn lock_carer(db: &impl ConnectionTrait, id: CarerId) -> Result<Option<carers::Model>, DbErr> {
    carers::Entity::find_by_id(id).lock_rows().one(db).await
}

/// The carer of a name at a centre.
pub async fn carer_named(
    db: &impl ConnectionTrait,
    centre: CentreId,
    name_hash: &[u8],
) -> Result<Option<carers::Model>, DbErr> {
    carers::Entity::of_centre(centre).filter(carers::Column::NameHash.eq(name_hash)).one(db).await
}

/// Enters a carer.
pub async fn insert_carer(db: &impl ConnectionTrait, row: carers::Model) -> Result<(), DbErr> {
    carers::Entity::insert(carers::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Writes a carer over.
pub async fn put_carer(db: &impl ConnectionTrait, row: carers::Model) -> Result<(), DbErr> {
    carers::Entity::update(row.into_active_model().reset_all()).exec(db).await.map(drop)
}

/// Deletes a carer with the trainings.
pub(super) async fn delete_carer(db: &impl ConnectionTrait, id: CarerId) -> Result<(), DbErr> {
    let trainings = carer_trainings::Entity::delete_many().filter(carer_trainings::Column::CarerId.eq(id));
    trainings.exec(db).await?;
    carers::Entity::delete_by_id(id).exec(db).await.map(drop)
}

/// Hours of training of some carers from one day to another.
pub(super) async fn hours(
    db: &impl ConnectionTrait,
    ids: &[CarerId],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<HashMap<CarerId, i64>, DbErr> {
    use carer_trainings::Column::{CarerId as Carer, HeldOn, Hours};
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(CarerId, i64)> = carer_trainings::Entity::find()
        .select_only()
        .column(Carer)
        .column_as(Hours.sum(), "hours")
        .filter(Carer.is_in(ids.iter().copied()))
        .filter(HeldOn.between(from, to))
        .group_by(Carer)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// A carer's trainings, the latest first.
pub(super) async fn trainings(
    db: &impl ConnectionTrait,
    carer: CarerId,
    limit: u64,
) -> Result<Vec<carer_trainings::Model>, DbErr> {
    use carer_trainings::Column::{CarerId, HeldOn, Id};
    let of_carer = carer_trainings::Entity::find().filter(CarerId.eq(carer));
    of_carer.order_by_desc(HeldOn).order_by_desc(Id).limit(limit).all(db).await
}

/// Enters a training.
pub async fn insert_training(db: &impl ConnectionTrait, row: carer_trainings::Model) -> Result<(), DbErr> {
    let row = carer_trainings::ActiveModel::from(row);
    carer_trainings::Entity::insert(row).exec_without_returning(db).await.map(drop)
}

pub(super) async fn training(
    db: &impl ConnectionTrait,
    id: TrainingId,
) -> Result<Option<carer_trainings::Model>, DbErr> {
    carer_trainings::Entity::find_by_id(id).one(db).await
}

pub(super) async fn delete_training(db: &impl ConnectionTrait, id: TrainingId) -> Result<(), DbErr> {
    carer_trainings::Entity::delete_by_id(id).exec(db).await.map(drop)
}

/// What of a centre in service warnings are made of.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Watched {
    pub(super) id: CentreId,
    pub(super) name: String,
    pub(super) township: String,
    pub(super) insured_until: Option<NaiveDate>,
    pub(super) medical_until: Option<NaiveDate>,
    pub(super) inclusive_from: Option<NaiveDate>,
    pub(super) inclusive_until: Option<NaiveDate>,
}

fn in_service(centre: Option<CentreId>, township: Option<&str>) -> Select<centres::Entity> {
    use centres::Column::{Active, Id, Township};
    let asked = Condition::all()
        .add_option(centre.map(|id| Id.eq(id)))
        .add_option(township.map(|township| Township.eq(township)));
    centres::Entity::find().filter(Active.eq(true)).filter(asked)
}

/// The centres in service.
pub(super) async fn watched(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    township: Option<&str>,
) -> Result<Vec<Watched>, DbErr> {
    use centres::Column::{Id, InclusiveFrom, InclusiveUntil, InsuredUntil, MedicalUntil, Name, Township};
    in_service(centre, township)
        .select_only()
        .columns([Id, Name, Township, InsuredUntil, MedicalUntil, InclusiveFrom, InclusiveUntil])
        .into_model()
        .all(db)
        .await
}

/// On how many days each centre had guidance visits, from one to another.
pub(super) async fn visits(
    db: &impl ConnectionTrait,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<HashMap<CentreId, i64>, DbErr> {
    use centre_records::Column::{CentreId as Centre, Kind, ValidFrom};
    let days = Func::count_distinct(Expr::col(ValidFrom));
    let rows: Vec<(CentreId, i64)> = centre_records::Entity::live()
        .select_only()
        .column(Centre)
        .column_as(Expr::from(days), "n")
        .filter(Kind.eq(RecordKind::GuidanceVisit))
        .filter(ValidFrom.between(from, to))
        .group_by(Centre)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Certificates of carers at work that end by a day: whose, where, and when.
pub(super) async fn ending(
    db: &impl ConnectionTrait,
    today: NaiveDate,
    by: NaiveDate,
) -> Result<Vec<(CarerId, CentreId, NaiveDate)>, DbErr> {
    use carers::Column::{CentreId, Certificate as Level, CertificateUntil, Id};
    carers::Entity::find()
        .select_only()
        .columns([Id, CentreId, CertificateUntil])
        .filter(Level.ne(Certificate::None))
        .filter(CertificateUntil.lte(by))
        .filter(working(today))
        .into_tuple()
        .all(db)
        .await
}

/// The sealed names of some carers.
pub(super) async fn sealed_names(
    db: &impl ConnectionTrait,
    ids: Vec<CarerId>,
) -> Result<HashMap<CarerId, Vec<u8>>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(CarerId, Vec<u8>)> = carers::Entity::find()
        .select_only()
        .columns([carers::Column::Id, carers::Column::NameSealed])
        .filter(carers::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
