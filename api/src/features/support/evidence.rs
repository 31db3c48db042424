//! What a sheet is made of: gathered from visits, prices, rates and the journal of the centre's registration.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use entity::{CentreId, ChildId, FamilyId, ReductionKind, SupportItem, SupportKind, SupportSheetId, support_rates};
use sea_orm::ConnectionTrait;

use super::{
    rules::{Attendance, Evidence, SupportChild, SupportRate, SupportReduction, children, supported_at},
    store,
};
use crate::{
    error::Result,
    features::{bookings::reductions_in, indicators, settlement::rules::span},
    http::Month,
    state::Ctx,
};

/// Of what there is evidence.
pub(super) struct Of {
    pub(super) kind: SupportKind,
    pub(super) centre: CentreId,
    pub(super) month: Month,
    /// The sheet, once there is one.
    pub(super) sheet: Option<SupportSheetId>,
}

/// What is known now of a centre's month, and the children that it is supported for.
pub(super) async fn evidence(ctx: &Ctx, db: &impl ConnectionTrait, of: Of) -> Result<(Evidence, Vec<ChildId>)> {
    let Of { kind, centre, month, sheet } = of;
    let (first, next) = span(month);
    let last = next.pred_opt().unwrap_or(first);
    let year = NaiveDate::from_ymd_opt(first.year(), 1, 1).unwrap_or(first);
    let days = store::days_run(db, centre, (year, last)).await?;
    let run: BTreeSet<_> = days.iter().map(|day| Month::of(*day)).collect();
    // The registration at the month's end, or of now where nothing was recorded of then.
    let then = indicators::state_of(db, centre, indicators::service::end_of(last)).await?;
    let filed = match then {
        Some(state) => state.filed,
        None => store::centre(db, centre).await?.map_or(entity::Filed::None, |(_, filed)| filed),
    };
    let (least_days, rates) = (ctx.settings.support_child_month_days.into(), in_force(&store::rates(db).await?, first));
    let mut by_centre: BTreeMap<CentreId, Vec<Attendance>> = BTreeMap::new();
    for (at, row) in store::attendance(db, centre, (first, last)).await? {
        by_centre.entry(at).or_default().push(row);
    }
    let mut here = children(&by_centre.remove(&centre).unwrap_or_default());
    let could = |child: &SupportChild| child.could_be_supported(month, least_days, &rates);
    let mut supported = Vec::new();
    if kind == SupportKind::Incentive {
        let paid = store::paid_by(db, month.0, here.keys().copied()).await?;
        // A frozen sheet pays for whom it says, and for nobody else any more.
        let frozen = store::frozen_among(db, month.0, &by_centre.keys().copied().collect::<Vec<_>>()).await?;
        by_centre.retain(|at, _| !frozen.contains(at));
        let others: Vec<_> = by_centre.into_iter().map(|(at, rows)| (at, children(&rows))).collect();
        for (id, child) in here.iter_mut().filter(|(_, child)| could(child)) {
            let elsewhere =
                others.iter().filter_map(|(at, all)| Some((*at, all.get(id).filter(|child| could(child))?)));
            let days = elsewhere.map(|(at, child)| (at, child.days));
            child.elsewhere = match paid.get(id) {
                Some(by) => Some(*by) != sheet,
                None => supported_at(days.chain([(centre, child.days)])) != Some(centre),
            };
            if !child.elsewhere {
                supported.push(*id);
            }
        }
    }
    // Nobody's id goes along.
    let mut children: Vec<SupportChild> = here.into_values().collect();
    children.sort_unstable();
    let evidence = Evidence {
        month,
        least_days,
        children,
        rates,
        filed,
        days_run: days.iter().filter(|day| **day >= first).count() as i64,
        months_run: run.len() as i64,
        reductions: reductions(store::prices(db, centre, (first, last)).await?),
    };
    Ok((evidence, supported))
}

/// Families with a reduction in what their care of the month was priced with, whatever the centre and the
/// family declare today.
fn reductions(prices: Vec<(FamilyId, serde_json::Value)>) -> Vec<SupportReduction> {
    let mut families: BTreeMap<ReductionKind, BTreeSet<FamilyId>> = BTreeMap::new();
    for (family, lines) in prices {
        for kind in reductions_in(&lines) {
            families.entry(kind).or_default().insert(family);
        }
    }
    families.into_iter().map(|(kind, of)| SupportReduction { kind, families: of.len() as i64 }).collect()
}

/// The rate of each item on a day; rows come by item, the newest first.
fn in_force(rows: &[support_rates::Model], day: NaiveDate) -> Vec<SupportRate> {
    let of = |item: &SupportItem| rows.iter().find(|row| row.item == *item && row.valid_from <= day);
    let rate = |row: &support_rates::Model| SupportRate {
        item: row.item,
        rate_fen: row.rate_fen,
        through_months: row.through_months,
        source: row.source.clone(),
    };
    SupportItem::ALL.iter().filter_map(of).map(rate).collect()
}
