//! What forms of the consoles keep to, whatever is sent and how often.

use entity::{
    CentreId, ComplaintStatus, StaffRole, VisitStatus, adjustments, articles, audit_rows, centres, complaints,
};
use harness::{Browser, TestApp, at_once, day, form_of, people::PASSWORD};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};
use serde_json::json;

/// The fields of a form as it is drawn, with some of them filled in.
fn filled(html: &str, action: &str, values: &[(&str, &str)]) -> Vec<(String, String)> {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let fields = form_of(html, action).into_iter();
    fields.map(|(name, old)| (name.clone(), value(&name).unwrap_or(old))).collect()
}

async fn send(browser: &Browser, path: &str, fields: &[(String, String)]) -> harness::Seen {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post_raw(path, &fields, &[]).await
}

#[tokio::test]
async fn a_form_that_is_refused_comes_back_with_what_was_typed() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    app.visit(&place, &family, day("2026-03-02"), VisitStatus::Left).await;
    let body = json!({ "centre_id": place.id(), "text": "饭菜是凉的" });
    family.client.post("/complaints", body).await.created();
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let id = complaints::Entity::find().one(app.db()).await.unwrap().unwrap().id;
    let answer = format!("/bureau/complaints/{id}/answer");
    let long = format!("<b>{}", "字".repeat(998));
    let page = browser.get("/bureau/complaints").await.expect(200);
    let refused = send(&browser, &answer, &filled(&page, &answer, &[("text", &long)])).await.expect(400);
    assert!(!refused.contains("<b>"), "{refused}");
    let again = filled(&refused, &answer, &[]);
    assert!(again.contains(&("text".to_owned(), long.clone())), "{refused}");
    let shorter: String = long.chars().take(900).collect();
    send(&browser, &answer, &filled(&refused, &answer, &[("text", &shorter)])).await.sent();
    let row = async || complaints::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!(row().await.status, ComplaintStatus::Answered);
    let page = browser.get("/bureau/complaints").await.expect(200);
    assert!(!page.contains("不满意"), "{page}");
    // What the family said of the answer is read where the complaint is.
    family.client.post(&format!("/complaints/{id}/close"), json!({ "satisfied": false })).await.ok();
    assert!(browser.get("/bureau/complaints").await.expect(200).contains("不满意"));

    // One of the page's own forms, refused before it was read.
    let path = "/bureau/adjustments";
    let page = browser.get(path).await.expect(200);
    let typed = [("centre_id", &*place.id()), ("amount", "八十"), ("reason", "多付一天")];
    let refused = send(&browser, path, &filled(&page, path, &typed)).await.expect(400);
    let again = filled(&refused, path, &[("amount", "-80")]);
    for field in [("centre_id", place.id()), ("reason", "多付一天".to_owned())] {
        assert!(again.contains(&(field.0.to_owned(), field.1)), "{again:?}");
    }
    assert!(refused.contains("value=\"八十\""), "{refused}");
    send(&browser, path, &again).await.sent();
    // Figures go out as numbers, whatever their sign.
    let csv = browser.get("/bureau/adjustments?as=csv&table=0").await.expect(200);
    assert!(csv.contains(",-80,") && !csv.contains("'-"), "{csv}");
    // What another site sent, and what opens an account, is not drawn again.
    let foreign = browser.post_raw(path, &[("amount", "八十"), ("reason", "假")], &[]).await.html();
    assert!(!foreign.contains("八十"), "{foreign}");
    let code = browser.post("/bureau/account/confirm", &[("code", "123456"), ("reason", "x")]).await.html();
    assert!(!code.contains("123456") || !code.contains("name=\"reason\""), "{code}");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_at_once_is_done_once() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (browser, row) = app.at_bureau(StaffRole::Officer).await;
    let path = "/bureau/adjustments";
    let page = browser.get(path).await.expect(200);
    let fill = |page: &str, amount: &str| {
        filled(page, path, &[("centre_id", &place.id()), ("amount", amount), ("reason", "多付")])
    };
    let fields = fill(&page, "-12.50");
    let replies = at_once((0..4).map(async |_| send(&browser, path, &fields).await.status)).await;
    assert_eq!(replies, [303; 4]);
    assert_eq!(app.count(adjustments::Entity).await, 1);
    // Sent again, back in the browser or after a lost answer, it says so; under the next sign-in too.
    let again = send(&browser, path, &fields).await.sent();
    assert!(browser.get(&again).await.expect(200).contains("没有重复执行"), "{again}");
    browser.sign_in("/bureau", &row.username).await;
    let next = filled(&browser.get(path).await.expect(200), path, &[]);
    let word = next.into_iter().find(|(name, _)| name == "csrf").unwrap();
    let later: Vec<_> = fields.iter().filter(|(name, _)| name != "csrf").cloned().chain([word]).collect();
    assert_ne!(later.last(), fields.iter().find(|(name, _)| name == "csrf"), "another sign-in has another word");
    assert_eq!(send(&browser, path, &later).await.sent(), again);
    assert_eq!(app.count(adjustments::Entity).await, 1);
    let page = browser.get(path).await.expect(200);
    send(&browser, path, &fill(&page, "-12.50")).await.sent();
    // Back in the browser, something else is typed into the same form; and the same once more into a new one.
    send(&browser, path, &fill(&page, "-12.60")).await.sent();
    let page = browser.get(path).await.expect(200);
    send(&browser, path, &fill(&page, "-12.50")).await.sent();
    assert_eq!(app.count(adjustments::Entity).await, 4);
}

