//! The fields of a subscription message and what WeChat takes in each (订阅消息参数值内容限制): a value
//! that doesn't fit is answered with 47003 and the message is lost, so values are made to fit here.

use std::str::FromStr;

use chrono::NaiveDate;
use entity::MinuteOfDay;

/// A field's type: the letters of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldType {
    /// 20 characters at most.
    Thing,
    /// 5 Chinese characters at most.
    Phrase,
    /// 10 Chinese characters at most (or 20 letters).
    Name,
    /// Digits.
    Number,
    /// 32 ASCII characters at most.
    CharacterString,
    /// `2019年10月1日 15:01`, two joined by `~` for a span.
    Time,
    /// `2019年10月1日`, with a time or not.
    Date,
}

/// The name of a field of a template: a type and a number, like `thing1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    name: String,
    of: FieldType,
}

impl FromStr for Field {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let of = match letters {
            "thing" => FieldType::Thing,
            "phrase" => FieldType::Phrase,
            "name" => FieldType::Name,
            "number" => FieldType::Number,
            "character_string" => FieldType::CharacterString,
            "time" => FieldType::Time,
            "date" => FieldType::Date,
            _ => return Err(format!("`{name}` is no field like thing1, time2, date3, phrase4, number5")),
        };
        if letters.len() == name.len() || name.len() > 40 {
            return Err(format!("`{name}` has no number, like thing1"));
        }
        Ok(Self { name: name.to_owned(), of })
    }
}

/// What a field is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// A date.
    Date(NaiveDate),
    /// An instant of a date.
    Time(NaiveDate, MinuteOfDay),
    /// A span within a date.
    Span(NaiveDate, MinuteOfDay, MinuteOfDay),
}

impl Field {
    /// The field's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value within the limits of the field's type; never empty, for WeChat takes no empty one.
    /// `None` if the type can't show such a value at all.
    #[must_use]
    pub fn fit(&self, value: &Value) -> Option<String> {
        let text = match (self.of, value) {
            (FieldType::Thing, value) => cut(&plain(value), 20),
            (FieldType::Name, Value::Text(text)) => cut(text, 10),
            (FieldType::Phrase, Value::Text(text)) => text.chars().filter(|c| is_han(*c)).take(5).collect(),
            (FieldType::Number, Value::Number(number)) => number.to_string(),
            (FieldType::CharacterString, value) => {
                plain(value).chars().filter(char::is_ascii_graphic).take(32).collect()
            }
            (FieldType::Date, Value::Date(date) | Value::Time(date, _) | Value::Span(date, ..)) => day(*date),
            (FieldType::Time, Value::Date(date)) => day(*date),
            (FieldType::Time, Value::Time(date, at)) => moment(*date, *at),
            (FieldType::Time, Value::Span(date, from, to)) => {
                format!("{}~{}", moment(*date, *from), moment(*date, *to))
            }
            _ => return None,
        };
        let empty = text.trim().is_empty();
        match self.of {
            FieldType::Thing | FieldType::Phrase | FieldType::Name if empty => Some("无".to_owned()),
            FieldType::CharacterString if empty => Some("-".to_owned()),
            _ => Some(text),
        }
    }
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

fn day(date: NaiveDate) -> String {
    date.format("%Y年%-m月%-d日").to_string()
}

fn moment(date: NaiveDate, at: MinuteOfDay) -> String {
    // 24:00 is no time of WeChat's.
    format!("{} {}", day(date), MinuteOfDay(at.0.min(24 * 60 - 1)))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Date(date) => date.format("%-m月%-d日").to_string(),
        Value::Time(date, at) => format!("{} {at}", date.format("%-m月%-d日")),
        Value::Span(date, from, to) => format!("{} {from}-{to}", date.format("%-m月%-d日")),
    }
}

/// At most so many characters, on one line; what was cut ends in an ellipsis.
fn cut(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(name: &str, value: &Value) -> Option<String> {
        name.parse::<Field>().unwrap().fit(value)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_thing_has_twenty_characters_on_one_line_and_is_never_empty() {
        assert_eq!(fit("thing1", &text("洛阳镇党建邻里中心托育园")).unwrap(), "洛阳镇党建邻里中心托育园");
        let long = fit("thing12", &text(&"园".repeat(21))).unwrap();
        assert_eq!((long.chars().count(), long.ends_with('…')), (20, true));
        assert_eq!(fit("thing1", &text(&"园".repeat(20))).unwrap().chars().count(), 20);
        assert_eq!(fit("thing1", &text("停电\n检修")).unwrap(), "停电 检修");
        assert_eq!(fit("thing1", &text(" ")).unwrap(), "无");
        assert_eq!(fit("thing1", &Value::Number(3)).unwrap(), "3");
    }

    #[test]
    fn times_and_dates_are_written_as_wechat_reads_them() {
        let (date, hm) = ("2026-03-03".parse().unwrap(), MinuteOfDay::hm);
        assert_eq!(fit("date2", &Value::Span(date, hm(8, 0), hm(17, 0))).unwrap(), "2026年3月3日");
        assert_eq!(fit("time2", &Value::Time(date, hm(8, 5))).unwrap(), "2026年3月3日 08:05");
        assert_eq!(
            fit("time2", &Value::Span(date, hm(8, 0), hm(24, 0))).unwrap(),
            "2026年3月3日 08:00~2026年3月3日 23:59"
        );
        assert_eq!(fit("time2", &text("明天")), None);
        assert_eq!(fit("thing2", &Value::Span(date, hm(8, 0), hm(17, 0))).unwrap(), "3月3日 08:00-17:00");
    }

    #[test]
    fn a_phrase_is_chinese_and_a_number_is_one() {
        assert_eq!(fit("phrase3", &text("预约已确认 OK")).unwrap(), "预约已确认");
        assert_eq!(fit("phrase3", &text("OK")).unwrap(), "无");
        assert_eq!(fit("number4", &Value::Number(14)).unwrap(), "14");
        assert_eq!(fit("number4", &text("十四")), None);
        assert_eq!(fit("character_string5", &text("A-1 你")).unwrap(), "A-1");
        assert_eq!(fit("name1", &text(&"园".repeat(12))).unwrap().chars().count(), 10);
    }

    #[test]
    fn a_field_has_a_known_type_and_a_number() {
        for name in ["thing", "thing1x", "amount1", "", "1"] {
            assert!(name.parse::<Field>().is_err(), "{name}");
        }
    }
}
