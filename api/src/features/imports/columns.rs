//! A row of texts becomes what the API would take: a table is a list of columns, each with its title, what
//! it holds and the member it becomes. The API's own types then check what they always check. Where something
//! is wrong an example goes on in its place, so that everything that is wrong with a row is told at once.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    cells::{bare, titles, value},
    sheet::Line,
};
use crate::{
    error::{Problem, Result, Text},
    http::json::field_problem,
};

/// Problems named in one answer.
pub const MOST_NAMED: usize = 500;

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// Degrees.
    Number,
    /// Money in yuan, that becomes fen.
    Yuan,
    /// 是 or 否.
    YesNo,
    /// A date, as 2026-03-02, 2026/3/2 or 2026年3月2日.
    Day,
    /// One of these: as it is written, and the word it becomes.
    Word(fn() -> Vec<(&'static str, &'static str)>),
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its title in the first row.
    pub title: &'static str,
    /// The member it becomes; dots lead into objects.
    pub field: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether every row has it.
    pub needed: bool,
    /// For people.
    pub help: &'static str,
    /// A good value.
    pub example: &'static str,
}

/// A column that every row has.
#[must_use]
pub const fn needed(
    title: &'static str,
    field: &'static str,
    holds: Holds,
    help: &'static str,
    example: &'static str,
) -> Column {
    Column { title, field, holds, needed: true, help, example }
}

/// A column that a row may have.
#[must_use]
pub const fn maybe(
    title: &'static str,
    field: &'static str,
    holds: Holds,
    help: &'static str,
    example: &'static str,
) -> Column {
    Column { title, field, holds, needed: false, help, example }
}

/// What is wrong, row by row; of more than are named the first rows'.
#[derive(Debug, Default)]
pub struct Problems {
    named: Vec<(usize, String, &'static str, Text)>,
    total: usize,
    /// Lines that were taken for notes, and left out.
    pub notes: usize,
    rows: HashSet<usize>,
    cells: HashSet<(usize, String)>,
}

impl Problems {
    /// Something is wrong in a row, at a column if one is at fault. Of a cell only the first thing is told,
    /// and whether this is it.
    pub fn add(&mut self, at: usize, title: &str, code: &'static str, text: &Text) -> bool {
        self.rows.insert(at);
        if !title.is_empty() && !self.cells.insert((at, title.to_owned())) {
            return false;
        }
        self.total += 1;
        // Tables are looked through more than once: what comes later may be of an earlier row.
        if self.named.len() >= 2 * MOST_NAMED {
            self.cut();
        }
        let field = if title.is_empty() { format!("rows[{at}]") } else { format!("rows[{at}].{title}") };
        let (zh, en) = if title.is_empty() {
            (format!("第{at}行：{}", text.zh), format!("Row {at}: {}", text.en))
        } else {
            (format!("第{at}行“{title}”：{}", text.zh), format!("Row {at}, {title}: {}", text.en))
        };
        // A title stays as the template has it.
        self.named.push((at, field, code, text.within(zh, en).keeping(title)));
        true
    }

    /// The first ones by row; of a row in the order in which they were found.
    fn cut(&mut self) {
        self.named.sort_by_key(|(at, ..)| *at);
        self.named.truncate(MOST_NAMED);
    }

    /// Whether something is wrong with a cell.
    #[must_use]
    pub fn has_cell(&self, at: usize, title: &str) -> bool {
        self.cells.contains(&(at, title.to_owned()))
    }

    /// Whether anything is wrong in a row: nothing is made of it.
    #[must_use]
    pub fn has(&self, at: usize) -> bool {
        self.rows.contains(&at)
    }

    /// A refusal that the same row would get by hand; its fields become columns. Gives the columns that
    /// nothing was wrong with before, with the refusal's word.
    pub fn refuse<'c>(
        &mut self,
        at: usize,
        columns: &'c [Column],
        problem: &Problem,
    ) -> Vec<(&'c Column, &'static str)> {
        if problem.errors.is_empty() {
            self.add(at, "", "refused", &in_titles(problem.text(), columns, ""));
        }
        let mut fresh = Vec::new();
        for error in &problem.errors {
            let column = columns.iter().find(|column| column.field == error.field);
            let text = in_titles(&error.text, columns, &error.field);
            let is_new = self.add(at, column.map_or("", |column| column.title), error.code, &text);
            fresh.extend(column.filter(|_| is_new).map(|column| (column, error.code)));
        }
        fresh
    }

