//! Signals of abuse at the API.

use chrono::NaiveDate;
use entity::{CentreId, FamilyId, RatingId, RedemptionId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit};

/// What was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Scans outside the hours of the day.
    NightScan,
    /// Many scans on one device within a short time.
    DeviceBurst,
    /// One guardian with vouchers for many children.
    ManyChildren,
    /// Redemptions of children who weren't checked in that day.
    NoCheckIn,
    /// More redemptions on a day than the centre has places.
    AbovePlaces,
    /// Many answers of a centre within a short time, against its own usual.
    RatingBurst,
    /// Answers of several families from one device on one day.
    RatingDevice,
    /// Answers of families tied to the centre's staff; they are out of the figures.
    RatingStaff,
    /// A frozen support sheet that no longer agrees with attendance, which was put right afterwards.
    SupportSheet,
}

impl SignalKind {
    /// Those about ratings.
    pub const OF_RATINGS: [Self; 3] = [Self::RatingBurst, Self::RatingDevice, Self::RatingStaff];

    /// The term in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NightScan => "非正常时段核销",
            Self::DeviceBurst => "同一设备短时间集中核销",
            Self::ManyChildren => "同一监护人名下多名儿童领券",
            Self::NoCheckIn => "核销当日无签到记录",
            Self::AbovePlaces => "当日核销超过托位数",
            Self::RatingBurst => "短时间集中评价",
            Self::RatingDevice => "同一设备多个家庭评价",
            Self::RatingStaff => "机构人员或亲属评价（不计入）",
            Self::SupportSheet => "定稿的补助单与签到不符",
        }
    }
}

/// Which signals.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SignalsQuery {
    /// First day of care; of ratings, on which they were given; of support sheets, on which attendance was put right.
    #[param(value_type = Day)]
    pub from: Day,
    /// Last day of care, inclusive; 31 days at most.
    #[param(value_type = Day)]
    pub to: Day,
    /// Only of this kind.
    pub kind: Option<SignalKind>,
    /// Only of this centre.
    #[param(value_type = Option<CentreId>)]
    pub centre_id: Option<CentreId>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A flag for people to look at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignalOut {
    /// What was noticed.
    pub kind: SignalKind,
    /// At which centre; null for `many_children`.
    pub centre_id: Option<CentreId>,
    /// Its name.
    pub centre_name: Option<String>,
    /// Which family, for `many_children`.
    pub family_id: Option<FamilyId>,
    /// On which device, for `device_burst`: as the desk named it, or the staff account.
    pub device: Option<String>,
    /// On which day.
    pub date: Option<NaiveDate>,
    /// How many: scans, children, answers, or families.
    pub count: i64,
    /// From how many on it is noticed.
    pub threshold: i64,
    /// In one sentence.
    #[schema(example = "2026-03-02 22:00 以后核销 3 次")]
    pub detail: String,
    /// Some of the redemptions, 10 at most.
    pub redemption_ids: Vec<RedemptionId>,
    /// Some of the ratings, 10 at most.
    pub rating_ids: Vec<RatingId>,
}
