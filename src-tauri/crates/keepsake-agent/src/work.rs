//! One task, as a process of its own.

mod progress;

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use keepsake_api::JobKind;
use keepsake_core::schedule::SHARES;
use keepsake_core::units::{ByteCount, counted};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::board::Board;
use crate::{Agent, Asked};

pub(crate) use progress::TaskProgress;

/// More of an answer is not read: it names a thousand problems at most.
const MOST_ANSWER_BYTES: usize = 4 << 20;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    /// The backup of a plan.
    Backup(String),
    /// Copies to a place.
    Copy(String),
    /// Reading a share of what is stored, from 1.
    Read(u32),
    /// Copies to all places. This and what follows is only done when somebody asks for it.
    Copies,
    /// Reading all that is stored.
    Check,
    /// Bringing files back.
    Restore {
        /// The backup's name.
        backup: String,
        /// What; all of it when it is empty.
        paths: Vec<Vec<u8>>,
        /// Into which folder; None for where it was, with consent.
        to: Option<PathBuf>,
        /// Another folder of backups than one's own.
        from: Option<PathBuf>,
        /// In place, what the person saw before.
        seen: Option<String>,
    },
    /// Taking a restore back.
    Undo(String),
    /// Deleting a backup.
    Delete(String),
    /// Making the backups of a folder known.
    Import(PathBuf),
    /// Saying that the mass change of a plan was right.
    Confirm(String),
    /// Making a stranger one of the family's drives.
    AdoptDrive {
        /// The volume.
        volume: String,
        /// What the family calls it.
        name: String,
        /// The word of its colour.
        color: &'static str,
        /// True to encrypt its copies.
        is_encrypted: bool,
    },
    /// Letting go of a volume.
    EjectDrive(String),
    /// A drive is the family's no longer.
    ForgetDrive(String),
    /// Reading all that is on a drive.
    ProveDrive(String),
}

/// How a task ended, with what is to be said about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything as it should be.
    Good(String),
    /// Done, but not quite.
    WithProblems(String),
    /// Not done: why, and what to do.
    Failed(String),
    /// Someone stopped it.
    Stopped,
    /// Another run was faster with the lock.
    Busy,
}

/// How long the rest of an answer is waited for once the task itself has ended. What it started may live on and keep its
/// stdout open: the answer is there by then.
const REST_WITHIN: Duration = Duration::from_secs(1);
/// A thread that reads what a task says needs little.
const STACK_BYTES: usize = 256 << 10;

/// A task under way.
pub(crate) struct Work {
    child: Child,
    answer: Arc<Mutex<Answer>>,
    /// How it ended and when that was seen; None while it has not. Of what cannot be asked nobody knows how.
    ended: Option<(Option<ExitStatus>, Instant)>,
}

/// What a task has said on stdout so far.
#[derive(Debug, Default)]
struct Answer {
    bytes: Vec<u8>,
    is_whole: bool,
}

/// Who is told how far a task is.
pub(crate) struct Told {
    /// Where everyone sees it.
    pub board: Arc<Board>,
    /// The job's number there.
    pub job: u64,
    /// True for what somebody asked for: it waits for the lock, so that nobody has to ask twice.
    pub is_wished: bool,
}

impl Task {
    /// What it is about, for the log.
    pub fn about(&self) -> &str {
        match self {
            Self::Backup(name) | Self::Copy(name) => name,
            Self::Read(_) | Self::Check => "check",
            Self::Copies => "all places",
            Self::Restore { backup, .. } => backup,
            Self::Undo(name) | Self::Delete(name) | Self::Confirm(name) => name,
            Self::AdoptDrive { name, .. } | Self::EjectDrive(name) => name,
            Self::ForgetDrive(name) | Self::ProveDrive(name) => name,
            Self::Import(_) => "import",
        }
    }

    /// The plan, place or other thing that it is about; None for all.
    pub fn about_name(&self) -> Option<String> {
        match self {
            // What the agent calls a volume says nothing to people.
            Self::Read(_) | Self::Check | Self::Copies | Self::EjectDrive(_) => None,
            Self::Import(dir) => Some(dir.display().to_string()),
            _ => Some(self.about().into()),
        }
    }

