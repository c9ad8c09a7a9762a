//! The loop with a stand-in for the program that it runs.

use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::{Sender, sync_channel};
use std::time::Instant;

use keepsake_api::{Event, JobEnd, JobKind, JobOutcome, PathText, Request, RestoreAsk, RestoreTarget};
use keepsake_core::clock::SystemClock;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::*;
use crate::board::{Listener, MOST_WAITING};
use crate::circumstances::Circumstances;
use crate::looking::Drives;
use crate::pause::Pauses;
use crate::server::Service;

/// Nothing waits.
struct Fine;

impl KnowsCircumstances for Fine {
    fn now(&self) -> Circumstances {
        Circumstances::default()
    }
}

/// An agent with nothing set up, which runs a script.
struct AtWork {
    dir: TempDir,
    agent: Agent,
}

impl AtWork {
    /// `script` is a shell script: `$*` are the words of the command.
    fn new(script: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        std::fs::write(&program, format!("#!/bin/sh\ncd {:?}\necho \"$*\" >> begun\n{script}", dir.path())).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let agent = Agent { program, ..Agent::in_folder(dir.path()) };
        Self { dir, agent }
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default()
    }

    /// Waits until the script has written a whole line into this file that holds these words.
    #[track_caller]
    fn wait_for(&self, name: &str, words: &str) -> String {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let text = self.read(name);
            if text.ends_with('\n') && text.contains(words) {
                return text;
            }
            assert!(Instant::now() < end, "no {words} in {name}: {text}");
            std::thread::yield_now();
        }
    }

    /// Runs the loop while something is asked of it; `next_end` waits for the end of a job.
    fn run(&self, ask: impl FnOnce(&Board, &mut dyn FnMut() -> JobEnd)) {
        let (tell, asked) = std::sync::mpsc::channel();
        let board = Arc::new(Board::new(tell.clone()));
        let (to, told) = sync_channel(MOST_WAITING);
        let (connection, _theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        board.listen(Listener { to, connection, may_change: true });
        let log = Log { is_quiet: true };
        let pause = Pauses::new(&self.agent.data_dir, Arc::new(SystemClock));
        let lock = take_lock(&self.agent).unwrap();
        let service = Service {
            board: Arc::clone(&board),
            program: self.agent.program.clone(),
            config: self.agent.config.clone(),
            answer_within: Duration::from_secs(1),
            uid: rustix::process::geteuid().as_raw(),
            pause,
            log,
        };
        let server = Server::begin(service, &self.agent.socket_path(), None).listening().unwrap();
        std::thread::scope(|scope| {
            let stop = StopWhenDropped(tell.clone());
            let (agent, seen) = (&self.agent, Arc::clone(&board));
            scope.spawn(move || {
                Looking::new(agent, log, lock, asked, seen, server, (Box::new(Fine), Drives::none(agent))).go().unwrap()
            });
            // In the place of the signals that tell of the end of a child.
            scope.spawn(move || {
                while tell.send(Asked::Reap).is_ok() {
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
            ask(&board, &mut || loop {
                let line = told.recv_timeout(Duration::from_secs(30)).expect("a job ends");
                if let Ok(Event::JobEnded(end)) = serde_json::from_slice(&line) {
                    return *end;
                }
            });
            drop(stop);
        });
    }
}

/// Ends the loop, also when a test fails.
struct StopWhenDropped(Sender<Asked>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        let _ = self.0.send(Asked::Stop);
    }
}

fn restore() -> Request {
    let target = RestoreTarget::Beside { dir: PathText::of_path("/r") };
    let restore = RestoreAsk { name: "family_20260303_020500".into(), paths: vec![], target, from: None };
    Request::Restore { restore, confirm: None, seen: None }
}

#[test]
fn a_check_that_is_done_just_as_it_gives_way_is_not_run_again() {
    let at_work = AtWork::new(
        r#"case "$*" in *verify*)
            trap 'echo "{\"outcome\":\"good\",\"bytes\":5}"; exit 0' TERM
            echo ready >> ready; while :; do sleep 0.05; done;;
        *) echo '{}';; esac"#,
    );
    at_work.run(|board, next_end| {
        board.wish(&Request::CheckNow {}, true).unwrap().unwrap();
        at_work.wait_for("ready", "ready");
        board.wish(&restore(), true).unwrap().unwrap();
        let ends = [next_end(), next_end()].map(|end| (end.kind, end.outcome));
        assert_eq!(ends, [(JobKind::Check, JobOutcome::Good), (JobKind::Restore, JobOutcome::Good)]);
        board.wish(&Request::Undo { undo: "u".into() }, true).unwrap().unwrap();
        assert_eq!(next_end().kind, JobKind::Undo);
    });
    assert_eq!(at_work.read("begun").matches("verify").count(), 1, "{}", at_work.read("begun"));
}

#[test]
fn a_check_that_gives_way_before_it_is_done_goes_on_later() {
    let at_work = AtWork::new(
        r#"case "$*" in *verify*)
            test -e ready && { echo '{"outcome":"good","bytes":5}'; exit 0; }
            trap 'exit 130' TERM; echo ready >> ready; while :; do sleep 0.05; done;;
        *) echo '{}';; esac"#,
    );
    at_work.run(|board, next_end| {
        board.wish(&Request::CheckNow {}, true).unwrap().unwrap();
        at_work.wait_for("ready", "ready");
        board.wish(&restore(), true).unwrap().unwrap();
        let ends = [next_end(), next_end()].map(|end| (end.kind, end.outcome));
        assert_eq!(ends, [(JobKind::Restore, JobOutcome::Good), (JobKind::Check, JobOutcome::Good)]);
    });
}

#[test]
fn what_a_task_leaves_running_holds_nobody() {
    // It keeps both streams open.
    let at_work = AtWork::new(r#"sleep 50 & echo $! >> left; echo '{"outcome":"good","bytes":5}'"#);
    let began = Instant::now();
    at_work.run(|board, next_end| {
        board.wish(&Request::CheckNow {}, true).unwrap().unwrap();
        let end = next_end();
        assert_eq!((end.kind, end.outcome, end.bytes), (JobKind::Check, JobOutcome::Good, 5), "its answer counts");
    });
    let took = began.elapsed();
    let left: i32 = at_work.wait_for("left", "").trim().parse().unwrap();
    kill_process(Pid::from_raw(left).unwrap(), Signal::KILL).unwrap();
    assert!(took < Duration::from_secs(25), "{took:?}");
}
