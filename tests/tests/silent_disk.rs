//! Disks that never answer, as over a network that has gone away: everything that is asked is answered all the same, and what
//! was asked of them hangs nobody.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use fs_err as fs;
use keepsake_tests::asking::{Asking, names};
use keepsake_tests::{House, SilentDisk};
use serde_json::{Value, json};

/// Longer than it waits for any of them, and for all: twice two seconds, on a computer that is busy.
const IN_TIME: Duration = Duration::from_secs(15);
/// Whoever hangs is let go of then, and fails the test instead of holding it.
const LET_GO: Duration = Duration::from_secs(60);

/// Folders that have fallen silent, until it is dropped.
struct Silence {
    _until: Sender<()>,
}

impl Silence {
    fn falls(name: &str, house: &House, folders: &[&str]) -> Option<Self> {
        let at = |folder: &&str| SilentDisk::at(name, &house.path(folder));
        let disks = folders.iter().map(at).collect::<Option<Vec<_>>>()?;
        let (until, ended) = channel::<()>();
        std::thread::spawn(move || {
            let _ = ended.recv_timeout(LET_GO);
            drop(disks);
        });
        Some(Self { _until: until })
    }
}

/// A house with two sources, a place besides, and a backup that is there, too.
fn house() -> (House, String) {
    let house = House::new();
    house.tree().file("letter.txt", b"dear all").file("lake.jpg", b"\xff\xd8 no picture").settle();
    fs::create_dir(house.path("far")).expect("a folder");
    fs::write(house.path("far/map.txt"), "a map").expect("written");
    fs::create_dir(house.path("nas")).expect("a folder");
    let mut settings = format!("backup_dir = {:?}\n\n[[plan]]\nname = \"family\"\n", house.backups());
    for (name, path) in [("home", house.source()), ("far", house.path("far"))] {
        settings.push_str(&format!("[[plan.source]]\nname = {name:?}\npath = {path:?}\n"));
    }
    settings.push_str(&format!("[[destination]]\nname = \"NAS\"\npath = {:?}\n", house.path("nas")));
    house.write_config(&settings);
    let name = house.backup()["backup"].as_str().expect("a name").to_string();
    (house, name)
}

/// Asks, and says when it took too long.
#[track_caller]
fn soon(asking: &mut Asking, request: Value) -> Value {
    let begun = Instant::now();
    let reply = asking.reply(request.clone());
    assert!(begun.elapsed() < IN_TIME, "{request} took {:?}", begun.elapsed());
    reply
}

#[track_caller]
fn answer(asking: &mut Asking, request: Value) -> Value {
    let reply = soon(asking, request);
    assert!(reply["answer"].is_object(), "{reply:#}");
    reply["answer"]["value"].clone()
}

fn ids(said: &Value) -> Vec<&str> {
    said.as_array().expect("a list").iter().filter_map(|one| one["id"].as_str()).collect()
}

