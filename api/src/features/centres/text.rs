//! Search by text: a part of the name or address, in simplified or traditional characters, or its pinyin, as
//! whole syllables or as the first letters of each (`luoyang`, `lyz`, `luoyz`). A character with several
//! readings matches by any.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use pinyin::{Pinyin, ToPinyinMulti as _};

use super::{index::Spot, simplified::simplified};

/// What to look for: the text in one piece, or all of its words.
pub(super) struct Wanted {
    whole: Word,
    words: Vec<Word>,
}

struct Word {
    /// None of what holds neither letter nor digit.
    part: Option<Finder<'static>>,
    letters: Option<Letters>,
}

impl Wanted {
    pub(super) fn of(text: &str) -> Self {
        let words: Vec<Word> = text.split_whitespace().map(Word::of).collect();
        Self { whole: Word::of(text), words: if words.len() > 1 { words } else { Vec::new() } }
    }

    /// Whether a centre's name or address holds it; `scratch` is memory to work in.
    pub(super) fn in_texts_of(&self, spot: &Spot<'_>, scratch: &mut String) -> bool {
        let (name, [address_start, address]) = spot.texts();
        scratch.clear();
        // No text to look for holds a line's end, so that nothing is found across it.
        for part in [name, "\n", address_start, address] {
            scratch.push_str(part);
        }
        if spot.marked() || scratch.bytes().any(untidy) {
            *scratch = tidy(scratch);
        }
        self.is_in(scratch)
    }

    fn is_in(&self, tidy: &str) -> bool {
        self.whole.is_in(tidy) || (!self.words.is_empty() && self.words.iter().all(|word| word.is_in(tidy)))
    }
}

impl Word {
    fn of(text: &str) -> Self {
        let tidy = tidy(text);
        let part = (!tidy.is_empty()).then(|| Finder::new(&tidy).into_owned());
        Self { letters: Letters::of(&tidy), part }
    }

    fn is_in(&self, text: &str) -> bool {
        self.part.as_ref().is_some_and(|part| part.find(text.as_bytes()).is_some())
            || self.letters.as_ref().is_some_and(|letters| letters.are_in(text))
    }
}

/// Without what people leave out when they type, in small letters of the usual width and simplified
/// characters: `“党建+”邻里` is `党建邻里`, `ＬＹＺ` is `lyz`, `東園鎮` is `东园镇`.
fn tidy(text: &str) -> String {
    let usual = |c: char| match c {
        // Fullwidth forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => simplified(c),
    };
    text.chars().map(usual).filter(|c| c.is_alphanumeric() || *c == '\n').flat_map(char::to_lowercase).collect()
}

/// Whether a text holds capitals or traditional characters, of which [`untidy`] doesn't tell.
pub(super) fn is_marked(text: &str) -> bool {
    text.to_lowercase() != text || text.chars().any(|c| simplified(c) != c)
}

/// Whether a byte may belong to what [`tidy`] changes, but for what is marked ([`is_marked`]); few texts
/// hold any.
const fn untidy(byte: u8) -> bool {
    // General punctuation, CJK punctuation and fullwidth forms begin with these bytes, and some characters.
    (byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'\n') || matches!(byte, 0xc2 | 0xe2 | 0xe3 | 0xef)
}

/// Letters that may be pinyin. `ü` is typed as `v`.
struct Letters(Vec<u8>);

/// A single letter would find nearly everything.
const FEWEST: usize = 2;

impl Letters {
    fn of(lower: &str) -> Option<Self> {
        let letters = lower.as_bytes().to_vec();
        let plain = letters.iter().all(u8::is_ascii_alphanumeric);
        // The places between them are bits of one word.
        let fits = (FEWEST..64).contains(&letters.len());
        (plain && fits && letters.iter().any(u8::is_ascii_alphabetic)).then_some(Self(letters))
    }

    /// Walks through the text once, with all the places between letters that the characters so far may
    /// have led to.
    fn are_in(&self, text: &str) -> bool {
        let (letters, end) = (&*self.0, 1_u64 << self.0.len());
        let mut places = 0_u64;
        for c in text.chars() {
            // A match may begin at any character.
            let from = places | 1;
            places = 0;
            if c.is_ascii() {
                // Most texts hold few: no need to be clever.
                for at in bits(from) {
                    places |= u64::from(char::from(letters[at]) == c) << (at + 1);
                }
            } else {
                let initials = initials(c);
                for at in bits(from).filter(|at| initials & bit(letters[*at]) != 0) {
                    places |= after(c, letters, at);
                }
            }
            if places & end != 0 {
                return true;
            }
        }
        false
    }
}

/// The numbers of the bits that are set.
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (at < 64).then_some(at as usize)
    })
}

