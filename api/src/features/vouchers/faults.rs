//! The fields at fault of a campaign's body, all named at once.

use crate::error::{Code, Problem, Result, Text};

/// Collects the fields at fault.
#[derive(Default)]
pub(super) struct Faults(Option<Problem>);

impl Faults {
    /// Another field at fault.
    pub(super) fn add(
        &mut self,
        field: &'static str,
        code: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        let problem = self.0.take().unwrap_or_else(|| Problem::new(Code::InvalidInput));
        let text = Text::new(zh.into(), en.into());
        self.0 = Some(problem.and_field(field, code, text));
    }

    /// A whole number of a range; 0 if it isn't one.
    pub(super) fn number(&mut self, field: &'static str, value: i64, least: i64, most: i64) -> i32 {
        match i32::try_from(value) {
            Ok(number) if (least..=most).contains(&value) => number,
            _ => {
                let (zh, en) =
                    (format!("{field} 须为 {least} 到 {most} 的整数。"), format!("{field} takes {least} to {most}."));
                self.add(field, "out_of_range", zh, en);
                0
            }
        }
    }

    /// Refuses if any field is at fault.
    pub(super) fn none(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
