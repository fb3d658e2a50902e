//! Guest operations as CLIF.
//!
//! [`Lower`] holds what is known at the point of the function where the next instruction goes: SSA
//! values of the guest's registers, how the flags are held, what differs from memory. Operations
//! are lowered by kind: `int`, `flags`, `mem`, `vec`, `fp`, `system`; leaving the region is `exit`.

pub mod exit;
pub mod flags;
mod fp;
mod fp_arith;
mod fp_convert;
mod groups;
mod host;
mod int;
pub mod mem;
pub mod system;
#[cfg(test)]
mod tests;
pub mod value;
mod vec;
mod vec_arith;
mod vec_permute;
mod vec_shift;

use cranelift_codegen::ir::{self, InstBuilder as _, MemFlagsData, SigRef, Type, Value, types};
use cranelift_frontend::{FunctionBuilder, Variable};
use innkeeper_core::emit::Lane;
use innkeeper_core::emit::obj::{Uop, V as VId};

use crate::analysis::Set;
use crate::cache::Code;
use crate::layout::{Abi, Word};
use crate::mode::Mode;
use crate::region::{Block, Insn};
pub use host::Host;
use value::{Q, V, Val};

/// Signatures of what translated code calls.
pub struct Sigs {
    /// Another region.
    pub region: SigRef,
    /// The slow path of memory: everything is preserved.
    pub stub: SigRef,
    /// Rust functions of 2 and 3 words that return one.
    pub rust2: SigRef,
    /// See `rust2`.
    pub rust3: SigRef,
}

/// The SSA variables of guest state.
pub struct Vars {
    /// General registers.
    pub x: [Variable; 32],
    /// Vector registers, as bytes.
    pub v: [Variable; 32],
    /// Instructions of the budget left, those of the current block already taken away.
    pub left: Variable,
}

/// The state of lowering.
pub struct Lower<'a, 'f> {
    /// The function.
    pub b: &'a mut FunctionBuilder<'f>,
    /// Where constants that outlive the compilation go.
    pub code: &'a mut Code,
    /// What the code is compiled for.
    pub mode: Mode,
    /// Where things are.
    pub abi: Abi,
    /// What the host can do.
    host: Host,
    /// Signatures.
    pub sigs: Sigs,
    /// Variables.
    pub vars: Vars,
    /// Address of the `Core` as the block has it: it is in the pinned register.
    ctx: Option<(ir::Block, Value)>,
    /// Address of the table of the TLB.
    pub tlb: Value,
    /// What differs from memory here.
    pub dirty: Set,
    /// How the flags are held here.
    flags: flags::Flags,
    /// Values of the current instruction's operations.
    values: Vec<Val>,
    /// 32-bit values of general registers written as such in this block.
    low: [Option<Value>; 32],
    /// Scalars that vector registers were made of in this block.
    scalar: [Option<Value>; 32],
    /// Address of the current instruction.
    pub pc: u64,
    /// Instructions of the block from the current one on.
    pub rest: i64,
    /// The exit that accesses since the last store share.
    exit: Option<ir::Block>,
    /// Blocks that leave the region, emitted at the end.
    leaves: Vec<exit::Leave>,
    /// Accesses of this block that share a lookup.
    groups: groups::Groups,
    /// The operation after the current one sign-extends its result.
    sign_extends: bool,
    /// Of the result of the current operation only the two halves are used.
    loads_pair: bool,
    /// The result of the current one goes to a vector register.
    to_vector: bool,
    /// Whether the stack pointer is known to be aligned.
    sp_aligned: bool,
}

impl<'a, 'f> Lower<'a, 'f> {
    /// Lowering of a function whose first block has `tlb`.
    pub fn new(
        b: &'a mut FunctionBuilder<'f>,
        code: &'a mut Code,
        mode: Mode,
        (abi, host): (Abi, Host),
        sigs: Sigs,
        tlb: Value,
    ) -> Lower<'a, 'f> {
        let vars = Vars {
            x: std::array::from_fn(|_| b.declare_var(types::I64)),
            v: std::array::from_fn(|_| b.declare_var(types::I8X16)),
            left: b.declare_var(types::I64),
        };
        Lower {
            b,
            code,
            mode,
            abi,
            host,
            sigs,
            vars,
            ctx: None,
            tlb,
            dirty: Set(0),
            flags: flags::Flags::Memory(None),
            values: Vec::new(),
            low: [None; 32],
            scalar: [None; 32],
            pc: 0,
            rest: 0,
            exit: None,
            leaves: Vec::new(),
            groups: groups::Groups::default(),
            sp_aligned: false,
            sign_extends: false,
            loads_pair: false,
            to_vector: false,
        }
    }

