//! Whether the family's key is still where it is kept. A keyring has to be asked for that, by a program of its own: with it goes the
//! memory that it took, and it never holds the loop.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use keepsake_core::settings::Settings;

use super::Looking;
use crate::Asked;

/// How long what was found out counts. A key does not go by itself, and the keyring need not be woken for it.
const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(24);
/// A thread that waits for a program needs little.
const STACK_BYTES: usize = 128 << 10;

impl Looking<'_> {
    /// Has it found out at the start, and once a day. What was found out stands in the folder of state, where every verdict reads it; jobs
    /// note it there, too.
    pub(super) fn look_for_key(&mut self) {
        let now = self.agent.clock.now();
        let needs_one = |settings: &Settings| settings.drives.iter().any(|drive| drive.is_encrypted);
        if is_known(self.key_looked_for_at, now) || !self.settings.settings().is_some_and(needs_one) {
            return;
        }
        self.key_looked_for_at = Some(now);
        let mut command = Command::new(&self.agent.program);
        command.arg0("keepsake").args(["--quiet", "--config"]).arg(self.settings.in_use()).args(["sheet", "--look"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let board = Arc::clone(&self.board);
        let look = move || {
            // What cannot be found out now is found out tomorrow.
            if command.status().is_ok() {
                board.wake(Asked::Judge);
            }
        };
        let _ = std::thread::Builder::new().name("key".into()).stack_size(STACK_BYTES).spawn(look);
    }
}

/// False also when the clock was put back.
fn is_known(looked_at: Option<Timestamp>, now: Timestamp) -> bool {
    looked_at.is_some_and(|at| (SignedDuration::ZERO..COUNTS_FOR).contains(&now.duration_since(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_for_at_the_start_and_once_a_day() {
        let start: Timestamp = "2026-03-03T02:05:00Z".parse().unwrap();
        let after = |hours| start.saturating_add(SignedDuration::from_hours(hours)).unwrap();
        assert!(!is_known(None, start));
        assert!(is_known(Some(start), start) && is_known(Some(start), after(23)));
        assert!(!is_known(Some(start), after(24)) && !is_known(Some(start), after(-1)));
    }
}
