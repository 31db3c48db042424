//! Entering and reading credits.

use entity::{CreditKind, FamilyId, credit_entries, message_credits};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    dto::{CreditsQuery, MessageCreditOut},
    rules::{CreditEvent, NO_CREDIT},
    store,
};
use crate::{
    error::Result,
    http::{Cursor, Moment, Page},
    state::Ctx,
};

/// Enters what WeChat said of a family's templates, in the transaction that takes its push.
pub async fn enter(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    family: FamilyId,
    events: Vec<CreditEvent>,
) -> Result<(), DbErr> {
    let now = ctx.clock.now();
    for CreditEvent { template_id, kind, message_id, error_code } in events {
        let entry = credit_entries::Model {
            id: ctx.clock.id(),
            family_id: family,
            template_id: template_id.clone(),
            kind,
            message_id,
            error_code,
            at: now,
        };
        // A message that is in the ledger already changes nothing again.
        if !store::append(txn, entry).await? {
            continue;
        }
        store::begin(txn, family, &template_id, now).await?;
        let credit = (family, template_id.as_str());
        match kind {
            CreditKind::Granted => store::grant(txn, credit, now).await?,
            CreditKind::Spent => store::spend(txn, credit, now).await?,
            CreditKind::Blocked => store::empty(txn, credit, Some(now), now).await?,
            CreditKind::Failed if error_code == Some(NO_CREDIT) => store::empty(txn, credit, None, now).await?,
            CreditKind::Failed | CreditKind::Refused => {}
        }
    }
    Ok(())
}

/// A page of the family's credits, by template.
pub async fn page(ctx: &Ctx, family: FamilyId, query: CreditsQuery) -> Result<Page<MessageCreditOut>> {
    let after: Option<String> = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::page(ctx.db.reader(), family, after, query.limit).await?;
    Ok(Page::of(rows, query.limit, |row| row.template_id.clone(), out))
}

fn out(row: message_credits::Model) -> MessageCreditOut {
    MessageCreditOut {
        template_id: row.template_id,
        balance: row.balance,
        blocked_at: row.blocked_at.map(Moment),
        updated_at: Moment(row.updated_at),
    }
}
