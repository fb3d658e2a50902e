//! What programs of x86-64 are made of: the mnemonics below, each in every form of 64-bit mode that
//! iced-x86 knows with operands in general registers, memory and immediates. A form is a row; its name is
//! iced's.

use std::sync::OnceLock;

use iced_x86::{Code, CpuidFeature, Mnemonic, OpCodeOperandKind as Op};

use crate::diff::known;
use innkeeper_core::wire::Arch;

/// How often rows of a kind are chosen, and what is put around them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Arithmetic, logic, moves.
    Plain,
    /// String instructions.
    String,
    /// PUSH, POP, ENTER, LEAVE.
    Stack,
    /// Flags.
    Flags,
    /// Branches, calls.
    Branch,
    /// Always stops the program.
    Stop,
}

/// One form of an instruction.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// iced's number of it.
    pub code: Code,
    /// Class.
    pub class: Class,
    /// Needs a CPU with something that not every x86-64 CPU has, or more of KVM than the kernel's
    /// instruction emulator is: used where every engine executes it.
    pub probed: bool,
}

use Class::{Branch, Flags, Plain, Stack, Stop, String as Str};
use Mnemonic as M;

/// The table: class, whether to probe, mnemonics.
const TABLE: &[(Class, bool, &[Mnemonic])] = &[
    (Plain, false, &[M::Add, M::Adc, M::Sub, M::Sbb, M::Cmp, M::And, M::Or, M::Xor, M::Test]),
    (Plain, false, &[M::Inc, M::Dec, M::Neg, M::Not, M::Mul, M::Imul, M::Div, M::Idiv]),
    (Plain, false, &[M::Mov, M::Movsx, M::Movsxd, M::Movzx, M::Lea, M::Xchg, M::Bswap, M::Xlatb]),
    (Plain, false, &[M::Shl, M::Shr, M::Sar, M::Sal, M::Rol, M::Ror, M::Rcl, M::Rcr, M::Shld, M::Shrd]),
    (Plain, false, &[M::Bt, M::Bts, M::Btr, M::Btc, M::Bsf, M::Bsr]),
    (Plain, false, &[M::Cmpxchg, M::Cmpxchg8b, M::Xadd, M::Nop]),
    (Plain, true, &[M::Cmpxchg16b]),
    (Plain, false, &[M::Cbw, M::Cwde, M::Cdqe, M::Cwd, M::Cdq, M::Cqo]),
    (
        Plain,
        false,
        &[
            M::Cmova,
            M::Cmovae,
            M::Cmovb,
            M::Cmovbe,
            M::Cmove,
            M::Cmovg,
            M::Cmovge,
            M::Cmovl,
            M::Cmovle,
            M::Cmovne,
            M::Cmovno,
            M::Cmovnp,
            M::Cmovns,
            M::Cmovo,
            M::Cmovp,
            M::Cmovs,
        ],
    ),
    (
        Plain,
        false,
        &[
            M::Seta,
            M::Setae,
            M::Setb,
            M::Setbe,
            M::Sete,
            M::Setg,
            M::Setge,
            M::Setl,
            M::Setle,
            M::Setne,
            M::Setno,
            M::Setnp,
            M::Setns,
            M::Seto,
            M::Setp,
            M::Sets,
        ],
    ),
    (Plain, true, &[M::Movbe, M::Popcnt, M::Lzcnt, M::Tzcnt, M::Crc32, M::Adcx, M::Adox]),
    (Plain, true, &[M::Andn, M::Bextr, M::Blsi, M::Blsmsk, M::Blsr]),
    (Plain, true, &[M::Bzhi, M::Mulx, M::Pdep, M::Pext, M::Rorx, M::Sarx, M::Shlx, M::Shrx]),
    (Str, false, &[M::Movsb, M::Movsw, M::Movsd, M::Movsq, M::Cmpsb, M::Cmpsw, M::Cmpsd, M::Cmpsq]),
    (Str, false, &[M::Stosb, M::Stosw, M::Stosd, M::Stosq, M::Lodsb, M::Lodsw, M::Lodsd, M::Lodsq]),
    (Str, false, &[M::Scasb, M::Scasw, M::Scasd, M::Scasq]),
    (Stack, false, &[M::Push, M::Pop, M::Enter, M::Leave]),
    (Flags, false, &[M::Clc, M::Stc, M::Cmc, M::Cld, M::Std, M::Lahf, M::Sahf]),
    (Flags, false, &[M::Pushf, M::Pushfq, M::Popf, M::Popfq]),
    (
        Branch,
        false,
        &[
            M::Ja,
            M::Jae,
            M::Jb,
            M::Jbe,
            M::Je,
            M::Jg,
            M::Jge,
            M::Jl,
            M::Jle,
            M::Jne,
            M::Jno,
            M::Jnp,
            M::Jns,
            M::Jo,
            M::Jp,
            M::Js,
        ],
    ),
    (Branch, false, &[M::Jmp, M::Jrcxz, M::Jecxz, M::Loop, M::Loope, M::Loopne, M::Call, M::Ret]),
    (Stop, false, &[M::Ud2, M::Int3]),
];

/// Operands that programs have.
fn usable(op: Op) -> bool {
    matches!(
        op,
        Op::mem
            | Op::r8_or_mem
            | Op::r16_or_mem
            | Op::r32_or_mem
            | Op::r64_or_mem
            | Op::r8_reg
            | Op::r8_opcode
            | Op::r16_reg
            | Op::r16_opcode
            | Op::r32_reg
            | Op::r32_opcode
            | Op::r32_vvvv
            | Op::r64_reg
            | Op::r64_opcode
            | Op::r64_vvvv
            | Op::al
            | Op::cl
            | Op::ax
            | Op::eax
            | Op::rax
            | Op::imm8
            | Op::imm8_const_1
            | Op::imm8sex16
            | Op::imm8sex32
            | Op::imm8sex64
            | Op::imm16
            | Op::imm32
            | Op::imm32sex64
            | Op::imm64
            | Op::seg_rSI
            | Op::es_rDI
            | Op::seg_rBX_al
            | Op::br64_1
            | Op::br64_4
    )
}

fn form(code: Code) -> Option<Row> {
    let info = code.op_code();
    let mnemonic = code.mnemonic();
    let (class, probed, _) = TABLE.iter().find(|(_, _, all)| all.contains(&mnemonic))?;
    let operands = (0..info.op_count()).all(|n| usable(info.op_kind(n)));
    // Forms of the 386's first steppings and of Knights Corner.
    let strange = code.cpuid_features().iter().any(|f| {
        matches!(f, CpuidFeature::INTEL386_ONLY | CpuidFeature::INTEL386_A0_ONLY | CpuidFeature::KNC)
    });
    // With an operand size of 16 bits, Intel's and AMD's CPUs branch differently.
    let branch16 = matches!(class, Class::Branch) && info.operand_size() == 16;
    (info.mode64() && operands && !strange && !branch16).then(|| Row {
        name: format!("{code:?}"),
        code,
        class: *class,
        probed: *probed,
    })
}

/// Every row.
pub fn all() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| Code::values().filter_map(form).collect())
}

/// The row of a form.
pub fn of(code: Code) -> Option<&'static Row> {
    all().iter().find(|r| r.code == code)
}

/// Rows that can be compared.
pub fn comparable() -> impl Iterator<Item = &'static Row> {
    all().iter().filter(|r| known::list(Arch::X64).never(&r.name).is_none())
}
