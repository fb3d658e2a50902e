//! Machines on this host's KVM. Where there is none the tests are listed as ignored, unless
//! `INNKEEPER_REQUIRE` demands `kvm`. Guests are a few instructions, or those of `scenarios/guests`.

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let mut args = Arguments::from_args();
    // As everywhere: what cannot run is seen as such when tests are listed.
    let required = std::env::var("INNKEEPER_REQUIRE").is_ok_and(|l| l.split(',').any(|w| w.trim() == "kvm"));
    let lacking = innkeeper_kvm::host::probe().err();
    if let Some(why) = &lacking {
        eprintln!("no usable KVM: {why}");
    }
    args.test_threads.get_or_insert(2);
    let trials = tests().into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
        .with_ignored_flag(lacking.is_some() && !required)
    });
    libtest_mimic::run(&args, trials.collect()).exit();
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn tests() -> Vec<(&'static str, fn())> {
    Vec::new()
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use here::tests;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod here {
    use std::path::Path;

    use innkeeper_core::accel::Need;
    use innkeeper_core::board::Payload;
    use innkeeper_core::board::pc_x64::Config;
    use innkeeper_core::board::testing::Elf;
    use innkeeper_kvm::{Machine, Stop};

    const MS: u64 = 1_000_000;
    const SECOND: u64 = 1_000 * MS;
    /// Where the guests of this file lie.
    const CODE: u64 = 0x10_0000;

    macro_rules! tests {
        ($($name:ident)*) => {
            pub fn tests() -> Vec<(&'static str, fn())> {
                vec![$((stringify!($name), $name as fn())),*]
            }
        };
    }

    tests! {
        a_guest_runs_to_its_end
        pieces_of_a_run_make_the_same_run
        a_spinning_guest_pauses_and_goes_on
        a_halted_guest_pauses
        all_cpus_pause
        a_triple_fault_is_a_crash_at_once
        a_status_ends_the_machine_and_stays
        a_reset_keeps_memory_and_time
        devices_that_are_not_there_read_as_ones
        string_output_repeats_on_one_port
        memory_of_every_size
        what_kvm_cannot_do_is_refused
    }

    /// An ELF file of `code`, entered at its beginning in 64-bit mode.
    fn elf(code: &[u8]) -> Payload {
        Payload { name: "code".into(), bytes: Elf::new(62, CODE, code).bytes() }
    }

    fn asset(name: &str) -> Payload {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/guests/bin");
        let bytes = std::fs::read(dir.join(format!("{name}.elf"))).expect("a committed guest");
        Payload { name: name.into(), bytes }
    }

    fn config(kernel: Payload) -> Config {
        Config { memory: 16 << 20, ..Config::new(kernel) }
    }

    fn machine(kernel: Payload) -> Machine {
        Machine::pc_x64(&config(kernel)).expect("a machine")
    }

    fn console(m: &Machine) -> String {
        String::from_utf8_lossy(&m.with_system(|s| s.bus.console.take().bytes)).into_owned()
    }

    fn register(m: &Machine, cpu: usize, name: &str) -> u64 {
        m.registers(cpu).into_iter().find(|(n, _)| *n == name).expect("a register").1
    }

    /// inc rbx; jmp back.
    const SPIN: &[u8] = &[0x48, 0xff, 0xc3, 0xeb, 0xfb];

    fn a_guest_runs_to_its_end() {
        let mut m = machine(asset("x64-hello"));
        assert_eq!(m.run_until(20 * SECOND), Stop::Shutdown);
        assert!(console(&m).contains("hello"));
        assert!(m.exits().port > 0);
    }

    fn pieces_of_a_run_make_the_same_run() {
        let mut whole = machine(asset("x64-hello"));
        assert_eq!(whole.run_until(20 * SECOND), Stop::Shutdown);
        let mut pieces = machine(asset("x64-hello"));
        let stop = loop {
            match pieces.run_until(pieces.now() + 100_000) {
                Stop::Limit if pieces.now() < 20 * SECOND => {}
                other => break other,
            }
        };
        assert_eq!(stop, Stop::Shutdown);
        assert_eq!(console(&pieces), console(&whole));
        assert_eq!(pieces.exits().port, whole.exits().port);
    }

    fn a_spinning_guest_pauses_and_goes_on() {
        let mut m = machine(elf(SPIN));
        let mut before = 0;
        for _ in 0..200 {
            let until = m.now() + MS / 4;
            assert_eq!(m.run_until(until), Stop::Limit);
            assert!(m.now() >= until);
            let (now, rbx) = (m.now(), register(&m, 0, "rbx"));
            assert!(rbx >= before);
            before = rbx;
            assert_eq!((m.now(), register(&m, 0, "rbx")), (now, rbx), "it stands still");
        }
        assert!(before > 0, "it has run");
    }

    fn a_halted_guest_pauses() {
        // cli; hlt
        let mut m = machine(elf(&[0xfa, 0xf4]));
        for _ in 0..20 {
            assert_eq!(m.run_until(m.now() + MS), Stop::Limit);
        }
        assert!(m.now() < 10 * SECOND, "the kick ends the wait in the kernel");
    }

    fn all_cpus_pause() {
        // The others wait for INIT and SIPI in the kernel.
        let mut m = Machine::pc_x64(&Config { cpus: 8, ..config(elf(SPIN)) }).expect("a machine");
        assert_eq!(m.cpu_count(), 8);
        for _ in 0..20 {
            assert_eq!(m.run_until(m.now() + MS), Stop::Limit);
        }
        assert!(register(&m, 0, "rbx") > 0);
    }

    fn a_triple_fault_is_a_crash_at_once() {
        // ud2, without an interrupt table.
        let mut m = machine(elf(&[0x0f, 0x0b]));
        let Stop::Crash(crash) = m.run_until(60 * SECOND) else { panic!("no crash") };
        assert_eq!(crash.cpu, 0);
        assert!(m.now() < 10 * SECOND);
        assert!(matches!(m.run_until(61 * SECOND), Stop::Crash(_)), "it stays so");
    }

    fn a_status_ends_the_machine_and_stays() {
        // mov al, 3; out 0xf4, al; spin
        let code = [&[0xb0, 3, 0xe6, 0xf4][..], SPIN].concat();
        let mut m = machine(elf(&code));
        assert_eq!(m.run_until(20 * SECOND), Stop::Status(7));
        assert_eq!(m.run_until(20 * SECOND), Stop::Status(7));
    }

    fn a_reset_keeps_memory_and_time() {
        // inc qword [0x80000]; mov al, 0xfe; out 0x64, al; spin
        let code = [&[0x48, 0xff, 0x04, 0x25, 0, 0, 8, 0, 0xb0, 0xfe, 0xe6, 0x64][..], SPIN].concat();
        let mut m = machine(elf(&code));
        for boot in 1..=3u8 {
            assert_eq!(m.run_until(m.now() + 20 * SECOND), Stop::Reset);
            let mut count = [0];
            assert!(m.peek(0x8_0000, &mut count));
            assert_eq!(count, [boot]);
            let now = m.now();
            m.reset().expect("a reset");
            assert_eq!(m.now(), now);
        }
    }

    fn devices_that_are_not_there_read_as_ones() {
        // in eax, 0x70.. is the clock: 0x300 has nothing. mov edx, 0x300; in eax, dx; mov ebx, eax;
        // mov ecx, [0xd0000000]; mov [0xd0000000], ecx; mov al, 0; out 0xf4, al
        let code = [
            0xba, 0, 3, 0, 0, 0xed, 0x89, 0xc3, 0xb8, 0, 0, 0, 0xd0, 0x8b, 0x08, 0x89, 0x08, 0xb0, 0, 0xe6,
            0xf4,
        ];
        let mut m = machine(elf(&code));
        assert_eq!(m.run_until(20 * SECOND), Stop::Status(1));
        assert_eq!(register(&m, 0, "rbx"), 0xffff_ffff);
        assert_eq!(register(&m, 0, "rcx"), 0xffff_ffff);
        assert_eq!(m.exits().mmio, 2);
    }

    fn string_output_repeats_on_one_port() {
        // lea rsi, [rip + text]; mov ecx, 5; mov edx, 0x3f8; cld; rep outsb; mov al, 0; out 0xf4, al
        let code = [
            &[0x48, 0x8d, 0x35, 17, 0, 0, 0, 0xb9, 5, 0, 0, 0, 0xba, 0xf8, 3, 0, 0][..],
            &[0xfc, 0xf3, 0x6e, 0xb0, 0, 0xe6, 0xf4],
            b"inns!",
        ]
        .concat();
        let mut m = machine(elf(&code));
        assert_eq!(m.run_until(20 * SECOND), Stop::Status(1));
        assert_eq!(console(&m), "inns!");
    }

    fn memory_of_every_size() {
        for memory in [2 << 20, 3 << 30, (3 << 30) + 4096, 5 << 30, 8 << 30] {
            let mut m = Machine::pc_x64(&Config { memory, ..config(elf(SPIN)) }).expect("a machine");
            assert_eq!(m.run_until(MS), Stop::Limit, "{memory:#x}");
            let last = if memory > 3 << 30 { memory + (1 << 30) } else { memory } - 1;
            assert!(m.peek(last, &mut [0]), "{memory:#x} ends at {last:#x}");
            assert!(!m.peek(last + 1, &mut [0]));
        }
    }

    fn what_kvm_cannot_do_is_refused() {
        let m = machine(elf(SPIN));
        for need in [Need::Determinism, Need::ExactCount] {
            let refused = m.require(need).expect_err("a refusal").to_string();
            assert!(refused.starts_with("the engine kvm "), "{refused}");
        }
        assert!(m.require(Need::Cpus).is_ok());
    }
}
