//! What campaigns take and answer.

use chrono::NaiveDate;
use entity::{CampaignId, CampaignStatus, CentreId, CentreKind, Fen, FundCategory, FundSource};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Day, Line, Moment, Paragraph};

/// A campaign to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CampaignIn {
    /// Its name.
    #[schema(example = "2026年第一批托育体验券")]
    pub name: Line<60>,
    /// Text for parents.
    pub description: Paragraph<2000>,
    /// Vouchers to give out, 1 to 1 000 000.
    #[schema(example = 185)]
    pub quota: i64,
    /// Care days of one voucher, 1 to 365.
    #[schema(example = 15)]
    pub units_per_voucher: i64,
    /// What the centre is paid for a unit, in fen, up to 1 000 000.
    #[schema(example = 8000)]
    pub face_value_fen: i64,
    /// Claims from…
    pub claim_from: Moment,
    /// …until, exclusive.
    pub claim_until: Moment,
    /// Fixed validity: first day. Together with `valid_until`, instead of `valid_days`.
    #[serde(default)]
    pub valid_from: Option<Day>,
    /// Fixed validity: last day.
    #[serde(default)]
    pub valid_until: Option<Day>,
    /// Valid this many days, the day of the claim the first; 1 to 730.
    #[serde(default)]
    #[schema(example = 90)]
    pub valid_days: Option<i64>,
    /// Townships whose children may claim, by their Chinese names; absent or empty: all.
    #[serde(default)]
    pub townships: Option<Vec<Line<20>>>,
    /// Completed months on the day of the claim, at least (inclusive).
    #[serde(default)]
    #[schema(example = 6)]
    pub min_age_months: Option<i64>,
    /// Completed months on the day of the claim, at most (inclusive).
    #[serde(default)]
    #[schema(example = 35)]
    pub max_age_months: Option<i64>,
    /// Only for families that enter care for the first time.
    #[serde(default)]
    pub first_time_only: bool,
    /// The centres where it redeems; absent: every filed and inclusive centre.
    #[serde(default)]
    pub centre_ids: Option<Vec<CentreId>>,
    /// Or: every filed and inclusive centre of these kinds.
    #[serde(default)]
    pub centre_kinds: Option<Vec<CentreKind>>,
    /// Units that one centre may redeem without network a day, 1 to 200; absent: none.
    #[serde(default)]
    #[schema(example = 10)]
    pub offline_daily_units: Option<i64>,
    /// Whose money; `district` if not said.
    #[serde(default)]
    pub fund_source: Option<FundSource>,
    /// What the money is for.
    pub fund_category: FundCategory,
}

/// Changes to a campaign; what is absent stays. A draft takes all of them; once it is open only
/// `name`, `description`, `offline_daily_units`, a higher `quota` and a later `claim_until`.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CampaignPatch {
    /// Its name.
    pub name: Option<Line<60>>,
    /// Text for parents.
    pub description: Option<Paragraph<2000>>,
    /// Vouchers to give out; once open only more than before.
    #[schema(example = 285)]
    pub quota: Option<i64>,
    /// Care days of one voucher.
    pub units_per_voucher: Option<i64>,
    /// What the centre is paid for a unit.
    pub face_value_fen: Option<i64>,
    /// Claims from…
    pub claim_from: Option<Moment>,
    /// …until, exclusive; once open only later than before.
    pub claim_until: Option<Moment>,
    /// Fixed validity, first day; takes the place of `valid_days`.
    pub valid_from: Option<Day>,
    /// Fixed validity, last day; takes the place of `valid_days`.
    pub valid_until: Option<Day>,
    /// Takes the place of fixed dates.
    pub valid_days: Option<i64>,
    /// Townships whose children may claim; empty: all.
    pub townships: Option<Vec<Line<20>>>,
    /// Completed months on the day of the claim, at least.
    pub min_age_months: Option<i64>,
    /// Completed months on the day of the claim, at most.
    pub max_age_months: Option<i64>,
    /// Only for families that enter care for the first time.
    pub first_time_only: Option<bool>,
    /// The centres where it redeems; empty: every filed and inclusive one.
    pub centre_ids: Option<Vec<CentreId>>,
    /// Kinds of centre where it redeems; empty: every kind.
    pub centre_kinds: Option<Vec<CentreKind>>,
    /// Units that one centre may redeem without network a day; 0: none.
    pub offline_daily_units: Option<i64>,
    /// Whose money.
    pub fund_source: Option<FundSource>,
    /// What the money is for.
    pub fund_category: Option<FundCategory>,
}