    /// Refuses if anything was wrong: row by row, and how much more there is than is named.
    pub fn done(mut self) -> Result<()> {
        self.cut();
        let (total, more) = (self.total, self.total - self.named.len());
        let mut all = self.named.into_iter().map(|(_, field, code, text)| (field, code, text));
        let Some((field, code, text)) = all.next() else { return Ok(()) };
        let first = Problem::field(field, code, text);
        let problem = all.fold(first, |problem, (field, code, text)| problem.and_field(field, code, text));
        let problem = if more == 0 {
            problem
        } else {
            let text = Text::new(
                format!("另有{more}处问题没有列出，请先更正以上问题后再试。"),
                format!("{more} more problems aren't named here: mend these first."),
            );
            problem.and_field("rows", "more", text)
        };
        Err(problem.fact("problems", total))
    }
}

/// A refusal in the words of the table: members of the API become titles, and what it begins with is said by
/// the column.
fn in_titles(text: &Text, columns: &[Column], field: &str) -> Text {
    let own = |told: &str, colon: &str| {
        let rest = told.strip_prefix(field).filter(|_| !field.is_empty());
        let rest = rest.and_then(|rest| rest.strip_prefix(colon).or_else(|| rest.strip_prefix(' ')));
        rest.unwrap_or(told).to_owned()
    };
    let mut zh = own(&text.zh, "：");
    for column in columns {
        // Only whole words.
        let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
        while let Some(at) = zh.match_indices(column.field).map(|(at, _)| at).find(|at| {
            let (before, after) = (&zh[..*at], &zh[at + column.field.len()..]);
            !before.ends_with(word) && !after.starts_with(word)
        }) {
            zh.replace_range(at..at + column.field.len(), &format!("“{}”", column.title));
        }
    }
    text.within(zh, own(&text.en, ": "))
}

/// A row as the API would take it, with its number in the file.
#[derive(Debug)]
pub struct Row<T> {
    /// Its number in the file, from 1.
    pub at: usize,
    /// What it says.
    pub value: T,
}

/// Where each column stands.
fn places(head: &Line, columns: &[Column], problems: &mut Problems) -> Vec<Option<usize>> {
    let titles = titles(head, columns);
    for (i, title) in titles.iter().enumerate().filter(|(_, title)| !title.is_empty()) {
        if !columns.iter().any(|column| bare(column.title) == *title) {
            let text = Text::new("没有这一列，请按模板修改表头。", "No such column; see the template.");
            problems.add(head.at, &short(&head.cells[i]), "unknown", &text);
        } else if titles[..i].contains(title) {
            let text = Text::new("这一列重复了。", "The column is there twice.");
            problems.add(head.at, &short(&head.cells[i]), "repeated", &text);
        }
    }
    columns
        .iter()
        .map(|column| {
            let place = titles.iter().position(|title| *title == bare(column.title));
            if place.is_none() && column.needed {
                let text = Text::new("缺少这一列，请下载模板核对表头。", "The column is missing; see the template.");
                problems.add(head.at, column.title, "missing", &text);
            }
            place
        })
        .collect()
}

/// A title of somebody else's in few characters.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(20).collect()
}

