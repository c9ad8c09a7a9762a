//! What this computer lets a test do: other programs, root's rights, mounts; and waiting for a condition.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use fs_err as fs;

/// Says that a test was skipped, and why. `make test` counts the lines in the file that
/// `KEEPSAKE_SKIPPED_LOG` names.
pub fn skip(name: &str, why: &str) {
    let line = format!("SKIPPED: {name}: {why}\n");
    eprint!("{line}");
    if let Some(log) = std::env::var_os("KEEPSAKE_SKIPPED_LOG") {
        let mut log = fs::OpenOptions::new().append(true).create(true).open(log).expect("the log can be written");
        log.write_all(line.as_bytes()).expect("the log can be written");
    }
}

/// True when the tests run as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// True when root's rights are there; otherwise the test is skipped.
pub fn needs_root(name: &str) -> bool {
    if !is_root() {
        skip(name, "it needs root");
    }
    is_root()
}

/// The first of these programs that is installed; when none is, the test is skipped.
pub fn needs(name: &str, programs: &[&str]) -> Option<PathBuf> {
    let found = programs.iter().find_map(|program| which(program));
    if found.is_none() {
        skip(name, &format!("{} is not installed", programs.join(" or ")));
    }
    found
}

/// Where a program is on the PATH.
pub fn which(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// Runs a program to its end and insists on success.
pub fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: I) -> Output {
    let mut command = Command::new(program);
    command.args(args);
    succeed(&mut command)
}

/// Runs a line of shell in a folder and insists on success.
pub fn sh(folder: &Path, line: &str) -> Output {
    succeed(Command::new("sh").arg("-c").arg(line).current_dir(folder))
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} does not start: {e}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Looks again and again until `ready`, for at most a minute: for what another process is about to do.
pub fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !ready() {
        assert!(Instant::now() < end, "waited a minute for this: {what}");
        std::thread::yield_now();
    }
}

/// The folder under which houses stand: the first of `KEEPSAKE_TEST_DIR`, the system's folder for temporary
/// files and `/var/tmp` whose file system keeps extended attributes and ACLs; otherwise the system's folder.
pub fn ground() -> &'static Path {
    static GROUND: OnceLock<PathBuf> = OnceLock::new();
    GROUND.get_or_init(|| {
        let wished = std::env::var_os("KEEPSAKE_TEST_DIR").map(PathBuf::from);
        let mut places = wished.into_iter().chain([std::env::temp_dir(), PathBuf::from("/var/tmp")]);
        places.find(|place| keeps_attributes(place)).unwrap_or_else(std::env::temp_dir)
    })
}

/// As [`ground`], in memory where there is room for it: for tests that make very many runs, to which a sync of a real disk
/// means nothing.
pub fn quick_ground() -> &'static Path {
    static GROUND: OnceLock<PathBuf> = OnceLock::new();
    GROUND.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let free = rustix::fs::statvfs(memory).map_or(0, |stat| stat.f_bavail.saturating_mul(stat.f_frsize));
        let fits = std::env::var_os("KEEPSAKE_TEST_DIR").is_none() && free >= 2 << 30 && keeps_attributes(memory);
        if fits { memory.into() } else { ground().into() }
    })
}

/// True when a file system keeps user's extended attributes and POSIX ACLs (those only where `setfacl` is).
pub fn keeps_attributes(folder: &Path) -> bool {
    let Ok(file) = tempfile::NamedTempFile::new_in(folder) else { return false };
    let flags = rustix::fs::XattrFlags::empty();
    let xattrs = rustix::fs::lsetxattr(file.path(), "user.try", b"1", flags).is_ok();
    let acls = which("setfacl").is_none_or(|setfacl| {
        Command::new(setfacl).args(["-m", "u:12345:r"]).arg(file.path()).output().is_ok_and(|o| o.status.success())
    });
    xattrs && acls
}

/// A small file system, unmounted when dropped. Needs root.
#[derive(Debug)]
pub struct Mount {
    at: PathBuf,
}

impl Mount {
    /// Mounts a file system of that many bytes on a folder; `None`, and the test is skipped, where that is
    /// not allowed.
    pub fn memory(name: &str, at: &Path, size_bytes: u64) -> Option<Self> {
        assert!(at.is_dir(), "{} is to be mounted on, and is no folder", at.display());
        if !needs_root(name) {
            return None;
        }
        let options = format!("size={size_bytes},mode=0755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "keepsake-test"]).arg(at).output();
        if mounted.is_ok_and(|o| o.status.success()) {
            return Some(Self { at: at.into() });
        }
        skip(name, "mounting is not allowed here");
        None
    }

    /// Makes an ext4 file system of that many bytes in a file in memory, and mounts it; `None`, and the test
    /// is skipped, where that is not allowed.
    pub fn ext4(name: &str, at: &Path, size_bytes: u64) -> Option<Self> {
        if !needs_root(name) {
            return None;
        }
        needs(name, &["mkfs.ext4"])?;
        // Once it is mounted it needs no name any more.
        let image = tempfile::NamedTempFile::new_in("/dev/shm").or_else(|_| tempfile::NamedTempFile::new());
        let image = image.expect("a file");
        image.as_file().set_len(size_bytes).expect("it can have holes");
        run("mkfs.ext4", ["-q".as_ref(), "-m".as_ref(), "0".as_ref(), image.path().as_os_str()]);
        let mounted = Command::new("mount").args(["-o", "loop"]).arg(image.path()).arg(at).output();
        if mounted.is_ok_and(|o| o.status.success()) {
            return Some(Self { at: at.into() });
        }
        skip(name, "mounting a file is not allowed here");
        None
    }

    /// Shows a folder of this file system at another place, too.
    pub fn bind(&self, folder: &str, at: &Path) -> Self {
        let from = self.at.join(folder);
        fs::create_dir_all(&from).expect("a folder");
        fs::create_dir_all(at).expect("a folder");
        run("mount", ["--bind".as_ref(), from.as_os_str(), at.as_os_str()]);
        Self { at: at.into() }
    }

    /// Whoever writes on it waits from now on, and cannot even be killed, as with a disk that does not answer; None, and the
    /// test is skipped, where that is not allowed. For [`Mount::ext4`].
    pub fn freeze(&self, name: &str) -> Option<Frozen> {
        let fsfreeze = needs(name, &["fsfreeze"])?;
        let frozen = Command::new(&fsfreeze).arg("--freeze").arg(&self.at).output();
        if frozen.is_ok_and(|o| o.status.success()) {
            return Some(Frozen { fsfreeze, at: self.at.clone() });
        }
        skip(name, "freezing a file system is not allowed here");
        None
    }

    /// From now on it can only be read.
    pub fn read_only(&self) {
        run("mount", [OsStr::new("-o"), OsStr::new("remount,ro"), self.at.as_os_str()]);
    }
}

/// A file system that does not answer, until this is dropped.
#[derive(Debug)]
pub struct Frozen {
    fsfreeze: PathBuf,
    at: PathBuf,
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = Command::new(&self.fsfreeze).arg("--unfreeze").arg(&self.at).output();
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily, so that a process that a failed test left behind cannot keep it. Its loop device goes with it.
        let _ = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}