#[tokio::test]
async fn what_is_too_long_or_comes_from_elsewhere_is_refused_as_a_page() {
    let app = TestApp::spawn().await;
    let (browser, row) = app.at_bureau(StaffRole::Officer).await;
    let long = "x".repeat(70 * 1024);
    let seen = browser.post("/bureau/adjustments", &[("reason", &long)]).await;
    assert!(seen.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{seen:?}");
    assert!(seen.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(seen.expect(413).contains("64 KiB"));

    // What comes after the end of the sign-in is not too large: who signs in sends it again.
    let (file, fields) = (vec![b'a'; 100 * 1024], [("table", "calendar")]);
    let late = Browser::at(&app).upload("/bureau/imports", &fields, ("假日.csv", &file), false).await.expect(401);
    assert!(late.contains("name=\"password\"") && late.contains("重新选择") && !late.contains("KiB"), "{late}");

    let stranger = Browser::at(&app);
    let fields = [("username", &*row.username), ("password", PASSWORD)];
    for headers in [[("Origin", "https://evil.example")], [("Origin", "null")], [("Sec-Fetch-Site", "cross-site")]] {
        stranger.post_raw("/bureau/sign-in", &fields, &headers).await.expect(403);
    }
    let own = app.url();
    stranger.post_raw("/bureau/sign-in", &fields, &[("Origin", &own)]).await.sent();
}

#[tokio::test]
async fn a_month_with_many_unsettled_centres_goes_on_page_by_page() {
    let app = TestApp::spawn().await;
    let campaign = app.campaign().await;
    let family = app.a_family().await;
    let voucher = app
        .voucher_with(&campaign, &family, |row| {
            row.units_total = 25;
            row.units_used = 21;
            row.valid_from = day("2026-02-01");
        })
        .await;
    for n in 1..=21 {
        let centre = app.centre_with(|centre| centre.name = format!("园{n:02}")).await;
        app.redemption(&voucher, centre.id, day(&format!("2026-02-{n:02}")), |_| {}).await;
    }
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let mut found = Vec::new();
    let mut path = "/bureau/statements?unsettled=2026-02".to_owned();
    loop {
        let page = browser.get(&path).await.expect(200);
        found.extend(page.split("<td>园").skip(1).map(|rest| rest[..2].to_owned()));
        let Some((before, _)) = page.split_once("\" rel=\"next\"") else { break };
        path = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&");
    }
    found.sort_unstable();
    let all: Vec<String> = (1..=21).map(|n| format!("{n:02}")).collect();
    assert_eq!(found, all);
    let page = browser.get("/bureau/statements?unsettled=2026-02").await.expect(200);
    assert!(page.contains("/api/v1/bureau/unsettled.csv?month=2026-02"), "{page}");
    // The rows of the page's other table are counted by themselves, and so are months long past.
    let page = browser.get("/bureau/statements?unsettled=2026-02&sort=B1&row=50").await.expect(200);
    assert_eq!(page.matches("<td>园").count(), 21, "{page}");
    let centre = centres::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert!(!browser.get("/bureau").await.expect(200).contains("起更早月份未结算的天数"));
    app.redemption(&voucher, centre.id, day("2025-10-08"), |_| {}).await;
    let page = browser.get("/bureau").await.expect(200);
    assert!(page.contains("2025-10 起更早月份未结算的天数") && page.contains("statements?unsettled=2025-10"), "{page}");

    // The file of statements has all of them, whatever a page holds.
    for centre in centres::Entity::find().filter(centres::Column::Name.lt("园04")).all(app.db()).await.unwrap() {
        let fields = [("centre_id", &*centre.id.to_string()), ("month", "2026-02")];
        browser.post("/bureau/statements", &fields).await.sent();
    }
    let page = browser.get("/bureau/statements?status=draft").await.expect(200);
    assert!(page.contains("\"/api/v1/bureau/statements.csv?status=draft\""), "{page}");
    let csv = browser.get("/api/v1/bureau/statements.csv?status=draft&limit=1").await.expect(200);
    assert_eq!(csv.lines().count(), 4, "{csv}");
}

#[tokio::test]
async fn comments_are_of_the_months_that_the_page_shows() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    for (date, words) in [("2026-01-20", "一月的话"), ("2026-02-20", "二月的话"), ("2026-03-02", "三月的话")]
    {
        let family = app.a_family().await;
        let visit = app.visit(&place, &family, day(date), VisitStatus::Left).await;
        let rated = family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 5, "text": words })).await;
        let id = rated.created()["id"].as_str().unwrap().parse().unwrap();
        let shown = entity::ratings::ActiveModel {
            id: Unchanged(id),
            text_status: Set(entity::TextStatus::Shown),
            ..Default::default()
        };
        shown.update(app.db()).await.unwrap();
    }
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let of = async |range: &str| {
        let page = browser.get(&format!("/bureau/satisfaction?{range}")).await.expect(200);
        ["一月的话", "二月的话", "三月的话"].map(|words| page.contains(words))
    };
    assert_eq!(of("from=2026-01&to=2026-02").await, [true, true, false]);
    assert_eq!(of("from=2026-02&to=2026-03").await, [false, true, true]);
    assert_eq!(of("from=2026-02&to=2026-02").await, [false, true, false]);
}

