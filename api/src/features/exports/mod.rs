//! The bureau's lists as whole tables (表格导出), `.csv` and `.xlsx`, where a list's own feature hasn't them.
//!
//! Promises: a table is what its list shows, page after page with the same filters; a `.csv` goes out while
//! it is read, with a page of rows in memory; nothing stands in a table that its list doesn't tell. Names and yuan stand
//! behind the ids and fen that programs read, which keep their places.

mod bureau;
mod general;
mod money;
pub mod names;
mod ties;
mod whole;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_audit_csv)
        .service(bureau::list_audit_xlsx)
        .service(bureau::list_bureau_campaigns_csv)
        .service(bureau::list_bureau_campaigns_xlsx)
        .service(bureau::list_all_vouchers_csv)
        .service(bureau::list_all_vouchers_xlsx)
        .service(bureau::list_bureau_refused_scans_csv)
        .service(bureau::list_bureau_refused_scans_xlsx)
        .service(bureau::list_conflicts_csv)
        .service(bureau::list_conflicts_xlsx)
        .service(bureau::list_bureau_ratings_csv)
        .service(bureau::list_bureau_ratings_xlsx)
        .service(bureau::list_bureau_ties_csv)
        .service(bureau::list_bureau_ties_xlsx)
        .service(bureau::list_complaints_csv)
        .service(bureau::list_complaints_xlsx)
        .service(bureau::list_staff_csv)
        .service(bureau::list_staff_xlsx)
        .service(bureau::list_adjustments_csv)
        .service(bureau::list_adjustments_xlsx)
        .service(bureau::list_unsettled_csv)
        .service(bureau::list_unsettled_xlsx)
        .service(bureau::list_communities_csv)
        .service(bureau::list_communities_xlsx)
        .service(whole::export_table_csv)
        .service(whole::export_table_xlsx);
}
