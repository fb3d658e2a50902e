//! The board from end to end: small programs assembled by hand, from the file to the exit.

use innkeeper_core::accel::interp::Interp;
use innkeeper_core::board::virt_a64::{Config, Virt, VirtA64};
use innkeeper_core::board::{Board as _, Payload};
use innkeeper_core::machine::{Exit, Limit};
use innkeeper_core::replay::Input;

const AT: u64 = 0x4020_0000;

/// An ELF executable of one segment at [`AT`] with these words, then `data`.
fn elf(words: &[u32], data: &[u8]) -> Payload {
    let mut code: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    code.extend_from_slice(data);
    let mut f = vec![0; 120];
    let mut put = |at: usize, b: &[u8]| f[at..at + b.len()].copy_from_slice(b);
    put(0, b"\x7fELF\x02\x01\x01");
    put(16, &[2, 0, 183, 0, 1, 0, 0, 0]);
    put(24, &AT.to_le_bytes());
    put(32, &64u64.to_le_bytes());
    put(52, &[64, 0, 56, 0, 1, 0]);
    put(64, &1u32.to_le_bytes());
    put(72, &120u64.to_le_bytes());
    put(80, &AT.to_le_bytes());
    put(88, &AT.to_le_bytes());
    put(96, &(code.len() as u64).to_le_bytes());
    put(104, &0x1000u64.to_le_bytes());
    f.extend_from_slice(&code);
    Payload { name: "test.elf".into(), bytes: f }
}

fn machine(words: &[u32], data: &[u8]) -> (Virt, Config) {
    let mut config = Config::new(elf(words, data));
    config.memory = 4 << 20;
    let interp = Interp::new(innkeeper_core::accel::interp::Config::default());
    let m = VirtA64::machine(&config, Box::new(interp)).unwrap();
    (m, config)
}

fn console(m: &mut Virt) -> String {
    String::from_utf8(m.system_mut().bus.console.take().bytes).unwrap()
}

/// Prints through the PL011, then PSCI SYSTEM_OFF through HVC.
const HELLO: &[u32] = &[
    0xd2a1_2009, // mov x9, #0x09000000
    0x1000_0101, // adr x1, text
    0x3840_1422, // ldrb w2, [x1], #1
    0x3400_0062, // cbz w2, +12
    0x3900_0122, // strb w2, [x9]
    0x17ff_fffd, // b -12
    0x5280_0100, // mov w0, #8
    0x72b0_8000, // movk w0, #0x8400, lsl #16
    0xd400_0002, // hvc #0
];

#[test]
fn prints_and_powers_off() {
    let (mut m, config) = machine(HELLO, b"ok\n\0");
    assert_eq!(m.run_until(Limit::insns(1000)), Exit::Shutdown);
    assert_eq!(console(&mut m), "ok\n");
    assert_eq!(m.now().insns, 2 + 3 * 4 + 2 + 3);
    VirtA64::restart(&mut m, &config).unwrap();
    assert_eq!(m.run_until(Limit::insns(1000)), Exit::Shutdown);
    assert_eq!(console(&mut m), "ok\n");
}

#[test]
fn semihosting_reads_the_console_and_exits_with_its_byte() {
    let words = [
        0x5280_0080, // mov w0, #4 (SYS_WRITE0)
        0x1000_01a1, // adr x1, text
        0xd45e_0000, // hlt #0xf000
        0x5280_00e0, // mov w0, #7 (SYS_READC)
        0xd45e_0000, // hlt #0xf000
        0x1000_00a1, // adr x1, block
        0xf900_0420, // str x0, [x1, #8]
        0x5280_0300, // mov w0, #0x18 (SYS_EXIT)
        0xd45e_0000, // hlt #0xf000
        0xd503_201f, // nop
        0x0002_0026, // block: ADP_Stopped_ApplicationExit
        0,
        0,
        0,
    ];
    let (mut m, _) = machine(&words, b"semi\n\0");
    assert_eq!(m.run_until(Limit::insns(1000)), Exit::Idle, "waits for input");
    assert_eq!(console(&mut m), "semi\n");
    m.input(&Input::Serial { port: 0, bytes: b"*x".to_vec() });
    assert_eq!(m.run_until(Limit::insns(1000)), Exit::Status(42));
}

#[test]
fn firmware_calls_from_el0_are_undefined() {
    let words = [
        0xd538_4240, // mrs x0, currentel
        0xd518_4020, // msr elr_el1, x0 (overwritten below)
        0x1000_00c0, // adr x0, user
        0xd518_4020, // msr elr_el1, x0
        0xd518_401f, // msr spsr_el1, xzr
        0x1000_1000, // adr x0, vectors (past the end: zeros, UDF)
        0xd518_c000, // msr vbar_el1, x0
        0xd69f_03e0, // eret
        0xd400_0002, // user: hvc #0
    ];
    let (mut m, _) = machine(&words, b"");
    let Exit::Crash(crash) = m.run_until(Limit::insns(1000)) else { panic!("no crash") };
    // The vector itself is UDF; the level above saw EC 0, "unknown reason".
    assert_eq!(crash.syndrome[0], ("ESR_EL1", 0x0200_0000));
    assert_eq!(m.cpu(0).unwrap().cpu.pstate.el, 1);
}

#[test]
fn device_tree_is_at_the_start_of_ram_and_in_x0() {
    let (m, _) = machine(HELLO, b"\0");
    let mut magic = [0; 4];
    assert!(m.peek(m.cpu(0).unwrap().cpu.x[0], &mut magic));
    assert_eq!(magic, [0xd0, 0x0d, 0xfe, 0xed]);
    assert_eq!(m.cpu(0).unwrap().cpu.x[0], 0x4000_0000);
}
