//! Every operation on numbers and vectors, compiled by itself and in random sequences, against the
//! interpreter: results, FPSR and flags.
//!
//! Operands come from a seed, which a failure names: `INNKEEPER_SEED=… cargo test -p innkeeper-jit
//! lower::tests`.

mod forms;
mod operands;
mod sequences;

use std::collections::BTreeMap;

use innkeeper_core::emit::obj::{Obj, Uop};
use innkeeper_core::emit::step::Step;
use innkeeper_core::emit::uop::{Recorder, replay};
use innkeeper_core::isa::a64::A64;
use innkeeper_core::isa::a64::testing::FlatCpu;
use innkeeper_core::mem::Ram;
use innkeeper_core::system::System;
use innkeeper_core::vcpu::{Core, Vcpu};

use crate::region::{Block, End, Insn, Region};
use crate::{Config, Jit};

/// Where the tests' code is said to be.
const PC: u64 = 0x1000;

/// What operations read and write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct State {
    x: [u64; 4],
    v: [u128; 4],
    fpsr: u32,
    nzcv: u32,
}

/// The two engines.
struct Bench {
    jit: Jit<A64>,
    core: Box<Core<A64>>,
    flat: FlatCpu,
}

impl Bench {
    fn new() -> Bench {
        let vcpu = Vcpu::<A64>::new(Box::new(System::vacant()), Ram::empty(), 0);
        let mut core = Box::new(Step(vcpu));
        core.0.cpu.fp_enabled = 1;
        Bench { jit: Jit::new(Config::default()).unwrap(), core, flat: FlatCpu::new(PC, 0) }
    }

    /// Compiles blocks of instructions that follow one another.
    fn compile(&mut self, fpcr: u32, blocks: &[&[Vec<Uop>]]) -> u64 {
        self.core.0.cpu.fp.fpcr = fpcr;
        let region = region(blocks);
        self.jit.compile_region(&mut self.core, &region).expect("it compiles")
    }

    fn jit(&mut self, code: u64, fpcr: u32, from: &State) -> State {
        let cpu = &mut self.core.0.cpu;
        cpu.x[..4].copy_from_slice(&from.x);
        cpu.v[..4].copy_from_slice(&from.v);
        (cpu.fp.fpcr, cpu.fp.fpsr, cpu.nzcv) = (fpcr, from.fpsr, from.nzcv);
        self.jit.run_region(&mut self.core, code);
        let cpu = &self.core.0.cpu;
        let (mut x, mut v) = ([0; 4], [0; 4]);
        x.copy_from_slice(&cpu.x[..4]);
        v.copy_from_slice(&cpu.v[..4]);
        State { x, v, fpsr: cpu.fp.fpsr, nzcv: cpu.nzcv }
    }

    fn interpreter<'a>(
        &mut self,
        insns: impl Iterator<Item = &'a Vec<Uop>>,
        fpcr: u32,
        from: &State,
    ) -> State {
        let cpu = &mut self.flat.cpu;
        cpu.x[..4].copy_from_slice(&from.x);
        cpu.v[..4].copy_from_slice(&from.v);
        (cpu.fp.fpcr, cpu.fp.fpsr, cpu.nzcv) = (fpcr, from.fpsr, from.nzcv);
        for uops in insns {
            replay(uops, &mut Step(&mut self.flat)).unwrap();
        }
        let cpu = &self.flat.cpu;
        let (mut x, mut v) = ([0; 4], [0; 4]);
        x.copy_from_slice(&cpu.x[..4]);
        v.copy_from_slice(&cpu.v[..4]);
        State { x, v, fpsr: cpu.fp.fpsr, nzcv: cpu.nzcv }
    }
}

/// A region of blocks that follow one another, each of some instructions.
fn region(blocks: &[&[Vec<Uop>]]) -> Region {
    let mut all = BTreeMap::new();
    let mut pc = PC;
    for (n, insns) in blocks.iter().enumerate() {
        let end = if n + 1 == blocks.len() { End::Interpret } else { End::Next };
        let guest = |uops: &Vec<Uop>| Insn { uops: uops.clone(), len: 4 };
        let block = Block { pc, insns: insns.iter().map(guest).collect(), end };
        let next = block.next();
        all.insert(pc, block);
        pc = next;
    }
    let insns = blocks.iter().map(|b| b.len()).sum();
    Region { pc: PC, blocks: all, pages: Vec::new(), insns }
}

/// The operations that `build` emits.
fn record(build: impl FnOnce(&mut Obj)) -> Vec<Uop> {
    let mut recorder = Recorder::default();
    build(&mut Obj(&mut recorder));
    recorder.ops
}

/// Compares the engines on one instruction with operands from `operands`, several times.
fn check(
    bench: &mut Bench,
    rng: &mut operands::Rng,
    uops: Vec<Uop>,
    fpcr: u32,
    times: usize,
    operands: fn(&mut operands::Rng) -> State,
) {
    let seed = rng.seed;
    let insns = [uops];
    let code = bench.compile(fpcr, &[&insns]);
    for _ in 0..times {
        let from = operands(rng);
        let got = bench.jit(code, fpcr, &from);
        let want = bench.interpreter(insns.iter(), fpcr, &from);
        assert!(
            got == want,
            "{}\nFPCR {fpcr:#x}, seed {seed}\nfrom {from:x?}\ngot  {got:x?}\nwant {want:x?}",
            Recorder { ops: insns[0].clone() }
        );
    }
}
