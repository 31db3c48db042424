//! What a demonstration centre is, and the rows made of it.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::{
    Admits, Band, CareType, CentreId, CentreKind, ClassId, Confirmation, Fen, Filed, MinuteOfDay, OfferUnit, Ownership,
    centre_hours, centres, classes, offers,
};

use super::mint;
use crate::platform::clock::instant_at;

/// What a centre charges, in yuan; meals are apart and per day.
pub(super) struct Tariff {
    pub(super) monthly: bool,
    pub(super) full_day: i64,
    pub(super) half_day: i64,
    pub(super) hour: i64,
    pub(super) temporary: i64,
    pub(super) meals: i64,
}

pub(super) const fn daily(full_day: i64, half_day: i64, hour: i64, temporary: i64, meals: i64) -> Tariff {
    Tariff { monthly: false, full_day, half_day, hour, temporary, meals }
}

pub(super) const fn monthly(full_day: i64, half_day: i64, hour: i64, temporary: i64, meals: i64) -> Tariff {
    Tariff { monthly: true, full_day, half_day, hour, temporary, meals }
}

/// A centre as this file lists it.
pub(super) struct Site {
    /// Names its rows; never changed, for ids hang on it.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: CentreKind,
    pub(super) ownership: Ownership,
    pub(super) township: &'static str,
    pub(super) address: &'static str,
    pub(super) at: (f64, f64),
    pub(super) filed: Filed,
    /// The recognised cap in yuan a month; inclusive exactly if there is one.
    pub(super) cap: Option<i64>,
    pub(super) tariff: Tariff,
    /// Band, places, carers.
    pub(super) classes: &'static [(Band, i32, i32)],
    pub(super) care: &'static [CareType],
    pub(super) hours: (MinuteOfDay, MinuteOfDay),
    pub(super) saturdays: bool,
    /// Full-day care is confirmed by the centre, the rest at once.
    pub(super) by_request: bool,
    /// Days from today until insurance and medical contract end.
    pub(super) insured: Option<i64>,
    pub(super) medical: Option<i64>,
    /// Families with past care here.
    pub(super) families: usize,
    pub(super) intro: &'static str,
}

/// The day from which the lasting rows (centres, accounts) have their ids, the same in every
/// installation.
pub(super) fn founded() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_196_800, 0).unwrap_or_default()
}

impl Site {
    pub(super) fn id(&self) -> CentreId {
        mint::id(founded(), self.key)
    }

    pub(super) fn class_id(&self, number: usize) -> ClassId {
        mint::id(founded(), &format!("{}/{number}", self.key))
    }

    pub(super) const fn inclusive(&self) -> bool {
        self.cap.is_some()
    }

    /// The price of a form of care in a class; infants cost a tenth more.
    pub(super) fn price(&self, band: Band, care: CareType) -> (OfferUnit, Fen) {
        let (unit, yuan) = match care {
            CareType::FullDay if self.tariff.monthly => (OfferUnit::Month, self.tariff.full_day),
            CareType::FullDay => (OfferUnit::Day, self.tariff.full_day),
            CareType::HalfDay => (OfferUnit::HalfDay, self.tariff.half_day),
            CareType::Hourly => (OfferUnit::Hour, self.tariff.hour),
            CareType::Temporary => (OfferUnit::Day, self.tariff.temporary),
        };
        (unit, Fen(yuan * if band == Band::Infant { 110 } else { 100 }))
    }

    /// Meals of a day of care.
    pub(super) const fn meals(&self, care: CareType) -> Fen {
        match care {
            CareType::FullDay | CareType::Temporary => Fen(self.tariff.meals * 100),
            CareType::HalfDay => Fen(self.tariff.meals * 50),
            CareType::Hourly => Fen(0),
        }
    }

