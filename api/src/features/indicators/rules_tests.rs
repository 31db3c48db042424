use super::*;
use crate::features::indicators::{
    facts::{Care, Centres, Coverage, Input, Registers, Satisfaction, Year},
    targets::PlanTargets,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn input(code: PlanInputCode, value: i64) -> Input {
    Input { code, township: String::new(), value, as_of: day("2025-12-31"), source: "公报".to_owned() }
}

fn facts() -> Facts {
    let defaults: toml::Table = toml::from_str(crate::config::DEFAULTS).unwrap();
    let mut targets = PlanTargets::read(defaults["plan_targets"].as_str().unwrap()).unwrap().0;
    targets.push(Target::at_least(IndicatorCode::CommunityCoverage, 0.6));
    targets.push(Target::at_least(IndicatorCode::Satisfaction, 0.9));
    Facts {
        day: day("2026-03-02"),
        targets,
        month_days: 22,
        inputs: vec![
            input(PlanInputCode::Residents, 250_000),
            input(PlanInputCode::UnderThrees, 5400),
            input(PlanInputCode::Income, 480_000),
            input(PlanInputCode::RuralIncome, 300_000),
        ],
        rural: vec![Input { township: "张坂镇".to_owned(), ..input(PlanInputCode::RuralTownship, 1) }],
        centres: Some(Centres {
            centres: 10,
            public_centres: 3,
            signed_centres: 9,
            places: 1150,
            under2_places: 334,
            inclusive_places: 690,
            public_places: 229,
            prices: Prices { offers: 3, month_fen: 500_000 },
            rural_prices: Prices { offers: 2, month_fen: 210_001 },
        }),
        year: Some(Year { new_places: 80, new_public_places: 60 }),
        care: Care { enrolled: 690, until: Some(day("2026-03-01")), child_days: 0, place_days: 0 },
        satisfaction: Satisfaction {
            from: day("2025-04-01"),
            to: day("2026-03-01"),
            answers: 10,
            satisfied: 9,
            too_few: false,
        },
        coverage: Some(Coverage {
            covered: 11,
            communities: 16,
            sources: vec![("民政局".to_owned(), day("2025-06-30"), 16)],
        }),
        registers: None,
    }
}

fn one(facts: &Facts, code: IndicatorCode) -> Figure {
    all(facts).into_iter().find(|figure| figure.code == code).unwrap()
}

#[test]
fn each_indicator_is_its_formula() {
    use IndicatorCode::*;
    let facts = facts();
    let found = |code| {
        let figure = one(&facts, code);
        (figure.parts, figure.met, figure.gap)
    };
    // 4.6 exactly; 212.963; 0.9; 334 of 1150 = 0.29043; mean 166 667 of 480 000.
    assert_eq!(found(PlacesPer_1000People), (Some(46_000), Some(true), Some(0)));
    assert_eq!(found(PlacesPer_1000Under3), (Some(2_129_630), Some(true), Some(0)));
    assert_eq!(found(GuidanceSigned), (Some(9000), Some(false), Some(1000)));
    assert_eq!(found(Under2Places), (Some(2904), Some(true), Some(0)));
    assert_eq!(found(PriceToIncome), (Some(3472), Some(true), Some(0)));
    assert_eq!(one(&facts, PriceToIncome).numerator, Some(166_667));
    // 105 001 (half up) of 300 000: 0.35000… is more than 0.35 by less than a part.
    assert_eq!(found(RuralPriceToIncome), (Some(3500), Some(false), Some(1)));
    assert_eq!(found(InclusivePlaces), (Some(6000), Some(true), Some(0)));
    assert_eq!(found(CommunityCoverage), (Some(6875), Some(true), Some(0)));
    assert_eq!(found(PublicCentres), (Some(3000), Some(true), Some(0)));
    assert_eq!(found(PublicPlaces), (Some(1991), Some(false), Some(9)));
    assert_eq!(found(NewPublicPlaces), (Some(7500), Some(true), Some(0)));
    assert_eq!(found(PlaceUse), (Some(6000), Some(true), Some(0)));
    assert_eq!(found(Satisfaction), (Some(9000), Some(true), Some(0)));
}

#[test]
fn what_is_missing_is_named_and_never_guessed() {
    use IndicatorCode::*;
    let mut facts = facts();
    let carers = one(&facts, CertifiedCarers);
    assert_eq!((carers.parts, carers.met, carers.gap), (None, None, None));
    let named: Vec<_> = carers.reasons.iter().map(|reason| (reason.code.as_str(), reason.en.as_str())).collect();
    assert_eq!(
        named,
        [("input_missing", "`certified_carers` wasn't entered."), ("input_missing", "`carers` wasn't entered.")]
    );
    facts.rural.clear();
    assert_eq!(one(&facts, RuralPriceToIncome).reasons[0].code, "input_missing");
    facts.satisfaction.too_few = true;
    assert_eq!(one(&facts, Satisfaction).reasons.len(), 1, "the same reason once");
    facts.coverage = None;
    assert_eq!(one(&facts, CommunityCoverage).reasons[0].code, "not_recorded");
    facts.coverage = Some(Coverage { covered: 0, communities: 0, sources: Vec::new() });
    assert_eq!(one(&facts, CommunityCoverage).reasons[0].code, "input_missing");
    facts.inputs.extend([input(PlanInputCode::Communities, 20), input(PlanInputCode::CommunitiesCovered, 12)]);
    assert_eq!(one(&facts, CommunityCoverage).parts, Some(6000), "as the bureau counted itself");
    facts.year = Some(Year::default());
    assert_eq!(one(&facts, NewPublicPlaces).reasons[0].code, "nothing_to_divide_by");
    facts.centres = None;
    assert_eq!(one(&facts, PublicPlaces).reasons[0].code, "not_recorded");
    assert_eq!(one(&facts, PlaceUse).variants, []);
}

#[test]
fn without_a_journal_of_the_year_the_beginning_is_what_the_bureau_entered() {
    let mut facts = facts();
    facts.year = None;
    assert_eq!(one(&facts, IndicatorCode::NewPublicPlaces).reasons[0].code, "input_missing");
    facts
        .inputs
        .extend([input(PlanInputCode::YearStartPlaces, 1070), input(PlanInputCode::YearStartPublicPlaces, 169)]);
    assert_eq!(one(&facts, IndicatorCode::NewPublicPlaces).parts, Some(7500));
    let old = facts.inputs.iter_mut().find(|input| input.code == PlanInputCode::YearStartPlaces).unwrap();
    old.as_of = day("2025-06-30");
    let reason = &one(&facts, IndicatorCode::NewPublicPlaces).reasons[0];
    assert!(reason.en.contains("beginning of 2026"), "{reason:?}");
}

#[test]
fn facts_come_back_from_their_text_and_make_the_same_figures() {
    let facts = facts();
    let text = serde_json::to_string(&facts).unwrap();
    let again: Facts = serde_json::from_str(&text).unwrap();
    assert_eq!(again, facts);
    let figures = serde_json::to_string(&all(&again)).unwrap();
    assert_eq!(figures, serde_json::to_string(&all(&facts)).unwrap());
    let read: Vec<Figure> = serde_json::from_str(&figures).unwrap();
    assert_eq!(read, all(&facts));
}

#[test]
fn carers_are_those_of_the_register_and_the_bureaus_only_where_it_has_none() {
    let mut facts = facts();
    facts.inputs.push(input(PlanInputCode::Carers, 20));
    facts.inputs.push(input(PlanInputCode::CertifiedCarers, 18));
    let before = serde_json::to_string(&facts).unwrap();
    assert!(!before.contains("registers"), "months of before keep their bytes");
    let entered = one(&facts, IndicatorCode::CertifiedCarers);
    assert_eq!((entered.parts, &*entered.sources[0].source), (Some(9000), "公报"));
    assert!(one(&facts, IndicatorCode::GuidanceSigned).variants.is_empty());

    facts.registers = Some(Registers { carers: 0, certified: 0, guided_twice: 4 });
    assert_eq!(one(&facts, IndicatorCode::CertifiedCarers).parts, Some(9000), "an empty register says nothing");
    let guided = &one(&facts, IndicatorCode::GuidanceSigned).variants[0];
    assert_eq!((&*guided.basis, guided.parts, guided.denominator), ("guided_twice", Some(4000), 10));

    facts.registers = Some(Registers { carers: 8, certified: 6, guided_twice: 0 });
    let counted = one(&facts, IndicatorCode::CertifiedCarers);
    assert_eq!((counted.parts, &*counted.sources[0].source), (Some(7500), "保育人员台账"));
    let again: Facts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
    assert_eq!(again, facts);
}
