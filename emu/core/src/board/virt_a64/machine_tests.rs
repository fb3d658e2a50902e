//! The interpreter in the machine, and an engine that can do nothing.

use super::conformance::Variant;
use crate::accel::interp::{Config, Interp};
use crate::accel::{Accel, Caps, Stats, Stop};
use crate::isa::a64::A64;
use crate::machine::Machine;
use crate::mem::Ram;
use crate::system::System;
use crate::vcpu::Core;

fn variants() -> Vec<Variant> {
    let sizes = [(64, 1 << 20), (1, 1 << 20), (4, 1 << 20), (64, 64), (1024, 1 << 20), (3, 16)];
    let variant = |(max_block, cache_insns)| {
        let config = Config { max_block, cache_insns };
        Variant::new(format!("{config:?}"), move || Box::new(Interp::new(config)))
    };
    sizes.map(variant).into()
}

crate::accel_conformance!(variants());

/// An engine that can do nothing.
struct Incapable;

impl Accel<A64> for Incapable {
    fn name(&self) -> &'static str {
        "incapable"
    }
    fn caps(&self) -> Caps {
        Caps { deterministic: false, exact_icount: false, single_step: false, round_robin: false }
    }
    fn run(&mut self, _: &mut Core<A64>, _: u64) -> Stop {
        Stop::Budget
    }
    fn invalidate(&mut self) {}
    fn stats(&self) -> Stats {
        Stats::default()
    }
}

#[test]
fn what_an_engine_cannot_do_is_refused_with_a_sentence() {
    let ram = || System::new(Ram::empty(), 0);
    let refused = Machine::new(ram(), 2, Box::new(Incapable)).err().unwrap();
    assert_eq!(refused.to_string(), "the engine incapable cannot run several CPUs in turns");
    let mut m = Machine::new(ram(), 1, Box::new(Incapable)).unwrap();
    assert!(m.record().unwrap_err().to_string().contains("neither record nor replay"));
}
