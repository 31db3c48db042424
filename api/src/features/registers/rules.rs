//! What rows of registers may be, what follows from them, and what is due when.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use entity::{Certificate, Fen, Ownership, RecordItem, RecordKind, carers, centre_records};

use crate::error::{Problem, Result, Text};

/// Whether a kind of row has a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Never.
    No,
    /// If it is known.
    May,
    /// Always.
    Must,
}

/// The members of a kind of row.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Of which it is one; none where it has none.
    pub items: &'static [RecordItem],
    /// With whom.
    pub party: Need,
    /// Number of the policy or contract.
    pub number: Need,
    /// First day.
    pub from: Need,
    /// Last day.
    pub until: Need,
    /// How many.
    pub quantity: Need,
    /// What it was paid with.
    pub amount: Need,
    /// What else is to be known.
    pub note: Need,
    /// `from` is a day on which something was done: not one to come.
    pub done: bool,
}

/// The table of the kinds.
#[must_use]
pub const fn shape(kind: RecordKind) -> Shape {
    use Need::{May, Must, No};
    use RecordItem::{Bracelet, Electricity, Fire, Guards, Kitchen, OtherDevice, Physical, Technical, Video, Water};
    let plain = Shape {
        items: &[],
        party: Must,
        number: May,
        from: Must,
        until: Must,
        quantity: No,
        amount: No,
        note: May,
        done: false,
    };
    match kind {
        RecordKind::Insurance => Shape { number: Must, ..plain },
        RecordKind::MedicalContract => plain,
        RecordKind::GuidanceVisit => Shape { number: No, until: No, done: true, ..plain },
        RecordKind::SafetyPackage => Shape {
            items: &[Kitchen, Fire, Physical, Technical, Guards],
            party: May,
            number: No,
            until: No,
            amount: Must,
            done: true,
            ..plain
        },
        RecordKind::Device => Shape {
            items: &[Bracelet, Video, OtherDevice],
            party: May,
            number: No,
            from: May,
            until: No,
            quantity: Must,
            ..plain
        },
        RecordKind::Utility => {
            Shape { items: &[Water, Electricity], party: May, number: No, from: May, until: May, ..plain }
        }
        RecordKind::Employer => Shape { number: No, from: May, until: May, quantity: May, ..plain },
    }
}

/// The most that a safety package is paid with (安防“五大包”: 1, 5, 1, 1 and 0.05 万元 a centre; 项目9).
#[must_use]
pub const fn package_cap(item: RecordItem) -> Option<Fen> {
    match item {
        RecordItem::Fire => Some(Fen(5_000_000)),
        RecordItem::Kitchen | RecordItem::Physical | RecordItem::Technical => Some(Fen(1_000_000)),
        RecordItem::Guards => Some(Fen(50_000)),
        _ => None,
    }
}

fn need(field: &'static str, zh: &str, kind: RecordKind, need: Need, given: bool) -> Result<()> {
    match (need, given) {
        (Need::Must, false) => {
            let text =
                Text::new(format!("“{}”须填写{zh}。", kind.zh()), format!("A record of {kind} needs `{field}`."));
            Err(Problem::field(field, "missing", text))
        }
        (Need::No, true) => {
            let text = Text::new(
                format!("“{}”不需要填写{zh}。", kind.zh()),
                format!("A record of {kind} takes no `{field}`."),
            );
            Err(Problem::field(field, "not_for_this_kind", text))
        }
        _ => Ok(()),
    }
}

/// Refuses a day to come.
pub fn not_to_come(field: &'static str, day: Option<NaiveDate>, today: NaiveDate) -> Result<()> {
    if day.is_none_or(|day| day <= today) {
        return Ok(());
    }
    Err(Problem::field(field, "out_of_range", Text::new("日期不能晚于今天。", "The day is still to come.")))
}

