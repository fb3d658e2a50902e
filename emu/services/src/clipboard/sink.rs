//! Where a session's bytes go.

/// A port that takes bytes as it has room for them.
pub trait OutputSink {
    /// Takes bytes from the front; how many. With 0 the rest is offered again at the next call.
    fn accept(&mut self, bytes: &[u8]) -> usize;
}

/// A buffer with room for everything.
impl OutputSink for Vec<u8> {
    fn accept(&mut self, bytes: &[u8]) -> usize {
        self.extend(bytes);
        bytes.len()
    }
}

/// A buffer with room for so many bytes.
#[derive(Clone, Debug)]
pub struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Bounded {
    /// An empty buffer with room for `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the first `n` bytes out.
    pub fn consume(&mut self, n: usize) {
        self.bytes.drain(..n.min(self.bytes.len()));
    }
}

impl OutputSink for Bounded {
    fn accept(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.limit - self.bytes.len());
        self.bytes.extend(&bytes[..n]);
        n
    }
}
