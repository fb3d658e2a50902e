//! Checks of `matrix` and of what follows from it.

use std::collections::BTreeMap;

use super::{Checker, field};
use crate::diag::Code;
use crate::scenario::document::{Document, Finding};
use crate::scenario::machine::Board;
use crate::scenario::matrix::{Matrix, Selection, put};
use crate::scenario::node::Seg;
use crate::scenario::{Cell, Scenario, suggest};

/// Axes, values and exclusions.
pub(in crate::scenario) fn matrix(doc: &Document<'_>, m: &Matrix, found: &mut Vec<Finding>) {
    let mut c = Checker { doc, board: Board::default(), found: Vec::new() };
    let at = field!([], "matrix", "axes");
    if m.axes.0.is_empty() {
        c.at_key(Code::EmptyMatrix, &at, "a matrix without axes", "leave `matrix` out");
    }
    for (path, values) in &m.axes.0 {
        let here = field!(at, path.as_str());
        if values.is_empty() {
            c.at_key(Code::EmptyMatrix, &here, "an axis without values", "no values, no cells");
        }
        let fixed = path.split('.').next();
        if fixed.is_none_or(|f| !["machine", "timeouts", "differential", "bench"].contains(&f)) {
            let help = "axes are fields of machine, timeouts, differential or bench";
            c.at_key(Code::AxisPath, &here, format!("`{path}` cannot be an axis"), help);
            continue;
        }
        for (i, v) in values.iter().enumerate() {
            let mut value = doc.value.clone();
            put(&mut value, path, v.clone());
            if let Err(e) = serde_path_to_error::deserialize::<_, Scenario>(&value) {
                c.axis_value(&here, i, path, &e.inner().to_string());
            }
        }
    }
    if c.found.is_empty() {
        c.cell_count(m);
        for (i, x) in m.exclude.iter().enumerate() {
            c.selection(&field!([], "matrix", "exclude", i), m, x);
        }
    }
    found.append(&mut c.found);
}

impl Checker<'_> {
    fn axis_value(&mut self, axis: &[Seg], index: usize, path: &str, message: &str) {
        let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        match (message.starts_with("unknown field"), words.split_first()) {
            (true, Some((name, known))) => {
                if index == 0 {
                    let help = suggest::help(name, known);
                    self.at_key(
                        Code::AxisPath,
                        axis,
                        format!("`{path}` is not a field of a scenario"),
                        &help,
                    );
                }
            }
            (false, Some((name, known))) if message.starts_with("unknown variant") => {
                let help = suggest::help(name, known);
                self.at_value(
                    Code::UnknownWord,
                    &field!(axis, index),
                    format!("`{name}` is not a value of {path}"),
                    &help,
                );
            }
            _ => {
                let message = format!("not a value of {path}: {message}");
                self.at_value(
                    Code::BadValue,
                    &field!(axis, index),
                    message,
                    "values of an axis are those of its field",
                );
            }
        }
    }

    fn cell_count(&mut self, m: &Matrix) {
        let at = field!([], "matrix");
        if m.product().is_none() {
            self.at_key(Code::EmptyMatrix, &at, "more than 1024 cells", "split the scenario");
        } else if m.choices().is_empty() {
            self.at_key(
                Code::EmptyMatrix,
                &field!(at, "exclude"),
                "every cell is excluded",
                "zero cells would pass unseen",
            );
        }
        let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
        for (path, _) in &m.axes.0 {
            if let Some(other) = keys.insert(path.rsplit('.').next().unwrap_or(path), path) {
                let message = format!("`{other}` and `{path}` end in the same word");
                let help = "a cell's name is made of the last words of its axes";
                self.at_key(Code::CellNames, &field!(at, "axes", path.as_str()), message, help);
            }
        }
    }

    /// A selection names axes and values that exist.
    fn selection(&mut self, at: &[Seg], m: &Matrix, s: &Selection) {
        if s.0.is_empty() {
            self.at_value(Code::Exclude, at, "a selection of nothing", "name an axis and its value");
        }
        for (path, value) in &s.0 {
            let p = field!(at, path.as_str());
            match m.axes.0.iter().find(|(a, _)| a == path) {
                None => {
                    let axes: Vec<&str> = m.axes.0.iter().map(|(a, _)| a.as_str()).collect();
                    self.at_key(
                        Code::Exclude,
                        &p,
                        format!("`{path}` is not an axis"),
                        &suggest::help(path, &axes),
                    );
                }
                Some((_, values)) if !values.contains(value) => {
                    self.at_value(
                        Code::Exclude,
                        &p,
                        format!("the axis `{path}` does not have this value"),
                        "it selects no cell",
                    );
                }
                Some(_) => {}
            }
        }
    }
}

/// Names of cells, quarantines that cover none, machines that a cell makes impossible.
pub(in crate::scenario) fn cells(
    doc: &Document<'_>,
    base: &Scenario,
    cells: &[Cell],
    found: &mut Vec<Finding>,
) {
    let mut c = Checker { doc, board: base.board(), found: Vec::new() };
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, cell) in cells.iter().enumerate() {
        if names.insert(&cell.name, i).is_some() {
            let help = "other characters than letters, digits and `_+-` become `-`";
            c.at_key(
                Code::CellNames,
                &field!([], "matrix", "axes"),
                format!("two cells are called `{}`", cell.name),
                help,
            );
        }
    }
    if let Some(m) = &base.matrix {
        for (i, q) in base.quarantine.iter().enumerate() {
            if let Some(s) = &q.cells {
                c.selection(&field!([], "quarantine", i, "cells"), m, s);
            }
        }
    }
    for cell in cells {
        // What is wrong with the document itself has been said; only errors of the values remain.
        let mut inner = Checker { doc, board: cell.scenario.board(), found: Vec::new() };
        inner.machine(&cell.scenario);
        for mut f in inner.found {
            let Some((axis, value)) = axis_of(base, cell, &f.path) else { continue };
            let value = field!([], "matrix", "axes", axis.as_str(), value);
            let d = &mut f.diagnostic;
            if let Some(first) = d.labels.first_mut() {
                first.span = doc.tree.value_span(&value);
            }
            if !c.found.iter().any(|g| g.path == value) {
                c.found.push(Finding { path: value, diagnostic: f.diagnostic });
            }
        }
    }
    found.append(&mut c.found);
}

/// The axis a field belongs to, and the index of the cell's value on it. Accelerators are left
/// out: they have been looked at with the rules for skipping.
fn axis_of(base: &Scenario, cell: &Cell, path: &[Seg]) -> Option<(String, usize)> {
    let dotted = path
        .iter()
        .map(|s| match s {
            Seg::Key(k) => k.clone(),
            Seg::Index(i) => i.to_string(),
        })
        .collect::<Vec<_>>()
        .join(".");
    let axes = &base.matrix.as_ref()?.axes.0;
    let (axis, values) = axes.iter().find(|(a, _)| dotted.starts_with(a.as_str()) && a != "machine.accel")?;
    let text = cell.params.iter().find(|(k, _)| axis.ends_with(k.as_str()))?.1.as_str();
    let index = values.iter().position(|v| crate::scenario::matrix::value_text(v) == text)?;
    Some((axis.clone(), index))
}
