//! All pages of the bureau's console at once: who may open them, and what every one of them keeps to.

use std::collections::BTreeSet;

use entity::StaffRole;
use harness::{Browser, Seen, TestApp};
use quanxiangtuo::features::auth::{dto::Role, permissions};

const NAMELESS: &str = "0192f0c18a7c7d10b1c2d3e4f5a6b7c8";

/// Every page by the name of its handler; `!` before a path: a form. `{x}` is an id that names nothing.
const PAGES: &[(&str, &str)] = &[
    ("bureau_overview", "/bureau"),
    ("bureau_satisfaction", "/bureau/satisfaction"),
    ("bureau_satisfaction_months", "/bureau/satisfaction/months"),
    ("bureau_account", "/bureau/account"),
    ("bureau_begin_factor", "!/bureau/account/second-factor"),
    ("bureau_confirm_factor", "!/bureau/account/confirm"),
    ("bureau_turn_off_factor", "!/bureau/account/turn-off"),
    ("bureau_audit", "/bureau/audit"),
    ("bureau_calendar", "/bureau/calendar"),
    ("bureau_set_calendar_day", "!/bureau/calendar"),
    ("bureau_clear_calendar_day", "!/bureau/calendar/2026-05-01/clear"),
    ("bureau_campaigns", "/bureau/campaigns"),
    ("bureau_new_campaign", "/bureau/campaigns/new"),
    ("bureau_create_campaign", "!/bureau/campaigns"),
    ("bureau_campaign", "/bureau/campaigns/{cmp}"),
    ("bureau_edit_campaign", "!/bureau/campaigns/{cmp}/edit"),
    ("bureau_open_campaign", "!/bureau/campaigns/{cmp}/open"),
    ("bureau_pause_campaign", "!/bureau/campaigns/{cmp}/pause"),
    ("bureau_close_campaign", "!/bureau/campaigns/{cmp}/close"),
    ("bureau_revoke_campaign", "!/bureau/campaigns/{cmp}/revoke"),
    ("bureau_revoke_voucher", "!/bureau/vouchers/{vch}/revoke"),
    ("bureau_centres", "/bureau/centres"),
    ("bureau_centre", "/bureau/centres/{ctr}"),
    ("bureau_new_centre", "/bureau/centres/new"),
    ("bureau_add_centre", "!/bureau/centres"),
    ("bureau_edit_centre", "!/bureau/centres/{ctr}/edit"),
    ("bureau_deactivate_centre", "!/bureau/centres/{ctr}/deactivate"),
    ("bureau_reactivate_centre", "!/bureau/centres/{ctr}/reactivate"),
    ("bureau_check_centre", "!/bureau/centres/{ctr}/checks"),
    ("bureau_suspend_centre", "!/bureau/centres/{ctr}/suspend-vouchers"),
    ("bureau_resume_centre", "!/bureau/centres/{ctr}/resume-vouchers"),
    ("bureau_complaints", "/bureau/complaints"),
    ("bureau_take_complaint", "!/bureau/complaints/{cpl}/take"),
    ("bureau_assign_complaint", "!/bureau/complaints/{cpl}/assign"),
    ("bureau_answer_complaint", "!/bureau/complaints/{cpl}/answer"),
    ("bureau_conflicts", "/bureau/conflicts"),
    ("bureau_resolve_conflict", "!/bureau/conflicts/{ofc}/resolve"),
    ("bureau_coverage", "/bureau/coverage"),
    ("bureau_what_if", "/bureau/coverage/what-if"),
    ("bureau_recompute_coverage", "!/bureau/coverage/recompute"),
    ("bureau_messages", "/bureau/messages"),
    ("bureau_retry_message", "!/bureau/messages/{ntc}/retry"),
    ("bureau_moderation", "/bureau/moderation"),
    ("bureau_pass_text", "!/bureau/moderation/{mdr}/pass"),
    ("bureau_refuse_text", "!/bureau/moderation/{mdr}/refuse"),
    ("bureau_ratings", "/bureau/ratings"),
    ("bureau_exclusions", "/bureau/ratings/exclusions"),
    ("bureau_propose_exclusion", "!/bureau/ratings/{rtg}/exclusions"),
    ("bureau_propose_inclusion", "!/bureau/ratings/{rtg}/inclusions"),
    ("bureau_confirm_exclusion", "!/bureau/ratings/exclusions/{rex}/confirm"),
    ("bureau_reject_exclusion", "!/bureau/ratings/exclusions/{rex}/reject"),
    ("bureau_ties", "/bureau/ratings/ties"),
    ("bureau_confirm_tie", "!/bureau/ratings/ties/{tie}/confirm"),
    ("bureau_refuse_tie", "!/bureau/ratings/ties/{tie}/refuse"),
    ("bureau_end_tie", "!/bureau/ratings/ties/{tie}/end"),
    ("bureau_signals", "/bureau/signals"),
    ("bureau_staff", "/bureau/staff"),
    ("bureau_close_staff", "!/bureau/staff/{stf}/close"),
    ("bureau_reopen_staff", "!/bureau/staff/{stf}/reopen"),
    ("bureau_sign_out_staff", "!/bureau/staff/{stf}/sign-out"),
    ("bureau_unbind_staff", "!/bureau/staff/{stf}/unbind"),
    ("bureau_invite_staff", "!/bureau/staff/{stf}/invite"),
    ("bureau_reset_factor", "!/bureau/staff/{stf}/reset-second-factor"),
    ("bureau_statements", "/bureau/statements"),
    ("bureau_draft_statement", "!/bureau/statements"),
    ("bureau_adjustments", "/bureau/adjustments"),
    ("bureau_add_adjustment", "!/bureau/adjustments"),
    ("bureau_statement", "/bureau/statements/{stm}"),
    ("bureau_check_statement", "!/bureau/statements/{stm}/check"),
    ("bureau_freeze_statement", "!/bureau/statements/{stm}/freeze"),
    ("bureau_discard_statement", "!/bureau/statements/{stm}/discard"),
    ("bureau_guidance", "/bureau/guidance"),
    ("bureau_assign_guidance", "!/bureau/guidance/{gdr}/assign"),
    ("bureau_answer_guidance", "!/bureau/guidance/{gdr}/answer"),
    ("bureau_articles", "/bureau/articles"),
    ("bureau_new_article", "/bureau/articles/new"),
    ("bureau_create_article", "!/bureau/articles"),
    ("bureau_article", "/bureau/articles/{art}"),
    ("bureau_edit_article", "!/bureau/articles/{art}/edit"),
    ("bureau_publish_article", "!/bureau/articles/{art}/publish"),
    ("bureau_withdraw_article", "!/bureau/articles/{art}/withdraw"),
    ("bureau_indicators", "/bureau/indicators"),
    ("bureau_indicator", "/bureau/indicators/satisfaction"),
    ("bureau_plan_inputs", "/bureau/plan-inputs"),
    ("bureau_plan_input", "/bureau/plan-inputs/residents"),
    ("bureau_add_plan_input", "!/bureau/plan-inputs"),
    ("bureau_withdraw_plan_input", "!/bureau/plan-inputs/{pin}/withdraw"),
    ("bureau_imports", "/bureau/imports"),
    ("bureau_check_import", "!/bureau/imports"),
    ("bureau_confirm_import", "!/bureau/imports/confirm"),
    ("bureau_registers", "/bureau/registers"),
    ("bureau_records", "/bureau/registers/records"),
    ("bureau_add_record", "!/bureau/centres/{ctr}/records"),
    ("bureau_change_record", "!/bureau/records/{rec}/change"),
    ("bureau_remove_record", "!/bureau/records/{rec}/remove"),
    ("bureau_carer", "/bureau/carers/{crr}"),
    ("bureau_add_carer", "!/bureau/centres/{ctr}/carers"),
    ("bureau_change_carer", "!/bureau/carers/{crr}/change"),
    ("bureau_carer_left", "!/bureau/carers/{crr}/leave"),
    ("bureau_remove_carer", "!/bureau/carers/{crr}/remove"),
    ("bureau_add_training", "!/bureau/carers/{crr}/trainings"),
    ("bureau_remove_training", "!/bureau/carers/{crr}/trainings/{trn}/remove"),
    ("bureau_support", "/bureau/support"),
    ("bureau_draft_support", "!/bureau/support"),
    ("bureau_support_rates", "/bureau/support/rates"),
    ("bureau_add_support_rate", "!/bureau/support/rates"),
    ("bureau_support_sheet", "/bureau/support/{sup}"),
    ("bureau_check_support", "!/bureau/support/{sup}/check"),
    ("bureau_freeze_support", "!/bureau/support/{sup}/freeze"),
    ("bureau_discard_support", "!/bureau/support/{sup}/discard"),
    ("bureau_events", "/bureau/events"),
    ("bureau_new_event", "/bureau/events/new"),
    ("bureau_create_event", "!/bureau/events"),
    ("bureau_event", "/bureau/events/{bev}"),
    ("bureau_edit_event", "!/bureau/events/{bev}/edit"),
    ("bureau_publish_event", "!/bureau/events/{bev}/publish"),
    ("bureau_cancel_event", "!/bureau/events/{bev}/cancel"),
    ("bureau_mark_attended", "!/bureau/events/{bev}/attended"),
    ("bureau_unmark_attended", "!/bureau/events/{bev}/not-attended"),
    ("bureau_mark_no_show", "!/bureau/events/{bev}/no-show"),
    ("bureau_funds", "/bureau/funds"),
    ("bureau_add_fund_rule", "!/bureau/funds"),
    ("bureau_end_fund_rule", "!/bureau/funds/{fru}/end"),
    ("bureau_redemptions", "/bureau/redemptions"),
    ("bureau_refused_scans", "/bureau/redemptions/refused"),
    ("bureau_reverse_redemption", "!/bureau/redemptions/{rdm}/reverse"),
    ("bureau_keys", "/bureau/keys"),
    ("bureau_make_key", "!/bureau/keys"),
    ("bureau_revoke_key", "!/bureau/keys/{axk}/revoke"),
    ("bureau_webhooks", "/bureau/webhooks"),
    ("bureau_make_webhook", "!/bureau/webhooks"),
    ("bureau_webhook", "/bureau/webhooks/{whk}"),
    ("bureau_rotate_webhook", "!/bureau/webhooks/{whk}/rotate"),
    ("bureau_end_webhook", "!/bureau/webhooks/{whk}/end"),
    ("bureau_retry_delivery", "!/bureau/webhook-deliveries/{whd}/retry"),
];