    /// The two half-day windows, inside the opening hours of every centre.
    pub(super) const fn half(&self, morning: bool) -> (MinuteOfDay, MinuteOfDay) {
        if morning {
            (MinuteOfDay::hm(8, 0), MinuteOfDay::hm(12, 0))
        } else {
            (MinuteOfDay::hm(14, 0), MinuteOfDay::hm(17, 30))
        }
    }

    pub(super) fn row(&self, number: usize, today: NaiveDate, now: DateTime<Utc>) -> centres::Model {
        let by_days = |days: i64| today + TimeDelta::days(days);
        let (morning_from, morning_to) = self.half(true);
        let (afternoon_from, afternoon_to) = self.half(false);
        centres::Model {
            id: self.id(),
            name: self.name.to_owned(),
            kind: self.kind,
            ownership: self.ownership,
            address: self.address.to_owned(),
            township: self.township.to_owned(),
            lng: self.at.0,
            lat: self.at.1,
            phone: Some(format!("0595-000000{number:02}")),
            intro: self.intro.to_owned(),
            filed: self.filed,
            filed_no: (self.filed == Filed::Filed).then(|| format!("演示备案{number:03}号")),
            inclusive_from: self.inclusive().then(|| by_days(-400)),
            inclusive_until: self.inclusive().then(|| by_days(700)),
            inclusive_doc: self.inclusive().then(|| format!("演示普惠认定{number:03}号")),
            price_cap_fen: self.cap.map(|yuan| Fen(yuan * 100)),
            morning_from,
            morning_to,
            afternoon_from,
            afternoon_to,
            age_grace_months: 0,
            insured_until: self.insured.map(by_days),
            medical_until: self.medical.map(by_days),
            cross_strait: self.key == "risheng-baoli",
            admits: Admits::All,
            others_days: 0,
            demo: true,
            active: true,
            vouchers_suspended_at: None,
            version: 1,
            changed_at: now,
            created_at: instant_at(today - Days::new(400), MinuteOfDay::hm(9, 0)),
        }
    }

    pub(super) fn hour_rows(&self) -> Vec<centre_hours::Model> {
        let (opens, closes) = self.hours;
        let last = if self.saturdays { 6 } else { 5 };
        (1..=last).map(|weekday| centre_hours::Model { centre_id: self.id(), weekday, opens, closes }).collect()
    }

    pub(super) fn class_rows(&self) -> Vec<classes::Model> {
        let mut rows: Vec<classes::Model> = Vec::new();
        for (number, &(band, places, carers)) in self.classes.iter().enumerate() {
            let same = rows.iter().filter(|row| row.band == band).count();
            let name = match same {
                0 => band.zh().to_owned(),
                n => format!("{}{}班", band.zh().trim_end_matches('班'), n + 1),
            };
            let id = self.class_id(number);
            rows.push(classes::Model {
                id,
                centre_id: self.id(),
                name,
                band,
                places,
                carers,
                kept_full_day: 0,
                active: true,
            });
        }
        rows
    }

    pub(super) fn offer_rows(&self) -> Vec<offers::Model> {
        let mut rows = Vec::new();
        for (number, &(band, _, _)) in self.classes.iter().enumerate() {
            for &care_type in self.care {
                let (unit, price_fen) = self.price(band, care_type);
                let request = self.by_request && care_type == CareType::FullDay;
                rows.push(offers::Model {
                    id: mint::id(founded(), &format!("{}/{number}/{care_type}", self.key)),
                    centre_id: self.id(),
                    class_id: self.class_id(number),
                    care_type,
                    unit,
                    price_fen,
                    meals_fen: self.meals(care_type),
                    min_minutes: if care_type == CareType::Hourly { 60 } else { 0 },
                    // The desk centre takes children without notice in every form of care.
                    notice_minutes: if request { 24 * 60 } else { 0 },
                    horizon_days: 90,
                    cutoff_minutes: 120,
                    confirmation: if request { Confirmation::Request } else { Confirmation::Instant },
                    active: true,
                });
            }
        }
        rows
    }
}