/// Checks a row as it is to be; `paid` is what the centre's other rows of its item come to.
pub fn check(row: &centre_records::Model, ownership: Ownership, paid: Fen, today: NaiveDate) -> Result<()> {
    let (kind, shape) = (row.kind, shape(row.kind));
    let item = if shape.items.is_empty() { Need::No } else { Need::Must };
    need("item", "具体项目", kind, item, row.item.is_some())?;
    need("party", "单位名称", kind, shape.party, row.party.is_some())?;
    need("number", "保单或协议编号", kind, shape.number, row.number.is_some())?;
    need("from", "起始日期", kind, shape.from, row.valid_from.is_some())?;
    need("until", "截止日期", kind, shape.until, row.valid_until.is_some())?;
    need("quantity", "数量", kind, shape.quantity, row.quantity.is_some())?;
    need("amount_fen", "金额", kind, shape.amount, row.amount_fen.is_some())?;
    need("note", "说明", kind, shape.note, row.note.is_some())?;
    if let Some(item) = row.item.filter(|item| !shape.items.contains(item)) {
        let names: Vec<&str> = shape.items.iter().map(|item| item.zh()).collect();
        let text = Text::new(
            format!("“{}”没有“{}”，须为：{}。", kind.zh(), item.zh(), names.join("、")),
            format!("{item} is no {kind}."),
        );
        return Err(Problem::field("item", "not_for_this_kind", text));
    }
    if row.valid_from.zip(row.valid_until).is_some_and(|(from, until)| until < from) {
        let text = Text::new("截止日期不能早于起始日期。", "It ends before it begins.");
        return Err(Problem::field("until", "before_start", text));
    }
    if matches!(kind, RecordKind::Insurance | RecordKind::MedicalContract) {
        check_length(row)?;
    }
    if shape.done {
        not_to_come("from", row.valid_from, today)?;
    }
    not_to_come("checked_on", Some(row.checked_on), today)?;
    if kind == RecordKind::SafetyPackage {
        check_package(row, ownership, paid)?;
    }
    Ok(())
}

/// The longest that a policy or a contract runs: beyond it somebody mistyped a year.
const MOST_YEARS: u32 = 10;

fn check_length(row: &centre_records::Model) -> Result<()> {
    let last = row.valid_from.and_then(|from| from.checked_add_months(Months::new(12 * MOST_YEARS)));
    if last.zip(row.valid_until).is_none_or(|(last, until)| until <= last) {
        return Ok(());
    }
    let text = Text::new(
        format!("保险和签约的期限不能超过{MOST_YEARS}年，请核对截止日期。"),
        format!("A policy or contract runs for {MOST_YEARS} years at most: look at its last day."),
    );
    Err(Problem::field("until", "too_long", text))
}

/// Refuses a second row of guidance on one day: two visits a year are visits on two days.
pub fn one_a_day(is_entered: bool) -> Result<()> {
    if !is_entered {
        return Ok(());
    }
    let text = Text::new("该机构当日的巡回指导已登记。", "A guidance visit of that day is entered already.");
    Err(Problem::field("from", "exists", text))
}

/// The caps are a centre's (元/家), however many rows they are paid in.
fn check_package(row: &centre_records::Model, ownership: Ownership, paid: Fen) -> Result<()> {
    if ownership != Ownership::Public {
        let text =
            Text::new("安防“五大包”补助只面向公办托育机构（项目9）。", "Safety packages are for public centres only.");
        return Err(Problem::field("kind", "public_only", text));
    }
    if row.amount_fen.is_some_and(|amount| amount <= Fen(0)) {
        let text = Text::new("补助金额须大于0。", "The amount is above 0.");
        return Err(Problem::field("amount_fen", "out_of_range", text));
    }
    let over = |cap: &Fen| row.amount_fen.is_some_and(|more| paid.plus(more) > *cap);
    if let Some((cap, item)) = row.item.and_then(package_cap).filter(over).zip(row.item) {
        let (yuan, had) = (cap.0 / 100, paid.0 / 100);
        let text = Text::new(
            format!("“{}”补助不高于{yuan}元/家（项目9），该机构已登记{had}元。", item.zh()),
            format!("At most {yuan} yuan a centre for this package; {had} are registered."),
        );
        return Err(Problem::field("amount_fen", "above_cap", text).fact("most_fen", cap).fact("paid_fen", paid));
    }
    Ok(())
}

