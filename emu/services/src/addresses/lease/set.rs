//! Several lease files as one source: hosts have one for every bridge or family.

use super::source::{LeaseReader, LeaseSource};
use crate::addresses::claim::{Clock, Update};
use crate::addresses::nic::Nics;
use crate::addresses::source::{AddressSource, Status};

/// Lease files whose leases are one source's word.
///
/// A snapshot is all that a source knows, so files must not each give their own to the book.
#[derive(Debug)]
pub struct LeaseSet<R> {
    files: Vec<LeaseSource<R>>,
}

impl<R> LeaseSet<R> {
    /// These files, in this order.
    pub fn new(files: Vec<LeaseSource<R>>) -> Self {
        Self { files }
    }

    /// The files.
    pub fn files(&self) -> &[LeaseSource<R>] {
        &self.files
    }

    /// The files, to say that one has changed or whose a DUID is.
    pub fn files_mut(&mut self) -> &mut [LeaseSource<R>] {
        &mut self.files
    }
}

impl<R: LeaseReader> AddressSource for LeaseSet<R> {
    fn name(&self) -> &'static str {
        "lease"
    }

    fn poll(&mut self, clock: Clock, nics: &Nics, updates: &mut dyn FnMut(Update)) {
        let (mut all, mut taken) = (Vec::new(), false);
        for file in &mut self.files {
            file.poll(clock, nics, &mut |update| {
                taken = true;
                match update {
                    Update::Snapshot(claims) => all.extend(claims),
                    other => updates(other),
                }
            });
        }
        if taken {
            updates(Update::Snapshot(all));
        }
    }

    fn deadline(&self) -> Option<u64> {
        self.files.iter().filter_map(AddressSource::deadline).min()
    }

    fn reset(&mut self, now: u64) {
        self.files.iter_mut().for_each(|file| file.reset(now));
    }

    /// A failure of any file; ready if any is; else what the first waits for.
    fn status(&self) -> Status {
        let all = || self.files.iter().map(AddressSource::status);
        let failed = all().find(|s| matches!(s, Status::Failed(_)));
        let found = failed.or_else(|| all().find(|s| *s == Status::Ready)).or_else(|| all().next());
        found.unwrap_or_else(|| Status::Waiting("there is no lease file".into()))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::addresses::book::{AddressBook, Limits};
    use crate::addresses::claim::SECOND;
    use crate::addresses::nic::{Nic, NicId};

    struct Text(&'static str);

    impl LeaseReader for Text {
        fn read(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
            into.extend(self.0.as_bytes());
            Ok(())
        }

        fn name(&self) -> String {
            "leases".into()
        }
    }

    #[test]
    fn one_file_does_not_void_what_another_says() {
        let mut book = AddressBook::new(Limits::default());
        let mac = "52:54:00:ab:cd:ef".parse().unwrap();
        book.add_nic(Nic { id: NicId(0), mac, name: "net0".into() }, 0);
        let file = |text| LeaseSource::new(Text(text));
        let mut set = LeaseSet::new(vec![
            file("0 52:54:00:ab:cd:ef 10.0.0.2 * *\n"),
            file("0 52:54:00:ab:cd:ef 10.0.1.2 * *\n"),
        ]);
        let mut addresses = |set: &mut LeaseSet<Text>, now| {
            book.pull(set, Clock { now, unix: now, boot: 0 });
            book.addresses(NicId(0)).iter().map(|a| a.address.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(addresses(&mut set, 0), ["10.0.0.2", "10.0.1.2"]);
        set.files_mut()[0].reader_mut().0 = "0 52:54:00:ab:cd:ef 10.0.0.3 * *\n";
        assert_eq!(addresses(&mut set, SECOND), ["10.0.1.2", "10.0.0.3"]);
        assert_eq!(set.status(), Status::Ready);
        set.files_mut()[1].reader_mut().0 = "<html>\n";
        assert_eq!(addresses(&mut set, 2 * SECOND), ["10.0.1.2", "10.0.0.3"], "the last good one counts");
        assert!(matches!(set.status(), Status::Failed(_)));
    }

    #[test]
    fn without_a_file_nothing_is_said() {
        let set = LeaseSet::<Text>::new(Vec::new());
        assert_eq!((set.deadline(), set.status()), (None, Status::Waiting("there is no lease file".into())));
    }
}
