// Made from the types of keepsake-api. Do not change it by hand:
// KEEPSAKE_BINDINGS=write cargo test -p keepsake-api

/**
 * A sentence to be said in the language of whoever looks. Every front end has the sentence `id` in each language.
 */
export type Said = { 
/**
 * The sentence's name: `health-overdue`. Its advice, if it has one, is the attribute `.advice` of the same name.
 */
id: string, 
/**
 * What is put into it, by name.
 */
args?: { [key in string]: SaidArg }, };

/**
 * Something that is put into a sentence. The front end writes it as people of its language do.
 */
export type SaidArg = { "kind": "text", "value": string } | { "kind": "count", "value": number } | { "kind": "bytes", "value": number } | { "kind": "moment", "value": number } | { "kind": "age-secs", "value": number };

/**
 * What may be asked. In JSON: `{"ask": "backup", "name": "family_20260303_020500"}`. Each has one kind of
 * [`crate::Answer`], of the same name.
 */
export type Request = { "ask": "status", } | { "ask": "watch", } | { "ask": "back-up-now", 
/**
 * The plan; all of them when it is null.
 */
plan: string | null, } | { "ask": "copy-now", 
/**
 * The place; all of them when it is null.
 */
place: string | null, } | { "ask": "check-now", } | { "ask": "stop", } | { "ask": "pause", 
/**
 * Until when.
 */
until: PauseUntil, } | { "ask": "resume", } | { "ask": "confirm-changes", 
/**
 * The plan.
 */
plan: string, } | { "ask": "restore", 
/**
 * What, and where to.
 */
restore: RestoreAsk, 
/**
 * What the person typed; only the word RESTORE, or its translation that the window maps to it, counts. Needed
 * in place only.
 */
confirm: string | null, 
/**
 * [`crate::RestorePreview::seen`] of what the person saw: when that is not what would be written to any more, nothing
 * is. Needed in place only.
 */
seen: string | null, } | { "ask": "undo", 
/**
 * Its id, from [`crate::JobEnd`] or `undos`.
 */
undo: string, } | { "ask": "delete-backup", 
/**
 * The backup's name.
 */
name: string, } | { "ask": "import", 
/**
 * The folder.
 */
dir: PathText, } | { "ask": "adopt-drive", 
/**
 * [`crate::PluggedIn::volume`].
 */
volume: string, 
/**
 * What the family calls it.
 */
name: string, 
/**
 * Its colour.
 */
color: DriveColor, 
/**
 * True to encrypt its copies.
 */
is_encrypted: boolean, } | { "ask": "ignore-drive", 
/**
 * [`crate::PluggedIn::volume`].
 */
volume: string, 
/**
 * True to never ask about it again; else until it is plugged in anew.
 */
forever: boolean, } | { "ask": "ask-again", 
/**
 * [`crate::IgnoredDrive::volume`].
 */
volume: string, } | { "ask": "eject-drive", 
/**
 * [`crate::PluggedIn::volume`].
 */
volume: string, } | { "ask": "forget-drive", 
/**
 * Its name.
 */
name: string, } | { "ask": "prove-drive", 
/**
 * Its name.
 */
name: string, } | { "ask": "change-drive", 
/**
 * Its name until now.
 */
name: string, 
/**
 * What the family calls it from now on.
 */
new_name: string, 
/**
 * Its colour.
 */
color: DriveColor, 
/**
 * True to leave it plugged in.
 */
stays_plugged_in: boolean, } | { "ask": "open-drive", 
/**
 * [`crate::PluggedIn::volume`].
 */
volume: string, } | { "ask": "snooze-drives", 
/**
 * For so many days, 1 to 30.
 */
days: number, } | { "ask": "recovery-sheet", } | { "ask": "check-sheet", 
/**
 * What was typed.
 */
code: string, } | { "ask": "enter-key", 
/**
 * What was typed.
 */
text: string, 
/**
 * The folder of encrypted backups that it should open; null for the family's own.
 */
from: PathText | null, } | { "ask": "read-sheet", 
/**
 * The picture's file.
 */
picture: PathText, 
/**
 * As in `enter-key`.
 */
from: PathText | null, } | { "ask": "new-key", } | { "ask": "quit", } | { "ask": "drives", } | { "ask": "home", } | { "ask": "history", 
/**
 * Another folder of backups than one's own, as on a new computer; nothing is written there.
 */
from: PathText | null, } | { "ask": "backup", 
/**
 * Its name.
 */
name: string, 
/**
 * As in `history`.
 */
from: PathText | null, } | { "ask": "changes", 
/**
 * The backup's name.
 */
name: string, 
/**
 * Which of them.
 */
kind: ChangeKind, 
/**
 * How many are skipped.
 */
offset: number, 
/**
 * At most so many, 1 to 1,000.
 */
limit: number, } | { "ask": "browse", 
/**
 * The backup's name.
 */
name: string, 
/**
 * The folder; the sources when it is null.
 */
folder: PathText | null, 
/**
 * How many are skipped.
 */
offset: number, 
/**
 * At most so many, 1 to 1,000.
 */
limit: number, 
/**
 * As in `history`.
 */
from: PathText | null, } | { "ask": "search", 
/**
 * The backup's name.
 */
name: string, 
/**
 * The letters, 1 to 200.
 */
text: string, 
/**
 * At most so many, 1 to 1,000.
 */
limit: number, 
/**
 * As in `history`.
 */
from: PathText | null, } | { "ask": "versions", 
/**
 * The file; its first part is the source's name.
 */
path: PathText, 
/**
 * As in `history`.
 */
from: PathText | null, } | { "ask": "thumbnails", 
/**
 * The backup's name.
 */
name: string, 
/**
 * At most 64 files.
 */
paths: Array<PathText>, 
/**
 * As in `history`.
 */
from: PathText | null, } | { "ask": "preview-restore", 
/**
 * What, and where to.
 */
restore: RestoreAsk, } | { "ask": "undos", } | { "ask": "activity", 
/**
 * Which of it.
 */
filter: ActivityFilter, 
/**
 * Only what is older than the entry with this id.
 */
before: number | null, 
/**
 * At most so many, 1 to 1,000.
 */
limit: number, } | { "ask": "settings", } | { "ask": "check-settings", 
/**
 * The changes, in their order.
 */
changes: Array<SettingsChange>, } | { "ask": "change-settings", 
/**
 * The changes, in their order.
 */
changes: Array<SettingsChange>, 
/**
 * [`crate::SettingsView::fingerprint`] of what the person saw: who changed the file meanwhile is not overwritten.
 */
fingerprint: string, } | { "ask": "suggest-sources", } | { "ask": "measure-folder", 
/**
 * The folder.
 */
dir: PathText, } | { "ask": "suggest-places", 
/**
 * What is to be protected, to tell the same disk.
 */
sources: Array<PathText>, };

