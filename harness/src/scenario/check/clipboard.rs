//! Checks of the section `clipboard` and its verbs.

use super::{Checker, field};
use crate::diag::Code;
use crate::scenario::clipboard::{Agent, AgentSees, Generate, Item, Set, Shows, Side};
use crate::scenario::node::Seg;
use crate::scenario::{Scenario, Step};

/// Contents, of which exactly one is given.
const CONTENTS: &[&str] = &["text", "bytes", "file", "generate"];
/// Expectations of `clipboard`, of which exactly one is given.
const SHOWS: &[&str] =
    &["text", "bytes", "same_bytes_as", "generated", "size", "sha256", "empty", "outcome", "owner", "types"];
/// More content than this is no test's.
const MAX_GENERATED: u64 = 256 << 20;

impl Checker<'_> {
    pub(super) fn clipboard(&mut self, s: &Scenario) {
        let at = field!([], "clipboard");
        let steps = s.steps.as_deref().unwrap_or_default();
        if let Some(section) = &s.clipboard {
            if s.machine.is_some() && section.agent.is_some() {
                let help = "leave `agent` out: the machine's guest has its own";
                self.at_key(Code::Clipboard, &field!(at, "agent"), "a machine and a scripted agent", help);
            }
            if s.machine.is_some() && !s.board().row().has_ports {
                let message = format!("{} has no port for an agent", s.board().as_str());
                let help = "virt-a64 has one; without `machine`, `agent: linux` is a scripted agent";
                self.at_key(Code::Clipboard, &at, message, help);
            }
            if section.types.as_ref().is_some_and(Vec::is_empty) {
                let help = "`direction: neither` closes the clipboard";
                self.at_value(Code::Empty, &field!(at, "types"), "no types", help);
            }
        }
        for (i, step) in steps.iter().enumerate() {
            self.clipboard_step(&field!([], "steps", i), s, step);
        }
    }

    /// One step: what it needs is there, and its parts fit.
    fn clipboard_step(&mut self, at: &[Seg], s: &Scenario, step: &Step) {
        if let Some(set) = &step.clipboard_set {
            let at = field!(at, "clipboard_set");
            self.needs_side(&at, s, set.side);
            self.set(&at, set);
        }
        if let Some(paste) = &step.clipboard_paste {
            self.needs_side(&field!(at, "clipboard_paste"), s, paste.side);
        }
        if let Some(agent) = &step.clipboard_agent {
            let at = field!(at, "clipboard_agent");
            self.needs_agent(&at, s);
            self.agent(&at, agent);
        }
        if step.clipboard_host.is_some() {
            self.needs_clipboard(&field!(at, "clipboard_host"), s);
        }
        if step.clipboard_memory.is_some() {
            self.needs_clipboard(&field!(at, "clipboard_memory"), s);
        }
        if let Some(e) = &step.eventually {
            let at = field!(at, "eventually");
            if let Some(c) = &e.clipboard {
                let at = field!(at, "clipboard");
                self.needs_side(&at, s, c.side);
                self.shows(&at, c);
            }
            self.sees(&at, s, e.clipboard_agent.as_ref());
        }
        if let Some(t) = &step.throughout {
            let at = field!(at, "throughout");
            if t.clipboard_owner_changes.is_some() {
                self.needs_clipboard(&field!(at, "clipboard_owner_changes"), s);
            }
            self.sees(&at, s, t.clipboard_agent.as_ref());
        }
    }

    fn needs_clipboard(&mut self, at: &[Seg], s: &Scenario) -> bool {
        if s.clipboard.is_none() {
            let help = "add `clipboard: {agent: linux}` at the top; with a machine, `clipboard: {}`";
            self.at_key(Code::Clipboard, at, "the scenario has no clipboard", help);
        }
        s.clipboard.is_some()
    }

    fn needs_agent(&mut self, at: &[Seg], s: &Scenario) {
        if self.needs_clipboard(at, s) && s.machine.is_some() {
            let help = "a scripted agent is a scenario without a machine; or look at the host's side";
            self.at_key(Code::Clipboard, at, "the machine's guest does not do as it is told here", help);
        }
    }

    fn needs_side(&mut self, at: &[Seg], s: &Scenario, side: Side) {
        match side {
            Side::Guest => self.needs_agent(at, s),
            Side::Host => drop(self.needs_clipboard(at, s)),
        }
    }

    fn set(&mut self, at: &[Seg], set: &Set) {
        self.one_of(at, &[CONTENTS, &["clear"]].concat());
        if set.clear.is_none() && set.mime.is_none() {
            self.at_key(Code::MissingKey, at, "missing key `mime`", "mime: text/plain");
        }
        if let Some(clear) = set.clear {
            if !clear {
                let help = "write true, or leave it out";
                self.at_value(Code::OneOf, &field!(at, "clear"), "nothing would be done", help);
            }
            for (key, given) in [("mime", set.mime.is_some()), ("also", !set.also.is_empty())] {
                if given {
                    let help = "`clear` gives up whatever was copied";
                    self.at_key(Code::OneOf, &field!(at, key), "cleared, and copied as a type", help);
                }
            }
        }
        self.content(at, set.file.as_deref(), set.generate);
        for (i, item) in set.also.iter().enumerate() {
            let at = field!(at, "also", i);
            self.item(&at, item);
            if set.items().iter().filter(|other| other.mime == item.mime).count() > 1 {
                let help = "each type has one content";
                self.at_value(Code::OneOf, &field!(at, "mime"), "a type given twice", help);
            }
        }
    }

    fn item(&mut self, at: &[Seg], item: &Item) {
        self.one_of(at, CONTENTS);
        self.content(at, item.file.as_deref(), item.generate);
    }

    fn content(&mut self, at: &[Seg], file: Option<&str>, generate: Option<Generate>) {
        if let Some(file) = file {
            self.content_file(&field!(at, "file"), file);
        }
        self.generated(&field!(at, "generate", "size"), generate);
    }

    fn content_file(&mut self, at: &[Seg], file: &str) {
        let full = self.doc.path.parent().map(|d| d.join(file)).unwrap_or_default();
        if !full.is_file() {
            let help = "paths are relative to the scenario's folder";
            self.at_value(Code::NoFile, at, format!("no file `{file}`"), help);
        }
    }

    fn generated(&mut self, at: &[Seg], generate: Option<Generate>) {
        if generate.is_some_and(|g| g.size.0 > MAX_GENERATED) {
            self.at_value(Code::Limits, at, "more content than a test can hold", "up to 256MiB");
        }
    }

    fn shows(&mut self, at: &[Seg], c: &Shows) {
        self.one_of(at, SHOWS);
        let pastes = c.owner.is_none() && c.types.is_none();
        if pastes && c.mime.is_none() {
            self.at_key(Code::MissingKey, at, "missing key `mime`", "mime: text/plain");
        }
        if !pastes && c.mime.is_some() {
            let help = "leave it out: nothing is pasted to see that";
            self.at_key(Code::OneOf, &field!(at, "mime"), "a type of nothing", help);
        }
        if c.text.is_some() {
            self.one_of(&field!(at, "text"), &["equals", "contains"]);
        }
        if c.side == Side::Guest && c.outcome.is_some() {
            let help = "an agent is told nothing but `empty: true`, or not answered (`clipboard_agent: {waiting: 1}`)";
            self.at_key(Code::Clipboard, &field!(at, "outcome"), "outcomes are the host's", help);
        }
        if c.empty == Some(false) {
            let help = "say what it is instead: `size`, `text`, …";
            self.at_value(Code::OneOf, &field!(at, "empty"), "nearly anything is not empty", help);
        }
        if let Some(file) = &c.same_bytes_as {
            self.content_file(&field!(at, "same_bytes_as"), file);
        }
        self.generated(&field!(at, "generated", "size"), c.generated);
        self.sha256(at, c.sha256.as_deref());
    }

    fn agent(&mut self, at: &[Seg], agent: &Agent) {
        self.one_of(at, Agent::ACTIONS);
        if let Some(connect) = &agent.connect {
            let at = field!(at, "connect");
            if connect.capabilities.is_some() && connect.profile.is_none() {
                let help = "a new agent has a `profile`";
                self.at_key(Code::OneOf, &field!(at, "capabilities"), "capabilities of an old agent", help);
            }
            if connect.resume && connect.profile.is_some() {
                let help = "leave `profile` or `resume` out";
                self.at_key(Code::OneOf, &field!(at, "resume"), "a new agent has nothing to resume", help);
            }
        }
        if let Some(data) = &agent.data {
            self.item(&field!(at, "data", "content"), &data.content);
        }
        if agent.reply.is_some() {
            self.one_of(&field!(at, "reply"), &["how", "after", "as"]);
        }
        if agent.chunk.is_some_and(|size| size.0 == 0 || u32::try_from(size.0).is_err()) {
            self.at_value(Code::Limits, &field!(at, "chunk"), "not a size of chunks", "1B to 4095MiB");
        }
    }

    fn sees(&mut self, at: &[Seg], s: &Scenario, sees: Option<&AgentSees>) {
        let Some(sees) = sees else { return };
        let at = field!(at, "clipboard_agent");
        self.needs_agent(&at, s);
        if *sees == AgentSees::default() {
            let help = "give `waiting`, `unsolicited` or `connected`";
            self.at_key(Code::Empty, &at, "nothing is expected", help);
        }
    }

    /// Without a machine there is nothing to type to, switch off or look into.
    pub(super) fn needs_machine(&mut self, s: &Scenario) {
        if s.machine.is_some() || (s.clipboard.is_none() && s.addresses.is_none()) {
            return;
        }
        // The guest whose addresses are asked for can be reset and switched off.
        let power = s.clipboard.is_none();
        let at = |i: usize, keys: &[&str]| {
            let path = field!([], "steps", i);
            path.into_iter().chain(keys.iter().map(|k| Seg::from(*k))).collect::<Vec<_>>()
        };
        for (i, step) in s.steps.iter().flatten().enumerate() {
            let own = Step::VERBS.iter().take_while(|verb| **verb != "eventually");
            let (e, t) = (step.eventually.is_some(), step.throughout.is_some());
            let nested = ["peek", "registers", "console", "console_never"];
            let paths = own.filter(|k| !power || **k != "power").map(|k| vec![*k]);
            let paths = paths.chain(nested.iter().filter(|_| e).map(|k| vec!["eventually", *k]));
            let paths = paths.chain(nested.iter().filter(|_| t).map(|k| vec!["throughout", *k]));
            for path in paths.map(|keys| at(i, &keys)).collect::<Vec<_>>() {
                if self.doc.tree.nearest(&path).2 {
                    let verbs = if power { "addresses" } else { "the clipboard" };
                    let help = format!("add `machine`, or use the verbs of {verbs}");
                    self.at_key(Code::NoMachine, &path, "no machine to do that with", &help);
                }
            }
        }
    }
}
