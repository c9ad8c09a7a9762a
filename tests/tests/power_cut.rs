//! The power fails at random moments of every journey; [`keepsake_tests::power`] says how that is modelled.
//!
//! `KEEPSAKE_CUTS=5000` makes at least as many cuts in all (1,000 unless told); `KEEPSAKE_CUTS_SEED` chooses the
//! moments (a number, or `moment` for others each time); `KEEPSAKE_CUTS_OF="restore in place"` takes one journey only.

use keepsake_tests::power::{Cut, Order, Recording};
use keepsake_tests::scene::forget_reserve;
use keepsake_tests::trace::trace;
use keepsake_tests::{
    Aspect, JOURNEYS, Scene, assert_same, compare_trees, for_each_journey, needs, number_from, run, skip, without,
};

const NAME: &str = "a_power_cut_loses_nothing";

#[test]
fn a_power_cut_loses_nothing() {
    if needs(NAME, &["strace"]).is_none() {
        return;
    }
    let cuts = number_from("KEEPSAKE_CUTS", 1_000).div_ceil(JOURNEYS.len());
    let done = for_each_journey("KEEPSAKE_CUTS", |journey, die| {
        let scene = Scene::of(journey);
        let dir = scene.house.dir();
        let log = scene.beginning().with_extension("trace");
        let traced = trace(&scene.house.command(journey.words), dir, &log)?;
        let recording = Recording::new(&scene.beginning(), &traced);
        assert!(recording.len() > 10, "{} changes", recording.len());
        // The model is right when all of it gives what the run really left.
        let really = scene.beginning().with_extension("really");
        forget_reserve(dir);
        run("cp", ["-a".as_ref(), dir.as_os_str(), really.as_os_str()]);
        scene.clear();
        recording.write_whole(dir);
        let own = [Aspect::FolderMtime, Aspect::Mtime, Aspect::Sparseness];
        assert_same(&without(compare_trees(&really, dir), &own));
        for number in 0..cuts {
            let finished = number % 5 == 4;
            let after = if finished { recording.len() } else { die.between(0, recording.len()) };
            let order = if number & 1 == 0 { Order::Journal } else { Order::None };
            let cut = Cut { after, order, many_disks: number & 2 == 0 };
            eprintln!("{}: {cut:?} of {}, {:?}", journey.name, recording.len(), die);
            scene.clear();
            recording.write_after(cut, die, dir);
            scene.check(finished, die.coin());
        }
        Some(())
    });
    if done.is_none() {
        skip(NAME, "tracing is not permitted here");
    }
}
