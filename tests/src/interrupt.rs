//! The same test for each journey, several at a time: houses know nothing of each other.

use std::num::NonZero;
use std::sync::Mutex;

use crate::die::Die;
use crate::scene::{JOURNEYS, Journey};

/// How many journeys run at the same time at most.
const MOST_THREADS: usize = 4;

/// Runs a test for each journey, on as many threads as there are processors. `PREFIX_OF` names one journey to run
/// only that, and `PREFIX_SEED` chooses the chances (see [`Die::of`]); what a journey is dealt does not depend on the
/// others. A test that answers None could not be done, and then neither could this.
///
/// # Panics
/// When one of the tests does.
pub fn for_each_journey<T: Send>(
    prefix: &str,
    test: impl Fn(&'static Journey, &mut Die) -> Option<T> + Sync,
) -> Option<Vec<T>> {
    let only = std::env::var(format!("{prefix}_OF")).ok();
    let dice = Die::of(&format!("{prefix}_SEED"));
    let wanted = JOURNEYS.iter().filter(|journey| only.as_ref().is_none_or(|only| only == journey.name));
    // Those further down are the longer ones.
    let waiting: Mutex<Vec<_>> = Mutex::new(wanted.collect());
    assert_ne!(waiting.lock().map(|waiting| waiting.len()).ok(), Some(0), "there is no journey {only:?}");
    let work = || {
        let mut done = Vec::new();
        while let Some(journey) = waiting.lock().ok().and_then(|mut waiting| waiting.pop()) {
            let named = journey.name.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
            done.push(test(journey, &mut dice.clone().beside(named)));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ended: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        ended.into_iter().flat_map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
