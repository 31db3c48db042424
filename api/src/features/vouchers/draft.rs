//! What a new campaign must be like. Every field at fault is named at once.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CentreId, CentreKind, Fen, FundCategory, FundSource, fund_rules};

use super::{campaign_dto::CampaignIn, faults::Faults, funds};
use crate::{
    error::{Problem, Result, Text},
    features::families::rules::CARE_ENDS_AT_MONTHS,
    platform::clock::local,
};

pub(super) const MOST_VOUCHERS: i64 = 1_000_000;
const MOST_UNITS: i64 = 365;
const MOST_FACE_VALUE_FEN: i64 = 1_000_000;
const MOST_VALID_DAYS: i64 = 730;
const MOST_CENTRES: usize = 1000;
const MOST_OFFLINE_UNITS: i64 = 200;

/// How long a voucher is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// From and to, both inclusive.
    Dates(NaiveDate, NaiveDate),
    /// Days, the day of the claim the first.
    Days(i32),
}

/// A campaign that may be stored, once its centres are known to exist.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Name.
    pub name: String,
    /// Text for parents.
    pub description: String,
    /// Vouchers.
    pub quota: i32,
    /// Care days of one.
    pub units_per_voucher: i32,
    /// What the centre is paid for one.
    pub face_value_fen: Fen,
    /// Claims from.
    pub claim_from: DateTime<Utc>,
    /// Claims until.
    pub claim_until: DateTime<Utc>,
    /// How long a voucher is valid.
    pub validity: Validity,
    /// Distinct; none means all.
    pub townships: Vec<String>,
    /// Completed months, at least.
    pub min_age_months: Option<i32>,
    /// Completed months, at most.
    pub max_age_months: Option<i32>,
    /// First-time families only.
    pub first_time_only: bool,
    /// Distinct; `None` means every filed and inclusive centre.
    pub centre_ids: Option<Vec<CentreId>>,
    /// Distinct; `None` means every kind.
    pub centre_kinds: Option<Vec<CentreKind>>,
    /// Units that a centre may redeem without network a day.
    pub offline_daily_units: Option<i32>,
    /// Whose money.
    pub fund_source: FundSource,
    /// What for.
    pub fund_category: FundCategory,
}

/// Checks a draft; `townships` are the known ones.
pub fn check(
    body: CampaignIn,
    townships: &[String],
    fund_rules: &[fund_rules::Model],
    now: DateTime<Utc>,
) -> Result<Draft> {
    let today = local(now).date_naive();
    let CampaignIn {
        name,
        description,
        quota,
        units_per_voucher,
        face_value_fen,
        claim_from,
        claim_until,
        valid_from,
        valid_until,
        valid_days,
        townships: chosen,
        min_age_months,
        max_age_months,
        first_time_only,
        centre_ids,
        centre_kinds,
        offline_daily_units,
        fund_source,
        fund_category,
    } = body;
    let mut faults = Faults::default();
    let oldest = i64::from(CARE_ENDS_AT_MONTHS);
    if claim_from >= claim_until {
        faults.add(
            "claim_until",
            "end_before_start",
            "claim_until 须晚于 claim_from。",
            "claim_until must be after claim_from.",
        );
    } else if claim_until.0 <= now {
        faults.add(
            "claim_until",
            "past",
            "claim_until 已过，请填写以后的时间。",
            "claim_until is past: choose a later time.",
        );
    }
    if centre_ids.is_some() && centre_kinds.is_some() {
        faults.add(
            "centre_kinds",
            "conflict",
            "centre_ids 与 centre_kinds 只能填一种。",
            "Give either centre_ids or centre_kinds.",
        );
    }
    let last_claims = local(claim_until.0).date_naive();
    if valid_until.is_some_and(|until| until.0 < today) {
        faults.add(
            "valid_until",
            "past",
            "valid_until 已过，请填写今天或以后的日期。",
            "valid_until is past: choose today or a later date.",
        );
    } else if valid_until.is_some_and(|until| until.0 < last_claims) {
        // A family that claims on the last day must still have a day to use the voucher.
        faults.add(
            "valid_until",
            "before_claims_end",
            format!("valid_until 不能早于领取截止之日 {last_claims}，请延后有效期或提前截止领取。"),
            format!("valid_until must not be before the last day of claims, {last_claims}: move one of them."),
        );
    }
    let draft = Draft {
        name: name.into_inner(),
        description: description.into_inner(),
        quota: faults.number("quota", quota, 1, MOST_VOUCHERS),
        units_per_voucher: faults.number("units_per_voucher", units_per_voucher, 1, MOST_UNITS),
        face_value_fen: Fen(faults.number("face_value_fen", face_value_fen, 0, MOST_FACE_VALUE_FEN).into()),
        claim_from: claim_from.0,
        claim_until: claim_until.0,
        validity: validity(&mut faults, valid_from.map(|d| d.0), valid_until.map(|d| d.0), valid_days),
        townships: known_townships(
            &mut faults,
            chosen.unwrap_or_default().into_iter().map(|t| t.into_inner()).collect(),
            townships,
        ),
        min_age_months: min_age_months.map(|n| faults.number("min_age_months", n, 0, oldest)),
        max_age_months: max_age_months.map(|n| faults.number("max_age_months", n, 0, oldest)),
        first_time_only,
        centre_ids: centre_ids.map(|ids| distinct_centres(&mut faults, ids)),
        centre_kinds: centre_kinds.map(|kinds| distinct_kinds(&mut faults, kinds)),
        offline_daily_units: offline_daily_units.map(|n| offline_units(&mut faults, n, 1)),
        fund_source: fund_source.unwrap_or(FundSource::District),
        fund_category,
    };
    if let (Some(least), Some(most)) = (draft.min_age_months, draft.max_age_months)
        && least > most
    {
        faults.add(
            "max_age_months",
            "end_before_start",
            "max_age_months 不能小于 min_age_months。",
            "max_age_months must not be below min_age_months.",
        );
    }
    faults.none()?;
    funds::check(fund_rules, draft.fund_source, draft.fund_category, today)?;
    Ok(draft)
}

