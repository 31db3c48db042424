//! What `openapi.yaml` says of each operation: who may call it, and a call that gets past parsing.

use std::{collections::BTreeMap, sync::LazyLock};

use harness::contract::DOCUMENT;
use quanxiangtuo::features::auth::dto::Role;
use reqwest::Method;
use serde_json::{Map, Value, json};

/// Every role.
pub const ROLES: [Role; 5] = [Role::Guardian, Role::Carer, Role::Manager, Role::Officer, Role::Admin];

/// Prefixes of ids of which each belongs to one family or one centre: nobody else may learn of them.
/// All others are public or the bureau's.
pub const OWNED: &[&str] = &[
    "chd", "bkg", "vis", "vch", "rdm", "wtl", "pup", "tie", "rtg", "rta", "cpl", "ntc", "cls", "emc", "stm", "axk",
    "whk", "whd", "sgn", "gdr",
];

/// Good values of path parameters that are no ids.
const WORDS: &[(&str, &str)] = &[
    ("date", "2026-03-10"),
    ("valid_from", "2026-03-16"),
    ("care_type", "full_day"),
    ("token", "nobodys"),
    ("purpose", "location"),
    ("number", "1"),
    ("kind", "mainland_travel_permit"),
    ("table", "classes"),
    ("work", "trust-work-1"),
    ("input", "residents"),
    ("indicator", "under2_places"),
];

/// What a body needs beside what its schema tells, to get past parsing and to what it names.
static MORE: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    let scan = json!({ "code": "OA", "scanned_at": "2026-03-02T08:00:00+08:00", "request_id": "trust-offline-1" });
    BTreeMap::from([
        ("create_booking", json!({ "start_date": "2026-03-09" })),
        ("quote_booking", json!({ "start_date": "2026-03-09" })),
        ("upload_offline_scans", json!({ "scans": [scan] })),
        ("give_consent", json!({ "version": harness::people::CONSENT_VERSION })),
        ("make_own_access_key", json!({ "expires_at": "2026-06-01T00:00:00+08:00" })),
        ("put_document", json!({ "agreed": true })),
        ("request_guidance", json!({ "agreed": true })),
        ("make_own_webhook", json!({ "url": "http://127.0.0.1:9/none" })),
    ])
});

/// Ids by prefix.
pub type Ids = BTreeMap<&'static str, String>;

/// An operation of the document.
pub struct Operation {
    /// GET, POST, …
    pub method: Method,
    /// The path's template.
    pub template: &'static str,
    /// `operationId`.
    pub id: &'static str,
    /// Who may call it; nothing for one that needs no sign-in.
    pub roles: Option<Vec<Role>>,
    node: &'static Value,
}

impl Operation {
    /// All of them, in the document's order.
    pub fn all() -> Vec<Self> {
        let paths = DOCUMENT["paths"].as_object().unwrap().iter();
        let each = paths.flat_map(|(template, item)| item.as_object().unwrap().iter().map(move |of| (template, of)));
        let known = each.filter(|(_, (_, node))| node["operationId"].is_string());
        known
            .map(|(template, (method, node))| {
                let id = node["operationId"].as_str().unwrap();
                Self { method: method.to_uppercase().parse().unwrap(), template, id, roles: roles(id, node), node }
            })
            .collect()
    }

    /// Those that need a sign-in.
    pub fn secured() -> Vec<Self> {
        Self::all().into_iter().filter(|operation| operation.roles.is_some()).collect()
    }

    /// Those that take an access key of another system, and no person's token.
    pub fn keyed() -> Vec<Self> {
        Self::all().into_iter().filter(|operation| secured_by(operation.node, "access_key")).collect()
    }

    /// Whether a role may call it.
    pub fn allows(&self, role: Role) -> bool {
        self.roles.as_ref().is_none_or(|roles| roles.contains(&role))
    }

    fn parameters(&self, place: &'static str) -> impl Iterator<Item = (&'static str, &'static Value)> {
        let all = self.node["parameters"].as_array().into_iter().flatten();
        all.filter(move |p| p["in"] == place).map(|p| (p["name"].as_str().unwrap(), &p["schema"]))
    }

