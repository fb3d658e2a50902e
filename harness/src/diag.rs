//! One diagnostic type for everything the harness has to say about a file, with three renderings.
//! Codes are stable: people search for them, and CI systems key on them.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A file as it was read, with the name shown to people.
#[derive(Debug)]
pub struct Source {
    /// Path as given, with `/` between parts.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Source {
    /// Line and column (both from 1, columns in characters) of byte `offset`.
    pub fn line_col(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset.min(self.text.len()))];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

macro_rules! codes {
    ($($name:ident $code:literal $about:literal;)*) => {
        /// What is wrong, by number.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $about] $name,)* }
        impl Code {
            /// Every code, in order.
            pub const ALL: &[Code] = &[$(Code::$name),*];
            /// `S014`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }
            /// One line on what the code means.
            pub fn about(self) -> &'static str {
                match self { $(Code::$name => $about,)* }
            }
        }
    };
}

codes! {
    Syntax "S001" "the file is not YAML";
    Version "S002" "the first key is not `scenario: 1`";
    UnknownKey "S003" "a key that does not exist here";
    MissingKey "S004" "a key that must be there";
    WrongType "S005" "a value of the wrong type";
    BadValue "S006" "a value that cannot be read";
    UnknownWord "S007" "a word that is not one of those accepted";
    DuplicateKey "S008" "a key given twice";
    Anchor "S009" "anchors, aliases and merge keys";
    Tag "S010" "YAML tags";
    Document "S011" "not exactly one document that is a mapping";
    NoKind "S012" "nothing that decides the scenario's kind";
    TwoKinds "S013" "two sections that decide the kind";
    TwoVerbs "S014" "a step with two verbs";
    NoVerb "S015" "a step without a verb";
    OneOf "S016" "alternatives of which exactly one is needed";
    Regex "S017" "a regular expression that does not compile";
    UnknownAsset "S018" "an asset that does not exist";
    NoFile "S019" "a file that does not exist";
    NoAccel "S020" "an accelerator that cannot run this machine";
    Later "S021" "something a later version defines";
    AxisPath "S022" "a matrix axis that is not a field of the document";
    EmptyMatrix "S023" "a matrix without cells";
    Exclude "S024" "a cell selection that selects nothing";
    CellNames "S025" "two cells of one name";
    Name "S026" "a name that is not the file's, or has other characters than a name may";
    SnapshotTwice "S027" "a snapshot name used twice";
    IdTwice "S028" "a step id used twice";
    Expired "S029" "a quarantine past its date";
    Issue "S030" "a quarantine without an issue";
    Capability "S031" "a capability nobody has heard of";
    Timeouts "S032" "timeouts that contradict each other";
    Register "S033" "a register the architecture does not have";
    AfterExit "S034" "a step that needs a machine that has gone";
    Limits "S035" "a value outside what the board can do";
    NoMachine "S036" "a machine without what it needs to start";
    AssetHash "S037" "an asset whose bytes are not those of the manifest";
    Golden "S038" "a golden that no scenario refers to";
    Empty "S039" "an empty text or list that would match everything or nothing";
    NothingFound "S040" "no scenario where some were expected";
    Engines "S041" "engines that cannot be compared with each other";
    Clipboard "S042" "a clipboard or an agent that the scenario does not have";
    Addresses "S043" "addresses, a source of them or a card that the scenario does not have";
    LeaseFormat "S044" "a lease file of another format than it says, or of none";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A place in a file with a few words.
#[derive(Clone, Debug)]
pub struct Label {
    /// Bytes of the source.
    pub span: Range<usize>,
    /// Words beside the carets; may be empty.
    pub text: String,
}

/// One error.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// What kind of error.
    pub code: Code,
    /// A lowercase sentence without a full stop.
    pub message: String,
    /// The file, when there is one to show.
    pub source: Option<Arc<Source>>,
    /// Where; the first is the place reported.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span` of `source`.
    pub fn at(code: Code, source: &Arc<Source>, span: Range<usize>, message: impl Into<String>) -> Self {
        let label = Label { span, text: String::new() };
        Diagnostic {
            code,
            message: message.into(),
            source: Some(source.clone()),
            labels: vec![label],
            help: None,
        }
    }

    /// An error about no place in particular.
    pub fn bare(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { code, message: message.into(), source: None, labels: Vec::new(), help: None }
    }

    /// Words beside the first place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// A further place.
    #[must_use]
    pub fn also(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// File, line and column of the error.
    pub fn place(&self) -> Option<(&Path, usize, usize)> {
        let source = self.source.as_ref()?;
        let (line, col) = source.line_col(self.labels.first()?.span.start);
        Some((&source.path, line, col))
    }
}

/// How diagnostics are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Format {
    /// For people, with the line and a caret.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
    /// Annotations of GitHub Actions.
    Github,
}

