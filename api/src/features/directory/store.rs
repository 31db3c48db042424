//! Queries about the directory.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    BookingStatus, CentreId, VisitStatus, bookings, centre_checks, centre_hours, centres, classes, townships, visits,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict, Query},
};

use super::{
    dto::{BureauCentreSort, BureauCentresQuery},
    rules,
};
use crate::{
    error::Result,
    http::Cursor,
    platform::{clock::local, db::LockRows as _, like::contains},
};

/// Whether the township of whoever enters or renames a centre is locked: two would both find a name free.
pub async fn lock_townships(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    townships::Entity::find().order_by_asc(townships::Column::Name).lock_rows().all(db).await.map(drop)
}

/// The centre of a name in a township.
pub async fn named(db: &impl ConnectionTrait, name: &str, township: &str) -> Result<Option<centres::Model>, DbErr> {
    let of_name = centres::Entity::find().filter(centres::Column::Name.eq(name));
    of_name.filter(centres::Column::Township.eq(township)).order_by_asc(centres::Column::Id).one(db).await
}

pub(super) async fn one(db: &impl ConnectionTrait, id: CentreId) -> Result<Option<centres::Model>, DbErr> {
    centres::Entity::find_by_id(id).one(db).await
}

/// Enters centres with their hours.
pub async fn insert(
    db: &impl ConnectionTrait,
    centre: centres::Model,
    hours: Vec<centre_hours::Model>,
) -> Result<(), DbErr> {
    let said = rules::said_anew(None, &centre, local(centre.created_at).date_naive());
    centres::Entity::insert(centres::ActiveModel::from(centre)).exec_without_returning(db).await?;
    note_checks(db, said).await?;
    if hours.is_empty() {
        return Ok(());
    }
    let hours = hours.into_iter().map(centre_hours::ActiveModel::from);
    centre_hours::Entity::insert_many(hours).exec_without_returning(db).await.map(drop)
}

/// When the bureau last said what it says of a centre's filing, recognition and label.
pub async fn checks(db: &impl ConnectionTrait, centre: CentreId) -> Result<Option<centre_checks::Model>, DbErr> {
    centre_checks::Entity::find_by_id(centre).one(db).await
}

