//! A YAML document as a tree of places. serde_yaml does the typed parsing; this tree knows where
//! each key and value stands, and refuses what the dialect leaves out: anchors, aliases, merge
//! keys, tags, duplicate keys and more than one document.

use std::ops::Range;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::diag::{Code, Diagnostic, Source};

/// Nesting beyond this is an error; no scenario needs more than a dozen levels.
const MAX_DEPTH: usize = 48;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// Bytes of the source.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Text as written, without quotes.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// One step from a value into a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seg {
    /// A key of a mapping.
    Key(String),
    /// An index into a list.
    Index(usize),
}

impl From<&str> for Seg {
    fn from(s: &str) -> Self {
        Seg::Key(s.into())
    }
}

impl From<usize> for Seg {
    fn from(i: usize) -> Self {
        Seg::Index(i)
    }
}

impl Node {
    /// The scalar's text.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(s) => Some(s),
            _ => None,
        }
    }

    /// Entries of a mapping; none for other nodes.
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Key and value of `key`.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        self.entries().iter().find(|(k, _)| k.text() == Some(key)).map(|(k, v)| (k, v))
    }

    /// The deepest existing part of `path`: its key (for an entry of a mapping), its value, and
    /// whether the whole path exists.
    pub fn nearest(&self, path: &[Seg]) -> (Option<&Node>, &Node, bool) {
        let (mut key, mut value) = (None, self);
        for seg in path {
            let next = match (seg, &value.kind) {
                (Seg::Key(k), Kind::Map(_)) => value.entry(k).map(|(k, v)| (Some(k), v)),
                (Seg::Index(i), Kind::List(items)) => items.get(*i).map(|v| (None, v)),
                _ => None,
            };
            match next {
                Some((k, v)) => (key, value) = (k, v),
                None => return (key, value, false),
            }
        }
        (key, value, true)
    }

    /// Where the value at `path` stands, or its nearest parent.
    pub fn value_span(&self, path: &[Seg]) -> Range<usize> {
        let (key, value, whole) = self.nearest(path);
        if whole { value.span.clone() } else { key.unwrap_or(value).span.clone() }
    }

    /// Where the key at `path` stands; for items of lists the value.
    pub fn key_span(&self, path: &[Seg]) -> Range<usize> {
        let (key, value, _) = self.nearest(path);
        key.unwrap_or(value).span.clone()
    }
}

/// Reads the one document of `source`. Every error found is appended to `errors`; a tree is
/// returned where there is enough to go on with.
pub fn read(source: &Arc<Source>, errors: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut builder = Builder {
        source,
        offsets: source.text.char_indices().map(|(i, _)| i).chain([source.text.len()]).collect(),
        open: Vec::new(),
        root: None,
        documents: 0,
        errors,
    };
    for event in Parser::new_from_str(&source.text) {
        match event {
            Ok((event, span)) => {
                let span = builder.range(span.start, span.end);
                if !builder.event(event, span) {
                    return None;
                }
            }
            Err(e) => {
                let at = builder.byte(*e.marker());
                builder.error(
                    Code::Syntax,
                    at..at + 1,
                    format!("not YAML: {}", e.info()),
                    syntax_help(e.info()),
                );
                return None;
            }
        }
    }
    let root = builder.root.take();
    let first = 0..source.text.find('\n').unwrap_or(source.text.len());
    match &root {
        Some(Node { kind: Kind::Map(_), .. }) => root,
        _ => {
            let help = "a scenario is a mapping that begins with `scenario: 1`";
            builder.error(Code::Document, first, "the file holds no scenario".into(), Some(help));
            None
        }
    }
}

fn syntax_help(info: &str) -> Option<&'static str> {
    info.contains("mapping values are not allowed")
        .then_some("a text that contains `: ` needs quotes around it")
}

/// A list or mapping not yet closed; `key` is the key whose value comes next.
struct Open {
    node: Node,
    key: Option<Node>,
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    /// Byte offset of every character: the parser counts characters.
    offsets: Vec<usize>,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    errors: &'a mut Vec<Diagnostic>,
}

