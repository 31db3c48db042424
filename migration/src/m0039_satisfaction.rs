//! Roll-ups of satisfaction, and the marks of what is to be counted into them.
//!
//! Triggers write the marks, in the transaction of whatever changes a rating, a visit that was checked out,
//! a voucher day or a centre's township or kind: nobody who writes has to know of the figures, and no
//! replica of an older version is missed while a new one starts. Marks are only added, so that no writer
//! waits for another. One without a centre says: count everything. Rows that are there already get one.
//!
//! Months are texts `YYYY-MM` and forms of care words, `any` for all of them together. The roll-ups refer
//! to nothing: they are made of rows that do.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const SCORES: [&str; 5] = ["environment", "carers", "meals", "safety", "communication"];
const LEVELS: [&str; 5] = ["level_1", "level_2", "level_3", "level_4", "level_5"];
/// What of a rating is counted.
const COUNTED: &str = "level, environment, carers, meals, safety, communication, excluded_for, updated_at";

/// Table, event, on which condition, the mark's family, centre and month (`{month}` of the day).
const TRIGGERS: [(&str, &str, &str, &str); 10] = [
    ("ratings", "INSERT", "", "NULL, NEW.centre_id, {NEW.month}"),
    ("ratings", "UPDATE", "", "NULL, NEW.centre_id, {NEW.month}"),
    ("ratings", "DELETE", "", "NULL, OLD.centre_id, {OLD.month}"),
    ("visits", "INSERT", "NEW.status = 'left'", "NEW.family_id, NEW.centre_id, {NEW.date}"),
    ("visits", "UPDATE", "(OLD.status = 'left') <> (NEW.status = 'left')", "NEW.family_id, NEW.centre_id, {NEW.date}"),
    ("visits", "DELETE", "OLD.status = 'left'", "OLD.family_id, OLD.centre_id, {OLD.date}"),
    ("redemptions", "INSERT", "NEW.status = 'redeemed'", "NEW.family_id, NEW.centre_id, {NEW.service_date}"),
    (
        "redemptions",
        "UPDATE",
        "(OLD.status = 'redeemed') <> (NEW.status = 'redeemed')",
        "NEW.family_id, NEW.centre_id, {NEW.service_date}",
    ),
    ("redemptions", "DELETE", "OLD.status = 'redeemed'", "OLD.family_id, OLD.centre_id, {OLD.service_date}"),
    ("centres", "UPDATE", "OLD.township <> NEW.township OR OLD.kind <> NEW.kind", "NULL, NEW.id, NULL"),
];

fn trigger(backend: DbBackend, (table, event, when, mark): (&str, &str, &str, &str)) -> String {
    let name = format!("satisfaction_{table}_{}", event.to_lowercase());
    let of = match (event, table) {
        ("UPDATE", "ratings") => format!("UPDATE OF {COUNTED}"),
        ("UPDATE", "centres") => "UPDATE OF township, kind".to_owned(),
        ("UPDATE", _) => "UPDATE OF status".to_owned(),
        _ => event.to_owned(),
    };
    let when = if when.is_empty() { String::new() } else { format!("WHEN ({when})") };
    let month = match backend {
        DbBackend::Postgres => |mark: &str| mark.replace('{', "to_char(").replace('}', ", 'YYYY-MM')"),
        _ => |mark: &str| mark.replace('{', "substr(").replace('}', ", 1, 7)"),
    };
    let insert = format!("INSERT INTO satisfaction_marks (family_id, centre_id, month) VALUES ({});", month(mark));
    match backend {
        DbBackend::Postgres => format!(
            "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert} RETURN NULL; END $$;\n\
             CREATE TRIGGER {name} AFTER {of} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}();"
        ),
        _ => format!("CREATE TRIGGER {name} AFTER {of} ON {table} FOR EACH ROW {when} BEGIN {insert} END;"),
    }
}

fn untrigger(backend: DbBackend, (table, event, ..): (&str, &str, &str, &str)) -> String {
    let name = format!("satisfaction_{table}_{}", event.to_lowercase());
    match backend {
        DbBackend::Postgres => format!("DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();"),
        _ => format!("DROP TRIGGER {name};"),
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut answers = table("satisfaction_answers");
        answers.col(text("month")).col(uuid("centre_id")).col(text("form"));
        for level in LEVELS {
            answers.col(int(level));
        }
        for score in SCORES {
            for what in ["n", "satisfied", "total"] {
                answers.col(ColumnDef::new(Alias::new(format!("{score}_{what}"))).integer().not_null());
            }
        }
        answers.primary_key(&mut primary(&["month", "centre_id", "form"]));
        let mark = ColumnDef::new(Alias::new("id")).big_integer().not_null().auto_increment().primary_key().to_owned();
        create(
            manager,
            [
                answers,
                table("satisfaction_care")
                    .col(text("month"))
                    .col(uuid("centre_id"))
                    .col(text("form"))
                    .col(int("units"))
                    .primary_key(&mut primary(&["month", "centre_id", "form"]))
                    .to_owned(),
                table("satisfaction_served")
                    .col(uuid("family_id"))
                    .col(text("month"))
                    .col(uuid("centre_id"))
                    .col(text("form"))
                    .col(text("township"))
                    .col(text("kind"))
                    .primary_key(&mut primary(&["family_id", "month", "centre_id", "form"]))
                    .to_owned(),
                table("satisfaction_families")
                    .col(text("dimension"))
                    .col(text("month"))
                    .col(text("key"))
                    .col(text("last"))
                    .col(int("families"))
                    .primary_key(&mut primary(&["dimension", "month", "key", "last"]))
                    .to_owned(),
                table("satisfaction_centre_families")
                    .col(text("month"))
                    .col(uuid("centre_id"))
                    .col(text("last"))
                    .col(int("families"))
                    .primary_key(&mut primary(&["month", "centre_id", "last"]))
                    .to_owned(),
                table("satisfaction_marks")
                    .col(mark)
                    .col(opt(uuid("family_id")))
                    .col(opt(uuid("centre_id")))
                    .col(opt(text("month")))
                    .to_owned(),
                table("satisfaction_state").col(int("id").primary_key()).col(opt(instant("settled_at"))).to_owned(),
            ],
            [index("satisfaction_answers_centre", "satisfaction_answers", &["centre_id", "month"])],
        )
        .await?;
        let (db, backend) = (manager.get_connection(), manager.get_database_backend());
        for of in TRIGGERS {
            db.execute_unprepared(&trigger(backend, of)).await?;
        }
        db.execute_unprepared("INSERT INTO satisfaction_state (id) VALUES (1)").await?;
        db.execute_unprepared(
            "INSERT INTO satisfaction_marks (centre_id) SELECT NULL WHERE EXISTS (SELECT 1 FROM ratings) \
             OR EXISTS (SELECT 1 FROM visits WHERE status = 'left') OR EXISTS (SELECT 1 FROM redemptions)",
        )
        .await
        .map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (db, backend) = (manager.get_connection(), manager.get_database_backend());
        for of in TRIGGERS {
            db.execute_unprepared(&untrigger(backend, of)).await?;
        }
        drop(
            manager,
            &[
                "satisfaction_state",
                "satisfaction_marks",
                "satisfaction_centre_families",
                "satisfaction_families",
                "satisfaction_served",
                "satisfaction_care",
                "satisfaction_answers",
            ],
        )
        .await
    }
}
