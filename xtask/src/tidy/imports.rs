//! Who may import whom, and that every dependency has its reason beside it.

use std::path::Path;

use serde_json::Value;

use super::Complaint;

/// Which crates of ours each crate may import (ARCHITECTURE.md). `scrip-sim` and `xtask` do not ship.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("scrip-ledger", &[]),
    ("scrip-catalog", &["scrip-ledger"]),
    ("scrip-store", &["scrip-ledger"]),
    ("scrip-api", &[]),
    ("scrip-server", &["scrip-ledger", "scrip-catalog", "scrip-store", "scrip-api"]),
    ("scrip", &["scrip-ledger", "scrip-catalog", "scrip-store", "scrip-api", "scrip-server"]),
    ("scrip-sim", &["scrip-ledger", "scrip-catalog", "scrip-store", "scrip-api", "scrip-server"]),
    ("xtask", &[]),
];

pub fn complaints(root: &Path) -> Vec<Complaint> {
    let mut all = Vec::new();
    let output = crate::cargo_command()
        .current_dir(root)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata answers JSON");
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let manifest = manifest.strip_prefix(root).unwrap_or(manifest);
        let complain = |what: String| Complaint { file: manifest.to_path_buf(), line: 1, what };
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(known, _)| *known == name) else {
            all.push(complain(format!("`{name}` is not in the import table of tidy and ARCHITECTURE.md")));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let wanted = dependency["name"].as_str().unwrap_or_default();
            let ours = MAY_IMPORT.iter().any(|(known, _)| *known == wanted);
            let for_tests = dependency["kind"].as_str() == Some("dev");
            if ours && !for_tests && !allowed.contains(&wanted) {
                all.push(complain(format!("`{name}` may not import `{wanted}` (ARCHITECTURE.md)")));
            }
        }
        // `cargo run` starts the one program that some package runs by default: with two it starts none.
        if name != "scrip" && !package["default_run"].is_null() {
            all.push(complain(format!("`{name}` has a default-run: then `cargo run` no longer starts the demo")));
        }
        all.extend(without_reason(root, manifest));
    }
    all
}

/// A dependency that is not ours says on its own line, or the line above, why it is there.
fn without_reason(root: &Path, manifest: &Path) -> Vec<Complaint> {
    let text = std::fs::read_to_string(root.join(manifest)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let mut in_dependencies = false;
    let mut all = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies]");
            continue;
        }
        let is_entry = line.chars().next().is_some_and(char::is_alphanumeric) && line.contains('=');
        let commented = line.contains('#') || index > 0 && lines[index - 1].trim_start().starts_with('#');
        if in_dependencies && is_entry && !line.starts_with("scrip") && !commented {
            let what = format!("`{}` has no reason beside it", line.split(['=', '.', ' ']).next().unwrap_or_default());
            all.push(Complaint { file: manifest.to_path_buf(), line: index + 1, what });
        }
    }
    all
}
