//! Events of the demonstration: one that families attended, one to come that has places left, one to come that is
//! full with a family waiting.

use chrono::{Days, NaiveDate};
use entity::{EventKind, EventStatus, MinuteOfDay, SignupStatus, StaffId, event_signups, events};

use super::{mint, people::Past};
use crate::platform::clock::instant_at;

/// An event: its day counted from today, for how many, and how the sign-ups of the first families stand.
struct Plan {
    kind: EventKind,
    title: &'static str,
    text: &'static str,
    place: &'static str,
    township: Option<&'static str>,
    day: i64,
    places: i32,
    signed: &'static [SignupStatus],
}

use SignupStatus::{Attended, SignedUp, Waiting};

const EVENTS: [Plan; 3] = [
    Plan {
        kind: EventKind::Lecture,
        title: "辅食添加与过敏观察讲座",
        text: "由社区卫生服务中心的医生讲解，现场答疑。请提前五分钟到场，报出报名号签到。",
        place: "洛阳镇邻里中心二楼",
        township: Some("洛阳镇"),
        day: -12,
        places: 30,
        signed: &[Attended, Attended, SignedUp],
    },
    Plan {
        kind: EventKind::FamilyDay,
        title: "亲子开放日：走进托小班的一天",
        text: "参观教室和户外场地，试上一节活动课。孩子须由监护人陪同。",
        place: "东园镇托育服务中心",
        township: None,
        day: 6,
        places: 40,
        signed: &[SignedUp, SignedUp],
    },
    Plan {
        kind: EventKind::ParentsClass,
        title: "新手父母课堂：分离焦虑怎么办",
        text: "小班互动，名额有限；有家庭退出时按候补顺序自动补上。",
        place: "张坂镇社区服务站",
        township: None,
        day: 13,
        places: 4,
        signed: &[SignedUp, SignedUp, Waiting],
    },
];
/// Persons of each family that signs up.
const PERSONS: i32 = 2;

/// The events, and the sign-ups of the first families.
pub(super) fn rows(
    officer: StaffId,
    today: NaiveDate,
    past: &[Past],
) -> (Vec<events::Model>, Vec<event_signups::Model>) {
    let (mut rows, mut signups) = (Vec::new(), Vec::new());
    for plan in EVENTS {
        let day = today + chrono::TimeDelta::days(plan.day);
        let made = instant_at(day - Days::new(20), MinuteOfDay::hm(10, 0));
        let event = events::Model {
            id: mint::id(made, &format!("event/{}", plan.title)),
            kind: plan.kind,
            title: plan.title.to_owned(),
            text: plan.text.to_owned(),
            place: plan.place.to_owned(),
            township: plan.township.map(ToOwned::to_owned),
            starts_at: instant_at(day, MinuteOfDay::hm(9, 30)),
            ends_at: instant_at(day, MinuteOfDay::hm(11, 30)),
            signup_until: instant_at(day - Days::new(1), MinuteOfDay::hm(18, 0)),
            places: plan.places,
            taken: PERSONS
                * i32::try_from(plan.signed.iter().filter(|status| **status != Waiting).count()).unwrap_or(0),
            persons_max: 3,
            last_number: i32::try_from(plan.signed.len()).unwrap_or(0),
            campaign_id: None,
            status: EventStatus::Published,
            cancel_reason: None,
            created_by: officer,
            created_at: made,
        };
        let signed = instant_at(day - Days::new(15), MinuteOfDay::hm(20, 30));
        signups.extend(past.iter().zip(plan.signed).zip(1..).map(|((family, status), number)| event_signups::Model {
            id: mint::id(signed, &format!("signup/{}/{number}", plan.title)),
            event_id: event.id,
            family_id: family.family,
            number,
            persons: PERSONS,
            status: *status,
            created_at: signed,
            updated_at: if *status == Attended { event.starts_at } else { signed },
        }));
        rows.push(event);
    }
    (rows, signups)
}
