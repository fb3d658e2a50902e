//! PL011, Arm's UART (PrimeCell UART PL011 technical reference manual, DDI 0183).
//!
//! Bytes are sent at once, whatever the baud rate and whether or not the guest has enabled the
//! device: firmware and freestanding programs rely on that. The receive timeout is zero: data
//! below the FIFO's trigger level raises RT instead of RX.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Device, Serial};
use crate::state::{StateError, Stateful, Undigested, flag_as_u32};

/// Registers and bits as in chapter 3 of the manual.
mod spec {
    pub const DR: u64 = 0x00;
    pub const RSR_ECR: u64 = 0x04;
    pub const FR: u64 = 0x18;
    pub const ILPR: u64 = 0x20;
    pub const IBRD: u64 = 0x24;
    pub const FBRD: u64 = 0x28;
    pub const LCR_H: u64 = 0x2c;
    pub const CR: u64 = 0x30;
    pub const IFLS: u64 = 0x34;
    pub const IMSC: u64 = 0x38;
    pub const RIS: u64 = 0x3c;
    pub const MIS: u64 = 0x40;
    pub const ICR: u64 = 0x44;
    pub const DMACR: u64 = 0x48;
    pub const ID: u64 = 0xfe0;

    /// UARTPeriphID0..3 (revision r1p5) and UARTPCellID0..3, a byte each.
    pub const IDS: [u8; 8] = [0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

    pub const FR_RXFE: u32 = 1 << 4;
    pub const FR_RXFF: u32 = 1 << 6;
    pub const FR_TXFE: u32 = 1 << 7;
    pub const LCR_FEN: u32 = 1 << 4;
    pub const CR_LBE: u32 = 1 << 7;
    /// CR at reset: TXE and RXE.
    pub const CR_RESET: u32 = 0x300;
    /// IFLS at reset: both triggers at one half.
    pub const IFLS_RESET: u32 = 0x12;
    pub const INT_RX: u32 = 1 << 4;
    pub const INT_TX: u32 = 1 << 5;
    pub const INT_RT: u32 = 1 << 6;
    pub const INT_OE: u32 = 1 << 10;
    pub const INT_ALL: u32 = 0x7ff;
    /// DR: overrun, with the byte it happened at.
    pub const DR_OE: u32 = 1 << 11;
    pub const FIFO: usize = 16;
}
use spec::*;

/// Most bytes that wait to be taken by the outside; what is sent beyond is lost.
const OUTPUT_LIMIT: usize = 1 << 20;

/// The device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pl011 {
    /// Bytes on their way out, which the guest does not see again.
    output: Undigested<Vec<u8>>,
    #[serde(with = "flag_as_u32")]
    overrun: bool,
    ilpr: u32,
    ibrd: u32,
    fbrd: u32,
    lcr_h: u32,
    cr: u32,
    ifls: u32,
    imsc: u32,
    ris: u32,
    dmacr: u32,
    rx: VecDeque<u8>,
}

impl Default for Pl011 {
    fn default() -> Self {
        Pl011 {
            output: Undigested(Vec::new()),
            overrun: false,
            ilpr: 0,
            ibrd: 0,
            fbrd: 0,
            lcr_h: 0,
            cr: CR_RESET,
            ifls: IFLS_RESET,
            imsc: 0,
            ris: 0,
            dmacr: 0,
            rx: VecDeque::with_capacity(FIFO),
        }
    }
}

impl Pl011 {
    fn capacity(&self) -> usize {
        if self.lcr_h & LCR_FEN != 0 { FIFO } else { 1 }
    }

    /// Level at which RX is raised.
    fn trigger(&self) -> usize {
        match (self.lcr_h & LCR_FEN, self.ifls >> 3 & 7) {
            (0, _) => 1,
            (_, 0) => 2,
            (_, 1) => 4,
            (_, 2) => 8,
            (_, 3) => 12,
            _ => 14,
        }
    }

    fn push(&mut self, byte: u8) -> bool {
        if self.rx.len() >= self.capacity() {
            return false;
        }
        self.rx.push_back(byte);
        self.ris |= if self.rx.len() >= self.trigger() { INT_RX } else { INT_RT };
        true
    }

    fn pop(&mut self) -> u32 {
        let byte = u32::from(self.rx.pop_front().unwrap_or(0));
        if self.rx.len() < self.trigger() {
            self.ris &= !INT_RX;
        }
        if self.rx.is_empty() {
            self.ris &= !INT_RT;
        }
        byte | if self.overrun { DR_OE } else { 0 }
    }

    fn send(&mut self, byte: u8) {
        if self.cr & CR_LBE != 0 {
            if !self.push(byte) {
                self.overrun = true;
                self.ris |= INT_OE;
            }
        } else if self.output.len() < OUTPUT_LIMIT {
            self.output.push(byte);
        }
        self.ris |= INT_TX;
    }

    fn fr(&self) -> u32 {
        FR_TXFE
            | if self.rx.is_empty() { FR_RXFE } else { 0 }
            | if self.rx.len() >= self.capacity() { FR_RXFF } else { 0 }
    }
}

impl Stateful for Pl011 {
    const NAME: &'static str = "pl011";
    type State = Self;

    fn state(&self) -> Cow<'_, Self> {
        Cow::Borrowed(self)
    }

    fn set_state(&mut self, state: Self) -> Result<(), StateError> {
        Self::ensure(state.rx.len() <= state.capacity(), "more bytes have been received than fit")?;
        Self::ensure(state.output.len() <= OUTPUT_LIMIT, "more bytes have been sent than are kept")?;
        let wide = [(state.ilpr, 0xff), (state.ibrd, 0xffff), (state.fbrd, 0x3f), (state.lcr_h, 0xff)];
        let more = [
            (state.cr, 0xffff),
            (state.ifls, 0x3f),
            (state.imsc, INT_ALL),
            (state.ris, INT_ALL),
            (state.dmacr, 7),
        ];
        let kept = wide.iter().chain(&more).all(|(register, bits)| register & !bits == 0);
        Self::ensure(kept, "bits are set that it does not have")?;
        *self = state;
        Ok(())
    }
}

