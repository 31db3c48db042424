//! What children are called, for staff and for moderation.

use entity::{ChildId, TextStatus, children};
use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ConnectionTrait,
};

use super::{rules, service::NAME_PLACE, store};
use crate::{error::Result, platform::crypto::Keyring, state::Ctx};

/// A child's name as staff may read it whole: the guardian's own words once they passed moderation.
pub fn name_for_staff(keys: &Keyring, name_sealed: &[u8], status: TextStatus) -> Result<String> {
    match status {
        TextStatus::Shown => Ok(keys.open_text(NAME_PLACE, name_sealed)?),
        TextStatus::Pending | TextStatus::Hidden => Ok(rules::UNNAMED.to_owned()),
    }
}

/// A child's name as lists show it. It is masked while it waits for moderation too, for its two ends are
/// not the text, and a desk must tell the children apart; of one that was refused nothing is shown.
pub fn masked_for_staff(keys: &Keyring, name_sealed: &[u8], status: TextStatus) -> Result<String> {
    Ok(match status {
        TextStatus::Shown | TextStatus::Pending => rules::masked(&keys.open_text(NAME_PLACE, name_sealed)?),
        TextStatus::Hidden => rules::masked(rules::UNNAMED),
    })
}

/// What children are called, for moderation.
pub async fn names(ctx: &Ctx, db: &impl ConnectionTrait, ids: Vec<ChildId>) -> Result<Vec<(ChildId, String)>> {
    let found = store::present(db, ids).await?.into_iter();
    found.map(|row| Ok((row.id, ctx.keys.open_text(NAME_PLACE, &row.name_sealed)?))).collect()
}

/// Holds a child, so that it is called so until the transaction ends.
pub async fn lock_name(db: &impl ConnectionTrait, id: ChildId) -> Result<()> {
    Ok(store::lock_child_row(db, id).await?)
}

/// Whether staff read the name of a child that is held.
pub async fn show_name(db: &impl ConnectionTrait, id: ChildId, shown: bool) -> Result<()> {
    let status = if shown { TextStatus::Shown } else { TextStatus::Hidden };
    let row = children::ActiveModel { id: Unchanged(id), name_status: Set(status), ..Default::default() };
    Ok(store::update_child(db, row).await?)
}
