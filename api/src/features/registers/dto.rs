//! What registers take and answer: records and warnings.

use chrono::NaiveDate;
use entity::{CarerId, CentreId, Fen, RecordId, RecordItem, RecordKind, centre_records};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    http::{Cursor, Day, Limit, Line, Moment, Paragraph, Whole, nullable},
    language::Word,
};

/// A row to enter. Which members it has depends on its kind.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct RecordIn {
    /// What it is.
    #[schema(example = "insurance")]
    pub kind: RecordKind,
    /// Which safety package, device or utility; of those kinds only, and needed there.
    pub item: Option<RecordItem>,
    /// Insurer, medical institution, who guided, supplier or employer.
    #[schema(example = "中国人民财产保险股份有限公司")]
    pub party: Option<Line<80>>,
    /// Number of the policy or contract.
    #[schema(example = "PZDA202635050000000001")]
    pub number: Option<Line<60>>,
    /// First day; of a visit or a package the day.
    #[schema(example = "2026-01-01")]
    pub from: Option<Day>,
    /// Last day.
    #[schema(example = "2026-12-31")]
    pub until: Option<Day>,
    /// How many devices, or children of own staff.
    pub quantity: Option<Whole<0, 100_000>>,
    /// What a safety package was paid with; at most its cap.
    pub amount_fen: Option<Whole<0, 100_000_000>>,
    /// What else is to be known; no personal data.
    pub note: Option<Paragraph<500>>,
    /// When somebody saw the document, or the thing itself; absent: today.
    pub checked_on: Option<Day>,
}

/// Changes to a row; what is absent stays, null removes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct RecordPatch {
    /// Which safety package, device or utility.
    pub item: Option<RecordItem>,
    /// Insurer, medical institution, who guided, supplier or employer.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Line<80>>)]
    pub party: Option<Option<Line<80>>>,
    /// Number of the policy or contract.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Line<60>>)]
    pub number: Option<Option<Line<60>>>,
    /// First day.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Day>)]
    pub from: Option<Option<Day>>,
    /// Last day.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Day>)]
    pub until: Option<Option<Day>>,
    /// How many.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Whole<0, 100_000>>)]
    pub quantity: Option<Option<Whole<0, 100_000>>>,
    /// What a safety package was paid with.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Whole<0, 100_000_000>>)]
    pub amount_fen: Option<Option<Whole<0, 100_000_000>>>,
    /// What else is to be known.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Paragraph<500>>)]
    pub note: Option<Option<Paragraph<500>>>,
    /// When somebody saw it.
    pub checked_on: Option<Day>,
}

/// Which rows of registers.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecordsQuery {
    /// Only of this centre.
    pub centre_id: Option<CentreId>,
    /// Only of this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Only this kind.
    #[param(inline)]
    pub kind: Option<RecordKind>,
    /// Only those that run today (or only others): begun, and not over.
    pub current: Option<bool>,
    /// Items a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// Which rows of the centre's own register.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeskRecordsQuery {
    /// Only this kind.
    #[param(inline)]
    pub kind: Option<RecordKind>,
    /// Items a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A row of a register.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordOut {
    /// Id.
    pub id: RecordId,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name.
    pub centre_name: String,
    /// What it is.
    pub kind: RecordKind,
    /// In Chinese.
    #[schema(example = "商业保险")]
    pub label: Word,
    /// Which package, device or utility.
    pub item: Option<RecordItem>,
    /// In Chinese.
    #[schema(example = "明厨亮灶改建包")]
    pub item_label: Option<Word>,
    /// Insurer, medical institution, who guided, supplier or employer.
    pub party: Option<String>,
    /// Number of the policy or contract.
    pub number: Option<String>,
    /// First day; of a visit or a package the day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// How many.
    pub quantity: Option<i32>,
    /// What a safety package was paid with.
    pub amount_fen: Option<Fen>,
    /// What else is to be known.
    pub note: Option<String>,
    /// When somebody saw it.
    pub checked_on: NaiveDate,
    /// When it was entered.
    pub created_at: Moment,
    /// When it was changed last.
    pub changed_at: Moment,
}

impl RecordOut {
    /// Of a stored row.
    pub(super) fn of(row: centre_records::Model, centre_name: String) -> Self {
        // Named one by one: a new column must be thought of here.
        let centre_records::Model {
            id,
            centre_id,
            kind,
            item,
            party,
            number,
            valid_from,
            valid_until,
            quantity,
            amount_fen,
            note,
            checked_on,
            staff_id: _,
            created_at,
            changed_at,
            removed_at: _,
        } = row;
        Self {
            id,
            centre_id,
            centre_name,
            kind,
            label: Word(kind.zh()),
            item,
            item_label: item.map(|item| Word(item.zh())),
            party,
            number,
            from: valid_from,
            until: valid_until,
            quantity,
            amount_fen,
            note,
            checked_on,
            created_at: Moment(created_at),
            changed_at: Moment(changed_at),
        }
    }
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// The insurance runs out (project 7).
    Insurance,
    /// The contract with a medical institution runs out (project 10).
    MedicalContract,
    /// A guidance visit is due: two a calendar year (project 10).
    GuidanceVisit,
    /// The recognition as inclusive runs out.
    Recognition,
    /// A carer's certificate runs out (project 12).
    Certificate,
}

impl WarningKind {
    /// In Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Insurance => "商业保险到期",
            Self::MedicalContract => "医育签约到期",
            Self::GuidanceVisit => "应开展巡回指导",
            Self::Recognition => "普惠认定到期",
            Self::Certificate => "保育师证到期",
        }
    }
}

/// Which warnings.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WarningsQuery {
    /// What is due within so many days, or was before; 30 if not said.
    #[param(value_type = Option<u16>, minimum = 0, maximum = 366)]
    pub days: Option<DaysAhead>,
    /// Only this kind.
    #[param(inline)]
    pub kind: Option<WarningKind>,
    /// Only of this centre.
    pub centre_id: Option<CentreId>,
    /// Only of this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Items a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// Days ahead, 0 to 366; a query's values are texts.
#[derive(Clone, Copy, Debug)]
pub struct DaysAhead(pub u16);

impl<'de> Deserialize<'de> for DaysAhead {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match String::deserialize(d)?.parse() {
            Ok(days @ 0..=366) => Ok(Self(days)),
            _ => {
                Err(serde::de::Error::custom("@out_of_range|须为 0 到 366 的整数。|Must be an integer from 0 to 366."))
            }
        }
    }
}

/// Something that runs out or is due at a centre in service.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WarningOut {
    /// What.
    pub kind: WarningKind,
    /// In Chinese.
    #[schema(example = "商业保险到期")]
    pub label: Word,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name.
    pub centre_name: String,
    /// Its township.
    pub township: String,
    /// Whose certificate.
    pub carer_id: Option<CarerId>,
    /// The carer's name.
    pub carer: Option<String>,
    /// The last day, or by when; null: there is none at all.
    pub on: Option<NaiveDate>,
    /// Days until then, below zero once it is over; null: there is none at all.
    #[schema(example = 12)]
    pub days_left: Option<i64>,
}
