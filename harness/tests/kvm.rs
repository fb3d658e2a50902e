//! Verdicts and statuses of guests that KVM runs. Where there is no usable KVM the tests are listed as
//! ignored, unless `INNKEEPER_REQUIRE` demands it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use innkeeper::scenario::cap;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let args = Arguments::from_args();
    let runs = cap::has("kvm") || cap::required("kvm");
    let with_kvm: [(&str, fn()); 5] = [
        ("a_guest_that_spins_hangs_with_registers_in_the_evidence", spins),
        ("a_triple_fault_is_a_crash_at_once", crashes),
        ("what_kvm_cannot_execute_is_the_environments_fault", emulation_fails),
        ("a_run_is_not_recorded_and_says_so", no_recording),
        ("boot_gives_the_guests_status", boot),
    ];
    let mut trials: Vec<Trial> =
        with_kvm.into_iter().map(|(name, test)| trial(name, test).with_ignored_flag(!runs)).collect();
    // Needs a device that others may not open, and somebody who may become one of them.
    let closed = fs::metadata("/dev/kvm").is_ok_and(|m| m.permissions().mode() & 0o006 == 0);
    let root = fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    trials.push(
        trial("without_permission_it_is_skipped_or_fails", unprivileged).with_ignored_flag(!closed || !root),
    );
    libtest_mimic::run(&args, trials).exit();
}

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok::<(), Failed>(())
    })
}

/// A project of its own with the repository's guests.
struct Project(tempfile::TempDir);

fn repository() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo or nextest");
    Path::new(&manifest).parent().expect("the workspace").to_path_buf()
}

impl Project {
    fn with(name: &str, body: &str) -> Project {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let scenarios = dir.path().join("scenarios");
        fs::create_dir(&scenarios).expect("scenarios");
        let guests = repository().join("scenarios/guests");
        std::os::unix::fs::symlink(guests, scenarios.join("guests")).expect("guests");
        let text = format!("scenario: 1\nname: {name}\n{body}");
        fs::write(scenarios.join(format!("{name}.yaml")), text).expect("a scenario");
        Project(dir)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_innkeeper"));
        c.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        for variable in ["INNKEEPER_REQUIRE", "NEXTEST_RUN_ID", "NEXTEST_ATTEMPT"] {
            c.env_remove(variable);
        }
        // Without it the command would find the repository, whose root nextest puts into the environment.
        c.env("INNKEEPER_ROOT", self.0.path()).env("INNKEEPER_RUN_ID", "run-1");
        c
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the command runs")
    }

