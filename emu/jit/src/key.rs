//! Numbers that links are made under.

use std::collections::HashMap;

use innkeeper_core::vcpu::Core;

use crate::guest::Guest;
use crate::mode::Mode;

/// Numbers for what links rely on: the mapping of instruction addresses and the mode. A number is
/// never used for anything else.
#[derive(Default, Debug)]
pub struct Keys {
    known: HashMap<(u64, Mode), u64>,
    next: u64,
    last: Option<((u64, Mode), u64)>,
}

/// Numbers remembered; contexts are many where the guest invalidates its TLB often.
const MANY: usize = 4096;

impl Keys {
    /// The number of what `core` is in.
    #[inline]
    pub fn key<I: Guest>(&mut self, core: &Core<I>) -> u64 {
        let state = (core.0.tlbs.context(), I::mode_of(&core.0.cpu));
        match self.last {
            Some((last, key)) if last == state => key,
            _ => self.find(state),
        }
    }

    #[cold]
    fn find(&mut self, state: (u64, Mode)) -> u64 {
        if self.known.len() >= MANY {
            self.known.clear();
        }
        let next = &mut self.next;
        let key = *self.known.entry(state).or_insert_with(|| {
            *next += 1;
            *next
        });
        self.last = Some((state, key));
        key
    }

    /// No number given so far is given again: all links are void.
    pub fn renew(&mut self) {
        self.known.clear();
        self.last = None;
    }
}
