//! Which accesses of a block share one lookup in the TLB: those whose addresses are the same
//! register plus constants that lie close together, such as the fields of a structure or a stack
//! frame.

use std::collections::HashMap;

use cranelift_codegen::ir::Value;
use innkeeper_core::emit::obj::Uop;
use innkeeper_core::emit::{Bin, MemOp, W};

use crate::region::Block;

/// Most bytes from the first to the last that a group covers.
const SPAN: i64 = 256;

/// A group of accesses.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// First byte, relative to the common base.
    pub low: i64,
    /// Byte behind the last.
    pub high: i64,
    /// Something is written.
    pub write: bool,
    /// Number of accesses.
    pub count: u32,
    /// Host address minus guest address, or 0 when every access has to look by itself; once the
    /// first access has been lowered.
    pub addend: Option<Value>,
}

/// Place of an operation: number of the instruction in the block, number of the operation in it.
type Place = (usize, usize);

/// The groups of a block.
#[derive(Default, Debug)]
pub struct Groups {
    all: Vec<Group>,
    /// Group and offset of each access.
    members: HashMap<Place, (usize, i64)>,
    here: Place,
    /// What the current instruction has probed: group, first and last byte, addend.
    probed: Option<(usize, i64, i64, Value)>,
}

/// An address: a base and a constant. Bases are numbered.
type Address = (u32, i64);

struct Scan {
    next_base: u32,
    /// What registers hold.
    regs: [Option<Address>; 32],
    /// What the operations of the instruction resulted in.
    values: Vec<Option<Address>>,
    constants: Vec<Option<u64>>,
    /// The newest group of each base.
    open: HashMap<u32, usize>,
}

impl Groups {
    /// The groups of `block`.
    pub fn of(block: &Block) -> Groups {
        let mut groups = Groups::default();
        let mut scan = Scan {
            next_base: 0,
            regs: [None; 32],
            values: Vec::new(),
            constants: Vec::new(),
            open: HashMap::new(),
        };
        for (n, guest) in block.insns.iter().enumerate() {
            scan.values.clear();
            scan.constants.clear();
            for (i, op) in guest.uops.iter().enumerate() {
                scan.op(op);
                if let Some((address, len, write)) = access(op)
                    && let Some(at) = scan.values.get(address).copied().flatten()
                {
                    groups.join(&mut scan.open, (n, i), at, len, write);
                }
            }
        }
        groups
    }

    fn join(
        &mut self,
        open: &mut HashMap<u32, usize>,
        place: Place,
        (base, at): Address,
        len: i64,
        write: bool,
    ) {
        let fits = |g: &Group| g.high.max(at.saturating_add(len)).saturating_sub(g.low.min(at)) <= SPAN;
        let n = match open.get(&base).copied().filter(|&n| fits(&self.all[n])) {
            Some(n) => n,
            None => {
                self.all.push(Group {
                    low: at,
                    high: at.saturating_add(len),
                    write: false,
                    count: 0,
                    addend: None,
                });
                self.all.len() - 1
            }
        };
        open.insert(base, n);
        let g = &mut self.all[n];
        (g.low, g.high) = (g.low.min(at), g.high.max(at.saturating_add(len)));
        g.write |= write;
        g.count += 1;
        self.members.insert(place, (n, at));
    }

    /// Goes to an operation.
    pub fn at(&mut self, place: Place) {
        if place.0 != self.here.0 {
            self.probed = None;
        }
        self.here = place;
    }

    /// Notes that the `len` bytes of the access here may be written through `addend`.
    pub fn probe(&mut self, len: i64, addend: Value) {
        self.probed = self.members.get(&self.here).map(|&(n, at)| (n, at, at.saturating_add(len), addend));
    }

