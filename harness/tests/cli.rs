//! The command as its users meet it: exit codes, selection, reports.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Project(tempfile::TempDir);

fn repository() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo or nextest");
    Path::new(&manifest).parent().expect("the workspace").to_path_buf()
}

fn guest(name: &str) -> String {
    repository().join(format!("scenarios/guests/bin/{name}.elf")).display().to_string()
}

impl Project {
    fn with(files: &[(&str, &str)]) -> Project {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(dir.path().join("scenarios")).expect("scenarios");
        std::os::unix::fs::symlink(
            repository().join("scenarios/guests"),
            dir.path().join("scenarios/guests"),
        )
        .expect("guests");
        for (name, body) in files {
            let path = dir.path().join("scenarios").join(name).with_extension("yaml");
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            fs::write(path, format!("scenario: 1\nname: {stem}\n{body}")).expect("a scenario");
        }
        Project(dir)
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the command runs")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut c = bare(args);
        c.current_dir(self.0.path());
        c
    }
}

/// The command without what the environment says of projects, runs and desktops.
fn bare(args: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
    c.args(args).stdin(Stdio::null());
    for variable in [
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "INNKEEPER_ROOT",
        "NEXTEST_WORKSPACE_ROOT",
        "NEXTEST_RUN_ID",
        "NEXTEST_ATTEMPT",
        "INSTA_UPDATE",
    ] {
        c.env_remove(variable);
    }
    c
}

const PASSES: &str = "machine: {kernel: {asset: hello}}\nsteps:\n  - wait_console: {text: hello}\n  - expect_exit: {code: 0}\n";
const FAILS: &str = "machine: {kernel: {asset: hello}}\nsteps:\n  - expect_exit: {code: 1}\n";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn run_says_what_came_of_each_and_exits_accordingly() {
    let p = Project::with(&[("good", PASSES), ("bad", FAILS)]);
    let out = p.run(&["run", "good"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(text(&out.stdout).starts_with("PASS good ("), "{}", text(&out.stdout));
    let out = p.run(&["run", "--report", "junit=out/j.xml", "--report", "json=out/r.json"]);
    let stdout = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("FAIL bad (") && stdout.contains("but ended with status 0"), "{stdout}");
    assert!(stdout.ends_with("2 tests: 1 assertion, 1 pass\n"), "{stdout}");
    let junit = fs::read_to_string(p.0.path().join("out/j.xml")).expect("a report");
    assert!(junit.contains("tests=\"2\"") && junit.contains("failures=\"1\""), "{junit}");
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(p.0.path().join("out/r.json")).expect("a report"))
            .expect("JSON");
    assert_eq!(json["tests"][0]["class"], "assertion");
    assert_eq!(json["summary"]["pass"], 1);
}

#[test]
fn nothing_runs_when_a_file_is_wrong_or_nothing_is_meant() {
    let p = Project::with(&[("good", PASSES), ("wrong", "steps: 1\n")]);
    assert_eq!(p.run(&["run"]).status.code(), Some(2));
    assert_eq!(p.run(&["run", "good"]).status.code(), Some(0), "the other file is not even read");
    assert_eq!(p.run(&["run", "no-such"]).status.code(), Some(2));
    let out = p.run(&["run", "good", "--accel", "kvm"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("no selected test runs on this engine"), "{}", text(&out.stderr));
    assert!(!p.0.path().join("target/innkeeper").join("1").exists());
}

#[test]
fn a_folder_without_scenarios_is_named_with_how_to_begin() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).expect("a folder");
    let says = |command: &mut Command, told: &str| {
        let out = command.output().expect("the command runs");
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{command:?}: {said}");
        assert!(said.starts_with(&format!("error[S040]: {told}\n")), "{command:?}: {said}");
        for part in ["scenarios/hello.yaml", "scenario: 1", "writing-scenarios.md", "INNKEEPER_ROOT"] {
            assert!(said.contains(part), "{command:?}: no {part} in {said}");
        }
        assert!(!said.contains("os error"), "{command:?}: {said}");
    };
    let here = format!("no folder `scenarios` in {} or in any folder above it", inside.display());
    for args in [&["run"][..], &["list"], &["check"], &["bench"], &["libtest", "--list"]] {
        says(bare(args).current_dir(&inside), &here);
        let root =
            format!("no folder {}/scenarios, where INNKEEPER_ROOT says that scenarios are", inside.display());
        says(bare(args).current_dir("/").env("INNKEEPER_ROOT", &inside), &root);
    }
    let out = bare(&["run", "hello"]).current_dir(&inside).output().expect("the command runs");
    let said = text(&out.stderr);
    assert!(said.contains("`hello` selects no test") && said.contains(&here), "{said}");
    fs::create_dir(folder.path().join("scenarios")).expect("a folder");
    let empty = format!("no scenario file (*.yaml) below {}/scenarios", folder.path().display());
    for args in [&["run"][..], &["list"], &["check"], &["bench"]] {
        says(bare(args).current_dir(&inside), &empty);
    }
    let out = bare(&["check", "."]).current_dir(&inside).output().expect("the command runs");
    assert!(text(&out.stderr).contains("error[S040]: no scenario file (*.yaml) below .\n"));
}

