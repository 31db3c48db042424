//! Support sheets from attendance to frozen, rates, the rules of funds.

use entity::{
    Band, ClassId, Fen, RedemptionStatus, ReductionKind, StaffRole, VisitStatus, bookings, children, fee_reductions,
    redemptions, visits, vouchers,
};
use harness::{Client, Family, Place, TestApp, at_once, day};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    EntityTrait as _,
};
use serde_json::{Value, json};

/// A centre with a class for small toddlers, and three children in February 2026: one with 10 days, one with 9,
/// one with 10 of which 3 by the hour.
struct Scene {
    app: TestApp,
    place: Place,
    officer: Client,
    other: Client,
    families: Vec<Family>,
    visits: Vec<visits::Model>,
}

const DAYS: [u32; 10] = [2, 3, 4, 5, 6, 9, 10, 11, 12, 13];

impl Scene {
    async fn new() -> Self {
        let app = TestApp::spawn().await;
        let place = app.place().await;
        let (officer, other) = (app.officer().await, app.officer().await);
        let families = app.many_families(3).await;
        let mut visits = Vec::new();
        for (family, days, hourly) in [(&families[0], 10, 0), (&families[1], 9, 0), (&families[2], 10, 3)] {
            for (n, date) in DAYS.iter().take(days).enumerate() {
                let change = |row: &mut visits::Model| {
                    if n < hourly {
                        row.care_type = entity::CareType::Hourly;
                    }
                };
                let date = day(&format!("2026-02-{date:02}"));
                visits.push(app.visit_with(&place, family, date, VisitStatus::Left, change).await);
            }
        }
        Self { app, place, officer, other, families, visits }
    }

    async fn draft(&self, kind: &str, source: &str) -> harness::Reply {
        let body =
            json!({ "kind": kind, "centre_id": self.place.centre.id, "month": "2026-02", "fund_source": source });
        self.officer.post("/bureau/support-sheets", body).await
    }

    async fn checked(&self, kind: &str) -> Value {
        let draft = self.draft(kind, "district").await.created();
        self.officer.post(&path(&draft, "/check"), json!({})).await.ok()
    }

    async fn gone(&self, visit: &visits::Model) {
        let change =
            visits::ActiveModel { id: Unchanged(visit.id), status: Set(VisitStatus::NoShow), ..Default::default() };
        change.update(self.app.db()).await.unwrap();
    }
}

