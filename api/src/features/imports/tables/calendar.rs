//! Holidays and swapped working days, by date.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{CalendarKind, calendar_days};
use serde::Deserialize;
use serde_json::json;

use super::{Import, Line, Object, once_each, store, text, words};
use crate::{
    error::{Result, Text},
    features::{
        imports::columns::{Column, Holds, maybe, needed, read, ruled},
        planning,
    },
    http::{Day, Line as Short, Whole},
};

pub(super) const COLUMNS: &[Column] = &[
    needed("日期", "date", Holds::Day, "今天及以后的日期", "2026-10-01"),
    needed("类型", "kind", words!(CalendarKind), "法定节假日或调休上班", "法定节假日"),
    needed("名称", "name", Holds::Text, "家长看到的说明，最多40字", "国庆节"),
    maybe("按星期几开放", "works_as", Holds::Whole, "调休上班须填：1为星期一，7为星期日", ""),
];

#[derive(Deserialize)]
struct DayRow {
    date: Day,
    kind: CalendarKind,
    name: Short<40>,
    works_as: Option<Whole<1, 7>>,
}

pub(super) async fn run(import: &mut Import<'_, '_>, lines: &[Line]) -> Result<()> {
    let rows = read::<Object>(lines, COLUMNS, &mut import.problems);
    import.has(rows.len());
    let rows = once_each(import, rows, |row| text(row, "date").to_owned());
    let dates: Vec<NaiveDate> = rows.iter().filter_map(|row| text(&row.value, "date").parse().ok()).collect();
    let present: HashMap<NaiveDate, calendar_days::Model> =
        store::days(import.txn, &dates).await?.into_iter().map(|day| (day.date, day)).collect();
    let (mut news, mut lines_of) = (Vec::new(), HashMap::new());
    let ctx = import.ctx;
    for row in rows {
        import.step().await?;
        let fits = |DayRow { date, kind, name, works_as }| {
            let works_as = works_as.map(|day| day.0);
            let day = calendar_days::Model { date: date.0, kind, works_as, name: name.into_inner() };
            let before = present.get(&day.date);
            // One that stays may be past.
            if before != Some(&day) {
                planning::check_calendar_day(ctx, day.date, kind, works_as)?;
            }
            Ok((before, day))
        };
        let fits = ruled(&mut import.problems, COLUMNS, row.at, row.value, fits)?;
        let Some((before, day)) = fits.filter(|_| !import.problems.has(row.at)) else { continue };
        if before == Some(&day) {
            import.unchanged += 1;
            continue;
        }
        let (kind, works_as) = (day.kind, day.works_as);
        let count = if before.is_some() { &mut import.changed } else { &mut import.created };
        *count += 1;
        lines_of.insert(day.date, row.at);
        import.did("calendar.day_set", day.date.to_string(), json!({ "kind": kind, "works_as": works_as }));
        news.push(day);
    }
    for (date, visits) in planning::put_calendar_days(import.ctx, import.txn, news).await? {
        let told = Text::new(
            format!("该日有{visits}次已预约的托育不在新的开放时间内，请在日历中单独设置并决定如何处理。"),
            format!("{visits} booked visits lie outside the new hours: set this day by itself and decide."),
        );
        import.problems.add(lines_of.get(&date).copied().unwrap_or(0), "日期", "bookings_affected", &told);
    }
    Ok(())
}
