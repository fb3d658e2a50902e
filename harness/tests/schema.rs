//! The schema file, and a second opinion on every scenario.

use std::path::{Path, PathBuf};

use innkeeper::scenario::Scenario;
use innkeeper::scenario::find::Project;

fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo or nextest");
    Path::new(&manifest).parent().expect("the workspace").to_path_buf()
}

fn texts() -> Vec<(PathBuf, String)> {
    let project = Project::at(root());
    let files = project.files_under(&project.scenarios()).expect("scenarios");
    assert!(files.len() > 20, "the scenarios are where they were");
    files.into_iter().map(|f| (f.path.clone(), std::fs::read_to_string(f.path).expect("a file"))).collect()
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let path = root().join("harness/schema/scenario-v1.json");
    let now = innkeeper::cmd::schema::text();
    if std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "always") {
        std::fs::write(&path, &now).expect("a writable schema");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "write it with: innkeeper schema > harness/schema/scenario-v1.json");
}

#[test]
fn a_second_parser_reads_the_same() {
    for (path, text) in texts() {
        let ours: Scenario =
            serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let theirs: Scenario =
            serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(ours, theirs, "{}", path.display());
    }
}

#[test]
fn every_scenario_is_valid_by_the_schema_and_names_it() {
    let schema = serde_json::from_str(&innkeeper::cmd::schema::text()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (path, text) in texts() {
        let value: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
        if let Err(e) = validator.validate(&value) {
            panic!("{}: {e} at {}", path.display(), e.instance_path());
        }
        let line = text.lines().next().unwrap_or_default();
        let schema = line.strip_prefix("# yaml-language-server: $schema=").unwrap_or_default();
        let target = path.parent().expect("a folder").join(schema);
        assert!(target.is_file(), "{}: the first line does not lead to the schema", path.display());
    }
}
