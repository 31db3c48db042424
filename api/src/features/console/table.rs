//! Tables of pages: what a page shows in rows, how to go on, and where to download it.

use askama::Template;

use crate::features::satisfaction::dto::SatisfactionInterval;

/// A column's heading.
pub(super) struct Column {
    label: String,
    /// Figures stand to the right.
    number: bool,
}

/// One cell.
pub(super) enum Cell {
    /// A text.
    Text(String),
    /// A figure, as it is to be read.
    Number(String),
    /// A text that leads somewhere.
    Link(String, String),
    /// A word with a colour: `good`, `bad`, `wait` or `plain`. The word says it too.
    Mark(&'static str, String),
    /// Buttons.
    Buttons(Vec<Button>),
}

/// A form that is one button.
pub(super) struct Button {
    /// Where it posts to.
    pub(super) action: String,
    /// What it says.
    pub(super) label: String,
    /// Hidden fields.
    pub(super) fields: Vec<(&'static str, String)>,
    /// What can't be undone is asked about once more.
    pub(super) ask: Option<String>,
}

/// See the module.
#[derive(Template)]
#[template(path = "console/table.html")]
pub(super) struct Table {
    /// What it is; read out by a screen reader.
    pub(super) caption: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// Said in place of rows.
    pub(super) empty: String,
    /// Where the next page is.
    pub(super) next: Option<String>,
    next_label: String,
    /// Label and address of the downloads.
    pub(super) downloads: Vec<(String, String)>,
    csrf: String,
}

impl Table {
    /// Without rows yet; a heading that begins with `#` is of figures.
    pub(super) fn new(shell: &super::shell::Shell, caption: &str, columns: &[&str]) -> Self {
        let column = |label: &&str| match label.strip_prefix('#') {
            Some(label) => Column { label: label.to_owned(), number: true },
            None => Column { label: (*label).to_owned(), number: false },
        };
        Self {
            caption: caption.to_owned(),
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
            empty: shell.t("没有记录。", "Nothing here.").to_owned(),
            next: None,
            next_label: shell.t("下一页", "Next page").to_owned(),
            downloads: Vec::new(),
            csrf: shell.csrf.clone(),
        }
    }

    /// Adds a row, a cell for each column.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The downloads of what it shows: the API's own address without its ending, and its query.
    pub(super) fn downloads(mut self, path: &str, query: &str) -> Self {
        for ending in ["csv", "xlsx"] {
            let label = ending.to_uppercase();
            let joint = if query.is_empty() { "" } else { "?" };
            self.downloads.push((label, format!("/api/v1{path}.{ending}{joint}{query}")));
        }
        self
    }
}

/// A text.
pub(super) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

/// A figure.
pub(super) fn number(number: i64) -> Cell {
    Cell::Number(number.to_string())
}

/// From, to.
pub(super) fn interval(interval: Option<SatisfactionInterval>) -> String {
    interval.map_or_else(|| "—".to_owned(), |i| format!("{}–{}", percent(Some(i.low)), percent(Some(i.high))))
}

/// A fraction of one as a percentage with a decimal; a dash without one.
pub(super) fn percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(|| "—".to_owned(), |fraction| format!("{:.1}%", fraction * 100.0))
}
