//! Small pictures of files of a backup. Each is decoded by a process of its own (`keepsake thumbnail`) that is killed when it
//! takes too long: what is in a picture was made by strangers.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keepsake_api::{Answer, ItemKind, PathText, Thumbnail};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::catalog::CatalogError;
use keepsake_core::restore::{ContentError, Contents};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::known::Known;
use super::refusal::Refused;
use super::silent::Silent;
use super::tally::kind_of_name;

/// The most pictures of one question.
const MOST_PICTURES: usize = 64;
/// The largest file that is drawn.
const MOST_INPUT_BYTES: u64 = 64 << 20;
/// The largest answer of the process that draws: 256 x 256 pixels take a tenth of it.
const MOST_JPEG_BYTES: u64 = 1 << 20;
/// How long drawing one picture may take.
const LONGEST_DRAWING: Duration = Duration::from_secs(5);
/// The most processes that draw at once: the largest pictures take 800 MB each.
const MOST_DRAWING: usize = 2;

/// Answers small pictures, in the order of the question.
pub fn thumbnails(
    known: &mut Known<'_>,
    name: &str,
    paths: Vec<PathText>,
    from: Option<&PathText>,
) -> Result<Answer, Refused> {
    if paths.len() > MOST_PICTURES {
        return Err(Refused::bad(format!("at most {MOST_PICTURES} pictures can be asked for at once")));
    }
    let opened = known.open(from)?;
    let backup = opened.backup(name)?;
    let silent = Silent::among(opened.catalog.places()?.into_iter().map(|place| place.path));
    let contents = Contents::without(&opened.catalog, |folder| silent.has(folder))?;
    let drawn: Mutex<Vec<Option<String>>> = Mutex::new(vec![None; paths.len()]);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_DRAWING);
    // Reading waits when drawing is slower: no more files than that are open.
    let (give, take) = mpsc::sync_channel::<(usize, File)>(threads);
    let take = Mutex::new(take);
    let read: Result<(), CatalogError> = std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = take.lock().expect("no thread panics while it holds this").recv();
                    let Ok((number, picture)) = next else { break };
                    let jpeg = draw(picture).map(|jpeg| STANDARD.encode(jpeg));
                    drawn.lock().expect("no thread panics while it holds this")[number] = jpeg;
                }
            });
        }
        // Moved in, so that the threads end when all is read, or when that fails.
        let give = give;
        for (number, path) in paths.iter().enumerate() {
            let Ok(path) = ArchivePath::new(path.bytes()) else { continue };
            if kind_of_name(path.name()) != ItemKind::Picture {
                continue;
            }
            match contents.file(&backup, &path, MOST_INPUT_BYTES) {
                // They end only after this one.
                Ok(picture) => drop(give.send((number, picture))),
                Err(ContentError::Catalog(e)) => return Err(e),
                // It cannot be shown, and that is all there is to say of it here.
                Err(_) => {}
            }
        }
        Ok(())
    });
    read?;
    let drawn = drawn.into_inner().unwrap_or_default();
    let answer = paths.into_iter().zip(drawn).map(|(path, jpeg)| Thumbnail { path, jpeg });
    Ok(Answer::Thumbnails(answer.collect()))
}

/// Lets another process draw a picture; None when it cannot, or takes too long.
fn draw(picture: File) -> Option<Vec<u8>> {
    // This program, also after an update has put another in its place.
    let mut program = Command::new("/proc/self/exe");
    program.arg("thumbnail");
    drawn_by(program, picture, LONGEST_DRAWING)
}

/// What a program makes of a picture; it is killed when it has not ended in time, whatever it has said until then.
pub(crate) fn drawn_by(mut program: Command, picture: File, within: Duration) -> Option<Vec<u8>> {
    program.env_clear().stdin(picture).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = program.spawn().ok()?;
    // Stands for this process, and for no later one with its number.
    let Ok(handle) = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) else {
        let _ = child.kill();
        let _ = child.wait();
        return None;
    };
    let (ended, is_ended) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if is_ended.recv_timeout(within).is_err() {
            // It may have ended by itself.
            let _ = pidfd_send_signal(&handle, Signal::KILL);
        }
    });
    let mut jpeg = Vec::new();
    let read = child.stdout.take().map(|answer| answer.take(MOST_JPEG_BYTES + 1).read_to_end(&mut jpeg));
    let is_read = matches!(read, Some(Ok(_))) && jpeg.len() as u64 <= MOST_JPEG_BYTES;
    if !is_read {
        let _ = child.kill();
    }
    // What was taken over by a picture could end its answer and go on: it is watched until it is gone.
    let status = child.wait();
    let _ = ended.send(());
    // Only a thread that panics ends otherwise.
    let _ = watch.join();
    (is_read && status.is_ok_and(|status| status.success()) && !jpeg.is_empty()).then_some(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn drawn(script: &str, within: Duration) -> Option<Vec<u8>> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script]);
        drawn_by(shell, tempfile::tempfile().expect("a file"), within)
    }

    #[test]
    fn who_draws_is_believed_when_it_ends_well_and_is_killed_when_it_does_not_end() {
        let long = Duration::from_secs(60);
        assert_eq!(drawn("printf jpeg", long).as_deref(), Some(&b"jpeg"[..]));
        for nothing in ["exit 0", "printf jpeg; exit 1", "kill -9 $$", "head -c 1100000 /dev/zero"] {
            assert_eq!(drawn(nothing, long), None, "{nothing}");
        }
        let begun = Instant::now();
        for hangs in ["exec sleep 60", "printf jpeg; exec >&-; exec sleep 60", "exec cat /dev/zero"] {
            assert_eq!(drawn(hangs, Duration::from_millis(100)), None, "{hangs}");
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }
}
