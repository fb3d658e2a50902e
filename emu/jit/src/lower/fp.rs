//! Floating point.

use innkeeper_core::emit::obj::Uop;

use super::Lower;
use super::value::{Q, V, Val};

impl Lower<'_, '_> {
    /// A scalar operation.
    pub(super) fn fp_scalar(&mut self, op: Uop) -> V {
        let args: Vec<Val> = match op {
            Uop::F1(_, _, a) | Uop::FCvt(_, a) => vec![Val::V(self.v(a))],
            Uop::F2(_, _, a, b) | Uop::FCmp(_, _, a, b) => vec![Val::V(self.v(a)), Val::V(self.v(b))],
            Uop::F3(_, _, a, b, c) => vec![Val::V(self.v(a)), Val::V(self.v(b)), Val::V(self.v(c))],
            _ => Vec::new(),
        };
        match self.by_helper(op, &args) {
            Val::V(v) => v,
            _ => V::constant(0),
        }
    }

    /// A vector operation.
    pub(super) fn fp_vector(&mut self, op: Uop) -> Q {
        let args: Vec<Val> = match op {
            Uop::QF1(_, _, a) => vec![Val::Q(self.q(a))],
            Uop::QF2(_, _, a, b) => vec![Val::Q(self.q(a)), Val::Q(self.q(b))],
            Uop::QF3(_, _, a, b, c) => vec![Val::Q(self.q(a)), Val::Q(self.q(b)), Val::Q(self.q(c))],
            _ => Vec::new(),
        };
        match self.by_helper(op, &args) {
            Val::Q(q) => q,
            _ => self.q_constant(0),
        }
    }
}
