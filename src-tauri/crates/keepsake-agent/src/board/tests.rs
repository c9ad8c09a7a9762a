use std::sync::mpsc::channel;

use keepsake_api::{Answer, PathText, RefusalKind, Request, RestoreAsk, RestoreTarget};

use super::*;
use crate::work::Task;

fn board() -> Board {
    let (tell, asked) = channel();
    // Nobody listens: that is no trouble.
    drop(asked);
    let board = Board::new(tell);
    board.set_names(vec!["family".into(), "other".into()], vec!["NAS".into()]);
    board
}

fn restore(target: RestoreTarget, from: Option<&str>) -> RestoreAsk {
    let from = from.map(PathText::of_path);
    RestoreAsk { name: "family_20260303_020500".into(), paths: vec![PathText::of(b"home/a")], target, from }
}

fn beside() -> Request {
    let target = RestoreTarget::Beside { dir: PathText::of_path("/r") };
    Request::Restore { restore: restore(target, None), confirm: None, seen: None }
}

fn tasks(board: &Board) -> Vec<Task> {
    std::iter::from_fn(|| board.begin_wish()).map(|wish| wish.task).collect()
}

fn refusal(board: &Board, request: &Request) -> (RefusalKind, String) {
    let refusal = board.wish(request, true).expect("it is a wish").expect_err("it is refused");
    (refusal.kind, refusal.said.id)
}

#[test]
fn what_may_wait_is_done_once_and_in_its_turn() {
    let board = board();
    for request in [
        Request::BackUpNow { plan: None },
        Request::CopyNow { place: Some("NAS".into()) },
        Request::BackUpNow { plan: Some("FAMILY".into()) },
        Request::CheckNow {},
    ] {
        board.wish(&request, false).unwrap().unwrap();
    }
    let backup = |plan: &str| Task::Backup(plan.into());
    assert_eq!(tasks(&board), [backup("family"), backup("other"), Task::Copy("NAS".into()), Task::Check]);
    assert_eq!(refusal(&board, &Request::BackUpNow { plan: Some("x".into()) }).0, RefusalKind::NotFound);
    assert_eq!(refusal(&board, &Request::CopyNow { place: Some("x".into()) }).0, RefusalKind::NotFound);
    board.set_names(vec![], vec![]);
    assert_eq!(refusal(&board, &Request::BackUpNow { plan: None }).1, "refused-not-set-up");
    assert!(board.wish(&Request::Home {}, true).is_none());
}

#[test]
fn who_waits_before_the_screen_is_next_or_is_told_what_is_in_the_way() {
    let board = board();
    board.wish(&Request::BackUpNow { plan: None }, true).unwrap().unwrap();
    let Answer::Restore(job) = board.wish(&beside(), true).unwrap().unwrap() else { panic!("no job") };
    // One at a time.
    assert_eq!(refusal(&board, &Request::Undo { undo: "u".into() }).1, "refused-busy-restore");
    assert_eq!(board.begin_wish().map(|wish| wish.job), Some(job));
    board.end_job(None, None);
    assert!(matches!(board.begin_wish(), Some(Wish { task: Task::Backup(_), .. })));
    assert_eq!(refusal(&board, &beside()), (RefusalKind::NotNow, "refused-busy-backup".into()));
}

#[test]
fn copies_and_checks_give_way_to_what_is_asked_for() {
    let board = board();
    let (check, copy) = (Task::Read(1), Task::Copies);
    assert!(board.begin_scheduled(&check).is_some());
    assert!(!board.gives_way());
    board.wish(&Request::BackUpNow { plan: None }, true).unwrap().unwrap();
    assert!(board.gives_way());
    board.end_job(None, None);
    assert!(board.begin_scheduled(&check).is_none(), "what was asked for goes first");
    assert_eq!(tasks(&board).len(), 2);
    // One that was asked for is done to its end before another backup, but a restore goes before it.
    board.wish(&Request::CopyNow { place: None }, true).unwrap().unwrap();
    assert_eq!(board.begin_wish().map(|wish| wish.task), Some(copy));
    board.wish(&Request::BackUpNow { plan: None }, true).unwrap().unwrap();
    assert!(!board.gives_way());
    board.wish(&beside(), true).unwrap().unwrap();
    assert!(board.gives_way());
}

