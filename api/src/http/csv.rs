//! Tables for spreadsheets: UTF-8 with a byte order mark (Excel needs it for Chinese), RFC 4180,
//! and no cell that a spreadsheet would run as a formula.

use actix_web::{
    HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
};

use super::Moment;
use crate::error::{Problem, Result};

/// The content type of tables, for the OpenAPI document.
pub const CSV: &str = "text/csv";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One cell, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell(String);

impl Cell {
    /// Text; what a spreadsheet would take for a formula gets an apostrophe before it.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
        Self(if risky { format!("'{text}") } else { text.to_owned() })
    }

    /// An instant in local time.
    #[must_use]
    pub fn moment(at: Moment) -> Self {
        Self(crate::platform::clock::local(at.0).format("%Y-%m-%d %H:%M:%S").to_string())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        Self(number.map(|number| number.to_string()).unwrap_or_default())
    }
}

impl From<Option<bool>> for Cell {
    fn from(yes: Option<bool>) -> Self {
        Self(match yes {
            Some(true) => "是".to_owned(),
            Some(false) => "否".to_owned(),
            None => String::new(),
        })
    }
}

/// The table as a file to download. `filename` is ours: ASCII, without quotes.
pub fn attachment(filename: &str, header: &[&str], rows: &[Vec<Cell>]) -> Result<HttpResponse> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
    writer.write_record(header).map_err(Problem::internal)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| &cell.0)).map_err(Problem::internal)?;
    }
    let body = writer.into_inner().map_err(Problem::internal)?;
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(filename.to_owned())],
    };
    Ok(HttpResponse::Ok().insert_header(disposition).content_type("text/csv; charset=utf-8").body(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_never_begins_like_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert!(Cell::text(text).0.starts_with('\''), "{text}");
        }
        assert_eq!(Cell::text("洛阳镇").0, "洛阳镇");
        assert_eq!(Cell::from(Some(0.9016)).0, "0.9016");
        assert_eq!(Cell::from(None::<f64>).0, "");
    }
}
