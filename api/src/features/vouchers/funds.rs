//! What a source of funds may not pay for: the negative list of the plan's annex. The rules are
//! rows of `fund_rules` with the days they are in force, for lists change. Local funds are bound by
//! neither list, as long as no rule says so.

use chrono::NaiveDate;
use entity::{FundCategory, FundSource, fund_rules};

use crate::error::{Code, Problem, Text};

/// Whether a rule is in force on `day`.
#[must_use]
pub fn in_force(rule: &fund_rules::Model, day: NaiveDate) -> bool {
    rule.valid_from <= day && rule.valid_until.is_none_or(|until| day <= until)
}

/// The rule of the same source and category that is in force on some day on which the new one is, too.
#[must_use]
pub fn overlapping<'a>(rules: &'a [fund_rules::Model], new: &fund_rules::Model) -> Option<&'a fund_rules::Model> {
    let same = |rule: &&fund_rules::Model| {
        rule.fund_source == new.fund_source
            && rule.fund_category == new.fund_category
            && rule.valid_until.is_none_or(|until| new.valid_from <= until)
            && new.valid_until.is_none_or(|until| rule.valid_from <= until)
    };
    rules.iter().find(same)
}

/// Refuses a use of this money that a rule in force on `day` forbids. Nobody can override it: the
/// campaign needs another source.
pub fn check(
    rules: &[fund_rules::Model],
    source: FundSource,
    category: FundCategory,
    day: NaiveDate,
) -> Result<(), Problem> {
    let broken =
        rules.iter().find(|rule| rule.fund_source == source && rule.fund_category == category && in_force(rule, day));
    match broken {
        None => Ok(()),
        Some(rule) => Err(Problem::new(Code::FundRuleViolation)
            .detail(
                Text::new(
                    format!("{}。请改用其他资金来源，或调整资金用途。", rule.clause),
                    format!("`{source}` money may not pay for `{category}`; take another source."),
                )
                .keeping(rule.clause.clone()),
            )
            .fact("clause", &rule.clause)
            .fact("document", &rule.document)
            .fact("fund_rule_id", rule.id)
            .fact("fund_source", source)
            .fact("fund_category", category)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_binds_its_source_and_category_from_its_first_day_to_its_last() {
        let rule = fund_rules::Model {
            id: uuid::Uuid::nil().into(),
            fund_source: FundSource::Central,
            fund_category: FundCategory::Debt,
            valid_from: day("2024-01-01"),
            valid_until: Some(day("2026-12-31")),
            clause: "不得用于偿还债务".to_owned(),
            document: "清单".to_owned(),
        };
        let code =
            |source, category, on| check(std::slice::from_ref(&rule), source, category, day(on)).map_err(|p| p.code());
        let broken = Err(Code::FundRuleViolation);
        assert_eq!(code(FundSource::Central, FundCategory::Debt, "2024-01-01"), broken);
        assert_eq!(code(FundSource::Central, FundCategory::Debt, "2026-12-31"), broken);
        assert_eq!(code(FundSource::Central, FundCategory::Debt, "2023-12-31"), Ok(()));
        assert_eq!(code(FundSource::Central, FundCategory::Debt, "2027-01-01"), Ok(()));
        assert_eq!(code(FundSource::District, FundCategory::Debt, "2026-03-02"), Ok(()));
        assert_eq!(code(FundSource::Central, FundCategory::Training, "2026-03-02"), Ok(()));
    }
}
