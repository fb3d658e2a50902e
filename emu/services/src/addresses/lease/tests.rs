//! The genuine files of five servers, the rules about duplicates, and what a reader sees while a server writes.

use std::collections::VecDeque;
use std::io;

use proptest::prelude::*;

use super::*;
use crate::addresses::book::{AddressBook, Limits};
use crate::addresses::claim::{SECOND, Update};
use crate::addresses::nic::{Mac, Nic, NicId};
use crate::addresses::source::{AddressSource, Status};

const DNSMASQ: &[u8] = include_bytes!("../../../tests/fixtures/addresses/dnsmasq.leases");
const LIBVIRT: &[u8] = include_bytes!("../../../tests/fixtures/addresses/libvirt-csv0.status.json");
const ISC4: &[u8] = include_bytes!("../../../tests/fixtures/addresses/isc-dhcpd.leases");
const ISC6: &[u8] = include_bytes!("../../../tests/fixtures/addresses/isc-dhcpd6.leases");
const KEA4: &[u8] = include_bytes!("../../../tests/fixtures/addresses/kea-leases4.csv");
const KEA6: &[u8] = include_bytes!("../../../tests/fixtures/addresses/kea-leases6.csv");

/// 2026-11-22 07:46:40 UTC, before any of the genuine leases ended.
const THEN: u64 = 1_795_333_600;

fn nics() -> Nics {
    let mut nics = Nics::default();
    for (id, mac) in [(1, "52:54:00:ab:cd:ef"), (2, "52:54:00:12:34:99"), (3, "52:54:00:12:34:56")] {
        nics.insert(Nic { id: NicId(id), mac: Mac::parse(mac).unwrap(), name: format!("net{id}").into() });
    }
    nics
}

fn clock(unix: u64) -> Clock {
    Clock { now: 1000 * SECOND, unix: unix * SECOND, boot: 0 }
}

/// What the file says at `unix`: card, address, what, seconds left.
fn said(bytes: &[u8], unix: u64) -> Vec<String> {
    let format = recognise(bytes).expect("a known format");
    let (claims, summary) = claims(format, bytes, &nics(), &Links::default(), clock(unix));
    assert_eq!(summary, Summary { complete: true, ..Summary::default() });
    let left = |c: &Claim| c.validity.ends(0).map_or("forever".into(), |at| (at / SECOND - 1000).to_string());
    claims.iter().map(|c| format!("{} {} {} {}", c.nic.0, c.address, c.what, left(c))).collect()
}

#[test]
fn genuine_files_say_what_their_servers_meant() {
    let last = ISC4.windows(6).rposition(|w| w == b"lease ").expect("a lease");
    let before_release = &ISC4[..last];
    let dhcpd = |s: &str| s.replace("DHCPD", "dhcpd lease by DUID and IAID");
    for (name, bytes, unix, want) in [
        (
            "dnsmasq",
            DNSMASQ,
            THEN,
            vec![
                "1 192.168.77.73 dnsmasq lease 10".to_string(),
                "2 192.168.77.9 dnsmasq lease forever".into(),
                "3 fd77::10b dnsmasq lease by DUID and IAID 128".into(),
            ],
        ),
        (
            "dnsmasq, one ended",
            DNSMASQ,
            THEN + 10,
            vec![
                "2 192.168.77.9 dnsmasq lease forever".into(),
                "3 fd77::10b dnsmasq lease by DUID and IAID 118".into(),
            ],
        ),
        (
            "libvirt",
            LIBVIRT,
            THEN,
            vec![
                "1 192.168.77.73 libvirt lease 6399".into(),
                "2 192.168.77.9 libvirt lease forever".into(),
                "3 fd77::1eb libvirt lease 289".into(),
            ],
        ),
        ("dhcpd: released", ISC4, THEN, vec![]),
        ("dhcpd before the release", before_release, THEN, vec!["1 192.168.77.100 dhcpd lease 796".into()]),
        ("dhcpd v6", ISC6, THEN, vec![dhcpd("3 fd77::253 DHCPD 807")]),
        ("kea: one released", KEA4, THEN, vec!["2 192.168.77.9 kea lease 814".into()]),
        ("kea v6", KEA6, THEN, vec!["3 fd77::300 kea lease 874".into()]),
    ] {
        assert_eq!(said(bytes, unix), want, "{name}");
    }
}

