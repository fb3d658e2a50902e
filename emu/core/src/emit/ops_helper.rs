//! The long tail: functions called by name from guest semantics.

/// Functions of the long tail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Helper {
    /// CRC32 (`a[0]` accumulator, `a[1]` data, `a[2]` log2 of bytes).
    Crc32,
    /// CRC32C, the same operands.
    Crc32c,
}
