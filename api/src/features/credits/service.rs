//! Entering and reading credits.

use entity::{CreditKind, FamilyId, credit_entries, message_credits};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    dto::{CreditsQuery, MessageCreditOut},
    rules::{self, CreditEvent, NO_CREDIT},
    store,
};
use crate::{
    error::Result,
    http::{Cursor, Moment, Page},
    platform::wechat_push::FRESH_FOR,
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
    for CreditEvent { template_id, kind, message_id, error_code, happened_at } in events {
        let entry = credit_entries::Model {
            id: ctx.clock.id(),
            family_id: family,
            template_id: template_id.clone(),
            kind,
            message_id,
            error_code,
            at: now,
            // Not far ahead of us: it would outdo all that follows.
            happened_at: Some(happened_at.filter(|at| *at <= now + FRESH_FOR).unwrap_or(now)),
        };
        // A message that is in the ledger already changes nothing again.
        if !store::append(txn, entry).await? {
            continue;
        }
        store::begin(txn, family, &template_id, now).await?;
        let credit = (family, template_id.as_str());
        // Under the row's lock, so that of two that enter at once the second sees what both entered.
        store::lock(txn, credit).await?;
        let (balance, blocked_at) = rules::left(store::ledger(txn, credit).await?);
        store::set(txn, credit, (balance, blocked_at), now).await?;
    }
    Ok(())
}

/// Enters that WeChat refused a message for want of credit (43101), in the transaction that ends it.
pub async fn refused(ctx: &Ctx, txn: &impl ConnectionTrait, family: FamilyId, template_id: &str) -> Result<(), DbErr> {
    let event = CreditEvent {
        template_id: template_id.to_owned(),
        kind: CreditKind::Failed,
        message_id: None,
        error_code: Some(NO_CREDIT),
        happened_at: None,
    };
    enter(ctx, txn, family, vec![event]).await
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
