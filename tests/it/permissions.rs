//! The table of permissions, the document and the running server say the same.

use std::collections::BTreeSet;

use harness::{Client, Reply, TestApp, contract::DOCUMENT};
use quanxiangtuo::features::auth::{dto::Role, permissions};
use reqwest::Method;
use serde_json::{Value, json};

/// An operation of the document.
struct Operation {
    id: &'static str,
    method: Method,
    /// Its path below `/api/v1`, the parameters filled in with what fits and names nothing.
    path: String,
    signed_in: bool,
    roles: Option<Vec<&'static str>>,
}

fn filled(path: &str, operation: &Value) -> String {
    let mut filled = path.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] != "path" {
            continue;
        }
        let name = parameter["name"].as_str().unwrap();
        let mut schema = &parameter["schema"];
        if let Some(reference) = schema["$ref"].as_str() {
            schema = DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap();
        }
        let value = match (schema["pattern"].as_str(), schema["format"].as_str()) {
            (Some(pattern), _) if pattern.contains("[0-9a-f]{32}") => {
                format!("{}0192f0c18a7c7d10b1c2d3e4f5a6b7c8", pattern[1..].split('[').next().unwrap())
            }
            (_, Some("date")) => "2026-03-20".to_owned(),
            _ => match schema["enum"][0].as_str() {
                Some(word) => word.to_owned(),
                None => "none".to_owned(),
            },
        };
        filled = filled.replace(&format!("{{{name}}}"), &value);
    }
    filled
}

fn operations() -> Vec<Operation> {
    let mut all = vec![];
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let schemes = operation["security"].as_array().into_iter().flatten();
            all.push(Operation {
                id,
                method: method.to_uppercase().parse().unwrap(),
                path: filled(path, operation).trim_start_matches("/api/v1").to_owned(),
                signed_in: schemes.clone().any(|scheme| scheme.get("bearer").is_some()),
                roles: operation["x-roles"].as_array().map(|l| l.iter().map(|v| v.as_str().unwrap()).collect()),
            });
        }
    }
    assert!(all.len() > 100);
    all
}

#[test]
fn every_operation_with_a_sign_in_is_in_the_table_and_the_document_says_its_roles() {
    let mut complaints = vec![];
    let table: BTreeSet<&str> = permissions::operations().collect();
    let all = operations();
    for operation in &all {
        let roles = permissions::roles(operation.id).map(|roles| roles.iter().map(Role::as_str).collect::<Vec<_>>());
        if operation.signed_in != table.contains(operation.id) {
            complaints.push(format!("{}: in the table or with a sign-in, not both", operation.id));
        }
        if roles != operation.roles {
            complaints.push(format!("{}: the table says {roles:?}, x-roles {:?}", operation.id, operation.roles));
        }
    }
    let named: BTreeSet<&str> = all.iter().map(|operation| operation.id).collect();
    complaints.extend(table.difference(&named).map(|id| format!("{id} is in the table only")));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

async fn call(client: &Client, operation: &Operation) -> Reply {
    client.send(operation.method.clone(), &operation.path, Some(json!({})), &[]).await
}

#[tokio::test]
async fn the_server_lets_the_roles_of_the_table_call_and_refuses_all_others() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.many_families(1).await.remove(0);
    let callers = [
        (Role::Guardian, family.client.clone()),
        (Role::Carer, app.carer(place.centre.id).await),
        (Role::Manager, app.manager(place.centre.id).await),
        (Role::Officer, app.officer().await),
        (Role::Admin, app.admin().await),
    ];
    let mut complaints = vec![];
    for operation in operations().iter().filter(|operation| operation.signed_in) {
        let reply = call(&app.anonymous(), operation).await;
        if reply.status != 401 {
            complaints.push(format!("{} without a token: {}", operation.id, reply.status));
        }
        let roles = permissions::roles(operation.id).unwrap();
        for (role, client) in &callers {
            if operation.id == "sign_out" {
                continue;
            }
            let reply = call(client, operation).await;
            let refused = reply.status == 403 && reply.body["code"] == "FORBIDDEN";
            if refused == roles.has(*role) || reply.status == 401 {
                complaints.push(format!("{} as {}: {}", operation.id, role.as_str(), reply.status));
            }
        }
    }
    for (_, client) in &callers {
        assert_eq!(client.post("/auth/logout", json!({})).await.status, 204);
        assert_eq!(client.post("/auth/logout", json!({})).await.status, 401);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
