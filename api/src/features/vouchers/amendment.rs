//! What may change of a campaign once families know it: more vouchers, longer claims, the text, and
//! the offline desk. Never anything that would hurt a family.

use entity::{CampaignStatus, campaigns};

use super::{campaign_dto::CampaignPatch, draft, faults::Faults};
use crate::{
    error::{Code, Problem, Result, Text},
    platform::clock::local,
};

/// The campaign with its changes; or every field that can't be changed, or can't be so.
pub fn amended(seen: &campaigns::Model, patch: &CampaignPatch) -> Result<campaigns::Model> {
    if seen.revoked_at.is_some() {
        let text = Text::new("该批次已作废，不能再修改。", "The campaign was revoked: nothing of it changes.");
        return Err(Problem::new(Code::WrongState).detail(text).fact("campaign_status", seen.status));
    }
    refuse_locked(seen, patch)?;
    let mut row = seen.clone();
    let mut faults = Faults::default();
    if let Some(name) = &patch.name {
        row.name = name.to_string();
    }
    if let Some(description) = &patch.description {
        row.description = description.to_string();
    }
    if let Some(quota) = patch.quota {
        row.quota = faults.number("quota", quota, seen.quota.into(), draft::MOST_VOUCHERS);
    }
    if let Some(until) = patch.claim_until {
        let day = local(until.0).date_naive();
        if until.0 < seen.claim_until {
            faults.add(
                "claim_until",
                "earlier",
                "开放后只能延长领取时间，不能提前截止；如需停止领取，请暂停或结束该批次。",
                "Once open, claims may only end later: pause or close the campaign instead.",
            );
        } else if seen.valid_until.is_some_and(|last| last < day) {
            faults.add(
                "claim_until",
                "after_validity",
                "领取截止不能晚于体验券有效期的最后一天。",
                "Claims must end by the last day of validity.",
            );
        }
        row.claim_until = until.0;
    }
    if let Some(units) = patch.offline_daily_units {
        row.offline_daily_units = Some(draft::offline_units(&mut faults, units, 0)).filter(|units| *units > 0);
    }
    faults.none()?;
    Ok(row)
}

/// The fields that only a draft takes; those of a closed campaign too.
fn refuse_locked(seen: &campaigns::Model, patch: &CampaignPatch) -> Result<()> {
    let CampaignPatch {
        name: _,
        description: _,
        quota,
        units_per_voucher,
        face_value_fen,
        claim_from,
        claim_until,
        valid_from,
        valid_until,
        valid_days,
        townships,
        min_age_months,
        max_age_months,
        first_time_only,
        centre_ids,
        centre_kinds,
        offline_daily_units: _,
        fund_source,
        fund_category,
    } = patch;
    let closed = seen.status == CampaignStatus::Closed;
    let given = [
        ("quota", closed && quota.is_some()),
        ("units_per_voucher", units_per_voucher.is_some()),
        ("face_value_fen", face_value_fen.is_some()),
        ("claim_from", claim_from.is_some()),
        ("claim_until", closed && claim_until.is_some()),
        ("valid_from", valid_from.is_some()),
        ("valid_until", valid_until.is_some()),
        ("valid_days", valid_days.is_some()),
        ("townships", townships.is_some()),
        ("min_age_months", min_age_months.is_some()),
        ("max_age_months", max_age_months.is_some()),
        ("first_time_only", first_time_only.is_some()),
        ("centre_ids", centre_ids.is_some()),
        ("centre_kinds", centre_kinds.is_some()),
        ("fund_source", fund_source.is_some()),
        ("fund_category", fund_category.is_some()),
    ];
    let locked: Vec<_> = given.iter().filter(|(_, given)| *given).map(|(field, _)| *field).collect();
    if locked.is_empty() {
        return Ok(());
    }
    let list = locked.join("、");
    let text = Text::new(
        format!(
            "该批次当前为“{}”，不能再修改：{list}。开放后只能增加数量、延长领取时间、修改文字说明和离线核销上限。",
            seen.status.zh()
        ),
        format!("The campaign is {}; these can't change any more: {list}.", seen.status),
    );
    let problem = Problem::new(Code::WrongState).detail(text).fact("campaign_status", seen.status);
    Err(locked.into_iter().fold(problem, |problem, field| {
        problem.and_field(field, "locked", Text::new("开放后不能修改。", "Can't change once it is open."))
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::features::vouchers::rules::tests::campaign;

    #[test]
    fn once_open_a_campaign_gives_more_and_longer_but_never_less() {
        let seen = campaign();
        for (patch, refused) in [
            (json!({"quota": 10}), None),
            (json!({"quota": 11, "name": "新名称", "description": "新说明"}), None),
            (json!({"quota": 9}), Some("quota")),
            (json!({"quota": 1_000_001}), Some("quota")),
            (json!({"claim_until": seen.claim_until + chrono::TimeDelta::days(1)}), None),
            (json!({"claim_until": seen.claim_until - chrono::TimeDelta::seconds(1)}), Some("claim_until")),
            (json!({"offline_daily_units": 0}), None),
            (json!({"offline_daily_units": 201}), Some("offline_daily_units")),
            (json!({"face_value_fen": 8001}), Some("face_value_fen")),
            (json!({"townships": []}), Some("townships")),
            (json!({"fund_source": "central"}), Some("fund_source")),
        ] {
            let changes = serde_json::from_value(patch.clone()).unwrap();
            let fields = amended(&seen, &changes).err().map(|p| p.fields().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(fields, refused.map(|field| vec![field.to_owned()]), "{patch}");
        }
        let closed = campaigns::Model { status: CampaignStatus::Closed, ..seen };
        let more = serde_json::from_value(json!({"quota": 11})).unwrap();
        assert_eq!(amended(&closed, &more).unwrap_err().code(), Code::WrongState);
    }
}