/// Keeps the days on which something was said anew; the others' stay.
pub(super) async fn note_checks(db: &impl ConnectionTrait, said: centre_checks::Model) -> Result<(), DbErr> {
    use centre_checks::Column::{CentreId, FiledOn, InclusiveOn, LabelOn};
    let anew = [
        (FiledOn, said.filed_on.is_some()),
        (InclusiveOn, said.inclusive_on.is_some()),
        (LabelOn, said.label_on.is_some()),
    ];
    let anew: Vec<_> = anew.into_iter().filter(|(_, anew)| *anew).map(|(column, _)| column).collect();
    if anew.is_empty() {
        return Ok(());
    }
    centre_checks::Entity::insert(centre_checks::ActiveModel::from(said))
        .on_conflict(OnConflict::column(CentreId).update_columns(anew).to_owned())
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Writes a centre over, but for its version.
pub async fn update(db: &impl ConnectionTrait, centre: centres::Model) -> Result<(), DbErr> {
    let mut row = centre.into_active_model().reset_all();
    row.version = sea_orm::ActiveValue::NotSet;
    row.changed_at = sea_orm::ActiveValue::NotSet;
    centres::Entity::update(row).exec(db).await.map(drop)
}

pub(super) async fn set_active(db: &impl ConnectionTrait, id: CentreId, active: bool) -> Result<(), DbErr> {
    let row = centres::Entity::update_many().col_expr(centres::Column::Active, Expr::value(active));
    row.filter(centres::Column::Id.eq(id)).exec(db).await.map(drop)
}

/// A centre's classes, closed ones too, locked until the transaction ends: nobody books meanwhile.
pub(super) async fn lock_classes(db: &impl ConnectionTrait, centre: CentreId) -> Result<Vec<classes::Model>, DbErr> {
    let of_centre = classes::Entity::find().filter(classes::Column::CentreId.eq(centre));
    of_centre.order_by_asc(classes::Column::Id).lock_rows().all(db).await
}

/// Days still to come, or going on, at a centre.
pub(super) async fn days_to_come(db: &impl ConnectionTrait, centre: CentreId) -> Result<u64, DbErr> {
    let live = Query::select()
        .column(bookings::Column::Id)
        .from(bookings::Entity)
        .and_where(bookings::Column::CentreId.eq(centre))
        .and_where(bookings::Column::Status.is_in([BookingStatus::Pending, BookingStatus::Confirmed]))
        .to_owned();
    visits::Entity::find()
        .filter(visits::Column::CentreId.eq(centre))
        .filter(visits::Column::BookingId.in_subquery(live))
        .filter(visits::Column::Status.is_in([VisitStatus::Expected, VisitStatus::InCare]))
        .count(db)
        .await
}

/// Places of the open classes of some centres.
pub(super) async fn places(db: &impl ConnectionTrait, ids: &[CentreId]) -> Result<HashMap<CentreId, i64>, DbErr> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(1_000) {
        let rows: Vec<(CentreId, i64)> = classes::Entity::find()
            .select_only()
            .column(classes::Column::CentreId)
            .column_as(classes::Column::Places.sum(), "places")
            .filter(classes::Column::CentreId.is_in(some.iter().copied()))
            .filter(classes::Column::Active.eq(true))
            .group_by(classes::Column::CentreId)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Whether a centre is recognised as inclusive on a day, as `Model::inclusive_on` says.
fn inclusive_on(day: NaiveDate) -> Condition {
    use centres::Column::{InclusiveFrom, InclusiveUntil};
    let lasts = Condition::any().add(InclusiveUntil.is_null()).add(InclusiveUntil.gte(day));
    Condition::all().add(InclusiveFrom.is_not_null()).add(InclusiveFrom.lte(day)).add(lasts)
}

/// What a page goes on after.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct After(String, CentreId, String);

impl After {
    /// After a centre, in an order.
    pub(super) fn of(row: &centres::Model, sort: BureauCentreSort) -> Self {
        let before_the_name = match sort {
            BureauCentreSort::Name | BureauCentreSort::Newest => String::new(),
            BureauCentreSort::Township => row.township.clone(),
            BureauCentreSort::Kind => row.kind.as_str().to_owned(),
        };
        Self(row.name.clone(), row.id, before_the_name)
    }
}

/// A page of centres.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    query: &BureauCentresQuery,
    today: NaiveDate,
) -> Result<Vec<centres::Model>> {
    use centres::Column::{Active, Address, Filed, FiledNo, Id, Kind, Name, Ownership, Township};
    let BureauCentresQuery { township, kind, ownership, filed, inclusive, active, q, sort, coord: _, limit, cursor } =
        query;
    let mut rows = centres::Entity::find().filter(
        Condition::all()
            .add_option(township.as_ref().map(|township| Township.eq(&**township)))
            .add_option(kind.map(|kind| Kind.eq(kind)))
            .add_option(ownership.map(|ownership| Ownership.eq(ownership)))
            .add_option(filed.map(|filed| Filed.eq(filed)))
            .add_option(active.map(|active| Active.eq(active)))
            .add_option(inclusive.map(|yes| if yes { inclusive_on(today) } else { inclusive_on(today).not() })),
    );
    if let Some(q) = q {
        let all = Condition::any().add(contains(Name, q)).add(contains(Address, q)).add(contains(FiledNo, q));
        rows = rows.filter(all);
    }
    let after: Option<After> = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let before_the_name = match sort {
        BureauCentreSort::Newest => {
            let later = after.map(|After(_, id, _)| Id.lt(id));
            let rows = rows.filter(Condition::all().add_option(later)).order_by_desc(Id);
            return Ok(rows.limit(limit.plus_one()).all(db).await?);
        }
        BureauCentreSort::Name => None,
        BureauCentreSort::Township => Some(Township),
        BureauCentreSort::Kind => Some(Kind),
    };
    if let Some(After(name, id, first)) = after {
        let same = Condition::all().add(Name.eq(&name)).add(Id.gt(id));
        let later = Condition::any().add(Name.gt(name)).add(same);
        rows = rows.filter(match before_the_name {
            Some(column) => {
                let same = Condition::all().add(column.eq(&first)).add(later);
                Condition::any().add(column.gt(first)).add(same)
            }
            None => later,
        });
    }
    for column in before_the_name.into_iter().chain([Name, Id]) {
        rows = rows.order_by_asc(column);
    }
    Ok(rows.limit(limit.plus_one()).all(db).await?)
}
