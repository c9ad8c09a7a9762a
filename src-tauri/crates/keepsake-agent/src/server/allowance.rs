//! How much somebody who is not the agent's own user may ask it to do in a while. Each such wish wakes the loop, which looks
//! at settings, catalog and disks; a program of one member that asks for ever must not keep it from its work.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So much may be asked at once: more than a person does who tries all buttons.
const AT_ONCE: u32 = 20;
/// And once more after each such time.
const ONE_MORE_EACH: Duration = Duration::from_secs(6);

/// What each user has left. Who has all of it is not kept.
#[derive(Default)]
pub(super) struct Allowance(Mutex<HashMap<u32, Left>>);

/// What one user has left.
#[derive(Clone, Copy)]
struct Left {
    count: u32,
    /// Up to here it has grown again.
    at: Instant,
}

impl Left {
    fn now(self, now: Instant) -> Self {
        let more = now.saturating_duration_since(self.at).as_secs() / ONE_MORE_EACH.as_secs();
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        Self { count: self.count.saturating_add(more).min(AT_ONCE), at: self.at + ONE_MORE_EACH.saturating_mul(more) }
    }
}

impl Allowance {
    /// True when this user may ask for something once more; then there is one less left.
    pub fn take(&self, uid: u32, now: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, left| {
            *left = left.now(now);
            left.count < AT_ONCE
        });
        let left = all.entry(uid).or_insert(Left { count: AT_ONCE, at: now });
        let may = left.count > 0;
        left.count = left.count.saturating_sub(1);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_ever_gets_a_little_and_others_all() {
        let (allowance, began) = (Allowance::default(), Instant::now());
        let asks = |uid, secs: u64, times| {
            (0..times).filter(|_| allowance.take(uid, began + Duration::from_secs(secs))).count()
        };
        assert_eq!(asks(1001, 0, 1_000), AT_ONCE as usize);
        assert_eq!(asks(1002, 0, 3), 3, "that is nobody else's trouble");
        assert_eq!(asks(1001, 5, 1_000), 0);
        // What is asked for in vain costs nothing more.
        assert_eq!(asks(1001, 6, 1_000), 1);
        assert_eq!((asks(1001, 11, 9), asks(1001, 12, 9)), (0, 1));
        assert_eq!(asks(1001, 100_000, 1_000), AT_ONCE as usize);
        // Of whom nothing is owed, nothing is kept.
        asks(1003, 200_000, 1);
        assert_eq!(allowance.0.lock().unwrap().len(), 1);
    }
}
