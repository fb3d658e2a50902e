//! Processor time of the measuring thread instead of wall time: on a shared machine it moves less.

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter};
use rustix::time::{ClockId, clock_gettime};

/// Processor time of this thread; what is reported with it per element is a time, too.
pub struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        let t = clock_gettime(ClockId::ThreadCPUTime);
        u64::try_from(t.tv_sec * 1_000_000_000 + t.tv_nsec).unwrap_or_default()
    }

    fn end(&self, start: u64) -> u64 {
        self.start().saturating_sub(start)
    }

    fn add(&self, a: &u64, b: &u64) -> u64 {
        a + b
    }

    fn zero(&self) -> u64 {
        0
    }

    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a measurement")]
    fn to_f64(&self, value: &u64) -> f64 {
        *value as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Microseconds
    }
}

struct Microseconds;

impl ValueFormatter for Microseconds {
    fn scale_values(&self, _: f64, values: &mut [f64]) -> &'static str {
        values.iter_mut().for_each(|v| *v /= 1e3);
        "µs"
    }

    #[expect(clippy::cast_precision_loss, reason = "a handful of instructions")]
    fn scale_throughputs(&self, _: f64, throughput: &Throughput, values: &mut [f64]) -> &'static str {
        let elements = if let Throughput::Elements(n) = throughput { *n as f64 } else { 1.0 };
        values.iter_mut().for_each(|v| *v /= 1e3 * elements);
        "µs each"
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "ns"
    }
}
