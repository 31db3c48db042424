//! The figures of a statement: pure sums over rows, with one way to write them as bytes.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use entity::{AdjustmentId, CampaignId, CareType, CentreId, Fen, RedemptionId, RedemptionStatus, VoucherId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{http::Month, platform::crypto::sha256};

/// A redemption that a statement accounts for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementLine {
    /// The redemption.
    pub redemption_id: RedemptionId,
    /// Its voucher.
    pub voucher_id: VoucherId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// The day of care.
    pub service_date: NaiveDate,
    /// The form of care.
    pub care_type: CareType,
    /// `redeemed`, or `reversed`: then it counts and is taken back.
    pub status: RedemptionStatus,
    /// Scanned without network and uploaded later.
    pub offline: bool,
    /// Of an earlier month whose statement was frozen before it came.
    pub late: bool,
    /// What the unit is worth, in fen.
    pub face_value_fen: Fen,
}

/// A correction of something frozen before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementAdjustment {
    /// The adjustment.
    pub adjustment_id: AdjustmentId,
    /// The redemption it corrects, if one.
    pub redemption_id: Option<RedemptionId>,
    /// In fen; negative: taken back.
    pub amount_fen: Fen,
    /// Why.
    pub reason: String,
}

/// The part of one campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementCampaign {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Units redeemed, net of reversals.
    pub units: i64,
    /// Their worth, in fen.
    pub amount_fen: Fen,
}

/// Sums: total = redeemed − reversed + adjustments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementTotals {
    /// Units redeemed, those reversed later among them.
    pub redeemed_units: i64,
    /// Units reversed.
    pub reversed_units: i64,
    /// Units that are paid: redeemed − reversed.
    pub net_units: i64,
    /// Worth of the redeemed units, in fen.
    pub redeemed_fen: i64,
    /// Worth of the reversed units, in fen.
    pub reversed_fen: i64,
    /// Sum of the adjustments, in fen.
    pub adjustments_fen: i64,
    /// What the centre is paid, in fen; negative if more is taken back.
    pub total_fen: i64,
}

/// Everything that is paid or taken back for one centre and month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// The centre.
    pub centre_id: CentreId,
    /// The month of care.
    #[schema(value_type = Month)]
    pub month: Month,
    /// By day of care, then by redemption.
    pub lines: Vec<StatementLine>,
    /// In the order they were made.
    pub adjustments: Vec<StatementAdjustment>,
    /// By campaign.
    pub campaigns: Vec<StatementCampaign>,
    /// Sums.
    pub totals: StatementTotals,
}

impl Figures {
    /// Sums rows and adjustments, in whatever order they come.
    #[must_use]
    pub fn of(
        centre_id: CentreId,
        month: Month,
        mut lines: Vec<StatementLine>,
        mut adjustments: Vec<StatementAdjustment>,
    ) -> Self {
        lines.sort_unstable_by_key(|line| (line.service_date, line.redemption_id));
        adjustments.sort_unstable_by_key(|adjustment| adjustment.adjustment_id);
        let mut totals = StatementTotals::default();
        let mut campaigns: BTreeMap<CampaignId, StatementCampaign> = BTreeMap::new();
        for line in &lines {
            let Fen(worth) = line.face_value_fen;
            totals.redeemed_units += 1;
            totals.redeemed_fen += worth;
            let campaign_id = line.campaign_id;
            let campaign =
                campaigns.entry(campaign_id).or_insert(StatementCampaign { campaign_id, units: 0, amount_fen: Fen(0) });
            if line.status == RedemptionStatus::Reversed {
                totals.reversed_units += 1;
                totals.reversed_fen += worth;
            } else {
                campaign.units += 1;
                campaign.amount_fen.0 += worth;
            }
        }
        totals.net_units = totals.redeemed_units - totals.reversed_units;
        totals.adjustments_fen = adjustments.iter().map(|adjustment| adjustment.amount_fen.0).sum();
        totals.total_fen = totals.redeemed_fen - totals.reversed_fen + totals.adjustments_fen;
        Self { centre_id, month, lines, adjustments, campaigns: campaigns.into_values().collect(), totals }
    }

    /// Nothing to pay or to take back.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.adjustments.is_empty()
    }

    /// SHA-256 of the figures' JSON, members in the order of their declaration; hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        // Writing into memory what derives Serialize doesn't fail.
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        data_encoding::HEXLOWER.encode(&sha256(&[&bytes]))
    }
}

/// First day of a month and of the next.
#[must_use]
pub fn span(month: Month) -> (NaiveDate, NaiveDate) {
    (month.0, month.0 + Months::new(1))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn line(n: u128, day: u32, status: RedemptionStatus, worth: i64) -> StatementLine {
        StatementLine {
            redemption_id: Uuid::from_u128(n).into(),
            voucher_id: Uuid::from_u128(n).into(),
            campaign_id: Uuid::from_u128(n % 2).into(),
            service_date: NaiveDate::from_ymd_opt(2026, 3, day).unwrap(),
            care_type: CareType::FullDay,
            status,
            offline: false,
            late: false,
            face_value_fen: Fen(worth),
        }
    }

    fn figures(lines: Vec<StatementLine>) -> Figures {
        let adjustment = StatementAdjustment {
            adjustment_id: Uuid::nil().into(),
            redemption_id: None,
            amount_fen: Fen(-500),
            reason: "上月多付".to_owned(),
        };
        Figures::of(Uuid::nil().into(), Month("2026-03-01".parse().unwrap()), lines, vec![adjustment])
    }

    #[test]
    fn the_total_is_redeemed_less_reversed_and_adjusted() {
        use RedemptionStatus::{Redeemed, Reversed};
        let lines = vec![line(1, 3, Redeemed, 8000), line(2, 2, Reversed, 8000), line(3, 2, Redeemed, 5000)];
        let figures = figures(lines);
        assert_eq!(
            figures.totals,
            StatementTotals {
                redeemed_units: 3,
                reversed_units: 1,
                net_units: 2,
                redeemed_fen: 21_000,
                reversed_fen: 8000,
                adjustments_fen: -500,
                total_fen: 12_500,
            }
        );
        let of_campaigns: Vec<_> = figures.campaigns.iter().map(|c| (c.units, c.amount_fen.0)).collect();
        assert_eq!(of_campaigns, [(0, 0), (2, 13_000)]);
    }

    #[test]
    fn the_same_rows_in_any_order_have_the_same_digest_and_others_another() {
        let lines: Vec<_> =
            (1..20).map(|n| line(n, 1 + (n as u32 * 7) % 28, RedemptionStatus::Redeemed, 8000)).collect();
        let mut turned = lines.clone();
        turned.reverse();
        let digest = figures(lines.clone()).digest();
        assert_eq!(figures(turned).digest(), digest);
        let stored: Figures = serde_json::from_value(serde_json::to_value(figures(lines.clone())).unwrap()).unwrap();
        assert_eq!(stored.digest(), digest, "read back from the database");
        let mut other = lines;
        other[4].face_value_fen = Fen(8001);
        assert_ne!(figures(other).digest(), digest);
    }
}
