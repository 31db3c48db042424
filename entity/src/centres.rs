//! Centres (托育机构): places that care for under-threes.
use sea_orm::entity::prelude::*;

use crate::{Admits, CentreId, CentreKind, Fen, Filed, LngLat, MinuteOfDay, Ownership};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "centres")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CentreId,
    pub name: String,
    pub kind: CentreKind,
    pub ownership: Ownership,
    pub address: String,
    /// A row of `townships`.
    pub township: String,
    /// WGS-84 degrees.
    pub lng: f64,
    /// WGS-84 degrees.
    pub lat: f64,
    /// The centre's public telephone.
    pub phone: Option<String>,
    pub intro: String,
    pub filed: Filed,
    pub filed_no: Option<String>,
    /// First day of recognition as inclusive (普惠), and the last; both absent if never.
    pub inclusive_from: Option<Date>,
    pub inclusive_until: Option<Date>,
    pub inclusive_doc: Option<String>,
    /// The recognised cap on a month of full-day care.
    pub price_cap_fen: Option<Fen>,
    /// The two half-day windows.
    pub morning_from: MinuteOfDay,
    pub morning_to: MinuteOfDay,
    pub afternoon_from: MinuteOfDay,
    pub afternoon_to: MinuteOfDay,
    /// Months a child may stay past a class's upper age (assumption: 0).
    pub age_grace_months: i32,
    /// Project 7: insured until; project 10: medical contract until; project 11: 泉台融合 label.
    pub insured_until: Option<Date>,
    pub medical_until: Option<Date>,
    pub cross_strait: bool,
    /// Whom it takes; proven by an employer code.
    pub admits: Admits,
    /// Own staff first: others may book so many days ahead.
    pub others_days: i32,
    /// Demonstration data, never a real place's own figures.
    pub demo: bool,
    pub active: bool,
    /// Since when the bureau lets it redeem no vouchers.
    pub vouchers_suspended_at: Option<DateTimeUtc>,
    /// Rises with every change to the centre, its classes, offers, hours or ratings.
    pub version: i64,
    /// When `version` last rose; replicas look for changes by it.
    pub changed_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
}
crate::plain_table!();

impl Model {
    /// Where the centre is, WGS-84.
    #[must_use]
    pub const fn location(&self) -> LngLat {
        LngLat { lng: self.lng, lat: self.lat }
    }

    /// Recognised as inclusive on `day`.
    #[must_use]
    pub fn inclusive_on(&self, day: Date) -> bool {
        self.inclusive_from.is_some_and(|from| from <= day) && self.inclusive_until.is_none_or(|until| day <= until)
    }
}
