//! Families (入托家庭): a guardian's account.
use sea_orm::entity::prelude::*;

use crate::{AccountStatus, FamilyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "families")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FamilyId,
    /// Keyed hash of the WeChat openid: found by it, never read back from it.
    pub openid_hash: Vec<u8>,
    /// The openid, sealed; needed to send messages.
    pub openid_sealed: Vec<u8>,
    /// What the guardian calls themself, sealed.
    pub nickname_sealed: Option<Vec<u8>>,
    pub township: Option<String>,
    pub status: AccountStatus,
    pub created_at: DateTimeUtc,
    /// The last day that the family missed or called off too late, so that most bookings need not count.
    pub missed_on: Option<Date>,
    /// The guardian's phone as WeChat knows it, sealed.
    pub phone_sealed: Option<Vec<u8>>,
    /// Keyed hash of it: found by it, never read back from it.
    pub phone_hash: Option<Vec<u8>>,
    pub phone_verified_at: Option<DateTimeUtc>,
    /// The account is closed and erased then, unless the family comes back before.
    pub erase_at: Option<DateTimeUtc>,
    /// When it was: the row stays for the figures, without the person.
    pub erased_at: Option<DateTimeUtc>,
    /// The last day of a sign-in or refresh; absent for accounts not seen since it is kept.
    pub seen_on: Option<Date>,
}
crate::plain_table!();
