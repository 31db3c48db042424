//! Articles: written by the bureau, read by anybody.

use entity::{StaffRole, audit_rows};
use harness::{Client, TestApp};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;

async fn written(officer: &Client, kind: &str, title: &str, text: &str) -> String {
    let body = json!({ "kind": kind, "title": title, "text": text, "source": "国卫人口发〔2019〕58号" });
    officer.post("/bureau/articles", body).await.created()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_article_is_read_by_anybody_from_its_publication_to_its_withdrawal() {
    let app = TestApp::spawn().await;
    let (officer, anyone) = (app.officer().await, app.anonymous());
    let id = written(&officer, "policy", "普惠托育", "第一段 100%\r\n\r\n\r\n第二段 <b>").await;
    let path = format!("/articles/{id}");
    anyone.get(&path).await.problem(404, "NOT_FOUND");
    assert_eq!(anyone.get("/articles").await.ok()["items"], json!([]));

    let publish = format!("/bureau/articles/{id}/publish");
    officer.post(&publish, json!({})).await.ok();
    officer.post(&publish, json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(anyone.get(&path).await.text("/text"), "第一段 100%\n\n第二段 <b>", "plain text, as it was written");
    let other = written(&officer, "parenting", "入托准备", "健康检查").await;
    officer.post(&format!("/bureau/articles/{other}/publish"), json!({})).await.ok();
    let first = anyone.get("/articles?limit=1").await.ok();
    assert_eq!(first["items"][0]["id"], json!(other), "the latest first");
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(anyone.get(&format!("/articles?limit=1&cursor={next}")).await.text("/items/0/id"), id);
    let found = async |query: &str| {
        let page = anyone.get(&format!("/articles?{query}")).await.ok();
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("kind=policy").await, std::slice::from_ref(&id));
    assert_eq!(found("q=100%25").await, std::slice::from_ref(&id));
    assert_eq!(found("q=%3CB%3E").await, std::slice::from_ref(&id), "in either case");
    assert!(found("q=1%250").await.is_empty(), "a sign of a pattern is a sign");

    let withdraw = format!("/bureau/articles/{id}/withdraw");
    officer.post(&withdraw, json!({ "reason": "政策已更新" })).await.ok();
    officer.post(&withdraw, json!({ "reason": "政策已更新" })).await.problem(409, "WRONG_STATE");
    anyone.get(&path).await.problem(404, "NOT_FOUND");
    assert_eq!(found("kind=policy").await, Vec::<String>::new());
    officer.post(&publish, json!({})).await.ok();
    anyone.get(&path).await.ok();
    let deeds = audit_rows::Entity::find().filter(audit_rows::Column::Action.starts_with("article."));
    assert_eq!(deeds.count(app.db()).await.unwrap(), 6);
}

#[tokio::test]
async fn of_two_officers_who_edit_one_version_the_second_is_told() {
    let app = TestApp::spawn().await;
    let (one, two) = (app.officer().await, app.officer().await);
    let id = written(&one, "policy", "标题", "正文").await;
    let path = format!("/bureau/articles/{id}");
    let changed = one.patch(&path, json!({ "version": 1, "title": "新标题", "source": null })).await.ok();
    assert_eq!((&changed["version"], &changed["source"]), (&json!(2), &json!(null)));
    let refused = two.patch(&path, json!({ "version": 1, "text": "别的正文" })).await.problem(409, "WRONG_STATE");
    assert_eq!(refused["version"], 2);
    let same = two.patch(&path, json!({ "version": 2, "title": "新标题" })).await.ok();
    assert_eq!(same["version"], 2, "nothing changed, so there is no other version");
    let versions = two.get(&format!("{path}/versions")).await.ok();
    let titles: Vec<_> = versions["items"].as_array().unwrap().iter().map(|row| row["title"].clone()).collect();
    assert_eq!(titles, [json!("新标题"), json!("标题")]);
}

#[tokio::test]
async fn the_bureaus_page_lists_writes_shows_and_publishes() {
    let app = TestApp::spawn().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let text = "第一段\r\n\r\n<script>alert(1)</script>";
    let fields = [("kind", "parenting"), ("title", "入托准备"), ("text", text), ("source", "")];
    let mut empty = fields;
    empty[1].1 = "";
    let again = browser.post("/bureau/articles", &empty).await.expect(200);
    assert!(again.contains("aria-invalid") && again.contains("第一段"), "{again}");
    let to = browser.post("/bureau/articles", &fields).await.sent();
    let page = browser.get(&to).await.expect(200);
    assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("<script>alert"), "a text is no markup");
    let at = to.split('?').next().unwrap();
    browser.post(&format!("{at}/publish"), &[]).await.sent();
    let edited = [("kind", "parenting"), ("title", "入托要准备什么"), ("text", "正文"), ("version", "1")];
    browser.post(&format!("{at}/edit"), &edited).await.sent();
    let again = browser.post(&format!("{at}/edit"), &edited).await.expect(200);
    assert!(again.contains("已被他人修改"), "{again}");
    let listed = browser.get("/bureau/articles?status=published&kind=").await.expect(200);
    assert!(listed.contains("入托要准备什么") && listed.contains("/api/v1/bureau/articles.csv?status=published\""));
    let csv = browser.get("/api/v1/bureau/articles.csv?status=published").await.expect(200);
    assert!(csv.contains("育儿知识,入托要准备什么,已发布,2"), "{csv}");
    browser.post(&format!("{at}/withdraw"), &[("reason", "过时")]).await.sent();
    assert!(browser.get("/bureau/articles?status=published").await.expect(200).contains("没有记录"));
}

#[tokio::test]
async fn a_reader_of_traditional_characters_reads_pages_so_and_what_was_written_as_it_was() {
    let app = TestApp::spawn().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let fields = [("kind", "policy"), ("title", "发展托育里程"), ("text", "干部发布。")];
    browser.post("/bureau/articles", &fields).await.sent();
    let sent = browser.get("/console/language?to=hant&back=/bureau/articles").await.sent();
    let seen = browser.get(&sent).await;
    assert_eq!(seen.headers["content-language"], "zh-Hant");
    let page = seen.expect(200);
    assert!(page.contains("lang=\"zh-Hant\"") && page.contains("民生保障局") && page.contains("政策解讀"), "{page}");
    assert!(page.contains("发展托育里程") && page.contains("滿意度") && page.contains("简体"), "{page}");
    let refused = browser.get("/bureau/articles/art_0192f0c18a7c7d10b1c2d3e4f5a6b7c8").await.expect(404);
    assert!(refused.contains("沒有找到您要的內容"), "{refused}");
}
