//! Places by the half-hour: what is held in some classes, and what may be. One grid serves the
//! availability of a centre, a search with a date, and the check under lock of whoever takes places.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{CareType, ClassId, MinuteOfDay, class_rules, classes, rosters};

use super::{
    rules::{SLOTS, capacity, class_rule, on_duty, slots},
    store::Held,
};

#[derive(Clone, Copy)]
struct Taken {
    all: [i32; SLOTS],
    /// By full-day care, and by its absences.
    full_day: [i32; SLOTS],
}

impl Taken {
    /// Of so many places, those free for a form of care in a half-hour; other care leaves what is kept.
    const fn free(&self, places: i32, kept: i32, care: CareType, slot: usize) -> i32 {
        let free = places - self.all[slot];
        let still_kept = kept - self.full_day[slot];
        match care {
            CareType::FullDay => free,
            _ if still_kept > 0 => free - still_kept,
            _ => free,
        }
    }
}

static NOTHING: Taken = Taken { all: [0; SLOTS], full_day: [0; SLOTS] };

/// What is held and rostered in one class on one date.
#[derive(Default)]
pub struct Day {
    /// Nothing is held on most days.
    taken: Option<Box<Taken>>,
    roster: Vec<rosters::Model>,
}

impl Day {
    /// Places free for a form of care through the whole time from `from` to `to`: of these half-hours only,
    /// for a search asks it of hundreds of classes.
    #[must_use]
    pub fn free_through(
        &self,
        class: &classes::Model,
        rules: &[class_rules::Model],
        date: NaiveDate,
        care: CareType,
        (from, to): (MinuteOfDay, MinuteOfDay),
    ) -> i32 {
        let per_carer = class_rule(rules, class.band, date).map_or(0, |rule| rule.per_carer);
        let taken = self.taken.as_deref().unwrap_or(&NOTHING);
        let free = |slot: usize| {
            let places = class.places.min(on_duty(class.carers, &self.roster, slot) * per_carer);
            taken.free(places, class.kept_full_day, care, slot)
        };
        slots(from, to).map(free).min().unwrap_or(0)
    }

    /// With the class's places and carers; without a rule for its ages it holds nobody.
    #[must_use]
    pub fn grid(&self, class: &classes::Model, rules: &[class_rules::Model], date: NaiveDate) -> DayGrid {
        let per_carer = class_rule(rules, class.band, date).map_or(0, |rule| rule.per_carer);
        DayGrid {
            places: capacity(class.places, class.carers, per_carer, &self.roster),
            taken: self.taken.as_deref().copied().unwrap_or(NOTHING),
            kept: class.kept_full_day,
        }
    }
}

/// What is held and rostered in some classes on some dates.
#[derive(Default)]
pub struct Grid(HashMap<(ClassId, NaiveDate), Day>);

impl Grid {
    /// From the rows of the database.
    #[must_use]
    pub fn of(held: Vec<Held>, rosters: Vec<rosters::Model>) -> Self {
        let mut days: HashMap<(ClassId, NaiveDate), Day> = HashMap::new();
        for stay in held {
            let n = i32::try_from(stay.n).unwrap_or(i32::MAX);
            let day = days.entry((stay.class_id, stay.date)).or_default();
            let taken = day.taken.get_or_insert_with(|| Box::new(NOTHING));
            for slot in slots(stay.from_min, stay.to_min) {
                if !stay.absent {
                    taken.all[slot] += n;
                }
                if stay.care_type == CareType::FullDay {
                    taken.full_day[slot] += n;
                }
            }
        }
        for line in rosters {
            days.entry((line.class_id, line.date)).or_default().roster.push(line);
        }
        Self(days)
    }

    /// The roster lines of a class on a date.
    #[must_use]
    pub fn roster(&self, class: ClassId, date: NaiveDate) -> &[rosters::Model] {
        self.0.get(&(class, date)).map_or(&[][..], |day| &day.roster)
    }

    /// One class on one date.
    #[must_use]
    pub fn day(&self, class: &classes::Model, rules: &[class_rules::Model], date: NaiveDate) -> DayGrid {
        match self.0.get(&(class.id, date)) {
            Some(day) => day.grid(class, rules, date),
            None => Day::default().grid(class, rules, date),
        }
    }

    /// Takes one class on one date out.
    pub(super) fn take(&mut self, class: ClassId, date: NaiveDate) -> Day {
        self.0.remove(&(class, date)).unwrap_or_default()
    }
}

