//! The guest's side: Debian's spice-vdagentd and spice-vdagent, and a display. There is no guest: the daemon
//! takes a unix socket where a virtio port should be (services.md §6).

use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use tempfile::TempDir;

use crate::display::Display;
use crate::process::{Process, Signal, command, until};

/// A user's session in a guest. Fields are dropped in this order: the folder last.
pub struct Guest {
    agent: Process,
    _daemon: Process,
    /// The user's display.
    pub display: Display,
    port: UnixListener,
    dir: TempDir,
}

impl Guest {
    /// Starts everything; the daemon then connects to the port.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("innkeeper-peer-").tempdir().expect("a folder");
        let at = dir.path();
        let port = UnixListener::bind(at.join("port")).expect("a port");
        port.set_nonblocking(true).expect("a port that is not waited for");
        let display = Display::start();
        std::fs::write(at.join("uinput"), "").expect("a file instead of uinput");
        let mut daemon = command("spice-vdagentd");
        // -x: in the foreground; -f: the file is not really uinput; -X: no logind.
        daemon.args(["-x", "-d", "-d", "-f", "-X"]).arg("-u").arg(at.join("uinput"));
        let daemon = Process::logged("spice-vdagentd", with_sockets(&mut daemon, at), at);
        until("the daemon's socket", || at.join("session").exists().then_some(()));
        let agent = start_agent(&display, at);
        Self { agent, _daemon: daemon, display, port, dir }
    }

    /// Takes the daemon's next connection.
    pub fn accept(&self) -> UnixStream {
        until("a connection of spice-vdagentd", || match self.port.accept() {
            Ok((stream, _)) => Some(stream),
            Err(e) if e.kind() == ErrorKind::WouldBlock => None,
            Err(e) => panic!("the port: {e}"),
        })
    }

    /// The user logs out. The daemon then closes the port.
    pub fn stop_agent(&mut self) {
        self.end_agent(Signal::TERM);
    }

    /// The same, without the agent's doing.
    pub fn kill_agent(&mut self) {
        self.end_agent(Signal::KILL);
    }

    fn end_agent(&mut self, signal: Signal) {
        self.agent.signal(signal);
        until("the end of spice-vdagent", || self.agent.ended());
    }

    /// The user logs in again. The daemon then opens the port.
    pub fn start_agent(&mut self) {
        self.agent = start_agent(&self.display, self.dir.path());
    }
}

fn start_agent(display: &Display, dir: &Path) -> Process {
    let mut agent = display.command("spice-vdagent");
    agent.args(["-x", "-d"]);
    Process::logged("spice-vdagent", with_sockets(&mut agent, dir), dir)
}

fn with_sockets<'a>(command: &'a mut std::process::Command, dir: &Path) -> &'a mut std::process::Command {
    command.arg("-s").arg(dir.join("port")).arg("-S").arg(dir.join("session"))
}
