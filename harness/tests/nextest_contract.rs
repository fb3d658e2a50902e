//! The scenario target driven exactly as nextest drives it (harness/docs/decisions/0002).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A project of its own with a few scenarios and the repository's guests.
struct Project(tempfile::TempDir);

const HELLO: &str = "machine: {kernel: {asset: hello}}\nsteps:\n  - wait_console: {text: hello from EL1}\n";

impl Project {
    fn new() -> Project {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo or nextest");
        let guests = Path::new(&manifest).parent().expect("the workspace").join("scenarios/guests");
        fs::create_dir(dir.path().join("scenarios")).expect("scenarios");
        std::os::unix::fs::symlink(guests, dir.path().join("scenarios/guests")).expect("guests");
        Project(dir)
    }

    fn with(files: &[(&str, &str)]) -> Project {
        let project = Project::new();
        for (name, body) in files {
            project.add(name, body);
        }
        project
    }

    fn add(&self, name: &str, body: &str) {
        let path = self.0.path().join("scenarios").join(name).with_extension("yaml");
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        fs::write(path, format!("scenario: 1\nname: {stem}\n{body}")).expect("a scenario");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
        c.arg("libtest").args(args).stdin(Stdio::null());
        c.env("NEXTEST", "1").env("NEXTEST_RUN_ID", "run-1").env("NEXTEST_WORKSPACE_ROOT", self.0.path());
        c.env_remove("INNKEEPER_ROOT").env_remove("INNKEEPER_REQUIRE").env_remove("NEXTEST_ATTEMPT");
        c.env("PATH", "");
        c
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the target runs")
    }

