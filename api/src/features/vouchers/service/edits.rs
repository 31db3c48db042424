//! Changing a campaign: a draft in everything, an open one only where no family is hurt.

use entity::{CampaignId, CampaignStatus, Fen, campaigns};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{
    super::{
        amendment::amended,
        campaign_dto::{BureauCampaignOut, CampaignIn, CampaignPatch, CampaignRulesOut},
        store::campaigns as rows,
    },
    ATTEMPTS, campaigns as reading,
};
use crate::{
    error::{Code, Problem, Result},
    features::{audit, auth::Bureau},
    http::Moment,
    platform::db::write_txn,
    state::Ctx,
};

/// Changes a campaign; whoever changes it at the same time goes before or after, never half.
pub async fn edit(ctx: &Ctx, bureau: &Bureau, id: CampaignId, patch: CampaignPatch) -> Result<BureauCampaignOut> {
    for _ in 0..ATTEMPTS {
        let seen = rows::one(ctx.db.reader(), id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let changed = match seen.status {
            CampaignStatus::Draft => rewrite(ctx, bureau, seen, &patch).await?,
            _ => amend(ctx, bureau, seen, &patch).await?,
        };
        if let Some(out) = changed {
            ctx.gate.changed(ctx, id).await;
            return Ok(out);
        }
    }
    Err(Problem::new(Code::Unavailable))
}

/// A draft with changes is checked like a new one. Nothing if it was changed meanwhile.
async fn rewrite(
    ctx: &Ctx,
    bureau: &Bureau,
    seen: campaigns::Model,
    patch: &CampaignPatch,
) -> Result<Option<BureauCampaignOut>> {
    let of_it = reading::rules_of(ctx.db.reader(), std::slice::from_ref(&seen)).await?.pop();
    let body = merged(&seen, &of_it.ok_or_else(|| Problem::internal("a campaign without rules"))?, patch)?;
    let draft = reading::checked(ctx, body).await?;
    let row = campaigns::Model { id: seen.id, created_at: seen.created_at, ..reading::row_of(ctx, &draft) };
    let (townships, centres) = (draft.townships, draft.centre_ids.unwrap_or_default());
    write_txn(&ctx.db, async |txn| {
        if !rows::replace_draft(txn, row, &townships, &centres).await? {
            return Ok(None);
        }
        recorded(ctx, txn, bureau, &seen).await.map(Some)
    })
    .await
}

/// The draft's body as it would be sent today. An empty list takes a limit away; naming one sort
/// of validity or limit takes the other away.
fn merged(seen: &campaigns::Model, of_it: &CampaignRulesOut, patch: &CampaignPatch) -> Result<CampaignIn> {
    let ids: Vec<_> = of_it.centres.iter().map(|centre| centre.id).collect();
    let mut body = json!({
        "name": seen.name, "description": seen.description, "quota": seen.quota,
        "units_per_voucher": seen.units_per_voucher, "face_value_fen": seen.face_value_fen,
        "claim_from": Moment(seen.claim_from), "claim_until": Moment(seen.claim_until),
        "valid_from": seen.valid_from, "valid_until": seen.valid_until, "valid_days": seen.valid_days,
        "townships": of_it.townships, "min_age_months": seen.min_age_months, "max_age_months": seen.max_age_months,
        "first_time_only": seen.first_time_only, "centre_ids": ids, "centre_kinds": of_it.centre_kinds,
        "offline_daily_units": seen.offline_daily_units,
        "fund_source": seen.fund_source, "fund_category": seen.fund_category,
    });
    if patch.valid_days.is_some() {
        (body["valid_from"], body["valid_until"]) = (Value::Null, Value::Null);
    } else if patch.valid_from.is_some() || patch.valid_until.is_some() {
        body["valid_days"] = Value::Null;
    }
    match (&patch.centre_ids, &patch.centre_kinds) {
        (Some(_), None) => body["centre_kinds"] = Value::Null,
        (None, Some(_)) => body["centre_ids"] = Value::Null,
        _ => {}
    }
    let changes = serde_json::to_value(patch).map_err(Problem::internal)?;
    for (field, value) in changes.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        body[field] = value.clone();
    }
    for limit in ["centre_ids", "centre_kinds"] {
        if body[limit] == json!([]) {
            body[limit] = Value::Null;
        }
    }
    if body["offline_daily_units"] == json!(0) {
        body["offline_daily_units"] = Value::Null;
    }
    serde_json::from_value(body).map_err(Problem::internal)
}

/// What may change once families know it. Nothing if it was changed meanwhile.
async fn amend(
    ctx: &Ctx,
    bureau: &Bureau,
    seen: campaigns::Model,
    patch: &CampaignPatch,
) -> Result<Option<BureauCampaignOut>> {
    let row = amended(&seen, patch)?;
    write_txn(&ctx.db, async |txn| {
        if !rows::amend(txn, &seen, &row).await? {
            return Ok(None);
        }
        recorded(ctx, txn, bureau, &seen).await.map(Some)
    })
    .await
}

/// The audit row says what was before and what is now.
async fn recorded(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    bureau: &Bureau,
    seen: &campaigns::Model,
) -> Result<BureauCampaignOut> {
    let now = rows::one(txn, seen.id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let facts = |row: &campaigns::Model| {
        let Fen(face_value_fen) = row.face_value_fen;
        json!({
            "quota": row.quota, "units_per_voucher": row.units_per_voucher, "face_value_fen": face_value_fen,
            "claim_until": row.claim_until, "fund_source": row.fund_source, "fund_category": row.fund_category,
            "offline_daily_units": row.offline_daily_units,
        })
    };
    let detail = json!({ "before": facts(seen), "after": facts(&now) });
    audit::record(ctx, txn, bureau.into(), "campaign.edit", seen.id.to_string(), detail).await?;
    reading::read_in(ctx, txn, seen.id).await
}
