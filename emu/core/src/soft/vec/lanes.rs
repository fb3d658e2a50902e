//! Views of 128 bits as lanes, and the macro that turns a function of one lane into one of vectors.
//!
//! Each lane size gets its own loop over an array of constant length, which LLVM vectorises.

use bytemuck::Pod;

const _: () =
    assert!(cfg!(target_endian = "little"), "lane 0 is in the low bits of the array's first element");

/// FPSR.QC: a saturating operation has saturated.
pub(super) const QC: u32 = 1 << 27;

macro_rules! lane_types {
    ($($module:ident $u:ident $s:ident $du:ident $ds:ident;)*) => {$(
        /// Types of one lane size: `U` and `S` the lane, `DU` and `DS` twice as wide.
        pub(super) mod $module {
            #![allow(dead_code, reason = "each function uses the types it needs")]
            pub type U = $u;
            pub type S = $s;
            pub type DU = $du;
            pub type DS = $ds;
            /// Bits in a lane.
            pub const BITS: u32 = U::BITS;
            /// Lanes in 128 bits.
            pub const N: usize = 16 / size_of::<U>();
            /// Lanes in 64 bits.
            pub const H: usize = N / 2;
        }
    )*};
}
lane_types! {
    b u8 i8 u16 i16;
    h u16 i16 u32 i32;
    s u32 i32 u64 i64;
    d u64 i64 u128 i128;
}

/// The low 64 bits.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
pub(super) const fn low(a: u128) -> u64 {
    a as u64
}

/// All 128 bits as lanes.
#[inline(always)]
pub(super) fn split<T: Pod, const N: usize>(a: u128) -> [T; N] {
    const { assert!(size_of::<[T; N]>() == 16) };
    bytemuck::cast(a)
}

/// The low 64 bits as lanes.
#[inline(always)]
pub(super) fn split_low<T: Pod, const N: usize>(a: u128) -> [T; N] {
    const { assert!(size_of::<[T; N]>() == 8) };
    bytemuck::cast(low(a))
}

/// 128 bits of lanes.
#[inline(always)]
pub(super) fn join<T: Pod, const N: usize>(a: [T; N]) -> u128 {
    const { assert!(size_of::<[T; N]>() == 16) };
    bytemuck::cast(a)
}

/// 64 bits of lanes, zeros above.
#[inline(always)]
pub(super) fn join_low<T: Pod, const N: usize>(a: [T; N]) -> u128 {
    const { assert!(size_of::<[T; N]>() == 8) };
    u128::from(bytemuck::cast::<[T; N], u64>(a))
}

/// Runs an expression once per lane size with that size's types in scope.
macro_rules! by_lane {
    ($lane:expr, $body:expr) => {
        match $lane {
            $crate::emit::Lane::B => {
                use $crate::soft::vec::lanes::b::*;
                $body
            }
            $crate::emit::Lane::H => {
                use $crate::soft::vec::lanes::h::*;
                $body
            }
            $crate::emit::Lane::S => {
                use $crate::soft::vec::lanes::s::*;
                $body
            }
            $crate::emit::Lane::D => {
                use $crate::soft::vec::lanes::d::*;
                $body
            }
        }
    };
}

/// Defines functions of vectors by their effect on one lane:
///
/// - `same fn add(x: U, y: U) -> U { … }`: lane by lane;
/// - `long fn …`: the low 64 bits' lanes to lanes of twice the size;
/// - `narrow fn …`: lanes of twice the size to lanes in the low 64 bits;
/// - `; imm n`: a parameter the same for all lanes;
/// - `; sat qc`: `qc` is a flag that the body sets when it saturates; becomes FPSR.QC.
macro_rules! lanewise {
    ($( $(#[$doc:meta])* $kind:ident fn $name:ident
        ($($x:ident: $t:ident),+ $(; imm $n:ident)? $(; sat $q:ident)?) -> $r:ident $body:block )*) => {$(
        $(#[$doc])*
        pub(super) fn $name(l: $crate::emit::Lane, $($x: u128,)+ $($n: u32,)? $($q: &mut u32,)?) -> u128 {
            $crate::soft::vec::lanes::by_lane!(l,
                $crate::soft::vec::lanes::lanewise!(@$kind ($($x: $t),+) ($($q)?) $r $body))
        }
    )*};
    (@same $in:tt $q:tt $r:ident $body:block) => {
        $crate::soft::vec::lanes::lanewise!(@loop split N join $in $q $r $body)
    };
    (@long $in:tt $q:tt $r:ident $body:block) => {
        $crate::soft::vec::lanes::lanewise!(@loop split_low H join $in $q $r $body)
    };
    (@narrow $in:tt $q:tt $r:ident $body:block) => {
        $crate::soft::vec::lanes::lanewise!(@loop split H join_low $in $q $r $body)
    };
    (@loop $split:ident $n:ident $join:ident ($($x:ident: $t:ident),+) ($($q:ident)?) $r:ident $body:block) => {{
        $( let $x = $crate::soft::vec::lanes::$split::<$t, $n>($x); )+
        let mut lanes: [$r; $n] = [0; $n];
        $( let fpsr = $q;
        let mut $q = false; )?
        for i in 0..$n {
            $( let $x = $x[i]; )+
            lanes[i] = $body;
        }
        $( if $q {
            *fpsr |= $crate::soft::vec::lanes::QC;
        } )?
        $crate::soft::vec::lanes::$join(lanes)
    }};
}
pub(super) use {by_lane, lanewise};
