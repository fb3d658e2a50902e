//! The boards, a row each: what `boot`, `run`, `check` and `schema` know of them. What makes a machine of
//! one is [`crate::run::machine::build`].

use crate::scenario::words::{Accel, Arch, Board};

/// A board.
pub struct Row {
    /// Its name.
    pub board: Board,
    /// What its CPUs are.
    pub arch: Arch,
    /// The engines that run it; scenarios that name none get the first.
    pub engines: &'static [Accel],
    /// Why no other engine does.
    pub others: &'static str,
    /// How many CPUs it may have, with the reason.
    pub cpus: &'static str,
    /// Guests have byte ports on it.
    pub has_ports: bool,
    /// QEMU's program and arguments for the machine that it is modelled on, where there is one.
    pub qemu: Option<(&'static str, &'static [&'static str])>,
}

/// All of them. Of an architecture, the first is its own.
static ALL: [Row; 2] = [
    Row {
        board: Board::VirtA64,
        arch: Arch::Aarch64,
        engines: &[Accel::Interp, Accel::Jit],
        others: "KVM runs guests of the host's own kind, and only x86-64 is implemented: it cannot run virt-a64, an AArch64 machine",
        cpus: "1 to 8 (GICv2 knows no more)",
        has_ports: true,
        qemu: Some(("qemu-system-aarch64", &["-M", "virt", "-cpu", "cortex-a57"])),
    },
    Row {
        board: Board::PcX64,
        arch: Arch::X64,
        engines: &[Accel::Kvm],
        others: "`interp` and `jit` execute AArch64 only: they cannot run pc-x64, an x86-64 machine",
        cpus: "1 to 8",
        has_ports: false,
        qemu: None,
    },
];

/// Of an architecture.
pub fn of(arch: Arch) -> Board {
    ALL.iter().find(|row| row.arch == arch).map_or(Board::default(), |row| row.board)
}

impl Board {
    /// What is known of it.
    pub fn row(self) -> &'static Row {
        // A test sees that every board has one.
        ALL.iter().find(|row| row.board == self).unwrap_or(&ALL[0])
    }

    /// Why `accel` does not run it, if it does not.
    pub fn refuses(self, accel: Accel) -> Option<&'static str> {
        let row = self.row();
        (!row.engines.contains(&accel)).then_some(row.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_and_architecture_has_one_row() {
        for &board in Board::ALL {
            assert_eq!(ALL.iter().filter(|row| row.board == board).count(), 1, "{board:?}");
            assert!(!board.row().engines.is_empty(), "{board:?}");
        }
        for &arch in Arch::ALL {
            assert_eq!(of(arch).row().arch, arch);
        }
    }
}