fn validity(faults: &mut Faults, from: Option<NaiveDate>, until: Option<NaiveDate>, days: Option<i64>) -> Validity {
    match (from, until, days) {
        (Some(from), Some(until), None) => {
            if from > until {
                faults.add(
                    "valid_until",
                    "end_before_start",
                    "valid_until 不能早于 valid_from。",
                    "valid_until must not be before valid_from.",
                );
            }
            return Validity::Dates(from, until);
        }
        (None, None, Some(days)) => return Validity::Days(faults.number("valid_days", days, 1, MOST_VALID_DAYS)),
        (None, None, None) => faults.add(
            "valid_from",
            "missing",
            "请填写有效期：valid_from 和 valid_until，或 valid_days。",
            "Give valid_from and valid_until, or valid_days.",
        ),
        (_, _, Some(_)) => faults.add(
            "valid_days",
            "conflict",
            "固定起止日期（valid_from、valid_until）与 valid_days 只能填一种。",
            "Give either valid_from and valid_until, or valid_days.",
        ),
        (Some(_), None, None) => {
            faults.add(
                "valid_until",
                "missing",
                "缺少必填项 valid_until。",
                "valid_until is required with valid_from.",
            );
        }
        (None, Some(_), None) => {
            faults.add("valid_from", "missing", "缺少必填项 valid_from。", "valid_from is required with valid_until.");
        }
    }
    Validity::Days(0)
}

