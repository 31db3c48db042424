//! Free places, by day, class and half-hour.

use chrono::NaiveDate;
use entity::{Band, CentreId, ClassId, MinuteOfDay};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dto::TimesOut;
use crate::http::Day;

/// Which days to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityQuery {
    /// First date; today if not said. `from` and `date` mean the same.
    #[serde(alias = "from", alias = "date")]
    pub start_date: Option<Day>,
    /// Last date, at most 92 days in all; six days after the first if not said. `to` means the same.
    #[serde(alias = "to")]
    pub end_date: Option<Day>,
    /// Only this class.
    pub class_id: Option<ClassId>,
    /// Only classes for a child of this age in completed months on the first date.
    #[param(minimum = 0, maximum = 36)]
    pub age_months: Option<i32>,
}

/// Free places by day, class and time.
#[derive(Serialize, ToSchema)]
pub struct AvailabilityOut {
    /// The centre.
    pub centre_id: CentreId,
    /// First date.
    pub start_date: NaiveDate,
    /// Last date.
    pub end_date: NaiveDate,
    /// Every date of the range.
    pub days: Vec<AvailabilityDayOut>,
}

/// One date.
#[derive(Serialize, ToSchema)]
pub struct AvailabilityDayOut {
    /// The date.
    pub date: NaiveDate,
    /// Opening hours, of today what is left of them; null when closed or past.
    pub open: Option<TimesOut>,
    /// Why it is closed: a day of rest, a holiday, the centre's own reason, or past.
    pub reason: Option<String>,
    /// Per class, when open.
    pub classes: Vec<AvailabilityClassOut>,
}

/// One class on one date.
#[derive(Serialize, ToSchema)]
pub struct AvailabilityClassOut {
    /// The class.
    pub class_id: ClassId,
    /// Its name.
    pub name: String,
    /// Its band.
    pub band: Band,
    /// Places free through all of these hours.
    pub free_all_day: i32,
    /// The opening hours, cut where the number changes.
    pub spans: Vec<AvailabilitySpanOut>,
}

/// A time with the same number of free places.
#[derive(Serialize, ToSchema)]
pub struct AvailabilitySpanOut {
    /// From, on the half-hour.
    pub from: MinuteOfDay,
    /// To, on the half-hour.
    pub to: MinuteOfDay,
    /// Places that the class has then (places, or what the carers on duty allow).
    pub places: i32,
    /// Places that are held; more than `places` where they were cut later.
    pub taken: i32,
    /// Places that full-day care may take.
    pub free: i32,
    /// Of these, kept for full-day care: other care may take the rest.
    pub kept_full_day: i32,
}
