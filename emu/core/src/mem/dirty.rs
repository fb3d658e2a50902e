//! Which pages have been written since somebody last looked.

/// A set of pages, by dense number ([`super::Ram::page_number`]).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dirty {
    /// Bit n of word w: page 64 w + n.
    words: Vec<u64>,
    pages: usize,
}

impl Dirty {
    /// Nothing written, of a memory of `pages` pages.
    pub fn new(pages: usize) -> Dirty {
        Dirty { words: vec![0; pages.div_ceil(64)], pages }
    }

    /// Notes a write to a page; one that does not exist is ignored.
    #[inline]
    pub fn mark(&mut self, number: usize) {
        if number < self.pages {
            self.words[number / 64] |= 1 << (number % 64);
        }
    }

    /// Whether a page has been written.
    #[inline]
    pub fn contains(&self, number: usize) -> bool {
        self.words.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 != 0)
    }

    /// Number of pages written.
    pub fn count(&self) -> usize {
        self.iter_words().map(|(_, word)| word.count_ones() as usize).sum()
    }

    /// The pages written, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.iter_words().flat_map(|(first, word)| {
            let rest = |w: &u64| Some(w & (w - 1)).filter(|&w| w != 0);
            std::iter::successors(Some(word), rest).map(move |w| first + w.trailing_zeros() as usize)
        })
    }

    /// Forgets all writes.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Words that are not zero, with the number of their first page.
    fn iter_words(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.words.iter().enumerate().filter(|&(_, &word)| word != 0).map(|(n, &word)| (64 * n, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_listed_once_in_order_until_cleared() {
        let mut d = Dirty::new(200);
        for n in [199, 0, 63, 64, 63, 130, 200, usize::MAX] {
            d.mark(n);
        }
        assert_eq!(d.iter().collect::<Vec<_>>(), [0, 63, 64, 130, 199]);
        assert_eq!(d.count(), 5);
        assert!(d.contains(130) && !d.contains(131) && !d.contains(200) && !d.contains(usize::MAX));
        d.clear();
        assert_eq!(d, Dirty::new(200));
    }
}
