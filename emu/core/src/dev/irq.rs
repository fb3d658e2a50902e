//! Interrupt controllers, as the rest of the machine sees them.

/// Inputs of one CPU that an interrupt controller drives.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct CpuLines {
    /// The ordinary interrupt request.
    pub irq: bool,
    /// The fast interrupt request.
    pub fiq: bool,
}

/// A device that collects interrupt lines and drives the CPUs' inputs. Levels, not events: calling
/// with the level a line already has changes nothing.
pub trait IrqController {
    /// Level of a line shared by all CPUs, by its number on the controller (for a GIC: the INTID).
    fn set_shared(&mut self, line: u32, level: bool);
    /// Level of a line private to one CPU (for a GIC: a PPI, by INTID).
    fn set_private(&mut self, cpu: usize, line: u32, level: bool);
    /// What the controller drives into `cpu` now.
    fn cpu_lines(&self, cpu: usize) -> CpuLines;
    /// Accesses that follow come from `cpu`: banked registers are that CPU's.
    fn select_cpu(&mut self, cpu: usize);
}
