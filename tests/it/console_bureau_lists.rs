//! Pages of money, events and other systems: each form does what the API does. Every test begins on Monday
//! 2 March 2026, 09:00.

use entity::{
    StaffRole, VisitStatus, access_keys, event_signups, events, fund_rules, redemption_reversals, redemptions,
    support_rates, support_sheets, webhooks,
};
use harness::{Browser, TestApp, day};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

async fn saved(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let to = browser.post(path, fields).await.sent();
    assert!(to.contains("done="), "{to}");
    browser.get(&to).await.expect(200)
}

/// Where the download of a table leads to.
fn download(page: &str, path: &str) -> String {
    let rest = page.split(&format!("href=\"{path}")).nth(1).unwrap_or_else(|| panic!("no {path} in {page}"));
    format!("{path}{}", rest.split('"').next().unwrap().replace("&#38;", "&"))
}

#[tokio::test]
async fn support_is_drafted_checked_by_one_frozen_by_another_and_its_rates_are_administrators() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    for n in [2, 3, 4, 5, 6, 9, 10, 11, 12, 13] {
        app.visit(&place, &family, day(&format!("2026-02-{n:02}")), VisitStatus::Left).await;
    }
    let (one, two) = (app.at_bureau(StaffRole::Officer).await.0, app.at_bureau(StaffRole::Officer).await.0);
    let centre = place.id();
    let draft =
        |kind, source| vec![("kind", kind), ("centre_id", &*centre), ("month", "2026-02"), ("fund_source", source)];
    let again = one.post("/bureau/support", &draft("operating", "central")).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("value=\"2026-02\""), "{again}");
    assert_eq!(app.count(support_sheets::Entity).await, 0);

    // One that isn't among those listed is named: by its whole name, or by its id.
    let named = |name| {
        let fields = draft("incentive", "district").into_iter();
        fields.map(move |(field, value)| if field == "centre_id" { ("other_centre", name) } else { (field, value) })
    };
    let again = one.post("/bureau/support", &named("没有这家").collect::<Vec<_>>()).await.expect(200);
    assert!(again.contains("没有找到这家机构") && again.contains("value=\"没有这家\""), "{again}");
    let to = one.get(&format!("/bureau/support?kind=rent&other_centre={}", place.centre.name)).await.sent();
    assert_eq!(to, format!("/bureau/support?kind=rent&centre_id={centre}"));
    one.get("/bureau/redemptions?other_centre=x").await.expect(400);
    // A filter that can't be is taken back by a link, and no more of it than what was wrong.
    let page = one.get("/bureau/audit?from=2026-03-03&to=2026-03-02").await.expect(400);
    assert!(page.contains("href=\"/bureau/audit?from=2026-03-03\""), "{page}");
    let here = one.post("/bureau/support", &named(&place.centre.name).collect::<Vec<_>>()).await.sent();
    let here = here.split('?').next().unwrap().to_owned();
    let step = |rest: &str| format!("{here}/{rest}");
    assert!(one.get(&here).await.expect(200).contains("200.00"));
    let page = saved(&one, &step("check"), &[]).await;
    assert!(page.contains("须由另一名工作人员定稿") && !page.contains("/freeze"), "{page}");
    one.post(&step("freeze"), &[]).await.expect(403);
    let page = saved(&two, &step("freeze"), &[]).await;
    assert!(page.contains("incentive-2026-0001") && page.contains("已定稿"), "{page}");
    two.post(&step("discard"), &[]).await.expect(409);
    let print = download(&page, "/api/v1/bureau/support-sheets/");
    assert!(one.get(&print).await.expect(200).contains("incentive-2026-0001"));
    let list = one.get("/bureau/support?kind=incentive&status=frozen").await.expect(200);
    let csv = one.get(&download(&list, "/api/v1/bureau/support-sheets.csv")).await.expect(200);
    assert!(csv.contains("incentive-2026-0001"), "{csv}");
    assert!(one.get("/bureau/support?kind=rent").await.expect(200).contains("没有记录"));

    let rate = |fen| [("item", "toddler_small"), ("rate_fen", fen), ("from_month", "2026-05"), ("source", "区财政局")];
    let before = app.count(support_rates::Entity).await;
    one.post("/bureau/support/rates", &rate("150")).await.expect(403);
    assert!(!one.get("/bureau/support/rates").await.expect(200).contains("action=\"/bureau/support/rates\""));
    let admin = app.at_bureau(StaffRole::Admin).await.0;
    let again = admin.post("/bureau/support/rates", &rate("9999")).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("value=\"9999\""), "{again}");
    assert!(saved(&admin, "/bureau/support/rates", &rate("150.50")).await.contains("150.50"));
    assert_eq!(app.count(support_rates::Entity).await, before + 1);
}

