//! Random weeks of a class against a plain half-hour grid: bookings of all kinds, cancellations,
//! absences, reschedules, closed days, places, the waiting list and steps of the clock. Each answer
//! to a booking is foretold, and after each step the free places are compared. `MODEL_CASES` sets how
//! many weeks; `tests/soak` runs many.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use harness::{Client, Family, Place, TestApp, backend::env};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use quanxiangtuo::{
    features::{
        bookings::service::{lapse_due, mark_missed},
        waitlist::offer_due,
    },
    platform::clock::{instant_at, local},
};
use serde_json::{Value, json};

const FAMILIES: usize = 4;
/// Days looked at, from the first Monday on.
const DAYS: u64 = 12;
const CUTOFF: TimeDelta = TimeDelta::minutes(120);

/// What is asked for: a form of care, and how many days after today it begins.
#[derive(Clone, Copy, Debug)]
struct Asked {
    care: Care,
    after: u64,
    days: u64,
}

#[derive(Clone, Copy, Debug)]
enum Care {
    Full,
    Morning,
    Afternoon,
    /// From and to, on the hour.
    Hours(u32, u32),
    Temporary,
}

#[derive(Clone, Debug)]
enum Action {
    Book(usize, Asked),
    Cancel(usize),
    CallOff {
        nth: usize,
        absent: bool,
    },
    Reschedule(usize, Asked),
    Close(u64),
    Reopen(u64),
    Places(i32),
    /// Places kept for full-day care.
    Keep(i32),
    /// Carers on duty on a day, from and to in half-hours, or the standing one again.
    Roster(u64, Option<(usize, usize)>),
    Wait(usize, Asked),
    Accept(usize),
    Step(i64),
}

fn asked() -> impl Strategy<Value = Asked> {
    let care = prop_oneof![
        3 => Just(Care::Full),
        1 => Just(Care::Morning),
        1 => Just(Care::Afternoon),
        2 => (8..16_u32, 1..3_u32).prop_map(|(from, hours)| Care::Hours(from, from + hours)),
        1 => Just(Care::Temporary),
    ];
    (care, 1..6_u64, 1..3_u64).prop_map(|(care, after, days)| Asked { care, after, days })
}

