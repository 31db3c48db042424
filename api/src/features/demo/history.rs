//! Half a year of care and ratings, up to yesterday.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use entity::{
    BookingId, BookingStatus, CareType, Fen, MinuteOfDay, OfferUnit, TextStatus, VisitStatus, booking_events, bookings,
    class_rules, entry_checks, rating_versions, ratings, visits,
};
use serde_json::json;

use super::{
    mint::{self, Dice},
    people::{self, Past},
    site::Site,
    sites,
};
use crate::{
    features::centres::rules::{age_fits, class_rule},
    platform::clock::instant_at,
};

/// How far back care goes.
const DAYS: u64 = 182;
/// A child comes in so many of a hundred months, and its family answers for so many of those.
const COMES: usize = 64;
const ANSWERS: usize = 60;
/// Elsewhere one answer in so many is a bad one; at the weak centre one in so many.
const BAD_ONE_IN: usize = 16;
const WEAK_BAD_ONE_IN: usize = 5;
/// The centre with too few answers gets this many.
const FEW_ANSWERS: usize = 3;

const PRAISE: &[&str] = &[
    "老师很耐心，孩子每天都愿意去。",
    "环境干净，午睡和用餐照顾得细致。",
    "接送沟通及时，很放心。",
    "活动丰富，孩子自己吃饭进步很大。",
    "离家近，步行就能到。",
];
const DOUBTS: &[&str] = &["接送时段沟通不够及时，希望改进。", "餐食花样偏少。", "人手有点紧张，高峰时等待较久。"];

/// What happened, as rows.
#[derive(Default)]
pub(super) struct History {
    pub(super) bookings: Vec<bookings::Model>,
    pub(super) visits: Vec<visits::Model>,
    pub(super) events: Vec<booking_events::Model>,
    pub(super) checks: Vec<entry_checks::Model>,
    pub(super) ratings: Vec<ratings::Model>,
    pub(super) versions: Vec<rating_versions::Model>,
}

/// The months that the half-year touches, each with its first and last day of care.
fn months(today: NaiveDate) -> Vec<(NaiveDate, NaiveDate)> {
    let (mut from, last) = (today - Days::new(DAYS), today - Days::new(1));
    let mut all = Vec::new();
    while from <= last {
        let next = from.with_day(1).and_then(|d| d.checked_add_months(chrono::Months::new(1))).unwrap_or(today);
        all.push((from, (next - Days::new(1)).min(last)));
        from = next;
    }
    all
}

fn weekdays(from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    from.iter_days().take_while(|d| *d <= to).filter(|d| !matches!(d.weekday(), Weekday::Sat | Weekday::Sun)).collect()
}

/// One stay of one child in one month.
struct Stay<'a> {
    past: &'a Past,
    name: String,
    care: CareType,
    class: usize,
    days: &'a [NaiveDate],
    from: MinuteOfDay,
    to: MinuteOfDay,
}

pub(super) fn rows(today: NaiveDate, rules: &[class_rules::Model], past: &[Past]) -> History {
    let mut history = History::default();
    let months = months(today);
    for family in past {
        let site = family.site;
        let mut dice = Dice::named(&format!("care/{}", family.number));
        for &(first, last) in &months {
            let days = weekdays(first, last);
            let comes = dice.chance(COMES);
            let care = pick_care(site, &mut dice);
            let long = match care {
                CareType::FullDay => dice.between(1, 4),
                CareType::HalfDay => dice.between(1, 3),
                CareType::Temporary => dice.between(1, 2),
                CareType::Hourly => 1,
            };
            let long = usize::try_from(long).unwrap_or(1).min(days.len());
            let begin = dice.below(days.len() - long + 1);
            let days = &days[begin..begin + long];
            let (from, to) = pick_hours(site, care, &mut dice);
            let answers = dice.chance(ANSWERS);
            let class = days.first().zip(days.last()).and_then(|(a, b)| class_for(family, rules, *a, *b));
            let (true, Some(class)) = (comes, class) else { continue };
            let name = format!("{}/{first}", family.number);
            let stay = Stay { past: family, name, care, class, days, from, to };
            history.care(&stay);
            if answers {
                history.answer(&stay, today, &mut dice);
            }
        }
    }
    history
}

