//! Copy and paste: the section `clipboard` and its verbs. Without a machine the guest is a scripted
//! agent (`clipboard_agent`); with one, the machine's port `com.redhat.spice.0`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::machine::words;
use super::{Format, Hex, Size, Span, TypeNumber};

words! {
    /// A side of the clipboard.
    Side: Host "host" "the host", Guest "guest" "the guest"
}
words! {
    /// A selection.
    Selection: Clipboard "clipboard" "what is copied with a command", Primary "primary" "what is marked with the mouse"
}
words! {
    /// A selection, as an agent may name it.
    AnySelection: Clipboard "clipboard" "number 0", Primary "primary" "number 1",
    Secondary "secondary" "number 2, which no host has"
}
words! {
    /// Which kind of agent.
    Profile: Linux "linux" "spice-vdagentd: selections, serials, a chunk for each message",
    Windows "windows" "one selection, no serials, CR LF, a release before each grab",
    Macos "macos" "tart's: no serials, pastes what is offered at once"
}
words! {
    /// Which way may be copied.
    Directions: Both "both" "both ways", ToGuest "to-guest" "from the host to the guest only",
    ToHost "to-host" "from the guest to the host only", Neither "neither" "no way"
}
words! {
    /// Who owns a selection, as the host sees it.
    Owner: Host "host" "the host", Guest "guest" "the guest", Nobody "nobody" "nobody"
}
words! {
    /// How requests of the host are answered.
    How: Content "content" "with what was copied", Never "never" "not at all",
    None "none" "with type NONE, the refusal of Linux", Empty "empty" "with no bytes of the type asked for"
}
words! {
    /// A capability.
    Capability: ByDemand "by_demand" "content is sent when asked for", Selection "selection" "messages name their selection",
    Lf "lf" "lines end in LF", Crlf "crlf" "lines end in CR LF", MaxClipboard "max_clipboard" "MAX_CLIPBOARD is understood",
    NoRelease "no_release_on_regrab" "no RELEASE before copying again", Serial "grab_serial" "a GRAB has a serial"
}
words! {
    /// How a paste on the host ends without its content.
    PasteOutcome: NotOffered "not_offered" "the guest does not own or offer it", Denied "denied" "by policy",
    TooLarge "too_large" "larger than allowed", TimedOut "timed_out" "nothing moved for too long",
    OwnerChanged "owner_changed" "somebody else copied meanwhile", Disconnected "disconnected" "the port was closed",
    OtherFormat "other_format" "another type came instead", Busy "busy" "too many pastes wait"
}

/// Section `clipboard`: the scenario has a host clipboard, in memory, and a guest's agent for it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// A scripted agent that is there from the beginning; without it `clipboard_agent: {connect: …}` is.
    #[serde(default)]
    pub agent: Option<Profile>,
    /// Policy: which way.
    #[serde(default)]
    pub direction: Option<Directions>,
    /// Policy: which types; all when absent.
    #[serde(default)]
    pub types: Option<Vec<Format>>,
    /// Policy: the largest content (100MiB).
    #[serde(default)]
    pub max_size: Option<Size>,
}

/// Content made from a seed: printable lines for text, any bytes otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Generate {
    /// Bytes.
    pub size: Size,
    /// Other seeds, other content.
    pub seed: u64,
}

/// Something of one type: exactly one of the contents is given.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its type.
    pub mime: Format,
    /// Text.
    #[serde(default)]
    pub text: Option<String>,
    /// Bytes.
    #[serde(default)]
    pub bytes: Option<Hex>,
    /// A file, relative to the scenario.
    #[serde(default)]
    pub file: Option<String>,
    /// Generated content.
    #[serde(default)]
    pub generate: Option<Generate>,
}

