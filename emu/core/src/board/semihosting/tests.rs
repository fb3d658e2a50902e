use super::*;

/// 8 KiB of guest memory at 0.
struct Fake {
    mem: Vec<u8>,
    out: Vec<u8>,
    input: Vec<u8>,
}

impl Host for Fake {
    fn read(&mut self, va: u64, out: &mut [u8]) -> bool {
        let at = usize::try_from(va).unwrap();
        let Some(from) = at.checked_add(out.len()).and_then(|end| self.mem.get(at..end)) else {
            return false;
        };
        out.copy_from_slice(from);
        true
    }
    fn write(&mut self, va: u64, bytes: &[u8]) -> bool {
        let at = usize::try_from(va).unwrap();
        let Some(to) = at.checked_add(bytes.len()).and_then(|end| self.mem.get_mut(at..end)) else {
            return false;
        };
        to.copy_from_slice(bytes);
        true
    }
    fn now(&self) -> u64 {
        1_230_000_000
    }
    fn console_write(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
    fn console_read(&mut self) -> Option<u8> {
        (!self.input.is_empty()).then(|| self.input.remove(0))
    }
}

struct Rig {
    s: Semihosting,
    h: Fake,
}

const BLOCK: u64 = 0x1000;
const DATA: u64 = 0x800;

impl Rig {
    fn new(root: Option<PathBuf>) -> Rig {
        let config = Config { root, command_line: "kernel a=1".into(), heap: [1, 2, 3, 4], wall_clock: 1000 };
        Rig { s: Semihosting::new(config), h: Fake { mem: vec![0; 0x2000], out: vec![], input: vec![] } }
    }

    /// Calls with a parameter block.
    fn call(&mut self, w0: u32, block: &[u64]) -> Reply {
        for (n, v) in block.iter().enumerate() {
            self.h.write(BLOCK + 8 * n as u64, &v.to_le_bytes());
        }
        self.s.call(&mut self.h, w0, BLOCK)
    }

    fn data(&mut self, bytes: &[u8]) -> u64 {
        self.h.write(DATA, bytes);
        bytes.len() as u64
    }

    fn open(&mut self, name: &str, mode: u64) -> Reply {
        let len = self.data(name.as_bytes());
        self.call(op::OPEN, &[DATA, mode, len])
    }

