//! Memory as a CPU of this guest sees it: the virtual CPU with the rules of [`super::mmu`].

use super::{A64, exc};
use crate::emit::step::GuestCpu as _;
use crate::emit::{MemOp, Rmw};
use crate::mem::Ram;
use crate::mem::ram::RegionSpec;
use crate::system::System;
use crate::vcpu::event;

type Vcpu = crate::vcpu::Vcpu<A64>;

const BASE: u64 = 0x4000_0000;
/// Two mapped pages; the third is unmapped, the fourth is for EL0 too, the fifth read-only.
const VA: u64 = 0x1_0000;
const USER: u64 = VA + 0x3000;
const READ_ONLY: u64 = VA + 0x4000;
const EL0: u64 = 1 << 6;
const RO: u64 = 1 << 7;

fn vcpu() -> Vcpu {
    let ram = Ram::new(&[RegionSpec { base: BASE, size: 0x1_0000, writable: true }]).unwrap();
    let word = |at: u64, v: u64| assert!(ram.write(BASE + at, &v.to_le_bytes()));
    for level in 0..3 {
        word(level * 0x1000, BASE + (level + 1) * 0x1000 + 3);
    }
    let page = 1 << 10 | 1 << 2 | 3; // AF, attribute 1, page
    for (i, bits) in [(0, 0), (1, 0), (3, EL0), (4, RO)] {
        word(0x3000 + (16 + i) * 8, (BASE + 0x8000 + i * 0x1000) | page | bits);
    }
    let mut v = Vcpu::new(Box::new(System::new(ram.clone(), 0)), ram, 0);
    let s = &mut v.cpu.sys;
    (s.ttbr0_el1, s.tcr_el1, s.mair_el1) = (BASE, 16 | 16 << 16 | 2 << 30 | 2 << 32, 0xff00);
    s.sctlr_el1 |= 1;
    v.state_changed();
    v
}

fn iss(v: &Vcpu) -> (u64, u32) {
    (v.cpu.fault.addr, v.cpu.fault.iss)
}

#[test]
fn an_access_over_two_pages_happens_whole_or_not_at_all() {
    let mut v = vcpu();
    let m = MemOp::plain(3);
    v.store(m, VA + 0xffd, 0x1122_3344_5566_7788).unwrap();
    assert_eq!(v.load(m, VA + 0xffd), Ok(0x1122_3344_5566_7788));
    assert_eq!(v.load(MemOp::plain(0), VA + 0x1000), Ok(0x55));
    v.storeq(MemOp::plain(4), VA + 0xff1, 7 << 120).unwrap();
    assert_eq!(v.loadq(MemOp::plain(4), VA + 0xff1), Ok(7 << 120));
    assert_eq!(v.store(m, VA + 0x1ffc, u64::MAX), Err(exc::DATA_ABORT));
    assert_eq!(iss(&v), (VA + 0x2000, 0x47));
    assert_eq!(v.load(MemOp::plain(2), VA + 0x1ffc), Ok(0), "nothing was written");
    assert_eq!(v.probe_store(m, VA + 0x1fc8, 57), Err(exc::DATA_ABORT));
    assert_eq!(v.probe_store(m, VA + 0x1fc8, 56), Ok(()));
}

#[test]
fn unprivileged_accesses_use_the_permissions_of_el0() {
    let mut v = vcpu();
    let m = MemOp { unpriv: true, ..MemOp::plain(3) };
    assert_eq!(v.store(m, VA, 1), Err(exc::DATA_ABORT));
    assert_eq!(iss(&v), (VA, 0x4f));
    assert_eq!(v.store(m, USER, 5), Ok(()));
    assert_eq!(v.load(MemOp::plain(3), USER), Ok(5));
    v.cpu.pstate.pan = 1;
    v.state_changed();
    assert_eq!(v.load(MemOp::plain(3), USER), Err(exc::DATA_ABORT));
    assert_eq!(v.load(m, USER), Ok(5), "PAN does not concern LDTR");
    v.cpu.pstate.uao = 1;
    assert_eq!(v.load(m, USER), Err(exc::DATA_ABORT));
    assert_eq!(v.load(m, VA), Ok(0));
}

