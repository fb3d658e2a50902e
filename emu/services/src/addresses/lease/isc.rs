//! ISC dhcpd's `dhcpd.leases`, v4 and v6: a log of declarations, the last of an address counts
//! (services.md §3.3; the format is dhcpd.leases(5)).

use std::net::IpAddr;

use super::isc_tokens::{Token, Tokens};
use super::record::{Duid, Expiry, Lease, Place, Summary};
use crate::addresses::nic::Mac;

/// Declarations nest three deep; deeper is garbage.
const MAX_DEPTH: usize = 8;
/// Words of a statement that are looked at.
const MAX_WORDS: usize = 8;

/// Gives every lease in its order.
pub fn parse(bytes: &[u8], lease: &mut dyn FnMut(Lease)) -> Summary {
    let mut reader = Reader { lease, bad: 0, little_endian: true, blocks: Vec::new() };
    let (mut words, mut tokens) = (Vec::new(), Tokens::new(bytes));
    let (mut skipped, mut first_bad) = (0_usize, None);
    while let Some(token) = tokens.next() {
        match token {
            Token::Open if skipped > 0 || reader.blocks.len() >= MAX_DEPTH => skipped += 1,
            Token::Open => reader.open(&words),
            Token::Close if skipped > 0 => skipped -= 1,
            Token::Close => reader.close(),
            Token::End if skipped == 0 => reader.statement(&words),
            Token::End => {}
            word => {
                if words.len() < MAX_WORDS {
                    words.push(word);
                }
                continue;
            }
        }
        words.clear();
        if reader.bad > 0 && first_bad.is_none() {
            first_bad = Some(Place::Line(tokens.line(bytes)));
        }
    }
    let complete = tokens.ended_well() && words.is_empty() && reader.blocks.is_empty() && skipped == 0;
    Summary { bad: reader.bad, first_bad, complete }
}

enum Block {
    /// `lease 10.0.0.2 {`, `iaaddr fd00::2 {`.
    Lease(Option<Lease>),
    /// `ia-na "..." {`, with the IAID and DUID in its string.
    Association(Option<(u32, Duid)>),
    Other,
}

struct Reader<'a> {
    lease: &'a mut dyn FnMut(Lease),
    bad: u64,
    little_endian: bool,
    blocks: Vec<Block>,
}

impl Reader<'_> {
    fn open(&mut self, words: &[Token<'_>]) {
        let block = match words {
            [Token::Word(b"lease" | b"iaaddr"), Token::Word(address), ..] => {
                let address = text(address).and_then(|t| t.parse().ok());
                self.bad += u64::from(address.is_none());
                Block::Lease(address.map(|address| self.start(address)))
            }
            [Token::Word(b"ia-na" | b"ia-ta"), identity, ..] => Block::Association(self.identity(identity)),
            _ => Block::Other,
        };
        self.blocks.push(block);
    }

    fn start(&self, address: IpAddr) -> Lease {
        let (iaid, duid) = match self.blocks.last() {
            Some(Block::Association(Some((iaid, duid)))) => (Some(*iaid), Some(duid.clone())),
            _ => (None, None),
        };
        // Without a word about its binding a lease is none: `active` is what the server says, or it is not.
        Lease { address, prefix: None, mac: None, duid, iaid, expiry: Expiry::Unknown, active: false }
    }

    fn close(&mut self) {
        match self.blocks.pop() {
            Some(Block::Lease(Some(lease))) => (self.lease)(lease),
            Some(_) => {}
            None => self.bad += 1,
        }
    }

    fn statement(&mut self, words: &[Token<'_>]) {
        if let [Token::Word(b"authoring-byte-order"), Token::Word(order)] = words {
            self.little_endian = *order != b"big-endian";
        }
        let Some(Block::Lease(Some(lease))) = self.blocks.last_mut() else { return };
        match words {
            [Token::Word(b"ends"), when @ ..] => match date(when) {
                Some(expiry) => lease.expiry = expiry,
                None => self.bad += 1,
            },
            [Token::Word(b"binding"), Token::Word(b"state"), Token::Word(state)] => {
                lease.active = *state == b"active";
            }
            [Token::Word(b"hardware"), Token::Word(b"ethernet"), Token::Word(mac)] => {
                lease.mac = text(mac).and_then(Mac::parse);
            }
            _ => {}
        }
    }

    /// The IAID in the byte order of the machine that wrote the file, then the DUID.
    fn identity(&mut self, token: &Token<'_>) -> Option<(u32, Duid)> {
        let found = (|| {
            let bytes = token.unescape(4 + 130)?;
            let (iaid, duid) = bytes.split_first_chunk::<4>()?;
            let iaid = if self.little_endian { u32::from_le_bytes(*iaid) } else { u32::from_be_bytes(*iaid) };
            Some((iaid, Duid::new(duid)?))
        })();
        self.bad += u64::from(found.is_none());
        found
    }
}

fn text<'a>(word: &&'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(word).ok()
}

