//! What the family's account takes and answers.

use chrono::NaiveDate;
use entity::{ChildId, ConsentPurpose, FamilyId, TextStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::documents_dto::DocumentOut;
use crate::{
    http::{
        Day, Line, Moment,
        values::{nullable, object},
    },
    language::Language,
    platform::hant,
};

/// Which texts of consent.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsentTextsQuery {
    /// An older set; today's if absent.
    pub version: Option<Line<32>>,
}

/// The texts of consent.
#[derive(Serialize, ToSchema)]
pub struct ConsentTextsOut {
    /// One per purpose.
    pub items: Vec<ConsentTextOut>,
}

impl ConsentTextsOut {
    /// The same words in the characters of a language.
    pub(super) fn written(mut self, language: Language) -> Self {
        if language == Language::Hant {
            for item in &mut self.items {
                (item.title, item.text) = (hant::known(item.title), hant::known(item.text));
            }
        }
        self
    }
}

/// A text of consent.
#[derive(Serialize, ToSchema)]
pub struct ConsentTextOut {
    /// What the data is used for.
    pub purpose: ConsentPurpose,
    /// Version of the whole set.
    #[schema(example = "2026-12")]
    pub version: String,
    /// Heading.
    pub title: &'static str,
    /// What the guardian agrees to.
    pub text: &'static str,
    /// Whether a child can't be added without it.
    pub required: bool,
}

/// The family's account.
#[derive(Serialize, ToSchema)]
pub struct FamilyOut {
    /// Id.
    pub id: FamilyId,
    /// When the account was made.
    pub created_at: Moment,
    /// The guardian's phone, masked, once it was verified through WeChat.
    pub phone: Option<PhoneOut>,
    /// The guardian's documents, masked.
    pub documents: Vec<DocumentOut>,
    /// Its children.
    pub children: Vec<ChildOut>,
}

/// A verified phone.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneOut {
    /// With the middle hidden.
    #[schema(example = "139****1234")]
    pub masked: String,
    /// When WeChat told it.
    pub verified_at: Moment,
}

/// The code of WeChat's phone button.
#[derive(Deserialize, ToSchema)]
pub struct PhoneIn {
    /// `e.detail.code` of `bindgetphonenumber`, not that of `wx.login`; in the demonstration
    /// `dev:<number>`.
    #[schema(example = "dev:13912341234")]
    pub code: Line<512>,
}

/// Consent given by the guardian.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ConsentIn {
    /// The version of the texts shown, from `GET /consents`.
    pub version: Line<32>,
    /// The purposes agreed to; `booking` is required.
    pub purposes: Vec<ConsentPurpose>,
}

/// A child to add.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChildIn {
    /// What the family calls the child.
    #[schema(example = "小米")]
    pub name: Line<20>,
    /// The name in the register; may wait until before the first visit.
    #[serde(default)]
    pub legal_name: Option<Line<40>>,
    /// Date of birth; younger than 36 months.
    pub birth_date: Day,
    /// Where the family lives, by its Chinese name.
    #[schema(example = "洛阳镇")]
    pub township: Line<20>,
    /// Third child 三孩, as declared; this and the two below take consent to `reductions`.
    #[serde(default)]
    pub third_child: bool,
    /// Special family 计生特殊家庭再生育, as declared.
    #[serde(default)]
    pub special_family: bool,
    /// Disabled child 残疾, as declared.
    #[serde(default)]
    pub disabled: bool,
    /// What the child must not eat or touch; takes consent to `health_proof`.
    #[serde(default)]
    #[schema(example = "花生")]
    pub allergies: Option<Line<200>>,
    /// The guardian's consent; without it `CONSENT_REQUIRED`.
    #[serde(default, deserialize_with = "object")]
    pub consent: Option<ConsentIn>,
}

/// Changes to a child; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChildPatch {
    /// What the family calls the child.
    pub name: Option<Line<20>>,
    /// The name in the register.
    pub legal_name: Option<Line<40>>,
    /// Where the family lives.
    pub township: Option<Line<20>>,
    /// Third child 三孩, as declared; this and the two below take consent to `reductions`.
    pub third_child: Option<bool>,
    /// Special family 计生特殊家庭再生育, as declared.
    pub special_family: Option<bool>,
    /// Disabled child 残疾, as declared.
    pub disabled: Option<bool>,
    /// What the child must not eat or touch, or null; takes consent to `health_proof`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Line<200>>)]
    pub allergies: Option<Option<Line<200>>>,
    /// More consent of the guardian; what was given stays.
    #[serde(default, deserialize_with = "object")]
    pub consent: Option<ConsentIn>,
    /// Can't be changed: any other date than the child's is refused.
    pub birth_date: Option<Day>,
}

/// A child of the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChildOut {
    /// Id.
    pub id: ChildId,
    /// What the family calls the child.
    pub name: String,
    /// Moderation refused that name: centres read 小朋友 instead, until the child is called otherwise.
    pub name_hidden: bool,
    /// What moderation thinks of that name: while it is `pending` centres read 小朋友 where they would
    /// read it whole.
    pub name_status: TextStatus,
    /// The name in the register, if given.
    pub legal_name: Option<String>,
    /// Date of birth.
    pub birth_date: NaiveDate,
    /// Whether the name in the register is asked for now: the child is expected at a centre.
    pub legal_name_needed: bool,
    /// What the child must not eat or touch, if given.
    pub allergies: Option<String>,
    /// Completed months today.
    #[schema(example = 18)]
    pub age_months: i32,
    /// Where the family lives.
    #[schema(example = "洛阳镇")]
    pub township: String,
    /// Third child, as declared.
    pub third_child: bool,
    /// Special family, as declared.
    pub special_family: bool,
    /// Disabled, as declared.
    pub disabled: bool,
    /// What the guardian agreed to.
    pub consent: ConsentOut,
}

/// Consents in force for a child.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentOut {
    /// Version of the texts agreed to.
    pub version: String,
    /// The purposes.
    pub purposes: Vec<ConsentPurpose>,
}

/// The children of the family.
#[derive(Serialize, ToSchema)]
pub struct ChildrenOut {
    /// Oldest entry first.
    pub items: Vec<ChildOut>,
}
