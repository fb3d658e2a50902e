//! `--clipboard`: which clipboard of this host a guest's is joined to, and what may be copied where.

use innkeeper_services::clipboard::hosts::Choice;
use innkeeper_services::clipboard::{Directions, Policy};

use crate::scenario::Size;

/// The options.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Join {
    /// Clipboard of this host to join the guest's to: memory (which nothing else sees), x11 ($DISPLAY),
    /// wayland ($WAYLAND_DISPLAY) or off [default: memory for watch, off for boot]
    #[arg(long = "clipboard", value_name = "WHICH", value_parser = choice)]
    choice: Option<Choice>,
    /// Ways that content may go: both, to-guest, to-host or off [default: both]
    #[arg(long = "clipboard-direction", value_name = "WAY", value_parser = directions, requires = "choice")]
    directions: Option<Directions>,
    /// The largest content, such as 10MiB [default: 100MiB]
    #[arg(long = "clipboard-max", value_name = "SIZE", value_parser = size, requires = "choice")]
    max: Option<Size>,
}

impl Join {
    /// Which clipboard, where `default` is what it is without the option.
    pub fn choice_or(&self, default: Choice) -> Choice {
        self.choice.unwrap_or(default)
    }

    /// What may be copied where.
    pub fn policy(&self) -> Policy {
        let all = Policy::default();
        Policy {
            directions: self.directions.unwrap_or(all.directions),
            max_size: self.max.map_or(all.max_size, |size| size.0),
            ..all
        }
    }
}

fn choice(word: &str) -> Result<Choice, String> {
    named(&Choice::NAMES, word)
}

fn directions(word: &str) -> Result<Directions, String> {
    named(&Directions::NAMES, word)
}

fn named<T: Copy>(names: &[(&str, T)], word: &str) -> Result<T, String> {
    let known = || names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = names.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value).ok_or_else(|| format!("there are {}", known()))
}

fn size(word: &str) -> Result<Size, String> {
    Size::parse(word).ok_or_else(|| "a size such as 10MiB".into())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        join: Join,
    }

    fn join(words: &str) -> Result<Join, String> {
        let words = std::iter::once("innkeeper").chain(words.split_whitespace());
        Line::try_parse_from(words).map(|line| line.join).map_err(|e| e.to_string())
    }

    #[test]
    fn options_and_what_they_are_without_them() {
        let none = join("").expect("options");
        assert_eq!((none.choice_or(Choice::Off), none.policy()), (Choice::Off, Policy::default()));
        let all =
            join("--clipboard x11 --clipboard-direction to-guest --clipboard-max 1MiB").expect("options");
        assert_eq!(all.choice_or(Choice::Off), Choice::X11);
        assert_eq!((all.policy().directions, all.policy().max_size), (Directions::ToGuest, 1 << 20));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (words, said) in [
            ("--clipboard xorg", "there are memory, x11, wayland, off"),
            ("--clipboard x11 --clipboard-direction in", "there are both, to-guest, to-host, off"),
            ("--clipboard x11 --clipboard-max 1MB", "a size such as 10MiB"),
            ("--clipboard-max 1MiB", "--clipboard <WHICH>"),
        ] {
            let why = join(words).expect_err("wrong");
            assert!(why.contains(said), "{words}: {why}");
        }
    }
}
