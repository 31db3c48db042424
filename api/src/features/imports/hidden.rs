//! What of a workbook its reader doesn't see: rows that were hidden, or that a filter leaves out. `calamine` reads
//! them like the others, so the parts of the file are asked.

use std::{
    collections::HashSet,
    io::{Cursor, Read as _},
};

use quick_xml::{
    events::{BytesStart, Event},
    reader::Reader,
};
use zip::ZipArchive;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The numbers of the hidden rows of a sheet, from 1; none where the file doesn't say where the sheet is. The
/// workbook was found to unpack to no more than we read.
pub fn rows(body: &[u8], sheet: &str) -> HashSet<usize> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(body)) else { return HashSet::new() };
    path(&mut archive, sheet).and_then(|path| part(&mut archive, &path)).map(|text| of_part(&text)).unwrap_or_default()
}

fn part(archive: &mut Archive<'_>, name: &str) -> Option<String> {
    let mut text = String::new();
    archive.by_name(name).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

/// The part that a sheet of this name is in.
fn path(archive: &mut Archive<'_>, sheet: &str) -> Option<String> {
    let book = part(archive, "xl/workbook.xml")?;
    let id = found(&book, "sheet", |tag| (attribute(tag, "name")? == sheet).then(|| attribute(tag, "id"))?)?;
    let links = part(archive, "xl/_rels/workbook.xml.rels")?;
    let target =
        found(&links, "Relationship", |tag| (attribute(tag, "Id")? == id).then(|| attribute(tag, "Target"))?)?;
    Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), ToOwned::to_owned))
}

fn of_part(text: &str) -> HashSet<usize> {
    let (mut hidden, mut at) = (HashSet::new(), 0_usize);
    found::<()>(text, "row", |tag| {
        at = attribute(tag, "r").and_then(|number| number.parse().ok()).unwrap_or(at + 1);
        if attribute(tag, "hidden").is_some_and(|word| word == "1" || word == "true") {
            hidden.insert(at);
        }
        None
    });
    hidden
}

/// The first that an element of this name gives.
fn found<T>(text: &str, name: &str, mut of: impl FnMut(&BytesStart<'_>) -> Option<T>) -> Option<T> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == name => {
                if let Some(found) = of(&tag) {
                    return Some(found);
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// An attribute, by its name without the prefix: `r:id` is `id`.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok().map(std::borrow::Cow::into_owned)
}
