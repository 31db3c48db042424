//! A file becomes rows of texts: `.xlsx` by `calamine`, cell by cell, for a dense copy of a sheet whose
//! cells lie far apart would take all memory; `.csv` in UTF-8 or, as Excel saves it, in GBK.
//!
//! A workbook is a ZIP: what it unpacks to is counted before anything reads it.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use encoding_rs::GBK;

use super::{hidden, quotes::unpaired};
use crate::error::{Problem, Result, Text};

/// Rows of an import, at most.
pub const MOST_ROWS: usize = 2_000;
/// Lines of a file, at most: empty ones and notes too.
const MOST_LINES: usize = 5_000;
/// Columns looked at, at most.
const MOST_COLUMNS: usize = 64;
/// Characters of a cell, at most: more than any of ours takes.
const MOST_TEXT: usize = 2_000;
/// What a workbook may unpack to, and of how many parts it may be made.
const MOST_UNPACKED: u64 = 32 * 1024 * 1024;
const MOST_PARTS: usize = 500;
/// Bytes of text that are taken from a workbook.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A workbook; its first sheet that is seen is read.
    Xlsx,
    /// Comma-separated values.
    Csv,
}

/// A line of the file with something in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub at: usize,
    /// Its cells, trimmed.
    pub cells: Vec<String>,
    /// The cells that don't hold what somebody typed, and why.
    pub wrong: Vec<(usize, Wrong)>,
    /// The spreadsheet doesn't show it: somebody hid it, or a filter leaves it out.
    pub hidden: bool,
}

impl Line {
    /// What is wrong with a cell, if anything is.
    #[must_use]
    pub fn wrong_at(&self, column: usize) -> Option<Wrong> {
        self.wrong.iter().find(|(at, _)| *at == column).map(|(_, wrong)| *wrong)
    }

    /// A note of the template, or somebody's own: the first cell is a text that begins with `# `.
    #[must_use]
    pub fn is_note(&self) -> bool {
        self.wrong_at(0).is_none() && self.cells.first().is_some_and(|cell| cell == "#" || cell.starts_with("# "))
    }
}

/// Why a cell can't be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The spreadsheet itself says so: `#REF!`, `#N/A`.
    Error,
    /// A number with more digits than a spreadsheet keeps: the last ones are lost.
    Digits,
    /// A formula whose result isn't in the file.
    NoResult,
}

impl Wrong {
    /// The word at the API, and what to do about it.
    #[must_use]
    pub fn told(self) -> (&'static str, Text) {
        match self {
            Self::Error => {
                ("cell_error", Text::new("单元格是错误值，请更正。", "The cell holds an error of the spreadsheet."))
            }
            Self::Digits => (
                "digits_lost",
                Text::new(
                    "数字超过15位，表格软件已丢失后几位，请设为文本格式后重新填写。",
                    "A number of more than 15 digits has lost the last ones: make the cell a text and type it again.",
                ),
            ),
            Self::NoResult => (
                "no_result",
                Text::new(
                    "公式没有计算结果，请用 Excel 或 WPS 打开并保存，或改填数值。",
                    "The formula's result isn't in the file: open and save it, or type the value.",
                ),
            ),
        }
    }
}

/// What a spreadsheet writes in place of a result.
const ERRORS: [&str; 10] =
    ["#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#DATA!"];
/// From here on a number has more digits than a spreadsheet keeps.
const MOST_WHOLE: f64 = 1e15;

/// How a file of the old kind begins: an `.xls`, or a workbook under a password.
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

fn refused(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::field("body", code, Text::new(zh.into(), en.into()))
}

fn too_many() -> Problem {
    refused(
        "too_long",
        format!("表格超过{MOST_LINES}行，请拆分后分批导入（每次最多{MOST_ROWS}行）。"),
        format!("More than {MOST_LINES} lines: import {MOST_ROWS} rows at a time."),
    )
}

/// Reads the lines of a file that have something in them. Slow work: not for a worker's own thread.
pub fn lines(body: &[u8], kind: Kind) -> Result<Vec<Line>> {
    if body.starts_with(OLE) {
        return Err(refused(
            "malformed",
            "这是旧版 .xls 文件，或加了密码的工作簿，无法读取；请取消密码，用 Excel 或 WPS 另存为“Excel 工作簿（.xlsx）”后重试。",
            "An old .xls, or a workbook with a password: save it as a workbook (.xlsx) without one.",
        ));
    }
    let mut lines = match kind {
        Kind::Xlsx => workbook(body)?,
        Kind::Csv => values(body)?,
    };
    for line in &mut lines {
        let errors = line.cells.iter().enumerate().filter(|(_, cell)| ERRORS.contains(&&***cell));
        line.wrong.extend(errors.map(|(at, _)| (at, Wrong::Error)));
        if line.cells.iter().any(|cell| cell.chars().count() > MOST_TEXT) {
            let at = line.at;
            return Err(refused(
                "too_long",
                format!("第{at}行有超过{MOST_TEXT}字的单元格，请检查表格。"),
                format!("Line {at} has a cell of more than {MOST_TEXT} characters."),
            ));
        }
    }
    Ok(lines)
}

