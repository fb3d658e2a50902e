//! From regions to host code: Cranelift set up, and the few functions that are not regions.

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{self, Function, Signature};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable as _};
use cranelift_codegen::{Context, FinalizedMachReloc};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, ModuleReloc};
use rustix::time::{ClockId, clock_gettime};

use crate::cache::Code;
use crate::config::Target;
use crate::layout::Abi;
use crate::mode::Mode;
use crate::region::Region;
use crate::translate::{region_signature, translate};
use crate::{JitError, Opt};

/// Host code of a function that has no place yet.
pub struct Compiled {
    /// The code.
    pub bytes: Vec<u8>,
    /// Places in it that depend on where it is.
    pub relocs: Vec<ModuleReloc>,
    /// CLIF instructions.
    pub clif: u64,
    /// Processor time, ns.
    pub ns: u64,
}

/// Cranelift for this host.
pub struct Compiler {
    isa: OwnedTargetIsa,
    abi: Abi,
    context: Context,
    builder: FunctionBuilderContext,
}

fn host_error(e: impl std::fmt::Display) -> JitError {
    JitError::Host(e.to_string())
}

/// Processor time of this thread, in ns: for `--stats`, never for the guest.
fn thread_ns() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let ns = now.tv_sec.saturating_mul(1_000_000_000).saturating_add(now.tv_nsec);
    u64::try_from(ns).unwrap_or_default()
}

/// The instruction set of `target`.
fn target_isa(target: Target) -> Result<isa::Builder, JitError> {
    match target {
        Target::Host => cranelift_native::builder().map_err(host_error),
        Target::X64V3 => {
            let mut isa = isa::lookup_by_name("x86_64-unknown-linux-gnu").map_err(host_error)?;
            for feature in ["x86-64-v3", "has_avx"] {
                isa.enable(feature).map_err(host_error)?;
            }
            Ok(isa)
        }
    }
}

impl Compiler {
    /// A compiler for `target`, of code of the guest that `abi` is for.
    pub fn new(opt: Opt, target: Target, abi: Abi) -> Result<Compiler, JitError> {
        if !crate::SUPPORTED {
            let host = std::env::consts::ARCH;
            return Err(JitError::Host(format!("it makes code for x86-64 and AArch64, not for {host}")));
        }
        let mut flags = settings::builder();
        let level = match opt {
            Opt::None => "none",
            Opt::Speed => "speed",
        };
        let verify = if cfg!(debug_assertions) { "true" } else { "false" };
        let wanted = [
            ("opt_level", level),
            // The fast one makes code three times slower and saves a quarter of the time.
            ("regalloc_algorithm", "backtracking"),
            ("enable_verifier", verify),
            ("unwind_info", "false"),
            // Tail calls need them on x86-64.
            ("preserve_frame_pointers", "true"),
            ("is_pic", "false"),
            // Holds the address of the Core: as an argument of every slow path it would tie up a
            // register of the fast ones.
            ("enable_pinned_reg", "true"),
            ("enable_probestack", "false"),
        ];
        for (name, value) in wanted {
            flags.set(name, value).map_err(host_error)?;
        }
        let isa = target_isa(target)?.finish(settings::Flags::new(flags)).map_err(host_error)?;
        Ok(Compiler { isa, abi, context: Context::new(), builder: FunctionBuilderContext::new() })
    }

    /// The target.
    pub fn isa(&self) -> &OwnedTargetIsa {
        &self.isa
    }

    /// Where its code finds things.
    pub fn abi(&self) -> Abi {
        self.abi
    }

    /// Compiles a region.
    pub fn region(&mut self, region: &Region, mode: Mode, code: &mut Code) -> Result<Compiled, JitError> {
        let start = thread_ns();
        self.build_region(region, mode, code);
        let mut compiled = self.finish()?;
        compiled.ns = thread_ns().saturating_sub(start);
        Ok(compiled)
    }

    /// A region in CLIF, as text.
    pub fn region_ir(&mut self, region: &Region, mode: Mode) -> String {
        self.build_region(region, mode, &mut Code::default());
        self.context.func.display().to_string()
    }

    fn build_region(&mut self, region: &Region, mode: Mode, code: &mut Code) {
        self.context.clear();
        self.context.func = Function::with_name_signature(ir::UserFuncName::default(), region_signature());
        translate(&mut self.context.func, &mut self.builder, (&*self.isa, self.abi), region, mode, code);
    }

    /// Compiles a function of which `build` makes the only or the first block.
    pub fn function(
        &mut self,
        signature: Signature,
        build: impl FnOnce(&mut FunctionBuilder),
    ) -> Result<Compiled, JitError> {
        self.context.clear();
        self.context.func = Function::with_name_signature(ir::UserFuncName::default(), signature);
        let mut b = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        build(&mut b);
        b.seal_all_blocks();
        b.finalize(self.isa.frontend_config());
        self.finish()
    }

    fn finish(&mut self) -> Result<Compiled, JitError> {
        let clif = self.context.func.dfg.num_insts() as u64;
        let mut plane = ControlPlane::default();
        let code = self.context.compile(&*self.isa, &mut plane).map_err(|e| host_error(e.inner))?;
        let bytes = code.code_buffer().to_vec();
        let relocs: Vec<FinalizedMachReloc> = code.buffer.relocs().to_vec();
        let func = &self.context.func;
        let relocs =
            relocs.iter().map(|r| ModuleReloc::from_mach_reloc(r, func, FuncId::from_u32(0))).collect();
        Ok(Compiled { bytes, relocs, clif, ns: 0 })
    }
}
