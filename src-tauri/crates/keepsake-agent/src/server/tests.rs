use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::Receiver as Asks;
use std::time::Instant;

use keepsake_api::wire::{Client, WireError};
use keepsake_api::{Answer, Event, Reply, Request};
use keepsake_core::clock::SystemClock;
use tempfile::TempDir;

use super::*;
use crate::Asked;
use crate::pause::Pauses;

/// A server in a folder of its own, with a stand-in for `keepsake answer`.
struct Served {
    dir: TempDir,
    server: Server,
    board: Arc<Board>,
    asked: Asks<Asked>,
}

impl Served {
    /// `answerer` is a shell script.
    fn new(answerer: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("answerer");
        std::fs::write(&program, format!("#!/bin/sh\ncd {:?}\n{answerer}", dir.path())).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let (tell, asked) = channel();
        let board = Arc::new(Board::new(tell));
        let service = Service {
            board: Arc::clone(&board),
            program,
            config: dir.path().join("config.toml"),
            answer_within: Duration::from_secs(1),
            uid: rustix::process::geteuid().as_raw(),
            pause: Pauses::new(dir.path(), Arc::new(SystemClock)),
            log: Log { is_quiet: true },
        };
        let mut server = Server::begin(service, &dir.path().join("s"), None).listening().unwrap();
        server.open();
        Self { dir, server, board, asked }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    fn client(&self) -> Client {
        let client = Client::connect(&self.path()).unwrap();
        client.wait_at_most(Some(Duration::from_secs(30))).unwrap();
        client
    }

    fn raw(&self) -> UnixStream {
        let stream = UnixStream::connect(self.path()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Asserts that somebody else is answered, and soon.
    #[track_caller]
    fn answers_others(&self) {
        let began = Instant::now();
        let answer = self.client().ask(Request::Status {}).unwrap();
        assert!(matches!(answer, Answer::Status(status) if status.may_change));
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}

/// Waits until the other side has ended the connection.
#[track_caller]
fn assert_ended(stream: &mut UnixStream) {
    if let Err(e) = stream.read_to_end(&mut Vec::new()) {
        assert_eq!(e.kind(), std::io::ErrorKind::ConnectionReset, "{e}");
    }
}

fn reply_of(stream: &mut impl Read) -> Option<Reply> {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

fn kind(reply: Option<Reply>) -> Option<RefusalKind> {
    match reply?.outcome {
        keepsake_api::Outcome::Refused(refusal) => Some(refusal.kind),
        keepsake_api::Outcome::Answer(_) => None,
    }
}

#[test]
fn the_socket_is_for_its_owner_and_replaces_only_a_dead_one() {
    let served = Served::new("");
    let mode = std::fs::symlink_metadata(served.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(matches!(bind(&served.path(), None), Err(SocketError::InUse { .. })));
    let path = served.path();
    let dir = served.dir.path().to_path_buf();
    // What a killed agent leaves behind: a file on which nobody listens.
    let dead = dir.join("dead");
    drop(UnixListener::bind(&dead).unwrap());
    let (bound, _listener) = bind(&dead, None).unwrap();
    UnixStream::connect(&dead).unwrap();
    bound.remove();
    assert!(!dead.exists());
    std::fs::write(&dead, "precious").unwrap();
    assert!(matches!(bind(&dead, None), Err(SocketError::NoSocket { .. })));
    assert_eq!(std::fs::read(&dead).unwrap(), b"precious");
    drop(served.server);
    assert!(!path.exists(), "it is taken away in the end");
    let left: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".new")), "{left:?}");
}

#[test]
fn a_socket_that_somebody_removed_is_there_again() {
    let mut served = Served::new("");
    let (before, path) = (served.client(), served.path());
    std::fs::remove_file(&path).unwrap();
    served.server.keep();
    served.answers_others();
    drop(before);
    served.server.keep();
    served.answers_others();
}

#[test]
fn whatever_comes_is_refused_and_holds_nobody() {
    let served = Served::new("");
    let deep = format!("{{\"id\":1,\"request\":{}1{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    for (sent, closes) in [
        (b"\0\xff\xfe garbage \r\n".as_slice(), false),
        (b"{\"id\":1,\"request\":{\"ask\":\"format-disk\"}}\n", false),
        (b"{\"id\":-1,\"request\":{\"ask\":\"stop\"}}\n", false),
        (b"{\"id\":1,\"request\":{\"ask\":\"stop\"},\"more\":1}\n", false),
        (b"\n", false),
        (deep.as_bytes(), false),
        (&vec![b'x'; 5 << 20], true),
    ] {
        let mut stream = served.raw();
        // It may be cut off in the middle.
        let _ = stream.write_all(sent);
        let told = kind(reply_of(&mut stream));
        if !closes {
            assert_eq!(told, Some(RefusalKind::BadRequest), "{}", String::from_utf8_lossy(&sent[..sent.len().min(60)]));
            stream.write_all(b"{\"id\":7,\"request\":{\"ask\":\"status\"}}\n").unwrap();
            assert_eq!(reply_of(&mut stream).map(|reply| reply.id), Some(7), "the connection goes on");
        } else {
            let _ = stream.read_to_end(&mut Vec::new());
        }
        served.answers_others();
    }
    // Half a line, and silence; another one ends in the middle.
    let mut half = served.raw();
    half.write_all(b"{\"id\":1,\"requ").unwrap();
    served.raw().write_all(b"{\"id\"").unwrap();
    served.answers_others();
    // The number of a question that is wrong comes back.
    let mut stream = served.raw();
    stream.write_all(b"{\"id\":42,\"request\":{\"ask\":\"x\"}}\n").unwrap();
    assert_eq!(reply_of(&mut stream).map(|reply| reply.id), Some(42));
    assert!(served.asked.try_iter().next().is_none(), "nothing of it reached the loop");
}

#[test]
fn a_thousand_connections_are_too_many_and_leave_room_again() {
    let served = Served::new("");
    let mut all: Vec<UnixStream> = Vec::new();
    let mut refused_ = 0;
    for _ in 0..1_000 {
        let mut stream = served.raw();
        // Who was let in is silent; who was not is told so at once.
        stream.write_all(b"{\"id\":5,\"request\":{\"ask\":\"status\"}}\n").ok();
        match reply_of(&mut stream) {
            Some(reply) if reply.id == 5 => all.push(stream),
            told => {
                assert_eq!(kind(told), Some(RefusalKind::NotNow));
                refused_ += 1;
            }
        }
    }
    assert_eq!((all.len(), refused_), (MOST_CONNECTIONS, 1_000 - MOST_CONNECTIONS));
    all.clear();
    let end = Instant::now() + Duration::from_secs(10);
    while !matches!(served.client().ask(Request::Status {}), Ok(Answer::Status(_))) {
        assert!(Instant::now() < end, "there is no room again");
    }
}

#[test]
fn others_never_take_the_owners_room() {
    let open = Open::default();
    let (own, enter) = (1000, |uid| open.enter(uid, 1000));
    assert_eq!((0..20).filter(|_| enter(1001)).count(), MOST_OF_ANOTHER);
    assert_eq!((1002..1100).filter(|uid| enter(*uid)).count(), MOST_OF_OTHERS - MOST_OF_ANOTHER);
    assert_eq!((0..20).filter(|_| enter(own)).count(), MOST_CONNECTIONS - MOST_OF_OTHERS);
    open.leave(1001);
    assert!(enter(0) && !enter(0));
}

#[test]
fn any_number_listen_and_one_that_does_not_read_holds_nobody() {
    let served = Served::new("");
    let mut silent = served.raw();
    silent.write_all(b"{\"id\":1,\"request\":{\"ask\":\"watch\"}}\n").unwrap();
    assert!(reply_of(&mut silent).is_some());
    let mut listeners: Vec<_> = (0..20).map(|_| served.client().watch().unwrap()).collect();
    for listener in &mut listeners {
        assert!(matches!(listener.next_event().unwrap(), Event::Status(_)));
    }
    let began = Instant::now();
    for round in 0..3_000 {
        served.board.tell_changed();
        for listener in &mut listeners {
            assert_eq!(listener.next_event().unwrap(), Event::Changed {}, "{round}");
        }
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    // More than the system keeps for who does not read: 3,000 of 20 bytes fit, so larger ones follow.
    let long = "x".repeat(20_000);
    for i in 0..400 {
        served.board.set_names(vec![], vec![]);
        served.board.end_job(Some(end_of(i, &long)), None);
        for listener in &mut listeners {
            while listener.next_event().unwrap() != (Event::Changed {}) {}
        }
    }
    silent.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert_ended(&mut silent);
    served.answers_others();
}

fn end_of(job: u64, long: &str) -> keepsake_api::JobEnd {
    let task = crate::work::Task::Backup(long.into());
    crate::job_end::job_end(job, &task, &crate::work::Ended::Stopped, &serde_json::Value::Null)
}

#[test]
fn who_listens_only_listens() {
    let served = Served::new("");
    let mut stream = served.raw();
    stream
        .write_all(b"{\"id\":1,\"request\":{\"ask\":\"watch\"}}\n{\"id\":2,\"request\":{\"ask\":\"status\"}}\n")
        .unwrap();
    assert_ended(&mut stream);
    // The same when it comes later.
    let mut stream = served.raw();
    stream.write_all(b"{\"id\":1,\"request\":{\"ask\":\"watch\"}}\n").unwrap();
    assert!(reply_of(&mut stream).is_some());
    stream.write_all(b"x").unwrap();
    assert_ended(&mut stream);
    served.answers_others();
}

#[test]
fn what_is_read_is_answered_by_a_child_of_the_connection() {
    // Says what it was asked, as the detail of a refusal, so that any text will do.
    let served = Served::new(
        r#"echo $$ >> pids; while read -r line; do case "$line" in
            *undos*) exit 3;; *suggest-sources*) sleep 100;; *activity*) printf '{"id":1,"ans'; exit;; esac
            n=$(echo "$line" | tr -dc 0-9); echo "{\"id\":$n,\"answer\":{\"answer\":\"undos\",\"value\":[]}}"; done"#,
    );
    let pids = || std::fs::read_to_string(served.dir.path().join("pids")).unwrap_or_default();
    let mut client = served.client();
    client.ask(Request::Status {}).unwrap();
    assert_eq!(pids(), "", "it is not started before it is needed");
    assert_eq!(client.ask(Request::Home {}).unwrap(), Answer::Undos(vec![]));
    assert_eq!(client.ask(Request::Settings {}).unwrap(), Answer::Undos(vec![]));
    assert_eq!(pids().lines().count(), 1, "one for all questions of a connection");
    // One that dies is told, and the next question has a new one.
    let refusal = |answer: Result<Answer, WireError>| match answer {
        Err(WireError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let dead = refusal(client.ask(Request::Undos {}));
    assert_eq!((dead.kind, dead.said.id.as_str()), (RefusalKind::Failed, "refused-no-answer"));
    assert!(dead.detail.is_some_and(|detail| detail.contains("exit status: 3")));
    assert_eq!(client.ask(Request::Home {}).unwrap(), Answer::Undos(vec![]));
    // One that takes too long is ended.
    let began = Instant::now();
    let late = refusal(client.ask(Request::SuggestSources {}));
    assert!(late.detail.is_some_and(|detail| detail.contains("within 1 s")), "{:?}", began.elapsed());
    assert_eq!(client.ask(Request::Home {}).unwrap(), Answer::Undos(vec![]));
    assert_eq!(pids().lines().count(), 3);
    // Half an answer ends the connection: what would follow it could be taken for its rest.
    let mut other = served.client();
    let activity = Request::Activity { filter: Default::default(), before: None, limit: 1 };
    assert!(matches!(other.ask(activity), Err(WireError::Broken { .. })));
    drop(client);
    // And it ends with the connection.
    let end = Instant::now() + Duration::from_secs(10);
    while pids().lines().any(|pid| Path::new("/proc").join(pid).exists()) {
        assert!(Instant::now() < end, "there are still {}", pids());
    }
}

#[test]
fn who_goes_away_while_a_question_is_open_takes_the_child_along() {
    let served = Served::new("echo $$ > pid; exec sleep 100");
    let mut service_slow = served.raw();
    service_slow.write_all(b"{\"id\":1,\"request\":{\"ask\":\"home\"}}\n").unwrap();
    let pid = || std::fs::read_to_string(served.dir.path().join("pid")).unwrap_or_default().trim().to_string();
    let end = Instant::now() + Duration::from_secs(10);
    while pid().is_empty() {
        assert!(Instant::now() < end);
    }
    let there = Path::new("/proc").join(pid());
    drop(service_slow);
    let gone_by = Instant::now() + Duration::from_millis(800);
    while there.exists() {
        assert!(Instant::now() < gone_by, "it waits for its time limit");
    }
}

#[test]
fn a_pause_is_seen_by_everyone_and_kept() {
    let served = Served::new("");
    let mut client = served.client();
    client.ask(Request::Pause { until: keepsake_api::PauseUntil::Hour }).unwrap();
    let paused = |board: &Board| board.status(true).paused_until;
    assert!(paused(&served.board).is_some());
    let again = Pauses::new(served.dir.path(), Arc::new(SystemClock));
    assert_eq!(again.kept(), paused(&served.board));
    client.ask(Request::Resume {}).unwrap();
    assert_eq!((paused(&served.board), again.kept()), (None, None));
    assert_eq!(served.asked.recv_timeout(Duration::from_secs(5)), Ok(Asked::Wake));
}

#[test]
fn one_who_asks_for_ever_is_refused_after_a_while_and_wakes_nobody_for_nothing() {
    let served = Served::new("");
    served.board.set_names(vec!["family".into()], vec![]);
    let ask_all = |may_change: bool, requests: &[Request]| -> Vec<Option<String>> {
        let (mut asking, answering) = UnixStream::pair().unwrap();
        let allowance = Allowance::default();
        let service = &served.server.service;
        std::thread::scope(|scope| {
            let asker = Asker { uid: 1001, may_change, allowance: &allowance };
            scope.spawn(move || Connection::new(answering, service, asker).serve());
            let mut replies = BufReader::new(asking.try_clone().unwrap());
            let mut refusal = |request: &Request| {
                let envelope = keepsake_api::Envelope { id: 1, request: request.clone() };
                keepsake_api::wire::write_line(&mut asking, &envelope).unwrap();
                let mut line = String::new();
                replies.read_line(&mut line).unwrap();
                match serde_json::from_str::<Reply>(&line).unwrap().outcome {
                    keepsake_api::Outcome::Refused(refusal) => Some(refusal.said.id),
                    keepsake_api::Outcome::Answer(_) => None,
                }
            };
            let refusals = requests.iter().map(&mut refusal).collect();
            asking.shutdown(std::net::Shutdown::Both).unwrap();
            refusals
        })
    };
    let woken = || served.asked.try_iter().count();
    let backup = Request::BackUpNow { plan: None };
    ask_all(true, &vec![backup.clone(); 500]).iter().for_each(|refusal| assert_eq!(*refusal, None));
    assert_eq!(woken(), 1, "what waits already is no news to the loop");
    ask_all(true, &vec![Request::Resume {}; 500]);
    assert_eq!(woken(), 0, "nothing was paused");
    // Each of these changes something.
    let restless =
        [Request::Pause { until: keepsake_api::PauseUntil::Hour }, Request::Resume {}, Request::Stop {}, backup];
    let mut all: Vec<Request> = restless.iter().cycle().take(500).cloned().collect();
    all.push(Request::Status {});
    let refusals = ask_all(false, &all);
    assert!(refusals[..20].iter().all(Option::is_none), "{refusals:?}");
    assert!(refusals[30..500].iter().all(|refusal| refusal.as_deref() == Some("refused-too-much")), "{refusals:?}");
    assert_eq!(refusals[500], None, "who only looks is answered");
    assert!(woken() <= 80, "a few for each of the twenty");
}
