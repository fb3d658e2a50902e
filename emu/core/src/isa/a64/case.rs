//! One-line cases: an instruction, the state before, and what is different after it.
//!
//! ```text
//! ADD_imm 0x91000420 "add x0, x1, #0x1" x1=0x5 => x0=0x6
//! ```
//!
//! Row, word, disassembly, inputs, `=>`, outputs. What is not an input is 0, except PC
//! ([`PC`], EL1, FP enabled) and memory, which is [`SIZE`] bytes from [`BASE`] holding
//! [`pattern`]. Outputs are everything that changed, in this order; the PC is one only if it is
//! not that of the next instruction; when the instruction trapped the only output is the trap.
//!
//! | item | state |
//! |---|---|
//! | `x3=0x1` `sp=0x1` | general registers |
//! | `v3=0x1` | vector registers, 128 bits |
//! | `nzcv=0x6` `fpcr=0x0` `fpsr=0x10` `pc=0x48000` | flags, FP control and status, PC |
//! | `daif=0xf` and the other names of PSTATE's fields | processor state |
//! | `[0x48000]=00112233` | bytes of memory, in hexadecimal |
//! | `monitor=0x48000:3` `monitor=off` | exclusive monitor: address and log2 of the size |
//! | `waiting` | WFI or WFE was executed (output only) |
//! | `trap=16:0x1f` | the trap's kind and argument (output only) |

use std::fmt;

use super::cpu::{Cpu, Monitor, Pstate};
use super::testing::FlatCpu;
use crate::emit::Trap;

/// First address of memory.
pub const BASE: u64 = 0x4_0000;
/// Bytes of memory.
pub const SIZE: usize = 0x1_0000;
/// Address of the instruction.
pub const PC: u64 = 0x4_8000;

/// What memory holds at the start.
pub const fn pattern(addr: u64) -> u8 {
    addr.wrapping_mul(0x9e37_79b9).to_le_bytes()[2]
}

/// State that has a number for a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// X0 to X30, and SP as 31.
    X(u8),
    /// V0 to V31.
    V(u8),
    /// N, Z, C, V as bits 3..0.
    Nzcv,
    /// FPCR.
    Fpcr,
    /// FPSR.
    Fpsr,
    /// PC.
    Pc,
    /// A field of PSTATE, by index of [`PSTATE`].
    Pstate(usize),
}

type Field = (&'static str, fn(&mut Pstate) -> &mut u8);

/// The fields of PSTATE.
pub const PSTATE: [Field; 8] = [
    ("el", |p| &mut p.el),
    ("sp_sel", |p| &mut p.sp_sel),
    ("daif", |p| &mut p.daif),
    ("il", |p| &mut p.il),
    ("pan", |p| &mut p.pan),
    ("uao", |p| &mut p.uao),
    ("dit", |p| &mut p.dit),
    ("ssbs", |p| &mut p.ssbs),
];

/// One input or output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// A register or the like.
    Value(Place, u128),
    /// Bytes from an address.
    Memory(u64, Vec<u8>),
    /// The exclusive monitor: address and log2 of the size, or off.
    Monitor(Option<(u64, u8)>),
    /// WFI or WFE was executed.
    Waiting,
    /// The instruction trapped.
    Trap(Trap),
}

/// A case. See the module text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// Name of the row.
    pub row: String,
    /// Instruction word.
    pub word: u32,
    /// Disassembly.
    pub text: String,
    /// State before.
    pub inputs: Vec<Item>,
    /// What is different after.
    pub outputs: Vec<Item>,
}

/// A CPU in the state before a case.
pub fn prepare(inputs: &[Item]) -> FlatCpu {
    let mut flat = FlatCpu::new(BASE, SIZE);
    flat.cpu.pc = PC;
    for (addr, byte) in (BASE..).zip(flat.mem.iter_mut()) {
        *byte = pattern(addr);
    }
    for item in inputs {
        match item {
            Item::Value(place, v) => set(&mut flat.cpu, *place, *v),
            Item::Memory(addr, bytes) => {
                if let Some(m) = memory(&mut flat, *addr, bytes.len()) {
                    m.copy_from_slice(bytes);
                }
            }
            Item::Monitor(_) | Item::Waiting | Item::Trap(_) => {}
        }
    }
    // The monitor remembers what memory holds, so it comes last.
    for item in inputs {
        if let Item::Monitor(Some((addr, size))) = *item {
            let mut value = [0; 16];
            let len = 1usize << size.min(4);
            if let Some(m) = memory(&mut flat, addr, len) {
                value[..len].copy_from_slice(m);
            }
            let value = u128::from_le_bytes(value);
            flat.cpu.monitor = Monitor { armed: true, size, addr, value };
        }
    }
    flat
}

fn memory(flat: &mut FlatCpu, addr: u64, len: usize) -> Option<&mut [u8]> {
    let start = usize::try_from(addr.checked_sub(flat.mem.base)?).ok()?;
    flat.mem.get_mut(start..start.checked_add(len)?)
}

