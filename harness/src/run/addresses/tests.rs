//! Failures of the verbs, on scenarios that must not pass, and what the log and the frames are.

use std::sync::Arc;

use innkeeper_services::addresses::Mac;
use innkeeper_services::addresses::snoop::{Frame as Parsed, Payload, dhcp4, dhcp6, ndp};

use super::frame;
use super::spoken::Spoken;
use crate::diag::Source;
use crate::run::log::Log;
use crate::run::verdict::{Class, Verdict};
use crate::run::{Context, Tools};
use crate::scenario::addresses::frames::Frame;
use crate::scenario::find::Project;
use crate::scenario::load;

const NIC: &str = "  nics: [{id: net0, mac: \"52:54:00:12:34:56\"}]\n";
const LEASE: &str = "  - lease_file: [{lines: [\"1800000060 52:54:00:12:34:56 10.0.2.15 * *\"]}]\n";

/// The verdict of the scenario with these sources and steps, and where its evidence is.
fn verdict(sources: &str, steps: &str) -> (Verdict, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let project = Project::at(dir.path());
    let text = format!(
        "scenario: 1\nname: t\ntimeouts: {{test: 2h}}\naddresses:\n{NIC}{sources}steps:\n{LEASE}{steps}"
    );
    let source = Arc::new(Source { path: "t.yaml".into(), text });
    let loaded = load::load_source(&project, &dir.path().join("t.yaml"), &source);
    let loaded = loaded.unwrap_or_else(|e| panic!("{e:?}"));
    let cell = &loaded.cells[0];
    let ctx = Context { project: &project, loaded: &loaded, cell, tools: Tools::default() };
    (crate::run::run(&ctx, "1").expect("a verdict"), dir)
}

#[test]
fn each_failure_says_what_was_found() {
    let eventually = |rest: &str| format!("  - eventually: {{within: 1s, {rest}}}\n");
    for (steps, message) in [
        (eventually("addresses: {include: [10.0.2.16]}"), "after 1s, there is no 10.0.2.16"),
        (
            eventually("addresses: {nic: net0, include: [10.0.2.15/24]}"),
            "after 1s, there is no 10.0.2.15/24 on net0",
        ),
        (
            eventually("addresses: {exclude: [in 10.0.0.0/8]}"),
            "after 1s, 10.0.2.15 is there, on net0, and should not be",
        ),
        (eventually("addresses: {only: []}"), "after 1s, 10.0.2.15 is there, on net0, and should not be"),
        (
            eventually("addresses: {include: [10.0.2.15], state: expired}"),
            "after 1s, 10.0.2.15 is preferred, not expired",
        ),
        (
            eventually("addresses: {include: [10.0.2.15], sources: [lease, agent]}"),
            "after 1s, for 10.0.2.15 speaks lease, not agent, lease",
        ),
        (
            eventually("addresses: {include: [10.0.2.15], evidence: [kea lease]}"),
            "after 1s, of 10.0.2.15 no `kea lease` was seen",
        ),
        (
            eventually("addresses: {best: 10.0.2.15, confidence: certain}"),
            "after 1s, 10.0.2.15 has high confidence, not certain",
        ),
        (
            eventually("addresses: {best: 10.0.2.15, interface: eth0}"),
            "after 1s, 10.0.2.15 is not on the guest's `eth0`",
        ),
        (
            eventually("addresses: {best: in fe80::/10}"),
            "after 1s, the best address is 10.0.2.15, not in fe80::/10",
        ),
        (eventually("addresses: {absence: no_card}"), "after 1s, there is an address to use: 10.0.2.15"),
        (
            eventually("addresses: {family: ipv6, best: fd00::1}"),
            "after 1s, there is no address to use: no address of the family, scope or source asked for",
        ),
        (eventually("addresses: {refused: 1}"), "after 1s, 0 claims were refused, fewer than 1"),
        (eventually("source_status: {source: lease, is: failed}"), "after 1s, lease is ready, not failed"),
        (
            eventually("source_status: {source: agent, is: waiting, text: tired}"),
            "after 1s, agent is waiting: QEMU guest agent is not connected, and says nothing of \"tired\"",
        ),
        ("  - agent_script: {port: open}\n  - agent_memory: {max: 1B}\n".into(), "the agent's client held"),
        ("  - domifaddr: {name: a}\n".into(), "snapshot `a` has no golden yet"),
        (
            "  - nic: {unplug: net0}\n  - nic: {unplug: net0}\n".into(),
            "no card `net0` is plugged in to be pulled out",
        ),
    ] {
        let (v, _dir) = verdict("  agent: {port: closed}\n  lease: {}\n", &steps);
        assert!(matches!(v.class, Class::Assertion | Class::ScenarioError), "{steps}{v:?}");
        assert!(v.message.starts_with(message), "{steps}: {}", v.message);
    }
}

#[test]
fn a_failure_shows_every_address_with_its_evidence_and_every_source() {
    let (v, _dir) =
        verdict("  lease: {}\n  snoop: {}\n", "  - eventually: {within: 1s, addresses: {only: []}}\n");
    assert_eq!(
        v.details,
        [
            "net0 10.0.2.15 preferred, global",
            "    lease: dnsmasq lease, preferred, high, seen 0s to 1s, until 60s",
            "lease is ready",
            "snoop is waiting: no frame seen yet",
        ]
    );
    assert!(v.evidence.join("addresses.txt").is_file() && v.evidence.join("addresses.json").is_file());
}

