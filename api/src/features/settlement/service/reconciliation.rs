//! Invariant 5, asked of the rows: each side of an equation comes from another table.

use std::collections::HashMap;

use entity::{CampaignId, campaigns};
use sea_orm::ConnectionTrait;

use super::super::{
    reconciliation_dto::{CampaignMoneyOut, EquationOut, ReconciliationOut},
    rules::Figures,
    store::reconciliation as store,
};
use crate::{
    error::{Code, Problem, Result},
    http::Moment,
    state::Ctx,
};

/// Frozen statements looked at in one go.
const STATEMENTS: u64 = 100;

/// Whether a campaign's counts agree, and what breaks them.
pub async fn of_campaign(ctx: &Ctx, id: CampaignId) -> Result<ReconciliationOut> {
    let db = ctx.db.reader();
    let campaign = store::campaign(db, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let held = store::voucher_sums(db, &campaign, ctx.clock.today()).await?;
    let done = store::redemption_sums(db, id).await?;
    let parts = held.unused + held.used + held.expired + held.revoked;
    let units = i64::from(campaign.claimed) * i64::from(campaign.units_per_voucher);
    let mut equations = vec![
        equation("vouchers", "批次已领取数 = 体验券张数", campaign.claimed.into(), held.vouchers, vec![]),
        equation("issued", "体验券张数 × 每券天数 = 体验券总天数", units, held.units, vec![]),
        equation("units", "体验券总天数 = 未用 + 已用 + 过期 + 作废", held.units, parts, vec![]),
    ];
    let out_of_step = store::vouchers_out_of_step(db, id).await?;
    equations.push(equation(
        "redemptions",
        "体验券已用天数 = 有效核销次数",
        held.used,
        done.redeemed,
        texts(&out_of_step),
    ));
    let reversals = store::reversal_rows(db, id).await?;
    let odd = store::reversals_out_of_step(db, id).await?;
    equations.push(equation("reversals", "已撤销的核销 = 撤销记录", done.reversed, reversals, texts(&odd)));
    let worth = done.redeemed * campaign.face_value_fen.0;
    let odd = store::odd_face_values(db, id, campaign.face_value_fen).await?;
    equations.push(equation("face_values", "有效核销次数 × 面值 = 核销金额", worth, done.redeemed_fen, texts(&odd)));
    let (settled, broken) = settled(db, &campaign).await?;
    equations.push(equation("statements", "已定稿结算单列示金额 = 其核销金额", settled, done.settled_fen, broken));
    Ok(ReconciliationOut {
        campaign_id: id,
        as_of: Moment(ctx.clock.now()),
        balanced: equations.iter().all(|equation| equation.holds),
        equations,
        money: CampaignMoneyOut {
            redeemed_fen: done.redeemed_fen,
            settled_fen: done.settled_fen,
            unsettled_fen: done.redeemed_fen - done.settled_fen,
        },
    })
}

fn equation(code: &'static str, text: &'static str, left: i64, right: i64, breaks: Vec<String>) -> EquationOut {
    EquationOut { code, text, left, right, holds: left == right && breaks.is_empty(), breaks }
}

fn texts(ids: &[impl ToString]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// What the frozen statements say of the campaign, and those that say another sum than their rows.
async fn settled(db: &impl ConnectionTrait, campaign: &campaigns::Model) -> Result<(i64, Vec<String>)> {
    let (mut sum, mut broken, mut after) = (0, Vec::new(), None);
    loop {
        let found = store::frozen_with(db, campaign.id, after, STATEMENTS).await?;
        let ids: Vec<_> = found.iter().map(|statement| statement.id).collect();
        let worth: HashMap<_, _> = store::worth_in(db, campaign.id, &ids).await?.into_iter().collect();
        for statement in &found {
            let figures: Figures = serde_json::from_value(statement.figures.clone()).map_err(Problem::internal)?;
            let of_it = figures.campaigns.iter().find(|part| part.campaign_id == campaign.id);
            let said = of_it.map_or(0, |part| part.amount_fen.0);
            sum += said;
            if worth.get(&statement.id) != Some(&said) && broken.len() < 50 {
                broken.push(statement.id.to_string());
            }
        }
        after = ids.last().copied();
        if (found.len() as u64) < STATEMENTS {
            return Ok((sum, broken));
        }
    }
}
