//! Steps: a mapping with exactly one verb, and an optional `id`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::machine::words;
use super::{Hex, Number, Size, Span, Wide};
use super::{addresses, clipboard};

/// One step. Exactly one verb is given.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Name of the step, for reports.
    #[serde(default)]
    pub id: Option<String>,
    /// Waits until the console shows something after what was last waited for.
    #[serde(default)]
    pub wait_console: Option<WaitConsole>,
    /// Types into the console.
    #[serde(default)]
    pub send_console: Option<SendConsole>,
    /// Texts that must not appear during the whole run, wherever the step stands.
    #[serde(default)]
    pub console_never: Option<ConsoleNever>,
    /// Waits until the machine has stopped, and how.
    #[serde(default)]
    pub expect_exit: Option<ExpectExit>,
    /// Compares something with its golden.
    #[serde(default)]
    pub snapshot: Option<Snapshot>,
    /// Compares guest memory (physical addresses).
    #[serde(default)]
    pub peek: Option<Peek>,
    /// Compares registers of CPU 0.
    #[serde(default)]
    pub registers: Option<Registers>,
    /// Switches the machine off or resets it.
    #[serde(default)]
    pub power: Option<Power>,
    /// Runs the guest until an assertion holds.
    #[serde(default)]
    pub eventually: Option<Eventually>,
    /// Runs the guest for a while during which an assertion holds.
    #[serde(default)]
    pub throughout: Option<Throughout>,
    /// Copies.
    #[serde(default)]
    pub clipboard_set: Option<clipboard::Set>,
    /// Begins to paste.
    #[serde(default)]
    pub clipboard_paste: Option<clipboard::Paste>,
    /// Does something as the guest's agent.
    #[serde(default)]
    pub clipboard_agent: Option<clipboard::Agent>,
    /// Makes the host's clipboard fail.
    #[serde(default)]
    pub clipboard_host: Option<clipboard::HostFaults>,
    /// Compares what the clipboard's session has held with a limit.
    #[serde(default)]
    pub clipboard_memory: Option<clipboard::Memory>,
    /// Changes what the guest agent does.
    #[serde(default)]
    pub agent_script: Option<addresses::agent::Script>,
    /// Compares what the agent's client has held with a limit.
    #[serde(default)]
    pub agent_memory: Option<addresses::Memory>,
    /// Writes the lease file, now and later.
    #[serde(default)]
    pub lease_file: Option<Vec<addresses::lease::Write>>,
    /// Frames of the guest's cards, now and later.
    #[serde(default)]
    pub snoop: Option<addresses::frames::Snoop>,
    /// Plugs a card in, or pulls one out.
    #[serde(default)]
    pub nic: Option<addresses::Plug>,
    /// Sets the host's clock.
    #[serde(default)]
    pub wall_clock: Option<addresses::WallClock>,
    /// Compares a table of addresses with its golden.
    #[serde(default)]
    pub domifaddr: Option<addresses::Domifaddr>,
}

impl Step {
    /// Every verb: those that need a machine, then from `eventually` on all others.
    pub const VERBS: &[&str] = &[
        "wait_console",
        "send_console",
        "console_never",
        "expect_exit",
        "snapshot",
        "peek",
        "registers",
        "power",
        "eventually",
        "throughout",
        "clipboard_set",
        "clipboard_paste",
        "clipboard_agent",
        "clipboard_host",
        "clipboard_memory",
        "agent_script",
        "agent_memory",
        "lease_file",
        "snoop",
        "nic",
        "wall_clock",
        "domifaddr",
    ];
}

/// `wait_console`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitConsole {
    /// Text to wait for.
    #[serde(default)]
    pub text: Option<String>,
    /// Regular expression to wait for.
    #[serde(default)]
    pub regex: Option<String>,
    /// Guest time; the scenario's step timeout when absent.
    #[serde(default)]
    pub timeout: Option<Span>,
    /// Texts that end the wait with a failure if they come first.
    #[serde(default)]
    pub fail_on: Vec<String>,
}

/// `send_console`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendConsole {
    /// Text and a carriage return, as the Enter key sends it.
    #[serde(default)]
    pub line: Option<String>,
    /// Text as it is.
    #[serde(default)]
    pub text: Option<String>,
    /// Bytes.
    #[serde(default)]
    pub bytes: Option<Hex>,
    /// Regular expression waited for first (as `wait_console` does).
    #[serde(default)]
    pub after_prompt: Option<String>,
    /// Guest time for the prompt and for the guest to take the input.
    #[serde(default)]
    pub timeout: Option<Span>,
}