async fn call(browser: &Browser, page: &str) -> Seen {
    let path = page.trim_start_matches('!').replace('{', "").replace('}', &format!("_{NAMELESS}"));
    if page.starts_with('!') { browser.post(&path, &[]).await } else { browser.get(&path).await }
}

#[tokio::test]
async fn every_page_of_the_bureau_is_in_the_table_and_opens_to_its_roles_alone() {
    let listed: BTreeSet<&str> = PAGES.iter().map(|(name, _)| *name).collect();
    let table: BTreeSet<&str> =
        permissions::pages().map(|(name, _)| name).filter(|name| name.starts_with("bureau_")).collect();
    assert_eq!(listed, table);
    let app = TestApp::spawn().await;
    let carer = app.staff("lin", StaffRole::Carer, Some(app.place().await.centre.id)).await;
    let at_desk = Browser::at(&app);
    at_desk.sign_in("/desk", &carer.username).await;
    let (officer, admin) = (app.at_bureau(StaffRole::Officer).await.0, app.at_bureau(StaffRole::Admin).await.0);
    let mut complaints = vec![];
    for (name, page) in PAGES {
        let stranger = call(&Browser::at(&app), page).await;
        let turned_away = if page.starts_with('!') {
            stranger.status == 401
        } else {
            stranger.status == 303 && stranger.location().starts_with("/bureau/sign-in?next=%2Fbureau")
        };
        if !turned_away {
            complaints.push(format!("{name} without a cookie: {}", stranger.status));
        }
        let roles = permissions::pages().find(|(known, _)| known == name).unwrap().1;
        for (role, browser) in [(Role::Carer, &at_desk), (Role::Officer, &officer), (Role::Admin, &admin)] {
            let seen = call(browser, page).await;
            if (seen.status == 403) == roles.has(role) || matches!(seen.status, 401 | 405 | 500..) {
                complaints.push(format!("{name} as {}: {} {}", role.as_str(), seen.status, seen.location()));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What no page may hold: the policy stops it, or it is in the wrong language.
fn faults(path: &str, seen: &Seen, english: bool) -> Vec<String> {
    let html = seen.html();
    let mut faults = vec![];
    for forbidden in [" style=", "<style", " onclick=", " onsubmit=", "javascript:", "<script>"] {
        if html.contains(forbidden) {
            faults.push(format!("{path} holds {forbidden}"));
        }
    }
    if html.matches("<script").count() != 1 {
        faults.push(format!("{path} has other scripts than its own"));
    }
    for (around, text) in seen.texts() {
        let inside = |name: &str| around.iter().any(|tag| tag.split(' ').next() == Some(name));
        let foreign = around.iter().any(|tag| tag.contains("lang=\"en\"") && !tag.starts_with("html"));
        let words = text.split(|c: char| !c.is_ascii_lowercase()).any(|word| word.len() > 2);
        if !english && text.is_ascii() && words && !inside("code") && !foreign {
            faults.push(format!("{path} says {text:?}"));
        }
        let ours = ["th", "button", "legend", "summary", "nav", "h2"].iter().any(|name| inside(name));
        if english && ours && text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
            faults.push(format!("{path} says {text:?} in English"));
        }
    }
    faults
}

/// Addresses of our pages on a page.
fn links(html: &str) -> BTreeSet<String> {
    let found = html.split("href=\"/bureau").skip(1).filter_map(|rest| rest.split('"').next());
    found.map(|rest| format!("/bureau{}", rest.replace("&#38;", "&").replace("&amp;", "&"))).collect()
}

#[tokio::test]
async fn every_page_that_a_link_leads_to_answers_in_both_languages_and_keeps_to_the_policy() {
    let app = TestApp::spawn_demo().await;
    for english in [false, true] {
        let browser = Browser::at(&app);
        if english {
            browser.read_english();
        }
        let fields = [("username", "admin"), ("password", "tuoyu-demo-2026")];
        assert_eq!(browser.post_raw("/bureau/sign-in", &fields, &[]).await.sent(), "/bureau");
        let (mut seen, mut next) = (BTreeSet::new(), vec!["/bureau".to_owned()]);
        let mut complaints = vec![];
        while let Some(path) = next.pop() {
            // Some of each kind are enough.
            let kind = path.split('?').next().unwrap().trim_end_matches(|c: char| c.is_ascii_hexdigit()).to_owned();
            let alike = seen.iter().filter(|known: &&String| known.starts_with(&kind)).count();
            let many = path.contains(['?', '_']) && (alike > 12 || seen.len() > 160);
            // One order of a page is enough.
            let bare = |path: &str| path.split('?').next().unwrap().to_owned();
            let sorted = |known: &String| known.contains("sort=") && bare(known) == bare(&path);
            if many || (path.contains("sort=") && seen.iter().any(sorted)) || !seen.insert(path.clone()) {
                continue;
            }
            let page = browser.get(&path).await;
            if page.status != 200 {
                complaints.push(format!("{path} answers {}", page.status));
                continue;
            }
            let policy = page.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            if page.headers["content-type"].to_str().unwrap().starts_with("text/html") {
                complaints.extend(faults(&path, &page, english));
                next.extend(links(&page.html()).into_iter().filter(|link| !seen.contains(link)));
            }
        }
        assert!(seen.len() > 30, "{seen:?}");
        for (_, page) in PAGES.iter().filter(|(_, page)| !page.contains(['!', '{'])) {
            assert!(seen.iter().any(|path| path.split('?').next() == Some(page)), "no link leads to {page}");
        }
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
}

#[tokio::test]
async fn what_a_page_shows_is_downloaded_with_the_same_sign_in() {
    let app = TestApp::spawn().await;
    app.place_with(15, 3, |centre| centre.name = "=洛阳托育,\"一\"".to_owned()).await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let api = browser.get("/api/v1/bureau/satisfaction.csv?by=centre").await;
    assert_eq!((api.status, api.headers["content-type"].to_str().unwrap()), (200, "text/csv; charset=utf-8"));
    let page = browser.get("/bureau/centres").await.expect(200);
    let own = links(&page).into_iter().find(|link| link.contains("as=csv")).unwrap();
    let csv = browser.get(&own).await;
    assert!(csv.headers["content-disposition"].to_str().unwrap().contains("attachment"));
    let csv = csv.expect(200);
    assert!(csv.contains("机构,类型,乡镇") && csv.contains("\"'=洛阳托育,\"\"一\"\"\""), "{csv}");
    let book = browser.get(&own.replace("as=csv", "as=xlsx")).await;
    assert!(book.bytes.starts_with(b"PK"));
    // A browser that opens a table which can't be made shows a page that says why.
    let none = "/api/v1/bureau/audit.xlsx?from=2026-03-05&to=2026-01-01";
    let page = browser.get_with(none, &[("Accept", "text/html,*/*")]).await.expect(400);
    assert!(page.contains("<!doctype html>") && page.contains("返回首页"), "{page}");
    assert!(browser.get(none).await.expect(400).starts_with('{'), "a program reads a problem");
    // A cookie writes nothing at the API without the word.
    let body = [("reason", "x")];
    browser.post_raw("/api/v1/bureau/coverage/recompute", &body, &[]).await.expect(401);
    assert!(Browser::at(&app).get(&own).await.sent().starts_with("/bureau/sign-in"));
}
