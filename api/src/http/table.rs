//! Tables for spreadsheets, as `.csv` and as `.xlsx`, from the same cells. CSV: UTF-8 with a byte
//! order mark (Excel needs it for Chinese), RFC 4180, and no cell that a spreadsheet would run as a
//! formula. The same table makes the same bytes.

use std::{future::ready, pin::Pin};

use actix_web::{
    HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
    web::Bytes,
};
use chrono::NaiveDate;
use entity::Fen;
use futures_util::{StreamExt as _, stream};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::{Cursor, Limit, Moment, Page};
use crate::{
    error::{Problem, Result, Text},
    platform::clock::local,
};

/// The content type of `.csv`, for the OpenAPI document.
pub const CSV: &str = "text/csv";
/// The content type of `.xlsx`.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Rows that are read at once of a whole table.
const PAGE_ROWS: u32 = 1_000;
/// Rows of a whole table as `.xlsx`, which is made in memory; `.csv` has no end.
pub const MOST_XLSX_ROWS: usize = 20_000;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A whole number: counts and fen.
    Integer(i64),
    /// A fraction.
    Number(f64),
}

impl Cell {
    /// Text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A text, if there is one.
    #[must_use]
    pub fn maybe(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// An id, if there is one.
    #[must_use]
    pub fn id(id: Option<impl ToString>) -> Self {
        id.map_or(Self::Empty, |id| Self::Text(id.to_string()))
    }

    /// A date, if there is one.
    #[must_use]
    pub fn date(date: Option<NaiveDate>) -> Self {
        date.map_or(Self::Empty, |date| Self::Text(date.to_string()))
    }

    /// A whole number, if there is one.
    #[must_use]
    pub fn whole(number: Option<i64>) -> Self {
        number.map_or(Self::Empty, Self::Integer)
    }

    /// Money in yuan, if there is any; exact to the fen.
    #[must_use]
    pub fn yuan(fen: Option<Fen>) -> Self {
        fen.map_or(Self::Empty, |Fen(fen)| Self::Number(fen as f64 / 100.0))
    }

    /// An instant in local time.
    #[must_use]
    pub fn moment(at: Moment) -> Self {
        Self::Text(local(at.0).format("%Y-%m-%d %H:%M:%S").to_string())
    }

    /// As written in CSV; what a spreadsheet would take for a formula gets an apostrophe before it.
    fn written(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => {
                let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
                if risky { format!("'{text}") } else { text.clone() }
            }
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }
}

impl From<Option<bool>> for Cell {
    fn from(yes: Option<bool>) -> Self {
        match yes {
            Some(true) => Self::text("是"),
            Some(false) => Self::text("否"),
            None => Self::Empty,
        }
    }
}

/// A table to download.
#[derive(Debug)]
pub struct Table<'a> {
    /// Without extension; ours: ASCII, without quotes.
    pub filename: String,
    /// In Chinese, with the units.
    pub header: &'a [&'a str],
    /// As many cells as the header, each.
    pub rows: Vec<Vec<Cell>>,
    /// When its figures were made; written into the `.xlsx` in place of the time of the download.
    pub as_of: Moment,
}

impl Table<'_> {
    /// As `.csv`.
    pub fn csv(&self) -> Result<HttpResponse> {
        let body = encoded(Some(self.header), &self.rows)?;
        Ok(attachment(&self.filename, "csv", CSV_UTF8).body(body))
    }

    /// As `.xlsx`, with a bold header that stays while scrolling.
    pub fn xlsx(&self) -> Result<HttpResponse> {
        let body = self.workbook().map_err(Problem::internal)?;
        Ok(attachment(&self.filename, "xlsx", XLSX).body(body))
    }

    fn workbook(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let made = ExcelDateTime::from_timestamp(self.as_of.0.timestamp())?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let sheet = book.add_worksheet();
        let bold = Format::new().set_bold();
        for (column, title) in (0_u16..).zip(self.header) {
            sheet.write_with_format(0, column, *title, &bold)?;
        }
        for (line, row) in (1_u32..).zip(&self.rows) {
            for (column, cell) in (0_u16..).zip(row) {
                match cell {
                    Cell::Empty => {}
                    Cell::Text(text) => drop(sheet.write_string(line, column, text)?),
                    // Exact up to 2^53: 90 trillion yuan in fen.
                    Cell::Integer(number) => drop(sheet.write_number(line, column, *number as f64)?),
                    Cell::Number(number) => drop(sheet.write_number(line, column, *number)?),
                }
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofit();
        book.save_to_buffer()
    }
}

/// The lines of a `.csv`; with a header its beginning too.
fn encoded(header: Option<&[&str]>, rows: &[Vec<Cell>]) -> Result<Vec<u8>> {
    let begin = if header.is_some() { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(begin);
    if let Some(header) = header {
        writer.write_record(header).map_err(Problem::internal)?;
    }
    for row in rows {
        writer.write_record(row.iter().map(Cell::written)).map_err(Problem::internal)?;
    }
    writer.into_inner().map_err(Problem::internal)
}

const CSV_UTF8: &str = "text/csv; charset=utf-8";

fn attachment(filename: &str, extension: &str, content_type: &str) -> actix_web::HttpResponseBuilder {
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("{filename}.{extension}"))],
    };
    let mut answer = HttpResponse::Ok();
    answer.insert_header(disposition).content_type(content_type);
    answer
}

