//! The contents of a guest's memory at one moment, cheap to keep many of: pages are shared between
//! moments until they differ, and pages of zeros take no room.

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::Ram;
use super::ram::{Page, ZERO_PAGE};
use crate::state::StateError;

/// Pages in a group: 2 MiB of memory.
const GROUP: usize = 512;
/// Name of the part in errors.
const NAME: &str = "memory";

type Group = Vec<Option<Arc<Page>>>;

/// Contents of all pages, by dense number. Never changes; [`Pages::updated`] makes another.
#[derive(Clone, Debug)]
pub struct Pages {
    count: usize,
    /// Absent: nothing but zeros.
    groups: Vec<Option<Arc<Group>>>,
}

impl Pages {
    /// `count` pages of zeros.
    pub fn zeroed(count: usize) -> Pages {
        Pages { count, groups: vec![None; count.div_ceil(GROUP)] }
    }

    /// What is in `ram` now. Pages that nobody has ever touched are not read.
    pub fn of(ram: &Ram) -> Pages {
        let mut all = Pages::zeroed(ram.pages());
        ram.for_each_page(|pa, bytes| {
            if let (Some(number), Ok(page)) = (ram.page_number(pa), Page::try_from(bytes)) {
                all.set(number, Some(Arc::new(page)));
            }
        });
        all
    }

    /// This, with the pages of `dirty` as they are in `ram` now. Costs in proportion to them.
    pub fn updated(&self, ram: &Ram, dirty: impl IntoIterator<Item = usize>) -> Pages {
        let mut new = self.clone();
        let mut page = ZERO_PAGE;
        for number in dirty {
            if ram.read_page(number, &mut page) && self.get(number) != &page {
                new.set(number, (page != ZERO_PAGE).then(|| Arc::new(page)));
            }
        }
        new
    }

    /// How many pages there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many of them are not of zeros.
    pub fn stored(&self) -> usize {
        self.iter().count()
    }

    /// Contents of a page; zeros where there is none of that number.
    pub fn get(&self, number: usize) -> &Page {
        self.shared(number).map_or(&ZERO_PAGE, |page| page)
    }

    /// Pages that are not of zeros, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Page)> {
        let groups = self.groups.iter().enumerate().filter_map(|(n, group)| Some((n, group.as_ref()?)));
        groups.flat_map(|(n, group)| {
            group.iter().enumerate().filter_map(move |(i, page)| Some((n * GROUP + i, &**page.as_ref()?)))
        })
    }

    /// Numbers of the pages whose contents differ, in order. Costs in proportion to what is not shared.
    pub fn differing(&self, other: &Pages) -> Vec<usize> {
        let groups = self.groups.len().max(other.groups.len());
        let group = |pages: &Pages, n| pages.groups.get(n).cloned().flatten();
        let apart = (0..groups).filter(|&n| !same(group(self, n).as_ref(), group(other, n).as_ref()));
        let numbers = apart.flat_map(|n| n * GROUP..(n + 1) * GROUP);
        let differ = |&n: &usize| !same(self.shared(n), other.shared(n)) && self.get(n) != other.get(n);
        numbers.filter(differ).collect()
    }

    /// Writes how many pages are stored, then each one's number and bytes. Numbers are 64 bits,
    /// little-endian.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&(self.stored() as u64).to_le_bytes())?;
        for (number, page) in self.iter() {
            out.write_all(&(number as u64).to_le_bytes())?;
            out.write_all(page)?;
        }
        Ok(())
    }

    /// Reads what [`Pages::write_to`] has written, for a memory of `count` pages. No more is allocated
    /// than is read.
    pub fn read_from(input: &mut impl Read, count: usize) -> Result<Pages, StateError> {
        let mut all = Pages::zeroed(count);
        let mut next = 0;
        for _ in 0..read_number(input)? {
            let number = usize::try_from(read_number(input)?).unwrap_or(usize::MAX);
            if number < next || number >= count {
                let what = format!("page {number} comes after its turn or behind the last of {count}");
                return Err(StateError::Impossible { part: NAME.into(), what });
            }
            let mut page = ZERO_PAGE;
            input.read_exact(&mut page).map_err(|e| unreadable(&e))?;
            all.set(number, (page != ZERO_PAGE).then(|| Arc::new(page)));
            next = number + 1;
        }
        Ok(all)
    }

    fn shared(&self, number: usize) -> Option<&Arc<Page>> {
        self.groups.get(number / GROUP)?.as_ref()?.get(number % GROUP)?.as_ref()
    }

    /// The one way to change anything, before anybody else has seen it.
    fn set(&mut self, number: usize, page: Option<Arc<Page>>) {
        if let Some(group) = self.groups.get_mut(number / GROUP) {
            let group = group.get_or_insert_with(|| Arc::new(vec![None; GROUP]));
            Arc::make_mut(group)[number % GROUP] = page;
        }
    }
}

