//! Tables of pages: what a page shows in rows, how to go on, and where to download it.

use std::cmp::Ordering;

use actix_web::HttpResponse;
use askama::Template;

use super::{
    fields::Fields,
    listed::{MOST_SORTED, Rest},
    shell::Shell,
};
use crate::{
    error::{Result, Text},
    features::satisfaction::dto::SatisfactionInterval,
    http::{Moment, idempotency::word_of_a_form, table as sheet},
};

/// Rows of a page of a list that is sorted, and the query's name for the first.
const ROWS: usize = 50;
pub(super) const FIRST_ROW: &str = "row";
/// The query's name for a word that rows are looked through for.
pub(super) const FIND: &str = "find";

/// Rows that one looks through by eye.
const LONG: usize = 20;

/// A column's heading.
pub(super) struct Column {
    label: String,
    /// Figures stand to the right.
    number: bool,
    /// What can be done to a row: nothing to download.
    deeds: bool,
    /// The heading leads to the same table sorted by it; and how it is sorted now (`aria-sort`).
    sort: Option<(String, &'static str)>,
}

impl Column {
    fn of(label: &str) -> Self {
        let (number, label) = label.strip_prefix('#').map_or((false, label), |label| (true, label));
        let (deeds, label) = label.strip_prefix('!').map_or((false, label), |label| (true, label));
        Self { label: label.to_owned(), number, deeds, sort: None }
    }
}

/// One cell.
pub(super) enum Cell {
    /// A text.
    Text(String),
    /// A code: an id, an action, facts as JSON.
    Code(String),
    /// A figure, as it is to be read.
    Number(String),
    /// A text that leads somewhere.
    Link(String, String),
    /// A word with a colour: `good`, `bad`, `wait` or `plain`. The word says it too.
    Mark(&'static str, String),
    /// Buttons.
    Buttons(Vec<Button>),
    /// Forms to fold out, each under its name.
    Forms(Vec<(String, Fields)>),
}

impl Cell {
    fn words(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Number(text) | Self::Link(text, _) | Self::Mark(_, text) => {
                Some(text)
            }
            Self::Buttons(_) | Self::Forms(_) => None,
        }
    }

    /// The figure that it begins with, without signs of groups.
    fn figure(&self) -> Option<f64> {
        let Self::Number(text) = self else { return None };
        let plain = text.replace(',', "");
        let end = plain.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(plain.len());
        plain[..end].parse().ok()
    }

    /// For a spreadsheet: a figure is a number, a percentage the fraction that it is of.
    fn as_sheet(&self) -> sheet::Cell {
        let Some(words) = self.words() else { return sheet::Cell::Empty };
        let Self::Number(_) = self else { return sheet::Cell::text(words) };
        let plain = words.replace(',', "");
        if let Ok(whole) = plain.parse() {
            return sheet::Cell::Integer(whole);
        }
        let fraction = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        match plain.strip_suffix('%').map_or((fraction(&plain), 1.0), |part| (fraction(part), 100.0)) {
            // Divided to as many digits as there were.
            (Some(number), of) => sheet::Cell::Number((number * 1e6 / of).round() / 1e6),
            (None, _) if words == "—" => sheet::Cell::Empty,
            (None, _) => sheet::Cell::text(words),
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self.figure(), other.figure()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            // What has no figure comes last.
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.words().cmp(&other.words()),
        }
    }
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
    next: Option<String>,
    next_label: String,
    /// Which of its rows is the first to be shown, where not all are shown at once, and the query's name for it.
    first: Option<usize>,
    first_row: String,
    /// Longer than what is sorted and looked through.
    too_long: bool,
    /// A list of many, which is looked through; what stands beside it on the page isn't.
    list: bool,
    /// A word about it.
    note: String,
    /// Where the API has it as a file: its address without the ending, and the query.
    of_api: Option<(String, String)>,
    /// Label and address of the downloads.
    downloads: Vec<(String, String)>,
    /// No address shows it again, or there is nothing to take along.
    only_here: bool,
    csrf: String,
    once: String,
}

impl Table {
    /// Without rows yet; a heading that begins with `#` is of figures.
    /// One that begins with `!` is of what can be done.
    pub(super) fn new(shell: &Shell, caption: &str, columns: &[&str]) -> Self {
        Self {
            caption: caption.to_owned(),
            columns: columns.iter().map(|label| Column::of(label)).collect(),
            rows: Vec::new(),
            empty: shell.t("没有记录。", "Nothing here.").to_owned(),
            next: None,
            next_label: shell.t("下一页", "Next page").to_owned(),
            first: None,
            first_row: FIRST_ROW.to_owned(),
            too_long: false,
            list: false,
            note: String::new(),
            of_api: None,
            downloads: Vec::new(),
            only_here: false,
            csrf: shell.csrf.clone(),
            once: word_of_a_form(),
        }
    }

