//! Which visits a plan has no room for.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{ClassId, VisitStatus, class_rules, classes, rosters, visits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::features::centres::{
    grid::{DayGrid, Grid},
    rules::Opening,
    store::Held,
};

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
    let held = |visit: &visits::Model| Held {
        class_id: visit.class_id,
        date: visit.date,
        care_type: visit.care_type,
        from_min: visit.from_min,
        to_min: visit.to_min,
        n: 1,
        absent: false,
    };
    let grid = Grid::of(visits.iter().map(held).collect(), rosters.to_vec());
    let mut days: HashMap<(ClassId, NaiveDate), Option<DayGrid>> = HashMap::new();
    let touches = |visit: &&visits::Model| {
        let day = days.entry((visit.class_id, visit.date)).or_insert_with(|| {
            let class = classes.iter().find(|class| class.id == visit.class_id)?;
            Some(grid.day(class, rules, visit.date))
        });
        day.as_ref().is_none_or(|day| day.over(visit.from_min, visit.to_min))
    };
    visits.iter().filter(|visit| visit.status == VisitStatus::Expected).filter(touches).collect()
}
