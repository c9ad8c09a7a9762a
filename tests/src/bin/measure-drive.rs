//! How fast a copy is on a drive, beside `cp` and `sync`, in the namespaces of [`DriveRig`]: the drive is a loop device in memory (or
//! below `KEEPSAKE_RIG_DIR`), as fast as the kernel makes it or as slow as is asked. Ratios count; times on a shared machine do not.
//!
//! ```text
//! measure-drive                        the program of KEEPSAKE_BIN, or the one that was built beside it
//! RUNS=5 MIB=512 measure-drive         so often, and a backup of so much
//! FILE_SYSTEM=ntfs measure-drive       one of ext4, btrfs, exfat, ntfs
//! MB_PER_SEC=200 measure-drive         the drive takes and gives no more (cgroup v1, blkio.throttle)
//! ```
//! *Writing* is from the first call that makes the `.partial` file until its fsync has returned, as strace sees it; reading back, and
//! the start of the program, are beside it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use fs_err as fs;
use keepsake_api::PluggedState;
use keepsake_tests::drive_house::AtWork;
use keepsake_tests::drive_steps::under_strace;
use keepsake_tests::{DriveHouse, Stick, StickKind, number_from};
use rustix::process::setpriority_process;

/// What one copy took, in seconds.
struct Took {
    writing_secs: f64,
    all_secs: f64,
}

struct Ground {
    house: DriveHouse,
    mib: u64,
    /// What the drive does in a second, in bytes; None when it is as fast as it can be.
    most_bytes_per_sec: Option<u64>,
}

/// As keepsake-agent's `priority`.
const NICENESS_OF_JOBS: i32 = 10;

/// Where the kernel is told how fast a device may be: "Block IO Controller" of its documentation of cgroup v1.
const THROTTLES: [&str; 2] = ["write_bps_device", "read_bps_device"];

impl Ground {
    /// A new stick, so that each begins alike.
    fn stick(&self, name: &str, kind: StickKind) -> PathBuf {
        self.house.rig.make(name, &Stick { mib: self.mib * 3 / 2 + 200, ..Stick::of(kind) });
        let part = self.house.plug(name);
        if let Some(bytes) = self.most_bytes_per_sec {
            throttle(&part, bytes);
        }
        part
    }

    fn take_away(&self, name: &str, part: &Path) {
        if self.most_bytes_per_sec.is_some() {
            // None is the same as no limit.
            throttle(part, 0);
        }
        self.house.rig.unplug(name);
        fs::remove_file(self.house.rig.image(name)).expect("it is there");
    }

    /// `cp` and `sync` of the backup, in seconds.
    fn cp(&self, kind: StickKind) -> f64 {
        let part = self.stick("cp", kind);
        let place = self.house.mount(&part, "rw");
        let home = self.house.rig.home();
        let line = format!("cd '{}' && cp backups/*.tar.gz {1}/ && sync -f {1}", home.display(), place.display());
        let mut command = self.house.rig.command(Path::new("sh"));
        command.args(["-c", &line]);
        let began = Instant::now();
        assert!(command.status().expect("it starts").success());
        let took = began.elapsed().as_secs_f64();
        self.house.sh(&format!("udisksctl unmount --no-user-interaction -b {}", part.display()));
        self.take_away("cp", &part);
        took
    }

    fn copy(&self, kind: StickKind, is_locked: bool) -> Took {
        let part = self.stick("copy", kind);
        self.house.adopt(if is_locked { &[] } else { &["--unlocked"] });
        let log = self.house.rig.home().join("calls");
        let trace = "trace=openat,fsync,rename,renameat,renameat2";
        let how = ["--seccomp-bpf", "-ttt", "-T", "-e", trace];
        let mut command = under_strace(&self.house, &["copy", "Blue drive"], &how);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        // As the agent runs its jobs: a file system that is a program of its own goes before.
        setpriority_process(None, NICENESS_OF_JOBS).expect("anybody may");
        let began = Instant::now();
        let done = command.status();
        let all_secs = began.elapsed().as_secs_f64();
        setpriority_process(None, 0).expect("root may");
        assert!(done.expect("it starts").success());
        let writing_secs = writing_secs(&fs::read_to_string(&log).expect("a trace"));
        self.house.good(&["drive", "forget", "Blue drive"]);
        self.take_away("copy", &part);
        Took { writing_secs, all_secs }
    }
}