/// The places to which the readings of a character lead from one: past its first letter, or past all. The
/// last syllable may be a part.
fn after(c: char, letters: &[u8], at: usize) -> u64 {
    let mut places = 0;
    for reading in c.to_pinyin_multi().into_iter().flatten() {
        let (mut same, mut long) = (0, 0);
        for letter in spelled(reading) {
            same += usize::from(same == long && letters.get(at + same) == Some(&letter));
            long += 1;
        }
        if same > 0 {
            places |= 1 << (at + 1);
        }
        if same == long || at + same == letters.len() {
            places |= 1 << (at + same);
        }
    }
    places
}

/// The letters of a syllable as they are typed.
fn spelled(reading: Pinyin) -> impl Iterator<Item = u8> {
    let letter = |c: char| if c == 'ü' { b'v' } else { u8::try_from(c).unwrap_or(b'?') };
    reading.plain().chars().map(letter)
}

/// The bit of a letter; none for a digit.
const fn bit(letter: u8) -> u32 {
    if letter.is_ascii_lowercase() { 1 << (letter - b'a') } else { 0 }
}

/// First letters of the readings of a character, a bit each: nearly all characters are passed over by
/// these alone.
fn initials(c: char) -> u32 {
    static TABLE: LazyLock<Box<[u32]>> = LazyLock::new(|| (FIRST..=LAST).map(look_up).collect());
    match u32::from(c).checked_sub(u32::from(FIRST)).and_then(|at| TABLE.get(at as usize)) {
        Some(known) => *known,
        None => look_up(c),
    }
}

/// The block of common characters (CJK Unified Ideographs).
pub(super) const FIRST: char = '\u{4e00}';
pub(super) const LAST: char = '\u{9fff}';

fn look_up(c: char) -> u32 {
    let readings = c.to_pinyin_multi().into_iter().flatten();
    readings.filter_map(|reading| spelled(reading).next()).fold(0, |all, letter| all | bit(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_a_part_by_initials_and_by_syllables() {
        let finds = |wanted: &str, text: &str| Wanted::of(wanted).is_in(text);
        let place = "洛阳镇第3托育园\n泉州市吕厝路8号a座";
        for wanted in [
            "阳镇",
            "lyz",
            "LYZ",
            "luoyangzhen",
            "luoyz",
            "lyangz",
            "luo yang",
            "luoya",
            "zdd",
            "ly",
            "z3",
            "d3ty",
            "tyy",
            "qz",
            "quanzhou",
            "lc",
            "lvcuo",
            "lv",
            "8号A座",
            "ll8h",
            "hao",
        ] {
            let expected = !matches!(wanted, "zdd" | "z3" | "ll8h");
            assert_eq!(finds(wanted, place), expected, "{wanted}");
        }
        // What people leave out, and words in any order.
        let centre = tidy("洛阳镇“党建+”邻里中心（托育点）\n泉州市洛阳镇 1-2号");
        for wanted in [
            "djllzx",
            "djll",
            "dangjianlinli",
            "党建邻里",
            "党建+邻里",
            "ＬＹＺ",
            "邻里 洛阳镇",
            "中心托育点",
            "12号",
            "tuoyu luoyang",
        ] {
            assert!(Wanted::of(wanted).is_in(&centre), "{wanted}");
        }
        for wanted in ["邻里 张坂镇", "“+”", "（", "点泉州"] {
            assert!(!Wanted::of(wanted).is_in(&centre), "{wanted}");
        }
        // Not across the end of the name, not from within a syllable, not by one letter.
        for wanted in ["yyqz", "uoyang", "l", "luoyy", "zhang", "xyz"] {
            assert!(!finds(wanted, place), "{wanted}");
        }
    }

    #[test]
    fn traditional_and_simplified_characters_find_each_other() {
        for text in ["东园镇托育园", "東園鎮託育園"] {
            assert_eq!(is_marked(text), text.starts_with('東'));
            for wanted in ["东园镇", "東園鎮", "东園", "園鎮", "dyz", "dongyuan", "托育园", "託育"] {
                assert!(Wanted::of(wanted).is_in(&tidy(text)), "{wanted} in {text}");
            }
        }
        assert!(!Wanted::of("東園鎮").is_in(&tidy("洛阳镇")));
    }

    #[test]
    fn a_character_with_several_readings_is_found_by_each() {
        for wanted in ["chongqing", "zhongqing", "cq", "zq"] {
            assert!(Wanted::of(wanted).is_in("重庆路"), "{wanted}");
        }
        for wanted in ["changle", "zhangle", "zhangyue", "cl", "zl", "cy"] {
            assert!(Wanted::of(wanted).is_in("长乐园"), "{wanted}");
        }
        assert!(!Wanted::of("sq").is_in("重庆路"));
        assert!(Wanted::of("qxt").is_in("泉享托"));
    }
}
