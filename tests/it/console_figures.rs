//! The bureau's pages of figures, registers and imports: each form does what the API does.

use entity::{
    PlanInputCode, RecordItem, RecordKind, StaffRole, audit_rows, carers, centre_records, centres, plan_inputs,
};
use harness::{Browser, TestApp, day};
use sea_orm::EntityTrait as _;
use serde_json::json;

async fn saved(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let to = browser.post(path, fields).await.sent();
    assert!(to.contains("done="), "{to}");
    browser.get(&to).await.expect(200)
}

#[tokio::test]
async fn a_figure_of_the_plan_is_entered_shows_on_the_board_and_is_withdrawn() {
    let app = TestApp::spawn().await;
    app.place().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let board = browser.get("/bureau/indicators").await.expect(200);
    assert!(board.contains("缺少“常住人口数”"), "{board}");

    let residents = |value: &'static str| {
        [("code", "residents"), ("value", value), ("as_of", "2025-12-31"), ("source", "2025年统计公报")]
    };
    let again = browser.post("/bureau/plan-inputs", &residents("25万")).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("aria-invalid") && again.contains("value=\"25万\""));
    assert!(again.contains("不带单位和分隔符") && again.contains("2025年统计公报"), "{again}");
    assert_eq!(app.count(plan_inputs::Entity).await, 0);
    let page = saved(&browser, "/bureau/plan-inputs", &residents("250000")).await;
    assert!(page.contains(">250000<") && page.contains("2025-12-31"), "{page}");
    let income = [("code", "income"), ("value", "4321.05"), ("as_of", "2025-12-31"), ("source", "年鉴")];
    let page = saved(&browser, "/bureau/plan-inputs", &income).await;
    assert!(page.contains(">4321.05<"), "{page}");
    let rows = plan_inputs::Entity::find().all(app.db()).await.unwrap();
    let of = |code| rows.iter().find(|row| row.code == code).unwrap();
    assert_eq!(of(PlanInputCode::Income).value, 432_105);

    // 15 places for 250 000 people.
    let place = browser.get("/bureau/indicators/places_per_1000_people").await.expect(200);
    assert!(place.contains("class=\"big\">0.06 ") && place.contains("<svg class=\"chart\""), "{place}");
    // Our words are in the reader's language, what an officer entered stays as it is.
    for (language, words) in [
        ("hant", ["托位數 ÷ 常住人口數 × 1000", "<td>常住人口數</td>", "本系統統計"]),
        ("en", ["places ÷ residents × 1000", "<td>residents</td>", "counted by this program"]),
    ] {
        browser.keep("language", language);
        let page = browser.get("/bureau/indicators/places_per_1000_people").await.expect(200);
        let board = browser.get("/bureau/indicators").await.expect(200);
        assert!(words.iter().all(|word| page.contains(word)) && board.contains(words[2]), "{page}");
        assert!(page.contains("2025年统计公报") && !page.contains("托位数") && !board.contains("本系统"), "{page}");
    }
    browser.keep("language", "zh");
    let overview = browser.get("/bureau").await.expect(200);
    assert!(overview.contains("每千人口3岁以下托位数") && overview.contains(">0.06<"), "{overview}");
    browser.get("/bureau/indicators?on=2026-04").await.expect(400);
    // That a township is rural is yes or no, and no money.
    for figure in [[("code", "rural_township"), ("value", "1")], [("code", "rural_income"), ("value", "2500")]] {
        let township = ("township", if figure[0].1 == "rural_township" { "洛阳镇" } else { "" });
        let rest = [township, ("as_of", "2025-12-31"), ("source", "区划")];
        saved(&browser, "/bureau/plan-inputs", &[&figure[..], &rest[..]].concat()).await;
    }
    let rural = browser.get("/bureau/indicators/rural_price_to_income").await.expect(200);
    assert!(rural.contains("农村乡镇：洛阳镇") && rural.contains("<td>是") && !rural.contains(">0.01"), "{rural}");
    assert!(!rural.contains("月均价（分）"), "{rural}");

    let path = format!("/bureau/plan-inputs/{}/withdraw", of(PlanInputCode::Residents).id);
    let page = saved(&browser, &path, &[("reason", "抄错了年份")]).await;
    assert!(page.contains("抄错了年份") && !page.contains("/withdraw"), "{page}");
    browser.post(&path, &[("reason", "再撤一次")]).await.expect(409);
    assert!(browser.get("/bureau/indicators").await.expect(200).contains("缺少“常住人口数”"));
}

