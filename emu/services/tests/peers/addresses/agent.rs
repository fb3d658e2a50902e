//! Debian's qemu-ga on a unix socket, asked by our source; what it says is what `ip` says.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use innkeeper_services::addresses::agent::{AgentSource, Interfaces, Timing};
use innkeeper_services::addresses::{AddressBook, AddressSource, Limits, Nics, Status};
use innkeeper_services::clipboard::Bounded;
use serde_json::Value;

use super::Time;
use crate::process::{Process, command, until};

/// What these tests start.
pub const PROGRAMS: &[&str] = &["qemu-ga", "ip"];

crate::tests! {
    it_says_what_ip_says
    what_another_client_left_behind_is_no_answer
    a_second_agent_is_found_on_the_same_socket
}

/// qemu-ga, and our end of its socket.
pub struct Agent {
    /// The source.
    pub source: AgentSource,
    port: UnixStream,
    out: Bounded,
    process: Process,
}

/// Asks again soon: tests wait for it.
const QUICK: Timing = Timing {
    sync: 5_000_000_000,
    command: 5_000_000_000,
    interval: 100_000_000,
    reopen: 100_000_000,
    reopen_max: 1_000_000_000,
};

impl Agent {
    /// Starts qemu-ga by `command`, which may put it elsewhere, with its files in `dir`.
    pub fn start(time: &Time, mut command: Command, dir: &Path) -> Self {
        let socket = dir.join("qga");
        let process = start(&mut command, dir);
        let port = until("qemu-ga's socket", || UnixStream::connect(&socket).ok());
        Self::over(time, port, process)
    }

    fn over(time: &Time, port: UnixStream, process: Process) -> Self {
        port.set_nonblocking(true).expect("a socket that is not waited for");
        let mut source = AgentSource::new(QUICK, time.now());
        source.opened(time.now());
        Self { source, port, out: Bounded::new(4096), process }
    }

    /// The socket, to be waited for.
    pub fn port(&self) -> &UnixStream {
        &self.port
    }

