//! The bureau's pages of figures, registers and imports: each form does what the API does.

use entity::{PlanInputCode, StaffRole, plan_inputs};
use harness::{Browser, TestApp};
use sea_orm::EntityTrait as _;

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
