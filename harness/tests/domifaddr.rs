//! `innkeeper domifaddr`, each case with its golden in `golden/domifaddr/`: command line, exit code, standard
//! output and error. `INSTA_UPDATE=always cargo test -p innkeeper --test domifaddr` accepts what they are now.
//! Where virsh has the same, the bytes are virsh's. The neighbour table's cases have a network of their own: where
//! that cannot be made they are listed as ignored, unless `INNKEEPER_REQUIRE` demands `netns`.

mod common;
#[path = "common/unread.rs"]
mod unread;
mod domifaddr {
    pub mod guest;
    pub mod watch;
}

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use domifaddr::guest::{self, Guest, MAC};
use domifaddr::watch;
use innkeeper::scenario::cap;
use innkeeper_services::addresses::agent::script::{Answer, Id, Rule};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};

fn main() {
    let mut trials: Vec<Trial> = watch::TESTS.iter().map(|&(name, test)| trial(name, test)).collect();
    trials.push(trial("each_case_is_as_its_golden_has_it", each_case_is_as_its_golden_has_it));
    trials.push(trial("no_golden_is_left_behind", no_golden_is_left_behind));
    // Prints figures, asserts none.
    let figures = trial("how_long_from_a_change_to_its_line", watch::how_long_from_a_change_to_its_line);
    trials.push(figures.with_ignored_flag(true));
    let apart = Command::new("unshare")
        .args(["-rn", "ip", "link"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let lacking = !apart.is_ok_and(|status| status.success()) && !cap::required("netns");
    let neighbours = the_neighbour_table_is_as_its_goldens_have_it;
    trials
        .push(trial("the_neighbour_table_is_as_its_goldens_have_it", neighbours).with_ignored_flag(lacking));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok::<(), Failed>(())
    })
}

const CARD: &[&str] = &["--mac", "vnet0=52:54:00:12:34:56"];
const AGENT: &[&str] = &["--source", "agent", "--agent", "unix:$DIR/agent"];
const LEASE: &[&str] = &["--source", "lease", "--lease-file", "$DIR/leases"];
const SNOOP: &[&str] = &["--source", "snoop", "--pcap", "$DIR/capture"];
/// Every source but the usual files of the host that runs the test.
const ALL: &[&str] = &["--lease-file", "$DIR/leases", "--agent", "unix:$DIR/agent", "--agent-timeout", "1s"];

/// What the command is given, and what there is.
struct Case {
    name: &'static str,
    args: Vec<&'static str>,
    /// The agent's rules and interfaces; `None` for no agent.
    agent: Option<(Vec<Rule>, Value)>,
    /// Files of the case's folder.
    files: Vec<(&'static str, Vec<u8>)>,
    /// Entries of the neighbour table for the card, in a network namespace of the case's own.
    neighbours: &'static [&'static str],
}

fn case(name: &'static str, args: &[&[&'static str]]) -> Case {
    Case { name, args: args.concat(), agent: None, files: Vec::new(), neighbours: &[] }
}

impl Case {
    fn agent(self, interfaces: Value) -> Case {
        Case { agent: Some((Vec::new(), interfaces)), ..self }
    }

    fn rule(mut self, rule: Rule) -> Case {
        self.agent.get_or_insert_with(|| (Vec::new(), guest::interfaces())).0.push(rule);
        self
    }

    fn neighbours(self, neighbours: &'static [&'static str]) -> Case {
        Case { neighbours, ..self }
    }

    fn file(mut self, name: &'static str, bytes: impl Into<Vec<u8>>) -> Case {
        self.files.push((name, bytes.into()));
        self
    }

    fn leases(self, text: &str) -> Case {
        self.file("leases", text)
    }
}

fn fixture(name: &str) -> Vec<u8> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../emu/services/tests/fixtures/addresses", name].iter().collect();
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A genuine file of 2026, its leases a hundred years younger.
fn later(name: &str) -> String {
    let text = String::from_utf8(fixture(name)).expect("text");
    text.replace("179533", "495133").replace(" 2026/", " 2126/")
}

fn refuse(command: &str) -> Rule {
    let desc = format!("Command {command} has been disabled");
    Rule::new(command, Answer::Error("CommandNotFound".into(), desc))
}

const ASK: &str = "guest-network-get-interfaces";

