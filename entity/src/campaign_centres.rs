//! The centres of a campaign that names them.
use sea_orm::entity::prelude::*;

use crate::{CampaignId, CentreId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign_centres")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub campaign_id: CampaignId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub centre_id: CentreId,
}
crate::plain_table!();
