//! 16550A UART, a PC's serial port (National Semiconductor PC16550D data sheet).
//!
//! Registers, FIFO and loopback are vm-superio's. Its interrupts are events, which get lost between
//! a status register read and an interrupt controller that sees edges; here the interrupt output is
//! a function of the state, as on the chip (emu/docs/decisions/0007-pc-x64-board.md).
//!
//! Bytes are sent at once, whatever the baud rate. The receive timeout is zero: data below the FIFO's
//! trigger level raises the timeout indication. Modem status never changes, and does not interrupt.

use std::borrow::Cow;
use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use vm_superio::serial::{NoEvents, SerialState};
use vm_superio::{Serial as Chip, Trigger};

use super::{Device, Serial};
use crate::state::{StateError, Stateful, Undigested};

/// Registers and bits as in the data sheet, section 8.
mod spec {
    /// RBR and THR; with DLAB the low divisor.
    pub const DATA: u8 = 0;
    pub const IER: u8 = 1;
    /// IIR when read, FCR when written.
    pub const IIR_FCR: u8 = 2;
    pub const LCR: u8 = 3;
    pub const LSR: u8 = 5;
    pub const IER_RDA: u8 = 1 << 0;
    pub const IER_THRE: u8 = 1 << 1;
    pub const IER_RLS: u8 = 1 << 2;
    pub const IIR_NONE: u8 = 1;
    pub const IIR_THRE: u8 = 2;
    pub const IIR_RDA: u8 = 4;
    pub const IIR_RLS: u8 = 6;
    pub const IIR_TIMEOUT: u8 = 0xc;
    pub const IIR_FIFO: u8 = 0xc0;
    pub const FCR_ENABLE: u8 = 1 << 0;
    pub const FCR_CLEAR_RX: u8 = 1 << 1;
    pub const LCR_DLAB: u8 = 1 << 7;
    /// On a PC, OUT2 connects the interrupt output.
    pub const MCR_OUT2: u8 = 1 << 3;
    pub const MCR_LOOP: u8 = 1 << 4;
    pub const LSR_OE: u8 = 1 << 1;
    pub const FIFO: usize = 16;
    /// Registers.
    pub const COUNT: u16 = 8;
}
use spec::*;

/// Ports it answers at.
pub const PORTS: u16 = COUNT;

/// Most bytes that wait to be taken by the outside; what is sent beyond is lost.
const OUTPUT_LIMIT: usize = 1 << 20;

/// vm-superio's interrupt events are not used: the output is a function of the state.
#[derive(Debug)]
struct Ignored;

impl Trigger for Ignored {
    type E = Infallible;

