//! Forms of pages: one template for all of them. A field stands inside its label, so that no two forms of a
//! page share an id.

use std::borrow::Cow;

use askama::Template;

use super::{shell::Shell, typed::As};
use crate::{
    error::{Code, Problem},
    http::idempotency::word_of_a_form,
};

mod seen;

use seen::SEEN;

/// What can be chosen: the word, what it says, whether it is chosen.
pub(super) type Choice = (String, String, bool);

/// One field.
pub(super) struct Field {
    name: Cow<'static, str>,
    label: String,
    hint: String,
    /// What is wrong with it.
    wrong: String,
    required: bool,
    kind: Kind,
}

enum Kind {
    /// An `<input>` of a type, with its value and other attributes' values.
    Line {
        kind: &'static str,
        value: String,
        most: u32,
        min: String,
        max: String,
        step: &'static str,
    },
    Area {
        value: String,
        most: u32,
    },
    Choice(Vec<Choice>),
    Ticks(Vec<Choice>),
    /// Yes, or nothing.
    Tick(bool),
    Hidden(String),
    /// The endings that it takes.
    File(&'static str),
}

/// A form.
#[derive(Template)]
#[template(path = "console/fields.html")]
pub(super) struct Fields {
    action: String,
    method: &'static str,
    class: &'static str,
    /// How it is sent; with a file not as usual.
    enctype: &'static str,
    legend: String,
    wrong: String,
    fields: Vec<Field>,
    button: String,
    ask: String,
    csrf: String,
    /// Empty of a form that may be sent as often as one likes.
    once: String,
}

impl Fields {
    /// What changes something.
    pub(super) fn post(shell: &Shell, action: impl Into<String>, button: &str) -> Self {
        Self {
            action: action.into(),
            method: "post",
            class: "fields",
            enctype: "application/x-www-form-urlencoded",
            legend: String::new(),
            wrong: String::new(),
            fields: Vec::new(),
            button: button.to_owned(),
            ask: String::new(),
            csrf: shell.csrf.clone(),
            once: word_of_a_form(),
        }
    }

    /// What chooses what a page shows.
    pub(super) fn filter(shell: &Shell, action: &str) -> Self {
        let button = shell.t("查询", "Show");
        Self {
            method: "get",
            class: "filter",
            csrf: String::new(),
            once: String::new(),
            ..Self::post(shell, action, button)
        }
    }

    /// Whether it chooses what a page shows.
    pub(super) fn is_filter(&self) -> bool {
        self.method == "get"
    }

    /// Why somebody does what the button says: most deeds ask for it.
    pub(super) fn reason(shell: &Shell, action: impl Into<String>, button: &str) -> Self {
        Self::post(shell, action, button).area("reason", shell.t("理由", "Reason"), "", 200)
    }

    /// A heading.
    pub(super) fn legend(mut self, legend: &str) -> Self {
        legend.clone_into(&mut self.legend);
        self
    }

    /// What can't be undone is asked about once more.
    pub(super) fn ask(mut self, ask: &str) -> Self {
        ask.clone_into(&mut self.ask);
        self
    }

    fn field(mut self, name: impl Into<Cow<'static, str>>, label: &str, kind: Kind) -> Self {
        let name = name.into();
        let required = self.method == "post";
        let (label, hint, wrong) = (label.to_owned(), String::new(), String::new());
        self.fields.push(Field { name, label, hint, wrong, required, kind });
        self
    }

    fn input(
        self,
        kind: &'static str,
        name: impl Into<Cow<'static, str>>,
        label: &str,
        value: String,
        ends: (&str, &str),
    ) -> Self {
        let (min, max) = (ends.0.to_owned(), ends.1.to_owned());
        self.field(name, label, Kind::Line { kind, value, most: 0, min, max, step: "" })
    }

    /// The last field takes whole steps of this only.
    fn step(mut self, by: &'static str) -> Self {
        if let Some(Field { kind: Kind::Line { step, .. }, .. }) = self.fields.last_mut() {
            *step = by;
        }
        self
    }

