//! Short names for the columns and keys that the steps use again and again. Frozen like the
//! steps themselves: changing one would change history.

use sea_orm_migration::prelude::*;

pub(crate) fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).to_owned()
}

pub(crate) fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).uuid().not_null().to_owned()
}
pub(crate) fn id() -> ColumnDef {
    uuid("id").primary_key().to_owned()
}
pub(crate) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).text().not_null().to_owned()
}
pub(crate) fn int(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).integer().not_null().to_owned()
}
pub(crate) fn big(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).big_integer().not_null().to_owned()
}
pub(crate) fn double(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).double().not_null().to_owned()
}
pub(crate) fn boolean(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).boolean().not_null().to_owned()
}
pub(crate) fn date(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).date().not_null().to_owned()
}
pub(crate) fn instant(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).timestamp_with_time_zone().not_null().to_owned()
}
pub(crate) fn blob(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).blob().not_null().to_owned()
}
pub(crate) fn json(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).json_binary().not_null().to_owned()
}
/// The same column, but it may be absent.
pub(crate) fn opt(mut column: ColumnDef) -> ColumnDef {
    column.null().to_owned()
}
/// A word of a closed list, with its CHECK.
pub(crate) fn word(name: &'static str, list: &[&'static str]) -> ColumnDef {
    ColumnDef::new(Alias::new(name))
        .string_len(24)
        .not_null()
        .check(Expr::col(Alias::new(name)).is_in(list.iter().copied()))
        .to_owned()
}

/// `column` refers to `parent.target`; a parent with children can't be deleted.
pub(crate) fn refers(column: &'static str, parent: &'static str, target: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(Alias::new(column)).to(Alias::new(parent), Alias::new(target)).to_owned()
}

/// A key of several columns.
pub(crate) fn primary(columns: &[&'static str]) -> IndexCreateStatement {
    let mut key = Index::create();
    for c in columns {
        key.col(Alias::new(*c));
    }
    key.primary().to_owned()
}

pub(crate) fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(Alias::new(table));
    for c in columns {
        index.col(Alias::new(*c));
    }
    index.to_owned()
}

pub(crate) fn unique(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(name, table, columns).unique().to_owned()
}

/// Creates the tables, then the indexes.
pub(crate) async fn create(
    manager: &SchemaManager<'_>,
    tables: impl IntoIterator<Item = TableCreateStatement> + Send,
    indexes: impl IntoIterator<Item = IndexCreateStatement> + Send,
) -> Result<(), DbErr> {
    let (tables, indexes): (Vec<_>, Vec<_>) = (tables.into_iter().collect(), indexes.into_iter().collect());
    for table in tables {
        manager.create_table(table).await?;
    }
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Drops the tables, in the order given.
pub(crate) async fn drop(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for name in tables {
        manager.drop_table(Table::drop().table(Alias::new(*name)).to_owned()).await?;
    }
    Ok(())
}

/// Adds a column to a table that is there. One at a time: SQLite takes no more.
pub(crate) async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(Alias::new(table)).add_column(column).to_owned()).await
}

/// Takes a column away.
pub(crate) async fn remove(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(Alias::new(table)).drop_column(Alias::new(column)).to_owned()).await
}

/// A migration step: its `up` as an async block over `manager`, and the tables that `down` drops.
macro_rules! step {
    (|$m:ident| $up:block, drops $tables:expr) => {
        /// One step of the schema.
        #[derive(sea_orm_migration::prelude::DeriveMigrationName)]
        pub(crate) struct Migration;

        #[sea_orm_migration::async_trait::async_trait]
        impl sea_orm_migration::MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }
            async fn up(&self, $m: &sea_orm_migration::SchemaManager) -> Result<(), sea_orm_migration::DbErr> $up
            async fn down(&self, manager: &sea_orm_migration::SchemaManager) -> Result<(), sea_orm_migration::DbErr> {
                crate::columns::drop(manager, $tables).await
            }
        }
    };
}
pub(crate) use step;
