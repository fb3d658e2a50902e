//! Copy and paste between guest and host: the SPICE agent's protocol, from the host's side.
//!
//! Nothing moves when something is copied. The owner announces formats; the other side asks for one
//! when somebody pastes; then bytes move, in a stream that is never held whole. [`Session`] is the
//! protocol, between a byte port of the guest (`com.redhat.spice.0`) and a [`HostClipboard`].
//! It has no thread, no clock and no socket: every call says what time it is, in nanoseconds.
//! What real agents do is in `emu/services/ARCHITECTURE.md`.
//!
//! ```
//! use innkeeper_services::clipboard::{Bounded, MemoryHost, Policy, Selection, Session};
//!
//! let mut session = Session::new(MemoryHost::default(), (), Policy::default());
//! session.opened(0);
//! session.host_mut().set_text(Selection::Clipboard, b"hello");
//! let mut out = Bounded::new(4096);
//! session.transmit(1_000, &mut out); // our capabilities, for the guest
//! assert_eq!(out.bytes().len(), 36);
//! let taken = session.receive(2_000, &[]); // what the guest sent
//! assert_eq!(taken, 0);
//! ```

pub mod agent;
mod audit;
mod caps;
pub mod codec;
#[cfg(feature = "drive")]
pub mod drive;
mod event;
mod formats;
mod host;
#[cfg(feature = "drive")]
pub mod hosts;
mod line_ending;
mod memory;
mod policy;
mod session;
mod sink;

pub use audit::{AuditRecord, Digest, Direction, Hasher, Outcome};
pub use caps::Capabilities;
pub use event::{Event, EventKind, Note, Observer, Recorder};
pub use formats::{Format, FormatSet, Selection};
pub use host::{HostClipboard, HostEvent, Read, RequestId, Size, TransferId};
pub use line_ending::{ToCrlf, ToLf};
pub use memory::{Faults, HostOwner, MemoryHost, Pasted};
pub use policy::{Directions, Policy};
pub use session::{Session, Timing};
pub use sink::{Bounded, OutputSink};
