//! Rules of funds at the API.

use chrono::NaiveDate;
use entity::{FundCategory, FundRuleId, FundSource};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Day, Line, Paragraph};

/// A rule to add.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FundRuleIn {
    /// Whose money…
    pub fund_source: FundSource,
    /// …may not pay for this.
    pub fund_category: FundCategory,
    /// First day in force.
    pub valid_from: Day,
    /// The clause, as told to officers.
    #[schema(example = "中央财政资金不得用于基本建设")]
    pub clause: Paragraph<200>,
    /// The document it stands in, with the article.
    pub document: Line<200>,
}

/// When a rule ends.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FundRuleEndIn {
    /// The last day it is in force.
    pub valid_until: Day,
    /// For the audit log: which document ended it.
    pub reason: Paragraph<200>,
}

/// A rule: this money may not pay for this.
#[derive(Debug, Serialize, ToSchema)]
pub struct FundRuleOut {
    /// Id.
    pub id: FundRuleId,
    /// Whose money.
    pub fund_source: FundSource,
    /// What it may not pay for.
    pub fund_category: FundCategory,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force; null while it holds.
    pub valid_until: Option<NaiveDate>,
    /// Whether it is in force today.
    pub in_force: bool,
    /// The clause.
    pub clause: String,
    /// The document.
    pub document: String,
}

/// Every rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct FundRulesOut {
    /// In the order they were added.
    pub items: Vec<FundRuleOut>,
}
