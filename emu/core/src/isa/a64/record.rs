//! Semantics of single instructions as micro-operations.

use super::insn::SP;
use super::table::{self, Class, Handler};
use super::{Insn, decode};
use crate::emit::check::Rules;
use crate::emit::obj::{EmitObj, Obj};
use crate::emit::uop::Recorder;

/// Gives the operations of a decoded instruction to `to`: what a translator calls for each.
pub fn describe(insn: &Insn, to: &mut dyn EmitObj) {
    fn handlers<'a>() -> &'a [Handler<Obj<'a>>; table::LEN + 1] {
        const { &table::handlers::<Obj<'a>>() }
    }
    // Builders never fail: see `Obj`.
    let _ = handlers()[usize::from(insn.row).min(table::LEN)](&mut Obj(to), insn);
}

/// The operations of an instruction word.
pub fn record(word: u32) -> Recorder {
    let mut r = Recorder::default();
    describe(&decode::decode(word), &mut r);
    r
}

/// What the checker demands of a row.
pub fn rules(row: &table::Row) -> Rules {
    Rules {
        ends_block: row.ends_block(),
        memory: row.class != Class::Plain && row.class != Class::Branch,
        restartable: row.restartable,
        sp: Some(SP),
        registers: (32, 32),
    }
}