/// The agent as the source, as virsh has it.
fn agent_cases() -> Vec<Case> {
    let one = || json!([guest::interface("eth0", MAC, &["10.0.0.7/24"])]);
    let all = guest::interfaces;
    vec![
        case("agent-none", &[AGENT]).agent(json!([])),
        case("agent-one", &[AGENT]).agent(one()),
        case("agent-one-quiet", &[AGENT, &["-q"]]).agent(one()),
        case("agent-several", &[AGENT]).agent(all()),
        case("agent-several-full", &[AGENT, &["--full"]]).agent(all()),
        case("agent-several-quiet", &[AGENT, &["--quiet", "--full"]]).agent(all()),
        case("agent-interface", &[AGENT, &["--interface", "eth0"]]).agent(all()),
        case("agent-interface-unknown", &[AGENT, &["--interface", "nope"]]).agent(all()),
        case("agent-family", &[AGENT, &["--family", "ipv6"]]).agent(all()),
        case("agent-scope", &[AGENT, &["--scope", "global", "--family", "ipv4"]]).agent(all()),
        case("agent-label-is-its-interface", &[AGENT]).agent(json!([
            guest::interface("eth0", MAC, &["10.0.0.7/24"]),
            guest::interface("eth0:1", MAC, &["10.0.1.7/24"])
        ])),
        case("agent-v6-only", &[AGENT]).agent(json!([guest::interface(
            "eth0",
            MAC,
            &["fd00::7/64", "fe80::7/64"]
        )])),
        case("agent-long-name-shifts-its-row", &[AGENT]).agent(json!([guest::interface(
            "averylongname0",
            MAC,
            &["10.0.0.7/24"]
        )])),
        case("agent-escapes-are-not-printed", &[AGENT]).agent(json!([guest::interface(
            "\u{1b}[2J",
            MAC,
            &["10.0.0.7/24"]
        )])),
        case("agent-json", &[AGENT, &["--json"]]).agent(all()),
        case("agent-json-of-a-card", &[AGENT, CARD, &["--json", "--family", "ipv4"]]).agent(all()),
        case("agent-garbage-before-the-answer", &[AGENT])
            .agent(one())
            .rule(Rule { before: b"}}garbage\n\xff\xfe".to_vec(), ..Rule::new("*", Answer::Usual) }),
        case("agent-without-ids", &[AGENT])
            .agent(one())
            .rule(Rule { id: Id::None, ..Rule::new("*", Answer::Usual) }),
        case("agent-without-delimited-sync", &[AGENT]).agent(one()).rule(refuse("guest-sync-delimited")),
        case("agent-not-configured", &[&["--source", "agent"]]),
        case("agent-without-a-socket", &[AGENT]),
        case("agent-silent", &[AGENT, &["--agent-timeout", "1s"]]).rule(Rule::new("*", Answer::Never)),
        case("agent-silent-after-sync", &[AGENT, &["--agent-timeout", "1s"]])
            .rule(Rule::new(ASK, Answer::Never)),
        case("agent-disappears", &[AGENT]).rule(Rule { cut: Some(30), ..Rule::new(ASK, Answer::Usual) }),
        case("agent-refuses", &[AGENT]).rule(refuse(ASK)),
        case("agent-answer-too-long", &[AGENT]).rule(Rule::new(ASK, Answer::Huge(100 << 20))),
        case("agent-answer-no-list", &[AGENT]).rule(Rule::new(ASK, Answer::Return(json!({})))),
    ]
}

