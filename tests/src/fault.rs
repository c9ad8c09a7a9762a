//! Single calls of the real program that fail: `strace` lets the call N of a run end in an error, kills the program
//! there, or stops it so that what is written next finds only half the room.
//!
//! A *call* is one that changes a file or folder of the house or makes changes durable, SQLite's own among them. Calls are
//! told apart by kind and by how many of the kind their thread had made before; where several threads make a call of a
//! kind, it fails in each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fs_err as fs;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::house::{Answer, Running};

/// The calls that change something, or force it to the medium.
const KINDS: &str = "openat,write,writev,pwrite64,pwritev,ftruncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,\
                     rmdir,link,linkat,symlink,symlinkat,mkdir,mkdirat,fsync,fdatasync,syncfs,sync_file_range,\
                     copy_file_range,fchmod,fchmodat,chmod,fchown,fchownat,lchown,utimensat,fsetxattr,lsetxattr,setxattr";

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// ENOSPC: the disk is full.
    NoRoom,
    /// EIO: the disk does not do it.
    BadDisk,
    /// The kernel writes the first half, and refuses what follows: no file of this process grows beyond that length
    /// any more (EFBIG). Only for calls that write.
    ShortWrite,
    /// The program is killed.
    Death,
}

/// All of them.
pub const FAULTS: [Fault; 4] = [Fault::NoRoom, Fault::BadDisk, Fault::ShortWrite, Fault::Death];

/// A call of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its kind.
    pub kind: String,
    /// The how manieth of this kind in its thread, counted from 1.
    pub nth: usize,
    /// Its arguments, as `strace` shows them, with the paths of open files.
    pub args: String,
    /// What it writes, when it does.
    write: Option<Write>,
}

/// A write: into which open file, where (None: where it stands), how much; and which call the thread makes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Write {
    open: u32,
    at: Option<u64>,
    bytes: u64,
    after: (String, usize),
}

impl Call {
    /// True when this fault can happen to it.
    pub fn can(&self, fault: Fault) -> bool {
        fault != Fault::ShortWrite || self.write.is_some()
    }
}

/// Runs a command to its end and answers its calls below `top`, each once, in the order in which they began. None where
/// tracing is not permitted.
pub fn calls(command: &Command, top: &Path, log: &Path) -> Option<Vec<Call>> {
    let mut strace = under_strace(command, &["-y", "-s", "0", "-e", &format!("trace={KINDS}")], log);
    let output = strace.output().expect("strace starts");
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("ptrace") && !output.status.success() {
        return None;
    }
    assert!(output.status.success(), "the run that is traced fails: {said}");
    let text = String::from_utf8_lossy(&fs::read(log).expect("the log")).into_owned();
    Some(read(&text, &[&top.to_string_lossy()]))
}

