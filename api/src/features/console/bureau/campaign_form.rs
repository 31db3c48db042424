//! The form of a campaign, for a new one and for a draft.

use entity::{CentreId, CentreKind, FundCategory, FundSource};
use serde::Deserialize;

use super::super::{
    fields::{Choice, Fields, choices},
    form::needed,
    shell::Shell,
    values::{Lines, LocalTime, Yuan, field_time, yuan},
};
use crate::{
    error::Result,
    features::{
        centres::all::{AllQuery, all},
        vouchers::campaign_dto::{BureauCampaignOut, CampaignIn, CampaignPatch},
    },
    http::{Day, Limit, Line, Moment, Paragraph},
    state::Ctx,
};

/// What the form sends. Empty fields don't arrive.
#[derive(Deserialize)]
pub(super) struct CampaignForm {
    name: Option<Line<60>>,
    description: Option<Paragraph<2000>>,
    quota: Option<i64>,
    units_per_voucher: Option<i64>,
    face_value_fen: Option<Yuan>,
    claim_from: Option<LocalTime>,
    claim_until: Option<LocalTime>,
    valid_from: Option<Day>,
    valid_until: Option<Day>,
    valid_days: Option<i64>,
    #[serde(default, rename = "townships[]")]
    townships: Lines<Line<20>>,
    min_age_months: Option<i64>,
    max_age_months: Option<i64>,
    #[serde(default, rename = "first_time_only[]")]
    first_time_only: Lines<Line<8>>,
    #[serde(default, rename = "centre_ids[]")]
    centre_ids: Lines<CentreId>,
    #[serde(default)]
    more_centres: Lines<CentreId>,
    #[serde(default, rename = "centre_kinds[]")]
    centre_kinds: Lines<CentreKind>,
    offline_daily_units: Option<i64>,
    fund_source: Option<FundSource>,
    fund_category: Option<FundCategory>,
}

const fn moment(LocalTime(at): LocalTime) -> Moment {
    Moment(at)
}