/// `clipboard_set`: somebody copies, or with `clear` gives up what was copied.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Where.
    pub side: Side,
    /// Which selection.
    #[serde(default)]
    pub selection: Selection,
    /// The type of what is copied.
    #[serde(default)]
    pub mime: Option<Format>,
    /// Text.
    #[serde(default)]
    pub text: Option<String>,
    /// Bytes.
    #[serde(default)]
    pub bytes: Option<Hex>,
    /// A file, relative to the scenario.
    #[serde(default)]
    pub file: Option<String>,
    /// Generated content.
    #[serde(default)]
    pub generate: Option<Generate>,
    /// Nothing: the owner gives up.
    #[serde(default)]
    pub clear: Option<bool>,
    /// The same thing in further types.
    #[serde(default)]
    pub also: Vec<Item>,
    /// The next step happens before anything of this one has crossed the port.
    #[serde(default)]
    pub together: bool,
}

impl Set {
    /// Everything copied; nothing for `clear`.
    pub fn items(&self) -> Vec<Item> {
        let first = self.mime.map(|mime| Item {
            mime,
            text: self.text.clone(),
            bytes: self.bytes.clone(),
            file: self.file.clone(),
            generate: self.generate,
        });
        first.into_iter().chain(self.also.iter().cloned()).collect()
    }
}

/// `clipboard_paste`: begins a paste, which `clipboard` judges later.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paste {
    /// Where.
    pub side: Side,
    /// Which selection.
    #[serde(default)]
    pub selection: Selection,
    /// The type.
    pub mime: Format,
    /// The next step happens before anything of this one has crossed the port.
    #[serde(default)]
    pub together: bool,
}

/// What a text is: one of the two.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextIs {
    /// All of it.
    #[serde(default)]
    pub equals: Option<String>,
    /// A part of it.
    #[serde(default)]
    pub contains: Option<String>,
}

/// `clipboard`, for `eventually`: exactly one of the expectations is given. Judges the first paste of that
/// type that a step began to be over, without trying again; where no step began one, pastes by itself.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shows {
    /// Where it is pasted.
    pub side: Side,
    /// From which selection.
    #[serde(default)]
    pub selection: Selection,
    /// The type; not for `owner` and `types`.
    #[serde(default)]
    pub mime: Option<Format>,
    /// Text.
    #[serde(default)]
    pub text: Option<TextIs>,
    /// Bytes.
    #[serde(default)]
    pub bytes: Option<Hex>,
    /// Every byte of a file, relative to the scenario.
    #[serde(default)]
    pub same_bytes_as: Option<String>,
    /// Every byte of generated content.
    #[serde(default)]
    pub generated: Option<Generate>,
    /// Its size.
    #[serde(default)]
    pub size: Option<Size>,
    /// Its SHA-256.
    #[serde(default)]
    pub sha256: Option<String>,
    /// An answer without a byte.
    #[serde(default)]
    pub empty: Option<bool>,
    /// How a paste on the host ended without content.
    #[serde(default)]
    pub outcome: Option<PasteOutcome>,
    /// Who owns the selection, as the host sees it.
    #[serde(default)]
    pub owner: Option<Owner>,
    /// The types offered to this side by the other, and no others.
    #[serde(default)]
    pub types: Option<Vec<Format>>,
}

/// `clipboard_owner_changes`, for `throughout`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerChanges {
    /// How often selections may get another owner or other content, as the host sees it.
    pub max: u64,
}

/// `clipboard_memory`: what the session has ever held of messages and content, by its own account.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// At most so much.
    pub max: Size,
}

/// `clipboard_host`: what the host's clipboard does wrong from now on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostFaults {
    /// It does not say how large its content is.
    #[serde(default)]
    pub hold_sizes: bool,
    /// It fails when asked for a size.
    #[serde(default)]
    pub fail_sizes: bool,
    /// Its content does not come.
    #[serde(default)]
    pub hold_reads: bool,
    /// Its content fails.
    #[serde(default)]
    pub fail_reads: bool,
    /// The most it takes at once of what it pastes.
    #[serde(default)]
    pub write_limit: Option<Size>,
    /// It goes away for good.
    #[serde(default)]
    pub detach: bool,
}

