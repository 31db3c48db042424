//! What remains of an erased account, so that a campaign doesn't serve the same openid twice
//! (invariant 3): a keyed hash of the openid's keyed hash, with the campaigns of which a child born in
//! some month had a voucher, and whether the family was served at all. Nothing leads from it to a person;
//! only whoever signs in with that openid again finds it, and then it belongs to the new account.
//!
//! Twins are one here: if one of them had a voucher and the account was erased, the other is refused.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{CampaignId, FamilyId, families, served_marks};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, sea_query::Expr};

use super::store;
use crate::{error::Result, features::vouchers, platform::crypto::Keyring, state::Ctx};

const PLACE: &str = "served_marks.mark";

fn mark(keys: &Keyring, openid_hash: &[u8]) -> Vec<u8> {
    keys.lookup_hash(PLACE, &data_encoding::HEXLOWER.encode(openid_hash))
}

/// The month of a day of birth, `YYYY-MM`.
#[must_use]
pub fn birth_month(birth: NaiveDate) -> String {
    birth.format("%Y-%m").to_string()
}

/// A new account gets what an erased one of the same openid left, in the transaction that makes it.
pub async fn attach(
    txn: &impl ConnectionTrait,
    keys: &Keyring,
    openid_hash: &[u8],
    family: FamilyId,
) -> Result<(), DbErr> {
    served_marks::Entity::update_many()
        .col_expr(served_marks::Column::FamilyId, Expr::value(family))
        .filter(served_marks::Column::Mark.eq(mark(keys, openid_hash)))
        .exec(txn)
        .await
        .map(drop)
}

/// Leaves the marks of an account that is being erased, before anything of it is.
pub(super) async fn leave(txn: &impl ConnectionTrait, ctx: &Ctx, family: &families::Model) -> Result<()> {
    let mark = mark(&ctx.keys, &family.openid_hash);
    let row = |campaign: Option<CampaignId>, birth_month: Option<String>| served_marks::Model {
        id: ctx.clock.id(),
        mark: mark.clone(),
        campaign_id: campaign,
        birth_month,
        family_id: None,
        at: ctx.clock.now(),
    };
    // What it got from an account before it is passed on.
    store::erasure::release_marks(txn, family.id).await?;
    let held: BTreeSet<(CampaignId, String)> = store::erasure::vouchers_with_births(txn, family.id)
        .await?
        .into_iter()
        .map(|(campaign, birth)| (campaign, birth_month(birth)))
        .collect();
    let mut rows: Vec<_> = held.into_iter().map(|(campaign, month)| row(Some(campaign), Some(month))).collect();
    if vouchers::was_served(txn, family.id).await? {
        rows.push(row(None, None));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(served_marks::ActiveModel::from);
    Ok(served_marks::Entity::insert_many(rows).exec_without_returning(txn).await.map(drop)?)
}
