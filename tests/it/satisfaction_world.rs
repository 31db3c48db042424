//! Random care and ratings as plain rows, and a plain recount of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use entity::{
    CareType, CentreId, CentreKind, ChildId, FamilyId, RedemptionStatus, TextStatus, VisitStatus, rating_versions,
    ratings, redemptions, visits,
};
use harness::{Family, Place, TestApp, day};
use quanxiangtuo::features::satisfaction::rules::{Counts, SCORES, figures, score_figures};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, to_value};

/// What was arranged, as plain rows.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) places: Vec<Place>,
    pub(crate) visits: Vec<visits::Model>,
    pub(crate) redemptions: Vec<redemptions::Model>,
    /// Every state of every rating, oldest first.
    pub(crate) states: Vec<Vec<(DateTime<Utc>, ratings::Model)>>,
}

pub(crate) const FIRST: &str = "2025-11-01";
pub(crate) const MONTHS: u32 = 4;

fn month(date: NaiveDate) -> String {
    date.format("%Y-%m").to_string()
}

/// Random care in four months at four centres, and ratings of two thirds of it: some changed
/// later, some excluded, some again included.
pub(crate) async fn world(seed: u64) -> World {
    let app = TestApp::spawn().await;
    let mut rng = StdRng::seed_from_u64(seed);
    let mut places = Vec::new();
    for (township, kind) in [
        ("洛阳镇", CentreKind::PartyNeighbourhood),
        ("洛阳镇", CentreKind::Private),
        ("东园镇", CentreKind::Private),
        ("张坂镇", CentreKind::Kindergarten),
    ] {
        let change = |row: &mut entity::centres::Model| {
            row.township = township.to_owned();
            row.kind = kind;
        };
        places.push(app.place_with(15, 3, change).await);
    }
    let mut families: Vec<Family> = app.many_families(24).await;
    for family in families.clone().iter().take(5) {
        let child_id = app.child(&family.client, app.born_months_ago(14)).await;
        families.push(Family { child_id, ..family.clone() });
    }
    let mut days: Vec<visits::Model> = Vec::new();
    for family in &families {
        for _ in 0..rng.random_range(0..7) {
            let place = &places[rng.random_range(0..places.len())];
            let date = day(FIRST) + Days::new(rng.random_range(0..118));
            let status = if rng.random_bool(0.8) { VisitStatus::Left } else { VisitStatus::NoShow };
            let care_type = CareType::ALL[rng.random_range(0..4)];
            days.push(app.visit_with(place, family, date, status, |visit| visit.care_type = care_type).await);
        }
    }
    let campaign = app.campaign().await;
    let mut units: Vec<redemptions::Model> = Vec::new();
    for family in families.iter().skip(20) {
        let voucher = app.voucher(&campaign, family).await;
        for n in 0..rng.random_range(0..4_u64) {
            let date = day(FIRST) + Days::new(n * 30 + rng.random_range(0..28));
            let centre = places[rng.random_range(0..places.len())].centre.id;
            let status = if rng.random_bool(0.85) { RedemptionStatus::Redeemed } else { RedemptionStatus::Reversed };
            let care_type = CareType::ALL[rng.random_range(0..4)];
            let change = |row: &mut redemptions::Model| {
                row.status = status;
                row.care_type = care_type;
            };
            units.push(app.redemption(&voucher, centre, date, change).await);
        }
    }
    let mut states = Vec::new();
    for visit in days.iter().filter(|visit| visit.status == VisitStatus::Left) {
        let occasion = (Some(visit.id), None, visit.family_id, visit.child_id, visit.centre_id);
        states.extend(rated(&app, &mut rng, occasion, visit.care_type, visit.date));
    }
    // A reversed day may have been rated before it was reversed.
    for unit in &units {
        let occasion = (None, Some(unit.id), unit.family_id, unit.child_id, unit.centre_id);
        states.extend(rated(&app, &mut rng, occasion, unit.care_type, unit.service_date));
    }
    app.insert_all(states.iter().map(|states| states.last().unwrap().1.clone()).collect()).await;
    let versions = states.iter().flatten().map(|(at, row)| version(&app, *at, row)).collect();
    app.insert_all::<rating_versions::Model>(versions).await;
    World { app, places, visits: days, redemptions: units, states }
}

type Occasion = (Option<entity::VisitId>, Option<entity::RedemptionId>, FamilyId, ChildId, CentreId);

fn rated(
    app: &TestApp,
    rng: &mut StdRng,
    (visit_id, redemption_id, family_id, child_id, centre_id): Occasion,
    care_type: CareType,
    care_date: NaiveDate,
) -> Option<Vec<(DateTime<Utc>, ratings::Model)>> {
    if rng.random_bool(0.33) {
        return None;
    }
    // Few instants, so that ties happen and the id decides.
    let mut at = care_date.and_hms_opt(10, 0, 0).unwrap().and_utc() + TimeDelta::days(rng.random_range(0..3));
    let mut row = ratings::Model {
        id: app.id(),
        family_id,
        child_id,
        centre_id,
        visit_id,
        redemption_id,
        care_type,
        care_date,
        month: care_date.with_day(1).unwrap(),
        level: rng.random_range(1..=9).min(5),
        environment: score(rng),
        carers: score(rng),
        meals: score(rng),
        safety: None,
        communication: score(rng),
        text: None,
        text_status: TextStatus::Pending,
        excluded_for: None,
        version: 1,
        created_at: at,
        updated_at: at,
    };
    let mut states = vec![(at, row.clone())];
    for _ in 0..rng.random_range(0..3) {
        at += TimeDelta::days(rng.random_range(1..15));
        row.version += 1;
        row.updated_at = at;
        row.level = rng.random_range(1..=9).min(5);
        row.meals = score(rng);
        row.excluded_for = rng.random_bool(0.25).then(|| "staff_or_relative".to_owned());
        states.push((at, row.clone()));
    }
    Some(states)
}

