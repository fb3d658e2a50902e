//! Tests in namespaces of their own: networks, mounts and processes that nobody else sees, and that end with
//! them. The test's program starts itself once more inside. No root is needed where users may make
//! namespaces.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use libtest_mimic::Failed;

use crate::process::{Process, command};

/// Set inside: the test's name.
const INSIDE: &str = "INNKEEPER_PEERS_INSIDE";

/// What `unshare` is told: the processes inside end with it.
const APART: &[&str] = &["--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"];
/// For anybody; and for root where users may not.
const USERS: [&[&str]; 2] = [&["--user", "--map-root-user"], &[]];

fn unshare(user: &[&str], program: &str) -> Command {
    let mut unshare = command("unshare");
    unshare.args(user).args(APART).arg(program);
    unshare
}

/// Which of [`USERS`] this host lets this user do.
fn user() -> Option<&'static [&'static str]> {
    static USER: OnceLock<Option<&[&str]>> = OnceLock::new();
    let works = |user: &&[&str]| unshare(user, "true").status().is_ok_and(|status| status.success());
    *USER.get_or_init(|| USERS.into_iter().find(works))
}

/// Why tests cannot run in namespaces of their own.
pub fn lacking() -> Option<String> {
    let why = "this user may not make namespaces: run as root, or let users (`unshare --user --net true`)";
    user().is_none().then(|| why.into())
}

/// The test to run, if this is inside.
pub fn inside() -> Option<String> {
    std::env::var(INSIDE).ok()
}

/// Runs a test inside.
pub fn run(name: &str) -> Result<(), Failed> {
    let user = user().ok_or("no namespaces")?;
    let program = std::env::current_exe()?;
    let mut inside = unshare(user, program.to_str().ok_or("the test's path is not UTF-8")?);
    inside.env(INSIDE, name).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let mut process = Process::start("the test inside", &mut inside);
    // What the test waits for has an end in time; so has this.
    let status = process.child().wait()?;
    if status.success() { Ok(()) } else { Err(format!("inside its namespaces: {status}").into()) }
}