const EVENT: [(&str, &str); 7] = [
    ("kind", "lecture"),
    ("title", "育儿讲座<b>"),
    ("text", "请带疫苗本。"),
    ("place", "洛阳镇文化站"),
    ("starts_at", "2026-03-03T15:00"),
    ("ends_at", "2026-03-03T17:00"),
    ("places", "2"),
];

#[tokio::test]
async fn an_event_is_planned_published_attended_and_cancelled() {
    let app = TestApp::spawn().await;
    let campaign = app.campaign().await.id.to_string();
    let (officer, _) = app.at_bureau(StaffRole::Officer).await;
    let with =
        |name: &str, value: &'static str| EVENT.map(|(known, old)| (known, if known == name { value } else { old }));
    let again = officer.post("/bureau/events", &with("ends_at", "2026-03-03T14:00")).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("2026-03-03T14:00"), "{again}");
    assert_eq!(app.count(events::Entity).await, 0);
    let fields: Vec<_> = EVENT.into_iter().chain([("campaign_id", &*campaign)]).collect();
    let page = saved(&officer, "/bureau/events", &fields).await;
    assert!(page.contains("育儿讲座&#60;b&#62;") && !page.contains("讲座<b>"), "a title is no markup");
    let event = events::Entity::find().one(app.db()).await.unwrap().unwrap();
    let path = |rest: &str| format!("/bureau/events/{}{rest}", event.id);
    saved(&officer, &path("/publish"), &[]).await;
    officer.post(&path("/publish"), &[]).await.expect(409);
    for family in [app.a_family().await, app.a_family().await] {
        family.client.post(&format!("/events/{}/signups", event.id), json!({ "persons": 2 })).await.created();
    }
    let waiting = officer.get(&path("?status=waiting")).await.expect(200);
    assert!(waiting.contains("2人，1户") && waiting.contains("<td class=\"n\">2</td>"), "{waiting}");
    let csv = officer.get(&download(&waiting, "/api/v1/bureau/events/")).await.expect(200);
    assert!(csv.contains("\r\n2,2,候补中") && !csv.contains("\r\n1,2"), "{csv}");
    officer.post(&path("/attended"), &[("number", "1")]).await.expect(409);
    // On its day.
    app.clock.advance(chrono::TimeDelta::hours(23));
    let (officer, _) = app.at_bureau(StaffRole::Officer).await;
    officer.post(&path("/attended"), &[("number", "9")]).await.expect(404);
    assert!(saved(&officer, &path("/attended"), &[("number", "1")]).await.contains("已到场"));
    officer.post(&path("/attended"), &[("number", "2")]).await.expect(409);
    // An edit without a campaign takes it away.
    let fields: Vec<_> = with("places", "5").into_iter().filter(|(name, _)| *name != "kind").collect();
    let mut stale = fields.clone();
    stale.push(("seen", "AAAAAAAAAAAAAAAA"));
    let again = officer.post(&path("/edit"), &stale).await.expect(200);
    assert!(again.contains("刚被他人修改"), "{again}");
    saved(&officer, &path("/edit"), &fields).await;
    let now = events::Entity::find_by_id(event.id).one(app.db()).await.unwrap().unwrap();
    assert_eq!((now.places, now.campaign_id), (5, None));
    let list = officer.get("/bureau/events?kind=lecture&from=2026-03-03").await.expect(200);
    let csv = officer.get(&download(&list, "/api/v1/bureau/events.csv")).await.expect(200);
    assert!(csv.contains("洛阳镇文化站"), "{csv}");
    assert!(officer.get("/bureau/events?kind=family_day").await.expect(200).contains("没有记录"));
    officer.post(&path("/cancel"), &[]).await.expect(400);
    // What families came to stays; another is cancelled.
    officer.post(&path("/cancel"), &[("reason", "台风")]).await.expect(409);
    saved(&officer, "/bureau/events", &EVENT).await;
    let other = events::Entity::find().filter(events::Column::Id.ne(event.id)).one(app.db()).await.unwrap().unwrap();
    let cancel = format!("/bureau/events/{}/cancel", other.id);
    assert!(saved(&officer, &cancel, &[("reason", "台风")]).await.contains("台风"));
    assert_eq!(app.count(event_signups::Entity).await, 2);
}

