//! A house: a folder with settings, state, backups and something to protect, and the program run in it.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use fs_err as fs;
use jiff::{ToSpan, Zoned};
use keepsake_core::destinations::LOCK_NAME;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::here::{ground, run, wait_until};
use crate::tree::Tree;

/// Who a test becomes when it must not be root: nobody, on every common system.
const NOBODY: u32 = 65534;

/// The `keepsake` program: what `KEEPSAKE_BIN` names, otherwise built once.
pub fn keepsake_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(path) = std::env::var_os("KEEPSAKE_BIN") {
            return fs::canonicalize(path).expect("KEEPSAKE_BIN names the program");
        }
        let built = Command::new(env!("CARGO"))
            .args(["build", "--package", "keepsake-cli", "--message-format=json-render-diagnostics"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo starts");
        assert!(built.status.success(), "keepsake-cli does not build");
        String::from_utf8_lossy(&built.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
            .find(|path| path.file_name() == Some(OsStr::new("keepsake")))
            .expect("cargo says where the program is")
    })
}

/// A house of its own for one test, gone when dropped. It has one plan, `family`, of one source, `home`, the
/// folder [`House::source`]; a test can write other settings. The clock stands still until it is advanced.
#[derive(Debug)]
pub struct House {
    dir: TempDir,
    now: Mutex<Zoned>,
    /// The name of the computer, where it is not this one.
    computer: Option<&'static str>,
}

/// Becomes another computer: arguments are its name, a file with its machine-id(5), and what to run there.
const BECOME: &str =
    "hostname \"$1\" && { [ ! -e /etc/machine-id ] || mount --bind \"$2\" /etc/machine-id; } || exit 99
shift 2; exec \"$@\"";

impl Default for House {
    fn default() -> Self {
        Self::new()
    }
}

impl House {
    /// A house with an empty source folder and settings for it.
    pub fn new() -> Self {
        Self::under(ground())
    }

    /// As [`House::new`], in a folder of one's choice.
    pub fn under(ground: &Path) -> Self {
        // A short name: paths of 4,000 bytes must fit below it.
        let dir = tempfile::Builder::new().prefix("k").rand_bytes(6).tempdir_in(ground).expect("a house");
        let now: Zoned = "2026-03-03T02:05:00+01:00[Europe/Berlin]".parse().expect("a time");
        let house = Self { dir, now: Mutex::new(now), computer: None };
        fs::create_dir(house.source()).expect("the source folder");
        house.settings("");
        house
    }

    /// As [`House::new`], on a computer of its own with this name. It needs root, and to be allowed to mount.
    pub fn on_computer(name: &'static str) -> Self {
        let mut house = Self::new();
        house.computer = Some(name);
        fs::write(house.path("machine-id"), format!("{name}\n")).expect("its machine-id");
        house
    }

    /// The house's folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the house's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// The folder that is protected, as the source `home`.
    pub fn source(&self) -> PathBuf {
        self.path("home")
    }

    /// The folder that holds the archives.
    pub fn backups(&self) -> PathBuf {
        self.path("b")
    }

    /// The folder of the program's state.
    pub fn data(&self) -> PathBuf {
        self.path("d")
    }

    /// The settings file.
    pub fn config(&self) -> PathBuf {
        self.path("config.toml")
    }

    /// A builder for things in the source folder.
    pub fn tree(&self) -> Tree {
        Tree::at(self.source())
    }

    /// Writes the usual settings, with further lines for the plan (not for its source). Every backup is kept unless
    /// they say otherwise.
    pub fn settings(&self, plan_lines: &str) {
        self.settings_for(plan_lines, &[("home", &self.source(), "")]);
    }

    /// Writes settings for several sources: name, folder, further lines.
    pub fn settings_for(&self, plan_lines: &str, sources: &[(&str, &Path, &str)]) {
        let kept = if plan_lines.contains("retention") { "" } else { "retention = { last = 1000 }" };
        let lines = [plan_lines, kept].into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        let mut text = format!("backup_dir = {:?}\n\n[[plan]]\nname = \"family\"\n{lines}\n", self.backups());
        for (name, path, lines) in sources {
            text.push_str(&format!(
                "\n[[plan.source]]\nname = {name:?}\nkind = \"folder\"\npath = {path:?}\n{lines}\n"
            ));
        }
        self.write_config(&text);
    }

    /// Writes the whole settings file.
    pub fn write_config(&self, text: &str) {
        fs::write(self.config(), text).expect("the settings can be written");
    }

