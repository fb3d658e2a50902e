//! Unicorn as it is used here, whatever the guest.

use unicorn_engine::{Unicorn, uc_error};

/// What the hooks leave behind.
#[derive(Default)]
pub struct Seen {
    /// Exception raised, by Unicorn's number.
    pub exception: Option<u32>,
    /// Instructions begun.
    pub begun: u64,
    /// Instructions allowed.
    pub limit: u64,
    /// The limit stopped the program.
    pub out_of_budget: bool,
    /// Address of the repeated string instruction under way: its iterations are one instruction.
    pub repeated: Option<u64>,
}

/// The Unicorn type used here.
pub type Uc = Unicorn<'static, Seen>;

/// Unicorn's error as text.
pub fn say(what: &str) -> impl Fn(uc_error) -> String + '_ {
    move |e| format!("Unicorn failed to {what}: {e:?}")
}