fn pick_care(site: &Site, dice: &mut Dice) -> CareType {
    let wanted = match dice.below(100) {
        0..=49 => CareType::FullDay,
        50..=71 => CareType::HalfDay,
        72..=87 => CareType::Hourly,
        _ => CareType::Temporary,
    };
    if site.care.contains(&wanted) { wanted } else { CareType::FullDay }
}

fn pick_hours(site: &Site, care: CareType, dice: &mut Dice) -> (MinuteOfDay, MinuteOfDay) {
    let (morning, start, length) = (dice.chance(60), dice.between(2, 8), dice.between(2, 6));
    match care {
        CareType::FullDay | CareType::Temporary => site.hours,
        CareType::HalfDay => site.half(morning),
        CareType::Hourly => {
            let from = MinuteOfDay(MinuteOfDay::hm(8, 0).0 + start * MinuteOfDay::SLOT);
            (from, MinuteOfDay(from.0 + length * MinuteOfDay::SLOT))
        }
    }
}

/// The first class that takes the child on the first and on the last day.
fn class_for(past: &Past, rules: &[class_rules::Model], first: NaiveDate, last: NaiveDate) -> Option<usize> {
    past.site.classes.iter().position(|&(band, ..)| {
        [first, last]
            .into_iter()
            .all(|day| class_rule(rules, band, day).is_some_and(|rule| age_fits(rule, 0, past.birth, day)))
    })
}

impl Stay<'_> {
    fn first(&self) -> NaiveDate {
        self.days.first().copied().unwrap_or_default()
    }

    fn last(&self) -> NaiveDate {
        self.days.last().copied().unwrap_or_default()
    }

    fn booked_at(&self) -> DateTime<Utc> {
        instant_at(self.first() - Days::new(3), MinuteOfDay::hm(20, 10))
    }

    fn booking_id(&self) -> BookingId {
        mint::id(self.booked_at(), &self.name)
    }

    fn visit_name(&self, day: NaiveDate) -> String {
        format!("{}/{day}", self.name)
    }

    /// The lines of the price and their total.
    fn price(&self) -> (serde_json::Value, Fen) {
        let site = self.past.site;
        let band = site.classes[self.class].0;
        let (unit, price) = site.price(band, self.care);
        let days = i64::try_from(self.days.len()).unwrap_or(1);
        let (quantity, amount) = match unit {
            OfferUnit::Hour => {
                let minutes = self.to.0 - self.from.0;
                // A whole number stays one, as the lines of a quote have it.
                let hours = if minutes % 60 == 0 { json!(minutes / 60) } else { json!(f64::from(minutes) / 60.0) };
                (hours, price.share(minutes.into(), 60))
            }
            // As if every month had 22 opening days: nobody reckons these bookings again.
            OfferUnit::Month => (json!(days), price.share(days, 22)),
            OfferUnit::Day | OfferUnit::HalfDay => (json!(days), price.times(days)),
        };
        let label = format!("{}（每{}）", self.care.zh(), unit.zh());
        let mut lines = vec![
            json!({"code": "care", "label": label, "quantity": quantity, "unit_fen": price, "amount_fen": amount}),
        ];
        let meals = site.meals(self.care);
        if meals.0 > 0 {
            lines.push(json!({"code": "meals", "label": "餐费（每天）", "quantity": days, "unit_fen": meals,
                "amount_fen": meals.times(days)}));
        }
        (lines.into(), amount.plus(meals.times(days)))
    }
}

