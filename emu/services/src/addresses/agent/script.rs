//! A guest's agent that does what it is told: the other side of the protocol, for scenarios and tests.
//!
//! By itself it answers as qemu-ga 7.2 does (services.md §2.1); a [`Rule`] makes it answer a command in any
//! other way. What it says is taken out with [`ScriptedAgent::transmit`], what it is told is put in with
//! [`ScriptedAgent::receive`], and the time comes with every call, in nanoseconds.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::ASK;
use crate::clipboard::OutputSink;

/// What a command is answered with.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// As qemu-ga does.
    Usual,
    /// `return` with this value.
    Return(Value),
    /// `error` with class and description.
    Error(String, String),
    /// Nothing, ever.
    Never,
    /// `return` with a string of so many bytes, made while it is sent.
    Huge(u64),
}

/// The `id` of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Id {
    /// The request's.
    #[default]
    Same,
    /// None, as agents before QEMU 4.0.
    None,
    /// Another.
    Wrong,
}

/// How a command is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The command; `*` for any.
    pub command: String,
    /// What is answered.
    pub answer: Answer,
    /// Nanoseconds before it.
    pub delay: u64,
    /// Bytes before it.
    pub before: Vec<u8>,
    /// Its `id`.
    pub id: Id,
    /// Closes the port after so many bytes of it.
    pub cut: Option<u64>,
    /// How many times the rule holds; then the next that fits does.
    pub times: Option<u32>,
}

impl Rule {
    /// A rule that answers `command` at once, as often as it is asked.
    pub fn new(command: &str, answer: Answer) -> Self {
        let (command, before) = (command.to_string(), Vec::new());
        Self { command, answer, delay: 0, before, id: Id::Same, cut: None, times: None }
    }
}

/// Requests longer than this are dropped; qemu-ga's own limit is 64 MiB.
const MAX_REQUEST: usize = 64 << 10;
/// Of a huge answer, bytes made at once.
const PART: usize = 4096;

#[derive(Debug)]
struct Outgoing {
    due: u64,
    head: Vec<u8>,
    fill: u64,
    tail: &'static [u8],
    cut: Option<u64>,
}

/// The agent.
#[derive(Debug)]
pub struct ScriptedAgent {
    rules: Vec<Rule>,
    /// What `guest-network-get-interfaces` returns.
    pub interfaces: Value,
    /// Whether 0xFF makes it say an error first, as qemu-ga's reader does.
    pub complains: bool,
    connected: bool,
    input: Vec<u8>,
    outgoing: VecDeque<Outgoing>,
    asked: Vec<String>,
}

impl ScriptedAgent {
    /// An agent whose port is closed.
    pub fn new(interfaces: Value, rules: Vec<Rule>) -> Self {
        let (input, outgoing, asked) = (Vec::new(), VecDeque::new(), Vec::new());
        Self { rules, interfaces, complains: true, connected: false, input, outgoing, asked }
    }

    /// Opens the port. What was half read before is still half read: qemu-ga's reader outlives its clients.
    pub fn connect(&mut self) {
        self.connected = true;
    }