impl Builder<'_> {
    fn byte(&self, m: Marker) -> usize {
        self.offsets.get(m.index()).copied().unwrap_or(self.source.text.len())
    }

    fn range(&self, start: Marker, end: Marker) -> Range<usize> {
        self.byte(start)..self.byte(end)
    }

    fn error(&mut self, code: Code, span: Range<usize>, message: String, help: Option<&str>) {
        let mut d = Diagnostic::at(code, self.source, span, message);
        d.help = help.map(Into::into);
        self.errors.push(d);
    }

    /// Takes one event; false when going on makes no sense.
    fn event(&mut self, event: Event<'_>, span: Range<usize>) -> bool {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents == 2 {
                    let help = "one file holds one scenario";
                    self.error(Code::Document, span, "a second document begins here".into(), Some(help));
                    return false;
                }
            }
            Event::Alias(_) => {
                self.refuse_anchor(span.clone(), "an alias");
                self.close(Node { span, kind: Kind::Scalar(String::new()) });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.check_properties(anchor, tag.is_some(), &span);
                if style == ScalarStyle::Plain && text == "<<" && self.expects_key() {
                    self.refuse_anchor(span.clone(), "a merge key");
                }
                self.close(Node { span, kind: Kind::Scalar(text.into_owned()) });
            }
            Event::SequenceStart(anchor, tag) => {
                return self.begin(anchor, tag.is_some(), span, Kind::List(Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                return self.begin(anchor, tag.is_some(), span, Kind::Map(Vec::new()));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut done) = self.open.pop() {
                    done.node.span.end = span.end.max(done.node.span.start);
                    self.close(done.node);
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        true
    }

    fn begin(&mut self, anchor: usize, tagged: bool, span: Range<usize>, kind: Kind) -> bool {
        self.check_properties(anchor, tagged, &span);
        if self.open.len() == MAX_DEPTH {
            self.error(Code::Syntax, span, format!("nested more than {MAX_DEPTH} levels deep"), None);
            return false;
        }
        self.open.push(Open { node: Node { span, kind }, key: None });
        true
    }

    fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|o| matches!(o.node.kind, Kind::Map(_)) && o.key.is_none())
    }

    /// Hands a finished node to the list or mapping around it.
    fn close(&mut self, node: Node) {
        let Some(parent) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match (&mut parent.node.kind, parent.key.take()) {
            (Kind::List(items), _) => items.push(node),
            (Kind::Map(_), None) => self.take_key(node),
            (Kind::Map(entries), Some(key)) => entries.push((key, node)),
            (Kind::Scalar(_), _) => {}
        }
    }

    fn take_key(&mut self, key: Node) {
        let Some(parent) = self.open.last_mut() else { return };
        let first = key.text().and_then(|k| parent.node.entry(k)).map(|(k, _)| k.span.clone());
        if key.text().is_none() {
            let d = Diagnostic::at(Code::Syntax, self.source, key.span.clone(), "a list or mapping as a key");
            self.errors.push(d);
        }
        if let (Some(first), Some(name)) = (first, key.text()) {
            let d = Diagnostic::at(
                Code::DuplicateKey,
                self.source,
                key.span.clone(),
                format!("key `{name}` given twice"),
            )
            .label("again here")
            .also(first, "first here");
            self.errors.push(d);
        }
        parent.key = Some(key);
    }

    fn check_properties(&mut self, anchor: usize, tagged: bool, span: &Range<usize>) {
        if anchor != 0 {
            self.refuse_anchor(span.clone(), "an anchor");
        }
        if tagged {
            let help = "types follow from the schema; remove the tag";
            self.error(Code::Tag, span.clone(), "a YAML tag".into(), Some(help));
        }
    }

    fn refuse_anchor(&mut self, span: Range<usize>, what: &str) {
        let help = "write the value out: errors then point at the place that is wrong";
        self.error(
            Code::Anchor,
            span,
            format!("{what}: scenarios have no anchors, aliases or merge keys"),
            Some(help),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<Node>, Vec<&'static str>) {
        let source = Arc::new(Source { path: "t.yaml".into(), text: text.into() });
        let mut errors = Vec::new();
        let node = read(&source, &mut errors);
        (node, errors.iter().map(|e| e.code.id()).collect())
    }

    #[test]
    fn spans_are_bytes_also_after_wide_characters() {
        let text = "ä: 日本\nlist: [a, {k: v}]\n";
        let (node, errors) = parse(text);
        assert!(errors.is_empty());
        let node = node.unwrap();
        assert_eq!(&text[node.value_span(&["ä".into()])], "日本");
        assert_eq!(&text[node.value_span(&["list".into(), 1.into(), "k".into()])], "v");
        assert_eq!(&text[node.key_span(&["list".into(), 7.into()])], "list", "nearest existing parent");
    }

    #[test]
    fn the_dialect_is_narrow() {
        assert_eq!(parse("a: &x 1\nb: *x\n").1, ["S009", "S009"]);
        assert_eq!(parse("a: {<<: {b: 1}}\n").1, ["S009"]);
        assert_eq!(parse("a: !!str 1\n").1, ["S010"]);
        assert_eq!(parse("a: 1\na: 2\n").1, ["S008"]);
        assert_eq!(parse("a: 1\n---\nb: 2\n").1, ["S011"]);
        assert_eq!(parse("- a\n").1, ["S011"]);
        assert_eq!(parse("").1, ["S011"]);
        assert_eq!(parse("a: b: c\n").1, ["S001"]);
        assert_eq!(parse(&"[".repeat(200)).1, ["S001"], "depth is bounded");
    }
}
