//! What a sheet is made of: gathered from visits, redeemed voucher days, prices, rates and the journal of what the
//! centre was.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Datelike as _, NaiveDate};
use entity::{
    CentreId, ChildId, FamilyId, Filed, ReductionKind, SupportItem, SupportKind, SupportSheetId, support_rates,
};
use sea_orm::ConnectionTrait;

use super::{
    care_store,
    rules::{self, Attendance, Evidence, SupportChild, SupportRate, SupportReduction, Unit, supported_at, with_units},
    store,
};
use crate::{
    error::Result,
    features::{
        bookings::{is_reduced, reductions_in},
        indicators,
        settlement::rules::span,
    },
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
    /// By the rules before recognition was asked and voucher days counted: to hold a sheet frozen then against its
    /// attendance.
    pub(super) former: bool,
}

/// What a centre was at a month's end.
#[derive(Clone, Copy)]
struct Standing {
    filed: Filed,
    inclusive: bool,
    places: i64,
}

impl Standing {
    /// By the journal; where nothing was recorded of then, by what it is now. A recognition names its days: one that
    /// reached the bureau after the month counts from its first, and the journal is asked of days before it alone.
    async fn of(db: &impl ConnectionTrait, centre: CentreId, last: NaiveDate) -> Result<Self> {
        let Some(row) = care_store::centre(db, centre).await? else {
            return Ok(Self { filed: Filed::None, inclusive: false, places: 0 });
        };
        if let Some(state) = indicators::state_of(db, centre, indicators::service::end_of(last)).await? {
            let named = row.inclusive_from.is_some_and(|from| from <= last);
            let inclusive = if named { row.inclusive_on(last) } else { state.inclusive_on(last) };
            return Ok(Self { filed: state.filed, inclusive, places: state.places().into() });
        }
        let classes = care_store::classes_of(db, [centre]).await?;
        let places = classes.iter().filter(|class| class.active).map(|class| i64::from(class.places)).sum();
        Ok(Self { filed: row.filed, inclusive: row.inclusive_on(last), places })
    }

    fn may_be_paid(self) -> bool {
        self.filed == Filed::Filed && self.inclusive
    }
}

/// What is known now of a centre's month, and the children that it is supported for.
pub(super) async fn evidence(ctx: &Ctx, db: &impl ConnectionTrait, of: Of) -> Result<(Evidence, Vec<ChildId>)> {
    let Of { kind, centre, month, sheet, former } = of;
    let (first, next) = span(month);
    let last = next.pred_opt().unwrap_or(first);
    let year = NaiveDate::from_ymd_opt(first.year(), 1, 1).unwrap_or(first);
    let days = care_store::days_run(db, centre, (year, last), !former).await?;
    let run: BTreeSet<_> = days.iter().map(|day| Month::of(*day)).collect();
    let standing = Standing::of(db, centre, last).await?;
    let mut rates = in_force(&store::rates(db).await?, first);
    if former {
        rates.retain(|rate| rate.item != SupportItem::ReducedFee);
    } else {
        // Another kind's rate changes nothing of this sheet.
        rates.retain(|rate| rules::kind(rate.item) == kind);
    }
    let least_days = ctx.settings.support_child_month_days.into();
    let mut by_centre = attended(db, centre, month, (first, last), former).await?;
    let mut here = by_centre.remove(&centre).unwrap_or_default();
    let prices = care_store::prices(db, centre, (first, last)).await?;
    let (reductions, reduced) = reductions_of(prices);
    if !former {
        here.iter_mut().for_each(|(id, child)| child.reduced = reduced.contains(id));
    }
    let could = |child: &SupportChild| child.could_be_supported(month, least_days, &rates);
    let mut supported = Vec::new();
    if kind == SupportKind::Incentive && (former || standing.may_be_paid()) {
        let paid = store::paid_by(db, month.0, here.keys().copied()).await?;
        // A frozen sheet pays for whom it says, and for nobody else any more; nor does a centre that gets nothing.
        let frozen = store::frozen_among(db, month.0, &by_centre.keys().copied().collect::<Vec<_>>()).await?;
        let mut others = BTreeMap::new();
        for (at, mut all) in by_centre {
            if frozen.contains(&at) || !(former || Standing::of(db, at, last).await?.may_be_paid()) {
                continue;
            }
            if !former {
                let (_, reduced) = reductions_of(care_store::prices(db, at, (first, last)).await?);
                all.iter_mut().for_each(|(id, child)| child.reduced = reduced.contains(id));
            }
            others.insert(at, all);
        }
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
    let cared_for = care_store::children_in_care(db, centre, (first, last)).await?;
    let evidence = Evidence {
        month,
        least_days,
        children,
        rates,
        filed: standing.filed,
        days_run: days.iter().filter(|day| **day >= first).count() as i64,
        months_run: run.len() as i64,
        reductions,
        inclusive: (!former).then_some(standing.inclusive),
        cared_for: (!former).then_some(cared_for),
        places: (!former && kind == SupportKind::Rent).then_some(standing.places),
    };
    Ok((evidence, supported))
}

/// The children that were at a centre, there and at other centres where they were too.
async fn attended(
    db: &impl ConnectionTrait,
    centre: CentreId,
    month: Month,
    span: (NaiveDate, NaiveDate),
    former: bool,
) -> Result<BTreeMap<CentreId, BTreeMap<ChildId, SupportChild>>> {
    let mut days: BTreeMap<CentreId, (Vec<Attendance>, Vec<Unit>)> = BTreeMap::new();
    for (at, row) in care_store::attendance(db, centre, span).await? {
        days.entry(at).or_default().0.push(row);
    }
    let units = if former { Vec::new() } else { care_store::units(db, centre, span).await? };
    let unplaced: BTreeSet<CentreId> =
        units.iter().filter(|(_, unit)| unit.class.is_none()).map(|(at, _)| *at).collect();
    let mut classes: HashMap<CentreId, Vec<_>> = HashMap::new();
    if !unplaced.is_empty() {
        for class in care_store::classes_of(db, unplaced).await? {
            classes.entry(class.centre_id).or_default().push(class);
        }
    }
    for (at, unit) in units {
        days.entry(at).or_default().1.push(unit);
    }
    let of = |(at, (days, units)): (CentreId, (Vec<Attendance>, Vec<Unit>))| {
        let classes = classes.get(&at).map(Vec::as_slice).unwrap_or_default();
        (at, rules::children(&with_units(days, &units, classes, month)))
    };
    Ok(days.into_iter().map(of).collect())
}

/// Families with a reduction in what their care of the month was priced with, whatever the centre and the
/// family declare today; and the children of that care.
fn reductions_of(prices: Vec<(FamilyId, ChildId, serde_json::Value)>) -> (Vec<SupportReduction>, HashSet<ChildId>) {
    let mut families: BTreeMap<ReductionKind, BTreeSet<FamilyId>> = BTreeMap::new();
    let mut children = HashSet::new();
    for (family, child, lines) in prices {
        for kind in reductions_in(&lines) {
            families.entry(kind).or_default().insert(family);
        }
        // The ground is forgotten with the child, the reduction isn't.
        if is_reduced(&lines) {
            children.insert(child);
        }
    }
    let of = |(kind, of): (ReductionKind, BTreeSet<FamilyId>)| SupportReduction { kind, families: of.len() as i64 };
    (families.into_iter().map(of).collect(), children)
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