/**
 * How long a pause lasts.
 */
export type PauseUntil = "hour" | "tomorrow";

/**
 * What is answered, by the name of the question. In JSON: `{"answer": "home", "value": {...}}`; `value` is null where
 * something was only done.
 */
export type Answer = { "answer": "status", "value": Status } | { "answer": "watch", "value": null } | { "answer": "back-up-now", "value": null } | { "answer": "copy-now", "value": null } | { "answer": "check-now", "value": null } | { "answer": "stop", "value": null } | { "answer": "pause", "value": null } | { "answer": "resume", "value": null } | { "answer": "confirm-changes", "value": null } | { "answer": "restore", "value": number } | { "answer": "undo", "value": number } | { "answer": "delete-backup", "value": number } | { "answer": "import", "value": number } | { "answer": "adopt-drive", "value": number } | { "answer": "ignore-drive", "value": null } | { "answer": "ask-again", "value": null } | { "answer": "eject-drive", "value": number } | { "answer": "forget-drive", "value": number } | { "answer": "prove-drive", "value": number } | { "answer": "change-drive", "value": null } | { "answer": "open-drive", "value": OpenedDrive } | { "answer": "snooze-drives", "value": null } | { "answer": "recovery-sheet", "value": RecoverySheet } | { "answer": "check-sheet", "value": boolean } | { "answer": "enter-key", "value": EnteredKey } | { "answer": "read-sheet", "value": EnteredKey } | { "answer": "new-key", "value": null } | { "answer": "quit", "value": null } | { "answer": "drives", "value": Drives } | { "answer": "home", "value": Home } | { "answer": "history", "value": History } | { "answer": "backup", "value": BackupPage } | { "answer": "changes", "value": Changes } | { "answer": "browse", "value": Listing } | { "answer": "search", "value": Found } | { "answer": "versions", "value": Array<FileVersion> } | { "answer": "thumbnails", "value": Array<Thumbnail> } | { "answer": "preview-restore", "value": RestorePreview } | { "answer": "undos", "value": Array<UndoEntry> } | { "answer": "activity", "value": Array<ActivityEntry> } | { "answer": "settings", "value": SettingsView } | { "answer": "check-settings", "value": Array<WrongChange> } | { "answer": "change-settings", "value": ChangedSettings } | { "answer": "suggest-sources", "value": Array<SourceSuggestion> } | { "answer": "measure-folder", "value": FolderSize } | { "answer": "suggest-places", "value": Array<PlaceSuggestion> };

/**
 * Why something was not done.
 */
export type Refusal = { 
/**
 * What kind of reason.
 */
kind: RefusalKind, 
/**
 * What it is, what it means and what to do, in a sentence; `.advice` as for reasons.
 */
said: Said, 
/**
 * What the program said, in English: for the one who helps.
 */
detail: string | null, };