    /// What kind of job it is.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Backup(_) => JobKind::Backup,
            Self::Copy(_) | Self::Copies => JobKind::Copy,
            Self::Read(_) | Self::Check | Self::ProveDrive(_) => JobKind::Check,
            Self::Restore { .. } => JobKind::Restore,
            Self::Undo(_) => JobKind::Undo,
            Self::Delete(_) | Self::Confirm(_) => JobKind::TidyUp,
            Self::Import(_) => JobKind::Import,
            Self::AdoptDrive { .. } => JobKind::AdoptDrive,
            Self::EjectDrive(_) => JobKind::EjectDrive,
            Self::ForgetDrive(_) => JobKind::ForgetDrive,
        }
    }

    /// The command. Names stand behind `--`, so that none is taken for an option.
    fn words(&self) -> Vec<OsString> {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        match self {
            // What the copies take shall not hold up the other plans.
            Self::Backup(plan) => words(&["backup", "--no-copies", "--", plan]),
            Self::Copy(place) => words(&["copy", "--", place]),
            Self::Copies => words(&["copy"]),
            Self::Read(share) => words(&["verify", "--heal", "--part", &format!("{share}/{SHARES}")]),
            Self::Check => words(&["verify", "--heal", "--all"]),
            Self::Undo(id) => words(&["undo", "--", id]),
            Self::Delete(name) => words(&["delete", "--", name]),
            Self::Confirm(plan) => words(&["prune", "--confirm-changes", "--", plan]),
            Self::AdoptDrive { volume, name, color, is_encrypted } => {
                let mut line = words(&["drive", "adopt", &format!("--name={name}"), &format!("--color={color}")]);
                line.extend((!is_encrypted).then(|| OsString::from("--unlocked")));
                line.extend(words(&["--", volume]));
                line
            }
            Self::EjectDrive(volume) => words(&["drive", "eject", "--", volume]),
            Self::ForgetDrive(name) => words(&["drive", "forget", "--", name]),
            Self::ProveDrive(name) => words(&["drive", "prove", "--", name]),
            Self::Import(dir) => {
                let mut line = words(&["import", "--"]);
                line.push(dir.into());
                line
            }
            Self::Restore { backup, paths, to, from, seen } => {
                let mut line = words(&["restore"]);
                let option = |name: &str, path: &Path| {
                    let mut word = OsString::from(name);
                    word.push(path);
                    word
                };
                match to {
                    Some(dir) => line.push(option("--to=", dir)),
                    // The word itself was asked for and seen before there was this task.
                    None => line.extend(words(&["--in-place", "--confirm=RESTORE"])),
                }
                line.extend(seen.as_deref().map(|seen| option("--seen=", Path::new(seen))));
                line.extend(from.as_deref().map(|dir| option("--from=", dir)));
                // A command line takes only so much.
                line.extend((!paths.is_empty()).then(|| OsString::from("--paths-from-stdin")));
                line.extend(words(&["--", backup]));
                line
            }
        }
    }

    /// What is given to it on stdin.
    fn input(&self) -> Option<Vec<u8>> {
        match self {
            Self::Restore { paths, .. } if !paths.is_empty() => {
                Some(paths.iter().flat_map(|path| path.iter().copied().chain([0])).collect())
            }
            _ => None,
        }
    }
}

impl Work {
    /// Starts a task, in a process group of its own: what a terminal sends its foreground is the agent's to pass on.
    pub fn start(agent: &Agent, config: &Path, task: &Task, told: Told) -> std::io::Result<Self> {
        let mut command = Command::new(&agent.program);
        command.arg0("keepsake").args(["--json", "--config"]).arg(config);
        command.args(told.is_wished.then_some("--wait")).args(task.words()).process_group(0);
        let input = task.input();
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        command.env("KEEPSAKE_PROGRESS", "json").stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let (Some(stdin), Some(input)) = (child.stdin.take(), input) {
            give(stdin, input);
        }
        let answer = Arc::new(Mutex::new(Answer::default()));
        // Without these the task could hang: it would wait for somebody to read what it says.
        let read_all = |child: &mut Child| {
            if let Some(stdout) = child.stdout.take() {
                let (answer, board) = (Arc::clone(&answer), Arc::clone(&told.board));
                reading("answer", move || read_answer(stdout, &answer, &board))?;
            }
            if let Some(stderr) = child.stderr.take() {
                reading("progress", move || progress::follow(stderr, &told.board, told.job))?;
            }
            Ok::<_, std::io::Error>(())
        };
        read_all(&mut child).inspect_err(|_| _ = child.kill())?;
        Ok(Self { child, answer, ended: None })
    }

