//! A desktop without a screen: a session bus of its own, with the test itself as the panel that shows tray icons
//! (`org.kde.StatusNotifierWatcher`) and as the notification server; and an agent that answers as the test wants.

mod agent;
mod notifications;
mod panel;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fs_err as fs;
use tempfile::TempDir;
use zbus::Connection;

pub use agent::{ScriptedAgent, status};
pub use notifications::{Notification, Notifications};
pub use panel::{Entry, Item, Panel};

use crate::house::keepsake_program;

/// How long something may take that happens at once on an idle computer.
const LONGEST: Duration = Duration::from_secs(20);

/// A session bus, and folders for the programs on it. All ends when it is dropped.
#[derive(Debug)]
pub struct Desktop {
    dir: TempDir,
    daemon: Child,
    address: String,
}

impl Desktop {
    /// Begins a session.
    pub fn begin() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        // Without the services of this computer: nobody else shows notifications.
        let config = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><policy context=\"default\"><allow \
             send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            dir.path().join("bus").display()
        );
        fs::write(dir.path().join("bus.conf"), config).expect("its settings");
        let mut daemon = Command::new("dbus-daemon")
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .arg(format!("--config-file={}", dir.path().join("bus.conf").display()))
            .stdout(Stdio::piped())
            .spawn()
            .expect("a bus");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().expect("piped")).read_line(&mut address).expect("its address");
        // In a folder of its own, with stand-ins for the programs that it starts: they note how they were started.
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).expect("a folder");
        fs::create_dir(dir.path().join("home")).expect("a folder");
        fs::hard_link(keepsake_program(), bin.join("keepsake"))
            .or_else(|_| fs::copy(keepsake_program(), bin.join("keepsake")).map(drop))
            .expect("the program");
        let desktop = Self { dir, daemon, address: address.trim().into() };
        for program in ["keepsake-window", "xdg-open"] {
            desktop.stand_in(program);
        }
        desktop
    }

    fn stand_in(&self, program: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path("bin").join(program);
        // In one piece, so that lines of two never mix.
        let text = format!("#!/bin/sh\necho \"$*\" >>'{}'\n", self.path(&format!("{program}.log")).display());
        fs::write(&path, text).expect("a stand-in");
        fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
    }

    /// A file or folder of this desktop's.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where the agent answers.
    pub fn socket(&self) -> PathBuf {
        self.path("agent.sock")
    }

    /// How a stand-in was started, a line for each time.
    pub fn started(&self, program: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(&format!("{program}.log"))).unwrap_or_default();
        text.lines().map(String::from).collect()
    }

    /// The `keepsake` program on this desktop, in English.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/keepsake"));
        command.args(words).env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display())).env("LC_ALL", "en_GB.UTF-8");
        command.env("HOME", self.path("home")).env("KEEPSAKE_DATA_DIR", self.path("home/state"));
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address).env("TZ", "UTC").stdin(Stdio::null());
        command
    }

    /// The tray, facing the agent of [`Desktop::socket`]. What it says is in `tray.log`.
    pub fn tray(&self) -> Program {
        self.tray_with(&[])
    }

    /// As [`Desktop::tray`], with more in its environment.
    pub fn tray_with(&self, environment: &[(&str, &str)]) -> Program {
        let mut command = self.command(&["tray", "--socket"]);
        command.envs(environment.iter().copied()).arg(self.socket());
        self.begin_with_log(command)
    }

    /// The `keepsake` program at work; what it says is in `tray.log`, too.
    pub fn program(&self, words: &[&str]) -> Program {
        self.begin_with_log(self.command(words))
    }

    fn begin_with_log(&self, mut command: Command) -> Program {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("tray.log")).expect("its log");
        Program(command.stderr(Stdio::from(log.into_file())).spawn().expect("it starts"))
    }

    /// What the tray has said.
    pub fn tray_said(&self) -> String {
        fs::read_to_string(self.path("tray.log")).unwrap_or_default()
    }

    /// A connection to the bus.
    pub async fn connect(&self) -> Connection {
        let builder = zbus::connection::Builder::address(self.address.as_str()).expect("an address");
        builder.build().await.expect("the bus answers")
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// A program that runs, until it is dropped.
#[derive(Debug)]
pub struct Program(Child);

impl Program {
    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Its exit code once it has ended by itself.
    pub fn ended(&mut self) -> Option<i32> {
        self.0.try_wait().expect("it can be asked").map(|status| status.code().unwrap_or(-1))
    }

    /// What of the memory it has for itself or shares, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status =
            fs::read_to_string(Path::new("/proc").join(self.id().to_string()).join("status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of it");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until this is so, and answers what it is.
#[track_caller]
pub fn until<T, F: FnMut() -> Option<T>>(what: &str, mut is_so: F) -> impl Future<Output = T> + use<T, F> {
    let place = std::panic::Location::caller();
    let what = what.to_owned();
    async move {
        let end = Instant::now() + LONGEST;
        loop {
            if let Some(found) = is_so() {
                return found;
            }
            assert!(Instant::now() < end, "{place}: it never was so: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
