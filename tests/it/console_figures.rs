//! The bureau's pages of figures, registers and imports: each form does what the API does.

use entity::{PlanInputCode, StaffRole, audit_rows, plan_inputs};
use harness::{Browser, TestApp};
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
    let overview = browser.get("/bureau").await.expect(200);
    assert!(overview.contains("每千人口3岁以下托位数") && overview.contains(">0.06<"), "{overview}");
    browser.get("/bureau/indicators?on=2026-04").await.expect(400);

    let path = format!("/bureau/plan-inputs/{}/withdraw", of(PlanInputCode::Residents).id);
    let page = saved(&browser, &path, &[("reason", "抄错了年份")]).await;
    assert!(page.contains("抄错了年份") && !page.contains("/withdraw"), "{page}");
    browser.post(&path, &[("reason", "再撤一次")]).await.expect(409);
    assert!(browser.get("/bureau/indicators").await.expect(200).contains("缺少“常住人口数”"));
}

const CALENDAR: &str = "日期,类型,名称\r\n2026-10-01,法定节假日,国庆\r\n2026-10-02,法定节假日,国庆\r\n";

#[tokio::test]
async fn a_table_is_checked_shows_its_problems_by_row_and_column_and_is_imported_once_confirmed() {
    let app = TestApp::spawn().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let page = browser.get("/bureau/imports").await.expect(200);
    assert!(page.contains("multipart/form-data") && page.contains("/api/v1/bureau/imports/offers/template.xlsx"));
    let template = browser.get("/api/v1/bureau/imports/calendar/template.csv").await.expect(200);
    assert!(template.contains("日期,"), "{template}");

    let fields = [("table", "calendar")];
    let check = async |file: &[u8], word| browser.upload("/bureau/imports", &fields, ("假日.csv", file), word).await;
    let wrong = CALENDAR.replace("2026-10-02", "昨天");
    let page = check(wrong.as_bytes(), true).await.expect(200);
    assert!(page.contains("<td class=\"n\">3</td><td>日期</td>"), "{page}");
    assert!(!page.contains("确认导入") && !page.contains("as=csv"), "{page}");
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