/// Executes `word` on the inputs and gives the outputs.
pub fn run(word: u32, inputs: &[Item]) -> Vec<Item> {
    let before = prepare(inputs);
    let mut after = before.clone();
    match after.step(word) {
        Err(trap) => vec![Item::Trap(trap)],
        Ok(()) => changes(&before, &mut after),
    }
}

fn changes(before: &FlatCpu, after: &mut FlatCpu) -> Vec<Item> {
    let mut out = Vec::new();
    let mut old = before.cpu.clone();
    old.pc = old.pc.wrapping_add(4);
    let singles = [Place::Nzcv, Place::Fpcr, Place::Fpsr, Place::Pc];
    let places = (0..32).map(Place::X).chain((0..32).map(Place::V)).chain(singles);
    for place in places.chain((0..PSTATE.len()).map(Place::Pstate)) {
        let new = get(&mut after.cpu, place);
        if new != get(&mut old, place) {
            out.push(Item::Value(place, new));
        }
    }
    out.extend(memory_changes(before, after));
    let armed = |m: &Monitor| m.armed.then_some((m.addr, m.size));
    if armed(&old.monitor) != armed(&after.cpu.monitor) {
        out.push(Item::Monitor(armed(&after.cpu.monitor)));
    }
    if after.waiting {
        out.push(Item::Waiting);
    }
    out
}

/// Runs of changed bytes; gaps of less than 16 bytes are bridged.
fn memory_changes(before: &FlatCpu, after: &FlatCpu) -> Vec<Item> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for n in (0..after.mem.len()).filter(|&n| before.mem[n] != after.mem[n]) {
        match runs.last_mut() {
            Some((_, end)) if n < *end + 16 => *end = n + 1,
            _ => runs.push((n, n + 1)),
        }
    }
    let address = |n: usize| after.mem.base + u64::try_from(n).unwrap_or(0);
    runs.into_iter().map(|(s, e)| Item::Memory(address(s), after.mem[s..e].to_vec())).collect()
}

