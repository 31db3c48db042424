//! Campaigns: create, move on, list, read. Changing one is in [`super::edits`].

use chrono::{DateTime, Utc};
use entity::{CampaignId, CampaignStatus, CentreKinds, campaigns};

use super::super::{
    campaign_dto::{BureauCampaignOut, CampaignCentreOut, CampaignIn, CampaignOut, CampaignRulesOut, CampaignUnitsOut},
    draft::{self, Draft, Validity},
    dto::VoucherPageQuery,
    funds, rules,
    store::campaigns::{self as rows, UnitSums},
    store::funds as fund_rows,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau},
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    state::Ctx,
};

/// Creates a draft.
pub async fn create(
    ctx: &Ctx,
    bureau: &Bureau,
    idempotency: &Idempotency,
    body: CampaignIn,
) -> Result<Once<BureauCampaignOut>> {
    let draft = checked(ctx, body).await?;
    let row = row_of(ctx, &draft);
    let (townships, centres) = (draft.townships, draft.centre_ids.unwrap_or_default());
    once(ctx, idempotency, &bureau.staff_id.to_string(), async |txn| {
        let id = row.id;
        let detail = serde_json::json!({
            "quota": row.quota, "units_per_voucher": row.units_per_voucher, "face_value_fen": row.face_value_fen,
            "fund_source": row.fund_source, "fund_category": row.fund_category,
        });
        rows::insert(txn, row, &townships, &centres).await?;
        audit::record(ctx, txn, bureau.into(), "campaign.create", id.to_string(), detail).await?;
        read_in(ctx, txn, id).await
    })
    .await
}

/// Checks a draft against the townships, the rules of funds and the centres of today.
pub(super) async fn checked(ctx: &Ctx, body: CampaignIn) -> Result<Draft> {
    let fund_rules = fund_rows::all(ctx.db.reader()).await?;
    let draft = draft::check(body, &ctx.catalogue.townships(), &fund_rules, ctx.clock.now())?;
    if let Some(ids) = &draft.centre_ids {
        let fit = rows::fit_centres(ctx.db.reader(), ids, ctx.clock.today()).await?;
        let unfit: Vec<_> = ids.iter().filter(|id| !fit.contains(id)).copied().collect();
        if !unfit.is_empty() {
            return Err(draft::unfit_centres(&unfit));
        }
    }
    Ok(draft)
}

pub(super) fn row_of(ctx: &Ctx, draft: &Draft) -> campaigns::Model {
    let (valid_from, valid_until, valid_days) = match draft.validity {
        Validity::Dates(from, until) => (Some(from), Some(until), None),
        Validity::Days(days) => (None, None, Some(days)),
    };
    campaigns::Model {
        id: ctx.clock.id(),
        name: draft.name.clone(),
        description: draft.description.clone(),
        quota: draft.quota,
        claimed: 0,
        units_per_voucher: draft.units_per_voucher,
        face_value_fen: draft.face_value_fen,
        claim_from: draft.claim_from,
        claim_until: draft.claim_until,
        valid_from,
        valid_until,
        valid_days,
        min_age_months: draft.min_age_months,
        max_age_months: draft.max_age_months,
        first_time_only: draft.first_time_only,
        all_centres: draft.centre_ids.is_none(),
        centre_kinds: draft.centre_kinds.clone().map(CentreKinds),
        offline_daily_units: draft.offline_daily_units,
        fund_source: draft.fund_source,
        fund_category: draft.fund_category,
        status: CampaignStatus::Draft,
        created_at: ctx.clock.now(),
        revoked_at: None,
        revoked_on: None,
    }
}

/// The campaigns of the bureau, newest first.
pub async fn bureau_page(ctx: &Ctx, query: &VoucherPageQuery) -> Result<Page<BureauCampaignOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = rows::page(ctx.db.reader(), query.limit, after).await?;
    let page = Page::of(found, query.limit, |row| row.id, |row| row);
    Ok(Page { items: bureau_outs(ctx, ctx.db.reader(), page.items).await?, next_cursor: page.next_cursor })
}

/// One campaign of the bureau.
pub async fn bureau_read(ctx: &Ctx, id: CampaignId) -> Result<BureauCampaignOut> {
    read_in(ctx, ctx.db.reader(), id).await
}

