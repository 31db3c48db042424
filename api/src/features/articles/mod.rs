//! Articles (文章; project 13): policy and parenting knowledge, published by the bureau and read by anybody.
//!
//! Promises: a text is plain, paragraphs with empty lines between them: no markup goes in, so none can hurt
//! whoever shows it; every version stays, with who wrote it; of two officers who edit at once one is told; what
//! isn't published is seen by nobody but the bureau.

mod bureau;
pub mod dto;
mod public;
pub mod rules;
pub mod service;
mod sheet;
mod store;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(public::list_articles)
        .service(public::read_article)
        // Before the one with an id in its place.
        .service(bureau::list_bureau_articles_csv)
        .service(bureau::list_bureau_articles_xlsx)
        .service(bureau::list_bureau_articles)
        .service(bureau::create_article)
        .service(bureau::read_bureau_article)
        .service(bureau::edit_article)
        .service(bureau::publish_article)
        .service(bureau::withdraw_article)
        .service(bureau::list_article_versions);
}
