//! The use case: one report.

use std::collections::BTreeMap;

use entity::{CareType, CentreKind};

use super::{
    dto::{SCORE_NAMES, SatisfactionBy, SatisfactionGroup, SatisfactionOut, SatisfactionQuery},
    rollups,
    rules::{self, Counts},
    store::{self, Answers, Row},
};
use crate::{
    error::Result,
    http::{Moment, Month},
    platform::db::read_txn,
    state::Ctx,
};

/// The report: of the ratings as they are, or recomputed from their versions as they stood (the
/// care behind them is counted as it is).
pub async fn report(ctx: &Ctx, query: SatisfactionQuery, source: Answers) -> Result<SatisfactionOut> {
    let SatisfactionQuery { from, to, by } = query;
    let (from, to) = rules::period(from, to, ctx.clock.today())?;
    let (now, target) = (ctx.clock.now(), ctx.settings.satisfaction_target);
    rollups::freshen(ctx).await;
    // Sub-scores are counted with every answer.
    let (scores, by) = (by == Some(SatisfactionBy::SubScore), by.filter(|by| *by != SatisfactionBy::SubScore));
    let mut groups = by.map(|by| listed(ctx, by, from, to)).unwrap_or_default();
    let mut overall = Counts::default();
    let as_of = read_txn(&ctx.db, async |txn| {
        let range = (from, to);
        // Every answer is in one group. Care isn't: families, and children in several forms of care.
        for row in store::answers(txn, source, range, by).await? {
            overall += row.counts;
            groups.add(row);
        }
        for row in store::care(txn, range, None).await?.into_iter().chain(store::families(txn, range, None).await?) {
            overall += row.counts;
        }
        if by.is_some() {
            for row in store::care(txn, range, by).await?.into_iter().chain(store::families(txn, range, by).await?) {
                groups.add(row);
            }
        }
        match source {
            Answers::Present => rollups::as_of(txn, now).await,
            Answers::AsOf(instant) => Ok(instant),
        }
    })
    .await?;
    let (by, groups) = match by {
        _ if scores => (Some(SatisfactionBy::SubScore), by_score(overall, target)),
        Some(by) => (Some(by), groups.sorted(target)),
        None => (None, Vec::new()),
    };
    let (satisfied, overall) = (overall.satisfied, rules::figures(overall, target));
    Ok(SatisfactionOut { from, to, by, target, as_of: Moment(as_of), overall, satisfied, groups })
}

/// A group per sub-score.
fn by_score(overall: Counts, target: f64) -> Vec<SatisfactionGroup> {
    let group = |((key, label, _), score): ((&str, &str, &str), _)| SatisfactionGroup {
        key: key.to_owned(),
        label: label.to_owned(),
        figures: rules::score_figures(score, overall, target),
    };
    SCORE_NAMES.into_iter().zip(overall.scores).map(group).collect()
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
    fn add(&mut self, Row { key, label, counts }: Row) {
        let label = label.unwrap_or_else(|| key.clone());
        let group = Group { place: usize::MAX, label, counts: Counts::default() };
        self.0.entry(key).or_insert(group).counts += counts;
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
        SatisfactionBy::Centre | SatisfactionBy::SubScore => Vec::new(),
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
