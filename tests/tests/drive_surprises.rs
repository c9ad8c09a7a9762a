//! Surprises with the real udevd, D-Bus, polkit and UDisks2 ([`DriveHouse`]): a drive that is pulled out after any step of a copy, that
//! is swapped, that somebody else mounts or fills, that cannot be read or written.
//!
//! Each step is tried on ext4; on the other file systems, as all of it takes long, only what is written to the drive
//! (`KEEPSAKE_DRIVE_STEPS=all` tries each step on each).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use fs_err as fs;
use keepsake_api::{DriveColor, PluggedIn, PluggedState, Request};
use keepsake_tests::drive_house::AtWork;
use keepsake_tests::drive_steps::{calls, distinct, stop_after};
use keepsake_tests::fault::Call;
use keepsake_tests::{Answer, DriveHouse, Stick, StickKind, needs, run, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const COPY: [&str; 3] = ["--json", "copy", "Blue drive"];

/// What `copy` said of the drive: it ended by itself, in an orderly way, and has no more than one sentence about what is wrong.
#[track_caller]
fn told_of(answer: &Answer) -> Value {
    assert!([0, 1, 2].contains(&answer.code), "{answer:?}");
    let told = answer.json()["destinations"][0].clone();
    let sentences = told["problems"].as_array().expect("problems").len();
    assert!(sentences == usize::from(told["outcome"] != "good"), "{told}");
    told
}

/// What is listed as a copy is one, and the backups here are as they were.
#[track_caller]
fn all_that_is_listed_is_whole(house: &DriveHouse, when: &str) -> u64 {
    let proven = house.run(&["--json", "drive", "prove", "Blue drive"]);
    let told: Value = serde_json::from_slice(&proven.stdout).unwrap_or_default();
    assert_eq!(told["outcome"], "good", "{when}: {told} {}", String::from_utf8_lossy(&proven.stderr));
    told["archives"].as_u64().expect("a number")
}

/// The stick and what is known of it, to begin from the same again and again.
struct Kept<'h> {
    house: &'h DriveHouse,
}

impl<'h> Kept<'h> {
    fn of(house: &'h DriveHouse) -> Self {
        house.rig.unplug("blue");
        house.rig.clone_stick("blue", "kept");
        house.sh("cp -a state state.kept");
        Self { house }
    }

    fn back(&self) -> PathBuf {
        self.house.rig.clone_stick("kept", "blue");
        let home = self.house.rig.home();
        fs::remove_dir_all(home.join("state")).unwrap();
        run("cp", ["-a".as_ref(), home.join("state.kept").as_os_str(), home.join("state").as_os_str()]);
        self.house.plug("blue")
    }
}

fn pulled_out_after_each_step(test: &str, kind: StickKind) {
    if needs(test, &["strace"]).is_none() {
        return;
    }
    let Some(house) = DriveHouse::with_blue_drive(test, kind) else { return };
    let kept = Kept::of(&house);
    kept.back();
    let mut steps = distinct(calls(&house, &COPY));
    if kind != StickKind::Ext4 && std::env::var("KEEPSAKE_DRIVE_STEPS").is_err() {
        // All that is not written to the stick is the same on each.
        steps.retain(|(name, _)| {
            ["first write of copy", "last write of copy", "fsync of copy", "rename of copy", "first letting go"]
                .contains(&name.as_str())
        });
        assert_eq!(steps.len(), 5, "{steps:?}");
    }
    assert_eq!(all_that_is_listed_is_whole(&house, "undisturbed"), 1);
    house.rig.unplug("blue");
    let hashes = house.sh("find backups -name '*.tar.gz*' | sort | xargs sha256sum");
    let mut wrong = Vec::new();
    for (name, call) in &steps {
        kept.back();
        let stopped = stop_after(&house, &COPY, call).unwrap_or_else(|| panic!("it ended before {name}"));
        house.rig.pull("blue");
        let answer = stopped.go_on();
        let told = told_of(&answer);
        let (outcome, state) = (told["outcome"].as_str().unwrap_or_default(), told["drive"]["state"].as_str());
        let is_calm = match outcome {
            // It was not even begun with.
            "waiting" if name == "mounting" => state == Some("gone-early") || state == Some("away"),
            "waiting" => state == Some("gone-early"),
            // Only letting go of it was left to be done.
            "good" => state == Some("gone") || state == Some("unmounted"),
            _ => false,
        };
        if !is_calm {
            wrong.push(format!("{name}: {told} {}", answer.stderr));
        }
        house.plug("blue");
        let listed = all_that_is_listed_is_whole(&house, name);
        assert_eq!(listed, u64::from(outcome == "good"), "{kind:?}, {name}: {told}");
        let next = house.copy();
        assert_eq!(next["outcome"], "good", "{kind:?}, {name}: {next}");
        if listed + next["copied"].as_array().unwrap().len() as u64 != 1 {
            // It stood there whole, and only the catalog did not know it yet.
            assert_eq!(all_that_is_listed_is_whole(&house, name), 1, "{kind:?}, {name}: {next}");
        }
        house.rig.unplug("blue");
    }
    assert!(wrong.is_empty(), "{kind:?}: {wrong:#?}");
    assert_eq!(house.sh("find backups -name '*.tar.gz*' | sort | xargs sha256sum"), hashes);
    assert_eq!(house.good(&["verify", "--all"])["outcome"], "good");
}

