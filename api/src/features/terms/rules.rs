//! What a class and an offer may be.

use chrono::NaiveDate;
use entity::{Band, CareType, CentreKind, Fen, OfferUnit, class_rules, offers};

use crate::{
    error::{Problem, Result, Text},
    features::centres::{CentrePlan, rules::class_rule},
};

/// A day of temporary or hourly care costs at most so many times the cap's share of a day, in percent
/// (assumption: the cap is recognised for a month of full-day care, and short care is dearer by the day).
const SHORT_CARE_PERCENT: i64 = 300;

/// Checks a class's places against the law, and what it keeps against its places.
pub fn check_class(
    rules: &[class_rules::Model],
    (band, places, kept): (Band, i32, i32),
    today: NaiveDate,
) -> Result<()> {
    if let Some(rule) = class_rule(rules, band, today).filter(|rule| places > rule.max_places) {
        let (most, source) = (rule.max_places, &rule.source);
        let text = Text::new(
            format!("{}最多{most}个托位（{source}）。", band.zh()),
            format!("A class of this age has at most {most} places."),
        );
        return Err(Problem::field("places", "out_of_range", text));
    }
    if kept > places {
        let text = Text::new(
            format!("为全日托保留的托位不能多于班级托位（{places}个）。"),
            format!("At most the class's {places} places can be kept."),
        );
        return Err(Problem::field("kept_full_day", "out_of_range", text));
    }
    Ok(())
}

/// Family centres run a family class, all others never (家庭托育点管理办法(试行) 2023).
pub fn check_band(kind: CentreKind, band: Band) -> Result<()> {
    if (kind == CentreKind::Family) == (band == Band::Family) {
        return Ok(());
    }
    let text = Text::new(
        format!("{}不能开设“{}”班级。", kind.zh(), band.zh()),
        "Family centres run a family class, and no other centre does.",
    );
    Err(Problem::field("band", "not_for_this_centre", text))
}

/// Whether a form of care can be priced by this unit.
pub fn check_unit(care: CareType, unit: OfferUnit) -> Result<()> {
    use OfferUnit::{Day, HalfDay, Hour, Month};
    let fits = match care {
        CareType::FullDay => matches!(unit, Day | Month),
        CareType::HalfDay => matches!(unit, HalfDay | Day | Month),
        CareType::Hourly => unit == Hour,
        CareType::Temporary => matches!(unit, Day | HalfDay | Hour),
    };
    if fits {
        return Ok(());
    }
    let text = Text::new(
        format!("{}不能按{}计价。", care.zh(), unit.zh()),
        format!("{care} care isn't priced by the {unit}."),
    );
    Err(Problem::field("unit", "not_for_this_care", text))
}

/// What an inclusive centre's recognised cap allows, by the hours it has or has announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// For a month of full-day care.
    pub month: Fen,
    /// Opening days of a month, at most: a month booked by the day costs no more than the cap either.
    pub days: i64,
    /// Half-hours of the longest day.
    pub half_hours: i64,
}

impl Cap {
    /// Of a centre from a date on; absent without a cap.
    #[must_use]
    pub fn of(plan: &CentrePlan, today: NaiveDate) -> Option<Self> {
        let month = plan.row.price_cap_fen.filter(|_| plan.row.inclusive_on(today))?;
        let first = plan.week_on(today).valid_from;
        let weeks = plan.weeks.iter().filter(|week| first <= week.valid_from);
        let open = |week: &[Option<_>; 7]| {
            let days = week.iter().filter(|day| day.is_some()).count();
            // A month of 31 days is four weeks and three days in a row.
            let three = (0..7).map(|i| (i..i + 3).filter(|day| week[day % 7].is_some()).count()).max().unwrap_or(0);
            i64::try_from(4 * days + three).unwrap_or(31)
        };
        let days = weeks.clone().map(|week| open(&week.week)).max().unwrap_or(31).max(1);
        let spans = weeks.flat_map(|week| week.week.iter().flatten()).map(|(from, to)| (to.0 - from.0 + 29) / 30);
        Some(Self { month, days, half_hours: i64::from(spans.max().unwrap_or(1).max(1)) })
    }

    /// The most that one unit of a form of care may cost, by how many units a month or a day has.
    #[must_use]
    pub fn most(self, care: CareType, unit: OfferUnit) -> Fen {
        let by_month = matches!(care, CareType::FullDay | CareType::HalfDay);
        let Fen(cap) = self.month;
        Fen(match (by_month, unit) {
            (true, OfferUnit::Month) => cap,
            (true, _) => cap / self.days,
            (false, unit) => {
                let a_day = cap * SHORT_CARE_PERCENT / 100 / self.days;
                match unit {
                    OfferUnit::Hour => a_day * 2 / self.half_hours,
                    OfferUnit::HalfDay => a_day / 2,
                    OfferUnit::Day | OfferUnit::Month => a_day,
                }
            }
        })
    }

    /// Refuses an offer beyond it; `field` is at fault.
    pub fn check(self, field: &'static str, offer: &offers::Model) -> Result<()> {
        let most = self.most(offer.care_type, offer.unit);
        if offer.price_fen <= most {
            return Ok(());
        }
        let yuan = |Fen(fen)| format!("{}.{:02}", fen / 100, fen % 100);
        let (care, unit) = (offer.care_type.zh(), offer.unit.zh());
        let text = Text::new(
            format!(
                "{care}超过普惠认定的收费上限：全日托每月{}元，即{care}每{unit}最多{}元。",
                yuan(self.month),
                yuan(most)
            ),
            format!("Beyond the recognised cap of an inclusive centre: at most {} fen a {}.", most.0, offer.unit),
        );
        let problem = Problem::field(field, "above_cap", text).fact("most_fen", most);
        Err(problem
            .fact("price_cap_fen", self.month)
            .fact("class_id", offer.class_id)
            .fact("care_type", offer.care_type))
    }
}

/// Refuses what makes prices that stand go beyond the cap on a day; `field` is at fault, full-day care is
/// named first.
pub fn check_caps(plan: &CentrePlan, today: NaiveDate, field: &'static str) -> Result<()> {
    let Some(cap) = Cap::of(plan, today) else { return Ok(()) };
    let of = |care: CareType| plan.offers.iter().filter(move |offer| offer.care_type == care);
    CareType::ALL.iter().copied().flat_map(of).try_for_each(|offer| cap.check(field, offer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_care_has_its_units_and_every_kind_of_centre_its_classes() {
        assert!(check_unit(CareType::FullDay, OfferUnit::Hour).is_err());
        assert!(check_unit(CareType::Temporary, OfferUnit::Hour).is_ok());
        assert!(check_band(CentreKind::Family, Band::Infant).is_err());
        assert!(check_band(CentreKind::Private, Band::Family).is_err());
        assert!(check_band(CentreKind::Family, Band::Family).is_ok());
    }

    #[test]
    fn a_month_by_the_day_stays_below_the_cap_and_a_day_of_short_care_near_it() {
        let cap = Cap { month: Fen(260_000), days: 23, half_hours: 21 };
        assert_eq!(cap.most(CareType::FullDay, OfferUnit::Month), Fen(260_000));
        assert_eq!(cap.most(CareType::FullDay, OfferUnit::Day), Fen(11_304));
        assert_eq!(cap.most(CareType::HalfDay, OfferUnit::Month), Fen(260_000));
        assert_eq!(cap.most(CareType::Temporary, OfferUnit::Day), Fen(33_913));
        assert_eq!(cap.most(CareType::Hourly, OfferUnit::Hour), Fen(3_229));
    }
}
