//! The agent at work in a house, with a clock that the test moves.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use fs_err as fs;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Zoned};
use keepsake_api::wire::{Client, Listener, SOCKET_NAME};
use keepsake_api::{Event, JobEnd, Status};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::house::House;

impl House {
    fn clock_file(&self) -> PathBuf {
        self.path("now")
    }

    /// Puts the clock that [`House::on_its_clock`] goes by to a moment in Berlin: 3 March 2026 is a Tuesday.
    pub fn put_clock(&self, moment: &str) {
        let civil: DateTime = moment.parse().expect("a moment");
        let moment = civil.in_tz("Europe/Berlin").expect("a moment in Berlin");
        // Whole or not at all, as it is read at any time.
        fs::write(self.path("now.new"), moment.to_string()).expect("the clock can be put");
        fs::rename(self.path("now.new"), self.clock_file()).expect("the clock can be put");
    }

    /// The program, ready to run by the clock that [`House::put_clock`] puts.
    pub fn on_its_clock(&self, words: &[&str]) -> Command {
        let mut command = self.command(words);
        command.env_remove("KEEPSAKE_NOW").env("KEEPSAKE_NOW_FILE", self.clock_file());
        command
    }

    /// Settings with two plans of a source each: `family` of the usual folder, and `other` of a folder `beside`.
    pub fn settings_for_two_plans(&self) {
        fs::create_dir_all(self.path("beside")).expect("a folder");
        fs::write(self.path("beside/a.txt"), "a").expect("a file");
        let plan = |name: &str, path: PathBuf| {
            format!(
                "[[plan]]\nname = {name:?}\nschedule = \"daily 02:00\"\n[[plan.source]]\nname = {name:?}\npath = {path:?}\n"
            )
        };
        let (family, other) = (plan("family", self.source()), plan("other", self.path("beside")));
        self.write_config(&format!("backup_dir = {:?}\n{family}{other}", self.backups()));
    }
}

/// An agent at work in a house, in a process group of its own, as a service has. Killed when dropped.
#[derive(Debug)]
pub struct Agent<'h> {
    house: &'h House,
    child: Child,
    log: PathBuf,
    /// How many agents of this house had begun before.
    begun: usize,
}

impl<'h> Agent<'h> {
    /// Starts it. What it says is added to what an earlier one of this house said.
    pub fn begin(house: &'h House) -> Self {
        let mut agent = Self::start(house, house.on_its_clock(&["agent"]));
        // Before that a signal would end it.
        agent.says("the agent begins", agent.begun + 1);
        agent
    }

    /// Starts one that goes by the computer's own clock, as the window does.
    pub fn by_the_real_clock(house: &'h House) -> Self {
        let mut command = house.command(["agent"]);
        command.env_remove("KEEPSAKE_NOW");
        let mut agent = Self::start(house, command);
        agent.says("the agent begins", agent.begun + 1);
        agent
    }

    /// Starts it with a command that was made ready otherwise.
    pub fn start(house: &'h House, mut command: Command) -> Self {
        let log = house.path("agent.log");
        let stderr = fs::OpenOptions::new().create(true).append(true).open(&log).expect("the log");
        let begun = fs::read_to_string(&log).unwrap_or_default().matches("the agent begins").count();
        let child = command.stdout(Stdio::null()).stderr(Stdio::from(stderr.into_file())).process_group(0).spawn();
        Self { house, child: child.expect("the agent starts"), log, begun }
    }

    /// All that was said.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// How often it has said this.
    pub fn count(&self, words: &str) -> usize {
        self.said().matches(words).count()
    }

    /// Waits until it has said this so often.
    #[track_caller]
    pub fn says(&mut self, words: &str, times: usize) {
        let end = Instant::now() + Duration::from_secs(50);
        while self.count(words) < times {
            let ended = self.child.try_wait().expect("it can be asked");
            assert!(
                ended.is_none() && Instant::now() < end,
                "not {times} times {words:?} ({ended:?}):\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A connection to it; who waits for more than 50 seconds has waited in vain.
    pub fn client(&self) -> Client {
        let client = Client::connect(&self.house.data().join(SOCKET_NAME)).expect("it listens");
        client.wait_at_most(Some(Duration::from_secs(50))).expect("a time limit can be set");
        client
    }

    /// What it tells from now on; the first thing is how things stand.
    pub fn watch(&self) -> Watch {
        Watch(self.client().watch().expect("it can be listened to"))
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it runs at the moment, as its command line says, with spaces between the words; None between two tasks.
    pub fn task(&self) -> Option<(Pid, String)> {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.id())).ok()?;
        let id: i32 = children.split_whitespace().next()?.parse().ok()?;
        let words = fs::read_to_string(format!("/proc/{id}/cmdline")).ok()?.replace('\0', " ");
        Some((Pid::from_raw(id)?, words))
    }

    /// Waits until it runs a task whose command line holds this, and stops that where it stands.
    pub fn stop_task(&self, words: &str) -> Pid {
        let end = Instant::now() + Duration::from_secs(50);
        loop {
            assert!(Instant::now() < end, "it never ran {words}:\n{}", self.said());
            if let Some((id, line)) = self.task().filter(|(_, line)| line.contains(words))
                && kill_process(id, Signal::STOP).is_ok()
            {
                // It may have ended a moment before.
                let stat = fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero())).unwrap_or_default();
                if line.contains(words) && stat.contains(") T ") {
                    return id;
                }
            }
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the signal can be sent");
    }

    /// Sends a signal to it and to what it started in its own group, as a terminal does.
    pub fn signal_group(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.child), signal).expect("the signal can be sent");
    }

    /// Has it look at the clock now: it would within a minute.
    pub fn look(&self) {
        self.signal(Signal::HUP);
    }

    /// Moves the clock, and has the agent look at it.
    pub fn at(&self, moment: &str) {
        self.house.put_clock(moment);
        self.look();
    }

    /// Moves the clock on, and has the agent look at it.
    pub fn minutes_later(&self, minutes: i64) {
        let now: Zoned = fs::read_to_string(self.house.clock_file()).expect("a clock").parse().expect("a moment");
        let later = now + SignedDuration::from_mins(minutes);
        self.at(&later.datetime().to_string());
    }

    /// Has it look so often, and waits until it has done so.
    pub fn looks(&mut self, times: usize) {
        for _ in 0..times {
            let before = self.count("settings read");
            self.look();
            self.says("settings read", before + 1);
        }
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    /// Asks it to end; it must do so within five seconds, and with 0. Answers all that was said.
    #[track_caller]
    pub fn end(mut self, signal: Signal) -> String {
        let asked = Instant::now();
        self.signal(signal);
        let status = self.wait();
        assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?}:\n{}", asked.elapsed(), self.said());
        assert_eq!(status.code(), Some(0), "{}", self.said());
        self.said()
    }
}

/// What an agent tells.
pub struct Watch(Listener);

impl Watch {
    /// The next thing.
    #[track_caller]
    pub fn next_event(&mut self) -> Event {
        self.0.next_event().expect("it goes on telling")
    }

    /// Waits for a status that is like this.
    #[track_caller]
    pub fn until(&mut self, mut is_so: impl FnMut(&Status) -> bool) -> Status {
        loop {
            if let Event::Status(status) = self.next_event()
                && is_so(&status)
            {
                return *status;
            }
        }
    }

    /// Waits for the end of a job.
    #[track_caller]
    pub fn job_end(&mut self) -> JobEnd {
        loop {
            if let Event::JobEnded(end) = self.next_event() {
                return *end;
            }
        }
    }
}

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
