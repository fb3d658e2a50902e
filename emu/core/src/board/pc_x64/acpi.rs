//! ACPI tables (ACPI 6.5): RSDP, XSDT, FADT, FACS, MADT, DSDT.

use acpi_tables::facs::FACS;
use acpi_tables::fadt::{FADTBuilder, Flags};
use acpi_tables::gas::{AccessSize, AddressSpace, GAS};
use acpi_tables::madt::{EnabledStatus, IoApic, ProcessorLocalApic};
use acpi_tables::rsdp::Rsdp;
use acpi_tables::sdt::Sdt;
use acpi_tables::xsdt::XSDT;
use acpi_tables::{Aml, aml};

use super::map::{self, irq, port};
use crate::dev::{acpi_pm, mc146818};

const OEM: [u8; 6] = *b"INNKPR";
const OEM_TABLE: [u8; 8] = *b"PC-X64  ";
const OEM_REVISION: u32 = 1;
/// Bytes of the header that all tables but RSDP and FACS begin with.
const HEADER: u32 = 36;
/// Value of the reset register that resets: RST_CPU and SYS_RST.
const RESET_VALUE: u8 = 6;
/// IA-PC boot architecture: there are devices that no bus announces (bit 0), and no VGA (bit 2); the
/// keyboard controller (bit 1) is missing, so that nobody waits for it.
const BOOT_ARCH: u16 = 1 << 0 | 1 << 2;
/// MADT: there are also 8259 controllers.
const PCAT_COMPAT: u32 = 1;

/// The tables as they lie at [`map::FIRMWARE`], where the RSDP is the first.
pub(super) fn tables(cpus: usize) -> Vec<u8> {
    let mut image = Image(vec![0; Rsdp::len()]);
    let facs = image.add(&FACS::new());
    let dsdt = image.add(&dsdt());
    let fadt = image.add(&fadt(dsdt, facs).finalize());
    let madt = image.add(&madt(cpus));
    let mut xsdt = XSDT::new(OEM, OEM_TABLE, OEM_REVISION);
    xsdt.add_entry(fadt);
    xsdt.add_entry(madt);
    let xsdt = image.add(&xsdt);
    let rsdp = bytes(&Rsdp::new(OEM, xsdt));
    image.0[..rsdp.len()].copy_from_slice(&rsdp);
    image.0
}

fn bytes(table: &dyn Aml) -> Vec<u8> {
    let mut bytes = Vec::new();
    table.to_aml_bytes(&mut bytes);
    bytes
}

struct Image(Vec<u8>);

impl Image {
    /// Adds a table, aligned as FACS has to be; returns its address.
    fn add(&mut self, table: &dyn Aml) -> u64 {
        self.0.resize(self.0.len().next_multiple_of(64), 0);
        let at = map::FIRMWARE + self.0.len() as u64;
        table.to_aml_bytes(&mut self.0);
        at
    }
}

/// A register of `len` bytes at an I/O port.
fn register(port: u16, len: u8) -> GAS {
    let access = match len {
        1 => AccessSize::ByteAccess,
        4 => AccessSize::DwordAccess,
        _ => AccessSize::WordAccess,
    };
    GAS::new(AddressSpace::SystemIo, len * 8, 0, access, port.into())
}

/// FADT (5.2.9) of hardware that is always in ACPI mode: no SMI command port.
fn fadt(dsdt: u64, facs: u64) -> FADTBuilder {
    let event = port::ACPI + acpi_pm::EVENT;
    let control = port::ACPI + acpi_pm::CONTROL;
    let timer = port::ACPI + acpi_pm::TIMER;
    let mut t = FADTBuilder::new(OEM, OEM_TABLE, OEM_REVISION).dsdt_64(dsdt).firmware_ctrl_64(facs);
    t.sci_int = u16::try_from(irq::SCI).unwrap_or(0).into();
    t.pm1a_evt_blk = u32::from(event).into();
    t.pm1a_cnt_blk = u32::from(control).into();
    t.pm_tmr_blk = u32::from(timer).into();
    t.pm1_evt_len = acpi_pm::EVENT_LEN;
    t.pm1_cnt_len = acpi_pm::CONTROL_LEN;
    t.pm_tmr_len = acpi_pm::TIMER_LEN;
    t.x_pm1a_evt_blk = register(event, acpi_pm::EVENT_LEN);
    t.x_pm1a_cnt_blk = register(control, acpi_pm::CONTROL_LEN);
    t.x_pm_tmr_blk = register(timer, acpi_pm::TIMER_LEN);
    // Latencies of C2 and C3 that say there is neither.
    t.p_lvl2_lat = 101.into();
    t.p_lvl3_lat = 1001.into();
    t.century = mc146818::CENTURY_INDEX;
    t.iapc_boot_arch = BOOT_ARCH.into();
    t.reset_reg = register(port::RESET, 1);
    t.reset_value = RESET_VALUE;
    // No fixed buttons and no fixed wake by the clock: these flags mean that they are not there.
    [Flags::Wbinvd, Flags::ProcC1, Flags::PwrButton, Flags::SlpButton, Flags::FixRtc]
        .into_iter()
        .chain([Flags::TmrValExt, Flags::ResetRegSup])
        .fold(t, FADTBuilder::flag)
}