fn values(body: &[u8]) -> Result<Vec<Line>> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let text = match std::str::from_utf8(body) {
        Ok(text) => std::borrow::Cow::Borrowed(text),
        Err(_) => match GBK.decode_without_bom_handling_and_without_replacement(body) {
            Some(text) => text,
            None => {
                return Err(refused(
                    "malformed",
                    "CSV 文件的编码既不是 UTF-8 也不是 GBK，请用 Excel 另存为 CSV 后重试。",
                    "The file is neither UTF-8 nor GBK.",
                ));
            }
        },
    };
    // The reader counts a line when it sees its end, and takes the second half of "\r\n" for the next one's.
    let text = text.replace("\r\n", "\n");
    if let Some(at) = unpaired(&text) {
        return Err(refused(
            "malformed",
            format!("CSV 文件格式有误：第{at}行有引号没有成对，请更正后重试。"),
            format!("Row {at} has a quote without its other one."),
        ));
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut lines, mut record) = (Vec::new(), csv::StringRecord::new());
    loop {
        let at = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        let read = reader.read_record(&mut record);
        if !read.map_err(|error| refused("malformed", "CSV 文件格式有误，请检查引号是否成对。", error.to_string()))?
        {
            return Ok(lines);
        }
        // Lines of nothing at all are skipped by the reader, which counts the record from before them.
        let begins = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let at = at + text.bytes().skip(begins).take_while(|byte| *byte == b'\n').count();
        if lines.len() >= MOST_LINES {
            return Err(too_many());
        }
        let cells: Vec<String> = record.iter().take(MOST_COLUMNS).map(|cell| plain(cell).to_owned()).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            lines.push(Line { at, cells, ..Line::default() });
        }
    }
}

/// Without the apostrophe that our exports put before what a spreadsheet would take for a formula.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) => rest,
        _ => cell,
    }
}

fn too_large() -> Problem {
    refused("too_long", "工作簿解压后过大，请只保留需要导入的工作表。", "The workbook unpacks to too much.")
}

fn no_workbook() -> Problem {
    refused(
        "malformed",
        "不是有效的 .xlsx 文件，请用 Excel 或 WPS 另存为“Excel 工作簿（.xlsx）”后重试。",
        "The file is not a workbook (.xlsx).",
    )
}

/// Refuses what would unpack to more than we read: the parts' own word isn't taken for it.
fn check_unpacked(body: &[u8]) -> Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(body)).map_err(|_| no_workbook())?;
    if archive.len() > MOST_PARTS {
        return Err(too_large());
    }
    let mut left = MOST_UNPACKED;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|_| no_workbook())?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| no_workbook())?;
        left = left.checked_sub(read).ok_or_else(too_large)?;
    }
    Ok(())
}

fn workbook(body: &[u8]) -> Result<Vec<Line>> {
    check_unpacked(body)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(body)).map_err(|_| no_workbook())?;
    let seen = |sheet: &&calamine::Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
    let first = book.sheets_metadata().iter().find(seen).map(|sheet| sheet.name.clone()).ok_or_else(no_workbook)?;
    let hidden = hidden::rows(body, &first);
    let mut reader = book.worksheet_cells_reader(&first).map_err(|_| no_workbook())?;
    let (mut lines, mut left) = (BTreeMap::<usize, Line>::new(), MOST_BYTES);
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(|_| no_workbook())? {
        let (row, column) = cell.pos;
        let (at, column) = (row as usize + 1, column as usize);
        if column >= MOST_COLUMNS {
            continue;
        }
        // A text that many cells share is there once in the file: what is copied of it is counted first.
        let long = match &cell.value {
            DataRef::SharedString(text) => text.len(),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.len(),
            _ => 0,
        };
        left = left.checked_sub(long).ok_or_else(too_large)?;
        let wrong = match &cell.value {
            DataRef::Empty if cell.formula.is_some() => Some(Wrong::NoResult),
            DataRef::Float(n) if n.abs() >= MOST_WHOLE => Some(Wrong::Digits),
            DataRef::Int(n) if n.unsigned_abs() as f64 >= MOST_WHOLE => Some(Wrong::Digits),
            _ => None,
        };
        let text = shown(&cell.value);
        if text.is_empty() && wrong.is_none() {
            continue;
        }
        if lines.len() >= MOST_LINES && !lines.contains_key(&at) {
            return Err(too_many());
        }
        let line = lines.entry(at).or_insert_with(|| Line { at, hidden: hidden.contains(&at), ..Line::default() });
        if line.cells.len() <= column {
            line.cells.resize(column + 1, String::new());
        }
        line.cells[column] = text;
        line.wrong.extend(wrong.map(|wrong| (column, wrong)));
    }
    Ok(lines.into_values().collect())
}

