//! How it is stored: one file per step, the same for SQLite and PostgreSQL. Steps import
//! nothing of ours, so that a later change of a type never rewrites history.
//!
//! Foreign keys and CHECKs are part of CREATE TABLE, for SQLite can't add them later.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod columns;
mod m0001_places;
mod m0002_people;
mod m0003_bookings;
mod m0004_vouchers;
mod m0005_ratings;
mod m0006_records;
mod m0007_lighter_redemptions;
mod m0008_one_row_a_child;
mod m0009_reversals;
mod m0010_campaign_rules;
mod m0011_refused_scans;
mod m0012_statements;
mod m0013_offline_desk;
mod m0014_keys_and_seals;
mod m0015_single_days;
mod m0016_waitlist;
mod m0017_weeks;
mod m0018_pickups;
mod m0019_terms;
mod m0020_daily;
mod m0021_messages;
mod m0022_wechat_inbound;
mod m0023_trust;
mod m0024_personal_data;
mod m0025_freed_places;
mod m0026_replies_complaints;
mod m0027_audit_reasons;
mod m0028_communities;
mod m0029_names_and_messages;
mod m0030_webhook_lanes;
mod m0031_answers_about;
mod m0032_registers;
mod m0034_indicators;
mod m0035_support;
mod m0036_events;
mod m0039_satisfaction;
mod m0040_rating_traces;
mod m0041_articles;
mod m0042_guidance;
mod m0044_child_months;
mod m0045_ties;
mod m0048_centre_checks;
mod m0049_former_bindings;
mod m0050_reduced_fees;

/// The list of steps.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_places::Migration),
            Box::new(m0002_people::Migration),
            Box::new(m0003_bookings::Migration),
            Box::new(m0004_vouchers::Migration),
            Box::new(m0005_ratings::Migration),
            Box::new(m0006_records::Migration),
            Box::new(m0007_lighter_redemptions::Migration),
            Box::new(m0008_one_row_a_child::Migration),
            Box::new(m0009_reversals::Migration),
            Box::new(m0010_campaign_rules::Migration),
            Box::new(m0011_refused_scans::Migration),
            Box::new(m0012_statements::Migration),
            Box::new(m0013_offline_desk::Migration),
            Box::new(m0014_keys_and_seals::Migration),
            Box::new(m0015_single_days::Migration),
            Box::new(m0016_waitlist::Migration),
            Box::new(m0017_weeks::Migration),
            Box::new(m0018_pickups::Migration),
            Box::new(m0019_terms::Migration),
            Box::new(m0020_daily::Migration),
            Box::new(m0021_messages::Migration),
            Box::new(m0022_wechat_inbound::Migration),
            Box::new(m0023_trust::Migration),
            Box::new(m0024_personal_data::Migration),
            Box::new(m0025_freed_places::Migration),
            Box::new(m0026_replies_complaints::Migration),
            Box::new(m0027_audit_reasons::Migration),
            Box::new(m0028_communities::Migration),
            Box::new(m0029_names_and_messages::Migration),
            Box::new(m0030_webhook_lanes::Migration),
            Box::new(m0031_answers_about::Migration),
            Box::new(m0032_registers::Migration),
            Box::new(m0034_indicators::Migration),
            Box::new(m0035_support::Migration),
            Box::new(m0036_events::Migration),
            Box::new(m0039_satisfaction::Migration),
            Box::new(m0040_rating_traces::Migration),
            Box::new(m0041_articles::Migration),
            Box::new(m0042_guidance::Migration),
            Box::new(m0044_child_months::Migration),
            Box::new(m0045_ties::Migration),
            Box::new(m0048_centre_checks::Migration),
            Box::new(m0049_former_bindings::Migration),
            Box::new(m0050_reduced_fees::Migration),
        ]
    }
}
