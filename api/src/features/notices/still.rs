//! Whether what a message tells is still so when it is sent: a reminder of a day that was called off
//! since would only mislead. The notice stays in the program's own list, with its time.

use chrono::{DateTime, Utc};
use entity::{
    BookingId, BookingStatus, ComplaintId, ComplaintStatus, EventStatus, GuidanceId, GuidanceStatus, NoticeKind,
    RedemptionId, RedemptionStatus, SignupId, SignupStatus, TieId, TieStatus, VisitId, VisitStatus, VoucherId,
    VoucherStatus, notices,
};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value;

use super::still_store as store;
use crate::platform::clock::{instant_at, local, minute_of_day};

/// Whether a notice of this kind about these facts tells what is so. Facts that name nothing (of rows
/// from before) and rows that are gone say nothing against it.
pub(super) async fn holds(
    db: &impl ConnectionTrait,
    kind: NoticeKind,
    notice: &notices::Model,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let facts = &notice.facts;
    match kind {
        NoticeKind::BookingConfirmed => booking(db, facts, BookingStatus::Confirmed).await,
        NoticeKind::PlaceOffered => booking(db, facts, BookingStatus::Pending).await,
        // Ends: nothing follows them.
        NoticeKind::BookingDeclined
        | NoticeKind::BookingLapsed
        | NoticeKind::OfferLapsed
        | NoticeKind::BookingCancelled
        | NoticeKind::DaysCancelled
        | NoticeKind::WaitEnded
        | NoticeKind::EventCancelled
        | NoticeKind::TieRefused
        | NoticeKind::TieEnded => Ok(true),
        NoticeKind::EventPlace | NoticeKind::EventMoved => {
            let Some(id) = id::<SignupId>(facts, "signup_id") else { return Ok(true) };
            let found = store::signup(db, id).await?;
            // Not to who withdrew, and not of an hour that was changed since.
            Ok(found.is_none_or(|(signup, event)| {
                let goes = match kind {
                    NoticeKind::EventPlace => signup == SignupStatus::SignedUp,
                    _ => matches!(signup, SignupStatus::SignedUp | SignupStatus::Waiting),
                };
                let at = local(event.starts_at);
                let told = (facts["date"].as_str(), facts["from"].as_str());
                let (date, from) = (at.date_naive().to_string(), minute_of_day(event.starts_at).to_string());
                let so = told == (Some(date.as_str()), Some(from.as_str()))
                    && facts["place"].as_str() == Some(event.place.as_str());
                goes && so && event.status == EventStatus::Published && now < event.ends_at
            }))
        }
        NoticeKind::TieProposed | NoticeKind::TieConfirmed => {
            let Some(id) = id::<TieId>(facts, "tie_id") else { return Ok(true) };
            let told = if kind == NoticeKind::TieProposed { TieStatus::Proposed } else { TieStatus::Confirmed };
            Ok(store::tie(db, id).await?.is_none_or(|(status, ended)| status == told && ended.is_none()))
        }
        NoticeKind::VisitTomorrow => {
            let Some(id) = id::<VisitId>(facts, "visit_id") else { return Ok(true) };
            let visit = store::visit(db, id).await?;
            Ok(visit.is_none_or(|visit| {
                visit.status == VisitStatus::Expected && now < instant_at(visit.date, visit.from_min)
            }))
        }
        NoticeKind::RatingInvitation => {
            let Some(id) = id::<VisitId>(facts, "visit_id") else { return Ok(true) };
            let left = store::visit(db, id).await?.is_none_or(|visit| visit.status == VisitStatus::Left);
            Ok(left && !store::is_rated(db, id).await?)
        }
        NoticeKind::VoucherExpiring | NoticeKind::VoucherClaimed => {
            let Some(id) = id::<VoucherId>(facts, "voucher_id") else { return Ok(true) };
            let today = local(now).date_naive();
            let usable = store::voucher(db, id).await?;
            Ok(usable.is_none_or(|(status, until)| status == VoucherStatus::Active && today <= until))
        }
        NoticeKind::UnitUsed => {
            let Some(id) = id::<RedemptionId>(facts, "redemption_id") else { return Ok(true) };
            Ok(store::redemption(db, id).await?.is_none_or(|status| status == RedemptionStatus::Redeemed))
        }
        NoticeKind::ComplaintAnswered => {
            let Some(id) = id::<ComplaintId>(facts, "complaint_id") else { return Ok(true) };
            Ok(store::complaint(db, id).await?.is_none_or(|status| status == ComplaintStatus::Answered))
        }
        NoticeKind::GuidanceAssigned | NoticeKind::GuidanceAnswered => {
            let Some(id) = id::<GuidanceId>(facts, "guidance_id") else { return Ok(true) };
            let found = store::guidance(db, id).await?;
            Ok(found.is_none_or(|(status, visit_on)| match kind {
                // Not of a day that was changed since.
                NoticeKind::GuidanceAssigned => {
                    status == GuidanceStatus::Assigned
                        && visit_on.map(|day| day.to_string()).as_deref() == facts["date"].as_str()
                }
                _ => matches!(status, GuidanceStatus::Done | GuidanceStatus::Declined),
            }))
        }
    }
}

async fn booking(db: &impl ConnectionTrait, facts: &Value, told: BookingStatus) -> Result<bool, DbErr> {
    let Some(id) = id::<BookingId>(facts, "booking_id") else { return Ok(true) };
    Ok(store::booking(db, id).await?.is_none_or(|status| status == told))
}

fn id<T: std::str::FromStr>(facts: &Value, name: &str) -> Option<T> {
    facts[name].as_str()?.parse().ok()
}
