//! What a centre's row may be.

use chrono::NaiveDate;
use entity::{Admits, CentreKind, Filed, LngLat, centre_checks, centres, classes};

use crate::{
    error::{Problem, Result, Text},
    features::terms,
    platform::hant::spelled,
};

/// China, roughly: a point outside has its numbers swapped, or its units wrong.
const LNG: std::ops::RangeInclusive<f64> = 73.0..=136.0;
const LAT: std::ops::RangeInclusive<f64> = 3.0..=54.0;

/// Refuses a point outside China, before it is converted.
pub fn check_point(point: LngLat) -> Result<()> {
    let wrong = [("location.lng", LNG.contains(&point.lng)), ("location.lat", LAT.contains(&point.lat))];
    let Some((field, _)) = wrong.into_iter().find(|(_, fits)| !fits) else { return Ok(()) };
    let text = Text::new(
        "坐标不在中国范围内，请核对经度（如 118.79）和纬度（如 24.89）是否填反。",
        "The point lies outside China: give longitude (118.79) and latitude (24.89) in degrees.",
    );
    Err(Problem::field(field, "out_of_range", text))
}

/// Refuses a township that isn't the district's.
pub fn check_township(known: &[String], township: &str) -> Result<()> {
    if known.iter().any(|name| name == township) { Ok(()) } else { Err(no_township(known)) }
}

/// The township as the district writes it, in whatever characters it came.
pub fn township_of<'a>(known: &'a [String], township: &str) -> Result<&'a str> {
    spelled(township, known.iter().map(String::as_str)).ok_or_else(|| no_township(known))
}

fn no_township(known: &[String]) -> Problem {
    let names = known.join("、");
    let text = Text::new(format!("没有这个乡镇，须为：{names}。"), format!("Must be one of: {names}."));
    let text = known.iter().fold(text, |text, name| text.keeping(name));
    Problem::field("township", "unknown", text)
}

fn missing(field: &'static str, zh: &'static str, en: &'static str) -> Problem {
    Problem::field(field, "missing", Text::new(zh, en))
}

/// Checks filing and recognition of a row as it is to be; `today` is when it is said.
pub fn check_standing(row: &centres::Model) -> Result<()> {
    let filed = matches!(row.filed, Filed::Filed | Filed::Changed);
    if filed && row.filed_no.is_none() {
        return Err(missing("filed_no", "已备案的机构须填写备案编号。", "A filed centre has a filing number."));
    }
    let Some(from) = row.inclusive_from else {
        if row.inclusive_until.is_some() {
            return Err(missing(
                "inclusive_from",
                "填写普惠认定截止日期时，须填写认定起始日期。",
                "A recognition that ends has a first day.",
            ));
        }
        return Ok(());
    };
    if row.inclusive_until.is_some_and(|until| until < from) {
        let text = Text::new("普惠认定截止日期不能早于起始日期。", "The recognition ends before it begins.");
        return Err(Problem::field("inclusive_until", "before_start", text));
    }
    if row.inclusive_doc.is_none() {
        return Err(missing("inclusive_doc", "普惠认定须填写认定文号。", "A recognition has a document number."));
    }
    if row.price_cap_fen.is_none() {
        return Err(missing("price_cap_fen", "普惠认定须填写收费上限。", "A recognition has a price cap."));
    }
    if !filed {
        let text = Text::new("普惠认定的机构须已备案，请先登记备案状态。", "Only a filed centre is recognised.");
        return Err(Problem::field("filed", "not_filed", text));
    }
    Ok(())
}

/// Whether what [`check_standing`] looks at differs: rows of former days are let be.
#[must_use]
pub fn standing_differs(before: &centres::Model, after: &centres::Model) -> bool {
    let of = |row: &centres::Model| {
        let centres::Model { filed, filed_no, inclusive_from, inclusive_until, inclusive_doc, price_cap_fen, .. } = row;
        (*filed, filed_no.clone(), *inclusive_from, *inclusive_until, inclusive_doc.clone(), *price_cap_fen)
    };
    of(before) != of(after)
}

/// What of its filing, recognition and label is said anew on a day, of a centre that is entered or changed.
#[must_use]
pub fn said_anew(before: Option<&centres::Model>, after: &centres::Model, day: NaiveDate) -> centre_checks::Model {
    fn filing(row: &centres::Model) -> (Filed, Option<&str>) {
        (row.filed, row.filed_no.as_deref())
    }
    let recognition =
        |row: &centres::Model| (row.inclusive_from, row.inclusive_until, row.inclusive_doc.clone(), row.price_cap_fen);
    let (filed, inclusive) = match before {
        Some(before) => (filing(before) != filing(after), recognition(before) != recognition(after)),
        None => (after.filed != Filed::None, after.inclusive_from.is_some()),
    };
    let label = before.map_or(after.cross_strait, |before| before.cross_strait != after.cross_strait);
    centre_checks::Model {
        centre_id: after.id,
        filed_on: filed.then_some(day),
        inclusive_on: inclusive.then_some(day),
        label_on: label.then_some(day),
    }
}

/// Refuses a kind that the centre's classes or terms don't fit.
pub fn check_kind(row: &centres::Model, classes: &[classes::Model]) -> Result<()> {
    if let Some(wrong) = classes.iter().find(|class| terms::check_band(row.kind, class.band).is_err()) {
        let text = Text::new(
            format!("{}不能开设“{}”班级，请先关闭该班级。", row.kind.zh(), wrong.band.zh()),
            "The centre has classes that this kind doesn't run: close them first.",
        );
        return Err(Problem::field("kind", "not_for_its_classes", text));
    }
    if row.admits != Admits::All && row.kind != CentreKind::Employer {
        let text = Text::new(
            "该机构限定或优先本单位职工，请先由机构改为面向社会。",
            "It takes its own staff first: let its desk open it to all before.",
        );
        return Err(Problem::field("kind", "takes_own_staff", text));
    }
    Ok(())
}

/// The day by which prices are held against the cap: today, or the first day of a recognition to come.
#[must_use]
pub fn cap_day(row: &centres::Model, today: NaiveDate) -> NaiveDate {
    row.inclusive_from.map_or(today, |from| from.max(today))
}
