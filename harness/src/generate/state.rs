//! The registers of both architectures as a list: what is compared, reported, shrunk and saved, each in
//! one way. The notation is that of the one-line cases: `x0=0x1 rflags=0x246 [0x200000]=00ff`.

use std::fmt;

use innkeeper_core::wire::{A64Regs, Arch, Regs, Written, X64Regs};

/// What a register is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Numbers and addresses.
    General,
    /// Address of the next instruction.
    Pc,
    /// Flags, modes, status.
    Control,
    /// 128 bits.
    Vector,
}

/// A register that a program can see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Register {
    arch: Arch,
    index: u8,
}

/// Names of the general registers of x86-64, in the order of their encodings.
const GPR: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15",
];

/// AArch64: X0.., SP, PC, NZCV, FPCR, FPSR, V0...
const A64_COUNT: u8 = 68;
/// x86-64: [`GPR`], RIP, RFLAGS, MXCSR, XMM0...
const X64_COUNT: u8 = 35;

impl Register {
    /// All registers of an architecture.
    pub fn all(arch: Arch) -> impl Iterator<Item = Register> {
        let count = match arch {
            Arch::A64 => A64_COUNT,
            Arch::X64 => X64_COUNT,
        };
        (0..count).map(move |index| Register { arch, index })
    }

    /// The `n`th general register.
    pub fn general(arch: Arch, n: u8) -> Register {
        Register { arch, index: n }
    }

    /// The register of a name.
    pub fn named(arch: Arch, name: &str) -> Option<Register> {
        Register::all(arch).find(|r| r.to_string() == name)
    }

    /// Its kind, as in `known.toml`.
    pub fn kind(self) -> &'static str {
        match (self.arch, self.index) {
            (Arch::A64, 0..=30) => "x",
            (Arch::A64, 31) => "sp",
            (Arch::A64, 32) => "pc",
            (Arch::A64, 33) => "nzcv",
            (Arch::A64, 34) => "fpcr",
            (Arch::A64, 35) => "fpsr",
            (Arch::A64, _) => "v",
            (Arch::X64, 0..=15) => "gpr",
            (Arch::X64, 16) => "rip",
            (Arch::X64, 17) => "rflags",
            (Arch::X64, 18) => "mxcsr",
            (Arch::X64, _) => "xmm",
        }
    }

    /// What it is for.
    pub fn class(self) -> Class {
        match self.kind() {
            "x" | "sp" | "gpr" => Class::General,
            "pc" | "rip" => Class::Pc,
            "v" | "xmm" => Class::Vector,
            _ => Class::Control,
        }
    }

    /// Its value; 0 in registers of the other architecture.
    pub fn get(self, regs: &Regs) -> u128 {
        match (regs, self.arch) {
            (Regs::A64(r), Arch::A64) => self.get_a64(r),
            (Regs::X64(r), Arch::X64) => self.get_x64(r),
            _ => 0,
        }
    }

    fn get_a64(self, r: &A64Regs) -> u128 {
        match self.index {
            31 => r.sp.into(),
            32 => r.pc.into(),
            33 => r.nzcv.into(),
            34 => r.fpcr.into(),
            35 => r.fpsr.into(),
            n @ 36.. => r.v.get(usize::from(n - 36)).copied().unwrap_or_default(),
            n => r.x.get(usize::from(n)).copied().unwrap_or_default().into(),
        }
    }

    fn get_x64(self, r: &X64Regs) -> u128 {
        match self.index {
            16 => r.rip.into(),
            17 => r.rflags.into(),
            18 => r.mxcsr.into(),
            n @ 19.. => r.xmm.get(usize::from(n - 19)).copied().unwrap_or_default(),
            n => r.gpr.get(usize::from(n)).copied().unwrap_or_default().into(),
        }
    }

    /// Changes it; `None` where the value does not fit or the registers are the other architecture's.
    pub fn set(self, regs: &mut Regs, value: u128) -> Option<()> {
        match (regs, self.arch) {
            (Regs::A64(r), Arch::A64) => match self.index {
                31 => r.sp = value.try_into().ok()?,
                32 => r.pc = value.try_into().ok()?,
                33 => r.nzcv = value.try_into().ok()?,
                34 => r.fpcr = value.try_into().ok()?,
                35 => r.fpsr = value.try_into().ok()?,
                n @ 36.. => *r.v.get_mut(usize::from(n - 36))? = value,
                n => *r.x.get_mut(usize::from(n))? = value.try_into().ok()?,
            },
            (Regs::X64(r), Arch::X64) => match self.index {
                16 => r.rip = value.try_into().ok()?,
                17 => r.rflags = value.try_into().ok()?,
                18 => r.mxcsr = value.try_into().ok()?,
                n @ 19.. => *r.xmm.get_mut(usize::from(n - 19))? = value,
                n => *r.gpr.get_mut(usize::from(n))? = value.try_into().ok()?,
            },
            _ => return None,
        }
        Some(())
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind(), self.index) {
            ("x", n) => write!(f, "x{n}"),
            ("v", n) => write!(f, "v{}", n - 36),
            ("xmm", n) => write!(f, "xmm{}", n - 19),
            ("gpr", n) => f.write_str(GPR[usize::from(n)]),
            (kind, _) => f.write_str(kind),
        }
    }
}

