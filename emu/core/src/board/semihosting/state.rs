//! Saving and restoring: handles by what they were opened with and where they stand. What is in a file of
//! the host is outside the machine, so one open for writing cannot be saved.

use std::borrow::Cow;
use std::io::{Seek as _, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Semihosting;
use super::files::{Files, Handle, OPEN_MAX};
use crate::state::{StateError, Stateful};

/// Modes below this one only read.
const FIRST_TO_WRITE: u64 = 2;

/// What the guest can see of the service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    errno: u32,
    /// The table of handles.
    files: Vec<Option<Open>>,
}

/// An open file.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Open {
    Console,
    /// At a position.
    Features(u64),
    File {
        name: String,
        mode: u64,
        position: u64,
    },
}

impl Handle {
    fn open_file(&self) -> Open {
        match self {
            Handle::Console => Open::Console,
            Handle::Features(at) => Open::Features(*at as u64),
            Handle::File { file, name, mode } => {
                // `savable` has refused files without a position.
                let position = (&*file).stream_position().unwrap_or(0);
                Open::File { name: name.clone(), mode: *mode, position }
            }
        }
    }

    /// Why the handle cannot be saved.
    fn obstacle(&self) -> Option<String> {
        let Handle::File { file, name, mode } = self else { return None };
        if *mode >= FIRST_TO_WRITE {
            return Some(format!(
                "the guest has the file `{name}` open for writing, whose contents are the host's"
            ));
        }
        (&*file).stream_position().err().map(|e| format!("the position in the file `{name}`: {e}"))
    }
}

impl Open {
    /// The file as it was; an error in words.
    fn handle(self, root: Option<&Path>) -> Result<Handle, String> {
        match self {
            Open::Console => Ok(Handle::Console),
            Open::Features(at) => Ok(Handle::Features(usize::try_from(at).unwrap_or(usize::MAX))),
            Open::File { name, mode, .. } if mode >= FIRST_TO_WRITE => {
                Err(format!("it has the file `{name}` open for writing"))
            }
            Open::File { name, mode, position } => {
                let why =
                    |errno: u32| format!("its file `{name}` cannot be opened again, error number {errno}");
                let mut handle = Handle::open(root, name.clone(), mode).map_err(why)?;
                if let Handle::File { file, .. } = &mut handle {
                    file.seek(SeekFrom::Start(position)).map_err(|e| format!("its file `{name}`: {e}"))?;
                }
                Ok(handle)
            }
        }
    }
}

impl Stateful for Semihosting {
    const NAME: &'static str = "semihosting";
    type State = State;

    fn state(&self) -> Cow<'_, State> {
        let files = self.files.slots.iter().map(|slot| slot.as_ref().map(Handle::open_file)).collect();
        Cow::Owned(State { errno: self.errno, files })
    }

    fn set_state(&mut self, state: State) -> Result<(), StateError> {
        Self::ensure(state.files.len() <= OPEN_MAX, "it has more files open than it can have")?;
        let root = self.config.root.as_deref();
        let reopen = |slot: Option<Open>| slot.map(|open| open.handle(root)).transpose();
        let slots = state.files.into_iter().map(reopen).collect::<Result<_, String>>();
        let slots = slots.map_err(|what| StateError::Impossible { part: Self::NAME.into(), what })?;
        self.files = Files { slots };
        self.errno = state.errno;
        Ok(())
    }

    fn savable(&self) -> Result<(), StateError> {
        let obstacle = self.files.slots.iter().flatten().find_map(Handle::obstacle);
        obstacle.map_or(Ok(()), |what| Err(StateError::Unsavable { part: Self::NAME.into(), what }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn a_made_up_state_opens_nothing_for_writing_and_nothing_outside() {
        let dir = std::env::temp_dir().join(format!("innkeeper-semihosting-hostile-{}", std::process::id()));
        let root = dir.join("root");
        std::fs::create_dir_all(&root).unwrap();
        for name in [dir.join("secret"), root.join("file")] {
            std::fs::write(name, "contents").unwrap();
        }
        let mut s = Semihosting::new(Config { root: Some(root.clone()), ..Config::default() });
        let file = |name: &str, mode| Some(Open::File { name: name.into(), mode, position: 0 });
        for (files, what) in [
            (vec![Some(Open::Console), file("file", 4)], "it has the file `file` open for writing"),
            (vec![file("file", u64::MAX)], "it has the file `file` open for writing"),
            (vec![file("../secret", 0)], "its file `../secret` cannot be opened again, error number 1"),
            (vec![None; OPEN_MAX + 1], "it has more files open than it can have"),
        ] {
            let error = s.set_state(State { errno: 7, files }).unwrap_err().to_string();
            assert_eq!(error, format!("the saved state of semihosting is impossible: {what}"));
            assert_eq!((s.errno, s.files.slots.len()), (0, 0), "as it was");
        }
        assert_eq!(std::fs::read(root.join("file")).unwrap(), b"contents");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