#[test]
fn pulled_out_after_each_step_ext4() {
    pulled_out_after_each_step("drive_surprises::pulled_out_after_each_step_ext4", StickKind::Ext4);
}

#[test]
fn pulled_out_after_each_step_btrfs() {
    pulled_out_after_each_step("drive_surprises::pulled_out_after_each_step_btrfs", StickKind::Btrfs);
}

#[test]
fn pulled_out_after_each_step_exfat() {
    pulled_out_after_each_step("drive_surprises::pulled_out_after_each_step_exfat", StickKind::ExFat);
}

#[test]
fn pulled_out_after_each_step_ntfs() {
    pulled_out_after_each_step("drive_surprises::pulled_out_after_each_step_ntfs", StickKind::Ntfs);
}

fn states(drives: &[PluggedIn]) -> Vec<(Option<&str>, PluggedState)> {
    drives.iter().map(|one| (one.drive.as_deref(), one.state)).collect()
}

fn is_unmounted(drives: &[PluggedIn]) -> bool {
    states(drives) == [(Some("Blue drive"), PluggedState::Unmounted)]
}

/// A house with an agent that writes a copy to the blue drive, and stands in the middle of it.
fn in_the_middle(house: &DriveHouse) -> (AtWork<'_>, Pid) {
    house.rig.unplug("blue");
    house.sh("head -c 20000000 /dev/urandom > pictures/film.mp4");
    house.good(&["backup"]);
    let at_work = AtWork::begin(house);
    house.rig.plug("blue");
    let job = at_work.stop_writing_job();
    (at_work, job)
}

fn go_on(process: Pid) {
    kill_process(process, Signal::CONT).expect("it is there");
}

#[test]
fn plugged_in_again_at_once_or_swapped_for_another_it_is_copied_to_all_the_same() {
    let Some(house) = DriveHouse::with_blue_drive("drive_surprises::plugged_in_again_at_once", StickKind::Ext4) else {
        return;
    };
    house.rig.make("other", &Stick { mib: 1100, is_whole_disk: true, ..Stick::of(StickKind::ExFat) });
    let other_before = fs::read(house.rig.image("other")).unwrap();
    // The old job is still there when the drive comes again.
    let (mut at_work, job) = in_the_middle(&house);
    house.rig.pull("blue");
    house.plug("blue");
    go_on(job);
    at_work.until_all(is_unmounted);
    drop(at_work);
    assert_eq!(all_that_is_listed_is_whole(&house, "plugged in again at once"), 2);
    // Another one stands where it was.
    house.sh("rm pictures/film.mp4");
    let (mut at_work, job) = in_the_middle(&house);
    house.rig.pull("blue");
    house.rig.plug("other");
    go_on(job);
    let is_swapped = |drives: &[PluggedIn]| {
        drives.iter().any(|one| one.said.id == "drive-gone-early" && one.drive.is_some())
            && drives.iter().any(|one| one.state == PluggedState::Asks && one.drive.is_none())
            && drives.len() == 2
    };
    at_work.until_all(is_swapped);
    house.rig.unplug("other");
    assert!(fs::read(house.rig.image("other")).unwrap() == other_before, "another drive was written to");
    house.plug("blue");
    at_work.until_all(is_unmounted);
    drop(at_work);
    assert_eq!(all_that_is_listed_is_whole(&house, "after another"), 3);
}

