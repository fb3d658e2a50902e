//! Against the real ones: Debian's spice-vdagent with xclip on an X server of its own, the host's clipboards on
//! X servers and headless Sways with applications, qemu-ga, dnsmasq with udhcpc and dhclient, virsh.
//!
//! `ci/setup --with-peers` installs the programs. Where they are missing the tests are listed as ignored,
//! with the reason on stderr, unless `INNKEEPER_REQUIRE` demands `peers`; where network namespaces cannot
//! be made, unless it demands `netns`. Every test has its own servers, sockets, networks and folder, and ends
//! what it started.

#![expect(clippy::disallowed_methods, reason = "real peers live in the host's time")]

mod addresses;
mod clipboard;
mod content;
mod desk;
mod desktop;
mod display;
mod namespace;
mod needs;
mod process;
mod wayland;
mod x11;

use libtest_mimic::{Arguments, Failed, Trial};

/// A test's name and what it does.
type Test = (&'static str, fn());

/// (name, body) of functions in scope; of generic ones, for each type that is asked for.
macro_rules! tests {
    ($t:ident: $bound:ident => $($name:ident)*) => {
        pub(crate) const fn tests<$t: $bound>() -> &'static [(&'static str, fn())] {
            const { &[$((stringify!($name), $name::<$t>)),*] }
        }
    };
    ($($name:ident)*) => {
        pub(crate) const TESTS: &[(&str, fn())] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use tests;

/// Tests with the same needs.
struct Group {
    name: &'static str,
    /// What they start.
    programs: &'static [&'static str],
    /// Whether they run in namespaces of their own.
    apart: bool,
    tests: &'static [&'static [Test]],
}

const GROUPS: &[Group] = &[
    Group { name: "clipboard", programs: clipboard::PROGRAMS, apart: false, tests: &[clipboard::TESTS] },
    Group {
        name: "x11",
        programs: x11::PROGRAMS,
        apart: false,
        tests: &[x11::TESTS, desktop::tests::<display::Display>()],
    },
    Group {
        name: "wayland",
        programs: wayland::PROGRAMS,
        apart: false,
        tests: &[wayland::TESTS, desktop::tests::<wayland::Sway>()],
    },
    Group {
        name: "agent",
        programs: addresses::agent::PROGRAMS,
        apart: false,
        tests: &[addresses::agent::TESTS],
    },
    Group {
        name: "virsh",
        programs: addresses::virsh::PROGRAMS,
        apart: false,
        tests: &[addresses::virsh::TESTS],
    },
    Group {
        name: "network",
        programs: addresses::network::PROGRAMS,
        apart: true,
        tests: &[addresses::network::TESTS],
    },
];

fn main() {
    if let Some(name) = namespace::inside() {
        let mut all = GROUPS.iter().filter(|group| group.apart).flat_map(|group| group.tests.concat());
        let (_, test) = all.find(|(n, _)| *n == name).expect("a test's name from outside");
        return test();
    }
    let args = Arguments::from_args();
    let trials = GROUPS.iter().flat_map(trials).collect();
    libtest_mimic::run(&args, trials).exit();
}

fn trials(group: &'static Group) -> impl Iterator<Item = Trial> {
    let programs = needs::lacking(group.programs).map(|why| ("peers", why));
    let apart = || if group.apart { namespace::lacking().map(|why| ("netns", why)) } else { None };
    let lacking = programs.or_else(apart);
    let ignored = lacking.as_ref().is_some_and(|(need, _)| !needs::required(need));
    if let Some((need, why)) = lacking.as_ref().filter(|_| ignored) {
        eprintln!("{}: ignored, as INNKEEPER_REQUIRE does not demand {need}: {why}", group.name);
    }
    group.tests.concat().into_iter().map(move |(name, test)| {
        let why = lacking.as_ref().map(|(_, why)| why.clone());
        let run = move || match why {
            Some(why) => Err(Failed::from(why)),
            None if group.apart => namespace::run(name),
            None => {
                test();
                Ok(())
            }
        };
        Trial::test(format!("{}::{name}", group.name), run).with_ignored_flag(ignored)
    })
}
