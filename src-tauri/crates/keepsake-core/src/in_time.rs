//! Looks at disks that may never answer: a network that has gone away holds whoever asks for as long as it is away. So
//! threads ask, and nobody waits for one that hangs. It ends with the process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How long disks have to answer, all of them together.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Paths that somebody still waits for in this process: whoever asks for one again is told at once that it does not answer,
/// so that neither time nor threads go there again and again. A flag becomes true when its path answers after all.
static HANGING: Mutex<Option<HashMap<PathBuf, Arc<AtomicBool>>>> = Mutex::new(None);

/// What `look` finds at each path, all looked at at once; None for what does not answer within [`ANSWER_WITHIN`].
pub fn look_at_each<T: Send + 'static>(
    paths: &[PathBuf],
    look: impl Fn(&Path) -> T + Send + Sync + 'static,
) -> Vec<Option<T>> {
    look_at_each_within(paths, ANSWER_WITHIN, look)
}

/// As [`look_at_each`], for one path.
pub fn look_at<T: Send + 'static>(path: &Path, look: impl Fn(&Path) -> T + Send + Sync + 'static) -> Option<T> {
    look_at_each(&[path.to_path_buf()], look).pop().flatten()
}

/// As [`look_at_each`], with another time.
pub fn look_at_each_within<T: Send + 'static>(
    paths: &[PathBuf],
    within: Duration,
    look: impl Fn(&Path) -> T + Send + Sync + 'static,
) -> Vec<Option<T>> {
    let until = Instant::now() + within;
    let look = Arc::new(look);
    let (tell, told) = mpsc::channel();
    let mut asked: Vec<(usize, Arc<AtomicBool>)> = Vec::new();
    for (number, path) in paths.iter().enumerate().filter(|(_, path)| !hangs(path)) {
        let has_answered = Arc::new(AtomicBool::new(false));
        let (look, tell, path, flag) = (look.clone(), tell.clone(), path.clone(), has_answered.clone());
        let ask = move || {
            let found = look(&path);
            flag.store(true, Ordering::Release);
            // Nobody may wait any more.
            let _ = tell.send((number, found));
        };
        // Without a thread there is no answer, as with a disk that gives none.
        if thread::Builder::new().name("look".into()).spawn(ask).is_ok() {
            asked.push((number, has_answered));
        }
    }
    drop(tell);
    let mut found: Vec<Option<T>> = paths.iter().map(|_| None).collect();
    while let Ok((number, one)) = told.recv_timeout(until.saturating_duration_since(Instant::now())) {
        found[number] = Some(one);
    }
    for (number, has_answered) in asked {
        if found[number].is_none() {
            hanging().get_or_insert_default().insert(paths[number].clone(), has_answered);
        }
    }
    found
}

/// True when somebody still waits for it.
fn hangs(path: &Path) -> bool {
    let mut hanging = hanging();
    let Some(known) = hanging.as_mut() else { return false };
    // A thread that panicked has dropped its flag, and answers no more.
    known.retain(|_, has_answered| !has_answered.load(Ordering::Acquire) && Arc::strong_count(has_answered) > 1);
    known.contains_key(path)
}

fn hanging() -> MutexGuard<'static, Option<HashMap<PathBuf, Arc<AtomicBool>>>> {
    // What is in it is whole also when a thread panicked.
    HANGING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seconds without a disk that hangs would be a test that hangs.
    const SHORT: Duration = Duration::from_millis(100);

    #[test]
    fn what_hangs_costs_its_time_once_and_is_asked_again_when_it_has_answered() {
        let (dead, good) = (PathBuf::from("/nas/one"), PathBuf::from("/disk/two"));
        let (let_go, held) = mpsc::channel::<()>();
        let (ended, is_ended) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let asked = dead.clone();
        let look = move |path: &Path| {
            if path == asked {
                let _ = held.lock().unwrap().recv();
                let _ = ended.send(());
            }
            path.to_path_buf()
        };
        let paths = [dead.clone(), good.clone(), PathBuf::from("/disk/three")];
        let found = look_at_each_within(&paths, SHORT, look);
        assert_eq!(found, [None, Some(good.clone()), Some("/disk/three".into())]);
        // It hangs still: nobody is sent there again, and nobody waits.
        let now = Instant::now();
        let again = look_at_each_within(&[dead.clone(), good.clone()], Duration::from_secs(60), |_| ());
        assert_eq!(again, [None, Some(())]);
        assert!(now.elapsed() < Duration::from_secs(30), "it was waited for again");
        let_go.send(()).unwrap();
        is_ended.recv().unwrap();
        while hangs(&dead) {
            thread::yield_now();
        }
        assert_eq!(look_at_each(&[dead], |_| 7), [Some(7)]);
    }

    #[test]
    fn a_look_that_panics_is_no_answer_and_hangs_nobody() {
        let path = PathBuf::from("/panics");
        assert_eq!(look_at(&path, |_| -> u8 { panic!("this is tried") }), None);
        while hangs(&path) {
            thread::yield_now();
        }
        assert_eq!(look_at(&path, |_| 7), Some(7));
    }
}
