//! The audit log (invariant 7): every write by staff leaves a row in the same transaction.
//!
//! Use [`record`] inside the transaction of the deed. A background task seals the rows into a hash
//! chain within seconds ([`service::keep_sealed`]); `quanxiangtuo audit verify` walks it.

mod bureau;
pub mod dto;
pub mod rules;
pub mod service;
mod store;

use entity::{CentreId, StaffId, audit_rows};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    features::auth::{Bureau, Desk},
    state::Ctx,
};

/// Registers the routes.
pub fn routes(cfg: &mut ServiceConfig) {
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

impl From<&Bureau> for Actor {
    fn from(bureau: &Bureau) -> Self {
        Self { staff_id: bureau.staff_id, centre_id: None }
    }
}

/// Writes one row: `action` like `redemption.create`, `object` the prefixed id, `detail` facts
/// without personal data.
pub async fn record(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    actor: Actor,
    action: &str,
    object: String,
    detail: serde_json::Value,
) -> Result<(), DbErr> {
    let row = audit_rows::ActiveModel {
        id: Set(ctx.clock.id()),
        at: Set(ctx.clock.now()),
        staff_id: Set(actor.staff_id),
        centre_id: Set(actor.centre_id),
        action: Set(action.to_owned()),
        object: Set(object),
        detail: Set(detail),
        seq: Set(None),
        hash: Set(None),
    };
    audit_rows::Entity::insert(row).exec_without_returning(txn).await.map(drop)
}
