//! Why the agent gave no answer.

use std::fmt;

use crate::addresses::claim::SECOND;
use crate::addresses::table::Failure;

/// Why the agent gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentError {
    /// Nobody has the port open.
    NotConnected,
    /// No answer to a synchronisation within so many nanoseconds.
    Sync(u64),
    /// No answer to a command within so many nanoseconds.
    Command(u64),
    /// The port was closed in the middle of a question.
    Disappeared,
    /// The answer was longer than [`super::MAX_LINE`].
    TooLarge,
    /// The answer was not a list of interfaces.
    Malformed,
    /// The agent answered with an error: command and description.
    Refused(&'static str, String),
}

impl AgentError {
    /// The same as virsh says it.
    pub fn failure(&self) -> Failure {
        match self {
            Self::NotConnected => Failure::AgentNotConnected,
            Self::Sync(ns) => Failure::AgentSync(ns / SECOND),
            Self::Command(ns) => Failure::AgentCommand(ns / SECOND),
            Self::Disappeared => Failure::AgentDisappeared,
            Self::TooLarge | Self::Malformed => Failure::AgentUnusable,
            Self::Refused(command, text) => Failure::AgentError((*command).into(), text.clone()),
        }
    }
}

impl fmt::Display for AgentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("QEMU guest agent is not connected"),
            Self::Sync(ns) => write!(
                f,
                "the guest agent did not answer within {} s: is qemu-guest-agent running in the guest?",
                ns / SECOND
            ),
            Self::Command(ns) => {
                write!(f, "the guest agent did not answer a command within {} s", ns / SECOND)
            }
            Self::Disappeared => f.write_str("the guest agent closed its port in the middle of a question"),
            Self::TooLarge => f.write_str("the guest agent's answer is longer than 1 MiB"),
            Self::Malformed => f.write_str("the guest agent's answer is no list of interfaces"),
            Self::Refused(command, text) => write!(f, "the guest agent refused {command}: {text}"),
        }
    }
}

impl std::error::Error for AgentError {}
