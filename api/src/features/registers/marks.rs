//! When what a centre's page says of it was checked, remembered by the centre's version: every change of a
//! register or of the directory raises it.

use chrono::{Datelike as _, NaiveDate};
use entity::{CentreId, Ownership, RecordKind, centres};
use quick_cache::sync::Cache;
use sea_orm::{ConnectionTrait, DbErr};

use super::{Certified, guided, store};
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
    /// The 泉台融合 label.
    pub label: Option<NaiveDate>,
    /// Guidance visits on two days of this year.
    pub guided_twice: Option<NaiveDate>,
    /// Devices that are there: bracelets, video.
    pub devices: Option<NaiveDate>,
    /// The carers at work.
    pub carers: Option<Certified>,
}

/// See the module.
pub struct MarkCache(Cache<CentreId, (i64, NaiveDate, Marks)>);

impl Default for MarkCache {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl MarkCache {
    /// The marks of a centre on a day; four queries after a change, else none.
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
            (marks.inclusive, marks.filed, marks.label) = (checks.inclusive_on, checks.filed_on, checks.label_on);
        }
        for (kind, checked_on) in store::running(db, centre.id, today).await? {
            let mark = match kind {
                RecordKind::Insurance => &mut marks.insured,
                RecordKind::MedicalContract => &mut marks.medical,
                RecordKind::Device => &mut marks.devices,
                RecordKind::SafetyPackage if centre.ownership == Ownership::Public => &mut marks.safety,
                _ => continue,
            };
            *mark = (*mark).max(Some(checked_on));
        }
        let visits = guided::days(db, centre.id, (today.with_ordinal(1).unwrap_or(today), today)).await?;
        marks.guided_twice = visits.values().max().copied().filter(|_| visits.len() >= 2);
        marks.carers = guided::certified(db, centre.id, today).await?;
        self.0.insert(centre.id, (centre.version, today, marks));
        Ok(marks)
    }
}
