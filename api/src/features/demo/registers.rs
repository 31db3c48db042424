//! The registers of the demonstration's centres: the rows that their badges follow from, guidance visits,
//! safety packages of a public centre, and carers, of whom nine in ten are certified.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::{Certificate, Fen, Ownership, RecordItem, RecordKind, carer_trainings, carers, centre_records};

use super::{
    mint,
    site::{Site, founded},
    sites::SITES,
};
use crate::{
    features::registers::{NAME_PLACE, NUMBER_PLACE, service::carers::name_hash},
    platform::crypto::Keyring,
};

/// Carers of a centre, at most.
const MOST_CARERS: i32 = 6;

/// What the registers hold.
pub(super) struct Registers {
    pub(super) records: Vec<centre_records::Model>,
    pub(super) carers: Vec<carers::Model>,
    pub(super) trainings: Vec<carer_trainings::Model>,
}

/// The rows, relative to today.
pub(super) fn rows(keys: &Keyring, today: NaiveDate, now: DateTime<Utc>) -> Registers {
    let mut all = Registers { records: Vec::new(), carers: Vec::new(), trainings: Vec::new() };
    for (i, site) in SITES.iter().enumerate() {
        records(&mut all.records, (i + 1, site), today, now);
        let n = site.classes.iter().map(|(_, _, carers)| carers).sum::<i32>().min(MOST_CARERS);
        for k in 0..n {
            carer(&mut all, keys, (site, k), today, now);
        }
    }
    all
}

fn records(all: &mut Vec<centre_records::Model>, (number, site): (usize, &Site), today: NaiveDate, now: DateTime<Utc>) {
    let blank = |kind: RecordKind| centre_records::Model {
        id: mint::id(founded(), &format!("{}/{kind}", site.key)),
        centre_id: site.id(),
        kind,
        item: None,
        party: None,
        number: None,
        valid_from: None,
        valid_until: None,
        quantity: None,
        amount_fen: None,
        note: None,
        checked_on: today - Days::new(20),
        staff_id: None,
        created_at: now,
        changed_at: now,
        removed_at: None,
    };
    // A year that ends when the centre's row says so.
    let year = |days: i64| (Some(today + TimeDelta::days(days - 364)), Some(today + TimeDelta::days(days)));
    if let Some(days) = site.insured {
        let (valid_from, valid_until) = year(days);
        all.push(centre_records::Model {
            party: Some("演示保险公司".to_owned()),
            number: Some(format!("演示保单{number:03}")),
            valid_from,
            valid_until,
            ..blank(RecordKind::Insurance)
        });
    }
    if let Some(days) = site.medical {
        let (valid_from, valid_until) = year(days);
        let party = Some("区妇幼保健院（演示）".to_owned());
        all.push(centre_records::Model {
            party: party.clone(),
            valid_from,
            valid_until,
            ..blank(RecordKind::MedicalContract)
        });
        all.push(centre_records::Model {
            party,
            valid_from: Some(today - Days::new(45)),
            note: Some("巡回指导：晨检流程、疾病防控。演示数据。".to_owned()),
            ..blank(RecordKind::GuidanceVisit)
        });
    }
    if site.key == "district-centre" && site.ownership == Ownership::Public {
        all.push(centre_records::Model {
            item: Some(RecordItem::Fire),
            valid_from: Some(today - Days::new(120)),
            amount_fen: Some(Fen(4_200_000)),
            ..blank(RecordKind::SafetyPackage)
        });
        all.push(centre_records::Model {
            item: Some(RecordItem::Video),
            quantity: Some(16),
            ..blank(RecordKind::Device)
        });
    }
}

fn carer(all: &mut Registers, keys: &Keyring, (site, k): (&Site, i32), today: NaiveDate, now: DateTime<Utc>) {
    let name = format!("演示保育师{}", k + 1);
    let key = format!("{}/carer/{k}", site.key);
    let certificate = match (all.carers.len() % 10, k) {
        (9, _) => Certificate::None,
        (_, 0) => Certificate::Intermediate,
        _ => Certificate::Junior,
    };
    let certified = certificate != Certificate::None;
    let row = carers::Model {
        id: mint::id(founded(), &key),
        centre_id: site.id(),
        name_sealed: keys.seal(NAME_PLACE, name.as_bytes()),
        name_hash: name_hash(keys, site.id(), &name),
        certificate,
        certificate_no_sealed: certified.then(|| keys.seal(NUMBER_PLACE, format!("演示证书-{key}").as_bytes())),
        // Some run out soon, so that there is something to be warned of.
        certificate_until: (certified && k == 1).then(|| today + Days::new(25)),
        checked_on: today - Days::new(20),
        left_on: None,
        staff_id: None,
        created_at: now,
        changed_at: now,
    };
    if k % 2 == 0 {
        all.trainings.push(carer_trainings::Model {
            id: mint::id(founded(), &format!("{key}/training")),
            carer_id: row.id,
            held_on: today - Days::new(40),
            hours: 16,
            topic: "婴幼儿急救与意外伤害处置（演示）".to_owned(),
            staff_id: None,
            created_at: now,
        });
    }
    all.carers.push(row);
}
