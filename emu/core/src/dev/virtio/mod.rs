//! Virtio devices (Virtual I/O Device version 1.2, OASIS, 1 July 2022): what all of them share.
//!
//! - [`mmio`]: the transport
//! - [`console`]: byte ports by name
//!
//! A device works when the guest notifies it and when something arrives from outside, on the thread
//! that runs the machine. What the driver wrote is not believed: a ring or chain that makes no sense
//! stops the device until the driver resets it (2.1.2, DEVICE_NEEDS_RESET).

pub mod console;
pub mod mmio;
mod state;
#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering;

use virtio_queue::{Queue, QueueOwnedT, QueueT};
use vm_memory::{Bytes, GuestAddress};

use super::Ports;
use crate::mem::Ram;
use crate::state::Stateful;
pub use mmio::Mmio;

/// Entries of a queue, at most; the driver may choose fewer.
pub const QUEUE_SIZE: u16 = 64;
/// The driver does not want interrupts for used buffers (2.7.6, VIRTQ_AVAIL_F_NO_INTERRUPT).
const NO_INTERRUPT: u16 = 1;

/// The driver broke a rule of the queue: the device needs a reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken;

/// A kind of device, without its transport.
pub trait Kind: Stateful + Send + Sized + 'static {
    /// Device ID (chapter 5).
    const ID: u32;
    /// Feature bits offered beside VIRTIO_F_VERSION_1.
    const FEATURES: u64;
    /// Number of queues.
    fn queue_count(&self) -> usize;
    /// Byte `offset` of the configuration space; 0 where there is none.
    fn config(&self, offset: u64) -> u8;
    /// The driver has said that there is something in queue `n`, and is ready.
    fn notify(&mut self, n: usize, queues: &mut Queues) -> Result<(), Broken>;
    /// The driver starts anew. What belongs to the outside stays.
    fn reset(&mut self);
    /// The device as a set of byte ports.
    fn ports(_device: &mut Mmio<Self>) -> Option<&mut dyn Ports> {
        None
    }
}

/// One buffer of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Guest physical address.
    pub pa: u64,
    /// Bytes; all of them are memory of one region, which the guest may write if this is `writable`.
    pub len: u32,
    /// For the device to write; otherwise to read.
    pub writable: bool,
}

/// A chain of buffers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Number of the first descriptor.
    head: u16,
    /// At most as many as the queue has entries.
    pub parts: Vec<Part>,
}

impl Chain {
    /// Bytes in the parts to read or in those to write.
    pub fn len(&self, writable: bool) -> u64 {
        self.parts.iter().filter(|p| p.writable == writable).map(|p| u64::from(p.len)).sum()
    }
}

/// The queues, and guest memory as the device reaches it.
pub struct Queues {
    ram: Ram,
    queues: Vec<Queue>,
    /// (address, bytes) of what was written to guest memory and nobody has been told of.
    written: Vec<(u64, u64)>,
    /// Buffers have been used, and the driver wants to know.
    used: bool,
}

impl Queues {
    fn new(ram: Ram, count: usize) -> Queues {
        // A constant power of two is a size that `Queue::new` takes.
        let queues = (0..count).filter_map(|_| Queue::new(QUEUE_SIZE).ok()).collect();
        Queues { ram, queues, written: Vec::new(), used: false }
    }

    fn reset(&mut self) {
        self.queues.iter_mut().for_each(QueueT::reset);
        self.used = false;
    }

    /// Whether the driver has set up queue `n`.
    pub fn ready(&self, n: usize) -> bool {
        self.queues.get(n).is_some_and(QueueT::ready)
    }

    /// Checks a queue that the driver calls ready.
    fn check(&self, q: &Queue) -> Result<(), Broken> {
        let used_len = 6 + 8 * u64::from(q.size());
        let valid = q.is_valid(self.ram.guest_memory()) && self.ram.is_memory(q.used_ring(), used_len, true);
        valid.then_some(()).ok_or(Broken)
    }

    /// The next chain that the driver has made available in queue `n`; it counts as taken.
    pub fn pop(&mut self, n: usize) -> Result<Option<Chain>, Broken> {
        let Some(q) = self.queues.get_mut(n).filter(|q| q.ready()) else { return Ok(None) };
        let size = q.size();
        let mut available = q.iter(self.ram.guest_memory()).map_err(|_| Broken)?;
        let Some(chain) = available.next() else { return Ok(None) };
        chain_of(&self.ram, size, chain.head_index(), chain).map(Some)
    }