#[test]
fn formats_are_known_by_their_content() {
    for (text, want) in [
        ("[]", Some("libvirt")),
        ("{\"BootID\":\"x\",\"Leases\":[]}", Some("networkd")),
        ("[{\"ClientId\":[],\"Address\":[1,2,3,4]}]", Some("networkd")),
        ("duid 00:01\n", Some("dnsmasq")),
        ("# The format of this file is documented in the dhcpd.leases(5) manual page.\n", Some("dhcpd")),
        ("\n# x\nlease 1.2.3.4 {\n}\n", Some("dhcpd")),
        ("address,hwaddr\n", Some("kea")),
        ("<html>", None),
        ("root:x:0:0", None),
        ("", None),
    ] {
        assert_eq!(recognise(text.as_bytes()).map(|f| f.name), want, "{text}");
    }
}

#[test]
fn of_several_leases_the_right_one_counts() {
    let mac = ["52:54:00:ab:cd:ef", "52:54:00:12:34:99"];
    let dnsmasq = |a: u64, b: u64| format!("{a} {} 10.0.0.2 * *\n{b} {} 10.0.0.2 * *\n", mac[0], mac[1]);
    let isc = |s: &str| {
        let block =
            |m| format!("lease 10.0.0.2 {{ ends never; binding state active; hardware ethernet {m}; }}\n");
        format!("{}{}", block(mac[0]), block(s))
    };
    for (text, want) in [
        (dnsmasq(THEN + 5, THEN + 9), vec!["2 10.0.0.2 dnsmasq lease 9"]),
        (dnsmasq(THEN + 5, 0).replace(mac[1], "52:54:00:00:00:01"), vec![]),
        (dnsmasq(0, THEN + 5).replace(mac[0], "52:54:00:00:00:01"), vec![]),
        (dnsmasq(0, THEN + 9), vec!["1 10.0.0.2 dnsmasq lease forever"]),
        (dnsmasq(THEN + 9, THEN + 9), vec!["1 10.0.0.2 dnsmasq lease 9"]),
        (isc(mac[1]), vec!["2 10.0.0.2 dhcpd lease forever"]),
        (isc("52:54:00:00:00:01"), vec![]),
        (
            format!("0 {0} 10.0.0.3 * *\n0 {0} 10.0.0.2 * *\n", mac[0]),
            vec!["1 10.0.0.2 dnsmasq lease forever", "1 10.0.0.3 dnsmasq lease forever"],
        ),
    ] {
        assert_eq!(said(text.as_bytes(), THEN), want, "{text}");
    }
}

/// A file as a sequence of readings; the last one stays.
struct Script(VecDeque<io::Result<Vec<u8>>>);

impl LeaseReader for Script {
    fn read(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        let next = match self.0.len() {
            1 => self.0[0].as_ref().map(Vec::clone).map_err(|e| io::Error::from(e.kind())),
            _ => self.0.pop_front().expect("a reading"),
        };
        into.extend(next?);
        Ok(())
    }

    fn name(&self) -> String {
        "leases".into()
    }
}

fn text(text: &str) -> io::Result<Vec<u8>> {
    Ok(text.as_bytes().into())
}

/// Plays the readings: the number of addresses after each, and the status at the end.
fn play(readings: Vec<io::Result<Vec<u8>>>) -> (Vec<usize>, Status) {
    let n = readings.len();
    let mut source = LeaseSource::new(Script(readings.into()));
    let mut book = AddressBook::new(Limits::default());
    nics().iter().for_each(|nic| book.add_nic(nic.clone(), 0));
    let mut now = 0;
    let counts = (0..n).map(|_| {
        now = source.deadline().expect("a file is always read again").max(now);
        book.pull(&mut source, Clock { now, unix: THEN * SECOND + now, boot: 0 });
        book.nics().iter().map(|nic| book.addresses(nic.id).len()).sum()
    });
    (counts.collect(), source.status())
}

