//! Who may do what: the one table of permissions.
//!
//! Every operation that needs a sign-in is named here, by the name of its handler (which is its
//! `operationId`), with the roles that may call it. [`check`] is asked by the extractors of
//! [`super::extract`], before anything else: no handler that takes a caller is reached past it, and
//! an operation that isn't in the table is refused to everyone. `openapi.yaml` says the same as
//! `x-roles`; a test holds the two, and the running server, against each other.
//!
//! What depends on more than the operation (whose account, how long ago) is an [`Extra`] below.

use std::{collections::HashMap, sync::LazyLock};

use entity::StaffRole;

use super::{access_key, dto::Role, scope::Scope};
use crate::error::{Code, Problem, Result, Text};

/// A set of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < roles.len() {
            bits |= 1 << roles[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    /// Whether a role is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// The roles, from the family's to the administrator's.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.has(*role))
    }
}

const GUARDIAN: Roles = Roles::of(&[Role::Guardian]);
const DESK: Roles = Roles::of(&[Role::Carer, Role::Manager]);
const MANAGER: Roles = Roles::of(&[Role::Manager]);
/// Whose accounts decide about others': they may have a second factor.
const DECIDING: Roles = Roles::of(&[Role::Manager, Role::Officer, Role::Admin]);
const BUREAU: Roles = Roles::of(&[Role::Officer, Role::Admin]);
const ADMIN: Roles = Roles::of(&[Role::Admin]);
const STAFF: Roles = Roles::of(&[Role::Carer, Role::Manager, Role::Officer, Role::Admin]);
const ANY: Roles = Roles::of(Role::ALL);

