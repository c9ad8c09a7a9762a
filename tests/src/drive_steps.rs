//! A job at a drive, stopped after any one of its calls: `strace` sends it a signal there, so no moment has to be guessed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fs_err as fs;
use rustix::process::{Pid, Signal, kill_process};

use crate::drive_house::{DriveHouse, LONGEST};
use crate::fault::{Call, last_child, read};
use crate::house::{Answer, Running};

/// The calls that a job makes at a drive, in the catalog, and to UDisks2.
const KINDS: &str = "openat,write,pwrite64,pread64,fallocate,rename,unlink,fsync,fdatasync,flock,sendmsg";
/// How often it is looked whether a job has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// A job that stands after a call, until it is told to go on.
#[derive(Debug)]
pub struct Stopped {
    running: Running,
    program: Pid,
}

/// Runs a job to its end; answers its calls that are about a drive, the catalog or UDisks2, each once, in order.
pub fn calls(house: &DriveHouse, words: &[&str]) -> Vec<Call> {
    let log = house.rig.home().join("calls");
    let done = under_strace(house, words, &["-y", "-s", "0", "-e", &format!("trace={KINDS}")]).output();
    let done = done.expect("strace starts");
    assert!(done.status.success(), "the run that is traced fails: {}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8_lossy(&fs::read(log).expect("the log")).into_owned();
    let text: String = text.lines().filter(|line| !line.contains("resumed>")).flat_map(|line| [line, "\n"]).collect();
    let mut all = read(&text, &["/media/", "/proc/self/fd/", "/state/catalog", "<socket:["]);
    // Of the catalog only what makes it last is a step.
    let is_only_looked_at = |call: &Call| call.args.contains("-shm") || ["openat", "pread64"].contains(&&*call.kind);
    all.retain(|call| !(call.args.contains("/state/catalog") && is_only_looked_at(call)));
    all.retain(|call| call.kind == "sendmsg" || !call.args.contains("<socket:["));
    all
}

/// Begins a job that stops after this call; None when it ended before. Each of its threads is stopped at its own call of that number:
/// those that are about something else go on.
pub fn stop_after(house: &DriveHouse, words: &[&str], call: &Call) -> Option<Stopped> {
    let log = house.rig.home().join("calls");
    // The last run's would tell of its stops.
    let _ = fs::remove_file(&log);
    let inject = format!("inject={}:signal=STOP:when={}", call.kind, call.nth);
    let how = ["-y", "-s", "0", "-e", &format!("trace={}", call.kind), "-e", &inject];
    let mut strace = under_strace(house, words, &how);
    let child = strace.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("strace starts");
    let mut running = Running::of(child);
    let mut passed = 0;
    while !running.has_ended() {
        let text = fs::read(&log).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default();
        if let (Some(about), Some(program)) = (stops(&text, &call.kind).get(passed), last_child(running.id())) {
            if *about == parts_of(&call.args) {
                return Some(Stopped { running, program });
            }
            passed += 1;
            let _ = kill_process(program, Signal::CONT);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}

/// What the calls were about after which it has stopped, in order.
fn stops(log: &str, kind: &str) -> Vec<Parts> {
    let lines: Vec<(&str, &str)> = log.lines().filter_map(|line| line.split_once(' ')).collect();
    let is_call = |said: &str| said.trim_start().starts_with(&format!("{kind}("));
    let mut all = Vec::new();
    for (at, (thread, said)) in lines.iter().enumerate() {
        let has_stopped = || lines[at..].iter().any(|(_, said)| said.contains("stopped by SIGSTOP"));
        if said.trim_start().starts_with("--- SIGSTOP {") && has_stopped() {
            let call = lines[..at].iter().rev().find(|(of, said)| of == thread && is_call(said));
            all.extend(call.map(|(_, args)| parts_of(args)));
        }
    }
    all
}

type Parts = [bool; 6];

/// What a call is about, as far as that tells it from another of its kind.
fn parts_of(args: &str) -> Parts {
    [".sha256", ".tar.gz", "/state/catalog", "keepsake.lock", "<socket:[", "/media/"].map(|part| args.contains(part))
}

impl Stopped {
    /// Lets it go on; insists that it ends soon.
    #[track_caller]
    pub fn go_on(mut self) -> Answer {
        let end = Instant::now() + LONGEST;
        while !self.running.has_ended() {
            // Each of its threads that comes so far stops it anew.
            let _ = kill_process(self.program, Signal::CONT);
            assert!(Instant::now() < end, "the job does not end");
            std::thread::sleep(PAUSE);
        }
        self.running.wait()
    }
}

/// A job under strace, whose log is the file `calls` in the home.
pub fn under_strace(house: &DriveHouse, words: &[&str], how: &[&str]) -> Command {
    let job = house.command(words);
    let mut strace = house.rig.command(Path::new("strace"));
    strace.arg("-f").args(how).arg("-o").arg(house.rig.home().join("calls"));
    strace.arg(&house.keepsake).args(words);
    strace.envs(job.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace
}

/// One call of each kind of step, with its name: of writing a copy the first, the middle and the last call, of letting go the first and the
/// last, of all else the first.
pub fn distinct(calls: Vec<Call>) -> Vec<(String, Call)> {
    let mut kinds: Vec<(String, Vec<Call>)> = Vec::new();
    let (mut is_begun, mut is_noted) = (false, false);
    for call in calls {
        is_begun |= call.args.contains(".tar.gz");
        is_noted |= call.kind == "rename" && call.args.contains(".sha256");
        let Some(name) = name_of(&call, is_begun, is_noted) else { continue };
        match kinds.iter_mut().find(|(known, _)| *known == name) {
            Some((_, same)) => same.push(call),
            None => kinds.push((name, vec![call])),
        }
    }
    let some_of = |(name, calls): (String, Vec<Call>)| {
        let last = calls.len() - 1;
        let mut chosen = match name.as_str() {
            "write of copy" | "pwrite64 of copy" => vec![(0, "first "), (last / 2, "middle "), (last, "last ")],
            "letting go" => vec![(0, "first "), (last, "last ")],
            _ => vec![(0, "")],
        };
        chosen.dedup_by_key(|(position, _)| *position);
        chosen
            .into_iter()
            .map(|(position, which)| (format!("{which}{name}"), calls[position].clone()))
            .collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(some_of).collect()
}

/// What is done, and with what; None for what is not a step of its own.
fn name_of(call: &Call, is_begun: bool, is_noted: bool) -> Option<String> {
    let (kind, args) = (call.kind.as_str(), &call.args);
    let is = |part: &str| args.contains(part);
    match kind {
        "sendmsg" => Some(if is_begun { "letting go" } else { "mounting" }.into()),
        // A note is one write, and is read back as its copy is.
        "openat" | "pread64" | "unlink" if is(".sha256") => None,
        _ if is(".sha256") => Some(format!("{kind} of note")),
        _ if is(".tar.gz") => Some(format!("{kind} of copy")),
        _ if is("/state/catalog") => is_noted.then(|| "recording".into()),
        _ if is("keepsake.lock") => Some("locking".into()),
        _ => Some(format!("{kind} of folder")),
    }
}