#[test]
fn what_cannot_be_is_refused_before_anything_begins() {
    let board = board();
    let seen_as = |confirm: Option<&str>, from: Option<&str>, seen: Option<&str>| Request::Restore {
        restore: restore(RestoreTarget::InPlace {}, from),
        confirm: confirm.map(String::from),
        seen: seen.map(String::from),
    };
    let in_place = |confirm: Option<&str>, from: Option<&str>| seen_as(confirm, from, Some("0a1b"));
    assert_eq!(refusal(&board, &in_place(None, None)).1, "refused-needs-consent");
    assert_eq!(refusal(&board, &in_place(Some("restore"), None)).1, "refused-needs-consent");
    assert_eq!(refusal(&board, &in_place(Some("RESTORE"), Some("/b"))).0, RefusalKind::BadRequest);
    for (name, dir, path) in
        [("", "/r", "a"), ("a\nb", "/r", "a"), ("b", "r", "a"), ("b", "/r\0", "a"), ("b", "/r", "a\0"), ("b", "/r", "")]
    {
        let target = RestoreTarget::Beside { dir: PathText::of(dir.as_bytes()) };
        let asked = RestoreAsk { name: name.into(), paths: vec![PathText::of(path.as_bytes())], target, from: None };
        let request = Request::Restore { restore: asked, confirm: None, seen: None };
        assert_eq!(refusal(&board, &request).0, RefusalKind::BadRequest, "{name:?} {dir:?} {path:?}");
    }
    // Consent is to what was seen, and only what a look could have answered is passed on.
    let long = "a".repeat(65);
    for seen in [None, Some(""), Some(" 0a"), Some("--full"), Some("0a\0"), Some("\u{ff10}"), Some(&*long)] {
        assert_eq!(refusal(&board, &seen_as(Some("RESTORE"), None, seen)).0, RefusalKind::BadRequest, "{seen:?}");
    }
    let long = Request::DeleteBackup { name: "x".repeat(256) };
    assert_eq!(refusal(&board, &long).0, RefusalKind::BadRequest);
    assert_eq!(tasks(&board), []);
    board.wish(&in_place(Some("RESTORE"), None), true).unwrap().unwrap();
    assert!(matches!(&tasks(&board)[..], [Task::Restore { seen: Some(seen), .. }] if seen == "0a1b"));
}

#[test]
fn stop_forgets_what_waits_and_others_stop_only_what_they_may_begin() {
    let (tell, asked) = channel();
    let board = Board::new(tell);
    board.set_names(vec!["family".into()], vec![]);
    board.wish(&Request::Undo { undo: "u".into() }, true).unwrap().unwrap();
    let job = board.begin_wish().unwrap().job;
    board.wish(&Request::BackUpNow { plan: None }, false).unwrap().unwrap();
    let refused = board.wish(&Request::Stop {}, false).unwrap().expect_err("it is somebody else's undo");
    assert_eq!(refused.kind, RefusalKind::NotAllowed);
    board.wish(&Request::Stop {}, true).unwrap().unwrap();
    assert!(asked.try_iter().any(|asked| asked == Asked::StopJob(job)));
    assert_eq!(tasks(&board), []);
}

#[test]
fn the_status_is_told_ten_times_a_second_at_most_and_the_last_one_always() {
    let (tell, asked) = channel();
    let board = Board::new(tell);
    let (to, told) = std::sync::mpsc::sync_channel(MOST_WAITING);
    let (connection, _theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    board.listen(Listener { to, connection, may_change: false });
    assert_eq!(told.try_iter().count(), 1);
    for until in 1..=500 {
        board.set_paused(Some(until));
    }
    let said = told.try_iter().count();
    assert!(said < 20, "{said} in a moment");
    assert!(asked.try_iter().count() > 0, "the loop is to tell the rest");
    while let Some(wait) = board.tell_in_time() {
        std::thread::sleep(wait);
    }
    let last = told.try_iter().last().expect("the last one is told");
    let event: Event = serde_json::from_slice(&last).unwrap();
    assert!(matches!(event, Event::Status(status) if status.paused_until == Some(500) && !status.may_change));
    board.set_paused(Some(500));
    assert_eq!((told.try_iter().count(), board.tell_in_time()), (0, None), "nothing has changed");
}

#[test]
fn who_does_not_keep_up_is_let_go_of() {
    let board = board();
    let (to, told) = std::sync::mpsc::sync_channel(MOST_WAITING);
    let (connection, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    board.listen(Listener { to, connection, may_change: true });
    for _ in 0..=MOST_WAITING {
        board.tell_changed();
    }
    assert_eq!(std::io::Read::read(&mut theirs, &mut [0]).unwrap(), 0, "its connection is ended");
    assert_eq!(told.iter().count(), MOST_WAITING, "and nothing more is kept for it");
}
