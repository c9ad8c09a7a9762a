//! Folders of a home that people want to keep.

use std::fs;
use std::path::{Path, PathBuf};

use keepsake_api::FolderRole;
use keepsake_core::in_time::look_at_each;

/// A folder that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where.
    pub path: PathBuf,
    /// What it should be called.
    pub name: String,
    /// What kind.
    pub role: FolderRole,
    /// True when nearly everybody wants to keep it.
    pub is_usual: bool,
}

/// The user directories: their variables, and what they are where nothing else is said.
const USER_DIRS: [(&str, &str, FolderRole); 6] = [
    ("XDG_PICTURES_DIR", "Pictures", FolderRole::Pictures),
    ("XDG_DOCUMENTS_DIR", "Documents", FolderRole::Documents),
    ("XDG_DESKTOP_DIR", "Desktop", FolderRole::Desktop),
    ("XDG_VIDEOS_DIR", "Videos", FolderRole::Videos),
    ("XDG_MUSIC_DIR", "Music", FolderRole::Music),
    ("XDG_DOWNLOAD_DIR", "Downloads", FolderRole::Downloads),
];

/// Where mail programs keep mail: their own folder, and those of their Snap and Flatpak packages.
const MAIL: [(&str, &str); 6] = [
    (".thunderbird", "Thunderbird"),
    ("snap/thunderbird/common/.thunderbird", "Thunderbird"),
    (".var/app/org.mozilla.Thunderbird/.thunderbird", "Thunderbird"),
    (".var/app/org.mozilla.thunderbird/.thunderbird", "Thunderbird"),
    (".local/share/evolution", "Evolution"),
    (".var/app/org.gnome.Evolution/data/evolution", "Evolution"),
];

/// The text of `user-dirs.dirs`; empty when there is none.
pub fn user_dirs(home: &Path) -> String {
    fs::read_to_string(super::config_home(home).join("user-dirs.dirs")).unwrap_or_default()
}

/// Those that are there, the dearest first. `user_dirs` is the text of the file that says where they are, in the form of
/// user-dirs.dirs(5): `XDG_PICTURES_DIR="$HOME/Bilder"`, in which the home folder itself means that there is none.
pub fn likely(home: &Path, user_dirs: &str) -> Vec<Folder> {
    let mut all: Vec<Folder> = Vec::new();
    let mut add = |path: PathBuf, name: String, role, is_usual| {
        let is_known = all.iter().any(|folder| folder.path == path);
        if !is_known && path != home {
            all.push(Folder { path, name, role, is_usual });
        }
    };
    for (variable, usual, role) in USER_DIRS {
        let said = user_dirs.lines().rev().find_map(|line| value(line, variable, home));
        let path = said.unwrap_or_else(|| home.join(usual));
        let name = path.file_name().map_or_else(|| usual.into(), |name| name.to_string_lossy().into_owned());
        add(path, name, role, role != FolderRole::Downloads);
    }
    for (path, name) in MAIL {
        add(home.join(path), name.into(), FolderRole::Mail, true);
    }
    let paths: Vec<PathBuf> = all.iter().map(|folder| folder.path.clone()).collect();
    let are_there = look_at_each(&paths, Path::is_dir);
    all.into_iter().zip(are_there).filter(|(_, is_there)| *is_there == Some(true)).map(|(folder, _)| folder).collect()
}

/// What a line says of a variable.
fn value(line: &str, variable: &str, home: &Path) -> Option<PathBuf> {
    let rest = line.trim().strip_prefix(variable)?.trim_start().strip_prefix('=')?.trim();
    let quoted = rest.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(quoted.len());
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        text.push(if letter == '\\' { letters.next()? } else { letter });
    }
    let path = match text.strip_prefix("$HOME") {
        Some(rest) => home.join(rest.trim_start_matches('/')),
        None => PathBuf::from(text),
    };
    path.is_absolute().then(|| path.components().collect())
}