/// A suspend cannot be made here. What it is to programs is that they stand still while drives come and go, and the kernel tells of
/// it afterwards; the agent and its job are stopped and go on with signals.
#[test]
fn asleep_in_the_middle_of_a_copy_while_the_drive_stays_or_goes_or_is_swapped() {
    let Some(house) = DriveHouse::with_blue_drive("drive_surprises::asleep_in_the_middle", StickKind::Ext4) else {
        return;
    };
    house.rig.make("other", &Stick { mib: 1100, is_whole_disk: true, ..Stick::of(StickKind::ExFat) });
    for meanwhile in ["nothing", "plugged in again", "swapped"] {
        let (mut at_work, job) = in_the_middle(&house);
        let agent = at_work.process();
        kill_process(agent, Signal::STOP).expect("it is there");
        match meanwhile {
            "nothing" => {}
            "plugged in again" => {
                house.rig.pull("blue");
                house.plug("blue");
            }
            _ => {
                house.rig.pull("blue");
                house.plug("other");
            }
        }
        go_on(agent);
        go_on(job);
        if meanwhile == "swapped" {
            at_work.until_all(|drives| {
                drives.iter().any(|one| one.said.id == "drive-gone-early")
                    && drives.iter().any(|one| one.state == PluggedState::Asks)
            });
            house.rig.unplug("other");
            house.plug("blue");
        }
        at_work.until_all(is_unmounted);
        drop(at_work);
        let at_home: u64 = house.sh("ls backups/*.tar.gz | wc -l").trim().parse().unwrap();
        assert_eq!(all_that_is_listed_is_whole(&house, meanwhile), at_home, "{meanwhile}");
    }
}

/// The automounter of a desktop: it mounts whatever comes.
struct Automounter(Child);

impl Automounter {
    fn begin(house: &DriveHouse) -> Self {
        let mut command = house.rig.command(Path::new("udiskie"));
        command.args(["--no-config", "--automount", "--no-notify", "--no-tray", "--no-file-manager"]);
        command.args(["--no-password-prompt"]);
        let log = fs::File::create(house.rig.home().join("automounter.log")).unwrap().into_file();
        Self(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().expect("it starts"))
    }
}

impl Drop for Automounter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_automounter_that_mounts_whatever_comes_is_no_hindrance() {
    let test = "drive_surprises::an_automounter";
    if needs(test, &["udiskie"]).is_none() {
        return;
    }
    let Some(house) = DriveHouse::begin(test) else { return };
    house.good(&["backup"]);
    house.rig.make("blue", &Stick { mib: 1100, ..Stick::of(StickKind::Ext4) });
    let _automounter = Automounter::begin(&house);
    let mut at_work = AtWork::begin(&house);
    // It is there once it mounts.
    let device = house.plug("blue");
    wait_until("the automounter mounts it", || house.mounts() == "1");
    let stranger = at_work.until(PluggedState::Asks);
    let (name, color) = ("Blue drive".into(), DriveColor::Blue);
    at_work.ask(Request::AdoptDrive { volume: stranger.volume, name, color, is_encrypted: true });
    at_work.until_all(is_unmounted);
    assert_eq!(house.mounts(), "0");
    // Somebody opens it again: it is not called safe, until it is let go of once more.
    house.sh(&format!("udisksctl mount --no-user-interaction -b {}", device.display()));
    let opened = at_work.until(PluggedState::Ready);
    at_work.ask(Request::EjectDrive { volume: opened.volume });
    at_work.until_all(is_unmounted);
    assert_eq!(house.mounts(), "0");
    for round in 2..6 {
        house.rig.unplug("blue");
        at_work.until_all(<[PluggedIn]>::is_empty);
        house.sh(&format!("head -c 3000000 /dev/urandom > pictures/{round}.jpg"));
        house.good(&["backup"]);
        house.rig.plug("blue");
        at_work.until_all(is_unmounted);
        assert_eq!(house.mounts(), "0", "round {round}");
    }
    drop(at_work);
    assert_eq!(all_that_is_listed_is_whole(&house, "after five rounds"), 5);
}

