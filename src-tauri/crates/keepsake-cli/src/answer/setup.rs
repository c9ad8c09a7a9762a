//! What the first run suggests: folders to protect, and places for backups.

mod folders;
mod measure;
mod places;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keepsake_api::{Answer, FolderSize, PathText, Refusal, RefusalKind, Said, SourceSuggestion};
use keepsake_core::archive_path::misleads;
use keepsake_core::in_time::look_at;
use keepsake_core::settings::{Settings, check_source_name};

use super::settings::{expanded, shown};
use crate::surroundings::Surroundings;

/// How long is looked at disks and folders, in all.
const LOOK: Duration = Duration::from_secs(2);

/// Folders that a family would want to protect, and that are not protected yet.
pub fn suggest_sources(around: &Surroundings) -> Result<Answer, Refusal> {
    let mut taken = Taken::of(around);
    let mut found: Vec<SourceSuggestion> = Vec::new();
    let all = folders::likely(&around.home, &folders::user_dirs(&around.home));
    let all: Vec<_> = all.into_iter().filter(|folder| !taken.paths.contains(&folder.path)).collect();
    let paths: Vec<PathBuf> = all.iter().map(|folder| folder.path.clone()).collect();
    let measured = measure::all(paths, Instant::now() + LOOK);
    for (folder, measured) in all.into_iter().zip(measured) {
        let counts = measured.filter(|measured| measured.is_whole && measured.unreadable == 0).map(|m| m.counts);
        found.push(SourceSuggestion {
            path: PathText::of_path(&folder.path),
            shown: shown(&folder.path, &around.home),
            name: taken.name(&folder.name),
            role: folder.role,
            is_chosen: folder.is_usual && counts.is_none_or(|counts| counts.files > 0),
            counts,
        });
    }
    Ok(Answer::SuggestSources(found))
}

/// How much there is in a folder, or in what of it could be seen in two seconds.
pub fn measure_folder(around: &Surroundings, dir: PathText) -> Result<Answer, Refusal> {
    let refused = |kind, id: &str, detail| Refusal { kind, said: Said::new(id), detail };
    let path = expanded(&dir, &around.home).map_err(|id| refused(RefusalKind::BadRequest, id, None))?;
    let looked = look_at(&path, |path| {
        let facts = fs::metadata(path)?;
        if facts.is_dir() { fs::read_dir(path).map(drop) } else { Err(ErrorKind::NotADirectory.into()) }
    });
    let Some(looked) = looked else { return Err(refused(RefusalKind::Failed, "wrong-folder-silent", None)) };
    if let Err(e) = looked {
        let (kind, id) = match e.kind() {
            ErrorKind::NotFound => (RefusalKind::NotFound, "wrong-folder-missing"),
            ErrorKind::NotADirectory => (RefusalKind::NotFound, "wrong-no-folder"),
            _ => (RefusalKind::Failed, "wrong-folder-unreadable"),
        };
        return Err(refused(kind, id, Some(e.to_string())));
    }
    let measured = measure::all(vec![path.clone()], Instant::now() + LOOK).remove(0).unwrap_or_default();
    let last = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Answer::MeasureFolder(FolderSize {
        counts: measured.counts,
        is_whole: measured.is_whole,
        name: Taken::of(around).name(&last),
        shown: shown(&path, &around.home),
        unreadable: measured.unreadable,
    }))
}

/// Disks and folders where backups could be, the best first: another disk than the one with `sources`, then the one with
/// most room.
pub fn suggest_places(around: &Surroundings, sources: Vec<PathText>) -> Result<Answer, Refusal> {
    let sources: Vec<PathBuf> = sources.iter().filter_map(|source| expanded(source, &around.home).ok()).collect();
    Ok(Answer::SuggestPlaces(places::find(&around.home, &sources)))
}

/// What is protected already.
struct Taken {
    names: Vec<String>,
    paths: Vec<PathBuf>,
}

impl Taken {
    fn of(around: &Surroundings) -> Self {
        let settings = Settings::load(&around.config, &around.home).ok();
        let sources = || settings.iter().flat_map(|settings| &settings.plans).flat_map(|plan| &plan.sources);
        Self {
            names: sources().map(|source| source.name.to_lowercase()).collect(),
            paths: sources().map(|source| source.path.clone()).collect(),
        }
    }

    /// A name like this that is allowed and not taken; it is taken from then on.
    fn name(&mut self, wanted: &str) -> String {
        let mut base: String = wanted.chars().filter(|c| !c.is_control() && !misleads(*c) && *c != '/').collect();
        base = base.trim_start_matches(|c: char| c == '.' || c == '-' || c.is_whitespace()).trim_end().to_owned();
        while base.len() > 90 {
            base.pop();
        }
        if check_source_name(base.trim_end()).is_err() {
            base = "Folder".into();
        }
        let base = base.trim_end();
        let mut name = base.to_owned();
        let mut number = 2;
        while self.names.contains(&name.to_lowercase()) {
            name = format!("{base} {number}");
            number += 1;
        }
        self.names.push(name.to_lowercase());
        name
    }
}

/// The bytes of a name in which the system writes some letters as `\040` or `\x20`.
fn unescaped(text: &str, radix: u32) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let (skip, digits) = if radix == 16 { (2, 2) } else { (1, 3) };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = || {
            let code = rest.get(skip..skip + digits).filter(|_| skip == 1 || rest.get(1) == Some(&b'x'))?;
            u8::from_str_radix(std::str::from_utf8(code).ok()?, radix).ok()
        };
        match (first == b'\\').then(code).flatten() {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[skip + digits..];
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    std::ffi::OsString::from_vec(bytes).into()
}

/// The folder of settings of programs, by the XDG Base Directory Specification 0.8.
fn config_home(home: &Path) -> PathBuf {
    let named = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    named.unwrap_or_else(|| home.join(".config"))
}

#[cfg(test)]
mod tests;
