//! The plan's indicators: counted, shown with what they are made of, kept month by month.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Band, CareType, CentreKind, Fen, Filed, OfferUnit, Ownership, VisitStatus, centre_states, centres, classes,
    indicator_snapshots, job_runs,
};
use harness::{Client, Place, TestApp, day};
use quanxiangtuo::features::{
    indicators::{
        journal,
        snapshots::{self, Fault},
    },
    ops::jobs,
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    EntityTrait as _,
};
use serde_json::{Value, json};

fn of<'a>(report: &'a Value, code: &str) -> &'a Value {
    report["items"].as_array().unwrap().iter().find(|item| item["code"] == code).unwrap()
}

async fn enter(officer: &Client, code: &str, value: i64) {
    let body = json!({ "code": code, "value": value, "as_of": "2025-12-31", "source": "2025年统计公报" });
    officer.post("/bureau/plan-inputs", body).await.created();
}

/// Two centres: a public, inclusive one with an infant class of 10 and a small class of 15, priced 80 yuan a day and
/// 1500 a month; a private, rural one that isn't inclusive, with a big class of 20 at 2000 yuan a month.
struct World {
    app: TestApp,
    officer: Client,
    place: Place,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::spawn().await;
        let place = app.place().await;
        let infants = app.class(place.centre.id, Band::Infant, 10, 4).await;
        let month = |fen: i64| {
            move |offer: &mut entity::offers::Model| (offer.unit, offer.price_fen) = (OfferUnit::Month, Fen(fen))
        };
        app.offer_with(&infants, CareType::FullDay, month(150_000)).await;
        let other = app
            .centre_with(|row| {
                row.ownership = Ownership::Private;
                row.kind = CentreKind::Private;
                row.township = "张坂镇".to_owned();
                (row.inclusive_from, row.medical_until) = (None, None);
            })
            .await;
        let big = app.class(other.id, Band::ToddlerBig, 20, 3).await;
        app.offer_with(&big, CareType::FullDay, month(200_000)).await;
        app.reload_catalogue().await;
        let officer = app.officer().await;
        Self { app, officer, place }
    }

    async fn read(&self, query: &str) -> Value {
        self.officer.get(&format!("/bureau/indicators{query}")).await.ok()
    }
}

