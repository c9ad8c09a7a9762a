//! Two commands that write at the same time, each with each: the second says what the first is doing and since when, and
//! leaves, or waits when asked to.

use std::time::Duration;

use fs_err as fs;
use keepsake_tests::fault::{calls, go_on, stop_at};
use keepsake_tests::here::quick_ground;
use keepsake_tests::{House, needs, prose, skip, wait_until};

const NAME: &str = "the_second_says_what_the_first_is_doing_and_leaves_or_waits";

/// Each command that writes, and what others are told meanwhile.
#[rustfmt::skip]
const COMMANDS: &[(&[&str], &str)] = &[
    (&["backup"], "backing up family since 02:05"),
    (&["prune"], "removing old backups since 02:05"),
    (&["copy"], "copying since 02:05"),
    (&["restore", "oldest", "--in-place", "--confirm", "RESTORE"], "bringing files back since 02:05"),
    (&["undo"], "taking a restore back since 02:05"),
    (&["rebuild"], "making the catalog anew since 02:05"),
    (&["import", "nas"], "importing "),
];

/// A house in which each of the commands has something to do.
fn house() -> House {
    let house = House::under(quick_ground());
    let nas = house.path("nas");
    fs::create_dir(&nas).unwrap();
    house.settings("");
    let settings = fs::read_to_string(house.config()).unwrap();
    house.write_config(&format!("{settings}\n[[destination]]\nname = \"NAS\"\npath = {nas:?}\n"));
    for day in 0..2 {
        house.tree().file("letter.txt", prose(day, 5_000)).settle();
        house.backup();
    }
    house.keepsake(COMMANDS[3].0).expect(0);
    house
}

#[test]
fn the_second_says_what_the_first_is_doing_and_leaves_or_waits() {
    if needs(NAME, &["strace"]).is_none() {
        return;
    }
    for (number, (first, doing)) in COMMANDS.iter().enumerate() {
        let house = house();
        let log = house.path("trace");
        // What the first does until it has the lock is the same in each such house.
        let rehearsal = self::house();
        let Some(calls) = calls(&rehearsal.command(*first), rehearsal.dir(), &log) else {
            return skip(NAME, "tracing is not permitted here");
        };
        let noted = calls
            .iter()
            .find(|call| call.kind == "write" && call.args.contains("/d/lock>"))
            .expect("it notes what it does");
        let (mut running, program) = stop_at(&house.command(*first), noted, &log).expect("it stops there");
        for (second, _) in COMMANDS {
            eprintln!("{second:?} beside {first:?}");
            house.keepsake(*second).expect(75).says(&[doing, "--wait"]);
        }
        house.keepsake(["list"]).expect(0);

        let (patient, _) = COMMANDS[(number + 1) % COMMANDS.len()];
        eprintln!("{patient:?} waits for {first:?}");
        let mut waiting = house.start(patient.iter().chain(&["--wait"]));
        let lock = house.data().join("lock");
        wait_until("it looks at the lock", || waiting.has_open(&lock) || waiting.has_ended());
        std::thread::sleep(Duration::from_millis(200));
        assert!(!waiting.has_ended(), "it waits");
        go_on(&mut running, program);
        running.wait().expect(0);
        waiting.wait().expect(0).says(&[doing, "Waiting"]);
        house.keepsake(["verify", "--all"]).expect(0);
    }
}
