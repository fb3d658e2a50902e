//! Operand codes of loads and stores.
//!
//! | code | prints |
//! |---|---|
//! | `{mem}` | `[x1, #8]`, the offset being the record's `imm`; `[x1]` when it is 0 |
//! | `{mem.pre}` `{mem.post}` | `[x1, #8]!` and `[x1], #8` |
//! | `{mem.pac}` | like `{mem.pre}`, but `[x1]!` when the offset is 0 |
//! | `{mem.reg}` | `[x1, w2, uxtw #3]` |
//! | `{mem.post.reg}` | `[x1], x2` |
//! | `{prfop}` | prefetch operation |
//! | `{al23:22}` `{al22:15}` | `a` and `l` where the acquire and release bits are set |
//! | `{Ws+1}` `{Xs+1}` `{Wt+1}` `{Xt+1}` | the next register |
//! | `{list1}` to `{list4}` | vectors from Vt up, arrangement by size (11..10) and Q |
//! | `{lane1}` to `{lane4}` | vectors from Vt up, with lane size and index |

use super::super::sem_load_store_simd::single_lane;
use super::{Code, Operand, general};

/// The codes of this group.
pub(super) const CODES: &[Code] = &[
    ("mem", mem),
    ("mem.pre", |o| format!("[{}, #{}]!", base(o), o.imm().cast_signed())),
    ("mem.post", |o| format!("[{}], #{}", base(o), o.imm().cast_signed())),
    ("mem.pac", |o| format!("{}!", mem(o))),
    ("mem.reg", mem_reg),
    ("mem.post.reg", |o| format!("[{}], {}", base(o), general(true, o.bits(20, 16), false))),
    ("prfop", prfop),
    ("al23:22", |o| acquire_release(o, 23, 22)),
    ("al22:15", |o| acquire_release(o, 22, 15)),
    ("Ws+1", |o| general(false, o.bits(20, 16) + 1, false)),
    ("Xs+1", |o| general(true, o.bits(20, 16) + 1, false)),
    ("Wt+1", |o| general(false, o.bits(4, 0) + 1, false)),
    ("Xt+1", |o| general(true, o.bits(4, 0) + 1, false)),
    ("list1", |o| list(o, 1)),
    ("list2", |o| list(o, 2)),
    ("list3", |o| list(o, 3)),
    ("list4", |o| list(o, 4)),
    ("lane1", |o| lane(o, 1)),
    ("lane2", |o| lane(o, 2)),
    ("lane3", |o| lane(o, 3)),
    ("lane4", |o| lane(o, 4)),
];

fn base(o: &Operand) -> String {
    general(true, o.bits(9, 5), true)
}

fn mem(o: &Operand) -> String {
    match o.imm().cast_signed() {
        0 => format!("[{}]", base(o)),
        imm => format!("[{}, #{imm}]", base(o)),
    }
}

fn mem_reg(o: &Operand) -> String {
    let option = o.bits(15, 13);
    let extend = ["uxtb", "uxth", "uxtw", "lsl", "sxtb", "sxth", "sxtw", "sxtx"][option as usize];
    let index = general(option & 1 != 0, o.bits(20, 16), false);
    let amount = match (o.bit(12), extend) {
        (false, "lsl") => String::new(),
        (false, _) => format!(", {extend}"),
        (true, _) => format!(", {extend} #{}", o.imm()),
    };
    format!("[{}, {index}{amount}]", base(o))
}

fn prfop(o: &Operand) -> String {
    match (o.bits(4, 3) as usize, o.bits(2, 1)) {
        (3, _) | (_, 3) => format!("#{:#04x}", o.bits(4, 0)),
        (kind, level) => {
            let policy = if o.bit(0) { "strm" } else { "keep" };
            format!("{}l{}{policy}", ["pld", "pli", "pst"][kind], level + 1)
        }
    }
}

fn acquire_release(o: &Operand, acquire: u32, release: u32) -> String {
    let mut s = String::new();
    if o.bit(acquire) {
        s.push('a');
    }
    if o.bit(release) {
        s.push('l');
    }
    s
}

fn list(o: &Operand, count: u32) -> String {
    let shapes = [["8b", "16b"], ["4h", "8h"], ["2s", "4s"], ["1d", "2d"]];
    vectors(o, count, shapes[o.bits(11, 10) as usize][usize::from(o.bit(30))])
}

fn lane(o: &Operand, count: u32) -> String {
    let (size, index) = single_lane(o.word);
    format!("{}[{index}]", vectors(o, count, ["b", "h", "s", "d"][size as usize]))
}

/// `{v0.8b}`, `{v0.8b, v1.8b}`, `{v0.8b-v2.8b}`; a list that wraps around is written out.
fn vectors(o: &Operand, count: u32, shape: &str) -> String {
    let first = o.bits(4, 0);
    let last = (first + count - 1) & 31;
    if count > 2 && last > first {
        return format!("{{v{first}.{shape}-v{last}.{shape}}}");
    }
    let each: Vec<_> = (0..count).map(|n| format!("v{}.{shape}", (first + n) & 31)).collect();
    format!("{{{}}}", each.join(", "))
}
