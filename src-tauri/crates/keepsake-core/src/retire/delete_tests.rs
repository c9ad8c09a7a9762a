use fs_err as fs;

use super::tests::{files, names, now, request, week};
use super::*;
use crate::archive::test_support::noise;
use crate::backup::test_house::{Home, source};
use crate::monitor::Silent;
use crate::verify::{How, VerifyRequest, Which, verify};

fn delete(home: &Home, name: &str) -> Result<Deleted, DeleteError> {
    let request = request(home, Retention::Last { last: 100 });
    delete_backup(&home.catalog(), &request, name, false, &now(home), &Silent)
}

#[test]
fn what_stays_is_opened_before_a_person_s_backup_goes() {
    let home = week();
    let oldest = names(&home.catalog()).remove(0);
    let newest = files(&home.request.backup_dir).into_iter().rfind(|name| name.ends_with(".gz")).unwrap();
    let path = home.request.backup_dir.join(&newest);
    let bytes = fs::read(&path).unwrap();
    // Nobody has read it since, and its length is right. The policy keeps all.
    fs::write(&path, vec![0; bytes.len()]).unwrap();
    let refused = delete(&home, &oldest);
    assert!(matches!(refused, Err(DeleteError::Waits { waits: Waits::Damaged { .. } })), "{refused:?}");
    assert_eq!(names(&home.catalog()).len(), 6);
    assert_eq!(home.catalog().standing_damage().unwrap()[0].archive, newest, "the verdict tells it");
    fs::write(&path, bytes).unwrap();
    let check = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    assert!(verify(&home.catalog(), &check, &now(&home), &Silent).unwrap().is_good());
    delete(&home, &oldest).unwrap();
    assert_eq!(names(&home.catalog()).len(), 5);
}

#[test]
fn the_only_backup_of_a_source_stays_also_when_a_file_of_it_is_damaged() {
    let mut home = Home::new();
    home.write("letter.txt", "dear all");
    let all = home.request.sources.clone();
    let lake = home.dir.path().join("lake");
    fs::create_dir_all(&lake).unwrap();
    for number in 0..4 {
        fs::write(lake.join(format!("{number}.jpg")), noise(number, 200_000)).unwrap();
    }
    home.request.sources.push(source("lake", lake));
    let only = home.back_up().backup;
    home.request.sources = all;
    home.back_up();
    // One bit of a picture.
    let archive = home.request.backup_dir.join(files(&home.request.backup_dir).remove(0));
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    fs::write(&archive, bytes).unwrap();
    let check = VerifyRequest { which: Which::All, how: How::Full, other_places: false };
    assert!(!verify(&home.catalog(), &check, &now(&home), &Silent).unwrap().is_good());
    assert!(!home.catalog().damaged_backups().unwrap().is_empty());
    let refused = delete(&home, &only);
    assert!(matches!(&refused, Err(DeleteError::LastOfSource { thing, .. }) if thing == "lake"), "{refused:?}");
    assert!(names(&home.catalog()).contains(&only));
}
