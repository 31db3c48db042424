//! Figures of the plan for the demonstration, invented and marked as such, and the journal of its centres
//! from their founding on, so that the indicators have a past.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};
use entity::{Band, CareType, OfferUnit, PlanInputCode, StaffId, centre_states, centres, classes, offers, plan_inputs};

use super::{mint, site::founded};
use crate::platform::clock::instant_at;

/// Townships that count as rural.
const RURAL: [&str; 2] = ["张坂镇", "百崎回族乡"];

/// Figures, and how they are of the last day of the year before last, so that every closed month has them.
pub(super) fn inputs(officer: StaffId, today: NaiveDate) -> Vec<plan_inputs::Model> {
    use PlanInputCode::{
        Carers, CertifiedCarers, Income, Residents, RuralIncome, RuralTownship, UnderThrees, Workplaces,
        WorkplacesWithCare,
    };
    let as_of = NaiveDate::from_ymd_opt(today.year() - 2, 12, 31).unwrap_or(today);
    let figures = [
        (Residents, 38_000),
        (UnderThrees, 820),
        (Income, 480_000),
        (RuralIncome, 310_000),
        (Workplaces, 48),
        (WorkplacesWithCare, 4),
        (Carers, 62),
        (CertifiedCarers, 57),
    ];
    let district = figures.into_iter().map(|(code, value)| (code, String::new(), value));
    let rural = RURAL.into_iter().map(|township| (RuralTownship, township.to_owned(), 1));
    district
        .chain(rural)
        .map(|(code, township, value)| plan_inputs::Model {
            id: mint::id(founded(), &format!("plan/{code}/{township}")),
            code,
            township,
            version: 1,
            value,
            as_of,
            source: "演示数据，非真实统计".to_owned(),
            staff_id: officer,
            created_at: instant_at(today - Days::new(400), entity::MinuteOfDay::hm(9, 0)),
            withdrawn_at: None,
            withdrawn_by: None,
            withdrawn_reason: None,
        })
        .collect()
}

/// What each centre has been since it was founded.
pub(super) fn states(
    centres: &[centres::Model],
    classes: &[classes::Model],
    offers: &[offers::Model],
    now: DateTime<Utc>,
) -> Vec<centre_states::Model> {
    let state = |centre: &centres::Model| {
        let places = |band: Band| {
            let of = classes.iter().filter(|class| class.centre_id == centre.id && class.band == band);
            of.map(|class| class.places).sum::<i32>()
        };
        let prices = |unit: OfferUnit| {
            let full_day = offers.iter().filter(|offer| offer.care_type == CareType::FullDay && offer.unit == unit);
            let of = full_day.filter(|offer| offer.centre_id == centre.id);
            of.fold((0, 0), |(n, fen), offer| (n + 1, fen + offer.price_fen.0))
        };
        let ((day_offers, day_fen), (month_offers, month_fen)) = (prices(OfferUnit::Day), prices(OfferUnit::Month));
        centre_states::Model {
            centre_id: centre.id,
            since: centre.created_at,
            kind: centre.kind,
            ownership: centre.ownership,
            township: centre.township.clone(),
            filed: centre.filed,
            active: centre.active,
            inclusive_from: centre.inclusive_from,
            inclusive_until: centre.inclusive_until,
            medical_until: centre.medical_until,
            infant: places(Band::Infant),
            toddler_small: places(Band::ToddlerSmall),
            toddler_big: places(Band::ToddlerBig),
            mixed: places(Band::Mixed),
            family: places(Band::Family),
            day_offers,
            month_offers,
            day_fen,
            month_fen,
            recorded_at: now,
        }
    };
    centres.iter().map(state).collect()
}