pub(super) async fn read_in(
    ctx: &Ctx,
    db: &impl sea_orm::ConnectionTrait,
    id: CampaignId,
) -> Result<BureauCampaignOut> {
    let row = rows::one(db, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    bureau_outs(ctx, db, vec![row]).await?.pop().ok_or_else(|| Problem::new(Code::NotFound))
}

/// Opens, pauses or closes a campaign.
pub async fn set_status(
    ctx: &Ctx,
    bureau: &Bureau,
    idempotency: &Idempotency,
    id: CampaignId,
    to: CampaignStatus,
) -> Result<Once<BureauCampaignOut>> {
    use CampaignStatus::{Closed, Draft, Open, Paused};
    let (from, action): (&[CampaignStatus], _) = match to {
        Open => (&[Draft, Paused], "campaign.open"),
        Paused => (&[Open], "campaign.pause"),
        Closed => (&[Open, Paused], "campaign.close"),
        Draft => (&[], "campaign.draft"),
    };
    let done = once(ctx, idempotency, &bureau.staff_id.to_string(), async |txn| {
        if !rows::set_status(txn, id, from, to).await? {
            let row = rows::one(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
            return Err(wrong_state(row.status, to));
        }
        if to == Open {
            let row = rows::one(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
            if let Some(refusal) = rules::over(&row, ctx.clock.now()) {
                return Err(Problem::new(Code::WrongState).detail(refusal));
            }
            // The list may have changed since the draft was written.
            funds::check(&fund_rows::all(txn).await?, row.fund_source, row.fund_category, ctx.clock.today())?;
        }
        audit::record(ctx, txn, bureau.into(), action, id.to_string(), serde_json::json!({})).await?;
        read_in(ctx, txn, id).await
    })
    .await?;
    ctx.gate.changed(ctx, id).await;
    Ok(done)
}

fn wrong_state(present: CampaignStatus, to: CampaignStatus) -> Problem {
    let text = Text::new(
        format!("该批次当前为“{}”，不能改为“{}”，请刷新后查看。", present.zh(), to.zh()),
        format!("The campaign is {present}; it can't become {to}."),
    );
    Problem::new(Code::WrongState).detail(text).fact("campaign_status", present)
}

/// The campaigns open to families, newest first.
pub async fn public_page(ctx: &Ctx, query: &VoucherPageQuery) -> Result<Page<CampaignOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = rows::open_page(ctx.db.reader(), ctx.clock.now(), query.limit, after).await?;
    let page = Page::of(found, query.limit, |row| row.id, |row| row);
    let rules = rules_of(ctx.db.reader(), &page.items).await?;
    let items = page.items.into_iter().zip(rules).map(|(row, rules)| public_out(row, rules, ctx.clock.now())).collect();
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// One campaign for families; a draft isn't there.
pub async fn public_read(ctx: &Ctx, id: CampaignId) -> Result<CampaignOut> {
    let row = known(ctx, id).await?;
    let of_it = rules_of(ctx.db.reader(), std::slice::from_ref(&row)).await?.pop();
    let of_it = of_it.ok_or_else(|| Problem::internal("a campaign without rules"))?;
    Ok(public_out(row, of_it, ctx.clock.now()))
}

/// A campaign that families may know of.
async fn known(ctx: &Ctx, id: CampaignId) -> Result<campaigns::Model> {
    let row = rows::one(ctx.db.reader(), id).await?.filter(|row| row.status != CampaignStatus::Draft);
    row.ok_or_else(|| Problem::new(Code::NotFound))
}

pub(super) fn public_out(row: campaigns::Model, of_it: CampaignRulesOut, now: DateTime<Utc>) -> CampaignOut {
    CampaignOut {
        availability: rules::availability(&row, now),
        id: row.id,
        name: row.name,
        description: row.description,
        status: row.status,
        quota: row.quota,
        remaining: row.quota - row.claimed,
        units_per_voucher: row.units_per_voucher,
        claim_from: Moment(row.claim_from),
        claim_until: Moment(row.claim_until),
        rules: of_it,
    }
}

async fn bureau_outs(
    ctx: &Ctx,
    db: &impl sea_orm::ConnectionTrait,
    found: Vec<campaigns::Model>,
) -> Result<Vec<BureauCampaignOut>> {
    let ids: Vec<_> = found.iter().map(|row| row.id).collect();
    let sums = rows::units(db, &ids, ctx.clock.today()).await?;
    let rules = rules_of(db, &found).await?;
    let outs = found.into_iter().zip(rules).map(|(row, rules)| {
        let units = sums.get(&row.id).map(units_out).unwrap_or_default();
        bureau_out(row, rules, units)
    });
    Ok(outs.collect())
}

fn units_out(sums: &UnitSums) -> CampaignUnitsOut {
    let UnitSums { claimed, used, expired, revoked, .. } = *sums;
    CampaignUnitsOut { claimed, unused: claimed - used - expired - revoked, used, expired, revoked }
}

fn bureau_out(row: campaigns::Model, rules: CampaignRulesOut, units: CampaignUnitsOut) -> BureauCampaignOut {
    BureauCampaignOut {
        id: row.id,
        name: row.name,
        description: row.description,
        status: row.status,
        quota: row.quota,
        claimed: row.claimed,
        remaining: row.quota - row.claimed,
        used: units.used,
        units,
        units_per_voucher: row.units_per_voucher,
        face_value_fen: row.face_value_fen,
        claim_from: Moment(row.claim_from),
        claim_until: Moment(row.claim_until),
        rules,
        fund_source: row.fund_source,
        fund_category: row.fund_category,
        offline_daily_units: row.offline_daily_units,
        revoked_at: row.revoked_at.map(Moment),
        created_at: Moment(row.created_at),
    }
}

/// The rules of some campaigns, in their order.
pub(super) async fn rules_of(
    db: &impl sea_orm::ConnectionTrait,
    found: &[campaigns::Model],
) -> Result<Vec<CampaignRulesOut>> {
    let ids: Vec<_> = found.iter().map(|row| row.id).collect();
    let mut townships = rows::townships(db, &ids).await?;
    let mut centres = rows::centres(db, &ids).await?;
    let rules = found.iter().map(|row| CampaignRulesOut {
        valid_from: row.valid_from,
        valid_until: row.valid_until,
        valid_days: row.valid_days,
        townships: townships.remove(&row.id).unwrap_or_default(),
        min_age_months: row.min_age_months,
        max_age_months: row.max_age_months,
        first_time_only: row.first_time_only,
        all_centres: row.all_centres,
        centre_kinds: row.centre_kinds.clone().map(|kinds| kinds.0).unwrap_or_default(),
        centres: centres
            .remove(&row.id)
            .unwrap_or_default()
            .into_iter()
            .map(|(id, name)| CampaignCentreOut { id, name })
            .collect(),
    });
    Ok(rules.collect())
}