#[tokio::test]
async fn a_centre_is_entered_changed_and_taken_out_of_service_on_its_pages() {
    let app = TestApp::spawn().await;
    app.place().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let (other, _) = app.at_bureau(StaffRole::Officer).await;
    let all = "/bureau/centres";
    let page = browser.get("/bureau/centres/new").await.expect(200);
    let point =
        [("location.lng", "118.7942"), ("location.lat", "24.8952"), ("name", "阳光园"), ("address", "阳光路8号")];
    let turned = [("location.lng", "24.8952"), ("location.lat", "118.7942"), point[2], point[3]];
    // A list of which nothing is marked sends its first line.
    let filled = |page: &str, action: &str, values: &[(&str, &str)]| {
        let mut fields = filled(page, action, values);
        if action == all {
            fields.push(("township".to_owned(), "东园镇".to_owned()));
        }
        fields
    };
    let again = send(&browser, all, &filled(&page, all, &turned)).await.expect(200);
    assert!(again.contains("是否填反") && again.contains("aria-invalid") && again.contains("阳光路8号"), "{again}");
    let mut fields = filled(&again, all, &point);
    fields.pop();
    let here = send(&browser, all, &fields).await.sent().replace("?done=saved", "");
    assert_eq!(send(&browser, all, &fields).await.sent(), "/bureau/centres?done=again", "sent twice");
    let id: CentreId = here.rsplit('/').next().unwrap().parse().unwrap();
    let row = async || centres::Entity::find_by_id(id).one(app.db()).await.unwrap().unwrap();
    let entered = row().await;
    assert!((entered.lng - 118.7942).abs() > 0.002, "the point is in GCJ-02: {}", entered.lng);

    // Recognised as inclusive; what isn't changed stays to the digit.
    let edit = format!("{here}/edit");
    let page = browser.get(&here).await.expect(200);
    let inclusive =
        [("inclusive_from", "2026-03-01"), ("inclusive_doc", "台商民保〔2026〕5号"), ("price_cap_fen", "2600")];
    let again = send(&browser, &edit, &filled(&page, &edit, &inclusive)).await.expect(200);
    assert!(again.contains("须已备案") && again.contains("台商民保〔2026〕5号"), "{again}");
    let mut fields = filled(&again, &edit, &[("filed", "filed"), ("filed_no", "托备〔2026〕12号")]);
    fields.push(("cross_strait".to_owned(), "true".to_owned()));
    send(&browser, &edit, &fields).await.sent();
    let now = row().await;
    assert_eq!((now.lng, now.lat, now.price_cap_fen.map(|cap| cap.0)), (entered.lng, entered.lat, Some(260_000)));
    assert!(now.inclusive_on(day("2026-03-02")) && now.cross_strait && now.filed_no.is_some());
    send(&browser, &edit, &fields).await.sent();
    // Parents read when that was checked.
    let checked = async || {
        let badges = app.anonymous().get(&format!("/centres/{id}")).await.ok()["badges"].clone();
        ["inclusive", "filed", "cross_strait"].map(|code| {
            let badge = badges.as_array().unwrap().iter().find(|badge| badge["code"] == code).unwrap();
            badge["checked_on"].as_str().map(ToOwned::to_owned)
        })
    };
    let day_one = Some("2026-03-02".to_owned());
    assert_eq!(checked().await, [day_one.clone(), day_one.clone(), day_one.clone()]);
    let (checks, page) = (format!("{here}/checks"), browser.get(&here).await.expect(200));
    let again = send(&browser, &checks, &filled(&page, &checks, &[("label_on", "2026-03-03")])).await.expect(200);
    assert!(again.contains("日期不能晚于今天"), "{again}");
    send(&browser, &checks, &filled(&again, &checks, &[("label_on", "2026-03-01")])).await.sent();
    assert_eq!(checked().await, [day_one.clone(), day_one.clone(), Some("2026-03-01".to_owned())]);

    // Of two officers who edit it one is told, with what it says now.
    let (first, second) = (browser.get(&here).await.expect(200), other.get(&here).await.expect(200));
    send(&other, &edit, &filled(&second, &edit, &[("address", "阳光路9号")])).await.sent();
    let late = filled(&first, &edit, &[("phone", "0595-87551234")]);
    let again = send(&browser, &edit, &late).await.expect(200);
    assert!(
        again.contains("刚被他人修改") && again.contains("阳光路9号") && again.contains("0595-87551234"),
        "{again}"
    );
    send(&browser, &edit, &filled(&again, &edit, &[("address", "阳光路9号")])).await.sent();
    let now = row().await;
    assert_eq!((&*now.address, now.phone.as_deref()), ("阳光路9号", Some("0595-87551234")));

    browser.get(&here).await.expect(200);
    browser.post(&format!("{here}/deactivate"), &[("reason", "租约到期")]).await.sent();
    assert!(browser.get(&here).await.expect(200).contains("已停办") && !row().await.active);
    browser.post(&format!("{here}/reactivate"), &[("reason", "续租")]).await.sent();
    assert!(row().await.active);
    let deeds = audit_rows::Entity::find().filter(audit_rows::Column::Action.starts_with("centre."));
    assert_eq!(deeds.count(app.db()).await.unwrap(), 7, "entered, three edits, seen again, out of service and back");
    app.clock.advance(chrono::TimeDelta::days(1));
    let body = json!({ "filed_no": "托备〔2026〕13号", "phone": null });
    app.officer().await.patch(&format!("/bureau/centres/{id}"), body).await.ok();
    assert_eq!(checked().await, [day_one, Some("2026-03-03".to_owned()), Some("2026-03-01".to_owned())]);
}

