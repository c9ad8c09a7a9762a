use super::*;
use proptest::prelude::*;

fn reason(rule: &str, plan: u8, state: State) -> Reason {
    let plan = format!("plan {plan}");
    let said = Said::new(format!("health-{rule}")).text("plan", &plan);
    let (rule, plan) = (rule.into(), Some(plan));
    Reason { rule, plan, source: None, place: None, said, detail: None, state, action: None }
}

fn status(reasons: Vec<Reason>) -> Status {
    Status {
        state: State::Problem,
        sentence: Said::new("x"),
        reasons,
        plans: Vec::new(),
        job: None,
        paused_until: None,
        drives: Vec::new(),
        waits: None,
        newest_backup: None,
        may_change: true,
        version: String::new(),
    }
}

const QUIET: Around = Around { is_quiet: true, is_full_screen: false };
const FULL: Around = Around { is_quiet: false, is_full_screen: true };
const FREE: Around = Around { is_quiet: false, is_full_screen: false };
const DAY: i64 = SILENCE_SECS;

/// A desktop that does what the policy says: a notification server that numbers what it shows.
#[derive(Default)]
struct Screen {
    shown: Shown,
    last: u32,
    /// What was shown: when, its number, whether it took another's place, and the reason.
    log: Vec<(i64, u32, bool, Reason)>,
}

impl Screen {
    fn look(&mut self, now: i64, reasons: &[Reason], around: Around) -> usize {
        let deeds = notices(now, &status(reasons.to_vec()), &self.shown, around);
        for deed in &deeds {
            match deed {
                Deed::Show { reason, replaces } => {
                    self.last = self.last.max(replaces.unwrap_or(0)) + u32::from(replaces.is_none());
                    let number = replaces.unwrap_or(self.last);
                    self.shown.show(now, reason, number);
                    self.log.push((now, number, replaces.is_some(), reason.clone()));
                }
                Deed::Withdraw { about, .. } => self.shown.end(now, about),
            }
        }
        deeds.len()
    }
}

#[test]
fn an_episode_is_told_once_replaced_and_withdrawn() {
    let mut screen = Screen::default();
    let old = |secs| {
        let of = reason("copy-old", 1, State::Attention);
        Reason { said: of.said.clone().with("age", SaidArg::AgeSecs(secs)), ..of }
    };
    assert_eq!(screen.look(0, &[old(1)], FREE), 1);
    // It only grows older.
    assert_eq!(screen.look(60, &[old(61)], FREE), 0);
    // Other words take its place.
    let other = Reason { said: Said::new("health-copy-old-none"), ..old(99) };
    assert_eq!(screen.look(120, std::slice::from_ref(&other), FREE), 1);
    assert_eq!((screen.log[1].1, screen.log[1].2), (1, true));
    // A problem, too.
    assert_eq!(screen.look(180, &[Reason { state: State::Problem, ..other.clone() }], FREE), 1);
    assert_eq!((screen.log[2].1, screen.log[2].2), (1, true));
    // Better again is no news; over is over.
    assert_eq!(screen.look(240, &[Reason { state: State::Attention, ..other.clone() }], FREE), 0);
    assert_eq!(screen.look(300, &[], FREE), 1);
    assert_eq!(screen.look(360, &[], FREE), 0);
    // Not again within a day of when it was told last, also when it lasts that long.
    assert_eq!(screen.look(400, std::slice::from_ref(&other), FREE), 0);
    assert_eq!(screen.look(180 + DAY - 1, std::slice::from_ref(&other), FREE), 0);
    assert_eq!(screen.look(180 + DAY, &[other], FREE), 1);
    assert!(!screen.log[3].2);
}

#[test]
fn what_was_put_away_stays_away_until_it_is_worse() {
    let mut screen = Screen::default();
    let bad = reason("overdue", 1, State::Attention);
    screen.look(0, std::slice::from_ref(&bad), FREE);
    assert!(screen.shown.close(1) && !screen.shown.close(1));
    let other = Reason { said: bad.said.clone().count("more", 1), ..bad.clone() };
    assert_eq!(screen.look(10 * DAY, &[other], FREE), 0);
    assert_eq!(screen.look(10 * DAY + 1, &[Reason { state: State::Problem, ..bad }], FREE), 1);
}

#[test]
fn quiet_hours_and_full_screens_hold_back_all_but_problems() {
    let attention = reason("unread", 1, State::Attention);
    for around in [QUIET, FULL] {
        let mut screen = Screen::default();
        assert_eq!(screen.look(0, &[attention.clone(), reason("run-failed", 1, State::Problem)], around), 1);
        assert_eq!(
            screen.look(60, std::slice::from_ref(&attention), FREE),
            2,
            "then the other one, and the problem is over"
        );
    }
    assert_eq!(Screen::default().look(0, &[reason("never-backed-up", 1, State::Attention)], FREE), 0);
    assert_eq!(Screen::default().look(0, &[reason("nothing-protected", 1, State::NotSetUp)], FREE), 0);
}

