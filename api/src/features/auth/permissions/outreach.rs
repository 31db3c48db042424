//! More of the table: what reaches out to families, in texts and at home.

use super::{
    Roles,
    table::{BUREAU, DESK, GUARDIAN},
};

/// A feature after the other.
pub(super) const OUTREACH: &[(&str, Roles)] = &[
    // articles
    ("list_bureau_articles", BUREAU),
    ("list_bureau_articles_csv", BUREAU),
    ("list_bureau_articles_xlsx", BUREAU),
    ("read_bureau_article", BUREAU),
    ("list_article_versions", BUREAU),
    ("create_article", BUREAU),
    ("edit_article", BUREAU),
    ("publish_article", BUREAU),
    ("withdraw_article", BUREAU),
    // guidance
    ("request_guidance", GUARDIAN),
    ("list_own_guidance", GUARDIAN),
    ("withdraw_guidance", GUARDIAN),
    ("list_guidance", BUREAU),
    ("list_guidance_csv", BUREAU),
    ("list_guidance_xlsx", BUREAU),
    ("assign_guidance", BUREAU),
    ("answer_guidance", BUREAU),
    ("list_desk_guidance", DESK),
    ("answer_desk_guidance", DESK),
    // events: at the door
    ("unmark_attended", BUREAU),
    ("mark_no_show", BUREAU),
    // documents of guardians
    ("put_document", GUARDIAN),
    ("delete_document", GUARDIAN),
    ("check_document", DESK),
];
