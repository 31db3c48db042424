//! What the indicators are at the API.

use entity::{Comparison, IndicatorCode};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    rules::{Figure, Reason, Source, Variant},
    targets::PARTS,
};
use crate::http::{Day, Moment, Month, Whole};

/// A day or a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndicatorsOn {
    /// `YYYY-MM-DD`.
    Day(Day),
    /// `YYYY-MM`.
    Month(Month),
}

impl<'de> Deserialize<'de> for IndicatorsOn {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::{IntoDeserializer as _, value::StringDeserializer};
        let text = String::deserialize(d)?;
        let is_month = text.len() == 7;
        let text: StringDeserializer<D::Error> = text.into_deserializer();
        if is_month { Month::deserialize(text).map(Self::Month) } else { Day::deserialize(text).map(Self::Day) }
    }
}

/// Of which day or month.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IndicatorsQuery {
    /// `YYYY-MM-DD`, or `YYYY-MM` for a month as it stood at its end; today if not said.
    #[param(value_type = Option<String>, pattern = "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$", example = "2026-02")]
    pub on: Option<IndicatorsOn>,
}

/// How many months.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrendQuery {
    /// Back from the present one; 24 if not said.
    #[serde(default, deserialize_with = "months")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 24)]
    pub months: Option<Whole<1, 24>>,
}

/// A query's values are texts.
fn months<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Whole<1, 24>>, D::Error> {
    use serde::de::IntoDeserializer as _;
    let text = String::deserialize(d)?;
    // What is no number is out of range too.
    Whole::deserialize(text.parse::<i64>().unwrap_or(0).into_deserializer()).map(Some)
}

/// The plan's indicators.
#[derive(Debug, Serialize, ToSchema)]
pub struct IndicatorsOut {
    /// The day they are of.
    pub on: Day,
    /// The month asked for.
    pub month: Option<Month>,
    /// Of a closed month: as they were counted then, and never changed.
    pub closed: bool,
    /// When they were counted.
    pub as_of: Moment,
    /// In the plan's order.
    pub items: Vec<IndicatorOut>,
}

/// An indicator with what it is made of. Shares are fractions of 1; values have four decimals.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IndicatorOut {
    /// Which.
    pub code: IndicatorCode,
    /// In Chinese.
    #[schema(example = "2岁以下托位占比")]
    pub name: &'static str,
    /// In English.
    #[schema(example = "Places for under-twos")]
    pub name_en: &'static str,
    /// Numerator × `per` ÷ denominator; null where something is missing.
    #[schema(example = 0.2941)]
    pub value: Option<f64>,
    /// What is to be reached.
    #[schema(example = 0.29)]
    pub target: f64,
    /// On which side of it.
    pub comparison: Comparison,
    /// Whether it is; null without a value.
    pub met: Option<bool>,
    /// What lacks to the target; 0 if it is met.
    #[schema(example = 0.0)]
    pub gap: Option<f64>,
    /// Counted, or fen.
    #[schema(example = 40)]
    pub numerator: Option<i64>,
    /// Of so many, or fen.
    #[schema(example = 136)]
    pub denominator: Option<i64>,
    /// 1, or 1000 for places per thousand.
    #[schema(example = 1)]
    pub per: i64,
    /// In Chinese.
    #[schema(example = "（乳儿班＋托小班托位数）÷ 托位数")]
    pub formula: &'static str,
    /// In English.
    #[schema(example = "(infant + toddler_small places) ÷ places")]
    pub formula_en: &'static str,
    /// Where the numbers come from.
    pub sources: Vec<IndicatorSource>,
    /// Why there is no value; null with one.
    pub reason: Option<IndicatorReason>,
    /// The same counted in other ways.
    pub variants: Vec<IndicatorVariant>,
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IndicatorSource {
    /// What it is, in Chinese.
    #[schema(example = "常住人口数")]
    pub what: String,
    /// Where it stands.
    #[schema(example = "2025年国民经济和社会发展统计公报")]
    pub source: String,
    /// Of which day it is.
    pub as_of: Day,
    /// The number.
    pub value: i64,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IndicatorReason {
    /// `input_missing`, `not_recorded`, `nothing_to_divide_by`, `no_prices`, `too_few`; the first of them.
    #[schema(example = "input_missing")]
    pub code: String,
    /// In Chinese, all of them.
    #[schema(example = "缺少“常住人口数”，请先录入。")]
    pub detail: String,
    /// In English.
    pub detail_en: String,
}

/// An indicator counted in another way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IndicatorVariant {
    /// `enrolment`: children with a full-day or half-day place this month ÷ places; `attendance`: days of
    /// care of children ÷ places on opening days, of the month up to the day; `guided_twice`: centres with a
    /// contract and at least two guidance visits in the calendar year ÷ centres.
    #[schema(example = "attendance")]
    pub basis: String,
    /// Null where there is nothing to divide by.
    #[schema(example = 0.61)]
    pub value: Option<f64>,
    /// Counted.
    pub numerator: i64,
    /// Of so many.
    pub denominator: i64,
}

/// An indicator over closed months, the earliest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct IndicatorTrendOut {
    /// Which.
    pub code: IndicatorCode,
    /// In Chinese.
    pub name: &'static str,
    /// Months that are closed and were counted.
    pub items: Vec<IndicatorTrendPoint>,
}

