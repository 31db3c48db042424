//! Leaving, and what erasing writes over and deletes.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use entity::{
    AccountStatus, CampaignId, ChildId, ComplaintStatus, ConsentPurpose, FamilyId, ModerationStatus, RedemptionId,
    TextStatus, VoucherId, VoucherStatus, booking_events, bookings, calendar_feeds, centre_ties, children, complaints,
    consents, credit_entries, data_looks, employer_families, entry_checks, families, idempotency_keys, manual_codes,
    message_credits, moderations, notices, pickup_codes, pickup_persons, rating_replies, rating_traces, ratings,
    redemptions, refresh_tokens, served_marks, sessions, visits, vouchers,
};
use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
    sea_query::Expr,
};

use crate::platform::db::LockRows as _;

/// The family's row, locked until the transaction ends.
pub(in super::super) async fn lock_family(
    db: &impl ConnectionTrait,
    id: FamilyId,
) -> Result<Option<families::Model>, DbErr> {
    families::Entity::find_by_id(id).lock_rows().one(db).await
}

/// Closes an account until it is erased; false if it isn't open.
pub(in super::super) async fn close(
    db: &impl ConnectionTrait,
    id: FamilyId,
    erase_at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = families::ActiveModel {
        status: Set(AccountStatus::Closed),
        erase_at: Set(Some(erase_at)),
        ..Default::default()
    };
    let closed = families::Entity::update_many()
        .set(row)
        .filter(families::Column::Id.eq(id))
        .filter(families::Column::Status.eq(AccountStatus::Active))
        .exec(db)
        .await?;
    Ok(closed.rows_affected == 1)
}

/// Accounts whose time to come back is over.
pub(in super::super) async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<FamilyId>, DbErr> {
    use families::Column::{EraseAt, ErasedAt, Id};
    let rows = families::Entity::find().filter(EraseAt.lte(now)).filter(ErasedAt.is_null());
    rows.select_only().column(Id).order_by_asc(EraseAt).limit(most).into_tuple().all(db).await
}

