//! Pure rules of articles.

use entity::articles;

use crate::error::{Code, Problem, Text};

/// Characters of a summary.
const SUMMARY: usize = 80;

/// One kind of line break, whatever a form sent, and no more than one empty line between paragraphs.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            plain.push_str(line);
            plain.push('\n');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// How a text begins, on one line.
#[must_use]
pub fn summary(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(SUMMARY) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// Why an edit isn't taken: another came before it.
#[must_use]
pub fn outdated(row: &articles::Model) -> Problem {
    let text = Text::new(
        format!("文章已被他人修改（现为第{}版），请刷新后在新版上修改。", row.version),
        format!("Somebody else has edited it: it is at version {} now. Read it again first.", row.version),
    );
    Problem::new(Code::WrongState).detail(text).fact("version", row.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_paragraphs_and_loses_what_a_form_added() {
        assert_eq!(plain("一\r\n\r\n\r\n\r\n二  \r\n三\n"), "一\n\n二\n三");
        assert_eq!(plain("<b>粗</b>"), "<b>粗</b>", "what looks like markup is text");
    }

    #[test]
    fn a_summary_is_one_short_line() {
        assert_eq!(summary("一\n\n二"), "一 二");
        let long = summary(&"托".repeat(200));
        assert_eq!((long.chars().count(), long.ends_with('…')), (81, true));
    }
}