#[tokio::test]
async fn rules_of_funds_keys_and_webhooks_are_kept_by_administrators() {
    let app = TestApp::spawn().await;
    let (officer, admin) = (app.at_bureau(StaffRole::Officer).await.0, app.at_bureau(StaffRole::Admin).await.0);
    let rule = [
        ("fund_source", "district"),
        ("fund_category", "publicity"),
        ("valid_from", "2026-06-01"),
        ("clause", "不得用于宣传"),
        ("document", "区财政文件第三条"),
    ];
    let before = app.count(fund_rules::Entity).await;
    officer.post("/bureau/funds", &rule).await.expect(403);
    saved(&admin, "/bureau/funds", &rule).await;
    assert_eq!(app.count(fund_rules::Entity).await, before + 1);
    let page = officer.get("/bureau/funds").await.expect(200);
    assert!(page.contains("区财政文件第三条") && !page.contains("action=\"/bureau/funds"), "officers read them");
    assert!(!page.contains("href=\"/bureau/keys\"") && !page.contains("href=\"/bureau/webhooks\""));
    for path in ["/bureau/keys", "/bureau/webhooks"] {
        assert!(officer.get(path).await.expect(403).contains("FORBIDDEN"));
    }

    let again =
        admin.post("/bureau/keys", &[("label", "市平台"), ("expires_at", "2026-12-01T00:00")]).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("value=\"市平台\""), "{again}");
    let scopes = [("scopes[]", "centres:read"), ("scopes[]", "visits:read")];
    let told = [("label", "市平台"), ("expires_at", "2026-12-01T00:00"), ("once", "a-word-of-this-form")];
    let fields: Vec<_> = told.into_iter().chain(scopes).collect();
    let shown = admin.post("/bureau/keys", &fields).await.expect(200);
    let key = shown.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(key.starts_with("qxk_"), "{shown}");
    let again = admin.post("/bureau/keys", &fields).await.expect(200);
    assert!(again.contains(&key) && app.count(access_keys::Entity).await == 1, "the first answer may be lost: {again}");
    let list = admin.get("/bureau/keys").await.expect(200);
    assert!(list.contains("机构与托位、托育记录") && !list.contains(&key), "it is shown once");
    let row = access_keys::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert!(saved(&admin, &format!("/bureau/keys/{}/revoke", row.id), &[]).await.contains("已失效"));

    let hook = |url| [("url", url), ("events[]", "booking.confirmed"), ("events[]", "visit.left")];
    let again = admin.post("/bureau/webhooks", &hook("ftp://example.com/")).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("ftp://example.com/"), "{again}");
    let shown = admin.post("/bureau/webhooks", &hook("https://platform.example.com/hooks")).await.expect(200);
    assert!(shown.contains("<code>whsec_"), "{shown}");
    let row = webhooks::Entity::find().one(app.db()).await.unwrap().unwrap();
    let path = |rest: &str| format!("/bureau/webhooks/{}{rest}", row.id);
    let list = admin.get("/bureau/webhooks").await.expect(200);
    assert!(list.contains("预约已确认、已离园") && !list.contains("whsec_"), "{list}");
    assert!(admin.post(&path("/rotate"), &[]).await.expect(200).contains("<code>whsec_"));
    admin.get(&path("")).await.expect(200);
    saved(&admin, &path("/end"), &[]).await;
    admin.post(&path("/rotate"), &[]).await.expect(409);
}