#[test]
fn one_that_somebody_else_has_opened_is_left_to_them() {
    let test = "drive_surprises::one_that_somebody_else_has_opened";
    let Some(house) = DriveHouse::with_blue_drive(test, StickKind::Ext4) else { return };
    house.rig.unplug("blue");
    let device = house.plug("blue");
    let mounted = house.rig.as_root(Path::new("udisksctl")).args(["mount", "-b"]).arg(&device).output().unwrap();
    assert!(mounted.status.success(), "{mounted:?}");
    let answer = Answer::of(house.command(&COPY));
    let told = told_of(&answer);
    assert_eq!((&told["outcome"], &told["drive"]["state"]), (&"failed".into(), &"another-user".into()), "{told}");
    assert!(told["problems"][0].as_str().is_some_and(|why| why.contains("another user")), "{told}");
    assert_eq!(house.mounts(), "1", "it is still theirs");
    let mut at_work = AtWork::begin(&house);
    let shown = at_work.until(PluggedState::Failed);
    assert_eq!(shown.said.id, "drive-another-user");
    assert_eq!(house.mounts(), "1", "it is still theirs");
    drop(at_work);
    assert!(house.rig.as_root(Path::new("umount")).arg(&device).status().unwrap().success());
    assert_eq!(house.copy()["outcome"], "good");
}

/// Everything on a stick but Keepsake's folder, with hashes.
fn others_on(house: &DriveHouse, device: &Path) -> String {
    house.on_stick(
        device,
        "find . -path ./Keepsake -prune -o -path ./lost+found -prune -o -printf '%p %y %s\\n' | sort && cat letter",
    )
}

#[test]
fn what_cannot_be_used_as_it_is_is_said_in_one_sentence_and_stays_as_it_is() {
    let test = "drive_surprises::what_cannot_be_used";
    let Some(house) = DriveHouse::with_blue_drive(test, StickKind::Ext4) else { return };
    house.rig.unplug("blue");
    let device = house.plug("blue");
    house.on_stick(&device, "printf dear > letter");
    assert_eq!(house.copy()["outcome"], "good");
    let others = others_on(&house, &device);
    let refused = |state: &str| {
        let told = told_of(&Answer::of(house.command(&COPY)));
        assert_eq!((&told["outcome"], &told["drive"]["state"]), (&"failed".into(), &state.into()), "{told}");
        assert_eq!(house.mounts(), "0", "{state}");
    };
    house.rig.unplug("blue");
    house.rig.plug_read_only("blue");
    house.settle();
    refused("read-only");
    house.rig.unplug("blue");
    let device = house.plug("blue");
    house.on_stick(&device, "cp Keepsake/drive.json kept && printf '{' > Keepsake/drive.json");
    refused("refused-marker");
    house.on_stick(&device, "mv kept Keepsake/drive.json && mv Keepsake away && printf mine > Keepsake");
    refused("refused-marker");
    assert_eq!(house.on_stick(&device, "cat Keepsake && rm Keepsake && mv away Keepsake"), "mine");
    assert_eq!(others_on(&house, &device), others);
    assert_eq!(all_that_is_listed_is_whole(&house, "after all that"), 1);
    house.rig.unplug("blue");
    // Strangers.
    house.rig.make("small", &Stick { mib: 32, ..Stick::of(StickKind::Ext4) });
    house.rig.make("file", &Stick { mib: 160, ..Stick::of(StickKind::Ext4) });
    let device = house.plug("file");
    house.on_stick(&device, "printf mine > Keepsake && printf dear > letter");
    for (stick, why) in [("file", "not a folder stands in its place"), ("small", "too small")] {
        if stick == "small" {
            house.rig.unplug("file");
            house.plug("small");
        }
        let adopt = house.command(&["drive", "adopt", &house.volume(), "--name", "New drive"]);
        Answer::of(adopt).expect(2).says(&[why]);
        assert_eq!(house.mounts(), "0", "{stick}");
        assert_eq!(house.good(&["drive", "list"])["drives"].as_array().unwrap().len(), 1, "{stick}");
    }
    house.rig.unplug("small");
    let device = house.plug("file");
    assert_eq!(house.on_stick(&device, "cat Keepsake letter"), "minedear");
}

