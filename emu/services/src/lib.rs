//! Guest services over byte ports: protocols between a guest's agent and the host, without threads,
//! clocks or sockets, so that the same code talks to a virtio port, a unix socket or a recording.

pub mod addresses;
pub mod clipboard;
