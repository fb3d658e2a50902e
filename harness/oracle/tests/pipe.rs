//! The oracle as the harness sees it: a process on a pipe.

use std::io::{BufReader, BufWriter};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use innkeeper_core::wire::{
    self, A64Regs, Mode, Perm, Program, Region, Regs, Reply, Request, Response, Stop, X64Regs,
};

const CODE: u64 = 0x1_0000;
const DATA: u64 = 0x2_0000;

struct Oracle {
    child: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Oracle {
    fn start() -> Oracle {
        let mut child = Command::new(env!("CARGO_BIN_EXE_innkeeper-oracle"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Oracle { child, to: BufWriter::new(to), from: BufReader::new(from) }
    }

    fn run(&mut self, program: &Program, limit: u64, mode: Mode) -> Reply {
        wire::send(
            &mut self.to,
            &Request { programs: vec![Program { limit, ..program.clone() }].into(), mode },
        )
        .unwrap();
        let reply: Response = wire::receive(&mut self.from).unwrap().unwrap();
        reply.into_iter().next().unwrap().unwrap()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(code: &[u8], regs: Regs) -> Program {
    let region = |base, perm, bytes: &[u8]| Region { base, size: 0x1000, perm, bytes: bytes.to_vec() };
    Program {
        regions: vec![region(CODE, Perm::Code, code), region(DATA, Perm::ReadWrite, &[1, 2, 3, 4])],
        regs,
        end: CODE + code.len() as u64,
        limit: 100,
    }
}

fn a64(words: &[u32], set: impl FnOnce(&mut A64Regs)) -> Program {
    let mut regs = A64Regs { pc: CODE, sp: DATA + 0x800, ..A64Regs::default() };
    set(&mut regs);
    program(&words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>(), Regs::A64(Box::new(regs)))
}

fn a64_regs(reply: &Reply) -> &A64Regs {
    match &reply.regs {
        Regs::A64(r) => r,
        Regs::X64(_) => panic!("an x86 answer"),
    }
}

#[test]
fn a64_registers_memory_and_floating_point() {
    let mut oracle = Oracle::start();
    // ldr w0, [x1]; add x2, x0, #1; str w2, [x1, #32]; fadd d0, d1, d2; cmp x0, x0
    let words = [0xb940_0020, 0x9100_0402, 0xb900_2022, 0x1e62_2820, 0xeb00_001f];
    let p = a64(&words, |r| {
        r.x[1] = DATA;
        r.v[1] = u128::from(1.5f64.to_bits());
        r.v[2] = u128::from(2.25f64.to_bits()) | 7 << 64;
        r.v[0] = u128::MAX;
    });
    for mode in [Mode::Block, Mode::Counted, Mode::Step] {
        let reply = oracle.run(&p, 100, mode);
        assert_eq!(reply.stop, Stop::End, "{mode:?}");
        assert_eq!(reply.count, (mode != Mode::Block).then_some(5), "{mode:?}");
        let regs = a64_regs(&reply);
        assert_eq!((regs.x[0], regs.x[2], regs.pc), (0x0403_0201, 0x0403_0202, p.end));
        assert_eq!(regs.v[0], u128::from(3.75f64.to_bits()));
        assert_eq!(regs.nzcv, 0b0110);
        assert_eq!(reply.written.len(), 1);
        assert_eq!((reply.written[0].addr, &reply.written[0].bytes[..4]), (DATA + 32, &[2, 2, 3, 4][..]));
    }
}

/// A guest that turns its MMU on walks AArch64's page tables.
#[test]
fn a64_mmu_can_be_turned_on() {
    let mut oracle = Oracle::start();
    // A block of 1 GiB onto itself as the first entry of a table of 39-bit addresses.
    let words = [
        0xf900_0022, // str x2, [x1]
        0xd518_2040, // msr tcr_el1, x0
        0xd518_2001, // msr ttbr0_el1, x1
        0xd503_3fdf, // isb
        0xd538_1003, // mrs x3, sctlr_el1
        0xb240_0063, // orr x3, x3, #1
        0xd518_1003, // msr sctlr_el1, x3
        0xd503_3fdf, // isb
        0xd280_0545, // mov x5, #42
    ];
    let p = a64(&words, |r| (r.x[0], r.x[1], r.x[2]) = (25, DATA, 1 | 1 << 10));
    let reply = oracle.run(&p, 100, Mode::Block);
    assert_eq!((reply.stop, a64_regs(&reply).x[5]), (Stop::End, 42));
}

#[test]
fn a64_stops_are_told_apart_with_the_pc_of_the_instruction() {
    let mut oracle = Oracle::start();
    let nop = 0xd503_201f;
    let at = CODE + 4;
    let cases: [(u32, Stop, u64); 8] = [
        (0x0000_0000, Stop::Undefined, at),
        (0xd400_0001, Stop::Syscall, at + 4),
        (0xd420_0000, Stop::Breakpoint, at),
        (0xd400_0002, Stop::Undefined, at), // hvc: this CPU has no EL2
        (0xf940_0000, Stop::DataFault, at), // ldr x0, [x0]
        (0xf900_0020, Stop::DataFault, at), // str x0, [x1], x1 in the code
        (0xd61f_0000, Stop::FetchFault, 0), // br x0
        (0xc85f_7c40, Stop::DataFault, at), // ldxr x0, [x2], misaligned
    ];
    for (word, stop, pc) in cases {
        let p = a64(&[nop, word, nop], |r| (r.x[1], r.x[2]) = (CODE, DATA + 1));
        for mode in [Mode::Block, Mode::Counted, Mode::Step] {
            let reply = oracle.run(&p, 100, mode);
            assert_eq!((reply.stop, a64_regs(&reply).pc), (stop, pc), "{word:#x} {mode:?}");
            let completed = if matches!(stop, Stop::Syscall | Stop::FetchFault) { 2 } else { 1 };
            assert_eq!(reply.count, (mode != Mode::Block).then_some(completed), "{word:#x} {mode:?}");
        }
    }
}

#[test]
fn the_limit_is_exact() {
    let mut oracle = Oracle::start();
    // add x0, x0, #1; b .-4
    let p = a64(&[0x9100_0400, 0x17ff_ffff], |_| ());
    for mode in [Mode::Counted, Mode::Step] {
        for limit in [1, 2, 3, 10, 101] {
            let reply = oracle.run(&p, limit, mode);
            assert_eq!((reply.stop, reply.count), (Stop::Limit, Some(limit)));
            assert_eq!(a64_regs(&reply).x[0], limit.div_ceil(2));
            assert_eq!(a64_regs(&reply).pc, CODE + 4 * (limit % 2));
        }
    }
}

#[test]
fn programs_do_not_see_each_other() {
    let mut oracle = Oracle::start();
    let (ldxr, stxr) = (0xc85f_7c20, 0xc802_7c20); // ldxr x0, [x1]; stxr w2, x0, [x1]
    let first = a64(&[ldxr], |r| r.x[1] = DATA);
    let second = a64(&[stxr], |r| r.x[1] = DATA);
    for mode in [Mode::Block, Mode::Counted] {
        oracle.run(&first, 10, mode);
        assert_eq!(a64_regs(&oracle.run(&second, 10, mode)).x[2], 1, "the monitor leaked");
        // The same address, other code; the same memory, other contents.
        for n in 0..200u32 {
            let movz = 0xd280_0000 | n << 5;
            let reply = oracle.run(&a64(&[movz], |_| ()), 10, mode);
            assert_eq!(a64_regs(&reply).x[0], u64::from(n));
            assert!(reply.written.is_empty());
        }
    }
}

#[test]
fn x64_registers_and_stops() {
    let mut oracle = Oracle::start();
    let regs = |rax| {
        let mut r = X64Regs { rip: CODE, rflags: 2, mxcsr: 0x1f80, ..X64Regs::default() };
        (r.gpr[0], r.gpr[4], r.gpr[6]) = (rax, DATA + 0x800, DATA);
        r.xmm[0] = u128::from(1.5f64.to_bits());
        r.xmm[1] = u128::from(2.0f64.to_bits());
        Regs::X64(Box::new(r))
    };
    // add rax, 1; addsd xmm0, xmm1; mov [rsi+16], rax; popcnt rbx, rax
    let code =
        [0x48, 0x83, 0xc0, 1, 0xf2, 0x0f, 0x58, 0xc1, 0x48, 0x89, 0x46, 16, 0xf3, 0x48, 0x0f, 0xb8, 0xd8];
    for mode in [Mode::Block, Mode::Counted, Mode::Step] {
        let reply = oracle.run(&program(&code, regs(6)), 100, mode);
        let Regs::X64(r) = &reply.regs else { panic!("an Arm answer") };
        assert_eq!((reply.stop, r.gpr[0], r.gpr[3], r.rip), (Stop::End, 7, 3, CODE + 17), "{mode:?}");
        assert_eq!(r.xmm[0], u128::from(3.5f64.to_bits()));
        assert_eq!(reply.written[0].addr, DATA + 16);
    }
    let stops: [(&[u8], Stop); 5] = [
        (&[0x0f, 0x0b], Stop::Undefined),
        (&[0x48, 0xf7, 0xf1], Stop::Divide),
        (&[0x48, 0x8b, 0x01], Stop::DataFault),
        (&[0xcc], Stop::Breakpoint),
        (&[0xff, 0xe1], Stop::FetchFault),
    ];
    for (code, stop) in stops {
        assert_eq!(oracle.run(&program(code, regs(1)), 10, Mode::Block).stop, stop, "{code:x?}");
    }
}

/// Not a gate, as it depends on the host: `cargo test --release -- --ignored --nocapture`.
#[test]
#[ignore = "prints throughput"]
fn throughput() {
    let mut oracle = Oracle::start();
    let words: Vec<u32> = (0..32).map(|n| 0x9100_0400 + n * 0x400).collect();
    let programs: Vec<Program> = (0..64u64)
        .map(|n| {
            let mut p = a64(&words, |r| r.x[3] = n);
            p.regions[1].bytes = vec![0x5a; 0x1000];
            p.regions[0].bytes[2] = u8::try_from(n).unwrap();
            p
        })
        .collect();
    for mode in [Mode::Block, Mode::Counted] {
        let request = Request { programs: programs.as_slice().into(), mode };
        #[expect(clippy::disallowed_methods, reason = "a measurement")]
        let start = std::time::Instant::now();
        for _ in 0..100 {
            wire::send(&mut oracle.to, &request).unwrap();
            wire::receive::<Response>(&mut oracle.from).unwrap().unwrap();
        }
        println!("{mode:?}: {:.0} programs/s", 6400.0 / start.elapsed().as_secs_f64());
    }
}
