//! What the indicators ask of the registers.

use chrono::NaiveDate;
use entity::centre_states;
use sea_orm::{ConnectionTrait, DbErr};

use super::facts::Registers;
use crate::features::registers::{guided_twice, store};

/// Whether a medical institution guides the centre under a contract on `day`: by the last day that the
/// centre's row names.
#[must_use]
pub fn has_medical_contract(state: &centre_states::Model, day: NaiveDate) -> bool {
    state.medical_until.is_some_and(|until| day <= until)
}

/// What they say of a day. They keep no journal: of a past one by their rows of now.
pub(super) async fn count(db: &impl ConnectionTrait, day: NaiveDate) -> Result<Registers, DbErr> {
    let (certified, carers) = store::carer_counts(db, None, day).await?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let twice = guided_twice(db, day).await?;
    Ok(Registers { carers: number(carers), certified: number(certified), guided_twice: number(twice) })
}