#[test]
fn what_a_reader_sees_while_a_server_writes_is_no_news() {
    let one = "0 52:54:00:ab:cd:ef 10.0.0.2 * *\n";
    let two = "0 52:54:00:ab:cd:ef 10.0.0.2 * *\n0 52:54:00:12:34:99 10.0.0.3 * *\n";
    let torn = "0 52:54:00:ab:cd:ef 10.0.0.2 * *\n0 52:54:00:12:34:99 10.0.";
    let missing = || Err(io::ErrorKind::NotFound.into());
    let denied = || Err(io::ErrorKind::PermissionDenied.into());
    let ready = Status::Ready;
    for (name, readings, want, status) in [
        ("empty once", vec![text(one), text(""), text(two)], vec![1, 1, 2], ready.clone()),
        ("torn behind a line", vec![text(two), text(one), text(two)], vec![2, 2, 2], ready.clone()),
        ("the last is gone", vec![text(two), text(one), text(one), text(one)], vec![2, 2, 2, 1], ready.clone()),
        ("torn once", vec![text(two), text(torn), text(two)], vec![2, 2, 2], ready.clone()),
        ("empty for good", vec![text(one), text(""), text(""), text("")], vec![1, 1, 1, 0], ready.clone()),
        (
            "torn for good",
            vec![text(two), text(torn), text(torn), text(torn)],
            vec![2, 2, 2, 1],
            Status::Waiting("leases is torn".into()),
        ),
        (
            "no newline at the end",
            vec![text(one.trim()), text(one.trim()), text(one.trim())],
            vec![0, 0, 1],
            Status::Waiting("leases is torn".into()),
        ),
        ("another format", vec![text(two), text("[]")], vec![2, 0], ready.clone()),
        (
            "garbage",
            vec![text(two), text("<html>\n")],
            vec![2, 2],
            Status::Failed(
                "leases: no lease file of dnsmasq, libvirt, ISC dhcpd, Kea or systemd-networkd, by its line 1, \
                 `<html>`: give the file in which the server keeps its leases"
                    .into(),
            ),
        ),
        (
            "deleted",
            vec![text(one), missing(), missing(), missing()],
            vec![1, 1, 1, 0],
            Status::Waiting("leases does not exist".into()),
        ),
        ("not there yet", vec![missing(), missing(), missing(), text(one)], vec![0, 0, 0, 1], ready.clone()),
        (
            "not to be read",
            vec![text(one), denied()],
            vec![1, 1],
            Status::Failed("cannot read leases: permission denied: run this as a user who may read it".into()),
        ),
    ] {
        assert_eq!(play(readings), (want, status), "{name}");
    }
}

