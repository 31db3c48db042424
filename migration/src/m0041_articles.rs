//! Articles for families, and every former state of their texts.

use sea_orm_migration::prelude::*;

use crate::columns::*;

const KINDS: [&str; 2] = ["policy", "parenting"];

/// What a version of an article says.
fn with_words(mut table: TableCreateStatement) -> TableCreateStatement {
    table.col(word("kind", &KINDS)).col(text("title")).col(text("text")).col(opt(text("source"))).to_owned()
}

step!(
    |manager| {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        create(
            manager,
            [
                with_words(table("articles").col(id()).to_owned())
                    .col(word("status", &["draft", "published", "withdrawn"]))
                    .col(int("version").check(column("version").gte(1)))
                    .col(opt(instant("published_at")))
                    .col(uuid("created_by"))
                    .col(instant("created_at"))
                    .col(instant("changed_at"))
                    // What families see was published once.
                    .check(column("status").eq("draft").or(column("published_at").is_not_null()))
                    .foreign_key(&mut refers("created_by", "staff", "id"))
                    .to_owned(),
                with_words(table("article_versions").col(uuid("article_id")).col(int("version")).to_owned())
                    .col(uuid("staff_id"))
                    .col(instant("recorded_at"))
                    .primary_key(&mut primary(&["article_id", "version"]))
                    .foreign_key(&mut refers("article_id", "articles", "id"))
                    .foreign_key(&mut refers("staff_id", "staff", "id"))
                    .to_owned(),
            ],
            [index("articles_published", "articles", &["status", "published_at", "id"])],
        )
        .await
    },
    drops & ["article_versions", "articles"]
);
