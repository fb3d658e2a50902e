//! What the host's instruction set has, as far as lowering depends on it.

use cranelift_codegen::isa::TargetIsa;

/// Capabilities of the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Host {
    /// An x86-64.
    pub x64: bool,
    /// 128-bit vectors with all that the lowering of vectors uses: on x86-64, SSE4.2. Without it
    /// vectors are left to the helpers.
    pub vectors: bool,
    /// A fused multiply-add: without it Cranelift would call a function.
    pub fma: bool,
}

impl Host {
    /// Those of the target of `isa`.
    pub fn of(isa: &dyn TargetIsa) -> Host {
        let x64 = isa.name() == "x64";
        let flags = isa.isa_flags();
        let has = |name| !x64 || flags.iter().any(|f| f.name == name && f.as_bool() == Some(true));
        let vectors = ["has_sse3", "has_ssse3", "has_sse41", "has_sse42"].into_iter().all(has);
        Host { x64, vectors, fma: has("has_avx") && has("has_fma") }
    }
}
