//! The bureau's figures, against a plain recount of random ratings.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};
use entity::{
    CareType, CentreId, CentreKind, ChildId, FamilyId, RedemptionStatus, TextStatus, VisitStatus, rating_versions,
    ratings, redemptions, visits,
};
use harness::{Family, Place, TestApp, day};
use quanxiangtuo::features::satisfaction::{
    Answers,
    dto::{SatisfactionBy, SatisfactionQuery},
    rules::{Counts, figures},
    service,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

/// What was arranged, as plain rows.
struct World {
    app: TestApp,
    places: Vec<Place>,
    visits: Vec<visits::Model>,
    redemptions: Vec<redemptions::Model>,
    /// Every state of every rating, oldest first.
    states: Vec<Vec<(DateTime<Utc>, ratings::Model)>>,
}

const FIRST: &str = "2025-11-01";
const MONTHS: u32 = 4;

fn month(date: NaiveDate) -> String {
    date.format("%Y-%m").to_string()
}

/// Random care in four months at four centres, and ratings of two thirds of it: some changed
/// later, some excluded, some again included.
async fn world(seed: u64) -> World {
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
        environment: None,
        carers: None,
        meals: None,
        safety: None,
        communication: None,
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
        row.excluded_for = rng.random_bool(0.25).then(|| "本机构人员".to_owned());
        states.push((at, row.clone()));
    }
    Some(states)
}

fn version(app: &TestApp, at: DateTime<Utc>, row: &ratings::Model) -> rating_versions::Model {
    rating_versions::Model {
        id: app.id(),
        rating_id: row.id,
        version: row.version,
        level: row.level,
        environment: None,
        carers: None,
        meals: None,
        safety: None,
        communication: None,
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
    fn recount(&self, by: &str, from: &str, to: &str, as_of: Option<DateTime<Utc>>) -> BTreeMap<String, Value> {
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
        }
        let visits = self.visits.iter().filter(|visit| visit.status == VisitStatus::Left);
        let visits = visits.map(|v| (v.family_id, v.child_id, v.centre_id, v.care_type, v.date));
        let units = self.redemptions.iter().filter(|unit| unit.status == RedemptionStatus::Redeemed);
        let units = units.map(|r| (r.family_id, r.child_id, r.centre_id, r.care_type, r.service_date));
        let mut care: BTreeMap<String, BTreeSet<(ChildId, CentreId, String)>> = BTreeMap::new();
        let mut families: BTreeMap<String, BTreeSet<FamilyId>> = BTreeMap::new();
        for (family, child, centre, care_type, date) in visits.chain(units).filter(|care| within(care.4)) {
            let key = self.key(by, centre, care_type, date);
            care.entry(key.clone()).or_default().insert((child, centre, month(date)));
            families.entry(key).or_default().insert(family);
        }
        for (key, set) in care {
            counts.entry(key).or_default().units = i64::try_from(set.len()).unwrap();
        }
        for (key, set) in families {
            counts.entry(key).or_default().families = i64::try_from(set.len()).unwrap();
        }
        counts.into_iter().map(|(key, counts)| (key, serde_json::to_value(figures(counts, 0.9)).unwrap())).collect()
    }
}