/// `console_never`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsoleNever {
    /// Texts.
    #[serde(default)]
    pub text: Vec<String>,
    /// Regular expressions, line by line.
    #[serde(default)]
    pub regex: Vec<String>,
}

words! {
    /// How a machine stops.
    ExitClass: Exit "exit" "powered off or exited, with any status",
    Reset "reset" "asked for a reset",
    GuestCrash "guest_crash" "crashed with nothing to handle it",
    GuestHang "guest_hang" "asleep with nothing that could wake it"
}

/// `expect_exit`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectExit {
    /// The guest's status.
    #[serde(default)]
    pub code: Option<u32>,
    /// The way it stopped.
    #[serde(default)]
    pub class: Option<ExitClass>,
    /// Guest time.
    #[serde(default)]
    pub timeout: Option<Span>,
}

/// `snapshot`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Name of the golden; unique in the scenario.
    pub name: String,
    /// The whole console.
    #[serde(default)]
    pub console: Option<bool>,
    /// Registers of CPU 0.
    #[serde(default)]
    pub registers: Option<bool>,
    /// A range of guest memory.
    #[serde(default)]
    pub memory: Option<Range>,
}

/// A range of guest memory.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Physical address.
    pub at: Number,
    /// Bytes.
    pub size: Size,
}

/// `peek`: exactly one of the comparisons is given.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Peek {
    /// Physical address.
    pub at: Number,
    /// Bytes.
    pub size: Size,
    /// These bytes.
    #[serde(default)]
    pub equals: Option<Hex>,
    /// This little-endian number (size 1, 2, 4 or 8).
    #[serde(default)]
    pub value: Option<Number>,
    /// This text at the beginning.
    #[serde(default)]
    pub text: Option<String>,
    /// Bytes with this SHA-256.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// `registers`: names (x0 to x30, sp, pc, nzcv, fpcr, fpsr, v0 to v31, …) and their values.
pub type Registers = BTreeMap<String, Wide>;

words! {
    /// What is done to the machine.
    PowerAction: Shutdown "shutdown" "asks the guest (power button) and waits until it is off",
    Reset "reset" "starts the machine again from the beginning",
    Cut "cut" "pulls the plug: the run ends here"
}

/// `power`
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// What is done.
    pub action: PowerAction,
    /// Guest time in which a shutdown has to be over.
    #[serde(default)]
    pub within: Option<Span>,
}

/// A text on the console, for `eventually`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsoleShows {
    /// Text anywhere on the console so far.
    #[serde(default)]
    pub text: Option<String>,
    /// Regular expression anywhere on the console so far.
    #[serde(default)]
    pub regex: Option<String>,
}

/// `eventually`: exactly one assertion, which comes true in time.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Eventually {
    /// Guest time.
    pub within: Span,
    /// Guest memory.
    #[serde(default)]
    pub peek: Option<Peek>,
    /// Registers.
    #[serde(default)]
    pub registers: Option<Registers>,
    /// The console.
    #[serde(default)]
    pub console: Option<ConsoleShows>,
    /// A paste, or who owns what.
    #[serde(default)]
    pub clipboard: Option<clipboard::Shows>,
    /// The scripted agent.
    #[serde(default)]
    pub clipboard_agent: Option<clipboard::AgentSees>,
    /// The merged answer.
    #[serde(default)]
    pub addresses: Option<addresses::Shows>,
    /// How a source of addresses is doing.
    #[serde(default)]
    pub source_status: Option<addresses::Status>,
}

/// `throughout`: exactly one assertion, true from the beginning to the end.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Throughout {
    /// Guest time.
    #[serde(rename = "for")]
    pub period: Span,
    /// Guest memory.
    #[serde(default)]
    pub peek: Option<Peek>,
    /// Registers.
    #[serde(default)]
    pub registers: Option<Registers>,
    /// Texts that do not appear during that time.
    #[serde(default)]
    pub console_never: Option<ConsoleNever>,
    /// Changes of owners during that time.
    #[serde(default)]
    pub clipboard_owner_changes: Option<clipboard::OwnerChanges>,
    /// The scripted agent.
    #[serde(default)]
    pub clipboard_agent: Option<clipboard::AgentSees>,
    /// The merged answer.
    #[serde(default)]
    pub addresses: Option<addresses::Shows>,
    /// How a source of addresses is doing.
    #[serde(default)]
    pub source_status: Option<addresses::Status>,
}
