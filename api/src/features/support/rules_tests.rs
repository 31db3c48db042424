use chrono::NaiveDate;
use uuid::Uuid;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn row(child: u128, class: u128, band: Band, born: &str, days: u32) -> Vec<Attendance> {
    let (child_id, class_id) = (Uuid::from_u128(child).into(), Uuid::from_u128(class).into());
    let birth_date = day(born);
    let dates = (1..=days).map(|n| NaiveDate::from_ymd_opt(2026, 2, n).unwrap());
    dates.map(|date| Attendance { child_id, class_id, band, birth_date, date }).collect()
}

fn evidence(found: &[Attendance]) -> Evidence {
    let rate = |item, fen, through_months| SupportRate {
        item,
        rate_fen: Fen(fen),
        through_months,
        source: "项目5".to_owned(),
    };
    Evidence {
        month: Month(day("2026-02-01")),
        least_days: 10,
        children: children(found).into_values().collect(),
        rates: vec![
            rate(SupportItem::Infant, 30_000, None),
            rate(SupportItem::ToddlerSmall, 20_000, None),
            rate(SupportItem::Mixed, 20_000, Some(24)),
            rate(SupportItem::Operating, 100_000, None),
            rate(SupportItem::Rent, 90_000, None),
            rate(SupportItem::ReducedFee, 10_000, None),
        ],
        filed: Filed::Filed,
        days_run: 18,
        months_run: 2,
        reductions: Vec::new(),
        inclusive: Some(true),
        cared_for: None,
        places: None,
    }
}

#[test]
fn child_months_are_paid_by_class_and_of_mixed_ones_the_under_twos() {
    let found = [
        row(1, 1, Band::Infant, "2025-06-03", 18),
        row(2, 1, Band::Infant, "2025-06-03", 9),
        row(3, 2, Band::ToddlerSmall, "2024-08-20", 10),
        // Turns two in the month: counts through it; one of the month before doesn't.
        row(4, 3, Band::Mixed, "2024-02-27", 12),
        row(5, 3, Band::Mixed, "2024-01-31", 12),
        row(6, 4, Band::ToddlerBig, "2023-09-01", 18),
    ]
    .concat();
    let figures = SupportFigures::of(SupportKind::Incentive, Uuid::nil().into(), &evidence(&found));
    let lines: Vec<_> = figures
        .lines
        .iter()
        .map(|l| (l.band, l.age_years, l.children, l.child_months, l.supported, l.amount_fen.0))
        .collect();
    assert_eq!(
        lines,
        [
            (Band::Infant, 0, 2, 1, 1, 30_000),
            (Band::ToddlerSmall, 1, 1, 1, 1, 20_000),
            (Band::Mixed, 1, 1, 1, 1, 20_000),
            (Band::Mixed, 2, 1, 1, 0, 0),
            (Band::ToddlerBig, 2, 1, 1, 0, 0),
        ]
    );
    assert_eq!((figures.supported, figures.total_fen, figures.month_fen), (3, Fen(70_000), None));
}

#[test]
fn a_child_in_two_classes_counts_once_where_it_was_longest_and_so_does_each_of_its_days() {
    let born = "2025-03-03";
    let found = [row(1, 1, Band::Infant, born, 4), row(1, 2, Band::ToddlerSmall, born, 7)].concat();
    let child = children(&found).into_values().next().unwrap();
    // The first four days in both.
    assert_eq!((child.band, child.days), (Band::ToddlerSmall, 7));
    let found = [row(1, 2, Band::Mixed, born, 5), row(1, 1, Band::ToddlerSmall, born, 5)].concat();
    let figures = SupportFigures::of(SupportKind::Incentive, Uuid::nil().into(), &evidence(&found));
    assert_eq!((figures.children, figures.lines[0].band, figures.supported), (1, Band::ToddlerSmall, 0));
}

#[test]
fn of_two_centres_one_is_supported_for_a_child_that_was_at_both() {
    let id = |n| CentreId::from(Uuid::from_u128(n));
    assert_eq!(supported_at([(id(1), 10), (id(2), 12)].into_iter()), Some(id(2)));
    assert_eq!(supported_at([(id(2), 10), (id(1), 10)].into_iter()), Some(id(1)));
    let mut evidence = evidence(&row(1, 1, Band::Infant, "2025-06-03", 18));
    assert!(!serde_json::to_string(&evidence).unwrap().contains("elsewhere"), "older bytes stay");
    evidence.children[0].elsewhere = true;
    let figures = SupportFigures::of(SupportKind::Incentive, id(1), &evidence);
    let line = &figures.lines[0];
    assert_eq!((line.child_months, line.supported, figures.total_fen), (1, 0, Fen(0)));
}

#[test]
fn the_erasure_of_a_day_of_birth_changes_nothing() {
    let row = |born| row(1, 1, Band::Mixed, born, 12);
    let (known, erased) = (row("2024-02-27"), row("2024-02-01"));
    let digest = |found: &[Attendance]| {
        SupportFigures::of(SupportKind::Incentive, Uuid::nil().into(), &evidence(found)).digest()
    };
    assert_eq!(digest(&known), digest(&erased));
}

