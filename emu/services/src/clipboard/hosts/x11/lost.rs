//! The end of a connection.

use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};

/// The connection is of no more use: why.
#[derive(Debug)]
pub(super) struct Lost(pub String);

impl Lost {
    /// An error where the server has no reason for one.
    pub fn reply(error: ReplyError) -> Self {
        match error {
            ReplyError::ConnectionError(error) => error.into(),
            ReplyError::X11Error(error) => Self(format!("the X server refuses: {error:?}")),
        }
    }
}

impl From<ConnectionError> for Lost {
    fn from(error: ConnectionError) -> Self {
        Self(format!("the X server is gone: {error}"))
    }
}

impl From<ReplyOrIdError> for Lost {
    fn from(error: ReplyOrIdError) -> Self {
        Self(format!("the X server gives no window: {error}"))
    }
}