/// Whether both are absent or one and the same.
fn same<T>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}

fn read_number(input: &mut impl Read) -> Result<u64, StateError> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes).map_err(|e| unreadable(&e))?;
    Ok(u64::from_le_bytes(bytes))
}

fn unreadable(e: &io::Error) -> StateError {
    StateError::Unreadable { part: NAME.into(), reason: e.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mem::ram::RegionSpec;

    const BASE: u64 = 0x4000_0000;
    const COUNT: usize = 1 + 3 * GROUP;

    /// One page of ROM at 0, then three groups' worth of RAM.
    fn ram() -> Ram {
        let ram = RegionSpec { base: BASE, size: 3 * GROUP as u64 * 4096, writable: true };
        Ram::new(&[RegionSpec { base: 0, size: 0x1000, writable: false }, ram]).unwrap()
    }

    /// Writes a byte into page `number`.
    fn put(ram: &Ram, number: usize, byte: u8) {
        assert!(ram.write(ram.page_address(number).unwrap() + 5, &[byte]));
    }

    #[test]
    fn a_moment_stays_as_it_was_and_shares_the_rest() {
        let ram = ram();
        [0, 1, 600, COUNT - 1].iter().for_each(|&n| put(&ram, n, 7));
        let first = Pages::of(&ram);
        assert_eq!((first.count(), first.stored()), (COUNT, 4));
        put(&ram, 600, 8);
        put(&ram, 1, 0);
        put(&ram, 700, 9);
        let second = first.updated(&ram, [600, 1, 700, 601, 2, COUNT, usize::MAX]);
        assert_eq!((first.get(600)[5], second.get(600)[5], second.get(1)[5]), (7, 8, 0));
        assert_eq!(second.differing(&first), [1, 600, 700]);
        assert_eq!(second.iter().map(|(n, _)| n).collect::<Vec<_>>(), [0, 600, 700, COUNT - 1]);
        let shared = |n: usize| Arc::ptr_eq(first.shared(n).unwrap(), second.shared(n).unwrap());
        assert!(shared(0) && shared(COUNT - 1), "what nobody has written is there once");
        assert!(same(first.groups[2].as_ref(), second.groups[2].as_ref()), "and so are whole groups");
        assert!(Pages::of(&ram).differing(&second).is_empty(), "equal without being shared");
        let back = second.updated(&ram, [600]);
        assert!(same(back.groups[1].as_ref(), second.groups[1].as_ref()), "written with what it held");
    }

    #[test]
    fn files_hold_what_is_not_zero() {
        let ram = ram();
        [0, 3, COUNT - 1].iter().for_each(|&n| put(&ram, n, 7));
        let pages = Pages::of(&ram);
        let mut file = Vec::new();
        pages.write_to(&mut file).unwrap();
        assert_eq!(file.len(), 8 + 3 * (8 + 4096));
        let again = Pages::read_from(&mut file.as_slice(), COUNT).unwrap();
        assert!(again.differing(&pages).is_empty());
        for len in [0, 7, 8, 15, 16, file.len() - 1] {
            let error = Pages::read_from(&mut &file[..len], COUNT).unwrap_err();
            assert!(matches!(error, StateError::Unreadable { .. }), "{error}");
        }
    }

    #[test]
    fn made_up_files_are_refused() {
        let file = |promised: u64, numbers: &[u64]| {
            let pages = numbers.iter().flat_map(|n| [&n.to_le_bytes()[..], &[1; 4096]].concat());
            promised.to_le_bytes().into_iter().chain(pages).collect::<Vec<u8>>()
        };
        for (promised, numbers, fits) in [
            (2, &[3, 5][..], true),
            (2, &[3, 3], false),
            (2, &[5, 3], false),
            (1, &[COUNT as u64], false),
            (1, &[u64::MAX], false),
            (u64::MAX, &[3], false),
        ] {
            let read = Pages::read_from(&mut file(promised, numbers).as_slice(), COUNT);
            assert_eq!(read.is_ok(), fits, "{promised} {numbers:?}");
        }
        let zeros = [&1u64.to_le_bytes()[..], &[0; 8], &[0; 4096]].concat();
        assert_eq!(Pages::read_from(&mut zeros.as_slice(), COUNT).unwrap().stored(), 0);
    }
}