/// Lease files as the source, as virsh has it.
fn lease_cases() -> Vec<Case> {
    let three: &[&str] = &[
        "--mac",
        "vnet0=52:54:00:12:34:56",
        "--mac",
        "vnet1=52:54:00:12:34:99",
        "--mac",
        "vnet2=52:54:00:ab:cd:ef",
    ];
    let two = "4951333610 52:54:00:12:34:56 10.0.0.7 a *\n4951333610 52:54:00:12:34:56 10.0.1.7 b *\n";
    let networkd = r#"{"BootID":"b","Address":[10,0,0,1],"PrefixLength":24,"Leases":[{"ClientId":[255],"Address":[10,0,0,2],"HardwareAddressType":1,"HardwareAddressLength":6,"HardwareAddress":[82,84,0,18,52,86],"ExpirationRealtimeUSec":4951333560000000}]}"#;
    vec![
        case("lease-none", &[LEASE, CARD]).leases("0 52:54:00:00:00:01 10.0.0.7 * *\n"),
        case("lease-none-quiet", &[LEASE, CARD, &["-q"]]).leases("0 52:54:00:00:00:01 10.0.0.7 * *\n"),
        case("lease-one", &[LEASE, CARD]).leases("0 52:54:00:12:34:56 10.0.0.7 * *\n"),
        case("lease-several", &[LEASE, CARD]).leases(two),
        case("lease-several-full", &[LEASE, CARD, &["--full"]]).leases(two),
        case("lease-several-quiet", &[LEASE, CARD, &["-q"]]).leases(two),
        case("lease-interface", &[LEASE, three, &["--interface", "vnet1"]]).leases(&later("dnsmasq.leases")),
        case("lease-interface-unknown", &[LEASE, three, &["--interface", "nope"]])
            .leases(&later("dnsmasq.leases")),
        case("lease-card-without-a-name", &[LEASE, &["--mac", MAC]]).leases(two),
        case("lease-dnsmasq", &[LEASE, three]).leases(&later("dnsmasq.leases")),
        case("lease-libvirt", &[LEASE, three]).leases(&later("libvirt-csv0.status.json")),
        case("lease-dhcpd-v6", &[LEASE, three]).leases(&later("isc-dhcpd6.leases")),
        case("lease-dhcpd-released", &[LEASE, three]).leases(&later("isc-dhcpd.leases")),
        case("lease-kea", &[LEASE, three]).leases(&later("kea-leases4.csv")),
        case("lease-kea-v6", &[LEASE, three]).leases(&later("kea-leases6.csv")),
        case("lease-networkd-has-the-prefix", &[LEASE, CARD]).leases(networkd),
        case("lease-two-files", &[LEASE, &["--lease-file", "$DIR/more"], three])
            .leases("0 52:54:00:12:34:56 10.0.0.7 * *\n")
            .file("more", later("kea-leases4.csv")),
        case("lease-ended", &[LEASE, CARD]).leases("1000000000 52:54:00:12:34:56 10.0.0.7 * *\n"),
        case("lease-json", &[LEASE, three, &["--json"]]).leases(&later("dnsmasq.leases")),
        case("lease-file-empty", &[LEASE, CARD]).leases(""),
        case("lease-file-torn", &[LEASE, CARD]).leases("0 52:54:00:12:34:56 10.0.0.7 * *\n0 52:54:00:12:"),
        case("lease-file-does-not-exist", &[LEASE, CARD]),
        case("lease-file-is-a-folder", &[&["--source", "lease", "--lease-file", "$DIR"], CARD]),
        case("lease-file-is-none", &[LEASE, CARD]).leases("\n<html>\u{1b}\n"),
        case("lease-file-with-bad-lines", &[LEASE, CARD])
            .leases("0 52:54:00:12:34:56 10.0.0.7 * *\ngarbage\n0 52:54:00 10.0.0.8 * *\n"),
        case("lease-file-with-a-bad-entry", &[LEASE, CARD]).leases("[{\"ip-address\": \"10.0.0.7\"}]"),
    ]
}

/// A genuine capture of three guests with dnsmasq.
fn capture() -> Vec<u8> {
    fixture("dhcp-arp-ndp.pcap")
}

/// The neighbour table as the source, as virsh has it.
fn arp_cases() -> Vec<Case> {
    let arp: &[&str] = &["--source", "arp"];
    let two = &[
        "192.0.2.8 nud stale",
        "192.0.2.7 nud reachable",
        "192.0.2.9 nud permanent",
        "fe80::7 nud reachable",
    ];
    vec![
        case("arp-one", &[arp, CARD]).neighbours(&["192.0.2.7 nud stale"]),
        case("arp-each-is-a-row", &[arp, CARD]).neighbours(two),
        case("arp-quiet", &[arp, CARD, &["-q"]]).neighbours(two),
        case("arp-only-v6", &[arp, CARD]).neighbours(&["fe80::7 nud reachable"]),
        case("arp-json-has-v6", &[arp, CARD, &["--json"]]).neighbours(&["fe80::7 nud stale"]),
    ]
}