#[tokio::test]
async fn rows_of_a_centres_register_are_entered_ended_and_make_its_badges() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let home = format!("/bureau/centres/{}", place.id());
    let path = format!("{home}/records");
    browser.get(&home).await.expect(200);
    let policy = |number: &'static str| {
        let with = [("kind", "insurance"), ("party", "人保财险<b>"), ("number", number)];
        [&with[..], &[("from", "2026-01-01"), ("until", "2026-12-31"), ("checked_on", "2026-02-27")]].concat()
    };
    let again = browser.post(&path, &policy("")).await.expect(200);
    assert!(again.contains("须填写保单或协议编号") && again.contains("aria-invalid") && !again.contains("人保财险<b>"));
    assert!(!again.contains("name=\"amount_fen\""), "a policy has no such field: {again}");
    let package = [("kind", "safety_package"), ("item", "kitchen"), ("from", "2026-02-01"), ("amount_fen", "12000.5")];
    let again = browser.post(&path, &package).await.expect(200);
    assert!(again.contains("不高于10000元") && again.contains("value=\"12000.5\""), "{again}");
    browser.post(&path, &[("kind", "gift")]).await.expect(400);
    assert_eq!(app.count(centre_records::Entity).await, 0);

    let page = saved(&browser, &path, &policy("PZDA2026")).await;
    assert!(page.contains("PZDA2026") && page.contains("<td>2026-02-27"), "{page}");
    let row = centre_records::Entity::find().one(app.db()).await.unwrap().unwrap();
    saved(&browser, &format!("/bureau/records/{}/change", row.id), &[("until", "2026-03-20")]).await;
    let stored = centres::Entity::find_by_id(place.centre.id).one(app.db()).await.unwrap().unwrap();
    assert_eq!(stored.insured_until, Some(day("2026-03-20")));
    let warned = browser.get("/bureau/registers?kind=insurance").await.expect(200);
    assert!(warned.contains(&place.centre.name) && warned.contains(">18<"), "{warned}");
    assert!(warned.contains("/api/v1/bureau/warnings.xlsx?kind=insurance"), "{warned}");
    let elsewhere = "/bureau/registers?kind=insurance&township=%E4%B8%9C%E5%9B%AD%E9%95%87";
    assert!(!browser.get(elsewhere).await.expect(200).contains(&place.centre.name));
    let centre = place.id();
    saved(&browser, &format!("/bureau/records/{}/remove", row.id), &[("centre", &centre)]).await;
    assert!(!browser.get("/bureau/registers/records").await.expect(200).contains("PZDA2026"));

    let path = format!("{home}/carers");
    let carer = [("name", "王小芳"), ("certificate", "junior")];
    let again = browser.post(&path, &carer).await.expect(200);
    assert!(again.contains("持证人员须填写证书编号") && again.contains("王小芳"), "{again}");
    let carer = [&carer[..], &[("certificate_no", "Y0001"), ("certificate_until", "2026-03-10")]].concat();
    let page = saved(&browser, &path, &carer).await;
    assert!(page.contains("王小芳") && page.contains("Y0001"), "{page}");
    let id = carers::Entity::find().one(app.db()).await.unwrap().unwrap().id;
    let path = |rest: &str| format!("/bureau/carers/{id}/{rest}");
    let training = |day: &'static str| [("held_on", day), ("hours", "16"), ("topic", "急救")];
    let again = browser.post(&path("trainings"), &training("2027-01-01")).await.expect(200);
    assert!(again.contains("日期不能晚于今天") && again.contains("value=\"急救\""), "{again}");
    let page = saved(&browser, &path("trainings"), &training("2026-01-18")).await;
    assert!(page.contains("<dd>16</dd>") && page.contains("急救"), "{page}");
    saved(&browser, &path("leave"), &[("left_on", "2026-03-01")]).await;
    assert!(!browser.get(&home).await.expect(200).contains("王小芳"));
    assert!(browser.get(&format!("{home}?left=true")).await.expect(200).contains("王小芳"));

    // A long register goes on page by page.
    let now = app.clock.now();
    for n in 0..101 {
        app.insert(centre_records::Model {
            id: app.id(),
            kind: RecordKind::Utility,
            item: Some(RecordItem::Water),
            party: Some(format!("水务{n:03}")),
            removed_at: None,
            created_at: now,
            ..row.clone()
        })
        .await;
    }
    let page = browser.get(&home).await.expect(200);
    let rows = |page: &str| page.matches("水务").count();
    assert_eq!(rows(&page), 100);
    let next = page.split("href=\"").find_map(|rest| rest.split('"').next().filter(|href| href.contains("records=")));
    let next = next.unwrap().replace("&#38;", "&");
    assert_eq!(rows(&browser.get(&next).await.expect(200)), 1, "{next}");
}

