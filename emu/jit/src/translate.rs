//! A region as a CLIF function: blocks, checks of the budget, transfers of control.

use std::collections::BTreeMap;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, InstBuilder as _, MemFlagsData, Signature, Value, types};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use crate::analysis::{Analysis, Set};
use crate::cache::{Code, SLOT_CODE};
use crate::layout::{Abi, Exit, Word};
use crate::links::{JUMP_BITS, JUMPS};
use crate::lower::{Host, Lower, Sigs};
use crate::mode::Mode;
use crate::region::{Block, End, Region};

/// Bits of a guest address, shifted, that are the offset of its entry in the jump cache.
const JUMP_MASK: i64 = (1 << (JUMPS.trailing_zeros() + JUMP_BITS)) - (1 << JUMP_BITS);

/// Of a region: TLB table, instructions left; gives the guest's PC and instructions left. The address
/// of the `Core` is in the pinned register.
pub fn region_signature() -> Signature {
    signature(CallConv::Tail, 2, 2)
}

/// A signature of words.
pub fn signature(convention: CallConv, params: usize, returns: usize) -> Signature {
    let mut s = Signature::new(convention);
    s.params = vec![AbiParam::new(types::I64); params];
    s.returns = vec![AbiParam::new(types::I64); returns];
    s
}

/// Builds the function of a region into `func`.
pub fn translate(
    func: &mut ir::Function,
    context: &mut FunctionBuilderContext,
    (isa, abi): (&dyn TargetIsa, Abi),
    region: &Region,
    mode: Mode,
    code: &mut Code,
) {
    let analysis = Analysis::of(region);
    let mut b = FunctionBuilder::new(func, context);
    let sigs = Sigs {
        region: b.import_signature(region_signature()),
        stub: b.import_signature(signature(CallConv::PreserveAll, 0, 0)),
        rust2: b.import_signature(signature(CallConv::SystemV, 2, 1)),
        rust3: b.import_signature(signature(CallConv::SystemV, 3, 1)),
    };
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    let (tlb, left) = match *b.block_params(entry) {
        [tlb, left] => (tlb, left),
        _ => return,
    };
    let blocks: BTreeMap<u64, ir::Block> = analysis.order.iter().map(|&pc| (pc, b.create_block())).collect();
    let lower = Lower::new(&mut b, code, mode, (abi, Host::of(isa)), sigs, tlb);
    let mut t = Translator { region, analysis: &analysis, blocks, exits: Vec::new(), lower };
    t.entry(left);
    for &pc in &analysis.order {
        t.block(&region.blocks[&pc]);
    }
    t.emit_exits();
    t.lower.finish();
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
}

struct Translator<'a, 'f> {
    region: &'a Region,
    analysis: &'a Analysis,
    /// The CLIF blocks of the guest's.
    blocks: BTreeMap<u64, ir::Block>,
    /// Direct exits: their blocks, with the state they leave with.
    exits: Vec<(ir::Block, u64, crate::lower::exit::State, Value)>,
    lower: Lower<'a, 'f>,
}

impl Translator<'_, '_> {
    /// The entry: leaves at once unless the budget reaches to the next check.
    fn entry(&mut self, left: Value) {
        let pc = self.region.pc;
        let l = &mut self.lower;
        l.b.def_var(l.vars.left, left);
        if let Some(f) = self.analysis.get(pc) {
            let need = l.imm(f.need);
            self.check(pc, left, need);
            self.lower.reload(f.live);
        }
        self.enter_block(pc);
    }

    /// Leaves in front of `pc`, with everything in memory, if `left` is less than `need`.
    fn check(&mut self, pc: u64, left: Value, need: Value) {
        let l = &mut self.lower;
        let short = l.b.ins().icmp(IntCC::SignedLessThan, left, need);
        let (out, on) = (l.leave_clean(Exit::Budget, pc, left), l.b.create_block());
        l.b.ins().brif(short, out, &[], on, &[]);
        l.b.switch_to_block(on);
        l.b.seal_block(on);
    }

    /// Jumps to the block at `pc`.
    fn enter_block(&mut self, pc: u64) {
        if let Some(&block) = self.blocks.get(&pc) {
            self.lower.b.ins().jump(block, &[]);
        }
    }

