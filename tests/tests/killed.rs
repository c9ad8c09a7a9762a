//! The program is killed at random moments: SIGKILL, so that it can do nothing about it.
//!
//! `KEEPSAKE_KILLS=200` kills as often in all (33 unless told); `KEEPSAKE_KILLS_SEED` chooses the moments (a number, or
//! `moment` for others each time); `KEEPSAKE_KILLS_OF="restore in place"` takes one journey only.

use std::time::{Duration, Instant};

use keepsake_tests::{JOURNEYS, Scene, for_each_journey, number_from};
use rustix::process::Signal;

#[test]
fn a_run_that_is_killed_loses_nothing() {
    let kills = number_from("KEEPSAKE_KILLS", 33).div_ceil(JOURNEYS.len());
    let reached = for_each_journey("KEEPSAKE_KILLS", |journey, die| {
        let scene = Scene::of(journey);
        let begun = Instant::now();
        scene.go().expect(0);
        let usual = begun.elapsed();
        scene.check(true, true);
        let mut reached = 0;
        for number in 0..kills {
            scene.reset();
            let after = usual * die.between(1, 1_000) as u32 / 1_000;
            eprintln!("{}: kill {number}, after {after:?}", journey.name);
            let mut running = scene.house.start(journey.words);
            std::thread::sleep(after.min(Duration::from_secs(60)));
            if !running.has_ended() {
                running.signal(Signal::KILL);
            }
            let ended = running.wait();
            reached += usize::from(ended.code == -9);
            ended.clone().expect_one_of(&[0, -9]);
            scene.check(ended.code == 0, die.coin());
        }
        eprintln!("{}: {reached} of {kills} runs were killed before they ended", journey.name);
        Some(reached)
    });
    let reached: usize = reached.into_iter().flatten().sum();
    assert!(reached > 0, "no run was killed before it ended");
}
