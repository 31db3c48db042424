//! What families hear of an event: that the waiting list let them in, that it was moved, that it was cancelled.

use entity::{NoticeKind, event_signups, events};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use crate::{
    error::Result,
    features::{
        families::store as family_store,
        notices::{self, Notice},
    },
    platform::clock::{local, minute_of_day},
    state::Ctx,
};

/// Notices of one statement.
const BATCH: usize = 500;

/// Tells the families of some sign-ups, in the transaction of what it tells.
pub(super) async fn tell(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    kind: NoticeKind,
    event: &events::Model,
    signups: &[event_signups::Model],
) -> Result<()> {
    let (begins, ends) = (local(event.starts_at), local(event.ends_at));
    let to = (begins.date_naive() == ends.date_naive()).then(|| minute_of_day(event.ends_at).to_string());
    let now = ctx.clock.now().timestamp_millis();
    for some in signups.chunks(BATCH) {
        let families = some.iter().map(|row| row.family_id).collect();
        let children = family_store::told_children(txn, families).await?;
        let notices = some.iter().map(|row| Notice {
            family: row.family_id,
            child: children.get(&row.family_id).copied(),
            kind,
            // Who comes again has another number; an event may be moved again and again.
            subject: match kind {
                NoticeKind::EventPlace => format!("{}/{}", row.id, row.number),
                NoticeKind::EventMoved => format!("{}/{now}", row.id),
                _ => row.id.to_string(),
            },
            // `centre_name` and `care` are what a template shows as where and as what.
            facts: json!({
                "event_id": event.id, "signup_id": row.id, "event": event.title, "place": event.place,
                "centre_name": event.place, "care": event.kind.zh(), "date": begins.date_naive(),
                "from": minute_of_day(event.starts_at).to_string(), "to": to, "reason": event.cancel_reason,
            }),
        });
        notices::tell_all(ctx, txn, notices).await?;
    }
    Ok(())
}
