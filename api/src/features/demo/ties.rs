//! A tie in the demonstration that the desk centre told of: it waits for an officer.

use chrono::{Days, NaiveDate};
use entity::{MinuteOfDay, Tie, TieStatus, centre_ties};

use super::{
    mint,
    people::{Past, staff_id},
    sites,
};
use crate::platform::clock::instant_at;

/// Of the first family that the desk centre cared for.
pub(super) fn rows(today: NaiveDate, past: &[Past]) -> Vec<centre_ties::Model> {
    let since = instant_at(today - Days::new(2), MinuteOfDay::hm(17, 30));
    let family = past.iter().find(|family| family.site.key == sites::DESK);
    let row = |family: &Past| centre_ties::Model {
        id: mint::id(since, "tie/desk"),
        family_id: family.family,
        centre_id: family.site.id(),
        tie: Tie::Relative,
        declared_by: staff_id("manager").to_string(),
        since,
        ended_at: None,
        status: TieStatus::Proposed,
        reason: Some("家长为本园保育员的妹妹，入职登记表已载明".to_owned()),
        contest: None,
        contest_open: false,
        contested_at: None,
        decided_by: None,
        decided_at: None,
        decision: None,
    };
    family.map(row).into_iter().collect()
}
