//! What families and centres send and get.

use chrono::NaiveDate;
use entity::{
    BookingId, CareType, CentreId, ChildId, ClassId, Half, MinuteOfDay, WaitlistEntryId, WaitlistStatus,
    waitlist_entries,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    features::bookings::dto::BookingIn,
    http::{Cursor, Day, Limit, Moment},
    language::Word,
};

/// What of a wish is the same when a place is offered.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Wish {
    /// 1 (Monday) to 7; absent: all opening days of the range.
    #[schema(example = json!([1, 3, 5]))]
    pub weekdays: Option<Vec<i64>>,
    /// Half-day care: which half.
    pub half: Option<Half>,
    /// Hourly (required) and temporary care: from, on the half-hour.
    pub from: Option<MinuteOfDay>,
    /// Hourly (required) and temporary care: to, on the half-hour.
    pub to: Option<MinuteOfDay>,
    /// A class of the centre; absent: any class of the child's age.
    pub class_id: Option<ClassId>,
}

impl Wish {
    pub(super) fn of(body: &BookingIn) -> Self {
        let BookingIn { weekdays, half, from, to, class_id, .. } = body.clone();
        Self { weekdays, half, from, to, class_id }
    }

    /// The booking that an entry waits for: all days, without a voucher.
    pub(super) fn booking(self, row: &waitlist_entries::Model) -> BookingIn {
        let Self { weekdays, half, from, to, class_id } = self;
        BookingIn {
            child_id: row.child_id,
            centre_id: row.centre_id,
            care_type: row.care_type,
            start_date: Day(row.start_date),
            end_date: Some(Day(row.end_date)),
            weekdays,
            half,
            from,
            to,
            class_id,
            voucher_id: None,
            best_effort: false,
        }
    }
}

/// An offered place.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct WaitlistOfferOut {
    /// The booking that holds it; its price and days are read there.
    pub booking_id: BookingId,
    /// Accept by then, or it passes on.
    pub until: Moment,
}

/// A place in the waiting list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitlistOut {
    /// Id.
    pub id: WaitlistEntryId,
    /// Where it stands.
    pub status: WaitlistStatus,
    /// The same in Chinese.
    #[schema(example = "候补中")]
    pub status_label: Word,
    /// While waiting: 1 is next among those who wait for some of the same days.
    pub position: Option<i64>,
    /// While offered.
    pub offer: Option<WaitlistOfferOut>,
    /// The child.
    pub child_id: ChildId,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name, while it is listed.
    #[schema(example = "洛阳镇党建+邻里中心托育点")]
    pub centre_name: Option<String>,
    /// Form of care.
    pub care_type: CareType,
    /// First day.
    pub start_date: NaiveDate,
    /// Last day.
    pub end_date: NaiveDate,
    /// The rest of the wish.
    #[serde(flatten)]
    pub wish: Wish,
    /// Since when.
    pub created_at: Moment,
}

/// Whom a centre would take if it had a place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeskWaitlistOut {
    /// Id.
    pub id: WaitlistEntryId,
    /// Where it stands.
    pub status: WaitlistStatus,
    /// While waiting: 1 is next among those who wait for some of the same days.
    pub position: Option<i64>,
    /// The child's completed months on the first day; its name is the family's until it books.
    #[schema(example = 18)]
    pub age_months: i32,
    /// Form of care.
    pub care_type: CareType,
    /// First day.
    pub start_date: NaiveDate,
    /// Last day.
    pub end_date: NaiveDate,
    /// The rest of the wish.
    #[serde(flatten)]
    pub wish: Wish,
    /// Since when.
    pub created_at: Moment,
}

/// Which entries to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WaitlistQuery {
    /// Items at most, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    pub cursor: Option<Cursor>,
}
