//! What a class and an offer may be.

use chrono::NaiveDate;
use entity::{Band, CareType, CentreKind, Fen, OfferUnit, centres, class_rules};

use crate::{
    error::{Problem, Result, Text},
    features::centres::rules::class_rule,
};

/// Opening days of the longest month, Monday to Friday: a month booked by the day costs no more than
/// the cap either (assumption: the cap is recognised for a month of full-day care).
const DAYS_OF_A_MONTH: i64 = 23;

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

/// Refuses a price of full-day care beyond an inclusive centre's recognised cap.
pub fn check_cap(centre: &centres::Model, care: CareType, unit: OfferUnit, price: Fen, today: NaiveDate) -> Result<()> {
    let Some(cap) = centre.price_cap_fen.filter(|_| centre.inclusive_on(today) && care == CareType::FullDay) else {
        return Ok(());
    };
    let month = if unit == OfferUnit::Month { price } else { price.times(DAYS_OF_A_MONTH) };
    if month <= cap {
        return Ok(());
    }
    let most = if unit == OfferUnit::Month { cap.0 } else { cap.0 / DAYS_OF_A_MONTH };
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);
    let text = Text::new(
        format!("超过普惠认定的收费上限：每月{}元，即每{}最多{}元。", yuan(cap.0), unit.zh(), yuan(most)),
        format!("Beyond the recognised cap of an inclusive centre: at most {most} fen a {unit}."),
    );
    Err(Problem::field("price_fen", "above_cap", text).fact("most_fen", most).fact("price_cap_fen", cap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_by_the_day_stays_below_the_cap_too() {
        assert!(check_unit(CareType::FullDay, OfferUnit::Hour).is_err());
        assert!(check_unit(CareType::Temporary, OfferUnit::Hour).is_ok());
        assert!(check_band(CentreKind::Family, Band::Infant).is_err());
        assert!(check_band(CentreKind::Private, Band::Family).is_err());
        assert!(check_band(CentreKind::Family, Band::Family).is_ok());
    }
}
