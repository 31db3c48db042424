//! The guardian's account and children.

use harness::TestApp;

#[tokio::test]
async fn a_guardian_signs_in_and_adds_a_child() {
    let app = TestApp::spawn().await;
    let family = app.family("chen").await;
    let me = family.client.get("/me").await.ok();
    assert_eq!(me["children"][0]["id"], family.child());
    assert_eq!(me["children"][0]["age_months"], 18);
}

#[tokio::test]
async fn many_families_inserted_directly_are_signed_in() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    for family in app.many_families(3).await {
        assert_eq!(family.client.get("/me").await.ok()["children"][0]["id"], family.child());
    }
    app.carer(place.centre.id).await.get("/me").await.problem(403, "FORBIDDEN");
}