impl History {
    fn care(&mut self, stay: &Stay) {
        let Past { site, family, child, .. } = *stay.past;
        let (booked_at, ended_at) = (stay.booked_at(), instant_at(stay.last(), stay.to));
        let (booking_id, centre_id, class_id) = (stay.booking_id(), site.id(), site.class_id(stay.class));
        let (price_lines, total_fen) = stay.price();
        self.bookings.push(bookings::Model {
            id: booking_id,
            family_id: family,
            child_id: child,
            centre_id,
            class_id,
            care_type: stay.care,
            status: BookingStatus::Completed,
            start_date: stay.first(),
            end_date: stay.last(),
            total_fen,
            price_lines,
            voucher_id: None,
            replaces_id: None,
            offer_until: None,
            confirm_by: None,
            cutoff_minutes: 120,
            reason: None,
            created_at: booked_at,
            updated_at: ended_at,
        });
        let steps =
            [(booked_at, family.to_string(), "confirmed"), (ended_at, "system".to_owned(), "completed")].into_iter();
        self.events.extend(steps.map(|(at, actor, status)| booking_events::Model {
            detail: None,
            id: mint::id(at, &format!("{}/{status}", stay.name)),
            booking_id,
            visit_id: None,
            at,
            actor,
            status: status.to_owned(),
            reason: None,
        }));
        for &date in stay.days {
            self.visits.push(visits::Model {
                id: mint::id(booked_at, &stay.visit_name(date)),
                booking_id,
                family_id: family,
                child_id: child,
                centre_id,
                class_id,
                care_type: stay.care,
                date,
                from_min: stay.from,
                to_min: stay.to,
                status: VisitStatus::Left,
                checked_in_at: Some(instant_at(date, stay.from) + TimeDelta::minutes(6)),
                checked_out_at: Some(instant_at(date, stay.to) - TimeDelta::minutes(4)),
                amount_fen: None,
                with_voucher: None,
                late_told_at: None,
                collected_by_sealed: None,
                reminded_at: None,
                invited_at: None,
            });
        }
        self.entry_check(stay);
    }

    /// At the two centres with accounts of staff, for somebody must have seen the papers.
    fn entry_check(&mut self, stay: &Stay) {
        let Past { site, child, .. } = *stay.past;
        let staff = match site.key {
            sites::DESK => "carer",
            sites::OUTSIDE => "carer2",
            _ => return,
        };
        let needed = matches!(stay.care, CareType::FullDay | CareType::HalfDay);
        if needed && !self.checks.iter().any(|check| check.child_id == child) {
            self.checks.push(entry_checks::Model {
                centre_id: site.id(),
                child_id: child,
                passed_on: stay.first() - Days::new(5),
                vaccinated: true,
                staff_id: people::staff_id(staff),
                recorded_at: instant_at(stay.first(), stay.from),
            });
        }
    }

    fn answer(&mut self, stay: &Stay, today: NaiveDate, dice: &mut Dice) {
        let Past { site, family, child, .. } = *stay.past;
        let so_far = self.ratings.iter().filter(|rating| rating.centre_id == site.id()).count();
        if site.key == sites::FEW && so_far >= FEW_ANSWERS {
            return;
        }
        // Counted and not thrown, so that the figures say the same whatever the day of seeding.
        let bad = match site.key {
            sites::WEAK => so_far % WEAK_BAD_ONE_IN == 2,
            sites::FEW => false,
            _ => so_far % BAD_ONE_IN == BAD_ONE_IN - 4,
        };
        let level = if bad { [3, 3, 2][so_far % 3] } else { 4 + i32::from(dice.chance(66)) };
        let mut sub = || Some((level + dice.between(-1, 1)).clamp(1, 5));
        let [environment, carers, meals, safety, communication] = std::array::from_fn(|_| sub());
        let text = dice.chance(45).then(|| dice.pick(if bad { DOUBTS } else { PRAISE })).flatten();
        let care_date = stay.last();
        let at = instant_at(care_date, stay.to) + TimeDelta::hours(dice.between(1, 30).into());
        let at = at.min(instant_at(today, MinuteOfDay(0)) - TimeDelta::minutes(1));
        let id = mint::id(at, &stay.name);
        self.ratings.push(ratings::Model {
            id,
            family_id: family,
            child_id: child,
            centre_id: site.id(),
            visit_id: Some(mint::id(stay.booked_at(), &stay.visit_name(care_date))),
            redemption_id: None,
            care_type: stay.care,
            care_date,
            month: care_date.with_day(1).unwrap_or(care_date),
            level,
            environment,
            carers,
            meals,
            safety,
            communication,
            text: text.map(str::to_owned),
            text_status: TextStatus::Shown,
            excluded_for: None,
            version: 1,
            created_at: at,
            updated_at: at,
        });
        self.versions.push(rating_versions::Model {
            id: mint::id(at, &stay.name),
            rating_id: id,
            version: 1,
            level,
            environment,
            carers,
            meals,
            safety,
            communication,
            excluded_for: None,
            at,
            answered_at: Some(at),
        });
    }
}
