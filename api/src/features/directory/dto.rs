//! What the directory takes and answers.

use entity::{CentreId, CentreKind, Fen, Filed, Ownership, centres};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use chrono::NaiveDate;

use crate::{
    features::{
        centres::{LocationOut, coords::Coord},
        planning::dto::{HalfDayHours, WeekdayHours},
    },
    http::{
        Cursor, Day, Limit, Line, Moment, Paragraph, Whole,
        values::{nullable, object, the_object},
    },
};

/// In which order centres are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BureauCentreSort {
    /// By name.
    #[default]
    Name,
    /// The newest first.
    Newest,
    /// By township, then by name.
    Township,
    /// By kind, then by name.
    Kind,
}

/// Which centres. All filters must hold.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauCentresQuery {
    /// Only this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Only this kind.
    #[param(inline)]
    pub kind: Option<CentreKind>,
    /// Only public or only private ones.
    #[param(inline)]
    pub ownership: Option<Ownership>,
    /// Only this state of filing.
    #[param(inline)]
    pub filed: Option<Filed>,
    /// Only those recognised as inclusive today (or only others).
    pub inclusive: Option<bool>,
    /// Only those in service (or only those out of it).
    pub active: Option<bool>,
    /// A part of the name, the address or the number of the filing.
    #[param(value_type = Option<String>)]
    pub q: Option<Line<40>>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    pub sort: BureauCentreSort,
    /// Coordinate system of the points.
    #[serde(default)]
    #[param(inline)]
    pub coord: Coord,
    /// Items a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// Where a centre is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct BureauLocationIn {
    /// Degrees east.
    #[schema(example = 118.7942)]
    pub lng: f64,
    /// Degrees north.
    #[schema(example = 24.8952)]
    pub lat: f64,
    /// The system of the two.
    #[serde(default)]
    pub coord: Coord,
}

/// A centre to enter.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct BureauCentreIn {
    /// For families; once a township.
    #[schema(example = "东园镇阳光托育园")]
    pub name: Line<60>,
    /// Who runs it and where.
    pub kind: CentreKind,
    /// Who owns it.
    pub ownership: Ownership,
    /// Street address.
    #[schema(example = "东园镇阳光路8号")]
    pub address: Line<120>,
    /// One of the district's.
    #[schema(value_type = String, min_length = 1, max_length = 20, example = "东园镇")]
    pub township: Line<20>,
    /// Where it is.
    #[serde(deserialize_with = "the_object")]
    pub location: BureauLocationIn,
    /// The telephone that families call.
    #[schema(example = "0595-87551234")]
    pub phone: Option<Line<30>>,
    /// For families.
    pub intro: Option<Paragraph<500>>,
    /// Registration with the health authority; absent: `none`.
    pub filed: Option<Filed>,
    /// Its number; needed of a filed one.
    #[schema(example = "托备〔2026〕12号")]
    pub filed_no: Option<Line<60>>,
    /// First day of its recognition as inclusive; with document and cap.
    pub inclusive_from: Option<Day>,
    /// Its last day; absent: until further notice.
    pub inclusive_until: Option<Day>,
    /// The document that recognises it.
    #[schema(example = "台商民保〔2026〕5号")]
    pub inclusive_doc: Option<Line<60>>,
    /// The recognised cap on a month of full-day care.
    #[schema(example = 260_000)]
    pub price_cap_fen: Option<Whole<1, 10_000_000>>,
    /// 泉台融合 label (project 11).
    #[serde(default)]
    pub cross_strait: bool,
    /// Months a child may stay past a class's upper age; absent: none.
    pub age_grace_months: Option<Whole<0, 12>>,
    /// The open days; absent: Monday to Friday, 07:30–18:00.
    pub hours: Option<Vec<WeekdayHours>>,
    /// `half=morning`; absent: 08:00–12:00.
    #[serde(default, deserialize_with = "object")]
    pub morning: Option<HalfDayHours>,
    /// `half=afternoon`; absent: 14:00–17:30.
    #[serde(default, deserialize_with = "object")]
    pub afternoon: Option<HalfDayHours>,
}

/// Changes to a centre; what is absent stays, null removes.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct BureauCentrePatch {
    /// For families; once a township.
    pub name: Option<Line<60>>,
    /// Who runs it and where.
    pub kind: Option<CentreKind>,
    /// Who owns it.
    pub ownership: Option<Ownership>,
    /// Street address.
    pub address: Option<Line<120>>,
    /// One of the district's.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 20, example = "东园镇")]
    pub township: Option<Line<20>>,
    /// Where it is.
    #[serde(default, deserialize_with = "object")]
    pub location: Option<BureauLocationIn>,
    /// The telephone that families call.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Line<30>>, example = "0595-87551234")]
    pub phone: Option<Option<Line<30>>>,
    /// For families.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Paragraph<500>>)]
    pub intro: Option<Option<Paragraph<500>>>,
    /// Registration with the health authority.
    pub filed: Option<Filed>,
    /// Its number; needed of a filed one.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Line<60>>, example = "托备〔2026〕12号")]
    pub filed_no: Option<Option<Line<60>>>,
    /// First day of its recognition as inclusive; null ends it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Day>)]
    pub inclusive_from: Option<Option<Day>>,
    /// Its last day; null: until further notice.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Day>)]
    pub inclusive_until: Option<Option<Day>>,
    /// The document that recognises it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Line<60>>, example = "台商民保〔2026〕5号")]
    pub inclusive_doc: Option<Option<Line<60>>>,
    /// The recognised cap on a month of full-day care.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Whole<1, 10_000_000>>, example = 260_000)]
    pub price_cap_fen: Option<Option<Whole<1, 10_000_000>>>,
    /// 泉台融合 label (project 11).
    pub cross_strait: Option<bool>,
    /// Months a child may stay past a class's upper age.
    pub age_grace_months: Option<Whole<0, 12>>,
}

