//! Brings files back: beside, or where they were. Each appears by rename, whole or not at all, also after
//! a power cut; a rerun leaves what is the same already and does the rest. Whatever an archive says is
//! hostile until proven: nothing is written outside the target, no link is followed, and content counts
//! only when its SHA-256 is right.
//!
//! One thread plans batches and gives them their names, all processors write them. A batch is forced to
//! the medium before any of it gets its name, so that its size says how often the disk must be waited
//! for, and how much memory is needed however large the backup is.

mod aside;
mod commit;
mod compare;
mod contents;
mod copies;
mod error;
pub(crate) mod facts;
pub(crate) mod folders;
pub(crate) mod journal;
mod lost;
mod making;
mod plan;
mod preview;
pub(crate) mod report;
mod request;
mod select;
mod sparse;
mod spool;
mod write;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crossbeam_channel::{Receiver, Sender, unbounded};
use rustix::fs::{Mode, fchmod, fremovexattr};

pub use contents::{ContentError, Contents};
pub use error::RestoreError;
pub use preview::{preview, preview_and_obstacle};
pub use request::{
    CONSENT_WORD, Consent, FilesAndBytes, FromPlace, LostFile, MAX_NAMED_PROBLEMS, Preview, RestoreOptions,
    RestoreRequest, Restored, Target,
};
pub use sparse::SparseMap;

use crate::archive::acl;
use crate::atomic_file::{Step, checkpoint_at};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::error::plain;
use crate::monitor::{Monitor, Phase};

use aside::Aside;
use commit::{Committer, sync_all};
use copies::Copies;
use facts::{Me, set_open};
use folders::FolderWalk;
use journal::{Begin, Bytes};
use lost::Search;
use plan::{Item, Job, Planner};
use preview::{Survey, check, check_room, survey};
use report::Report;
use select::{Ground, Selection};
use spool::FolderSpool;
use write::{Chunk, Control, Done, Staged};

/// The most threads that write; each takes up to 6 MiB.
const MOST_THREADS: usize = 8;
/// Batches that are under way at once: one that is written while the next is planned.
const MOST_BATCHES: usize = 2;

/// Brings back what is asked for.
///
/// Nothing is written before it is known that the backup has it, that it fits on the disk, and that
/// nothing would be replaced without consent. `data_dir` takes the journal of what is replaced in place;
/// beside, nothing is written there. The caller holds the job lock for a restore in place.
///
/// After a power cut every file is there whole, or not at all; what stands half-made has a name that
/// begins with `.keepsake-restoring-` and is removed by the next restore or [`crate::undo::undo`].
///
/// # Errors
/// [`RestoreError`] when it did not begin or had to end early. What is wrong with single files is told in
/// the result.
pub fn restore(
    catalog: &Catalog,
    request: &RestoreRequest,
    options: &RestoreOptions,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
    data_dir: &Path,
) -> Result<Restored, RestoreError> {
    let selection = Selection::of(catalog, request)?;
    let sources = selection.sources(&request.backup);
    let mut ground = Ground::open(&request.target, &sources)?;
    if matches!(request.target, Target::InPlace { .. }) && options.consent != Consent::Typed(CONSENT_WORD.into()) {
        let folders = ground.tops(&sources)?.into_iter().map(|(_, folder)| folder).collect();
        return Err(RestoreError::NeedsConsent { folders });
    }
    let (mut files, mut bytes) =
        (request.backup.total(|source| source.files), request.backup.total(|source| source.bytes));
    let all_new = selection.is_all()
        && ground.is_bare(&sources)
        // Sparse files take less than their size: only a closer look can say that it does not fit.
        && check_room(&HashMap::from([(Vec::new(), bytes)]), request, &ground).is_ok()
        && matches!(request.target, Target::Beside(_));
    let found = if all_new {
        Survey::empty(request).found
    } else {
        let seen = survey(catalog, request, &selection, &mut ground, monitor)?;
        check(&seen, request, &ground)?;
        let Preview { new, changed, same, .. } = seen.found;
        files = new.files + changed.files + same.files;
        bytes = new.bytes.saturating_add(changed.bytes).saturating_add(same.bytes);
        Survey::empty(request).found
    };
    ground.make(&sources)?;
    monitor.phase(Phase::Restoring, Some(files), Some(bytes));

    let report = Report::new(monitor);
    let copies = Copies::new(catalog)?;
    let control = Control::default();
    let job = Job { catalog, request, selection: &selection, copies: &copies, report: &report, me: Me::now() };
    let aside = begin(request, &ground, &sources, clock)?.map(|begin| Aside::new(data_dir.into(), begin));
    // Beside, nothing is needed but the place that it goes to.
    let spool_folder = match &request.target {
        Target::Beside(folder) => folder,
        Target::InPlace { .. } => {
            crate::atomic_file::create_folders(data_dir)?;
            data_dir
        }
    };
    let planner = Planner::new(&job, ground, aside, FolderSpool::new(spool_folder), found);
    let (ended, mut restored) = run(&job, &control, planner);
    (restored.problems, restored.problem_count) = report.finish();
    ended.map(|()| restored)
}