#[tokio::test]
async fn every_indicator_shows_what_it_is_made_of_or_what_is_missing() {
    let world = World::new().await;
    let report = world.read("").await;
    assert_eq!(report["items"].as_array().unwrap().len(), 15);
    let missing = of(&report, "places_per_1000_people");
    assert_eq!((&missing["value"], &missing["met"]), (&Value::Null, &Value::Null));
    assert_eq!(missing["reason"]["code"], "input_missing");
    assert!(missing["reason"]["detail"].as_str().unwrap().contains("常住人口数"), "{missing}");
    assert_eq!((&missing["numerator"], &missing["denominator"]), (&json!(45), &Value::Null));

    for (code, value) in [("residents", 9000), ("under_threes", 200), ("income", 480_000), ("rural_income", 250_000)] {
        enter(&world.officer, code, value).await;
    }
    for (code, value) in [("workplaces", 40), ("workplaces_with_care", 3), ("carers", 20), ("certified_carers", 18)] {
        enter(&world.officer, code, value).await;
    }
    let rural =
        json!({ "code": "rural_township", "township": "张坂镇", "value": 1, "as_of": "2025-12-31", "source": "区划" });
    world.officer.post("/bureau/plan-inputs", rural).await.created();
    let report = world.read("?on=2026-03-02").await;
    let is = |code: &str, value: f64, met: bool| {
        let item = of(&report, code);
        assert_eq!((&item["value"], &item["met"]), (&json!(value), &json!(met)), "{item}");
        assert!(!item["sources"].as_array().unwrap().is_empty(), "{item}");
    };
    is("places_per_1000_people", 5.0, true);
    is("places_per_1000_under3", 225.0, true);
    is("guidance_signed", 0.5, false);
    is("under2_places", 0.5556, true);
    is("certified_carers", 0.9, true);
    // 80 yuan × 22, 1500 and 2000 yuan: 175 333 fen in the mean.
    is("price_to_income", 0.3653, false);
    is("rural_price_to_income", 0.8, false);
    is("inclusive_places", 0.5556, false);
    is("workplace_coverage", 0.075, false);
    is("public_centres", 0.5, true);
    is("public_places", 0.5556, true);
    // Both centres were entered this year, so all their places are new.
    is("new_public_places", 0.5556, false);
    let price = of(&report, "price_to_income");
    assert_eq!((&price["numerator"], &price["comparison"]), (&json!(175_333), &json!("at_most")));
    assert_eq!(of(&report, "satisfaction")["reason"]["code"], "too_few");
    // No community was imported: the bureau's own count is wanted.
    assert_eq!(of(&report, "community_coverage")["reason"]["code"], "input_missing");

    // The register has carers: they count, not what was entered.
    let path = format!("/bureau/centres/{}/carers", world.place.id());
    let certified = json!({ "name": "陈一", "certificate": "junior", "certificate_no": "QZ1" });
    for carer in [certified, json!({ "name": "林二", "certificate": "none" })] {
        world.officer.post(&path, carer).await.created();
    }
    for day in ["2026-01-15", "2026-02-20"] {
        let visit = json!({ "kind": "guidance_visit", "from": day, "party": "洛阳镇卫生院" });
        world.officer.post(&format!("/bureau/centres/{}/records", world.place.id()), visit).await.created();
    }
    let report = world.read("").await;
    let carers = of(&report, "certified_carers");
    assert_eq!((&carers["value"], &carers["sources"][0]["source"]), (&json!(0.5), &json!("保育人员台账")), "{carers}");
    assert_eq!(of(&report, "guidance_signed")["variants"][0]["numerator"], 1, "{report}");

    let csv = world.officer.get("/bureau/indicators.csv").await;
    let text = String::from_utf8(csv.bytes.clone()).unwrap();
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    let item = rows.iter().find(|row| &row[0] == "price_to_income").unwrap();
    assert_eq!([&item[2], &item[3], &item[4], &item[5]], ["0.3653", "0.35", "不高于", "否"]);
    assert!(rows.iter().any(|row| row[0] == *"guidance_signed" && row[12].starts_with("签约且本年巡回指导满两次")));
    assert!(world.officer.get("/bureau/indicators.xlsx").await.bytes.starts_with(b"PK"));
}

#[tokio::test]
async fn a_day_to_come_and_what_is_no_day_are_refused() {
    let world = World::new().await;
    for on in ["2026-03-03", "2026-04", "2026-13", "2026-02-30", "today"] {
        world.officer.get(&format!("/bureau/indicators?on={on}")).await.invalid("on");
    }
    world.read("?on=2026-03").await;
    world.officer.get("/bureau/indicators/gdp/trend").await.problem(404, "NOT_FOUND");
    world.officer.get("/bureau/indicators/place_use/trend?months=25").await.invalid("months");
    let manager = world.app.manager(world.place.centre.id).await;
    manager.get("/bureau/indicators").await.problem(403, "FORBIDDEN");
    // Nothing was recorded of a day before the journal.
    let past = world.read("?on=2026-02-10").await;
    assert_eq!(of(&past, "community_coverage")["reason"]["code"], "not_recorded");
}