impl CampaignForm {
    /// The centres that were ticked, and those that were typed.
    fn centres(&mut self) -> Vec<CentreId> {
        let mut ids = std::mem::take(&mut self.centre_ids.0);
        for id in std::mem::take(&mut self.more_centres.0) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// Of a new one.
    pub(super) fn into_new(mut self) -> Result<CampaignIn> {
        let centres = self.centres();
        let some = |list: Vec<_>| (!list.is_empty()).then_some(list);
        Ok(CampaignIn {
            name: needed("name", self.name)?,
            description: needed("description", self.description)?,
            quota: needed("quota", self.quota)?,
            units_per_voucher: needed("units_per_voucher", self.units_per_voucher)?,
            face_value_fen: needed("face_value_fen", self.face_value_fen)?.0,
            claim_from: moment(needed("claim_from", self.claim_from)?),
            claim_until: moment(needed("claim_until", self.claim_until)?),
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            valid_days: self.valid_days,
            townships: Some(self.townships.0),
            min_age_months: self.min_age_months,
            max_age_months: self.max_age_months,
            first_time_only: !self.first_time_only.0.is_empty(),
            centre_ids: some(centres),
            centre_kinds: (!self.centre_kinds.0.is_empty()).then_some(self.centre_kinds.0),
            offline_daily_units: self.offline_daily_units,
            fund_source: self.fund_source,
            fund_category: needed("fund_category", self.fund_category)?,
        })
    }

    /// Of one that is there; of one that isn't a draft only what may still change.
    pub(super) fn into_patch(mut self, draft: bool) -> CampaignPatch {
        let centres = self.centres();
        let always = CampaignPatch {
            name: self.name,
            description: self.description,
            quota: self.quota,
            claim_until: self.claim_until.map(moment),
            // An empty field: none.
            offline_daily_units: Some(self.offline_daily_units.unwrap_or(0)),
            ..CampaignPatch::default()
        };
        if !draft {
            return always;
        }
        CampaignPatch {
            units_per_voucher: self.units_per_voucher,
            face_value_fen: self.face_value_fen.map(|Yuan(fen)| fen),
            claim_from: self.claim_from.map(moment),
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            valid_days: self.valid_days,
            townships: Some(self.townships.0),
            min_age_months: self.min_age_months,
            max_age_months: self.max_age_months,
            first_time_only: Some(!self.first_time_only.0.is_empty()),
            centre_ids: Some(centres),
            centre_kinds: Some(self.centre_kinds.0),
            fund_source: self.fund_source,
            fund_category: self.fund_category,
            ..always
        }
    }
}

/// The form; with what a campaign says, if there is one.
pub(super) fn form(ctx: &Ctx, shell: &Shell, action: &str, old: Option<&BureauCampaignOut>) -> Result<Fields> {
    let t = |zh, en| shell.t(zh, en);
    let draft = old.is_none_or(|old| old.status == entity::CampaignStatus::Draft);
    let text = |of: fn(&BureauCampaignOut) -> String| old.map(of).unwrap_or_default();
    let fields = Fields::post(shell, action, t("保存", "Save"))
        .text("name", t("名称", "Name"), text(|old| old.name.clone()), 60)
        .area("description", t("给家长的说明", "Text for parents"), text(|old| old.description.clone()), 2000)
        .number("quota", t("发放总数（张）", "Vouchers in all"), old.map(|old| old.quota.into()), (1, 1_000_000));
    let fields = if draft {
        fields.at("claim_from", t("领取开始", "Claims from"), text(|old| field_time(old.claim_from)))
    } else {
        fields
    };
    let fields = fields
        .at("claim_until", t("领取截止", "Claims until"), text(|old| field_time(old.claim_until)))
        .number(
            "offline_daily_units",
            t("每机构每日离线核销上限", "Units a centre may redeem offline a day"),
            old.and_then(|old| old.offline_daily_units).map(Into::into),
            (0, 200),
        )
        .optional()
        .hint(t("不填：不允许离线核销", "empty: none"));
    if draft { drafts_fields(ctx, shell, fields, old) } else { Ok(fields) }
}

/// What only a draft may still be told.
fn drafts_fields(ctx: &Ctx, shell: &Shell, fields: Fields, old: Option<&BureauCampaignOut>) -> Result<Fields> {
    let t = |zh, en| shell.t(zh, en);
    let rules = old.map(|old| &old.rules);
    let days = |of: Option<i32>| of.map(i64::from);
    let date = |of: Option<chrono::NaiveDate>| of.map(|day| day.to_string()).unwrap_or_default();
    let source = old.map_or(FundSource::District, |old| old.fund_source);
    let category = old.map(|old| old.fund_category);
    let sources = FundSource::ALL.iter().map(|word| (word.as_str(), word.zh(), *word == source));
    let uses = FundCategory::ALL.iter().map(|word| (word.as_str(), word.zh(), Some(*word) == category));
    let kinds = CentreKind::ALL
        .iter()
        .map(|kind| (kind.as_str(), kind.zh(), rules.is_some_and(|rules| rules.centre_kinds.contains(kind))));
    let known = ctx.catalogue.townships();
    let townships = known
        .iter()
        .map(|name| (name.clone(), name.clone(), rules.is_some_and(|rules| rules.townships.contains(name))));
    // Those that it names come first, in service or not: what the form doesn't show it would take away.
    let named = rules.map_or(&[][..], |rules| &rules.centres);
    let mut centres: Vec<Choice> =
        named.iter().map(|centre| (centre.id.to_string(), centre.name.clone(), true)).collect();
    let offered = all(ctx, &AllQuery { limit: Limit(200), ..AllQuery::default() })?;
    let others = offered.items.iter().filter(|plan| !named.iter().any(|centre| centre.id == plan.row.id));
    centres.extend(others.map(|plan| (plan.row.id.to_string(), plan.row.name.clone(), false)));
    let first = old.is_some_and(|old| old.rules.first_time_only);
    let first = (String::from("true"), t("仅限首次入托家庭", "Families new to care only").to_owned(), first);
    let units = old.map(|old| old.units_per_voucher.into());
    let worth = old.map(|old| yuan(old.face_value_fen)).unwrap_or_default();
    Ok(fields
        .number("units_per_voucher", t("每张天数", "Days of a voucher"), units, (1, 365))
        .yuan("face_value_fen", t("每天面值（元）", "Worth of a day (yuan)"), worth)
        .number("valid_days", t("领取后有效天数", "Days of validity"), rules.and_then(|r| days(r.valid_days)), (1, 730))
        .optional()
        .hint(t("或填写下面的固定有效期", "or the dates below"))
        .date("valid_from", t("有效期首日", "Valid from"), date(rules.and_then(|r| r.valid_from)))
        .optional()
        .date("valid_until", t("有效期末日", "Valid until"), date(rules.and_then(|r| r.valid_until)))
        .optional()
        .number(
            "min_age_months",
            t("月龄下限", "Months of age at least"),
            rules.and_then(|r| days(r.min_age_months)),
            (0, 36),
        )
        .optional()
        .number(
            "max_age_months",
            t("月龄上限", "Months of age at most"),
            rules.and_then(|r| days(r.max_age_months)),
            (0, 36),
        )
        .optional()
        .ticks("first_time_only[]", t("领取对象", "Who may claim"), vec![first])
        .ticks("townships[]", t("适用乡镇（不选：全部）", "Townships (none: all)"), townships.collect())
        .ticks("centre_kinds[]", t("适用机构类型（不选：全部）", "Kinds of centre (none: all)"), choices(shell, kinds))
        .ticks(
            "centre_ids[]",
            t("指定机构（不选：所有已备案普惠机构）", "Centres (none: every filed inclusive one)"),
            centres,
        )
        .area("more_centres", t("另加机构（每行一个编号）", "More centres, an id a line"), "", 40_000)
        .optional()
        .hint(t("机构超过200家时上面只列出一部分，编号见机构页", "of more than 200 only some are listed above"))
        .choice("fund_source", t("资金来源", "Money of"), choices(shell, sources))
        .choice("fund_category", t("资金用途", "Spent on"), choices(shell, uses)))
}
