//! Pure rules of webhooks: events, signatures, when to try again.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64;
use entity::{DeliveryStatus, VisitStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::{
    crypto::{hmac, random_bytes},
    outgoing::Sent,
};

/// What a webhook may be told of: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum WebhookEvent {
    /// A family asked for care that the centre confirms.
    #[serde(rename = "booking.requested")]
    BookingRequested,
    /// A booking stands.
    #[serde(rename = "booking.confirmed")]
    BookingConfirmed,
    /// The centre couldn't take it.
    #[serde(rename = "booking.declined")]
    BookingDeclined,
    /// Nobody answered in time.
    #[serde(rename = "booking.lapsed")]
    BookingLapsed,
    /// Called off, by family or centre.
    #[serde(rename = "booking.cancelled")]
    BookingCancelled,
    /// Its last day is over.
    #[serde(rename = "booking.completed")]
    BookingCompleted,
    /// It has other days.
    #[serde(rename = "booking.rescheduled")]
    BookingRescheduled,
    /// A correction: the child is expected again.
    #[serde(rename = "visit.expected")]
    VisitExpected,
    /// A child came.
    #[serde(rename = "visit.checked_in")]
    VisitCheckedIn,
    /// A child left.
    #[serde(rename = "visit.left")]
    VisitLeft,
    /// Told in time that the child does not come.
    #[serde(rename = "visit.absent")]
    VisitAbsent,
    /// Nobody came.
    #[serde(rename = "visit.no_show")]
    VisitNoShow,
    /// A day was called off.
    #[serde(rename = "visit.cancelled")]
    VisitCancelled,
    /// A unit of a voucher was used.
    #[serde(rename = "redemption.made")]
    RedemptionMade,
    /// A redemption was taken back.
    #[serde(rename = "redemption.reversed")]
    RedemptionReversed,
    /// A family rated; for the bureau only.
    #[serde(rename = "rating.given")]
    RatingGiven,
    /// A family changed its rating; for the bureau only.
    #[serde(rename = "rating.changed")]
    RatingChanged,
}

impl WebhookEvent {
    /// Every event.
    pub const ALL: &'static [Self] = &[
        Self::BookingRequested,
        Self::BookingConfirmed,
        Self::BookingDeclined,
        Self::BookingLapsed,
        Self::BookingCancelled,
        Self::BookingCompleted,
        Self::BookingRescheduled,
        Self::VisitExpected,
        Self::VisitCheckedIn,
        Self::VisitLeft,
        Self::VisitAbsent,
        Self::VisitNoShow,
        Self::VisitCancelled,
        Self::RedemptionMade,
        Self::RedemptionReversed,
        Self::RatingGiven,
        Self::RatingChanged,
    ];

    /// The word at the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BookingRequested => "booking.requested",
            Self::BookingConfirmed => "booking.confirmed",
            Self::BookingDeclined => "booking.declined",
            Self::BookingLapsed => "booking.lapsed",
            Self::BookingCancelled => "booking.cancelled",
            Self::BookingCompleted => "booking.completed",
            Self::BookingRescheduled => "booking.rescheduled",
            Self::VisitExpected => "visit.expected",
            Self::VisitCheckedIn => "visit.checked_in",
            Self::VisitLeft => "visit.left",
            Self::VisitAbsent => "visit.absent",
            Self::VisitNoShow => "visit.no_show",
            Self::VisitCancelled => "visit.cancelled",
            Self::RedemptionMade => "redemption.made",
            Self::RedemptionReversed => "redemption.reversed",
            Self::RatingGiven => "rating.given",
            Self::RatingChanged => "rating.changed",
        }
    }

    /// In Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::BookingRequested => "预约待确认",
            Self::BookingConfirmed => "预约已确认",
            Self::BookingDeclined => "预约未接受",
            Self::BookingLapsed => "预约超时失效",
            Self::BookingCancelled => "预约已取消",
            Self::BookingCompleted => "预约已完成",
            Self::BookingRescheduled => "预约已改期",
            Self::VisitExpected => "更正为待入园",
            Self::VisitCheckedIn => "已入园",
            Self::VisitLeft => "已离园",
            Self::VisitAbsent => "请假",
            Self::VisitNoShow => "未到园",
            Self::VisitCancelled => "单日取消",
            Self::RedemptionMade => "体验券已核销",
            Self::RedemptionReversed => "核销已冲正",
            Self::RatingGiven => "家长评价",
            Self::RatingChanged => "家长修改评价",
        }
    }

    /// Told to the bureau only: a centre could tell from the moment who rated.
    #[must_use]
    pub const fn bureau_only(self) -> bool {
        matches!(self, Self::RatingGiven | Self::RatingChanged)
    }

    /// As stored.
    #[must_use]
    pub fn pack(events: &[Self]) -> String {
        let words: Vec<&str> = Self::ALL.iter().filter(|event| events.contains(event)).map(|e| e.as_str()).collect();
        words.join(" ")
    }

    /// The events of a stored list.
    pub fn unpack(words: &str) -> impl Iterator<Item = Self> {
        words.split(' ').filter_map(|word| Self::ALL.iter().copied().find(|event| event.as_str() == word))
    }

    /// What a line of a booking's history tells.
    #[must_use]
    pub fn of_line(status: &str, of_visit: bool) -> Option<Self> {
        if of_visit {
            return Some(match status.parse().ok()? {
                VisitStatus::Expected => Self::VisitExpected,
                VisitStatus::InCare => Self::VisitCheckedIn,
                VisitStatus::Left => Self::VisitLeft,
                VisitStatus::Absent => Self::VisitAbsent,
                VisitStatus::NoShow => Self::VisitNoShow,
                VisitStatus::Cancelled => Self::VisitCancelled,
            });
        }
        Some(match status {
            "pending" => Self::BookingRequested,
            "confirmed" => Self::BookingConfirmed,
            "declined" => Self::BookingDeclined,
            "lapsed" => Self::BookingLapsed,
            "completed" => Self::BookingCompleted,
            "rescheduled" => Self::BookingRescheduled,
            cancelled if cancelled.starts_with("cancelled") => Self::BookingCancelled,
            _ => return None,
        })
    }
}

