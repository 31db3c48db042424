//! Units that a centre redeemed without network, by campaign and day: the count that is bounded.
use sea_orm::entity::prelude::*;

use crate::{CampaignId, CentreId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offline_days")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub campaign_id: CampaignId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    pub units: i32,
}
crate::plain_table!();