/// The journal's first line; None beside.
fn begin(
    request: &RestoreRequest,
    ground: &Ground<'_>,
    sources: &[String],
    clock: &dyn Clock,
) -> Result<Option<Begin>, RestoreError> {
    if matches!(request.target, Target::Beside(_)) {
        return Ok(None);
    }
    use std::os::unix::ffi::OsStrExt;
    let mut roots = Vec::new();
    for (key, folder) in ground.tops(sources)? {
        // The folder is found again wherever the next command is called from.
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        roots.push((Bytes::of(&key), Bytes::of(folder.as_os_str().as_bytes())));
    }
    let now = clock.local_now();
    Ok(Some(Begin {
        id: now.strftime("%Y%m%d_%H%M%S").to_string(),
        at: now.timestamp().as_second(),
        time: now.to_string(),
        backup: request.backup.name.clone(),
        backup_time: request.backup.time.clone(),
        roots,
    }))
}

/// A batch that is being written.
struct UnderWay {
    number: u64,
    chunks_left: usize,
    staged: Vec<Staged>,
    links: Vec<Item>,
}

/// Plans, writes and names batch after batch, then finishes the folders. What is whole gets its name also
/// when it ends early, unless the medium refuses.
fn run(job: &Job<'_>, control: &Control, mut planner: Planner<'_>) -> (Result<(), RestoreError>, Restored) {
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(MOST_THREADS));
    let mut committer = Committer::new(job.report, control, job.me);
    let (copies, me, report) = (job.copies, job.me, job.report);
    let mut search = Search::new(job);
    let mut ended = std::thread::scope(|scope| {
        let (chunks, to_write) = unbounded::<Chunk>();
        let (done_to, done) = unbounded::<Done>();
        for _ in 0..threads {
            let (to_write, done_to) = (to_write.clone(), done_to.clone());
            scope.spawn(move || write::work(&to_write, &done_to, copies, me, report, control));
        }
        drop((to_write, done_to));
        let mut batches = Batches { chunks, done, under_way: BTreeMap::new(), next: 0, search: &mut search };
        let ended = batches.all(job, control, &mut planner, &mut committer);
        if ended.is_err() {
            control.stop();
        }
        let named = batches.finish(&mut planner, &mut committer);
        ended.and(named)
    });
    if let Some((path, source)) = control.failure() {
        ended = ended.and(Err(RestoreError::CannotWrite { path, source }));
    }
    ended = ended.and(finish_folders(job, &mut planner));
    for top in planner.ground.opened() {
        committer.disks.entry(top.dev).or_insert_with(|| top.clone());
    }
    let synced = sync_all(committer.disks.values());
    ended = ended.and(synced.map_err(|(folder, e)| RestoreError::cannot_write(&folder.shown)(e)));
    let restored = Restored {
        found: planner.found,
        restored: committer.restored,
        same: planner.same,
        lost: search.lost,
        from_places: job.copies.read_elsewhere(),
        salvaged: job.copies.salvaged(),
        undo: planner.aside.as_ref().and_then(Aside::id),
        // Also when only the threads that write were told, long after all was planned. What failed is no stop.
        stopped: control.is_stopped(),
        ..Restored::default()
    };
    (ended, restored)
}

/// The batches that are under way, in their order.
struct Batches<'s, 'j> {
    chunks: Sender<Chunk>,
    done: Receiver<Done>,
    under_way: BTreeMap<u64, UnderWay>,
    next: u64,
    search: &'s mut Search<'j>,
}