fn action() -> impl Strategy<Value = Action> {
    let family = 0..FAMILIES;
    prop_oneof![
        10 => (family.clone(), asked()).prop_map(|(family, asked)| Action::Book(family, asked)),
        2 => (0..32_usize).prop_map(Action::Cancel),
        3 => (0..64_usize, any::<bool>()).prop_map(|(nth, absent)| Action::CallOff { nth, absent }),
        3 => (0..32_usize, asked()).prop_map(|(nth, asked)| Action::Reschedule(nth, asked)),
        1 => (1..6_u64).prop_map(Action::Close),
        1 => (1..6_u64).prop_map(Action::Reopen),
        1 => (1..3_i32).prop_map(Action::Places),
        1 => (0..3_i32).prop_map(Action::Keep),
        1 => (1..6_u64, prop_oneof![Just(None), Just(Some((16, 24))), Just(Some((15, 36))), Just(Some((24, 30)))])
            .prop_map(|(after, duty)| Action::Roster(after, duty)),
        3 => (family.clone(), asked()).prop_map(|(family, asked)| Action::Wait(family, asked)),
        3 => family.prop_map(Action::Accept),
        3 => (1..20_i64).prop_map(Action::Step),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stay {
    date: NaiveDate,
    /// Half-hours.
    from: usize,
    to: usize,
    /// Full-day care.
    full: bool,
}

impl Stay {
    fn begins(self) -> DateTime<Utc> {
        self.at(self.from)
    }

    fn ends(self) -> DateTime<Utc> {
        self.at(self.to)
    }

    fn at(self, slot: usize) -> DateTime<Utc> {
        instant_at(self.date, entity::MinuteOfDay(i32::try_from(slot).unwrap() * 30))
    }
}

/// What should be.
struct Model {
    places: i32,
    /// Of these, kept for full-day care.
    kept: i32,
    closed: BTreeSet<NaiveDate>,
    /// Days on which the only carer is there from and to.
    duty: BTreeMap<NaiveDate, (usize, usize)>,
    /// Visits that hold a place, by their id, with the family and the booking.
    held: BTreeMap<String, (usize, String, Stay)>,
    /// Full days that were told as absences: what is kept for them is free for others.
    away: Vec<Stay>,
}

impl Model {
    fn open(&self, date: NaiveDate) -> bool {
        date.weekday().number_from_monday() <= 5 && !self.closed.contains(&date)
    }

    fn count(&self, date: NaiveDate, slot: usize, which: impl Fn(&Stay) -> bool) -> i32 {
        let here = |stay: &Stay| stay.date == date && (stay.from..stay.to).contains(&slot) && which(stay);
        i32::try_from(self.held.values().filter(|(_, _, stay)| here(stay)).count()).unwrap()
    }

    fn taken(&self, date: NaiveDate, slot: usize) -> i32 {
        self.count(date, slot, |_| true)
    }

    /// Places that may be held: one carer allows more than the class has places.
    fn capacity(&self, date: NaiveDate, slot: usize) -> i32 {
        let on_duty = self.duty.get(&date).is_none_or(|(from, to)| (*from..*to).contains(&slot));
        if on_duty { self.places } else { 0 }
    }

    /// Places that full-day care, or other care, may still take.
    fn free(&self, date: NaiveDate, slot: usize, full: bool) -> i32 {
        let free = self.capacity(date, slot) - self.taken(date, slot);
        let away = self.away.iter().filter(|stay| stay.date == date && (stay.from..stay.to).contains(&slot)).count();
        let used = self.count(date, slot, |stay| stay.full) + i32::try_from(away).unwrap();
        if full { free } else { free - (self.kept - used).max(0) }
    }

    fn stays(&self, today: NaiveDate, asked: Asked) -> Vec<Stay> {
        let start = today + Days::new(asked.after);
        let (from, to) = match asked.care {
            Care::Full | Care::Temporary => (15, 36),
            Care::Morning => (16, 24),
            Care::Afternoon => (28, 35),
            Care::Hours(from, to) => (from as usize * 2, to as usize * 2),
        };
        let dates = start.iter_days().take(usize::try_from(asked.days).unwrap());
        let full = matches!(asked.care, Care::Full);
        dates.filter(|date| self.open(*date)).map(|date| Stay { date, from, to, full }).collect()
    }

    /// The code of the refusal, if there is to be one.
    fn refusal(&self, family: usize, today: NaiveDate, asked: Asked) -> Option<&'static str> {
        let stays = self.stays(today, asked);
        let clash = |stay: &Stay| {
            let meets = |other: &Stay| other.date == stay.date && other.from < stay.to && stay.from < other.to;
            self.held.values().any(|(who, _, other)| *who == family && meets(other))
        };
        let full = |stay: &Stay| (stay.from..stay.to).any(|slot| self.free(stay.date, slot, stay.full) <= 0);
        if stays.is_empty() {
            Some("CENTRE_CLOSED")
        } else if stays.iter().any(clash) {
            Some("CHILD_OVERLAP")
        } else if stays.iter().any(full) {
            Some("NO_PLACE")
        } else {
            None
        }
    }

    /// Replaces what is held of a booking by its expected visits as read.
    fn read(&mut self, family: usize, booking: &Value) {
        let id = booking["id"].as_str().unwrap();
        self.held.retain(|_, (_, of, _)| of != id);
        for visit in booking["visits"].as_array().unwrap() {
            if !["expected", "no_show"].contains(&visit["status"].as_str().unwrap()) {
                continue;
            }
            let slot = |field: &str| {
                let time: entity::MinuteOfDay = visit[field].as_str().unwrap().parse().unwrap();
                usize::try_from(time.0 / 30).unwrap()
            };
            let date = visit["date"].as_str().unwrap().parse().unwrap();
            let full = booking["care_type"] == "full_day";
            let stay = Stay { date, from: slot("from"), to: slot("to"), full };
            self.held.insert(visit["id"].as_str().unwrap().to_owned(), (family, id.to_owned(), stay));
        }
    }
}

struct World {
    app: TestApp,
    place: Place,
    families: Vec<Family>,
    manager: Client,
    monday: NaiveDate,
    /// Bookings in the order they were made, with their family.
    bookings: Vec<(usize, String)>,
    model: Model,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::spawn_with(&[("request_only_after", "0"), ("access_token_minutes", "60")]).await;
        let place = app.place_with(2, 1, |_| {}).await;
        let families = app.many_families(FAMILIES).await;
        let manager = app.manager(place.centre.id).await;
        let monday = app.clock.today();
        let model = Model {
            places: 2,
            kept: 0,
            closed: BTreeSet::new(),
            duty: BTreeMap::new(),
            held: BTreeMap::new(),
            away: Vec::new(),
        };
        Self { app, place, families, manager, monday, bookings: Vec::new(), model }
    }

    fn today(&self) -> NaiveDate {
        local(self.app.clock.now()).date_naive()
    }

    fn body(&self, family: usize, asked: Asked) -> Value {
        let start = self.today() + Days::new(asked.after);
        let mut body = json!({ "child_id": self.families[family].child(), "centre_id": self.place.id(),
            "start_date": start, "end_date": start + Days::new(asked.days - 1) });
        match asked.care {
            Care::Full => body["care_type"] = json!("full_day"),
            Care::Temporary => body["care_type"] = json!("temporary"),
            Care::Morning | Care::Afternoon => {
                body["care_type"] = json!("half_day");
                let morning = matches!(asked.care, Care::Morning);
                body["half"] = json!(if morning { "morning" } else { "afternoon" });
            }
            Care::Hours(from, to) => {
                body["care_type"] = json!("hourly");
                body["from"] = json!(format!("{from:02}:00"));
                body["to"] = json!(format!("{to:02}:00"));
            }
        }
        body
    }

    async fn read(&mut self, family: usize, id: &str) -> Value {
        let booking = self.families[family].client.get(&format!("/bookings/{id}")).await.ok();
        self.model.read(family, &booking);
        booking
    }

    async fn act(&mut self, action: &Action) {
        match *action {
            Action::Book(family, asked) => {
                let due = self.model.refusal(family, self.today(), asked);
                let reply = self.families[family].client.post("/bookings", self.body(family, asked)).await;
                assert_eq!(reply.code(), due, "{action:?}");
                if due.is_none() {
                    let booking = reply.created();
                    assert_eq!(
                        booking["visits"].as_array().unwrap().len(),
                        self.model.stays(self.today(), asked).len()
                    );
                    self.bookings.push((family, booking["id"].as_str().unwrap().to_owned()));
                    self.model.read(family, &booking);
                }
            }
            Action::Cancel(nth) => {
                let Some((family, id)) = self.nth(nth) else { return };
                let first = self.first_of(&id);
                let reply = self.families[family].client.post(&format!("/bookings/{id}/cancel"), json!({})).await;
                let in_time = first.is_some_and(|stay| self.app.clock.now() <= stay.begins() - CUTOFF);
                assert_eq!(reply.status == 200, in_time, "{action:?} {:?}", reply.code());
                if in_time {
                    // What was missed before stays so, and holds its place.
                    let now = self.app.clock.now();
                    self.model.held.retain(|_, (_, of, stay)| *of != id || stay.ends() <= now);
                }
            }
            Action::CallOff { nth, absent } => {
                let Some((visit, (family, id, stay))) = self.model.held.iter().nth(nth) else { return };
                let (visit, family, id, stay) = (visit.clone(), *family, id.clone(), *stay);
                let what = if absent { "absent" } else { "cancel" };
                let path = format!("/bookings/{id}/visits/{visit}/{what}");
                let reply = self.families[family].client.post(&path, json!({})).await;
                let now = self.app.clock.now();
                let until = if absent { stay.begins() - TimeDelta::milliseconds(1) } else { stay.begins() - CUTOFF };
                let pending = reply.code() == Some("WRONG_STATE") && absent;
                assert!(pending || (reply.status == 200) == (now <= until), "{action:?} {:?}", reply.code());
                if reply.status == 200 {
                    self.model.held.remove(&visit);
                    self.model.away.extend(Some(stay).filter(|stay| absent && stay.full));
                }
            }
            Action::Reschedule(nth, asked) => self.reschedule(nth, asked).await,
            Action::Close(after) => {
                let date = self.today() + Days::new(after);
                let path = format!("/desk/centre/days/{date}");
                self.manager.put(&path, json!({ "reason": "停课", "decision": "cancel" })).await.ok();
                self.model.closed.insert(date);
                self.model.held.retain(|_, (_, _, stay)| stay.date != date);
            }
            Action::Reopen(after) => {
                let date = self.today() + Days::new(after);
                let reply = self.manager.delete(&format!("/desk/centre/days/{date}")).await;
                assert_eq!(reply.status == 200, self.model.closed.remove(&date), "{action:?}");
            }
            Action::Places(places) => {
                let path = format!("/desk/classes/{}", self.place.class_id());
                let reply = self.manager.patch(&path, json!({ "places": places })).await;
                if places < self.model.kept {
                    reply.invalid("kept_full_day");
                } else {
                    reply.ok();
                    self.model.places = places;
                }
            }
            Action::Keep(kept) => {
                let path = format!("/desk/classes/{}", self.place.class_id());
                let reply = self.manager.patch(&path, json!({ "kept_full_day": kept })).await;
                if kept > self.model.places {
                    reply.invalid("kept_full_day");
                } else {
                    reply.ok();
                    self.model.kept = kept;
                }
            }
            Action::Roster(after, duty) => {
                let date = self.today() + Days::new(after);
                let time = |slot: usize| format!("{:02}:{:02}", slot / 2, slot % 2 * 30);
                let lines = duty.map(|(from, to)| json!({ "from": time(from), "to": time(to), "carers": 1 }));
                let path = format!("/desk/classes/{}/rosters/{date}", self.place.class_id());
                self.manager.put(&path, json!({ "lines": Vec::from_iter(lines) })).await.ok();
                match duty {
                    Some(duty) => drop(self.model.duty.insert(date, duty)),
                    None => drop(self.model.duty.remove(&date)),
                }
            }
            Action::Wait(family, asked) => {
                let due = match self.model.refusal(family, self.today(), asked) {
                    None => Some("PLACE_FREE"),
                    Some("NO_PLACE") => None,
                    refused => refused,
                };
                let reply = self.families[family].client.post("/waitlist", self.body(family, asked)).await;
                assert!(
                    reply.code() == due || reply.code() == Some("ALREADY_WAITING"),
                    "{action:?} {:?}",
                    reply.code()
                );
            }
            Action::Accept(family) => {
                let client = &self.families[family].client;
                let list = client.get("/waitlist?limit=100").await.ok();
                let offered = list["items"].as_array().unwrap().iter().find(|entry| !entry["offer"].is_null());
                let Some(entry) = offered else { return };
                let path = format!("/waitlist/{}/accept", entry["id"].as_str().unwrap());
                assert_eq!(client.post(&path, json!({})).await.ok()["status"], "confirmed");
            }
            Action::Step(hours) => {
                self.app.clock.advance(TimeDelta::hours(hours));
                self.families =
                    self.families.iter().map(|f| Family { client: self.app.fresh(&f.client), ..f.clone() }).collect();
                self.manager = self.app.fresh(&self.manager);
            }
        }
    }

    /// What the workers would do, and what they changed.
    async fn settle(&mut self) {
        let before = self.offers().await;
        lapse_due(&self.app.ctx).await.unwrap();
        mark_missed(&self.app.ctx).await.unwrap();
        offer_due(&self.app.ctx).await.unwrap();
        for (family, id) in before {
            self.read(family, &id).await;
        }
        for (family, id) in self.offers().await {
            // An offer never takes a place that the grid doesn't have.
            if !self.bookings.iter().any(|(_, known)| *known == id) {
                let booking = self.read(family, &id).await;
                for visit in booking["visits"].as_array().unwrap() {
                    let (_, _, stay) = self.model.held[visit["id"].as_str().unwrap()];
                    let fits = (stay.from..stay.to).all(|slot| {
                        let kept = if stay.full { 0 } else { self.model.free(stay.date, slot, false).min(0) };
                        self.model.taken(stay.date, slot) <= self.model.capacity(stay.date, slot) + kept
                    });
                    assert!(fits && self.model.open(stay.date), "offered over capacity: {booking:#}");
                }
                self.bookings.push((family, id));
            }
        }
    }

    /// Bookings of any family that the waiting list made and that may still lapse.
    async fn offers(&self) -> Vec<(usize, String)> {
        let mut offers = Vec::new();
        for (n, family) in self.families.iter().enumerate() {
            let list = family.client.get("/waitlist?limit=100").await.ok();
            let held = list["items"].as_array().unwrap().iter().filter_map(|e| e["offer"]["booking_id"].as_str());
            offers.extend(held.map(|id| (n, id.to_owned())));
        }
        let known = self.bookings.iter().filter(|(_, id)| self.model.held.values().any(|(_, of, _)| of == id));
        offers.extend(known.cloned());
        offers.sort();
        offers.dedup();
        offers
    }

    fn nth(&self, nth: usize) -> Option<(usize, String)> {
        self.bookings.get(nth).cloned()
    }

    /// The earliest day of a booking that is still expected: none of those that are over.
    fn first_of(&self, id: &str) -> Option<Stay> {
        let now = self.app.clock.now();
        let stays = self.model.held.values().filter(|(_, of, _)| of == id).map(|(_, _, stay)| *stay);
        stays.filter(|stay| now < stay.ends()).min_by_key(|stay| stay.begins())
    }

    async fn reschedule(&mut self, nth: usize, asked: Asked) {
        let Some((family, id)) = self.nth(nth) else { return };
        let body = self.body(family, asked);
        let booking = self.read(family, &id).await;
        // The same form of care, so a wish of another one is a matter of fields.
        if booking["care_type"] != body["care_type"] || !booking["offer_until"].is_null() {
            return;
        }
        let in_time = self.first_of(&id).is_some_and(|stay| self.app.clock.now() <= stay.begins() - CUTOFF);
        let mut without = Model {
            closed: self.model.closed.clone(),
            duty: self.model.duty.clone(),
            held: self.model.held.clone(),
            away: self.model.away.clone(),
            ..self.model
        };
        let now = self.app.clock.now();
        without.held.retain(|_, (_, of, stay)| *of != id || stay.begins() <= now);
        let due = without.refusal(family, self.today(), asked);
        let reply = self.families[family].client.post(&format!("/bookings/{id}/reschedule"), body).await;
        if !in_time {
            assert!(["WRONG_STATE", "CANCEL_WINDOW_CLOSED"].contains(&reply.code().unwrap()), "{:?}", reply.code());
            return;
        }
        assert_eq!(reply.code(), due, "reschedule {asked:?}");
        if due.is_none() {
            let moved = reply.created();
            self.bookings.push((family, moved["id"].as_str().unwrap().to_owned()));
            self.model.read(family, &moved);
        }
        self.read(family, &id).await;
    }

    /// The free places of all days are those of the grid.
    async fn compare(&self, after: &Action) {
        let (start, end) = (self.today(), self.monday + Days::new(DAYS).max(Days::new(1)));
        if end < start {
            return;
        }
        let path = format!("/centres/{}/availability?start_date={start}&end_date={end}", self.place.id());
        let answer = self.families[0].client.get(&path).await.ok();
        for day in answer["days"].as_array().unwrap() {
            let date: NaiveDate = day["date"].as_str().unwrap().parse().unwrap();
            // Of today only what is left of it.
            let over = date == start && self.app.clock.now() >= Stay { date, from: 15, to: 36, full: true }.ends();
            assert_eq!(!day["open"].is_null(), self.model.open(date) && !over, "{date} after {after:?}");
            for span in day["classes"].as_array().unwrap().iter().flat_map(|class| class["spans"].as_array().unwrap()) {
                let slot = |field: &str| {
                    let time: entity::MinuteOfDay = span[field].as_str().unwrap().parse().unwrap();
                    usize::try_from(time.0 / 30).unwrap()
                };
                for slot in slot("from")..slot("to") {
                    let free = self.model.free(date, slot, true).max(0);
                    let facts = (free, self.model.taken(date, slot), self.model.free(date, slot, false).max(0));
                    let kept = span["kept_full_day"].as_i64().unwrap();
                    let others = i32::try_from(span["free"].as_i64().unwrap() - kept).unwrap();
                    let told = (&span["free"], &span["taken"], others);
                    let held = &self.model.held;
                    assert_eq!(
                        told,
                        (&json!(facts.0), &json!(facts.1), facts.2),
                        "{date} half-hour {slot} after {after:?}: {held:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn random_weeks_of_a_class_keep_to_the_grid() {
    let cases = env("MODEL_CASES").map_or(6, |n| n.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner
        .run(&prop::collection::vec(action(), 40..60), |actions| {
            runtime.block_on(async {
                let mut world = World::new().await;
                for action in &actions {
                    world.act(action).await;
                    world.settle().await;
                    world.compare(action).await;
                }
            });
            Ok(())
        })
        .unwrap();
}