/// Reads rows; what is wrong is told.
pub fn read<T: DeserializeOwned>(lines: &[Line], columns: &[Column], problems: &mut Problems) -> Vec<Row<T>> {
    let Some((head, rest)) = lines.split_first() else {
        problems.add(1, "", "empty", &Text::new("表格是空的。", "The table is empty."));
        return Vec::new();
    };
    let places = places(head, columns, problems);
    // Without notes and examples of the template.
    let all = rest.len();
    let rest: Vec<&Line> = rest.iter().filter(|line| !line.is_note()).collect();
    problems.notes = all - rest.len();
    if rest.is_empty() {
        problems.add(head.at, "", "empty", &Text::new("表头下面没有数据。", "There are no rows below the header."));
    }
    if rest.len() > super::sheet::MOST_ROWS {
        let most = super::sheet::MOST_ROWS;
        let text = Text::new(format!("一次最多导入{most}行，请分批导入。"), format!("At most {most} rows at a time."));
        problems.add(head.at, "", "too_long", &text);
        return Vec::new();
    }
    if problems.total > 0 {
        return Vec::new();
    }
    let mut rows = Vec::with_capacity(rest.len());
    let titled = titles(head, columns);
    for line in rest {
        if line.hidden {
            let text = Text::new(
                "该行在表格中被隐藏或被筛选掉了，请取消隐藏和筛选，或删除该行后重试。",
                "The spreadsheet hides this row, or a filter leaves it out: show it, or delete it.",
            );
            problems.add(line.at, "", "hidden", &text);
        }
        let untitled = |at| titled.get(at).is_none_or(String::is_empty);
        if line.cells.iter().enumerate().any(|(at, cell)| !cell.is_empty() && untitled(at)) {
            let text = Text::new("有内容的单元格上方没有表头，请核对列。", "A cell stands under no title.");
            problems.add(line.at, "", "no_title", &text);
        }
        let mut object = Map::new();
        for (column, place) in columns.iter().zip(&places) {
            let cell = place.and_then(|place| line.cells.get(place)).map_or("", String::as_str);
            let wrong = place.and_then(|place| line.wrong_at(place));
            let read = match wrong {
                Some(wrong) => Err(wrong.told()),
                None if cell.is_empty() && column.needed => {
                    Err(("missing", Text::new("不能为空。", "Must not be empty.")))
                }
                None if cell.is_empty() => continue,
                None => value(cell, column.holds),
            };
            match read {
                Ok(value) => set(&mut object, column.field, value),
                Err((code, text)) => {
                    problems.add(line.at, column.title, code, &text);
                    mend(&mut object, column, code);
                }
            }
        }
        if let Some(value) = parse(problems, columns, line.at, &mut object) {
            rows.push(Row { at: line.at, value });
        }
    }
    rows
}

/// A row's members, mended where something was wrong.
pub type Object = Map<String, Value>;

/// Puts the column's example in place of what is wrong, so that what else is wrong with the row is seen too.
/// Nothing is made of such a row ([`Problems::has`]).
fn mend(object: &mut Object, column: &Column, code: &str) {
    let example = value(column.example, column.holds).ok().filter(|_| code != "not_for_this_kind");
    match example.filter(|_| !column.example.is_empty()) {
        Some(example) => set(object, column.field, example),
        None => drop(object.remove(column.field)),
    }
}

/// A row, or a part of it, as the API takes it; all that it refuses is told.
pub fn parse<T: DeserializeOwned>(
    problems: &mut Problems,
    columns: &[Column],
    at: usize,
    object: &mut Object,
) -> Option<T> {
    loop {
        let problem = match serde_path_to_error::deserialize(Value::Object(object.clone())) {
            Ok(value) => return Some(value),
            Err(error) => field_problem(&error.path().to_string(), &error.inner().to_string()),
        };
        let fresh = problems.refuse(at, columns, &problem);
        if fresh.is_empty() {
            return None;
        }
        fresh.into_iter().for_each(|(column, code)| mend(object, column, code));
    }
}

/// A row as the API takes it, held against rules that end at the first thing that is wrong: again and again,
/// until they have told everything. What isn't the row's fault ends the import.
pub fn ruled<T: DeserializeOwned, R>(
    problems: &mut Problems,
    columns: &[Column],
    at: usize,
    mut object: Object,
    mut rules: impl FnMut(T) -> Result<R>,
) -> Result<Option<R>> {
    loop {
        let Some(value) = parse(problems, columns, at, &mut object) else { return Ok(None) };
        let problem = match rules(value) {
            Ok(outcome) => return Ok(Some(outcome)),
            Err(problem) if problem.code().status().is_server_error() => return Err(problem),
            Err(problem) => problem,
        };
        let fresh = problems.refuse(at, columns, &problem);
        if fresh.is_empty() {
            return Ok(None);
        }
        fresh.into_iter().for_each(|(column, code)| mend(&mut object, column, code));
    }
}

fn set(object: &mut Map<String, Value>, field: &str, value: Value) {
    match field.split_once('.') {
        None => drop(object.insert(field.to_owned(), value)),
        Some((outer, inner)) => {
            if let Value::Object(within) = object.entry(outer).or_insert_with(|| json!({})) {
                set(within, inner, value);
            }
        }
    }
}
