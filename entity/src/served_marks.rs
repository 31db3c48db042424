//! What remains of an erased account, so that a campaign doesn't serve it twice: keyed hashes that only
//! the same WeChat openid finds again.

use sea_orm::entity::prelude::*;

use crate::{CampaignId, FamilyId, ServedMarkId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "served_marks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServedMarkId,
    /// Keyed hash of the hash of the openid.
    pub mark: Vec<u8>,
    /// A campaign of which a child had a voucher; absent: the family was served, so it is no
    /// first-time family.
    pub campaign_id: Option<CampaignId>,
    /// `YYYY-MM` in which that child was born.
    pub birth_month: Option<String>,
    /// The account that the same openid made later.
    pub family_id: Option<FamilyId>,
    pub at: DateTimeUtc,
}

crate::plain_table!();