impl Device for Pl011 {
    fn read(&mut self, _now: u64, offset: u64, _size: u8) -> u64 {
        let value = match offset {
            DR => self.pop(),
            RSR_ECR => u32::from(self.overrun) << 3,
            FR => self.fr(),
            ILPR => self.ilpr,
            IBRD => self.ibrd,
            FBRD => self.fbrd,
            LCR_H => self.lcr_h,
            CR => self.cr,
            IFLS => self.ifls,
            IMSC => self.imsc,
            RIS => self.ris,
            MIS => self.ris & self.imsc,
            DMACR => self.dmacr,
            ID..0x1000 => {
                let n = usize::try_from((offset - ID) / 4).unwrap_or(0);
                IDS.get(n).copied().unwrap_or(0).into()
            }
            _ => 0,
        };
        value.into()
    }

    fn write(&mut self, _now: u64, offset: u64, _size: u8, value: u64) {
        let [byte, high, ..] = value.to_le_bytes();
        let v = u32::from(u16::from_le_bytes([byte, high]));
        match offset {
            DR => self.send(byte),
            RSR_ECR => self.overrun = false,
            ILPR => self.ilpr = v & 0xff,
            IBRD => self.ibrd = v,
            FBRD => self.fbrd = v & 0x3f,
            LCR_H => {
                self.lcr_h = v & 0xff;
                self.rx.truncate(self.capacity());
            }
            CR => self.cr = v,
            IFLS => self.ifls = v & 0x3f,
            IMSC => self.imsc = v & INT_ALL,
            ICR => self.ris &= !v,
            DMACR => self.dmacr = v & 7,
            _ => {}
        }
    }

    fn irq_levels(&self) -> u32 {
        u32::from(self.ris & self.imsc != 0)
    }

    fn reset(&mut self) {
        let output = std::mem::take(&mut self.output);
        *self = Pl011 { output, ..Pl011::default() };
    }

    fn as_serial(&mut self) -> Option<&mut dyn Serial> {
        Some(self)
    }
}

impl Serial for Pl011 {
    fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output.0)
    }

    fn input(&mut self, bytes: &[u8]) -> usize {
        bytes.iter().take_while(|&&b| self.push(b)).count()
    }

    fn inject_output(&mut self, bytes: &[u8]) {
        let n = bytes.len().min(OUTPUT_LIMIT.saturating_sub(self.output.len()));
        self.output.extend_from_slice(&bytes[..n]);
    }

    fn divert_input(&mut self) -> Option<u8> {
        if self.rx.is_empty() {
            return None;
        }
        self.pop().to_le_bytes().first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(d: &mut Pl011, offset: u64) -> u64 {
        d.read(0, offset, 2)
    }

    #[test]
    fn sends_even_when_never_enabled() {
        let mut d = Pl011::default();
        for b in b"hi" {
            d.write(0, DR, 2, u64::from(*b));
        }
        assert_eq!(d.take_output(), b"hi");
        assert_eq!(read(&mut d, FR), 0x90, "transmitter empty, receiver empty");
    }

    #[test]
    fn output_nobody_takes_is_bounded() {
        let mut d = Pl011::default();
        for _ in 0..OUTPUT_LIMIT + 10 {
            d.write(0, DR, 0, 1);
        }
        assert_eq!(d.take_output().len(), OUTPUT_LIMIT);
    }

    #[test]
    fn receives_through_a_fifo_of_one_or_sixteen() {
        let mut d = Pl011::default();
        assert_eq!(d.input(b"abc"), 1);
        assert_eq!(read(&mut d, DR), u64::from(b'a'));
        d.write(0, LCR_H, 2, 0x70);
        assert_eq!(d.input(&[7; 20]), 16);
        assert_eq!(read(&mut d, FR), 0xc0);
        assert_eq!(read(&mut d, RIS), u64::from(INT_RX | INT_RT));
        for _ in 0..16 {
            assert_eq!(read(&mut d, DR), 7);
        }
        assert_eq!(read(&mut d, RIS), 0, "drained");
    }

    #[test]
    fn interrupt_line_is_the_masked_status() {
        let mut d = Pl011::default();
        d.input(b"x");
        assert_eq!(d.irq_levels(), 0);
        d.write(0, IMSC, 2, INT_RX.into());
        assert_eq!(d.irq_levels(), 1);
        d.write(0, ICR, 2, INT_ALL.into());
        assert_eq!(d.irq_levels(), 0, "ICR clears even though data is left");
    }

    #[test]
    fn loopback_overruns() {
        let mut d = Pl011::default();
        d.write(0, CR, 2, 0x381);
        d.write(0, DR, 1, 1);
        d.write(0, DR, 1, 2);
        assert_eq!((read(&mut d, RSR_ECR), read(&mut d, DR)), (8, 0x801));
        d.write(0, RSR_ECR, 2, 0);
        assert_eq!(read(&mut d, RSR_ECR), 0);
        assert!(d.take_output().is_empty());
    }

    #[test]
    fn identifies_itself() {
        let mut d = Pl011::default();
        let ids: Vec<u64> = (0..8).map(|n| read(&mut d, 0xfe0 + 4 * n)).collect();
        assert_eq!(ids, [0x11, 0x10, 0x34, 0, 0x0d, 0xf0, 0x05, 0xb1]);
        assert_eq!(read(&mut d, 0xfff), 0xb1);
    }
}
