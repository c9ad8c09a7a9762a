//! The window used by keyboard alone, as by somebody who cannot use a mouse.

use std::time::{Duration, Instant};

use serde_json::json;
pub use thirtyfour::Key;

use super::Window;

/// More stops than any page has.
const MOST_STOPS: usize = 80;
/// How long a page may take to draw what a key has done.
const DRAWING: Duration = Duration::from_secs(10);

/// Where the focus is: the nearest name for tests, and whether somebody sees that it is there.
const FOCUS: &str = "
    const one = document.activeElement;
    const box = one.getBoundingClientRect();
    const isInView = box.top >= -1 && box.left >= -1 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1;
    // A field for a time shows which of its parts has it.
    return [one.closest('[data-testid]')?.dataset.testid ?? one.tagName, one.matches(':focus-visible, [type=time]') && isInView]";

impl Window {
    /// Presses a key, wherever the focus is.
    pub fn key(&self, key: Key) {
        let chain = self.session().action_chain().key_down(key.clone()).key_up(key);
        self.runtime.block_on(chain.perform()).expect("a key can be pressed");
    }

    /// Types, wherever the focus is.
    pub fn keys(&self, text: &str) {
        for letter in text.chars() {
            let chain = self.session().action_chain().key_down(letter).key_up(letter);
            self.runtime.block_on(chain.perform()).expect("a key can be pressed");
        }
    }

    /// What has the focus, by its `data-testid` or that of what it is in.
    pub fn focused(&self) -> String {
        self.script(FOCUS)[0].as_str().unwrap_or_default().into()
    }

    /// Presses a key again and again until something has the focus, by its `data-testid`. It must be seen that it has.
    #[track_caller]
    pub fn go_to(&self, key: Key, name: &str) {
        let mut stops = Vec::new();
        while stops.len() < MOST_STOPS {
            if self.focused() == name {
                // A page may scroll a moment later.
                let end = Instant::now() + DRAWING;
                while self.script(FOCUS) != json!([name, true]) {
                    assert!(Instant::now() < end, "{name} has the focus, and nobody sees it");
                }
                return;
            }
            self.key(key.clone());
            stops.push(self.focused());
        }
        panic!("{name} cannot be reached; the keyboard came to {stops:?}");
    }

    /// Goes to something with Tab, and presses a key there.
    #[track_caller]
    pub fn tab_and(&self, name: &str, key: Key) {
        self.see(name);
        self.go_to(Key::Tab, name);
        self.key(key);
    }
}