/// The calls of a log whose arguments or answer name one of these.
pub(crate) fn read(text: &str, tops: &[&str]) -> Vec<Call> {
    let (mut counts, mut last_of, mut last) = (BTreeMap::<_, usize>::new(), BTreeMap::new(), None);
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for line in text.lines() {
        let (thread, call) = line.split_once(' ').expect("a thread's number stands first");
        let call = call.trim_start();
        if call.starts_with(['+', '-', '<']) {
            continue;
        }
        let (kind, args) = call.split_once('(').expect("a call has arguments");
        let nth = counts.entry((thread, kind)).or_default();
        *nth += 1;
        let this = (kind.to_string(), *nth);
        let after = last_of.insert(thread, this.clone()).or(last.replace(this.clone()));
        let only_reads = kind == "openat" && !["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| args.contains(flag));
        if tops.iter().any(|top| args.contains(top)) && !only_reads && seen.insert(this.clone()) {
            let write = after.and_then(|after| as_write(kind, args, after));
            found.push(Call { kind: this.0, nth: this.1, args: args.into(), write });
        }
    }
    found
}

/// `7</file>, ""..., 4096, 8192) = 4096` and `7</file>, ""..., 12 <unfinished ...>`.
fn as_write(kind: &str, args: &str, after: (String, usize)) -> Option<Write> {
    let args = args.split([')', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>();
    let bytes = args.iter().position(|word| word.starts_with("\"\""))?;
    let number = |i: usize| args.get(bytes + 1 + i)?.trim_end_matches(',').parse::<u64>().ok();
    let open = args.first()?.split('<').next()?.parse().ok()?;
    match kind {
        "write" => Some(Write { open, at: None, bytes: number(0)?, after }),
        "pwrite64" => Some(Write { open, at: Some(number(1)?), bytes: number(0)?, after }),
        _ => None,
    }
}

/// Runs a command with a fault in one call. The second is false when the run ended without reaching it.
pub fn run_with(command: &Command, call: &Call, fault: Fault, log: &Path) -> (Answer, bool) {
    let expression = |(kind, nth): (&str, usize), what: &str| format!("inject={kind}:{what}:when={nth}");
    let this = (call.kind.as_str(), call.nth);
    let (inject, sign) = match (fault, &call.write) {
        (Fault::NoRoom, _) => (expression(this, "error=ENOSPC"), "(INJECTED)"),
        (Fault::BadDisk, _) => (expression(this, "error=EIO"), "(INJECTED)"),
        (Fault::Death, _) => (expression(this, "signal=KILL"), "+++ killed by SIGKILL +++"),
        (Fault::ShortWrite, Some(write)) => (expression((&write.after.0, write.after.1), "signal=STOP"), "EFBIG"),
        (Fault::ShortWrite, None) => panic!("{call:?} does not write"),
    };
    let kinds = match &call.write {
        Some(write) if fault == Fault::ShortWrite => format!("trace={},write,writev,pwrite64,ftruncate", write.after.0),
        _ => format!("trace={}", call.kind),
    };
    let mut running = start(command, &kinds, &inject, log);
    if let (Fault::ShortWrite, Some(write)) = (fault, &call.write) {
        halve(&mut running, write, log);
    }
    let answer = running.wait();
    let reached = String::from_utf8_lossy(&fs::read(log).expect("the log")).contains(sign);
    (answer, reached)
}

/// Waits until the program stops before a write, leaves room for half of it, and lets it go on.
fn halve(running: &mut Running, write: &Write, log: &Path) {
    let Some(program) = stopped(running, log) else { return };
    let until = write.at.or_else(|| position(program, write.open)).unwrap_or(0) + write.bytes / 2;
    let limit = Rlimit { current: Some(until), maximum: None };
    prlimit(Some(program), Resource::Fsize, limit).expect("a process that this one started can be limited");
    go_on(running, program);
}

/// Starts a command that stops at a call, and waits until it does; None when it ends before.
pub fn stop_at(command: &Command, call: &Call, log: &Path) -> Option<(Running, Pid)> {
    let inject = format!("inject={}:signal=STOP:when={}", call.kind, call.nth);
    let mut running = start(command, &format!("trace={}", call.kind), &inject, log);
    let program = stopped(&mut running, log)?;
    Some((running, program))
}

/// Lets a program that was stopped go on, to its end.
pub fn go_on(running: &mut Running, program: Pid) {
    while !running.has_ended() {
        // Each of its threads that comes so far stops it anew.
        let _ = kill_process(program, Signal::CONT);
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn start(command: &Command, kinds: &str, inject: &str, log: &Path) -> Running {
    // The last run's would tell of its stops.
    let _ = fs::remove_file(log);
    let mut strace = under_strace(command, &["-s", "0", "-e", kinds, "-e", inject], log);
    strace.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running::of(strace.spawn().expect("strace starts"))
}

/// Waits until the program stops, and answers which process it is; None when it ends before.
fn stopped(running: &mut Running, log: &Path) -> Option<Pid> {
    let tracer = running.id();
    while !running.has_ended() {
        if fs::read(log).is_ok_and(|log| String::from_utf8_lossy(&log).contains("stopped by SIGSTOP"))
            && let Some(program) = last_child(tracer)
        {
            return Some(program);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}

/// The program that was begun by way of others, each of which waits for the next one.
pub(crate) fn last_child(of: u32) -> Option<Pid> {
    let child = only_child(of)?;
    last_child(child).or_else(|| Pid::from_raw(child.try_into().ok()?))
}

pub(crate) fn only_child(of: u32) -> Option<u32> {
    fs::read_to_string(format!("/proc/{of}/task/{of}/children")).ok()?.split_whitespace().next()?.parse().ok()
}

/// Where the next write to an open file goes.
fn position(program: Pid, open: u32) -> Option<u64> {
    let program = program.as_raw_nonzero();
    let info = fs::read_to_string(format!("/proc/{program}/fdinfo/{open}")).ok()?;
    let after = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let flags = u32::from_str_radix(after("flags:")?, 8).ok()?;
    if flags & rustix::fs::OFlags::APPEND.bits() != 0 {
        return Some(fs::metadata(PathBuf::from(format!("/proc/{program}/fd/{open}"))).ok()?.len());
    }
    after("pos:")?.parse().ok()
}

fn under_strace(command: &Command, words: &[&str], log: &Path) -> Command {
    // A write beyond the limit then ends in an error, and not in a signal.
    let mut strace = Command::new("env");
    strace.args(["--ignore-signal=XFSZ", "strace", "-f"]).args(words).arg("-o").arg(log);
    strace.arg(command.get_program()).args(command.get_args());
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(command.get_current_dir().expect("a house")).stdin(Stdio::null());
    strace
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_kind_and_thread_and_only_those_in_the_house_are_told() {
        let log = "7 openat(AT_FDCWD</h>, \"/h/a\", O_RDONLY) = 3</h/a>\n\
                   7 openat(AT_FDCWD</h>, \"/h/b\", O_RDWR|O_CREAT, 0600) = 4</h/b>\n\
                   7 write(1</dev/null>, \"\"..., 9) = 9\n\
                   8 write(4</h/b>, \"\"..., 100 <unfinished ...>\n\
                   7 write(4</h/b>, \"\"..., 50) = 50\n\
                   8 <... write resumed>) = 100\n\
                   7 pwrite64(5</h/c (deleted)>, \"\"..., 4096, 8192) = 4096\n\
                   7 fsync(4</h/b>) = 0\n\
                   7 +++ exited with 0 +++\n";
        let found = read(log, &["/h"]);
        let named: Vec<_> = found.iter().map(|call| (call.kind.as_str(), call.nth)).collect();
        assert_eq!(named, [("openat", 2), ("write", 1), ("write", 2), ("pwrite64", 1), ("fsync", 1)]);
        let write = |open, at, bytes, kind: &str, nth| Some(Write { open, at, bytes, after: (kind.into(), nth) });
        assert_eq!(found[1].write, write(4, None, 100, "write", 1));
        assert_eq!(found[2].write, write(4, None, 50, "write", 1));
        assert_eq!(found[3].write, write(5, Some(8192), 4096, "write", 2));
        assert!(!found[4].can(Fault::ShortWrite) && found[4].can(Fault::Death));
    }
}
