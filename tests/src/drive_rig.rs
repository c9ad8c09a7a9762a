//! Drives without hardware, for the programs that handle them as on any computer: systemd-udevd, D-Bus, polkit and UDisks2 run
//! in namespaces of their own, and sticks are loop devices that a udev rule says are on USB.
//!
//! ```no_run
//! use keepsake_tests::drive_rig::{DriveRig, Stick, StickKind};
//!
//! // None, and the test is counted as skipped, where that is not possible.
//! let Some(rig) = DriveRig::begin("name_of_the_test") else { return };
//! rig.make("blue", &Stick { mib: 64, label: "Blue drive", ..Stick::of(StickKind::Ext4) });
//! let device = rig.plug("blue");                      // /dev/loop3p1
//! let keepsake = rig.install(&keepsake_tests::keepsake_program());
//! let answer = rig.command(&keepsake).args(["copy", "Blue drive"]).env("KEEPSAKE_CONFIG", rig.home().join("config.toml")).output();
//! rig.pull("blue");                                   // now, whatever is done with it
//! rig.plug("blue");                                   // with what was written to it until then
//! ```
//!
//! - [`DriveRig::command`] is a program in there as an ordinary user to whom polkit allows what it allows an active session; its
//!   environment is empty but for what a login gives. [`DriveRig::as_root`] and [`DriveRig::as_stranger`] are root, and a user with no rights.
//! - [`DriveRig::home`] is a folder of that user, and the same path inside and outside. Everything else that is mounted in there is not seen outside.
//! - What the user wrote and synced is in the image when [`DriveRig::pull`] is called, and what was not may be lost: nothing is
//!   kept between stick and image. After it, writing and reading fail at once (`EIO`), udev says `remove`, and the mount is taken away
//!   while programs may still have files of it open, as UDisks2 does it. The kernel's node may be seen a moment longer.
//! - A stick has no Drive object in UDisks2, as loop devices have none: powering off is not possible.
//! - One rig runs at a time on a computer; others wait. When the test ends, however it ends, the rig's first process sees it and
//!   takes all down: processes, mounts, loop devices, files.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use fs_err as fs;
use tempfile::TempDir;

use crate::here::{needs, needs_root, run, skip};

const SCRIPT: &str = include_str!("drive_rig/rig.sh");
const USER: &str = "keepsake-rig";
/// User and group of the ordinary user; nobody has them on a common system.
const USER_ID: u32 = 47_110;
/// A user of whom polkit knows nothing.
const STRANGER_ID: u32 = 47_111;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MIB: u64 = 1 << 20;

/// A file system of a stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StickKind {
    /// ext4.
    Ext4,
    /// btrfs: at least 128 MiB.
    Btrfs,
    /// exFAT, through FUSE.
    ExFat,
    /// NTFS, through FUSE.
    Ntfs,
    /// Unformatted.
    Nothing,
}

/// What a stick is like.
#[derive(Debug, Clone, Copy)]
pub struct Stick<'a> {
    /// Its size in MiB.
    pub mib: u64,
    /// Its file system.
    pub kind: StickKind,
    /// The label of its file system.
    pub label: &'a str,
    /// True when the file system is on the whole disk, without a partition table.
    pub is_whole_disk: bool,
}

impl Stick<'_> {
    /// With 128 MiB in one partition, and the label `STICK`.
    pub fn of(kind: StickKind) -> Self {
        Self { mib: 128, kind, label: "STICK", is_whole_disk: false }
    }
}

/// udevd, D-Bus, polkit and UDisks2. All ends when it is dropped.
#[derive(Debug)]
pub struct DriveRig {
    /// The lifeline of the first process; dropped first.
    lifeline: Option<ChildStdin>,
    first: Child,
    /// The first process, as it is seen outside.
    id: u32,
    dir: TempDir,
    _alone: fs::File,
}