    /// The addend of an access of `len` bytes that the same instruction has probed.
    pub fn probed(&self, len: i64) -> Option<Value> {
        let (&(n, at), (group, low, high, addend)) = (self.members.get(&self.here)?, self.probed?);
        (n == group && at >= low && at.saturating_add(len) <= high).then_some(addend)
    }

    /// The group of the access here, if it shares, and its offset from the base.
    pub fn here(&mut self) -> Option<(&mut Group, i64)> {
        let &(n, offset) = self.members.get(&self.here)?;
        let group = &mut self.all[n];
        (group.count > 1).then_some((group, offset))
    }
}

/// Number of the value that is the address of a plain access, its length, and whether it writes.
fn access(op: &Uop) -> Option<(usize, i64, bool)> {
    let plain = |m: MemOp| !m.unpriv && !m.aligned;
    match *op {
        Uop::Load(m, a) | Uop::LoadQ(m, a) if plain(m) => Some((a.0 as usize, 1 << m.size, false)),
        Uop::Store(m, a, _) if plain(m) => Some((a.0 as usize, 1 << m.size, true)),
        Uop::StoreQ(m, a, _) if plain(m) => Some((a.0 as usize, 1 << m.size, true)),
        Uop::ProbeStore(m, a, n) if plain(m) => Some((a.0 as usize, n.into(), true)),
        _ => None,
    }
}

impl Scan {
    fn fresh(&mut self) -> Address {
        self.next_base += 1;
        (self.next_base, 0)
    }

    fn op(&mut self, op: &Uop) {
        let mut constant = None;
        let value = match *op {
            Uop::Imm(v) => {
                constant = Some(v);
                None
            }
            Uop::Get(r) => {
                let at = match self.regs[usize::from(r.0 & 31)] {
                    Some(at) => at,
                    None => self.fresh(),
                };
                self.regs[usize::from(r.0 & 31)] = Some(at);
                Some(at)
            }
            Uop::Set(r, v) => {
                self.regs[usize::from(r.0 & 31)] = self.value(v.0);
                None
            }
            Uop::Bin(op @ (Bin::Add | Bin::Sub), W::W64, a, b) => match (self.value(a.0), self.constant(b.0))
            {
                (Some((base, at)), Some(c)) => {
                    let c = c.cast_signed();
                    Some((base, if op == Bin::Add { at.wrapping_add(c) } else { at.wrapping_sub(c) }))
                }
                _ => Some(self.fresh()),
            },
            ref op if op.kind() == innkeeper_core::emit::obj::Kind::V => Some(self.fresh()),
            _ => None,
        };
        self.values.push(value);
        self.constants.push(constant);
    }

    fn value(&self, n: u32) -> Option<Address> {
        self.values.get(n as usize).copied().flatten()
    }

    fn constant(&self, n: u32) -> Option<u64> {
        self.constants.get(n as usize).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::a64::testing::{ADD_X3, LDR, LDR_8, LDR_SP_8, PC, RET, STP, STR_16, STR_512, region};

    fn groups(words: &[u32]) -> Vec<(i64, i64, bool, u32)> {
        let region = region(words, 100).unwrap();
        let mut all = Groups::of(&region.blocks[&PC]).all;
        all.retain(|g| g.count > 1);
        all.iter().map(|g| (g.low, g.high, g.write, g.count)).collect()
    }

    #[test]
    fn fields_of_a_structure_are_looked_up_once() {
        assert_eq!(groups(&[LDR, LDR_8, STR_16, RET]), [(0, 24, true, 3)]);
    }

    #[test]
    fn what_is_far_away_or_has_another_base_is_not() {
        assert_eq!(groups(&[LDR, STR_512, RET]), []);
        assert_eq!(groups(&[LDR, ADD_X3, LDR_8, RET]), []);
    }

    #[test]
    fn a_stack_frame_is_looked_up_once_whatever_moves_the_stack_pointer() {
        assert_eq!(groups(&[STP, LDR_SP_8, RET]), [(-16, 0, true, 2)]);
    }
}
