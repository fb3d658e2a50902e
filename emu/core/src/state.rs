//! Guest-visible state, written once: a part of the machine names its state in one structure, and saving,
//! restoring and the digest are derived from that.
//!
//! - [`Stateful`]: what a part says of itself
//! - [`Saved`]: what follows from it, for parts behind a pointer
//! - [`fingerprint()`]: the digest's encoding
//!
//! A saved state may come from a file that somebody has made up. [`Stateful::set_state`] believes nothing:
//! what it accepts is a state that no later access of a guest can turn into a panic.

mod fingerprint;

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use fingerprint::fingerprint;

/// Why a part's state could not be saved or restored; the part is as it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateError {
    /// The bytes are not what the part writes.
    #[error("the saved state of {part} cannot be read: {reason}")]
    Unreadable {
        /// Name of the part.
        part: String,
        /// What the decoder says.
        reason: String,
    },
    /// The bytes can be read, but no machine of this kind has such a state.
    #[error("the saved state of {part} is impossible: {what}")]
    Impossible {
        /// Name of the part.
        part: String,
        /// What is wrong with it.
        what: String,
    },
    /// The part's state is not all inside the machine.
    #[error("{part} cannot be saved now: {what}")]
    Unsavable {
        /// Name of the part.
        part: String,
        /// What stands in the way.
        what: String,
    },
}

/// A part of the machine that the guest can see.
pub trait Stateful {
    /// Name, for diagnostics and digests; of a device, the chip's.
    const NAME: &'static str;
    /// All that the guest can see of the part now or later, and that is not configuration. In the order
    /// of its digest.
    type State: Serialize + DeserializeOwned + Clone;

    /// The state.
    fn state(&self) -> Cow<'_, Self::State>;
    /// Goes on from `state`, which may be anything; on an error nothing has changed.
    fn set_state(&mut self, state: Self::State) -> Result<(), StateError>;
    /// An error while some of the state lies outside the machine.
    fn savable(&self) -> Result<(), StateError> {
        Ok(())
    }
    /// An error of [`Stateful::set_state`] unless `possible`.
    fn ensure(possible: bool, what: &str) -> Result<(), StateError> {
        let impossible = || StateError::Impossible { part: Self::NAME.into(), what: what.into() };
        possible.then_some(()).ok_or_else(impossible)
    }
}

/// A part of the machine that can be saved, restored and compared. Implemented by being [`Stateful`].
pub trait Saved {
    /// Name of the part.
    fn name(&self) -> &'static str;
    /// The state, as postcard (<https://postcard.jamesmunns.com/wire-format>) writes it.
    fn save(&self) -> Result<Vec<u8>, StateError>;
    /// Goes on from what [`Saved::save`] has returned; on an error nothing has changed.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), StateError>;
    /// Appends the state's [`fingerprint()`] to `out`.
    fn digest(&self, out: &mut Vec<u8>);
}

impl<T: Stateful> Saved for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn save(&self) -> Result<Vec<u8>, StateError> {
        self.savable()?;
        encode(T::NAME, &*self.state())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        self.set_state(decode(T::NAME, bytes)?)
    }

    fn digest(&self, out: &mut Vec<u8>) {
        fingerprint(&*self.state(), out);
    }
}

/// Writes a value as postcard does, on behalf of `part`.
pub fn encode(part: &str, value: &impl Serialize) -> Result<Vec<u8>, StateError> {
    let unsavable = |e: postcard::Error| StateError::Unsavable { part: part.into(), what: e.to_string() };
    postcard::to_stdvec(value).map_err(unsavable)
}

/// Reads what [`encode`] has written, all of it.
pub fn decode<T: DeserializeOwned>(part: &str, bytes: &[u8]) -> Result<T, StateError> {
    let unreadable = |reason: String| StateError::Unreadable { part: part.into(), reason };
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|e| unreadable(e.to_string()))?;
    if rest.is_empty() { Ok(value) } else { Err(unreadable(format!("{} bytes too many", rest.len()))) }
}

/// The name that serde gives [`Undigested`], by which the fingerprint knows it.
const UNDIGESTED: &str = "Undigested";

/// State that is saved but is no part of a digest: the guest sees it late or never, or digests are older
/// than it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Undigested<T>(pub T);

impl<T> Deref for Undigested<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Undigested<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// A flag that digests have always had as a word, for `#[serde(with)]`.
pub mod flag_as_u32 {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes 0 or 1.
    pub fn serialize<S: Serializer>(flag: &bool, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u32((*flag).into())
    }

    /// Reads 0 or 1.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
        match u32::deserialize(d)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(D::Error::custom("a flag that is neither 0 nor 1")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
    struct Part {
        level: u16,
        #[serde(with = "flag_as_u32")]
        flag: bool,
        fifo: Vec<u8>,
        late: Option<u32>,
        hidden: Undigested<u64>,
    }

    impl Stateful for Part {
        const NAME: &'static str = "part";
        type State = Self;

        fn state(&self) -> Cow<'_, Self> {
            Cow::Borrowed(self)
        }

        fn set_state(&mut self, state: Self) -> Result<(), StateError> {
            Self::ensure(state.fifo.len() <= 2, "it holds more than 2 bytes")?;
            *self = state;
            Ok(())
        }
    }

    fn part(fifo: &[u8]) -> Part {
        Part { level: 0x102, flag: true, fifo: fifo.into(), late: None, hidden: Undigested(7) }
    }

    #[test]
    fn digests_have_fixed_widths_and_no_framing() {
        let mut out = vec![0xff];
        part(&[8, 9]).digest(&mut out);
        assert_eq!(out, [0xff, 2, 1, 1, 0, 0, 0, 8, 9]);
        out.clear();
        Part { late: Some(3), ..part(&[]) }.digest(&mut out);
        assert_eq!(out, [2, 1, 1, 0, 0, 0, 3, 0, 0, 0]);
    }

    #[test]
    fn what_is_saved_is_restored_and_nonsense_is_refused_with_a_sentence() {
        let (from, mut to) = (part(&[1]), part(&[]));
        let bytes = from.save().unwrap();
        to.restore(&bytes).unwrap();
        assert_eq!(from, to);
        let message = |e: Result<(), StateError>| e.unwrap_err().to_string();
        let long = message(to.restore(&part(&[0; 3]).save().unwrap()));
        assert_eq!(long, "the saved state of part is impossible: it holds more than 2 bytes");
        let more = message(to.restore(&[&bytes[..], &[0]].concat()));
        assert_eq!(more, "the saved state of part cannot be read: 1 bytes too many");
        for len in 0..bytes.len() {
            assert!(message(to.restore(&bytes[..len])).starts_with("the saved state of part cannot be read"));
        }
        assert_eq!(from, to, "as it was");
    }
}