    /// The prefixes of the ids in its path.
    pub fn path_ids(&self) -> Vec<&'static str> {
        self.parameters("path").filter_map(|(_, schema)| prefix(schema)).collect()
    }

    /// The names and prefixes of the ids that its query takes.
    pub fn query_ids(&self) -> Vec<(&'static str, &'static str)> {
        self.parameters("query").filter_map(|(name, schema)| Some((name, prefix(schema)?))).collect()
    }

    /// The names and prefixes of the owned ids that its body takes; which classes a centre has is public.
    pub fn owned_in_body(&self) -> Vec<(&'static str, &'static str)> {
        let Some(schema) = self.schema() else { return vec![] };
        let members = resolved(schema)["properties"].as_object().into_iter().flatten();
        let ids = members.filter_map(|(name, schema)| Some((name.as_str(), prefix(schema)?)));
        ids.filter(|(_, prefix)| OWNED.contains(prefix) && *prefix != "cls").collect()
    }

    /// Its path with these ids and what its query requires.
    pub fn path(&self, ids: &Ids) -> String {
        let mut path = self.template.to_owned();
        for (name, schema) in self.parameters("path") {
            let value = match prefix(schema) {
                Some(prefix) => ids.get(prefix).map(String::as_str).unwrap_or_else(|| {
                    panic!("{} takes a `{prefix}_…` id: let Side::new in tests/it/trust/world.rs make one", self.id)
                }),
                None => WORDS.iter().find(|(word, _)| *word == name).map(|(_, value)| *value).unwrap_or_else(|| {
                    panic!(
                        "{} takes `{name}`: give a good value of it in WORDS in tests/it/trust/operations.rs",
                        self.id
                    )
                }),
            };
            path = path.replace(&format!("{{{name}}}"), value);
        }
        for (name, schema) in self.parameters("query").filter(|(name, _)| self.requires(name)) {
            let value = sample(schema, ids, self.id);
            path = with_query(&path, name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        path
    }

    fn requires(&self, name: &str) -> bool {
        self.node["parameters"].as_array().into_iter().flatten().any(|p| p["name"] == name && p["required"] == true)
    }

    /// The names of all parameters of its query.
    pub fn query_names(&self) -> Vec<&'static str> {
        self.parameters("query").map(|(name, _)| name).collect()
    }

    /// The members that its body may have, each with a value.
    pub fn members(&self, ids: &Ids) -> Vec<(&'static str, Value)> {
        let members = self.schema().and_then(|schema| resolved(schema)["properties"].as_object());
        members.into_iter().flatten().map(|(name, schema)| (name.as_str(), sample(schema, ids, self.id))).collect()
    }

    fn schema(&self) -> Option<&'static Value> {
        let content = self.node["requestBody"]["content"].as_object()?;
        // Only the message push takes another: WeChat's own, tested in tests/it/push.rs.
        content.get("application/json").map(|json| &json["schema"])
    }

    /// A body that gets past parsing, with these ids; nothing if it takes none.
    pub fn body(&self, ids: &Ids) -> Option<Value> {
        let schema = self.schema()?;
        let mut body = sample(schema, ids, self.id);
        for (name, value) in MORE.get(self.id).and_then(Value::as_object).into_iter().flatten() {
            body[name] = value.clone();
        }
        Some(body)
    }
}

/// A path with one more parameter.
pub fn with_query(path: &str, name: &str, value: &str) -> String {
    format!("{path}{}{name}={value}", if path.contains('?') { '&' } else { '?' })
}

/// Who may call it: the document's `x-roles`. Nothing for one that needs no sign-in, or an access key.
fn roles(id: &str, node: &Value) -> Option<Vec<Role>> {
    if !secured_by(node, "bearer") {
        return None;
    }
    let words = serde_json::from_value::<Vec<Role>>(node["x-roles"].clone());
    Some(words.unwrap_or_else(|_| panic!("{id}: the document gives no x-roles")))
}

fn secured_by(node: &Value, scheme: &str) -> bool {
    node["security"].as_array().is_some_and(|any| any.iter().any(|of| !of[scheme].is_null()))
}

/// What a reference leads to, and of an optional value the value.
fn resolved(schema: &'static Value) -> &'static Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolved(DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap());
    }
    match schema["oneOf"].as_array() {
        Some(parts) => resolved(parts.iter().find(|part| part["type"] != "null").unwrap()),
        None => schema,
    }
}

/// The prefix of the ids that a schema takes.
fn prefix(schema: &'static Value) -> Option<&'static str> {
    let (prefix, _) = resolved(schema)["pattern"].as_str()?.strip_prefix('^')?.split_once("_[0-9a-f]{32}")?;
    Some(prefix)
}

/// A value of a schema: what it requires, by its examples where it has them.
fn sample(schema: &'static Value, ids: &Ids, of: &str) -> Value {
    let schema = resolved(schema);
    if let Some(id) = prefix(schema).and_then(|prefix| ids.get(prefix)) {
        return json!(id);
    }
    for own in [&schema["example"], &schema["examples"][0], &schema["const"], &schema["enum"][0]] {
        if !own.is_null() {
            return own.clone();
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str(),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let member = |name: &str| (name.to_owned(), sample(&schema["properties"][name], ids, of));
            Value::Object(required.map(member).collect::<Map<_, _>>())
        }
        Some("array") => {
            let n = schema["minItems"].as_u64().unwrap_or(0);
            (0..n).map(|_| sample(&schema["items"], ids, of)).collect()
        }
        Some("string") if schema["format"] == "date" => json!("2026-03-10"),
        Some("string") if schema["format"] == "date-time" => json!("2026-03-10T09:00:00+08:00"),
        Some("string") if schema["pattern"].is_null() => {
            json!(
                "八个字的一句话语".repeat(usize::try_from(schema["minLength"].as_u64().unwrap_or(0)).unwrap() / 8 + 1)
            )
        }
        Some("integer") => json!(schema["minimum"].as_i64().unwrap_or(1)),
        Some("number") => json!(schema["minimum"].as_f64().unwrap_or(1.0)),
        Some("boolean") => json!(false),
        _ => panic!("{of}: give this schema an example, or the operation a line in MORE: {schema}"),
    }
}