/// What virsh does not have.
fn other_cases() -> Vec<Case> {
    let three: &[&str] = &[
        "--mac",
        "vnet0=52:54:00:12:34:56",
        "--mac",
        "vnet1=52:54:00:12:34:99",
        "--mac",
        "vnet2=52:54:00:ab:cd:ef",
    ];
    let lease = "0 52:54:00:12:34:56 10.0.0.7 * *\n";
    let agent = || json!([guest::interface("eth0", MAC, &["10.0.0.7/24", "fe80::7/64"])]);
    let loopback = || json!([guest::interface("lo", "00:00:00:00:00:00", &["127.0.0.1/8"])]);
    let silent = || Rule::new("*", Answer::Never);
    vec![
        case("arp-none", &[&["--source", "arp"], CARD]),
        case("snoop-capture", &[SNOOP, three]).file("capture", capture()),
        case("snoop-json", &[SNOOP, three, &["--json", "--interface", "vnet1"]]).file("capture", capture()),
        case("snoop-watch", &[SNOOP, three, &["--watch", "--family", "ipv4"]]).file("capture", capture()),
        case("snoop-watch-json", &[SNOOP, three, &["--watch", "--json", "--interface", "vnet2"]])
            .file("capture", capture()),
        case("snoop-watch-no-capture", &[SNOOP, CARD, &["--watch"]]).file("capture", "<html>"),
        case("snoop-nothing-of-this-card", &[SNOOP, &["--mac", "52:54:00:00:00:01"]])
            .file("capture", capture()),
        case("snoop-no-capture", &[SNOOP, CARD]).file("capture", "<html>"),
        case("snoop-torn-capture", &[SNOOP, three, &["-q"]]).file("capture", &capture()[..16_000]),
        case("snoop-capture-does-not-exist", &[SNOOP, CARD]),
        case("all-agree", &[ALL, CARD]).agent(agent()).leases(lease),
        case("all-agree-quiet-and-full", &[ALL, CARD, &["-q", "--full"]]).agent(agent()).leases(lease),
        case("all-agree-json", &[ALL, CARD, &["--json"]]).agent(agent()).leases(lease),
        case("all-cards-are-the-agents", &[ALL]).agent(guest::interfaces()).leases(lease),
        case("all-of-a-family", &[ALL, CARD, &["--family", "ipv6"]]).agent(agent()).leases(lease),
        case("all-one-fails-and-another-knows", &[ALL, CARD]).leases(lease),
        case("all-nothing-yet", &[ALL, CARD]).agent(loopback()).leases("0 52:54:00:00:00:01 10.0.0.7 * *\n"),
        case("all-nothing-yet-json", &[ALL, CARD, &["--json"]]).agent(loopback()).leases(""),
        case("all-agent-silent", &[ALL, CARD]).rule(silent()).leases(""),
        case("all-failed", &[ALL, CARD]).agent(loopback()).leases("<html>\n"),
        case("all-other-scope", &[ALL, CARD, &["--scope", "global", "--family", "ipv6"]])
            .agent(agent())
            .leases(lease),
        case("all-interface-unknown", &[ALL, CARD, &["--interface", "nope"]]).agent(agent()).leases(lease),
        case("wait-finds-what-is-there", &[LEASE, CARD, &["--wait", "-q"]]).leases(lease),
        case("wait-in-vain", &[LEASE, CARD, &["--wait=200ms"]]).leases(""),
        case("wait-does-not-take-a-link-local-address", &[AGENT, &["--wait=300ms", "-q"]])
            .agent(json!([guest::interface("eth0", MAC, &["fe80::7/64"])])),
        case("usage-no-card", &[&["--source", "lease"]]),
        case("usage-no-card-and-no-agent", &[]),
        case("usage-bad-mac", &[&["--mac", "vnet0=52:54:00:12:34"]]),
        case("usage-group-mac", &[&["--mac", "ff:ff:ff:ff:ff:ff"]]),
        case(
            "usage-two-cards-of-one-name",
            &[&["--mac", "a=52:54:00:12:34:56", "--mac", "a=52:54:00:12:34:57"]],
        ),
        case("usage-unknown-source", &[CARD, &["--source", "nope"]]),
        case("usage-unknown-family", &[CARD, &["--family", "inet"]]),
        case("usage-snoop-without-a-capture", &[CARD, &["--source", "snoop"]]),
        case("usage-agent-without-unix", &[&["--agent", "/run/agent"]]),
        case("usage-wait-and-watch", &[CARD, &["--wait", "--watch"]]),
    ]
}

