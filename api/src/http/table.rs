//! Tables for spreadsheets, as `.csv` and as `.xlsx`, from the same cells. CSV: UTF-8 with a byte
//! order mark (Excel needs it for Chinese), RFC 4180, and no cell that a spreadsheet would run as a
//! formula. The same table makes the same bytes.

use actix_web::{
    HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::Moment;
use crate::{
    error::{Problem, Result},
    platform::clock::local,
};

/// The content type of `.csv`, for the OpenAPI document.
pub const CSV: &str = "text/csv";
/// The content type of `.xlsx`.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
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
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
        writer.write_record(self.header).map_err(Problem::internal)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::written)).map_err(Problem::internal)?;
        }
        let body = writer.into_inner().map_err(Problem::internal)?;
        Ok(self.attachment("csv", "text/csv; charset=utf-8", body))
    }

    /// As `.xlsx`, with a bold header that stays while scrolling.
    pub fn xlsx(&self) -> Result<HttpResponse> {
        let body = self.workbook().map_err(Problem::internal)?;
        Ok(self.attachment("xlsx", XLSX, body))
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

    fn attachment(&self, extension: &str, content_type: &str, body: Vec<u8>) -> HttpResponse {
        let disposition = ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(format!("{}.{extension}", self.filename))],
        };
        HttpResponse::Ok().insert_header(disposition).content_type(content_type).body(body)
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
