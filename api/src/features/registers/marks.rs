//! When what a centre's page says of it was checked, remembered by the centre's version: every change of a
//! register or of the directory raises it.

use chrono::NaiveDate;
use entity::{CentreId, Ownership, RecordKind, centres};
use quick_cache::sync::Cache;
use sea_orm::{ConnectionTrait, DbErr};

use super::store;
use crate::features::directory;

/// Centres remembered, at most: some dozens of bytes each.
const MOST: usize = 16_384;

/// When somebody last saw what a badge says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The recognition as inclusive, as the bureau last entered it.
    pub inclusive: Option<NaiveDate>,
    /// The filing.
    pub filed: Option<NaiveDate>,
    /// The policy that runs.
    pub insured: Option<NaiveDate>,
    /// The contract that runs.
    pub medical: Option<NaiveDate>,
    /// The safety packages of a public centre.
    pub safety: Option<NaiveDate>,
}

/// See the module.
pub struct MarkCache(Cache<CentreId, (i64, NaiveDate, Marks)>);

impl Default for MarkCache {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl MarkCache {
    /// The marks of a centre on a day; two queries after a change, else none.
    pub async fn of(
        &self,
        db: &impl ConnectionTrait,
        centre: &centres::Model,
        today: NaiveDate,
    ) -> Result<Marks, DbErr> {
        if let Some((version, day, marks)) = self.0.get(&centre.id)
            && (version, day) == (centre.version, today)
        {
            return Ok(marks);
        }
        let mut marks = Marks::default();
        if let Some(checks) = directory::store::checks(db, centre.id).await? {
            (marks.inclusive, marks.filed) = (checks.inclusive_on, checks.filed_on);
        }
        for (kind, checked_on) in store::running(db, centre.id, today).await? {
            let mark = match kind {
                RecordKind::Insurance => &mut marks.insured,
                RecordKind::MedicalContract => &mut marks.medical,
                RecordKind::SafetyPackage if centre.ownership == Ownership::Public => &mut marks.safety,
                _ => continue,
            };
            *mark = (*mark).max(Some(checked_on));
        }
        self.0.insert(centre.id, (centre.version, today, marks));
        Ok(marks)
    }
}
