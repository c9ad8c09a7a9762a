//! Small pictures of files of a backup. Each is decoded by a process of its own (`keepsake thumbnail`) that is killed when it
//! takes too long: what is in a picture was made by strangers.

use std::fs::File;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keepsake_api::{Answer, ItemKind, PathText, Thumbnail};
use keepsake_core::archive_path::ArchivePath;
use keepsake_core::catalog::CatalogError;
use keepsake_core::restore::{ContentError, Contents};

use super::known::Known;
use super::refusal::Refused;
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
    let contents = Contents::new(&opened.catalog)?;
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
    let mut child = Command::new("/proc/self/exe")
        .arg("thumbnail")
        .env_clear()
        .stdin(picture)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let answer = child.stdout.take()?;
    let child = Arc::new(Mutex::new(child));
    let (ended, is_ended) = mpsc::channel::<()>();
    let watched = child.clone();
    let watch = std::thread::spawn(move || {
        if is_ended.recv_timeout(LONGEST_DRAWING).is_err() {
            kill(&watched);
        }
    });
    let mut jpeg = Vec::new();
    let read = answer.take(MOST_JPEG_BYTES + 1).read_to_end(&mut jpeg);
    let is_read = read.is_ok() && jpeg.len() as u64 <= MOST_JPEG_BYTES;
    if !is_read {
        kill(&child);
    }
    // Its answer ends with it, or when it closes it: in both cases it has nothing more to do.
    let _ = ended.send(());
    // Only a thread that panics ends otherwise.
    let _ = watch.join();
    let status = child.lock().ok()?.wait().ok()?;
    (is_read && status.success() && !jpeg.is_empty()).then_some(jpeg)
}

fn kill(child: &Mutex<Child>) {
    if let Ok(mut child) = child.lock() {
        // It may have ended by itself.
        let _ = child.kill();
    }
}