#[tokio::test]
async fn the_use_of_places_is_told_by_enrolment_and_by_attendance() {
    let world = World::new().await;
    let app = &world.app;
    // Classes were added behind the journal's back.
    journal::record(&app.ctx).await.unwrap();
    app.clock.set("2026-03-12T09:00:00+08:00".parse().unwrap());
    let officer = app.fresh(&world.officer);
    let (a, b, c) = (app.a_family().await, app.a_family().await, app.a_family().await);
    let visit = async |family: &harness::Family, date: &str, status| {
        app.visit(&world.place, family, day(date), status).await;
    };
    // From 1 to 11 March are 8 opening days of two centres with 45 places.
    visit(&a, "2026-03-03", VisitStatus::Left).await;
    visit(&a, "2026-03-04", VisitStatus::Left).await;
    visit(&b, "2026-03-04", VisitStatus::NoShow).await;
    visit(&b, "2026-03-25", VisitStatus::Expected).await;
    visit(&c, "2026-03-05", VisitStatus::Cancelled).await;
    visit(&c, "2026-02-27", VisitStatus::Left).await;
    let hourly = |row: &mut entity::visits::Model| row.care_type = CareType::Hourly;
    app.visit_with(&world.place, &c, day("2026-03-06"), VisitStatus::Left, hourly).await;
    // A voucher day without a visit is care; one beside a visit is the same day.
    let voucher = app.voucher(&app.campaign().await, &c).await;
    app.redemption(&voucher, world.place.centre.id, day("2026-03-10"), |_| {}).await;
    app.redemption(&voucher, world.place.centre.id, day("2026-03-06"), |_| {}).await;
    let report = officer.get("/bureau/indicators").await.ok();
    let figure = of(&report, "place_use");
    assert_eq!((&figure["numerator"], &figure["denominator"]), (&json!(2), &json!(45)), "{figure}");
    assert_eq!(figure["variants"][0]["basis"], "enrolment");
    assert_eq!(
        figure["variants"][1],
        json!({ "basis": "attendance", "value": 0.0111, "numerator": 4, "denominator": 360 })
    );
    // Closed in the evening of the 6th: its children and its places count for the days before, and no more now.
    let closed =
        centres::ActiveModel { id: Unchanged(world.place.centre.id), active: Set(false), ..Default::default() };
    closed.update(app.db()).await.unwrap();
    app.insert(state(&world.place, "2026-03-06T12:00:00Z", |row| row.active = false)).await;
    let report = officer.get("/bureau/indicators").await.ok();
    let figure = of(&report, "place_use");
    assert_eq!((&figure["numerator"], &figure["denominator"]), (&json!(0), &json!(20)), "{figure}");
    // 4 days of 25 places, 8 of 20.
    assert_eq!((&figure["variants"][1]["numerator"], &figure["variants"][1]["denominator"]), (&json!(2), &json!(260)));
}

/// What a centre was from an instant on.
pub(crate) fn state(
    place: &Place,
    since: &str,
    change: impl FnOnce(&mut centre_states::Model),
) -> centre_states::Model {
    let since: DateTime<Utc> = since.parse().unwrap();
    let row = &place.centre;
    let mut state = centre_states::Model {
        centre_id: row.id,
        since,
        kind: row.kind,
        ownership: row.ownership,
        township: row.township.clone(),
        filed: row.filed,
        active: true,
        inclusive_from: row.inclusive_from,
        inclusive_until: row.inclusive_until,
        medical_until: row.medical_until,
        infant: 0,
        toddler_small: 15,
        toddler_big: 0,
        mixed: 0,
        family: 0,
        day_offers: 1,
        month_offers: 0,
        day_fen: 8000,
        month_fen: 0,
        recorded_at: since,
    };
    change(&mut state);
    state
}

/// A centre founded in 2025 with 10 places, 15 since February 2026; its journal says so.
async fn grown() -> (TestApp, Client, Place) {
    let app = TestApp::spawn().await;
    // The worker's next turn is a minute away then.
    while job_runs::Entity::find_by_id(jobs::INDICATORS).one(app.db()).await.unwrap().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let founded: DateTime<Utc> = "2025-06-01T01:00:00Z".parse().unwrap();
    let place = app.place_with(15, 3, |row| (row.created_at, row.changed_at) = (founded, founded)).await;
    let officer = app.officer().await;
    enter(&officer, "residents", 3000).await;
    app.insert(state(&place, "2025-06-01T02:00:00Z", |row| row.toddler_small = 10)).await;
    app.insert(state(&place, "2026-02-10T01:00:00Z", |_| {})).await;
    let changed = centres::ActiveModel {
        id: Unchanged(place.centre.id),
        changed_at: Set("2026-02-10T01:00:00Z".parse().unwrap()),
        ..Default::default()
    };
    changed.update(app.db()).await.unwrap();
    (app, officer, place)
}

