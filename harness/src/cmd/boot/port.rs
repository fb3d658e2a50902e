//! A byte port of the guest at a unix socket.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::run::guest::Guest;

/// Bytes from the peer that wait for the guest, at most.
const INPUT: usize = 64 << 10;

/// Blocks of output moved before the guest runs again.
const BLOCKS: usize = 16;

/// A port and the socket it is reached at.
#[derive(Clone, Debug)]
pub struct Place {
    /// The port's name.
    pub name: String,
    path: PathBuf,
}

/// Reads `NAME=unix:PATH`.
pub fn parse(text: &str) -> Result<Place, String> {
    let parts = text.split_once('=').and_then(|(name, at)| Some((name, at.strip_prefix("unix:")?)));
    match parts {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok(Place { name: name.into(), path: path.into() })
        }
        _ => Err("NAME=unix:PATH, such as com.redhat.spice.0=unix:/tmp/spice".into()),
    }
}

/// The socket, and the peer that is connected. The socket's file goes with it.
pub struct Relay {
    place: Place,
    listener: UnixListener,
    peer: Option<UnixStream>,
    to_guest: Vec<u8>,
    to_peer: Vec<u8>,
}

impl Relay {
    /// Makes the socket. What a process that has died left at its path is replaced; anything else there is
    /// an error.
    pub fn listen(place: &Place) -> Result<Relay, String> {
        let failed = |e: std::io::Error| {
            format!("--port {}: failed to listen at {}: {e}", place.name, place.path.display())
        };
        remove_stale(&place.path).map_err(|e| format!("--port {}: {e}", place.name))?;
        let listener = UnixListener::bind(&place.path).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Relay { place: place.clone(), listener, peer: None, to_guest: Vec::new(), to_peer: Vec::new() })
    }

    /// Moves what can be moved without waiting.
    pub fn relay(&mut self, guest: &mut dyn Guest) {
        self.accept(guest);
        let Some(peer) = &mut self.peer else { return };
        let open = guest.port_open(&self.place.name);
        let alive = fill(peer, &mut self.to_guest, open);
        if !self.to_guest.is_empty() {
            let taken = guest.offer_port_input(&self.place.name, &self.to_guest);
            self.to_guest.drain(..taken);
        }
        let alive = alive && flush(peer, &mut self.to_peer, || guest.take_port_output(&self.place.name));
        if !alive {
            self.peer = None;
            self.to_guest.clear();
            self.to_peer.clear();
            guest.set_port_open(&self.place.name, false);
        }
    }

    fn accept(&mut self, guest: &mut dyn Guest) {
        if self.peer.is_some() {
            return;
        }
        // A peer that has gone before it was accepted is none.
        let Ok((peer, _)) = self.listener.accept() else { return };
        if peer.set_nonblocking(true).is_ok() {
            self.peer = Some(peer);
            guest.set_port_open(&self.place.name, true);
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Somebody may have removed it already.
        let _ = fs::remove_file(&self.place.path);
    }
}

/// Removes a socket that nobody listens at.
fn remove_stale(path: &Path) -> Result<(), String> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(format!("{} exists and is not a socket; give another path", path.display()));
    }
    if UnixStream::connect(path).is_ok() {
        return Err(format!("{} is in use by another process; give another path", path.display()));
    }
    fs::remove_file(path).map_err(|e| format!("failed to remove the old socket {}: {e}", path.display()))
}

/// Reads what the peer has sent, as far as there is room; false when it has gone. What it sent before it
/// went is still for a guest that has the port open.
fn fill(peer: &mut UnixStream, to_guest: &mut Vec<u8>, guest_open: bool) -> bool {
    let mut buffer = [0; 4096];
    while to_guest.len() < INPUT {
        match peer.read(&mut buffer) {
            Ok(0) => return guest_open && !to_guest.is_empty(),
            Ok(n) => to_guest.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return e.kind() == ErrorKind::WouldBlock,
        }
    }
    true
}

/// Writes what the guest has sent; takes more of it only when the last is written. False when the peer
/// has gone.
fn flush(peer: &mut UnixStream, to_peer: &mut Vec<u8>, mut more: impl FnMut() -> Vec<u8>) -> bool {
    for _ in 0..BLOCKS {
        if to_peer.is_empty() {
            *to_peer = more();
        }
        if to_peer.is_empty() {
            return true;
        }
        match peer.write(to_peer) {
            Ok(n) => drop(to_peer.drain(..n)),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return e.kind() == ErrorKind::WouldBlock,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let place = parse("com.redhat.spice.0=unix:/tmp/a=b").unwrap();
        assert_eq!(
            (place.name.as_str(), place.path.as_path()),
            ("com.redhat.spice.0", Path::new("/tmp/a=b"))
        );
        for bad in ["", "name", "name=", "name=/tmp/a", "=unix:/tmp/a", "name=unix:", "name=tcp:1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_in_use_is_refused_and_what_a_dead_process_left_is_replaced() {
        let path = std::env::temp_dir().join(format!("innkeeper-port-{}", std::process::id()));
        let place = Place { name: "p".into(), path: path.clone() };
        let first = Relay::listen(&place).unwrap();
        let why = Relay::listen(&place).err().unwrap();
        assert!(why.contains("in use by another process"), "{why}");
        drop(first);
        assert!(!path.exists());
        drop(UnixListener::bind(&path).unwrap());
        drop(Relay::listen(&place).unwrap());
        fs::write(&path, "mine").unwrap();
        let why = Relay::listen(&place).err().unwrap();
        assert!(why.contains("is not a socket"), "{why}");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        fs::remove_file(&path).unwrap();
    }
}
