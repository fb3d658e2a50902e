//! The recording of a run, and its file format.
//!
//! Magic, format version (major, minor), length and XXH3-64 of the payload, then the payload in
//! postcard. A reader refuses another major version; a higher minor one only adds kinds of input.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Event, Origin, Stamp};

const MAGIC: &[u8; 8] = b"INNKREC\n";
/// Changes when old recordings cannot be read any more.
pub const MAJOR: u16 = 1;
/// Changes when something is added.
pub const MINOR: u16 = 1;
const HEADER: usize = 8 + 2 + 2 + 8 + 8;

/// A recorded run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Log {
    /// Values from outside before the first instruction.
    pub origin: Origin,
    /// Digest of the machine before the first instruction: board, memory, guest image.
    pub start_digest: u128,
    /// Inputs in the order in which they took effect.
    pub events: Vec<Event>,
    /// Where the recording ends, and the digest there.
    pub end: Option<(Stamp, u128)>,
}

/// Why bytes are not a recording.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogError {
    /// The first bytes are something else.
    #[error("not a recording: the file does not begin with the recording signature")]
    Magic,
    /// Written by a version that does things differently.
    #[error("recording format {found} cannot be read by this version, which reads format {MAJOR}")]
    Version {
        /// Major version found.
        found: u16,
    },
    /// Cut short or altered.
    #[error("the recording is damaged or incomplete")]
    Damaged,
}

impl Log {
    /// The recording as a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Serialising plain data into memory has no way to fail; an empty payload would be refused
        // by `from_bytes`.
        let payload = postcard::to_stdvec(self).unwrap_or_default();
        let mut out = Vec::with_capacity(HEADER + payload.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&MAJOR.to_le_bytes());
        out.extend_from_slice(&MINOR.to_le_bytes());
        out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
        out.extend_from_slice(&xxh3_64(&payload).to_le_bytes());
        out.extend_from_slice(&payload);
        out
    }

    /// Reads a recording back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Log, LogError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(LogError::Magic)?;
        let (major, rest) = rest.split_first_chunk().ok_or(LogError::Damaged)?;
        let found = u16::from_le_bytes(*major);
        if found != MAJOR {
            return Err(LogError::Version { found });
        }
        let (_minor, rest) = rest.split_first_chunk::<2>().ok_or(LogError::Damaged)?;
        let (len, rest) = rest.split_first_chunk().ok_or(LogError::Damaged)?;
        let (hash, payload) = rest.split_first_chunk().ok_or(LogError::Damaged)?;
        let whole = payload.len() as u64 == u64::from_le_bytes(*len);
        if !whole || xxh3_64(payload) != u64::from_le_bytes(*hash) {
            return Err(LogError::Damaged);
        }
        postcard::from_bytes(payload).map_err(|_| LogError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Input, Register};
    use super::*;

    fn log() -> Log {
        let at = Stamp { insns: 7, ns: 9 };
        let poke = Input::PokeRegister { cpu: 0, register: Register::General(3), value: u64::MAX };
        Log {
            origin: Origin { wall_clock: 1, entropy: [5; 32] },
            start_digest: 3,
            events: vec![
                Event { at, input: Input::Serial { port: 0, bytes: b"hi".to_vec() } },
                Event { at, input: poke },
            ],
            end: Some((at, u128::MAX)),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Log::from_bytes(&log().to_bytes()), Ok(log()));
    }

    #[test]
    fn damage_and_other_versions_are_named() {
        let good = log().to_bytes();
        assert_eq!(Log::from_bytes(b"PK"), Err(LogError::Magic));
        assert_eq!(Log::from_bytes(&good[..good.len() - 1]), Err(LogError::Damaged));
        for i in 10..good.len() {
            let mut bad = good.clone();
            bad[i] ^= 0x10;
            let read = Log::from_bytes(&bad);
            // The minor version is not part of what is protected.
            assert!(read == Err(LogError::Damaged) || i < 12, "byte {i}");
        }
        let mut newer = good;
        newer[8] = 2;
        assert_eq!(Log::from_bytes(&newer), Err(LogError::Version { found: 2 }));
    }
}