    /// The verdict of the one test, and where its evidence is.
    fn verdict(&self, name: &str) -> (serde_json::Value, PathBuf) {
        let out = self.run(&["run"]);
        let dir = self.0.path().join("target/innkeeper/run-1").join(name).join("1");
        let text = fs::read_to_string(dir.join("verdict.json"));
        let text = text.unwrap_or_else(|e| panic!("{e}: {}", text_of(&out.stderr)));
        (serde_json::from_str(&text).expect("JSON"), dir)
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn machine(guest: &str, more: &str) -> String {
    format!("machine: {{board: pc-x64, kernel: {{asset: {guest}}}}}\n{more}")
}

fn spins() {
    let body = "timeouts: {test: 300ms}\nsteps:\n  - wait_console: {text: never said}\n";
    let p = Project::with("spins", &machine("x64-spin", body));
    let (verdict, dir) = p.verdict("spins");
    assert_eq!(verdict["class"], "guest_hang", "{verdict}");
    let registers = fs::read_to_string(dir.join("registers.txt")).expect("evidence");
    assert!(registers.contains("rbx   000000001badcafe"), "{registers}");
    let code = fs::read_to_string(dir.join("disassembly.txt")).expect("evidence");
    assert!(code.contains("jmp"), "{code}");
}

fn crashes() {
    let body = "steps:\n  - expect_exit: {code: 0}\n";
    let p = Project::with("crashes", &machine("x64-crash", body));
    let (verdict, dir) = p.verdict("crashes");
    assert_eq!(verdict["class"], "guest_crash", "{verdict}");
    assert!(verdict["message"].as_str().is_some_and(|m| m.contains("triple fault")), "{verdict}");
    assert!(verdict["guest_ns"].as_u64().is_some_and(|ns| ns < 10_000_000_000), "{verdict}");
    assert!(dir.join("registers.txt").is_file());
}

/// On hardware the instruction is executed, and the guest prints what came of it.
fn emulation_fails() {
    let body = "steps:\n  - wait_console: {text: \"0000000200000004\"}\n";
    let (verdict, _) = Project::with("sse", &machine("x64-sse", body)).verdict("sse");
    let message = verdict["message"].as_str().unwrap_or_default();
    let emulated = verdict["class"] == "environment" && message.contains("emulation failure at bytes [");
    assert!(emulated || verdict["class"] == "pass", "{verdict}");
}

fn no_recording() {
    let body = "steps:\n  - wait_console: {text: never said}\n";
    let p = Project::with("hello", &machine("x64-hello", body));
    let (_, dir) = p.verdict("hello");
    let recording = fs::read_to_string(dir.join("input.rec")).expect("evidence");
    assert!(recording.starts_with("the engine kvm is not deterministic"), "{recording}");
}

fn boot() {
    let p = Project::with("unused", &machine("x64-hello", "steps:\n  - expect_exit: {code: 0}\n"));
    let boot = |guest: &str| {
        let kernel = repository().join(format!("scenarios/guests/bin/{guest}.elf")).display().to_string();
        p.run(&["boot", "--board", "pc-x64", "--stats", "--kernel", &kernel])
    };
    let hello = boot("x64-hello");
    assert_eq!(hello.status.code(), Some(0), "{}", text_of(&hello.stderr));
    assert_eq!(text_of(&hello.stdout).trim_end(), "hello from 64-bit mode");
    let stats: serde_json::Value =
        serde_json::from_str(text_of(&hello.stderr).trim()).expect("one JSON object");
    assert!(stats["engine"] == "kvm" && stats["exits"]["port"].as_u64() > Some(0), "{stats}");
    assert_eq!(boot("x64-status").status.code(), Some(7));
    assert_eq!(boot("x64-crash").status.code(), Some(126));
}

fn unprivileged() {
    const NOBODY: u32 = 65534;
    let p = Project::with("hello", &machine("x64-hello", "steps:\n  - expect_exit: {code: 0}\n"));
    for dir in [p.0.path(), &p.0.path().join("scenarios")] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o777)).expect("permissions");
    }
    // Of the binary's directories, only the temporary one is sure to be open to all.
    let program = p.0.path().join("innkeeper");
    fs::copy(env!("CARGO_BIN_EXE_innkeeper"), &program).expect("a copy");
    let as_nobody = |required: &str| {
        let mut c = Command::new(&program);
        c.args(["run", "--jobs", "1"]).current_dir(p.0.path()).stdin(Stdio::null()).uid(NOBODY).gid(NOBODY);
        c.env_clear().env("INNKEEPER_ROOT", p.0.path()).env("INNKEEPER_REQUIRE", required);
        c.output().expect("the command runs")
    };
    let out = as_nobody("");
    let stdout = text_of(&out.stdout);
    assert!(stdout.starts_with("SKIP hello (lacks kvm: "), "{stdout}{}", text_of(&out.stderr));
    assert!(stdout.contains("no permission to open /dev/kvm: join its group"), "{stdout}");
    let out = as_nobody("kvm");
    assert_eq!(out.status.code(), Some(1), "{}", text_of(&out.stderr));
    assert!(text_of(&out.stdout).starts_with("FAIL hello"), "{}", text_of(&out.stdout));
}
