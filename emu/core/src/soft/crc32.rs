//! CRC-32 steps of the CRC32 and CRC32C instructions.

/// Polynomial of CRC32 (ISO 3309), bits reversed.
pub const CRC32: u32 = 0xedb8_8320;
/// Polynomial of CRC32C (Castagnoli), bits reversed.
pub const CRC32C: u32 = 0x82f6_3b78;

/// One table per polynomial: the CRC of each byte value.
const fn table(poly: u32) -> [u32; 256] {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut c = i;
        let mut k = 0;
        while k < 8 {
            c = c >> 1 ^ if c & 1 != 0 { poly } else { 0 };
            k += 1;
        }
        t[i as usize] = c;
        i += 1;
    }
    t
}

static ISO: [u32; 256] = table(CRC32);
static CASTAGNOLI: [u32; 256] = table(CRC32C);

/// `acc` advanced over the low `bytes` (at most 8) bytes of `data`, lowest first, as the
/// instructions do: no inversion before or after.
pub fn step(castagnoli: bool, acc: u32, data: u64, bytes: usize) -> u32 {
    let t = if castagnoli { &CASTAGNOLI } else { &ISO };
    data.to_le_bytes().iter().take(bytes).fold(acc, |c, &b| {
        let [low, ..] = c.to_le_bytes();
        c >> 8 ^ t[usize::from(low ^ b)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue for "123456789".
    #[test]
    fn catalogue_check_values() {
        let crc = |c| !b"123456789".iter().fold(!0, |acc, &b| step(c, acc, u64::from(b), 1));
        assert_eq!(crc(false), 0xcbf4_3926);
        assert_eq!(crc(true), 0xe306_9283);
    }

    #[test]
    fn wide_steps_are_byte_steps() {
        let wide = step(true, 1, 0x1122_3344_5566_7788, 8);
        let bytes = [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11];
        assert_eq!(wide, bytes.iter().fold(1, |acc, &b| step(true, acc, b, 1)));
    }
}