    /// A line of text.
    pub(super) fn text(self, name: &'static str, label: &str, value: impl Into<String>, most: u32) -> Self {
        let (min, max) = (String::new(), String::new());
        self.field(name, label, Kind::Line { kind: "text", value: value.into(), most, min, max, step: "" })
    }

    /// Some lines of text.
    pub(super) fn area(self, name: &'static str, label: &str, value: impl Into<String>, most: u32) -> Self {
        self.field(name, label, Kind::Area { value: value.into(), most })
    }

    /// A whole number.
    pub(super) fn number(
        self,
        name: impl Into<Cow<'static, str>>,
        label: &str,
        value: Option<i64>,
        ends: (i64, i64),
    ) -> Self {
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        self.input("number", name, label, value, (&ends.0.to_string(), &ends.1.to_string()))
    }

    /// A decimal number.
    pub(super) fn decimal(self, name: &'static str, label: &str, value: impl Into<String>) -> Self {
        self.input("number", name, label, value.into(), ("", "")).step("any")
    }

    /// Yuan with at most two places.
    pub(super) fn yuan(self, name: &'static str, label: &str, value: impl Into<String>) -> Self {
        self.input("yuan", name, label, value.into(), ("", ""))
    }

    /// A day.
    pub(super) fn date(self, name: &'static str, label: &str, value: impl Into<String>) -> Self {
        self.input("date", name, label, value.into(), ("", ""))
    }

    /// A month.
    pub(super) fn month(self, name: &'static str, label: &str, value: impl Into<String>) -> Self {
        self.input("month", name, label, value.into(), ("", ""))
    }

    /// A time of the day, on the half-hour.
    pub(super) fn time(self, name: impl Into<Cow<'static, str>>, label: &str, value: impl Into<String>) -> Self {
        self.input("time", name, label, value.into(), ("", "")).step("1800")
    }

    /// A day and a time of it, in the district's time.
    pub(super) fn at(self, name: &'static str, label: &str, value: impl Into<String>) -> Self {
        self.input("datetime-local", name, label, value.into(), ("", ""))
    }

    /// One of a list.
    pub(super) fn choice(self, name: &'static str, label: &str, choices: Vec<Choice>) -> Self {
        self.field(name, label, Kind::Choice(choices))
    }

    /// Any of a list; the name ends with `[]`.
    pub(super) fn ticks(self, name: &'static str, label: &str, choices: Vec<Choice>) -> Self {
        self.field(name, label, Kind::Ticks(choices)).optional()
    }

    /// A file with one of some endings.
    pub(super) fn file(mut self, name: &'static str, label: &str, endings: &'static str) -> Self {
        self.enctype = "multipart/form-data";
        self.field(name, label, Kind::File(endings))
    }

    /// Yes, or nothing; sent as `true`.
    pub(super) fn tick(self, name: &'static str, label: &str, ticked: bool) -> Self {
        self.field(name, label, Kind::Tick(ticked)).optional()
    }

    /// Goes along unseen.
    pub(super) fn hidden(self, name: &'static str, value: impl Into<String>) -> Self {
        self.field(name, "", Kind::Hidden(value.into()))
    }

