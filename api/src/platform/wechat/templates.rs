//! Which template a kind of notice is sent with, as the settings say: templates are chosen in WeChat's
//! console, where their fields get their numbers.
//!
//! `kind:template_id:field=shown,field=shown`, several joined by `;`, e.g.
//! `unit_used:aBc…:thing1=centre,time2=when,number3=units`.

use std::{collections::BTreeMap, str::FromStr};

use entity::NoticeKind;
use serde::Deserialize;

use super::fields::Field;

/// What a field may show of a notice. Not the reason that staff wrote: it may name a child or worse, and
/// nobody has read it when a message leaves. The program's own list shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The kind's heading: 预约已确认.
    Title,
    /// The centre's name.
    Centre,
    /// The form of care.
    Care,
    /// The date or time it is about.
    When,
    /// Until when something must be done.
    Until,
    /// Units left on a voucher.
    Units,
    /// What to do next, short.
    Note,
}

impl Shown {
    /// All of them, with their words in the settings.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Title, "title"),
        (Self::Centre, "centre"),
        (Self::Care, "care"),
        (Self::When, "when"),
        (Self::Until, "until"),
        (Self::Units, "units"),
        (Self::Note, "note"),
    ];
}

/// A template and what its fields show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// WeChat's id.
    pub id: String,
    /// At least one.
    pub fields: Vec<(Field, Shown)>,
}

/// The templates of the settings, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Templates(BTreeMap<&'static str, Template>);

impl Templates {
    /// The template of a kind, if messages of the kind are sent.
    #[must_use]
    pub fn of(&self, kind: NoticeKind) -> Option<&Template> {
        self.0.get(kind.as_str())
    }

    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every kind with one made-up template: what the sandbox sends by.
    #[must_use]
    pub fn sandbox() -> Self {
        let all = NoticeKind::ALL
            .iter()
            .map(|kind| format!("{kind}:sandbox:thing1=title,thing2=centre,thing3=when,thing4=note"));
        all.collect::<Vec<_>>().join(";").parse().unwrap_or_default()
    }
}

impl TryFrom<String> for Templates {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Templates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut templates = BTreeMap::new();
        for entry in text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let mut parts = entry.splitn(3, ':').map(str::trim);
            let (Some(kind), Some(id), Some(fields)) = (parts.next(), parts.next(), parts.next()) else {
                return Err(format!("`{entry}` is not kind:template_id:field=shown,…"));
            };
            let kind: NoticeKind = kind.parse().map_err(|_| format!("`{kind}` is no kind of notice"))?;
            let good_id = !id.is_empty() && id.len() <= 64;
            if !good_id || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                return Err(format!("`{id}` is no template id"));
            }
            let fields = fields.split(',').map(field).collect::<Result<Vec<_>, _>>()?;
            let template = Template { id: id.to_owned(), fields };
            if templates.insert(kind.as_str(), template).is_some() {
                return Err(format!("{kind} has two templates"));
            }
        }
        Ok(Self(templates))
    }
}

fn field(text: &str) -> Result<(Field, Shown), String> {
    let (name, word) = text.split_once('=').ok_or_else(|| format!("`{text}` is not field=shown"))?;
    let shown = Shown::ALL.iter().find(|(_, known)| *known == word.trim()).map(|(shown, _)| *shown);
    if word.trim() == "reason" {
        return Err("`reason` is no longer offered: what staff write leaves in no WeChat message, only in the \
                    program's own list; show `note` instead"
            .to_owned());
    }
    let shown = shown.ok_or_else(|| {
        let words: Vec<_> = Shown::ALL.iter().map(|(_, word)| *word).collect();
        format!("`{word}` is none of {}", words.join(", "))
    })?;
    Ok((name.trim().parse()?, shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_from_one_setting() {
        let text = " unit_used:aB-c_1: thing1=centre, time2=when ; visit_tomorrow:x:thing1=title;";
        let templates: Templates = text.parse().unwrap();
        let template = templates.of(NoticeKind::UnitUsed).unwrap();
        assert_eq!((template.id.as_str(), template.fields[1].0.name()), ("aB-c_1", "time2"));
        assert_eq!(template.fields[1].1, Shown::When);
        assert!(templates.of(NoticeKind::PlaceOffered).is_none());
        assert!("".parse::<Templates>().unwrap().is_empty());
        assert!(NoticeKind::ALL.iter().all(|kind| Templates::sandbox().of(*kind).is_some()));
    }

    #[test]
    fn what_is_wrong_with_a_template_is_named() {
        for (text, named) in [
            ("unit_used:x", "unit_used:x"),
            ("nothing:x:thing1=title", "nothing"),
            ("unit_used:a b:thing1=title", "a b"),
            ("unit_used:x:thing1", "thing1"),
            ("unit_used:x:thing1=child", "child"),
            ("booking_declined:x:thing1=reason", "no longer offered"),
            ("unit_used:x:amount1=title", "amount1"),
            ("unit_used:x:thing1=title;unit_used:y:thing1=title", "two templates"),
        ] {
            let error = text.parse::<Templates>().unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