    fn trigger(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Bytes on their way out.
#[derive(Debug, Default)]
struct Output(Vec<u8>);

impl std::io::Write for Output {
    /// Never fails: what does not fit is lost, as on a line nobody listens to.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = bytes.len().min(OUTPUT_LIMIT.saturating_sub(self.0.len()));
        self.0.extend_from_slice(&bytes[..n]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The device.
#[derive(Debug)]
pub struct Ns16550 {
    chip: Chip<Ignored, NoEvents, Output>,
    state: Beside,
}

/// What the guest can see.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    beside: Beside,
    #[serde(with = "ChipState")]
    chip: SerialState,
    /// Bytes on their way out, which the guest does not see again.
    output: Undigested<Vec<u8>>,
}

/// vm-superio's structure, field by field.
#[derive(Serialize, Deserialize)]
#[serde(remote = "SerialState")]
struct ChipState {
    baud_divisor_low: u8,
    baud_divisor_high: u8,
    interrupt_enable: u8,
    interrupt_identification: u8,
    line_control: u8,
    line_status: u8,
    modem_control: u8,
    modem_status: u8,
    scratch: u8,
    in_buffer: Vec<u8>,
}

/// State that vm-superio's device does not have.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Beside {
    /// FIFO control, of which enable and trigger level are kept.
    fcr: u8,
    /// The transmitter has become empty, and the guest has not been told.
    thre: bool,
    overrun: bool,
    /// A byte has been sent, and `thre` follows when `held` is over.
    sending: bool,
    /// Guest time (ns) until which input and `thre` are held back: the output has to be seen low
    /// before it rises for the next cause, or a controller that sees edges misses that.
    held: Option<u64>,
}

impl Default for Ns16550 {
    fn default() -> Self {
        Ns16550::with_output(Output::default())
    }
}

impl Ns16550 {
    /// Power-on state, but for the output that nobody has taken.
    fn with_output(output: Output) -> Ns16550 {
        let state = SerialState { modem_control: 0, ..SerialState::default() };
        Ns16550 { chip: Self::chip(&state, output), state: Beside::default() }
    }

    /// vm-superio's device in `state`, whose input fits.
    fn chip(state: &SerialState, output: Output) -> Chip<Ignored, NoEvents, Output> {
        match Chip::from_state(state, Ignored, NoEvents, output) {
            Ok(chip) => chip,
            Err(_) => unreachable!("the input is shorter than vm-superio's FIFO and Ignored cannot fail"),
        }
    }

    fn capacity(&self) -> usize {
        if self.state.fcr & FCR_ENABLE != 0 { FIFO } else { 1 }
    }

    /// Number of bytes at which RDA is raised.
    fn trigger(&self) -> usize {
        match (self.state.fcr & FCR_ENABLE, self.state.fcr >> 6) {
            (0, _) | (_, 0) => 1,
            (_, 1) => 4,
            (_, 2) => 8,
            _ => 14,
        }
    }

    /// The interrupt of highest priority that is pending and enabled, as IIR has it.
    fn pending(&self, state: &SerialState) -> u8 {
        let enabled = |bit| state.interrupt_enable & bit != 0;
        let waiting = state.in_buffer.len();
        if self.state.overrun && enabled(IER_RLS) {
            IIR_RLS
        } else if waiting >= self.trigger() && enabled(IER_RDA) {
            IIR_RDA
        } else if waiting > 0 && enabled(IER_RDA) {
            IIR_TIMEOUT
        } else if self.state.thre && enabled(IER_THRE) {
            IIR_THRE
        } else {
            IIR_NONE
        }
    }

    /// IIR. Being told that the transmitter is empty acknowledges that.
    fn read_iir(&mut self) -> u8 {
        let pending = self.pending(&self.chip.state());
        if pending == IIR_THRE {
            self.state.thre = false;
        }
        pending | if self.state.fcr & FCR_ENABLE != 0 { IIR_FIFO } else { 0 }
    }

    fn write_fcr(&mut self, value: u8) {
        let toggled = (value ^ self.state.fcr) & FCR_ENABLE != 0;
        self.state.fcr = if value & FCR_ENABLE != 0 { value & (FCR_ENABLE | 0xc0) } else { 0 };
        if toggled || value & FCR_CLEAR_RX != 0 {
            let state = SerialState { in_buffer: Vec::new(), ..self.chip.state() };
            let state = SerialState { line_status: state.line_status & !1, ..state };
            let output = std::mem::take(self.chip.writer_mut());
            self.chip = Self::chip(&state, output);
        }
    }

    fn write_ier(&mut self, value: u8) {
        let before = self.chip.state().interrupt_enable;
        self.write_chip(IER, value);
        // Enabling the interrupt tells of a transmitter that is empty already.
        self.state.thre |= value & !before & IER_THRE != 0;
    }

    /// Sends a byte, or receives it in loopback. The transmitter is full for no time, but its
    /// interrupt goes and comes again.
    fn send(&mut self, now: u64, byte: u8) {
        let state = self.chip.state();
        if state.modem_control & MCR_LOOP != 0 && state.in_buffer.len() >= self.capacity() {
            self.state.overrun = true;
        } else {
            self.write_chip(DATA, byte);
        }
        if self.state.thre && state.interrupt_enable & IER_THRE != 0 {
            (self.state.thre, self.state.sending, self.state.held) = (false, true, Some(now));
        } else {
            self.state.thre = true;
        }
    }

    /// After an access that may have taken the last byte there was.
    fn drained(&mut self, now: u64, before: &SerialState) {
        if !before.in_buffer.is_empty() && self.chip.state().in_buffer.is_empty() {
            self.state.held = Some(now);
        }
    }

    /// Output never fails, and `Ignored` neither.
    fn write_chip(&mut self, offset: u8, value: u8) {
        let _ = self.chip.write(offset, value);
    }
}

impl Stateful for Ns16550 {
    const NAME: &'static str = "ns16550";
    type State = State;

    fn state(&self) -> Cow<'_, State> {
        let output = Undigested(self.chip.writer().0.clone());
        Cow::Owned(State { beside: self.state.clone(), chip: self.chip.state(), output })
    }

    fn set_state(&mut self, state: State) -> Result<(), StateError> {
        let State { beside, chip, output: Undigested(output) } = state;
        Self::ensure(chip.in_buffer.len() <= FIFO, "more bytes have been received than fit")?;
        Self::ensure(output.len() <= OUTPUT_LIMIT, "more bytes have been sent than are kept")?;
        Self::ensure(beside.fcr & !(FCR_ENABLE | 0xc0) == 0, "bits are set that it does not have")?;
        self.chip = Self::chip(&chip, Output(output));
        self.state = beside;
        Ok(())
    }
}

impl Device for Ns16550 {
    fn bus_width(&self) -> u8 {
        0
    }

