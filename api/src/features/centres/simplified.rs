//! Traditional characters as simplified ones, so that a text is found whichever its writer and its reader
//! type: 東園鎮 is 东园镇. Character by character, which is enough to compare two texts with; writing one in
//! traditional characters takes phrases.
//!
//! `simplified.txt` holds pairs of OpenCC's `TSCharacters` (<https://github.com/BYVoid/OpenCC>, Apache-2.0):
//! the first choice of each, without those that are simplified characters too (乾, 著).

use std::sync::LazyLock;

use super::text::{FIRST, LAST};

static PAIRS: &str = include_str!("simplified.txt");

/// By how far a character is from the first of its block; itself where there is no other.
static TABLE: LazyLock<Box<[char]>> = LazyLock::new(|| {
    let mut table: Box<[char]> = (FIRST..=LAST).collect();
    for line in PAIRS.lines() {
        let mut characters = line.chars();
        while let (Some(traditional), Some(simplified)) = (characters.next(), characters.next()) {
            if let Some(entry) = place(traditional).and_then(|at| table.get_mut(at)) {
                *entry = simplified;
            }
        }
    }
    table
});

fn place(c: char) -> Option<usize> {
    u32::from(c).checked_sub(u32::from(FIRST)).map(|at| at as usize)
}

/// The simplified form of a character.
pub(super) fn simplified(c: char) -> char {
    place(c).and_then(|at| TABLE.get(at)).map_or(c, |simplified| *simplified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_simplified_ones_and_those_stay() {
        let of = |text: &str| text.chars().map(simplified).collect::<String>();
        assert_eq!(of("東園鎮百崎回族鄉臺商投資區託育園"), "东园镇百崎回族乡台商投资区托育园");
        for same in ["东园镇百崎回族乡台商投资区托育园", "乾元路著名", "abc Ｌ鿿一、𠮷"] {
            assert_eq!(of(same), same);
        }
        let pairs: Vec<char> = PAIRS.chars().filter(|c| *c != '\n').collect();
        assert!(pairs.len() > 5000 && pairs.len().is_multiple_of(2));
        assert!(pairs.chunks(2).all(|pair| simplified(pair[0]) == pair[1] && pair[0] != pair[1]));
    }
}