/**
 * What kind of reason.
 */
export type RefusalKind = "bad-request" | "not-allowed" | "not-found" | "not-now" | "wrong-settings" | "failed";

/**
 * What a connection that watches is told.
 */
export type Event = { "event": "status", "value": Status } | { "event": "job-ended", "value": JobEnd } | { "event": "changed", "value": Record<symbol, never> };

/**
 * How things stand now: all that the tray shows, and the top of Home.
 */
export type Status = { 
/**
 * The verdict on the whole.
 */
state: State, 
/**
 * The verdict in one sentence.
 */
sentence: Said, 
/**
 * Everything that is not good, the worst first.
 */
reasons: Array<Reason>, 
/**
 * The verdict on each plan.
 */
plans: Array<PlanStatus>, 
/**
 * The job that runs; null when none does.
 */
job: JobProgress | null, 
/**
 * Until when no backup begins by itself, in seconds since 1970; null when there is no pause.
 */
paused_until: number | null, 
/**
 * Why backups that are due wait, when they do.
 */
waits: Waits | null, 
/**
 * The newest backup, in seconds since 1970; null without one.
 */
newest_backup: number | null, 
/**
 * Volumes of drives that are plugged in: the family's and strangers.
 */
drives: Array<PluggedIn>, 
/**
 * True when whoever asks may change settings, restore and delete: it is the agent's own user.
 */
may_change: boolean, 
/**
 * The agent's version.
 */
version: string, };

/**
 * The verdict, as core's.
 */
export type State = "good" | "attention" | "problem" | "busy" | "not-set-up";

/**
 * Why backups that are due wait.
 */
export type Waits = "battery" | "metered" | "other-run";

/**
 * Why the verdict is not simply good.
 */
export type Reason = { 
/**
 * The rule's word, as in `keepsake health --json`: `overdue`. With plan, source and place it tells one episode.
 */
rule: string, 
/**
 * The plan it is about.
 */
plan: string | null, 
/**
 * The source it is about.
 */
source: string | null, 
/**
 * The place it is about.
 */
place: string | null, 
/**
 * What is wrong; its attribute `.advice` says what to do.
 */
said: Said, 
/**
 * What the system said, in English: for the one who helps. Null when the sentence says all.
 */
detail: string | null, 
/**
 * Attention, problem or not-set-up.
 */
state: State, 
/**
 * The one thing to do about it that a button can do.
 */
action: Action | null, };

/**
 * What a button can do about a reason.
 */
export type Action = "back-up-now" | "check-now" | "copy-now" | "confirm-changes" | "open-settings" | "set-up" | "show-problems" | "show-drives" | "print-sheet";

/**
 * The verdict on one plan.
 */
export type PlanStatus = { 
/**
 * Its name.
 */
plan: string, 
/**
 * Good, attention or problem.
 */
state: State, 
/**
 * When it is due next, in seconds since 1970; null when only by hand, or paused by the settings.
 */
next_due: number | null, };

/**
 * What kind of job.
 */
export type JobKind = "backup" | "copy" | "check" | "restore" | "undo" | "tidy-up" | "import" | "adopt-drive" | "eject-drive" | "forget-drive";

/**
 * What a job is doing.
 */
export type JobPhase = "starting" | "scanning" | "backing-up" | "restoring" | "verifying" | "importing" | "copying" | "stopping";

/**
 * How far a job is.
 */
export type JobProgress = { 
/**
 * Its number, never used twice by one agent.
 */
job: number, 
/**
 * What kind of job.
 */
kind: JobKind, 
/**
 * The plan or the place it is about; null for all.
 */
about: string | null, 
/**
 * What it is doing.
 */
phase: JobPhase, 
/**
 * Files done.
 */
files: number, 
/**
 * Files in all; null while that is not known.
 */
total_files: number | null, 
/**
 * Bytes done.
 */
bytes: number, 
/**
 * Bytes in all; null while that is not known.
 */
total_bytes: number | null, 
/**
 * Bytes each second, of late; null while it is too early to say.
 */
bytes_per_sec: number | null, 
/**
 * The least and the most seconds that are left; null when nobody can know.
 */
left_secs: [number, number] | null, 
/**
 * Things that went wrong so far.
 */
problems: number, };

/**
 * How a job ended.
 */
export type JobOutcome = "good" | "with-problems" | "failed" | "stopped";

/**
 * The end of a job.
 */
