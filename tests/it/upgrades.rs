//! Steps of the schema over a database that holds rows already.

use entity::{
    ModeratedKind, ModerationStatus, TextStatus, audit_rows, campaigns, centres, children, moderations, redemptions,
    vouchers,
};
use harness::{Backend, TestApp, backend};
use migration::{Migrator, MigratorTrait as _};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    ConnectionTrait as _, DatabaseConnection, EntityTrait, QueryOrder as _, Statement,
};

/// The steps that the first running version had.
const FIRST_VERSION: u32 = 9;

/// What a table is made of, in the words of the database: columns, indexes, constraints.
async fn schema(db: &DatabaseConnection) -> Vec<String> {
    let sql = match backend() {
        Backend::Sqlite => {
            "SELECT 'column ' || m.name || ' ' || p.name || ' ' || p.type || ' ' || p.\"notnull\" || ' ' || p.pk AS line \
             FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' \
             UNION ALL SELECT 'index ' || name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE type = 'index' \
             UNION ALL SELECT 'checks ' || name || ' ' || (length(sql) - length(replace(sql, 'CHECK', ''))) \
             FROM sqlite_master WHERE type = 'table'"
        }
        Backend::Postgres => {
            "SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default) AS line \
             FROM information_schema.columns WHERE table_schema = 'public' \
             UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' \
             UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) \
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let mut lines: Vec<String> = rows.iter().map(|row| row.try_get("", "line").unwrap()).collect();
    lines.sort();
    lines
}

/// The rows of the tables that later steps gave columns to, without those columns.
async fn rows(db: &DatabaseConnection) -> Vec<String> {
    let centres = centres::Entity::find().order_by_asc(centres::Column::Id).all(db).await.unwrap();
    let campaigns = campaigns::Entity::find().order_by_asc(campaigns::Column::Id).all(db).await.unwrap();
    let vouchers = vouchers::Entity::find().order_by_asc(vouchers::Column::Id).all(db).await.unwrap();
    let redemptions = redemptions::Entity::find().order_by_asc(redemptions::Column::Id).all(db).await.unwrap();
    let audit = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Id).all(db).await.unwrap();
    assert!(centres.len() > 5 && !campaigns.is_empty() && vouchers.len() > 5 && redemptions.len() > 5);
    centres
        .into_iter()
        .map(|row| format!("{:?}", centres::Model { vouchers_suspended_at: None, ..row }))
        .chain(campaigns.into_iter().map(|row| {
            let row = campaigns::Model { offline_daily_units: None, centre_kinds: None, ..row };
            format!("{:?}", campaigns::Model { revoked_at: None, revoked_on: None, ..row })
        }))
        .chain(vouchers.into_iter().map(|row| format!("{:?}", vouchers::Model { reminded_at: None, ..row })))
        .chain(redemptions.into_iter().map(|row| {
            let row = redemptions::Model { device: None, statement_id: None, ..row };
            format!("{:?}", redemptions::Model { uploaded_at: None, ..row })
        }))
        // Sealed by a worker at its own time.
        .chain(audit.into_iter().map(|row| row.id.to_string()))
        .collect()
}

#[tokio::test]
async fn a_database_of_the_first_version_is_upgraded_with_its_rows() {
    let app = TestApp::spawn_demo().await;
    app.stop().await;
    let db = app.db();
    let (present, before) = (schema(db).await, rows(db).await);
    let all = u32::try_from(Migrator::migrations().len()).unwrap();

    Migrator::down(db, Some(all - FIRST_VERSION)).await.unwrap();
    let first = schema(db).await;
    assert!(first.len() < present.len() && !first.iter().any(|line| line.contains("statements")), "{first:#?}");
    // One step at a time, as releases do.
    for _ in FIRST_VERSION..all {
        Migrator::up(db, Some(1)).await.unwrap();
    }
    assert_eq!(schema(db).await, present);
    assert_eq!(rows(db).await, before);

    // The upgraded rows can be worked with: what they say is paid for as before.
    let after = app.replica().await;
    let officer = after.officer().await;
    for campaign in campaigns::Entity::find().all(db).await.unwrap() {
        let book = officer.get(&format!("/bureau/campaigns/{}/reconciliation", campaign.id)).await.ok();
        assert_eq!(book["balanced"], true, "{book:#}");
    }
}

#[tokio::test]
async fn every_step_can_be_taken_back() {
    let app = TestApp::spawn().await;
    app.stop().await;
    let db = app.db();
    let present = schema(db).await;
    Migrator::down(db, None).await.unwrap();
    let left = schema(db).await;
    assert!(left.iter().all(|line| line.contains("seaql_migrations") || line.contains("sqlite_")), "{left:#?}");
    Migrator::up(db, None).await.unwrap();
    assert_eq!(schema(db).await, present);
}

#[tokio::test]
async fn a_name_that_nobody_judged_yet_waits_after_the_upgrade_and_every_other_passed() {
    let mut app = TestApp::spawn().await;
    let families = app.many_families(4).await;
    app.finish().await;
    let moderation = |child: usize, version, status| moderations::Model {
        id: app.id(),
        kind: ModeratedKind::Nickname,
        subject_id: families[child].child_id.0,
        version,
        family_id: Some(families[child].family_id),
        status,
        attempts: 0,
        next_at: app.clock.now(),
        label: None,
        staff_id: None,
        reason: None,
        created_at: app.clock.now(),
        decided_at: None,
    };
    app.insert(moderation(0, 1, ModerationStatus::Review)).await;
    app.insert(moderation(1, 1, ModerationStatus::Passed)).await;
    // About a name that the child has no more.
    app.insert(moderation(2, 0, ModerationStatus::Waiting)).await;
    let hidden = children::ActiveModel {
        id: Unchanged(families[3].child_id),
        name_status: Set(TextStatus::Hidden),
        ..Default::default()
    };
    hidden.update(app.db()).await.unwrap();
    let steps = Migrator::migrations();
    let since = steps.iter().position(|step| step.name().starts_with("m0029")).unwrap();
    Migrator::down(app.db(), Some(u32::try_from(steps.len() - since).unwrap())).await.unwrap();
    Migrator::up(app.db(), None).await.unwrap();
    let mut found = Vec::new();
    for family in &families {
        let row = children::Entity::find_by_id(family.child_id).one(app.db()).await.unwrap().unwrap();
        found.push(row.name_status);
    }
    use TextStatus::{Hidden, Pending, Shown};
    assert_eq!(found, [Pending, Shown, Shown, Hidden]);
}
