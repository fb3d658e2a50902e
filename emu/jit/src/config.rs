//! What can be set about the translator. All of it changes speed and nothing else.

/// Cranelift's optimisation level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Opt {
    /// No optimisation passes: compiles 30 to 45 % faster, runs a few percent slower.
    #[default]
    None,
    /// The mid-end's passes (e-graph, alias analysis).
    Speed,
}

/// What code is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// This host's CPU with all it has.
    Host,
    /// An x86-64 CPU of level v3 (AVX2, BMI2, FMA), whatever this host's has: for figures that are
    /// the same everywhere. Such code is not run. x86-64 hosts only.
    X64V3,
}

/// Sizes and thresholds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// Most guest instructions in a region, and longest block of the interpreter below. At least 1.
    pub max_region: usize,
    /// Executions of a block by the interpreter before it is compiled; 0 and 1 mean at first sight.
    pub threshold: u32,
    /// Optimisation level.
    pub opt: Opt,
    /// Bytes of host code in one generation of the code cache.
    pub generation_bytes: usize,
    /// Generations kept; when the newest is full, the oldest is dropped. At least 1.
    pub generations: usize,
    /// Writes `/tmp/perf-PID.map` for `perf report`.
    pub perf_map: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_region: 600,
            threshold: 4000,
            opt: Opt::None,
            generation_bytes: 16 << 20,
            generations: 4,
            perf_map: false,
        }
    }
}