#[tokio::test]
async fn redemptions_are_filtered_paged_sorted_downloaded_whole_and_taken_back() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let campaign = app.campaign().await;
    let voucher = app
        .voucher_with(&campaign, &app.a_family().await, |row| {
            row.units_used = 5;
            row.valid_from = day("2026-02-01");
        })
        .await;
    for n in 2..7 {
        app.redemption(&voucher, place.centre.id, day(&format!("2026-02-{n:02}")), |_| {}).await;
    }
    let (officer, _) = app.at_bureau(StaffRole::Officer).await;
    let page = officer.get("/bureau/redemptions?limit=2&from=2026-02-03&to=").await.expect(200);
    assert_eq!(page.matches("<td>2026-02-0").count(), 2);
    assert!(page.contains("rel=\"next\""), "{page}");
    let page = officer.get("/bureau/redemptions?limit=2&from=2026-02-03&sort=A0").await.expect(200);
    assert_eq!(page.matches("<td>2026-02-0").count(), 4, "all that the filters leave is sorted");
    let order = async |sort: &str| {
        let page = officer.get(&format!("/bureau/redemptions?from=2026-02-05&sort={sort}")).await.expect(200);
        page.find("<td>2026-02-05").unwrap() < page.find("<td>2026-02-06").unwrap()
    };
    assert!(order("A0").await && !order("-A0").await);
    // What is sorted and found here the API's file doesn't know: the page makes its own.
    assert!(!page.contains("redemptions.csv") && page.contains("sort=A0&#38;as=csv"), "{page}");
    let found = officer.get("/bureau/redemptions?find=2026-02-04").await.expect(200);
    assert_eq!(found.matches("<td>2026-02-0").count(), 1, "{found}");
    let csv = officer.get("/bureau/redemptions?find=2026-02-04&as=csv&table=0").await.expect(200);
    assert!(found.contains("find=2026-02-04&#38;as=csv") && csv.lines().count() == 2, "{csv}");
    // Vouchers of a batch are looked through by their state.
    let of = |status: &str| format!("/bureau/campaigns/{}?status={status}", campaign.id);
    assert!(!officer.get(&of("revoked")).await.expect(200).contains(&voucher.id.to_string()));
    let active = officer.get(&of("active")).await.expect(200);
    assert!(active.contains(&voucher.id.to_string()) && active.contains("&#38;status=active"), "{active}");
    // All that the filters leave, not only the page.
    let page = officer.get("/bureau/redemptions?limit=2&from=2026-02-03").await.expect(200);
    let csv = officer.get(&download(&page, "/api/v1/bureau/redemptions.csv")).await.expect(200);
    assert_eq!(csv.lines().count(), 1 + 4, "{csv}");
    let one = redemptions::Entity::find().one(app.db()).await.unwrap().unwrap();
    let reverse = format!("/bureau/redemptions/{}/reverse", one.id);
    officer.post(&reverse, &[]).await.expect(400);
    assert!(saved(&officer, &reverse, &[("reason", "扫错了")]).await.contains("已冲正"));
    assert_eq!(app.count(redemption_reversals::Entity).await, 1);

    let carer = app.carer(place.centre.id).await;
    let body = json!({ "code": "V1NONSENSE", "request_id": "console-refused-1" });
    carer.post("/desk/redemptions", body).await.problem(422, "VOUCHER_INVALID");
    let refused = officer.get("/bureau/redemptions/refused").await.expect(200);
    assert!(refused.contains("<code>VOUCHER_INVALID</code>"), "{refused}");
    let none = officer.get("/bureau/redemptions/refused?reason=VOUCHER_EXPIRED").await.expect(200);
    assert!(none.contains("没有记录"));
    let csv = officer.get(&download(&refused, "/api/v1/bureau/refused-scans.csv")).await.expect(200);
    assert!(csv.contains("VOUCHER_INVALID"), "{csv}");
}
