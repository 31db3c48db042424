//! Erasing: names, openid, texts and days of birth are written over or deleted; figures, ledgers and the
//! audit chain stay, without the person. One transaction an account or child; a kill loses nothing,
//! and of two replicas one does it, under the family's lock.

use chrono::TimeDelta;
use entity::{AccountStatus, ChildId, FamilyId, children};
use sea_orm::DatabaseTransaction;
use serde_json::Value;

use super::{
    super::{
        marks,
        store::{
            erasure as store,
            reasons::{blank_grounds, blank_reasons},
        },
    },
    leaving::{again, call_off},
};
use crate::{
    error::{Problem, Result},
    features::{
        auth::{bindings, service::OPENID_PLACE},
        families::{documents, service::NAME_PLACE},
        guidance,
        vouchers::ANSWER_PLACE,
    },
    platform::{crypto::random_bytes, db::write_txn},
    state::Ctx,
};

/// Accounts, and children, taken up in one go.
const BATCH: u64 = 50;
/// What an erased child is called; lists of the past still open it.
const NOBODY: &str = "某";
/// As lists and answers show it.
const NOBODY_SHOWN: &str = "某*";
/// What stands where staff gave a reason.
const REASON_GONE: &str = "（已随孩子资料删除）";

/// Erases what is due; how many accounts and children.
pub async fn erase_due(ctx: &Ctx) -> Result<u64> {
    guidance::lapse(ctx).await?;
    let (mut erased, mut failed) = (0, None);
    // One that fails holds up no other.
    let mut note = |outcome: Result<bool>| match outcome {
        Ok(done) => erased += u64::from(done),
        Err(problem) => failed = Some(problem),
    };
    for family in store::due(ctx.db.reader(), ctx.clock.now(), BATCH).await? {
        note(erase_family(ctx, family).await);
    }
    let before = ctx.clock.now() - TimeDelta::days(i64::from(ctx.settings.retention_removed_child_days));
    for (family, child) in store::removed_before(ctx.db.reader(), before, BATCH).await? {
        note(erase_removed(ctx, family, child).await);
    }
    failed.map_or(Ok(erased), Err)
}

async fn erase_family(ctx: &Ctx, family: FamilyId) -> Result<bool> {
    let erased = again(async |lost| {
        write_txn(&ctx.db, async |txn| {
            // Again, for what was under way when the account was closed.
            let (row, called) = call_off(txn, ctx, family, None, lost).await?;
            let due = row.erase_at.is_some_and(|at| at <= ctx.clock.now());
            if row.status == AccountStatus::Active || row.erased_at.is_some() || !due {
                return Ok(None);
            }
            marks::leave(txn, ctx, &row).await?;
            bindings::forget(ctx, txn, family).await?;
            for child in store::children(txn, family).await? {
                erase_child(txn, ctx, &child).await?;
            }
            documents::forget(txn, family).await?;
            store::delete_belongings(txn, family).await?;
            let nobody = (random_bytes::<32>().to_vec(), ctx.keys.seal(OPENID_PLACE, b""));
            store::blank_family(txn, family, nobody, ctx.clock.now()).await?;
            Ok(Some(called.given))
        })
        .await
    })
    .await?;
    if let Some(given) = &erased {
        given.forget_places(ctx);
        ctx.metrics.event("family_erased");
    }
    Ok(erased.is_some())
}

async fn erase_removed(ctx: &Ctx, family: FamilyId, id: ChildId) -> Result<bool> {
    let erased = write_txn(&ctx.db, async |txn| {
        store::lock_family(txn, family).await?;
        let child = store::children(txn, family).await?.into_iter().find(|child| child.id == id);
        let Some(child) = child.filter(|child| child.removed_at.is_some()) else { return Ok(false) };
        erase_child(txn, ctx, &child).await?;
        store::forget_answers(txn, family).await?;
        Result::<bool>::Ok(true)
    })
    .await?;
    if erased {
        ctx.metrics.event("child_erased");
    }
    Ok(erased)
}

async fn erase_child(txn: &DatabaseTransaction, ctx: &Ctx, child: &children::Model) -> Result<()> {
    let now = ctx.clock.now();
    store::withdraw(txn, child.id, None, now).await?;
    store::revoke_vouchers(txn, child.id, now).await?;
    store::erase_health(txn, child.id).await?;
    store::erase_declared(txn, child.id).await?;
    store::blank_care(txn, child.id).await?;
    blank_reasons(txn, child.id, REASON_GONE).await?;
    blank_grounds(txn, child.id).await?;
    store::blank_complaints(txn, child.id, now).await?;
    guidance::withdraw_live(ctx, txn, child.family_id, Some(child.id)).await?;
    guidance::blank(txn, child.id).await?;
    store::end_moderation(txn, child.id, now).await?;
    for (id, sealed) in store::answers(txn, child.id).await? {
        // What no key opens any more has nothing left to keep.
        let body = ctx.keys.open(ANSWER_PLACE, &sealed).map_or_else(|_| Ok(b"{}".to_vec()), |body| nameless(&body))?;
        store::put_answer(txn, id, ctx.keys.seal(ANSWER_PLACE, &body)).await?;
    }
    let nobody = ctx.keys.seal(NAME_PLACE, NOBODY.as_bytes());
    Ok(store::blank_child(txn, child, nobody, now).await?)
}

/// A desk's answer, should it ask again, without the child's name.
fn nameless(body: &[u8]) -> Result<Vec<u8>> {
    // Of the suite and of demonstrations: nothing was answered.
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return Ok(body.to_vec()) };
    let Some(shown) = answer.pointer("/child/name").and_then(Value::as_str).map(str::to_owned) else {
        return Ok(body.to_vec());
    };
    if let Some(name) = answer.pointer_mut("/child/name") {
        *name = NOBODY_SHOWN.into();
    }
    if let Some(Value::String(message)) = answer.get_mut("message") {
        *message = message.replace(&shown, NOBODY_SHOWN);
    }
    serde_json::to_vec(&answer).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_loses_the_name_and_keeps_the_rest() {
        let body = r#"{"id":"rdm_1","units_left":4,"child":{"name":"小*","age_months":18},"message":"核销成功：小*（18个月）"}"#;
        let text = String::from_utf8(nameless(body.as_bytes()).unwrap()).unwrap();
        assert!(!text.contains("小*") && text.matches("某*").count() == 2 && text.contains("rdm_1"), "{text}");
        assert_eq!(nameless(b"{}").unwrap(), b"{}");
        assert_eq!(nameless(&[1]).unwrap(), [1]);
    }
}