/// `never`, `epoch 1795334354`, or weekday, year/month/day, hour:minute:second in UTC.
fn date(words: &[Token<'_>]) -> Option<Expiry> {
    match words {
        [Token::Word(b"never")] => Some(Expiry::Never),
        [Token::Word(b"epoch"), Token::Word(seconds)] => Some(Expiry::Unix(text(seconds)?.parse().ok()?)),
        [Token::Word(_), Token::Word(day), Token::Word(time)] => {
            let [year, month, day] = three(text(day)?, '/')?;
            let [hour, minute, second] = three(text(time)?, ':')?;
            let fits = (1970..=9999).contains(&year)
                && (1..=12).contains(&month)
                && (1..=31).contains(&day)
                && hour < 24
                && minute < 60
                && second <= 60;
            let seconds = || days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
            fits.then(|| Expiry::Unix(seconds()))
        }
        _ => None,
    }
}

fn three(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|p| p.parse().ok());
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, from 1970 on. Years are counted from March, so
/// that the leap day is the last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_has_them() {
        for (date, want) in [
            ((1970, 1, 1), 0),
            ((1970, 3, 1), 59),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((2026, 11, 22), 20_779),
            ((2100, 3, 1), 47_541),
        ] {
            assert_eq!(days(date.0, date.1, date.2), want, "{date:?}");
        }
    }

    fn leases(text: &str) -> (Vec<String>, Summary) {
        let mut found = Vec::new();
        let summary = parse(text.as_bytes(), &mut |l| {
            found.push(format!("{} {} {:?}", l.address, l.active, l.expiry));
        });
        (found, summary)
    }

    #[test]
    fn each_declaration_is_what_dhcpd_means() {
        for (text, want) in [
            ("ends 0 2026/11/22 07:59:56; binding state active;", "10.0.0.2 true Unix(1795334396)"),
            ("ends never; binding state active;", "10.0.0.2 true Never"),
            ("ends epoch 5; binding state active;", "10.0.0.2 true Unix(5)"),
            ("ends epoch 5; binding state free; next binding state active;", "10.0.0.2 false Unix(5)"),
            ("ends epoch 5; binding state abandoned;", "10.0.0.2 false Unix(5)"),
            ("client-hostname \"x; } lease 1.2.3.4 {\"; binding state active;", "10.0.0.2 true Unknown"),
            ("# ends never;\nbinding state active;", "10.0.0.2 true Unknown"),
            ("set x = { a b }; binding state active;", "10.0.0.2 true Unknown"),
        ] {
            let text = format!("lease 10.0.0.2 {{ {text} }}\n");
            assert_eq!(
                leases(&text),
                (vec![want.into()], Summary { complete: true, ..Summary::default() }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_torn_or_wrong_is_said() {
        for (text, bad, complete) in [
            ("lease 10.0.0.2 {", None, false),
            ("lease 10.0.0.2 { binding state act", None, false),
            ("lease 10.0.0.2 { uid \"torn", None, false),
            ("lease 10.0.0 { }", Some(1), true),
            ("#\n\nlease 10.0.0 {\n }\n", Some(3), true),
            ("}", Some(1), true),
            ("ia-na \"ab\" { }", Some(1), true),
            ("lease 10.0.0.2 { ends 0 2026/13/22 07:59:56; }", Some(1), true),
            (&"{".repeat(100_000), None, false),
        ] {
            let want = Summary { bad: u64::from(bad.is_some()), first_bad: bad.map(Place::Line), complete };
            assert_eq!(leases(text).1, want, "{}", &text[..text.len().min(60)]);
        }
    }
}