fn get(cpu: &mut Cpu, place: Place) -> u128 {
    match place {
        Place::X(n) => cpu.x[usize::from(n & 31)].into(),
        Place::V(n) => cpu.v[usize::from(n & 31)],
        Place::Nzcv => cpu.nzcv.into(),
        Place::Fpcr => cpu.fp.fpcr.into(),
        Place::Fpsr => cpu.fp.fpsr.into(),
        Place::Pc => cpu.pc.into(),
        Place::Pstate(n) => PSTATE.get(n).map_or(0, |(_, f)| u128::from(*f(&mut cpu.pstate))),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the parser limits values to their place")]
fn set(cpu: &mut Cpu, place: Place, v: u128) {
    match place {
        Place::X(n) => cpu.x[usize::from(n & 31)] = v as u64,
        Place::V(n) => cpu.v[usize::from(n & 31)] = v,
        Place::Nzcv => cpu.nzcv = v as u32,
        Place::Fpcr => cpu.fp.fpcr = v as u32,
        Place::Fpsr => cpu.fp.fpsr = v as u32,
        Place::Pc => cpu.pc = v as u64,
        Place::Pstate(n) => {
            if let Some((_, f)) = PSTATE.get(n) {
                *f(&mut cpu.pstate) = v as u8;
            }
        }
    }
}

/// Bits of a place.
const fn width(place: Place) -> u32 {
    match place {
        Place::X(_) | Place::Pc => 64,
        Place::V(_) => 128,
        Place::Nzcv => 4,
        Place::Fpcr | Place::Fpsr => 32,
        Place::Pstate(_) => 8,
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Place::X(31) => write!(f, "sp"),
            Place::X(n) => write!(f, "x{n}"),
            Place::V(n) => write!(f, "v{n}"),
            Place::Nzcv => write!(f, "nzcv"),
            Place::Fpcr => write!(f, "fpcr"),
            Place::Fpsr => write!(f, "fpsr"),
            Place::Pc => write!(f, "pc"),
            Place::Pstate(n) => write!(f, "{}", PSTATE.get(n).map_or("?", |p| p.0)),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Item::Value(place, v) => write!(f, "{place}={v:#x}"),
            Item::Memory(addr, bytes) => {
                write!(f, "[{addr:#x}]=")?;
                bytes.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
            Item::Monitor(Some((addr, size))) => write!(f, "monitor={addr:#x}:{size}"),
            Item::Monitor(None) => write!(f, "monitor=off"),
            Item::Waiting => write!(f, "waiting"),
            Item::Trap(t) => write!(f, "trap={}:{:#x}", t.kind(), t.arg()),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {:#010x} \"{}\"", self.row, self.word, self.text)?;
        self.inputs.iter().try_for_each(|i| write!(f, " {i}"))?;
        write!(f, " =>")?;
        self.outputs.iter().try_for_each(|o| write!(f, " {o}"))
    }
}

impl Case {
    /// Parses a line. The error says what is wrong with it.
    pub fn parse(line: &str) -> Result<Case, String> {
        let (head, rest) = line.split_once('"').ok_or("no disassembly in quotes")?;
        let (text, rest) = rest.split_once('"').ok_or("the disassembly's quote is not closed")?;
        let (inputs, outputs) = rest.split_once("=>").ok_or("no `=>`")?;
        let (row, word) = head.trim().split_once(' ').ok_or("no row name and word")?;
        let word = u32::try_from(number(word)?).map_err(|_| "the word has more than 32 bits")?;
        Ok(Case {
            row: row.into(),
            word,
            text: text.into(),
            inputs: items(inputs)?,
            outputs: items(outputs)?,
        })
    }
}

/// Parses items between blanks.
pub fn items(text: &str) -> Result<Vec<Item>, String> {
    text.split_whitespace().map(item).collect()
}

fn number(text: &str) -> Result<u128, String> {
    let digits = text.strip_prefix("0x").ok_or_else(|| format!("`{text}` does not begin with 0x"))?;
    u128::from_str_radix(digits, 16).map_err(|e| format!("`{text}`: {e}"))
}

fn item(text: &str) -> Result<Item, String> {
    if text == "waiting" {
        return Ok(Item::Waiting);
    }
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
    if let Some(addr) = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        return Ok(Item::Memory(address(addr)?, bytes(value)?));
    }
    match (name, value.split_once(':')) {
        ("monitor", None) if value == "off" => Ok(Item::Monitor(None)),
        ("monitor", Some((addr, size))) => {
            let size = size.parse().ok().filter(|&s| s <= 4);
            Ok(Item::Monitor(Some((address(addr)?, size.ok_or("size of the monitor is not 0 to 4")?))))
        }
        ("trap", Some((kind, arg))) => {
            let kind = kind.parse().ok().filter(|&k| k != 0).ok_or("kind of trap is not 1 to 65535")?;
            let arg =
                u16::try_from(number(arg)?).map_err(|_| "argument of the trap has more than 16 bits")?;
            Ok(Item::Trap(Trap::new(kind, arg)))
        }
        _ => {
            let (place, v) = (place(name)?, number(value)?);
            if v.checked_shr(width(place)).is_some_and(|rest| rest != 0) {
                return Err(format!("`{text}` does not fit {} bits", width(place)));
            }
            Ok(Item::Value(place, v))
        }
    }
}

fn address(text: &str) -> Result<u64, String> {
    u64::try_from(number(text)?).map_err(|_| format!("address `{text}` has more than 64 bits"))
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return Err(format!("`{text}` is not whole bytes in hexadecimal"));
    }
    let byte = |n: usize| u8::from_str_radix(&text[n..n + 2], 16).map_err(|e| format!("`{text}`: {e}"));
    (0..text.len()).step_by(2).map(byte).collect()
}

fn place(name: &str) -> Result<Place, String> {
    let numbered = |prefix: char, limit: u8| {
        name.strip_prefix(prefix).and_then(|n| n.parse().ok()).filter(|&n: &u8| n < limit)
    };
    if let Some(n) = numbered('x', 31) {
        return Ok(Place::X(n));
    }
    if let Some(n) = numbered('v', 32) {
        return Ok(Place::V(n));
    }
    match name {
        "sp" => Ok(Place::X(31)),
        "nzcv" => Ok(Place::Nzcv),
        "fpcr" => Ok(Place::Fpcr),
        "fpsr" => Ok(Place::Fpsr),
        "pc" => Ok(Place::Pc),
        _ => match PSTATE.iter().position(|(field, _)| *field == name) {
            Some(n) => Ok(Place::Pstate(n)),
            None => Err(format!("no state is called `{name}`")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_survive() {
        for line in [
            "ADD_imm 0x91000420 \"add x0, x1, #0x1\" x1=0x5 => x0=0x6",
            "STXR 0xc8027c20 \"stxr w2, x0, [x1]\" monitor=0x48000:3 => x2=0x1 [0x48000]=00ff monitor=off",
            "SVC 0xd40003e1 \"svc #0x1f\" => trap=16:0x1f",
            "NOP 0xd503201f \"hint #0x0\" sp=0x10 v3=0xffffffffffffffffffffffffffffffff daif=0xf =>",
        ] {
            assert_eq!(Case::parse(line).unwrap().to_string(), line);
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let wrong = |items: &str| Case::parse(&format!("A 0x0 \"a\" {items} =>")).unwrap_err();
        assert_eq!(wrong("x31=0x0"), "no state is called `x31`");
        assert_eq!(wrong("nzcv=0x10"), "`nzcv=0x10` does not fit 4 bits");
        assert_eq!(wrong("[0x0]=123"), "`123` is not whole bytes in hexadecimal");
        assert_eq!(wrong("x0=5"), "`5` does not begin with 0x");
        assert_eq!(wrong("trap=0:0x0"), "kind of trap is not 1 to 65535");
        assert_eq!(Case::parse("A 0x0 \"a").unwrap_err(), "the disassembly's quote is not closed");
    }

    #[test]
    fn outputs_are_what_changed() {
        let case = Case::parse("ADD_imm 0x91000420 \"add x0, x1, #0x1\" x1=0x5 => x0=0x6").unwrap();
        assert_eq!(run(case.word, &case.inputs), case.outputs);
    }
}
