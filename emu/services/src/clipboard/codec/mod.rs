//! The vdagent protocol as bytes (spice-protocol `vd_agent.h`; all numbers little-endian).
//!
//! | layer | bytes | fields |
//! |---|---|---|
//! | chunk header | 8 | u32 port, u32 size |
//! | message header | 20 | u32 protocol (1), u32 type, u64 opaque (0), u32 size of the body |
//! | body | size | by type |
//!
//! A message is cut into chunks. [`Parser`] takes any cut; [`Writer`] makes the one that every
//! known peer accepts. Neither allocates by a length that it reads.

mod message;
mod parser;
mod writer;

#[cfg(test)]
mod tests;

pub use message::{Grab, Layout, Message, MessageKind};
pub use parser::{DataHead, Oddity, Parser, Piece};
pub use writer::{Fill, Head, Progress, Writer};

/// Bytes of a chunk header.
pub const CHUNK_HEADER: usize = 8;
/// Bytes of a message header.
pub const MESSAGE_HEADER: usize = 20;
/// The largest payload of a chunk that every peer accepts.
pub const MAX_CHUNK: u32 = 2048;
/// The port of clipboard messages (`VDP_CLIENT_PORT`).
pub const CLIENT_PORT: u32 = 1;
/// The only protocol number (`VD_AGENT_PROTOCOL`).
pub const PROTOCOL: u32 = 1;
/// The type of a DATA message that says "there is nothing" (`VD_AGENT_CLIPBOARD_NONE`).
pub const TYPE_NONE: u32 = 0;
