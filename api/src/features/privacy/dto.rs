//! What the calls about personal data take and answer.

use chrono::NaiveDate;
use entity::{CentreId, ChildId, ConsentPurpose, DataLookId, LookReason, StaffRole, VisitId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{
    http::{Cursor, Limit, Line, Moment},
    language::Word,
};

/// Whether the caller knows what follows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConfirmQuery {
    /// `true`: the consequences were shown and accepted.
    #[serde(default)]
    pub confirm: bool,
}

/// Consent to one purpose.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GiveConsentIn {
    /// The version of the texts shown, from `GET /consents`.
    #[schema(example = "2026-12")]
    pub version: Line<32>,
}

/// What a family agreed to.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenConsentsOut {
    /// The version of today's texts.
    #[schema(example = "2026-12")]
    pub current_version: &'static str,
    /// Whether any consent in force was given to an older text.
    pub renewal_needed: bool,
    /// Every child and purpose.
    pub items: Vec<GivenConsentOut>,
}

/// A purpose and a child.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenConsentOut {
    /// The child.
    pub child_id: ChildId,
    /// What the data is used for.
    pub purpose: ConsentPurpose,
    /// Heading of the text.
    pub title: &'static str,
    /// Whether it is in force.
    pub given: bool,
    /// Whether the child can't be kept without it.
    pub required: bool,
    /// The version agreed to; it stays valid for what it said.
    pub version: Option<String>,
    /// Whether the text is another one now: show it and ask again.
    pub renewal_needed: bool,
    /// When it was given last.
    pub given_at: Option<Moment>,
    /// When it was withdrawn, if it isn't in force.
    pub withdrawn_at: Option<Moment>,
    /// What follows from withdrawing it, to be shown before.
    pub withdrawal: &'static str,
}

/// A consent that was withdrawn.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentWithdrawnOut {
    /// The purpose.
    pub purpose: ConsentPurpose,
    /// What follows.
    pub withdrawal: &'static str,
    /// If it was `booking`: what became of the child.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<ChildRemovedOut>,
}

/// A child that was taken away.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChildRemovedOut {
    /// The child.
    pub id: ChildId,
    /// Bookings of which something was called off.
    pub bookings_cancelled: u64,
    /// Waiting lists that were left.
    pub waiting_left: u64,
    /// Vouchers that can't be used any more.
    pub vouchers_ended: u64,
    /// When its names and day of birth are erased.
    pub erased_on: Moment,
}

/// An account that is to be erased.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeavingOut {
    /// Until then, `POST /auth/wechat` with `restore` keeps the account.
    pub erase_at: Moment,
    /// Bookings of which something was called off.
    pub bookings_cancelled: u64,
    /// Waiting lists that were left.
    pub waiting_left: u64,
    /// Vouchers that end with the account.
    pub vouchers_ending: u64,
}

/// Why staff look.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RevealIn {
    /// One of a closed list: a free text might name somebody.
    pub reason: LookReason,
}

/// What staff see whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevealedOut {
    /// The visit.
    pub visit_id: VisitId,
    /// The child.
    pub child_id: ChildId,
    /// What the family calls the child; 小朋友 where moderation refused that or hasn't passed it yet.
    pub name: String,
    /// The name in the register, if given.
    pub legal_name: Option<String>,
    /// Date of birth.
    pub birth_date: NaiveDate,
    /// The guardian's phone, if they gave it.
    pub phone: Option<String>,
    /// What the child must not eat or touch; on the day of care only, and only under consent to
    /// `health_proof`.
    pub allergies: Option<String>,
}

/// Which page of the looks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LooksQuery {
    /// How many items at most.
    #[serde(default)]
    pub limit: Limit,
    /// From `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A look at whole names.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookOut {
    /// Id.
    pub id: DataLookId,
    /// When.
    pub at: Moment,
    /// At which child.
    pub child_id: ChildId,
    /// For which day.
    pub visit_id: VisitId,
    /// By staff of which centre.
    pub centre_id: CentreId,
    /// Its name.
    pub centre_name: Option<String>,
    /// Of which role; never who.
    pub role: StaffRole,
    /// Why.
    pub reason: LookReason,
    /// The reason in words.
    #[schema(example = "紧急情况")]
    pub reason_label: Word,
    /// What was shown.
    #[schema(example = json!(["name", "legal_name"]))]
    pub fields: Vec<String>,
}

