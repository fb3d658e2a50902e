//! Capabilities: what each side announces, and what is in force because both did.

use super::codec::Layout;

bitflags::bitflags! {
    /// Capability bits (spice-protocol `VD_AGENT_CAP_*`), first word. Bits without a name here are kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Capabilities: u32 {
        /// Content is sent when it is asked for: without it there is no clipboard.
        const BY_DEMAND = 1 << 5;
        /// Messages name their selection.
        const SELECTION = 1 << 6;
        /// The guest's lines end in LF.
        const GUEST_LINEEND_LF = 1 << 8;
        /// The guest's lines end in CR LF.
        const GUEST_LINEEND_CRLF = 1 << 9;
        /// MAX_CLIPBOARD is understood.
        const MAX_CLIPBOARD = 1 << 10;
        /// Copying again is a GRAB without a RELEASE before it.
        const NO_RELEASE_ON_REGRAB = 1 << 16;
        /// A GRAB carries a number that settles who was first.
        const GRAB_SERIAL = 1 << 17;
        /// The others: mouse, monitors, files, volume.
        const _ = !0;
    }
}

impl Capabilities {
    /// What this host announces: clipboard only.
    pub const HOST: Self = Self::from_bits_retain(
        Self::BY_DEMAND.bits()
            | Self::SELECTION.bits()
            | Self::MAX_CLIPBOARD.bits()
            | Self::NO_RELEASE_ON_REGRAB.bits()
            | Self::GRAB_SERIAL.bits(),
    );
    /// What spice-vdagentd 0.22 announces on Linux (seen on the wire).
    pub const LINUX: Self = Self::from_bits_retain(0x0003_8de7);
    /// What the Windows agent announces: no selections, no serials, CR LF.
    pub const WINDOWS: Self = Self::from_bits_retain(0b0110_1011_0111);
    /// What tart's guest agent announces on macOS.
    pub const MACOS: Self = Self::from_bits_retain(0b0110_0000);

    /// The message layout in force when both sides announced.
    pub fn layout(self, other: Self) -> Layout {
        let both = self & other;
        Layout { selection: both.contains(Self::SELECTION), serial: both.contains(Self::GRAB_SERIAL) }
    }

    /// Whether text must be converted for this guest.
    pub fn wants_crlf(self) -> bool {
        self.contains(Self::GUEST_LINEEND_CRLF) && !self.contains(Self::GUEST_LINEEND_LF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_in_force_only_when_both_announced_it() {
        for (guest, selection, serial, crlf) in [
            (Capabilities::LINUX, true, true, false),
            (Capabilities::WINDOWS, false, false, true),
            (Capabilities::MACOS, true, false, false),
        ] {
            assert_eq!(Capabilities::HOST.layout(guest), Layout { selection, serial }, "{guest:?}");
            assert_eq!(guest.wants_crlf(), crlf, "{guest:?}");
        }
    }
}
