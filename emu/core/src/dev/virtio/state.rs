//! State of the queues.

use serde::{Deserialize, Serialize};
use virtio_queue::{Queue, QueueT};

use super::{QUEUE_SIZE, Queues};

/// One queue, in the order of digests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueState {
    desc_table: u64,
    avail_ring: u64,
    used_ring: u64,
    size: u16,
    /// 0 or 1.
    ready: u16,
    next_avail: u16,
    next_used: u16,
}

impl QueueState {
    /// The state of `q`.
    pub(super) fn of(q: &Queue) -> QueueState {
        QueueState {
            desc_table: q.desc_table(),
            avail_ring: q.avail_ring(),
            used_ring: q.used_ring(),
            size: q.size(),
            ready: q.ready().into(),
            next_avail: q.next_avail(),
            next_used: q.next_used(),
        }
    }

    /// A queue in this state; `None` where the library's setters would not have led to it.
    fn queue(&self) -> Option<Queue> {
        let state = virtio_queue::QueueState {
            max_size: QUEUE_SIZE,
            next_avail: self.next_avail,
            next_used: self.next_used,
            event_idx_enabled: false,
            size: self.size,
            ready: self.ready == 1,
            desc_table: self.desc_table,
            avail_ring: self.avail_ring,
            used_ring: self.used_ring,
        };
        Queue::try_from(state).ok().filter(|_| self.ready <= 1)
    }
}

impl Queues {
    /// The queues in these states; `None` unless there are as many, each possible, and those that are
    /// ready lie in memory, which is what the driver's calling them so makes sure of.
    pub(super) fn restored(&self, states: &[QueueState]) -> Option<Vec<Queue>> {
        let queues: Vec<Queue> = states.iter().map(QueueState::queue).collect::<Option<_>>()?;
        let possible = |q: &Queue| !q.ready() || self.check(q).is_ok();
        (queues.len() == self.queues.len() && queues.iter().all(possible)).then_some(queues)
    }
}
