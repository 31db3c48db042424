//! The indicators: pure functions of what was counted. Values have four decimals, rounded half up in
//! integers; whether a target is met is compared unrounded.

use chrono::{Datelike as _, NaiveDate};
use entity::{Comparison, IndicatorCode, PlanInputCode};
use serde::{Deserialize, Serialize};

use super::{
    facts::{Facts, Prices},
    targets::{PARTS, Target},
};

/// An indicator, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Which.
    pub code: IndicatorCode,
    /// The value × 10 000.
    pub parts: Option<i64>,
    /// What is to be reached, × 10 000.
    pub target: i64,
    /// On which side.
    pub comparison: Comparison,
    /// Whether it is.
    pub met: Option<bool>,
    /// What lacks to the target, × 10 000.
    pub gap: Option<i64>,
    /// Counted…
    pub numerator: Option<i64>,
    /// …of.
    pub denominator: Option<i64>,
    /// Where the two come from.
    pub sources: Vec<Source>,
    /// Why there is no value.
    pub reasons: Vec<Reason>,
    /// The same counted in other ways.
    pub variants: Vec<Variant>,
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What it is, in Chinese.
    pub what: String,
    /// Where it stands.
    pub source: String,
    /// Of which day.
    pub as_of: NaiveDate,
    /// The number.
    pub value: i64,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable word.
    pub code: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// An indicator counted in another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// `enrolment`, `attendance` or `guided_twice`.
    pub basis: String,
    /// The value × 10 000.
    pub parts: Option<i64>,
    /// Counted…
    pub numerator: i64,
    /// …of.
    pub denominator: i64,
}

/// A number with where it comes from, or why there is none.
type Number = Result<(i64, Vec<Source>), Reason>;

fn reason(code: &str, zh: String, en: String) -> Reason {
    Reason { code: code.to_owned(), zh, en }
}

/// `part × factor ÷ whole` in parts, rounded half up.
#[must_use]
pub fn quotient(part: i64, factor: i64, whole: i64) -> i64 {
    let (part, whole) = (i128::from(part) * i128::from(factor) * i128::from(PARTS), i128::from(whole.max(1)));
    i64::try_from((part * 2 + whole).div_euclid(whole * 2)).unwrap_or(i64::MAX)
}

/// Per how many the indicator counts.
#[must_use]
pub const fn factor(code: IndicatorCode) -> i64 {
    match code {
        IndicatorCode::PlacesPer_1000People | IndicatorCode::PlacesPer_1000Under3 => 1000,
        _ => 1,
    }
}

fn figure(target: Target, numerator: Number, denominator: Number) -> Figure {
    let Target { code, comparison, parts: wanted } = target;
    let mut figure = Figure {
        code,
        parts: None,
        target: wanted,
        comparison,
        met: None,
        gap: None,
        numerator: None,
        denominator: None,
        sources: Vec::new(),
        reasons: Vec::new(),
        variants: Vec::new(),
    };
    for (side, of) in [(numerator, &mut figure.numerator), (denominator, &mut figure.denominator)] {
        match side {
            Ok((n, sources)) => {
                *of = Some(n);
                figure.sources.extend(sources);
            }
            Err(reason) if figure.reasons.contains(&reason) => {}
            Err(reason) => figure.reasons.push(reason),
        }
    }
    let (Some(part), Some(whole)) = (figure.numerator, figure.denominator) else { return figure };
    if whole == 0 {
        let zh = "分母为0，无法计算。".to_owned();
        figure.reasons.push(reason("nothing_to_divide_by", zh, "There is nothing to divide by.".to_owned()));
        return figure;
    }
    let value = quotient(part, factor(code), whole);
    let exact = i128::from(part) * i128::from(factor(code)) * i128::from(PARTS);
    let least = i128::from(whole) * i128::from(wanted);
    let (met, short) = match comparison {
        Comparison::AtLeast => (exact >= least, wanted - value),
        Comparison::AtMost => (exact <= least, value - wanted),
    };
    figure.parts = Some(value);
    figure.met = Some(met);
    // What is short by less than half a part is short all the same.
    figure.gap = Some(if met { 0 } else { short.max(1) });
    figure
}

fn variant(basis: &str, numerator: i64, denominator: i64) -> Variant {
    Variant {
        basis: basis.to_owned(),
        parts: (denominator > 0).then(|| quotient(numerator, 1, denominator)),
        numerator,
        denominator,
    }
}

impl Facts {
    fn target(&self, code: IndicatorCode) -> Target {
        let found = self.targets.iter().find(|target| target.code == code).copied();
        found.unwrap_or(Target { code, comparison: Comparison::AtLeast, parts: 0 })
    }

