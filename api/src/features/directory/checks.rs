//! Looking again at what stands of a centre, without changing it: parents see when somebody last did.

use entity::{CentreId, Filed, centre_checks, centres};
use serde_json::json;

use super::{
    dto::{CentreChecksIn, CentreChecksOut},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Bureau,
        centres::store as centre_store,
        registers::rules::not_to_come,
        terms,
    },
    http::{Day, Idempotency, Once, once},
    state::Ctx,
};

/// Refuses a day of what a centre doesn't have, and one to come.
fn check(row: &centres::Model, seen: CentreChecksIn, today: chrono::NaiveDate) -> Result<()> {
    let CentreChecksIn { filed_on, inclusive_on, label_on } = seen;
    let all = [
        ("filed_on", filed_on, row.filed != Filed::None, "该机构没有备案信息。", "The centre has no filing."),
        (
            "inclusive_on",
            inclusive_on,
            row.inclusive_from.is_some(),
            "该机构没有普惠认定。",
            "The centre isn't recognised.",
        ),
        ("label_on", label_on, row.cross_strait, "该机构没有泉台融合标识。", "The centre has no label."),
    ];
    if all.iter().all(|(_, day, ..)| day.is_none()) {
        let text = Text::new("请至少填写一项核验日期。", "Name at least one day.");
        return Err(Problem::field("filed_on", "missing", text));
    }
    for (field, day, has, zh, en) in all {
        let Some(Day(day)) = day else { continue };
        if !has {
            return Err(Problem::field(field, "nothing_to_see", Text::new(zh, en)));
        }
        not_to_come(field, Some(day), today)?;
    }
    Ok(())
}

/// Keeps when somebody saw it again.
pub async fn seen_again(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: CentreId,
    seen: CentreChecksIn,
) -> Result<Once<CentreChecksOut>> {
    let done = once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = terms::lock_centre(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        check(&row, seen, ctx.clock.today())?;
        let [filed_on, inclusive_on, label_on] =
            [seen.filed_on, seen.inclusive_on, seen.label_on].map(|day| day.map(|day| day.0));
        store::note_checks(txn, centre_checks::Model { centre_id: id, filed_on, inclusive_on, label_on }).await?;
        // A page remembers its days by the version.
        centre_store::touch(txn, Some(id), ctx.clock.now()).await?;
        let detail = json!({ "filed_on": filed_on, "inclusive_on": inclusive_on, "label_on": label_on });
        audit::record(ctx, txn, Actor::from(bureau), "centre.check", id.to_string(), detail).await?;
        let now = store::checks(txn, id).await?;
        Ok(CentreChecksOut {
            filed_on: now.as_ref().and_then(|now| now.filed_on),
            inclusive_on: now.as_ref().and_then(|now| now.inclusive_on),
            label_on: now.as_ref().and_then(|now| now.label_on),
        })
    })
    .await?;
    ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[id]).await?;
    Ok(done)
}
