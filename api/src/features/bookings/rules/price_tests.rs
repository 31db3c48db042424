use super::*;
use entity::{Confirmation, MinuteOfDay};
use uuid::Uuid;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn offer(care_type: CareType, unit: OfferUnit, price: i64, meals: i64) -> offers::Model {
    offers::Model {
        id: Uuid::nil().into(),
        centre_id: Uuid::nil().into(),
        class_id: Uuid::nil().into(),
        care_type,
        unit,
        price_fen: Fen(price),
        meals_fen: Fen(meals),
        min_minutes: 60,
        notice_minutes: 0,
        horizon_days: 90,
        cutoff_minutes: 0,
        confirmation: Confirmation::Instant,
        active: true,
    }
}

fn stay(day: &str, from: &str, to: &str) -> Stay {
    Stay { date: date(day), from: from.parse().unwrap(), to: to.parse::<MinuteOfDay>().unwrap() }
}

fn days(list: &[&str]) -> Vec<Stay> {
    list.iter().map(|day| stay(day, "07:30", "18:00")).collect()
}

fn amounts(lines: &[Line]) -> Vec<(String, f64, i64, i64)> {
    lines
        .iter()
        .map(|l| {
            let quantity = serde_json::to_value(l.quantity).unwrap().as_f64().unwrap();
            (l.code.clone(), quantity, l.unit_fen.0, l.amount_fen.0)
        })
        .collect()
}

fn row(code: &str, quantity: f64, unit: i64, amount: i64) -> (String, f64, i64, i64) {
    (code.into(), quantity, unit, amount)
}

#[test]
fn a_day_price_and_meals_count_by_the_day() {
    let stays = days(&["2026-03-02", "2026-03-03", "2026-03-04"]);
    let (lines, _) = price(&offer(CareType::FullDay, OfferUnit::Day, 12_800, 1500), &stays, &|_| 22, None, None);
    assert_eq!(amounts(&lines), [row("care", 3.0, 12_800, 38_400), row("meals", 3.0, 1500, 4500)]);
    assert_eq!(total(&lines), Fen(42_900));
}

#[test]
fn hours_may_be_halves_and_are_rounded_once() {
    let stays = [stay("2026-03-02", "09:00", "10:30"), stay("2026-03-03", "09:00", "10:00")];
    let (lines, _) = price(&offer(CareType::Hourly, OfferUnit::Hour, 2501, 0), &stays, &|_| 22, None, None);
    assert_eq!(amounts(&lines), [row("care", 2.5, 2501, 6253)]);
    assert_eq!(serde_json::to_string(&lines[0].quantity).unwrap(), "2.5");
    assert_eq!(serde_json::to_string(&Quantity::whole(2)).unwrap(), "2");
    let again: Line = serde_json::from_value(serde_json::to_value(&lines[0]).unwrap()).unwrap();
    assert_eq!(again, lines[0]);
}

#[test]
fn a_half_day_is_one_unit_and_a_long_temporary_day_two() {
    let half = [stay("2026-03-02", "08:00", "12:00"), stay("2026-03-03", "08:00", "12:00")];
    let price = |care_type, stays: &[Stay]| {
        total(&price(&offer(care_type, OfferUnit::HalfDay, 7000, 0), stays, &|_| 22, None, None).0).0
    };
    assert_eq!(price(CareType::HalfDay, &half), 14_000);
    assert_eq!(price(CareType::Temporary, &half), 14_000);
    assert_eq!(price(CareType::Temporary, &[stay("2026-03-02", "07:30", "18:00")]), 14_000);
}

#[test]
fn a_month_is_charged_pro_rata_by_opening_days_one_line_a_month() {
    let stays = days(&["2026-01-29", "2026-01-30", "2026-02-02", "2026-02-03", "2026-02-04"]);
    let opening = |day: NaiveDate| if day.month() == 1 { 22 } else { 15 };
    let (lines, _) = price(&offer(CareType::FullDay, OfferUnit::Month, 200_000, 0), &stays, &opening, None, None);
    // 200000 × 2 ÷ 22 = 18181.8…, 200000 × 3 ÷ 15 = 40000.
    assert_eq!(amounts(&lines), [row("care", 2.0, 200_000, 18_182), row("care", 3.0, 200_000, 40_000)]);
    assert!(lines[0].label.contains("2026-01") && lines[0].label.contains("2/22"), "{}", lines[0].label);
    assert_eq!(total(&lines), Fen(58_182));
}

