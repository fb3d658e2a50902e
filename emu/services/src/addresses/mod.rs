//! Which addresses a guest has, and how that is known.
//!
//! Sources ([`AddressSource`]) each say what they know; the [`AddressBook`] keeps their words apart and
//! answers from all of them. [`agent`] asks the QEMU guest agent, [`lease`] reads DHCP servers' files,
//! [`snoop`] looks at the frames of the guest's own card, `arp` reads the host's neighbour table.
//! There is no thread, clock or socket here: every call says what time it is, in nanoseconds.
//! What real peers do is in `emu/services/ARCHITECTURE.md`.
//!
//! ```
//! use innkeeper_services::addresses::{AddressBook, Claim, Confidence, Limits, Mac, Nic, NicId, Query, Update};
//!
//! let mut book = AddressBook::new(Limits::default());
//! let id = NicId(0);
//! book.add_nic(Nic { id, mac: Mac([0x52, 0x54, 0, 0, 0, 1]), name: "net0".into() }, 0);
//! let address = "192.168.1.7".parse().unwrap();
//! let claim = Claim::in_use(id, address, "ARP announcement", Confidence::Medium);
//! book.apply("snoop", Update::Claim(claim), 1_000);
//! assert_eq!(book.best(&Query::default(), 2_000).unwrap().1.address, address);
//! ```

pub mod agent;
#[cfg(feature = "arp")]
pub mod arp;
mod book;
mod claim;
mod event;
pub mod json;
pub mod lease;
mod nic;
pub mod rank;
pub mod snoop;
mod source;
pub mod table;

pub use book::{Address, AddressBook, Evidence, Limits};
pub use claim::{Claim, Clock, Confidence, SECOND, State, Update, Validity, is_assignable};
pub use event::{AddressEvent, Change};
pub use nic::{Mac, Nic, NicId, Nics};
pub use rank::{Absence, Family, Query, Scope};
pub use source::{AddressSource, Status};
