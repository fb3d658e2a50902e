//! A host's real clipboard, a session, and a scripted agent on the other end of a socket.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use innkeeper_services::clipboard::agent::{Action, Agent, Profile};
use innkeeper_services::clipboard::drive::{Driver, End, PolledHost, Turn};
use innkeeper_services::clipboard::{
    Bounded, Format, HostClipboard, Outcome, Policy, Recorder, Selection, Session,
};

use crate::content::Paste;
use crate::process::{PATIENCE, nanoseconds};

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
        let mut desk = Desk {
            driver: Driver::new(near).expect("a socket"),
            session: Session::new(host, Recorder::default(), Policy::default()),
            agent,
            far,
            said: Bounded::new(64 << 10),
            heard: Vec::new(),
            begun: Instant::now(),
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
        let (clock, since) = (|| nanoseconds(*begun), Instant::now());
        driver.run(session, &mut { clock }, &mut |session| {
            let moved = turn(agent, far, said, heard);
            if done(session, agent) {
                return Turn::Stop;
            }
            let audit = &session.observer().audit;
            assert!(since.elapsed() < PATIENCE, "nothing after {PATIENCE:?}: {what}; {audit:?}");
            if moved { Turn::Again } else { Turn::WaitUntil(clock() + 1_000_000) }
        })
    }

    /// Lets so many milliseconds pass.
    pub fn pass(&mut self, ms: u64) {
        let until = self.begun.elapsed() + Duration::from_millis(ms);
        let begun = self.begun;
        self.until("time", move |_, _| begun.elapsed() >= until);
    }

    /// Copies in the guest, and waits until the session knows and the host's clipboard has said so.
    pub fn guest_copies(&mut self, selection: Selection, format: Format, content: &[u8]) {
        self.agent.copy(selection.number(), [(format, content.into())]);
        let (before, mut looks) = (grabs(&self.session), 0);
        // What the clipboard says is sent between two looks: who stops at the first has an old owner there.
        self.until("a GRAB", |session, _| {
            looks += usize::from(grabs(session) > before);
            looks == 2
        });
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

    /// What an application pastes on the host; `None` when it says that it could not.
    pub fn host_pastes(&mut self, mut paste: Paste) -> Option<Vec<u8>> {
        let mut ended = None;
        self.until("the end of a paste on the host", |_, _| {
            ended = paste.ended();
            ended.is_some()
        });
        let (status, content) = ended.expect("a paste that ended");
        status.success().then_some(content)
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
