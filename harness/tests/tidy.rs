//! House rules that no compiler checks: who may use whom, where unsafe and host time live, file
//! sizes, TODOs with issues, paths in documents, the top level.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo or nextest");
    Path::new(&manifest).parent().expect("the workspace").to_path_buf()
}

/// Files below `dir` with extension `ext`, with their paths relative to the root.
fn files(dir: &str, ext: &str) -> Vec<(String, String)> {
    let root = root();
    let (mut found, mut todo) = (Vec::new(), vec![root.join(dir)]);
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
            let path = entry.expect("an entry").path();
            let hidden =
                path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.') || n == "target");
            if hidden {
                continue;
            }
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == ext) {
                let name = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
                found.push((
                    name,
                    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
                ));
            }
        }
    }
    found.sort();
    found
}

/// Lines of Rust that are not comments, numbered from 1.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, l)| (i + 1, l)).filter(|(_, l)| !l.trim_start().starts_with("//"))
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// (folder, what its files never name). `design.md` §1.
const EDGES: &[(&str, &[&str])] = &[
    (
        "emu/core/src/dev",
        &["crate::isa", "crate::accel", "crate::machine", "crate::board", "std::time", "std::net", "rand::"],
    ),
    (
        "emu/core/src/soft",
        &["crate::isa", "crate::accel", "crate::machine", "crate::board", "crate::dev", "crate::mem"],
    ),
    ("emu/core/src/emit", &["crate::isa", "crate::accel", "crate::machine", "crate::board", "crate::dev"]),
    ("emu/core/src/isa", &["crate::accel", "crate::machine", "crate::board", "crate::vcpu", "crate::system"]),
    ("emu/core/src/vcpu", &["crate::accel", "crate::machine", "crate::board"]),
    ("emu/core/src/accel", &["crate::machine", "crate::board"]),
    ("emu/core/src/machine", &["crate::board"]),
    ("emu/core/src/mem", &["crate::isa", "crate::accel", "crate::machine", "crate::board", "crate::replay"]),
    ("emu/core/src", &["cranelift", "kvm_ioctls", "innkeeper_jit", "innkeeper_kvm"]),
    ("emu/jit/src", &["innkeeper::", "innkeeper_kvm", "innkeeper_services"]),
    ("emu/kvm/src", &["innkeeper::", "innkeeper_jit", "innkeeper_services"]),
    ("emu/services/src", &["innkeeper_core", "innkeeper_jit", "innkeeper_kvm", "innkeeper::"]),
    // The oracle is GPL: it shares the messages on the pipe, and nothing else is linked.
    ("harness/oracle/src", &["innkeeper::"]),
    ("harness/src", &["unicorn_engine"]),
];

#[test]
fn nobody_uses_what_is_above_it() {
    let mut found = Vec::new();
    for (dir, forbidden) in EDGES {
        for (name, text) in files(dir, "rs") {
            // Tests may look from above.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let is_test =
                name.ends_with("tests.rs") || name.contains("/tests/") || name.ends_with("testing.rs");
            for (n, line) in code(text).filter(|_| !is_test) {
                for word in forbidden.iter().filter(|w| line.contains(**w)) {
                    found.push(format!("{name}:{n}: {word}"));
                }
            }
        }
    }
    assert_none("uses that design.md §1 forbids", &found);
}

/// Where a guest architecture may be named: (its module, folders and files).
const GUESTS: &[(&str, &[&str])] = &[(
    "isa::a64",
    &[
        "emu/core/src/isa/a64/",
        "emu/core/src/board/virt_a64/",
        "emu/jit/src/guest/a64/",
        "harness/src/engine/a64.rs",
        // Our semantics on flat memory, and the one-line cases: there are none of another guest.
        "harness/src/engine/step.rs",
        "harness/src/diff/cases.rs",
        "harness/src/generate/a64/",
        "harness/src/guests/a64.rs",
    ],
)];

#[test]
fn a_guest_is_named_in_its_own_files_only() {
    let mut found = Vec::new();
    for (module, own) in GUESTS {
        for place in *own {
            assert!(root().join(place).exists(), "{place} is listed and not there");
        }
        for dir in ["emu/core/src", "emu/jit/src", "emu/kvm/src", "harness/src"] {
            for (name, text) in files(dir, "rs") {
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                let exempt = own.iter().any(|o| name.starts_with(o)) || name.contains("/tests/");
                for (n, _) in code(text).filter(|(_, line)| !exempt && line.contains(module)) {
                    found.push(format!("{name}:{n}: {module}"));
                }
            }
        }
    }
    assert_none("a guest outside its own files", &found);
}

const HOST: &[&str] =
    &["std::time", "Instant::now", "SystemTime", "clock_gettime", "thread_rng", "getrandom", "RandomState"];

#[test]
fn host_time_and_chance_stay_outside_the_emulator() {
    let mut found = Vec::new();
    for (name, text) in files("emu", "rs") {
        // The door for both; the counter of time spent compiling; KVM, whose guests see the host's clock
        // anyway, and what ends a KVM_RUN that hangs; figures printed by a test that is run by hand; tests
        // with real peers, which live in the host's time.
        let doors = [
            "emu/jit/src/compile.rs",
            "emu/kvm/src/clock.rs",
            "emu/kvm/src/program/watchdog.rs",
            "emu/services/src/addresses/book_tests.rs",
        ];
        let folders = ["emu/core/src/replay/", "emu/services/tests/peers/"];
        if folders.iter().any(|f| name.starts_with(f)) || doors.contains(&name.as_str()) {
            continue;
        }
        for (n, line) in code(&text) {
            for word in HOST.iter().filter(|w| line.contains(**w)) {
                found.push(format!("{name}:{n}: {word}"));
            }
        }
    }
    assert_none("host time or randomness", &found);
}

