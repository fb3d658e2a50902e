//! Captures of any content: never a panic, never a frame longer than the file.
//!
//! `cd emu/services && cargo +nightly fuzz run addr_pcap`
#![no_main]

use innkeeper_services::addresses::snoop::{Frame, pcap};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = pcap::frames(data, &mut |_, frame| {
        assert!(frame.len() <= data.len());
        Frame::parse(frame);
    });
});
