//! Where a family stands with each campaign. The same rules as a claim, without claiming.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{CampaignId, ChildId, FamilyId, VoucherId, campaigns, children};

use super::{
    super::{
        dto::VoucherPageQuery,
        rules::{self, Claimant},
        store::{campaigns as rows, stories},
        story_dto::{ChildStandingOut, FamilyCampaignOut, Standing},
    },
    campaigns::{public_out, rules_of},
};
use crate::{
    error::Result,
    features::privacy::marks::birth_month,
    http::{Cursor, Page},
    platform::clock::local,
    state::Ctx,
};

/// The campaigns that run or rest, with the family's children; six queries, whatever their number.
pub async fn page(ctx: &Ctx, family: FamilyId, query: &VoucherPageQuery) -> Result<Page<FamilyCampaignOut>> {
    let (db, now) = (ctx.db.reader(), ctx.clock.now());
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = rows::known_page(db, now, query.limit, after).await?;
    let page = Page::of(found, query.limit, |row| row.id, |row| row);
    let limits = rules_of(db, &page.items).await?;
    let children = stories::children(db, family).await?;
    let served = stories::served(db, family).await?;
    let ids: Vec<_> = page.items.iter().map(|row| row.id).collect();
    let held = stories::vouchers_of(db, family, &ids).await?;
    let had = stories::had_before_of(db, family).await?;
    let items = page.items.into_iter().zip(limits).map(|(row, of_it)| {
        let of_child = |child: &children::Model| {
            let claimant = Claimant {
                birth_date: child.birth_date,
                in_township: of_it.townships.is_empty() || of_it.townships.contains(&child.township),
                has_one: held.contains_key(&(row.id, child.id))
                    || had.contains(&(row.id, birth_month(child.birth_date))),
                served,
            };
            standing(&row, child.id, &claimant, &held, now)
        };
        let children = children.iter().map(of_child).collect();
        FamilyCampaignOut { campaign: public_out(row, of_it, now), children }
    });
    Ok(Page { items: items.collect(), next_cursor: page.next_cursor })
}

/// In the order in which a claim would be refused, but that a voucher the child has comes first:
/// it is what the parent looks for.
fn standing(
    row: &campaigns::Model,
    child_id: ChildId,
    claimant: &Claimant,
    held: &HashMap<(CampaignId, ChildId), VoucherId>,
    now: DateTime<Utc>,
) -> ChildStandingOut {
    let voucher_id = held.get(&(row.id, child_id)).copied();
    let reasons = rules::reasons(row, claimant, local(now).date_naive());
    let (standing, message) = if voucher_id.is_some() {
        (Standing::Claimed, "已领取，请到“我的券”查看。".to_owned())
    } else if let Some(refusal) = rules::not_open(row, now) {
        (Standing::NotOpen, refusal.text().zh.to_string())
    } else if !reasons.is_empty() {
        let all = reasons.iter().map(|reason| reason.detail.as_str()).collect::<Vec<_>>().join("；");
        (Standing::NotEligible, format!("暂不符合领取条件：{all}。"))
    } else if claimant.has_one {
        (Standing::Claimed, "该孩子此前已领取过本批次体验券。".to_owned())
    } else if row.claimed >= row.quota {
        (Standing::SoldOut, "该批次已领完，请关注下一批。".to_owned())
    } else {
        (Standing::Claimable, "可以领取。".to_owned())
    };
    let reasons = if standing == Standing::NotEligible { reasons } else { Vec::new() };
    ChildStandingOut { child_id, standing, reasons, voucher_id, message }
}
