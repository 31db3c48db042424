//! Writes what [`super::packed`] reads, in the same order.

use chrono::NaiveDate;
use entity::{CareType, CentreId, Confirmation, Fen, OfferUnit, centres, classes, offers};
use uuid::Uuid;

use super::packed::Packed;
use crate::features::centres::{plan::CentrePlan, rules::WeekPlan};

/// An offer without its ids.
#[derive(Clone, PartialEq)]
pub(super) struct Terms {
    pub(super) care_type: CareType,
    pub(super) unit: OfferUnit,
    pub(super) price_fen: Fen,
    pub(super) meals_fen: Fen,
    pub(super) min_minutes: i32,
    pub(super) notice_minutes: i32,
    pub(super) horizon_days: i32,
    pub(super) cutoff_minutes: i32,
    pub(super) confirmation: Confirmation,
    pub(super) active: bool,
}

impl Terms {
    fn of(offer: &offers::Model) -> Self {
        // Every column is named, so that a new one is not forgotten.
        let offers::Model {
            id: _,
            centre_id: _,
            class_id: _,
            care_type,
            unit,
            price_fen,
            meals_fen,
            min_minutes,
            notice_minutes,
            horizon_days,
            cutoff_minutes,
            confirmation,
            active,
        } = *offer;
        Self {
            care_type,
            unit,
            price_fen,
            meals_fen,
            min_minutes,
            notice_minutes,
            horizon_days,
            cutoff_minutes,
            confirmation,
            active,
        }
    }
}

/// Packs the centres of a page, one after the other.
#[derive(Default)]
pub(super) struct Packer {
    out: Vec<u8>,
    words: Vec<Box<str>>,
    weeks: Vec<Vec<WeekPlan>>,
    terms: Vec<Terms>,
}

impl Packer {
    /// Adds a centre; tells where it begins.
    pub(super) fn add(&mut self, plan: &CentrePlan) -> usize {
        let begin = self.out.len();
        let centres::Model {
            id,
            name: _,
            kind: _,
            ownership: _,
            address: _,
            township: _,
            lng: _,
            lat: _,
            phone,
            intro,
            filed,
            filed_no,
            inclusive_from: _,
            inclusive_until: _,
            inclusive_doc,
            price_cap_fen,
            // Of the first week.
            morning_from: _,
            morning_to: _,
            afternoon_from: _,
            afternoon_to: _,
            age_grace_months: _,
            insured_until: _,
            medical_until: _,
            cross_strait: _,
            admits,
            others_days,
            demo: _,
            active,
            vouchers_suspended_at,
            version,
            changed_at,
            created_at,
        } = &plan.row;
        self.int(*version);
        self.out.extend([*filed as u8, *admits as u8, u8::from(*active)]);
        for text in [phone, filed_no, inclusive_doc] {
            self.text(text.as_deref());
        }
        let intro = self.word(intro);
        self.int(intro);
        self.optional(price_cap_fen.map(|cap| cap.0));
        self.int(i64::from(*others_days));
        self.optional(vouchers_suspended_at.map(|at| at.timestamp_micros()));
        self.int(changed_at.timestamp_micros());
        self.int(created_at.timestamp_micros());
        let weeks = known(&mut self.weeks, &plan.weeks);
        self.int(weeks);
        self.length(plan.days.len());
        for day in plan.days.values() {
            self.date(day.date);
            self.optional(day.opens.map(|at| i64::from(at.0)));
            self.optional(day.closes.map(|at| i64::from(at.0)));
            self.text(Some(&day.reason));
        }
        self.length(plan.reductions.len());
        for reduction in &plan.reductions {
            self.out.push(reduction.kind as u8);
            self.int(i64::from(reduction.percent));
        }
        self.classes(*id, &plan.classes);
        self.offers(*id, plan);
        begin
    }

    fn classes(&mut self, centre: CentreId, classes: &[classes::Model]) {
        self.length(classes.len());
        for class in classes {
            let classes::Model { id, centre_id: _, name, band, places, carers, kept_full_day, active } = class;
            self.id(centre, id.0);
            let name = self.word(name);
            self.int(name);
            self.out.extend([*band as u8, u8::from(*active)]);
            for n in [places, carers, kept_full_day] {
                self.int(i64::from(*n));
            }
        }
    }

    fn offers(&mut self, centre: CentreId, plan: &CentrePlan) {
        self.length(plan.offers.len());
        for offer in &plan.offers {
            self.id(centre, offer.id.0);
            let terms = known(&mut self.terms, &Terms::of(offer));
            self.int(terms);
            match plan.classes.iter().position(|class| class.id == offer.class_id) {
                Some(at) => self.length(at + 1),
                // Of a class that is closed.
                None => {
                    self.length(0);
                    self.id(centre, offer.class_id.0);
                }
            }
        }
    }

    /// An id made at about the time of the centre's own begins as that does.
    fn id(&mut self, centre: CentreId, id: Uuid) {
        let (centre, id) = (centre.0.as_bytes(), id.as_bytes());
        let same = centre.iter().zip(id).take_while(|(a, b)| a == b).count();
        self.length(same);
        self.out.extend_from_slice(&id[same..]);
    }

    fn length(&mut self, mut n: usize) {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
        while n >= 0x80 {
            self.out.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.out.push(u8::try_from(n).unwrap_or(0));
    }

    /// Small numbers of either sign in one byte.
    fn int(&mut self, n: i64) {
        #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "the sign goes into the last bit")]
        self.length(((n << 1) ^ (n >> 63)) as u64 as usize);
    }

    fn optional(&mut self, n: Option<i64>) {
        self.out.push(u8::from(n.is_some()));
        if let Some(n) = n {
            self.int(n);
        }
    }

    fn text(&mut self, text: Option<&str>) {
        self.length(text.map_or(0, |text| text.len() + 1));
        self.out.extend_from_slice(text.unwrap_or("").as_bytes());
    }

    fn date(&mut self, date: NaiveDate) {
        self.int(i64::from(date.to_epoch_days()));
    }

    fn word(&mut self, word: &str) -> i64 {
        let at = self.words.iter().position(|known| **known == *word).unwrap_or_else(|| {
            self.words.push(word.into());
            self.words.len() - 1
        });
        i64::try_from(at).unwrap_or(0)
    }

    pub(super) fn done(self) -> Packed {
        Packed { bytes: self.out.into(), words: self.words.into(), weeks: self.weeks.into(), terms: self.terms.into() }
    }
}

/// The place of a value in a list, which it joins if it is new.
fn known<T: PartialEq + Clone>(list: &mut Vec<T>, value: &T) -> i64 {
    let at = list.iter().position(|known| known == value).unwrap_or_else(|| {
        list.push(value.clone());
        list.len() - 1
    });
    i64::try_from(at).unwrap_or(0)
}