/// An indicator at the end of a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct IndicatorTrendPoint {
    /// The month.
    pub month: Month,
    /// When it was counted.
    pub as_of: Moment,
    /// The value, or null.
    pub value: Option<f64>,
    /// What was to be reached then.
    pub target: f64,
    /// Whether it was.
    pub met: Option<bool>,
    /// Counted.
    pub numerator: Option<i64>,
    /// Of so many.
    pub denominator: Option<i64>,
    /// Why there is no value.
    pub reason: Option<IndicatorReason>,
}

fn decimal(parts: i64) -> f64 {
    parts as f64 / PARTS as f64
}

impl From<Figure> for IndicatorOut {
    fn from(figure: Figure) -> Self {
        let Figure { code, parts, target, comparison, met, gap, numerator, denominator, sources, reasons, variants } =
            figure;
        let ((name_en, formula), formula_en) = (words(code), formula_en(code));
        let joined = |text: fn(&Reason) -> &str, by| reasons.iter().map(text).collect::<Vec<_>>().join(by);
        let reason = reasons.first().map(|first| IndicatorReason {
            code: first.code.clone(),
            detail: joined(|reason| &reason.zh, ""),
            detail_en: joined(|reason| &reason.en, " "),
        });
        Self {
            code,
            name: code.zh(),
            name_en,
            value: parts.map(decimal),
            target: decimal(target),
            comparison,
            met,
            gap: gap.map(decimal),
            numerator,
            denominator,
            per: super::rules::factor(code),
            formula,
            formula_en,
            sources: sources.into_iter().map(Into::into).collect(),
            reason,
            variants: variants.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Source> for IndicatorSource {
    fn from(Source { what, source, as_of, value }: Source) -> Self {
        Self { what, source, as_of: Day(as_of), value }
    }
}

impl From<Variant> for IndicatorVariant {
    fn from(Variant { basis, parts, numerator, denominator }: Variant) -> Self {
        Self { basis, value: parts.map(decimal), numerator, denominator }
    }
}

/// The name in English, and the formula in Chinese.
const fn words(code: IndicatorCode) -> (&'static str, &'static str) {
    use IndicatorCode as C;
    match code {
        C::PlacesPer_1000People => ("Places per 1000 residents", "托位数 ÷ 常住人口数 × 1000"),
        C::PlacesPer_1000Under3 => ("Places per 1000 under-threes", "托位数 ÷ 3岁以下婴幼儿数 × 1000"),
        C::GuidanceSigned => ("Centres with a medical contract", "有效签约医疗机构的托育机构数 ÷ 托育机构数"),
        C::Under2Places => ("Places for under-twos", "（乳儿班＋托小班托位数）÷ 托位数"),
        C::CertifiedCarers => ("Certified carers", "持初级及以上保育师证人数 ÷ 保育人员数"),
        C::PriceToIncome => {
            ("Price to income", "全日托月均价 ÷ 月人均可支配收入（各班级月价的简单平均，按天计价的折算为一个月）")
        }
        C::InclusivePlaces => ("Inclusive places", "当日普惠机构托位数 ÷ 托位数"),
        C::CommunityCoverage => {
            ("Communities in the circle", "步行15分钟内有已备案托育机构的社区（村）数 ÷ 社区（村）总数")
        }
        C::WorkplaceCoverage => ("Workplaces with care", "已覆盖托育服务的用人单位、园区、楼宇数 ÷ 总数"),
        C::RuralPriceToIncome => ("Rural price to rural income", "农村乡镇全日托月均价 ÷ 农村月人均可支配收入"),
        C::PlaceUse => ("Use of places", "当月在托儿童数（全日托、半日托）÷ 托位数"),
        C::Satisfaction => ("Satisfaction of families", "近12个月满意及以上评价数 ÷ 有效评价数"),
        C::PublicCentres => ("Public centres", "公办托育机构数 ÷ 托育机构数"),
        C::PublicPlaces => ("Public places", "公办托位数 ÷ 托位数"),
        C::NewPublicPlaces => ("Public among new places", "本年新增公办托位数 ÷ 本年新增托位数"),
    }
}

/// The formula in English.
const fn formula_en(code: IndicatorCode) -> &'static str {
    use IndicatorCode as C;
    match code {
        C::PlacesPer_1000People => "places ÷ residents × 1000",
        C::PlacesPer_1000Under3 => "places ÷ children under three × 1000",
        C::GuidanceSigned => "centres with a live contract with a medical institution ÷ centres",
        C::Under2Places => "(infant + toddler_small places) ÷ places",
        C::CertifiedCarers => "carers with a certificate of the first grade or higher ÷ carers",
        C::PriceToIncome => {
            "mean price of a month of full-day care ÷ monthly disposable income a head (the plain mean of all classes; \
             prices by the day are turned into a month's)"
        }
        C::InclusivePlaces => "places of centres that are inclusive on the day ÷ places",
        C::CommunityCoverage => "communities with a filed centre within 15 minutes on foot ÷ communities",
        C::WorkplaceCoverage => "workplaces, parks and buildings with care ÷ all of them",
        C::RuralPriceToIncome => {
            "mean price of a month of full-day care in rural townships ÷ rural monthly disposable income a head"
        }
        C::PlaceUse => "children in full-day or half-day care this month ÷ places",
        C::Satisfaction => "answers of satisfied or better in the last 12 months ÷ valid answers",
        C::PublicCentres => "public centres ÷ centres",
        C::PublicPlaces => "public places ÷ places",
        C::NewPublicPlaces => "new public places this year ÷ new places this year",
    }
}