fn known_townships(faults: &mut Faults, mut chosen: Vec<String>, known: &[String]) -> Vec<String> {
    if chosen.iter().any(|name| !known.contains(name)) {
        let list = known.join("、");
        let (zh, en) =
            (format!("townships 须从以下选择：{list}。"), format!("townships takes names of this list: {list}."));
        faults.add("townships", "unknown_value", zh, en);
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

fn distinct_centres(faults: &mut Faults, mut ids: Vec<CentreId>) -> Vec<CentreId> {
    if ids.is_empty() || ids.len() > MOST_CENTRES {
        let zh = format!("centre_ids 须列出 1 到 {MOST_CENTRES} 个机构；不填则为全部已备案普惠机构。");
        let en = format!("centre_ids takes 1 to {MOST_CENTRES} centres; leave it out for all.");
        faults.add("centre_ids", "out_of_range", zh, en);
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn distinct_kinds(faults: &mut Faults, mut kinds: Vec<CentreKind>) -> Vec<CentreKind> {
    if kinds.is_empty() {
        faults.add(
            "centre_kinds",
            "out_of_range",
            "centre_kinds 须列出至少一种机构类型；不填则不限类型。",
            "centre_kinds takes at least one kind; leave it out for all.",
        );
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

pub(super) fn offline_units(faults: &mut Faults, value: i64, least: i64) -> i32 {
    faults.number("offline_daily_units", value, least, MOST_OFFLINE_UNITS)
}

/// The refusal of centres where no voucher could be redeemed: unknown, inactive, not filed or not
/// inclusive.
pub fn unfit_centres(ids: &[CentreId]) -> Problem {
    let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
    Problem::field(
        "centre_ids",
        "unknown_value",
        Text::new(
            format!(
                "centre_ids 中的这些机构不存在、未备案或不是普惠机构：{list}。请移除，或待其备案并认定为普惠后再添加。"
            ),
            format!("centre_ids: no such active centre that is filed and inclusive today: {list}. Leave it out."),
        ),
    )
    .fact("centre_ids", ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn draft(changes: &serde_json::Value) -> Result<Draft> {
        let mut body = serde_json::json!({
            "name": "第一批", "description": "说明", "quota": 10, "units_per_voucher": 15, "face_value_fen": 8000,
            "claim_from": "2026-03-01T09:00:00+08:00", "claim_until": "2026-04-01T00:00:00+08:00", "valid_days": 90,
            "fund_category": "publicity"
        });
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        let now = "2026-03-02T01:00:00Z".parse().unwrap();
        let rule = fund_rules::Model {
            id: uuid::Uuid::nil().into(),
            fund_source: FundSource::Central,
            fund_category: FundCategory::FamilyAllowance,
            valid_from: "2024-01-01".parse().unwrap(),
            valid_until: None,
            clause: "不得发放育儿补贴".to_owned(),
            document: "清单".to_owned(),
        };
        check(serde_json::from_value(body).unwrap(), &["洛阳镇".to_owned(), "东园镇".to_owned()], &[rule], now)
    }

    fn fields(changes: &serde_json::Value) -> Vec<String> {
        draft(changes).unwrap_err().fields().map(str::to_owned).collect()
    }

    #[test]
    fn the_plain_case_is_for_every_family_and_centre_on_the_districts_money() {
        let draft = draft(&serde_json::json!({})).unwrap();
        assert_eq!((draft.fund_source, draft.validity), (FundSource::District, Validity::Days(90)));
        assert!(draft.centre_ids.is_none() && draft.townships.is_empty() && !draft.first_time_only);
    }

    #[test]
    fn every_field_at_fault_is_named() {
        use serde_json::json;
        for (changes, expected) in [
            (json!({"quota": 0}), "quota"),
            (json!({"quota": -5}), "quota"),
            (json!({"quota": 1_000_001}), "quota"),
            (json!({"quota": 9_000_000_000_i64}), "quota"),
            (json!({"units_per_voucher": 0}), "units_per_voucher"),
            (json!({"units_per_voucher": 366}), "units_per_voucher"),
            (json!({"face_value_fen": -1}), "face_value_fen"),
            (json!({"face_value_fen": 1_000_001}), "face_value_fen"),
            (json!({"claim_until": "2026-03-01T09:00:00+08:00"}), "claim_until"),
            (
                json!({"claim_from": "2026-01-01T00:00:00+08:00", "claim_until": "2026-03-02T09:00:00+08:00"}),
                "claim_until",
            ),
            (json!({"valid_days": null, "valid_from": "2026-02-01", "valid_until": "2026-03-01"}), "valid_until"),
            (json!({"valid_days": null, "valid_from": "2026-03-01", "valid_until": "2026-03-31"}), "valid_until"),
            (json!({"valid_days": null}), "valid_from"),
            (json!({"valid_days": 0}), "valid_days"),
            (json!({"valid_from": "2026-03-01", "valid_until": "2026-04-01"}), "valid_days"),
            (json!({"valid_days": null, "valid_from": "2026-03-01"}), "valid_until"),
            (json!({"valid_days": null, "valid_until": "2026-04-01"}), "valid_from"),
            (json!({"valid_days": null, "valid_from": "2026-04-02", "valid_until": "2026-04-01"}), "valid_until"),
            (json!({"townships": ["泉州市"]}), "townships"),
            (json!({"min_age_months": -1}), "min_age_months"),
            (json!({"max_age_months": 37}), "max_age_months"),
            (json!({"min_age_months": 20, "max_age_months": 19}), "max_age_months"),
            (json!({"centre_ids": []}), "centre_ids"),
            (json!({"centre_kinds": []}), "centre_kinds"),
            (
                json!({"centre_kinds": ["private"], "centre_ids": ["ctr_00000000000000000000000000000001"]}),
                "centre_kinds",
            ),
            (json!({"offline_daily_units": 0}), "offline_daily_units"),
            (json!({"offline_daily_units": 201}), "offline_daily_units"),
        ] {
            assert_eq!(fields(&changes), [expected], "{changes}");
        }
        assert_eq!(fields(&json!({"quota": 0, "face_value_fen": -1})), ["quota", "face_value_fen"]);
    }

    #[test]
    fn central_money_on_the_negative_list_names_the_clause() {
        let refused = draft(&serde_json::json!({"fund_source": "central", "fund_category": "family_allowance"}));
        assert_eq!(refused.unwrap_err().code(), Code::FundRuleViolation);
        assert!(draft(&serde_json::json!({"fund_source": "city", "fund_category": "family_allowance"})).is_ok());
        assert!(draft(&serde_json::json!({"fund_source": "central", "fund_category": "incentive"})).is_ok());
    }
}
