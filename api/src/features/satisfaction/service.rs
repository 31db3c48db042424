//! The use case: one report.

use std::collections::BTreeMap;

use entity::{CareType, CentreKind};

use super::{
    dto::{SatisfactionBy, SatisfactionGroup, SatisfactionOut, SatisfactionQuery},
    rules::{self, Counts},
    store::{self, Answers},
};
use crate::{
    error::Result,
    http::{Moment, Month},
    state::Ctx,
};

/// The report: of the ratings as they are, or recomputed from their versions as they stood (the
/// care behind them is counted as it is).
pub async fn report(ctx: &Ctx, query: SatisfactionQuery, source: Answers) -> Result<SatisfactionOut> {
    let SatisfactionQuery { from, to, by } = query;
    let (from, to) = rules::period(from, to, ctx.clock.today())?;
    let (db, target) = (ctx.db.reader(), ctx.settings.satisfaction_target);
    let as_of = match source {
        Answers::Present => ctx.clock.now(),
        Answers::AsOf(instant) => instant,
    };
    let answers = store::answers(db, source, (from, to), by).await?;
    let mut overall = Counts::default();
    // Every answer is in one group. Care isn't: families, and children in several forms of care.
    for row in &answers {
        overall.answers += row.answers;
        overall.satisfied += row.satisfied;
        overall.total += row.total;
    }
    for row in store::care(db, (from, to), None).await? {
        overall.units += row.units;
        overall.families += row.families;
    }
    let groups = match by {
        None => Vec::new(),
        Some(by) => {
            let mut groups = listed(ctx, by, from, to);
            for row in answers {
                let counts = &mut groups.entry(row.key, row.label).counts;
                (counts.answers, counts.satisfied, counts.total) = (row.answers, row.satisfied, row.total);
            }
            for row in store::care(db, (from, to), Some(by)).await? {
                let counts = &mut groups.entry(row.key, row.label).counts;
                (counts.units, counts.families) = (row.units, row.families);
            }
            groups.sorted(target)
        }
    };
    Ok(SatisfactionOut { from, to, by, target, as_of: Moment(as_of), overall: rules::figures(overall, target), groups })
}

/// Groups by their key, each with its place in the order.
#[derive(Default)]
struct Groups(BTreeMap<String, Group>);

#[derive(Default)]
struct Group {
    place: usize,
    label: String,
    counts: Counts,
}

impl Groups {
    fn entry(&mut self, key: String, label: Option<String>) -> &mut Group {
        let label = label.unwrap_or_else(|| key.clone());
        self.0.entry(key).or_insert_with(|| Group { place: usize::MAX, label, counts: Counts::default() })
    }

    fn sorted(self, target: f64) -> Vec<SatisfactionGroup> {
        let mut groups: Vec<_> = self.0.into_iter().collect();
        groups.sort_by(|(a_key, a), (b_key, b)| (a.place, &a.label, a_key).cmp(&(b.place, &b.label, b_key)));
        groups
            .into_iter()
            .map(|(key, group)| SatisfactionGroup {
                key,
                label: group.label,
                figures: rules::figures(group.counts, target),
            })
            .collect()
    }
}

/// The groups of a closed list, in its order, so that one without care or answers shows as such.
fn listed(ctx: &Ctx, by: SatisfactionBy, from: Month, to: Month) -> Groups {
    let words: Vec<(String, String)> = match by {
        SatisfactionBy::Centre => Vec::new(),
        SatisfactionBy::Township => ctx.catalogue.townships().iter().map(|name| (name.clone(), name.clone())).collect(),
        SatisfactionBy::Kind => CentreKind::ALL.iter().map(|kind| (kind.to_string(), kind.zh().to_owned())).collect(),
        SatisfactionBy::CareType => CareType::ALL.iter().map(|form| (form.to_string(), form.zh().to_owned())).collect(),
        SatisfactionBy::Month => {
            rules::months(from, to).map(|month| (month.to_string(), month.0.format("%Y年%-m月").to_string())).collect()
        }
    };
    let group = |(place, (key, label))| (key, Group { place, label, counts: Counts::default() });
    Groups(words.into_iter().enumerate().map(group).collect())
}