/// MADT (5.2.12). acpi_tables has no interrupt overrides, so that the table is made of bytes.
fn madt(cpus: usize) -> Sdt {
    let mut t = Sdt::new(*b"APIC", HEADER, 5, OEM, OEM_TABLE, OEM_REVISION);
    t.append_slice(&map::LOCAL_APIC.to_le_bytes());
    t.append_slice(&PCAT_COMPAT.to_le_bytes());
    let cpus = u8::try_from(cpus).unwrap_or(u8::MAX);
    for id in 0..cpus {
        t.append_slice(&bytes(&ProcessorLocalApic::new(id, id, EnabledStatus::Enabled)));
    }
    t.append_slice(&bytes(&IoApic::new(cpus, map::IO_APIC, 0)));
    // The timer's ISA interrupt is wired to input 2; ACPI's is level-triggered, active high.
    for (isa, input, flags) in [(0, 2, 0), (irq::SCI, irq::SCI, 0b1101)] {
        t.append_slice(&source_override(isa, input, flags));
    }
    // NMI: all processors, polarity and trigger as the bus has them, LINT1 (5.2.12.7).
    t.append_slice(&[4, 6, 0xff, 0, 0, 1]);
    t
}

/// Interrupt Source Override structure (5.2.12.5).
fn source_override(isa: u32, input: u32, flags: u16) -> [u8; 10] {
    let ([isa, ..], [a, b, c, d], [low, high]) =
        (isa.to_le_bytes(), input.to_le_bytes(), flags.to_le_bytes());
    [2, 10, 0, isa, a, b, c, d, low, high]
}

fn dsdt() -> Sdt {
    let mut t = Sdt::new(*b"DSDT", HEADER, 6, OEM, OEM_TABLE, OEM_REVISION);
    let (off, zero) = (acpi_pm::SLEEP_OFF, aml::ZERO);
    let s5 = aml::Package::new(vec![&off, &zero, &zero, &zero]);
    t.append_slice(&bytes(&aml::Name::new("_S5_".into(), &s5)));
    let com1_ports = aml::IO::new(port::COM1, port::COM1, 1, 8);
    let com1_irq = aml::Interrupt::new(true, true, false, false, irq::COM1);
    let com1_resources = aml::ResourceTemplate::new(vec![&com1_ports, &com1_irq]);
    let rtc_ports = aml::IO::new(port::RTC, port::RTC, 1, 2);
    let rtc_resources = aml::ResourceTemplate::new(vec![&rtc_ports]);
    let devices = [("COM1", "PNP0501", com1_resources), ("RTC_", "PNP0B00", rtc_resources)];
    let devices: Vec<Vec<u8>> = devices.iter().map(|(name, id, res)| device(name, id, res)).collect();
    t.append_slice(&aml::Scope::raw("\\_SB_".into(), devices.concat()));
    t
}

fn device(name: &str, id: &str, resources: &aml::ResourceTemplate) -> Vec<u8> {
    let hid = aml::Name::new("_HID".into(), &aml::EISAName::new(id));
    let uid = aml::Name::new("_UID".into(), &aml::ZERO);
    let crs = aml::Name::new("_CRS".into(), resources);
    bytes(&aml::Device::new(name.into(), vec![&hid, &uid, &crs]))
}