#[test]
fn a_whole_month_costs_the_months_price_in_a_leap_february_too() {
    let all: Vec<String> = (1..=29).map(|d| format!("2028-02-{d:02}")).collect();
    let stays = days(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let (lines, _) = price(&offer(CareType::FullDay, OfferUnit::Month, 199_999, 0), &stays, &|_| 29, None, None);
    assert_eq!(amounts(&lines), [row("care", 29.0, 199_999, 199_999)]);
}

fn cover(face_value: i64, units_left: i64, from: &str, until: &str) -> Option<Cover> {
    Some(Cover { face_value: Fen(face_value), units_left, from: date(from), until: date(until), promised: Vec::new() })
}

#[test]
fn a_voucher_pays_for_the_first_days_in_its_validity_but_not_for_meals() {
    let stays = days(&["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]);
    let offer = offer(CareType::FullDay, OfferUnit::Day, 10_000, 1000);
    let price = |cover| price(&offer, &stays, &|_| 22, None, cover).0;
    let two_units = price(cover(8000, 2, "2026-03-03", "2026-12-31"));
    assert_eq!(amounts(&two_units)[2..], [row("voucher", 2.0, -8000, -16_000)]);
    assert_eq!(total(&two_units), Fen(28_000));
    let generous = price(cover(20_000, 15, "2026-03-01", "2026-03-04"));
    assert_eq!(amounts(&generous)[2..], [row("voucher", 3.0, -10_000, -30_000)]);
    assert_eq!(price(cover(8000, 2, "2026-03-06", "2026-12-31")).len(), 2);
}

#[test]
fn a_voucher_never_pays_more_than_the_care_of_a_month() {
    let stays = days(&["2026-03-02", "2026-03-03", "2026-03-04"]);
    let (lines, _) = price(
        &offer(CareType::FullDay, OfferUnit::Month, 100_001, 0),
        &stays,
        &|_| 7,
        None,
        cover(1_000_000, 15, "2026-03-01", "2026-03-31"),
    );
    // 100001 × 3 ÷ 7 = 42857.57 → 42858; a day 14286.
    assert_eq!(amounts(&lines), [row("care", 3.0, 100_001, 42_858), row("voucher", 3.0, -14_286, -42_858)]);
    assert!(total(&lines).0 >= 0);
}

#[test]
fn days_of_different_cost_get_voucher_lines_of_their_own() {
    let stays = [stay("2026-03-02", "09:00", "10:00"), stay("2026-03-03", "09:00", "12:00")];
    let (lines, _) = price(
        &offer(CareType::Hourly, OfferUnit::Hour, 3000, 0),
        &stays,
        &|_| 22,
        None,
        cover(8000, 15, "2026-03-01", "2026-03-31"),
    );
    assert_eq!(
        amounts(&lines),
        [row("care", 4.0, 3000, 12_000), row("voucher", 1.0, -3000, -3000), row("voucher", 1.0, -8000, -8000)]
    );
}

fn reduction(percent: i32) -> fee_reductions::Model {
    fee_reductions::Model { centre_id: uuid::Uuid::nil().into(), kind: ReductionKind::ThirdChild, percent }
}

#[test]
fn a_reduction_is_of_care_and_before_the_voucher() {
    let stays = days(&["2026-03-02", "2026-03-03"]);
    let offer = offer(CareType::FullDay, OfferUnit::Day, 10_005, 1000);
    let (lines, days) =
        price(&offer, &stays, &|_| 22, Some(&reduction(10)), cover(20_000, 1, "2026-03-01", "2026-12-31"));
    assert_eq!(
        amounts(&lines),
        [
            row("care", 2.0, 10_005, 20_010),
            row("meals", 2.0, 1000, 2000),
            row("reduction", 2.0, -1001, -2002),
            row("voucher", 1.0, -9004, -9004)
        ]
    );
    assert_eq!((days[0].amount, days[1].amount), (Fen(1000), Fen(10_004)));
}

#[test]
fn the_lines_always_add_up_to_the_total() {
    for (unit, price) in
        [(OfferUnit::Day, 9999), (OfferUnit::HalfDay, 1), (OfferUnit::Hour, 3333), (OfferUnit::Month, 123_457)]
    {
        for n in 1..=9 {
            let all: Vec<String> = (1..=n).map(|d| format!("2026-03-{d:02}")).collect();
            let stays: Vec<Stay> = all.iter().map(|d| stay(d, "08:00", "11:30")).collect();
            let cover = cover(5000, n - 1, "2026-03-01", "2026-03-31");
            let reduction = reduction(i32::try_from(n).unwrap() * 11);
            let reduction = (n % 2 == 0).then_some(&reduction);
            let offer = offer(CareType::Temporary, unit, price, 777);
            let (lines, days) = super::price(&offer, &stays, &|_| 21, reduction, cover);
            let by_day: Vec<Fen> = days.iter().map(|day| day.amount).collect();
            assert_eq!(by_day.iter().copied().sum::<Fen>(), total(&lines), "{unit} {n}");
            assert_eq!(days.iter().filter(|day| day.with_voucher).count() as i64, n - 1);
            let off = taken_off("cancelled", "取消", &by_day);
            assert_eq!(total(&off).0, -total(&lines).0, "{unit} {n}");
            assert!(off.iter().all(|line| line.unit_fen.0 * line.quantity.halves == 2 * line.amount_fen.0));
            assert_eq!(total(&lines).0, lines.iter().map(|l| l.amount_fen.0).sum::<i64>());
            assert!(total(&lines).0 >= 0, "{unit} {n}");
        }
    }
}
