//! What central money may not pay for: the negative list of the plan's annex, as data, for lists
//! change. Local funds are bound by neither list.

use chrono::NaiveDate;
use entity::{FundCategory, FundSource};

/// One clause of the negative list.
#[derive(Clone, Copy, Debug)]
pub struct FundRule {
    /// Whose money.
    pub source: FundSource,
    /// What for.
    pub category: FundCategory,
    /// In force from this day.
    pub valid_from: NaiveDate,
    /// The clause, as written.
    pub clause: &'static str,
    /// The document.
    pub document: &'static str,
}

const DOCUMENT: &str = "《中央财政资金使用正负面清单》第二条（负面清单）";
const IN_FORCE: NaiveDate = match NaiveDate::from_ymd_opt(2024, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

const fn never(category: FundCategory, clause: &'static str) -> FundRule {
    FundRule { source: FundSource::Central, category, valid_from: IN_FORCE, clause, document: DOCUMENT }
}

/// The list.
pub const NEGATIVE_LIST: &[FundRule] = &[
    never(FundCategory::Construction, "中央财政资金不得用于基本建设"),
    never(FundCategory::FamilyAllowance, "中央财政资金不得用于向家庭和个人直接发放育儿补贴"),
    never(FundCategory::PlaceSubsidy, "中央财政资金不得用于向托育机构直接发放托位建设补助"),
    never(FundCategory::OperatingSubsidy, "中央财政资金不得用于向托育机构直接发放运营补助"),
    never(FundCategory::Debt, "中央财政资金不得用于偿还托育机构举办人或单位相关债务"),
    never(FundCategory::StaffPay, "中央财政资金不得用于人员劳务、工资、福利、津补贴等费用发放"),
    never(FundCategory::AuditUnresolved, "中央财政资金不得用于涉及审计、督查等发现问题未有效整改的项目"),
    never(FundCategory::DoubleCentral, "中央财政资金不得用于已从中央基建投资等其他渠道获得中央财政资金支持的项目"),
];

/// The clause that forbids this use of this money on `day`, if one does.
#[must_use]
pub fn forbidden(source: FundSource, category: FundCategory, day: NaiveDate) -> Option<&'static FundRule> {
    NEGATIVE_LIST.iter().find(|rule| rule.source == source && rule.category == category && rule.valid_from <= day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn central_money_is_bound_by_the_negative_list_and_local_money_is_not() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let refused: Vec<_> =
            FundCategory::ALL.iter().filter(|c| forbidden(FundSource::Central, **c, day).is_some()).collect();
        assert_eq!(refused.len(), 8);
        assert!(!refused.contains(&&FundCategory::Publicity) && !refused.contains(&&FundCategory::Incentive));
        for source in FundSource::ALL.iter().filter(|s| **s != FundSource::Central) {
            assert!(FundCategory::ALL.iter().all(|c| forbidden(*source, *c, day).is_none()), "{source}");
        }
    }
}
