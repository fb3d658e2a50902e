//! Traps on conditions, and helpers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, types};
use innkeeper_core::emit::Helper;
use innkeeper_core::emit::obj::Uop;

use super::Lower;
use super::value::{V, Val};
use crate::layout::Word;

impl Lower<'_, '_> {
    pub(super) fn system(&mut self, op: Uop) -> Val {
        match op {
            Uop::SpAccess if self.mode.sp_check() && !self.sp_aligned => {
                let sp = self.get(31);
                let sp = self.full(sp);
                let low = self.b.ins().band_imm_u(sp, 15);
                self.exit_if(low);
                self.sp_aligned = true;
                Val::None
            }
            Uop::TrapIf(c, _) => {
                let c = self.condition(c);
                self.exit_if(c);
                Val::None
            }
            Uop::Helper(Helper::ReadSysReg | Helper::CheckZva, args) => self.fallible(op, args),
            Uop::Helper(_, args) => {
                let args = args.map(|a| Val::V(self.v(a)));
                self.by_helper(op, &args)
            }
            _ => Val::None,
        }
    }

    /// A helper that may trap: it is tried, and where it would trap, the interpreter does it again.
    fn fallible(&mut self, op: Uop, args: [innkeeper_core::emit::obj::V; 3]) -> Val {
        let args = args.map(|a| Val::V(self.v(a)));
        self.pass(&args);
        let op = self.code.keep(op);
        let op = self.imm(op);
        let trapped = self.call2(self.abi.functions.attempt, op);
        let trapped = self.b.ins().icmp_imm_u(IntCC::NotEqual, trapped, 0);
        self.exit_if(trapped);
        Val::V(V::full(self.load_ctx(types::I64, self.abi.area(Word::Result))))
    }
}
