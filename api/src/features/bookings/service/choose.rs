//! Which class a wish may go to, and on which of its days.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::{classes, offers};

use super::{
    super::{
        dto::{BookingIn, BookingOverlapOut},
        rules::{
            stays::{Skip, Stay},
            terms::{self, Case, Unfit},
        },
    },
    consider::not_found,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::centres::{CentrePlan, grid::Grid},
    state::Ctx,
};

/// The classes of the wish that offer its form of care, the most suitable first.
fn offered<'a>(plan: &'a CentrePlan, body: &BookingIn) -> Vec<(&'a classes::Model, &'a offers::Model)> {
    let mut classes: Vec<_> =
        plan.classes.iter().filter(|class| body.class_id.is_none_or(|named| named == class.id)).collect();
    classes.sort_by_key(|class| (terms::preference(class.band), class.id));
    classes.into_iter().filter_map(|class| plan.offer(class.id, body.care_type).map(|offer| (class, offer))).collect()
}

/// The offers of the classes that take the child on all dates on their terms, the most suitable
/// first; or why there is none.
pub(super) fn candidates(plan: &CentrePlan, body: &BookingIn, case: &Case<'_>) -> Result<Vec<offers::Model>> {
    let no_offer = || {
        let care = body.care_type;
        Problem::new(Code::NoOffer).detail(Text::new(
            format!("该机构的适龄班级暂不提供{}，请选择其他服务形式或机构。", care.zh()),
            format!("No suitable class of this centre offers {care} care."),
        ))
    };
    if body.class_id.is_some_and(|named| plan.class(named).is_none()) {
        return Err(not_found("class_id", "该机构没有这个班级，请重新选择。", "The centre has no such class."));
    }
    let offered = offered(plan, body);
    if offered.is_empty() {
        return Err(no_offer());
    }
    let (mut fit, mut misfits, mut refusal) = (Vec::new(), BTreeMap::new(), None);
    for (class, offer) in offered {
        match case.check(class, offer) {
            Ok(()) => fit.push(offer.clone()),
            Err(Unfit::Age(dates)) => drop(misfits.insert(class.id, dates)),
            Err(Unfit::Terms(problem)) => refusal = refusal.or(Some(*problem)),
        }
    }
    if !fit.is_empty() {
        return Ok(fit);
    }
    if let Some(problem) = refusal {
        return Err(problem);
    }
    let named = |class: &&classes::Model| body.class_id.is_none_or(|named| named == class.id);
    if plan.classes.iter().filter(named).any(|class| case.misfits(class.band).is_empty()) {
        return Err(no_offer());
    }
    let first = case.stays.first().map(|stay| stay.date);
    let name = |id| plan.class(id).map(|class| class.name.clone()).unwrap_or_default();
    Err(terms::age_mismatch(&misfits, first, &name))
}

/// The days that one class takes, the one that takes most; the others are left out, with the reason. All
/// of them where no class takes any: then the refusal says why.
pub(super) fn possible(plan: &CentrePlan, body: &BookingIn, case: &Case<'_>, skipped: &mut Vec<Skip>) -> Vec<Stay> {
    let mut best: (Vec<Stay>, Vec<Skip>) = Default::default();
    for (class, offer) in offered(plan, body) {
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        for stay in case.stays {
            match (Case { stays: std::slice::from_ref(stay), ..*case }).check(class, offer) {
                Ok(()) => taken.push(*stay),
                Err(unfit) => left.push(unfit.skip(stay.date)),
            }
        }
        if taken.len() > best.0.len() {
            best = (taken, left);
        }
    }
    if best.0.is_empty() {
        return case.stays.to_vec();
    }
    skipped.append(&mut best.1);
    best.0
}

/// The first candidate with room on all dates, else the one with the fewest full dates.
pub(super) fn roomiest(
    ctx: &Ctx,
    rows: &[classes::Model],
    candidates: Vec<offers::Model>,
    grid: &Grid,
    stays: &[Stay],
) -> Result<(classes::Model, offers::Model, Vec<NaiveDate>)> {
    let rules = ctx.catalogue.rules();
    candidates
        .into_iter()
        .filter_map(|offer| {
            let class = rows.iter().find(|row| row.id == offer.class_id && row.active)?.clone();
            let full = terms::full(grid, &class, &rules, offer.care_type, stays);
            Some((class, offer, full))
        })
        .min_by_key(|(.., full)| full.len())
        .ok_or_else(|| Problem::new(Code::NoOffer))
}

/// The days that are neither full nor spent elsewhere.
pub(super) fn leave_out(
    stays: Vec<Stay>,
    full: &[NaiveDate],
    elsewhere: &[BookingOverlapOut],
    skipped: &mut Vec<Skip>,
) -> Vec<Stay> {
    let away = |date: NaiveDate| elsewhere.iter().any(|overlap| overlap.date == date);
    for stay in &stays {
        let (reason, label) = match stay.date {
            date if away(date) => ("elsewhere", "孩子当天该时段已有其他预约"),
            date if full.contains(&date) => ("full", "托位已满"),
            _ => continue,
        };
        skipped.push(Skip { date: stay.date, reason, label: label.to_owned() });
    }
    skipped.sort_by_key(|skip| skip.date);
    stays.into_iter().filter(|stay| !full.contains(&stay.date) && !away(stay.date)).collect()
}
