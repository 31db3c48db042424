//! What a form said when it was drawn goes along with it, so that nobody undoes, unseen, what somebody else changed
//! meanwhile.

use data_encoding::BASE64URL_NOPAD;

use super::{super::shell::Shell, Field, Fields, Kind};
use crate::{
    error::{Code, Problem, Result, Text},
    platform::crypto::sha256,
};

/// The hidden field of it.
pub(super) const SEEN: &str = "seen";

impl Kind {
    /// What it says, for people; nothing of what nobody sees.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Line { value, .. } | Self::Area { value, .. } => Some(value.trim().replace("\r\n", "\n")),
            Self::Choice(choices) | Self::Ticks(choices) => {
                let chosen = choices.iter().filter(|(.., chosen)| *chosen).map(|(_, label, _)| label.as_str());
                Some(chosen.collect::<Vec<_>>().join("、"))
            }
            Self::Tick(ticked) => Some(if *ticked { "✓".to_owned() } else { String::new() }),
            Self::Hidden(_) | Self::File(_) => None,
        }
    }
}

impl Field {
    /// Says beside what was sent what it says now, if that is something else.
    pub(super) fn tell(&mut self, shell: &Shell, now: Option<String>) {
        if let Some(now) = now.filter(|now| Some(now) != self.kind.words().as_ref()) {
            let now = if now.is_empty() { "—" } else { &now };
            let now = shell.told(&Text::new(format!("现为：{now}"), format!("Now: {now}")).keeping(now));
            self.wrong = [self.wrong.as_str(), &now].join(" ").trim().to_owned();
        }
    }
}

impl Fields {
    /// What its fields say, in few letters.
    fn said(&self) -> String {
        let said = |field: &Field| field.kind.words().map(|words| format!("{}={words}", field.name));
        let all: Vec<String> = self.fields.iter().filter_map(said).collect();
        BASE64URL_NOPAD.encode(&sha256(&[all.join("\n").as_bytes()])[..12])
    }

    /// Whether it says now what was sent.
    fn says(&self, body: &[u8]) -> bool {
        let sent: Vec<_> = form_urlencoded::parse(body).collect();
        let lines = |text: &str| text.trim().replace("\r\n", "\n");
        self.fields.iter().all(|field| {
            let values: Vec<&str> =
                sent.iter().filter(|(name, _)| *name == field.name).map(|(_, value)| &**value).collect();
            let first = values.first().copied().unwrap_or_default();
            match &field.kind {
                Kind::Line { value, .. } | Kind::Area { value, .. } => lines(value) == lines(first),
                Kind::Tick(ticked) => *ticked != first.is_empty(),
                Kind::Choice(choices) | Kind::Ticks(choices) => {
                    choices.iter().all(|(word, _, chosen)| *chosen == values.contains(&&**word))
                }
                Kind::Hidden(_) | Kind::File(_) => true,
            }
        })
    }

    /// Remembers what it says now, for [`Self::uncrossed`].
    pub(in super::super) fn stamped(self) -> Self {
        let said = self.said();
        self.hidden(SEEN, said)
    }

    /// Refuses what was sent from this form if it said something else then: whoever sent it would undo, unseen,
    /// what somebody changed meanwhile.
    pub(in super::super) fn uncrossed(&self, body: &[u8]) -> Result<()> {
        let seen = form_urlencoded::parse(body).find(|(name, _)| name == SEEN);
        // Sent again after its answer was lost, it asks for what is so already.
        if seen.is_none_or(|(_, seen)| seen == self.said()) || self.says(body) {
            return Ok(());
        }
        Err(Problem::new(Code::WrongState).detail(Text::new(
            "内容刚被他人修改。不同之处已在各项下注明，请核对后再保存。",
            "Somebody changed this meanwhile. What differs stands under each field: look at it, then save again.",
        )))
    }
}