#[test]
fn a_month_that_ran_is_supported_if_the_centre_was_filed_and_inclusive() {
    let found = row(1, 1, Band::Infant, "2025-06-03", 18);
    let of = |kind, change: fn(&mut Evidence)| {
        let mut evidence = evidence(&found);
        change(&mut evidence);
        let figures = SupportFigures::of(kind, Uuid::nil().into(), &evidence);
        (figures.total_fen.0, figures.unpaid)
    };
    let none: fn(&mut Evidence) = |_| {};
    let revoked: fn(&mut Evidence) = |evidence| evidence.filed = Filed::Revoked;
    let not_inclusive: fn(&mut Evidence) = |evidence| evidence.inclusive = Some(false);
    for (kind, fen) in
        [(SupportKind::Incentive, 30_000), (SupportKind::Operating, 100_000), (SupportKind::Rent, 90_000)]
    {
        assert_eq!(of(kind, none), (fen, None), "child-months are the incentive's");
        assert_eq!(of(kind, revoked), (0, Some(SupportUnpaid::NotFiled)));
        assert_eq!(of(kind, not_inclusive), (0, Some(SupportUnpaid::NotInclusive)));
    }
    let still = of(SupportKind::Operating, |evidence| evidence.days_run = 0);
    assert_eq!(still, (0, Some(SupportUnpaid::NoAttendance)));
    // Frozen before it was asked: paid as then, and the bytes stay.
    let former = |evidence: &mut Evidence| evidence.inclusive = None;
    assert_eq!(of(SupportKind::Incentive, former), (30_000, None));
    let mut evidence = evidence(&found);
    former(&mut evidence);
    let figures = SupportFigures::of(SupportKind::Incentive, Uuid::nil().into(), &evidence);
    let bytes = serde_json::to_string(&(evidence, figures)).unwrap();
    let new = ["\"inclusive\"", "\"reduced\"", "\"reduced_fees\"", "\"unpaid\""];
    assert!(new.iter().all(|member| !bytes.contains(member)), "{bytes}");
}

#[test]
fn rent_is_paid_by_how_full_the_centre_was() {
    let rent = |children, places| {
        let mut evidence = evidence(&row(1, 1, Band::Infant, "2025-06-03", 18));
        (evidence.cared_for, evidence.places) = (Some(children), Some(places));
        SupportFigures::of(SupportKind::Rent, Uuid::nil().into(), &evidence).total_fen.0
    };
    assert_eq!([rent(2, 20), rent(20, 20), rent(25, 20), rent(1, 7), rent(2, 0)], [9_000, 90_000, 90_000, 12_857, 0]);
}

#[test]
fn a_child_with_reduced_fees_is_paid_for_in_any_class_and_once() {
    let found = [row(1, 1, Band::Infant, "2025-06-03", 18), row(2, 4, Band::ToddlerBig, "2023-09-01", 18)].concat();
    let mut evidence = evidence(&found);
    evidence.children.iter_mut().for_each(|child| child.reduced = true);
    let of = |evidence: &Evidence| SupportFigures::of(SupportKind::Incentive, Uuid::nil().into(), evidence);
    let figures = of(&evidence);
    let reduced = figures.reduced_fees.unwrap();
    assert_eq!((reduced.child_months, reduced.supported, reduced.amount_fen.0), (2, 2, 20_000));
    assert_eq!((figures.supported, figures.total_fen.0), (1, 50_000));
    evidence.rates.retain(|rate| rate.item != SupportItem::ReducedFee);
    let figures = of(&evidence);
    assert_eq!((figures.reduced_fees.unwrap().supported, figures.total_fen.0), (0, 30_000), "no rate");
}

#[test]
fn a_voucher_day_is_in_the_class_of_its_visit_of_the_childs_other_days_or_of_its_age() {
    let class = |n, band, active| entity::classes::Model {
        id: Uuid::from_u128(n).into(),
        centre_id: Uuid::nil().into(),
        name: String::new(),
        band,
        places: 10,
        carers: 3,
        kept_full_day: 0,
        active,
    };
    let classes = [
        class(1, Band::Mixed, true),
        class(2, Band::ToddlerSmall, false),
        class(3, Band::ToddlerSmall, true),
        class(4, Band::Infant, true),
    ];
    let unit = |child: u128, date: &str, class| Unit {
        child_id: Uuid::from_u128(child).into(),
        birth_date: day("2024-08-20"),
        date: day(date),
        class,
    };
    let days = row(1, 1, Band::Mixed, "2024-08-20", 2);
    let units = [
        unit(1, "2026-02-02", None),
        unit(1, "2026-02-09", None),
        unit(2, "2026-02-09", None),
        unit(3, "2026-02-09", Some((classes[3].id, Band::Infant))),
    ];
    let all = children(&with_units(days, &units, &classes, Month(day("2026-02-01"))));
    let found: Vec<_> = all.into_values().map(|child| (child.class_id, child.days)).collect();
    assert_eq!(found, [(classes[0].id, 3), (classes[2].id, 1), (classes[3].id, 1)]);
}