export type JobEnd = { 
/**
 * Its number.
 */
job: number, 
/**
 * What kind of job.
 */
kind: JobKind, 
/**
 * The plan or the place it was about.
 */
about: string | null, 
/**
 * How it ended.
 */
outcome: JobOutcome, 
/**
 * What happened, in one sentence.
 */
said: Said, 
/**
 * What the system said, in English.
 */
detail: string | null, 
/**
 * What went wrong, by name: at most 1,000.
 */
problems: Array<Problem>, 
/**
 * All that went wrong.
 */
problem_count: number, 
/**
 * The backup that was made or restored from.
 */
backup: string | null, 
/**
 * How many files a restore brought back, or a backup holds.
 */
files: number, 
/**
 * Their bytes; of a backup, those that are new.
 */
bytes: number, 
/**
 * Where a restore put them; as text for people.
 */
place: string | null, 
/**
 * How `undo` knows a restore; null when nothing can be taken back.
 */
undo: string | null, };

/**
 * One thing that went wrong, by name.
 */
export type Problem = { 
/**
 * The kind's word, as in `--json`: `unreadable`.
 */
kind: string, 
/**
 * Where, as text for people; it begins with the source's name.
 */
path: string, 
/**
 * What the system said, in English.
 */
message: string, };

/**
 * What Home shows of sources and places.
 */
export type Home = { 
/**
 * A card for each source, in the order of the settings.
 */
sources: Array<SourceCard>, 
/**
 * A card for each place; this computer's backup folder first.
 */
places: Array<PlaceCard>, };

/**
 * Files, and how many of them are pictures and videos by their names' endings.
 */
export type Counts = { 
/**
 * Files and links.
 */
files: number, 
/**
 * Of these, pictures and videos.
 */
pictures: number, 
/**
 * Bytes of the files.
 */
bytes: number, };

/**
 * One source.
 */
export type SourceCard = { 
/**
 * Its plan.
 */
plan: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Where it is, as text for people.
 */
path: string, 
/**
 * Good, attention or problem.
 */
state: State, 
/**
 * When its newest backup was made, in seconds since 1970.
 */
newest_backup: number | null, 
/**
 * That backup's name.
 */
backup: string | null, 
/**
 * What that backup has of it.
 */
counts: Counts, 
/**
 * Of these, what was new or changed in it.
 */
new: Counts, 
/**
 * What could not be read, by name: at most 1,000.
 */
problems: Array<Problem>, 
/**
 * All that could not be read.
 */
problem_count: number, 
/**
 * True when backups of it are not made for the time being, by the settings.
 */
is_paused: boolean, };

/**
 * A place that holds backups.
 */
export type PlaceCard = { 
/**
 * What the family calls it; empty for this computer's backup folder.
 */
name: string, 
/**
 * True for this computer's backup folder.
 */
is_home: boolean, 
/**
 * Where it is, as text for people.
 */
path: string, 
/**
 * Good, attention or problem.
 */
state: State, 
/**
 * True when it can be reached now.
 */
is_there: boolean, 
/**
 * False when it did not say in time whether it is there: nobody knows then what is on it now.
 */
answers: boolean, 
/**
 * When it got its newest backup, in seconds since 1970.
 */
newest: number | null, 
/**
 * How many backups it has whole.
 */
backups: number, 
/**
 * What they take, in bytes.
 */
bytes: number, 
/**
 * What is free there, in bytes; null when that is not known.
 */
free_bytes: number | null, 
/**
 * Since when all that it has is known to be good: the check that is longest ago, in seconds since 1970.
 */
proven: number | null, 
/**
 * When something is to be done here next, in seconds since 1970.
 */
next: number | null, };

/**
 * One backup among others.
 */
export type BackupSummary = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its plan.
 */
plan: string, 
/**
 * The computer that made it, when it was another one.
 */
computer: string | null, 
/**
 * When it was made, in seconds since 1970.
 */
at: number, 
/**
 * The day in the time zone of the computer that made it: `2026-03-03`.
 */
day: string, 
/**
 * Good; attention when it has problems; problem when it is damaged or lacks archives.
 */
state: State, 
/**
 * What it lists.
 */
counts: Counts, 
/**
 * What was new or changed in it, in bytes.
 */
new_bytes: number, 
/**
 * What it took on the disk, in bytes.
 */
stored_bytes: number, 
/**
 * How many things could not be read.
 */
problem_count: number, };

/**
 * All backups, and the days on which a run failed.
 */
export type History = { 
/**
 * The backups, newest first.
 */
backups: Array<BackupSummary>, 
/**
 * Days on which a run failed and made no backup: `2026-03-03`, with how many.
 */
failed: Array<[string, number]>, 
/**
 * What is stored in all at the end of days on which that changed, oldest first: `2026-03-03`, in bytes.
 */
space: [string, number][], };

/**
 * One backup, whole.
 */
