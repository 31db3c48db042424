//! Pages made of parts, in one template: what most pages are.

use std::sync::Arc;

use actix_web::HttpResponse;
use askama::Template;

use super::{
    fields::Fields,
    shell::{Shell, show},
    table::{FIND, Table},
    typed::As,
};
use crate::{
    error::{Problem, Result},
    http::Moment,
    state::Ctx,
};

/// A part of a page.
pub(super) enum Part {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A figure, and what stands beside it.
    Big(String, String),
    /// Names with their values.
    Facts(Vec<(String, String)>),
    /// Texts that lead somewhere.
    Links(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// A form.
    Form(Fields),
    /// Forms to fold out, each under its name.
    Forms(Vec<(String, Fields)>),
    /// A table to fold out.
    Folded(Table),
    /// A drawing of ours, and what it shows.
    Picture(String, String),
    /// Short codes, to be written down.
    Codes(Vec<String>),
    /// How far what a form sent is, and a button that calls it off (a script: `progress.js`).
    Work,
    /// A button that prints the page (a script of the desk's).
    Print,
}

/// A page.
#[derive(Template)]
#[template(path = "console/parts.html")]
pub(super) struct View {
    shell: Shell,
    title: String,
    parts: Vec<Part>,
}

/// What is around its parts.
#[derive(Template)]
#[template(path = "console/view.html")]
struct Around<'a> {
    shell: &'a Shell,
    title: &'a str,
    main: &'a str,
}

/// The parts of a page, drawn.
#[derive(Clone)]
pub(super) struct Drawn {
    title: Arc<str>,
    main: Arc<str>,
}

impl Drawn {
    /// Answers the page to somebody.
    pub(super) fn answer(&self, shell: &Shell) -> Result<HttpResponse> {
        show(&Around { shell, title: &self.title, main: &self.main })
    }
}

impl View {
    /// Without parts yet.
    pub(super) fn new(shell: &Shell, title: impl Into<String>) -> Self {
        Self { shell: shell.clone(), title: title.into(), parts: Vec::new() }
    }

    /// Adds a part.
    pub(super) fn part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Adds a heading.
    pub(super) fn heading(self, zh: &str, en: &str) -> Self {
        let heading = self.shell.t(zh, en).to_owned();
        self.part(Part::Heading(heading))
    }

    /// Adds a paragraph.
    pub(super) fn text(self, zh: &str, en: &str) -> Self {
        let text = self.shell.t(zh, en).to_owned();
        self.part(Part::Text(text))
    }

    /// Adds a table.
    pub(super) fn table(self, table: Table) -> Self {
        self.part(Part::Table(table))
    }

    /// Adds texts that lead somewhere, by their names in both languages.
    pub(super) fn links(self, links: &[(&str, &str, &str)]) -> Self {
        let links = links.iter().map(|(zh, en, href)| (self.shell.t(zh, en).to_owned(), (*href).to_owned())).collect();
        self.part(Part::Links(links))
    }

    /// Adds forms to fold out, each under its name.
    pub(super) fn forms(self, forms: Vec<(String, Fields)>) -> Self {
        if forms.is_empty() { self } else { self.part(Part::Forms(forms)) }
    }

    /// Adds a form.
    pub(super) fn form(self, form: Fields) -> Self {
        self.part(Part::Form(form))
    }

    /// Adds names with their values.
    pub(super) fn facts(self, facts: &[(&str, &str, String)]) -> Self {
        let facts =
            facts.iter().map(|(zh, en, value)| (self.shell.t(zh, en).to_owned(), value.clone())).collect::<Vec<_>>();
        self.part(Part::Facts(facts))
    }

    fn tables(&mut self) -> impl Iterator<Item = &mut Table> {
        self.parts.iter_mut().filter_map(|part| match part {
            Part::Table(table) | Part::Folded(table) => Some(table),
            _ => None,
        })
    }

    /// Long tables are looked through for a word, beside what the page's own filter says.
    fn look_through(&mut self) {
        let shell = self.shell.clone();
        let word = shell.asked(FIND);
        if shell.answers_a_form() || !(word.is_some() || self.tables().any(|table| table.is_long())) {
            return;
        }
        let (label, found) = (shell.t("在表格中查找", "Find in the table"), word.clone().unwrap_or_default());
        let with_find = |form: Fields| {
            let form = form.text(FIND, label, found, 40).optional();
            // The order stays.
            shell.asked("sort").into_iter().fold(form, |form, sort| form.hidden("sort", sort))
        };
        let own = self.parts.iter_mut().find_map(|part| match part {
            Part::Form(form) if form.is_filter() => Some(form),
            _ => None,
        });
        let plain = Fields::filter(&shell, shell.path());
        if let Some(form) = own {
            let filter = std::mem::replace(form, plain);
            *form = with_find(filter);
        } else {
            let kept = shell.filter_pairs().into_iter();
            let form = kept.fold(plain, |form, (name, value)| form.sent(name, "", As::Unseen, value));
            let first = self.parts.iter().position(|part| matches!(part, Part::Table(_))).unwrap_or(0);
            self.parts.insert(first, Part::Form(with_find(form)));
        }
        if let Some(word) = word {
            // What stands beside a list isn't looked through with it.
            let lists = self.tables().any(|table| table.is_list());
            self.tables().filter(|table| table.is_list() == lists).for_each(|table| table.find(&word));
        }
    }

    /// Every table sorts.
    fn sort(&mut self) {
        let shell = self.shell.clone();
        for (table, name) in self.tables().zip('A'..='Z') {
            table.sort_anyway(&shell, name);
        }
    }

    /// Answers the page, or one of its tables as a file (`as=csv&table=0`).
    pub(super) fn answer(mut self, ctx: &Ctx) -> Result<HttpResponse> {
        let shell = self.shell.clone();
        self.look_through();
        self.sort();
        let ending = shell.asked("as").filter(|ending| matches!(&**ending, "csv" | "xlsx"));
        let wanted = shell.asked("table").and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
        if let Some(ending) = ending
            && let Some(table) = self.tables().nth(wanted)
        {
            return table.download(&ending, Moment(ctx.clock.now()));
        }
        self.draw()?.answer(&shell)
    }

    /// Answers the page as it is, where there is nothing to ask for again.
    pub(super) fn shown(self) -> Result<HttpResponse> {
        let shell = self.shell.clone();
        self.draw()?.answer(&shell)
    }

    /// Draws the parts: the same to everybody who reads the same language, if no form is among them.
    pub(super) fn draw(mut self) -> Result<Drawn> {
        let shell = self.shell.clone();
        self.sort();
        for (n, table) in self.tables().enumerate() {
            table.name_downloads(&shell, n);
        }
        let main = self.render().map_err(Problem::internal)?;
        Ok(Drawn { title: self.title.into(), main: main.into() })
    }
}