#[test]
fn a_place_and_a_source_that_do_not_answer_hold_up_nothing() {
    let (house, name) = house();
    let test = "a_place_and_a_source_that_do_not_answer_hold_up_nothing";
    let Some(_silence) = Silence::falls(test, &house, &["nas", "far"]) else { return };
    let mut asking = Asking::begin(&house);

    let home = answer(&mut asking, json!({ "ask": "home" }));
    let answers: Vec<&Value> =
        home["places"].as_array().expect("places").iter().map(|place| &place["answers"]).collect();
    assert_eq!(answers, [&json!(true), &json!(false)], "{home:#}");
    assert_eq!((&home["places"][1]["is_there"], &home["places"][1]["backups"]), (&json!(false), &json!(1)));
    // It is not waited for once more.
    let begun = Instant::now();
    answer(&mut asking, json!({ "ask": "home" }));
    assert!(begun.elapsed() < Duration::from_millis(1900), "{:?}", begun.elapsed());

    // What is known of backups needs no disk but that of the catalog.
    assert_eq!(names(&answer(&mut asking, json!({ "ask": "history", "from": null }))["backups"], "name"), [&name]);
    answer(&mut asking, json!({ "ask": "backup", "name": name, "from": null }));
    let versions = answer(&mut asking, json!({ "ask": "versions", "path": "far/map.txt", "from": null }));
    assert_eq!((versions.as_array().map(Vec::len), &versions[0]["is_current"]), (Some(1), &json!(false)));
    let drawn = json!({ "ask": "thumbnails", "name": name, "paths": ["home/lake.jpg"], "from": null });
    answer(&mut asking, drawn);
    let from = json!({ "ask": "history", "from": house.path("nas") });
    assert_eq!(soon(&mut asking, from)["refused"]["said"]["id"], "refused-folder-silent");

    // The settings, and what would be wrong with them.
    let settings = answer(&mut asking, json!({ "ask": "settings" }));
    assert_eq!(settings["wrong"], Value::Null, "{settings:#}");
    let place = |dir: &str| json!({ "change": "add-place", "name": dir.replace('/', " "), "dir": house.path(dir) });
    let folder = |name: &str, dir: &str| json!({ "change": "add-source", "plan": "family", "source": { "name": name, "path": house.path(dir), "exclude": [] } });
    for good in ["good", "also good"] {
        fs::create_dir(house.path(good)).expect("a folder");
    }
    let changes = json!([place("good"), place("nas/below"), folder("one", "far/below"), folder("two", "also good")]);
    let wrong = answer(&mut asking, json!({ "ask": "check-settings", "changes": changes }));
    let told: Vec<_> = wrong.as_array().expect("a list").iter().map(|w| (&w["change"], &w["said"]["id"])).collect();
    let silent = json!("wrong-folder-silent");
    assert_eq!(told, [(&json!(1), &silent), (&json!(2), &silent)], "{wrong:#}");
    let changed =
        json!({ "ask": "change-settings", "changes": [place("good")], "fingerprint": settings["fingerprint"] });
    assert_eq!(answer(&mut asking, changed)["wrong"], json!([]));

    // The first run.
    answer(&mut asking, json!({ "ask": "suggest-sources" }));
    let sources = json!([house.path("far"), house.source()]);
    let places = answer(&mut asking, json!({ "ask": "suggest-places", "sources": sources }));
    assert!(names(&places, "shown").contains(&"~/Backups"), "{places:#}");
    let measured = soon(&mut asking, json!({ "ask": "measure-folder", "dir": house.path("far") }));
    assert_eq!(measured["refused"]["said"]["id"], "wrong-folder-silent");

    // A look at a restore: into the silence, and past it.
    let look = |paths: Value, target: Value| json!({ "ask": "preview-restore", "restore": { "name": name, "paths": paths, "target": target, "from": null } });
    let beside = |dir: &str| json!({ "to": "beside", "dir": house.path(dir) });
    let in_place = json!({ "to": "in-place" });
    for (paths, target, obstacles) in [
        (json!([]), beside("back"), vec![]),
        (json!([]), beside("nas/back"), vec!["preview-folder-silent"]),
        (json!(["home"]), in_place.clone(), vec![]),
        (json!([]), in_place, vec!["preview-folder-silent"]),
    ] {
        let seen = answer(&mut asking, look(paths, target.clone()));
        assert_eq!(ids(&seen["obstacles"]), obstacles, "{target}: {seen:#}");
        let is_agreed_to = obstacles.is_empty() && target["to"] == "in-place";
        assert_eq!(seen["seen"].is_string(), is_agreed_to, "{seen:#}");
    }

    // Threads hang in there; it ends all the same.
    let begun = Instant::now();
    asking.end();
    assert!(begun.elapsed() < IN_TIME, "it ended only after {:?}", begun.elapsed());
}

#[test]
fn a_backup_folder_that_does_not_answer_holds_up_nothing() {
    let (house, name) = house();
    let test = "a_backup_folder_that_does_not_answer_holds_up_nothing";
    let Some(_silence) = Silence::falls(test, &house, &["b", "nas"]) else { return };
    assert_eq!(house.backups(), house.path("b"), "the folder that fell silent is that of the backups");
    let mut asking = Asking::begin(&house);
    let home = answer(&mut asking, json!({ "ask": "home" }));
    let card = &home["places"][0];
    assert_eq!((&card["answers"], &card["backups"], &card["state"]), (&json!(false), &json!(1), &json!("problem")));
    assert_eq!(home["sources"][0]["counts"]["files"], 2, "{home:#}");
    answer(&mut asking, json!({ "ask": "backup", "name": name, "from": null }));
    let ask = json!({ "ask": "thumbnails", "name": name, "paths": ["home/lake.jpg"], "from": null });
    assert_eq!(answer(&mut asking, ask)[0]["jpeg"], Value::Null);
    let restore =
        json!({ "name": name, "paths": [], "target": { "to": "beside", "dir": house.path("back") }, "from": null });
    let seen = answer(&mut asking, json!({ "ask": "preview-restore", "restore": restore }));
    assert_eq!((ids(&seen["obstacles"]), ids(&seen["warnings"])), (vec![], vec!["preview-needs-place"]), "{seen:#}");
    let places = seen["warnings"][0]["args"]["places"]["value"].as_str().expect("names");
    assert!(places.contains("NAS") && places.contains(house.backups().to_str().expect("text")), "{places}");
    asking.end();
}