/// `clipboard_agent`: what the scripted agent does; exactly one thing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Opens the port, after closing it if it is open.
    #[serde(default)]
    pub connect: Option<Connect>,
    /// Closes the port.
    #[serde(default)]
    pub disconnect: Option<Disconnect>,
    /// Announces its capabilities.
    #[serde(default)]
    pub announce: Option<Announce>,
    /// Grabs a selection, whatever it has of it.
    #[serde(default)]
    pub grab: Option<Grab>,
    /// Releases a selection.
    #[serde(default)]
    pub release: Option<Release>,
    /// Asks for content.
    #[serde(default)]
    pub request: Option<Request>,
    /// Sends content that nobody asked for.
    #[serde(default)]
    pub data: Option<Data>,
    /// From now on answers the host so.
    #[serde(default)]
    pub reply: Option<Reply>,
    /// From now on cuts messages in chunks of so much payload.
    #[serde(default)]
    pub chunk: Option<Size>,
    /// Stops reading what the host says, or goes on.
    #[serde(default)]
    pub reads: Option<bool>,
    /// Says how much it takes in bytes; -1 for no limit.
    #[serde(default)]
    pub max_clipboard: Option<i32>,
    /// Sends any message.
    #[serde(default)]
    pub message: Option<Message>,
    /// Sends any bytes, outside any chunk.
    #[serde(default)]
    pub raw: Option<Hex>,
    /// The next step happens before anything of this one has crossed the port.
    #[serde(default)]
    pub together: bool,
}

impl Agent {
    /// Everything an agent can do.
    pub const ACTIONS: &[&str] = &[
        "connect",
        "disconnect",
        "announce",
        "grab",
        "release",
        "request",
        "data",
        "reply",
        "chunk",
        "reads",
        "max_clipboard",
        "message",
        "raw",
    ];
}

/// `connect`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    /// Another agent than the last, of this kind.
    #[serde(default)]
    pub profile: Option<Profile>,
    /// What the new agent announces, instead of what its kind does.
    #[serde(default)]
    pub capabilities: Option<Vec<Capability>>,
    /// As a daemon whose port broke: it announces nothing and goes on as if nothing had happened.
    #[serde(default)]
    pub resume: bool,
}

/// `disconnect`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disconnect {
    /// After so many further bytes; at once when absent.
    #[serde(default)]
    pub after: Option<Size>,
}

/// `announce`
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Announce {
    /// Whether an answer is wanted.
    pub request: bool,
}

/// `grab`
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grab {
    /// Which selection.
    #[serde(default)]
    pub selection: AnySelection,
    /// The types, by name or number.
    pub types: Vec<TypeNumber>,
    /// The serial; the one that is due when absent.
    #[serde(default)]
    pub serial: Option<u32>,
}

/// `release`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Which selection.
    #[serde(default)]
    pub selection: AnySelection,
    /// With one byte, as the session agent of Linux does when it exits.
    #[serde(default)]
    pub short: bool,
}

/// `request`
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which selection.
    #[serde(default)]
    pub selection: AnySelection,
    /// The type, by name or number.
    #[serde(rename = "type")]
    pub kind: TypeNumber,
}

/// `data`
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Which selection.
    #[serde(default)]
    pub selection: AnySelection,
    /// The content.
    pub content: Item,
}

/// `reply`: exactly one is given.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// In this way.
    #[serde(default)]
    pub how: Option<How>,
    /// With what was copied, so much later.
    #[serde(default)]
    pub after: Option<Span>,
    /// With what was copied as this type, whatever was asked for.
    #[serde(default, rename = "as")]
    pub other: Option<TypeNumber>,
}

/// `message`
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The protocol's number (1, the right one).
    #[serde(default)]
    pub protocol: Option<u32>,
    /// The message's number.
    pub number: u32,
    /// The size that its header says, if not the body's.
    #[serde(default)]
    pub size: Option<u32>,
    /// The body.
    pub body: Hex,
}

/// `clipboard_agent`, for `eventually` and `throughout`: what the scripted agent has got; at least one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentSees {
    /// Pastes of its that the host has not answered.
    #[serde(default)]
    pub waiting: Option<usize>,
    /// Answers that it did not ask for.
    #[serde(default)]
    pub unsolicited: Option<u32>,
    /// Whether its port is open.
    #[serde(default)]
    pub connected: Option<bool>,
}
