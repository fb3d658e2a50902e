//! The functions of generated code that are not regions: the entry, the slow path of memory,
//! operations by their definition, the region that stands for code not there.

use std::sync::Arc;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder as _, MemFlagsData, Signature, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;
use cranelift_jit::JITModule;
use innkeeper_core::mem::tlb::ENTRIES;
use innkeeper_core::mem::{PAGE_BITS, PAGE_MASK, PAGE_SIZE};

use crate::JitError;
use crate::arena::Arena;
use crate::cache::{define, module};
use crate::compile::{Compiled, Compiler};
use crate::layout::{Abi, SITE_ADDEND, SITE_STARTS, TLB_ADDEND, TLB_ENTRY_BITS, TLB_WRITE, Word};
use crate::lower::mem::What;
use crate::translate::{region_signature, signature};

/// Bits of an address, shifted, that are the offset of its entry in the table.
const INDEX_MASK: i64 = (1 << (ENTRIES.trailing_zeros() + TLB_ENTRY_BITS)) - (1 << TLB_ENTRY_BITS);

/// The functions that are there before any region.
pub struct Base {
    /// Address of the function through which the engine enters: context, TLB table, instructions
    /// left, code; gives the guest's PC, the rest in the area.
    pub enter: u64,
    /// Address of the slow path of memory as regions call it.
    pub fill: u64,
    /// Address of the code that executes an operation by its definition, likewise.
    pub compute: u64,
    /// Address of a region that goes back to the engine.
    pub cold: u64,
    // What they lie in. The module first: it is dropped before its memory.
    _module: JITModule,
    _arena: Arc<Arena>,
}

impl Base {
    /// Compiles them.
    pub fn new(compiler: &mut Compiler) -> Result<Base, JitError> {
        let abi = compiler.abi();
        let arena = Arena::new(1 << 16)?;
        let mut module = module(compiler.isa(), &arena);
        let mut put = |compiled: Compiled, signature: &Signature| {
            let address = define(&mut module, &arena, &compiled.bytes, &compiled.relocs, signature);
            address.ok_or_else(|| JitError::Host("the entry functions do not fit".into()))
        };
        let s = signature(CallConv::SystemV, 4, 1);
        let enter = put(compiler.function(s.clone(), |b| enter(b, abi))?, &s)?;
        let s = signature(CallConv::PreserveAll, 0, 0);
        let rust = put(compiler.function(s.clone(), |b| rust_fill(b, abi))?, &s)?;
        let fill = put(compiler.function(s.clone(), |b| search(b, abi, rust))?, &s)?;
        let compute = put(compiler.function(s.clone(), |b| compute(b, abi))?, &s)?;
        let s = region_signature();
        let cold = put(compiler.function(s.clone(), |b| cold(b, abi))?, &s)?;
        Ok(Base { enter, fill, compute, cold, _module: module, _arena: arena })
    }
}

fn params(b: &FunctionBuilder) -> Vec<ir::Value> {
    b.current_block().map_or_else(Vec::new, |block| b.block_params(block).to_vec())
}

fn enter(b: &mut FunctionBuilder, abi: Abi) {
    if let [ctx, tlb, left, code] = params(b)[..] {
        let region = b.import_signature(region_signature());
        // The pinned register is the caller's to begin with.
        let before = b.ins().get_pinned_reg(types::I64);
        b.ins().set_pinned_reg(ctx);
        let call = b.ins().call_indirect(region, code, &[tlb, left]);
        if let [pc, left] = *b.inst_results(call) {
            b.ins().store(MemFlagsData::trusted(), left, ctx, abi.area(Word::Left));
            b.ins().set_pinned_reg(before);
            b.ins().return_(&[pc]);
        }
    }
}

fn rust_fill(b: &mut FunctionBuilder, abi: Abi) {
    let ctx = b.ins().get_pinned_reg(types::I64);
    let rust = b.import_signature(signature(CallConv::SystemV, 1, 0));
    let f = b.ins().iconst(types::I64, abi.functions.fill.cast_signed());
    b.ins().call_indirect(rust, f, &[ctx]);
    b.ins().return_(&[]);
}

