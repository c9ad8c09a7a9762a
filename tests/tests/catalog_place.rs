//! Something else stands where the catalog should be: a folder, a pipe, a link.

use keepsake_tests::{House, sh};

#[test]
fn what_stands_in_the_place_of_the_catalog_is_set_aside() {
    for line in [
        "mkdir d/catalog.sqlite && echo x > d/catalog.sqlite/kept",
        "mkfifo d/catalog.sqlite",
        "ln -s ../elsewhere d/catalog.sqlite",
        "ln -s ../a-folder d/catalog.sqlite",
        "mv catalog.sqlite moved.sqlite && ln -s ../moved.sqlite d/catalog.sqlite",
        "mkdir d/catalog.sqlite d/catalog.sqlite-wal d/catalog.sqlite-shm",
    ] {
        let house = House::new();
        house.tree().file("a", "x");
        house.backup();
        sh(house.dir(), &format!("mkdir a-folder; mv d/catalog.sqlite . ; {line}"));
        let told = house.keepsake(["list"]).expect(0);
        let told = told.says(&["family_20260303_020500", "set aside as", "catalog-set-aside-", "made again"]);
        assert_eq!(told.stderr.lines().count(), 1, "{line}: {}", told.stderr);
        assert!(house.data().join("catalog.sqlite").symlink_metadata().unwrap().is_file(), "{line}");
        assert!(!house.path("elsewhere").exists(), "nothing was written through the link");
        assert_eq!(house.keepsake(["list"]).expect(0).stderr, "", "{line}: it is mended");
        house.backup();
    }
    // By hand, too; and what was in a folder is still there.
    let house = House::new();
    house.tree().file("a", "x");
    house.backup();
    sh(&house.data(), "rm catalog.sqlite*; mkdir catalog.sqlite; echo x > catalog.sqlite/kept");
    house.keepsake(["rebuild"]).expect(0).says(&["set aside as"]);
    sh(&house.data(), "test -f catalog-set-aside-*/kept");
}
