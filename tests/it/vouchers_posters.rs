//! Pictures: codes at the sizes of phones, and posters of campaigns.

use harness::{FakeWeChat, TestApp, wechat::PICTURE};
use serde_json::json;

fn decoded(picture: &[u8]) -> String {
    let picture = image::load_from_memory(picture).unwrap().to_luma8();
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    prepared.detect_grids()[0].decode().unwrap().1
}

#[tokio::test]
async fn a_code_is_drawn_at_the_size_of_the_phone() {
    let app = TestApp::spawn().await;
    let (campaign, family) = (app.campaign().await, app.a_family().await);
    let voucher = app.voucher(&campaign, &family).await;
    let path = |rest: &str| format!("/vouchers/{}/code{rest}", voucher.id);
    for size in [120, 375, 750, 2000] {
        let picture = family.client.get(&path(&format!(".png?size={size}"))).await;
        let side = image::load_from_memory(&picture.bytes).unwrap().width();
        assert!(side <= size && side * 2 > size, "{side} of {size}");
        // A large picture takes seconds to decode without optimisation.
        assert!(size > 1000 || decoded(&picture.bytes).starts_with('V'));
        let drawn = family.client.get(&path(&format!(".svg?size={size}"))).await;
        let drawn = String::from_utf8(drawn.bytes).unwrap();
        assert!(drawn.contains(&format!(r#"width="{size}" height="{size}""#)), "{drawn:.200}");
    }
    for size in ["119", "2001", "-1", "large"] {
        family.client.get(&path(&format!(".png?size={size}"))).await.invalid("size");
    }
}

#[tokio::test]
async fn a_poster_without_wechat_is_a_plain_link_that_leads_to_the_campaign() {
    let app = TestApp::spawn_with(&[("public_url", "https://tuoyu.example.cn/")]).await;
    let (officer, campaign) = (app.officer().await, app.campaign().await);
    let path = |rest: &str| format!("/bureau/campaigns/{}/poster{rest}", campaign.id);
    let picture = officer.get(&path(".png?size=480")).await;
    let link = decoded(&picture.bytes);
    assert_eq!(link, format!("https://tuoyu.example.cn/api/v1/campaigns/{}", campaign.id));
    let drawn = officer.get(&path(".svg")).await;
    assert!(drawn.bytes.starts_with(b"<?xml"));
    officer.get(&path(".png?kind=mini_program")).await.invalid("kind");
    app.a_family().await.client.get(&path(".png")).await.problem(403, "FORBIDDEN");

    let shown = app.anonymous().get(&format!("/campaigns/{}", campaign.id)).await.ok();
    assert_eq!((&shown["id"], &shown["availability"]), (&json!(campaign.id), &json!("open")));
    let draft = app.campaign_with(|row| row.status = entity::CampaignStatus::Draft).await;
    app.anonymous().get(&format!("/campaigns/{}", draft.id)).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_poster_with_wechat_is_a_mini_program_code_and_an_ended_token_is_replaced_once() {
    let wechat = FakeWeChat::start().await;
    let settings = wechat.settings();
    let changes: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let app = TestApp::spawn_with(&changes).await;
    let (officer, campaign) = (app.officer().await, app.campaign().await);
    let path = |rest: &str| format!("/bureau/campaigns/{}/poster.png{rest}", campaign.id);
    let officer = officer.unchecked();
    let picture = officer.get(&path("?size=600")).await;
    assert_eq!((picture.status, &picture.bytes[..]), (200, PICTURE));
    assert_eq!(picture.header("content-type"), Some("image/jpeg"));
    let asked = &wechat.codes()[0];
    assert_eq!((&asked["scene"], &asked["width"]), (&json!(campaign.id.0.simple().to_string()), &json!(600)));
    assert_eq!(asked["page"], "pages/campaign/index");
    officer.get(&path("")).await;
    assert_eq!(wechat.tokens(), 1, "the token is kept");
    wechat.end_token();
    assert_eq!(officer.get(&path("")).await.status, 200);
    assert_eq!((wechat.tokens(), wechat.forced(), wechat.codes().len()), (2, 0, 3));
    assert!(decoded(&officer.get(&path("?kind=link")).await.bytes).contains("/api/v1/campaigns/"));
    assert_eq!(wechat.faults(), Vec::<String>::new());
}