fn path(sheet: &Value, rest: &str) -> String {
    format!("/bureau/support-sheets/{}{rest}", sheet["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_incentive_is_drafted_checked_by_one_frozen_by_another_and_never_changed() {
    let scene = Scene::new().await;
    let (officer, other) = (&scene.officer, &scene.other);
    let draft = scene.draft("incentive", "central").await.created();
    assert_eq!((&draft["supported"], &draft["total_fen"]), (&json!(1), &json!(20_000)));
    other.post(&path(&draft, "/freeze"), json!({})).await.problem(409, "WRONG_STATE");
    officer.post(&path(&draft, "/check"), json!({})).await.ok();
    officer.post(&path(&draft, "/check"), json!({})).await.problem(409, "WRONG_STATE");
    officer.post(&path(&draft, "/freeze"), json!({})).await.problem(403, "FORBIDDEN");
    let frozen = other.post(&path(&draft, "/freeze"), json!({})).await.ok();
    assert_eq!((&frozen["status"], &frozen["number"]), (&json!("frozen"), &json!("incentive-2026-0001")));
    assert_ne!(frozen["checked_by"], frozen["frozen_by"]);
    scene.draft("incentive", "district").await.problem(409, "STATEMENT_FROZEN");
    officer.delete(&path(&frozen, "")).await.problem(409, "STATEMENT_FROZEN");

    let read = officer.get(&path(&frozen, "")).await.ok();
    let line = &read["figures"]["lines"][0];
    let counted = (&line["band"], &line["age_years"], &line["children"], &line["child_months"], &line["supported"]);
    assert_eq!(counted, (&json!("toddler_small"), &json!(1), &json!(3), &json!(1), &json!(1)));
    let sha = &frozen["figures_sha256"];
    assert_eq!(read["recomputed"], json!({ "figures_sha256": sha, "same": true, "same_now": true }));
    // What is put right later leaves it as it is, and shows: on the sheet, in the list, among the signals.
    let centre = scene.place.centre.id;
    let staff = scene.app.staff("manager-of-visits", StaffRole::Manager, Some(centre)).await;
    let manager = scene.app.session_of(&staff).await;
    scene.app.entry_check(centre, scene.families[0].child_id, staff.id).await;
    let correct = format!("/desk/visits/{}/corrections", scene.visits[0].id);
    manager.post(&correct, json!({ "status": "no_show", "reason": "登记错误" })).await.ok();
    let again = officer.get(&path(&frozen, "")).await.ok();
    assert_eq!(again["recomputed"], json!({ "figures_sha256": sha, "same": true, "same_now": false }));
    assert_eq!(again["figures"], read["figures"]);

    let list = officer.get("/bureau/support-sheets?kind=incentive&month=2026-02&status=frozen&differs=true").await.ok();
    let since = list["items"][0]["differs_since"].clone();
    assert!(since.as_str().is_some_and(|since| since.starts_with("2026-03-02")), "{list}");
    let signals = async || {
        let path = "/bureau/signals?from=2026-03-01&to=2026-03-02&kind=support_sheet";
        officer.get(path).await.ok()["items"].as_array().unwrap().clone()
    };
    let signal = &signals().await[0];
    assert!(signal["detail"].as_str().unwrap().contains("incentive-2026-0001"), "{signal}");
    let back = json!({ "status": "left", "checked_in_at": "2026-02-02T08:05:00+08:00",
        "checked_out_at": "2026-02-02T16:50:00+08:00", "reason": "更正有误" });
    let admin = scene.app.admin().await;
    // Another kind's rate is no difference.
    let rent = json!({ "item": "rent", "rate_fen": 1, "from_month": "2026-01", "source": "区财政" });
    admin.post("/bureau/support-rates", rent).await.created();
    manager.post(&correct, back).await.ok();
    assert!(signals().await.is_empty());
    let list = officer.get("/bureau/support-sheets?kind=incentive&month=2026-02&status=frozen").await.ok();
    assert_eq!(list["items"], json!([frozen]));
    assert_eq!(officer.get("/bureau/support-sheets?differs=true").await.ok()["items"], json!([]));
    assert_eq!(officer.get("/bureau/support-sheets?kind=rent").await.ok()["items"], json!([]));
    let csv = String::from_utf8(officer.get(&path(&frozen, "/sheet.csv")).await.bytes.clone()).unwrap();
    assert!(csv.contains("托小班") && csv.contains("20000"), "{csv}");
    assert!(officer.get(&path(&frozen, "/sheet.xlsx")).await.bytes.starts_with(b"PK"));
    let page = String::from_utf8(officer.get(&path(&frozen, "/sheet.html")).await.bytes.clone()).unwrap();
    assert!(page.contains("incentive-2026-0001") && page.contains("200.00") && !page.contains("未定稿"), "{page}");
    assert!(officer.get("/bureau/support-sheets.xlsx").await.bytes.starts_with(b"PK"));
    manager.get(&path(&frozen, "")).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn what_changes_between_draft_check_and_freeze_has_to_be_drafted_again() {
    let scene = Scene::new().await;
    let draft = scene.draft("incentive", "district").await.created();
    scene.gone(&scene.visits[0]).await;
    let stale = scene.officer.post(&path(&draft, "/check"), json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(stale["reason"], "figures_changed");
    let again = scene.checked("incentive").await;
    assert_eq!((&again["id"], &again["total_fen"]), (&draft["id"], &json!(0)));
    scene.gone(&scene.visits[1]).await;
    let stale = scene.other.post(&path(&again, "/freeze"), json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(stale["reason"], "figures_changed");
    // No number was used up.
    assert_eq!(scene.app.count(entity::support_numbers::Entity).await, 0);
    scene.officer.delete(&path(&again, "")).await.no_content();
    scene.officer.get(&path(&again, "")).await.problem(404, "NOT_FOUND");
    let early = json!({ "kind": "incentive", "centre_id": scene.place.centre.id, "month": "2026-03", "fund_source": "district" });
    scene.officer.post("/bureau/support-sheets", early).await.invalid("month");
}

#[tokio::test]
async fn operating_support_is_never_central_and_needs_a_rate_within_its_cap() {
    let scene = Scene::new().await;
    let admin = scene.app.admin().await;
    let rate = |item: &str, fen: i64, from: &str| json!({ "item": item, "rate_fen": fen, "from_month": from, "source": "区财政" });
    let refused = scene.draft("operating", "central").await.problem(422, "FUND_RULE_VIOLATION");
    assert_eq!(refused["fund_category"], "operating_subsidy");
    let refused = scene.draft("operating", "district").await.problem(409, "WRONG_STATE");
    assert_eq!(refused["reason"], "no_rate");
    scene.officer.post("/bureau/support-rates", rate("operating", 1, "2026-01")).await.problem(403, "FORBIDDEN");
    admin.post("/bureau/support-rates", rate("infant", 30_001, "2026-03")).await.invalid("rate_fen");
    for item in ["operating", "rent"] {
        admin.post("/bureau/support-rates", rate(item, 100_000, "2026-01")).await.created();
    }
    admin.post("/bureau/support-rates", rate("rent", 90_000, "2026-01")).await.problem(409, "WRONG_STATE");
    let rates = scene.officer.get("/bureau/support-rates").await.ok();
    assert_eq!(rates["items"].as_array().unwrap().len(), 5);

    let rent = scene.draft("rent", "central").await.created();
    // Three children on fifteen places.
    assert_eq!((&rent["fund_category"], &rent["total_fen"]), (&json!("rent_relief"), &json!(20_000)));
    let page = String::from_utf8(scene.officer.get(&path(&rent, "/sheet.html")).await.bytes.clone()).unwrap();
    assert!(page.contains("托位 15 个") && page.contains("200.00"), "{page}");
    let sheet = scene.checked("operating").await;
    let frozen = scene.other.post(&path(&sheet, "/freeze"), json!({})).await.ok();
    assert_eq!((&frozen["number"], &frozen["total_fen"]), (&json!("operating-2026-0001"), &json!(100_000)));
    let read = scene.officer.get(&path(&frozen, "")).await.ok();
    let figures = &read["figures"];
    assert_eq!(
        (&figures["days_run"], &figures["months_run"], &figures["filed"]),
        (&json!(10), &json!(1), &json!("filed"))
    );
    assert_eq!((&figures["children"], &figures["supported"]), (&json!(3), &json!(0)));
    // Who isn't recognised at the month's end gets nothing, and the sheet says why.
    let ended = entity::centres::ActiveModel {
        id: Unchanged(scene.place.centre.id),
        inclusive_until: Set(Some(day("2026-02-27"))),
        ..Default::default()
    };
    ended.update(scene.app.db()).await.unwrap();
    for kind in ["incentive", "rent"] {
        let sheet = scene.draft(kind, "district").await.created();
        let read = scene.officer.get(&path(&sheet, "")).await.ok();
        assert_eq!((&read["total_fen"], &read["figures"]["unpaid"]), (&json!(0), &json!("not_inclusive")), "{read}");
        let page = String::from_utf8(scene.officer.get(&path(&sheet, "/sheet.html")).await.bytes.clone()).unwrap();
        assert!(page.contains("不在普惠认定有效期内"), "{page}");
    }
    // A recognition that reached the bureau after the month counts from its days, whatever was known at its end.
    let known = |row: &mut entity::centre_states::Model| row.inclusive_until = Some(day("2026-02-27"));
    scene.app.insert(crate::indicators::state(&scene.place, "2026-02-01T00:00:00Z", known)).await;
    let renewed = entity::centres::ActiveModel {
        id: Unchanged(scene.place.centre.id),
        inclusive_until: Set(Some(day("2027-02-27"))),
        ..Default::default()
    };
    renewed.update(scene.app.db()).await.unwrap();
    let sheet = scene.draft("incentive", "district").await.body;
    let read = scene.officer.get(&path(&sheet, "")).await.ok();
    assert_eq!(read["figures"].get("unpaid"), None, "{read}");
    assert!(read["total_fen"].as_i64().unwrap() > 0, "{read}");
    // A frozen month keeps its rate.
    admin.post("/bureau/support-rates", rate("operating", 50_000, "2026-02")).await.problem(409, "WRONG_STATE");
    admin.post("/bureau/support-rates", rate("operating", 50_000, "2026-03")).await.created();
}

#[tokio::test]
async fn families_with_reduced_fees_are_counted_by_what_their_care_was_priced_with() {
    let scene = Scene::new().await;
    let line = |kind: ReductionKind| {
        let label = format!("{}减免20%（每天）", kind.zh());
        json!([{ "code": "care", "label": "全日托（每天）", "quantity": 1, "unit_fen": 8000, "amount_fen": 8000 },
            { "code": "reduction", "label": label, "quantity": 1, "unit_fen": -1600, "amount_fen": -1600 }])
    };
    // Two days of one family, one of another; a third family's day was called off.
    scene.gone(&scene.visits[19]).await;
    for (visit, kind) in [
        (0, ReductionKind::ThirdChild),
        (1, ReductionKind::ThirdChild),
        (10, ReductionKind::Disabled),
        (19, ReductionKind::SpecialFamily),
    ] {
        let lines = bookings::ActiveModel {
            id: Unchanged(scene.visits[visit].booking_id),
            price_lines: Set(line(kind)),
            ..Default::default()
        };
        lines.update(scene.app.db()).await.unwrap();
    }
    // Of the two one was there on ten days; a rate for it is the administrator's to set.
    let without = scene.draft("incentive", "district").await.created();
    let read = scene.officer.get(&path(&without, "")).await.ok();
    let reduced = json!({ "child_months": 1, "supported": 0, "rate_fen": null, "amount_fen": 0 });
    assert_eq!((&read["figures"]["reduced_fees"], &read["total_fen"]), (&reduced, &json!(20_000)));
    let rate = json!({ "item": "reduced_fee", "rate_fen": 15_000, "from_month": "2026-02", "source": "区财政" });
    scene.app.admin().await.post("/bureau/support-rates", rate).await.created();
    let draft = scene.draft("incentive", "district").await.created();
    let read = scene.officer.get(&path(&draft, "")).await.ok();
    let reduced = json!({ "child_months": 1, "supported": 1, "rate_fen": 15_000, "amount_fen": 15_000 });
    assert_eq!((&read["figures"]["reduced_fees"], &read["total_fen"]), (&reduced, &json!(35_000)));
    let csv = String::from_utf8(scene.officer.get(&path(&draft, "/sheet.csv")).await.bytes.clone()).unwrap();
    assert!(csv.contains("减免儿童") && csv.contains("15000"), "{csv}");
    // What the centre and the family say today changes nothing of what was paid then.
    let centre_id = scene.place.centre.id;
    scene.app.insert(fee_reductions::Model { centre_id, kind: ReductionKind::ThirdChild, percent: 20 }).await;
    for family in &scene.families {
        let third =
            children::ActiveModel { id: Unchanged(family.child_id), third_child: Set(true), ..Default::default() };
        third.update(scene.app.db()).await.unwrap();
    }
    let read = scene.officer.get(&path(&draft, "")).await.ok();
    let mut reductions = read["figures"]["reductions"].as_array().unwrap().clone();
    reductions.sort_by_key(|row| row["kind"].as_str().unwrap().to_owned());
    assert_eq!(
        json!(reductions),
        json!([{ "kind": "disabled", "families": 1 }, { "kind": "third_child", "families": 1 }])
    );
    assert_eq!(read["recomputed"]["same_now"], true);
}

#[tokio::test]
async fn a_childs_days_count_once_and_its_month_is_paid_at_one_centre() {
    let scene = Scene::new().await;
    let (app, here, there) = (&scene.app, &scene.place, scene.app.place().await);
    let families = app.many_families(3).await;
    let mixed = app.class(here.centre.id, Band::Mixed, 18, 4).await;
    let visit = async |place: &Place, family: &Family, n: u32, class: Option<ClassId>| {
        let change = |row: &mut visits::Model| {
            row.class_id = class.unwrap_or(row.class_id);
            row.care_type = entity::CareType::HalfDay;
        };
        let date = day(&format!("2026-02-{n:02}"));
        app.visit_with(place, family, date, VisitStatus::Left, change).await
    };
    for date in DAYS {
        // Mornings here, afternoons there; as many days.
        visit(here, &families[1], date, None).await;
        visit(&there, &families[1], date, None).await;
        // More days there.
        visit(here, &families[2], date, None).await;
        visit(&there, &families[2], date, None).await;
    }
    visit(&there, &families[2], 16, None).await;
    for date in &DAYS[..5] {
        // Five days, in two classes each.
        visit(here, &families[0], *date, None).await;
        visit(here, &families[0], *date, Some(mixed.id)).await;
    }
    let sheet = async |place: &Place| {
        let centre_id = place.centre.id;
        let body =
            json!({ "kind": "incentive", "centre_id": centre_id, "month": "2026-02", "fund_source": "district" });
        scene.officer.post("/bureau/support-sheets", body).await
    };
    let (first, second) = (sheet(here).await.created(), sheet(&there).await.created());
    // Here one of the scene's own and the one with as many days, for this centre was entered first; there the
    // one with more.
    assert_eq!((&first["supported"], &second["supported"]), (&json!(2), &json!(1)));
    let read = scene.officer.get(&path(&first, "")).await.ok();
    let children = read["figures"]["lines"].as_array().unwrap().iter().map(|line| line["child_months"].as_i64());
    assert_eq!(children.sum::<Option<i64>>(), Some(3), "five days are no month, in however many classes");
    let freeze = async |sheet: &Value| {
        scene.officer.post(&path(sheet, "/check"), json!({})).await.ok();
        scene.other.post(&path(sheet, "/freeze"), json!({})).await.ok()
    };
    let frozen = freeze(&first).await;
    // A day that is put right later would make the month the other's: it was paid for.
    visit(&there, &families[1], 17, None).await;
    let second = sheet(&there).await.created();
    assert_eq!(second["supported"], 1);
    let other = freeze(&second).await;
    for sheet in [&frozen, &other] {
        let read = scene.officer.get(&path(sheet, "")).await.ok();
        assert_eq!((&read["recomputed"]["same"], &read["recomputed"]["same_now"]), (&json!(true), &json!(true)));
    }
    assert_eq!(app.count(entity::support_child_months::Entity).await, 3);
}

#[tokio::test]
async fn officers_who_draft_at_once_draft_one_sheet() {
    let scene = Scene::new().await;
    let officers = [scene.app.officer().await, scene.app.officer().await, scene.app.officer().await];
    let body = json!({ "kind": "incentive", "centre_id": scene.place.centre.id, "month": "2026-02", "fund_source": "district" });
    let calls = officers.iter().cycle().take(9);
    let replies = at_once(calls.map(async |officer| officer.post("/bureau/support-sheets", body.clone()).await)).await;
    let ids: Vec<Value> = replies.into_iter().map(|reply| reply.created()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(scene.app.count(entity::support_sheets::Entity).await, 1);
}

#[tokio::test]
async fn officers_who_freeze_at_once_freeze_once_and_numbers_have_no_gaps() {
    let scene = Scene::new().await;
    let officers = [scene.app.officer().await, scene.app.officer().await, scene.app.officer().await];
    let mut numbers = Vec::new();
    for place in [scene.place.clone(), scene.app.place().await, scene.app.place().await] {
        let body =
            json!({ "kind": "incentive", "centre_id": place.centre.id, "month": "2026-02", "fund_source": "district" });
        let draft = scene.officer.post("/bureau/support-sheets", body).await.created();
        scene.officer.post(&path(&draft, "/check"), json!({})).await.ok();
        let replies =
            at_once(officers.iter().map(async |officer| officer.post(&path(&draft, "/freeze"), json!({})).await)).await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 2));
        numbers.push(won[0].body["number"].clone());
        for reply in lost {
            reply.problem(409, "STATEMENT_FROZEN");
        }
    }
    assert_eq!(json!(numbers), json!(["incentive-2026-0001", "incentive-2026-0002", "incentive-2026-0003"]));
}

#[tokio::test]
async fn a_mixed_class_is_paid_for_its_under_twos() {
    let scene = Scene::new().await;
    let mixed = scene.app.class(scene.place.centre.id, Band::Mixed, 18, 4).await;
    let kids = [scene.app.born_months_ago(20), scene.app.born_months_ago(30)];
    for born in kids {
        let family = scene.app.many_families_born(1, born).await.remove(0);
        for date in DAYS {
            let change = |row: &mut visits::Model| row.class_id = mixed.id;
            let date = day(&format!("2026-02-{date:02}"));
            scene.app.visit_with(&scene.place, &family, date, VisitStatus::Left, change).await;
        }
    }
    let draft = scene.draft("incentive", "district").await.created();
    assert_eq!(draft["total_fen"], Fen(40_000).0, "one of the small class, one of the mixed");
    let read = scene.officer.get(&path(&draft, "")).await.ok();
    let lines = read["figures"]["lines"].as_array().unwrap().iter();
    let mut lines: Vec<_> = lines
        .map(|line| (line["band"].as_str().unwrap(), line["age_years"].as_i64(), line["supported"].as_i64()))
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [("mixed", Some(1), Some(1)), ("mixed", Some(2), Some(0)), ("toddler_small", Some(1), Some(1))]);
    assert_eq!(visits::Entity::find().all(scene.app.db()).await.unwrap().len(), 49);
}

#[tokio::test]
async fn a_redeemed_voucher_day_is_attendance_and_counts_once() {
    let scene = Scene::new().await;
    let (app, centre) = (&scene.app, scene.place.centre.id);
    let campaign = app.campaign().await;
    // The tenth day of one family: a day with a visit is one day, a reversed one none.
    let voucher = app.voucher(&campaign, &scene.families[1]).await;
    app.redemption(&voucher, centre, day("2026-02-02"), |_| {}).await;
    app.redemption(&voucher, centre, day("2026-02-17"), |row| row.status = RedemptionStatus::Reversed).await;
    assert_eq!(scene.draft("incentive", "district").await.created()["supported"], 1);
    let tenth = app.redemption(&voucher, centre, day("2026-02-16"), |_| {}).await;
    // A family that never booked.
    let family = app.many_families(1).await.remove(0);
    let voucher = app.voucher(&campaign, &family).await;
    for n in 0..10 {
        app.redemption(&voucher, centre, day(&format!("2026-02-{:02}", 16 + n)), |_| {}).await;
    }
    let draft = scene.checked("incentive").await;
    assert_eq!((&draft["supported"], &draft["total_fen"]), (&json!(3), &json!(60_000)));
    let read = scene.officer.get(&path(&draft, "")).await.ok();
    assert_eq!((&read["figures"]["children"], &read["figures"]["days_run"]), (&json!(4), &json!(20)));
    // Taken back after the sheet was frozen.
    scene.other.post(&path(&draft, "/freeze"), json!({})).await.ok();
    let reverse = format!("/bureau/redemptions/{}/reverse", tenth.id);
    voucher_used(app, &tenth).await;
    scene.officer.post(&reverse, json!({ "reason": "误扫" })).await.ok();
    let read = scene.officer.get(&path(&draft, "")).await.ok();
    assert_eq!(read["recomputed"]["same_now"], false);
    assert!(!read["differs_since"].is_null(), "{read}");
}

/// The builder leaves the voucher's count alone.
async fn voucher_used(app: &TestApp, unit: &redemptions::Model) {
    let used = vouchers::ActiveModel { id: Unchanged(unit.voucher_id), units_used: Set(2), ..Default::default() };
    used.update(app.db()).await.unwrap();
}