    /// Adds a row, a cell for each column.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Goes on as its list does, once it has its rows.
    pub(super) fn rest(self, shell: &Shell, rest: Rest) -> Self {
        self.rest_by(shell, rest, "cursor")
    }

    /// The same where the page's cursor belongs to another table: this one's has a name of its own.
    pub(super) fn rest_by(mut self, shell: &Shell, rest: Rest, name: &str) -> Self {
        self.list = true;
        match rest {
            Rest::Page(cursor) => self.next = cursor.map(|cursor| shell.with(&[(name, &cursor)])),
            Rest::TooLong(cursor) => {
                self.too_long = true;
                self.next = cursor.map(|cursor| shell.with(&[(name, &cursor), ("sort", "")]));
                let found = shell.asked(FIND).is_some();
                self.note = shell.told(&if found {
                    // Rows that nobody looked at aren't there to say that nothing was found.
                    self.rows.clear();
                    self.next = None;
                    self.empty = shell.t("没有查找。", "Not looked through.").to_owned();
                    Text::new(
                        format!("超过 {MOST_SORTED} 条，页面上没有查找：请先按条件筛选，或下载（下载的表格按要找的内容筛选）。"),
                        format!("More than {MOST_SORTED} rows, not looked through here: filter first, or download what is found."),
                    )
                } else {
                    Text::new(
                        format!("超过 {MOST_SORTED} 条，未排序；请先按条件筛选再点表头排序，或下载后排序。"),
                        format!("More than {MOST_SORTED}, not sorted: filter first, or download them."),
                    )
                });
            }
            Rest::Whole => {
                self.first_row = name.replace("cursor", FIRST_ROW);
                self.first = Some(shell.asked(&self.first_row).and_then(|row| row.parse().ok()).unwrap_or(0));
            }
        }
        self
    }

    /// The rows of the page.
    fn shown(&self) -> &[Vec<Cell>] {
        let behind = self.first.unwrap_or(0).min(self.rows.len());
        let most = if self.first.is_some() { ROWS } else { usize::MAX };
        &self.rows[behind..][..most.min(self.rows.len() - behind)]
    }

    /// Sorts a table that shows all there is as the page was asked to, and lets its headings ask. `name`
    /// tells the tables of a page apart.
    pub(super) fn sortable(mut self, shell: &Shell, name: char) -> Self {
        self.sort(shell, name);
        self
    }

    /// The same for a table that nothing sorts yet; and where its next page is, once it has the rows that stay.
    pub(super) fn sort_anyway(&mut self, shell: &Shell, name: char) {
        // What a form was answered has no address under which it could be asked for in another order.
        if shell.answers_a_form() {
            (self.first, self.next) = (None, None);
            return;
        }
        if self.columns.iter().all(|column| column.sort.is_none()) {
            self.sort(shell, name);
        }
        if let Some(first) = self.first {
            let behind = first.saturating_add(ROWS);
            self.next = (self.rows.len() > behind).then(|| shell.with(&[(&self.first_row, &behind.to_string())]));
        }
    }

    /// Whether it is a list of many.
    pub(super) const fn is_list(&self) -> bool {
        self.list
    }

    /// Whether nobody wants to look through it by eye.
    pub(super) const fn is_long(&self) -> bool {
        self.rows.len() > LONG || self.first.is_some() || self.next.is_some()
    }

    /// Leaves the rows that hold a word, whichever way it is written.
    pub(super) fn find(&mut self, word: &str) {
        let word = word.to_lowercase();
        self.rows.retain(|row| row.iter().filter_map(Cell::words).any(|text| text.to_lowercase().contains(&word)));
    }

    fn sort(&mut self, shell: &Shell, name: char) {
        if shell.answers_a_form() {
            return;
        }
        let asked = shell.asked("sort").unwrap_or_default();
        let (down, column) = asked.strip_prefix('-').map_or((false, &*asked), |column| (true, column));
        let chosen: Option<usize> = column.strip_prefix(name).and_then(|column| column.parse().ok());
        let sorts = |column: &usize| !self.too_long && self.columns.get(*column).is_some_and(|column| !column.deeds);
        let chosen = chosen.filter(sorts);
        if let Some(column) = chosen {
            self.rows.sort_by(|a, b| match (a.get(column), b.get(column)) {
                (Some(a), Some(b)) if down && a.figure().is_some() == b.figure().is_some() => b.order(a),
                (Some(a), Some(b)) => a.order(b),
                _ => Ordering::Equal,
            });
        }
        for (at, column) in self.columns.iter_mut().enumerate().filter(|(_, column)| !column.deeds) {
            let (sign, state) = match (chosen == Some(at), down) {
                (true, false) => ("-", "ascending"),
                (true, true) => ("", "descending"),
                (false, _) => ("", "none"),
            };
            let from_the_top = [("sort", &*format!("{sign}{name}{at}")), ("cursor", ""), (&self.first_row, "")];
            column.sort = Some((shell.with(&from_the_top), state));
        }
    }

