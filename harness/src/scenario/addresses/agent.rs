//! The scripted guest agent: what the section `addresses` begins with and `agent_script` changes.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::scenario::machine::words;
use crate::scenario::net::Net;
use crate::scenario::{Hex, Size, Span};

words! {
    /// The agent's port.
    Port: Open "open" "the agent has it open", Closed "closed" "the agent has it closed"
}
words! {
    /// The `id` of an answer.
    Id: Same "same" "the question's", None "none" "none, as before QEMU 4.0", Wrong "wrong" "another"
}

/// A script. It holds from now on; what a step does not name stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Opens or closes the port; open at the beginning. Closing loses what was not sent yet.
    #[serde(default)]
    pub port: Option<Port>,
    /// The guest's interfaces.
    #[serde(default)]
    pub interfaces: Option<Vec<Interface>>,
    /// Rules, the first that fits holds; what none fits is answered as qemu-ga 7.2 does.
    #[serde(default)]
    pub answers: Option<Vec<Answer>>,
    /// Whether 0xFF makes it say an error first, as qemu-ga does (true).
    #[serde(default)]
    pub complains: Option<bool>,
    /// What its reader has heard already: an earlier client was cut off there.
    #[serde(default)]
    pub heard: Option<Raw>,
    /// Says this unasked.
    #[serde(default)]
    pub say: Option<Raw>,
}

/// Bytes; one of the two.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// Text.
    #[serde(default)]
    pub text: Option<String>,
    /// Any bytes.
    #[serde(default)]
    pub bytes: Option<Hex>,
}

impl Raw {
    /// The bytes.
    pub fn get(&self) -> Vec<u8> {
        let bytes = self.bytes.as_ref().map(|Hex(bytes)| bytes.clone());
        bytes.unwrap_or_else(|| self.text.clone().unwrap_or_default().into_bytes())
    }
}

/// An interface of the guest.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// Its name; `eth0:1` is a label.
    pub name: String,
    /// Its MAC as the agent writes it, well or badly.
    #[serde(default)]
    pub mac: Option<String>,
    /// Its addresses.
    #[serde(default)]
    pub addresses: Vec<Net>,
}

/// A rule: how a command is answered. Of `interfaces`, `return`, `error`, `never` and `huge` at most one;
/// without one, as qemu-ga does.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The command; any when absent.
    #[serde(default)]
    pub command: Option<String>,
    /// With these interfaces.
    #[serde(default)]
    pub interfaces: Option<Vec<Interface>>,
    /// With this value, whatever it is.
    #[serde(default, rename = "return")]
    pub value: Option<Value>,
    /// With an error.
    #[serde(default)]
    pub error: Option<Error>,
    /// Never.
    #[serde(default)]
    pub never: bool,
    /// With a string of so many bytes, made while it is sent.
    #[serde(default)]
    pub huge: Option<Size>,
    /// So much later.
    #[serde(default)]
    pub after: Option<Span>,
    /// With these bytes before it.
    #[serde(default)]
    pub before: Option<Raw>,
    /// With this `id`.
    #[serde(default)]
    pub id: Id,
    /// The port closes after so many bytes of it.
    #[serde(default)]
    pub cut: Option<Size>,
    /// So many times; then the next rule that fits holds.
    #[serde(default)]
    pub times: Option<u32>,
}

/// An error.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Error {
    /// Its class: `GenericError`, `CommandNotFound`.
    pub class: String,
    /// Its description.
    pub desc: String,
}