#[tokio::test]
async fn a_form_that_comes_after_the_end_of_the_sign_in_keeps_its_text_and_is_sent_after_the_next() {
    let app = TestApp::spawn().await;
    let (browser, row) = app.at_bureau(StaffRole::Officer).await;
    let (path, sign_in) = ("/bureau/articles", "/bureau/sign-in");
    let text = "第一段\n\n“第二段”<b>".to_owned();
    let typed = async |title: &str| {
        let page = browser.get("/bureau/articles/new").await.expect(200);
        filled(&page, path, &[("title", title), ("text", &text)])
    };
    let send_from = async |headers: &[(&str, &str)], fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post_raw(path, &fields, headers).await.expect(401)
    };
    let fields = typed("端午安排").await;
    let inputs = "/bureau/plan-inputs";
    let page = browser.get("/bureau/plan-inputs/residents").await.expect(200);
    let figure = filled(&page, inputs, &[("value", "310000"), ("as_of", "2025-12-31"), ("source", "统计公报第3表")]);
    app.clock.advance(chrono::TimeDelta::minutes(31));
    let late = send_from(&[], &fields).await;
    assert!(late.contains("第二段") && !late.contains("<b>") && !late.contains("/sign-out"), "{late}");
    let kept = send(&browser, inputs, &figure).await.expect(401);
    assert!(kept.contains("统计公报第3表") && kept.contains("name=\"kept\""), "its code is no secret: {kept}");
    let forged: Vec<_> = fields.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    for (headers, fields) in [(&[("Sec-Fetch-Site", "cross-site")][..], &fields), (&[][..], &forged)] {
        assert!(!send_from(headers, fields).await.contains("第二段"), "what another site sent is not drawn");
    }
    let with =
        |page: &str, password: &str| filled(page, sign_in, &[("username", &row.username), ("password", password)]);
    let wrong = send(&browser, sign_in, &with(&late, "no-such-password")).await.expect(200);
    let right = send(&browser, sign_in, &with(&wrong, PASSWORD)).await.expect(200);
    assert!(right.contains("继续提交") && right.contains("/sign-out"), "{right}");
    assert!(right.contains("类型") && right.contains("<select name=\"kind\">"), "all of it is seen: {right}");
    send(&browser, path, &filled(&right, path, &[])).await.sent();
    let all = async || articles::Entity::find().all(app.db()).await.unwrap();
    assert_eq!((all().await.len(), &*all().await[0].title, &all().await[0].text), (1, "端午安排", &text));

    // Signed in anew in another tab: the page is out of date, and its text is not lost.
    let fields = typed("中秋安排").await;
    browser.sign_in("/bureau", &row.username).await;
    let stale = send_from(&[], &fields).await;
    assert!(
        stale.contains("页面已过期") && !stale.contains("请先登录") && !stale.contains("name=\"password\""),
        "{stale}"
    );
    send(&browser, path, &filled(&stale, path, &[])).await.sent();
    assert_eq!(all().await.len(), 2);
}

