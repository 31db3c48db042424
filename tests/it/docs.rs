//! The documents name what exists, and the layers stay layers.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All files below a folder, hidden ones and build output left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "data" {
                    folders.push(path);
                }
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The texts between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn the_paths_that_the_documents_name_exist() {
    let root = root();
    let all = files(&root);
    let names: BTreeSet<String> = all.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let folders: BTreeSet<String> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !["target", "data", ".git"].contains(&name.as_str()))
        .collect();
    let documents: Vec<&PathBuf> = all
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .filter(|path| path.parent() == Some(&root) || path.starts_with(root.join("docs")))
        .collect();
    let mut complaints = vec![];
    let mut complain = |document: &Path, named: &str| {
        complaints.push(format!("{} names `{named}`, which isn't there", shown(document)));
    };
    for document in documents {
        let text = fs::read_to_string(document).unwrap();
        for named in quoted(&text) {
            let plain = named.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
            let first = named.split('/').next().unwrap_or("");
            if !plain || named.is_empty() {
                continue;
            }
            if named.contains('/') {
                if folders.contains(first) && !root.join(named).exists() {
                    complain(document, named);
                }
            } else {
                let kind = Path::new(named).extension().and_then(|e| e.to_str()).unwrap_or("");
                if ["rs", "toml", "yaml", "md", "sh"].contains(&kind) && !names.contains(named) {
                    complain(document, named);
                }
            }
        }
        // Links to files: [text](path).
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
            let outside = target.is_empty() || target.contains(':');
            if !outside && !document.parent().unwrap().join(target).exists() {
                complain(document, target);
            }
        }
    }
    assert_none(&complaints);
}

/// The program's source files with their texts, without the unit tests at their ends.
fn sources() -> Vec<(String, String)> {
    let folder = root().join("api/src");
    let rust = files(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let all: Vec<(String, String)> = rust
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            (shown(&path), code)
        })
        .collect();
    assert!(all.len() > 30);
    all
}

/// Lines of code, without comments, that contain one of the texts.
fn lines_with(path: &str, code: &str, texts: &[&str]) -> Vec<String> {
    code.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .filter(|(_, line)| texts.iter().any(|text| line.contains(text)))
        .map(|(n, line)| format!("{path}:{}: {}", n + 1, line.trim()))
        .collect()
}

#[test]
fn only_the_settings_read_the_environment() {
    let complaints: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| path != "api/src/config.rs")
        .flat_map(|(path, code)| lines_with(path, code, &["std::env", "env::var", "env::vars"]))
        .collect();
    assert_none(&complaints);
}

#[test]
fn only_the_database_module_begins_transactions() {
    let complaints: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| path != "api/src/platform/db.rs")
        .flat_map(|(path, code)| {
            lines_with(path, code, &[".begin(", "begin_with_", ".transaction(", "transaction_with_"])
        })
        .collect();
    assert_none(&complaints);
}

#[test]
fn the_platform_and_the_plumbing_know_no_feature() {
    let complaints: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| path.starts_with("api/src/platform/") || path.starts_with("api/src/http/"))
        .flat_map(|(path, code)| {
            // The word alone is also GeoJSON's.
            let mut found = lines_with(path, code, &["features::", "::features"]);
            if path.starts_with("api/src/platform/") {
                found.extend(lines_with(path, code, &["crate::http", "crate::state", "crate::features"]));
            }
            found
        })
        .collect();
    assert_none(&complaints);
}

#[test]
fn no_handler_touches_the_database_itself() {
    let handlers = ["handlers.rs", "guardians.rs", "desk.rs", "bureau.rs", "public.rs"];
    let complaints: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| handlers.iter().any(|name| path.ends_with(&format!("/{name}"))))
        // Rooms with several files have the audience's name again: `service/desk.rs`.
        .filter(|(path, _)| !["/service/", "/store/", "/rules/"].iter().any(|room| path.contains(room)))
        .flat_map(|(path, code)| lines_with(path, code, &["sea_orm", "write_txn", ".reader()", ".writer()"]))
        .collect();
    assert_none(&complaints);
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    let complaints: Vec<String> = ["api/src", "entity/src", "migration/src", "tests/harness"]
        .iter()
        .flat_map(|folder| files(&root().join(folder)))
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| (shown(&path), fs::read_to_string(&path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 400)
        .map(|(path, lines)| format!("{path} has {lines} lines"))
        .collect();
    assert_none(&complaints);
}

#[test]
fn no_project_file_names_the_folder_it_was_made_in() {
    let root = root();
    let here = root.display().to_string();
    // A checkout right under / or with a one-letter name proves nothing.
    if here.len() < 8 {
        return;
    }
    let complaints: Vec<String> = files(&root)
        .iter()
        .filter(|path| fs::read_to_string(path).is_ok_and(|text| text.contains(&here)))
        .map(|path| shown(path))
        .collect();
    assert_none(&complaints);
}
