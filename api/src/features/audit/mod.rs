//! The audit log (invariant 7): every write by staff leaves a row in the same transaction.
//!
//! Use [`record`] inside the transaction of the deed, [`record_reasoned`] where somebody gave a reason for
//! a deed about a child. A background task seals the rows into a hash
//! chain within seconds ([`service::seal_all`]); `quanxiangtuo audit verify` walks it.

mod bureau;
pub mod dto;
mod reasons;
pub mod rules;
pub mod service;
mod store;

use crate::http::Registry;
use entity::{AuditId, CentreId, StaffId, audit_rows};

pub use self::reasons::{Reason, record_reasoned};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};

use crate::{
    features::auth::{Bureau, Desk, Staff},
    state::Ctx,
};

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_audit);
}

/// Who did it, and at which centre.
#[derive(Clone, Copy, Debug)]
pub struct Actor {
    /// The staff account.
    pub staff_id: StaffId,
    /// Absent for the bureau.
    pub centre_id: Option<CentreId>,
}

impl From<&Desk> for Actor {
    fn from(desk: &Desk) -> Self {
        Self { staff_id: desk.staff_id, centre_id: Some(desk.centre_id) }
    }
}

impl From<&Staff> for Actor {
    fn from(staff: &Staff) -> Self {
        Self { staff_id: staff.staff_id, centre_id: staff.centre_id }
    }
}

impl From<&Bureau> for Actor {
    fn from(bureau: &Bureau) -> Self {
        Self { staff_id: bureau.staff_id, centre_id: None }
    }
}

/// A deed: `action` like `redemption.create`, `object` the prefixed id, `detail` facts without
/// personal data.
#[derive(Debug)]
pub struct Deed {
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: &'static str,
    /// To what.
    pub object: String,
    /// How.
    pub detail: serde_json::Value,
}

/// Writes the row of one deed.
pub async fn record(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    actor: Actor,
    action: &'static str,
    object: String,
    detail: serde_json::Value,
) -> Result<(), DbErr> {
    record_all(ctx, txn, vec![Deed { actor, action, object, detail }]).await
}

/// Writes the rows of several deeds at once.
pub async fn record_all(ctx: &Ctx, txn: &impl ConnectionTrait, deeds: Vec<Deed>) -> Result<(), DbErr> {
    insert(ctx, txn, deeds).await.map(drop)
}

async fn insert(ctx: &Ctx, txn: &impl ConnectionTrait, deeds: Vec<Deed>) -> Result<Vec<AuditId>, DbErr> {
    let ids: Vec<AuditId> = deeds.iter().map(|_| ctx.clock.id()).collect();
    let rows = ids.iter().zip(deeds).map(|(id, Deed { actor, action, object, detail })| audit_rows::ActiveModel {
        id: Set(*id),
        at: Set(ctx.clock.now()),
        staff_id: Set(actor.staff_id),
        centre_id: Set(actor.centre_id),
        action: Set(action.to_owned()),
        object: Set(object),
        detail: Set(detail),
        seq: Set(None),
        hash: Set(None),
    });
    audit_rows::Entity::insert_many(rows).exec_without_returning(txn).await?;
    Ok(ids)
}