    /// Closes the port; what was not sent is lost.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.outgoing.clear();
    }

    /// Whether the port is open.
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// The commands asked, in order.
    pub fn asked(&self) -> &[String] {
        &self.asked
    }

    /// Says any bytes, at once.
    pub fn say(&mut self, bytes: &[u8]) {
        self.outgoing.push_back(Outgoing { due: 0, head: bytes.into(), fill: 0, tail: b"", cut: None });
    }

    /// Puts other rules in the old ones' place.
    pub fn set_rules(&mut self, rules: Vec<Rule>) {
        self.rules = rules;
    }

    /// Takes what the host said.
    pub fn receive(&mut self, now: u64, bytes: &[u8]) {
        if !self.connected {
            return;
        }
        for part in bytes.split_inclusive(|b| *b == 0xff) {
            let (text, flush) = part.strip_suffix(b"\xff").map_or((part, false), |text| (text, true));
            self.input.extend(text);
            self.requests(now);
            if flush || self.input.len() > MAX_REQUEST {
                self.input.clear();
            }
            if flush && self.complains {
                self.refuse(now, "GenericError", "JSON parse error, stray '\u{fffd}'", None);
            }
        }
    }

    /// Says what is due and `sink` takes. Whether more waits for the sink.
    pub fn transmit(&mut self, now: u64, sink: &mut impl OutputSink) -> bool {
        while let Some(front) = self.outgoing.front_mut().filter(|o| o.due <= now) {
            if front.head.is_empty() {
                let n = usize::try_from(front.fill).unwrap_or(PART).min(PART);
                front.head = vec![b'x'; n];
                front.fill -= n as u64;
                if n == 0 {
                    front.head = std::mem::take(&mut front.tail).into();
                }
            }
            let room = front.cut.map_or(usize::MAX, |cut| usize::try_from(cut).unwrap_or(usize::MAX));
            let offered = front.head.len().min(room);
            let taken = sink.accept(&front.head[..offered]);
            front.head.drain(..taken);
            front.cut = front.cut.map(|cut| cut - taken as u64);
            if front.cut == Some(0) {
                self.disconnect();
                return false;
            }
            if taken < offered {
                return true;
            }
            if front.head.is_empty() && front.fill == 0 && front.tail.is_empty() {
                self.outgoing.pop_front();
            }
        }
        false
    }

    /// When the next answer is due, in nanoseconds.
    pub fn deadline(&self) -> Option<u64> {
        self.outgoing.front().map(|o| o.due)
    }

    /// Answers every whole request of the input.
    fn requests(&mut self, now: u64) {
        let input = std::mem::take(&mut self.input);
        let mut stream = serde_json::Deserializer::from_slice(&input).into_iter::<Value>();
        let mut used = 0;
        while let Some(next) = stream.next() {
            match next {
                Ok(request) => {
                    used = stream.byte_offset();
                    self.request(now, &request);
                }
                Err(e) if e.is_eof() => break,
                Err(_) => {
                    // One complaint for the run, and it is read on behind the line.
                    let rest = &input[used..];
                    used += rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
                    self.refuse(now, "GenericError", "JSON parse error, invalid keyword", None);
                    break;
                }
            }
        }
        self.input = input[used..].trim_ascii_start().to_vec();
    }

    fn request(&mut self, now: u64, request: &Value) {
        let Some(command) = request.get("execute").and_then(Value::as_str) else {
            return self.refuse(now, "GenericError", "QMP input lacks member 'execute'", None);
        };
        self.asked.push(command.to_string());
        let fits = |r: &&mut Rule| (r.command == command || r.command == "*") && r.times != Some(0);
        let rule = match self.rules.iter_mut().find(fits) {
            Some(rule) => {
                rule.times = rule.times.map(|n| n - 1);
                rule.clone()
            }
            None => Rule::new(command, Answer::Usual),
        };
        let sync = request.pointer("/arguments/id").cloned().unwrap_or(Value::Null);
        let mut head = rule.before.clone();
        let usual = match (rule.answer, command) {
            (Answer::Usual, "guest-sync") => Answer::Return(sync),
            (Answer::Usual, "guest-sync-delimited") => {
                head.push(0xff);
                Answer::Return(sync)
            }
            (Answer::Usual, "guest-ping") => Answer::Return(json!({})),
            (Answer::Usual, ASK) => Answer::Return(self.interfaces.clone()),
            (Answer::Usual, other) => {
                let text = format!("The command {other} has not been found");
                Answer::Error("CommandNotFound".into(), text)
            }
            (answer, _) => answer,
        };
        let id = match rule.id {
            Id::Same => request.get("id").cloned(),
            Id::None => None,
            Id::Wrong => Some(json!("another")),
        };
        let mut out =
            Outgoing { due: now.saturating_add(rule.delay), head, fill: 0, tail: b"", cut: rule.cut };
        match usual {
            Answer::Never => return,
            Answer::Return(value) => out.head.extend(line(json!({ "return": value }), id)),
            Answer::Error(class, desc) => {
                out.head.extend(line(json!({ "error": { "class": class, "desc": desc } }), id));
            }
            Answer::Huge(n) => {
                let id = id.map_or(String::new(), |id| format!("\"id\":{id},"));
                out.head.extend(format!("{{{id}\"return\":\"").as_bytes());
                (out.fill, out.tail) = (n, b"\"}\n");
            }
            Answer::Usual => {}
        }
        self.outgoing.push_back(out);
    }

    fn refuse(&mut self, now: u64, class: &str, desc: &str, id: Option<Value>) {
        let head = line(json!({ "error": { "class": class, "desc": desc } }), id);
        self.outgoing.push_back(Outgoing { due: now, head, fill: 0, tail: b"", cut: None });
    }
}

fn line(mut answer: Value, id: Option<Value>) -> Vec<u8> {
    if let (Some(id), Value::Object(answer)) = (id, &mut answer) {
        answer.insert("id".into(), id);
    }
    format!("{answer}\n").into_bytes()
}