/// Why a centre leaves or enters service.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct CentreReasonIn {
    /// For the audit log.
    #[schema(example = "租约到期，停止运营")]
    pub reason: Line<200>,
}

/// When somebody saw again what stands of a centre: the document, or the label. Nothing else of it changes.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub struct CentreChecksIn {
    /// Its filing, with the number.
    pub filed_on: Option<Day>,
    /// Its recognition as inclusive.
    pub inclusive_on: Option<Day>,
    /// Its 泉台融合 label.
    pub label_on: Option<Day>,
}

/// When the bureau last entered or saw what it says of a centre; null where nobody noted it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CentreChecksOut {
    /// Its filing, with the number.
    pub filed_on: Option<NaiveDate>,
    /// Its recognition as inclusive.
    pub inclusive_on: Option<NaiveDate>,
    /// Its 泉台融合 label.
    pub label_on: Option<NaiveDate>,
}

/// A centre as the bureau has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BureauCentreOut {
    /// Id.
    pub id: CentreId,
    /// Name.
    pub name: String,
    /// Who runs it and where.
    pub kind: CentreKind,
    /// Who owns it.
    pub ownership: Ownership,
    /// Street address.
    pub address: String,
    /// Township.
    pub township: String,
    /// Where it is.
    pub location: LocationOut,
    /// The telephone that families call.
    pub phone: Option<String>,
    /// For families.
    pub intro: String,
    /// Registration with the health authority.
    pub filed: Filed,
    /// Its number.
    pub filed_no: Option<String>,
    /// Recognised as inclusive today.
    pub inclusive: bool,
    /// First day of its recognition.
    pub inclusive_from: Option<NaiveDate>,
    /// Its last day; null: until further notice, or never recognised.
    pub inclusive_until: Option<NaiveDate>,
    /// The document that recognises it.
    pub inclusive_doc: Option<String>,
    /// The recognised cap on a month of full-day care.
    pub price_cap_fen: Option<Fen>,
    /// 泉台融合 label.
    pub cross_strait: bool,
    /// Insured until, by its register.
    pub insured_until: Option<NaiveDate>,
    /// Contract with a medical institution until, by its register.
    pub medical_until: Option<NaiveDate>,
    /// Months a child may stay past a class's upper age.
    pub age_grace_months: i32,
    /// Places of its open classes.
    #[schema(example = 45)]
    pub places: i64,
    /// In service.
    pub active: bool,
    /// It may redeem no vouchers for now.
    pub vouchers_suspended: bool,
    /// Demonstration data.
    pub demo: bool,
    /// Rises with every change.
    pub version: i64,
    /// Since when it is in the directory.
    pub created_at: Moment,
}

impl BureauCentreOut {
    /// Of a stored centre.
    pub(super) fn of(row: centres::Model, places: i64, coord: Coord, today: NaiveDate) -> Self {
        let at = coord.from_wgs84(row.location());
        let inclusive = row.inclusive_on(today);
        // Named one by one: a new column must be thought of here.
        let centres::Model {
            id,
            name,
            kind,
            ownership,
            address,
            township,
            lng: _,
            lat: _,
            phone,
            intro,
            filed,
            filed_no,
            inclusive_from,
            inclusive_until,
            inclusive_doc,
            price_cap_fen,
            morning_from: _,
            morning_to: _,
            afternoon_from: _,
            afternoon_to: _,
            age_grace_months,
            insured_until,
            medical_until,
            cross_strait,
            admits: _,
            others_days: _,
            demo,
            active,
            vouchers_suspended_at,
            version,
            changed_at: _,
            created_at,
        } = row;
        Self {
            id,
            name,
            kind,
            ownership,
            address,
            township,
            location: LocationOut { lng: at.lng, lat: at.lat, coord },
            phone,
            intro,
            filed,
            filed_no,
            inclusive,
            inclusive_from,
            inclusive_until,
            inclusive_doc,
            price_cap_fen,
            cross_strait,
            insured_until,
            medical_until,
            age_grace_months,
            places,
            active,
            vouchers_suspended: vouchers_suspended_at.is_some(),
            demo,
            version,
            created_at: Moment(created_at),
        }
    }
}