    /// Lets hours pass.
    pub fn advance_hours(&self, hours: i64) {
        let mut now = self.now.lock().expect("no test panics while it holds this");
        *now = now.checked_add(hours.hours()).expect("a time");
    }

    /// Sets the clock to a moment that [`House::now`] has told.
    pub fn set_now(&self, moment: &str) {
        *self.now.lock().expect("no test panics while it holds this") = moment.parse().expect("a time");
    }

    /// The present moment in this house.
    pub fn now(&self) -> String {
        self.now.lock().expect("no test panics while it holds this").to_string()
    }

    /// The program, ready to run in this house.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let Some(name) = self.computer else { return self.prepare(Command::new(keepsake_program()), args) };
        let mut command = Command::new("unshare");
        command.args(["--mount", "--uts", "sh", "-c", BECOME, "sh", name]).arg(self.path("machine-id"));
        command.arg(keepsake_program());
        self.prepare(command, args)
    }

    fn prepare<S: AsRef<OsStr>>(&self, mut command: Command, args: impl IntoIterator<Item = S>) -> Command {
        command
            .args(args)
            .current_dir(self.dir())
            .env("KEEPSAKE_CONFIG", self.config())
            .env("KEEPSAKE_DATA_DIR", self.data())
            .env("KEEPSAKE_NOW", self.now())
            .env("HOME", self.dir())
            .env("LC_ALL", "C.UTF-8")
            // The keyring of whoever runs the tests is not theirs to fill.
            .env("KEEPSAKE_KEYRING", "off")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn keepsake<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Answer {
        Answer::of(self.command(args))
    }

    /// Runs the program to its end as somebody who is not root: whoever runs the tests, or else nobody, to
    /// whom the whole house is given.
    pub fn keepsake_without_root<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Answer {
        if !crate::is_root() {
            return self.keepsake(args);
        }
        // The checkout may be where only root can go.
        let program = self.path("keepsake-for-nobody");
        if !program.exists() {
            fs::copy(keepsake_program(), &program).expect("the program can be copied");
        }
        run("chown", ["-Rh".as_ref(), format!("{NOBODY}:{NOBODY}").as_ref(), self.dir().as_os_str()]);
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".into()]);
        command.arg(program);
        Answer::of(self.prepare(command, args))
    }

    /// Starts the program and does not wait.
    pub fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running::of(command.spawn().expect("keepsake starts"))
    }

    /// Makes a backup that must be good, lets a day pass, and returns the plan's part of the answer.
    pub fn backup(&self) -> Value {
        let plan = self.backup_ending_with(0);
        assert_eq!(plan["outcome"], "good", "{plan:#}");
        plan
    }

    /// Makes a backup that must end with this exit code, lets a day pass, and returns the plan's part.
    pub fn backup_ending_with(&self, code: i32) -> Value {
        let answer = self.keepsake(["backup", "--json"]).expect(code).json();
        self.advance_hours(24);
        answer["plans"][0].clone()
    }

    /// Restores the newest backup whole into a folder; it must succeed. Returns the answer.
    pub fn restore_to(&self, to: &Path) -> Value {
        self.keepsake(["restore".as_ref(), "latest".as_ref(), "--to".as_ref(), to.as_os_str(), "--json".as_ref()])
            .expect(0)
            .json()
    }

    /// The archives in the backup folder, oldest first.
    pub fn archives(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.backups()) else { return Vec::new() };
        let mut archives: Vec<PathBuf> = entries
            .map(|entry| entry.expect("the folder can be read").path())
            .filter(|path| path.to_string_lossy().ends_with(".tar.gz"))
            .collect();
        archives.sort_by_key(|path| archive_order(path));
        archives
    }

    /// Names in the backup folder that a finished run must not leave.
    pub fn leftovers(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.backups()) else { return Vec::new() };
        entries
            .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into_owned())
            .filter(|name| !name.ends_with(".tar.gz") && !name.ends_with(".tar.gz.sha256") && name != LOCK_NAME)
            .collect()
    }

    /// What `list --json` answers: the backups, oldest first.
    pub fn list(&self) -> Vec<Value> {
        let answer = self.keepsake(["list", "--json"]).expect(0).json();
        answer["backups"].as_array().expect("a list of backups").clone()
    }

    /// The paths in a backup, as `files BACKUP --json` answers.
    pub fn files(&self, backup: &str) -> Vec<String> {
        let answer = self.keepsake(["files", backup, "--json"]).expect(0).json();
        let files = answer["files"].as_array().expect("a list of files");
        files.iter().map(|file| file["path"].as_str().expect("a path").to_string()).collect()
    }
}