export type BackupPage = { 
/**
 * As among the others.
 */
summary: BackupSummary, 
/**
 * The one before and the one after, of the same plan.
 */
before: string | null, 
/**
 * The one after.
 */
after: string | null, 
/**
 * Its sources, by name.
 */
sources: Array<SourceInBackup>, 
/**
 * What came, changed and went since the one before.
 */
came: Counts, 
/**
 * What changed.
 */
changed: Counts, 
/**
 * What went.
 */
went: Counts, 
/**
 * What went wrong, by name: at most 1,000.
 */
problems: Array<Problem>, 
/**
 * The places that have all of it, this computer's backup folder with an empty name.
 */
places: Array<string>, 
/**
 * What keeps it.
 */
kept: Array<Keeps>, 
/**
 * True when nothing else is good of this plan, so that it cannot be deleted.
 */
is_last_good: boolean, 
/**
 * When all that it needs was last known to be good, in seconds since 1970.
 */
proven: number | null, 
/**
 * What deleting it would free in the backup folder, in bytes.
 */
frees_bytes: number, };

/**
 * A source in one backup.
 */
export type SourceInBackup = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where it was, as text for people; null when that is not known here.
 */
path: string | null, 
/**
 * False when it could not be found then.
 */
was_found: boolean, 
/**
 * What it had.
 */
counts: Counts, };

/**
 * Why a backup is not tidied up.
 */
export type Keeps = { "why": "day", } | { "why": "week", } | { "why": "month", } | { "why": "last", 
/**
 * How many.
 */
count: number, } | { "why": "days", 
/**
 * How many.
 */
days: number, } | { "why": "recent", } | { "why": "last-good", } | { "why": "frozen", } | { "why": "no-plan", };

/**
 * What became of a file.
 */
export type ChangeKind = "came" | "changed" | "went";

/**
 * Files that came, changed or went.
 */
export type Changes = { 
/**
 * All of them.
 */
total: number, 
/**
 * Those that were asked for.
 */
files: Array<ChangedFile>, };

/**
 * One of them.
 */
export type ChangedFile = { 
/**
 * To give back.
 */
path: PathText, 
/**
 * As text for people.
 */
shown: string, 
/**
 * Its size in bytes; of one that went, what it had.
 */
bytes: number, };

/**
 * Some of what is in a folder.
 */
export type Listing = { 
/**
 * How much is in it in all.
 */
total: number, 
/**
 * What was asked for.
 */
items: Array<Item>, };

/**
 * What kind of thing.
 */
export type ItemKind = "folder" | "file" | "picture" | "video" | "link";

/**
 * A file or a folder.
 */
export type Item = { 
/**
 * To give back; its first part is the source's name.
 */
path: PathText, 
/**
 * Its name, as text for people.
 */
name: string, 
/**
 * The folder that holds it, as text for people; empty for a source. For what a search found.
 */
folder: string, 
/**
 * What kind of thing.
 */
kind: ItemKind, 
/**
 * Its size in bytes; 0 for a folder.
 */
bytes: number, 
/**
 * When it was changed last, in seconds since 1970.
 */
mtime: number, };

/**
 * What a search found.
 */
export type Found = { 
/**
 * The first of them, in the order of paths.
 */
items: Array<Item>, 
/**
 * True when there are more.
 */
has_more: boolean, };

/**
 * One version of a file.
 */
export type FileVersion = { 
/**
 * The newest backup that has it.
 */
backup: string, 
/**
 * When the first backup that has it was made, in seconds since 1970.
 */
first_at: number, 
/**
 * When the newest backup that has it was made.
 */
last_at: number, 
/**
 * Its size in bytes.
 */
bytes: number, 
/**
 * When it was changed last, in seconds since 1970.
 */
mtime: number, 
/**
 * True when it is the same as what is there now.
 */
is_current: boolean, 
/**
 * True when it is known to be damaged.
 */
is_damaged: boolean, };

/**
 * A small picture.
 */
export type Thumbnail = { 
/**
 * Of this file.
 */
path: PathText, 
/**
 * A JPEG of at most 256 x 256 pixels, in base64; null when it cannot be shown.
 */
jpeg: string | null, };

/**
 * What is brought back, and where to.
 */
export type RestoreAsk = { 
/**
 * The backup's name.
 */
name: string, 
/**
 * Files and folders with all that is in them; empty: everything. At most 10,000.
 */
paths: Array<PathText>, 
/**
 * Where to.
 */
target: RestoreTarget, 
/**
 * Another folder of backups than one's own, as on a new computer; nothing is written there.
 */
from: PathText | null, };

/**
 * Where a restore puts what it brings back.
 */
export type RestoreTarget = { "to": "beside", 
/**
 * The folder; it is made when it is missing.
 */
dir: PathText, } | { "to": "in-place", };

/**
 * A number of files, and their bytes.
 */
export type Amount = { 
/**
 * Files and links.
 */
files: number, 
/**
 * Bytes of the files.
 */
bytes: number, };

/**
 * What a restore would find and do.
 */
