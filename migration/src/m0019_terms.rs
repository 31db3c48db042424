//! Who may book on which terms: places kept for full-day care, employers' own centres, reductions of
//! fees with their own consent, and families whose answers don't count.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const PURPOSES: &[&str] = &["booking", "health_proof", "location", "ratings", "messages"];
const PURPOSES_NOW: &[&str] = &["booking", "health_proof", "location", "ratings", "messages", "reductions"];

/// Consents with another list of purposes: SQLite can't change a CHECK, so the table is made anew.
async fn consents(manager: &SchemaManager<'_>, purposes: &[&'static str]) -> Result<(), DbErr> {
    let columns = ["id", "family_id", "child_id", "purpose", "version", "given_at", "withdrawn_at"].map(Alias::new);
    let former = "former_consents";
    for name in ["consents_child", "consents_family"] {
        manager.drop_index(Index::drop().name(name).table(Alias::new("consents")).to_owned()).await?;
    }
    let rename = Table::rename().table(Alias::new("consents"), Alias::new(former)).to_owned();
    manager.rename_table(rename).await?;
    let anew = table("consents")
        .col(id())
        .col(uuid("family_id"))
        .col(uuid("child_id"))
        .col(word("purpose", purposes))
        .col(text("version"))
        .col(instant("given_at"))
        .col(opt(instant("withdrawn_at")))
        .foreign_key(&mut refers("family_id", "families", "id"))
        .foreign_key(&mut refers("child_id", "children", "id"))
        .to_owned();
    create(manager, [anew], []).await?;
    let mut rows = Query::select();
    rows.columns(columns.clone())
        .from(Alias::new(former))
        .and_where(Expr::col(Alias::new("purpose")).is_in(purposes.iter().copied()));
    let mut copy = Query::insert();
    copy.into_table(Alias::new("consents"))
        .columns(columns)
        .select_from(rows)
        .map_err(|e| DbErr::Custom(e.to_string()))?;
    manager.execute(copy).await?;
    drop(manager, &[former]).await?;
    let indexes =
        [index("consents_child", "consents", &["child_id"]), index("consents_family", "consents", &["family_id"])];
    create(manager, [], indexes).await
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        let kept = int("kept_full_day").default(0).check(column("kept_full_day").between(0, 100)).to_owned();
        add(manager, "classes", kept).await?;
        add(manager, "centres", word("admits", &["own_staff", "own_first", "all"]).default("all").to_owned()).await?;
        add(manager, "centres", int("others_days").default(0).to_owned()).await?;
        consents(manager, PURPOSES_NOW).await?;
        create(
            manager,
            [
                table("fee_reductions")
                    .col(uuid("centre_id"))
                    .col(word("kind", &["third_child", "special_family", "disabled"]))
                    .col(int("percent").check(column("percent").between(1, 100)))
                    .primary_key(&mut primary(&["centre_id", "kind"]))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("employer_codes")
                    .col(id())
                    .col(uuid("centre_id"))
                    .col(text("label"))
                    .col(blob("code_hash"))
                    .col(date("valid_until"))
                    .col(int("families_max"))
                    .col(int("families"))
                    .col(uuid("staff_id"))
                    .col(instant("created_at"))
                    .col(opt(instant("revoked_at")))
                    .check(column("families").lte(column("families_max")))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("employer_families")
                    .col(uuid("family_id"))
                    .col(uuid("centre_id"))
                    .col(uuid("code_id"))
                    .col(instant("since"))
                    .primary_key(&mut primary(&["family_id", "centre_id"]))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("code_id", "employer_codes", "id"))
                    .to_owned(),
                table("centre_ties")
                    .col(id())
                    .col(uuid("family_id"))
                    .col(uuid("centre_id"))
                    .col(word("tie", &["staff", "relative"]))
                    .col(text("declared_by"))
                    .col(instant("since"))
                    .col(opt(instant("ended_at")))
                    .foreign_key(&mut refers("family_id", "families", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
            ],
            [
                unique("employer_codes_hash", "employer_codes", &["code_hash"]),
                index("employer_codes_centre", "employer_codes", &["centre_id"]),
                unique("centre_ties_live", "centre_ties", &["family_id", "centre_id"])
                    .and_where(column("ended_at").is_null())
                    .to_owned(),
                index("centre_ties_family", "centre_ties", &["family_id", "centre_id", "since"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["centre_ties", "employer_families", "employer_codes", "fee_reductions"]).await?;
        consents(manager, PURPOSES).await?;
        remove(manager, "centres", "others_days").await?;
        remove(manager, "centres", "admits").await?;
        remove(manager, "classes", "kept_full_day").await
    }
}
