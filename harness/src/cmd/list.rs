//! `innkeeper list`: the tests there are, and which of them this build and host would skip.

use crate::scenario::Cell;
use crate::scenario::find::Project;

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Files, directories or (parts of) names [default: scenarios/]
    selection: Vec<String>,
    /// How tests are listed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Output format.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
pub enum Format {
    /// One name per line.
    #[default]
    Text,
    /// One array of objects.
    Json,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let project = Project::discover()?;
    let Some(selection) = super::select(&project, &args.selection)? else { return Ok(super::USAGE) };
    let cells = selection.cells();
    match args.format {
        Format::Text => {
            for (_, cell) in cells {
                match &cell.lacks {
                    Some(s) if cell.ignored() => {
                        println!("{} (skipped: lacks {}: {})", cell.name, s.lacks, s.because)
                    }
                    _ => println!("{}", cell.name),
                }
            }
        }
        Format::Json => {
            let list: Vec<_> = cells.map(|(loaded, cell)| object(loaded, cell)).collect();
            println!("{}", serde_json::to_string_pretty(&list)?);
        }
    }
    Ok(super::OK)
}

fn object(loaded: &crate::scenario::Loaded, cell: &Cell) -> serde_json::Value {
    let s = &cell.scenario;
    serde_json::json!({
        "name": cell.name,
        "file": loaded.source.path,
        "kind": s.kind().as_str(),
        "about": s.about,
        "tags": s.tags,
        "accel": s.machine.as_ref().map(|m| m.accel().as_str()),
        "params": cell.params.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "skipped": cell.ignored().then(|| cell.lacks.as_ref().map(|l| &l.because)),
        "quarantine": cell.quarantine.as_ref().map(|q| &q.issue),
    })
}
