//! The XML of WeChat's messages as a JSON object.

use quick_xml::{
    events::{BytesRef, Event},
    reader::Reader,
};
use serde_json::{Map, Value};

/// Elements within elements; WeChat's messages have four.
const DEEPEST: usize = 16;

/// An element that isn't closed yet.
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
}

/// What is in `<xml>`: no attributes, no document types, no entities but the five of XML.
pub(super) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= DEEPEST || root.is_some() {
                    return None;
                }
                let name = start.name().as_ref().to_owned();
                open.push(Open { name, members: Map::new(), text: String::new() });
            }
            Event::Empty(empty) => {
                put(&mut open.last_mut()?.members, empty.name().as_ref(), Value::String(String::new()));
            }
            Event::End(_) => {
                let Open { name, members, text } = open.pop()?;
                let value =
                    if members.is_empty() { Value::String(text.trim().to_owned()) } else { Value::Object(members) };
                match open.last_mut() {
                    Some(parent) => put(&mut parent.members, &name, value),
                    None => root = Some((name, value)),
                }
            }
            Event::Text(text) => add_text(&mut open, &text.xml10_content())?,
            Event::CData(text) => add_text(&mut open, &text.xml10_content())?,
            Event::GeneralRef(entity) => add_text(&mut open, resolve(&entity)?.encode_utf8(&mut [0; 4]))?,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) => return None,
            Event::Eof => break,
        }
    }
    match root {
        Some((name, value @ Value::Object(_))) if name == "xml" && open.is_empty() => Some(value),
        _ => None,
    }
}

/// Text of the innermost element; outside of all of them only space may stand.
fn add_text(open: &mut [Open], text: &str) -> Option<()> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return None,
    }
    Some(())
}

fn resolve(entity: &BytesRef<'_>) -> Option<char> {
    if let Some(character) = entity.resolve_char_ref().ok()? {
        return Some(character);
    }
    match entity.xml10_content().as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// A second element of a name makes both an array.
fn put(members: &mut Map<String, Value>, name: &str, value: Value) {
    match members.get_mut(name) {
        None => {
            members.insert(name.to_owned(), value);
        }
        Some(Value::Array(all)) => all.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Refused, parse};

    #[test]
    fn xml_is_read_without_what_only_attacks_need() {
        let xml = "<?xml version=\"1.0\"?>\n<xml><A><![CDATA[<&]]></A><B>1 &lt; 2 &#20320;</B><L><T>x</T></L><L><T>y</T></L><E/></xml>";
        let value = parse(xml.as_bytes()).unwrap();
        let expected = serde_json::json!({ "A": "<&", "B": "1 < 2 你", "L": [{ "T": "x" }, { "T": "y" }], "E": "" });
        assert_eq!(value, expected);
        let deep = format!("{}{}", "<xml>".repeat(40), "</xml>".repeat(40));
        for bad in [
            "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><A>&e;</A></xml>",
            "<xml><A>&e;</A></xml>",
            "<xml><A>1</B></xml>",
            "<xml><A>1</A>",
            "<a><A>1</A></a>",
            "<xml><A>1</A></xml><xml><A>1</A></xml>",
            "<xml><A>1</A></xml>x",
            "<xml>only text</xml>",
            "",
            "[]",
            "{",
            &deep,
        ] {
            assert_eq!(parse(bad.as_bytes()), Err(Refused::Malformed), "{bad}");
        }
        assert_eq!(parse(&[0xff, 0xfe]), Err(Refused::Malformed));
    }
}