export type RestorePreview = { 
/**
 * Not there now.
 */
new: Amount, 
/**
 * There, with another content.
 */
changed: Amount, 
/**
 * There, with the same content.
 */
same: Amount, 
/**
 * Of those changed, what was changed here after the backup.
 */
newer_here: Amount, 
/**
 * The exact place, as text for people.
 */
place: string, 
/**
 * When the backup was made, in seconds since 1970.
 */
backup_at: number, 
/**
 * What stands in the way: nothing can be written before this is solved.
 */
obstacles: Array<Said>, 
/**
 * What a person should know and may accept: damaged files, an old backup.
 */
warnings: Array<Said>, 
/**
 * What is free there, in bytes.
 */
free_bytes: number | null, 
/**
 * For a restore in place: stands for exactly what was looked at, and is given back when it is agreed to. Null when
 * something stands in the way, and beside.
 */
seen: string | null, };

/**
 * A restore in place that can be taken back.
 */
export type UndoEntry = { 
/**
 * How `undo` knows it.
 */
undo: string, 
/**
 * When it was done, in seconds since 1970.
 */
at: number, 
/**
 * From which backup.
 */
backup: string, 
/**
 * How many files it touched.
 */
files: number, 
/**
 * Until when it can be taken back, in seconds since 1970.
 */
until: number, };

/**
 * What kind of event.
 */
export type ActivityKind = "backup" | "copy" | "check" | "restore" | "tidy-up" | "health";

/**
 * Which events.
 */
export type ActivityFilter = { 
/**
 * Of this source only.
 */
source: string | null, 
/**
 * Of this kind only.
 */
kind: ActivityKind | null, };

/**
 * One event.
 */
export type ActivityEntry = { 
/**
 * Its number; the newest has the largest.
 */
id: number, 
/**
 * When, in seconds since 1970.
 */
at: number, 
/**
 * What kind.
 */
kind: ActivityKind, 
/**
 * Good, attention or problem.
 */
state: State, 
/**
 * What happened, in a sentence.
 */
said: Said, 
/**
 * What the system said, in English.
 */
detail: string | null, 
/**
 * The backup it is about.
 */
backup: string | null, };

/**
 * The settings.
 */
export type SettingsView = { 
/**
 * Where the file is, as text for people.
 */
file: string, 
/**
 * Tells this state of the file from others; empty when there is no file.
 */
fingerprint: string, 
/**
 * This computer's backup folder; null when nothing is set up.
 */
backup_dir: PathText | null, 
/**
 * The plans.
 */
plans: Array<PlanView>, 
/**
 * Other places.
 */
places: Array<PlaceView>, 
/**
 * When the desktop stays quiet: minutes since midnight, local time, from and to; null when never.
 */
quiet_hours: [number, number] | null, 
/**
 * True when backups wait while the computer runs on its battery.
 */
waits_on_battery: boolean, 
/**
 * True when copies over a metered network wait.
 */
waits_on_metered: boolean, 
/**
 * What is wrong with the file as it is, in English, with the line; null when it is right.
 */
wrong: string | null, };

/**
 * One plan.
 */
export type PlanView = { 
/**
 * Its name.
 */
name: string, 
/**
 * When, as in the file: `daily 02:00`.
 */
schedule: string, 
/**
 * The same as data, where a person can choose it; null for a cron line.
 */
times: Times | null, 
/**
 * How long backups are kept.
 */
keep: Keep, 
/**
 * True when it is paused by the settings.
 */
is_paused: boolean, 
/**
 * What it protects.
 */
sources: Array<SourceView>, };

/**
 * When backups are due.
 */
export type Times = { "each": "hour", } | { "each": "day", 
/**
 * 0 to 1439.
 */
minute: number, } | { "each": "week", 
/**
 * 1 for Monday to 7 for Sunday.
 */
weekday: number, 
/**
 * 0 to 1439.
 */
minute: number, } | { "each": "never", } | { "each": "other", 
/**
 * The text.
 */
text: string, };

/**
 * How long backups are kept.
 */
export type Keep = { "by": "last", 
/**
 * 1 or more.
 */
last: number, } | { "by": "days", 
/**
 * 1 or more.
 */
days: number, } | { "by": "tiered", 
/**
 * So many days.
 */
daily: number, 
/**
 * So many weeks.
 */
weekly: number, 
/**
 * So many months.
 */
monthly: number, };

/**
 * One source.
 */
export type SourceView = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where it is.
 */
path: PathText, 
/**
 * The same, as text for people.
 */
shown: string, 
/**
 * What is left out.
 */
exclude: Array<string>, 
/**
 * True when it is paused.
 */
is_paused: boolean, };

/**
 * Another place.
 */
export type PlaceView = { 
/**
 * What the family calls it.
 */
name: string, 
/**
 * Where it is.
 */
path: PathText, 
/**
 * The same, as text for people.
 */
shown: string, };

/**
 * One change of the settings.
 */
