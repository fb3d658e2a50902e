//! Files for tests of boards and engines.

/// A little-endian 64-bit ELF executable of one segment, for a machine by its ELF number.
#[derive(Clone, Copy, Debug)]
pub struct Elf<'a> {
    /// `e_machine`: 62 is x86-64, 183 AArch64.
    pub machine: u16,
    /// Entry point.
    pub entry: u64,
    /// Virtual address of the segment.
    pub vaddr: u64,
    /// Physical address of the segment.
    pub paddr: u64,
    /// Bytes it takes in memory.
    pub memsz: u64,
    /// Its contents.
    pub code: &'a [u8],
    /// Notes, in a segment of their own; none when empty.
    pub notes: &'a [u8],
}

impl<'a> Elf<'a> {
    /// Code at `address`, virtual and physical, entered at its first byte.
    pub fn new(machine: u16, address: u64, code: &'a [u8]) -> Self {
        let memsz = code.len() as u64;
        Elf { machine, entry: address, vaddr: address, paddr: address, memsz, code, notes: &[] }
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        const HEADER: u64 = 64;
        const SEGMENT: u64 = 56;
        let segments = if self.notes.is_empty() { 1 } else { 2 };
        let (code, notes) = (self.code.len() as u64, self.notes.len() as u64);
        let at = HEADER + segments * SEGMENT;
        let mut f = b"\x7fELF\x02\x01\x01".to_vec();
        let mut put = |size: usize, values: &[u64]| {
            values.iter().for_each(|v| f.extend_from_slice(&v.to_le_bytes()[..size]));
        };
        put(1, &[0; 9]);
        put(2, &[2, self.machine.into()]);
        put(4, &[1]);
        put(8, &[self.entry, HEADER, 0]);
        put(4, &[0]);
        put(2, &[HEADER, SEGMENT, segments, 0, 0, 0]);
        put(4, &[1, 7]);
        put(8, &[at, self.vaddr, self.paddr, code, self.memsz, 0]);
        if segments == 2 {
            put(4, &[4, 4]);
            put(8, &[at + code, 0, 0, notes, notes, 4]);
        }
        f.extend_from_slice(self.code);
        f.extend_from_slice(self.notes);
        f
    }
}
