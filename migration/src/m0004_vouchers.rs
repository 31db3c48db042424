//! Campaigns, vouchers, codes, redemptions. The constraints here are invariants 3 and 4.

use sea_orm_migration::prelude::*;

use crate::{columns::*, m0001_places::CARE_TYPES};

step!(
    |manager| {
        create(
            manager,
            [
                table("campaigns")
                    .col(id())
                    .col(text("name"))
                    .col(text("description"))
                    .col(int("quota"))
                    .col(int("claimed"))
                    .col(int("units_per_voucher").check(Expr::col(Alias::new("units_per_voucher")).gt(0)))
                    .col(big("face_value_fen").check(Expr::col(Alias::new("face_value_fen")).gte(0)))
                    .col(instant("claim_from"))
                    .col(instant("claim_until"))
                    .col(opt(date("valid_from")))
                    .col(opt(date("valid_until")))
                    .col(opt(int("valid_days")))
                    .col(opt(int("min_age_months")))
                    .col(opt(int("max_age_months")))
                    .col(boolean("first_time_only"))
                    .col(boolean("all_centres"))
                    .col(word("fund_source", &["central", "province", "city", "district", "township"]))
                    .col(word(
                        "fund_category",
                        &[
                            "venue_reuse",
                            "incentive",
                            "training",
                            "guidance",
                            "digital",
                            "safety_equipment",
                            "rent_relief",
                            "publicity",
                            "construction",
                            "family_allowance",
                            "place_subsidy",
                            "operating_subsidy",
                            "debt",
                            "staff_pay",
                            "audit_unresolved",
                            "double_central",
                        ],
                    ))
                    .col(word("status", &["draft", "open", "paused", "closed"]))
                    .col(instant("created_at"))
                    .check(
                        Expr::col(Alias::new("claimed"))
                            .gte(0)
                            .and(Expr::col(Alias::new("claimed")).lte(Expr::col(Alias::new("quota")))),
                    )
                    .to_owned(),
                table("campaign_townships")
                    .col(uuid("campaign_id"))
                    .col(text("township"))
                    .primary_key(&mut primary(&["campaign_id", "township"]))
                    .foreign_key(&mut refers("campaign_id", "campaigns", "id"))
                    .foreign_key(&mut refers("township", "townships", "name"))
                    .to_owned(),
                table("campaign_centres")
                    .col(uuid("campaign_id"))
                    .col(uuid("centre_id"))
                    .primary_key(&mut primary(&["campaign_id", "centre_id"]))
                    .foreign_key(&mut refers("campaign_id", "campaigns", "id"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("vouchers")
                    .col(id())
                    .col(uuid("campaign_id"))
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(opt(uuid("first_time_family_id")))
                    .col(int("units_total"))
                    .col(int("units_used"))
                    .col(date("valid_from"))
                    .col(date("valid_until"))
                    .col(word("status", &["active", "used", "revoked"]))
                    .col(instant("claimed_at"))
                    .col(opt(instant("revoked_at")))
                    .check(
                        Expr::col(Alias::new("units_used"))
                            .gte(0)
                            .and(Expr::col(Alias::new("units_used")).lte(Expr::col(Alias::new("units_total")))),
                    )
                    // Not to campaigns: the check would share-lock the one row that every claim updates, and
                    // that update finds no row if the campaign isn't there. The family is the child's.
                    .foreign_key(&mut refers("child_id", "children", "id"))
                    .to_owned(),
                table("manual_codes")
                    .col(uuid("voucher_id").primary_key())
                    .col(blob("code_hash"))
                    .col(blob("code_sealed"))
                    .col(instant("expires_at"))
                    .foreign_key(&mut refers("voucher_id", "vouchers", "id"))
                    .to_owned(),
                table("redemptions")
                    .col(id())
                    .col(uuid("voucher_id"))
                    .col(uuid("campaign_id"))
                    .col(uuid("family_id"))
                    .col(uuid("child_id"))
                    .col(uuid("centre_id"))
                    .col(uuid("staff_id"))
                    .col(opt(uuid("visit_id")))
                    .col(word("care_type", CARE_TYPES))
                    .col(date("service_date"))
                    .col(instant("redeemed_at"))
                    .col(text("request_id"))
                    .col(blob("code_hash"))
                    .col(big("face_value_fen"))
                    .col(blob("answer_sealed"))
                    .col(word("status", &["redeemed", "reversed"]))
                    .foreign_key(&mut refers("voucher_id", "vouchers", "id"))
                    // No foreign keys: the same transaction updates exactly one row of vouchers, and centre
                    // and staff come from the token of an account whose row refers to them.
                    .to_owned(),
            ],
            [
                unique("vouchers_campaign_child", "vouchers", &["campaign_id", "child_id"]),
                unique("vouchers_first_time_family", "vouchers", &["first_time_family_id"]),
                index("vouchers_family", "vouchers", &["family_id"]),
                unique("manual_codes_hash", "manual_codes", &["code_hash"]),
                unique("redemptions_centre_request", "redemptions", &["centre_id", "request_id"]),
                unique("redemptions_child_day", "redemptions", &["child_id", "service_date"])
                    .and_where(Expr::col(Alias::new("status")).eq("redeemed"))
                    .to_owned(),
                index("redemptions_centre_date", "redemptions", &["centre_id", "service_date"]),
            ],
        )
        .await?;
        if manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Postgres {
            // Room on each page for the next version of a row, so that a unit used or a place in
            // the count taken touches no index.
            for table in ["vouchers", "campaigns"] {
                let sql = format!("ALTER TABLE {table} SET (fillfactor = 80)");
                manager.get_connection().execute_unprepared(&sql).await?;
            }
        }
        Ok(())
    },
    drops & ["redemptions", "manual_codes", "vouchers", "campaign_centres", "campaign_townships", "campaigns"]
);