/// All of `list` in `format`; empty for an empty list.
pub fn render(list: &[Diagnostic], format: Format, colour: bool) -> String {
    list.iter()
        .map(|d| match format {
            Format::Text => text(d, colour),
            Format::Json => json(d),
            Format::Github => github(d),
        })
        .collect()
}

fn text(d: &Diagnostic, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let title = Level::ERROR.primary_title(&*d.message).id(d.code.id());
    let mut group = match &d.source {
        None => Group::with_title(title),
        Some(source) => {
            let mut snippet = Snippet::source(&*source.text).path(source.path.to_string_lossy());
            for (i, l) in d.labels.iter().enumerate() {
                let kind = if i == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let note = (!l.text.is_empty()).then_some(&*l.text);
                snippet = snippet.annotation(kind.span(visible(&source.text, &l.span)).label(note));
            }
            Group::with_title(title).element(snippet)
        }
    };
    if let Some(help) = &d.help {
        group = group.element(Level::HELP.message(&**help));
    }
    renderer.render(&[group]) + "\n\n"
}

/// A span within the text, on one line (carets under ten lines help nobody).
fn visible(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    let end = text.floor_char_boundary(span.end.clamp(start, line_end));
    let trimmed = text[start..end].trim_end().len();
    start..start + trimmed
}

fn json(d: &Diagnostic) -> String {
    let place = d.place();
    let labels: Vec<_> = d
        .labels
        .iter()
        .map(|l| {
            let at = d.source.as_ref().map(|s| (s.line_col(l.span.start), s.line_col(l.span.end)));
            serde_json::json!({
                "line": at.map(|a| a.0.0), "column": at.map(|a| a.0.1),
                "end_line": at.map(|a| a.1.0), "end_column": at.map(|a| a.1.1), "text": l.text,
            })
        })
        .collect();
    let object = serde_json::json!({
        "code": d.code.id(),
        "severity": "error",
        "message": d.message,
        "file": place.map(|p| p.0.to_string_lossy()),
        "line": place.map(|p| p.1),
        "column": place.map(|p| p.2),
        "labels": labels,
        "help": d.help,
    });
    format!("{object}\n")
}

/// The format of workflow commands: `%`, CR and LF are escaped, in properties `:` and `,` too.
fn github(d: &Diagnostic) -> String {
    let data = |s: &str| s.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |s: &str| data(s).replace(':', "%3A").replace(',', "%2C");
    let message = match &d.help {
        Some(help) => format!("{} (help: {help})", d.message),
        None => d.message.clone(),
    };
    match d.place() {
        Some((file, line, col)) => format!(
            "::error file={},line={line},col={col},title={}::{}\n",
            property(&file.to_string_lossy()),
            d.code,
            data(&message)
        ),
        None => format!("::error title={}::{}\n", d.code, data(&message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Diagnostic {
        let source = Source { path: "a/b.yaml".into(), text: "scenario: 1\nnäme: x, y\n".into() };
        Diagnostic::at(Code::UnknownKey, &Arc::new(source), 12..17, "unknown key `näme`: 100%")
            .label("not a key")
            .help("did you mean `name`?")
    }

    #[test]
    fn text_shows_place_caret_and_help() {
        let t = render(&[sample()], Format::Text, false);
        assert!(t.starts_with("error[S003]: unknown key `näme`: 100%\n --> a/b.yaml:2:1\n"), "{t}");
        assert!(t.contains("^^^^ not a key"), "{t}");
        assert!(t.contains("= help: did you mean `name`?"), "{t}");
    }

    #[test]
    fn github_escapes() {
        let t = render(&[sample()], Format::Github, false);
        assert_eq!(
            t,
            "::error file=a/b.yaml,line=2,col=1,title=S003::unknown key `näme`: 100%25 (help: did you mean `name`?)\n"
        );
    }

    #[test]
    fn json_is_one_object_per_line() {
        let t = render(&[sample(), sample()], Format::Json, false);
        assert_eq!(t.lines().count(), 2);
        let v: serde_json::Value = serde_json::from_str(t.lines().next().unwrap()).unwrap();
        assert_eq!((v["code"].as_str(), v["line"].as_u64()), (Some("S003"), Some(2)));
    }

    #[test]
    fn codes_are_numbered_without_gaps() {
        for (i, c) in Code::ALL.iter().enumerate() {
            assert_eq!(c.id(), format!("S{:03}", i + 1));
        }
    }
}
