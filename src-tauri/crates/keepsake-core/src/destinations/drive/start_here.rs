//! What lies on a drive for a person who has nothing else.

use std::path::Path;

use crate::atomic_file;
use crate::error::FileError;

/// English, with two places for what differs between drives.
const ENGLISH: &str = "\
This drive holds backups of your family's files, made by Keepsake. Please do not delete this folder.

TO BRING FILES BACK, WITH KEEPSAKE
  1. On the computer that shall have them, install Keepsake and open it.
  2. Choose \"I have a Keepsake backup already\", and plug in this drive.
  3. Choose what you want. Nothing is written to this drive.
{LOCKED}
TO BRING FILES BACK, WITHOUT KEEPSAKE (on Linux, macOS, or Windows with its Linux)
  A backup is one or several files NAME.tar.gz{AGE}. In each, BACKUP_INFO.txt says what it holds, and which
  older ones it needs. In an empty folder, for each of them, the oldest first:
{COMMANDS}
  Then, if there is a file FINISH_BY_HAND.sh:
    sh FINISH_BY_HAND.sh
  A file that ends in .001 is the first part of a large one. Join its parts first:
    cat NAME.001 NAME.002 ... > NAME

TO SEE WHETHER A FILE IS UNDAMAGED
    sha256sum -c NAME.sha256        (join parts first)
";

const ENGLISH_LOCKED: &str = "
  The backups on this drive are locked. You will be asked for your recovery sheet: the page with 24 words
  and a square code that you printed when the drive was set up. Without it nobody can open them.
";

const GERMAN: &str = "\
Auf diesem Laufwerk liegen Backups der Dateien Ihrer Familie, gemacht von Keepsake. Bitte diesen Ordner nicht löschen.

DATEIEN ZURÜCKHOLEN, MIT KEEPSAKE
  1. Auf dem Computer, der sie haben soll, Keepsake installieren und öffnen.
  2. \"Ich habe schon ein Backup von Keepsake\" wählen und dieses Laufwerk anstecken.
  3. Wählen, was Sie möchten. Auf dieses Laufwerk wird nichts geschrieben.
{LOCKED}
DATEIEN ZURÜCKHOLEN, OHNE KEEPSAKE (unter Linux, macOS, oder Windows mit seinem Linux)
  Ein Backup ist eine Datei NAME.tar.gz{AGE} oder mehrere. In jeder sagt BACKUP_INFO.txt, was sie enthält und welche
  älteren sie braucht. In einem leeren Ordner, für jede von ihnen, die älteste zuerst:
{COMMANDS}
  Danach, wenn es eine Datei FINISH_BY_HAND.sh gibt:
    sh FINISH_BY_HAND.sh
  Eine Datei, die auf .001 endet, ist der erste Teil einer großen. Dann zuerst die Teile verbinden:
    cat NAME.001 NAME.002 ... > NAME

SEHEN, OB EINE DATEI UNBESCHÄDIGT IST
    sha256sum -c NAME.sha256        (Teile zuerst verbinden)
";

const GERMAN_LOCKED: &str = "
  Die Backups auf diesem Laufwerk sind verschlossen. Sie werden nach Ihrem Rettungsblatt gefragt: der Seite mit 24
  Wörtern und einem quadratischen Muster, die Sie beim Einrichten gedruckt haben. Ohne sie kann niemand sie öffnen.
";

const COMMANDS: &str = "    tar -xpzf NAME.tar.gz\n";
/// The stock age command (<https://age-encryption.org>) opens them with what the square code on the sheet says.
const COMMANDS_LOCKED: &str = "    age -d -i KEY.txt NAME.tar.gz.age | tar -xpz
  (KEY.txt: AGE-SECRET-KEY-1... from the recovery sheet; age: https://age-encryption.org)
";

/// Writes both texts where they are not as they should be: whole or, after a power cut, not at all.
///
/// # Errors
/// [`FileError`] when the folder cannot be written.
pub(super) fn write(folder: &Path, is_locked: bool) -> Result<(), FileError> {
    for (name, text) in texts(is_locked) {
        let path = folder.join(name);
        if !atomic_file::read_own_up_to(&path, 64 << 10).is_ok_and(|found| found == text.as_bytes()) {
            atomic_file::write_whole(&path, text.as_bytes())?;
        }
    }
    Ok(())
}

/// Names and texts. Lines end as Windows wants them, too: its Notepad of old shows others as one line.
fn texts(is_locked: bool) -> [(&'static str, String); 2] {
    let of = |text: &str, locked: &str| {
        let (locked, age, commands) = if is_locked { (locked, ".age", COMMANDS_LOCKED) } else { ("", "", COMMANDS) };
        text.replace("{LOCKED}", locked).replace("{AGE}", age).replace("{COMMANDS}", commands).replace('\n', "\r\n")
    };
    [("START HERE.txt", of(ENGLISH, ENGLISH_LOCKED)), ("HIER ANFANGEN.txt", of(GERMAN, GERMAN_LOCKED))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_say_how_in_every_case() {
        for is_locked in [false, true] {
            for (_, text) in texts(is_locked) {
                assert!(!text.contains(['{', '}']), "{text}");
                assert_eq!(text.contains("age -d -i"), is_locked);
                assert_eq!(text.contains("NAME.tar.gz.age"), is_locked);
                assert!(text.contains("sha256sum -c") && text.contains("cat NAME.001"));
                assert!(text.lines().all(|line| line.chars().count() <= 125), "{text}");
            }
        }
    }

    #[test]
    fn they_are_written_once_and_mended() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), true).unwrap();
        let path = dir.path().join("START HERE.txt");
        let written = std::fs::metadata(&path).unwrap().modified().unwrap();
        write(dir.path(), true).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), written, "a stick wears out");
        std::fs::write(&path, "x").unwrap();
        write(dir.path(), true).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("recovery sheet"));
    }
}
