//! The document is what the handlers say, and says enough.

use std::collections::HashMap;

use harness::contract::DOCUMENT;
use quanxiangtuo::openapi;
use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.yaml");

#[test]
fn the_committed_document_is_the_one_that_the_handlers_describe() {
    let generated = openapi::document().to_yaml().unwrap();
    if harness::backend::env("UPDATE_OPENAPI").is_some() {
        std::fs::write(FILE, &generated).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    if let Some((n, (was, is))) = committed.lines().zip(generated.lines()).enumerate().find(|(_, (a, b))| a != b) {
        panic!(
            "openapi.yaml differs from the handlers at line {}:\n- {was}\n+ {is}\nUPDATE_OPENAPI=1 cargo test -p quanxiangtuo-tests --test it openapi rewrites it",
            n + 1
        );
    }
    assert_eq!(committed.len(), generated.len(), "openapi.yaml is longer or shorter than what the handlers describe");
}

/// Method, path and operation.
fn operations() -> Vec<(String, String, &'static Value)> {
    let mut all = vec![];
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                all.push((method.to_uppercase(), path.clone(), operation));
            }
        }
    }
    assert!(all.len() > 5);
    all
}

/// Lists everything that is wrong, not only the first.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn every_operation_has_a_unique_id_a_summary_a_description_and_a_tag() {
    let known: Vec<&str> = DOCUMENT["tags"].as_array().unwrap().iter().filter_map(|t| t["name"].as_str()).collect();
    let mut ids: HashMap<&str, String> = HashMap::new();
    let mut complaints = vec![];
    for (method, path, operation) in operations() {
        for member in ["operationId", "summary", "description"] {
            if !is_text(&operation[member]) {
                complaints.push(format!("{method} {path} has no {member}"));
            }
        }
        let tags: Vec<&str> = operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if tags.len() != 1 || !known.contains(&tags[0]) {
            complaints.push(format!("{method} {path} has the tags {tags:?}"));
        }
        let call = format!("{method} {path}");
        if let Some(other) = ids.insert(operation["operationId"].as_str().unwrap_or(""), call.clone()) {
            complaints.push(format!("{call} has the operationId of {other}"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_answer_is_described_and_success_is_among_them() {
    let mut complaints = vec![];
    for (method, path, operation) in operations() {
        let responses = operation["responses"].as_object().unwrap();
        if !responses.keys().any(|status| status.starts_with('2')) {
            complaints.push(format!("{method} {path} documents no success"));
        }
        for (status, response) in responses {
            if !is_text(&response["description"]) {
                complaints.push(format!("{method} {path}: {status} has no description"));
            }
            let refused = status.starts_with('4') || status.starts_with('5');
            if refused && path.starts_with("/api/") && response["content"]["application/problem+json"].is_null() {
                complaints.push(format!("{method} {path}: {status} is not problem+json"));
            }
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if !is_text(&parameter["description"]) {
                complaints.push(format!("{method} {path}: {} has no description", parameter["name"]));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_post_that_creates_or_changes_takes_an_idempotency_key() {
    let mut complaints = vec![];
    for (method, path, operation) in operations() {
        let exempt = path.starts_with("/api/v1/auth/")
            || path.ends_with("/quote")
            || path.ends_with("/preview")
            || path.ends_with("/search")
            // A question; nothing is written.
            || path.ends_with("/what-if")
            // WeChat's messages are taken once by what they say.
            || path == "/api/v1/wechat/push"
            // Sent again it changes nothing.
            || path.ends_with("/notices/read")
            // Every look is one, and written down as one.
            || path.ends_with("/reveal")
            // There `request_id` is the key, of a scan or of each in a queue.
            || path == "/api/v1/desk/redemptions"
            || path == "/api/v1/desk/redemptions/offline";
        if method != "POST" || exempt {
            continue;
        }
        let takes = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|p| p["in"] == "header" && p["name"] == "Idempotency-Key");
        if !takes {
            complaints.push(format!("{method} {path} takes no Idempotency-Key"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_schema_that_is_referred_to_exists_and_says_what_its_members_are() {
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
    let text = serde_json::to_string(&*DOCUMENT).unwrap();
    let mut complaints = vec![];
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        if !schemas.contains_key(name) {
            complaints.push(format!("{name} is referred to but not there"));
        }
    }
    for (name, schema) in schemas {
        for (member, property) in schema["properties"].as_object().into_iter().flatten() {
            // A reference says it at its schema, an optional one in the alternative to null.
            let mut alternatives = property["oneOf"].as_array().into_iter().flatten();
            let told = is_text(&property["description"])
                || !property["$ref"].is_null()
                || alternatives.any(|part| is_text(&part["description"]));
            if !told {
                complaints.push(format!("{name}.{member} has no description"));
            }
        }
    }
    assert_none(&complaints);
}