#[test]
fn an_engine_is_chosen_by_the_matrix_or_the_command() {
    let both = format!("matrix: {{axes: {{machine.accel: [interp, jit]}}}}\n{PASSES}");
    let speed = "machine: {kernel: {asset: hello}}\nmatrix: {axes: {machine.accel: [interp, jit]}}\nbench: {metrics: [insns]}\n";
    let p = Project::with(&[("both", &both), ("plain", PASSES), ("speed", speed)]);
    let engines = |args: &[&str]| {
        let out = p.run(&[&["run", "--report", "json=r.json"], args].concat());
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        let json = fs::read_to_string(p.0.path().join("r.json")).expect("a report");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let tests = json["tests"].as_array().expect("tests").iter();
        tests.map(|t| format!("{} {}", t["test"], t["stats"]["engine"]).replace('"', "")).collect::<Vec<_>>()
    };
    let all = ["both::accel=interp interp", "both::accel=jit jit", "plain interp"];
    assert_eq!(engines(&["both", "plain"]), all);
    assert_eq!(engines(&["both", "plain", "--accel", "jit"]), ["both::accel=jit jit", "plain jit"]);
    let bench = |args: &[&str]| text(&p.run(&[&["bench"], args].concat()).stdout);
    assert!(bench(&[]).starts_with("speed::accel=jit ") && bench(&[]).lines().count() == 1);
    assert!(bench(&["--accel", "interp"]).starts_with("speed::accel=interp "));
    let out = p.run(&["bench", "plain"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        text(&out.stderr).contains("no selected scenario is a bench that jit runs"),
        "{}",
        text(&out.stderr)
    );
    let out = p.run(&["bench", "--against", "unicorn", "--icount"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("--icount is a mode of QEMU"), "{}", text(&out.stderr));
    for args in [&["run"][..], &["run", "--accel", "interp"], &["bench", "--accel", "interp"]] {
        let out = p.run(&[args, &["--perf-map"]].concat());
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(text(&out.stderr).contains("--perf-map needs --accel jit"), "{}", text(&out.stderr));
    }
}

#[test]
fn skipped_is_not_passed() {
    let qemu = "machine: {kernel: {asset: hello}}\nskip_when: [{lacks: qemu, because: not installed}]\nsteps:\n  - expect_exit: {code: 0}\n";
    let p = Project::with(&[("peer", qemu)]);
    let out = p.command(&["run"]).env("PATH", "").output().expect("the command runs");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).starts_with("SKIP peer (lacks qemu: not installed)"), "{}", text(&out.stdout));
}

