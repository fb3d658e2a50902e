//! `innkeeper diff`: the differential check.

/// Arguments.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_: &Args) -> anyhow::Result<u8> {
    anyhow::bail!("the differential check is not in this build")
}