    /// The last field may stay empty.
    pub(super) fn optional(mut self) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.required = false;
        }
        self
    }

    /// A word about the last field.
    pub(super) fn hint(mut self, hint: &str) -> Self {
        if let Some(field) = self.fields.last_mut() {
            hint.clone_into(&mut field.hint);
        }
        self
    }

    /// A field as it was sent, under whatever name.
    pub(super) fn sent(self, name: String, label: &str, kind: As, value: String) -> Self {
        let like = |pattern: &str| {
            value.len() == pattern.len()
                && value.bytes().zip(pattern.bytes()).all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
        };
        // What the browser's own field wouldn't show stands there as it was typed.
        let fits = |pattern: &str| value.is_empty() || like(pattern);
        let of = match kind {
            As::Unseen => Kind::Hidden(value),
            As::Long => Kind::Area { value, most: MOST_TYPED },
            As::Date if fits("0000-00-00") => line("date", value),
            As::Month if fits("0000-00") => line("month", value),
            As::Time if fits("00:00") => line("time", value),
            As::At if fits("0000-00-00T00:00") => line("datetime-local", value),
            As::Number if value.bytes().all(|b| b.is_ascii_digit()) => line("number", value),
            _ => line("text", value),
        };
        self.field(name, label, of).optional()
    }

    /// The same of one of a list, of any of a list, and of yes or nothing.
    pub(super) fn sent_choice(self, name: String, label: &str, choices: Vec<Choice>) -> Self {
        self.field(name, label, Kind::Choice(choices)).optional()
    }

    pub(super) fn sent_ticks(self, name: String, label: &str, choices: Vec<Choice>) -> Self {
        self.field(name, label, Kind::Ticks(choices)).optional()
    }

    pub(super) fn sent_tick(self, name: String, label: &str, ticked: bool) -> Self {
        self.field(name, label, Kind::Tick(ticked)).optional()
    }

    /// What was wrong stands beside each field.
    pub(super) fn marked(mut self, shell: &Shell, problem: &Problem) -> Self {
        for field in &mut self.fields {
            field.wrong = field.faults(shell, problem);
        }
        self
    }

    /// As it was sent, with what was wrong.
    pub(super) fn again(mut self, shell: &Shell, body: &[u8], problem: &Problem) -> Self {
        let sent: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        self.wrong = shell.told(problem.text());
        let crossed = problem.code() == Code::WrongState && self.uncrossed(body).is_err();
        for field in self.fields.iter_mut().filter(|field| field.name != SEEN) {
            let before = field.kind.words();
            let values: Vec<&String> =
                sent.iter().filter(|(name, _)| *name == field.name).map(|(_, value)| value).collect();
            let first = values.first().map(|value| (*value).clone()).unwrap_or_default();
            match &mut field.kind {
                Kind::Line { value, .. } | Kind::Area { value, .. } | Kind::Hidden(value) => *value = first,
                Kind::Tick(ticked) => *ticked = !first.is_empty(),
                Kind::Choice(choices) | Kind::Ticks(choices) => {
                    for (word, _, chosen) in choices {
                        *chosen = values.contains(&&*word);
                    }
                }
                // No page can put a file back.
                Kind::File(_) => {}
            }
            field.wrong = field.faults(shell, problem);
            if crossed {
                field.tell(shell, before);
            }
        }
        self
    }
}

impl Field {
    /// What is wrong with it.
    fn faults(&self, shell: &Shell, problem: &Problem) -> String {
        let plain = self.name.trim_end_matches("[]");
        let faults: Vec<_> = problem
            .faults(shell.language)
            .filter(|(at, _)| *at == plain || at.split(['[', '.']).next() == Some(plain))
            .map(|(_, text)| text)
            .collect();
        faults.join(" ")
    }
}

/// What a form that is drawn again takes in its long fields; the server knows how much each may have.
const MOST_TYPED: u32 = 10_000;

const fn line(kind: &'static str, value: String) -> Kind {
    Kind::Line { kind, value, most: 0, min: String::new(), max: String::new(), step: "" }
}

/// Choices of a closed list: the word, its Chinese term, whether it is chosen.
pub(super) fn choices<'a>(shell: &Shell, words: impl Iterator<Item = (&'a str, &'a str, bool)>) -> Vec<Choice> {
    words.map(|(word, zh, chosen)| (word.to_owned(), shell.word(zh, word), chosen)).collect()
}

/// The same for a filter: first of all, all of them.
pub(super) fn any_of<'a>(shell: &Shell, words: impl Iterator<Item = (&'a str, &'a str, bool)>) -> Vec<Choice> {
    let mut all = choices(shell, words);
    let none = !all.iter().any(|(.., chosen)| *chosen);
    all.insert(0, (String::new(), shell.t("全部", "All").to_owned(), none));
    all
}

/// Yes, no, or both.
pub(super) fn yes_or_no(shell: &Shell, chosen: Option<bool>) -> Vec<Choice> {
    let choice = |word: &str, zh, en, is| (word.to_owned(), shell.t(zh, en).to_owned(), chosen == is);
    vec![
        choice("", "全部", "All", None),
        choice("true", "是", "Yes", Some(true)),
        choice("false", "否", "No", Some(false)),
    ]
}