    /// Puts back the chain that was popped last.
    pub fn unpop(&mut self, n: usize) {
        if let Some(q) = self.queues.get_mut(n) {
            q.go_to_previous_position();
        }
    }

    /// Bytes that the chains available in queue `n` have room for, counted up to `limit`. Takes none.
    pub fn room(&mut self, n: usize, limit: usize) -> Result<usize, Broken> {
        let Some(q) = self.queues.get_mut(n).filter(|q| q.ready()) else { return Ok(0) };
        let (before, size) = (q.next_avail(), q.size());
        let mut room = 0;
        let mut result = Ok(());
        for chain in q.iter(self.ram.guest_memory()).map_err(|_| Broken)? {
            match chain_of(&self.ram, size, chain.head_index(), chain) {
                Ok(c) => room += c.len(true),
                Err(e) => result = Err(e),
            }
            if result.is_err() || room >= limit as u64 {
                break;
            }
        }
        q.set_next_avail(before);
        result.map(|()| usize::try_from(room).unwrap_or(usize::MAX).min(limit))
    }

    /// Gives a chain back to the driver, `len` bytes written into it.
    pub fn complete(&mut self, n: usize, chain: &Chain, len: u32) -> Result<(), Broken> {
        let mem = self.ram.guest_memory();
        let q = self.queues.get_mut(n).ok_or(Broken)?;
        let (used, slot) = (q.used_ring(), u64::from(q.next_used() % q.size()));
        q.add_used(mem, chain.head, len).map_err(|_| Broken)?;
        self.written.extend([(used + 2, 2), (used + 4 + 8 * slot, 8)]);
        let flags: u16 = mem.load(GuestAddress(q.avail_ring()), Ordering::Relaxed).map_err(|_| Broken)?;
        self.used |= u16::from_le(flags) & NO_INTERRUPT == 0;
        Ok(())
    }

    /// Reads from the readable bytes of a chain, `skip` bytes into them; returns how many there were.
    pub fn read(&self, chain: &Chain, skip: u64, out: &mut [u8]) -> Result<usize, Broken> {
        let (mut skip, mut done) = (skip, 0);
        for p in chain.parts.iter().filter(|p| !p.writable) {
            let len = u64::from(p.len);
            let from = skip.min(len);
            skip -= from;
            let n = usize::try_from(len - from).unwrap_or(usize::MAX).min(out.len() - done);
            let to = &mut out[done..done + n];
            self.ram.guest_memory().read_slice(to, GuestAddress(p.pa + from)).map_err(|_| Broken)?;
            done += n;
        }
        Ok(done)
    }

    /// Writes from the first writable byte of a chain on; returns how many fitted.
    pub fn write(&mut self, chain: &Chain, bytes: &[u8]) -> Result<usize, Broken> {
        let mut done = 0;
        for p in chain.parts.iter().filter(|p| p.writable) {
            let n = usize::try_from(p.len).unwrap_or(usize::MAX).min(bytes.len() - done);
            let from = &bytes[done..done + n];
            self.ram.guest_memory().write_slice(from, GuestAddress(p.pa)).map_err(|_| Broken)?;
            if n != 0 {
                self.written.push((p.pa, n as u64));
            }
            done += n;
        }
        Ok(done)
    }
}

/// The buffers of a chain. The library ends a chain early where something is wrong with it; that shows
/// in the last descriptor, which then promises another.
fn chain_of<D: Iterator<Item = virtio_queue::desc::split::Descriptor>>(
    ram: &Ram,
    size: u16,
    head: u16,
    descriptors: D,
) -> Result<Chain, Broken> {
    let mut parts = Vec::new();
    let mut more = true;
    for d in descriptors.take(size.into()) {
        let part = Part { pa: d.addr().0, len: d.len(), writable: d.is_write_only() };
        if !ram.is_memory(part.pa, part.len.into(), part.writable) {
            return Err(Broken);
        }
        parts.push(part);
        more = d.has_next();
    }
    if more { Err(Broken) } else { Ok(Chain { head, parts }) }
}