    /// Begins a block: nothing is known but what the analysis says.
    pub fn begin(&mut self, block: &Block, dirty: Set, kind: Option<crate::flags::Kind>) {
        self.dirty = dirty;
        self.flags = flags::Flags::Memory(kind);
        self.low = [None; 32];
        self.scalar = [None; 32];
        self.exit = None;
        self.sp_aligned = false;
        self.groups = groups::Groups::of(block);
    }

    /// Lowers instruction number `n` of a block, at `pc`; `rest` instructions remain with it. The
    /// operation that ends a block is left to the caller.
    pub fn insn(&mut self, insn: &Insn, n: usize, pc: u64, rest: usize) {
        self.pc = pc;
        self.rest = i64::try_from(rest).unwrap_or(0);
        self.values.clear();
        for (i, op) in insn.uops.iter().enumerate() {
            self.groups.at((n, i));
            self.loads_pair = matches!(op, Uop::LoadQ(..)) && only_doubles_of(i, &insn.uops);
            self.sign_extends =
                matches!(insn.uops.get(i + 1), Some(Uop::Ext(_, true, v)) if v.0 as usize == i);
            let into_vector = |op: &Uop| matches!(op, Uop::QMake(v, _) | Uop::Dup(_, v) if v.0 as usize == i);
            self.to_vector = insn.uops[i + 1..].iter().take(2).any(into_vector);
            let val = self.op(*op);
            self.values.push(val);
        }
    }

    fn op(&mut self, op: Uop) -> Val {
        match op {
            Uop::Imm(v) => Val::V(V::constant(v)),
            Uop::QImm(v) => Val::Q(self.q_constant(v)),
            Uop::Pc => Val::V(V::constant(self.pc)),
            Uop::Get(r) => Val::V(self.get(r.0)),
            Uop::Set(r, v) => self.set(r.0, v),
            Uop::GetQ(r) => Val::Q(self.getq(r.0)),
            Uop::SetQ(r, q) => self.setq(r.0, q),
            Uop::Bin(..) | Uop::Un(..) | Uop::Cmp(..) | Uop::Select(..) | Uop::Ext(..) => {
                Val::V(self.int(op))
            }
            Uop::Flags(..) | Uop::FlagsIf(..) | Uop::SetNzcv(_) => self.set_flags(op),
            Uop::Cond(_) | Uop::Nzcv => Val::V(self.read_flags(op)),
            Uop::Load(..)
            | Uop::Store(..)
            | Uop::LoadQ(..)
            | Uop::StoreQ(..)
            | Uop::Rmw(..)
            | Uop::Cas(..)
            | Uop::CasQ(..)
            | Uop::LoadExclusive(..)
            | Uop::StoreExclusive(..)
            | Uop::ProbeStore(..) => self.memory(op),
            Uop::SpAccess | Uop::TrapIf(..) | Uop::Helper(..) => self.system(op),
            Uop::F1(..) | Uop::F2(..) | Uop::F3(..) | Uop::FCmp(..) | Uop::FCvt(..) => {
                Val::V(self.fp_scalar(op))
            }
            Uop::QF1(..) | Uop::QF2(..) | Uop::QF3(..) => Val::Q(self.fp_vector(op)),
            Uop::Lane(..) => Val::V(self.lane(op)),
            Uop::QMake(..)
            | Uop::SetLane(..)
            | Uop::Dup(..)
            | Uop::Q1(..)
            | Uop::Q2(..)
            | Uop::Q3(..)
            | Uop::QI(..)
            | Uop::HelperQ(..) => Val::Q(self.vector(op)),
            // Enabled in this mode; ordered by being executed in order; ends are the caller's.
            Uop::FpAccess | Uop::Barrier | Uop::Trap(_) | Uop::End(_) => Val::None,
        }
    }

    // -- registers ------------------------------------------------------------------------------

    fn get(&mut self, r: u8) -> V {
        let full = self.b.use_var(self.vars.x[usize::from(r & 31)]);
        V { low: self.low[usize::from(r & 31)], ..V::full(full) }
    }