#[test]
fn throughout_looks_whenever_anything_happens() {
    // The lease is gone for a millisecond between two looks of the scenario.
    let steps = "  - lease_file:
      - {after: 12ms, lines: [\"0 52:54:00:99:99:99 10.0.2.99 * *\"]}
      - {after: 1ms, lines: [\"1800000060 52:54:00:12:34:56 10.0.2.15 * *\"]}
  - throughout: {for: 1s, addresses: {include: [10.0.2.15]}}
";
    let (v, _dir) = verdict("  lease: {}\n", steps);
    assert_eq!((v.class, v.message.as_str()), (Class::Assertion, "after 20ms of 1s, there is no 10.0.2.15"));
    assert_eq!(v.details.last().map(String::as_str), Some("first at 12ms of guest time"));
    let (v, _dir) = verdict(
        "  lease: {}\n",
        &steps.replace("10.0.2.99 * *", "10.0.2.99 * *\", \"0 52:54:00:12:34:56 10.0.2.15 * *"),
    );
    assert!(v.message.contains("has no golden yet"), "it held: {}", v.message);
}

#[test]
fn the_same_scenario_says_the_same_in_every_run() {
    let sources = "  agent: {interfaces: [{name: eth0, mac: \"52:54:00:12:34:56\", addresses: [10.0.2.15/24]}]}\n  lease: {}\n  snoop: {}\n";
    let steps = "  - snoop: {frames: [{from: guest, count: 200, arp: {sender: 10.9.0.1, target: 10.9.0.1}}]}\n  - throughout: {for: 20s, addresses: {include: [10.0.2.15]}}\n  - agent_memory: {max: 0B}\n";
    let said = || {
        let (v, _dir) = verdict(sources, steps);
        std::fs::read_to_string(v.evidence.join("addresses.txt")).expect("the log")
    };
    let first = said();
    assert!(first.lines().count() > 70, "{first}");
    assert_eq!(first, said());
}

#[test]
fn a_line_of_any_length_is_kept_in_part() {
    let (mut log, mut spoken) = (Log::default(), Spoken::new("agent -> host"));
    spoken.hear(0, b"\xff{\"return\": 1}\nab", &mut log);
    (0..1000).for_each(|_| spoken.hear(1, &[b'x'; 1000], &mut log));
    spoken.hear(2, b"\nhalf", &mut log);
    spoken.end(3, &mut log);
    spoken.end(4, &mut log);
    let text = log.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "    0.000000000    agent -> host  \\xff{\"return\": 1}");
    assert!(lines[1].ends_with("x … (1000002 bytes)") && lines[1].len() < 250, "{}", lines[1]);
    assert_eq!(lines[2], "    0.000000003    agent -> host  half, and no further");
    assert_eq!(lines.len(), 3);
}

#[test]
fn frames_are_what_they_are_said_to_be() {
    const CARD: Mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    let made = |text: &str, nth: u32| {
        let frame: Frame = serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        frame::bytes(&frame, CARD, nth)
    };
    let arp = made("{from: guest, arp: {sender: 0.0.0.0, target: 10.0.2.15}}", 2);
    let Some(Parsed { payload: Payload::Arp(arp), from: CARD, .. }) = Parsed::parse(&arp) else {
        panic!("no ARP")
    };
    assert_eq!((arp.sender.to_string(), arp.target.to_string()), ("0.0.0.0".into(), "10.0.2.17".into()));

    let ack = made("{from: other, dhcp4: {kind: ack, yiaddr: 10.0.2.15/24, lease: 60s, xid: 7}}", 0);
    let Some(Parsed { payload: Payload::Dhcp4(ack), .. }) = Parsed::parse(&ack) else { panic!("no DHCP") };
    let ack = dhcp4::parse(ack).expect("a message");
    assert_eq!((ack.kind, ack.xid, ack.chaddr, ack.reply), (dhcp4::Kind::Ack, 7, CARD, true));
    assert_eq!((ack.prefix, ack.lease), (Some(24), Some(60)));
    assert_eq!(ack.server.map(|s| s.to_string()).as_deref(), Some("10.0.2.2"));

    let reply = made(
        "{from: other, dhcp6: {kind: reply, duid: \"00:03\", iaid: 9, address: \"fd00::15\", valid: 60s, preferred: 30s, status: 0}}",
        0,
    );
    let Some(Parsed { payload: Payload::Dhcp6(reply), .. }) = Parsed::parse(&reply) else {
        panic!("no DHCPv6")
    };
    let reply = dhcp6::parse(reply).expect("a message");
    let item = reply.items[0];
    assert_eq!(
        (reply.kind, reply.xid, item.iaid, item.preferred, item.valid),
        (dhcp6::Kind::Reply, 1, 9, 30, 60)
    );
    assert_eq!((item.address.to_string().as_str(), item.success), ("fd00::15", true));

    let ra = made("{from: other, ndp: {kind: router_advertisement, prefix: \"fd00::/64\"}}", 0);
    let Some(Parsed { payload: Payload::Ndp(kind, body), .. }) = Parsed::parse(&ra) else { panic!("no NDP") };
    let prefix = Some(("fd00::".parse().expect("an address"), 64));
    assert_eq!(ndp::parse(kind, body), Some(ndp::Ndp::RouterAdvertisement(prefix)));
}
