//! From regions to host code: Cranelift set up, and the few functions that are not regions.

use std::sync::Arc;
use std::time::Instant;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{self, Function, InstBuilder as _, MemFlagsData, Signature, types};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable as _};
use cranelift_codegen::{Context, FinalizedMachReloc};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::JITModule;
use cranelift_module::{FuncId, ModuleReloc};

use crate::arena::Arena;
use crate::cache::{Code, define, module};
use crate::helper::FILL;
use crate::key::Mode;
use crate::layout::{Word, area};
use crate::region::Region;
use crate::translate::{region_signature, signature, translate};
use crate::{JitError, Opt};

/// Host code of a function that has no place yet.
pub struct Compiled {
    /// The code.
    pub bytes: Vec<u8>,
    /// Places in it that depend on where it is.
    pub relocs: Vec<ModuleReloc>,
    /// CLIF instructions.
    pub clif: u64,
    /// Host time, ns.
    pub ns: u64,
}

/// Cranelift for this host.
pub struct Compiler {
    isa: OwnedTargetIsa,
    context: Context,
    builder: FunctionBuilderContext,
}

fn host_error(e: impl std::fmt::Display) -> JitError {
    JitError::Host(e.to_string())
}

impl Compiler {
    /// A compiler for this host.
    pub fn new(opt: Opt) -> Result<Compiler, JitError> {
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
        let isa = cranelift_native::builder().map_err(host_error)?;
        let isa = isa.finish(settings::Flags::new(flags)).map_err(host_error)?;
        Ok(Compiler { isa, context: Context::new(), builder: FunctionBuilderContext::new() })
    }

    /// The target.
    pub fn isa(&self) -> &OwnedTargetIsa {
        &self.isa
    }

    /// Compiles a region.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long the host compiles is for `--stats`, never for the guest"
    )]
    pub fn region(&mut self, region: &Region, mode: Mode, code: &mut Code) -> Result<Compiled, JitError> {
        let start = Instant::now();
        self.build_region(region, mode, code);
        let mut compiled = self.finish()?;
        compiled.ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
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
        translate(&mut self.context.func, &mut self.builder, &*self.isa, region, mode, code);
    }

    /// Compiles a function built by `build`.
    fn function(
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

/// The functions that are there before any region.
pub struct Base {
    /// Address of the function through which the engine enters: context, TLB table, instructions
    /// left, code; gives the guest's PC, the rest in the area.
    pub enter: u64,
    /// Address of the slow path of memory as regions call it.
    pub fill: u64,
    /// Address of a region that goes back to the engine.
    pub cold: u64,
    // What they lie in. The module first: it is dropped before its memory.
    _module: JITModule,
    _arena: Arc<Arena>,
}

impl Base {
    /// Compiles them.
    pub fn new(compiler: &mut Compiler) -> Result<Base, JitError> {
        let arena = Arena::new(1 << 16)?;
        let mut module = module(compiler.isa(), &arena);
        let mut put = |compiled: Compiled, signature: &Signature| {
            let address = define(&mut module, &arena, &compiled.bytes, &compiled.relocs, signature);
            address.ok_or_else(|| JitError::Host("the entry functions do not fit".into()))
        };
        let s = signature(CallConv::SystemV, 4, 1);
        let enter = put(compiler.function(s.clone(), enter)?, &s)?;
        let s = signature(CallConv::PreserveAll, 0, 0);
        let fill = put(compiler.function(s.clone(), fill)?, &s)?;
        let s = region_signature();
        let cold = put(compiler.function(s.clone(), cold)?, &s)?;
        Ok(Base { enter, fill, cold, _module: module, _arena: arena })
    }
}

fn params(b: &FunctionBuilder) -> Vec<ir::Value> {
    b.current_block().map_or_else(Vec::new, |block| b.block_params(block).to_vec())
}

fn enter(b: &mut FunctionBuilder) {
    if let [ctx, tlb, left, code] = params(b)[..] {
        let region = b.import_signature(region_signature());
        // The pinned register is the caller's to begin with.
        let before = b.ins().get_pinned_reg(types::I64);
        b.ins().set_pinned_reg(ctx);
        let call = b.ins().call_indirect(region, code, &[tlb, left]);
        if let [pc, left] = *b.inst_results(call) {
            b.ins().store(MemFlagsData::trusted(), left, ctx, area(Word::Left));
            b.ins().set_pinned_reg(before);
            b.ins().return_(&[pc]);
        }
    }
}

fn fill(b: &mut FunctionBuilder) {
    let ctx = b.ins().get_pinned_reg(types::I64);
    let rust = b.import_signature(signature(CallConv::SystemV, 1, 0));
    let f = b.ins().iconst(types::I64, FILL.address().cast_signed());
    b.ins().call_indirect(rust, f, &[ctx]);
    b.ins().return_(&[]);
}

fn cold(b: &mut FunctionBuilder) {
    if let [_, left] = params(b)[..] {
        let ctx = b.ins().get_pinned_reg(types::I64);
        let pc = b.ins().load(types::I64, MemFlagsData::trusted(), ctx, area(Word::Target));
        b.ins().return_(&[pc, left]);
    }
}