    /// Asks it to tidy up and end.
    pub fn ask_to_end(&self) {
        // It has not been waited for yet, so its number is still its own.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
    }

    /// Ends it at once. It is safe to kill it at any moment.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// How it ended, with what it said; None while it has not. Never waits.
    pub fn end(&mut self, task: &Task) -> Option<(Ended, Value)> {
        if self.ended.is_none() {
            match self.child.try_wait() {
                Ok(None) => return None,
                // When that cannot be asked nobody else waits for it, so there is nothing to know any more.
                status => self.ended = Some((status.ok().flatten(), Instant::now())),
            }
        }
        let (status, seen) = self.ended?;
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if !answer.is_whole && seen.elapsed() < REST_WITHIN {
            return None;
        }
        let answer = serde_json::from_slice(&answer.bytes).unwrap_or_default();
        Some((ended(task, status, &answer), answer))
    }

    /// How long the rest of the answer is still waited for; None when that is not what is waited for.
    pub fn wait(&self) -> Option<Duration> {
        self.ended.map(|(_, seen)| REST_WITHIN.saturating_sub(seen.elapsed()))
    }
}

fn reading(name: &str, read: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.into()).stack_size(STACK_BYTES).spawn(read).map(drop)
}

/// Reads what a task says, and wakes the loop when that is all.
fn read_answer(mut stdout: ChildStdout, answer: &Mutex<Answer>, board: &Board) {
    let answer = || answer.lock().unwrap_or_else(PoisonError::into_inner);
    let mut piece = [0; 16 << 10];
    loop {
        match stdout.read(&mut piece) {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(count) => {
                let bytes = &mut answer().bytes;
                let room = MOST_ANSWER_BYTES.saturating_sub(bytes.len());
                bytes.extend_from_slice(&piece[..count.min(room)]);
            }
        }
    }
    answer().is_whole = true;
    board.wake(Asked::Reap);
}

/// Gives it what it reads, beside everything else: more than a pipe holds is waited for.
fn give(mut stdin: ChildStdin, input: Vec<u8>) {
    let give = move || _ = stdin.write_all(&input);
    // Without it the task reads nothing, and says so.
    let _ = std::thread::Builder::new().name("input".into()).spawn(give);
}

/// What the exit code and the answer say.
fn ended(task: &Task, status: Option<ExitStatus>, answer: &Value) -> Ended {
    let code = status.and_then(|status| status.code());
    match code {
        Some(75) => return Ended::Busy,
        Some(130) => return Ended::Stopped,
        Some(0..=2) => {
            let told = match task {
                Task::Backup(_) => backup_ended(code, &answer["plans"][0]),
                Task::Copy(_) => copy_ended(answer),
                Task::Read(share) => read_ended(&format!("share {share} of {SHARES} read"), answer),
                Task::Check => read_ended("everything read", answer),
                Task::ProveDrive(_) => read_ended("the drive read", answer),
                _ => other_ended(code, answer),
            };
            if let Some(ended) = told {
                return ended;
            }
        }
        _ => {}
    }
    let error = &answer["error"];
    Ended::Failed(match (error["message"].as_str(), code) {
        (Some(message), _) => format!("{message}. {}", text(&error["advice"])),
        (None, Some(code)) => format!("it ended with {code} and did not say why"),
        (None, None) => "something killed it".into(),
    })
}