/// Until when something holds without a gap: from the spans that hold today, and those that follow on the
/// next day at the latest. What is only to come doesn't hold yet; of what is over, the last day.
#[must_use]
pub fn covered_until(spans: &[(NaiveDate, NaiveDate)], today: NaiveDate) -> Option<NaiveDate> {
    let begun = spans.iter().filter(|(from, _)| *from <= today);
    let mut end = begun.map(|(_, until)| *until).max()?;
    while end >= today {
        let next = spans.iter().filter(|(from, _)| *from <= end + Days::new(1)).map(|(_, until)| *until).max();
        match next.filter(|next| *next > end) {
            Some(next) => end = next,
            None => break,
        }
    }
    Some(end)
}

/// When the next guidance visit is due: the first of a calendar year by the end of June, the second by
/// its end (巡回指导 at least twice a year; the halves are an assumption).
#[must_use]
pub fn guidance_due(today: NaiveDate, this_year: i64) -> NaiveDate {
    let (year, month, day) = match this_year {
        ..=0 => (today.year(), 6, 30),
        1 => (today.year(), 12, 31),
        _ => (today.year() + 1, 6, 30),
    };
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or(today)
}

/// Checks a carer as it is to be.
pub fn check_carer(row: &carers::Model, today: NaiveDate) -> Result<()> {
    let certified = row.certificate != Certificate::None;
    if certified != row.certificate_no_sealed.is_some() {
        let (code, text) = if certified {
            ("missing", Text::new("持证人员须填写证书编号。", "A certificate has a number."))
        } else {
            ("not_for_this_kind", Text::new("无证人员不填写证书编号。", "Without a certificate there is no number."))
        };
        return Err(Problem::field("certificate_no", code, text));
    }
    if !certified && row.certificate_until.is_some() {
        let text = Text::new("无证人员不填写证书有效期。", "Without a certificate there is no last day.");
        return Err(Problem::field("certificate_until", "not_for_this_kind", text));
    }
    not_to_come("checked_on", Some(row.checked_on), today)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn policies_that_follow_each_other_cover_without_a_gap_and_others_dont() {
        let today = day("2026-03-02");
        let span = |from: &str, until: &str| (day(from), day(until));
        let present = span("2025-04-01", "2026-03-31");
        let until = |spans: &[_]| covered_until(spans, today).map(|date| date.to_string());
        assert_eq!(until(&[]), None);
        assert_eq!(until(&[present]).as_deref(), Some("2026-03-31"));
        assert_eq!(until(&[span("2026-04-01", "2027-03-31"), present]).as_deref(), Some("2027-03-31"));
        assert_eq!(until(&[present, span("2026-04-02", "2027-03-31")]).as_deref(), Some("2026-03-31"), "a gap");
        assert_eq!(until(&[span("2026-03-03", "2027-03-31")]), None, "not begun");
        assert_eq!(
            until(&[span("2024-01-01", "2024-12-31"), span("2026-05-01", "2027-01-01")]).as_deref(),
            Some("2024-12-31")
        );
        let third = span("2027-03-01", "2028-01-01");
        assert_eq!(until(&[third, present, span("2026-03-15", "2027-03-31")]).as_deref(), Some("2028-01-01"));
    }

    #[test]
    fn guidance_is_due_twice_a_calendar_year() {
        let of = |today: &str, n| guidance_due(day(today), n).to_string();
        assert_eq!(of("2026-03-02", 0), "2026-06-30");
        assert_eq!(of("2026-09-02", 0), "2026-06-30", "overdue");
        assert_eq!(of("2026-03-02", 1), "2026-12-31");
        assert_eq!(of("2026-03-02", 3), "2027-06-30");
    }

    #[test]
    fn every_package_has_its_cap_and_nothing_else_has_one() {
        let packages = shape(RecordKind::SafetyPackage).items;
        let caps: Vec<i64> = packages.iter().map(|item| package_cap(*item).unwrap().0).collect();
        assert_eq!(caps, [1_000_000, 5_000_000, 1_000_000, 1_000_000, 50_000]);
        let others = RecordItem::ALL.iter().filter(|item| !packages.contains(item));
        assert!(others.into_iter().all(|item| package_cap(*item).is_none()));
    }
}
