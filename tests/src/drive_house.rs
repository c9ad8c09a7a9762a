//! A family in a [`DriveRig`]: pictures, settings, the program, and the agent at work.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use fs_err as fs;
use keepsake_api::wire::SOCKET_NAME;
use keepsake_api::{Answer, Event, Outcome, PluggedIn, PluggedState, Reply, Request};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::drive_rig::{DriveRig, Stick, StickKind};
use crate::fault::{last_child, only_child};
use crate::here::wait_until;
use crate::house::keepsake_program;
use crate::webdriver::Home;

/// How long something may take that happens at once on an idle computer.
pub const LONGEST: Duration = Duration::from_secs(50);

/// A family with a rig: pictures, settings, and the program where the ordinary user can run it.
#[derive(Debug)]
pub struct DriveHouse {
    /// The computer, and what is plugged in.
    pub rig: DriveRig,
    /// The program, where the ordinary user can run it.
    pub keepsake: PathBuf,
}

impl DriveHouse {
    /// Begins one; None, and the test is skipped, where that is not possible.
    pub fn begin(test: &str) -> Option<Self> {
        let rig = DriveRig::begin(test)?;
        let keepsake = rig.install(keepsake_program());
        let house = Self { rig, keepsake };
        let home = house.rig.home();
        house.sh("mkdir -p pictures backups && cp -r /usr/share/common-licenses pictures/ && head -c 3000000 /dev/urandom > pictures/lake.jpg");
        let settings = format!(
            "backup_dir = \"{0}/backups\"\n# the family's\n[[plan]]\nname = \"family\"\nschedule = \"manual\"\n[[plan.source]]\nname = \
             \"pictures\"\npath = \"{0}/pictures\"\n",
            home.display()
        );
        fs::write(home.join("config.toml"), settings).unwrap();
        Some(house)
    }

    /// One with one backup, and an empty stick `blue` that is plugged in and a drive of the family.
    pub fn with_blue_drive(test: &str, kind: StickKind) -> Option<Self> {
        let house = Self::begin(test)?;
        house.good(&["backup"]);
        house.rig.make("blue", &Stick { mib: 160, ..Stick::of(kind) });
        house.plug("blue");
        house.adopt(&[]);
        Some(house)
    }

