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
        ],
        filed: Filed::Filed,
        days_run: 18,
        months_run: 2,
        reductions: Vec::new(),
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
fn a_month_that_ran_is_supported_if_the_centre_was_filed() {
    let found = row(1, 1, Band::Infant, "2025-06-03", 18);
    let total = |change: fn(&mut Evidence)| {
        let mut evidence = evidence(&found);
        change(&mut evidence);
        SupportFigures::of(SupportKind::Operating, Uuid::nil().into(), &evidence).total_fen
    };
    assert_eq!(total(|_| {}), Fen(100_000), "child-months are the incentive's");
    assert_eq!(total(|evidence| evidence.filed = Filed::Pending), Fen(0));
    assert_eq!(total(|evidence| evidence.days_run = 0), Fen(0));
}
