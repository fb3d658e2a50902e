//! A guest that gets its addresses by DHCP: the agent, the lease file, its frames and the host's neighbour
//! table say the same.

use std::net::IpAddr;

use innkeeper_services::addresses::{Change, Confidence, Query, State, Validity};

use super::Time;
use super::agent::says_what_ip_says;
use super::dhcp::{self, CARD, Network, guest};
use super::watcher::{NIC, Watcher};
use crate::process::{Process, Signal};

/// What these tests start.
pub const PROGRAMS: &[&str] =
    &["unshare", "nsenter", "mount", "ip", "dnsmasq", "udhcpc", "dhclient", "qemu-ga"];

crate::tests! {
    udhcpc_takes_and_releases_an_address
    dhclient_takes_and_releases_addresses_of_both_families
    leases_stay_while_dnsmasq_writes_others
    the_agent_knows_bridges_labels_and_bonds
}

const SECOND: u64 = 1_000_000_000;

/// From the server's frame on the wire to the event that the lease file caused, in microseconds; negative if
/// the event came first: dnsmasq writes its file before it answers.
fn delay(watcher: &mut Watcher, address: IpAddr) -> i64 {
    let wire = watcher.until("the server's answer on the wire", |w| {
        w.capture.given.iter().rev().find(|(_, a)| *a == address).map(|(at, _)| *at)
    });
    let events = watcher.events.iter().filter(|(_, e)| {
        let news = matches!(e.change, Change::Added(_) | Change::Evidence(_));
        news && (e.address, e.source) == (Some(address), "lease")
    });
    let nearest = events.map(|(at, _)| *at).min_by_key(|at| at.abs_diff(wire)).expect("an event");
    (nearest.cast_signed() - wire.cast_signed()) / 1000
}

/// The address of the family that the lease file gives the guest.
fn leased(watcher: &mut Watcher, v4: bool) -> IpAddr {
    watcher.until("a lease", |w| {
        let mut addresses = w.book.addresses(NIC).iter().map(|a| a.address);
        addresses.find(|a| a.is_ipv4() == v4 && w.evidence("lease", *a).is_some())
    })
}

/// All four say it, and what they say fits.
fn all_say(watcher: &mut Watcher, network: &Network, address: IpAddr) {
    watcher.until("every source's word", |w| {
        network.talk(address);
        (w.sources(address) == ["agent", "arp", "lease", "snoop"]).then_some(())
    });
    watcher.until("a neighbour that answers", |w| {
        network.talk(address);
        (w.evidence("arp", address)?.state == State::Preferred).then_some(())
    });
    let found = watcher.address(address).expect("the address");
    assert_eq!(found.state, State::Preferred);
    assert_eq!(watcher.evidence("agent", address).and_then(|e| e.interface.as_deref()), Some(CARD));
    // The server's file and its message say the same end, the file in whole seconds.
    let snoop = found.evidence.iter().find(|e| e.source == "snoop" && e.what.starts_with("DHCP"));
    let ends = [watcher.evidence("lease", address), snoop].map(|e| match e.expect("evidence").validity {
        Validity::Until(at) => at,
        other => panic!("a lease that ends at {other:?}"),
    });
    assert!(ends[0].abs_diff(ends[1]) <= 2 * SECOND, "the lease ends at {ends:?}");
    let best = watcher.book.best(&Query::default(), watcher.now()).map(|(_, a)| a.address.is_ipv4());
    assert_eq!(best, Ok(address.is_ipv4()));
}

/// Those who know at once do not say it any more; the neighbour table forgets later.
fn gone(watcher: &mut Watcher, address: IpAddr) {
    watcher.until("the end of the lease", |w| {
        w.sources(address).iter().all(|source| *source == "arp").then_some(())
    });
}

fn udhcpc_takes_and_releases_an_address() {
    let network = Network::start("");
    let mut watcher = Watcher::start(&network);
    network.plug();
    let client = network.udhcpc(&["-x", "hostname:guest one"]);
    let address = leased(&mut watcher, true);
    println!("DHCPACK on the wire to the event of the lease file: {} us", delay(&mut watcher, address));
    all_say(&mut watcher, &network, address);
    assert_eq!(watcher.lease.format(), Some("dnsmasq"));
    assert_eq!(watcher.lease.bad_entries(), 0);
    assert_eq!(watcher.evidence("lease", address).map(|e| e.confidence), Some(Confidence::High));
    assert_eq!(watcher.address(address).and_then(|a| a.prefix()), Some(24));
    // dnsmasq looked for others with addresses that it might give; none of those is the guest's.
    let v4 = watcher.book.addresses(NIC).iter().filter(|a| a.address.is_ipv4());
    assert_eq!(v4.map(|a| a.address).collect::<Vec<_>>(), [address]);

    client.signal(Signal::TERM);
    gone(&mut watcher, address);
    drop(client);
    // And again: the file's line is another, the address the same.
    let _client = network.udhcpc(&["-x", "hostname:again"]);
    let again = leased(&mut watcher, true);
    assert_eq!(again, address);
    all_say(&mut watcher, &network, address);
}

