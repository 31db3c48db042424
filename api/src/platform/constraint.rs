//! The database's named constraints, so that a violation becomes an outcome at the call site.
//! PostgreSQL reports the index's name, SQLite the columns: each constraint knows both.

use sea_orm::{DbErr, SqlErr};

/// A unique constraint whose violation means something to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// One account per WeChat openid.
    FamilyOpenid,
    /// One row per family, child's name and birth date.
    ChildOfFamily,
    /// One voucher per campaign and child (invariant 3).
    VoucherPerChild,
    /// One first-time voucher per family, over all campaigns (invariant 3).
    FirstTimeFamily,
    /// One redemption per centre and `request_id` (invariant 4).
    RedemptionRequest,
    /// One redemption per child and day (invariant 4).
    RedemptionPerDay,
    /// One rating per visit.
    RatingPerVisit,
    /// One rating per voucher day.
    RatingPerRedemption,
    /// One open proposal to exclude (or count again) a rating.
    RatingExclusionOpen,
    /// One manual code text at a time.
    ManualCode,
    /// One statement per centre and month.
    StatementOfMonth,
    /// One adjustment per redemption.
    AdjustmentOfRedemption,
    /// One staff account per user name.
    StaffUsername,
    /// One staff account per WeChat account…
    StaffOpenid,
    /// …and one WeChat account per staff account.
    StaffBinding,
    /// A child waits once for the same care from the same day on.
    WaitingChild,
    /// One row of a name per centre's register of carers.
    CarerOfCentre,
    /// One version of a number of a figure of the plan.
    PlanInputVersion,
    /// One support sheet per kind, centre and month.
    SupportSheetOfMonth,
    /// One rate per item and first day.
    SupportRateFrom,
    /// A child's month is supported once.
    SupportChildMonth,
}

const SPELLINGS: &[(Constraint, &str, &str)] = &[
    (Constraint::FamilyOpenid, "families_openid_hash", "families.openid_hash"),
    (
        Constraint::ChildOfFamily,
        "children_family_name_birth",
        "children.family_id, children.name_hash, children.birth_date",
    ),
    (Constraint::VoucherPerChild, "vouchers_campaign_child", "vouchers.campaign_id, vouchers.child_id"),
    (Constraint::FirstTimeFamily, "vouchers_first_time_family", "vouchers.first_time_family_id"),
    (Constraint::RedemptionRequest, "redemptions_centre_request", "redemptions.centre_id, redemptions.request_id"),
    (Constraint::RedemptionPerDay, "redemptions_child_day", "redemptions.child_id, redemptions.service_date"),
    (Constraint::RatingPerVisit, "ratings_visit", "ratings.visit_id"),
    (Constraint::RatingPerRedemption, "ratings_redemption", "ratings.redemption_id"),
    (Constraint::RatingExclusionOpen, "rating_exclusions_open", "rating_exclusions.rating_id"),
    (Constraint::ManualCode, "manual_codes_hash", "manual_codes.code_hash"),
    (Constraint::StatementOfMonth, "statements_centre_month", "statements.centre_id, statements.month"),
    (Constraint::AdjustmentOfRedemption, "adjustments_redemption", "adjustments.redemption_id"),
    (Constraint::StaffUsername, "staff_username", "staff.username"),
    (Constraint::StaffOpenid, "staff_bindings_openid", "staff_bindings.openid_hash"),
    (Constraint::CarerOfCentre, "carers_centre_name", "carers.centre_id, carers.name_hash"),
    (Constraint::StaffBinding, "staff_bindings_pkey", "staff_bindings.staff_id"),
    (
        Constraint::WaitingChild,
        "waitlist_entries_child",
        "waitlist_entries.child_id, waitlist_entries.centre_id, waitlist_entries.care_type, waitlist_entries.start_date",
    ),
    (
        Constraint::SupportSheetOfMonth,
        "support_sheets_month",
        "support_sheets.kind, support_sheets.centre_id, support_sheets.month",
    ),
    (Constraint::SupportRateFrom, "support_rates_item", "support_rates.item, support_rates.valid_from"),
    (
        Constraint::SupportChildMonth,
        "support_child_months_pkey",
        "support_child_months.month, support_child_months.child_id",
    ),
    (
        Constraint::PlanInputVersion,
        "plan_inputs_version",
        "plan_inputs.code, plan_inputs.township, plan_inputs.version",
    ),
];

/// Which known constraint an error violates, if any.
#[must_use]
pub fn violated(error: &DbErr) -> Option<Constraint> {
    let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() else {
        return None;
    };
    SPELLINGS
        .iter()
        .find(|(_, postgres, sqlite)| message.contains(&format!("\"{postgres}\"")) || message.contains(sqlite))
        .map(|(constraint, _, _)| *constraint)
}