impl Batches<'_, '_> {
    /// Until all is planned, or something ends it.
    fn all(
        &mut self,
        job: &Job<'_>,
        control: &Control,
        planner: &mut Planner<'_>,
        committer: &mut Committer<'_>,
    ) -> Result<(), RestoreError> {
        loop {
            if control.is_stopped() || job.report.monitor.should_stop() {
                control.stop();
                return Ok(());
            }
            let Some(batch) = planner.next_batch()? else { return Ok(()) };
            let chunks = write::cut(self.next, batch.items);
            let state =
                UnderWay { number: self.next, chunks_left: chunks.len(), staged: Vec::new(), links: batch.links };
            self.under_way.insert(self.next, state);
            self.next += 1;
            for chunk in chunks {
                // The threads listen until this end is dropped.
                let _ = self.chunks.send(chunk);
            }
            while self.under_way.len() >= MOST_BATCHES {
                self.name_first(planner, committer)?;
            }
        }
    }

    /// Waits for the oldest batch and gives it its names.
    fn name_first(&mut self, planner: &mut Planner<'_>, committer: &mut Committer<'_>) -> Result<(), RestoreError> {
        while self.under_way.first_key_value().is_some_and(|(_, batch)| batch.chunks_left > 0) {
            let Ok(done) = self.done.recv() else { break };
            // Whatever is found out next, this chunk is not waited for again.
            let Some(batch) = self.under_way.get_mut(&done.batch) else { continue };
            batch.chunks_left -= 1;
            batch.staged.extend(done.staged);
            let mut items = Vec::new();
            for lost in done.lost {
                items.extend(self.search.again(lost)?);
            }
            if !items.is_empty() {
                batch.chunks_left += 1;
                // The threads listen until this end is dropped.
                let _ = self.chunks.send(Chunk { batch: done.batch, items });
            }
        }
        match self.under_way.pop_first() {
            Some((number, batch)) => {
                debug_assert_eq!(number, batch.number);
                committer.commit(batch.staged, batch.links, planner)
            }
            None => Ok(()),
        }
    }

    /// Waits for all that is under way, and gives it its names until that fails.
    fn finish(mut self, planner: &mut Planner<'_>, committer: &mut Committer<'_>) -> Result<(), RestoreError> {
        let mut ended = Ok(());
        while !self.under_way.is_empty() && ended.is_ok() {
            ended = self.name_first(planner, committer);
        }
        // The threads end, and what they still wrote goes.
        drop(self.chunks);
        for done in &self.done {
            committer.discard(done.staged);
        }
        for batch in self.under_way.into_values() {
            committer.discard(batch.staged);
        }
        ended
    }
}

/// Sets owner, mode and time of all folders, the innermost first, now that everything is in them.
fn finish_folders(job: &Job<'_>, planner: &mut Planner<'_>) -> Result<(), RestoreError> {
    let mut walks: BTreeMap<Vec<u8>, FolderWalk> = BTreeMap::new();
    let spooled = |e| crate::error::FileError::on("read back the list of folders for", Path::new("."))(e);
    while let Some(unfinished) = planner.spool.pop().map_err(spooled)? {
        let facts = unfinished.facts();
        let walk = match walks.get_mut(&unfinished.key) {
            Some(walk) => walk,
            None => {
                let path = crate::archive_path::ArchivePath::new(if unfinished.key.is_empty() {
                    unfinished.path.clone()
                } else {
                    unfinished.key.clone()
                });
                let top = path.ok().and_then(|path| planner.ground.walk(&path).map(|walk| walk.top().clone()));
                let Some(top) = top else { continue };
                walks.entry(unfinished.key.clone()).or_insert(FolderWalk::new(top))
            }
        };
        let finished = walk.find(&unfinished.path).and_then(|folder| {
            checkpoint_at(Step::Write, || folder.shown.clone())?;
            Ok(folder)
        });
        match finished {
            Ok(folder) if unfinished.only_mode => {
                // It was this user's to change a moment ago.
                let _ = fchmod(&folder, Mode::from_raw_mode(facts.mode));
            }
            Ok(folder) => {
                if unfinished.existed && !facts.xattrs.iter().any(|x| x.name == acl::DEFAULT) {
                    let _ = fremovexattr(&folder, acl::DEFAULT);
                }
                set_open(&folder, &facts, job.me, unfinished.existed, &unfinished.shown, job.report);
            }
            Err(e) => job.report.problem(
                crate::monitor::ProblemKind::NotQuiteRestored,
                &unfinished.shown,
                format!("its permissions and its time could not be set: {}", plain(&e)),
            ),
        }
    }
    Ok(())
}
