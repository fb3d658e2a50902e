//! Checks of `steps`.

use std::collections::BTreeMap;

use super::{Checker, field};
use crate::diag::{Code, Diagnostic};
use crate::guests;
use crate::scenario::node::Seg;
use crate::scenario::step::{ConsoleNever, Peek, PowerAction, Registers, Snapshot};
use crate::scenario::{Step, suggest};

impl Checker<'_> {
    pub(super) fn steps(&mut self, steps: &[Step]) {
        let mut gone: Option<usize> = None;
        for (i, step) in steps.iter().enumerate() {
            let at = field!([], "steps", i);
            self.verbs(&at);
            self.wait_and_send(&at, step);
            self.assertions(&at, step);
            if let Some(s) = &step.snapshot {
                self.snapshot(&field!(at, "snapshot"), s);
            }
            if step.power.as_ref().is_some_and(|p| p.action == PowerAction::Shutdown) {
                let help = "`cut` pulls the plug; or let the guest power off by itself";
                self.at_value(
                    Code::Limits,
                    &field!(at, "power", "action"),
                    format!("{} has no power button", self.board.as_str()),
                    help,
                );
            }
            self.after_exit(&at, step, gone);
            let ends = step.expect_exit.is_some()
                || step.power.as_ref().is_some_and(|p| p.action != PowerAction::Reset);
            gone = gone.or(ends.then_some(i));
        }
        let names = |f: fn(&Step) -> Option<&str>| steps.iter().map(f).collect::<Vec<_>>();
        self.unique(
            Code::SnapshotTwice,
            &names(|s| s.snapshot.as_ref().map(|s| &*s.name)),
            &["snapshot", "name"],
        );
        self.unique(
            Code::SnapshotTwice,
            &names(|s| s.domifaddr.as_ref().map(|t| &*t.name)),
            &["domifaddr", "name"],
        );
        self.unique(Code::IdTwice, &names(|s| s.id.as_deref()), &["id"]);
    }

    /// Exactly one verb.
    fn verbs(&mut self, at: &[Seg]) {
        let (_, node, _) = self.doc.tree.nearest(at);
        let keys = node.entries().iter().map(|(k, _)| k);
        let given: Vec<_> = keys.filter(|k| k.text().is_some_and(|t| Step::VERBS.contains(&t))).collect();
        match &given[..] {
            [_] => {}
            [] => {
                let help = format!("the verbs are {}", Step::VERBS.join(", "));
                self.at_value(Code::NoVerb, at, "step without a verb", &help);
            }
            [first, second, ..] => {
                let d = Diagnostic::at(
                    Code::TwoVerbs,
                    &self.doc.source,
                    first.span.clone(),
                    "step has two verbs",
                )
                .label("first verb here")
                .also(second.span.clone(), "and a second here")
                .help("split this into two steps");
                self.push(at, d);
            }
        }
    }

    fn wait_and_send(&mut self, at: &[Seg], step: &Step) {
        if let Some(w) = &step.wait_console {
            let at = field!(at, "wait_console");
            self.one_of(&at, &["text", "regex"]);
            if let Some(t) = &w.text {
                self.not_empty(&field!(at, "text"), t);
            }
            if let Some(r) = &w.regex {
                self.regex(&field!(at, "regex"), r);
            }
            for (i, t) in w.fail_on.iter().enumerate() {
                self.not_empty(&field!(at, "fail_on", i), t);
            }
        }
        if let Some(s) = &step.send_console {
            let at = field!(at, "send_console");
            self.one_of(&at, &["line", "text", "bytes"]);
            if let Some(r) = &s.after_prompt {
                self.regex(&field!(at, "after_prompt"), r);
            }
        }
        if step.expect_exit.is_some() {
            self.one_of(&field!(at, "expect_exit"), &["code", "class"]);
        }
    }

    fn assertions(&mut self, at: &[Seg], step: &Step) {
        if let Some(c) = &step.console_never {
            self.never(&field!(at, "console_never"), c);
        }
        self.looks(at, step.peek.as_ref(), step.registers.as_ref());
        if let Some(e) = &step.eventually {
            let at = field!(at, "eventually");
            let keys = [
                "peek",
                "registers",
                "console",
                "clipboard",
                "clipboard_agent",
                "addresses",
                "source_status",
            ];
            self.one_of(&at, &keys);
            if let Some(c) = &e.console {
                let at = field!(at, "console");
                self.one_of(&at, &["text", "regex"]);
                if let Some(r) = &c.regex {
                    self.regex(&field!(at, "regex"), r);
                }
            }
            self.looks(&at, e.peek.as_ref(), e.registers.as_ref());
        }
        if let Some(t) = &step.throughout {
            let at = field!(at, "throughout");
            let keys = [
                "peek",
                "registers",
                "console_never",
                "clipboard_owner_changes",
                "clipboard_agent",
                "addresses",
                "source_status",
            ];
            self.one_of(&at, &keys);
            if let Some(c) = &t.console_never {
                self.never(&field!(at, "console_never"), c);
            }
            self.looks(&at, t.peek.as_ref(), t.registers.as_ref());
        }
    }

    /// What looks into the machine: a step, or an assertion of one.
    fn looks(&mut self, at: &[Seg], peek: Option<&Peek>, registers: Option<&Registers>) {
        if let Some(p) = peek {
            self.peek(&field!(at, "peek"), p);
        }
        if let Some(r) = registers {
            self.register_names(&field!(at, "registers"), r);
        }
    }

    fn never(&mut self, at: &[Seg], c: &ConsoleNever) {
        if c.text.is_empty() && c.regex.is_empty() {
            self.at_key(Code::Empty, at, "nothing that must not appear", "give `text` or `regex`");
        }
        for (i, t) in c.text.iter().enumerate() {
            self.not_empty(&field!(at, "text", i), t);
        }
        for (i, r) in c.regex.iter().enumerate() {
            self.regex(&field!(at, "regex", i), r);
        }
    }

    fn peek(&mut self, at: &[Seg], p: &Peek) {
        self.one_of(at, &["equals", "value", "text", "sha256"]);
        let size = p.size.0;
        if size == 0 || size > 16 << 20 {
            self.at_value(Code::Limits, &field!(at, "size"), "a size that cannot be read", "1B to 16MiB");
        }
        if let Some(bytes) = p.equals.as_ref().filter(|b| b.0.len() as u64 != size) {
            let message = format!("{} bytes given, {size} compared", bytes.0.len());
            self.at_value(Code::Limits, &field!(at, "equals"), message, "make `size` and `equals` agree");
        }
        if p.value.is_some() && ![1, 2, 4, 8].contains(&size) {
            self.at_value(
                Code::Limits,
                &field!(at, "size"),
                "a number of that size does not exist",
                "1, 2, 4 or 8",
            );
        }
        if let Some(text) = p.text.as_ref().filter(|t| t.len() as u64 > size) {
            let message = format!("{} bytes of text, {size} compared", text.len());
            self.at_value(Code::Limits, &field!(at, "text"), message, "make `size` larger");
        }
        self.sha256(at, p.sha256.as_deref());
    }

    fn register_names(&mut self, at: &[Seg], given: &Registers) {
        if given.is_empty() {
            self.at_key(Code::Empty, at, "no registers", "name at least one");
        }
        let guest = guests::of(self.board.row().arch);
        let known = (guest.registers)();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        for name in given.keys().filter(|n| !known.contains(&n.as_str())) {
            let help = match suggest::closest(name, known.iter().copied()) {
                Some(c) => format!("did you mean `{c}`?"),
                None => guest.registers_text.map_or_else(|| known.join(", "), String::from),
            };
            self.at_key(
                Code::Register,
                &field!(at, name.as_str()),
                format!("{} has no register `{name}`", guest.arch.as_str()),
                &help,
            );
        }
    }

    fn snapshot(&mut self, at: &[Seg], s: &Snapshot) {
        self.one_of(at, &["console", "registers", "memory"]);
        if s.name.is_empty() || !s.name.chars().all(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c)) {
            let help = "letters, digits and `_.+-`: it is a file name";
            self.at_value(Code::Name, &field!(at, "name"), "a golden cannot be called that", help);
        }
        for (key, given) in [("console", s.console), ("registers", s.registers)] {
            if given == Some(false) {
                self.at_value(
                    Code::OneOf,
                    &field!(at, key),
                    "a snapshot of nothing",
                    "write true, or leave it out",
                );
            }
        }
    }

    /// What needs a running machine cannot follow what ends it.
    fn after_exit(&mut self, at: &[Seg], step: &Step, gone: Option<usize>) {
        let Some(end) = gone else { return };
        let looks_only = step.snapshot.is_some()
            || step.peek.is_some()
            || step.registers.is_some()
            || step.console_never.is_some()
            || step.domifaddr.is_some();
        if looks_only {
            return;
        }
        let end_span = self.doc.tree.value_span(&field!([], "steps", end));
        let d = Diagnostic::at(
            Code::AfterExit,
            &self.doc.source,
            self.value(at),
            "the machine has stopped by then",
        )
        .also(end_span, "it stops here")
        .help("only snapshot, peek, registers, console_never and domifaddr can follow");
        self.push(at, d);
    }

    /// No two steps with one name.
    fn unique(&mut self, code: Code, names: &[Option<&str>], field: &[&str]) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (i, name) in names.iter().enumerate().filter_map(|(i, n)| Some((i, (*n)?))) {
            let place = |i: usize| {
                let mut p = field!([], "steps", i);
                p.extend(field.iter().map(|f| Seg::from(*f)));
                p
            };
            match seen.get(name) {
                None => {
                    seen.insert(name, i);
                }
                Some(first) => {
                    let first = self.value(&place(*first));
                    let d = Diagnostic::at(
                        code,
                        &self.doc.source,
                        self.value(&place(i)),
                        format!("`{name}` is taken"),
                    )
                    .label("again here")
                    .also(first, "first here")
                    .help("give it another name");
                    self.push(&place(i), d);
                }
            }
        }
    }
}
