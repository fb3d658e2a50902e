//! `innkeeper check`: every error of every file, in one pass.

use std::path::PathBuf;

use crate::diag::{Code, Diagnostic, Format};
use crate::golden;
use crate::scenario::find::{Project, ScenarioFile};
use crate::scenario::{check, load};

/// Arguments.
#[derive(clap::Args)]
pub struct Args {
    /// Files or directories [default: scenarios/]
    paths: Vec<PathBuf>,
    /// How errors are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also report goldens no scenario refers to
    #[arg(long)]
    goldens: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<u8> {
    let project = Project::discover()?;
    let files = files(&project, &args.paths)?;
    let (mut errors, mut loaded) = (Vec::new(), Vec::new());
    for (project, file) in &files {
        match load::load(project, &file.path) {
            Ok(scenario) => {
                errors.extend(check::expired(&scenario, golden::today()));
                loaded.push(scenario);
            }
            Err(found) => errors.extend(found),
        }
    }
    if files.is_empty() {
        errors.push(nothing_found(&project, &args.paths));
    }
    if args.goldens && errors.is_empty() {
        errors.extend(golden::unreferenced(&project, &loaded)?);
    }
    super::report(&errors, args.format);
    if errors.is_empty() {
        let tests: usize = loaded.iter().map(|l| l.cells.len()).sum();
        if args.format == Format::Text {
            println!("{} files, {tests} tests: no errors", files.len());
        }
        return Ok(super::OK);
    }
    if args.format == Format::Text {
        eprintln!("{} errors in {} files", errors.len(), files.len() - loaded.len().min(files.len()));
    }
    Ok(super::USAGE)
}

/// The error for paths without a scenario.
fn nothing_found(project: &Project, paths: &[PathBuf]) -> Diagnostic {
    if paths.is_empty() {
        return project.nothing_found();
    }
    let paths: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    Diagnostic::bare(Code::NothingFound, format!("no scenario file (*.yaml) below {}", paths.join(", ")))
}

/// The files named, each with the project it belongs to.
fn files(project: &Project, paths: &[PathBuf]) -> anyhow::Result<Vec<(Project, ScenarioFile)>> {
    if paths.is_empty() {
        return Ok(project.files()?.into_iter().map(|f| (project.clone(), f)).collect());
    }
    let mut found = Vec::new();
    for path in paths {
        let path = &std::path::absolute(path)?;
        anyhow::ensure!(path.exists(), "no file or directory {}", path.display());
        // A path below the project's scenarios shares its list of assets.
        let owner = if path.starts_with(project.scenarios()) {
            project.clone()
        } else {
            Project::of_file(&path.join("x"))
        };
        if path.is_dir() {
            found.extend(owner.files_under(path)?.into_iter().map(|f| (owner.clone(), f)));
        } else {
            found.push((owner.clone(), ScenarioFile { name: owner.name_of(path), path: path.clone() }));
        }
    }
    Ok(found)
}