pub(crate) fn score(rng: &mut StdRng) -> Option<i32> {
    rng.random_bool(0.6).then(|| rng.random_range(1..=9).min(5))
}

fn version(app: &TestApp, at: DateTime<Utc>, row: &ratings::Model) -> rating_versions::Model {
    rating_versions::Model {
        id: app.id(),
        rating_id: row.id,
        version: row.version,
        level: row.level,
        environment: row.environment,
        carers: row.carers,
        meals: row.meals,
        safety: row.safety,
        communication: row.communication,
        excluded_for: row.excluded_for.clone(),
        at,
        answered_at: Some(row.updated_at),
    }
}

impl World {
    fn key(&self, by: &str, centre: CentreId, care_type: CareType, date: NaiveDate) -> String {
        let row = &self.places.iter().find(|place| place.centre.id == centre).unwrap().centre;
        match by {
            "centre" => centre.to_string(),
            "township" => row.township.clone(),
            "kind" => row.kind.to_string(),
            "care_type" => care_type.to_string(),
            "month" => month(date),
            _ => String::new(),
        }
    }

    /// The figures by key, counted one by one in memory.
    pub(crate) fn recount(
        &self,
        by: &str,
        from: &str,
        to: &str,
        as_of: Option<DateTime<Utc>>,
    ) -> BTreeMap<String, Value> {
        let within = |date: NaiveDate| (from.to_owned()..=to.to_owned()).contains(&month(date));
        let mut latest: BTreeMap<(ChildId, CentreId, String), &ratings::Model> = BTreeMap::new();
        for states in &self.states {
            let state = states.iter().rfind(|(at, _)| as_of.is_none_or(|as_of| *at <= as_of));
            let Some((_, row)) = state else { continue };
            if row.excluded_for.is_some() || !within(row.care_date) {
                continue;
            }
            let place = latest.entry((row.child_id, row.centre_id, month(row.care_date))).or_insert(row);
            if (row.updated_at, row.id) > (place.updated_at, place.id) {
                *place = row;
            }
        }
        let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
        for row in latest.values() {
            let group = counts.entry(self.key(by, row.centre_id, row.care_type, row.care_date)).or_default();
            group.answers += 1;
            group.satisfied += i64::from(row.level >= 4);
            group.total += i64::from(row.level);
            let scores = [row.environment, row.carers, row.meals, row.safety, row.communication];
            for (counted, given) in group.scores.iter_mut().zip(scores) {
                counted.answers += i64::from(given.is_some());
                counted.satisfied += i64::from(given.is_some_and(|given| given >= 4));
                counted.total += i64::from(given.unwrap_or(0));
            }
        }
        let visits = self.visits.iter().filter(|visit| visit.status == VisitStatus::Left);
        let visits = visits.map(|v| (v.family_id, v.child_id, v.centre_id, v.care_type, v.date));
        let units = self.redemptions.iter().filter(|unit| unit.status == RedemptionStatus::Redeemed);
        let units = units.map(|r| (r.family_id, r.child_id, r.centre_id, r.care_type, r.service_date));
        // Who could have answered: not those all of whose answers are left out as they are now.
        let mut heard: BTreeMap<(ChildId, CentreId, String), bool> = BTreeMap::new();
        for (_, row) in self.states.iter().filter_map(|states| states.last()) {
            let any = heard.entry((row.child_id, row.centre_id, month(row.care_date))).or_default();
            *any |= row.excluded_for.is_none();
        }
        let mut care: BTreeMap<String, BTreeSet<(ChildId, CentreId, String)>> = BTreeMap::new();
        let mut families: BTreeMap<String, BTreeSet<FamilyId>> = BTreeMap::new();
        for (family, child, centre, care_type, date) in visits.chain(units).filter(|care| within(care.4)) {
            let key = self.key(by, centre, care_type, date);
            let unit = (child, centre, month(date));
            if heard.get(&unit) != Some(&false) {
                care.entry(key.clone()).or_default().insert(unit);
            }
            families.entry(key).or_default().insert(family);
        }
        for (key, set) in care {
            counts.entry(key).or_default().units = i64::try_from(set.len()).unwrap();
        }
        for (key, set) in families {
            counts.entry(key).or_default().families = i64::try_from(set.len()).unwrap();
        }
        if by == "sub_score" {
            let overall = counts[""];
            let score = |(word, score)| (String::from(word), to_value(score_figures(score, overall, 0.9)).unwrap());
            return SCORES.into_iter().zip(overall.scores).map(score).collect();
        }
        counts.into_iter().map(|(key, counts)| (key, to_value(figures(counts, 0.9)).unwrap())).collect()
    }
}

/// The groups of a report by key, without the empty ones of closed lists.
pub(crate) fn by_key(report: &Value) -> BTreeMap<String, Value> {
    let groups = report["groups"].as_array().unwrap().iter();
    groups
        .filter(|group| group["answers"] != 0 || group["families_served"] != 0)
        .map(|group| {
            let mut figures = group.clone();
            let members = figures.as_object_mut().unwrap();
            members.remove("label");
            let key = members.remove("key").unwrap();
            (key.as_str().unwrap().to_owned(), figures)
        })
        .collect()
}

/// What a report is grouped by.
pub(crate) const DIMENSIONS: [&str; 6] = ["centre", "township", "kind", "care_type", "month", "sub_score"];
