//! Quotes of a `.csv` that aren't in pairs: its reader takes all that follows an opening one into that cell.

/// The line, from 1, of the first opening quote whose end isn't there, or isn't the cell's end: then it is
/// another cell's opening quote, and what lies between was swallowed.
pub fn unpaired(text: &str) -> Option<usize> {
    let (mut line, mut begins) = (1, true);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if begins => {
                let opened = line;
                loop {
                    match chars.next() {
                        None => return Some(opened),
                        Some('\n') => line += 1,
                        Some('"') if chars.peek() == Some(&'"') => drop(chars.next()),
                        Some('"') => break,
                        Some(_) => {}
                    }
                }
                while chars.peek().is_some_and(|next| matches!(next, ' ' | '\t' | '\r')) {
                    chars.next();
                }
                if chars.peek().is_some_and(|next| !matches!(next, ',' | '\n')) {
                    return Some(opened);
                }
                begins = false;
            }
            '\n' => {
                line += 1;
                begins = true;
            }
            _ => begins = char == ',',
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::unpaired;

    #[test]
    fn a_quote_without_its_end_is_found_where_it_opens() {
        for text in ["甲,\"乙,\"\"丙\"\"\n丁\",戊\n", "甲\"乙,丙\"\n", "\"\",\"甲\" ,乙\n", "\"甲\"", ""] {
            assert_eq!(unpaired(text), None, "{text}");
        }
        for (text, line) in [
            ("名,介\n甲,\"乙\n丙,丁\n", 2),
            ("名,介\n\"甲\n乙\",丁\n戊,\"己\n", 4),
            // The next cell's opening quote is no end.
            ("名,介\n甲,\"乙\n丙,\"丁\"\n", 2),
            ("\"名\",\"介\"\n\"甲\",\"乙\"丙\"\n", 2),
        ] {
            assert_eq!(unpaired(text), Some(line), "{text}");
        }
    }
}
