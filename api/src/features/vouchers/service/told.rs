//! What families are told of their vouchers.

use entity::{NoticeKind, redemptions, vouchers};
use serde_json::json;

use crate::{features::notices::Notice, state::Ctx};

/// A unit was used: a scan that the family doesn't know of is seen at once.
pub(super) fn unit_used(ctx: &Ctx, row: &redemptions::Model, units_left: i32) -> Notice {
    let plan = ctx.catalogue.centre(row.centre_id);
    let facts = json!({
        "redemption_id": row.id, "voucher_id": row.voucher_id, "centre_id": row.centre_id,
        "centre_name": plan.map(|plan| plan.row.name.clone()), "date": row.service_date, "units_left": units_left,
    });
    let (family, child, subject) = (row.family_id, Some(row.child_id), row.id.to_string());
    Notice { family, child, kind: NoticeKind::UnitUsed, subject, facts }
}

/// A voucher was claimed.
pub(super) fn voucher_claimed(row: &vouchers::Model) -> Notice {
    let facts = json!({ "voucher_id": row.id, "units_left": row.units_total, "date": row.valid_until });
    let (family, child, subject) = (row.family_id, Some(row.child_id), row.id.to_string());
    Notice { family, child, kind: NoticeKind::VoucherClaimed, subject, facts }
}
