//! Claiming a voucher, and the family's vouchers.

use chrono::NaiveDate;
use entity::{CampaignId, ChildId, FamilyId, NoticeKind, VoucherId, VoucherStatus, vouchers};

use super::{
    super::{
        dto::{VoucherOut, VoucherPageQuery},
        rules::{self, Claimant},
        store::{
            campaigns,
            vouchers::{self as rows, ClaimFacts, Named},
        },
    },
    ATTEMPTS, told,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::notices,
    http::{
        Cursor, Idempotency, Limit, Moment, Once, Page,
        address::ClientAddress,
        once,
        ratelimit::{CLAIM_ADDRESS, CLAIM_FAMILY, limit},
    },
    platform::{clock::local, constraint::violated},
    state::Ctx,
};

/// Claims a voucher of a campaign for a child of the family.
///
/// One read decides what can be told at once; the transaction decides what is true. There the
/// voucher goes in first and the campaign's count last, so that the one row everybody wants is
/// held for the shortest time.
///
/// Before it, the [`gate`](super::super::gate) answers for a campaign that gives out nothing.
pub async fn claim(
    ctx: &Ctx,
    family: FamilyId,
    address: &ClientAddress,
    idempotency: &Idempotency,
    campaign: CampaignId,
    child: ChildId,
) -> Result<Once<VoucherOut>> {
    let account = family.to_string();
    limit(ctx, &CLAIM_FAMILY, &account).await?;
    limit(ctx, &CLAIM_ADDRESS, &address.0).await?;
    let mut refusal = Problem::new(Code::Unavailable);
    for _ in 0..ATTEMPTS {
        let now = ctx.clock.now();
        let facts = rows::claim_facts(ctx.db.reader(), campaign, family, child).await?;
        let decided = facts.as_ref().ok_or_else(|| Problem::new(Code::NotFound)).and_then(|facts| decide(facts, now));
        if let (Err(refusal), Some(facts)) = (&decided, &facts)
            && matches!(refusal.code(), Code::CampaignNotOpen | Code::CampaignSoldOut)
        {
            ctx.gate.learn(ctx, &facts.campaign).await;
        }
        let campaign_row = match decided {
            Ok(row) => row.clone(),
            // A repeated request must get the first answer, although now the child has a voucher.
            Err(refusal) if idempotency.given() => {
                return once(ctx, idempotency, &account, async |_| Err(refusal)).await;
            }
            Err(refusal) => return Err(refusal),
        };
        let (valid_from, valid_until) = rules::validity(&campaign_row, local(now).date_naive());
        let row = vouchers::Model {
            id: ctx.clock.id(),
            campaign_id: campaign,
            family_id: family,
            child_id: child,
            first_time_family_id: campaign_row.first_time_only.then_some(family),
            units_total: campaign_row.units_per_voucher,
            units_used: 0,
            valid_from,
            valid_until,
            status: VoucherStatus::Active,
            claimed_at: now,
            revoked_at: None,
            reminded_at: None,
        };
        // The claim's own answer shows the voucher: only a message is worth a row more in the rush.
        let message = notices::is_sent(ctx, NoticeKind::VoucherClaimed) && facts.as_ref().is_some_and(|f| f.messages);
        let mut lost = false;
        let done = once(ctx, idempotency, &account, async |txn| {
            if let Err(error) = rows::insert(txn, row.clone()).await {
                lost = violated(&error).is_some();
                return Err(if lost { Problem::new(Code::ClaimLimit) } else { error.into() });
            }
            if message {
                notices::tell(ctx, txn, told::voucher_claimed(&row)).await?;
            }
            if !campaigns::take_one(txn, campaign, child, now).await? {
                lost = true;
                return Err(Problem::new(Code::CampaignSoldOut));
            }
            let named = Named {
                voucher: row,
                campaign_name: campaign_row.name,
                revoked_on: None,
                offline_daily_units: campaign_row.offline_daily_units,
            };
            Ok(out(named, local(now).date_naive()))
        })
        .await;
        match done {
            // Read again: now it shows why.
            Err(problem) if lost => refusal = problem,
            done => {
                if let Ok(Once::First(_)) = done {
                    ctx.metrics.event("voucher_claimed");
                }
                return done;
            }
        }
    }
    Err(refusal)
}

/// The campaign, if this claim may go ahead.
fn decide(facts: &ClaimFacts, now: chrono::DateTime<chrono::Utc>) -> Result<&entity::campaigns::Model> {
    let claimant = Claimant {
        birth_date: facts.birth_date.ok_or_else(|| {
            let text = Text::new("没有找到这个孩子，请在“我的孩子”中核对。", "No such child of yours.");
            Problem::new(Code::NotFound).detail(text.clone()).and_field("child_id", "unknown", text)
        })?,
        in_township: facts.in_township,
        has_one: facts.has_one,
        served: facts.visited || facts.redeemed || facts.first_timer,
    };
    match rules::claim_refusal(&facts.campaign, &claimant, now) {
        Some(refusal) => Err(refusal),
        None => Ok(&facts.campaign),
    }
}

/// The family's vouchers, newest first.
pub async fn page(ctx: &Ctx, family: FamilyId, query: &VoucherPageQuery) -> Result<Page<VoucherOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = rows::of_family(ctx.db.reader(), family, None, query.limit, after).await?;
    let today = ctx.clock.today();
    Ok(Page::of(found, query.limit, |row| row.voucher.id, |row| out(row, today)))
}

/// One voucher of the family.
pub async fn read(ctx: &Ctx, family: FamilyId, id: VoucherId) -> Result<VoucherOut> {
    Ok(out(named(ctx, family, id).await?, ctx.clock.today()))
}

/// One voucher of the family, as stored.
pub(super) async fn named(ctx: &Ctx, family: FamilyId, id: VoucherId) -> Result<Named> {
    let mut found = rows::of_family(ctx.db.reader(), family, Some(id), Limit(1), None).await?;
    found.pop().ok_or_else(|| Problem::new(Code::NotFound))
}

fn out(row: Named, today: NaiveDate) -> VoucherOut {
    let Named { voucher, campaign_name, revoked_on, offline_daily_units } = row;
    VoucherOut {
        id: voucher.id,
        campaign_id: voucher.campaign_id,
        campaign_name,
        child_id: voucher.child_id,
        status: rules::status_on(voucher.status, voucher.valid_until, revoked_on, today),
        offline: offline_daily_units.is_some(),
        units_total: voucher.units_total,
        units_used: voucher.units_used,
        units_left: voucher.units_total - voucher.units_used,
        valid_from: voucher.valid_from,
        valid_until: voucher.valid_until,
        claimed_at: Moment(voucher.claimed_at),
    }
}
