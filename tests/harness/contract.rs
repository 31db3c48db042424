//! Every answer is checked against the committed `openapi.yaml`: method, path template, status,
//! content type and body. A mismatch panics, so every test is a test of the contract.
//!
//! Stricter than the document: a member that its schema doesn't name is a mismatch too.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::{Draft, Validator};
use quanxiangtuo::openapi::COMMITTED;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Reply, check_problem, content_type};

/// Refusals carry facts beside the members that the schema names.
const OPEN: &[&str] = &["Problem"];

/// The committed document.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| yaml_serde::from_str(COMMITTED).expect("openapi.yaml is not YAML"));

static STRICT: LazyLock<Value> = LazyLock::new(|| {
    let mut components = DOCUMENT["components"].clone();
    let mut composed = BTreeSet::new();
    collect_composed(&components, &mut composed);
    if let Some(schemas) = components["schemas"].as_object_mut() {
        for (name, schema) in schemas {
            if !OPEN.contains(&name.as_str()) {
                close(schema, composed.contains(name));
            }
        }
    }
    components
});

/// Names of schemas that are parts of an `allOf`: closing them would forbid the other parts.
fn collect_composed(value: &Value, found: &mut BTreeSet<String>) {
    for part in value["allOf"].as_array().into_iter().flatten() {
        if let Some(name) = part["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
            found.insert(name.to_owned());
        }
    }
    match value {
        Value::Object(map) => map.values().for_each(|v| collect_composed(v, found)),
        Value::Array(list) => list.iter().for_each(|v| collect_composed(v, found)),
        _ => {}
    }
}

fn close(schema: &mut Value, part: bool) {
    let Some(map) = schema.as_object_mut() else { return };
    let all_of = map.contains_key("allOf");
    if !part && (all_of || (map.contains_key("properties") && !map.contains_key("additionalProperties"))) {
        map.entry("unevaluatedProperties").or_insert(json!(false));
    }
    for (key, value) in map {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(|p| close(p, false)),
            ("items", items) => close(items, false),
            ("allOf", Value::Array(parts)) => parts.iter_mut().for_each(|p| close(p, true)),
            ("oneOf" | "anyOf", Value::Array(parts)) => parts.iter_mut().for_each(|p| close(p, part)),
            _ => {}
        }
    }
}

/// Panics unless the answer is one that the document describes.
#[track_caller]
pub fn check(method: &Method, path: &str, reply: &Reply) {
    if let Err(problem) = checked(method, path, reply) {
        panic!("{method} {path} breaks the contract: {problem}\nstatus {}, body {:#}", reply.status, reply.body);
    }
}

fn checked(method: &Method, path: &str, reply: &Reply) -> Result<(), String> {
    let (template, item) = item(path).ok_or("no such path in openapi.yaml")?;
    let operation = item
        .get(method.as_str().to_ascii_lowercase())
        .ok_or_else(|| format!("{template} has no such method in openapi.yaml"))?;
    let response = operation["responses"]
        .get(reply.status.to_string())
        .ok_or_else(|| format!("status {} is not documented at {template}", reply.status))?;
    let Some(contents) = response["content"].as_object() else {
        return if reply.bytes.is_empty() { Ok(()) } else { Err("a body where none is documented".to_owned()) };
    };
    let content_type = content_type(&reply.headers).ok_or("no Content-Type")?;
    let content = contents.get(&content_type).ok_or_else(|| format!("type {content_type} is not documented"))?;
    if content_type.ends_with("json") {
        let key = format!("{method} {template} {} {content_type}", reply.status);
        let validator = validator(&key, &content["schema"])?;
        let errors: Vec<String> =
            validator.iter_errors(&reply.body).map(|e| format!("at `{}`: {e}", e.instance_path())).collect();
        if !errors.is_empty() {
            return Err(errors.join("; "));
        }
    }
    if content_type == "application/problem+json" { check_problem(reply) } else { Ok(()) }
}

/// The path's template and item; a literal segment goes before a parameter.
fn item(path: &str) -> Option<(&'static str, &'static Value)> {
    let segments: Vec<&str> = path.split('/').collect();
    let parameters = |template: &str| template.matches('{').count();
    let matches = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == segments.len()
            && parts.iter().zip(&segments).all(|(part, segment)| match (part.find('{'), part.rfind('}')) {
                // `{id}` or, with a suffix, `{id}.svg`.
                (Some(open), Some(end)) => {
                    segment.len() > open + part.len() - end - 1
                        && segment.starts_with(&part[..open])
                        && segment.ends_with(&part[end + 1..])
                }
                _ => part == segment,
            })
    };
    let paths = DOCUMENT["paths"].as_object()?;
    let found = paths.iter().filter(|(template, _)| matches(template));
    found.min_by_key(|(template, _)| parameters(template)).map(|(template, item)| (template.as_str(), item))
}

fn validator(key: &str, schema: &Value) -> Result<Arc<Validator>, String> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    if let Some(found) = COMPILED.lock().map_err(|e| e.to_string())?.get(key) {
        return Ok(Arc::clone(found));
    }
    let whole = json!({ "allOf": [schema], "components": &*STRICT });
    let compiled = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&whole)
        .map_err(|error| format!("the schema of {key} is not valid: {error}"))?;
    let compiled = Arc::new(compiled);
    COMPILED.lock().map_err(|e| e.to_string())?.insert(key.to_owned(), Arc::clone(&compiled));
    Ok(compiled)
}