/// For what is only done when somebody asks.
fn other_ended(code: Option<i32>, answer: &Value) -> Option<Ended> {
    let error = [answer, &answer["plans"][0]].into_iter().find_map(|of| of["error"].as_str());
    let problems = answer["problem_count"].as_u64();
    match (code, error) {
        (_, Some(message)) => Some(Ended::Failed(message.into())),
        _ if answer["error"].is_object() => None,
        (Some(0), None) => Some(Ended::Good(String::new())),
        (Some(1), None) => Some(Ended::WithProblems(match problems {
            Some(count) => counted(count, "problem", "problems"),
            None => "not all of it".into(),
        })),
        // Damaged files are named, and all else came back.
        (Some(2), None) if problems.is_some() => {
            Some(Ended::WithProblems(counted(problems.unwrap_or_default(), "problem", "problems")))
        }
        _ => None,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> String {
    value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join("; ")
}

fn backup_ended(code: Option<i32>, plan: &Value) -> Option<Ended> {
    match (code, plan["error"].as_str()) {
        (_, Some(message)) => Some(Ended::Failed(format!("{message}. {}", text(&plan["advice"])))),
        (Some(0), None) => Some(Ended::Good(String::new())),
        (Some(1), None) => {
            let count = plan["problem_count"].as_u64().unwrap_or_default();
            let first = &plan["problems"][0];
            Some(Ended::WithProblems(format!(
                "{count}, the first is {}: {}",
                text(&first["path"]),
                text(&first["message"])
            )))
        }
        _ => None,
    }
}

fn copy_ended(answer: &Value) -> Option<Ended> {
    let report = &answer["destinations"][0];
    let whys = texts(&report["problems"]);
    let count = report["copied"].as_array().map_or(0, Vec::len) as u64;
    let copied = match count {
        0 => "nothing".into(),
        _ => format!("{} ({})", counted(count, "archive", "archives"), ByteCount(report["copied_bytes"].as_u64()?)),
    };
    Some(match report["outcome"].as_str()? {
        "good" => Ended::Good(copied),
        // The family was promised nothing of a place that is not there.
        "waiting" => Ended::Good(format!("{copied}; not there now: {whys}")),
        "busy" => Ended::Busy,
        "with-problems" => Ended::WithProblems(format!("{copied}; {whys}")),
        _ => Ended::Failed(whys),
    })
}

fn read_ended(what: &str, answer: &Value) -> Option<Ended> {
    let read = format!("{what} ({})", ByteCount(answer["bytes"].as_u64()?));
    let not_checked = texts(&answer["not_checked"]);
    Some(match answer["outcome"].as_str()? {
        "damaged" => {
            let count = answer["damage_count"].as_u64().unwrap_or_default();
            let first = &answer["damaged"][0];
            let name = first["path"].as_str().unwrap_or_else(|| text(&first["archive"]));
            let healed = match answer["healed"].as_array().map_or(0, Vec::len) {
                0 => "`keepsake health` says what to do".into(),
                archives => {
                    format!("{} replaced by good copies", counted(archives as u64, "archive was", "archives were"))
                }
            };
            Ended::WithProblems(format!(
                "{read}: {}, the first is {name}: {}; {healed}",
                counted(count, "thing is damaged", "things are damaged"),
                text(&first["message"])
            ))
        }
        "not-checked" => Ended::Good(format!("{read}; not now: {not_checked}")),
        _ => Ended::Good(format!("{read}: all is whole")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn names_are_never_taken_for_options_and_paths_go_beside_the_command_line() {
        let line = |task: &Task| {
            let words: Vec<String> = task.words().iter().map(|word| word.to_string_lossy().into_owned()).collect();
            words.join(" ")
        };
        let restore = |to: Option<&str>, paths: Vec<Vec<u8>>| Task::Restore {
            backup: "--full".into(),
            paths,
            to: to.map(PathBuf::from),
            from: Some("/b".into()),
            seen: None,
        };
        let beside = restore(Some("/--x y"), vec![b"home/\xff".to_vec(), b"-".to_vec()]);
        assert_eq!(line(&beside), "restore --to=/--x y --from=/b --paths-from-stdin -- --full");
        assert_eq!(beside.input().unwrap(), b"home/\xff\0-\0");
        assert_eq!(line(&restore(None, vec![])), "restore --in-place --confirm=RESTORE --from=/b -- --full");
        assert_eq!(restore(None, vec![]).input(), None);
        let (backup, seen) = ("b".into(), Some("0a1b".into()));
        let agreed = Task::Restore { backup, paths: vec![], to: None, from: None, seen };
        assert_eq!(line(&agreed), "restore --in-place --confirm=RESTORE --seen=0a1b -- b");
        assert_eq!(line(&Task::Delete("-v".into())), "delete -- -v");
        assert_eq!(line(&Task::Import("/x".into())), "import -- /x");
    }

    #[test]
    fn the_end_is_told_as_it_was() {
        let code = |code: i32| Some(ExitStatus::from_raw(code << 8));
        let failed = |text: &str| Ended::Failed(text.into());
        let problems =
            r#"{"plans": [{"problem_count": 3, "problems": [{"path": "home/x", "message": "no permission"}]}]}"#;
        let (backup, copy, read) = (Task::Backup("family".into()), Task::Copy("NAS".into()), Task::Read(3));
        let copied = |outcome: &str| {
            format!(
                r#"{{"destinations": [{{"outcome": "{outcome}", "copied": ["a"], "copied_bytes": 9000, "problems": ["it is full"]}}]}}"#
            )
        };
        let damaged = r#"{"bytes": 5000, "outcome": "damaged", "damage_count": 2, "healed": [{}],
            "damaged": [{"archive": "a.tar.gz", "path": null, "message": "other bytes"}]}"#;
        for (task, status, answer, expected) in [
            (&backup, code(0), "{\"plans\": []}", Ended::Good(String::new())),
            (&backup, code(1), problems, Ended::WithProblems("3, the first is home/x: no permission".into())),
            (&backup, code(75), "{}", Ended::Busy),
            (&backup, code(130), "{}", Ended::Stopped),
            (&backup, code(2), r#"{"plans": [{"error": "no room", "advice": "Make some."}]}"#, failed("no room. Make some.")),
            (&backup, code(78), r#"{"error": {"message": "wrong", "advice": "Correct it."}}"#, failed("wrong. Correct it.")),
            (&backup, code(101), "", failed("it ended with 101 and did not say why")),
            (&backup, Some(ExitStatus::from_raw(9)), "", failed("something killed it")),
            (&backup, None, "", failed("something killed it")),
            (&copy, code(0), &copied("good"), Ended::Good("1 archive (9 kB)".into())),
            (&copy, code(0), &copied("waiting"), Ended::Good("1 archive (9 kB); not there now: it is full".into())),
            (&copy, code(1), &copied("with-problems"), Ended::WithProblems("1 archive (9 kB); it is full".into())),
            (&copy, code(2), &copied("failed"), failed("it is full")),
            (&copy, code(2), r#"{"error": {"message": "no catalog", "advice": "Look."}}"#, failed("no catalog. Look.")),
            (&read, code(0), r#"{"bytes": 5000, "outcome": "good"}"#, Ended::Good("share 3 of 28 read (5 kB): all is whole".into())),
            (&read, code(2), r#"{"bytes": 5000, "outcome": "not-checked", "not_checked": ["/nas is away"]}"#,
                Ended::Good("share 3 of 28 read (5 kB); not now: /nas is away".into())),
            (&Task::Undo("u".into()), code(0), "{}", Ended::Good(String::new())),
            (&Task::Undo("u".into()), code(1), r#"{"problem_count": 2}"#, Ended::WithProblems("2 problems".into())),
            (&Task::Delete("b".into()), code(2), r#"{"error": {"message": "it is the last good one", "advice": "Keep it."}}"#,
                failed("it is the last good one. Keep it.")),
            (&Task::Confirm("p".into()), code(2), r#"{"plans": [{"error": "no catalog"}]}"#, failed("no catalog")),
            (&read, code(1), damaged, Ended::WithProblems(
                "share 3 of 28 read (5 kB): 2 things are damaged, the first is a.tar.gz: other bytes; 1 archive was \
                 replaced by good copies".into())),
        ] {
            assert_eq!(ended(task, status, &serde_json::from_str(answer).unwrap_or_default()), expected, "{answer}");
        }
    }
}
