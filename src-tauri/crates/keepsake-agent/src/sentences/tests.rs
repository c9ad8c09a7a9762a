use super::*;
use std::collections::{BTreeMap, BTreeSet};

use keepsake_core::health::SENTENCES;

fn now() -> Zoned {
    "2026-03-03T08:30+01:00[Europe/Berlin]".parse().expect("a moment")
}

/// Each sentence and advice with the variables in it, by the text of the files.
fn written(files: [&str; 6]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut id = String::new();
    for line in files.iter().flat_map(|text| text.lines()) {
        if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '}', '#'])) {
            id = name.into();
            assert!(found.insert(id.clone(), BTreeSet::new()).is_none(), "{id} is there twice");
        } else if line.trim_start().starts_with('.') {
            let (name, _) = line.trim().split_once(" =").expect("an attribute");
            let (of, _) = id.split_once('.').unwrap_or((&id, ""));
            id = format!("{of}{name}");
            assert!(found.insert(id.clone(), BTreeSet::new()).is_none(), "{id} is there twice");
        }
        for rest in line.split("{ $").skip(1) {
            let name = rest.split([' ', '}']).next().expect("a name");
            found.get_mut(&id).expect("begun").insert(name.into());
        }
    }
    found
}

#[test]
fn all_can_be_read_and_both_languages_have_the_same() {
    for text in files!("en").iter().chain(&files!("de")) {
        assert!(FluentResource::try_new((*text).into()).is_ok_and(|read| read.entries().count() > 0), "{text}");
    }
    assert_eq!(written(files!("en")), written(files!("de")));
}

#[test]
fn what_health_says_has_its_sentence_with_exactly_its_variables() {
    for files in [files!("en"), files!("de")] {
        let written = written(files);
        for (id, args) in SENTENCES {
            let advice = written.get(&format!("{id}.advice"));
            assert_eq!(advice.is_some(), !id.starts_with("verdict-"), "{id}");
            let mut used = written.get(*id).unwrap_or_else(|| panic!("{id} has no sentence")).clone();
            used.extend(advice.cloned().unwrap_or_default());
            assert_eq!(used, args.iter().map(|arg| arg.to_string()).collect(), "{id}");
        }
    }
}

#[test]
fn things_are_put_in_as_people_write_them() {
    let (en, us, de) = (Sentences::of("en-GB"), Sentences::of("en-US"), Sentences::of("de-DE"));
    let failed = Said::new("health-run-failed-disk-full-kept").text("plan", "family");
    let failed = failed.with("moment", SaidArg::Moment(now().timestamp().as_second() - 23_100));
    assert_eq!(
        en.say(&failed, &now()),
        "The backup of family failed (today 02:05): the disk is full. Your earlier backups are fine."
    );
    assert!(us.say(&failed, &now()).contains("(today 2:05 AM)"));
    assert!(de.say(&failed, &now()).contains("(heute 02:05): Die Festplatte ist voll."));
    assert!(de.advice(&failed, &now()).unwrap().starts_with("Mach Platz"));
    let many = Said::new("health-unread-unnamed").text("name", "photos").count("count", 12_431);
    assert!(en.say(&many, &now()).starts_with("12,431 files in photos"), "{}", en.say(&many, &now()));
    assert!(de.say(&many, &now()).starts_with("12.431 Dateien in photos"), "{}", de.say(&many, &now()));
    let one = Said::new("health-unread-unnamed").text("name", "photos").count("count", 1);
    assert!(de.say(&one, &now()).starts_with("Eine Datei in photos"));
    let disk = Said::new("health-disk-filling-up").with("free", SaidArg::Bytes(2_130_000_000));
    let disk = disk.with("total", SaidArg::Bytes(999_600_000_000));
    assert!(en.say(&disk, &now()).ends_with("2.1\u{a0}GB free of 1\u{a0}TB."), "{}", en.say(&disk, &now()));
    assert!(de.say(&disk, &now()).ends_with("2,1\u{a0}GB frei von 1\u{a0}TB."));
    assert_eq!(en.say(&Said::new("no-such"), &now()), "no-such");
    assert!(en.advice(&Said::new("verdict-good"), &now()).is_none());
}

#[test]
fn moments_and_lengths_of_time() {
    let (en, de) = (Sentences::of("en"), Sentences::of("de"));
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    for (moment, english, german) in [
        ("2026-03-04T06:00+01:00", "tomorrow 06:00", "morgen 06:00"),
        ("2026-03-02T23:59+01:00", "yesterday 23:59", "gestern 23:59"),
        ("2026-03-01T02:05+01:00", "Sunday 02:05", "Sonntag 02:05"),
        ("2026-02-24T02:05+01:00", "24 February", "24. Februar"),
        ("2025-03-03T02:05+01:00", "3 March 2025", "3. März 2025"),
    ] {
        assert_eq!((en.moment(at(moment), &now()), de.moment(at(moment), &now())), (english.into(), german.into()));
    }
    for (secs, english, german) in [
        (0, "1 minute", "1 Minute"),
        (26 * 3600, "26 hours", "26 Stunden"),
        (12 * 86_400, "12 days", "12 Tage"),
        (1_200 * 86_400, "1,200 days", "1.200 Tage"),
    ] {
        assert_eq!(format::age(secs, Language::English), english);
        assert_eq!(format::age(secs, Language::German), german);
    }
    assert_eq!(en.range((110, 170)), "1–3 minutes");
    assert_eq!(de.range((30, 30)), "30 Sekunden");
    assert_eq!(en.range((4_000, 7_300)), "1–3 hours");
}