fn compute(b: &mut FunctionBuilder, abi: Abi) {
    let ctx = b.ins().get_pinned_reg(types::I64);
    let op = b.ins().load(types::I64, MemFlagsData::trusted(), ctx, abi.area(Word::Op));
    let rust = b.import_signature(signature(CallConv::SystemV, 2, 1));
    let f = b.ins().iconst(types::I64, abi.functions.compute.cast_signed());
    b.ins().call_indirect(rust, f, &[ctx, op]);
    b.ins().return_(&[]);
}

fn cold(b: &mut FunctionBuilder, abi: Abi) {
    if let [_, left] = params(b)[..] {
        let ctx = b.ins().get_pinned_reg(types::I64);
        let pc = b.ins().load(types::I64, MemFlagsData::trusted(), ctx, abi.area(Word::Target));
        b.ins().return_(&[pc, left]);
    }
}

/// The slow path of memory: searches the table of the TLB and notes what is found at the site; asks
/// Rust, at the address `rust`, otherwise. Shared by all accesses, so that each is small.
fn search(b: &mut FunctionBuilder, abi: Abi, rust: u64) {
    let trusted = MemFlagsData::trusted();
    let ctx = b.ins().get_pinned_reg(types::I64);
    let word = |b: &mut FunctionBuilder, w| b.ins().load(types::I64, trusted, ctx, abi.area(w));
    let (va, what, table) = (word(b, Word::FillAddr), word(b, Word::FillWhat), word(b, Word::Table));
    let len = b.ins().band_imm_u(what, What::LEN.cast_signed());
    let end = b.ins().iadd(va, len);
    let last = b.ins().iadd_imm_s(end, -1);
    let page = b.ins().band_imm_s(last, PAGE_MASK.cast_signed());
    let index = b.ins().ushr_imm_u(va, i64::from(PAGE_BITS - TLB_ENTRY_BITS));
    let index = b.ins().band_imm_u(index, INDEX_MASK);
    let entry = b.ins().iadd(table, index);
    let write = b.ins().ushr_imm_u(what, i64::from(What::WRITE - TLB_WRITE.trailing_zeros()));
    let write = b.ins().band_imm_u(write, i64::from(TLB_WRITE));
    let tag_at = b.ins().iadd(entry, write);
    let tag = b.ins().load(types::I64, trusted, tag_at, 0);
    let found = b.ins().icmp(IntCC::Equal, page, tag);
    let [own, hit, miss] = [(); 3].map(|()| b.create_block());
    b.ins().brif(found, own, &[], miss, &[]);
    b.switch_to_block(own);
    // The table is not the one that unprivileged accesses go through.
    let unpriv = b.ins().band_imm_u(what, 1 << What::UNPRIV);
    b.ins().brif(unpriv, miss, &[], hit, &[]);
    b.switch_to_block(hit);
    let addend = b.ins().load(types::I64, trusted, entry, TLB_ADDEND);
    let site = b.ins().ushr_imm_u(what, i64::from(What::SITE));
    let site = b.ins().iadd(table, site);
    let size = b.ins().ushr_imm_u(what, i64::from(What::SIZE));
    let size = b.ins().band_imm_u(size, 15);
    let one = b.ins().iconst(types::I64, 1);
    let bytes = b.ins().ishl(one, size);
    let page_size = b.ins().iconst(types::I64, (PAGE_SIZE + 1).cast_signed());
    let starts = b.ins().isub(page_size, bytes);
    b.ins().store(trusted, page, site, 0);
    b.ins().store(trusted, starts, site, SITE_STARTS);
    b.ins().store(trusted, addend, site, SITE_ADDEND);
    b.ins().store(trusted, addend, ctx, abi.area(Word::FillAddend));
    b.ins().return_(&[]);
    b.switch_to_block(miss);
    let stub = b.import_signature(signature(CallConv::PreserveAll, 0, 0));
    let rust = b.ins().iconst(types::I64, rust.cast_signed());
    b.ins().call_indirect(stub, rust, &[]);
    b.ins().return_(&[]);
}
