//! Unpacks the payload of a bzImage (Linux, scripts/Makefile.lib: `cmd_gzip` and its siblings).
//!
//! Nothing is trusted: the output is bounded by the machine's memory, and so are the dictionaries and
//! windows that the formats ask for.

use std::io::Read;

use flate2::read::GzDecoder;
use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::StreamingDecoder;

use crate::board::BoardError;

/// Largest dictionary or window, in bytes: what Linux's own settings (`xz --lzma2=dict=32MiB`,
/// `zstd -22 --ultra`) ask for.
const WINDOW_MAX: u64 = 128 << 20;
/// What an LZMA decoder needs besides its dictionary, in KiB.
const LZMA_OVERHEAD: u64 = 1 << 10;

/// Unpacks `payload` of the file called `name` to at most `limit` bytes. `None` where the format is
/// not known here (LZ4, LZO, bzip2): the kernel unpacks itself then.
pub(super) fn unpack(name: &str, payload: &[u8], limit: u64) -> Result<Option<Vec<u8>>, BoardError> {
    let damaged = |e: &dyn std::fmt::Display| BoardError::Damaged {
        name: name.into(),
        what: format!("its payload cannot be unpacked: {e}"),
    };
    let window = limit.min(WINDOW_MAX);
    let kib = u32::try_from(window / 1024 + LZMA_OVERHEAD).unwrap_or(u32::MAX);
    let mut reader: Box<dyn Read + '_> = match payload {
        [0x1f, 0x8b, ..] => Box::new(GzDecoder::new(payload)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Box::new(XzReader::new_mem_limit(payload, false, kib)),
        [0x5d, 0, 0, ..] => Box::new(LzmaReader::new_mem_limit(payload, kib, None).map_err(|e| damaged(&e))?),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            Box::new(StreamingDecoder::new_with_max_window_size(payload, window).map_err(|e| damaged(&e))?)
        }
        _ => return Ok(None),
    };
    let mut unpacked = Vec::new();
    let read = reader.by_ref().take(limit.saturating_add(1)).read_to_end(&mut unpacked);
    read.map_err(|e| damaged(&e))?;
    if unpacked.len() as u64 > limit {
        return Err(BoardError::TooLarge { name: name.into(), limit });
    }
    Ok(Some(unpacked))
}