    fn errno(&mut self) -> Reply {
        self.call(op::ERRNO, &[])
    }
}

fn ret(v: u64) -> Reply {
    Reply::Return(v)
}

#[test]
fn console() {
    let mut r = Rig::new(None);
    assert_eq!(r.open(":tt", 4), ret(1));
    assert_eq!(r.call(op::ISTTY, &[1]), ret(1));
    r.data(b"hello\0");
    assert_eq!(r.call(op::WRITE, &[1, DATA, 3]), ret(0));
    assert_eq!(r.s.call(&mut r.h, op::WRITE0, DATA), ret(0));
    assert_eq!(r.s.call(&mut r.h, op::WRITEC, DATA), ret(0));
    assert_eq!(r.h.out, b"helhelloh");
    assert_eq!(r.call(op::READ, &[1, DATA, 8]), Reply::Blocked);
    assert_eq!(r.call(op::READC, &[]), Reply::Blocked);
    r.h.input = b"xyz".to_vec();
    assert_eq!(r.call(op::READC, &[]), ret(b'x'.into()));
    assert_eq!(r.call(op::READ, &[1, DATA, 8]), ret(6));
    assert_eq!(&r.h.mem[0x800..0x803], b"yzl");
}

#[test]
fn hostile_lengths_and_addresses() {
    let mut r = Rig::new(None);
    r.open(":tt", 4);
    assert_eq!(r.call(op::WRITE, &[1, 0, u64::MAX]), ret(FAILED), "memory ends");
    assert_eq!(r.errno(), ret(errno::EFAULT.into()));
    assert_eq!(r.call(op::OPEN, &[DATA, 0, 1 << 40]), ret(FAILED));
    assert_eq!(r.s.call(&mut r.h, op::OPEN, u64::MAX), ret(FAILED));
    assert_eq!(r.s.call(&mut r.h, op::WRITE0, 0x1f00), ret(0), "stops at the NUL");
    r.h.mem.fill(1);
    assert_eq!(r.s.call(&mut r.h, op::WRITE0, 0x1f00), ret(FAILED), "no NUL before the end");
    r.h.input = vec![7];
    assert_eq!(r.call(op::READ, &[1, 0x2000, 2]), ret(FAILED));
    for w0 in 0..0x200 {
        r.h.input = vec![1];
        let _ = r.call(w0, &[u64::MAX, u64::MAX, u64::MAX]);
    }
}

#[test]
fn exit_gives_the_status() {
    let mut r = Rig::new(None);
    assert_eq!(r.call(op::EXIT, &[0x2_0026, 3]), Reply::Exit(3));
    assert_eq!(r.call(op::EXIT_EXTENDED, &[0x2_0026, 0]), Reply::Exit(0));
    assert_eq!(r.call(op::EXIT, &[0x2_0024, 0]), Reply::Exit(1), "not an application exit");
}

#[test]
fn time_and_information() {
    let mut r = Rig::new(None);
    assert_eq!(r.call(op::CLOCK, &[]), ret(123));
    assert_eq!(r.call(op::TIME, &[]), ret(1001));
    assert_eq!(r.call(op::ELAPSED, &[]), ret(0));
    assert_eq!(r.h.mem[0x1000..0x1008], 1_230_000_000u64.to_le_bytes());
    assert_eq!(r.call(op::GET_CMDLINE, &[DATA, 11]), ret(0));
    assert_eq!(&r.h.mem[0x800..0x80b], b"kernel a=1\0");
    assert_eq!(r.h.mem[0x1008], 10);
    assert_eq!(r.call(op::GET_CMDLINE, &[DATA, 10]), ret(FAILED), "no room for the NUL");
    assert_eq!(r.call(op::HEAPINFO, &[DATA]), ret(0));
    assert_eq!(r.h.mem[0x808], 2);
    assert_eq!(r.open(":semihosting-features", 0), ret(1));
    assert_eq!(r.call(op::FLEN, &[1]), ret(5));
    assert_eq!(r.call(op::READ, &[1, DATA, 5]), ret(0));
    assert_eq!(&r.h.mem[0x800..0x805], b"SHFB\x03");
    assert_eq!(r.call(op::REMOVE, &[DATA, 1]), ret(FAILED));
}

#[test]
fn files_only_below_the_grant() {
    let dir = std::env::temp_dir().join(format!("innkeeper-semihosting-{}", std::process::id()));
    let root = dir.join("root");
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(dir.join("secret"), "x").unwrap();
    std::os::unix::fs::symlink(dir.join("secret"), root.join("link")).unwrap();
    std::os::unix::fs::symlink(dir.join("new"), root.join("dangling")).unwrap();

    let mut none = Rig::new(None);
    assert_eq!(none.open("file", 4), ret(FAILED));
    assert_eq!(none.errno(), ret(errno::EPERM.into()));

    let mut r = Rig::new(Some(root.clone()));
    for name in ["../secret", "/etc/passwd", "link", "dangling", "a/../../secret", ""] {
        for mode in [0, 4] {
            assert_eq!(r.open(name, mode), ret(FAILED), "{name}");
        }
    }
    assert!(!dir.join("new").exists());
    assert_eq!(r.open("file", 6), ret(1));
    r.data(b"contents");
    assert_eq!(r.call(op::WRITE, &[1, DATA, 8]), ret(0));
    assert_eq!(r.call(op::SEEK, &[1, 3]), ret(0));
    assert_eq!(r.call(op::READ, &[1, DATA, 100]), ret(95));
    assert_eq!(&r.h.mem[0x800..0x805], b"tents");
    assert_eq!(r.call(op::FLEN, &[1]), ret(8));
    assert_eq!(r.call(op::CLOSE, &[1]), ret(0));
    assert_eq!(r.call(op::CLOSE, &[1]), ret(FAILED));
    for _ in 0..32 {
        assert_ne!(r.open("file", 0), ret(FAILED));
    }
    assert_eq!(r.open("file", 0), ret(FAILED), "too many");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn open_files_are_restored_where_they_stood() {
    use crate::state::Saved;
    let root = std::env::temp_dir().join(format!("innkeeper-semihosting-state-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(root.join("file"), "contents").unwrap();
    let mut r = Rig::new(Some(root.clone()));
    for (name, mode, handle) in
        [(":tt", 0, 1), ("file", 0, 2), (":semihosting-features", 0, 3), ("file", 1, 4)]
    {
        assert_eq!(r.open(name, mode), ret(handle));
    }
    assert_eq!(r.call(op::READ, &[2, DATA, 3]), ret(0));
    assert_eq!(r.call(op::READ, &[3, DATA, 4]), ret(0));
    assert_eq!(r.call(op::CLOSE, &[1]), ret(0));
    assert_eq!(r.call(op::CLOSE, &[1]), ret(FAILED));
    let saved = r.s.save().unwrap();

    let mut again = Rig::new(Some(root.clone()));
    again.s.restore(&saved).unwrap();
    assert_eq!(again.s.save(), Ok(saved.clone()));
    assert_eq!(again.errno(), ret(errno::EBADF.into()));
    assert_eq!(again.call(op::READ, &[2, DATA, 8]), ret(3));
    assert_eq!(&again.h.mem[0x800..0x805], b"tents");
    assert_eq!(again.call(op::READ, &[3, DATA, 8]), ret(7));
    assert_eq!(again.open(":tt", 0), ret(1), "the slot that was free");

    assert_eq!(r.open("file", 2), ret(1));
    let error = r.s.save().unwrap_err().to_string();
    assert!(
        error.starts_with("semihosting cannot be saved now: the guest has the file `file` open"),
        "{error}"
    );
    std::fs::remove_file(root.join("file")).unwrap();
    let error = again.s.restore(&saved).unwrap_err().to_string();
    assert!(error.contains("its file `file` cannot be opened again"), "{error}");
    assert_eq!(again.call(op::ISTTY, &[1]), ret(1), "as it was");
    std::fs::remove_dir_all(root).unwrap();
}
