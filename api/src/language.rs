//! The languages that people are told things in, and texts in them.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::platform::hant;

tokio::task_local! {
    /// Whoever is answered, where it isn't who reads simplified characters.
    static READER: Language;
}

/// A language, and for Chinese how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese in simplified characters, the default: all our texts are written so.
    Hans,
    /// Chinese in traditional characters, made from the former.
    Hant,
    /// English.
    English,
}

impl Language {
    /// Its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Hans => "zh-CN",
            Self::Hant => "zh-Hant",
            Self::English => "en",
        }
    }

    /// Does something for a reader of this language: each [`Word`] in its answer is written for them.
    pub async fn answering<T>(self, work: impl Future<Output = T>) -> T {
        match self {
            // Most readers, who need nothing kept for them.
            Self::Hans => work.await,
            Self::Hant | Self::English => READER.scope(self, work).await,
        }
    }

    /// The language of whoever is answered.
    #[must_use]
    pub fn of_reader() -> Self {
        READER.try_with(|reader| *reader).unwrap_or(Self::Hans)
    }

    /// Whether it is English.
    #[must_use]
    pub const fn is_english(self) -> bool {
        matches!(self, Self::English)
    }

    /// Of a range of `Accept-Language`, if it is one of ours.
    fn of_range(range: &str) -> Option<Self> {
        let range = range.to_ascii_lowercase();
        let mut parts = range.split('-');
        match parts.next() {
            Some("en") => Some(Self::English),
            Some("zh") => {
                // The script decides; where none is said, the region does.
                let rest: Vec<&str> = parts.collect();
                let traditional = rest.contains(&"hant")
                    || (!rest.contains(&"hans") && rest.iter().any(|part| matches!(*part, "tw" | "hk" | "mo")));
                Some(if traditional { Self::Hant } else { Self::Hans })
            }
            _ => None,
        }
    }

    /// The one that a list of `Accept-Language` likes best. Chinese where it likes English no better, and of
    /// the two ways to write it the one named first.
    #[must_use]
    pub fn preferred(list: &str) -> Self {
        let (mut best, mut quality) = (Self::Hans, 0.0_f32);
        for item in list.split(',') {
            let mut parts = item.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::of_range) else { continue };
            let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            let q = q.map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
            let better = q > quality || (q >= quality && q > 0.0 && best.is_english() && !language.is_english());
            if better {
                (best, quality) = (language, q);
            }
        }
        best
    }
}

/// A word of ours in an answer, beside a stable code: Chinese, in the reader's characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub struct Word(pub &'static str);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let traditional = Language::of_reader() == Language::Hant;
        serializer.serialize_str(if traditional { hant::known(self.0) } else { self.0 })
    }
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Chinese, the default.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
    /// What of it somebody entered: a name is written as it was. Few texts have any, and refusals stay small.
    pub(crate) entered: Option<Box<Entered>>,
}

/// What somebody entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entered(Vec<String>);

impl Text {
    /// From the two texts.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { zh: zh.into(), en: en.into(), entered: None }
    }

    /// Keeps what somebody entered as it is, in whatever characters the text is told.
    #[must_use]
    pub fn keeping(mut self, entered: impl Into<String>) -> Self {
        self.entered.get_or_insert_default().0.push(entered.into());
        self
    }

    /// A longer text around this one, which keeps what this one keeps.
    #[must_use]
    pub fn within(&self, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { zh: zh.into(), en: en.into(), entered: self.entered.clone() }
    }

    /// The text in a language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> Cow<'_, str> {
        match (language, &self.zh) {
            (Language::English, _) => Cow::Borrowed(&*self.en),
            (Language::Hans, zh) => Cow::Borrowed(&**zh),
            (Language::Hant, Cow::Borrowed(zh)) => Cow::Borrowed(hant::known(zh)),
            (Language::Hant, Cow::Owned(zh)) => {
                let entered = self.entered.as_deref().map_or(&[] as &[String], |entered| entered.0.as_slice());
                Cow::Owned(hant::convert_around(zh, entered))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_decides_by_quality_then_for_chinese_then_by_order() {
        use Language::{English, Hans, Hant};
        for (list, language) in [
            ("", Hans),
            ("*", Hans),
            ("fr", Hans),
            ("zh-TW", Hant),
            ("zh-HK,zh;q=0.8", Hant),
            ("zh-Hant", Hant),
            ("zh-Hant-CN", Hant),
            ("ZH-hans-TW", Hans),
            ("zh-CN,zh-TW;q=0.9", Hans),
            ("zh;q=0.5, zh-TW;q=0.7, en;q=0.6", Hant),
            ("en-US,en;q=0.9,zh-TW;q=0.8", English),
            ("zh-TW;q=0, en;q=0.1", English),
            ("zh-TW;q=0", Hans),
            ("en, zh-TW", Hant),
            ("zh-TW, en", Hant),
            ("en; q=0.3, zh-MO; q=0.2", English),
            ("zh-TW;q=nonsense, en", English),
        ] {
            assert_eq!(Language::preferred(list), language, "{list}");
        }
    }

    #[test]
    fn a_text_keeps_what_was_entered() {
        let name = "发发园";
        let text = Text::new(format!("机构“{name}”没有开放。"), "closed").keeping(name);
        assert_eq!(text.in_language(Language::Hant), "機構“发发园”沒有開放。");
        assert_eq!(text.in_language(Language::Hans), "机构“发发园”没有开放。");
        assert_eq!(text.in_language(Language::English), "closed");
    }
}
