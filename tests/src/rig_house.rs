//! A family in a [`DriveRig`]: pictures, settings with one plan of them, and the program where the ordinary user can run it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use fs_err as fs;
use keepsake_api::wire::SOCKET_NAME;
use serde_json::Value;

use crate::drive_rig::DriveRig;
use crate::here::wait_until;
use crate::house::keepsake_program;
use crate::webdriver::Home;

/// The family. All of it is in the home of the rig's user.
#[derive(Debug)]
pub struct RigHouse {
    /// Where it lives.
    pub rig: DriveRig,
    keepsake: PathBuf,
}

impl RigHouse {
    /// With some megabytes of pictures; None, and the test is skipped, where there can be no rig.
    pub fn begin(test: &str) -> Option<Self> {
        let rig = DriveRig::begin(test)?;
        let keepsake = rig.install(keepsake_program());
        let house = Self { rig, keepsake };
        let home = house.home();
        house.sh("mkdir -p pictures backups && cp -r /usr/share/common-licenses pictures/ && head -c 3000000 /dev/urandom > pictures/lake.jpg");
        let settings = format!(
            "backup_dir = \"{0}/backups\"\n# the family's\n[[plan]]\nname = \"family\"\nschedule = \"manual\"\n[[plan.source]]\nname = \
             \"pictures\"\npath = \"{0}/pictures\"\n",
            home.display()
        );
        fs::write(home.join("config.toml"), settings).expect("the settings");
        Some(house)
    }

    /// The family's folder.
    pub fn home(&self) -> PathBuf {
        self.rig.home()
    }

    /// Where the program is.
    pub fn program(&self) -> &Path {
        &self.keepsake
    }

    /// The program, ready to run as the ordinary user.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.rig.command(&self.keepsake);
        command.args(words).env("KEEPSAKE_CONFIG", self.settings_file());
        command.env("KEEPSAKE_DATA_DIR", self.state()).env("KEEPSAKE_KEYRING", "off");
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it starts")
    }

    /// Runs the program, which must be content, and answers what it told.
    #[track_caller]
    pub fn good(&self, words: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(words);
        let done = self.run(&all);
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{words:?}: {text}{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{words:?}: {e}: {text}"))
    }

    /// A line of shell in the family's folder.
    #[track_caller]
    pub fn sh(&self, line: &str) -> String {
        let line = format!("cd '{}' && {line}", self.home().display());
        let done = self.rig.command(Path::new("sh")).args(["-c", &line]).output().expect("it starts");
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Plugs a stick in, and waits until udev has done with it.
    pub fn plug(&self, name: &str) {
        self.rig.plug(name);
        let settled = self.rig.as_root(Path::new("udevadm")).arg("settle").status().expect("it starts");
        assert!(settled.success());
    }

    /// The name of the volume that is plugged in, as `drive list` says it.
    pub fn volume(&self) -> String {
        let mut seen = Value::Null;
        // It may be a moment until it is seen.
        wait_until("a volume is seen", || {
            // Looked at, not changed: of an empty list that is null.
            seen = self.good(&["drive", "list"])["volumes"][0]["volume"].clone();
            seen.is_string()
        });
        seen.as_str().expect("it is a text").to_owned()
    }

    /// How a volume of a stick is mounted, as `/proc/self/mountinfo` says it: None, or its options, as `ro,nosuid`.
    pub fn mounted(&self) -> Option<String> {
        let line = self.sh("grep ' /media/' /proc/self/mountinfo || true");
        line.split(' ').nth(5).map(String::from)
    }

    /// Starts the agent, and waits until it listens.
    pub fn agent(&self) -> RigAgent {
        let log = fs::File::create(self.home().join("agent.log")).expect("a log").into_file();
        let agent = RigAgent(self.command(&["agent"]).stderr(log).spawn().expect("it starts"));
        wait_until("the agent listens", || self.state().join(SOCKET_NAME).exists());
        agent
    }
}

impl Home for RigHouse {
    fn person(&self) -> PathBuf {
        self.home()
    }

    fn settings_file(&self) -> PathBuf {
        self.home().join("config.toml")
    }

    fn state(&self) -> PathBuf {
        self.home().join("state")
    }

    fn log(&self) -> PathBuf {
        self.home().join("window.log")
    }

    fn rig(&self) -> Option<&DriveRig> {
        Some(&self.rig)
    }
}

/// An agent at work in a rig. Killed when dropped.
#[derive(Debug)]
pub struct RigAgent(Child);

impl Drop for RigAgent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