#[tokio::test]
async fn a_closed_month_is_kept_as_it_was_counted() {
    let (app, officer, place) = grown().await;
    snapshots::take_due(&app.ctx).await.unwrap();
    // From June 2025 to February 2026; another turn adds nothing.
    assert_eq!(app.count(indicator_snapshots::Entity).await, 9);
    assert_eq!(snapshots::take_due(&app.ctx).await.unwrap(), 0);
    assert_eq!(snapshots::waiting(&app.ctx).await.unwrap(), 0);

    let trend = officer.get("/bureau/indicators/places_per_1000_people/trend").await.ok();
    let points = trend["items"].as_array().unwrap();
    assert_eq!(points.len(), 9);
    assert_eq!(
        (&points[0]["month"], &points[0]["value"]),
        (&json!("2025-06"), &Value::Null),
        "nothing entered for then"
    );
    let value = |n: usize| (points[n]["month"].clone(), points[n]["numerator"].clone(), points[n]["value"].clone());
    assert_eq!(value(7), (json!("2026-01"), json!(10), json!(3.3333)));
    assert_eq!(value(8), (json!("2026-02"), json!(15), json!(5.0)));
    let trend = officer.get("/bureau/indicators/new_public_places/trend?months=2").await.ok();
    assert_eq!(trend["items"].as_array().unwrap().len(), 2);
    assert_eq!(trend["items"][1]["numerator"], 5, "{trend}");
    let closed = officer.get("/bureau/indicators?on=2026-02").await.ok();
    assert_eq!((&closed["closed"], &closed["on"]), (&json!(true), &json!("2026-02-28")));

    // What comes later leaves it as it is.
    assert_eq!(snapshots::verify(&app.ctx).await.unwrap(), (9, vec![]));
    app.clock.advance(TimeDelta::hours(2));
    enter(&officer, "residents", 5000).await;
    let fewer = classes::ActiveModel { id: Unchanged(place.class.id), places: Set(8), ..Default::default() };
    fewer.update(app.db()).await.unwrap();
    let touched =
        centres::ActiveModel { id: Unchanged(place.centre.id), changed_at: Set(app.clock.now()), ..Default::default() };
    touched.update(app.db()).await.unwrap();
    journal::record(&app.ctx).await.unwrap();
    assert_eq!(journal::record(&app.ctx).await.unwrap(), 0);
    assert_eq!(officer.get("/bureau/indicators?on=2026-02").await.ok(), closed);
    assert_eq!(snapshots::verify(&app.ctx).await.unwrap(), (9, vec![]));
    assert_eq!(of(&officer.get("/bureau/indicators").await.ok(), "places_per_1000_people")["value"], 1.6);
    let day = officer.get("/bureau/indicators?on=2026-02-28").await.ok();
    assert_eq!(of(&day, "places_per_1000_people")["value"], 3.0, "by what is known now of that day");
    let (taken, revised) = snapshots::recompute(&app.ctx).await.unwrap();
    assert_eq!(taken, 0);
    let months: Vec<_> = revised.iter().map(|of| (of.month.to_string(), of.kept.parts, of.now.parts)).collect();
    assert_eq!(months.last(), Some(&("2026-02-01".to_owned(), Some(50_000), Some(30_000))));
}