impl DriveRig {
    /// Begins one; None, and the test is skipped, where that is not possible.
    pub fn begin(test: &str) -> Option<Self> {
        if !needs_root(test) {
            return None;
        }
        for program in [
            "unshare",
            "nsenter",
            "setpriv",
            "losetup",
            "partx",
            "sfdisk",
            "blockdev",
            "dbus-daemon",
            "dbus-send",
            "udevadm",
            "udisksctl",
            "python3",
        ] {
            needs(test, &[program])?;
        }
        let udevd = ["/usr/lib/systemd/systemd-udevd", "/lib/systemd/systemd-udevd"];
        if !udevd.iter().any(|path| Path::new(path).exists()) || !Path::new("/dev/loop-control").exists() {
            skip(test, "systemd-udevd or loop devices are not there");
            return None;
        }
        let namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"];
        if !Command::new("unshare").args(namespaces).arg("true").output().is_ok_and(|o| o.status.success()) {
            skip(test, "namespaces are not allowed here");
            return None;
        }
        let alone = fs::File::create(std::env::temp_dir().join("keepsake-drive-rig.lock")).expect("a lock");
        alone.file().lock().expect("it can be waited for");
        // Loop devices that stand on memory need not be waited for. Those of tmpfs can be read past the page cache.
        let place = std::env::var_os("KEEPSAKE_RIG_DIR").unwrap_or_else(|| "/dev/shm".into());
        let dir = TempDir::new_in(place).or_else(|_| TempDir::new()).expect("a folder");
        // Others may pass through; what is in it has rights of its own.
        run("chmod", ["755".as_ref(), dir.path().as_os_str()]);
        for folder in ["images", "rules", "bin", "home"] {
            fs::create_dir(dir.path().join(folder)).expect("a folder");
        }
        std::os::unix::fs::chown(dir.path().join("home"), Some(USER_ID), Some(USER_ID)).expect("root may");
        fs::write(dir.path().join("rig.sh"), SCRIPT).expect("a file");
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../udev/90-keepsake.rules");
        fs::copy(rules, dir.path().join("rules/90-keepsake.rules")).expect("a file");
        let log = fs::File::create(dir.path().join("init.log")).expect("a file");
        let mut first = Command::new("unshare")
            .args(namespaces)
            .args(["sh".as_ref(), dir.path().join("rig.sh").as_os_str(), "init".as_ref(), dir.path().as_os_str()])
            .args([USER, &USER_ID.to_string(), &USER_ID.to_string(), &STRANGER_ID.to_string()])
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.into_file())
            .spawn()
            .expect("unshare starts");
        let lifeline = first.stdin.take();
        let mut line = String::new();
        BufReader::new(first.stdout.take().expect("piped")).read_line(&mut line).expect("it speaks");
        let id = line.trim().parse();
        let said = || fs::read_to_string(dir.path().join("init.log")).unwrap_or_default();
        let id = id.unwrap_or_else(|_| panic!("the rig did not begin: {}", said()));
        Some(Self { lifeline, first, id, dir, _alone: alone })
    }

    /// Its first process, as it is seen outside: whoever enters its namespaces needs that.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Makes a stick that is not plugged in yet.
    pub fn make(&self, name: &str, stick: &Stick<'_>) {
        let image = self.image(name);
        let file = fs::File::create(&image).expect("a file");
        file.set_len(stick.mib * MIB).expect("it can have holes");
        let start_mib = if stick.is_whole_disk { 0 } else { 1 };
        if !stick.is_whole_disk {
            let type_code = if matches!(stick.kind, StickKind::ExFat | StickKind::Ntfs) { "7" } else { "83" };
            let table =
                format!("printf 'label: dos\\nstart=2048, type={type_code}\\n' | sfdisk --quiet {}", image.display());
            run("sh", ["-c", &table]);
        }
        if stick.kind == StickKind::Nothing {
            return;
        }
        let made = self.dir.path().join("images").join(format!("{name}.made"));
        // The end stays free: a GPT would want it.
        fs::File::create(&made).expect("a file").set_len((stick.mib - start_mib) * MIB).expect("it can have holes");
        let made_text = made.to_str().expect("UTF-8");
        let owner = format!("root_owner={USER_ID}:{USER_ID}");
        let words: &[&str] = match stick.kind {
            StickKind::Ext4 => &["mkfs.ext4", "-q", "-F", "-E", &owner, "-L"],
            StickKind::Btrfs => &["mkfs.btrfs", "-q", "-f", "-L"],
            StickKind::ExFat => &["mkfs.exfat", "-L"],
            StickKind::Ntfs => &["mkfs.ntfs", "-q", "-F", "-f", "-L"],
            StickKind::Nothing => unreachable!("handled above"),
        };
        run(words[0], words[1..].iter().copied().chain([stick.label, made_text]));
        if stick.kind == StickKind::Btrfs {
            // It has no option for whose its root is.
            self.script("own", &[made_text, &USER_ID.to_string(), &USER_ID.to_string()]);
        }
        let into = [format!("if={made_text}"), format!("of={}", image.display()), "bs=1M".into()];
        let how = [format!("seek={start_mib}"), "conv=sparse,notrunc".into(), "status=none".into()];
        run("dd", into.iter().chain(&how));
        fs::remove_file(made).expect("it is there");
    }

    /// Another stick with the same bits.
    pub fn clone_stick(&self, name: &str, clone: &str) {
        fs::copy(self.image(name), self.image(clone)).expect("it can be copied");
    }

    /// What the stick is made of, as a file. Nobody should change it while it is plugged in.
    pub fn image(&self, name: &str) -> PathBuf {
        self.dir.path().join("images").join(name)
    }

    /// Plugs a stick in; answers the device that holds the file system.
    pub fn plug(&self, name: &str) -> PathBuf {
        self.plug_as(name, "rw")
    }

    /// As [`DriveRig::plug`], with the switch for write protection on.
    pub fn plug_read_only(&self, name: &str) -> PathBuf {
        self.plug_as(name, "ro")
    }

    fn plug_as(&self, name: &str, how: &str) -> PathBuf {
        let said = self.script("plug", &[name, how]);
        let disk = PathBuf::from(said.trim());
        let part = PathBuf::from(format!("{}p1", disk.display()));
        if part.exists() { part } else { disk }
    }

    /// Takes a stick away that is not mounted.
    pub fn unplug(&self, name: &str) {
        self.script("unplug", &[name]);
    }

    /// Pulls a stick out, whatever is done with it.
    pub fn pull(&self, name: &str) {
        self.script("pull", &[name]);
    }

    /// A folder of the ordinary user, also seen outside.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Puts a program where the ordinary user can run it; answers where.
    pub fn install(&self, program: &Path) -> PathBuf {
        let installed = self.dir.path().join("bin").join(program.file_name().expect("a program"));
        if !installed.exists() {
            fs::copy(program, &installed).expect("it can be copied");
        }
        installed
    }

    /// A program in there, as the ordinary user. It begins in `/`, whatever the command's folder is.
    pub fn command(&self, program: &Path) -> Command {
        self.as_user(program, USER_ID)
    }

    /// A program in there, as a user without any rights.
    pub fn as_stranger(&self, program: &Path) -> Command {
        self.as_user(program, STRANGER_ID)
    }

    fn as_user(&self, program: &Path, id: u32) -> Command {
        let mut command = self.enter();
        // It ends when the test ends the command.
        command.args([
            "setpriv",
            "--reuid",
            &id.to_string(),
            "--regid",
            &id.to_string(),
            "--clear-groups",
            "--pdeathsig",
            "KILL",
            "--",
        ]);
        command.arg(program).env("HOME", self.home()).env("USER", USER).env("LOGNAME", USER);
        command
    }

    /// A program in there, as root.
    pub fn as_root(&self, program: &Path) -> Command {
        let mut command = self.enter();
        command.args(["setpriv", "--pdeathsig", "KILL", "--"]).arg(program);
        command
    }

    fn enter(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.id.to_string(), "--mount", "--pid", "--net", "--ipc", "--uts", "--"]);
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8").env("TZ", "UTC").stdin(Stdio::null());
        command
    }

    /// Insists on success; answers what it said.
    #[track_caller]
    fn script(&self, what: &str, words: &[&str]) -> String {
        let script = self.dir.path().join("rig.sh");
        let mut command = self.as_root(Path::new("sh"));
        command.arg(script).arg(what).arg(self.dir.path()).args(words);
        let output = command.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what} {words:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for DriveRig {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // It takes down everything, then ends.
        let _ = self.first.wait();
    }
}
