//! Facts that registers of their own will hold; until then one function each says where they come from.

use chrono::NaiveDate;
use entity::{PlanInputCode, centre_states};

/// Whether a medical institution guides the centre under a contract on `day`: by the last day that the
/// centre's row names.
#[must_use]
pub fn has_medical_contract(state: &centre_states::Model, day: NaiveDate) -> bool {
    state.medical_until.is_some_and(|until| day <= until)
}

/// The figures of carers with a certificate, and of all: the bureau's.
#[must_use]
pub const fn carers() -> (PlanInputCode, PlanInputCode) {
    (PlanInputCode::CertifiedCarers, PlanInputCode::Carers)
}