    /// The program, as the ordinary user, with the house's settings and state.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.rig.command(&self.keepsake);
        command.args(words).env("KEEPSAKE_CONFIG", self.settings_file());
        command.env("KEEPSAKE_DATA_DIR", self.state()).env("KEEPSAKE_KEYRING", "off");
        command
    }

    /// Runs it to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it starts")
    }

    /// Insists on success; answers what it said as JSON.
    #[track_caller]
    pub fn good(&self, words: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(words);
        let done = self.run(&all);
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{words:?}: {text}{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{words:?}: {e}: {text}"))
    }

    /// A line of shell in the home of the ordinary user.
    #[track_caller]
    pub fn sh(&self, line: &str) -> String {
        let home = self.rig.home();
        let line = format!("cd '{}' && {line}", home.display());
        let done = self.rig.command(Path::new("sh")).args(["-c", &line]).output().expect("it starts");
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Plugs a stick in, and waits until udev has done with it; answers its device.
    pub fn plug(&self, name: &str) -> PathBuf {
        let device = self.rig.plug(name);
        self.settle();
        device
    }

    /// Waits until udev has done with what was plugged in.
    pub fn settle(&self) {
        let settled = self.rig.as_root(Path::new("udevadm")).arg("settle").status().expect("it starts");
        assert!(settled.success());
    }

    /// Mounts a stick as a desktop does, or for reading only (`ro`); answers the folder.
    #[track_caller]
    pub fn mount(&self, device: &Path, how: &str) -> PathBuf {
        let line = format!("udisksctl mount --no-user-interaction -o {how} -b {}", device.display());
        let said = self.sh(&line);
        let folder = said.trim().rsplit_once(" at ").map(|(_, folder)| folder.trim_end_matches('.'));
        folder.expect("it says where").into()
    }

    /// A line of shell in the folder of a stick, which is mounted for it.
    #[track_caller]
    pub fn on_stick(&self, device: &Path, line: &str) -> String {
        let (device, quiet) = (device.display(), "--no-user-interaction");
        self.sh(&format!(
            "D=$(udisksctl mount {quiet} -b {device} | sed 's/.* at //; s/[.]$//') && (cd \"$D\" && {line}); R=$?; \
             udisksctl unmount {quiet} -b {device} > /dev/null && exit $R"
        ))
    }

    /// The name of the volume that is plugged in, as `drive list` says it.
    pub fn volume(&self) -> String {
        let mut seen = Value::Null;
        // It may be a moment until it is seen.
        wait_until("a volume is seen", || {
            seen = self.good(&["drive", "list"])["volumes"][0]["volume"].clone();
            seen.is_string()
        });
        seen.as_str().expect("it is a text").to_owned()
    }

    /// Makes what is plugged in a drive of the family.
    pub fn adopt(&self, more: &[&str]) {
        let volume = self.volume();
        let mut words = vec!["drive", "adopt", &volume, "--name", "Blue drive"];
        words.extend(more);
        self.good(&words);
    }

    /// What came of copying to the drive.
    pub fn copy(&self) -> Value {
        self.good(&["copy", "Blue drive"])["destinations"][0].clone()
    }

    /// How a volume of a stick is mounted, as `/proc/self/mountinfo` says it: None, or its options, as `ro,nosuid`.
    pub fn mounted(&self) -> Option<String> {
        let line = self.sh("grep ' /media/' /proc/self/mountinfo || true");
        line.split(' ').nth(5).map(String::from)
    }

    /// How many sticks are mounted.
    pub fn mounts(&self) -> String {
        self.sh("grep -c /media/ /proc/self/mountinfo || true").trim().to_owned()
    }
}

impl Home for DriveHouse {
    fn person(&self) -> PathBuf {
        self.rig.home()
    }

    fn settings_file(&self) -> PathBuf {
        self.rig.home().join("config.toml")
    }

    fn state(&self) -> PathBuf {
        self.rig.home().join("state")
    }

    fn log(&self) -> PathBuf {
        self.rig.home().join("window.log")
    }

    fn rig(&self) -> Option<&DriveRig> {
        Some(&self.rig)
    }
}

/// Passes lines between its own in- and output and a Unix socket: who asks must be in the same namespaces as the agent, which else cannot
/// tell who asks.
const BRIDGE: &str = "
import socket, sys, threading
it = socket.socket(socket.AF_UNIX); it.connect(sys.argv[1])
def out():
    for line in it.makefile('rb'): sys.stdout.buffer.write(line); sys.stdout.buffer.flush()
threading.Thread(target=out, daemon=True).start()
for line in sys.stdin.buffer: it.sendall(line)
";

/// A connection to an agent in the rig.
#[derive(Debug)]
struct Bridge {
    child: Child,
    lines: Receiver<String>,
}

impl Bridge {
    fn to(house: &DriveHouse) -> Self {
        let socket = house.rig.home().join("state").join(SOCKET_NAME);
        let mut command = house.rig.command(Path::new("python3"));
        command.arg("-c").arg(BRIDGE).arg(socket).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let (say, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        Self { child, lines }
    }

    /// None when the agent does not answer.
    fn ask(&mut self, request: &Request) -> Option<Outcome> {
        let line = json!({ "id": 1, "request": request }).to_string() + "\n";
        self.child.stdin.as_mut().expect("piped").write_all(line.as_bytes()).ok()?;
        let reply: Reply = serde_json::from_str(&self.lines.recv_timeout(LONGEST).ok()?).expect("a reply");
        Some(reply.outcome)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An agent in the rig, and who listens to it.
#[derive(Debug)]
pub struct AtWork<'h> {
    house: &'h DriveHouse,
    agent: Child,
    listener: Bridge,
}

impl<'h> AtWork<'h> {
    /// Starts it, and waits until it answers.
    pub fn begin(house: &'h DriveHouse) -> Self {
        let log = fs::File::create(house.rig.home().join("agent.log")).expect("a log").into_file();
        let agent = house.command(&["agent"]).stderr(log).spawn().expect("it starts");
        let end = Instant::now() + LONGEST;
        let listener = loop {
            let mut bridge = Bridge::to(house);
            if bridge.ask(&Request::Watch {}).is_some() {
                break bridge;
            }
            let said = || fs::read_to_string(house.rig.home().join("agent.log")).unwrap_or_default();
            assert!(Instant::now() < end, "{}", said());
        };
        Self { house, agent, listener }
    }

    /// The agent's process.
    pub fn process(&self) -> Pid {
        let of_agent = |id: u32| Pid::from_raw(id.try_into().ok()?);
        // nsenter waits for it.
        only_child(self.agent.id()).and_then(of_agent).expect("it runs")
    }

    /// Waits until a job of the agent writes a copy, and stops the job there.
    pub fn stop_writing_job(&self) -> Pid {
        let mut found = None;
        wait_until("a job writes a copy", || {
            found = last_child(self.agent.id()).filter(|job| *job != self.process() && writes_copy(*job));
            found.is_some_and(|job| kill_process(job, Signal::STOP).is_ok())
        });
        let job = found.expect("it was found");
        assert!(writes_copy(job), "it was stopped too late");
        job
    }

    /// Insists on an answer.
    #[track_caller]
    pub fn ask(&self, request: Request) -> Answer {
        match Bridge::to(self.house).ask(&request) {
            Some(Outcome::Answer(answer)) => answer,
            other => panic!("{request:?}: {other:?}"),
        }
    }

    /// Waits until the only volume stands so.
    #[track_caller]
    pub fn until(&mut self, state: PluggedState) -> PluggedIn {
        self.until_all(|drives| drives.first().is_some_and(|one| one.state == state)).swap_remove(0)
    }

    /// Waits until it stands so with all that is plugged in.
    #[track_caller]
    pub fn until_all(&mut self, is_so: impl Fn(&[PluggedIn]) -> bool) -> Vec<PluggedIn> {
        let mut last = None;
        loop {
            let line = self.listener.lines.recv_timeout(LONGEST);
            let line = line.unwrap_or_else(|e| panic!("{e}: not so after {last:#?}"));
            if let Event::Status(status) = serde_json::from_str(&line).expect("an event") {
                if is_so(&status.drives) {
                    return status.drives;
                }
                last = Some((status.drives, status.job));
            }
        }
    }
}

/// True while it has an unfinished copy open.
fn writes_copy(job: Pid) -> bool {
    let open = std::fs::read_dir(format!("/proc/{}/fd", job.as_raw_nonzero())).into_iter().flatten().flatten();
    open.filter_map(|one| std::fs::read_link(one.path()).ok()).any(|path| path.extension() == Some("partial".as_ref()))
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}