    fn block(&mut self, block: &Block) {
        let (Some(f), Some(&body)) = (self.analysis.get(block.pc), self.blocks.get(&block.pc)) else {
            return;
        };
        let l = &mut self.lower;
        l.b.switch_to_block(body);
        l.begin(block, f.dirty, f.flags);
        let len = block.insns.len();
        let left = l.b.use_var(l.vars.left);
        let left = l.b.ins().iadd_imm_s(left, -i64::try_from(len).unwrap_or(0));
        l.b.def_var(l.vars.left, left);
        let transfers = matches!(block.end, End::Jump(_) | End::Branch(..));
        let mut pc = block.pc;
        for (n, insn) in block.insns.iter().enumerate() {
            // In front of the transfer, where the operands of the flags are at hand anyway.
            if n + 1 == len && transfers {
                self.check_behind(f.check, pc, 1);
            }
            self.lower.insn(insn, n, pc, len - n);
            pc = pc.wrapping_add(insn.len);
        }
        if !transfers {
            self.check_behind(f.check, block.next(), 0);
        }
        self.end(block);
    }

    /// Leaves in front of `pc`, `refund` instructions before the end of the block, unless `need` are
    /// left behind it.
    fn check_behind(&mut self, need: Option<u64>, pc: u64, refund: i64) {
        let Some(need) = need else { return };
        let l = &mut self.lower;
        let left = l.b.use_var(l.vars.left);
        let short = l.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, need.cast_signed());
        let (out, on) = (l.leave_later(Exit::Budget, pc, refund), l.b.create_block());
        l.b.ins().brif(short, out, &[], on, &[]);
        l.b.switch_to_block(on);
        l.b.seal_block(on);
    }

    /// The flags go to memory if a successor wants them.
    fn leave_flags(&mut self, block: &Block) {
        if block.successors().any(|to| self.analysis.get(to).is_some_and(|f| f.flags_live)) {
            self.lower.leave_flags();
        }
    }

    fn end(&mut self, block: &Block) {
        let next = block.next();
        match block.end {
            End::Next => self.jump(block, next),
            End::Jump(to) => self.jump(block, to),
            End::Branch(c, to) => {
                let c = self.lower.condition(c);
                self.leave_flags(block);
                let (taken, on) = (self.edge(to), self.edge(next));
                self.lower.b.ins().brif(c, taken, &[], on, &[]);
            }
            End::Interpret => {
                let left = self.lower.b.use_var(self.lower.vars.left);
                let state = self.lower.state();
                self.lower.write(&state);
                let pc = self.lower.imm(next);
                self.lower.leave(Exit::Interpret, pc, left);
            }
            End::Call(to) => {
                let left = self.write_back();
                self.call(Target::Direct(to), next, left);
            }
            End::CallIndirect(v) => {
                let target = self.lower.v64(v);
                let left = self.write_back();
                self.call(Target::Indirect(target), next, left);
            }
            End::Indirect(v) => {
                let target = self.lower.v64(v);
                let left = self.write_back();
                self.tail_call(Target::Indirect(target), left);
            }
            End::Return(v) => {
                let target = self.lower.v64(v);
                let left = self.write_back();
                self.lower.leave(Exit::Target, target, left);
            }
        }
    }

    fn jump(&mut self, block: &Block, to: u64) {
        self.leave_flags(block);
        let to = self.edge(to);
        self.lower.b.ins().jump(to, &[]);
    }

    /// The block for going to `pc`, inside the region or out of it.
    fn edge(&mut self, pc: u64) -> ir::Block {
        if let Some(&block) = self.blocks.get(&pc) {
            return block;
        }
        let block = self.lower.b.create_block();
        let left = self.lower.b.use_var(self.lower.vars.left);
        let state = self.lower.state();
        self.exits.push((block, pc, state, left));
        block
    }

    fn emit_exits(&mut self) {
        for (block, pc, state, left) in std::mem::take(&mut self.exits) {
            self.lower.b.switch_to_block(block);
            self.lower.b.seal_block(block);
            self.lower.write(&state);
            self.tail_call(Target::Direct(pc), left);
        }
    }

    /// Puts everything in memory; gives the instructions left.
    fn write_back(&mut self) -> Value {
        let state = self.lower.state();
        self.lower.write(&state);
        self.lower.dirty = Set(0);
        self.lower.b.use_var(self.lower.vars.left)
    }

    /// Goes on in another region, which returns in our place.
    fn tail_call(&mut self, target: Target, left: Value) {
        let code = self.code_of(target);
        let l = &mut self.lower;
        let args = [l.tlb, left];
        l.b.ins().return_call_indirect(l.sigs.region, code, &args);
    }

    /// Calls another region; if it comes back to `next`, goes on there.
    fn call(&mut self, target: Target, next: u64, left: Value) {
        let Some(after) = self.analysis.get(next).copied() else {
            return self.tail_call(target, left);
        };
        self.check_depth(target, left);
        let code = self.code_of(target);
        let l = &mut self.lower;
        let args = [l.tlb, left];
        let call = l.b.ins().call_indirect(l.sigs.region, code, &args);
        let (pc, left) = match *l.b.inst_results(call) {
            [pc, left] => (pc, left),
            _ => return,
        };
        let expected = l.imm(next);
        let elsewhere = l.b.ins().icmp(IntCC::NotEqual, pc, expected);
        let (up, on) = (l.cold_block(), l.b.create_block());
        l.b.ins().brif(elsewhere, up, &[], on, &[]);
        l.b.switch_to_block(up);
        l.b.seal_block(up);
        l.b.ins().return_(&[pc, left]);
        l.b.switch_to_block(on);
        l.b.seal_block(on);
        let need = l.imm(after.need);
        self.check(next, left, need);
        let l = &mut self.lower;
        l.b.def_var(l.vars.left, left);
        l.reload(after.live);
        self.enter_block(next);
    }

    /// Leaves in front of the callee when there is too little host stack.
    fn check_depth(&mut self, target: Target, left: Value) {
        let l = &mut self.lower;
        let sp = l.b.ins().get_stack_pointer(types::I64);
        let limit = l.load_ctx(types::I64, l.abi.area(Word::StackLimit));
        let deep = l.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        let (out, on) = (l.cold_block(), l.b.create_block());
        l.b.ins().brif(deep, out, &[], on, &[]);
        l.b.switch_to_block(out);
        l.b.seal_block(out);
        let pc = match target {
            Target::Direct(pc) => l.imm(pc),
            Target::Indirect(pc) => pc,
        };
        l.leave(Exit::Depth, pc, left);
        l.b.switch_to_block(on);
        l.b.seal_block(on);
    }

    /// Address of the code of a target.
    fn code_of(&mut self, target: Target) -> Value {
        match target {
            Target::Direct(pc) => {
                let slot = self.lower.code.slot();
                let (slot, pc) = (self.lower.imm(slot), self.lower.imm(pc));
                let key = self.word(slot, 0);
                self.code_if(&[(key, Word::Key.into())], (slot, SLOT_CODE), (pc, slot))
            }
            Target::Indirect(pc) => {
                let l = &mut self.lower;
                let index = l.b.ins().ishl_imm_u(pc, i64::from(JUMP_BITS - l.abi.align_bits));
                let index = l.b.ins().band_imm_u(index, JUMP_MASK);
                let jumps = l.load_ctx(types::I64, l.abi.area(Word::Jumps));
                let entry = l.b.ins().iadd(jumps, index);
                let null = l.imm(0);
                let (at, key) = (self.word(entry, 0), self.word(entry, 8));
                self.code_if(&[(at, pc.into()), (key, Word::Key.into())], (entry, 16), (pc, null))
            }
        }
    }

    fn word(&mut self, at: Value, offset: i32) -> Value {
        self.lower.b.ins().load(types::I64, MemFlagsData::trusted(), at, offset)
    }

    /// The code at an address if all of `equal` are pairwise equal; otherwise the engine is asked for
    /// the code at `pc`, and notes it in the slot.
    fn code_if(&mut self, equal: &[(Value, Other)], at: (Value, i32), (pc, slot): (Value, Value)) -> Value {
        let (cold, join) = (self.lower.cold_block(), self.lower.b.create_block());
        let code = self.lower.b.append_block_param(join, types::I64);
        for &(a, ref b) in equal {
            let l = &mut self.lower;
            let b = match *b {
                Other::Value(b) => b,
                Other::Word(w) => l.load_ctx(types::I64, l.abi.area(w)),
            };
            let same = l.b.ins().icmp(IntCC::Equal, a, b);
            let on = l.b.create_block();
            l.b.ins().brif(same, on, &[], cold, &[]);
            l.b.switch_to_block(on);
            l.b.seal_block(on);
        }
        let found = self.word(at.0, at.1);
        let l = &mut self.lower;
        l.b.ins().jump(join, &[found.into()]);
        l.b.switch_to_block(cold);
        l.b.seal_block(cold);
        let (resolve, ctx) = (l.imm(l.abi.functions.resolve), l.ctx());
        let call = l.b.ins().call_indirect(l.sigs.rust3, resolve, &[ctx, pc, slot]);
        let found = l.b.inst_results(call)[0];
        l.b.ins().jump(join, &[found.into()]);
        l.b.switch_to_block(join);
        l.b.seal_block(join);
        code
    }
}

/// What a word is compared with.
enum Other {
    Value(Value),
    Word(Word),
}

impl From<Value> for Other {
    fn from(v: Value) -> Other {
        Other::Value(v)
    }
}

impl From<Word> for Other {
    fn from(w: Word) -> Other {
        Other::Word(w)
    }
}

/// Where a transfer of control goes.
#[derive(Clone, Copy)]
enum Target {
    Direct(u64),
    Indirect(Value),
}