fn throttle(part: &Path, bytes_per_sec: u64) {
    let disk = part.file_name().and_then(|name| name.to_str()).expect("UTF-8");
    let disk = disk
        .rsplit_once('p')
        .filter(|(before, _)| before.ends_with(|c: char| c.is_ascii_digit()))
        .map_or(disk, |(disk, _)| disk);
    let numbers = fs::read_to_string(format!("/sys/class/block/{disk}/dev")).expect("it is there");
    for what in THROTTLES {
        let line = format!("{} {bytes_per_sec}", numbers.trim());
        fs::write(format!("/sys/fs/cgroup/blkio/blkio.throttle.{what}"), line).expect("root of cgroup v1 may");
    }
}

/// From the making of the archive's `.partial` file to the end of its fsync.
fn writing_secs(trace: &str) -> f64 {
    let at = |line: &str| line.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok());
    let made = |line: &&str| {
        line.contains("O_CREAT") && (line.contains(".tar.gz.partial") || line.contains(".tar.gz.age.partial"))
    };
    let mut lines = trace.lines().skip_while(|line| !made(line));
    let began = lines.next().and_then(at).expect("the file is made");
    let synced = lines.find(|line| line.contains("fsync")).expect("it is synced");
    let secs = || synced.rsplit_once('<')?.1.strip_suffix('>')?.parse::<f64>().ok();
    match secs() {
        Some(secs) => at(synced).expect("a time") + secs - began,
        // Another thread said something in the middle.
        None => {
            let who = synced.split_whitespace().next().expect("a number");
            let resumed = |line: &&str| line.starts_with(who) && line.contains("fsync resumed");
            at(lines.find(resumed).expect("it returns")).expect("a time") - began
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// From plugging in to what whoever watches the agent is told, in seconds: that it is copied to.
fn until_copying(ground: &Ground) -> f64 {
    let house = &ground.house;
    let part = ground.stick("seen", StickKind::Ext4);
    house.adopt(&["--unlocked"]);
    house.rig.unplug("seen");
    let mut at_work = AtWork::begin(house);
    let began = Instant::now();
    house.rig.plug("seen");
    at_work.until(PluggedState::Busy);
    let took = began.elapsed().as_secs_f64();
    at_work.until(PluggedState::Unmounted);
    drop(at_work);
    house.good(&["drive", "forget", "Blue drive"]);
    ground.take_away("seen", &part);
    took
}

fn main() {
    let (runs, mib) = (number_from("RUNS", 3), number_from("MIB", 512) as u64);
    let Some(house) = DriveHouse::begin("measure-drive") else { return };
    house.sh(&format!("head -c {mib}M /dev/urandom > pictures/film.mp4"));
    house.good(&["backup"]);
    let most_bytes_per_sec =
        std::env::var("MB_PER_SEC").ok().map(|text| text.parse::<u64>().expect("a number") * 1_000_000);
    let ground = Ground { house, mib, most_bytes_per_sec };
    let seen = median((0..runs).map(|_| until_copying(&ground)).collect());
    println!("From plugging in to \"copying\", as the window is told: {seen:.2} s, median of {runs}");
    println!("{mib} MiB, medians of {runs}; writing as a part of the speed of cp and sync");
    println!("| file system | cp and sync | open: writing | all | locked: writing | all |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let only = std::env::var("FILE_SYSTEM").ok();
    let kinds = [StickKind::Ext4, StickKind::Btrfs, StickKind::ExFat, StickKind::Ntfs];
    let wanted = |kind: &StickKind| only.as_ref().is_none_or(|only| format!("{kind:?}").eq_ignore_ascii_case(only));
    for kind in kinds.into_iter().filter(wanted) {
        let (mut cp, mut open, mut locked) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..runs {
            cp.push(ground.cp(kind));
            open.push(ground.copy(kind, false));
            locked.push(ground.copy(kind, true));
        }
        let cp = median(cp);
        let told = |took: &[Took]| {
            let writing = median(took.iter().map(|one| one.writing_secs).collect());
            let all = median(took.iter().map(|one| one.all_secs).collect());
            format!("{writing:.2} s ({:.2} x) | {all:.2} s", cp / writing)
        };
        println!("| {kind:?} | {cp:.2} s | {} | {} |", told(&open), told(&locked));
    }
}
