//! Until when whom a WeChat account was bound to worked at a centre; a family's own word about a centre beside what
//! the centre told of it, so that neither ends the other; and care whose only answer was left out counted anew, for
//! it is no longer among what could have been answered.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TIES: &str = "centre_ties";
const PAIR: &[&str] = &["family_id", "centre_id"];

fn live() -> Expr {
    Expr::col(Alias::new("ended_at")).is_null()
}

fn of_status(status: &'static str) -> Expr {
    Expr::col(Alias::new("status")).eq(status)
}

async fn drop_index(manager: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    manager.drop_index(Index::drop().name(name).table(Alias::new(TIES)).to_owned()).await
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "centre_ties_live").await?;
        create(
            manager,
            [table("former_bindings")
                .col(id())
                .col(uuid("staff_id"))
                .col(uuid("centre_id"))
                .col(blob("openid_hash"))
                .col(instant("bound_at"))
                .col(instant("ended_at"))
                .foreign_key(&mut refers("staff_id", "staff", "id"))
                .foreign_key(&mut refers("centre_id", "centres", "id"))
                .to_owned()],
            [
                index("former_bindings_openid", "former_bindings", &["openid_hash", "centre_id"]),
                index("former_bindings_ended", "former_bindings", &["ended_at"]),
                unique("centre_ties_declared", TIES, PAIR)
                    .and_where(live())
                    .and_where(of_status("declared"))
                    .to_owned(),
                unique("centre_ties_told", TIES, PAIR)
                    .and_where(live())
                    .and_where(of_status("declared").not())
                    .to_owned(),
            ],
        )
        .await?;
        let everything = "INSERT INTO satisfaction_marks (centre_id) SELECT NULL WHERE EXISTS (SELECT 1 FROM ratings \
             WHERE excluded_for IS NOT NULL)";
        manager.get_connection().execute_unprepared(everything).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "centre_ties_told").await?;
        drop_index(manager, "centre_ties_declared").await?;
        // Of two that stand the one that an officer knows of.
        let told = Query::select()
            .expr(Expr::val(1))
            .from_as(Alias::new(TIES), Alias::new("told"))
            .and_where(Expr::cust("told.family_id = centre_ties.family_id AND told.centre_id = centre_ties.centre_id"))
            .and_where(Expr::cust("told.ended_at IS NULL AND told.status <> 'declared'"))
            .to_owned();
        let ends = Query::update()
            .table(Alias::new(TIES))
            .value(Alias::new("ended_at"), Expr::col(Alias::new("since")))
            .and_where(live())
            .and_where(of_status("declared"))
            .and_where(Expr::exists(told))
            .to_owned();
        manager.execute(ends).await?;
        manager.create_index(unique("centre_ties_live", TIES, PAIR).and_where(live()).to_owned()).await?;
        drop(manager, &["former_bindings"]).await
    }
}
