//! Requests for guidance at home in the demonstration: one that waits for the bureau, one that is the desk
//! centre's to answer, one that is done.

use chrono::{Days, NaiveDate};
use entity::{GuidanceStatus, GuidanceTopic, MinuteOfDay, guidance_requests};

use super::{mint, people::Past, sites};
use crate::{
    features::guidance::{ADDRESS_PLACE, ANSWER_PLACE},
    platform::{clock::instant_at, crypto::Keyring},
};

const REQUESTS: [(GuidanceTopic, GuidanceStatus, u64); 3] = [
    (GuidanceTopic::Feeding, GuidanceStatus::Open, 1),
    (GuidanceTopic::Sleep, GuidanceStatus::Assigned, 3),
    (GuidanceTopic::Adaptation, GuidanceStatus::Done, 20),
];

/// The requests of the first families.
pub(super) fn rows(keys: &Keyring, today: NaiveDate, past: &[Past]) -> Vec<guidance_requests::Model> {
    let centre = sites::SITES.iter().find(|site| site.key == sites::DESK).map(super::site::Site::id);
    let request = |(family, (topic, status, ago)): (&Past, (GuidanceTopic, GuidanceStatus, u64))| {
        let asked = instant_at(today - Days::new(ago), MinuteOfDay::hm(20, 15));
        let live = matches!(status, GuidanceStatus::Open | GuidanceStatus::Assigned);
        let named = status != GuidanceStatus::Open;
        let ended = (!live).then(|| instant_at(today - Days::new(ago - 10), MinuteOfDay::hm(16, 0)));
        guidance_requests::Model {
            id: mint::id(asked, &format!("guidance/{topic}")),
            family_id: family.family,
            child_id: family.child,
            topic,
            wished_from: today - Days::new(ago),
            wished_until: today - Days::new(ago) + Days::new(14),
            half: None,
            township: family.site.township.to_owned(),
            address_sealed: live.then(|| keys.seal(ADDRESS_PLACE, "演示小区1栋101室".as_bytes())),
            status,
            centre_id: centre.filter(|_| named),
            staff_id: None,
            visit_on: named.then(|| today - Days::new(ago) + Days::new(5)),
            assigned_at: named.then(|| instant_at(today - Days::new(ago - 1), MinuteOfDay::hm(10, 0))),
            answer_sealed: ended.map(|_| keys.seal(ANSWER_PLACE, "已上门，陪孩子做了入园前的分离练习。".as_bytes())),
            answered_by: ended.map(|_| super::people::staff_id("manager")),
            created_at: asked,
            ended_at: ended,
        }
    };
    past.iter().zip(REQUESTS).map(request).collect()
}