/// Everything that is stored of a family. Rows as they are, with sealed texts opened; ids, dates and
/// amounts as elsewhere at the API.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportOut {
    /// When it was asked for.
    pub exported_at: Moment,
    /// The account itself.
    #[schema(value_type = Object)]
    pub account: Value,
    /// Documents of the guardian, masked.
    #[schema(value_type = Vec<Object>)]
    pub documents: Vec<Value>,
    /// Children, those taken away too.
    #[schema(value_type = Vec<Object>)]
    pub children: Vec<Value>,
    /// Consents given and withdrawn.
    #[schema(value_type = Vec<Object>)]
    pub consents: Vec<Value>,
    /// Bookings.
    #[schema(value_type = Vec<Object>)]
    pub bookings: Vec<Value>,
    /// Their days.
    #[schema(value_type = Vec<Object>)]
    pub visits: Vec<Value>,
    /// What happened to them.
    #[schema(value_type = Vec<Object>)]
    pub booking_events: Vec<Value>,
    /// One-time pick-up codes, without the code.
    #[schema(value_type = Vec<Object>)]
    pub pickup_codes: Vec<Value>,
    /// Entry checks that centres recorded.
    #[schema(value_type = Vec<Object>)]
    pub entry_checks: Vec<Value>,
    /// Places in waiting lists.
    #[schema(value_type = Vec<Object>)]
    pub waiting_list: Vec<Value>,
    /// Vouchers.
    #[schema(value_type = Vec<Object>)]
    pub vouchers: Vec<Value>,
    /// Units redeemed.
    #[schema(value_type = Vec<Object>)]
    pub redemptions: Vec<Value>,
    /// Units given back.
    #[schema(value_type = Vec<Object>)]
    pub redemption_reversals: Vec<Value>,
    /// Ratings.
    #[schema(value_type = Vec<Object>)]
    pub ratings: Vec<Value>,
    /// Their states over time.
    #[schema(value_type = Vec<Object>)]
    pub rating_versions: Vec<Value>,
    /// Complaints, with their answers.
    #[schema(value_type = Vec<Object>)]
    pub complaints: Vec<Value>,
    /// Notices.
    #[schema(value_type = Vec<Object>)]
    pub notices: Vec<Value>,
    /// Sign-ups for events.
    #[schema(value_type = Vec<Object>)]
    pub event_signups: Vec<Value>,
    /// Requests for guidance at home.
    #[schema(value_type = Vec<Object>)]
    pub guidance_requests: Vec<Value>,
    /// Credits for subscription messages.
    pub credit_entries: Vec<Value>,
    /// Who may take the children home, those taken off the list too.
    #[schema(value_type = Vec<Object>)]
    pub pickup_persons: Vec<Value>,
    /// Ties to centres.
    #[schema(value_type = Vec<Object>)]
    pub centre_ties: Vec<Value>,
    /// Employers' centres that the family may book.
    #[schema(value_type = Vec<Object>)]
    pub employers: Vec<Value>,
    /// Calendar links, without the link.
    #[schema(value_type = Vec<Object>)]
    pub calendar_feeds: Vec<Value>,
    /// Sign-ins.
    #[schema(value_type = Vec<Object>)]
    pub sign_ins: Vec<Value>,
    /// What an erased account of the same WeChat account had.
    #[schema(value_type = Vec<Object>)]
    pub former_vouchers: Vec<Value>,
    /// Looks at whole names.
    #[schema(value_type = Vec<Object>)]
    pub access_log: Vec<Value>,
}

/// How long data is kept, and what is due now.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionOut {
    /// As of when.
    pub as_of: Moment,
    /// Rule by rule.
    pub items: Vec<RetentionRuleOut>,
}

/// A rule of retention.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionRuleOut {
    /// Stable word.
    #[schema(example = "notices")]
    pub rule: &'static str,
    /// What it is about.
    #[schema(example = "家庭通知")]
    pub what: &'static str,
    /// For how many days it is kept; absent if it has no end, see `reason`.
    pub days: Option<u32>,
    /// Why so long, or why without end.
    pub reason: &'static str,
    /// What happens at the end; absent if there is none.
    pub then: Option<&'static str>,
    /// How many rows are due now.
    pub due: u64,
    /// How many more are due within 30 days.
    pub due_soon: u64,
}
