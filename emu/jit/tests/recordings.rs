//! Recordings of format 1.1 still play, to the digests that they end with: those of machines before they
//! kept their state in structures and their guest behind a seam (`emu/docs/decisions/`). Each has the guest
//! that it was made with beside it.

use innkeeper_core::accel::{Accel, Interp, interp};
use innkeeper_core::board::virt_a64::{Config, VirtA64};
use innkeeper_core::board::{Board as _, Payload};
use innkeeper_core::isa::a64::A64;
use innkeeper_core::machine::Limit;
use innkeeper_core::replay::Log;
use innkeeper_jit::Jit;

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/../core/tests/recordings-1.1/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn engines() -> [Box<dyn Accel<A64>>; 2] {
    let jit = innkeeper_jit::Config { threshold: 50, ..Default::default() };
    [
        Box::new(Interp::new(interp::Config::default())),
        Box::new(Jit::new(jit).expect("a host with a back end")),
    ]
}

/// Inputs of every kind: the console, a port that is opened, written and read, registers, memory.
fn plays(guest: &str, cpus: usize, events: usize) {
    let log = Log::from_bytes(&file(&format!("{guest}.rec"))).expect("a recording");
    assert_eq!(log.events.len(), events);
    let (end, digest) = log.end.expect("it was finished");
    for engine in engines() {
        let name = engine.name();
        let kernel = Payload { name: guest.into(), bytes: file(&format!("{guest}.elf")) };
        let mut config = Config::new(kernel);
        (config.memory, config.cpus) = (4 << 20, cpus);
        config.ports = vec!["org.innkeeper.echo".into()];
        let mut machine = VirtA64::machine(&config, engine).expect("a machine");
        assert_eq!(machine.play(log.clone()), Ok(true), "{name}: another digest at the start");
        machine.run_until(Limit::insns(end.insns));
        assert_eq!(machine.now(), end, "{name}");
        assert_eq!(machine.digest().0, digest, "{name}: another digest at the end");
    }
}

#[test]
fn one_cpu_with_a_port() {
    plays("ports", 1, 56);
}

#[test]
fn two_cpus() {
    plays("two_cpus", 2, 7);
}
