//! Scans that come at once are redeemed in one transaction.
//!
//! Only those that go well: nothing here says why a scan is refused. One that can't go ahead with
//! the others, or whose batch was given up, is looked at again by itself in [`super::desk`], where
//! the constraints and the past tell the reason. So a batch is never half done, and no scan is
//! refused because of another.

use std::collections::HashSet;

use sea_orm::DatabaseTransaction;

use super::{
    super::store::facts::{Scanned, facts_of_each},
    Lost,
    desk::{Scan, decide, draft, write},
};
use crate::{
    features::auth::Desk,
    platform::{batch::Batcher, db::write_txn},
    state::Ctx,
};

/// Redemptions of one worker that wait to be done together.
pub type Redemptions = Batcher<Asked, Option<Vec<u8>>>;

/// A scan to redeem.
#[derive(Debug)]
pub struct Asked {
    desk: Desk,
    scan: Scan,
    scanned: Scanned,
    request_id: String,
}

/// The answer's JSON if the unit was redeemed; `None` if the scan has to be looked at by itself.
pub(super) async fn redeem(ctx: &Ctx, desk: &Desk, scan: &Scan, request_id: &str) -> Option<Vec<u8>> {
    let voucher = scan.voucher.filter(|_| scan.refusal.is_none() && !scan.manual)?;
    let asked = Asked {
        desk: *desk,
        scan: scan.clone(),
        scanned: Scanned { centre: desk.centre_id, voucher },
        request_id: request_id.to_owned(),
    };
    let work = || {
        let ctx = ctx.clone();
        async move |batch: Vec<Asked>| {
            let done = write_txn(&ctx.db, async |txn| redeem_all(&ctx, txn, &batch).await).await;
            done.unwrap_or_else(|_: Lost| batch.iter().map(|_| None).collect())
        }
    };
    ctx.redemptions.submit(asked, work).await?
}

async fn redeem_all(ctx: &Ctx, txn: &DatabaseTransaction, batch: &[Asked]) -> Result<Vec<Option<Vec<u8>>>, Lost> {
    let mut answers = vec![None; batch.len()];
    let Some(today) = batch.first().map(|asked| asked.scan.today) else { return Ok(answers) };
    let scans: Vec<_> = batch.iter().map(|asked| asked.scanned).collect();
    let facts = facts_of_each(txn, &scans, today).await?;
    let (mut children, mut requests, mut drafts) = (HashSet::new(), HashSet::new(), Vec::with_capacity(batch.len()));
    for (i, (Asked { desk, scan, request_id, .. }, facts)) in batch.iter().zip(facts).enumerate() {
        let (Some(facts), Some(plan)) = (facts, ctx.catalogue.centre(desk.centre_id)) else { continue };
        // A batch may hold scans of both sides of midnight.
        if scan.today != today {
            continue;
        }
        let Ok(ready) = decide(ctx, desk.centre_id, scan, facts, Some(&plan)) else { continue };
        let draft = draft(ctx, desk, scan, ready, request_id, None)?;
        // Two scans of a child, or a request sent twice: the first goes ahead.
        if children.insert(draft.child()) && requests.insert((desk.centre_id, request_id)) {
            drafts.push((i, draft));
        }
    }
    if drafts.is_empty() {
        return Ok(answers);
    }
    // In one order everywhere, so that two batches wait for each other's children but don't deadlock.
    drafts.sort_by_key(|(_, draft)| draft.child());
    for (i, draft) in &drafts {
        answers[*i] = Some(draft.body.clone());
    }
    write(ctx, txn, drafts.into_iter().map(|(_, draft)| draft).collect()).await?;
    Ok(answers)
}
