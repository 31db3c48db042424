//! Queries about what messages tell of.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    BookingId, BookingStatus, ComplaintId, ComplaintStatus, GuidanceId, GuidanceStatus, RedemptionId, RedemptionStatus,
    SignupId, SignupStatus, TieId, TieStatus, VisitId, VoucherId, VoucherStatus, bookings, centre_ties, complaints,
    event_signups, events, guidance_requests, ratings, redemptions, visits, vouchers,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

/// The state of a booking.
pub(super) async fn booking(db: &impl ConnectionTrait, id: BookingId) -> Result<Option<BookingStatus>, DbErr> {
    let state = bookings::Entity::find_by_id(id).select_only().column(bookings::Column::Status);
    state.into_tuple().one(db).await
}

/// A visit.
pub(super) async fn visit(db: &impl ConnectionTrait, id: VisitId) -> Result<Option<visits::Model>, DbErr> {
    visits::Entity::find_by_id(id).one(db).await
}

/// Whether a visit was rated.
pub(super) async fn is_rated(db: &impl ConnectionTrait, id: VisitId) -> Result<bool, DbErr> {
    Ok(ratings::Entity::find().filter(ratings::Column::VisitId.eq(id)).one(db).await?.is_some())
}

/// The state of a voucher and its last day.
pub(super) async fn voucher(
    db: &impl ConnectionTrait,
    id: VoucherId,
) -> Result<Option<(VoucherStatus, NaiveDate)>, DbErr> {
    let state = vouchers::Entity::find_by_id(id).select_only();
    state.column(vouchers::Column::Status).column(vouchers::Column::ValidUntil).into_tuple().one(db).await
}

/// The state of a redemption.
pub(super) async fn redemption(db: &impl ConnectionTrait, id: RedemptionId) -> Result<Option<RedemptionStatus>, DbErr> {
    let state = redemptions::Entity::find_by_id(id).select_only().column(redemptions::Column::Status);
    state.into_tuple().one(db).await
}

/// The state of a complaint.
pub(super) async fn complaint(db: &impl ConnectionTrait, id: ComplaintId) -> Result<Option<ComplaintStatus>, DbErr> {
    let state = complaints::Entity::find_by_id(id).select_only().column(complaints::Column::Status);
    state.into_tuple().one(db).await
}

/// The state of a request for guidance, and the day of the visit.
pub(super) async fn guidance(
    db: &impl ConnectionTrait,
    id: GuidanceId,
) -> Result<Option<(GuidanceStatus, Option<NaiveDate>)>, DbErr> {
    use guidance_requests::Column::{Status, VisitOn};
    guidance_requests::Entity::find_by_id(id).select_only().columns([Status, VisitOn]).into_tuple().one(db).await
}

/// The state of a sign-up, and its event.
pub(super) async fn signup(
    db: &impl ConnectionTrait,
    id: SignupId,
) -> Result<Option<(SignupStatus, events::Model)>, DbErr> {
    let Some(signup) = event_signups::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let event = events::Entity::find_by_id(signup.event_id).one(db).await?;
    Ok(event.map(|event| (signup.status, event)))
}

/// The state of a tie, and when it ended.
pub(super) async fn tie(
    db: &impl ConnectionTrait,
    id: TieId,
) -> Result<Option<(TieStatus, Option<DateTime<Utc>>)>, DbErr> {
    use centre_ties::Column::{EndedAt, Status};
    centre_ties::Entity::find_by_id(id).select_only().columns([Status, EndedAt]).into_tuple().one(db).await
}