/// One class on one date.
pub struct DayGrid {
    places: [i32; SLOTS],
    taken: Taken,
    kept: i32,
}

impl DayGrid {
    /// Places that may be held in a half-hour.
    #[must_use]
    pub const fn places(&self, slot: usize) -> i32 {
        self.places[slot]
    }

    /// Places that are held in a half-hour.
    #[must_use]
    pub const fn taken(&self, slot: usize) -> i32 {
        self.taken.all[slot]
    }

    /// Of the places free in a half-hour, those that only full-day care may take.
    #[must_use]
    pub fn kept(&self, slot: usize) -> i32 {
        let still_kept = (self.kept - self.taken.full_day[slot]).max(0);
        still_kept.min(self.free(CareType::FullDay, slot).max(0))
    }

    /// Places free in a half-hour for a form of care; negative where more are held than may be.
    #[must_use]
    pub const fn free(&self, care: CareType, slot: usize) -> i32 {
        self.taken.free(self.places[slot], self.kept, care, slot)
    }

    /// Places free for a form of care through the whole time from `from` to `to`.
    #[must_use]
    pub fn free_through(&self, care: CareType, from: MinuteOfDay, to: MinuteOfDay) -> i32 {
        slots(from, to).map(|slot| self.free(care, slot)).min().unwrap_or(0)
    }

    /// Whether more are held than may be at some time between `from` and `to`.
    #[must_use]
    pub fn over(&self, from: MinuteOfDay, to: MinuteOfDay) -> bool {
        slots(from, to).any(|slot| self.taken.all[slot] > self.places[slot])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hm(h: i32, m: i32) -> MinuteOfDay {
        MinuteOfDay::hm(h, m)
    }

    #[test]
    fn places_kept_for_full_day_care_are_taken_by_it_alone() {
        let id: ClassId = uuid::Uuid::nil().into();
        let date: NaiveDate = "2026-03-02".parse().unwrap();
        let class = classes::Model {
            id,
            centre_id: uuid::Uuid::nil().into(),
            name: String::new(),
            band: entity::Band::ToddlerBig,
            places: 10,
            carers: 9,
            kept_full_day: 6,
            active: true,
        };
        let rule = class_rules::Model {
            band: entity::Band::ToddlerBig,
            valid_from: NaiveDate::MIN,
            min_months: 24,
            max_months: 36,
            max_places: 20,
            per_carer: 7,
            source: String::new(),
        };
        let held = |care_type, from, to, n| Held {
            class_id: id,
            date,
            care_type,
            from_min: from,
            to_min: to,
            n,
            absent: false,
        };
        let day = |held: Vec<Held>| Grid::of(held, Vec::new()).day(&class, std::slice::from_ref(&rule), date);
        let free = |day: &DayGrid, care| day.free_through(care, hm(9, 0), hm(10, 0));
        let empty = day(vec![]);
        assert_eq!((free(&empty, CareType::FullDay), free(&empty, CareType::Hourly)), (10, 4));
        let some =
            day(vec![held(CareType::FullDay, hm(8, 0), hm(18, 0), 4), held(CareType::Hourly, hm(9, 30), hm(11, 0), 3)]);
        assert_eq!((free(&some, CareType::FullDay), free(&some, CareType::HalfDay)), (3, 1));
        assert_eq!((some.kept(18), some.kept(19)), (2, 2));
        let many = day(vec![held(CareType::FullDay, hm(8, 0), hm(18, 0), 8)]);
        assert_eq!((free(&many, CareType::FullDay), free(&many, CareType::Temporary), many.kept(18)), (2, 2, 0));
        assert!(!many.over(hm(8, 0), hm(18, 0)));
        // Ten places, six kept and taken, one of these called off: it goes to others.
        let away = Held { absent: true, ..held(CareType::FullDay, hm(8, 0), hm(18, 0), 1) };
        let one_away = day(vec![
            held(CareType::FullDay, hm(8, 0), hm(18, 0), 5),
            away,
            held(CareType::HalfDay, hm(8, 0), hm(12, 0), 4),
        ]);
        assert_eq!(
            (free(&one_away, CareType::FullDay), free(&one_away, CareType::Temporary), one_away.kept(18)),
            (1, 1, 0)
        );
        assert!(day(vec![held(CareType::Hourly, hm(9, 0), hm(9, 30), 11)]).over(hm(8, 0), hm(18, 0)));
    }
}
