//! The bureau's figures, against a plain recount of random ratings.

use chrono::{Datelike as _, Days, Months, TimeDelta};
use entity::{CentreKind, RedemptionStatus, VisitStatus, ratings};
use harness::{TestApp, day};
use quanxiangtuo::features::satisfaction::{
    Answers,
    dto::{SatisfactionBy, SatisfactionQuery},
    rollups, service,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::satisfaction_world::{DIMENSIONS, FIRST, MONTHS, by_key, score, world};

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
async fn every_figure_equals_a_plain_recount_after_care_and_answers_changed() {
    let mut world = world(4).await;
    let (mut rng, officer) = (StdRng::seed_from_u64(5), world.app.officer().await);
    for turn in 0..6 {
        // Care comes and goes, answers change and are left out, a centre becomes another.
        for _ in 0..8 {
            let (i, status) = (rng.random_range(0..world.visits.len()), rng.random_bool(0.5));
            let status = if status { VisitStatus::Left } else { VisitStatus::Absent };
            world.visits[i].status = status;
            put(&world.app, world.visits[i].clone().into_active_model()).await;
        }
        for _ in 0..4 {
            let i = rng.random_range(0..world.redemptions.len());
            let redeemed = rng.random_bool(0.5);
            world.redemptions[i].status =
                if redeemed { RedemptionStatus::Redeemed } else { RedemptionStatus::Reversed };
            put(&world.app, world.redemptions[i].clone().into_active_model()).await;
        }
        for _ in 0..6 {
            let i = rng.random_range(0..world.states.len());
            let (at, row) = world.states[i].last_mut().unwrap();
            (row.level, row.safety, row.version) = (rng.random_range(1..=5), score(&mut rng), row.version + 1);
            row.excluded_for = rng.random_bool(0.3).then(|| "by_officers".to_owned());
            row.updated_at += TimeDelta::hours(rng.random_range(0..40));
            *at = row.updated_at;
            put(&world.app, row.clone().into_active_model()).await;
        }
        let centre = &mut world.places[turn % 4].centre;
        centre.township = if rng.random_bool(0.5) { "张坂镇" } else { "百崎回族乡" }.to_owned();
        centre.kind = if rng.random_bool(0.5) { CentreKind::Public } else { CentreKind::Community };
        put(&world.app, centre.clone().into_active_model()).await;
        if turn == 3 {
            // Several batches of marks at once, with none of the above asked for between them.
            continue;
        }
        for by in DIMENSIONS {
            let report = officer.get(&format!("/bureau/satisfaction?from=2025-12&to=2026-02&by={by}")).await.ok();
            assert_eq!(by_key(&report), world.recount(by, "2025-12", "2026-02", None), "{by}, turn {turn}");
            assert_eq!(&report["overall"], &world.recount("", "2025-12", "2026-02", None)[""], "turn {turn}");
        }
        assert_eq!(rollups::recount(&world.app.context().db).await.unwrap(), [], "turn {turn}");
    }
}

/// Writes every column of a row anew.
async fn put<A>(app: &TestApp, row: A)
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    row.reset_all().update(app.db()).await.unwrap();
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
        (Some(SatisfactionBy::SubScore), "sub_score"),
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
            // 4.0 is written 4.
            Some(number) => number.as_f64().unwrap().to_string(),
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
        let sub = ["environment", "carers", "meals", "safety", "communication"]
            .map(|score| ["answers", "rate", "mean"].map(|name| shown(&format!("/sub/{score}/{name}"))));
        assert_eq!(row.iter().skip(18).collect::<Vec<_>>(), sub.concat(), "{key}");
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
