//! One line per case: code, start, end. Skipped where there is no KVM, unless it is demanded.

use super::setup::PAGE;
use super::*;

const CODE: u64 = 0x10_0000;
const DATA: u64 = 0x20_0000;

/// A CPU, or `None` where the host has none and `INNKEEPER_REQUIRE` does not say `kvm`.
fn programs() -> Option<Programs> {
    match Programs::new() {
        Ok(programs) => Some(programs),
        Err(e) => {
            let required = std::env::var("INNKEEPER_REQUIRE").is_ok_and(|l| l.split(',').any(|w| w == "kvm"));
            assert!(!required, "{e}");
            eprintln!("skipped: {e}");
            None
        }
    }
}

fn program(code: &[u8], limit: u64) -> Program {
    let mut regs = X64Regs { rip: CODE, rflags: 0x202, mxcsr: 0x1f80, ..X64Regs::default() };
    regs.gpr[0] = 7;
    regs.gpr[3] = DATA;
    regs.gpr[4] = DATA + 0x800;
    let region = |base, perm, bytes: &[u8]| Region { base, size: PAGE, perm, bytes: bytes.to_vec() };
    let regions = vec![
        region(CODE, Perm::Code, code),
        region(DATA, Perm::ReadWrite, &[]),
        region(DATA + PAGE, Perm::ReadOnly, &[]),
    ];
    Program { regions, regs: Regs::X64(Box::new(regs)), end: CODE + code.len() as u64, limit }
}

/// Code, limit, stop, instructions, RIP - CODE, RAX, what differs at DATA.
type Line = (&'static str, &'static [u8], u64, Stop, u64, u64, u64, &'static [u8]);

const LINES: &[Line] = &[
    ("add rax,1", &[0x48, 0x83, 0xc0, 1], 9, Stop::End, 1, 4, 8, &[]),
    ("jmp self ends by the limit", &[0xeb, 0xfe], 50, Stop::Limit, 50, 0, 7, &[]),
    ("mov [rbx],al", &[0x88, 0x03], 9, Stop::End, 1, 2, 7, &[7]),
    ("mov [rbx+1000h],al: read-only", &[0x88, 0x83, 0, 0x10, 0, 0], 9, Stop::DataFault, 0, 0, 7, &[]),
    ("mov [rbx-8],al: unmapped", &[0x88, 0x43, 0xf8], 9, Stop::DataFault, 0, 0, 7, &[]),
    (
        "mov [rip-2],al: code is not written",
        &[0x88, 5, 0xf8, 0xff, 0xff, 0xff],
        9,
        Stop::DataFault,
        0,
        0,
        7,
        &[],
    ),
    ("ud2", &[0x0f, 0x0b], 9, Stop::Undefined, 0, 0, 7, &[]),
    ("div ecx", &[0xf7, 0xf1], 9, Stop::Divide, 0, 0, 7, &[]),
    ("int3", &[0xcc], 9, Stop::Breakpoint, 0, 1, 7, &[]),
    ("jmp rbx: not executable", &[0xff, 0xe3], 9, Stop::FetchFault, 1, DATA - CODE, 7, &[]),
    ("hlt is not for programs", &[0xf4], 9, Stop::DataFault, 0, 0, 7, &[]),
    ("cli is not for programs", &[0xfa], 9, Stop::DataFault, 0, 0, 7, &[]),
    ("xor ebx,ebx; mov [rbx],al", &[0x31, 0xdb, 0x88, 0x03], 9, Stop::DataFault, 1, 2, 7, &[]),
    (
        "xor esp,esp; ud2: the stack is not the program's",
        &[0x31, 0xe4, 0x0f, 0x0b],
        9,
        Stop::Undefined,
        1,
        2,
        7,
        &[],
    ),
    ("pushf; pop rax: no trace of stepping", &[0x9c, 0x58], 9, Stop::End, 2, 2, 0x202, &[]),
    (
        "mov edi,ebx; mov cl,3; rep stosb",
        &[0x89, 0xdf, 0xb1, 3, 0xf3, 0xaa],
        9,
        Stop::End,
        3,
        6,
        7,
        &[7, 7, 7],
    ),
];

#[test]
fn programs_stop_where_they_should() {
    let Some(mut programs) = programs() else { return };
    let mut wrong = Vec::new();
    // Twice: nothing is left over from one program to the next.
    for (text, code, limit, stop, count, rip, rax, data) in LINES.iter().chain(LINES) {
        let reply = programs.run(&program(code, *limit), None);
        let seen = reply.map_err(|e| e.to_string()).and_then(|r| {
            let Regs::X64(regs) = &r.regs else { return Err("other registers".into()) };
            let at_data = r.written.iter().find(|w| w.addr == DATA).map(|w| w.bytes.clone());
            Ok((r.stop, r.count, regs.rip - CODE, regs.gpr[0], at_data.unwrap_or_default()))
        });
        let mut padded = data.to_vec();
        padded.resize(if data.is_empty() { 0 } else { 16 }, 0);
        let wanted = Ok((*stop, Some(*count), *rip, *rax, padded));
        if seen != wanted {
            wrong.push(format!("{text}: {seen:?}, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_watches_sees_every_instruction_and_can_end_it() {
    let Some(mut programs) = programs() else { return };
    let program = program(&[0xff, 0xc0, 0xff, 0xc0, 0xff, 0xc0], 9);
    let mut seen = Vec::new();
    let reply = programs.run(
        &program,
        Some(&mut |view| {
            let mut byte = [0];
            assert!(view.read(view.regs.rip, &mut byte) && !view.read(DATA - 1, &mut byte));
            seen.push((view.regs.rip - CODE, view.regs.gpr[0]));
            seen.len() < 3
        }),
    );
    assert_eq!(seen, [(0, 7), (2, 8), (4, 9)]);
    let reply = reply.expect("an end");
    assert_eq!((reply.stop, reply.count), (Stop::Limit, Some(2)));
}

#[test]
fn a_program_of_another_architecture_or_place_is_refused() {
    let Some(mut programs) = programs() else { return };
    let a64 = Program { regs: Regs::A64(Box::default()), ..program(&[], 1) };
    assert!(matches!(programs.run(&a64, None), Err(Refusal::NotComparable(_))));
    let mut far = program(&[0x90], 1);
    far.regions[1].base = SYSTEM;
    assert!(matches!(programs.run(&far, None), Err(Refusal::NotComparable(_))));
}