#[test]
fn a_clock_that_jumps_moves_the_leases_and_nothing_else() {
    let mut source = LeaseSource::new(Script(vec![Ok(DNSMASQ.to_vec())].into()));
    let mut ends = |now: u64, unix: u64| {
        let mut found = Vec::new();
        source.poll(Clock { now: now * SECOND, unix: unix * SECOND, boot: 0 }, &nics(), &mut |u| {
            let Update::Snapshot(claims) = u else { panic!("{u:?}") };
            found = claims.iter().map(|c| c.validity.ends(0).map(|at| at / SECOND)).collect();
        });
        found
    };
    assert_eq!(ends(0, THEN), [Some(10), None, Some(128)]);
    assert_eq!(ends(2, THEN + 2), [Some(10), None, Some(128)]);
    assert_eq!(ends(3, THEN + 5), [Some(8), None, Some(126)]);
    assert_eq!(ends(4, 5), [Some(4 + THEN + 5), None, Some(4 + THEN + 123)]);
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for format in &FORMATS {
            (format.parse)(&bytes, &mut |_| {});
        }
        if let Some(format) = recognise(&bytes) {
            claims(format, &bytes, &nics(), &Links::default(), clock(THEN));
        }
    }

    #[test]
    fn a_genuine_file_with_a_few_bytes_changed_makes_no_parser_panic(
        which in 0usize..6,
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..12),
        end in any::<u16>(),
    ) {
        let mut bytes = [DNSMASQ, LIBVIRT, ISC4, ISC6, KEA4, KEA6][which].to_vec();
        for (at, byte) in changes {
            let n = bytes.len();
            bytes[usize::from(at) % n] = byte;
        }
        bytes.truncate(usize::from(end) % (2 * bytes.len()));
        if let Some(format) = recognise(&bytes) {
            claims(format, &bytes, &nics(), &Links::default(), clock(THEN));
        }
    }

    #[test]
    fn what_is_printed_as_a_server_does_reads_back(
        rows in proptest::collection::vec((any::<u32>(), any::<[u8; 4]>(), any::<[u8; 6]>()), 1..30),
    ) {
        for (name, print) in PRINTERS {
            let text = print(&rows);
            let format = recognise(text.as_bytes()).expect("a known format");
            prop_assert_eq!(format.name, *name);
            let mut found = Vec::new();
            let summary = (format.parse)(text.as_bytes(), &mut |l| {
                found.push((l.expiry, l.address, l.mac, l.active));
            });
            prop_assert_eq!(summary, Summary { complete: true, ..Summary::default() });
            let want: Vec<_> = rows.iter().map(|(end, address, mac)| {
                (Expiry::Unix(unix(*end)), IpAddr::from(*address), Some(Mac(*mac)), true)
            }).collect();
            prop_assert_eq!(found, want, "{}", text);
        }
    }
}

/// (when it ends, the address, the MAC).
type Printed = (u32, [u8; 4], [u8; 6]);

type Print = fn(&[Printed]) -> String;

/// After 2001, before which no server's clock is set.
fn unix(end: u32) -> u64 {
    u64::from(end) + 1_000_000_000
}

/// Leases as each server writes them, by the format's name.
const PRINTERS: &[(&str, Print)] = &[
    ("dnsmasq", |rows| {
        let one =
            |(end, a, mac): &Printed| format!("{} {} {} name *\n", unix(*end), Mac(*mac), IpAddr::from(*a));
        rows.iter().map(one).collect()
    }),
    ("libvirt", |rows| {
        let one = |(end, a, mac): &Printed| {
            let (end, a, mac) = (unix(*end), IpAddr::from(*a), Mac(*mac));
            format!("{{\"ip-address\": \"{a}\", \"mac-address\": \"{mac}\", \"expiry-time\": {end}}}")
        };
        format!("[{}]\n", rows.iter().map(one).collect::<Vec<_>>().join(","))
    }),
    ("networkd", |rows| {
        let one = |(end, a, mac): &Printed| {
            let end = unix(*end) * 1_000_000;
            format!(
                "{{\"Address\":{a:?},\"HardwareAddressLength\":6,\"HardwareAddress\":{mac:?},\"ExpirationRealtimeUSec\":{end}}}"
            )
        };
        format!("{{\"Leases\":[{}]}}\n", rows.iter().map(one).collect::<Vec<_>>().join(","))
    }),
    ("kea", |rows| {
        let one = |(end, a, mac): &Printed| {
            format!("{},{},,120,{},7,0,0,name,0,\n", IpAddr::from(*a), Mac(*mac), unix(*end))
        };
        let header = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n";
        format!("{header}{}", rows.iter().map(one).collect::<String>())
    }),
    ("dhcpd", |rows| {
        let one = |(end, a, mac): &Printed| {
            let (end, a, mac) = (unix(*end), IpAddr::from(*a), Mac(*mac));
            format!(
                "lease {a} {{\n  ends epoch {end};\n  binding state active;\n  hardware ethernet {mac};\n}}\n"
            )
        };
        rows.iter().map(one).collect()
    }),
];
