//! `innkeeper schema`: the JSON schema of scenario files.

/// Arguments.
#[derive(clap::Args)]
pub struct Args {}

/// The schema as it is committed in `harness/schema/scenario-v1.json`.
pub fn text() -> String {
    let mut schema = schemars::schema_for!(crate::scenario::Scenario);
    schema.insert("title".into(), "Innkeeper scenario, version 1".into());
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// Runs the command.
pub fn run(_: &Args) -> anyhow::Result<u8> {
    print!("{}", text());
    Ok(super::OK)
}
