//! Panics as verdicts: whose file panicked decides who has to look at it.

use std::cell::RefCell;
use std::sync::Once;

use super::verdict::{Class, Failure};

thread_local! {
    static LAST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// From now on a panic of this process is remembered instead of printed.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let payload = info.payload();
            let text = payload
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "a panic without words".into());
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let class = if place.starts_with("emu/") || place.contains("/emu/") {
                Class::EmulatorBug
            } else {
                Class::HarnessBug
            };
            let failure = Failure::new(class, format!("panicked: {text}")).detail(format!("at {place}"));
            LAST.with(|last| *last.borrow_mut() = Some(failure));
        }));
    });
}

/// The failure for the panic just caught.
pub fn failure() -> Failure {
    LAST.with(|last| last.borrow_mut().take()).unwrap_or_else(|| Failure::new(Class::HarnessBug, "panicked"))
}
