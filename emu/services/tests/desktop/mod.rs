//! A host's real clipboard, a session, and a scripted agent on the other end of a socket.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use innkeeper_services::clipboard::agent::{Action, Agent, Profile};
use innkeeper_services::clipboard::drive::{Driver, End, PolledHost, Turn};
use innkeeper_services::clipboard::{
    Bounded, Format, HostClipboard, Outcome, Policy, Recorder, Selection, Session,
};
use libtest_mimic::{Arguments, Failed, Trial};

/// How long anything may take.
const PATIENCE: u64 = 60_000_000_000;

/// Runs tests that need `programs`: without them they are listed as ignored, unless `INNKEEPER_REQUIRE`
/// demands `peers`.
pub fn main(programs: &[&str], tests: &[(&str, fn())]) {
    let missing: Vec<&str> = programs.iter().copied().filter(|p| !installed(p)).collect();
    let required =
        std::env::var("INNKEEPER_REQUIRE").is_ok_and(|l| l.split(',').any(|w| w.trim() == "peers"));
    if !missing.is_empty() && !required {
        eprintln!("ignored without {}: run ci/setup --with-peers", missing.join(", "));
    }
    let trials = tests.iter().map(|&(name, test)| {
        let run = move || {
            test();
            Ok::<(), Failed>(())
        };
        Trial::test(name, run).with_ignored_flag(!missing.is_empty() && !required)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Waits until something outside is so.
pub fn soon(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{what}: not within a minute");
}

/// A process that ends with its owner.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An application that pastes, and what it has printed.
pub struct Pasting {
    child: Running,
    output: std::fs::File,
}

impl Pasting {
    pub fn start(mut command: Command) -> Pasting {
        // A file, so that it never waits for us.
        let output = tempfile::tempfile().expect("a file");
        command.stdin(Stdio::null()).stdout(output.try_clone().expect("a file")).stderr(Stdio::null());
        Pasting { child: Running(command.spawn().expect("a process")), output }
    }

    /// What it printed, once it has ended; `None` when it failed.
    fn ended(&mut self) -> Option<Option<Vec<u8>>> {
        let status = self.child.0.try_wait().expect("a status")?;
        let mut printed = Vec::new();
        std::io::Seek::rewind(&mut self.output).expect("a file");
        self.output.read_to_end(&mut printed).expect("a file");
        Some(status.success().then_some(printed))
    }
}

/// The three, joined.
pub struct Desk<H> {
    driver: Driver<UnixStream>,
    pub session: Session<H, Recorder>,
    pub agent: Agent,
    far: UnixStream,
    said: Bounded,
    heard: Vec<u8>,
    begun: Instant,
}

impl<H: HostClipboard + PolledHost> Desk<H> {
    /// After the handshake.
    pub fn new(host: H) -> Self {
        let (near, far) = UnixStream::pair().expect("sockets");
        far.set_nonblocking(true).expect("a socket");
        let mut agent = Agent::new(Profile::LINUX);
        agent.connect(true);
        #[expect(clippy::disallowed_methods, reason = "real applications take real time")]
        let begun = Instant::now();
        let mut desk = Desk {
            driver: Driver::new(near).expect("a socket"),
            session: Session::new(host, Recorder::default(), Policy::default()),
            agent,
            far,
            said: Bounded::new(64 << 10),
            heard: Vec::new(),
            begun,
        };
        desk.until("the handshake", |session, _| session.is_settled());
        desk
    }

    /// Lets things happen until `done`.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&mut Session<H, Recorder>, &mut Agent) -> bool) {
        let ended = self.run(what, &mut done);
        assert_eq!(ended.unwrap_or_else(|e| panic!("{what}: {e}")), End::Stopped, "{what}");
    }

    /// The same, with how it ended.
    pub fn run(
        &mut self,
        what: &str,
        done: &mut dyn FnMut(&mut Session<H, Recorder>, &mut Agent) -> bool,
    ) -> std::io::Result<End> {
        let Self { driver, session, agent, far, said, heard, begun } = self;
        let clock = || u64::try_from(begun.elapsed().as_nanos()).expect("a few minutes");
        let end = clock() + PATIENCE;
        driver.run(session, &mut { clock }, &mut |session| {
            let moved = turn(agent, far, said, heard);
            if done(session, agent) {
                return Turn::Stop;
            }
            let now = clock();
            assert!(now < end, "{what}: nothing for a minute; {:?}", session.observer().audit);
            if moved { Turn::Again } else { Turn::WaitUntil(now + 1_000_000) }
        })
    }

    /// Lets so many milliseconds pass.
    pub fn pass(&mut self, ms: u64) {
        let until = self.begun.elapsed() + Duration::from_millis(ms);
        let begun = self.begun;
        self.until("time", move |_, _| begun.elapsed() >= until);
    }

    /// Copies in the guest, and waits until the session knows.
    pub fn guest_copies(&mut self, selection: Selection, format: Format, content: &[u8]) {
        self.agent.copy(selection.number(), [(format, content.into())]);
        let before = self.grabs();
        self.until("a GRAB", |session, _| grabs(session) > before);
    }

    fn grabs(&self) -> usize {
        grabs(&self.session)
    }

    /// Pastes in the guest what is offered or soon will be.
    pub fn guest_pastes(&mut self, selection: Selection, format: Format) -> Vec<u8> {
        let number = selection.number();
        self.until("an offer", |_, agent| agent.host_offer(number).is_some_and(|f| f.contains(format)));
        let before = self.agent.unsolicited();
        self.guest_requests(selection, format);
        self.until("an answer", |_, agent| !agent.answered().is_empty());
        let answered = self.agent.take_answered();
        assert_eq!((answered.len(), self.agent.unsolicited()), (1, before));
        answered.into_iter().next().expect("an answer").content
    }

    pub fn guest_requests(&mut self, selection: Selection, format: Format) {
        self.agent.act(Action::Request { selection: selection.number(), type_number: format.number() });
    }

    /// What an application prints that pastes.
    pub fn host_pastes(&mut self, command: Command) -> Option<Vec<u8>> {
        let mut pasting = Pasting::start(command);
        self.finish(&mut pasting)
    }

    pub fn finish(&mut self, pasting: &mut Pasting) -> Option<Vec<u8>> {
        let mut printed = None;
        self.until("an application's end", |_, _| {
            printed = pasting.ended();
            printed.is_some()
        });
        printed.expect("an end")
    }

    /// How transfers ended since this was asked last.
    pub fn outcomes(&mut self) -> Vec<Outcome> {
        self.session.observer_mut().audit.drain(..).map(|record| record.outcome).collect()
    }
}

fn grabs<H>(session: &Session<H, Recorder>) -> usize
where
    H: HostClipboard,
{
    session.observer().events.iter().filter(|e| e.to_string().starts_with("guest -> host GRAB")).count()
}

/// Moves what the socket takes and has. Whether anything moved.
fn turn(agent: &mut Agent, far: &mut UnixStream, said: &mut Bounded, heard: &mut Vec<u8>) -> bool {
    agent.transmit(0, said);
    let sent = far.write(said.bytes()).unwrap_or_default();
    said.consume(sent);
    let mut buffer = [0; 64 << 10];
    let read = far.read(&mut buffer).unwrap_or_default();
    heard.extend(&buffer[..read]);
    let taken = agent.receive(0, heard);
    heard.drain(..taken);
    sent + read > 0
}

/// So many bytes that are not all alike.
pub fn content(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

/// A PNG of one pixel: <https://www.w3.org/TR/png-3/>.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82";
