//! A network of a host and a guest, with dnsmasq on the host's side and DHCP clients on the guest's. The host
//! is the test, inside namespaces of its own; the guest is one more network namespace, and a veth pair its
//! card.

use std::fs;
use std::net::{IpAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

use innkeeper_services::addresses::Mac;
use innkeeper_services::addresses::snoop::{Frame, Payload, dhcp4, dhcp6};
use rustix::net::{AddressFamily, RecvFlags, SocketType, eth};
use tempfile::TempDir;

use super::Time;
use super::agent::Agent;
use crate::process::{Process, command, until};

/// The host's name of the guest's card, and the guest's.
pub const PORT: &str = "vnet0";
pub const CARD: &str = "eth0";
/// The guest's MAC.
pub const MAC: Mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);

const CONFIG: &str = "port=0
interface=vnet0
bind-interfaces
dhcp-range=192.168.77.50,192.168.77.99,2m
dhcp-range=fd77::100,fd77::1ff,64,5m
enable-ra
log-dhcp
";

/// What udhcpc runs. Debian's own would write the machine's resolv.conf; so would dhclient's.
const UDHCPC: &str = r#"#!/bin/sh
case $1 in
bound|renew) ip addr replace "$ip/$mask" dev "$interface" ;;
deconfig) ip -4 addr flush dev "$interface" ;;
esac
"#;

/// Duplicate address detection has to be over before DHCPv6 starts.
const DHCLIENT: &str = r#"#!/bin/sh
case $reason in
PREINIT6) until ip -6 addr show dev "$interface" scope link -tentative | grep -q inet6; do sleep 0.1; done ;;
BOUND|RENEW|REBIND) ip addr replace "$new_ip_address/24" dev "$interface" ;;
BOUND6|RENEW6|REBIND6) ip addr replace "$new_ip6_address/$new_ip6_prefixlen" dev "$interface" ;;
RELEASE|EXPIRE|STOP) ip -4 addr flush dev "$interface" ;;
RELEASE6|EXPIRE6|STOP6) ip -6 addr flush dev "$interface" scope global ;;
esac
exit 0
"#;

/// The network. Fields are dropped in this order: the folder last.
pub struct Network {
    _dnsmasq: Process,
    dir: TempDir,
}

impl Network {
    /// Makes the network and starts dnsmasq, with `more` lines in its configuration.
    pub fn start(more: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("innkeeper-peer-").tempdir().expect("a folder");
        // Where ip(8) keeps the names of networks; the host's own is not to be touched.
        run(command("mount").args(["-t", "tmpfs", "tmpfs", "/run"]));
        run(command("ip").args(["netns", "add", "guest"]));
        ip("link set lo up");
        ip(&format!("link add {PORT} type veth peer name {CARD} netns guest"));
        ip(&format!("addr add 192.168.77.1/24 dev {PORT}"));
        // It does not look for duplicates: dnsmasq starts at once.
        ip(&format!("addr add fd77::1/64 dev {PORT} nodad"));
        ip(&format!("link set {PORT} up"));
        let at = dir.path();
        let leases = format!("dhcp-leasefile={}\n", at.join("leases").display());
        fs::write(at.join("dnsmasq.conf"), [CONFIG, &leases, more].concat()).expect("a configuration");
        for (name, text) in [("udhcpc.script", UDHCPC), ("dhclient.script", DHCLIENT)] {
            fs::write(at.join(name), text).expect("a script");
            fs::set_permissions(at.join(name), fs::Permissions::from_mode(0o755)).expect("a script");
        }
        let mut dnsmasq = command("dnsmasq");
        // -d: in the foreground, as this user.
        let dnsmasq = dnsmasq.arg("-d").arg("-C").arg(at.join("dnsmasq.conf"));
        let dnsmasq = Process::logged("dnsmasq", dnsmasq, at);
        until("dnsmasq", || dnsmasq.log().contains("IP range").then_some(()));
        Self { _dnsmasq: dnsmasq, dir }
    }

    /// Where files of the test are.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// dnsmasq's lease file.
    pub fn leases(&self) -> PathBuf {
        self.dir().join("leases")
    }