/// A list as it is read for a whole table: how many rows, and where to go on.
pub type List<T> = Box<dyn FnMut(Limit, Option<Cursor>) -> Pin<Box<dyn Future<Output = Result<Page<T>>>>>>;
/// A whole table of items.
pub type Sheet<T> = Pages<List<T>, fn(T) -> Vec<Cell>>;

/// A whole table, read page by page as its list is: `.csv` goes out while it is read, with one page in
/// memory, and begins once the first page is there. `list` gets how many rows and where to go on.
pub struct Pages<F, R> {
    /// Without extension; ours: ASCII, without quotes.
    pub filename: &'static str,
    /// In Chinese, with the units.
    pub header: &'static [&'static str],
    /// When it is read; written into the `.xlsx`.
    pub as_of: Moment,
    /// The list.
    pub list: F,
    /// As many cells as the header, of an item.
    pub row: R,
}

impl<F, R> Pages<F, R> {
    /// As `.csv`. A failure after the beginning breaks the answer off, so that no part is taken for the
    /// whole.
    pub async fn csv<T, Fut>(self) -> Result<HttpResponse>
    where
        F: FnMut(Limit, Option<Cursor>) -> Fut + 'static,
        Fut: Future<Output = Result<Page<T>>> + 'static,
        R: FnMut(T) -> Vec<Cell> + 'static,
        T: 'static,
    {
        let Self { filename, header, as_of: _, mut list, mut row } = self;
        let first = list(Limit(PAGE_ROWS), None).await?;
        let rows: Vec<_> = first.items.into_iter().map(&mut row).collect();
        let begin = Bytes::from(encoded(Some(header), &rows)?);
        let rest = stream::try_unfold((list, row, first.next_cursor), |(mut list, mut row, next)| async move {
            let Some(next) = next else { return Ok(None) };
            let page = list(Limit(PAGE_ROWS), Some(Cursor::from(next))).await?;
            let rows: Vec<_> = page.items.into_iter().map(&mut row).collect();
            Ok(Some((Bytes::from(encoded(None, &rows)?), (list, row, page.next_cursor))))
        });
        let body = stream::once(ready(Ok::<_, Problem>(begin))).chain(rest);
        Ok(attachment(filename, "csv", CSV_UTF8).streaming(body))
    }

    /// As `.xlsx`, of so many rows at most.
    pub async fn xlsx<T, Fut>(self) -> Result<HttpResponse>
    where
        F: FnMut(Limit, Option<Cursor>) -> Fut,
        Fut: Future<Output = Result<Page<T>>>,
        R: FnMut(T) -> Vec<Cell>,
    {
        let Self { filename, header, as_of, mut list, mut row } = self;
        let (mut rows, mut next) = (Vec::new(), None);
        loop {
            let page = list(Limit(PAGE_ROWS), next).await?;
            rows.extend(page.items.into_iter().map(&mut row));
            if rows.len() > MOST_XLSX_ROWS {
                let text = Text::new(
                    format!("表格超过{MOST_XLSX_ROWS}行，请缩小查询范围，或下载 CSV。"),
                    format!("More than {MOST_XLSX_ROWS} rows: narrow the filter, or take the .csv."),
                );
                return Err(Problem::field("limit", "too_many_rows", text));
            }
            match page.next_cursor {
                Some(cursor) => next = Some(Cursor::from(cursor)),
                None => break,
            }
        }
        Table { filename: filename.to_owned(), header, rows, as_of }.xlsx()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_csv_never_begins_like_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert!(Cell::text(text).written().starts_with('\''), "{text}");
        }
        assert_eq!(Cell::text("洛阳镇").written(), "洛阳镇");
        assert_eq!(Cell::from(-5).written(), "-5", "a number is no formula");
        assert_eq!(Cell::from(Some(0.9016)).written(), "0.9016");
        assert_eq!(Cell::from(None::<f64>).written(), "");
    }

    #[test]
    fn the_same_table_makes_the_same_workbook() {
        let table = Table {
            filename: "t".to_owned(),
            header: &["名称", "金额（分）"],
            rows: vec![vec![Cell::text("=洛阳"), Cell::from(8000)]],
            as_of: Moment("2026-03-02T01:00:00Z".parse().unwrap()),
        };
        let first = table.workbook().unwrap();
        assert!(first.starts_with(b"PK"));
        assert_eq!(first, table.workbook().unwrap());
    }
}
