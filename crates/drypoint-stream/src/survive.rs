//! Calls into crates that assert what bytes from outside may break.
//!
//! Such a panic is an error of ours, with words of its own: nothing is printed about it. The hook that prints is one
//! for the whole process, so ours asks whether this thread expects the panic, and else hands on to the one before.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// What `foreign` returns; None where it panicked, in silence. What it borrowed should not be used after that.
pub(crate) fn survive<T>(foreign: impl FnOnce() -> T) -> Option<T> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            // A thread that is ending expects nothing any more.
            if !EXPECTED.try_with(Cell::get).unwrap_or(false) {
                before(panic);
            }
        }));
    });
    let outer = EXPECTED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(foreign));
    EXPECTED.set(outer);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_nothing_and_only_the_expected_one_is_silent() {
        assert_eq!(survive(|| 3), Some(3));
        assert_eq!(survive(|| -> u8 { panic!("foreign") }), None);
        assert!(!EXPECTED.get());
        let inner = survive(|| (survive(|| -> u8 { panic!("inner") }), EXPECTED.get()));
        assert_eq!(inner, Some((None, true)));
    }
}