/// The groups of a report by key, without the empty ones of closed lists.
fn by_key(report: &Value) -> BTreeMap<String, Value> {
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

const DIMENSIONS: [&str; 5] = ["centre", "township", "kind", "care_type", "month"];

#[tokio::test]
async fn every_figure_equals_a_plain_recount() {
    let world = world(1).await;
    let officer = world.app.officer().await;
    let mut enough = 0;
    for (from, to) in [("2025-11", "2026-02"), ("2025-12", "2025-12"), ("2026-01", "2026-02")] {
        let overall = &world.recount("", from, to, None)[""];
        for by in DIMENSIONS {
            let report = officer.get(&format!("/bureau/satisfaction?from={from}&to={to}&by={by}")).await.ok();
            assert_eq!(&report["overall"], overall, "{from} to {to}");
            assert_eq!(by_key(&report), world.recount(by, from, to, None), "{by}, {from} to {to}");
            enough += by_key(&report).values().filter(|group| group["too_few"] == false).count();
        }
    }
    assert!(enough > 20, "the recount means little when most groups are too few: {enough}");
}

#[tokio::test]
async fn a_figure_recomputed_from_the_versions_has_the_same_digits() {
    let world = world(2).await;
    let ctx = &world.app.ctx;
    let from = serde_json::from_value(json!("2025-11")).unwrap();
    let to = serde_json::from_value(json!("2026-02")).unwrap();
    let report = async |by, source| {
        let query = SatisfactionQuery { from: Some(from), to: Some(to), by };
        serde_json::to_value(service::report(ctx, query, source).await.unwrap()).unwrap()
    };
    let dimensions = [
        (None, ""),
        (Some(SatisfactionBy::Centre), "centre"),
        (Some(SatisfactionBy::Township), "township"),
        (Some(SatisfactionBy::Kind), "kind"),
        (Some(SatisfactionBy::CareType), "care_type"),
        (Some(SatisfactionBy::Month), "month"),
    ];
    for (by, word) in dimensions {
        let (present, late) = (report(by, Answers::Present).await, world.app.clock.now() + TimeDelta::days(60));
        let again = report(by, Answers::AsOf(late)).await;
        assert_eq!((&present["overall"], &present["groups"]), (&again["overall"], &again["groups"]), "{word}");
        // And as it stood in the middle, when a part of the states did not exist yet.
        let middle = (day(FIRST) + Days::new(70)).and_hms_opt(12, 0, 0).unwrap().and_utc();
        let then = report(by, Answers::AsOf(middle)).await;
        assert_eq!(then["overall"], world.recount("", "2025-11", "2026-02", Some(middle))[""]);
        assert_ne!(then["overall"], present["overall"]);
        if by.is_some() {
            assert_eq!(by_key(&then), world.recount(word, "2025-11", "2026-02", Some(middle)), "{word}");
        }
    }
}

#[tokio::test]
async fn the_table_has_the_digits_of_the_json() {
    let world = world(3).await;
    let officer = world.app.officer().await;
    let query = "from=2025-11&to=2026-02&by=centre";
    let report = officer.get(&format!("/bureau/satisfaction?{query}")).await.ok();
    let reply = officer.get(&format!("/bureau/satisfaction.csv?{query}")).await;
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
    let disposition = reply.header("content-disposition").unwrap();
    assert_eq!(disposition, "attachment; filename=\"satisfaction_2025-11_2026-02.csv\"");
    let text = String::from_utf8(reply.bytes.clone()).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("Excel needs the byte order mark");
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let header = table.headers().unwrap().clone();
    assert!(header.iter().all(|name| !name.is_ascii()), "the header is Chinese");
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    let mut figures = vec![("overall".to_owned(), report["overall"].clone())];
    for group in report["groups"].as_array().unwrap() {
        figures.push((group["key"].as_str().unwrap().to_owned(), group.clone()));
    }
    assert_eq!(rows.len(), figures.len());
    for (row, (key, figures)) in rows.iter().zip(figures) {
        let shown = |pointer: &str| match figures.pointer(pointer) {
            None | Some(Value::Null) => String::new(),
            Some(Value::Bool(yes)) => if *yes { "是" } else { "否" }.to_owned(),
            Some(number) => number.to_string(),
        };
        assert_eq!(row[0], key);
        let cells: Vec<_> = [4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15].map(|i| row[i].to_owned()).into();
        let expected = [
            "/answers",
            "/satisfied",
            "/rate",
            "/mean",
            "/families_served",
            "/response_rate",
            "/interval/low",
            "/interval/high",
            "/met",
            "/met_with_confidence",
            "/too_few",
        ];
        assert_eq!(cells, expected.map(shown), "{key}");
    }
}

/// The rows of the world lie where the tests look.
#[tokio::test]
async fn the_world_of_these_tests_has_what_it_should() {
    let world = world(1).await;
    assert_eq!(ratings::Entity::find().all(world.app.db()).await.unwrap().len(), world.states.len());
    let last = day(FIRST) + Months::new(MONTHS);
    assert!(world.visits.iter().all(|visit| visit.date < last && visit.date.year() >= 2025));
    assert!(world.states.iter().any(|states| states.last().unwrap().1.excluded_for.is_some()));
    assert!(world.redemptions.iter().any(|unit| unit.status == RedemptionStatus::Reversed));
}
