//! Which programs hold a file system: `proc(5)`, as far as this user may read it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::words;

/// So many are named at most.
const MOST: usize = 16;

/// Names of programs that have something open below these folders, or stand in them; in alphabetical order.
///
/// Links are read and not followed: a file system that does not answer is not touched.
pub(crate) fn programs(proc: &Path, folders: &[PathBuf]) -> Vec<String> {
    let is_there = |path: &Path| folders.iter().any(|folder| path.starts_with(folder));
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(proc).into_iter().flatten().flatten() {
        let process = entry.path();
        if !entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        if holds(&process, &is_there) {
            let name = fs::read(process.join("comm")).unwrap_or_default();
            let name = words::name(&String::from_utf8_lossy(&name));
            names.insert(if name.is_empty() { "a program".into() } else { name });
        }
    }
    names.into_iter().take(MOST).collect()
}

fn holds(process: &Path, is_there: &dyn Fn(&Path) -> bool) -> bool {
    let leads_there = |link: PathBuf| fs::read_link(link).is_ok_and(|path| is_there(&path));
    if ["cwd", "root", "exe"].iter().any(|name| leads_there(process.join(name))) {
        return true;
    }
    if fs::read_dir(process.join("fd")).into_iter().flatten().flatten().any(|entry| leads_there(entry.path())) {
        return true;
    }
    // `address perms offset device inode   path`, where a newline in the path is `\012`.
    let maps = fs::read(process.join("maps")).unwrap_or_default();
    String::from_utf8_lossy(&maps)
        .lines()
        .filter_map(|line| line.find('/').map(|at| &line[at..]))
        .any(|path| is_there(Path::new(path)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn programs_are_named_by_what_they_hold() {
        let dir = tempfile::tempdir().unwrap();
        let proc = dir.path();
        let process = |id: &str, name: &str, link: &str, to: &str| {
            let folder = proc.join(id);
            fs::create_dir_all(folder.join("fd")).unwrap();
            fs::write(folder.join("comm"), format!("{name}\n")).unwrap();
            symlink(to, folder.join(link)).unwrap();
        };
        process("10", "viewer", "fd/3", "/media/a/Blue drive/photo.jpg (deleted)");
        process("11", "shell", "cwd", "/media/a/Blue drive");
        process("12", "other", "fd/3", "/media/a/Blue drive 2/photo.jpg");
        process("13", "evil\u{1b}[2J", "root", "/media/a/Blue drive/x");
        process("self", "not-a-number", "cwd", "/media/a/Blue drive");
        process("14", "mapper", "fd/3", "/dev/null");
        fs::write(proc.join("14/maps"), "7f00-7f01 r--p 0 08:11 5   /media/a/Blue drive/lib.so\n").unwrap();
        let found = programs(proc, &["/media/a/Blue drive".into()]);
        assert_eq!(found, ["evil\u{FFFD}[2J", "mapper", "shell", "viewer"]);
        assert_eq!(programs(proc, &[]), [""; 0]);
    }

    #[test]
    fn this_program_is_seen_itself() {
        let dir = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(dir.path()).unwrap();
        let _open = fs::File::create(folder.join("held")).unwrap();
        assert_eq!(programs(Path::new("/proc"), &[folder]).len(), 1);
    }
}