/// The operations and who may call them; a feature after the other.
const TABLE: &[(&str, Roles)] = &[
    // auth
    ("list_staff", BUREAU),
    ("close_staff", BUREAU),
    ("reopen_staff", BUREAU),
    ("sign_out_staff", BUREAU),
    ("sign_out", ANY),
    ("unbind_wechat", STAFF),
    // Whoever is invited acts as the account: officers may end access, not give it.
    ("invite_staff", ADMIN),
    ("unbind_staff", BUREAU),
    ("reset_second_factor", ADMIN),
    ("list_desk_staff", MANAGER),
    ("invite_desk_staff", MANAGER),
    ("unbind_desk_staff", MANAGER),
    ("read_second_factor", DECIDING),
    ("begin_second_factor", DECIDING),
    ("confirm_second_factor", DECIDING),
    ("turn_off_second_factor", DECIDING),
    // moderation, credits
    ("list_moderation", BUREAU),
    ("pass_text", BUREAU),
    ("refuse_text", BUREAU),
    ("list_message_credits", GUARDIAN),
    // messages, phone
    ("list_messages", BUREAU),
    ("retry_message", BUREAU),
    ("verify_phone", GUARDIAN),
    // privacy
    ("retention", BUREAU),
    ("reveal", DESK),
    ("leave", GUARDIAN),
    ("list_looks", GUARDIAN),
    ("remove_child", GUARDIAN),
    ("give_consent", GUARDIAN),
    ("withdraw_consent", GUARDIAN),
    ("list_given_consents", GUARDIAN),
    ("export", GUARDIAN),
    // families
    ("me", GUARDIAN),
    ("list_children", GUARDIAN),
    ("add_child", GUARDIAN),
    ("change_child", GUARDIAN),
    // bookings
    ("read_desk_day", DESK),
    ("list_desk_bookings", DESK),
    ("confirm_desk_booking", DESK),
    ("decline_desk_booking", DESK),
    ("cancel_desk_booking", DESK),
    ("check_in_visit", DESK),
    ("check_out_visit", DESK),
    ("mark_visit_absent", DESK),
    ("record_entry_check", DESK),
    ("check_in_by_code", DESK),
    ("search_desk_visits", DESK),
    ("correct_visit", DESK),
    ("read_desk_history", DESK),
    ("quote_booking", GUARDIAN),
    ("create_booking", GUARDIAN),
    ("list_bookings", GUARDIAN),
    ("read_booking", GUARDIAN),
    ("cancel_booking", GUARDIAN),
    ("reschedule_booking", GUARDIAN),
    ("cancel_visit", GUARDIAN),
    ("tell_absent", GUARDIAN),
    ("read_attendance", GUARDIAN),
    ("read_history", GUARDIAN),
    ("visit_code", GUARDIAN),
    ("visit_code_svg", GUARDIAN),
    // waitlist
    ("list_desk_waitlist", DESK),
    ("join_waitlist", GUARDIAN),
    ("list_waitlist", GUARDIAN),
    ("leave_waitlist", GUARDIAN),
    ("accept_offer", GUARDIAN),
    // vouchers
    ("create_campaign", BUREAU),
    ("list_bureau_campaigns", BUREAU),
    ("read_bureau_campaign", BUREAU),
    ("edit_campaign", BUREAU),
    ("open_campaign", BUREAU),
    ("pause_campaign", BUREAU),
    ("close_campaign", BUREAU),
    ("reverse_any_redemption", BUREAU),
    ("list_all_redemptions", BUREAU),
    ("list_all_redemptions_csv", BUREAU),
    ("list_all_redemptions_xlsx", BUREAU),
    ("list_all_vouchers", BUREAU),
    ("revoke_voucher", BUREAU),
    ("revoke_campaign", BUREAU),
    ("suspend_centre_vouchers", BUREAU),
    ("resume_centre_vouchers", BUREAU),
    ("list_bureau_refused_scans", BUREAU),
    ("list_fund_rules", BUREAU),
    ("add_fund_rule", ADMIN),
    ("end_fund_rule", ADMIN),
    ("preview_redemption", DESK),
    ("redeem_voucher", DESK),
    ("list_refused_scans", DESK),
    ("list_redemptions", DESK),
    ("reverse_redemption", DESK),
    ("claim_voucher", GUARDIAN),
    ("list_family_campaigns", GUARDIAN),
    ("list_vouchers", GUARDIAN),
    ("read_voucher", GUARDIAN),
    ("voucher_code", GUARDIAN),
    ("voucher_code_svg", GUARDIAN),
    ("voucher_code_png", GUARDIAN),
    ("voucher_offline_code", GUARDIAN),
    ("voucher_offline_code_svg", GUARDIAN),
    ("voucher_offline_code_png", GUARDIAN),
    ("offline_pack", DESK),
    ("upload_offline_scans", DESK),
    ("list_own_conflicts", DESK),
    ("list_conflicts", BUREAU),
    ("resolve_conflict", BUREAU),
    ("campaign_poster_svg", BUREAU),
    ("campaign_poster_png", BUREAU),
    // ratings
    ("rate", GUARDIAN),
    ("list_own_ratings", GUARDIAN),
    ("change_rating", GUARDIAN),
    ("list_desk_ratings", MANAGER),
    ("reply_to_rating", MANAGER),
    ("withdraw_reply", MANAGER),
    ("list_bureau_ratings", BUREAU),
    ("list_exclusions", BUREAU),
    ("propose_exclusion", BUREAU),
    ("propose_inclusion", BUREAU),
    ("confirm_exclusion", BUREAU),
    ("reject_exclusion", BUREAU),
    // complaints
    ("file_complaint", GUARDIAN),
    ("list_own_complaints", GUARDIAN),
    ("close_complaint", GUARDIAN),
    ("list_complaints", BUREAU),
    ("assign_complaint", BUREAU),
    ("answer_complaint", BUREAU),
    // planning
    ("list_calendar", BUREAU),
    ("set_calendar_day", BUREAU),
    ("clear_calendar_day", BUREAU),
    ("list_desk_weeks", DESK),
    ("set_desk_week", MANAGER),
    ("clear_desk_week", MANAGER),
    ("list_desk_days", DESK),
    ("set_desk_day", MANAGER),
    ("clear_desk_day", MANAGER),
    ("change_desk_class", MANAGER),
    ("set_desk_roster", MANAGER),
    ("list_desk_conflicts", DESK),
    // terms
    ("read_desk_centre", DESK),
    ("change_desk_centre", MANAGER),
    ("list_desk_classes", DESK),
    ("add_desk_class", MANAGER),
    ("close_desk_class", MANAGER),
    ("list_desk_offers", DESK),
    ("set_desk_offer", MANAGER),
    // admission
    ("list_employer_codes", MANAGER),
    ("make_employer_code", MANAGER),
    ("revoke_employer_code", MANAGER),
    ("tie_booking", MANAGER),
    ("list_employers", GUARDIAN),
    ("prove_employer", GUARDIAN),
    ("leave_employer", GUARDIAN),
    ("list_ties", GUARDIAN),
    ("declare_tie", GUARDIAN),
    ("end_tie", GUARDIAN),
    // pickups
    ("list_visit_pickup", DESK),
    ("list_pickup_persons", GUARDIAN),
    ("add_pickup_person", GUARDIAN),
    ("remove_pickup_person", GUARDIAN),
    ("make_pickup_code", GUARDIAN),
    // notices
    ("list_notices", GUARDIAN),
    ("mark_notices_read", GUARDIAN),
    // feeds
    ("read_desk_feed", DESK),
    ("make_desk_feed", DESK),
    ("revoke_desk_feed", DESK),
    ("read_family_feed", GUARDIAN),
    ("make_family_feed", GUARDIAN),
    ("revoke_family_feed", GUARDIAN),
    // satisfaction
    ("read_satisfaction", BUREAU),
    ("read_satisfaction_csv", BUREAU),
    ("read_satisfaction_xlsx", BUREAU),
    ("list_satisfaction_months", BUREAU),
    // exchange
    ("list_access_keys", ADMIN),
    ("make_access_key", ADMIN),
    ("revoke_access_key", ADMIN),
    ("list_own_access_keys", MANAGER),
    ("make_own_access_key", MANAGER),
    ("revoke_own_access_key", MANAGER),
    ("list_webhooks", ADMIN),
    ("make_webhook", ADMIN),
    ("rotate_webhook", ADMIN),
    ("end_webhook", ADMIN),
    ("list_webhook_deliveries", ADMIN),
    ("retry_webhook_delivery", ADMIN),
    ("list_own_webhooks", MANAGER),
    ("make_own_webhook", MANAGER),
    ("rotate_own_webhook", MANAGER),
    ("end_own_webhook", MANAGER),
    ("list_own_webhook_deliveries", MANAGER),
    ("retry_own_webhook_delivery", MANAGER),
    // settlement
    ("add_adjustment", BUREAU),
    ("list_adjustments", BUREAU),
    ("reconcile_campaign", BUREAU),
    ("list_unsettled", BUREAU),
    ("draft_statement", BUREAU),
    ("list_statements", BUREAU),
    ("list_statements_csv", BUREAU),
    ("list_statements_xlsx", BUREAU),
    ("read_statement", BUREAU),
    ("check_statement", BUREAU),
    ("discard_statement", BUREAU),
    ("freeze_statement", BUREAU),
    ("read_statement_csv", BUREAU),
    ("read_statement_xlsx", BUREAU),
    ("print_statement", BUREAU),
    ("list_own_statements", DESK),
    ("read_own_statement", DESK),
    // oversight
    ("list_signals", BUREAU),
    ("list_signals_csv", BUREAU),
    ("list_signals_xlsx", BUREAU),
    ("read_funnel", BUREAU),
    ("read_funnel_csv", BUREAU),
    ("read_funnel_xlsx", BUREAU),
    // coverage
    ("import_communities", BUREAU),
    ("list_communities", BUREAU),
    ("list_communities_geojson", BUREAU),
    ("change_community", BUREAU),
    ("end_community", BUREAU),
    ("read_coverage", BUREAU),
    ("read_coverage_csv", BUREAU),
    ("read_coverage_xlsx", BUREAU),
    ("read_coverage_geojson", BUREAU),
    ("list_coverage_gaps", BUREAU),
    ("ask_what_if", BUREAU),
    ("recompute_coverage", BUREAU),
    ("read_community_coverage", BUREAU),
    // audit
    ("list_audit", BUREAU),
];

