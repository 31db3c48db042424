//! Which visits a plan has no room for.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{ClassId, VisitStatus, class_rules, classes, rosters, visits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::features::centres::rules::{Opening, SLOTS, capacity, class_rule, occupancy, slots};

/// What is wrong with a visit under the present plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// The centre isn't open then.
    OutsideHours,
    /// In some half-hour the class holds more than its places or its carers allow.
    OverCapacity,
}

/// Whether a visit lies outside the opening hours of its day.
#[must_use]
pub fn outside(visit: &visits::Model, opening: &Opening) -> bool {
    match opening {
        Opening::Open(opens, closes) => visit.from_min < *opens || *closes < visit.to_min,
        Opening::Closed(_) => true,
    }
}

/// The expected visits that touch a half-hour in which their class holds too many. `visits` are all
/// that hold places of the classes on some dates.
#[must_use]
pub fn over<'a>(
    visits: &'a [visits::Model],
    classes: &[classes::Model],
    rules: &[class_rules::Model],
    rosters: &[rosters::Model],
) -> Vec<&'a visits::Model> {
    let mut days: HashMap<(ClassId, NaiveDate), Vec<&visits::Model>> = HashMap::new();
    for visit in visits {
        days.entry((visit.class_id, visit.date)).or_default().push(visit);
    }
    let mut over = Vec::new();
    for ((id, date), visits) in days {
        let allowed = classes.iter().find(|class| class.id == id).and_then(|class| {
            let rule = class_rule(rules, class.band, date)?;
            let of_day = |line: &&rosters::Model| line.class_id == id && line.date == date;
            let lines: Vec<rosters::Model> = rosters.iter().filter(of_day).cloned().collect();
            Some(capacity(class.places, class.carers, rule.per_carer, &lines))
        });
        let allowed = allowed.unwrap_or([0; SLOTS]);
        let held = occupancy(visits.iter().map(|visit| (visit.from_min, visit.to_min, 1)));
        let touches =
            |visit: &&visits::Model| slots(visit.from_min, visit.to_min).any(|slot| held[slot] > allowed[slot]);
        over.extend(visits.into_iter().filter(|visit| visit.status == VisitStatus::Expected).filter(touches));
    }
    over
}
