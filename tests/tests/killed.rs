//! The program is killed at random moments: SIGKILL, so that it can do nothing about it.
//!
//! `KEEPSAKE_KILLS=1000` kills as often in all (200 unless told); `KEEPSAKE_KILLS_SEED` chooses the moments (a number, or
//! `moment` for others each time); `KEEPSAKE_KILLS_OF="restore in place"` takes one journey only.

use std::time::{Duration, Instant};

use keepsake_tests::{JOURNEYS, Scene, for_each_journey, number_from};
use rustix::process::Signal;

#[test]
fn a_run_that_is_killed_loses_nothing() {
    let kills = number_from("KEEPSAKE_KILLS", 200).div_ceil(JOURNEYS.len());
    let reached = for_each_journey("KEEPSAKE_KILLS", |journey, die| {
        let scene = Scene::of(journey);
        let begun = Instant::now();
        scene.go().expect(0);
        let mut usual = begun.elapsed();
        scene.check(true, true);
        let (mut reached, mut ended_before) = (0, 0);
        // How long a run takes depends on what else the computer does.
        while reached < kills && ended_before < kills {
            scene.reset();
            let after = usual * die.between(1, 1_200) as u32 / 1_000;
            eprintln!("{}: kill {reached}, after {after:?}", journey.name);
            let begun = Instant::now();
            let mut running = scene.house.start(journey.words);
            std::thread::sleep(after.min(Duration::from_secs(60)));
            if !running.has_ended() {
                running.signal(Signal::KILL);
            }
            let ended = running.wait();
            if ended.clone().expect_one_of(&[0, -9]).code == 0 {
                ended_before += 1;
                usual = usual.min(begun.elapsed());
            } else {
                reached += 1;
            }
            scene.check(ended.code == 0, die.coin());
        }
        eprintln!("{}: {reached} runs were killed, {ended_before} had ended before", journey.name);
        Some(reached)
    });
    let reached: usize = reached.into_iter().flatten().sum();
    assert!(reached > 0, "no run was killed before it ended");
}
