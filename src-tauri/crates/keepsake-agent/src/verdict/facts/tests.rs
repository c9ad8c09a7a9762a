use super::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + secs).unwrap()
}

/// What was gathered, with a number to know it by.
fn gathered(number: u64) -> Gathered {
    let mut gathered = Gathered::default();
    gathered.status.kept_backups = number;
    gathered
}

fn busy() -> Result<Gathered, NotNow> {
    Err(NotNow { error: "somebody holds it".into(), without: Box::new(gathered(0)) })
}

/// Facts for which a thread has just found something out.
fn give(facts: &mut Facts, found: Result<Gathered, NotNow>) {
    let (tell, gathering) = sync_channel(1);
    tell.send(found).map_err(drop).unwrap();
    facts.gathering = Some(gathering);
}

fn number(facts: &mut Facts, secs: i64) -> Option<u64> {
    facts.known(at(secs)).map(|known| known.status.kept_backups)
}

#[test]
fn a_catalog_that_somebody_holds_for_a_moment_changes_nothing() {
    let mut facts = Facts::new(Path::new("/nowhere"), "here");
    give(&mut facts, Ok(gathered(7)));
    assert_eq!(number(&mut facts, 0), Some(7));
    for secs in [0, 60] {
        give(&mut facts, busy());
        assert_eq!((number(&mut facts, secs), facts.lasting_trouble()), (Some(7), None));
        let failing = facts.failing.as_ref().unwrap();
        // At the next look, not at each wake-up; and a clock that was put back delays nothing.
        let tries = [secs - 1, secs, secs + 49, secs + 50, secs + 90_000].map(|secs| failing.is_over(at(secs)));
        assert_eq!(tries, [true, false, false, true, true]);
    }
    give(&mut facts, busy());
    assert_eq!(number(&mut facts, 120), Some(7), "what was known holds");
    assert_eq!(facts.lasting_trouble(), Some("somebody holds it"), "it lasts, and is told");
    give(&mut facts, Ok(gathered(8)));
    assert_eq!((number(&mut facts, 180), facts.lasting_trouble()), (Some(8), None));
    give(&mut facts, busy());
    assert_eq!((number(&mut facts, 240), facts.lasting_trouble()), (Some(8), None), "it is counted anew");
}

#[test]
fn nothing_is_said_before_anything_is_known_unless_that_lasts() {
    let mut facts = Facts::new(Path::new("/nowhere"), "here");
    for (secs, expected) in [(0, None), (60, None), (120, Some(0))] {
        give(&mut facts, busy());
        assert_eq!(number(&mut facts, secs), expected);
    }
    assert!(facts.lasting_trouble().is_some());
}