/// A centre where a campaign's vouchers redeem.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignCentreOut {
    /// Id.
    pub id: CentreId,
    /// Name.
    pub name: String,
}

/// Who may claim, where it redeems, how long it is valid.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignRulesOut {
    /// Fixed validity: first day; null with `valid_days`.
    pub valid_from: Option<NaiveDate>,
    /// Fixed validity: last day; null with `valid_days`.
    pub valid_until: Option<NaiveDate>,
    /// Days of validity, the day of the claim the first; null with fixed dates.
    pub valid_days: Option<i32>,
    /// Townships whose children may claim; empty: all.
    #[schema(example = json!(["洛阳镇"]))]
    pub townships: Vec<String>,
    /// Completed months on the day of the claim, at least.
    pub min_age_months: Option<i32>,
    /// Completed months on the day of the claim, at most.
    pub max_age_months: Option<i32>,
    /// Only for families that enter care for the first time.
    pub first_time_only: bool,
    /// True: every filed and inclusive centre; false: those of `centres`.
    pub all_centres: bool,
    /// The centres, if it names them.
    pub centres: Vec<CampaignCentreOut>,
    /// The kinds of centre where it redeems; empty: every kind.
    pub centre_kinds: Vec<CentreKind>,
}

/// Where a campaign stands for families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Claims haven't begun.
    Upcoming,
    /// There are vouchers to claim.
    Open,
    /// All are taken; the bureau may add some.
    SoldOut,
    /// Claims rest.
    Paused,
    /// Claims are over.
    Ended,
}

/// A campaign as families see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignOut {
    /// Id.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// Text for parents.
    pub description: String,
    /// Where it is in its life; `open` in the list.
    pub status: CampaignStatus,
    /// Whether a voucher can be claimed now.
    pub availability: Availability,
    /// Vouchers in all.
    pub quota: i32,
    /// Vouchers left.
    pub remaining: i32,
    /// Care days of one voucher.
    pub units_per_voucher: i32,
    /// Claims from…
    pub claim_from: Moment,
    /// …until.
    pub claim_until: Moment,
    /// Who may claim, where it redeems, how long it is valid.
    #[serde(flatten)]
    pub rules: CampaignRulesOut,
}

/// Units of a campaign: `claimed` = `unused` + `used` + `expired` + `revoked`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignUnitsOut {
    /// On all vouchers given out.
    pub claimed: i64,
    /// Still to be used.
    pub unused: i64,
    /// Redeemed, net of reversals.
    pub used: i64,
    /// Left over on vouchers past their last day.
    pub expired: i64,
    /// Left over on vouchers that were revoked.
    pub revoked: i64,
}

/// A campaign as the bureau sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauCampaignOut {
    /// Id.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// Text for parents.
    pub description: String,
    /// Where it is in its life.
    pub status: CampaignStatus,
    /// Vouchers in all.
    pub quota: i32,
    /// Vouchers given out.
    pub claimed: i32,
    /// Vouchers left.
    pub remaining: i32,
    /// Units redeemed, net of reversals; the same as `units.used`.
    pub used: i64,
    /// Its units, reconciled.
    pub units: CampaignUnitsOut,
    /// Care days of one voucher.
    pub units_per_voucher: i32,
    /// What the centre is paid for a unit.
    pub face_value_fen: Fen,
    /// Claims from…
    pub claim_from: Moment,
    /// …until.
    pub claim_until: Moment,
    /// Who may claim, where it redeems, how long it is valid.
    #[serde(flatten)]
    pub rules: CampaignRulesOut,
    /// Whose money.
    pub fund_source: FundSource,
    /// What the money is for.
    pub fund_category: FundCategory,
    /// Units that one centre may redeem without network a day; null: none.
    pub offline_daily_units: Option<i32>,
    /// When it was created.
    pub created_at: Moment,
    /// When it was revoked with all its vouchers; null if it wasn't.
    pub revoked_at: Option<Moment>,
}