#[test]
fn snapshots_are_blessed_compared_and_missed() {
    let body = "machine: {kernel: {asset: hello}}\nsteps:\n  - expect_exit: {code: 0}\n  - snapshot: {console: true, name: said}\n";
    let p = Project::with(&[("shot", body)]);
    let golden = p.0.path().join("golden/scenarios/shot/said.snap");
    let out = p.run(&["run"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("innkeeper run --bless shot"), "{}", text(&out.stdout));
    assert_eq!(p.run(&["run", "--bless"]).status.code(), Some(0));
    assert_eq!(p.run(&["run"]).status.code(), Some(0));
    assert_eq!(p.run(&["check", "--goldens"]).status.code(), Some(0));
    let changed = fs::read_to_string(&golden).expect("a golden").replace("EL1", "EL9");
    fs::write(&golden, changed).expect("a changed golden");
    let out = p.run(&["run"]);
    assert!(text(&out.stdout).contains("golden: hello from EL9"), "{}", text(&out.stdout));
    fs::rename(&golden, golden.with_file_name("stray.snap")).expect("a stray golden");
    let out = p.run(&["check", "--goldens"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("error[S038]"), "{}", text(&out.stderr));
}

#[test]
fn what_a_clipboard_says_is_a_golden_without_a_step() {
    let body = "clipboard: {agent: linux}\nsteps:\n  - clipboard_set: {side: guest, mime: text/plain, text: secret}\n";
    let p = Project::with(&[("copy", body)]);
    let out = p.run(&["run"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("snapshot `copy` has no golden yet"), "{}", text(&out.stdout));
    assert_eq!(p.run(&["run", "--bless"]).status.code(), Some(0));
    assert_eq!(p.run(&["run"]).status.code(), Some(0));
    let golden = p.0.path().join("golden/clipboard/copy.snap");
    let said = fs::read_to_string(&golden).expect("a golden");
    assert!(said.contains("GRAB clipboard types=text") && !said.contains("secret"), "{said}");
    fs::rename(&golden, golden.with_file_name("stray.snap")).expect("a stray golden");
    assert_eq!(p.run(&["check", "--goldens"]).status.code(), Some(2));
}

#[test]
fn what_became_known_of_addresses_and_its_tables_are_goldens() {
    let body = "addresses: {nics: [{id: net0, mac: \"52:54:00:12:34:56\"}], lease: {}}\nsteps:\n  - lease_file: [{lines: [\"0 52:54:00:12:34:56 10.0.2.15 * *\"]}]\n  - domifaddr: {name: table}\n";
    let p = Project::with(&[("leased", body)]);
    let out = p.run(&["run"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("snapshot `table` has no golden yet"), "{}", text(&out.stdout));
    assert_eq!(p.run(&["run", "--bless"]).status.code(), Some(0));
    assert_eq!(p.run(&["run"]).status.code(), Some(0));
    assert_eq!(p.run(&["check", "--goldens"]).status.code(), Some(0));
    let goldens = p.0.path().join("golden/addresses");
    let said = fs::read_to_string(goldens.join("leased.snap")).expect("a golden");
    assert!(said.contains("net0 added 10.0.2.15 preferred (lease)"), "{said}");
    let table = goldens.join("leased/table.snap");
    // The blank line at the end counts.
    let changed = fs::read_to_string(&table).expect("a golden").trim_end().trim_end_matches('|').to_string();
    fs::write(&table, changed).expect("a changed golden");
    assert!(text(&p.run(&["run"]).stdout).contains("snapshot `table` differs from its golden"));
    fs::rename(&table, table.with_file_name("stray.snap")).expect("a stray golden");
    assert_eq!(p.run(&["check", "--goldens"]).status.code(), Some(2));
}

#[test]
fn a_path_by_way_of_another_folder_leads_to_the_same_test() {
    let p = Project::with(&[]);
    let folder = p.0.path().join("scenarios/deep");
    fs::create_dir(&folder).expect("a folder");
    for name in ["a", "ab"] {
        let text = format!("scenario: 1\nname: {name}\n{PASSES}");
        fs::write(folder.join(name).with_extension("yaml"), text).expect("a scenario");
    }
    let mut run = p.command(&["run", "../deep/a.yaml"]);
    let out = run.current_dir(&folder).output().expect("the command runs");
    assert!(text(&out.stdout).contains("PASS deep::a "), "{}", text(&out.stdout));
    assert_eq!(out.status.code(), Some(0));
}

#[test]
fn check_knows_the_date_and_three_formats() {
    let expired = format!("quarantine: [{{issue: \"#1\", until: \"2020-01-31\"}}]\n{PASSES}");
    let p = Project::with(&[("old", &expired), ("typo", "step: []\n")]);
    let out = p.run(&["check"]);
    assert_eq!(out.status.code(), Some(2));
    let stderr = text(&out.stderr);
    assert!(stderr.contains("error[S029]") && stderr.contains("error[S003]"), "{stderr}");
    let out = text(&p.run(&["check", "--format", "github"]).stdout);
    assert!(out.contains("::error file=scenarios/typo.yaml,line=3,col=1,title=S003::"), "{out}");
    let out = text(&p.run(&["check", "--format", "json", "scenarios/typo.yaml"]).stdout);
    assert!(out.lines().all(|l| serde_json::from_str::<serde_json::Value>(l).is_ok()), "{out}");
}

#[test]
fn boot_gives_the_guests_status() {
    let p = Project::with(&[]);
    let boot = |kernel: &str, more: &[&str], input: &str| {
        let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
        c.args(["boot", "--board", "virt-a64", "--kernel", kernel]).args(more).current_dir(p.0.path());
        let mut child =
            c.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input");
        let out = child.wait_with_output().expect("an end");
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let (code, stdout, stderr) = boot(&guest("hello"), &["--stats"], "");
    assert_eq!((code, stdout.trim_end()), (Some(0), "hello from EL1"), "{stderr}");
    let stats: serde_json::Value = serde_json::from_str(stderr.trim()).expect("one JSON object");
    assert!(stats["insns"].as_u64().is_some_and(|n| n > 100) && stats["engine"] == "jit", "{stats}");
    assert!(stats["exits"]["target"].is_u64() && stats["host_bytes"].is_u64(), "{stats}");
    let (.., stderr) = boot(&guest("hello"), &["--stats", "--accel", "interp"], "");
    let stats: serde_json::Value = serde_json::from_str(stderr.trim()).expect("one JSON object");
    assert_eq!((&stats["interpreted"], &stats["interpreter_share"]), (&stats["insns"], &1.0.into()));
    let (code, stdout, _) = boot(&guest("echo"), &[], "good evening\nexit 42\n");
    assert_eq!(code, Some(42), "{stdout}");
    assert!(stdout.contains("you said: good evening"), "{stdout}");
    assert_eq!(boot(&guest("spin"), &["--max-insns", "1M"], "").0, Some(124));
    assert_eq!(boot(&guest("sleep"), &[], "").0, Some(124));
    assert_eq!(boot(&guest("crash"), &[], "").0, Some(126));
    assert_eq!(boot("no-such-file", &[], "").0, Some(125));
}

#[test]
fn boot_refuses_what_cannot_be_with_a_sentence() {
    let (p, hello, x64) = (Project::with(&[]), guest("hello"), guest("x64-hello"));
    let cut = p.0.path().join("cut.elf");
    fs::write(&cut, &fs::read(&x64).expect("a guest")[..200]).expect("a file");
    let cut = cut.display().to_string();
    // Arguments, and a part of what is said.
    let cases: &[(&[&str], &str)] = &[
        (&["--kernel", &hello, "--accel", "kvm"], "cannot run virt-a64, an AArch64 machine"),
        (&["--board", "pc-x64", "--kernel", &x64, "--accel", "jit"], "cannot run pc-x64, an x86-64 machine"),
        (
            &["--board", "pc-x64", "--kernel", &x64, "--max-insns", "1M"],
            "does not count instructions exactly",
        ),
        (&["--kernel", &x64], "not a 64-bit little-endian AArch64 executable"),
        (
            &["--kernel", &hello, "--clipboard", "memory", "--port", "com.redhat.spice.0=unix:spice"],
            "--clipboard and --port both want com.redhat.spice.0",
        ),
        (&["--kernel", &hello, "--clipboard", "x11"], "set DISPLAY"),
        (&["--kernel", &hello, "--clipboard", "wayland"], "set WAYLAND_DISPLAY"),
    ];
    // The board is looked at before the host.
    let board: &[(&[&str], &str)] = &[
        (&["--board", "pc-x64", "--kernel", &hello], "not a 64-bit little-endian x86-64 executable"),
        (&["--board", "pc-x64", "--kernel", &cut], "copy or build it again"),
        (&["--board", "pc-x64", "--kernel", &x64, "--memory", "1MiB"], "give more memory"),
        (&["--board", "pc-x64", "--kernel", &x64, "--cpus", "9"], "9 CPUs are not possible"),
        (&["--board", "pc-x64", "--kernel", "no-such-file"], "failed to read no-such-file"),
    ];
    for (args, said) in cases.iter().chain(board) {
        let out = p.run(&[&["boot"], *args].concat());
        assert_eq!(out.status.code(), Some(125), "{args:?}");
        assert!(text(&out.stderr).contains(said), "{args:?}: {}", text(&out.stderr));
    }
}
