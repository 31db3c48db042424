//! Trial vouchers (托育体验券): campaigns, claims, codes and redemptions.
//!
//! Promises: a campaign never issues more than its quota, nor two to a child; a first-time
//! campaign never serves a family twice (invariant 3); a unit is redeemed at most once, one a
//! child and day, and the same request is answered with the same bytes (invariant 4). Claims read
//! once, then write in one short transaction; redemptions that come at once share one; whoever
//! loses a race there reads again and is told why.

pub mod amendment;
pub mod campaign_dto;
pub mod code;
pub mod code_keys;
pub mod draft;
pub mod dto;
pub mod fund_dto;
pub mod funds;
pub mod list_dto;
pub mod offline_dto;
pub mod refusal_dto;
pub mod reversal_dto;
pub mod revocation_dto;
pub mod rules;
pub mod story_dto;

mod bureau;
mod bureau_lists;
mod bureau_rules;
mod desk;
mod faults;
pub mod gate;
mod guardians;
mod offline;
pub mod offline_code;
pub mod poster;
mod public;
pub mod service;
mod store;

pub use service::{ANSWER_PLACE, allow_funds, campaign_exists, claimed_between, was_served};

pub use service::{
    campaigns::bureau_page as list_campaigns, conflicts::page as list_offline_conflicts,
    lists::vouchers as list_vouchers, refusals::page as list_refused_scans,
};

use crate::http::Registry;

pub use self::service::together::Redemptions;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(public::list_campaigns)
        .service(public::read_campaign)
        .service(guardians::claim_voucher)
        .service(guardians::list_family_campaigns)
        .service(guardians::list_vouchers)
        .service(guardians::read_voucher)
        .service(guardians::voucher_code)
        .service(guardians::voucher_code_svg)
        .service(guardians::voucher_code_png)
        .service(offline::voucher_offline_code)
        .service(offline::voucher_offline_code_svg)
        .service(offline::voucher_offline_code_png)
        .service(offline::offline_pack)
        .service(offline::upload_offline_scans)
        .service(offline::list_own_conflicts)
        .service(offline::list_conflicts)
        .service(offline::resolve_conflict)
        .service(desk::preview_redemption)
        .service(desk::redeem_voucher)
        .service(desk::list_refused_scans)
        .service(desk::list_redemptions)
        .service(desk::reverse_redemption)
        .service(bureau::create_campaign)
        .service(bureau::list_bureau_campaigns)
        .service(bureau::read_bureau_campaign)
        .service(bureau::open_campaign)
        .service(bureau::pause_campaign)
        .service(bureau::close_campaign)
        .service(bureau::edit_campaign)
        .service(poster::campaign_poster_svg)
        .service(poster::campaign_poster_png)
        .service(bureau_lists::list_all_redemptions)
        .service(bureau_lists::list_all_redemptions_csv)
        .service(bureau_lists::list_all_redemptions_xlsx)
        .service(bureau_lists::list_all_vouchers)
        .service(bureau_rules::revoke_voucher)
        .service(bureau_rules::revoke_campaign)
        .service(bureau_rules::suspend_centre_vouchers)
        .service(bureau_rules::resume_centre_vouchers)
        .service(bureau_rules::list_bureau_refused_scans)
        .service(bureau_rules::list_fund_rules)
        .service(bureau_rules::add_fund_rule)
        .service(bureau_rules::end_fund_rule)
        .service(bureau::reverse_any_redemption);
}