#[test]
fn atomics_report_a_read_fault_first() {
    let mut v = vcpu();
    let m = MemOp::ordered(3);
    assert_eq!(v.rmw(Rmw::Add, m, VA + 0x2000, 1), Err(exc::DATA_ABORT));
    assert_eq!(iss(&v), (VA + 0x2000, 0x07));
    assert_eq!(v.cas(m, READ_ONLY, 1, 2), Err(exc::DATA_ABORT));
    assert_eq!(iss(&v), (READ_ONLY, 0x4f));
    assert_eq!(v.rmw(Rmw::Add, m, VA + 4, 1), Err(exc::DATA_ABORT));
    assert_eq!(iss(&v), (VA + 4, 0x21));
    assert_eq!(v.rmw(Rmw::Add, MemOp::ordered(0), VA + 1, 0xfff), Ok(0));
    assert_eq!(v.cas(MemOp::ordered(0), VA + 1, 0x1ff, 0x22), Ok(0xff));
    assert_eq!(v.load(MemOp::plain(1), VA), Ok(0x2200));
}

#[test]
fn an_exclusive_store_needs_address_size_and_value() {
    let mut v = vcpu();
    let m = MemOp::ordered(3);
    assert_eq!(v.store_exclusive(m, VA, 1), Ok(1), "not armed");
    v.load_exclusive(m, VA).unwrap();
    assert_eq!(v.store_exclusive(MemOp::ordered(2), VA, 1), Ok(1), "another size");
    assert_eq!(v.store_exclusive(m, VA, 1), Ok(1), "disarmed by that");
    v.load_exclusive(m, VA).unwrap();
    v.store(MemOp::plain(0), VA, 9).unwrap();
    assert_eq!(v.store_exclusive(m, VA, 1), Ok(1), "changed in between");
    v.load_exclusive(m, VA).unwrap();
    assert_eq!(v.store_exclusive(m, VA, 0xabc), Ok(0));
    assert_eq!(v.load(MemOp::plain(3), VA), Ok(0xabc));
    v.load_exclusive(m, READ_ONLY).unwrap();
    assert_eq!(v.store_exclusive(m, READ_ONLY, 1), Err(exc::DATA_ABORT));
    assert_eq!(iss(&v), (READ_ONLY, 0x4f));
}

#[test]
fn stores_to_decoded_code_are_noticed_and_those_beside_it_are_not() {
    let mut v = vcpu();
    v.store(MemOp::plain(3), VA + 0x100, 1).unwrap();
    let pa = v.fetch_page(VA + 0x100).unwrap();
    assert_eq!(pa, BASE + 0x8000);
    v.mark_code(pa + 0x100, 8);
    v.store(MemOp::plain(3), VA + 0x200, 1).unwrap();
    assert_eq!(v.events, 0);
    v.store(MemOp::plain(1), VA + 0x106, 1).unwrap();
    assert_eq!(v.events, event::CODE);
    assert_eq!(v.sys.code.take_written(), [pa]);
    v.events = 0;
    v.store(MemOp::plain(1), VA + 0x106, 2).unwrap();
    assert!(v.tlbs.current().store(VA + 0x106, 1, 3), "fast again");
}

#[test]
fn tags_are_ignored_when_the_guest_says_so() {
    let mut v = vcpu();
    let m = MemOp::plain(3);
    assert_eq!(v.store(m, VA | 0x5a << 56, 1), Err(exc::DATA_ABORT));
    v.cpu.sys.tcr_el1 |= 1 << 37;
    v.state_changed();
    assert_eq!(v.store(m, VA | 0x5a << 56, 3), Ok(()));
    assert_eq!(v.load(m, VA | 0xff << 56), Ok(3));
    assert_eq!(v.fetch_page(VA | 0x12 << 56), Ok(BASE + 0x8000));
    assert_eq!(v.fetch_page(VA + 2), Err(exc::PC_ALIGN));
}

#[test]
fn without_the_mmu_data_is_device_memory() {
    let mut v = vcpu();
    v.cpu.sys.sctlr_el1 &= !1;
    v.state_changed();
    let m = MemOp::plain(2);
    assert_eq!(v.store(m, BASE + 0x8000, 3), Ok(()));
    assert_eq!(v.load(m, BASE + 0x8000), Ok(3));
    assert_eq!(v.load(m, BASE + 0x8001), Err(exc::DATA_ABORT));
    assert_eq!(iss(&v), (BASE + 0x8001, 0x21));
    assert_eq!(v.load(m, 0x1000), Err(exc::DATA_ABORT));
    assert_eq!(iss(&v), (0x1000, 0x10), "nothing answers");
}