    fn evidence(&self, test: &str) -> PathBuf {
        self.0.path().join("target/innkeeper/run-1").join(test)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn sample() -> Project {
    let two = "machine: {kernel: {asset: hello}}\nmatrix:\n  axes:\n    machine.memory: [64MiB, 128MiB]\nsteps:\n  - wait_console: {text: hello from EL1}\n";
    // Without a PATH there is none.
    let qemu = "machine: {kernel: {asset: hello}}\nskip_when:\n  - {lacks: qemu, because: not installed}\nsteps:\n  - wait_console: {text: hello}\n";
    Project::with(&[
        ("console/hello", HELLO),
        ("two", two),
        ("needs-qemu", qemu),
        ("speed", "machine: {kernel: {asset: hello}}\nbench: {metrics: [insns]}\n"),
        ("wrong", "machine: {kernel: {asset: hello}}\nsteps:\n  - wait_console: {text: goodbye from EL1}\n"),
    ])
}

#[test]
fn both_lists_are_what_nextest_parses() {
    let p = sample();
    let all = p.run(&["--list", "--format", "terse"]);
    assert!(all.status.success());
    assert_eq!(
        text(&all.stdout),
        "console::hello: test\nneeds-qemu: test\nspeed: benchmark\n\
         two::memory=128MiB: test\ntwo::memory=64MiB: test\nwrong: test\n"
    );
    let ignored = p.run(&["--list", "--format", "terse", "--ignored"]);
    assert!(ignored.status.success());
    assert_eq!(text(&ignored.stdout), "needs-qemu: test\n");
}

#[test]
fn no_scenario_in_error_is_left_out_of_the_list() {
    let p = sample();
    p.add("broken", "steps: 1\n");
    let out = p.run(&["--list", "--format", "terse"]);
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(text(&out.stdout), "");
    assert!(text(&out.stderr).contains("error[S005]"), "{}", text(&out.stderr));
}

#[test]
fn exact_runs_one_test_and_reads_one_file() {
    let p = sample();
    p.add("broken", "steps: 1\n");
    let out = p.run(&["--exact", "console::hello", "--nocapture"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(text(&out.stdout).contains("test console::hello ... ok"), "{}", text(&out.stdout));
    assert_eq!(text(&out.stderr), "");
    assert!(p.evidence("console/hello/1/verdict.json").is_file());
}

#[test]
fn each_cell_is_a_test_of_its_own() {
    let out = sample().run(&["--exact", "two::memory=64MiB", "--nocapture"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    for stale in ["two::memory=1GiB", "two", "two::memory=64MiB.cpus=1"] {
        assert_eq!(sample().run(&["--exact", stale, "--nocapture"]).status.code(), Some(101), "{stale}");
    }
}

#[test]
fn a_stale_name_fails() {
    for stale in ["no-such-test", "console", "console::hello::x=1", "../two", "guests::x", ""] {
        let out = sample().run(&["--exact", stale, "--nocapture"]);
        assert_eq!(out.status.code(), Some(101), "{stale}: {}", text(&out.stderr));
        assert!(text(&out.stderr).contains("no test"), "{stale}");
    }
}

#[test]
fn an_ignored_test_is_run_literally_and_never_passes_unseen() {
    let p = sample();
    // Asked for with --ignored: it runs, and says what is lacking.
    let out = p.run(&["--exact", "needs-qemu", "--nocapture", "--ignored"]);
    assert_eq!(out.status.code(), Some(101));
    assert!(text(&out.stderr).starts_with("environment: "), "{}", text(&out.stderr));
    // Without: the need was met when the test was listed, and has gone since.
    let out = p.run(&["--exact", "needs-qemu", "--nocapture"]);
    assert_eq!(out.status.code(), Some(101));
    // A test that is not ignored is not among the ignored ones.
    assert_eq!(p.run(&["--exact", "wrong", "--nocapture", "--ignored"]).status.code(), Some(101));
}

#[test]
fn require_turns_a_skip_into_a_failure() {
    let p = sample();
    let out =
        p.command(&["--list", "--format", "terse", "--ignored"]).env("INNKEEPER_REQUIRE", "qemu").output();
    assert_eq!(text(&out.expect("a list").stdout), "");
    let out = p.command(&["--exact", "needs-qemu", "--nocapture"]).env("INNKEEPER_REQUIRE", "qemu").output();
    let out = out.expect("a run");
    assert_eq!(out.status.code(), Some(101));
    assert!(text(&out.stderr).contains("lacks qemu"));
    let out = p.command(&["--list"]).env("INNKEEPER_REQUIRE", "qmeu").output().expect("a list");
    assert_eq!(out.status.code(), Some(2), "a misspelt need must not go unseen");
}

#[test]
fn a_failing_scenario_fails() {
    let p = sample();
    let out = p.run(&["--exact", "wrong", "--nocapture"]);
    assert_eq!(out.status.code(), Some(101));
    let err = text(&out.stderr);
    assert!(err.starts_with("assertion: "), "the class comes first: {err}");
    assert!(err.contains("nearest miss: hello from EL1"), "{err}");
    assert!(err.contains("wrong.yaml:5 (step 1: wait_console)"), "{err}");
    assert!(
        text(&out.stdout).lines().any(|l| l.starts_with("[[ATTACHMENT|/") && l.ends_with("verdict.json]]"))
    );
    for file in
        ["console.txt", "registers.txt", "disassembly.txt", "history.txt", "input.rec", "verdict.json"]
    {
        assert!(p.evidence("wrong/1").join(file).is_file(), "{file}");
    }
}

#[test]
fn attempts_are_never_overwritten() {
    let p = sample();
    for attempt in ["1", "2"] {
        let out = p.command(&["--exact", "wrong", "--nocapture"]).env("NEXTEST_ATTEMPT", attempt).output();
        assert_eq!(out.expect("a run").status.code(), Some(101));
    }
    p.run(&["--exact", "wrong", "--nocapture"]);
    for attempt in ["1", "2", "3"] {
        assert!(p.evidence("wrong").join(attempt).join("verdict.json").is_file(), "{attempt}");
    }
}

#[test]
fn a_bench_is_listed_as_one_and_runs_as_a_test() {
    let p = sample();
    for args in [&["--exact", "speed", "--nocapture"][..], &["--exact", "speed", "--nocapture", "--bench"]] {
        let out = p.run(args);
        assert!(out.status.success(), "{}", text(&out.stderr));
    }
}

#[test]
fn flags_of_libtest_are_accepted_and_others_refused() {
    let p = sample();
    let known = ["--exact", "console::hello", "--no-capture", "--report-time", "--shuffle"];
    assert!(p.run(&known).status.success());
    assert_eq!(p.run(&["--no-such-flag"]).status.code(), Some(2));
}

#[test]
fn without_exact_each_test_is_a_process_and_filters_are_any_of() {
    let p = sample();
    let out = p.run(&["hello", "two", "--test-threads", "2"]);
    let stdout = text(&out.stdout);
    assert!(out.status.success(), "{stdout}{}", text(&out.stderr));
    assert!(stdout.contains("3 passed"), "{stdout}");
    let out = p.run(&["--test-threads", "2"]);
    let stdout = text(&out.stdout);
    assert_eq!(out.status.code(), Some(101), "{stdout}");
    assert!(stdout.contains("4 passed; 1 failed; 1 ignored"), "{stdout}");
}

#[test]
fn sigterm_ends_the_run_with_its_evidence() {
    let p = Project::with(&[(
        "spin",
        "machine: {kernel: {asset: spin}}\ntimeouts: {test: 1h, step: 1h}\nsteps:\n  - wait_console: {text: never}\n",
    )]);
    let mut command = p.command(&["--exact", "spin", "--nocapture"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
    std::thread::sleep(Duration::from_millis(500));
    #[expect(clippy::disallowed_methods, reason = "how long the process takes to stop")]
    let begun = Instant::now();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
    let status = child.wait().expect("an end");
    assert_eq!(status.code(), Some(101));
    assert!(begun.elapsed() < Duration::from_secs(5));
    let verdict = fs::read_to_string(p.evidence("spin/1/verdict.json")).expect("a verdict");
    assert!(verdict.contains("\"environment\"") && verdict.contains("interrupted"), "{verdict}");
    assert!(p.evidence("spin/1/console.txt").is_file());
}