    fn read(&mut self, now: u64, offset: u64, _size: u8) -> u64 {
        let before = self.chip.state();
        let value = match u8::try_from(offset).unwrap_or(u8::MAX) {
            IIR_FCR => self.read_iir(),
            LSR => self.chip.read(LSR) | if std::mem::take(&mut self.state.overrun) { LSR_OE } else { 0 },
            other => self.chip.read(other),
        };
        self.drained(now, &before);
        value.into()
    }

    fn write(&mut self, now: u64, offset: u64, _size: u8, value: u64) {
        let before = self.chip.state();
        let dlab = before.line_control & LCR_DLAB != 0;
        let [value, ..] = value.to_le_bytes();
        match u8::try_from(offset).unwrap_or(u8::MAX) {
            DATA if !dlab => self.send(now, value),
            IER if !dlab => self.write_ier(value),
            IIR_FCR => self.write_fcr(value),
            other => self.write_chip(other, value),
        }
        self.drained(now, &before);
    }

    fn irq_levels(&self) -> u32 {
        let state = self.chip.state();
        let connected = state.modem_control & (MCR_OUT2 | MCR_LOOP) == MCR_OUT2;
        u32::from(connected && self.pending(&state) != IIR_NONE)
    }

    fn deadline(&self) -> Option<u64> {
        self.state.held
    }

    fn tick(&mut self, _now: u64) {
        self.state.held = None;
        self.state.thre |= std::mem::take(&mut self.state.sending);
    }

    fn reset(&mut self) {
        *self = Ns16550::with_output(std::mem::take(self.chip.writer_mut()));
    }