fn goldens() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../golden/domifaddr"].iter().collect()
}

/// Runs a case: what there is to compare.
fn play(case: &Case) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in &case.files {
        fs::write(dir.path().join(name), bytes).expect("a file");
    }
    let _guest =
        case.agent.clone().map(|(rules, interfaces)| Guest::at(&dir.path().join("agent"), interfaces, rules));
    let folder = dir.path().to_str().expect("text");
    let args: Vec<String> = case.args.iter().map(|arg| arg.replace("$DIR", folder)).collect();
    let mut command = command(case.neighbours);
    let out = command.arg("domifaddr").args(&args).stdin(Stdio::null()).output().expect("a process");
    let mut text = format!("$ innkeeper domifaddr {}\n", case.args.join(" "));
    let _ =
        writeln!(text, "exit {}", out.status.code().map_or("by a signal".into(), |code| code.to_string()));
    for (name, bytes) in [("stdout", &out.stdout), ("stderr", &out.stderr)] {
        let said = String::from_utf8_lossy(bytes).replace(folder, "$DIR");
        let _ = write!(text, "---- {name}\n{}", steady(&said));
    }
    text
}

/// The command, in a namespace with these neighbours if there are any.
fn command(neighbours: &[&str]) -> Command {
    let innkeeper = env!("CARGO_BIN_EXE_innkeeper");
    if neighbours.is_empty() {
        return Command::new(innkeeper);
    }
    let mut script = String::from("set -e; ip tuntap add d0 mode tap; ip link set d0 up; ");
    for entry in neighbours {
        let _ = write!(script, "ip neigh add {entry} dev d0 lladdr {MAC}; ");
    }
    let mut command = Command::new("unshare");
    command.args(["-rn", "sh", "-c", &format!("{script} exec \"$@\""), "sh", innkeeper]);
    command
}

/// JSON without the time of day: of times only the ends of leases are kept, in whole seconds.
fn steady(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let time = ["\"first-seen\": ", "\"last-seen\": ", "\"valid-until\": "]
            .into_iter()
            .find(|key| line.contains(key));
        let value =
            time.and_then(|key| line.split_once(key)?.1.trim_end().trim_end_matches(',').parse::<u64>().ok());
        match value {
            // The frames of a capture have their own time, and genuine leases end a hundred years from now.
            Some(at) if !(1_795_400_000_000_000_000..4_000_000_000_000_000_000).contains(&at) => {
                let seconds = (at + 500_000_000) / 1_000_000_000;
                out += &line.replace(&at.to_string(), &format!("{seconds}000000000"));
            }
            Some(at) => out += &line.replace(&at.to_string(), "NOW"),
            None => out += line,
        }
    }
    out
}

fn each_case_is_as_its_golden_has_it() {
    [agent_cases(), lease_cases(), other_cases()].iter().for_each(|cases| compare(cases));
}

fn the_neighbour_table_is_as_its_goldens_have_it() {
    compare(&arp_cases());
}

fn no_golden_is_left_behind() {
    let cases: Vec<Case> =
        [agent_cases(), lease_cases(), other_cases(), arp_cases()].into_iter().flatten().collect();
    let known = |path: &Path| cases.iter().any(|case| path.file_stem().is_some_and(|stem| stem == case.name));
    let entries = fs::read_dir(goldens()).expect("goldens").map(|entry| entry.expect("an entry").path());
    assert_eq!(entries.filter(|path| !known(path)).collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

fn compare(cases: &[Case]) {
    let accept = std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "always");
    let mut wrong = String::new();
    for case in cases {
        let path = goldens().join(case.name).with_extension("txt");
        let said = play(case);
        if accept {
            fs::create_dir_all(goldens()).expect("a folder");
            fs::write(&path, &said).expect("a golden");
        }
        let want = fs::read_to_string(&path).unwrap_or_else(|e| format!("no golden: {e}\n"));
        if said != want {
            let _ = writeln!(wrong, "{}: it says\n{said}and not\n{want}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}accept with INSTA_UPDATE=always if this is right");
}