/// Bytes of a secret.
pub type Secret = [u8; 32];

/// A new secret.
#[must_use]
pub fn new_secret() -> Secret {
    random_bytes()
}

/// A secret as its receiver gets it.
#[must_use]
pub fn shown(secret: &Secret) -> String {
    format!("whsec_{}", BASE64.encode(secret))
}

/// The header `webhook-signature`: one of each live secret, the present one first.
#[must_use]
pub fn signatures(secrets: &[Secret], id: &str, timestamp: i64, body: &str) -> String {
    let signed = |secret: &Secret| {
        let mac = hmac(secret, &[id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body.as_bytes()]);
        format!("v1,{}", BASE64.encode(&mac))
    };
    secrets.iter().map(signed).collect::<Vec<_>>().join(" ")
}

/// Pauses between tries in seconds: eleven tries over about a day.
const PAUSES: &[i64] = &[5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 36_000];

/// What is known after a try.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How far the delivery is now.
    pub status: DeliveryStatus,
    /// When the next try is due.
    pub next_at: DateTime<Utc>,
    /// The status of the answer.
    pub answered: Option<i32>,
    /// Why it failed.
    pub error: Option<&'static str>,
}

/// Judges the try number `attempts` (from 1). `jitter` is from 0 to 1: pauses are shortened by up to a
/// fifth, so that what failed together doesn't come back together.
#[must_use]
pub fn judge(sent: Sent, attempts: i32, now: DateTime<Utc>, jitter: f64) -> Outcome {
    let (answered, error) = match sent {
        Sent::Answered(status @ 200..=299) => (Some(i32::from(status)), None),
        Sent::Answered(status @ 300..=399) => (Some(i32::from(status)), Some("redirect")),
        Sent::Answered(status) => (Some(i32::from(status)), Some("status")),
        Sent::Failed(word) => (None, Some(word)),
    };
    let pause = usize::try_from(attempts - 1).ok().and_then(|n| PAUSES.get(n));
    let (status, next_at) = match (error, pause) {
        (None, _) => (DeliveryStatus::Delivered, now),
        (Some(_), None) => (DeliveryStatus::Dead, now),
        (Some(_), Some(seconds)) => {
            let shorter = (*seconds as f64 * 1000.0 * (1.0 - jitter.clamp(0.0, 1.0) / 5.0)) as i64;
            (DeliveryStatus::Pending, now + TimeDelta::milliseconds(shorter))
        }
    };
    Outcome { status, next_at, answered, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_stored_and_sent_as_the_same_words() {
        let words: Vec<&str> = WebhookEvent::ALL.iter().map(|event| event.as_str()).collect();
        assert_eq!(serde_json::to_value(WebhookEvent::ALL).unwrap(), serde_json::json!(words));
        let packed = WebhookEvent::pack(WebhookEvent::ALL);
        assert_eq!(WebhookEvent::unpack(&packed).collect::<Vec<_>>(), WebhookEvent::ALL);
    }

    #[test]
    fn every_state_of_a_booking_and_a_visit_is_an_event() {
        for status in entity::BookingStatus::ALL {
            assert!(WebhookEvent::of_line(status.as_str(), false).is_some(), "{status}");
        }
        for status in VisitStatus::ALL {
            assert!(WebhookEvent::of_line(status.as_str(), true).is_some(), "{status}");
        }
        assert_eq!(WebhookEvent::of_line("wished", false), None);
    }

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        // standard-webhooks, libraries' test vector.
        let secret: Vec<u8> = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        // HMAC pads a key with zeros, so that 24 bytes and the same with 8 zeros are one key.
        let mut key = [0; 32];
        key[..secret.len()].copy_from_slice(&secret);
        let signature = signatures(&[key], id, 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(signatures(&[key, key], id, 1_614_265_330, body), format!("{signature} {signature}"));
    }

    #[test]
    fn tries_go_on_for_about_a_day_and_then_end() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut at = now;
        for attempt in 1..=10 {
            let outcome = judge(Sent::Failed("timeout"), attempt, at, 0.0);
            assert_eq!((outcome.status, outcome.error), (DeliveryStatus::Pending, Some("timeout")));
            let early = judge(Sent::Failed("timeout"), attempt, at, 1.0);
            assert!(early.next_at < outcome.next_at && early.next_at > at);
            at = outcome.next_at;
        }
        assert!((TimeDelta::hours(22)..TimeDelta::hours(26)).contains(&(at - now)), "{}", at - now);
        assert_eq!(judge(Sent::Answered(500), 11, at, 0.0).status, DeliveryStatus::Dead);
        assert_eq!(judge(Sent::Answered(204), 11, at, 0.0).status, DeliveryStatus::Delivered);
        assert_eq!(judge(Sent::Answered(302), 1, at, 0.0).error, Some("redirect"));
    }
}
