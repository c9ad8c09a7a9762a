//! The house rules that a program can check: a module of the core uses only foundations and modules to its
//! left, no file is over 600 lines, and nothing is `unsafe`. The unit tests of modules may use anything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fs_err as fs;

/// The order in which data flows, then the journeys. Every other module is a foundation.
const ORDER: [&str; 14] = [
    "sources",
    "archive",
    "sealed",
    "catalog",
    "destinations",
    "health",
    "backup",
    "restore",
    "undo",
    "verify",
    "copy",
    "retire",
    "rebuild",
    "drill",
];

/// The longest file that is allowed, in lines.
const MAX_LINES: usize = 600;

fn root() -> PathBuf {
    fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).expect("the checkout")
}

/// All Rust files below a folder, but what was built.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the checkout") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The source with comments, strings and character literals blanked, lines kept.
fn code_only(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut i = 0;
    let blank = |out: &mut String, from: &[char]| out.extend(from.iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
    while i < chars.len() {
        let rest = &chars[i..];
        let before_is_word = i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
        let len = match rest {
            ['/', '/', ..] => rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment_len(rest),
            ['"', ..] => string_len(rest),
            ['r', '"' | '#', ..] if !before_is_word => raw_string_len(rest),
            ['\'', '\\', ..] => 2 + rest[2..].iter().skip(1).position(|&c| c == '\'').map_or(0, |n| n + 2),
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if len == 0 {
            out.push(chars[i]);
            i += 1;
        } else {
            blank(&mut out, &rest[..len.min(rest.len())]);
            i += len;
        }
    }
    out
}

fn block_comment_len(rest: &[char]) -> usize {
    let (mut depth, mut i) = (0, 0);
    while i < rest.len() {
        match &rest[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn string_len(rest: &[char]) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != '"' {
        i += if rest[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// The length of a raw string, 0 when it is something else (`r#type`).
fn raw_string_len(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let body = 2 + hashes;
    (body..rest.len())
        .find(|&i| rest[i] == '"' && rest[i + 1..].iter().take_while(|&&c| c == '#').count() >= hashes)
        .map_or(rest.len(), |end| end + 1 + hashes)
}

/// Code without what stands behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        rest = &rest[at + MARK.len()..];
        let mut depth = 0;
        let end = rest.char_indices().find(|&(_, c)| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0 && (c == '}' || c == ';')
        });
        rest = end.map_or("", |(at, _)| &rest[at + 1..]);
    }
    out + rest
}

/// The words and signs of code; `::` is one sign.
fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let len = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        found.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    found
}

/// The names right below the crate's root that code in this module refers to, and whether by `crate::` (true)
/// or by `super::`, which in a module inside the file may mean the file itself.
fn used_modules(code: &str, module: &[String]) -> BTreeSet<(String, bool)> {
    let tokens = tokens(code);
    let mut used = BTreeSet::new();
    let mut i = 0;
    while i + 2 < tokens.len() {
        if !matches!(tokens[i], "crate" | "super") || tokens[i + 1] != "::" {
            i += 1;
            continue;
        }
        let mut ups = usize::from(tokens[i] == "super");
        let mut at = i + 2;
        while tokens.get(at) == Some(&"super") {
            (ups, at) = (ups + 1, at + 2);
        }
        i = at;
        let at_root = tokens[i.min(tokens.len() - 1)] != "self" && (ups == 0 || ups >= module.len());
        if at_root && tokens.get(at) == Some(&"{") {
            let mut depth = 0;
            for pair in tokens[at..].windows(2) {
                depth += i32::from(pair[0] == "{") - i32::from(pair[0] == "}");
                if depth == 0 {
                    break;
                }
                if depth == 1 && matches!(pair[0], "{" | ",") && pair[1] != "}" {
                    used.insert((pair[1].to_string(), ups == 0));
                }
            }
        } else if at_root && let Some(name) = tokens.get(at) {
            used.insert((name.to_string(), ups == 0));
        }
    }
    used
}

/// Where a module stands: its place in the order, 0 for a foundation.
fn rank(module: &str) -> usize {
    ORDER.iter().position(|name| *name == module).map_or(0, |place| place + 1)
}

/// Each use of a module that is neither a foundation nor to the left.
fn broken_layers(src: &Path) -> Vec<String> {
    let modules: BTreeSet<String> = fs::read_dir(src)
        .expect("the core's source")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let mut broken = Vec::new();
    for file in rust_files(src) {
        let inside = file.strip_prefix(src).expect("below src").with_extension("");
        let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if module == ["lib"] || module.iter().any(|part| part == "tests" || part.ends_with("_tests")) {
            continue;
        }
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        let code = without_tests(&code_only(&fs::read_to_string(&file).expect("a source file")));
        for (used, from_root) in used_modules(&code, &module) {
            let name = format!("{} uses {used}", inside.display());
            if !modules.contains(&used) {
                if !from_root {
                    continue;
                }
                broken.push(format!("{name}, which hides the module it comes from"));
            } else if used != module[0] && rank(&used) > 0 && rank(&used) >= rank(&module[0]) {
                let why = if rank(&module[0]) == 0 { "but foundations use only foundations" } else { "to its right" };
                broken.push(format!("{name}, {why}"));
            }
        }
    }
    broken
}

/// Files that are too long or hold `unsafe`.
fn broken_files(folder: &Path) -> Vec<String> {
    let mut broken = Vec::new();
    for file in rust_files(folder) {
        let source = fs::read_to_string(&file).expect("a source file");
        let lines = source.lines().count();
        if lines > MAX_LINES {
            broken.push(format!("{} has {lines} lines, more than {MAX_LINES}", file.display()));
        }
        if tokens(&code_only(&source)).contains(&"unsafe") {
            broken.push(format!("{} holds unsafe code", file.display()));
        }
    }
    broken
}

#[test]
fn modules_use_only_foundations_and_what_is_to_their_left() {
    let broken = broken_layers(&root().join("src-tauri/crates/keepsake-core/src"));
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn files_are_short_and_safe() {
    let broken: Vec<_> = ["src-tauri", "tests"].iter().flat_map(|top| broken_files(&root().join(top))).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A made-up core with one file more.
fn core_with(name: &str, source: &str) -> (tempfile::TempDir, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    for module in ["sources", "archive", "catalog", "destinations", "health"] {
        fs::create_dir(dir.path().join(module)).unwrap();
        fs::write(dir.path().join(module).join("mod.rs"), "use crate::error::FileError;").unwrap();
    }
    for module in ["lib", "error", "clock", "backup", "restore", "rebuild"] {
        fs::write(dir.path().join(module).with_extension("rs"), "").unwrap();
    }
    fs::write(dir.path().join(name), source).unwrap();
    let broken = broken_layers(dir.path());
    (dir, broken)
}

#[test]
fn a_broken_layer_is_noticed() {
    for (name, source) in [
        ("archive/mod.rs", "use crate::catalog::Catalog;"),
        ("archive/writer.rs", "use crate::{clock::Clock, error::{FileError, plain},\n    health::Verdict};"),
        ("archive/writer.rs", "fn f() { let x = crate::backup::run(); }"),
        ("archive/writer.rs", "use super::super::health;"),
        ("archive/mod.rs", "use super::{error, catalog};"),
        ("error.rs", "use crate::sources::Folder;"),
        ("clock.rs", "use super::backup::Plan;"),
        ("backup.rs", "pub(crate) use crate::restore::Plan;"),
        ("health/mod.rs", "#[cfg(test)]\nmod tests { fn f() {} }\nuse crate::backup::Plan;"),
        ("health/mod.rs", "const QUOTE: char = '\"'; use crate::backup::Plan; const END: char = '\"';"),
        ("health/mod.rs", "const RAW: &str = r#\"a\"b\"#; fn f<'a>() { crate::backup::plan::<'a>() }"),
        ("health/mod.rs", "use crate::Plan;"),
    ] {
        assert_eq!(core_with(name, source).1.len(), 1, "{name}: {source}");
    }
}

#[test]
fn what_is_allowed_is_let_through() {
    for (name, source) in [
        ("archive/mod.rs", "use crate::sources::Folder; use crate::error::FileError; use crate::archive::writer;"),
        ("archive/writer.rs", "use super::reader; use super::super::sources;"),
        ("rebuild.rs", "use crate::{archive, catalog::Catalog, health, restore};"),
        (
            "archive/mod.rs",
            "// use crate::health;\n/* crate::health::x /* crate::backup */ */ const X: &str = \"crate::health\";",
        ),
        ("archive/mod.rs", "#[cfg(test)]\nmod tests {\n    use crate::health::Verdict;\n    fn f() { {} }\n}\n"),
        ("archive/tests.rs", "use crate::health::Verdict;"),
        ("archive/damage_tests.rs", "use crate::health::Verdict;"),
        ("clock.rs", "use crate::error::FileError;"),
        ("clock.rs", "struct Hand; mod face { use super::Hand; }"),
    ] {
        let broken = core_with(name, source).1;
        assert!(broken.is_empty(), "{name}: {source}\n{broken:?}");
    }
}

#[test]
fn long_and_unsafe_files_are_noticed() {
    let (dir, _) = core_with("clock.rs", "fn f() { unsafe { g() } }");
    assert_eq!(broken_files(dir.path()).len(), 1);
    let (dir, _) = core_with("clock.rs", &"// unsafe\n".repeat(601));
    assert_eq!(broken_files(dir.path()).len(), 1);
    let (dir, _) = core_with("clock.rs", &"const A: &str = \"unsafe\";\n".repeat(600));
    assert_eq!(broken_files(dir.path()), [""; 0]);
}