    /// Counted from our own tables, of the day.
    fn own(&self, what: &str, value: i64) -> (i64, Vec<Source>) {
        let source = Source { what: what.to_owned(), source: "本系统统计".to_owned(), as_of: self.day, value };
        (value, vec![source])
    }

    fn of_centres(&self, what: &str, pick: impl Fn(&super::facts::Centres) -> i64) -> Number {
        match &self.centres {
            Some(centres) => Ok(self.own(what, pick(centres))),
            None => Err(reason(
                "not_recorded",
                format!("{}当日的机构情况没有记录。", self.day),
                format!("What centres were on {} wasn't recorded.", self.day),
            )),
        }
    }

    fn input(&self, code: PlanInputCode) -> Number {
        let found = self.inputs.iter().find(|input| input.code == code);
        let found = found.ok_or_else(|| {
            reason("input_missing", format!("缺少“{}”，请先录入。", code.zh()), format!("`{code}` wasn't entered."))
        })?;
        let (source, as_of) = (found.source.clone(), found.as_of);
        Ok((found.value, vec![Source { what: code.zh().to_owned(), source, as_of, value: found.value }]))
    }

    fn price(&self, what: &str, pick: impl Fn(&super::facts::Centres) -> Prices) -> Number {
        let offers = self.of_centres(what, |centres| pick(centres).mean().unwrap_or(-1))?;
        if offers.0 < 0 {
            let en = "No centre offers full-day care.".to_owned();
            return Err(reason("no_prices", "没有提供全日托价格的班级。".to_owned(), en));
        }
        Ok(offers)
    }

    fn rural_price(&self) -> Number {
        if self.rural.is_empty() {
            let zh = "尚未录入哪些乡镇按农村统计（rural_township）。".to_owned();
            return Err(reason("input_missing", zh, "No township is named as rural (`rural_township`).".to_owned()));
        }
        let (mean, mut sources) = self.price("农村全日托月均价（分）", |centres| centres.rural_prices)?;
        sources.extend(self.rural.iter().map(|input| Source {
            what: format!("农村乡镇：{}", input.township),
            source: input.source.clone(),
            as_of: input.as_of,
            value: input.value,
        }));
        Ok((mean, sources))
    }

    /// Places of the year's beginning as the bureau entered them: of the last day of the year before, or
    /// of the first month.
    fn year_start(&self, code: PlanInputCode) -> Number {
        let (n, sources) = self.input(code)?;
        let (year, last_year) = (self.day.year(), self.day.year() - 1);
        let fits = |as_of: NaiveDate| {
            (as_of.year() == year && as_of.month() == 1) || (as_of.year() == last_year && as_of.ordinal() >= 365)
        };
        if sources.iter().all(|source| fits(source.as_of)) {
            return Ok((n, sources));
        }
        let zh = format!("“{}”不是{year}年初的数据，请录入年初数据。", code.zh());
        Err(reason("input_missing", zh, format!("`{code}` isn't of the beginning of {year}.")))
    }

    fn new_places(&self) -> (Number, Number) {
        if let Some(year) = self.year {
            return (
                Ok(self.own("本年新增公办托位", year.new_public_places)),
                Ok(self.own("本年新增托位", year.new_places)),
            );
        }
        let over = |now: Number, then: Number| {
            let ((now, mut sources), (then, more)) = (now?, then?);
            sources.extend(more);
            Ok(((now - then).max(0), sources))
        };
        (
            over(
                self.of_centres("公办托位数", |centres| centres.public_places),
                self.year_start(PlanInputCode::YearStartPublicPlaces),
            ),
            over(self.of_centres("托位数", |centres| centres.places), self.year_start(PlanInputCode::YearStartPlaces)),
        )
    }

    /// By the register of carers; what the bureau entered counts only where it has none.
    fn carers(&self) -> (Number, Number) {
        match self.registers.filter(|registers| registers.carers > 0) {
            Some(registers) => {
                let of = |what: &str, value: i64| {
                    let source = "保育人员台账".to_owned();
                    (value, vec![Source { what: what.to_owned(), source, as_of: self.day, value }])
                };
                (Ok(of("持证保育人员数", registers.certified)), Ok(of("保育人员数", registers.carers)))
            }
            None => (self.input(PlanInputCode::CertifiedCarers), self.input(PlanInputCode::Carers)),
        }
    }

    /// Contracts, and of those who have one how many were guided twice.
    fn guidance(&self) -> Figure {
        let centres = || self.of_centres("机构数", |centres| centres.centres);
        let signed = self.of_centres("签约机构数", |centres| centres.signed_centres);
        let mut figure = figure(self.target(IndicatorCode::GuidanceSigned), signed, centres());
        if let (Some(registers), Ok((centres, _))) = (self.registers, centres()) {
            figure.variants = vec![variant("guided_twice", registers.guided_twice, centres)];
        }
        figure
    }

