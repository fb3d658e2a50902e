//! Leaving a region: with everything in memory, at an exact instruction.

use cranelift_codegen::ir::{self, InstBuilder as _, Value, types};

use super::Lower;
use crate::analysis::Set;
use crate::layout::{Exit, Word};

/// A block that leaves with a state, in front of the instruction at `pc`.
pub struct Leave {
    block: ir::Block,
    why: Exit,
    pc: u64,
    left: Value,
    refund: i64,
    state: State,
}

/// Values to be written back.
pub struct State {
    registers: Vec<(i32, Value)>,
    /// Vector registers that are a number with zeros above.
    numbers: Vec<(i32, Value)>,
    flags: Option<[Value; 3]>,
}

impl Lower<'_, '_> {
    /// The exit in front of the current instruction, or of an earlier one since which nothing has
    /// been done that could not be done again.
    pub fn exit_block(&mut self) -> ir::Block {
        if let Some(block) = self.exit {
            return block;
        }
        let block = self.leave_later(Exit::Interpret, self.pc, self.rest);
        self.exit = Some(block);
        block
    }

    /// A block that leaves at `pc` with the state of this point, `refund` instructions of those
    /// charged not having been executed.
    pub fn leave_later(&mut self, why: Exit, pc: u64, refund: i64) -> ir::Block {
        let block = self.cold_block();
        let left = self.b.use_var(self.vars.left);
        let state = self.state();
        self.leaves.push(Leave { block, why, pc, left, refund, state });
        block
    }

    /// The same with everything in memory already.
    pub fn leave_clean(&mut self, why: Exit, pc: u64, left: Value) -> ir::Block {
        let block = self.cold_block();
        let state = State { registers: Vec::new(), numbers: Vec::new(), flags: None };
        self.leaves.push(Leave { block, why, pc, left, refund: 0, state });
        block
    }

    /// Leaves for the interpreter when `condition` is not 0.
    pub fn exit_if(&mut self, condition: Value) {
        let (exit, on) = (self.exit_block(), self.b.create_block());
        self.b.ins().brif(condition, exit, &[], on, &[]);
        self.b.switch_to_block(on);
        self.b.seal_block(on);
    }

    /// What has to be written back at this point.
    pub fn state(&mut self) -> State {
        let dirty = self.dirty;
        let mut registers = Vec::new();
        for r in dirty.general() {
            registers.push((self.abi.x(r), self.b.use_var(self.vars.x[usize::from(r)])));
        }
        let mut numbers = Vec::new();
        for r in dirty.vectors() {
            match self.scalar[usize::from(r)] {
                Some(number) => numbers.push((self.abi.v(r), number)),
                None => registers.push((self.abi.v(r), self.b.use_var(self.vars.v[usize::from(r)]))),
            }
        }
        let flags = self.flag_words();
        State { registers, numbers, flags }
    }

    /// Writes back.
    pub fn write(&mut self, state: &State) {
        for &(offset, v) in &state.registers {
            self.store_ctx(v, offset);
        }
        for &(offset, number) in &state.numbers {
            self.store_ctx(number, offset);
            if self.type_of(number) == types::F32 {
                let zero = self.b.ins().iconst(types::I32, 0);
                self.store_ctx(zero, offset + 4);
            }
            let zero = self.imm(0);
            self.store_ctx(zero, offset + 8);
        }
        if let Some(words) = state.flags {
            self.write_flags(words);
        }
    }

    pub(super) fn write_flags(&mut self, words: [Value; 3]) {
        for (v, word) in words.into_iter().zip([Word::FlagKind, Word::FlagA, Word::FlagB]) {
            self.store_ctx(v, self.abi.area(word));
        }
    }

    /// Loads what is wanted into the variables: at the entry and where calls come back.
    pub fn reload(&mut self, live: Set) {
        for r in live.general() {
            let v = self.load_ctx(types::I64, self.abi.x(r));
            self.b.def_var(self.vars.x[usize::from(r)], v);
        }
        for r in live.vectors() {
            let v = self.load_ctx(types::I8X16, self.abi.v(r));
            self.b.def_var(self.vars.v[usize::from(r)], v);
        }
    }

    /// Returns from the function with everything written back.
    pub fn leave(&mut self, why: Exit, pc: Value, left: Value) {
        if why != Exit::Target {
            let why = self.imm(why as u64);
            self.store_ctx(why, self.abi.area(Word::Exit));
        }
        self.b.ins().return_(&[pc, left]);
    }

    /// Emits the blocks that leave.
    pub fn finish(&mut self) {
        for Leave { block, why, pc, left, refund, state } in std::mem::take(&mut self.leaves) {
            self.b.switch_to_block(block);
            self.b.seal_block(block);
            self.write(&state);
            let left = if refund == 0 { left } else { self.b.ins().iadd_imm_s(left, refund) };
            let pc = self.imm(pc);
            self.leave(why, pc, left);
        }
    }

    /// The slow path in a block of its own: asks for the addend at `va`; without one, goes to
    /// `fail`, or on with 0.
    pub(super) fn fill(
        &mut self,
        block: ir::Block,
        va: Value,
        what: u64,
        join: ir::Block,
        fail: Option<ir::Block>,
    ) {
        self.b.switch_to_block(block);
        self.b.seal_block(block);
        let addend = self.call_fill(va, what);
        if let Some(fail) = fail {
            // Its own block: the edge from cold to hot would be laid out hot.
            let on = self.cold_block();
            self.b.ins().brif(addend, on, &[], fail, &[]);
            self.b.switch_to_block(on);
            self.b.seal_block(on);
        }
        self.b.ins().jump(join, &[addend.into()]);
        self.b.switch_to_block(join);
        self.b.seal_block(join);
    }
}