    /// The guest's card is plugged in.
    pub fn plug(&self) {
        run(guest("ip").args(["link", "set", CARD, "address", &MAC.to_string()]));
        run(guest("ip").args(["link", "set", CARD, "up"]));
    }

    /// A qemu-ga in the guest.
    pub fn agent(&self, time: &Time) -> Agent {
        Agent::start(time, guest("qemu-ga"), self.dir())
    }

    /// Starts udhcpc. It looks whether the address is free, and releases it at SIGTERM.
    pub fn udhcpc(&self, more: &[&str]) -> Process {
        let mut udhcpc = guest("udhcpc");
        udhcpc.args(["-f", "-R", "-a", "-i", CARD, "-s"]).arg(self.dir().join("udhcpc.script")).args(more);
        Process::logged("udhcpc", &mut udhcpc, self.dir())
    }

    /// Starts dhclient: `-4` or `-6`. With `-r` too it ends the one that runs, and releases.
    pub fn dhclient(&self, args: &[&str]) -> Process {
        let (dir, family) = (self.dir(), args[0]);
        let mut dhclient = guest("dhclient");
        dhclient.args(args).args(["-d", "-1", "-cf", "/dev/null", CARD]);
        dhclient.arg("-sf").arg(dir.join("dhclient.script"));
        dhclient.arg("-lf").arg(dir.join(format!("dhclient{family}.leases")));
        dhclient.arg("-pf").arg(dir.join(format!("dhclient{family}.pid")));
        Process::logged(&format!("dhclient{family}"), &mut dhclient, dir)
    }

    /// The host says something to the guest, so that it has to look for its MAC.
    pub fn talk(&self, to: IpAddr) {
        let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).expect("a socket");
        // Nobody listens there; that is said later, if at all.
        let _ = socket.send_to(b"", (to, 9));
    }
}

/// Runs a command of ip(8) on the host.
fn ip(words: &str) {
    run(command("ip").args(words.split(' ')));
}

/// A command in the guest's network.
pub fn guest(program: &str) -> Command {
    let mut inside = command("nsenter");
    inside.arg("--net=/run/netns/guest").arg(command(program).get_program());
    inside
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(status.success(), "{command:?}: {status}");
}

/// Every frame on the guest's port: what the host's side of a card sees. A packet socket, not tcpdump, which
/// changes its user even when told not to, and has none to change to in a user namespace.
pub struct Capture {
    frames: Receiver<(u64, Vec<u8>)>,
    /// How many frames were given.
    pub count: usize,
    /// When servers gave a lease, in nanoseconds since 1970, and to whom.
    pub given: Vec<(u64, IpAddr)>,
}

impl Capture {
    /// Starts it. Its thread ends with the process, which is the test's own.
    pub fn start(time: &Time) -> Self {
        let socket = rustix::net::socket(AddressFamily::PACKET, SocketType::RAW, Some(eth::ALL));
        let socket = socket.expect("a packet socket");
        let (sender, frames) = channel();
        let time = time.clone();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            while let Ok((n, _)) = rustix::net::recv(&socket, &mut buffer[..], RecvFlags::empty()) {
                // The thread waits for nothing else: the time is that of the wire but for its waking up.
                if sender.send((time.now(), buffer[..n].to_vec())).is_err() {
                    break;
                }
            }
        });
        Self { frames, count: 0, given: Vec::new() }
    }

    /// Gives what was captured since the last call.
    pub fn feed(&mut self, frame: &mut dyn FnMut(&[u8])) {
        for (at, bytes) in self.frames.try_iter() {
            self.count += 1;
            self.given.extend(lease(&bytes).map(|address| (at, address)));
            frame(&bytes);
        }
    }
}

/// The address that a server's frame gives.
fn lease(bytes: &[u8]) -> Option<IpAddr> {
    match Frame::parse(bytes)?.payload {
        Payload::Dhcp4(message) => {
            let message = dhcp4::parse(message).filter(|m| m.kind == dhcp4::Kind::Ack)?;
            Some(message.yiaddr.into())
        }
        Payload::Dhcp6(message) => {
            let message = dhcp6::parse(message).filter(|m| m.kind == dhcp6::Kind::Reply)?;
            message.items.iter().find(|item| item.valid > 0).map(|item| item.address.into())
        }
        _ => None,
    }
}
