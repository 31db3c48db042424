//! Accounts of staff, and the families of the past.

use chrono::{Days, Months, NaiveDate, TimeDelta};
use entity::{
    AccountStatus, ChildId, ConsentPurpose, FamilyId, MinuteOfDay, StaffId, StaffRole, TextStatus, children,
    class_rules, consents, families, staff,
};

use super::{
    mint::{self, Dice},
    site::{self, Site},
    sites::{self, SITES},
};
use crate::{
    features::{
        auth::{accounts::STAFF_NAME_PLACE, service::OPENID_PLACE},
        families::{
            consents::VERSION,
            service::{NAME_PLACE, name_hash},
        },
    },
    platform::{clock::instant_at, crypto::Keyring},
};

/// User name, role, centre, name shown to colleagues.
const STAFF: &[(&str, StaffRole, Option<&str>, &str)] = &[
    ("carer", StaffRole::Carer, Some(sites::DESK), "林老师"),
    ("manager", StaffRole::Manager, Some(sites::DESK), "陈园长"),
    ("carer2", StaffRole::Carer, Some(sites::OUTSIDE), "黄老师"),
    ("officer", StaffRole::Officer, None, "王科员"),
    ("officer2", StaffRole::Officer, None, "郭科员"),
    ("admin", StaffRole::Admin, None, "系统管理员"),
];

const NAMES: &[&str] = &[
    "安安", "小满", "沐沐", "豆豆", "一诺", "糖糖", "乐乐", "果果", "晨晨", "朵朵", "念念", "团团", "可可", "米粒",
    "小宇", "彤彤", "阿福", "星星", "妞妞", "小海",
];

pub(super) fn staff_id(username: &str) -> StaffId {
    mint::id(site::founded(), &format!("staff/{username}"))
}

pub(super) fn staff_rows(keys: &Keyring, today: NaiveDate, password_hash: &str) -> Vec<staff::Model> {
    STAFF
        .iter()
        .map(|&(username, role, centre, name)| staff::Model {
            id: staff_id(username),
            username: username.to_owned(),
            password_hash: password_hash.to_owned(),
            role,
            centre_id: SITES.iter().find(|site| Some(site.key) == centre).map(Site::id),
            name_sealed: keys.seal(STAFF_NAME_PLACE, name.as_bytes()),
            status: AccountStatus::Active,
            failed_attempts: 0,
            locked_until: None,
            created_at: instant_at(today - Days::new(400), MinuteOfDay::hm(9, 0)),
        })
        .collect()
}

/// A family with one child, and where that child was cared for.
pub(super) struct Past {
    /// From 1; also in the family's sign-in code `dev:past-001`.
    pub(super) number: usize,
    pub(super) site: &'static Site,
    pub(super) family: FamilyId,
    pub(super) child: ChildId,
    pub(super) birth: NaiveDate,
}

/// Who used which centre. Ages are chosen so that the child fits a class there in the middle of
/// the half-year.
pub(super) fn past(today: NaiveDate, rules: &[class_rules::Model]) -> Vec<Past> {
    let mut all = Vec::new();
    for site in SITES {
        let bands: Vec<_> =
            site.classes.iter().filter_map(|(band, ..)| rules.iter().find(|rule| rule.band == *band)).collect();
        let youngest = bands.iter().map(|rule| rule.min_months).min().unwrap_or(12).max(7);
        let oldest = bands.iter().map(|rule| rule.max_months).max().unwrap_or(36);
        for _ in 0..site.families {
            let number = all.len() + 1;
            let mut dice = Dice::named(&format!("child/{number}"));
            let months = dice.between(youngest, oldest - 3);
            let middle = today - Days::new(90);
            let birth = middle.checked_sub_months(Months::new(months.cast_unsigned())).unwrap_or(middle)
                - TimeDelta::days(dice.between(0, 27).into());
            let joined = instant_at(today - Days::new(200), MinuteOfDay::hm(9, 0));
            let name = format!("past/{number}");
            all.push(Past { number, site, family: mint::id(joined, &name), child: mint::id(joined, &name), birth });
        }
    }
    all
}

/// The families' rows.
#[derive(Default)]
pub(super) struct People {
    pub(super) families: Vec<families::Model>,
    pub(super) children: Vec<children::Model>,
    pub(super) consents: Vec<consents::Model>,
}

pub(super) fn rows(keys: &Keyring, today: NaiveDate, past: &[Past]) -> People {
    let at = instant_at(today - Days::new(200), MinuteOfDay::hm(9, 0));
    let mut people = People::default();
    for &Past { number, site, family, child, birth } in past {
        // As the sandbox answers for `dev:past-001`.
        let openid = format!("sandbox-past-{number:03}");
        people.families.push(families::Model {
            id: family,
            openid_hash: keys.lookup_hash(OPENID_PLACE, &openid),
            openid_sealed: keys.seal(OPENID_PLACE, openid.as_bytes()),
            nickname_sealed: None,
            township: Some(site.township.to_owned()),
            status: AccountStatus::Active,
            created_at: at,
            missed_on: None,
            phone_sealed: None,
            phone_hash: None,
            phone_verified_at: None,
            erase_at: None,
            erased_at: None,
            seen_on: None,
        });
        let mut dice = Dice::named(&format!("name/{number}"));
        let name = dice.pick(NAMES).unwrap_or("安安");
        people.children.push(children::Model {
            id: child,
            family_id: family,
            name_sealed: keys.seal(NAME_PLACE, name.as_bytes()),
            name_hash: Some(name_hash(keys, family, name)),
            legal_name_sealed: None,
            birth_date: birth,
            township: site.township.to_owned(),
            third_child: dice.chance(12),
            special_family: false,
            disabled: false,
            created_at: at,
            removed_at: None,
            allergies_sealed: None,
            erased_at: None,
            name_version: 1,
            name_status: TextStatus::Shown,
        });
        for purpose in [ConsentPurpose::Booking, ConsentPurpose::HealthProof, ConsentPurpose::Ratings] {
            people.consents.push(consents::Model {
                id: mint::id(at, &format!("{number}/{purpose}")),
                family_id: family,
                child_id: child,
                purpose,
                version: VERSION.to_owned(),
                given_at: at,
                withdrawn_at: None,
            });
        }
    }
    people
}
