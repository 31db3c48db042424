//! Offers: class × care type with unit, price and terms.
use sea_orm::entity::prelude::*;

use crate::{CareType, CentreId, ClassId, Confirmation, Fen, OfferId, OfferUnit};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OfferId,
    pub centre_id: CentreId,
    pub class_id: ClassId,
    pub care_type: CareType,
    pub unit: OfferUnit,
    pub price_fen: Fen,
    /// Meals, per day of care, apart from the price.
    pub meals_fen: Fen,
    /// Shortest care in minutes (hourly).
    pub min_minutes: i32,
    /// Minutes between booking and the begin of care, at least.
    pub notice_minutes: i32,
    /// Days ahead that can be booked.
    pub horizon_days: i32,
    /// Minutes before the begin of care until which the family may cancel.
    pub cutoff_minutes: i32,
    pub confirmation: Confirmation,
    pub active: bool,
}
crate::plain_table!();
