//! Names of the protocol, and which targets mean which format.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _};
use x11rb::rust_connection::RustConnection;

use super::lost::Lost;
use crate::clipboard::{Format, FormatSet, Selection};

/// Atoms of one server.
#[derive(Clone, Debug)]
pub(super) struct Atoms {
    pub clipboard: Atom,
    pub targets: Atom,
    pub timestamp: Atom,
    pub multiple: Atom,
    pub atom_pair: Atom,
    pub incr: Atom,
    pub utf8_string: Atom,
    pub text: Atom,
    pub compound_text: Atom,
    /// The property that conversions use.
    pub content: Atom,
    /// Targets that mean a format, best first within each.
    formats: Vec<(Atom, Format)>,
}

impl Atoms {
    /// Asks the server.
    pub fn intern(conn: &RustConnection) -> Result<Self, Lost> {
        let names = ["CLIPBOARD", "TARGETS", "TIMESTAMP", "MULTIPLE", "ATOM_PAIR", "INCR", "UTF8_STRING"];
        let names = names.into_iter().chain(["TEXT", "COMPOUND_TEXT", "INNKEEPER_CONTENT"]);
        let formats: Vec<(&str, Format)> =
            Format::ALL.into_iter().flat_map(|f| f.targets().iter().map(move |t| (*t, f))).collect();
        let all: Vec<&str> = names.chain(formats.iter().map(|(name, _)| *name)).collect();
        let cookies = all.iter().map(|name| conn.intern_atom(false, name.as_bytes()));
        let cookies: Vec<_> = cookies.collect::<Result<_, _>>()?;
        conn.flush()?;
        let mut atoms = Vec::with_capacity(all.len());
        for cookie in cookies {
            atoms.push(cookie.reply().map_err(Lost::reply)?.atom);
        }
        Ok(Self::of(&atoms, &formats))
    }

    /// From atoms in the order of [`Atoms::intern`].
    fn of(atoms: &[Atom], formats: &[(&str, Format)]) -> Self {
        let targets = atoms[10..].iter().zip(formats);
        Self {
            clipboard: atoms[0],
            targets: atoms[1],
            timestamp: atoms[2],
            multiple: atoms[3],
            atom_pair: atoms[4],
            incr: atoms[5],
            utf8_string: atoms[6],
            text: atoms[7],
            compound_text: atoms[8],
            content: atoms[9],
            formats: targets.map(|(atom, (_, format))| (*atom, *format)).collect(),
        }
    }

    pub fn selection(&self, selection: Selection) -> Atom {
        match selection {
            Selection::Clipboard => self.clipboard,
            Selection::Primary => AtomEnum::PRIMARY.into(),
        }
    }

    /// The selection that an atom names.
    pub fn selection_of(&self, atom: Atom) -> Option<Selection> {
        Selection::ALL.into_iter().find(|s| self.selection(*s) == atom)
    }

    /// The format that a target means.
    pub fn format_of(&self, target: Atom) -> Option<Format> {
        self.formats.iter().find(|(atom, _)| *atom == target).map(|(_, format)| *format)
    }

    /// The formats that an owner with these targets has.
    pub fn formats_in(&self, targets: &[Atom]) -> FormatSet {
        targets.iter().filter_map(|target| self.format_of(*target)).collect()
    }

    /// Which of an owner's targets to ask for.
    pub fn best_target(&self, format: Format, targets: &[Atom]) -> Option<Atom> {
        let ours = self.formats.iter().filter(|(_, f)| *f == format);
        ours.map(|(atom, _)| *atom).find(|atom| targets.contains(atom))
    }

    /// What we answer to TARGETS.
    pub fn targets_of(&self, formats: FormatSet) -> Vec<Atom> {
        let offered = self.formats.iter().filter(|(_, format)| formats.contains(*format));
        [self.targets, self.timestamp, self.multiple].into_iter().chain(offered.map(|(a, _)| *a)).collect()
    }

    /// The type of what we answer to `target`: ICCCM leaves it to the owner for TEXT only.
    pub fn type_of(&self, target: Atom) -> Atom {
        if target == self.text { self.utf8_string } else { target }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Atoms as a server would number them; STRING has always been 31.
    fn atoms() -> (Atoms, impl Fn(&str) -> Atom) {
        let formats: Vec<(&str, Format)> =
            Format::ALL.into_iter().flat_map(|f| f.targets().iter().map(move |t| (*t, f))).collect();
        let number = |name: &str| match name {
            "STRING" => 31,
            "UTF8_STRING" => 106,
            "TEXT" => 107,
            _ => name.bytes().fold(1000, |n, b| n * 31 % 65521 + u32::from(b)),
        };
        let mut all: Vec<Atom> = (100..110).collect();
        all.extend(formats.iter().map(|(name, _)| number(name)));
        (Atoms::of(&all, &formats), number)
    }

    #[test]
    fn targets_and_formats() {
        let (atoms, number) = atoms();
        // (an application's targets, formats, what text is asked for as)
        for (targets, formats, text) in [
            (&["UTF8_STRING", "STRING", "TEXT"][..], "text", Some("UTF8_STRING")),
            (
                &["STRING", "UTF8_STRING", "text/plain;charset=utf-8"],
                "text",
                Some("text/plain;charset=utf-8"),
            ),
            (&["STRING"], "text", Some("STRING")),
            (&["image/png", "image/x-bmp", "text/html"], "png,bmp", None),
            (&["text/html"], "none", None),
            (&[], "none", None),
        ] {
            let numbers: Vec<Atom> = targets.iter().map(|t| number(t)).collect();
            assert_eq!(atoms.formats_in(&numbers).to_string(), formats, "{targets:?}");
            assert_eq!(atoms.best_target(Format::Text, &numbers), text.map(&number), "{targets:?}");
        }
    }

    #[test]
    fn what_we_offer_is_what_we_answer() {
        let (atoms, number) = atoms();
        let offered = atoms.targets_of(Format::Text.into());
        for name in Format::Text.targets() {
            assert!(offered.contains(&number(name)), "{name}");
        }
        assert!(!offered.contains(&number("image/png")));
        assert_eq!(atoms.type_of(number("TEXT")), atoms.utf8_string);
        assert_eq!(atoms.type_of(number("STRING")), u32::from(AtomEnum::STRING));
    }

    #[test]
    fn selections() {
        let (atoms, _) = atoms();
        for selection in Selection::ALL {
            assert_eq!(atoms.selection_of(atoms.selection(selection)), Some(selection));
        }
        assert_eq!(atoms.selection_of(2), None, "SECONDARY");
    }
}
