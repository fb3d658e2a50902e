//! The clipboards of the host's desktop: what people copy and paste with on the machine that runs the
//! guest (ARCHITECTURE.md, "Clipboards of the host").
//!
//! Both are lazy both ways: an application's content is asked for when it is pasted in the guest, the
//! guest's when it is pasted in an application. Content is kept in a file while it is on its way,
//! because the protocol puts its size first and because an application may take its time.

#[cfg(any(feature = "x11", feature = "wayland"))]
mod spool;
#[cfg(feature = "wayland")]
pub mod wayland;
#[cfg(feature = "x11")]
pub mod x11;

use super::drive::PolledHost;
use super::memory::MemoryHost;

/// Which clipboard the guest's is joined to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// One that nothing else on the host sees.
    Memory,
    /// That of the X11 display `$DISPLAY`.
    X11,
    /// That of the Wayland compositor `$WAYLAND_DISPLAY`.
    Wayland,
    /// None: the guest keeps its own.
    Off,
}

impl Choice {
    /// (name on the command line, value).
    pub const NAMES: [(&str, Self); 4] =
        [("memory", Self::Memory), ("x11", Self::X11), ("wayland", Self::Wayland), ("off", Self::Off)];

    /// Opens the clipboard; `None` for [`Choice::Off`].
    ///
    /// # Errors
    /// What is wrong with the desktop, and the cure.
    pub fn open(self) -> Result<Option<Box<dyn PolledHost>>, String> {
        match self {
            Self::Memory => Ok(Some(Box::new(MemoryHost::default()))),
            Self::Off => Ok(None),
            #[cfg(feature = "x11")]
            Self::X11 => Ok(Some(Box::new(x11::X11Host::connect(None)?))),
            #[cfg(feature = "wayland")]
            Self::Wayland => Ok(Some(Box::new(wayland::WaylandHost::connect(None)?))),
            #[cfg(not(all(feature = "x11", feature = "wayland")))]
            other => Err(format!("this build has no {other:?} clipboard: build it with that cargo feature")),
        }
    }
}