/// The only files with unsafe code, each with a reason in its `expect`.
const UNSAFE: &[&str] = &[
    "emu/core/src/mem/ram.rs",
    "emu/core/src/mem/tlb.rs",
    // Generated code: its memory, the way in, the way out.
    "emu/jit/src/arena.rs",
    "emu/jit/src/engine.rs",
    "emu/jit/src/enter.rs",
    "emu/jit/src/helper.rs",
    // The page each CPU shares with the kernel; guest memory given to it.
    "emu/kvm/src/exit.rs",
    "emu/kvm/src/kick.rs",
    "emu/kvm/src/vm.rs",
    // KVM: the guest's memory, the signal that ends a KVM_RUN.
    "emu/kvm/src/program.rs",
    "emu/kvm/src/program/watchdog.rs",
];

#[test]
fn unsafe_code_is_where_it_is_listed() {
    let mut found = Vec::new();
    for dir in ["emu", "harness/src", "harness/tests", "benches"] {
        for (name, text) in files(dir, "rs").into_iter().filter(|(name, _)| name != "harness/tests/tidy.rs") {
            let admits = text.contains("expect(unsafe_code") || text.contains("allow(unsafe_code");
            if admits != UNSAFE.contains(&name.as_str()) {
                found.push(name);
            }
        }
    }
    assert_none("files that opt into unsafe code and are not listed, or are listed and do not", &found);
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let all = ["emu", "harness", "benches"].into_iter().flat_map(|dir| files(dir, "rs"));
    let long = all.map(|(name, text)| (name, text.lines().count())).filter(|(_, n)| *n > 900);
    assert_none("files over 900 lines", &long.map(|(name, n)| format!("{name}: {n}")).collect::<Vec<_>>());
}

#[test]
fn what_is_left_to_do_has_an_issue() {
    let mut found = Vec::new();
    for (name, text) in
        ["emu", "harness", "benches", "scenarios"].into_iter().flat_map(|dir| files(dir, "rs"))
    {
        if name == "harness/tests/tidy.rs" {
            continue;
        }
        for (n, line) in text.lines().enumerate() {
            for word in ["TODO", "FIXME", "XXX"] {
                let tracked = line.contains(&format!("{word}(#"));
                if line.contains(word) && !tracked {
                    found.push(format!("{name}:{}: {}", n + 1, line.trim()));
                }
            }
        }
    }
    assert_none("TODOs without an issue: write TODO(#12)", &found);
}

/// Names in documents that stand for many files.
fn is_pattern(path: &str) -> bool {
    path.contains(['<', '*', '{', '…', '$', ' ']) || path.contains("NAME")
}

#[test]
fn paths_in_documents_exist() {
    let root = root();
    let mut found = Vec::new();
    for (name, text) in files(".", "md") {
        for (n, line) in text.lines().enumerate() {
            let quoted = line.split('`').skip(1).step_by(2);
            let tops = ["emu/", "harness/", "scenarios/", "benches/", "golden/", "ci/"];
            for path in quoted.filter(|p| tops.iter().any(|t| p.starts_with(t)) && !is_pattern(p)) {
                if !root.join(path).exists() {
                    found.push(format!("{name}:{}: {path}", n + 1));
                }
            }
            let links = line.split("](").skip(1).filter_map(|l| l.split([')', '#']).next());
            for link in links.filter(|l| !l.is_empty() && !l.contains("://")) {
                let base = Path::new(&name).parent().unwrap_or(Path::new(""));
                if !root.join(base).join(link).exists() {
                    found.push(format!("{name}:{}: {link}", n + 1));
                }
            }
        }
    }
    assert_none("paths that lead nowhere", &found);
}

/// Everything at the top, apart from what git does not keep.
const TOP: &[&str] = &[
    ".ci",
    ".config",
    ".github",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "ci",
    "clippy.toml",
    "deny.toml",
    "emu",
    "golden",
    "harness",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "scenarios",
];

#[test]
fn the_top_level_is_as_fixed() {
    let entries = fs::read_dir(root()).expect("the root");
    let names = entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned());
    let extra: Vec<String> =
        names.filter(|n| ![".git", "target"].contains(&n.as_str()) && !TOP.contains(&n.as_str())).collect();
    assert_none("new things at the top level", &extra);
}

#[test]
fn no_golden_is_left_behind() {
    use innkeeper::scenario::{find::Project, load};
    let project = Project::at(root());
    let files = project.files_under(&project.scenarios()).expect("scenarios");
    let loaded: Vec<_> = files
        .iter()
        .map(|f| load::load(&project, &f.path).unwrap_or_else(|e| panic!("{}: {} errors", f.name, e.len())))
        .collect();
    let stray = innkeeper::golden::unreferenced(&project, &loaded).expect("goldens");
    assert_none("goldens without a scenario", &stray.into_iter().map(|d| d.message).collect::<Vec<_>>());
}