    /// Moves what can be moved. Whether the socket is open.
    pub fn turn(&mut self, now: u64) -> bool {
        self.source.transmit(now, &mut self.out);
        if let Ok(n) = self.port.write(self.out.bytes()) {
            self.out.consume(n);
        }
        let mut buffer = [0; 4096];
        loop {
            match self.port.read(&mut buffer) {
                Ok(0) => return false,
                Ok(n) => self.source.receive(now, &buffer[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return true,
                Err(e) => panic!("qemu-ga's socket: {e}"),
            }
        }
    }

    /// The next answer.
    pub fn ask(&mut self, time: &Time) -> Interfaces {
        let asked = time.now();
        self.source.ask(asked);
        until("qemu-ga's answer", || {
            assert!(self.turn(time.now()), "qemu-ga closed its socket");
            let (at, interfaces) = self.source.interfaces()?;
            (at > asked).then(|| interfaces.clone())
        })
    }
}

fn start(command: &mut Command, dir: &Path) -> Process {
    command.args(["-v", "-m", "unix-listen", "-p"]).arg(dir.join("qga"));
    command.arg("-t").arg(dir).arg("-f").arg(dir.join("qga.pid"));
    Process::logged("qemu-ga", command, dir)
}

/// An interface: its MAC if it has one as Ethernet has, and its addresses in order.
type Known = BTreeMap<String, (Option<String>, Vec<(IpAddr, u8)>)>;

/// What `ip` says, run by `command`.
fn by_ip(mut command: Command) -> Known {
    let out = command.args(["-j", "addr"]).stdout(Stdio::piped()).output().expect("ip");
    let list: Vec<Value> = serde_json::from_slice(&out.stdout).expect("JSON of ip");
    let address = |entry: &Value| {
        let bits = entry["prefixlen"].as_u64().and_then(|n| u8::try_from(n).ok()).expect("a prefix");
        (entry["local"].as_str().and_then(|a| a.parse().ok()).expect("an address"), bits)
    };
    let one = |link: &Value| {
        let ethernet = ["ether", "loopback"].map(Value::from).contains(&link["link_type"]);
        let mac = link["address"].as_str().filter(|_| ethernet).map(str::to_owned);
        let mut addresses: Vec<_> = link["addr_info"].as_array().into_iter().flatten().map(address).collect();
        addresses.sort();
        (link["ifname"].as_str().expect("a name").to_owned(), (mac, addresses))
    };
    list.iter().map(one).collect()
}

/// What the agent says, as far as `ip` says it too.
fn by_agent(interfaces: &Interfaces, ip: &Known) -> Known {
    let one = |i: &innkeeper_services::addresses::agent::Interface| {
        let ethernet = ip.get(&i.name).is_none_or(|(mac, _)| mac.is_some());
        let mut addresses = i.addresses.clone();
        addresses.sort();
        (i.name.clone(), (ethernet.then(|| i.mac_text.clone()), addresses))
    };
    interfaces.list.iter().map(one).collect()
}

/// Compares both; `ip` is a command for it where the agent is.
pub fn says_what_ip_says(time: &Time, agent: &mut Agent, ip: impl Fn() -> Command) {
    // Something may change between the two; not every time.
    let mut looks = (Known::new(), Known::new());
    for _ in 0..5 {
        let said = agent.ask(time);
        assert_eq!(said.odd, 0);
        let ip = by_ip(ip());
        looks = (by_agent(&said, &ip), ip);
        if looks.0 == looks.1 {
            break;
        }
    }
    assert_eq!(looks.0, looks.1, "qemu-ga, ip");
}

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("innkeeper-peer-").tempdir().expect("a folder")
}

fn it_says_what_ip_says() {
    let (time, dir) = (Time::start(), folder());
    let mut agent = Agent::start(&time, command("qemu-ga"), dir.path());
    says_what_ip_says(&time, &mut agent, || command("ip"));
    assert_eq!(agent.source.status(), Status::Ready);
    // Addresses are the cards' whose MAC the interface has: none, when there is no card.
    let mut book = AddressBook::new(Limits::default());
    book.pull(&mut agent.source, time.clock());
    assert!(book.next_event().is_none());
}

/// qemu-ga's reader outlives its clients (services.md §2.1).
fn what_another_client_left_behind_is_no_answer() {
    let (time, dir) = (Time::start(), folder());
    let process = start(&mut command("qemu-ga"), dir.path());
    // Nothing that is answered: a client that goes with an answer unread ends qemu-ga (ECONNRESET).
    for torn in [&b"{\"execute\":\"guest-ping\", \"arguments\": {\"a"[..], b"[[[[{", b"{\"execute\""] {
        let mut client = until("its socket", || UnixStream::connect(dir.path().join("qga")).ok());
        client.write_all(torn).expect("half a request");
    }
    let port = until("its socket", || UnixStream::connect(dir.path().join("qga")).ok());
    let mut agent = Agent::over(&time, port, process);
    says_what_ip_says(&time, &mut agent, || command("ip"));
}

fn a_second_agent_is_found_on_the_same_socket() {
    let (time, dir) = (Time::start(), folder());
    let mut agent = Agent::start(&time, command("qemu-ga"), dir.path());
    agent.ask(&time);
    let Agent { mut source, port, process, .. } = agent;
    // The guest's service is restarted.
    drop((port, process));
    source.closed(time.now());
    assert_eq!(source.status(), Status::Waiting("QEMU guest agent is not connected".into()));
    let process = start(&mut command("qemu-ga"), dir.path());
    let port = until("its socket", || UnixStream::connect(dir.path().join("qga")).ok());
    let mut agent = Agent { source, ..Agent::over(&time, port, process) };
    agent.source.opened(time.now());
    says_what_ip_says(&time, &mut agent, || command("ip"));
    let mut updates = 0;
    agent.source.poll(time.clock(), &Nics::default(), &mut |_| updates += 1);
    assert_eq!((updates, agent.source.status()), (1, Status::Ready));
}
