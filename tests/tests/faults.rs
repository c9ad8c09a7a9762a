//! The call N of every journey fails, N = 1, 2, 3 …: the disk is full, does not answer, writes half of it, or the program
//! dies. It is the real program, and SQLite's calls are among them; [`keepsake_tests::fault`] says how.
//!
//! All pairs of a call and a fault would take long. `KEEPSAKE_FAULTS=5` tries every fifth (every 11th unless told),
//! `KEEPSAKE_FAULTS=all` every one; `KEEPSAKE_FAULTS_SEED` chooses which is the first (a number, or `moment` for another each
//! time); `KEEPSAKE_FAULTS_OF="restore in place"` takes one journey only.

use std::panic::{AssertUnwindSafe, catch_unwind};

use keepsake_tests::fault::{Call, FAULTS, Fault, calls, run_with};
use keepsake_tests::{Answer, Scene, for_each_journey, needs, number_from, skip};

const NAME: &str = "whichever_call_fails_nothing_is_lost";

/// What only a programmer would understand.
const JARGON: &[&str] = &["panicked", "RUST_BACKTRACE", "Os {", "Error {", "Custom {", "SqliteFailure", "(os error"];

/// Calls that were answered wrongly once: journey and kind. All of these are tried in every run.
const ONCE_WRONG: &[(&str, &str)] = &[("undo", "unlinkat"), ("restore in place", "utimensat")];

#[test]
fn whichever_call_fails_nothing_is_lost() {
    if needs(NAME, &["strace"]).is_none() {
        return;
    }
    let all = std::env::var("KEEPSAKE_FAULTS").is_ok_and(|value| value == "all");
    let stride = if all { 1 } else { number_from("KEEPSAKE_FAULTS", 11) };
    let failed = for_each_journey("KEEPSAKE_FAULTS", |journey, die| {
        let scene = Scene::of(journey);
        let log = scene.beginning().with_extension("trace");
        let calls = calls(&scene.house.command(journey.words), scene.house.dir(), &log)?;
        assert!(calls.len() > 10, "{calls:?}");
        let numbered = calls.iter().enumerate();
        let pairs: Vec<(usize, &Call, Fault)> = numbered
            .flat_map(|(n, call)| FAULTS.into_iter().map(move |fault| (n + 1, call, fault)))
            .filter(|(_, call, fault)| call.can(*fault))
            .collect();
        let (mut tried, mut reached, mut ended_well, mut failed) = (0, 0, 0, Vec::new());
        let offset = die.between(0, stride - 1);
        let was_wrong = |call: &Call| ONCE_WRONG.contains(&(journey.name, call.kind.as_str()));
        let tried_now = pairs.iter().enumerate().filter(|(i, pair)| i % stride == offset || was_wrong(pair.1));
        for (_, (n, call, fault)) in tried_now {
            let look_first = die.coin();
            let what =
                format!("{}: {fault:?} at call {n} of {}, {} {}", journey.name, calls.len(), call.kind, call.nth);
            eprintln!("{what}");
            scene.reset();
            let (answer, was_reached) = run_with(&scene.house.command(journey.words), call, *fault, &log);
            let said = format!("{} {:?}", answer.code, answer.said());
            tried += 1;
            reached += usize::from(was_reached);
            ended_well += usize::from(answer.code == 0);
            let right = catch_unwind(AssertUnwindSafe(|| {
                check_answer(&answer, *fault, was_reached);
                scene.check(answer.code == 0, look_first);
            }));
            if right.is_err() {
                failed.push(format!("{what}, look first: {look_first}, it had ended with {said}"));
            }
        }
        eprintln!(
            "{}: {tried} of {} pairs of a call and a fault; {reached} were reached, {ended_well} runs ended well",
            journey.name,
            pairs.len()
        );
        if reached * 10 < tried * 8 {
            failed.push(format!("{}: only {reached} of {tried} faults were reached", journey.name));
        }
        Some(failed)
    });
    match failed {
        None => skip(NAME, "tracing is not permitted here"),
        Some(failed) => {
            let failed: Vec<String> = failed.into_iter().flatten().collect();
            assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
        }
    }
}

/// A run says what went wrong, in words, or has done all that it should.
fn check_answer(answer: &Answer, fault: Fault, was_reached: bool) {
    if was_reached && fault == Fault::Death {
        assert_eq!(answer.code, -9);
        return;
    }
    let answer = answer.clone().expect_one_of(&[0, 1, 2, 78]);
    let said = answer.said();
    assert!(!JARGON.iter().any(|word| said.contains(word)), "{said}");
    assert!(answer.code == 0 || said.split_whitespace().count() > 8, "no sentence: {said}");
    assert!(was_reached || answer.code == 0, "without a fault it ended with {}: {said}", answer.code);
}