export type SettingsChange = { "change": "backup-dir", 
/**
 * The folder, absolute or beginning with `~/`.
 */
dir: PathText, } | { "change": "add-plan", 
/**
 * Its name.
 */
plan: string, 
/**
 * When.
 */
times: Times, 
/**
 * How long.
 */
keep: Keep, 
/**
 * What it protects.
 */
sources: Array<NewSource>, } | { "change": "remove-plan", 
/**
 * Its name.
 */
plan: string, } | { "change": "schedule", 
/**
 * The plan.
 */
plan: string, 
/**
 * When.
 */
times: Times, } | { "change": "retention", 
/**
 * The plan.
 */
plan: string, 
/**
 * How long.
 */
keep: Keep, } | { "change": "pause-plan", 
/**
 * The plan.
 */
plan: string, 
/**
 * True to pause.
 */
is_paused: boolean, } | { "change": "add-source", 
/**
 * The plan.
 */
plan: string, 
/**
 * The source.
 */
source: NewSource, } | { "change": "remove-source", 
/**
 * The plan.
 */
plan: string, 
/**
 * The source.
 */
source: string, } | { "change": "pause-source", 
/**
 * The plan.
 */
plan: string, 
/**
 * The source.
 */
source: string, 
/**
 * True to pause.
 */
is_paused: boolean, } | { "change": "exclude", 
/**
 * The plan.
 */
plan: string, 
/**
 * The source.
 */
source: string, 
/**
 * Patterns in gitignore syntax.
 */
patterns: Array<string>, } | { "change": "add-place", 
/**
 * What the family calls it.
 */
name: string, 
/**
 * Where it is.
 */
dir: PathText, } | { "change": "remove-place", 
/**
 * Its name.
 */
name: string, } | { "change": "quiet-hours", 
/**
 * Minutes since midnight, from and to; null for never.
 */
hours: [number, number] | null, } | { "change": "wait-on-battery", 
/**
 * True to wait.
 */
waits: boolean, } | { "change": "wait-on-metered", 
/**
 * True to wait.
 */
waits: boolean, };

/**
 * A source that is to be added.
 */
export type NewSource = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where it is, absolute or beginning with `~/`.
 */
path: PathText, 
/**
 * What is left out, in gitignore syntax.
 */
exclude: Array<string>, };

/**
 * What is wrong with one change.
 */
export type WrongChange = { 
/**
 * Which of the changes, from 0.
 */
change: number, 
/**
 * Which of its fields: `dir`; empty when it is the change as a whole.
 */
field: string, 
/**
 * What is wrong and what would be right, in words.
 */
said: Said, 
/**
 * What the program said, in English.
 */
detail: string | null, };

/**
 * What came of changing the settings.
 */
export type ChangedSettings = { 
/**
 * The settings as they are now.
 */
settings: SettingsView, 
/**
 * What is wrong with the changes; when it is not empty nothing was changed.
 */
wrong: Array<WrongChange>, };

/**
 * What kind of folder of a home: the XDG user directories (xdg-user-dirs 0.18).
 */
export type FolderRole = "pictures" | "documents" | "desktop" | "music" | "videos" | "downloads" | "mail" | "other";

/**
 * A folder that a family would want to protect.
 */
export type SourceSuggestion = { 
/**
 * The folder.
 */
path: PathText, 
/**
 * The same, as text for people: `~/Pictures`.
 */
shown: string, 
/**
 * A name for it that is allowed and not taken.
 */
name: string, 
/**
 * What kind of folder.
 */
role: FolderRole, 
/**
 * What is in it; null when that took too long, or it cannot be read.
 */
counts: Counts | null, 
/**
 * True when it should be chosen to begin with.
 */
is_chosen: boolean, };

/**
 * How much there is in a folder.
 */
export type FolderSize = { 
/**
 * What is in it; when `is_whole` is false, what was seen in two seconds.
 */
counts: Counts, 
/**
 * False when there is more.
 */
is_whole: boolean, 
/**
 * A name for it that is allowed and not taken.
 */
name: string, 
/**
 * The same path, as text for people.
 */
shown: string, 
/**
 * How many things in it cannot be read.
 */
unreadable: number, };

/**
 * A disk or a folder where backups could be.
 */
export type PlaceSuggestion = { 
/**
 * The folder that would be used; it need not be there yet.
 */
dir: PathText, 
/**
 * The same, as text for people.
 */
shown: string, 
/**
 * What the disk is called; empty when it has no name.
 */
disk: string, 
/**
 * True for a disk that can be taken away.
 */
is_removable: boolean, 
/**
 * Free for whoever asks, in bytes.
 */
free_bytes: number, 
/**
 * The size of the disk, in bytes.
 */
total_bytes: number, 
/**
 * True when something that is to be protected is on the same disk: a dead disk would take both.
 */
is_same_disk: boolean, 
/**
 * How many backups of Keepsake there are already; they are never overwritten.
 */
backups: number, };

/**
 * The colours by which a family tells its drives apart.
 */
