//! What is stored: one file per table, typed ids, money ([`Fen`]), coordinates ([`LngLat`]),
//! minutes of the day ([`MinuteOfDay`]) and the closed lists of `domain.md` ([`enums`]).
//!
//! No I/O and no web framework here. A table's file may hold *scoped finders*: selects that
//! begin from "the rows of this owner", so that reading another's row takes effort.

pub mod enums;
pub mod ids;
pub mod values;

pub mod access_keys;
pub mod adjustments;
pub mod article_versions;
pub mod articles;
pub mod audit_heads;
pub mod audit_reasons;
pub mod audit_rows;
pub mod booking_events;
pub mod bookings;
pub mod calendar_days;
pub mod calendar_feeds;
pub mod campaign_centres;
pub mod campaign_townships;
pub mod campaigns;
pub mod carer_trainings;
pub mod carers;
pub mod centre_checks;
pub mod centre_days;
pub mod centre_hours;
pub mod centre_records;
pub mod centre_states;
pub mod centre_ties;
pub mod centre_weeks;
pub mod centres;
pub mod children;
pub mod class_rules;
pub mod classes;
pub mod code_keys;
pub mod communities;
pub mod community_versions;
pub mod complaints;
pub mod consents;
pub mod coverage_centres;
pub mod coverage_state;
pub mod coverage_ways;
pub mod credit_entries;
pub mod data_looks;
pub mod employer_codes;
pub mod employer_families;
pub mod entry_checks;
pub mod event_signups;
pub mod events;
pub mod families;
pub mod family_documents;
pub mod fee_reductions;
pub mod former_bindings;
pub mod freed_places;
pub mod fund_rules;
pub mod guidance_requests;
pub mod idempotency_keys;
pub mod indicator_snapshots;
pub mod job_runs;
pub mod manual_codes;
pub mod message_credits;
pub mod moderations;
pub mod notices;
pub mod offers;
pub mod offline_conflicts;
pub mod offline_days;
pub mod pickup_codes;
pub mod pickup_persons;
pub mod plan_inputs;
pub mod push_events;
pub mod push_nonces;
pub mod rating_exclusions;
pub mod rating_replies;
pub mod rating_traces;
pub mod rating_versions;
pub mod ratings;
pub mod recovery_codes;
pub mod redemption_reversals;
pub mod redemptions;
pub mod refresh_tokens;
pub mod refused_scans;
pub mod rosters;
pub mod satisfaction_answers;
pub mod satisfaction_care;
pub mod satisfaction_centre_families;
pub mod satisfaction_families;
pub mod satisfaction_marks;
pub mod satisfaction_served;
pub mod satisfaction_snapshots;
pub mod satisfaction_state;
pub mod second_factors;
pub mod served_marks;
pub mod sessions;
pub mod staff;
pub mod staff_bindings;
pub mod staff_invitations;
pub mod statement_numbers;
pub mod statements;
pub mod support_child_months;
pub mod support_numbers;
pub mod support_rates;
pub mod support_sheets;
pub mod townships;
pub mod visits;
pub mod vouchers;
pub mod waitlist_entries;
pub mod webhook_deliveries;
pub mod webhooks;

pub use campaigns::CentreKinds;
pub use centre_weeks::WeekHours;
pub use enums::*;
pub use ids::*;
pub use values::{Fen, LngLat, MinuteOfDay, ValueError};

/// Ends a table's file: no ORM relations (queries join on columns, in the stores), no hooks.
macro_rules! plain_table {
    () => {
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}
        impl ActiveModelBehavior for ActiveModel {}
    };
}
pub(crate) use plain_table;