#[test]
fn filled_by_another_program_in_the_middle_it_is_full_and_nothing_is_lost() {
    let test = "drive_surprises::filled_by_another_program";
    if needs(test, &["strace"]).is_none() {
        return;
    }
    let Some(house) = DriveHouse::with_blue_drive(test, StickKind::Ext4) else { return };
    assert_eq!(house.copy()["outcome"], "good");
    house.sh("head -c 20000000 /dev/urandom > pictures/film.mp4");
    house.good(&["backup"]);
    let kept = Kept::of(&house);
    let begins = |calls: Vec<Call>| {
        let mut steps = distinct(calls).into_iter();
        steps.find(|(name, call)| name.ends_with("of copy") && call.kind != "openat").expect("it is begun").1
    };
    house.plug("blue");
    let begun = begins(calls(&house, &COPY));
    house.rig.unplug("blue");
    let device = kept.back();
    let stopped = stop_after(&house, &COPY, &begun).expect("it stops there");
    house.sh("D=$(echo /media/*/STICK) && (head -c 1000000000 /dev/zero > $D/film || test -s $D/film)");
    let told = told_of(&stopped.go_on());
    assert_eq!(told["drive"]["state"], "full", "{told}");
    assert_eq!(told["removed"].as_array().unwrap().len(), 0, "{told}");
    assert_eq!(all_that_is_listed_is_whole(&house, "full"), 1);
    assert_eq!(house.on_stick(&device, "ls Keepsake | grep -c partial || true").trim(), "0", "nothing half-made stays");
    house.on_stick(&device, "tr -d '\\0' < film | wc -c && rm film");
    assert_eq!(house.copy()["outcome"], "good");
    assert_eq!(all_that_is_listed_is_whole(&house, "with room again"), 2);
}

#[test]
fn a_medium_that_fails_in_the_middle_is_told_apart_from_one_that_is_away() {
    let test = "drive_surprises::a_medium_that_fails";
    // Its folders stand before the files, so what is cut off at the end is content.
    let Some(house) = DriveHouse::with_blue_drive(test, StickKind::ExFat) else { return };
    assert_eq!(house.copy()["outcome"], "good");
    let (image, cut) = (house.rig.image("blue"), place_of_copy(&house.rig.image("blue")) + (1 << 20));
    let (image, bytes) =
        (fs::OpenOptions::new().write(true).open(&image).unwrap(), fs::metadata(&image).unwrap().len());
    let failing = |words: &[&str]| {
        // What lies beyond the end of its image a loop device cannot read (EIO).
        image.set_len(cut).unwrap();
        let answer =
            Answer::of(house.command(words)).expect(2).says(&["the disk reported an error; it may be failing"]);
        // UDisks2 may not let go of what it cannot read any more.
        house.rig.pull("blue");
        // It answers again, with what was never written.
        image.set_len(bytes).unwrap();
        house.plug("blue");
        answer
    };
    assert_eq!(told_of(&failing(&COPY))["drive"]["state"], "failed");
    let proven = failing(&["--json", "drive", "prove", "Blue drive"]).json();
    assert_eq!(proven["error"]["word"], "failed");
    let proven = Answer::of(house.command(&["--json", "drive", "prove", "Blue drive"])).expect(2).json();
    assert_eq!((&proven["outcome"], &proven["damage_count"]), (&"damaged".into(), &1.into()), "{proven}");
    assert_eq!(house.copy()["outcome"], "good");
    assert_eq!(all_that_is_listed_is_whole(&house, "copied anew"), 1);
}

/// Where in an image the only locked copy begins.
fn place_of_copy(image: &Path) -> u64 {
    let bytes = fs::read(image).unwrap();
    let begin = b"age-encryption.org/v1\n";
    let at = bytes.windows(begin.len()).rposition(|window| window == begin).expect("it is there");
    at as u64
}

#[test]
fn a_drive_that_comes_while_another_program_is_at_work_has_its_turn_as_soon_as_that_ends() {
    let test = "drive_surprises::a_drive_that_comes_while_another_program_is_at_work";
    let Some(house) = DriveHouse::with_blue_drive(test, StickKind::Ext4) else { return };
    house.rig.unplug("blue");
    let mut at_work = AtWork::begin(&house);
    // As a command holds it that is at work.
    let lock = house.rig.home().join("state/lock");
    let mut holder = house.rig.command(Path::new("flock"));
    holder.arg("--no-fork").arg(&lock).args(["sh", "-c", "echo held; exec sleep 600"]);
    let mut holder = holder.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    house.plug("blue");
    at_work.until(PluggedState::Waiting);
    holder.kill().unwrap();
    holder.wait().unwrap();
    // Not only when the agent looks around once a minute.
    at_work.until(PluggedState::Unmounted);
}