const CALENDAR: &str = "日期,类型,名称\r\n2026-10-01,法定节假日,国庆\r\n2026-10-02,法定节假日,国庆\r\n";

#[tokio::test]
async fn a_table_is_checked_shows_its_problems_by_row_and_column_and_is_imported_once_confirmed() {
    let app = TestApp::spawn().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let page = browser.get("/bureau/imports").await.expect(200);
    assert!(page.contains("multipart/form-data") && page.contains("/api/v1/bureau/imports/offers/template.xlsx"));
    for table in ["centres", "classes", "offers", "carers", "calendar", "community_points", "populations"] {
        assert!(
            page.contains(&format!("<option value=\"{table}\"")) && page.contains(&format!("/{table}/template.csv"))
        );
    }
    let template = browser.get("/api/v1/bureau/imports/calendar/template.csv").await.expect(200);
    assert!(template.contains("日期,"), "{template}");

    let fields = [("table", "calendar")];
    let check = async |file: &[u8], word| browser.upload("/bureau/imports", &fields, ("假日.csv", file), word).await;
    let wrong = CALENDAR.replace("2026-10-02", "昨天");
    let page = check(wrong.as_bytes(), true).await.expect(200);
    assert!(page.contains("<td class=\"n\">3</td><td>日期</td>"), "{page}");
    assert!(!page.contains("确认导入") && !page.contains("as=csv"), "{page}");
    assert!(!page.contains("sort=") && !page.contains("name=\"find\""), "no address shows it again: {page}");
    let page = check(b"", true).await.expect(200);
    assert!(page.contains("请选择要上传的文件") && page.contains("value=\"calendar\" selected"), "{page}");
    check(&vec![b'a'; 5 * 1024 * 1024], true).await.expect(413).find("提交的内容过大").expect("told on a page");
    check(CALENDAR.as_bytes(), false).await.expect(401);

    let page = check(CALENDAR.as_bytes(), true).await.expect(200);
    assert!(page.contains("<dt>新增</dt><dd>2</dd>") && page.contains("确认导入"), "{page}");
    let rows = async || app.officer().await.get("/bureau/calendar?from=2026-10-01&to=2026-10-31").await.ok();
    assert_eq!(rows().await["items"], json!([]), "nothing is written yet");
    let file = page.split("name=\"file\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    saved(&browser, "/bureau/imports/confirm", &[("table", "calendar"), ("file", file)]).await;
    assert_eq!(rows().await["items"].as_array().unwrap().len(), 2);
    let deeds = audit_rows::Entity::find().all(app.db()).await.unwrap();
    assert_eq!(deeds.iter().filter(|row| row.action == "table.import").count(), 1);
}

#[tokio::test]
async fn closed_centres_are_listed_and_read_and_a_file_has_all_that_the_filters_leave() {
    let app = TestApp::spawn().await;
    for n in 0..23 {
        app.centre_with(|centre| {
            centre.name = format!("停办{n:02}");
            centre.active = n == 0;
            centre.township = if n % 2 == 0 { "洛阳镇" } else { "东园镇" }.to_owned();
        })
        .await;
    }
    app.reload_catalogue().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let names = async |path: &str| {
        let page = browser.get(path).await.expect(200);
        let found = |(at, _)| page[at..].chars().skip(2).take(2).collect::<String>();
        (page.match_indices("停办").map(found).filter(|name| name.parse::<u8>().is_ok()).collect::<Vec<_>>(), page)
    };
    assert_eq!(names("/bureau/centres").await.0, ["00"], "those in service");
    let (closed, page) = names("/bureau/centres?state=closed&sort=A2").await;
    let mut townships: Vec<bool> = closed.iter().map(|name| name.parse::<u8>().unwrap() % 2 == 0).collect();
    townships.dedup();
    assert_eq!((closed.len(), townships.len()), (22, 2), "one township after the other");
    assert!(page.contains("aria-sort=\"ascending\"") && !page.contains("rel=\"next\""), "{page}");
    let (all, _) = names("/bureau/centres?state=all&as=csv").await;
    assert_eq!((all.len(), &*all[0], &*all[22]), (23, "00", "22"), "all pages of it");
    let east = "/bureau/centres?state=closed&township=%E4%B8%9C%E5%9B%AD%E9%95%87&as=csv";
    assert_eq!(names(east).await.0.len(), 11);
    let row = centres::Entity::find().all(app.db()).await.unwrap().into_iter().find(|row| !row.active).unwrap();
    let page = browser.get(&format!("/bureau/centres/{}", row.id)).await.expect(200);
    assert!(page.contains("已停办") && page.contains(&row.name), "{page}");
}