#[tokio::test]
async fn a_refused_form_of_the_desk_shows_all_its_fields_by_their_names() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let manager = Browser::at(&app);
    app.staff("manager-of-forms", StaffRole::Manager, Some(place.centre.id)).await;
    manager.sign_in("/desk", "manager-of-forms").await;
    let weeks = "/desk/hours/weeks";
    let page = manager.get("/desk/hours").await.expect(200);
    let typed = [("valid_from", "2026-04-06"), ("d1_from", "18:00"), ("d1_to", "07:00")];
    let typed = [&typed[..], &[("d6_from", "09:00"), ("d6_to", "12:00")]].concat();
    let refused = send(&manager, weeks, &filled(&page, weeks, &typed)).await.expect(400);
    assert!(refused.contains("<strong>周一 结束</strong>") && refused.contains("周六 开始"), "{refused}");
    assert!(refused.contains("type=\"time\" name=\"d6_from\" value=\"09:00\""), "{refused}");
    assert!(!refused.contains("back=%2Fdesk%2Fhours%2Fweeks"), "no such page to read in another language");
    let right = filled(&refused, weeks, &[("d1_from", "07:30"), ("d1_to", "18:00")]);
    assert_eq!(send(&manager, weeks, &right).await.sent(), "/desk/hours?done=saved");

    let roster = format!("/desk/classes/{}/roster", place.class_id());
    let page = manager.get("/desk/roster?date=2026-03-03").await.expect(200);
    let lines = [("l1_from", "15:00"), ("l1_to", "12:00"), ("l1_carers", "1")];
    let refused = send(&manager, &roster, &filled(&page, &roster, &lines)).await.expect(400);
    assert!(refused.contains("<strong>第2行 结束</strong>") && refused.contains("name=\"l0_from\""), "{refused}");
    let right = filled(&refused, &roster, &[("l1_to", "16:00"), ("l0_to", "15:00")]);
    send(&manager, &roster, &right).await.sent();

    // Of two forms of a price the older one doesn't undo the newer.
    let offer = format!("/desk/classes/{}/offers/full_day", place.class_id());
    let page = manager.get("/desk/classes").await.expect(200);
    let with = |page: &str, values: &[(&str, &str)]| {
        let mut fields = filled(page, &offer, values);
        for (name, value) in [("unit", "day"), ("confirmation", "instant")] {
            if !fields.iter().any(|(known, _)| known == name) {
                fields.push((name.to_owned(), value.to_owned()));
            }
        }
        fields
    };
    send(&manager, &offer, &with(&page, &[("price", "90.00")])).await.sent();
    let crossed = send(&manager, &offer, &with(&page, &[("price", "100.00"), ("meals", "16.00")])).await.expect(200);
    assert!(crossed.contains("刚被他人修改") && crossed.contains("90.00") && crossed.contains("16.00"), "{crossed}");
    send(&manager, &offer, &with(&crossed, &[("price", "90.00")])).await.sent();
}