#[tokio::test]
async fn what_was_changed_behind_the_programs_back_is_named() {
    let (app, _, _) = grown().await;
    snapshots::take_due(&app.ctx).await.unwrap();
    let february = indicator_snapshots::Entity::find_by_id(day("2026-02-01")).one(app.db()).await.unwrap().unwrap();
    let forged = indicator_snapshots::ActiveModel {
        month: Unchanged(february.month),
        figures: Set(february.figures.replace("50000", "60000")),
        ..Default::default()
    };
    forged.update(app.db()).await.unwrap();
    let (n, broken) = snapshots::verify(&app.ctx).await.unwrap();
    assert_eq!((n, broken), (9, vec![(day("2026-02-01"), Fault::Changed)]));
    // The journal rewritten: every month that it tells of.
    centre_states::Entity::update_many()
        .col_expr(centre_states::Column::ToddlerSmall, sea_orm::sea_query::Expr::value(99))
        .exec(app.db())
        .await
        .unwrap();
    let (_, broken) = snapshots::verify(&app.ctx).await.unwrap();
    assert_eq!(broken.len(), 9, "{broken:?}");
    assert_eq!(broken[0], (day("2025-06-01"), Fault::Facts));
}

#[tokio::test]
async fn replicas_that_keep_a_month_at_once_keep_it_once() {
    let (app, _, _) = grown().await;
    let other = app.replica().await;
    let (one, two) = futures_util::future::join(snapshots::take_due(&app.ctx), snapshots::take_due(&other.ctx)).await;
    one.unwrap();
    two.unwrap();
    assert_eq!(app.count(indicator_snapshots::Entity).await, 9);
    assert_eq!(snapshots::verify(&app.ctx).await.unwrap(), (9, vec![]));
}

#[tokio::test]
async fn projects_count_sites_places_and_townships() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    for (kind, township, places) in [
        (CentreKind::PartyNeighbourhood, "洛阳镇", 15),
        (CentreKind::PartyNeighbourhood, "东园镇", 15),
        (CentreKind::PartyNeighbourhood, "张坂镇", 15),
        (CentreKind::Community, "洛阳镇", 15),
        (CentreKind::Community, "东园镇", 15),
        (CentreKind::Kindergarten, "洛阳镇", 90),
        (CentreKind::Private, "百崎回族乡", 15),
    ] {
        let change = |row: &mut centres::Model| (row.kind, row.township) = (kind, township.to_owned());
        app.place_with(places, 20, change).await;
    }
    let closed = |row: &mut centres::Model| (row.kind, row.active) = (CentreKind::Community, false);
    app.place_with(15, 3, closed).await;
    // Merely entered: no filing, or no class with places.
    let unfiled = |row: &mut centres::Model| {
        (row.kind, row.township, row.filed) = (CentreKind::Community, "百崎回族乡".to_owned(), Filed::None);
    };
    app.place_with(15, 3, unfiled).await;
    app.centre_with(|row| (row.kind, row.township) = (CentreKind::Community, "百崎回族乡".to_owned())).await;
    let progress = officer.get("/bureau/projects/progress?limit=4").await.ok();
    let tasks = progress["tasks"].as_array().unwrap().iter();
    let tasks: Vec<_> = tasks
        .map(|task| (task["task"].clone(), task["count"].clone(), task["target"].clone(), task["met"].clone()))
        .collect();
    let task = |word: &str, count: i64, target: i64| (json!(word), json!(count), json!(target), json!(count >= target));
    assert_eq!(
        tasks,
        [
            task("party_neighbourhood_centres", 3, 3),
            task("community_centres", 2, 2),
            task("places", 75, 80),
            task("townships", 3, 4),
            task("places", 90, 90),
        ]
    );
    assert_eq!(progress["tasks"][3]["missing_townships"], json!(["百崎回族乡"]));
    let rest = format!("/bureau/projects/progress?cursor={}", progress["next_cursor"].as_str().unwrap());
    let rest = officer.get(&rest).await.ok();
    assert_eq!((progress["centres"].as_array().unwrap().len(), rest["centres"].as_array().unwrap().len()), (4, 2));
}
