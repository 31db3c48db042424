//! Forms of pages, field by field, and pages made of forms and tables.

use std::borrow::Borrow;

use actix_web::HttpResponse;
use askama::Template;

use super::super::shell::{Shell, show};
use crate::error::{Problem, Result};

/// What is filled in.
pub(super) enum Kind {
    /// A line; characters at most.
    Line(u32),
    /// A whole number, from and to.
    Number(i32, i32),
    /// Yuan with two places.
    Yuan,
    /// A local date.
    Date,
    /// A time on the half-hour.
    Time,
    /// One of some: word and name.
    Choice(Vec<(&'static str, &'static str)>),
    /// Yes, or nothing.
    Tick,
    /// Not shown.
    Hidden,
}

/// A field of a form.
pub(super) struct Field {
    name: String,
    label: String,
    value: String,
    kind: Kind,
    required: bool,
}

impl Field {
    /// One that must be filled in.
    #[expect(clippy::needless_pass_by_value, reason = "texts and numbers as they come")]
    pub(super) fn new(name: &str, label: &str, value: impl ToString, kind: Kind) -> Self {
        Self { name: name.to_owned(), label: label.to_owned(), value: value.to_string(), kind, required: true }
    }

    /// One that may stay empty.
    pub(super) fn or_empty(mut self) -> Self {
        self.required = false;
        self
    }

    /// One that isn't shown.
    pub(super) fn hidden(name: &str, value: impl ToString) -> Self {
        Self::new(name, "", value, Kind::Hidden)
    }
}

/// A form.
#[derive(Template)]
#[template(path = "console/desk/sheet.html")]
pub(super) struct Sheet {
    action: String,
    legend: String,
    fields: Vec<Field>,
    button: String,
    csrf: String,
    /// A question instead of a deed.
    get: bool,
}

impl Sheet {
    /// A form that posts to `action`.
    pub(super) fn new(
        shell: &Shell,
        action: impl Into<String>,
        legend: &str,
        button: &str,
        fields: Vec<Field>,
    ) -> Self {
        Self {
            action: action.into(),
            legend: legend.to_owned(),
            fields,
            button: button.to_owned(),
            csrf: shell.csrf.clone(),
            get: false,
        }
    }

    /// A day that the page is asked for.
    pub(super) fn picked(shell: &Shell, action: &str, label: &str, date: &str) -> Self {
        let fields = vec![Field::new("date", label, date, Kind::Date)];
        Self { get: true, ..Self::new(shell, action, "", shell.t("查询", "Show"), fields) }
    }
}

/// A part of a page.
enum Part {
    Html(String),
    Heading(String),
    Text(String),
    Folded(String, String),
    Link(String, String),
    Print,
}

/// A page of parts.
#[derive(Template)]
#[template(path = "console/desk/page.html")]
pub(super) struct Page {
    shell: Shell,
    title: String,
    parts: Vec<Part>,
}

impl Page {
    pub(super) fn new(shell: Shell, title: &str) -> Self {
        Self { shell, title: title.to_owned(), parts: Vec::new() }
    }

    /// A table or a form.
    pub(super) fn add(&mut self, part: &impl Template) -> Result<()> {
        self.parts.push(Part::Html(part.render().map_err(Problem::internal)?));
        Ok(())
    }

    /// The same, shown on demand.
    pub(super) fn fold(&mut self, summary: &str, part: &impl Template) -> Result<()> {
        self.parts.push(Part::Folded(summary.to_owned(), part.render().map_err(Problem::internal)?));
        Ok(())
    }

    pub(super) fn heading(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Heading(text.into()));
    }

    pub(super) fn text(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    /// A way on, by its name in both languages.
    pub(super) fn link(&mut self, href: &str, (zh, en): (&'static str, &'static str)) {
        self.parts.push(Part::Link(href.to_owned(), self.shell.t(zh, en).to_owned()));
    }

    /// A button that prints the page.
    pub(super) fn print(&mut self) {
        self.parts.push(Part::Print);
    }

    pub(super) fn show(&self) -> Result<HttpResponse> {
        show(self)
    }
}

/// Fen as yuan with two places.
pub(super) fn yuan(fen: impl Borrow<i64>) -> String {
    let fen = *fen.borrow();
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// Yuan as they are written, in fen: at most two places, never rounded.
pub(super) fn fen(yuan: &str) -> Option<i64> {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    let part = format!("{part:0<2}");
    Some(whole.parse::<i64>().ok()? * 100 + part.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_read_as_they_are_shown() {
        for (text, amount) in [("0", 0), ("98", 9_800), ("98.5", 9_850), ("98.05", 9_805), ("1234567.89", 123_456_789)]
        {
            assert_eq!(fen(text), Some(amount));
            assert_eq!(fen(&yuan(amount)), Some(amount));
        }
        for bad in ["", ".5", "1.234", "-1", "1e3", "９", "1,5", "10000000000"] {
            assert_eq!(fen(bad), None, "{bad}");
        }
        assert_eq!(yuan(-5), "-0.05");
    }
}
