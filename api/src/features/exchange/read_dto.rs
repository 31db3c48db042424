//! What other systems read. Nothing here names a person.

use chrono::NaiveDate;
use entity::{
    BookingId, BookingStatus, CampaignId, CareType, CentreId, CentreKind, ClassId, Fen, Filed, MinuteOfDay, Ownership,
    RedemptionId, RedemptionStatus, VisitId, VisitStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    features::{centres::LocationOut, satisfaction::dto::SatisfactionGroup},
    http::{Cursor, Limit, Moment, Month},
};

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// Without a cursor: changes from this instant on; absent: from the beginning.
    pub since: Option<Moment>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `cursor` of the page before.
    pub cursor: Option<Cursor>,
}

/// A page of changes, the oldest first. A thing that changed several times comes as it is now, once a
/// page; keep it by its id.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangesPage<T> {
    /// What changed, as it is now.
    pub items: Vec<T>,
    /// Where to go on, now or later; null only if nothing has come yet.
    pub cursor: Option<String>,
    /// Whether there is more at once.
    pub more: bool,
}

/// A centre.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExchangeCentreOut {
    /// Id.
    pub id: CentreId,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: CentreKind,
    /// Who owns it.
    pub ownership: Ownership,
    /// Registration with the health authority.
    pub filed: Filed,
    /// Its number.
    pub filed_no: Option<String>,
    /// Recognised as inclusive today.
    pub inclusive: bool,
    /// Township, by its Chinese name.
    pub township: String,
    /// Street address.
    pub address: String,
    /// Where it is.
    pub location: LocationOut,
    /// Places of its classes.
    pub places: i32,
    /// Whether it is open to families.
    pub active: bool,
    /// Demonstration data.
    pub demo: bool,
    /// When it last changed.
    pub changed_at: Moment,
}

/// A booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExchangeBookingOut {
    /// Id.
    pub id: BookingId,
    /// The centre.
    pub centre_id: CentreId,
    /// The class.
    pub class_id: ClassId,
    /// The child's pseudonym towards this holder.
    #[schema(example = "psn_0192f0c18a7c7d10b1c2d3e4f5a6b7c8")]
    pub child: String,
    /// Form of care.
    pub care_type: CareType,
    /// How it stands.
    pub status: BookingStatus,
    /// First day.
    pub start_date: NaiveDate,
    /// Last day.
    pub end_date: NaiveDate,
    /// The price.
    pub total_fen: Fen,
    /// Whether a trial voucher pays for a day.
    pub with_voucher: bool,
    /// When it was made.
    pub created_at: Moment,
    /// When this change came.
    pub changed_at: Moment,
}

/// A visit: one day of a booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExchangeVisitOut {
    /// Id.
    pub id: VisitId,
    /// Its booking.
    pub booking_id: BookingId,
    /// The centre.
    pub centre_id: CentreId,
    /// The class.
    pub class_id: ClassId,
    /// The child's pseudonym towards this holder.
    #[schema(example = "psn_0192f0c18a7c7d10b1c2d3e4f5a6b7c8")]
    pub child: String,
    /// Form of care.
    pub care_type: CareType,
    /// The day.
    pub date: NaiveDate,
    /// From.
    pub from: MinuteOfDay,
    /// To.
    pub to: MinuteOfDay,
    /// How it stands.
    pub status: VisitStatus,
    /// When the child came.
    pub checked_in_at: Option<Moment>,
    /// When it left.
    pub checked_out_at: Option<Moment>,
    /// When this change came.
    pub changed_at: Moment,
}

/// A redemption.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExchangeRedemptionOut {
    /// Id.
    pub id: RedemptionId,
    /// The centre.
    pub centre_id: CentreId,
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The child's pseudonym towards this holder.
    #[schema(example = "psn_0192f0c18a7c7d10b1c2d3e4f5a6b7c8")]
    pub child: String,
    /// Form of care.
    pub care_type: CareType,
    /// The day.
    pub service_date: NaiveDate,
    /// What the centre is paid for it.
    pub face_value_fen: Fen,
    /// Whether it stands.
    pub status: RedemptionStatus,
    /// The visit of that day, if there was one.
    pub visit_id: Option<VisitId>,
    /// Scanned without network and uploaded later.
    pub offline: bool,
    /// When it was scanned.
    pub redeemed_at: Moment,
    /// When this change came: the redemption, or its reversal.
    pub changed_at: Moment,
}

/// Which months.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExchangeSatisfactionQuery {
    /// First month of care, `YYYY-MM`; by default eleven months before `to`.
    pub from: Option<Month>,
    /// Last month of care; by default the present one. At most 36 months in all.
    pub to: Option<Month>,
}

/// Satisfaction by centre.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExchangeSatisfactionOut {
    /// First month of care.
    pub from: Month,
    /// Last month of care.
    pub to: Month,
    /// The rate to reach, a fraction of 1.
    pub target: f64,
    /// The instant whose state of the ratings was counted.
    pub as_of: Moment,
    /// A centre each, those with care or answers; a centre's key reads its own.
    pub items: Vec<SatisfactionGroup>,
}