export type DriveColor = "blue" | "green" | "red" | "yellow" | "orange" | "purple" | "white" | "black";

/**
 * The page of drives.
 */
export type Drives = { 
/**
 * The family's drives, in the order of the settings. Which of them are plugged in stands in [`crate::Status`].
 */
drives: Array<DriveCard>, 
/**
 * Strangers that are never asked about: how they were called when that was said.
 */
ignored: Array<IgnoredDrive>, 
/**
 * How the recovery sheet stands.
 */
sheet: SheetState, 
/**
 * What a copy of everything takes, in bytes: so large a drive is needed.
 */
needed_bytes: number, };

/**
 * One drive of the family.
 */
export type DriveCard = { 
/**
 * What the family calls it.
 */
name: string, 
/**
 * Its colour.
 */
color: DriveColor, 
/**
 * True when its copies are encrypted.
 */
is_encrypted: boolean, 
/**
 * True when it is left plugged in: it is not let go of after copying.
 */
stays_plugged_in: boolean, 
/**
 * When it was last plugged in, in seconds since 1970; null when that is not known.
 */
last_seen: number | null, 
/**
 * When it came to hold the newest backup that it has whole; null when it has none.
 */
last_copied: number | null, 
/**
 * Since when everything on it is known to be good; null when nothing is on it.
 */
last_proven: number | null, 
/**
 * How many backups it holds whole.
 */
backups: number, 
/**
 * The bytes of its copies.
 */
bytes: number, 
/**
 * Free on it when it was last seen; null when that is not known.
 */
free_bytes: number | null, 
/**
 * Its size; null when that is not known.
 */
total_bytes: number | null, 
/**
 * True for the one that should be plugged in next.
 */
is_next: boolean, };

/**
 * A stranger that is never asked about.
 */
export type IgnoredDrive = { 
/**
 * How `ask-again` names it.
 */
volume: string, 
/**
 * What it was called: "SanDisk Ultra".
 */
title: string, };

/**
 * A volume of a drive that is plugged in.
 */
export type PluggedIn = { 
/**
 * How requests name it; the same as long as it is plugged in.
 */
volume: string, 
/**
 * The family's drive that it is; null for a stranger.
 */
drive: string | null, 
/**
 * What stands on it or what its file system is called: "SanDisk Ultra", "HOLIDAY". Never empty.
 */
title: string, 
/**
 * Its size.
 */
total_bytes: number, 
/**
 * How it stands.
 */
state: PluggedState, 
/**
 * What that means, in a sentence, and in `.advice` what to do.
 */
said: Said, 
/**
 * Backups that were found on it, where the desktop has mounted it: of how many computers' plans. 0 when there are none or
 * nobody looked.
 */
backups: number, };

/**
 * How a volume stands that is plugged in.
 */
export type PluggedState = "asks" | "ignored" | "locked" | "unusable" | "refused" | "waiting" | "busy" | "ready" | "safe-to-remove" | "unmounted" | "held" | "failed";

/**
 * How the recovery sheet stands.
 */
export type SheetState = "not-needed" | "unchecked" | "checked" | "key-lost";

/**
 * The recovery sheet. Whoever has it can read every copy.
 */
export type RecoverySheet = { 
/**
 * 24 words.
 */
words: Array<string>, 
/**
 * The QR code as a picture: SVG.
 */
qr_svg: string, 
/**
 * What the QR code says: `AGE-SECRET-KEY-1...`.
 */
key: string, 
/**
 * What is to be typed back.
 */
check_code: string, 
/**
 * When the key was made, in seconds since 1970.
 */
made: number, 
/**
 * The computer that prints it.
 */
computer: string, };

/**
 * What came of typing a recovery sheet, or of reading its picture.
 */
export type EnteredKey = { "entered": "good", } | { "entered": "typos", 
/**
 * Which, and what may be meant.
 */
typos: Array<WordTypo>, } | { "entered": "wrong-word", } | { "entered": "wrong-count", 
/**
 * So many.
 */
count: number, } | { "entered": "other-family", } | { "entered": "not-found", };

/**
 * One word that is none.
 */
export type WordTypo = { 
/**
 * Which word, from 1.
 */
number: number, 
/**
 * As it was typed.
 */
typed: string, 
/**
 * What may be meant, the likeliest first; at most 3.
 */
meant: Array<string>, };

/**
 * A stranger with backups, opened for reading.
 */
export type OpenedDrive = { 
/**
 * The folder with the backups: `from` of other questions.
 */
from: PathText, 
/**
 * True when its backups are encrypted and this computer has no key that opens them.
 */
needs_key: boolean, };

/**
 * A path as text. Bytes that are not UTF-8 are written `\xHH`, a backslash is written `\\`; all else is as it is. It is
 * for giving back, not for showing: what is shown comes beside it.
 */
export type PathText = string;
