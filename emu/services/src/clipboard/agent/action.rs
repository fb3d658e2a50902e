//! What a scripted agent can be told to do.

use std::sync::Arc;

/// How requests of the host are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reply {
    /// With the content, or with type NONE where there is none.
    #[default]
    Content,
    /// The same, so many nanoseconds later.
    After(u64),
    /// Not at all.
    Never,
    /// With type NONE.
    None,
    /// With the type asked for and no bytes.
    Empty,
    /// With the content of another type.
    As(u32),
}

/// The serial of a GRAB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Serial {
    /// The one that is due.
    #[default]
    Next,
    /// This one; the one that is due stays.
    Exact(u32),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Announces the profile's capabilities.
    Announce {
        /// Whether an answer is wanted.
        request: bool,
    },
    /// Copies in the guest: what the host may ask for from now on. Says nothing.
    Content {
        /// The selection's number.
        selection: u8,
        /// The type's number.
        type_number: u32,
        /// The bytes.
        content: Arc<[u8]>,
    },
    /// Grabs a selection.
    Grab {
        /// The selection's number.
        selection: u8,
        /// The types' numbers, in this order.
        types: Vec<u32>,
        /// The serial.
        serial: Serial,
    },
    /// Releases a selection.
    Release {
        /// The selection's number.
        selection: u8,
        /// With one byte, as the Linux session agent does when it exits.
        short: bool,
    },
    /// Pastes in the guest.
    Request {
        /// The selection's number.
        selection: u8,
        /// The type's number.
        type_number: u32,
    },
    /// Sends content that nobody asked for.
    Data {
        /// The selection's number.
        selection: u8,
        /// The type's number.
        type_number: u32,
        /// The bytes.
        content: Arc<[u8]>,
    },
    /// Says how much it takes.
    MaxClipboard {
        /// Bytes; negative for no limit.
        max: i32,
    },
    /// Says that its client is gone, which is the host's to say.
    ClientDisconnected,
    /// Any message, well formed or not, in the profile's chunks.
    Message {
        /// The protocol's number; 1 is right.
        protocol: u32,
        /// The message's number.
        number: u32,
        /// The size in the header, if not the body's.
        size: Option<u32>,
        /// The body.
        body: Vec<u8>,
    },
    /// Any bytes, outside any chunk.
    Raw(Vec<u8>),
    /// From now on, requests of the host are answered so.
    Reply(Reply),
    /// From the next message on, chunks have at most so many bytes of payload.
    Chunk(u32),
    /// From now on, what the host says is not read (`false`), or is again.
    Read(bool),
    /// Closes the port after so many further bytes.
    DisconnectAfter(u64),
}
