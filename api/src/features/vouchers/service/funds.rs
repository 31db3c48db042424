//! The rules of funds: read by the bureau, kept by administrators.

use chrono::NaiveDate;
use entity::{FundCategory, FundRuleId, FundSource, fund_rules};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::super::{
    fund_dto::{FundRuleEndIn, FundRuleIn, FundRuleOut, FundRulesOut},
    funds,
    store::funds as rows,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau},
    http::{Idempotency, Once, once},
    state::Ctx,
};

/// Every rule.
pub async fn list(ctx: &Ctx) -> Result<FundRulesOut> {
    let (found, today) = (rows::all(ctx.db.reader()).await?, ctx.clock.today());
    Ok(FundRulesOut { items: found.into_iter().map(|row| out(row, today)).collect() })
}

/// Refuses what this money may not pay for on a day.
pub async fn allow(
    db: &impl ConnectionTrait,
    source: FundSource,
    category: FundCategory,
    day: NaiveDate,
) -> Result<()> {
    funds::check(&rows::all(db).await?, source, category, day)
}

/// Adds a rule; one of a source and category at a time, or ending it would end nothing.
pub async fn add(ctx: &Ctx, admin: &Bureau, key: &Idempotency, body: FundRuleIn) -> Result<Once<FundRuleOut>> {
    let FundRuleIn { fund_source, fund_category, valid_from, clause, document } = body;
    let row = fund_rules::Model {
        id: ctx.clock.id(),
        fund_source,
        fund_category,
        valid_from: valid_from.0,
        valid_until: None,
        clause: clause.into_inner(),
        document: document.into_inner(),
    };
    once(ctx, key, &admin.staff_id.to_string(), async |txn| {
        if let Some(there) = funds::overlapping(&rows::held(txn).await?, &row) {
            let text = Text::new(
                "同一资金来源和用途在该时间已有规则，请先设定其失效日期。",
                "There is a rule of this source and category for that time: end it first.",
            );
            return Err(Problem::field("valid_from", "overlaps", text).fact("fund_rule_id", there.id));
        }
        rows::insert(txn, row.clone()).await?;
        let detail =
            json!({ "fund_source": fund_source, "fund_category": fund_category, "valid_from": row.valid_from });
        audit::record(ctx, txn, admin.into(), "fund_rule.add", row.id.to_string(), detail).await?;
        Ok(out(row, ctx.clock.today()))
    })
    .await
}

/// Ends a rule; it stays, with its last day.
pub async fn end(
    ctx: &Ctx,
    admin: &Bureau,
    key: &Idempotency,
    id: FundRuleId,
    body: FundRuleEndIn,
) -> Result<Once<FundRuleOut>> {
    once(ctx, key, &admin.staff_id.to_string(), async |txn| {
        let found = async || rows::one(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound));
        let last_day = body.valid_until.0;
        if found().await?.valid_from > last_day {
            let text = Text::new("valid_until 不能早于规则生效日。", "valid_until must not be before valid_from.");
            return Err(Problem::field("valid_until", "end_before_start", text));
        }
        if !rows::end(txn, id, last_day).await? {
            let text = Text::new("该规则已设定失效日期，不能再改。", "The rule has its last day already.");
            return Err(Problem::new(Code::WrongState).detail(text).fact("valid_until", found().await?.valid_until));
        }
        let detail = json!({ "valid_until": last_day, "reason": &*body.reason });
        audit::record(ctx, txn, admin.into(), "fund_rule.end", id.to_string(), detail).await?;
        Ok(out(found().await?, ctx.clock.today()))
    })
    .await
}

fn out(row: fund_rules::Model, today: NaiveDate) -> FundRuleOut {
    let in_force = funds::in_force(&row, today);
    let fund_rules::Model { id, fund_source, fund_category, valid_from, valid_until, clause, document } = row;
    FundRuleOut { id, fund_source, fund_category, valid_from, valid_until, in_force, clause, document }
}
