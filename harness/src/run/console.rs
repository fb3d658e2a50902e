//! The console as the scenario sees it: an append-only text, and patterns looked for in it.

use regex::Regex;

/// More output than this ends a run: nobody reads it, and it is the guest that decides how much.
pub const MAX_CONSOLE: usize = 16 << 20;

/// Everything the guest has printed.
#[derive(Default)]
pub struct Console {
    text: String,
    /// Bytes of a character not yet complete.
    pending: Vec<u8>,
}

impl Console {
    /// Appends output; malformed UTF-8 becomes U+FFFD. False when there is too much.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.pending.extend_from_slice(bytes);
        let mut done = 0;
        loop {
            match std::str::from_utf8(&self.pending[done..]) {
                Ok(s) => {
                    self.text.push_str(s);
                    done = self.pending.len();
                    break;
                }
                Err(e) => {
                    let good = done + e.valid_up_to();
                    self.text.push_str(&String::from_utf8_lossy(&self.pending[done..good]));
                    let Some(bad) = e.error_len() else {
                        done = good;
                        break;
                    };
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    done = good + bad;
                }
            }
        }
        self.pending.drain(..done);
        self.text.len() <= MAX_CONSOLE
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing has been printed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// From byte `from` on.
    pub fn since(&self, from: usize) -> &str {
        &self.text[self.text.floor_char_boundary(from)..]
    }

    /// The last `n` lines, carriage returns and other control characters made visible.
    pub fn tail(&self, n: usize) -> Vec<String> {
        let lines: Vec<&str> = self.text.lines().collect();
        lines[lines.len().saturating_sub(n)..].iter().map(|l| printable(l)).collect()
    }
}

/// Control characters (escape sequences of a hostile guest) as their escapes.
pub fn printable(line: &str) -> String {
    line.trim_end_matches('\r')
        .chars()
        .map(|c| if c.is_control() && c != '\t' { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// Something to look for.
pub enum Pattern {
    /// Exactly this text.
    Text(String),
    /// Matches of this expression.
    Regex(Box<Regex>),
}

impl Pattern {
    /// From a step's `text` or `regex`; [`crate::scenario::check`] has seen that one is there.
    pub fn new(text: Option<&String>, regex: Option<&String>) -> Result<Self, regex::Error> {
        match (text, regex) {
            (_, Some(r)) => Ok(Pattern::Regex(Box::new(Regex::new(r)?))),
            (t, None) => Ok(Pattern::Text(t.cloned().unwrap_or_default())),
        }
    }

    /// End of the first match in `text`, and where it begins.
    pub fn find(&self, text: &str) -> Option<(usize, usize)> {
        match self {
            Pattern::Text(t) => text.find(t).map(|i| (i, i + t.len())),
            Pattern::Regex(r) => r.find(text).map(|m| (m.start(), m.end())),
        }
    }

    /// How far back a match that ends in new text may begin, if that is known.
    fn reach(&self) -> Option<usize> {
        match self {
            Pattern::Text(t) => Some(t.len()),
            Pattern::Regex(_) => None,
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Pattern::Text(t) => write!(f, "{t:?}"),
            Pattern::Regex(r) => write!(f, "/{}/", r.as_str()),
        }
    }
}

/// A search that goes on as the console grows, without looking at the same text twice.
pub struct Search {
    pattern: Pattern,
    /// Where the search began.
    from: usize,
    /// Length of the console when last looked at.
    seen: Option<usize>,
}

impl Search {
    /// A search from byte `from` of the console.
    pub fn new(pattern: Pattern, from: usize) -> Self {
        Search { pattern, from, seen: None }
    }

    /// What is searched.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The first match, as positions in the console.
    pub fn look(&mut self, console: &Console) -> Option<(usize, usize)> {
        if self.seen == Some(console.len()) {
            return None;
        }
        let start = match (self.seen, self.pattern.reach()) {
            (Some(seen), Some(reach)) => self.from.max(seen.saturating_sub(reach)),
            _ => self.from,
        };
        self.seen = Some(console.len());
        let text = console.since(start);
        let start = console.len() - text.len();
        self.pattern.find(text).map(|(a, b)| (start + a, start + b))
    }

    /// For a failure: what comes nearest to the pattern.
    pub fn nearest_miss(&self, console: &Console) -> Option<String> {
        if let Some((at, _)) = self.pattern.find(&console.text()[..self.from.min(console.len())]) {
            let line = console.text()[..at].matches('\n').count() + 1;
            return Some(format!(
                "it was printed earlier, on line {line}, before what the steps had waited for already"
            ));
        }
        let Pattern::Text(wanted) = &self.pattern else { return None };
        let wanted = wanted.lines().next()?;
        let lines: Vec<&str> = console.since(self.from).lines().collect();
        let recent = &lines[lines.len().saturating_sub(500)..];
        let (score, line) = recent.iter().map(|l| (common_run(wanted, l), l)).max_by_key(|(n, _)| *n)?;
        (score * 3 >= wanted.chars().count() && score >= 3)
            .then(|| format!("nearest miss: {}", printable(line)))
    }
}

/// Length in characters of the longest run of characters both have.
fn common_run(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(400).collect();
    let mut row = vec![0usize; b.len() + 1];
    let mut best = 0;
    for x in a.chars().take(400) {
        for j in (1..=b.len()).rev() {
            row[j] = if x == b[j - 1] { row[j - 1] + 1 } else { 0 };
            best = best.max(row[j]);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_may_arrive_in_pieces_and_broken() {
        let mut c = Console::default();
        c.push(&[b'a', 0xe6, 0x97]);
        assert_eq!(c.text(), "a");
        c.push(&[0xa5, 0xff, b'b']);
        assert_eq!(c.text(), "a日\u{fffd}b");
    }

    #[test]
    fn a_search_goes_on_and_knows_the_nearest_miss() {
        let mut c = Console::default();
        let mut s = Search::new(Pattern::Text("login:".into()), 0);
        c.push(b"welcome\nlog");
        assert_eq!(s.look(&c), None);
        c.push(b"in: ");
        assert_eq!(s.look(&c), Some((8, 14)));
        let s = Search::new(Pattern::Text("login: root".into()), 0);
        assert_eq!(s.nearest_miss(&c).unwrap(), "nearest miss: login: ");
        let s = Search::new(Pattern::Text("welcome".into()), 9);
        assert!(s.nearest_miss(&c).unwrap().contains("earlier, on line 1"));
    }

    #[test]
    fn output_cannot_steer_the_terminal() {
        let mut c = Console::default();
        c.push(b"\x1b[2Jgone\r\n");
        assert_eq!(c.tail(1), ["\\u{1b}[2Jgone"]);
    }
}
