//! Output that nobody reads any more, as in `innkeeper list | head -1`: every command that prints dies of SIGPIPE
//! without a word, and leaves nothing half-written. (`clipboard`, `domifaddr --watch`: with their other tests.)

#[path = "common/unread.rs"]
mod unread;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use unread::{died_of_sigpipe, ends_quietly, unread};

const PASSES: &str =
    "scenario: 1\nname: NAME\nmachine: {kernel: {asset: hello}}\nsteps:\n  - expect_exit: {code: 0}\n";
const BENCH: &str = "scenario: 1\nname: NAME\nmachine: {kernel: {asset: hello}}\nbench: {metrics: [insns]}\n";

/// A project with scenarios `a` and `b`.
fn project(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let scenarios = dir.path().join("scenarios");
    fs::create_dir(&scenarios).expect("a folder");
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo or nextest");
    let guests = Path::new(&manifest).parent().expect("the workspace").join("scenarios/guests");
    std::os::unix::fs::symlink(guests, scenarios.join("guests")).expect("guests");
    for name in ["a", "b"] {
        let file = scenarios.join(name).with_extension("yaml");
        fs::write(file, text.replace("NAME", name)).expect("a scenario");
    }
    dir
}

fn innkeeper(dir: &Path, args: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    c.args(args).current_dir(dir).stdin(Stdio::null());
    for variable in ["INNKEEPER_ROOT", "NEXTEST_WORKSPACE_ROOT", "NEXTEST_RUN_ID", "NEXTEST_ATTEMPT"] {
        c.env_remove(variable);
    }
    c
}

/// The verdicts that runs have left.
fn verdicts(dir: &Path) -> Vec<PathBuf> {
    let folders = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path());
    let tests = folders(&dir.join("target/innkeeper")).flat_map(|run| folders(&run).collect::<Vec<_>>());
    let attempts = tests.flat_map(|test| folders(&test).collect::<Vec<_>>());
    attempts.map(|attempt| attempt.join("verdict.json")).filter(|file| file.exists()).collect()
}

#[test]
fn commands_end_as_other_tools_do() {
    let dir = project(PASSES);
    let commands: &[&[&str]] = &[
        &["list"],
        &["list", "--format", "json"],
        &["run", "a"],
        &["check"],
        &["schema"],
        &["isa", "--coverage"],
        &["diff", "--arch", "aarch64", "--engines", "step,interp", "--blocks", "10", "--rows"],
        &["domifaddr", "--mac", "52:54:00:12:34:56", "--source", "lease", "--lease-file", "none"],
        &["boot", "--kernel", "scenarios/guests/bin/hello.elf"],
        &["libtest", "--list"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ];
    commands.iter().for_each(|args| ends_quietly(&mut innkeeper(dir.path(), args)));
    let benches = project(BENCH);
    ends_quietly(&mut innkeeper(benches.path(), &["bench", "--samples", "1"]));
}

#[test]
fn what_goes_to_standard_error_may_be_unread_too() {
    let dir = project("scenario: 1\nname: NAME\nsteps: 1\n");
    for args in [&["check"][..], &["list"], &["run"], &["bench"], &["no-such-command"]] {
        let mut command = innkeeper(dir.path(), args);
        let out = command.stdout(Stdio::piped()).stderr(unread()).output().expect("a process");
        died_of_sigpipe(&command, &out);
    }
    for format in ["json", "github"] {
        ends_quietly(&mut innkeeper(dir.path(), &["check", "--format", format]));
    }
}

#[test]
fn a_run_that_nobody_reads_ends_with_the_evidence_of_what_it_began() {
    let dir = project(PASSES);
    ends_quietly(&mut innkeeper(dir.path(), &["run", "--jobs", "1"]));
    let verdicts = verdicts(dir.path());
    assert_eq!(verdicts.len(), 1, "the second test does not begin: {verdicts:?}");
    let text = fs::read_to_string(&verdicts[0]).expect("a verdict");
    let verdict: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(verdict["class"], "pass");
}

#[test]
fn reports_that_were_asked_for_are_whole() {
    let dir = project(PASSES);
    let reports = ["run", "--jobs", "1", "--report", "json=r.json", "--report", "junit=j.xml"];
    ends_quietly(&mut innkeeper(dir.path(), &reports));
    let text = fs::read_to_string(dir.path().join("r.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["summary"]["pass"], 2, "{report}");
    let junit = fs::read_to_string(dir.path().join("j.xml")).expect("a report");
    assert!(junit.contains("tests=\"2\"") && junit.trim_end().ends_with("</testsuites>"), "{junit}");
}

#[test]
fn a_full_disk_is_said() {
    let dir = project(PASSES);
    let full = fs::File::create("/dev/full").expect("/dev/full");
    let out =
        innkeeper(dir.path(), &["list"]).stdout(full).stderr(Stdio::piped()).output().expect("a process");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.starts_with("innkeeper: failed to print: No space left on device"), "{said}");
}
