//! Every failure mode of a scenario file has an example in `scenarios/_bad/` and its diagnostics
//! beside it. `INSTA_UPDATE=always cargo test -p innkeeper --test bad` accepts what they are now.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use innkeeper::diag::{self, Code, Diagnostic, Format, Source};
use innkeeper::scenario::find::Project;
use innkeeper::scenario::load;

fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo or nextest");
    Path::new(&manifest).parent().expect("the workspace").to_path_buf()
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("scenarios/_bad")).expect("scenarios/_bad");
    let mut files: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    files
}

fn errors(path: &Path) -> Vec<Diagnostic> {
    let text = std::fs::read_to_string(path).expect("a readable file");
    let shown = path.strip_prefix(root()).expect("below the root").to_path_buf();
    let source = Arc::new(Source { path: shown, text });
    match load::load_source(&Project::at(root()), path, &source) {
        Ok(_) => Vec::new(),
        Err(errors) => errors,
    }
}

#[test]
fn each_bad_scenario_says_what_its_golden_says() {
    let accept = std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "always");
    let mut wrong = String::new();
    for path in files() {
        let found = diag::render(&errors(&path), Format::Text, false);
        assert!(!found.is_empty(), "{}: no error", path.display());
        let golden = path.with_extension("err");
        if accept {
            std::fs::write(&golden, &found).expect("a writable golden");
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if expected != found {
            let _ = writeln!(wrong, "{}\n--- expected\n{expected}--- found\n{found}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}accept with: INSTA_UPDATE=always cargo test -p innkeeper --test bad");
}

#[test]
fn goldens_have_scenarios() {
    for entry in std::fs::read_dir(root().join("scenarios/_bad")).expect("scenarios/_bad") {
        let path = entry.expect("an entry").path();
        assert!(path.with_extension("yaml").is_file(), "{} belongs to no scenario", path.display());
    }
}

#[test]
fn every_code_of_a_file_has_an_example() {
    let seen: BTreeSet<Code> = files().iter().flat_map(|p| errors(p)).map(|d| d.code).collect();
    // These are not about one file's text; tests/cli.rs shows them.
    let elsewhere = [Code::Expired, Code::AssetHash, Code::Golden, Code::NothingFound];
    let missing: Vec<_> = Code::ALL.iter().filter(|c| !seen.contains(c) && !elsewhere.contains(c)).collect();
    assert!(missing.is_empty(), "no example for {missing:?}");
}

#[test]
fn every_error_has_a_place_and_says_what_to_do() {
    for path in files() {
        for d in errors(&path) {
            assert!(d.place().is_some(), "{}: {} has no place", path.display(), d.code);
            let structural =
                [Code::Syntax, Code::MissingKey, Code::WrongType, Code::BadValue, Code::DuplicateKey];
            assert!(
                d.help.is_some() || structural.contains(&d.code),
                "{}: {} has no help",
                path.display(),
                d.code
            );
        }
    }
}
