//! Our own simplified Chinese in traditional characters, as they are written in Taiwan: 发 becomes 發 or 髮 as the
//! phrase wants, 里 becomes 裡. By OpenCC's dictionaries, characters only: names of laws and of things stay what they
//! are. What people entered never goes through here.

use std::{
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock},
};

use ferrous_opencc::{OpenCC, config::BuiltinConfig};

static OPENCC: LazyLock<Option<OpenCC>> = LazyLock::new(|| {
    let converter = OpenCC::from_config(BuiltinConfig::S2tw);
    converter.inspect_err(|error| tracing::error!(%error, "no traditional characters")).ok()
});

/// Where the dictionaries take a character for its rarer form. None of our texts means the other: 託 of 委託, 覈 of an
/// older spelling, 佈 of 佈置.
const OURS: &[(char, char)] = &[('託', '托'), ('覈', '核'), ('佈', '布')];

/// A text of ours.
#[must_use]
pub fn convert(text: &str) -> String {
    let Some(converter) = &*OPENCC else { return text.to_owned() };
    let ours = |c: char| OURS.iter().find(|(rare, _)| *rare == c).map_or(c, |(_, ours)| *ours);
    converter.convert(text).chars().map(ours).collect()
}

/// The same, but for what was entered: that stays as it is, wherever it stands in the text.
#[must_use]
pub fn convert_around(text: &str, entered: &[impl AsRef<str>]) -> String {
    let first = |rest: &str| {
        let found = entered.iter().map(AsRef::as_ref).filter(|part| !part.is_empty());
        found
            .filter_map(|part| rest.find(part).map(|at| (at, part.len())))
            .min_by_key(|(at, len)| (*at, usize::MAX - len))
    };
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((at, len)) = first(rest) {
        out.push_str(&convert(&rest[..at]));
        out.push_str(&rest[at..at + len]);
        rest = &rest[at + len..];
    }
    out.push_str(&convert(rest));
    out
}

/// Texts that are remembered, at most: all that the program says many times over.
const MOST: usize = 8_192;

static KNOWN: LazyLock<RwLock<HashMap<&'static str, &'static str>>> = LazyLock::new(RwLock::default);

/// A text of ours that is said again and again, from memory. What is said first when memory is full stays simplified.
#[must_use]
pub fn known(text: &str) -> &str {
    if text.is_ascii() {
        return text;
    }
    if let Some(found) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(text) {
        return found;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MOST {
        return text;
    }
    let converted: &'static str = Box::leak(convert(text).into_boxed_str());
    known.entry(Box::leak(text.to_owned().into_boxed_str())).or_insert(converted)
}

/// Which of some words of ours somebody wrote, in simplified characters or in traditional ones: 洛陽鎮 is 洛阳镇.
#[must_use]
pub fn spelled<'a>(typed: &str, mut words: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if let Some(word) = words.clone().find(|word| *word == typed) {
        return Some(word);
    }
    // Who mixes the two means the same.
    let typed = (!typed.is_ascii()).then(|| convert(typed))?;
    words.find(|word| known(word) == typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_ours_are_written_as_in_taiwan() {
        for (simplified, traditional) in [
            ("托育机构", "托育機構"),
            ("托儿所的托位", "托兒所的托位"),
            ("全日托、半日托、计时托、临时托", "全日托、半日托、計時托、臨時托"),
            ("请打开小程序里的“我的券”", "請打開小程序裡的“我的券”"),
            ("发布文章，理发，头发", "發布文章，理髮，頭髮"),
            ("核销体验券", "核銷體驗券"),
            ("只有一只", "只有一隻"),
            ("以后请联系机构", "以後請聯繫機構"),
            ("日历与历史", "日曆與歷史"),
            ("恢复账号，复核，重复", "恢復賬號，複核，重複"),
            ("干部和若干", "幹部和若干"),
            ("周一准时开放", "週一準時開放"),
            ("12345，2026-03-02", "12345，2026-03-02"),
        ] {
            assert_eq!(convert(simplified), traditional, "{simplified}");
        }
    }

    #[test]
    fn what_was_entered_stays_as_it_is() {
        let text = "发园取消了您在发园的预约。原因：发票里没有发园。";
        let around = convert_around(text, &["发园", "发票里没有发园", ""]);
        assert_eq!(around, "发园取消了您在发园的預約。原因：发票里没有发园。");
        assert_eq!(convert_around("全部", &[] as &[&str]), "全部");
    }

    #[test]
    fn a_word_of_ours_is_known_in_either_characters() {
        let words = ["洛阳镇", "幼儿园托班", "公办", "已备案"];
        for (typed, word) in [
            ("洛阳镇", Some("洛阳镇")),
            ("洛陽鎮", Some("洛阳镇")),
            ("洛陽镇", Some("洛阳镇")),
            ("幼兒園托班", Some("幼儿园托班")),
            ("幼兒園託班", Some("幼儿园托班")),
            ("已備案", Some("已备案")),
            ("民辦", None),
            ("", None),
            ("gongban", None),
        ] {
            assert_eq!(spelled(typed, words.into_iter()), word, "{typed}");
        }
    }

    #[test]
    fn what_is_known_is_said_from_memory() {
        let (once, again) = (known("满意度"), known("满意度"));
        assert_eq!(once, "滿意度");
        assert!(std::ptr::eq(once, again));
        assert_eq!(known("CSV"), "CSV");
    }
}