    fn coverage(&self) -> (Number, Number) {
        match &self.coverage {
            Some(coverage) if coverage.communities > 0 => {
                let listed = coverage.sources.iter().map(|(source, as_of, n)| Source {
                    what: "社区（村）名单".to_owned(),
                    source: source.clone(),
                    as_of: *as_of,
                    value: *n,
                });
                (
                    Ok(self.own("步行15分钟内有已备案机构的社区（村）", coverage.covered)),
                    Ok((coverage.communities, listed.collect())),
                )
            }
            // No community was imported: what the bureau counted itself.
            Some(_) => (self.input(PlanInputCode::CommunitiesCovered), self.input(PlanInputCode::Communities)),
            None => {
                let why = || {
                    let zh = format!("{}当日的社区覆盖情况没有保存。", self.day);
                    reason("not_recorded", zh, format!("The coverage of {} wasn't kept.", self.day))
                };
                (Err(why()), Err(why()))
            }
        }
    }

    fn satisfaction(&self) -> Figure {
        let facts = self.satisfaction;
        let too_few = || {
            let zh = "有效评价少于5份，不计算满意率。".to_owned();
            reason("too_few", zh, "Fewer than five answers: no rate.".to_owned())
        };
        let number = |what: &str, n: i64| if facts.too_few { Err(too_few()) } else { Ok(self.own(what, n)) };
        let months = format!("{}至{}", facts.from.format("%Y-%m"), facts.to.format("%Y-%m"));
        figure(
            self.target(IndicatorCode::Satisfaction),
            number(&format!("满意及以上评价（{months}）"), facts.satisfied),
            number(&format!("有效评价（{months}）"), facts.answers),
        )
    }

    fn place_use(&self) -> Figure {
        let care = self.care;
        let places = || self.of_centres("托位数", |centres| centres.places);
        let enrolled = self.own("当月在托儿童（全日托、半日托）", care.enrolled);
        let mut figure = figure(self.target(IndicatorCode::PlaceUse), Ok(enrolled), places());
        if let Ok((places, _)) = places() {
            figure.variants = vec![
                variant("enrolment", care.enrolled, places),
                variant("attendance", care.child_days, care.place_days),
            ];
        }
        figure
    }
}

/// Every indicator, in the plan's order.
#[must_use]
pub fn all(facts: &Facts) -> Vec<Figure> {
    use IndicatorCode::{
        CertifiedCarers, CommunityCoverage, GuidanceSigned, InclusivePlaces, NewPublicPlaces, PlaceUse,
        PlacesPer_1000People, PlacesPer_1000Under3, PriceToIncome, PublicCentres, PublicPlaces, RuralPriceToIncome,
        Satisfaction, Under2Places, WorkplaceCoverage,
    };
    let places = || facts.of_centres("托位数", |centres| centres.places);
    let centres = || facts.of_centres("机构数", |centres| centres.centres);
    let one = |code: IndicatorCode| {
        let (numerator, denominator) = match code {
            PlacesPer_1000People => (places(), facts.input(PlanInputCode::Residents)),
            PlacesPer_1000Under3 => (places(), facts.input(PlanInputCode::UnderThrees)),
            GuidanceSigned => return facts.guidance(),
            Under2Places => (facts.of_centres("乳儿班、托小班托位数", |centres| centres.under2_places), places()),
            CertifiedCarers => facts.carers(),
            PriceToIncome => {
                (facts.price("全日托月均价（分）", |centres| centres.prices), facts.input(PlanInputCode::Income))
            }
            InclusivePlaces => (facts.of_centres("普惠托位数", |centres| centres.inclusive_places), places()),
            CommunityCoverage => facts.coverage(),
            WorkplaceCoverage => {
                (facts.input(PlanInputCode::WorkplacesWithCare), facts.input(PlanInputCode::Workplaces))
            }
            RuralPriceToIncome => (facts.rural_price(), facts.input(PlanInputCode::RuralIncome)),
            PublicCentres => (facts.of_centres("公办机构数", |centres| centres.public_centres), centres()),
            PublicPlaces => (facts.of_centres("公办托位数", |centres| centres.public_places), places()),
            NewPublicPlaces => facts.new_places(),
            PlaceUse => return facts.place_use(),
            Satisfaction => return facts.satisfaction(),
        };
        figure(facts.target(code), numerator, denominator)
    };
    IndicatorCode::ALL.iter().map(|code| one(*code)).collect()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