/// The operations of other systems, and the scope that an access key needs for each.
const SCOPES: &[(&str, Scope)] = &[
    ("exchange_centres", Scope::Centres),
    ("exchange_bookings", Scope::Bookings),
    ("exchange_visits", Scope::Visits),
    ("exchange_redemptions", Scope::Redemptions),
    ("exchange_satisfaction", Scope::Statistics),
];

/// What some may within an operation that others may call too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extra(Roles);

/// Close, reopen and sign out accounts of the bureau; officers do it for those of centres only.
pub const BUREAU_ACCOUNTS: Extra = Extra(ADMIN);
/// Put right what happened at the desk longer ago than a carer may.
pub const LATE_CORRECTIONS: Extra = Extra(MANAGER);

impl Extra {
    /// Refuses whoever may not.
    pub(super) fn check(self, role: StaffRole) -> Result<()> {
        if self.0.has(role.into()) { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
    }
}

static BY_OPERATION: LazyLock<HashMap<&str, Roles>> = LazyLock::new(|| TABLE.iter().copied().collect());

/// Who may call an operation, if it needs a sign-in.
#[must_use]
pub fn roles(operation: &str) -> Option<Roles> {
    BY_OPERATION.get(operation).copied()
}

/// The scope that an operation of other systems needs, if it is one.
#[must_use]
pub fn scope(operation: &str) -> Option<Scope> {
    SCOPES.iter().find(|(name, _)| *name == operation).map(|(_, scope)| *scope)
}

/// Every operation of other systems.
pub fn exchange_operations() -> impl Iterator<Item = &'static str> {
    SCOPES.iter().map(|(operation, _)| *operation)
}

