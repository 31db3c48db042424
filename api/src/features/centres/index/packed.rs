//! Centres as few bytes as hold them: what a search doesn't read is packed, and what neighbours have in
//! common (weeks, terms of offers, names of classes) is written once a page. A million centres as rows
//! would be four gigabytes.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    Admits, Band, CentreId, CentreKind, Fen, Filed, LngLat, MinuteOfDay, Ownership, ReductionKind, centre_days,
    centres, classes, fee_reductions, offers,
};
use uuid::Uuid;

use super::packer::Terms;
use crate::features::centres::{
    plan::{CentrePlan, RatingSummary},
    rules::WeekPlan,
};

/// What of a centre stands elsewhere in its page.
pub(super) struct Open<'a> {
    pub(super) id: CentreId,
    pub(super) name: &'a str,
    pub(super) address: String,
    pub(super) township: &'a str,
    pub(super) kind: CentreKind,
    pub(super) ownership: Ownership,
    pub(super) location: LngLat,
    pub(super) inclusive: [Option<NaiveDate>; 2],
    pub(super) insured_until: Option<NaiveDate>,
    pub(super) medical_until: Option<NaiveDate>,
    pub(super) cross_strait: bool,
    pub(super) demo: bool,
    pub(super) age_grace_months: i32,
    pub(super) rating: RatingSummary,
}

/// The packed part of a page.
#[derive(Default)]
pub(super) struct Packed {
    pub(super) bytes: Box<[u8]>,
    pub(super) words: Box<[Box<str>]>,
    pub(super) weeks: Box<[Vec<WeekPlan>]>,
    pub(super) terms: Box<[Terms]>,
}

impl Packed {
    /// The version of the centre that begins here.
    pub(super) fn version(&self, at: usize) -> i64 {
        self.reader(at).int()
    }

    fn reader(&self, at: usize) -> Reader<'_> {
        Reader(self.bytes.get(at..).unwrap_or_default())
    }

    /// The centre that begins here.
    pub(super) fn plan(&self, at: usize, open: Open<'_>) -> CentrePlan {
        let mut r = self.reader(at);
        let id = open.id;
        let version = r.int();
        let (filed, admits, active) = (r.one_of(Filed::ALL), r.one_of(Admits::ALL), r.byte() == 1);
        let (phone, filed_no, inclusive_doc) = (r.text(), r.text(), r.text());
        let intro = r.pick(&self.words).map(|word| String::from(&**word)).unwrap_or_default();
        let price_cap_fen = r.optional().map(Fen);
        let others_days = r.small();
        let vouchers_suspended_at = r.optional().map(instant);
        let (changed_at, created_at) = (instant(r.int()), instant(r.int()));
        let weeks = r.pick(&self.weeks).cloned().unwrap_or_default();
        let days = (0..r.length()).map(|_| day(id, &mut r)).map(|day| (day.date, day)).collect::<BTreeMap<_, _>>();
        let reductions = (0..r.length())
            .map(|_| fee_reductions::Model { centre_id: id, kind: r.one_of(ReductionKind::ALL), percent: r.small() })
            .collect();
        let classes: Vec<_> = (0..r.length()).map(|_| self.class(id, &mut r)).collect();
        let offers = (0..r.length()).filter_map(|_| self.offer(id, &classes, &mut r)).collect();
        let half = |half| weeks.first().map_or((MinuteOfDay(0), MinuteOfDay(0)), |week: &WeekPlan| week.half(half));
        let (morning, afternoon) = (half(entity::Half::Morning), half(entity::Half::Afternoon));
        CentrePlan {
            row: centres::Model {
                id,
                name: open.name.to_owned(),
                kind: open.kind,
                ownership: open.ownership,
                address: open.address,
                township: open.township.to_owned(),
                lng: open.location.lng,
                lat: open.location.lat,
                phone,
                intro,
                filed,
                filed_no,
                inclusive_from: open.inclusive[0],
                inclusive_until: open.inclusive[1],
                inclusive_doc,
                price_cap_fen,
                morning_from: morning.0,
                morning_to: morning.1,
                afternoon_from: afternoon.0,
                afternoon_to: afternoon.1,
                age_grace_months: open.age_grace_months,
                insured_until: open.insured_until,
                medical_until: open.medical_until,
                cross_strait: open.cross_strait,
                admits,
                others_days,
                demo: open.demo,
                active,
                vouchers_suspended_at,
                version,
                changed_at,
                created_at,
            },
            weeks,
            days,
            classes,
            offers,
            reductions,
            rating: open.rating,
        }
    }

    fn class(&self, centre_id: CentreId, r: &mut Reader<'_>) -> classes::Model {
        classes::Model {
            centre_id,
            id: r.id(centre_id).into(),
            name: r.pick(&self.words).map(|word| String::from(&**word)).unwrap_or_default(),
            band: r.one_of(Band::ALL),
            active: r.byte() == 1,
            places: r.small(),
            carers: r.small(),
            kept_full_day: r.small(),
        }
    }

    fn offer(&self, centre_id: CentreId, classes: &[classes::Model], r: &mut Reader<'_>) -> Option<offers::Model> {
        let id = r.id(centre_id).into();
        let terms = r.pick(&self.terms);
        let class_id = match r.length().checked_sub(1) {
            Some(at) => classes.get(at).map(|class| class.id),
            None => Some(r.id(centre_id).into()),
        };
        let Terms {
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
        } = *terms?;
        Some(offers::Model {
            id,
            centre_id,
            class_id: class_id?,
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
        })
    }
}

fn day(centre_id: CentreId, r: &mut Reader<'_>) -> centre_days::Model {
    let minute = |n: i64| MinuteOfDay(i32::try_from(n).unwrap_or(0));
    centre_days::Model {
        centre_id,
        date: NaiveDate::from_epoch_days(r.small()).unwrap_or_default(),
        opens: r.optional().map(minute),
        closes: r.optional().map(minute),
        reason: r.text().unwrap_or_default(),
    }
}

fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// Reads what [`super::packer`] wrote, in its order.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(n).unwrap_or_default();
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    fn length(&mut self) -> usize {
        let (mut n, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            n |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift > 63 {
                return n;
            }
        }
    }

    #[expect(clippy::cast_possible_wrap, reason = "the sign is the last bit")]
    fn int(&mut self) -> i64 {
        let n = self.length() as u64;
        (n >> 1) as i64 ^ -((n & 1) as i64)
    }

    fn small(&mut self) -> i32 {
        i32::try_from(self.int()).unwrap_or_default()
    }

    fn optional(&mut self) -> Option<i64> {
        (self.byte() == 1).then(|| self.int())
    }

    fn text(&mut self) -> Option<String> {
        let n = self.length().checked_sub(1)?;
        Some(String::from_utf8_lossy(self.take(n)).into_owned())
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all.get(usize::from(self.byte())).copied().unwrap_or(all[0])
    }

    fn pick<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        usize::try_from(self.int()).ok().and_then(|at| list.get(at))
    }

    fn id(&mut self, centre: CentreId) -> Uuid {
        let same = self.length().min(16);
        let mut id = *centre.0.as_bytes();
        let rest = self.take(16 - same);
        id[same..][..rest.len()].copy_from_slice(rest);
        Uuid::from_bytes(id)
    }
}