    /// The answer to a form, or nothing to take along: it isn't offered as a file.
    pub(super) const fn only_here(mut self) -> Self {
        self.only_here = true;
        self
    }

    /// What it shows, as a file; without what can be done to the rows.
    pub(super) fn download(&self, ending: &str, as_of: Moment) -> Result<HttpResponse> {
        let shown = |at: &usize| self.columns.get(*at).is_some_and(|column| !column.deeds);
        let header: Vec<&str> =
            self.columns.iter().filter(|column| !column.deeds).map(|column| &*column.label).collect();
        let row = |row: &Vec<Cell>| {
            row.iter().enumerate().filter(|(at, _)| shown(at)).map(|(_, cell)| cell.as_sheet()).collect()
        };
        let rows = self.rows.iter().map(row).collect();
        let sheet = sheet::Table { filename: "table".to_owned(), header: &header, rows, as_of };
        if ending == "xlsx" { sheet.xlsx() } else { sheet.csv() }
    }

    /// The downloads of all that the page's filters leave, whichever page is shown: the API's own address
    /// without its ending, which knows the filters by the same names.
    pub(super) fn whole(self, shell: &Shell, path: &str) -> Self {
        self.downloads(path, &shell.filters())
    }

    /// The downloads of what it shows: the API's own address without its ending, and its query. What is found or
    /// sorted on the page the API doesn't know: then the page makes the file itself.
    pub(super) fn downloads(mut self, path: &str, query: &str) -> Self {
        self.of_api = Some((path.to_owned(), query.to_owned()));
        self
    }

    /// Where it is downloaded, once it is known whether the page was sorted or looked through; it is table `n` of it.
    pub(super) fn name_downloads(&mut self, shell: &Shell, n: usize) {
        let asked = ["sort", FIND].iter().any(|name| shell.asked(name).is_some());
        let n = n.to_string();
        let address = match self.of_api.as_ref().filter(|_| !asked) {
            Some((path, query)) => {
                let joint = if query.is_empty() { "" } else { "?" };
                ["csv", "xlsx"].map(|ending| format!("/api/v1{path}.{ending}{joint}{query}"))
            }
            None if self.only_here || shell.answers_a_form() || (self.rows.is_empty() && !self.too_long) => return,
            None => ["csv", "xlsx"].map(|ending| shell.with(&[("as", ending), ("table", &n)])),
        };
        self.downloads = ["CSV", "XLSX"].map(ToOwned::to_owned).into_iter().zip(address).collect();
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

/// A fraction of one as a percentage; a dash without one. Figures have four decimals, made of whole numbers once:
/// as many are shown, for rounded again they could say another thing than the verdict beside them.
pub(super) fn percent(fraction: Option<f64>) -> String {
    fraction.map_or_else(|| "—".to_owned(), |fraction| format!("{:.2}%", fraction * 100.0))
}

/// An id or another code.
pub(super) fn code(code: impl std::fmt::Display) -> Cell {
    Cell::Code(code.to_string())
}

/// A text that leads somewhere.
pub(super) fn link(text: impl Into<String>, href: impl Into<String>) -> Cell {
    Cell::Link(text.into(), href.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_downloaded_as_a_number() {
        let of = |text: &str| Cell::Number(text.to_owned()).as_sheet();
        assert_eq!(of("-80.50"), sheet::Cell::Number(-80.5));
        assert_eq!(of("1,234"), sheet::Cell::Integer(1234));
        assert_eq!(of("95.3%"), sheet::Cell::Number(0.953));
        assert_eq!(of("—"), sheet::Cell::Empty);
        assert_eq!(of("90.1%–96.0%"), sheet::Cell::text("90.1%–96.0%"));
        assert_eq!(text("-1").as_sheet(), sheet::Cell::text("-1"), "a text stays one");
    }

    #[test]
    fn a_percentage_is_rounded_once() {
        // 14 of 17, 170 of 189, 90 of 100.
        assert_eq!([0.8235, 0.8995, 0.9].map(|part| percent(Some(part))), ["82.35%", "89.95%", "90.00%"]);
        assert_eq!(percent(None), "—");
    }
}