/// A cell as a person would type it.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) => number(*n),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
            // Less than a day is a time of day.
            if at.as_f64() < 1.0 { format!("{hour:02}:{minute:02}") } else { format!("{year:04}-{month:02}-{day:02}") }
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.split('T').next().unwrap_or(text).to_owned(),
        DataRef::Error(error) => format!("{error}"),
        DataRef::Empty => String::new(),
    }
}

/// Whole numbers without a point; others with as many digits as they were typed with.
fn number(n: f64) -> String {
    // 15 digits are what a spreadsheet shows: 2600.1 isn't 2600.0999999999999.
    let rounded: f64 = format!("{n:.9}").parse().unwrap_or(n);
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_is_read_in_utf8_and_in_gbk_with_its_line_numbers() {
        let text = "名称,托位\r\n\r\n\"洛阳, 一园\",15\r\n,\r\n'-减,2\r\n";
        let gbk = GBK.encode(text).0.into_owned();
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for body in [text.as_bytes().to_vec(), gbk, marked] {
            let lines = lines(&body, Kind::Csv).unwrap();
            let all: Vec<(usize, String)> = lines.iter().map(|line| (line.at, line.cells.join("|"))).collect();
            let expected = [(1, "名称|托位"), (3, "洛阳, 一园|15"), (5, "-减|2")];
            assert_eq!(all, expected.map(|(at, text)| (at, text.to_owned())));
        }
        assert!(lines(&[0xff, 0xff, 0xff], Kind::Csv).is_err());
    }

    #[test]
    fn a_workbook_that_unpacks_to_too_much_is_refused_unread() {
        use std::io::Write as _;
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
        let zeros = vec![b' '; 1024 * 1024];
        for _ in 0..40 {
            zip.write_all(&zeros).unwrap();
        }
        let bomb = zip.finish().unwrap().into_inner();
        assert!(bomb.len() < 200 * 1024, "{}", bomb.len());
        assert!(lines(&bomb, Kind::Xlsx).unwrap_err().text().zh.contains("过大"));
        for body in [b"".as_slice(), b"PK\x03\x04", b"not a zip"] {
            assert!(lines(body, Kind::Xlsx).is_err());
        }
    }

    #[test]
    fn a_workbook_with_cells_far_apart_takes_no_memory_and_dates_are_dates() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 10, 1).unwrap();
        let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_string(0, 0, "日期").unwrap();
        sheet.write_datetime_with_format(1, 0, &date, &format).unwrap();
        sheet.write_number(1, 1, 2600.1).unwrap();
        sheet.write_number(2, 1, 15.0).unwrap();
        sheet.write_string(1_048_575, 16_383, "远").unwrap();
        let body = book.save_to_buffer().unwrap();
        let lines = lines(&body, Kind::Xlsx).unwrap();
        let all: Vec<String> = lines.iter().map(|line| line.cells.join("|")).collect();
        assert_eq!(all, ["日期", "2026-10-01|2600.1", "|15"]);
    }

    #[test]
    fn what_a_spreadsheet_could_not_reckon_or_keep_is_told_and_never_taken_for_a_note() {
        use std::io::Write as _;
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_formula(0, 0, rust_xlsxwriter::Formula::new("=A9").set_result("#REF!")).unwrap();
        sheet.write_string(0, 1, "园").unwrap();
        sheet.write_formula(1, 0, "=1+1").unwrap();
        sheet.write_number(1, 1, 350_521_199_001_011_234.0).unwrap();
        sheet.write_number(1, 2, 350_521_001_001.0).unwrap();
        sheet.write_string(2, 0, "#1 园").unwrap();
        sheet.write_string(3, 0, "# 注").unwrap();
        let body = book.save_to_buffer().unwrap();
        // As a program leaves it that doesn't reckon.
        let mut read = zip::ZipArchive::new(Cursor::new(body)).unwrap();
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for i in 0..read.len() {
            let mut part = read.by_index(i).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            let name = part.name().unwrap().into_owned();
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.replace("<f>1+1</f><v>0</v>", "<f>1+1</f>").as_bytes()).unwrap();
        }
        let lines = lines(&zip.finish().unwrap().into_inner(), Kind::Xlsx).unwrap();
        assert_eq!(lines[0].wrong, [(0, Wrong::Error)]);
        assert_eq!(lines[1].wrong, [(0, Wrong::NoResult), (1, Wrong::Digits)]);
        assert_eq!(lines[1].cells[2], "350521001001");
        let notes: Vec<bool> = lines.iter().map(Line::is_note).collect();
        assert_eq!(notes, [false, false, false, true]);
    }
}
