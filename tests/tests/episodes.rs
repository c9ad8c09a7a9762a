//! What is not well begins once and ends once in the catalog, whichever commands are run meanwhile.

use fs_err as fs;
use keepsake_core::catalog::{Catalog, EpisodeRow};
use keepsake_tests::{House, noise};

/// Those of damage: as time goes by, backups become old as well.
fn episodes(house: &House) -> Vec<EpisodeRow> {
    let all = Catalog::open(&house.data()).expect("a catalog").episodes().expect("its episodes");
    all.into_iter().filter(|episode| episode.key.rule == "damaged").collect()
}

#[test]
fn damage_begins_one_episode_and_a_new_backup_ends_it() {
    let house = House::new();
    house.tree().file("photo.jpg", noise(1, 200_000)).settle();
    house.backup();
    assert_eq!(episodes(&house), []);
    let archive = house.archives().remove(0);
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&archive, bytes).unwrap();
    for _ in 0..3 {
        house.advance_hours(1);
        house.keepsake(["verify"]).expect(2);
        house.keepsake(["status"]).expect(0);
    }
    let found = episodes(&house);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0].state[..], found[0].closed_at), ("problem", None));
    assert!(found[0].message.contains("photo.jpg"), "{found:?}");
    // The photo is still on this computer, and is stored anew.
    house.advance_hours(1);
    house.backup();
    let over = episodes(&house);
    assert_eq!((over.len(), over[0].id, over[0].opened_at), (1, found[0].id, found[0].opened_at));
    assert!(over[0].closed_at.is_some_and(|at| at > over[0].opened_at), "{over:?}");
    // With the catalog made anew from what stands in the backup folder, the past is not forgotten.
    house.keepsake(["rebuild"]).expect(0);
    assert_eq!(episodes(&house).len(), 1);
}

#[test]
fn a_mass_change_is_attention_until_somebody_says_that_it_is_right() {
    let house = House::new();
    house.settings("retention = { daily = 7 }");
    for i in 0..900 {
        house.tree().file(format!("Pictures/{i}.jpg"), format!("picture {i}"));
    }
    house.tree().settle();
    house.backup();
    house.keepsake(["health"]).expect(0);
    for i in 0..600 {
        house.tree().file(format!("Pictures/{i}.jpg"), format!("scrambled {i}"));
    }
    house.tree().settle();
    let changed = |house: &House| -> Vec<EpisodeRow> {
        let all = Catalog::open(&house.data()).expect("a catalog").episodes().expect("its episodes");
        all.into_iter().filter(|episode| episode.key.rule == "many-changed").collect()
    };
    // Quiet days behind it change nothing.
    for _ in 0..3 {
        house.backup();
        house.keepsake(["prune", "--dry-run"]).expect(1);
        house.keepsake(["health"]).expect(1).says(&[
            "600 of 900 files in family changed or vanished at once",
            "all old backups are kept",
            "Look whether your files are as they should be",
            "keepsake prune family --confirm-changes",
        ]);
    }
    house.keepsake(["status"]).expect(0).says(&["600 of 900 files in family changed", "--confirm-changes"]);
    let open = changed(&house);
    assert_eq!((open.len(), &open[0].state[..], open[0].closed_at), (1, "attention", None));
    assert_eq!(open[0].key.plan, "family");
    // As it was said.
    house.keepsake(["prune", "family", "--confirm-changes"]).expect(0);
    let closed = changed(&house);
    assert_eq!((closed.len(), closed[0].id), (1, open[0].id));
    assert!(closed[0].closed_at.is_some(), "{closed:?}");
    let answer = house.keepsake(["health", "--json"]).expect_one_of(&[0, 1]).json();
    let rules: Vec<&str> = answer["reasons"].as_array().unwrap().iter().map(|r| r["rule"].as_str().unwrap()).collect();
    assert!(!rules.contains(&"many-changed"), "{answer:#}");
    house.backup();
    assert_eq!(changed(&house).len(), 1);
}
