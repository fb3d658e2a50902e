//! Against the real ones: Debian's spice-vdagent with xclip on an X server of its own.
//!
//! `ci/setup --with-peers` installs the programs. Where they are missing the tests are listed as ignored,
//! with the reason on stderr, unless `INNKEEPER_REQUIRE` demands `peers`. Every test has its own servers,
//! sockets and folder, and ends what it started.

#![expect(clippy::disallowed_methods, reason = "real peers live in the host's time")]

mod clipboard;
mod display;
mod guest;
mod host;
mod needs;
mod process;

use libtest_mimic::{Arguments, Failed, Trial};

/// (name, body) of functions in scope.
macro_rules! tests {
    ($($name:ident)*) => {
        pub(crate) fn tests() -> Vec<(&'static str, fn())> {
            vec![$((stringify!($name), $name as fn())),*]
        }
    };
}
pub(crate) use tests;

fn main() {
    let args = Arguments::from_args();
    let mut trials = Vec::new();
    for (group, programs, tests) in [("clipboard", clipboard::PROGRAMS, clipboard::tests())] {
        let lacking = needs::lacking(programs);
        let ignored = lacking.is_some() && !needs::required("peers");
        if let Some(why) = lacking.as_ref().filter(|_| ignored) {
            eprintln!("{group}: ignored: {why}");
        }
        for (name, test) in tests {
            let lacking = lacking.clone();
            let run = move || match lacking {
                Some(why) => Err(Failed::from(why)),
                None => {
                    test();
                    Ok(())
                }
            };
            trials.push(Trial::test(format!("{group}::{name}"), run).with_ignored_flag(ignored));
        }
    }
    libtest_mimic::run(&args, trials).exit();
}
