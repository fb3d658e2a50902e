//! What does an exit from KVM to a device cost, and the way back? Guests that do nothing else; the
//! figure is wall time for one exit. Needs KVM: without one it says so and measures nothing.

use criterion::{Criterion, criterion_group, criterion_main};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn bench(c: &mut Criterion) {
    use std::time::Duration;

    use innkeeper_core::board::Payload;
    use innkeeper_core::board::pc_x64::Config;
    use innkeeper_core::board::testing::Elf;
    use innkeeper_kvm::{Machine, Stop};

    /// Time a machine takes for `exits` rounds of `access`, as it counts its own: host time while it runs.
    fn run(access: &[u8], exits: u64) -> Duration {
        // mov rdx, 0x3ff (scratch register of COM1); mov rsi, 0xd0000000 (nothing); mov rcx, exits
        let mut code = vec![0xba, 0xff, 3, 0, 0, 0xbe, 0, 0, 0, 0xd0, 0x48, 0xb9];
        code.extend_from_slice(&exits.to_le_bytes());
        code.extend_from_slice(access);
        // dec rcx; jnz access; mov al, 0; out 0xf4, al
        let back = i8::try_from(access.len() + 5).expect("a short access");
        code.extend_from_slice(&[0x48, 0xff, 0xc9, 0x75, (-back).cast_unsigned(), 0xb0, 0, 0xe6, 0xf4]);
        let kernel = Payload { name: "exits".into(), bytes: Elf::new(62, 0x10_0000, &code).bytes() };
        let config = Config { memory: 16 << 20, ..Config::new(kernel) };
        let mut machine = Machine::pc_x64(&config).expect("a machine");
        assert_eq!(machine.run_until(u64::MAX), Stop::Status(1));
        Duration::from_nanos(machine.now())
    }

    if let Err(why) = innkeeper_kvm::host::probe() {
        eprintln!("no usable KVM, nothing measured: {why}");
        return;
    }
    let mut group = c.benchmark_group("exits");
    // in al, dx; out dx, al; mov al, [rsi]; mov [rsi], al
    let accesses: [(&str, &[u8]); 4] = [
        ("PIO in", &[0xec]),
        ("PIO out", &[0xee]),
        ("MMIO read", &[0x8a, 0x06]),
        ("MMIO write", &[0x88, 0x06]),
    ];
    for (name, access) in accesses {
        group.bench_function(name, |b| b.iter_custom(|n| run(access, n)));
    }
    group.finish();
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn bench(_: &mut Criterion) {
    eprintln!("KVM is for x86-64 Linux hosts here: nothing measured");
}

criterion_group!(benches, bench);
criterion_main!(benches);