fn dhclient_takes_and_releases_addresses_of_both_families() {
    let network = Network::start("");
    let mut watcher = Watcher::start(&network);
    network.plug();
    let _six = network.dhclient(&["-6"]);
    let v6 = leased(&mut watcher, false);
    println!("DHCPv6 reply on the wire to the event of the lease file: {} us", delay(&mut watcher, v6));
    all_say(&mut watcher, &network, v6);
    // dnsmasq's file has DUID and IAID only; that they are this card's was seen on its port.
    watcher.until("the lease by what was seen", |w| {
        (w.evidence("lease", v6)?.what == "dnsmasq lease by known DUID").then_some(())
    });
    assert_eq!(watcher.evidence("lease", v6).map(|e| e.confidence), Some(Confidence::High));
    assert_eq!(watcher.evidence("agent", v6).and_then(|e| e.prefix), Some(128));
    assert_eq!(watcher.lease.bad_entries(), 0);
    // Its link's own address has no lease: the guest looked whether it is free, and its agent says it.
    let link: IpAddr = "fe80::5054:ff:fe12:3456".parse().expect("an address");
    watcher.until("the link's address", |w| {
        let (found, sources) = (w.address(link)?, w.sources(link));
        let known = ["agent", "snoop"].iter().all(|s| sources.contains(s));
        (known && found.state == State::Preferred).then_some(())
    });

    let _four = network.dhclient(&["-4"]);
    let v4 = leased(&mut watcher, true);
    println!("DHCPACK on the wire to the event of the lease file: {} us", delay(&mut watcher, v4));
    all_say(&mut watcher, &network, v4);
    assert!(network.dhclient(&["-6", "-r"]).wait().success());
    gone(&mut watcher, v6);
    assert_eq!(watcher.sources(v4), ["agent", "arp", "lease", "snoop"]);
    assert!(network.dhclient(&["-4", "-r"]).wait().success());
    gone(&mut watcher, v4);
}

/// dnsmasq truncates its file and writes it anew for every lease.
fn leases_stay_while_dnsmasq_writes_others() {
    const OTHERS: usize = 20;
    // Without looking whether an address is in use, which takes three seconds each.
    let network = Network::start("no-ping\n");
    let mut watcher = Watcher::start(&network);
    network.plug();
    let _client = network.udhcpc(&[]);
    let address = leased(&mut watcher, true);
    watcher.until("the agent's word", |w| w.evidence("agent", address).map(|_| ()));
    let mut delays = vec![delay(&mut watcher, address)];
    for i in 0..OTHERS {
        // One card, many clients: each gets an address of its own and keeps its script's hands off the card.
        let identity = format!("0x3d:00{i:04x}");
        let mut client = guest("udhcpc");
        client.args(["-f", "-q", "-n", "-i", CARD, "-s", "/bin/true", "-x", &identity]);
        let client = Process::logged("udhcpc-other", &mut client, network.dir());
        let before = watcher.book.addresses(NIC).len();
        let other = watcher.until("another lease", |w| {
            let addresses = w.book.addresses(NIC);
            (addresses.len() > before).then(|| addresses.last().map(|a| a.address)).flatten()
        });
        watcher.until("its line in the file", |w| w.evidence("lease", other).map(|_| ()));
        delays.push(delay(&mut watcher, other));
        drop(client);
    }
    let lost = watcher.events.iter().filter(|(_, e)| matches!(e.change, Change::Removed));
    assert_eq!(lost.count(), 0, "{}", watcher.said());
    assert_eq!(watcher.lease.bad_entries(), 0);
    delays.sort_unstable();
    println!(
        "DHCPACK on the wire to the event of the lease file, {} leases: median {} us, at most {} us",
        delays.len(),
        delays[delays.len() / 2],
        delays[delays.len() - 1]
    );
}

fn the_agent_knows_bridges_labels_and_bonds() {
    let network = Network::start("");
    network.plug();
    let time = Time::start();
    let mut agent = network.agent(&time);
    let in_guest = |words: &str| {
        let status = guest("ip").args(words.split(' ')).status();
        status.expect("ip").success()
    };
    for words in [
        "link set lo up",
        "addr add 192.168.77.9/24 dev eth0",
        "addr add 192.168.77.10/24 dev eth0 label eth0:1",
        "addr add 10.9.0.1/32 dev eth0",
        "addr add fd77::9/64 dev eth0",
        "link add docker0 type bridge",
        "addr add 172.17.0.1/16 dev docker0",
        "link set docker0 up",
        "link add veth1 type veth peer name veth2",
        "link set veth1 master docker0",
        "link add link eth0 name mac0 type macvlan",
        "addr add 192.168.77.11/24 dev mac0",
        "link set mac0 up",
    ] {
        assert!(in_guest(words), "ip {words}");
    }
    // A bond has its ports' MAC. Small kernels have no bonds.
    if in_guest("link add bond0 type bond") {
        for words in ["link set veth2 down", "link set veth2 master bond0", "addr add 10.1.0.1/24 dev bond0"]
        {
            assert!(in_guest(words), "ip {words}");
        }
    } else {
        println!("this kernel has no bonds: not looked at");
    }
    says_what_ip_says(&time, &mut agent, || guest("ip"));
    let said = agent.ask(&time);
    let card = said.list.iter().find(|i| i.name == CARD).expect("the card");
    // The label's own entry is merged.
    let label: IpAddr = "192.168.77.10".parse().expect("an address");
    assert!(card.addresses.contains(&(label, 24)));
    assert!(said.list.iter().any(|i| i.name == "docker0" && i.mac.is_some_and(|mac| mac != dhcp::MAC)));
}