/// One thing that is not 0, or not as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// A register's value.
    Register(Register, u128),
    /// Bytes from an address.
    Memory(u64, Vec<u8>),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Register(r, v) => write!(f, "{r}={v:#x}"),
            Item::Memory(at, bytes) => {
                write!(f, "[{at:#x}]=")?;
                bytes.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }
    }
}

/// Registers with nothing in them: what an item says is different from these. RFLAGS has its bit that is
/// always set and IF, MXCSR masks all exceptions.
pub fn nothing(arch: Arch) -> Regs {
    match arch {
        Arch::A64 => Regs::A64(Box::default()),
        Arch::X64 => Regs::X64(Box::new(X64Regs { rflags: 0x202, mxcsr: 0x1f80, ..X64Regs::default() })),
    }
}

/// Parses items between blanks.
pub fn parse(arch: Arch, text: &str) -> Result<Vec<Item>, String> {
    text.split_whitespace().map(|word| item(arch, word)).collect()
}

fn item(arch: Arch, text: &str) -> Result<Item, String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
    let number = |text: &str| {
        let digits = text.strip_prefix("0x").ok_or_else(|| format!("`{text}` does not begin with 0x"))?;
        u128::from_str_radix(digits, 16).map_err(|e| format!("`{text}`: {e}"))
    };
    if let Some(addr) = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        let addr = u64::try_from(number(addr)?).map_err(|e| format!("`{addr}`: {e}"))?;
        return Ok(Item::Memory(addr, hex(value)?));
    }
    let register = Register::named(arch, name).ok_or_else(|| format!("no register `{name}`"))?;
    let value = number(value)?;
    register.set(&mut nothing(arch), value).ok_or_else(|| format!("`{text}`: more bits than {name} has"))?;
    Ok(Item::Register(register, value))
}

/// Bytes in hexadecimal.
pub fn hex(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect::<Option<Vec<u8>>>().ok_or_else(|| format!("`{text}` is not bytes in hexadecimal"))
}

/// Registers of `regs` that differ from `base`, apart from the program counter.
pub fn differing(regs: &Regs, base: &Regs) -> Vec<Item> {
    let all = Register::all(regs.arch()).filter(|r| r.class() != Class::Pc);
    let items = all.map(|r| (r, r.get(regs), r.get(base))).filter(|(_, a, b)| a != b);
    items.map(|(r, a, _)| Item::Register(r, a)).collect()
}

/// Memory as items.
pub fn memory(runs: &[Written]) -> impl Iterator<Item = Item> + '_ {
    runs.iter().map(|w| Item::Memory(w.addr, w.bytes.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_register_has_a_name_and_keeps_a_value_of_its_own() {
        for arch in [Arch::A64, Arch::X64] {
            for r in Register::all(arch) {
                assert_eq!(Register::named(arch, &r.to_string()), Some(r));
                let mut regs = nothing(arch);
                r.set(&mut regs, 5).unwrap();
                assert_eq!(r.get(&regs), 5, "{r}");
                let others = Register::all(arch).filter(|o| *o != r);
                assert!(others.into_iter().all(|o| o.get(&regs) == o.get(&nothing(arch))), "{r}");
            }
        }
    }

    #[test]
    fn items_are_read_as_they_are_written() {
        for (arch, text) in [
            (Arch::A64, "x0=0x1 sp=0x2 nzcv=0x4 v31=0x3 [0x200000]=00ff"),
            (Arch::X64, "rax=0x1 r15=0x2 rflags=0x246 xmm15=0x3 [0x200000]=00ff"),
        ] {
            let items = parse(arch, text).unwrap();
            assert_eq!(items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "), text);
        }
        for bad in ["x0", "x31=0x1", "x0=1", "nzcv=0x100", "[0x0]=0", "rax=0x1"] {
            assert!(parse(Arch::A64, bad).is_err(), "{bad}");
        }
    }
}