#[test]
fn of_drives_only_one_without_a_copy_is_an_episode_to_be_told() {
    let told = |reason: Reason| Screen::default().look(0, &[reason], FREE);
    for rule in ["drive-old", "sheet-unchecked"] {
        assert_eq!(told(reason(rule, 1, State::Attention)), 0, "{rule}");
    }
    let empty = || reason("drive-empty", 1, State::Attention);
    assert_eq!((told(empty()), told(reason("key-lost", 1, State::Attention))), (1, 1));
    assert_eq!(told(Reason { action: Some(Action::CopyNow), ..empty() }), 0, "it is plugged in");
    assert_eq!(told(Reason { said: empty().said.with("until", SaidArg::Moment(9)), ..empty() }), 0, "it is put off");
}

#[test]
fn quiet_hours_may_go_over_midnight() {
    let night = Some((21 * 60, 8 * 60));
    for (minute, quiet) in [(20 * 60 + 59, false), (21 * 60, true), (0, true), (479, true), (480, false)] {
        assert_eq!(is_quiet(minute, night), quiet, "{minute}");
    }
    assert!(is_quiet(700, Some((690, 720))) && !is_quiet(720, Some((690, 720))) && !is_quiet(5, None));
    assert!(!is_quiet(0, Some((0, 0))));
}

#[test]
fn another_server_shows_none_of_them_and_what_was_told_is_known() {
    let mut screen = Screen::default();
    screen.shown.now_at("one".into());
    let bad = reason("run-failed", 1, State::Problem);
    screen.look(0, std::slice::from_ref(&bad), FREE);
    let json = serde_json::to_string(&screen.shown).unwrap();
    screen.shown = serde_json::from_str(&json).unwrap();
    screen.shown.now_at("one".into());
    assert_eq!(screen.shown.episodes[0].number, Some(1));
    screen.shown.now_at("two".into());
    assert_eq!(screen.shown.episodes[0].number, None);
    assert_eq!(screen.look(60, &[bad], FREE), 0);
}

fn any_reason() -> impl Strategy<Value = Reason> {
    let rule = prop::sample::select(vec!["overdue", "run-failed", "never-backed-up", "nothing-protected"]);
    let state = prop::sample::select(vec![State::Attention, State::Problem, State::NotSetUp]);
    (rule, 0u8..2, state, 0u64..2).prop_map(|(rule, plan, state, count)| {
        let one = reason(rule, plan, state);
        Reason { said: one.said.clone().count("count", count), ..one }
    })
}

fn any_looks() -> impl Strategy<Value = Vec<(i64, Vec<Reason>, Around, Option<u32>)>> {
    let around =
        (any::<bool>(), any::<bool>()).prop_map(|(is_quiet, is_full_screen)| Around { is_quiet, is_full_screen });
    let closed = prop::option::of(1u32..6);
    prop::collection::vec((1i64..40_000, prop::collection::vec(any_reason(), 0..4), around, closed), 1..40)
}

proptest! {
    #[test]
    fn whatever_happens_nobody_is_bothered_without_need(looks in any_looks()) {
        let mut screen = Screen::default();
        let mut now = 0;
        for (later, mut reasons, around, closed) in looks {
            now += later;
            reasons.sort_by_key(|reason| reason.state != State::Problem);
            closed.into_iter().for_each(|number| _ = screen.shown.close(number));
            let before = screen.log.len();
            screen.look(now, &reasons, around);
            // Looking again changes nothing.
            prop_assert_eq!(screen.look(now, &reasons, around), 0);
            for (_, _, _, told) in &screen.log[before..] {
                prop_assert!(told.state == State::Problem || around == FREE, "{:?} in {:?}", told, around);
            }
            // Every problem has been told as one within the last day, or since it lasts.
            for reason in reasons.iter().filter(|reason| reason.state == State::Problem) {
                let episode = screen.shown.episodes.iter().find(|one| one.about == About::of(reason));
                prop_assert!(episode.is_some_and(|one| one.is_problem && (one.lasts || now - one.at < DAY)));
            }
            // Nothing is shown that is over, and nothing is remembered for ever.
            for episode in &screen.shown.episodes {
                let lasts = reasons.iter().any(|reason| is_told(reason) && About::of(reason) == episode.about);
                prop_assert!(lasts || (episode.number.is_none() && !episode.lasts));
            }
        }
        // Of one cause a second notification comes a day later, or because it is worse.
        for (at, (when, _, replaces, told)) in screen.log.iter().enumerate() {
            let earlier = screen.log[..at].iter().rev().find(|(.., one)| About::of(one) == About::of(told));
            if let Some((before, .., one)) = earlier.filter(|_| !replaces) {
                let is_worse = told.state == State::Problem && one.state != State::Problem;
                prop_assert!(is_worse || when - before >= DAY, "{:?} after {:?}", told, one);
            }
        }
    }
}
