//! A scripted guest agent on a unix socket, as a machine's port is.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use innkeeper_services::addresses::agent::script::{Rule, ScriptedAgent};
use innkeeper_services::clipboard::Bounded;
use serde_json::{Value, json};

/// The guest's card.
pub const MAC: &str = "52:54:00:12:34:56";

/// An interface as the agent reports it.
pub fn interface(name: &str, mac: &str, addresses: &[&str]) -> Value {
    let one = |address: &&str| {
        let (address, prefix) = address.split_once('/').expect("a prefix");
        let kind = if address.contains(':') { "ipv6" } else { "ipv4" };
        json!({"ip-address-type": kind, "ip-address": address, "prefix": prefix.parse::<u8>().expect("a number")})
    };
    json!({"name": name, "hardware-address": mac, "ip-addresses": addresses.iter().map(one).collect::<Vec<_>>()})
}

/// A guest with loopback, a card, a container bridge and a tunnel without MAC and addresses.
pub fn interfaces() -> Value {
    json!([
        interface("lo", "00:00:00:00:00:00", &["127.0.0.1/8", "::1/128"]),
        interface("eth0", MAC, &["10.0.0.7/24", "fe80::7/64"]),
        interface("docker0", "02:42:00:00:00:01", &["172.17.0.1/16"]),
        {"name": "tun0"},
    ])
}

/// The guest. Its thread ends with the process.
pub struct Guest {
    agent: Arc<Mutex<ScriptedAgent>>,
}

impl Guest {
    /// A guest whose agent's port is at `path`.
    pub fn at(path: &Path, interfaces: Value, rules: Vec<Rule>) -> Guest {
        let listener = UnixListener::bind(path).expect("a socket");
        let agent = Arc::new(Mutex::new(ScriptedAgent::new(interfaces, rules)));
        let theirs = Arc::clone(&agent);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.expect("a client"), &theirs);
            }
        });
        Guest { agent }
    }

    /// The guest's interfaces become these.
    pub fn set_interfaces(&self, interfaces: Value) {
        self.agent.lock().expect("the agent").interfaces = interfaces;
    }
}

/// Serves a client until either side closes the port.
fn serve(mut stream: UnixStream, agent: &Mutex<ScriptedAgent>) {
    stream.set_read_timeout(Some(Duration::from_millis(5))).expect("a timeout");
    agent.lock().expect("the agent").connect();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => agent.lock().expect("the agent").receive(0, &buffer[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
        let (mut more, mut open) = (true, true);
        while more && open {
            let mut out = Bounded::new(1 << 16);
            let mut agent = agent.lock().expect("the agent");
            more = agent.transmit(0, &mut out);
            open = agent.is_connected();
            drop(agent);
            // The client may have gone with the last answer unread.
            open &= stream.write_all(out.bytes()).is_ok();
        }
        if !open {
            break;
        }
    }
    agent.lock().expect("the agent").disconnect();
}
