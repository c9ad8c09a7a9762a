//! The pages say what is true: settings that they show are accepted, links lead somewhere.

use std::path::{Path, PathBuf};

use fs_err as fs;
use keepsake_core::settings::Settings;

fn pages() -> Vec<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut found = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found
}

/// The settings that a page shows: from `backup_dir` to the end of the block.
fn settings_on(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("backup_dir = ") {
            found.push(String::new());
            inside = true;
        } else if line == "```" || line == "TOML" {
            inside = false;
        }
        if inside {
            let block = found.last_mut().expect("begun above");
            block.push_str(line);
            block.push('\n');
        }
    }
    found
}

#[test]
fn settings_on_the_pages_are_accepted() {
    let mut count = 0;
    for page in pages() {
        for text in settings_on(&fs::read_to_string(&page).unwrap()) {
            let parsed = Settings::parse(&text, &page, Path::new("/home/anna"));
            assert!(parsed.is_ok_and(|settings| !settings.plans.is_empty()), "{}:\n{text}", page.display());
            count += 1;
        }
    }
    assert!(count >= 4, "README, operations and the user guide show settings: {count}");
}

#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for rest in text.split("](").skip(1) {
            let link = rest.split([')', '#']).next().unwrap_or_default();
            if link.is_empty() || link.contains("://") {
                continue;
            }
            let target = page.parent().expect("a page is in a folder").join(link);
            assert!(target.exists(), "{} links to {link}", page.display());
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

/// Every function in a file of Rust below a folder, as `file.rs: function`.
fn functions_below(folder: &Path, found: &mut std::collections::BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            functions_below(&path, found);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let functions = text.lines().filter_map(|line| line.trim().strip_prefix("fn ")?.split_once('('));
            found.extend(functions.map(|(function, _)| format!("{name}: {function}")));
        }
    }
}

#[test]
fn promises_are_kept_by_tests_that_exist() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut functions = std::collections::BTreeSet::new();
    functions_below(&root.join("src-tauri/crates"), &mut functions);
    functions_below(&root.join("tests/tests"), &mut functions);
    let page = fs::read_to_string(root.join("docs/promises.md")).unwrap();
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(|code| code.contains(".rs: ")).collect();
    assert!(named.len() > 20, "{named:?}");
    for test in named {
        assert!(functions.contains(test), "docs/promises.md names a test that is not there: {test}");
    }
}

#[test]
fn the_decisions_are_numbered_without_gaps() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/decisions");
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for (name, number) in names.iter().zip(1..) {
        let text = fs::read_to_string(Path::new(folder).join(name)).unwrap();
        assert!(name.starts_with(&format!("{number:04}-")), "{name} is not number {number}");
        assert!(text.starts_with(&format!("# {number:04}: ")), "{name} says its number");
    }
}