/// Refuses a key without the operation's scope, and every key where the table doesn't name it.
pub(super) fn check_scope(operation: Option<&str>, scopes: &str) -> Result<()> {
    let Some(scope) = operation.and_then(scope) else {
        tracing::error!(operation, "an operation of other systems isn't in the table of permissions");
        return Err(Problem::new(Code::Forbidden));
    };
    if access_key::has(scopes, scope) {
        return Ok(());
    }
    let text = Text::new(
        format!("该访问密钥没有“{}”权限，请联系签发方。", scope.as_str()),
        format!("The access key lacks the scope {}.", scope.as_str()),
    );
    Err(Problem::new(Code::Forbidden).detail(text))
}

/// Every operation of the table.
pub fn operations() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(operation, _)| *operation)
}

/// Refuses a role that may not call the operation, and everyone where the table doesn't name it.
pub(super) fn check(operation: Option<&str>, role: Role) -> Result<()> {
    let Some(roles) = operation.and_then(roles) else {
        tracing::error!(operation, "an operation with a caller isn't in the table of permissions");
        return Err(Problem::new(Code::Forbidden));
    };
    if roles.has(role) { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_is_named_once() {
        assert_eq!(TABLE.len(), BY_OPERATION.len());
    }

    #[test]
    fn what_the_table_does_not_name_is_refused_to_all() {
        for role in Role::ALL {
            assert!(check(Some("no_such_operation"), *role).is_err() && check(None, *role).is_err());
            assert!(check(Some("sign_out"), *role).is_ok());
            assert_eq!(check(Some("add_fund_rule"), *role).is_ok(), *role == Role::Admin);
        }
    }
}
