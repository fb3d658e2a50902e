//! What real agents are like, as far as a host can tell (ARCHITECTURE.md §1, §3, §6, §7).

use crate::clipboard::caps::Capabilities;

/// An agent's habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What it announces.
    pub caps: Capabilities,
    /// The most payload in a chunk.
    pub chunk: u32,
    /// Asks for content as soon as it is offered.
    pub eager: bool,
    /// Releases a selection before it grabs it again.
    pub releases_first: bool,
}

impl Profile {
    /// (name in scenarios, profile).
    pub const NAMES: [(&str, Self); 3] =
        [("linux", Self::LINUX), ("windows", Self::WINDOWS), ("macos", Self::MACOS)];
    /// spice-vdagentd: everything in one chunk.
    pub const LINUX: Self =
        Self { caps: Capabilities::LINUX, chunk: u32::MAX, eager: false, releases_first: false };
    /// The Windows agent: one selection, no serials, CR LF, RELEASE before every GRAB.
    pub const WINDOWS: Self =
        Self { caps: Capabilities::WINDOWS, chunk: 2040, eager: false, releases_first: true };
    /// tart's agent on macOS: no serials, pastes at once.
    pub const MACOS: Self =
        Self { caps: Capabilities::MACOS, chunk: 2048, eager: true, releases_first: false };

    /// The profile with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|row| row.0 == name).map(|row| row.1)
    }
}
