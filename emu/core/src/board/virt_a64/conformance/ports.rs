//! Byte ports and what their device writes to memory, by the guests `ports` and `device_writes_code`.

use super::{Variant, plain, with_guest};
use crate::accel::Accel;
use crate::board::virt_a64::Virt;
use crate::isa::a64::A64;
use crate::machine::{Digest, Exit, Limit};
use crate::replay::Log;

/// The ports of the conformance machine.
pub(super) const PORTS: [&str; 2] = ["org.innkeeper.echo", "org.innkeeper.code"];
/// Most pieces of a run: more is a guest that hangs.
const PIECES: usize = 4000;

/// What came of a conversation: output with the count of instructions at which it was taken, console, state.
type Conversation = (Vec<(u64, Vec<u8>)>, String, Digest);

fn console(m: &mut Virt) -> String {
    String::from_utf8_lossy(&m.system_mut().bus.console.take().bytes).into_owned()
}

/// Runs in pieces of `every` instructions until `done`; false when the guest stopped or never got there.
fn run_until(m: &mut Virt, every: u64, mut done: impl FnMut(&mut Virt) -> bool) -> bool {
    for _ in 0..PIECES {
        if done(m) {
            return true;
        }
        let limit = Limit::insns(m.now().insns + every);
        if m.run_until(limit) != Exit::Limit {
            return false;
        }
    }
    false
}

/// Connects, has `bytes` echoed while it takes little at a time, goes, comes again and ends the guest.
fn converse(m: &mut Virt, bytes: &[u8]) -> Conversation {
    let name = PORTS[0];
    let mut taken = Vec::new();
    assert!(run_until(m, 1009, |m| m.port_open(name)), "{}", console(m));
    assert!(m.set_port_open(name, true));
    let (mut sent, mut back) = (0, 0);
    let echoed = run_until(m, 1009, |m| {
        let piece = &bytes[sent..bytes.len().min(sent + 777)];
        sent += m.offer_port_input(name, piece);
        let output = m.take_port_output(name);
        back += output.len();
        if !output.is_empty() {
            taken.push((m.now().insns, output));
        }
        back == bytes.len()
    });
    assert!(echoed, "{back} of {} bytes came back: {}", bytes.len(), console(m));
    m.set_port_open(name, false);
    m.set_port_open(name, true);
    assert!(run_until(m, 1009, |m| m.offer_port_input(name, b"!") == 1));
    assert_eq!(m.run_until(Limit::insns(m.now().insns + 1_000_000)), Exit::Shutdown);
    (taken, console(m), m.digest())
}

/// The same bytes at the same instructions, recorded to the same log, which replays to the same state.
pub fn a_port_is_the_same_and_replays(variants: &[Variant]) {
    // Never the "!" that ends the guest.
    let bytes: Vec<u8> = (0..20_000usize).map(|i| (i * 31 + i / 251).to_le_bytes()[0] | 0x80).collect();
    let recorded = |accel| {
        let mut m = with_guest("ports", accel);
        m.record().unwrap();
        let conversation = converse(&mut m, &bytes);
        (conversation, m.finish_recording().unwrap().to_bytes())
    };
    let expected = recorded(plain());
    let ((taken, said, end), log) = &expected;
    let echoed: Vec<u8> = taken.iter().flat_map(|(_, output)| output.iter().copied()).collect();
    assert!(echoed == bytes);
    assert!(said.starts_with("port 1\nconnected\n") && said.ends_with("bye\n"), "{said}");
    for v in variants {
        assert!(recorded((v.make)()) == expected, "{}", v.name);
        let mut m = with_guest("ports", (v.make)());
        assert_eq!(m.play(Log::from_bytes(log).unwrap()), Ok(true));
        assert_eq!(m.run_until(Limit::default()), Exit::Shutdown, "{}", v.name);
        assert_eq!((&console(&mut m), m.digest()), (said, *end), "{}", v.name);
    }
}

/// Has blocks of code run that the device writes into one buffer, each over the last while that runs.
fn run_blocks(accel: Box<dyn Accel<A64>>) -> (String, u64, Digest) {
    const RET: u32 = 0xd65f_03c0;
    let name = PORTS[1];
    let mut m = with_guest("device_writes_code", accel);
    m.set_port_open(name, true);
    for n in [1u32, 2, 3, 100, 7] {
        let add = 0x9100_0000 | n << 10; // ADD X0, X0, #n
        let block = [add.to_le_bytes(), RET.to_le_bytes()].concat();
        assert!(run_until(&mut m, 997, |m| m.offer_port_input(name, &block) != 0), "{}", console(&mut m));
        m.run_until(Limit::insns(m.now().insns + 20_011));
    }
    assert!(run_until(&mut m, 997, |m| m.offer_port_input(name, b"!") != 0));
    assert_eq!(m.run_until(Limit::insns(m.now().insns + 1_000_000)), Exit::Shutdown);
    (console(&mut m), m.now().insns, m.digest())
}

/// Code that has been decoded or translated is gone when a device writes over it: from outside, and by the
/// access of an instruction that is followed by what the device writes.
pub fn code_that_a_device_writes_is_run(variants: &[Variant]) {
    let expected = run_blocks(plain());
    let said = "before 4000\nafter 0\nundefined instructions 2\nready\n\
                block of 1\nblock of 2\nblock of 3\nblock of 100\nblock of 7\nbye\n";
    assert_eq!(expected.0, said);
    for v in variants {
        assert_eq!(run_blocks((v.make)()), expected, "{}", v.name);
    }
}