/// Children that were removed before an instant and aren't erased.
pub(in super::super) async fn removed_before(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<Vec<(FamilyId, ChildId)>, DbErr> {
    use children::Column::{ErasedAt, FamilyId as Family, Id, RemovedAt};
    let rows = children::Entity::find().filter(RemovedAt.lte(before)).filter(ErasedAt.is_null());
    rows.select_only().columns([Family, Id]).order_by_asc(RemovedAt).limit(most).into_tuple().all(db).await
}

/// All children that the family ever had and that aren't erased.
pub(in super::super) async fn children(
    db: &impl ConnectionTrait,
    family: FamilyId,
) -> Result<Vec<children::Model>, DbErr> {
    children::Entity::find()
        .filter(children::Column::FamilyId.eq(family))
        .filter(children::Column::ErasedAt.is_null())
        .all(db)
        .await
}

/// Campaigns of which the family has vouchers, with the day of birth of the child.
pub(in super::super) async fn vouchers_with_births(
    db: &impl ConnectionTrait,
    family: FamilyId,
) -> Result<Vec<(CampaignId, NaiveDate)>, DbErr> {
    let mut select = vouchers::Entity::of_family(family).select_only().column(vouchers::Column::CampaignId);
    QuerySelect::query(&mut select).expr(Expr::col((children::Entity, children::Column::BirthDate))).inner_join(
        children::Entity,
        Expr::col((children::Entity, children::Column::Id)).equals((vouchers::Entity, vouchers::Column::ChildId)),
    );
    select.into_tuple().all(db).await
}

/// Marks that the family got from an account before it belong to nobody again.
pub(in super::super) async fn release_marks(db: &impl ConnectionTrait, family: FamilyId) -> Result<(), DbErr> {
    served_marks::Entity::update_many()
        .col_expr(served_marks::Column::FamilyId, Expr::value(Option::<FamilyId>::None))
        .filter(served_marks::Column::FamilyId.eq(family))
        .exec(db)
        .await
        .map(drop)
}

/// A child can't be seen or booked for any more; false if that was so before.
pub(in super::super) async fn remove_child(
    db: &impl ConnectionTrait,
    id: ChildId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = children::ActiveModel { removed_at: Set(Some(now)), ..Default::default() };
    let removed = children::Entity::update_many()
        .set(row)
        .filter(children::Column::Id.eq(id))
        .filter(children::Column::RemovedAt.is_null())
        .exec(db)
        .await?;
    Ok(removed.rows_affected == 1)
}

/// Ends the consents of a child, to one purpose or to all; what was given stays written.
pub(in super::super) async fn withdraw(
    db: &impl ConnectionTrait,
    child: ChildId,
    purpose: Option<ConsentPurpose>,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    use consents::Column::{ChildId as Child, Purpose, WithdrawnAt};
    let mut update = consents::Entity::update_many()
        .col_expr(WithdrawnAt, Expr::value(now))
        .filter(Child.eq(child))
        .filter(WithdrawnAt.is_null());
    if let Some(purpose) = purpose {
        update = update.filter(Purpose.eq(purpose));
    }
    Ok(update.exec(db).await?.rows_affected)
}

/// What a child's vouchers still have is used no more.
pub(in super::super) async fn revoke_vouchers(
    db: &impl ConnectionTrait,
    child: ChildId,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let row =
        vouchers::ActiveModel { status: Set(VoucherStatus::Revoked), revoked_at: Set(Some(now)), ..Default::default() };
    let done = vouchers::Entity::update_many()
        .set(row)
        .filter(vouchers::Column::ChildId.eq(child))
        .filter(vouchers::Column::Status.eq(VoucherStatus::Active))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// Health data: allergies and what centres recorded of the entry check.
pub(in super::super) async fn erase_health(db: &impl ConnectionTrait, child: ChildId) -> Result<(), DbErr> {
    let row = children::ActiveModel { id: Unchanged(child), allergies_sealed: Set(None), ..Default::default() };
    children::Entity::update(row).exec(db).await?;
    let checks = entry_checks::Entity::delete_many().filter(entry_checks::Column::ChildId.eq(child));
    checks.exec(db).await.map(drop)
}

/// What the family declared to pay less.
pub(in super::super) async fn erase_declared(db: &impl ConnectionTrait, child: ChildId) -> Result<(), DbErr> {
    let row = children::ActiveModel {
        id: Unchanged(child),
        third_child: Set(false),
        special_family: Set(false),
        disabled: Set(false),
        ..Default::default()
    };
    children::Entity::update(row).exec(db).await.map(drop)
}

/// Writes over a child's row: a name that says nothing, the first day of the month of birth.
pub(in super::super) async fn blank_child(
    db: &impl ConnectionTrait,
    child: &children::Model,
    nobody: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = children::ActiveModel {
        id: Unchanged(child.id),
        name_sealed: Set(nobody),
        name_hash: Set(None),
        name_status: Set(TextStatus::Shown),
        legal_name_sealed: Set(None),
        birth_date: Set(child.birth_date.with_day(1).unwrap_or(child.birth_date)),
        removed_at: Set(child.removed_at.or(Some(now))),
        erased_at: Set(Some(now)),
        ..Default::default()
    };
    children::Entity::update(row).exec(db).await.map(drop)
}

/// Texts and names on what a child booked, had and rated; the figures stay.
pub(in super::super) async fn blank_care(db: &impl ConnectionTrait, child: ChildId) -> Result<(), DbErr> {
    let own = bookings::Entity::find().filter(bookings::Column::ChildId.eq(child));
    let own = own.select_only().column(bookings::Column::Id).into_query();
    booking_events::Entity::update_many()
        .col_expr(booking_events::Column::Reason, Expr::value(Option::<String>::None))
        .filter(booking_events::Column::BookingId.in_subquery(own))
        .filter(booking_events::Column::Reason.is_not_null())
        .exec(db)
        .await?;
    bookings::Entity::update_many()
        .col_expr(bookings::Column::Reason, Expr::value(Option::<String>::None))
        .filter(bookings::Column::ChildId.eq(child))
        .filter(bookings::Column::Reason.is_not_null())
        .exec(db)
        .await?;
    visits::Entity::update_many()
        .col_expr(visits::Column::CollectedBySealed, Expr::value(Option::<Vec<u8>>::None))
        .filter(visits::Column::ChildId.eq(child))
        .filter(visits::Column::CollectedBySealed.is_not_null())
        .exec(db)
        .await?;
    let days = visits::Entity::find().filter(visits::Column::ChildId.eq(child));
    let days = days.select_only().column(visits::Column::Id).into_query();
    let codes = pickup_codes::Entity::delete_many().filter(pickup_codes::Column::VisitId.in_subquery(days));
    codes.exec(db).await?;
    let held = vouchers::Entity::find().filter(vouchers::Column::ChildId.eq(child));
    let held = held.select_only().column(vouchers::Column::Id).into_query();
    let codes = manual_codes::Entity::delete_many().filter(manual_codes::Column::VoucherId.in_subquery(held));
    codes.exec(db).await?;
    let row = ratings::ActiveModel { text: Set(None), text_status: Set(TextStatus::Hidden), ..Default::default() };
    ratings::Entity::update_many()
        .set(row)
        .filter(ratings::Column::ChildId.eq(child))
        .filter(ratings::Column::Text.is_not_null())
        .exec(db)
        .await?;
    let rated = ratings::Entity::find().filter(ratings::Column::ChildId.eq(child));
    let rated = rated.select_only().column(ratings::Column::Id).into_query();
    let traces = rating_traces::Entity::delete_many();
    traces.filter(rating_traces::Column::RatingId.in_subquery(rated.clone())).exec(db).await?;
    // A reply may repeat what it answers.
    let row =
        rating_replies::ActiveModel { text: Set(None), text_status: Set(TextStatus::Hidden), ..Default::default() };
    rating_replies::Entity::update_many()
        .set(row)
        .filter(rating_replies::Column::RatingId.in_subquery(rated))
        .filter(rating_replies::Column::Text.is_not_null())
        .exec(db)
        .await?;
    data_looks::Entity::delete_many().filter(data_looks::Column::ChildId.eq(child)).exec(db).await.map(drop)
}

/// Complaints lose their words and answers; one that nobody answered is withdrawn.
pub(in super::super) async fn blank_complaints(
    db: &impl ConnectionTrait,
    child: ChildId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use complaints::Column::{ChildId as Child, Status};
    let ended = complaints::ActiveModel {
        status: Set(ComplaintStatus::Withdrawn),
        closed_at: Set(Some(now)),
        ..Default::default()
    };
    complaints::Entity::update_many()
        .set(ended)
        .filter(Child.eq(child))
        .filter(Status.is_in([ComplaintStatus::Open, ComplaintStatus::Assigned]))
        .exec(db)
        .await?;
    let row = complaints::ActiveModel { text_sealed: Set(None), answer_sealed: Set(None), ..Default::default() };
    complaints::Entity::update_many().set(row).filter(Child.eq(child)).exec(db).await.map(drop)
}

/// Texts of a child that wait for a verdict wait no more: they are gone.
pub(in super::super) async fn end_moderation(
    db: &impl ConnectionTrait,
    child: ChildId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use moderations::Column::{DecidedAt, Status, SubjectId};
    let rated = ratings::Entity::find().filter(ratings::Column::ChildId.eq(child));
    let rated = rated.select_only().column(ratings::Column::Id).into_query();
    let complained = complaints::Entity::find().filter(complaints::Column::ChildId.eq(child));
    let complained = complained.select_only().column(complaints::Column::Id).into_query();
    let subjects = Condition::any()
        .add(SubjectId.eq(child.0))
        .add(SubjectId.in_subquery(rated))
        .add(SubjectId.in_subquery(complained));
    moderations::Entity::update_many()
        .col_expr(Status, Expr::value(ModerationStatus::Stale.as_str()))
        .col_expr(DecidedAt, Expr::value(now))
        .filter(subjects)
        .filter(Status.is_in([ModerationStatus::Waiting, ModerationStatus::Review]))
        .exec(db)
        .await
        .map(drop)
}

/// The answers that desks got for a child's units.
pub(in super::super) async fn answers(
    db: &impl ConnectionTrait,
    child: ChildId,
) -> Result<Vec<(RedemptionId, Vec<u8>)>, DbErr> {
    use redemptions::Column::{AnswerSealed, ChildId as Child, Id};
    let rows = redemptions::Entity::find().filter(Child.eq(child)).select_only().columns([Id, AnswerSealed]);
    rows.into_tuple().all(db).await
}

pub(in super::super) async fn put_answer(
    db: &impl ConnectionTrait,
    id: RedemptionId,
    answer: Vec<u8>,
) -> Result<(), DbErr> {
    let row = redemptions::ActiveModel { id: Unchanged(id), answer_sealed: Set(answer), ..Default::default() };
    redemptions::Entity::update(row).exec(db).await.map(drop)
}

/// First answers to the family hold its children's names, those to staff what it wrote.
pub(in super::super) async fn forget_answers(db: &impl ConnectionTrait, family: FamilyId) -> Result<(), DbErr> {
    use idempotency_keys::Column::{Account, FamilyId as About};
    let mine = Condition::any().add(Account.eq(family.to_string())).add(About.eq(family));
    idempotency_keys::Entity::delete_many().filter(mine).exec(db).await.map(drop)
}

/// Everything that belongs to the account and to no figure.
pub(in super::super) async fn delete_belongings(db: &impl ConnectionTrait, family: FamilyId) -> Result<(), DbErr> {
    forget_answers(db, family).await?;
    let mine = sessions::Entity::find().filter(sessions::Column::FamilyId.eq(family));
    let mine = mine.select_only().column(sessions::Column::Id).into_query();
    let tokens = refresh_tokens::Entity::delete_many().filter(refresh_tokens::Column::SessionId.in_subquery(mine));
    tokens.exec(db).await?;
    sessions::Entity::delete_many().filter(sessions::Column::FamilyId.eq(family)).exec(db).await?;
    notices::Entity::delete_many().filter(notices::Column::FamilyId.eq(family)).exec(db).await?;
    credit_entries::Entity::delete_many().filter(credit_entries::Column::FamilyId.eq(family)).exec(db).await?;
    message_credits::Entity::delete_many().filter(message_credits::Column::FamilyId.eq(family)).exec(db).await?;
    moderations::Entity::update_many()
        .col_expr(moderations::Column::FamilyId, Expr::value(Option::<uuid::Uuid>::None))
        .filter(moderations::Column::FamilyId.eq(family))
        .exec(db)
        .await?;
    pickup_persons::Entity::delete_many().filter(pickup_persons::Column::FamilyId.eq(family)).exec(db).await?;
    calendar_feeds::Entity::delete_many().filter(calendar_feeds::Column::FamilyId.eq(family)).exec(db).await?;
    employer_families::Entity::delete_many().filter(employer_families::Column::FamilyId.eq(family)).exec(db).await?;
    centre_ties::Entity::delete_many().filter(centre_ties::Column::FamilyId.eq(family)).exec(db).await.map(drop)
}

/// Writes over the account's row: nobody signs in to it, nothing can be sent to it.
pub(in super::super) async fn blank_family(
    db: &impl ConnectionTrait,
    id: FamilyId,
    (openid_hash, openid_sealed): (Vec<u8>, Vec<u8>),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = families::ActiveModel {
        id: Unchanged(id),
        openid_hash: Set(openid_hash),
        openid_sealed: Set(openid_sealed),
        nickname_sealed: Set(None),
        township: Set(None),
        phone_sealed: Set(None),
        phone_hash: Set(None),
        phone_verified_at: Set(None),
        missed_on: Set(None),
        seen_on: Set(None),
        status: Set(AccountStatus::Closed),
        erased_at: Set(Some(now)),
        ..Default::default()
    };
    families::Entity::update(row).exec(db).await.map(drop)
}

/// Nobody reads the family's calendar by its link any more.
pub(in super::super) async fn end_feeds(
    db: &impl ConnectionTrait,
    family: FamilyId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    calendar_feeds::Entity::update_many()
        .col_expr(calendar_feeds::Column::RevokedAt, Expr::value(now))
        .filter(calendar_feeds::Column::FamilyId.eq(family))
        .filter(calendar_feeds::Column::RevokedAt.is_null())
        .exec(db)
        .await
        .map(drop)
}

/// Vouchers of the family, or of one child, that can still be used.
pub(in super::super) async fn usable_vouchers(
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: Option<ChildId>,
    today: NaiveDate,
) -> Result<Vec<VoucherId>, DbErr> {
    use vouchers::Column::{ChildId as Child, Id, Status, ValidUntil};
    let mut rows =
        vouchers::Entity::of_family(family).filter(Status.eq(VoucherStatus::Active)).filter(ValidUntil.gte(today));
    if let Some(child) = child {
        rows = rows.filter(Child.eq(child));
    }
    rows.select_only().column(Id).into_tuple().all(db).await
}
