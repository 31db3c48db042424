//! Use cases, by subject.

pub mod campaigns;
pub(super) mod claims;
pub(super) mod codes;
pub mod conflicts;
pub mod desk;
pub mod edits;
pub mod funds;
pub mod lists;
pub mod offline;
pub(super) mod refusals;
pub mod reversals;
pub mod revocations;
pub(super) mod stories;
pub(super) mod together;
mod told;

pub use desk::ANSWER_PLACE;
pub use funds::allow as allow_funds;

use chrono::{DateTime, Utc};
use entity::{CampaignId, FamilyId};
use sea_orm::{ConnectionTrait, DbErr, sea_query::SelectStatement};

use crate::{
    error::{Problem, Result},
    platform::constraint::violated,
};

/// Why a write transaction was given up.
enum Lost {
    /// Another was faster: read again, and it shows who.
    Race,
    /// Refused, or failed.
    Refused(Problem),
}

impl From<DbErr> for Lost {
    fn from(error: DbErr) -> Self {
        if violated(&error).is_some() { Self::Race } else { Self::Refused(error.into()) }
    }
}

impl From<Problem> for Lost {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// How often a lost race is looked at again before the caller is asked to come back.
const ATTEMPTS: usize = 3;

/// Whether the family was served before: it is no first-time family.
pub async fn was_served(db: &impl ConnectionTrait, family: FamilyId) -> Result<bool> {
    Ok(super::store::stories::served(db, family).await?)
}

/// Whether there is such a campaign, of whatever state.
pub async fn campaign_exists(db: &impl ConnectionTrait, id: CampaignId) -> Result<bool> {
    Ok(super::store::campaigns::one(db, id).await?.is_some())
}

/// Vouchers of a campaign that some families claimed from one instant to another.
pub async fn claimed_between(
    db: &impl ConnectionTrait,
    id: CampaignId,
    time: (DateTime<Utc>, DateTime<Utc>),
    families: SelectStatement,
) -> Result<u64> {
    Ok(super::store::lists::claimed_between(db, id, time, families).await?)
}