    fn as_serial(&mut self) -> Option<&mut dyn Serial> {
        Some(self)
    }
}

impl Serial for Ns16550 {
    fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.chip.writer_mut().0)
    }

    fn input(&mut self, bytes: &[u8]) -> usize {
        let room = self.capacity().saturating_sub(self.chip.state().in_buffer.len());
        if self.state.held.is_some() || room == 0 {
            return 0;
        }
        self.chip.enqueue_raw_bytes(&bytes[..room.min(bytes.len())]).unwrap_or(0)
    }

    fn inject_output(&mut self, bytes: &[u8]) {
        let _ = std::io::Write::write(self.chip.writer_mut(), bytes);
    }

    fn divert_input(&mut self) -> Option<u8> {
        (!self.chip.state().in_buffer.is_empty()).then(|| {
            let lcr = self.chip.read(LCR);
            self.write_chip(LCR, lcr & !LCR_DLAB);
            let byte = self.chip.read(DATA);
            self.write_chip(LCR, lcr);
            byte
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MCR: u64 = 4;

    fn write(d: &mut Ns16550, offset: u8, value: u8) {
        d.write(0, offset.into(), 0, value.into());
    }

    fn read(d: &mut Ns16550, offset: u8) -> u8 {
        u8::try_from(d.read(0, offset.into(), 0)).unwrap()
    }

    /// With FIFO, connected interrupt output and `ier` enabled.
    fn ready(ier: u8) -> Ns16550 {
        let mut d = Ns16550::default();
        write(&mut d, IIR_FCR, FCR_ENABLE);
        d.write(0, MCR, 0, MCR_OUT2.into());
        write(&mut d, IER, ier);
        d
    }

    #[test]
    fn sends_even_when_never_set_up_and_is_bounded() {
        let mut d = Ns16550::default();
        b"hi".iter().for_each(|&b| write(&mut d, DATA, b));
        assert_eq!(d.take_output(), b"hi");
        assert_eq!(read(&mut d, LSR), 0x60);
        for _ in 0..OUTPUT_LIMIT + 10 {
            write(&mut d, DATA, 1);
        }
        assert_eq!(d.take_output().len(), OUTPUT_LIMIT);
    }

    /// What Linux's 8250 driver asks before it takes a port for a 16550A.
    #[test]
    fn is_probed_as_a_16550a() {
        let mut d = Ns16550::default();
        write(&mut d, IER, 0);
        assert_eq!(read(&mut d, IER), 0);
        write(&mut d, IER, 0xff);
        assert_eq!(read(&mut d, IER), 0x0f, "no more interrupts than a 16550 has");
        write(&mut d, IER, 0);
        d.write(0, MCR, 0, (MCR_LOOP | 0x0a).into());
        assert_eq!(read(&mut d, 6) & 0xf0, 0x90, "loopback of RTS and OUT2");
        d.write(0, MCR, 0, 0);
        write(&mut d, 7, 0x5a);
        assert_eq!(read(&mut d, 7), 0x5a);
        write(&mut d, IIR_FCR, FCR_ENABLE);
        assert_eq!(read(&mut d, IIR_FCR), 0xc1);
        write(&mut d, IIR_FCR, 0);
        assert_eq!(read(&mut d, IIR_FCR), 0x01, "an 8250 without its FIFO");
        write(&mut d, LCR, LCR_DLAB | 3);
        write(&mut d, DATA, 1);
        write(&mut d, IER, 0);
        assert_eq!((read(&mut d, DATA), read(&mut d, IER)), (1, 0));
        write(&mut d, LCR, 3);
        assert!(d.take_output().is_empty(), "the divisor is not sent");
    }

    /// Linux takes a port whose interrupt does not come again for one that loses it.
    #[test]
    fn enabling_thre_again_interrupts_again() {
        let mut d = ready(0);
        for _ in 0..2 {
            write(&mut d, IER, IER_THRE);
            assert_eq!(d.irq_levels(), 1);
            assert_eq!(read(&mut d, IIR_FCR), IIR_FIFO | IIR_THRE);
            assert_eq!((d.irq_levels(), read(&mut d, IIR_FCR)), (0, IIR_FIFO | IIR_NONE));
            write(&mut d, IER, 0);
        }
    }

    #[test]
    fn sending_without_asking_why_gives_another_edge() {
        let mut d = ready(IER_THRE);
        assert_eq!(d.irq_levels(), 1);
        d.write(7, DATA.into(), 0, 1);
        assert_eq!((d.irq_levels(), d.deadline()), (0, Some(7)));
        d.tick(7);
        assert_eq!((d.irq_levels(), d.deadline()), (1, None));
    }

    #[test]
    fn received_data_interrupts_until_it_has_been_read() {
        let mut d = ready(IER_RDA | IER_THRE);
        read(&mut d, IIR_FCR);
        assert_eq!(d.input(b"ab"), 2);
        assert_eq!(read(&mut d, IIR_FCR) & 0xf, IIR_RDA);
        assert_eq!((read(&mut d, DATA), d.irq_levels()), (b'a', 1));
        assert_eq!((read(&mut d, DATA), d.irq_levels()), (b'b', 0));
        assert_eq!(d.input(b"c"), 0, "the output has to be seen low first");
        d.tick(0);
        assert_eq!((d.input(b"c"), d.irq_levels()), (1, 1));
        write(&mut d, IIR_FCR, FCR_ENABLE | FCR_CLEAR_RX);
        assert_eq!((d.irq_levels(), read(&mut d, LSR) & 1), (0, 0));
    }

    #[test]
    fn fifo_has_a_capacity_and_a_trigger_level() {
        let mut d = ready(IER_RDA);
        write(&mut d, IIR_FCR, FCR_ENABLE | 0x80);
        assert_eq!(d.input(&[7; 7]), 7);
        assert_eq!(read(&mut d, IIR_FCR) & 0xf, IIR_TIMEOUT);
        assert_eq!(d.input(&[7; 100]), 9);
        assert_eq!(read(&mut d, IIR_FCR) & 0xf, IIR_RDA);
        write(&mut d, IIR_FCR, 0);
        d.tick(0);
        assert_eq!(d.input(&[7; 3]), 1);
    }

    #[test]
    fn output_is_connected_by_out2() {
        let mut d = ready(IER_RDA);
        d.input(b"x");
        for (mcr, level) in [(0, 0), (MCR_OUT2, 1), (MCR_OUT2 | MCR_LOOP, 0)] {
            d.write(0, MCR, 0, mcr.into());
            assert_eq!(d.irq_levels(), level, "{mcr:#x}");
        }
    }

    #[test]
    fn loopback_overruns() {
        let mut d = ready(IER_RLS);
        d.write(0, MCR, 0, MCR_LOOP.into());
        (0..=16).for_each(|n| write(&mut d, DATA, n));
        assert!(d.take_output().is_empty());
        assert_eq!(read(&mut d, IIR_FCR) & 0xf, IIR_RLS);
        assert_eq!((read(&mut d, LSR), read(&mut d, LSR)), (0x63, 0x61));
        assert_eq!(read(&mut d, DATA), 0);
        assert_eq!(d.divert_input(), Some(1));
    }

    #[test]
    fn reset_keeps_output_that_nobody_has_taken() {
        let mut d = ready(IER_RDA);
        write(&mut d, DATA, b'x');
        d.input(b"y");
        d.reset();
        assert_eq!((d.take_output(), read(&mut d, IER), read(&mut d, LSR)), (b"x".to_vec(), 0, 0x60));
    }
}