/// The time in an archive's name, then its number within the backup: `family_20260303_020500_2.tar.gz`.
fn archive_order(path: &Path) -> (String, u32) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().replace(".tar.gz", "");
    match name.rsplit_once('_') {
        Some((front, number)) if number.len() < 6 => (front.into(), number.parse().unwrap_or(0)),
        _ => (name, 1),
    }
}

/// How a run of the program ended, and what it said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was run.
    pub command: String,
    /// The exit code; minus the signal's number when a signal ended it.
    pub code: i32,
    /// What it wrote on stdout.
    pub stdout: String,
    /// What it wrote on stderr.
    pub stderr: String,
}

impl Answer {
    /// Runs a command to its end.
    pub fn of(mut command: Command) -> Self {
        let output = command.output().unwrap_or_else(|e| panic!("{command:?} does not start: {e}"));
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        Self::from_output(format!("keepsake {}", args.join(" ")), output)
    }

    fn from_output(command: String, output: std::process::Output) -> Self {
        let signal = output.status.signal().map_or(0, |signal| -signal);
        Self {
            command,
            code: output.status.code().unwrap_or(signal),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Insists on an exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        self.expect_one_of(&[code])
    }

    /// Insists on one of several exit codes. A panic (101) or a signal is never among them.
    #[track_caller]
    pub fn expect_one_of(self, codes: &[i32]) -> Self {
        assert!(
            codes.contains(&self.code),
            "{}\nended with {} instead of {codes:?}\nstdout: {}\nstderr: {}",
            self.command,
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The one JSON object on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(e) => panic!("{}: stdout is not one JSON object: {e}\n{}\n{}", self.command, self.stdout, self.stderr),
        }
    }

    /// Everything it said, on both streams.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Insists that each of these stands somewhere in what it said, whatever the case of the letters.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let said = self.said().to_lowercase();
        for word in words {
            assert!(said.contains(&word.to_lowercase()), "{}\ndoes not say {word:?}:\n{said}", self.command);
        }
        self
    }
}

/// A run of the program that was started and not waited for; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Option<Child>,
}

impl Running {
    /// A run that another program may have started.
    pub fn of(child: Child) -> Self {
        Self { child: Some(child) }
    }

    /// The process's number.
    pub fn id(&mut self) -> u32 {
        self.child().id()
    }

    fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("it was not waited for yet")
    }

    /// Sends a signal; it must still be running.
    pub fn signal(&mut self, signal: Signal) {
        let ended = self.child().try_wait().expect("it can be asked");
        assert!(ended.is_none(), "it ended ({ended:?}) before the test could send the signal");
        let pid = Pid::from_child(self.child());
        kill_process(pid, signal).expect("the signal can be sent");
    }

    /// Waits until it has come so far, and then stops it where it stands, until it is sent another signal. It
    /// fails when the run ends first.
    pub fn stop_when(&mut self, what: &str, mut ready: impl FnMut(&mut Self) -> bool) {
        wait_until(what, || {
            let now = ready(self);
            assert!(now || !self.has_ended(), "it ended before this: {what}");
            now
        });
        self.signal(Signal::STOP);
        // A thread that is in the middle of a write ends it first.
        wait_until("all of it stands", || self.has_ended() || self.thread_states().iter().all(|&state| state == 'T'));
    }

    /// What the kernel calls the states of its threads, see proc_pid_stat(5); one that ends meanwhile is left out.
    fn thread_states(&mut self) -> Vec<char> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child().id())).into_iter().flatten().flatten();
        let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
        stats.filter_map(|stat| stat.rsplit_once(") ")?.1.chars().next()).collect()
    }

    /// True once it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child().try_wait().expect("it can be asked").is_some()
    }

    /// True while it has this file open.
    pub fn has_open(&mut self, path: &Path) -> bool {
        let folder = format!("/proc/{}/fd", self.child().id());
        let Ok(entries) = fs::read_dir(folder) else { return false };
        entries.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == path))
    }

    /// How many bytes it has read until now; 0 when that is not known.
    pub fn read_bytes(&mut self) -> u64 {
        let io = fs::read_to_string(format!("/proc/{}/io", self.child().id())).unwrap_or_default();
        io.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok()).unwrap_or(0)
    }

    /// Waits for the end.
    pub fn wait(mut self) -> Answer {
        let child = self.child.take().expect("it was not waited for yet");
        Answer::from_output("keepsake (started)".into(), child.wait_with_output().expect("it ends"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // Folders that even their owner may not write could otherwise not be removed.
        let _ = Command::new("chmod").arg("-R").arg("u+rwX").arg(self.dir()).stderr(Stdio::null()).status();
    }
}