    fn set(&mut self, r: u8, v: VId) -> Val {
        let r = r & 31;
        let full = self.v64(v);
        self.b.def_var(self.vars.x[usize::from(r)], full);
        self.low[usize::from(r)] = self.v(v).low;
        self.dirty = self.dirty.or(Set::x(r));
        if r == 31 {
            self.sp_aligned = false;
        }
        Val::None
    }

    fn getq(&mut self, r: u8) -> Q {
        let vec = self.b.use_var(self.vars.v[usize::from(r & 31)]);
        Q { scalar: self.scalar[usize::from(r & 31)], ..Q::vec(vec) }
    }

    fn setq(&mut self, r: u8, q: innkeeper_core::emit::obj::Q) -> Val {
        let q = self.q(q);
        let r = r & 31;
        self.b.def_var(self.vars.v[usize::from(r)], q.vec);
        self.scalar[usize::from(r)] = q.scalar;
        self.dirty = self.dirty.or(Set::v(r));
        Val::None
    }

    // -- context and calls ------------------------------------------------------------------------

    /// A constant.
    pub fn imm(&mut self, v: u64) -> Value {
        self.b.ins().iconst(types::I64, v.cast_signed())
    }

    /// Address of the `Core`.
    pub fn ctx(&mut self) -> Value {
        let here = self.b.current_block();
        if let Some((block, ctx)) = self.ctx
            && Some(block) == here
        {
            return ctx;
        }
        let ctx = self.b.ins().get_pinned_reg(types::I64);
        self.ctx = here.map(|block| (block, ctx));
        ctx
    }

    /// Loads from an offset of the context.
    pub fn load_ctx(&mut self, ty: Type, offset: i32) -> Value {
        let ctx = self.ctx();
        self.b.ins().load(ty, MemFlagsData::trusted(), ctx, offset)
    }

    /// Stores to an offset of the context.
    pub fn store_ctx(&mut self, v: Value, offset: i32) {
        let ctx = self.ctx();
        self.b.ins().store(MemFlagsData::trusted(), v, ctx, offset);
    }

    /// Calls a Rust function of the context and one word.
    fn call2(&mut self, function: u64, a: Value) -> Value {
        let (f, ctx) = (self.imm(function), self.ctx());
        let call = self.b.ins().call_indirect(self.sigs.rust2, f, &[ctx, a]);
        self.b.inst_results(call)[0]
    }

    /// Calls a Rust function of three words.
    fn call3(&mut self, function: u64, args: [Value; 3]) -> Value {
        let f = self.imm(function);
        let call = self.b.ins().call_indirect(self.sigs.rust3, f, &args);
        self.b.inst_results(call)[0]
    }

    /// The values of a helper's 128-bit operands go to the area; 64-bit ones to their low halves.
    fn pass(&mut self, args: &[Val]) {
        for (arg, word) in args.iter().zip([Word::Arg0, Word::Arg1, Word::Arg2]) {
            match *arg {
                Val::V(V { float: Some(v), .. }) if self.type_of(v) == types::F64 => {
                    self.store_ctx(v, self.abi.area(word));
                }
                Val::V(v) => {
                    let v = self.full(v);
                    self.store_ctx(v, self.abi.area(word));
                }
                Val::Q(q) => self.store_ctx(q.vec, self.abi.area(word)),
                Val::None => {}
            }
        }
    }

    /// An operation by the definition that the interpreter uses too.
    fn by_helper(&mut self, op: Uop, args: &[Val]) -> Val {
        use innkeeper_core::emit::obj::Kind;
        self.pass(args);
        let op_address = self.code.keep(op);
        let op_address = self.imm(op_address);
        self.call2(self.abi.functions.compute, op_address);
        match op.kind() {
            Kind::None => Val::None,
            Kind::V => Val::V(V::full(self.load_ctx(types::I64, self.abi.area(Word::Result)))),
            Kind::Q => Val::Q(Q::vec(self.load_ctx(types::I8X16, self.abi.area(Word::Result)))),
        }
    }
}

/// Whether vector number `n` of an instruction is used as two 64-bit lanes only.
fn only_doubles_of(n: usize, uops: &[Uop]) -> bool {
    uops.iter().skip(n + 1).all(|op| match *op {
        Uop::Lane(Lane::D, ..) => true,
        Uop::SetQ(_, q) | Uop::StoreQ(_, _, q) | Uop::StoreExclusive(_, _, q) => q.0 as usize != n,
        Uop::Set(..) | Uop::Get(_) | Uop::Imm(_) | Uop::Bin(..) | Uop::Ext(..) => true,
        _ => false,
    })
}
