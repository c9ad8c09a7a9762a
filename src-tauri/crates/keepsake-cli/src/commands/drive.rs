//! `keepsake drive`: the family's USB drives.

use keepsake_core::backup::computer;
use keepsake_core::copy::{CopyOutcome, CopyReport, DriveCopyRequest, ProofReport, copy_to_drive, prove_drive};
use keepsake_core::destinations::drive::{
    Adoption, DriveFolder, Family, FoundMarker, LEAST_DRIVE_BYTES, Mounted, NotOurs, NotedDrives,
};
use keepsake_core::sealed;
use keepsake_core::settings::edit::{Change, EditError, SettingsFile, change};
use keepsake_core::settings::{DriveColor, DriveId, DriveSettings, Settings, check_source_name};
use keepsake_core::units::{ByteCount, counted};
use keepsake_drives::{Contents, Disks, Volume};
use serde_json::{Value, json};

use super::copy::copy_error;
use crate::args::DriveCommand;
use crate::drives::{AtDrive, Left, NoDrive, Worked, at_drive, is_of, let_go, volumes};
use crate::error::{CliError, Exit};
use crate::keyring::Keys;
use crate::near;
use crate::recovery::look_for_key;
use crate::say;
use crate::session::{Session, needed_settings, settings, told_elsewhere};
use crate::surroundings::Surroundings;

/// Does what is asked of drives.
///
/// # Errors
/// Exit code 65 when there is no such drive; 2 when it could not be done.
pub fn run(around: &Surroundings, command: &DriveCommand) -> Result<Exit, CliError> {
    match command {
        DriveCommand::List => list(around),
        DriveCommand::Adopt { volume, name, color, unlocked } => {
            adopt(around, volume, name, color.as_deref(), !unlocked)
        }
        DriveCommand::Eject { drive } => eject(around, drive),
        DriveCommand::Forget { drive } => forget(around, drive),
        DriveCommand::Prove { drive } => prove(around, drive),
    }
}

/// The drive of that name.
///
/// # Errors
/// Exit code 65 when there is none.
pub fn named<'s>(settings: &'s Settings, name: &str) -> Result<&'s DriveSettings, CliError> {
    settings.drive(name).ok_or_else(|| {
        let near = near::names(name, settings.drives.iter().map(|drive| drive.name.as_str()), 3);
        let advice = match near.is_empty() {
            true => "`keepsake drive list` shows the family's drives and what is plugged in.".into(),
            false => format!("There is: {}", near.join(", ")),
        };
        CliError::input(format!("there is no drive {name}"), advice)
    })
}

fn list(around: &Surroundings) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    let volumes = volumes()?;
    let noted = NotedDrives::load(&around.data_dir);
    let here = |drive: &DriveSettings| volumes.iter().any(|volume| is_of(volume, drive));
    let is_ours = |volume: &&Volume| settings.drives.iter().any(|drive| is_of(volume, drive));
    if around.global.json {
        let drives: Vec<Value> = settings
            .drives
            .iter()
            .map(|drive| {
                json!({
                    "name": drive.name, "id": drive.id.to_string(), "color": drive.color.word(),
                    "encrypted": drive.is_encrypted, "plugged_in": here(drive), "last_seen": noted.of(drive.id).last_seen,
                })
            })
            .collect();
        let volumes: Vec<Value> = volumes
            .iter()
            .map(|volume| {
                json!({ "volume": volume.key(), "title": volume.title(), "bytes": volume.bytes,
                "device": volume.device, "contents": contents(volume), "known": is_ours(&volume) })
            })
            .collect();
        say::json(&json!({ "drives": drives, "volumes": volumes }))?;
        return Ok(Exit::Good);
    }
    let mut lines = Vec::new();
    for drive in &settings.drives {
        let there = if here(drive) { "plugged in" } else { "not plugged in" };
        lines.push(format!("{} ({}): {there}", drive.name, drive.color.word()));
    }
    for volume in volumes.iter().filter(|volume| !is_ours(volume)) {
        let (title, size, kind) = (volume.title(), ByteCount(volume.bytes), contents(volume));
        lines.push(match uuid_of_suitable(volume, &volumes, &settings) {
            Ok(_) => {
                let key = volume.key();
                format!("{title} ({size}, {kind}): not used for backups. To use it: keepsake drive adopt {key} --name 'Blue drive'")
            }
            Err((why, advice)) => format!("{title} ({size}, {kind}) {why}. {advice}"),
        });
    }
    if lines.is_empty() {
        lines.push("No drive yet. Plug one in, and run this again.".into());
    }
    say::lines(lines)?;
    Ok(Exit::Good)
}

fn contents(volume: &Volume) -> &str {
    match &volume.contents {
        Contents::FileSystem { kind, .. } => kind,
        Contents::Locked { .. } => "locked",
        Contents::Nothing => "not formatted",
        Contents::Other { kind } => kind,
    }
}

fn adopt(
    around: &Surroundings,
    key: &str,
    name: &str,
    color: Option<&str>,
    is_encrypted: bool,
) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    check_source_name(name).map_err(|why| CliError::input(format!("a drive cannot be called {name:?}: {why}"), ""))?;
    let color = color.map_or(Some(DriveColor::default()), DriveColor::of_word);
    let color = color.ok_or_else(|| {
        CliError::input("there is no such colour", "blue, green, red, yellow, orange, purple, white and black are.")
    })?;
    let (volume, file_system) = suitable(key, &settings)?;
    let session = Session::write(around, "choosing a drive")?;
    let id = new_id().map_err(|e| CliError::failed(format!("the system gives no random numbers: {e}"), ""))?;
    let stays_plugged_in = false;
    let mut drive = DriveSettings { name: name.into(), id, file_system, color, is_encrypted, stays_plugged_in };
    // What would be refused is refused before anything is done.
    let file = SettingsFile::read(&around.config, &around.home).map_err(CliError::from)?;
    file.changed(&[Change::AddDrive(drive.clone())]).map_err(edit_error)?;
    let keys = Keys::around(around);
    let now = around.clock.now().as_second();
    let own = sealed::Family::load_or_make(&around.data_dir, &keys, now).map_err(|e| left_as_it_was(e.into()))?;
    look_for_key(around);
    let family = Family::of(&own);
    look_first(&volume, &mut drive, &family)?;
    let at = AtDrive::mount(volume).map_err(|e| no_drive(name, &e))?;
    let adopted = adopt_it(&at, &drive, &family, now);
    at.leave();
    adopted?;
    let (id, add) = (drive.id, [Change::AddDrive(drive)]);
    change(&around.config, &around.home, &add, &file.fingerprint()).map_err(edit_error)?;
    let noted = NotedDrives::note(&around.data_dir, id, |noted| {
        (noted.adopted_at, noted.last_seen) = (Some(now), Some(now));
    });
    if let Err(e) = noted {
        say::note(format_args!("keepsake: {e}"));
    }
    session.follow_health();
    if around.global.json {
        say::json(&json!({ "drive": name, "id": id.to_string(), "encrypted": is_encrypted }))?;
    } else if !around.global.quiet {
        let mut lines = vec![format!("{name} is one of your drives now. Copy to it: keepsake copy '{name}'")];
        if is_encrypted && !own.is_sheet_checked {
            lines.push("Its copies are encrypted. Print your recovery sheet: keepsake sheet".into());
        }
        say::lines(lines)?;
    }
    Ok(Exit::Good)
}

/// What went wrong with the key, about a drive that was not touched yet.
fn left_as_it_was(error: CliError) -> CliError {
    CliError { advice: format!("The drive was left as it was. {}", error.advice), ..error }
}

/// One that no other drive has: 16 bytes of the system's random numbers (random(4)).
fn new_id() -> std::io::Result<DriveId> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom").and_then(|mut random| std::io::Read::read_exact(&mut random, &mut bytes))?;
    Ok(DriveId::of_bytes(bytes))
}

/// Looks at what a drive says that it is, reading only: mounting to write is writing, and another family's drive gets not even that. One that another
/// of the family's computers has chosen before keeps its identity: both go on with it.
fn look_first(volume: &Volume, drive: &mut DriveSettings, family: &Family) -> Result<(), CliError> {
    let opened = Disks::connect().and_then(|disks| Ok((disks.mount(volume, true)?, disks)));
    let (found, disks) = opened.map_err(|e| no_drive(&drive.name, &NoDrive::Drives(e)))?;
    let (file_system, device) = (drive.file_system.clone(), Some(volume.device.clone()));
    let mounted = Mounted { folder: found.folder, device, file_system, is_fat: false };
    let marker = DriveFolder::look(&mounted, Some(family));
    if !found.was_mounted {
        // It is mounted to be written next; what holds it is said then.
        let _ = disks.unmount(volume);
    }
    match marker {
        Ok(FoundMarker::OtherFamily(marker)) => {
            Err(other_family(&drive.name, &NotOurs::OtherFamily { computer: marker.computer }))
        }
        Ok(FoundMarker::Ours(marker)) if marker.file_system == drive.file_system => {
            drive.id = marker.drive;
            Ok(())
        }
        // What cannot be read now is told by who writes next.
        _ => Ok(()),
    }
}

fn other_family(name: &str, why: &NotOurs) -> CliError {
    CliError::failed(
        format!("{name} was left as it was: {why}"),
        "If it is yours, enter that family's key from the recovery sheet first: keepsake sheet --enter",
    )
}

/// The volume that is meant, when it can be used, and the UUID of its file system.
fn suitable(key: &str, settings: &Settings) -> Result<(Volume, String), CliError> {
    let plugged = volumes()?;
    let known = || {
        let keys: Vec<String> = plugged.iter().map(Volume::key).collect();
        match keys.is_empty() {
            true => "No drive is plugged in.".into(),
            false => format!("Plugged in: {}", keys.join(", ")),
        }
    };
    let found = plugged.iter().find(|volume| volume.key() == key);
    let volume = found.ok_or_else(|| CliError::input(format!("no drive {key} is plugged in"), known()))?;
    match uuid_of_suitable(volume, &plugged, settings) {
        Ok(uuid) => Ok((volume.clone(), uuid)),
        Err((why, advice)) => Err(CliError::failed(format!("{} {why}", volume.title()), advice)),
    }
}

/// The UUID of the file system of a volume that can be used; else why it cannot, as the end of a sentence, and what to do.
fn uuid_of_suitable(volume: &Volume, plugged: &[Volume], settings: &Settings) -> Result<String, (String, String)> {
    let unusable = |why: &str, advice: &str| Err((why.into(), advice.into()));
    let uuid = match &volume.contents {
        Contents::FileSystem { uuid, .. } => uuid,
        Contents::Locked { .. } => return unusable("is locked", "Unlock it in your file manager."),
        Contents::Nothing => return unusable("is not formatted", "Your disk utility formats it."),
        Contents::Other { .. } => {
            return unusable("is not formatted so that it could hold backups", "Your disk utility formats it anew.");
        }
    };
    if uuid.is_empty() {
        return unusable("has nothing by which it could be known again", "Format it anew.");
    }
    if plugged.iter().filter(|other| other.uuid() == Some(uuid)).count() > 1 {
        return unusable("is a copy of another drive that is plugged in", "Pull one of them out.");
    }
    if settings.drives.iter().any(|drive| drive.file_system == *uuid) {
        return unusable("is one of your drives already, or a copy of one", "`keepsake drive list` shows them.");
    }
    if volume.bytes < LEAST_DRIVE_BYTES {
        let (bytes, least) = (ByteCount(volume.bytes), ByteCount(LEAST_DRIVE_BYTES));
        return unusable(&format!("({bytes}) is too small for backups"), &format!("Use one of {least} or more."));
    }
    if volume.is_read_only {
        return unusable("can only be read, not written", "Look for a switch on it.");
    }
    Ok(uuid.clone())
}

fn adopt_it(at: &AtDrive, drive: &DriveSettings, family: &Family, now_secs: i64) -> Result<(), CliError> {
    let (hardware, (computer, _)) = (at.hardware(), computer());
    let adoption = Adoption { drive, hardware: &hardware, now_secs, computer: &computer };
    match DriveFolder::adopt(&at.mounted, &adoption, family) {
        Ok(_) => Ok(()),
        Err(e @ NotOurs::OtherFamily { .. }) => Err(other_family(&drive.name, &e)),
        Err(e) => {
            Err(CliError::failed(format!("{} cannot be used: {e}", drive.name), "See whether you can write to it."))
        }
    }
}

fn edit_error(error: EditError) -> CliError {
    CliError::new(Exit::Config, error.to_string(), "Nothing was changed.")
}

fn no_drive(name: &str, why: &NoDrive) -> CliError {
    CliError { word: Some(why.word()), ..CliError::failed(format!("{name}: {why}"), "Nothing was written to it.") }
}

fn eject(around: &Surroundings, name: &str) -> Result<Exit, CliError> {
    // A stranger whose backups were looked at can be let go of where nothing is set up, too.
    let settings = settings(around)?;
    let by_name = settings.as_ref().and_then(|settings| settings.drive(name));
    let is_it = |volume: &Volume| match by_name {
        Some(drive) => is_of(volume, drive),
        None => volume.key() == name,
    };
    let Some(volume) = volumes()?.into_iter().find(is_it) else {
        return Err(CliError::input(format!("{name} is not plugged in"), "`keepsake drive list` shows what is."));
    };
    let disks = Disks::connect().map_err(|e| no_drive(name, &NoDrive::Drives(e)))?;
    told_left(around, name, &let_go(&disks, &volume))
}

fn told_left(around: &Surroundings, name: &str, left: &Left) -> Result<Exit, CliError> {
    if around.global.json {
        say::json(&json!({ "drive": left_json(left) }))?;
    } else {
        say::lines([left.line(name)])?;
    }
    let is_let_go = matches!(left, Left::SafeToRemove | Left::Unmounted | Left::Gone);
    Ok(if is_let_go { Exit::Good } else { Exit::Failed })
}

/// How a drive was left, for programs.
pub fn left_json(left: &Left) -> Value {
    let programs: &[String] = if let Left::Held(programs) = left { programs } else { &[] };
    json!({ "state": left.word(), "programs": programs })
}

fn forget(around: &Surroundings, name: &str) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    let drive = named(&settings, name)?;
    let session = Session::write(around, "forgetting a drive")?;
    let file = SettingsFile::read(&around.config, &around.home).map_err(CliError::from)?;
    let go = [Change::RemovePlace { name: drive.name.clone() }];
    change(&around.config, &around.home, &go, &file.fingerprint()).map_err(edit_error)?;
    let path = drive.id.place_path();
    if let Some(place) = session.catalog.places()?.into_iter().find(|place| place.path == path) {
        session.catalog.forget_place(place.id)?;
    }
    if let Err(e) = NotedDrives::forget(&around.data_dir, drive.id) {
        say::note(format_args!("keepsake: {e}"));
    }
    session.follow_health();
    if around.global.json {
        say::json(&json!({ "forgotten": drive.name }))?;
    } else if !around.global.quiet {
        say::lines([format!("{} is no longer one of your drives. What is on it stays.", drive.name)])?;
    }
    Ok(Exit::Good)
}

fn prove(around: &Surroundings, name: &str) -> Result<Exit, CliError> {
    let settings = needed_settings(around)?;
    let drive = named(&settings, name)?;
    let session = Session::write(around, "proving a drive")?;
    let doing = told_elsewhere(around, "proving copies");
    let worked = at_drive(around, drive, |folder| {
        let computer_id = &session.computer_id;
        let request = DriveCopyRequest { drive, folder, computer_id, doing: &doing, dry_run: false };
        prove_drive(&session.catalog, &request, &session.watcher()).map_err(copy_error)
    })?;
    let (proven, left) = match worked {
        Worked::Done(Ok(proven), left) => (proven, left),
        Worked::Done(Err(e), left) => {
            let word = if left == Left::Gone { "gone-early" } else { "failed" };
            let advice = "Your backups here are untouched. Plug it in again to go on.";
            return Err(CliError { word: Some(word), ..CliError::failed(format!("{}: {e}", drive.name), advice) });
        }
        Worked::NoDrive(why) => return Err(no_drive(&drive.name, &why)),
    };
    if proven.damaged.is_empty() && proven.archives > 0 {
        let now = around.clock.now().as_second();
        if let Err(e) = NotedDrives::note(&around.data_dir, drive.id, |noted| noted.proven_at = Some(now)) {
            say::note(format_args!("keepsake: {e}"));
        }
    }
    session.follow_health();
    told_proof(around, drive, &proven, &left)
}

fn told_proof(
    around: &Surroundings,
    drive: &DriveSettings,
    proven: &ProofReport,
    left: &Left,
) -> Result<Exit, CliError> {
    let ProofReport { archives, bytes, damaged } = proven;
    if around.global.json {
        let damage: Vec<Value> = damaged
            .iter()
            .map(|archive| json!({ "archive": archive, "path": null, "message": "it is not what was written" }))
            .collect();
        say::json(&json!({ "outcome": if damaged.is_empty() { "good" } else { "damaged" }, "archives": archives,
            "bytes": bytes, "damaged": damage, "damage_count": damaged.len(), "drive": left_json(left) }))?;
    } else {
        let read =
            format!("{}: read {} ({})", drive.name, counted(*archives, "archive", "archives"), ByteCount(*bytes));
        let mut lines = match damaged.is_empty() {
            true if *archives == 0 => vec![format!("{} holds no copies yet", drive.name)],
            true => vec![format!("{read}: all is whole")],
            false => vec![
                format!("{read}: damaged are {}", damaged.join(", ")),
                "They are copied anew when you plug it in next. Think of a new drive: this one may be failing.".into(),
            ],
        };
        lines.push(left.line(&drive.name));
        say::lines(lines)?;
    }
    Ok(if damaged.is_empty() { Exit::Good } else { Exit::Failed })
}

/// What came of copying to one drive.
#[derive(Debug)]
pub struct DriveCopied {
    /// As of other places.
    pub report: CopyReport,
    /// The word of how it was left, or why nothing could be done.
    pub word: &'static str,
    /// Programs that hold it.
    pub programs: Vec<String>,
    /// How it was left, for people; None when it was not there.
    pub line: Option<String>,
}

/// Copies to one drive, if it is plugged in.
///
/// # Errors
/// When the catalog cannot be used, or someone asked to stop.
pub fn copy_to(session: &Session<'_>, drive: &DriveSettings, dry_run: bool) -> Result<DriveCopied, CliError> {
    let around = session.around;
    let doing = told_elsewhere(around, "copying");
    let worked = at_drive(around, drive, |folder| {
        let computer_id = &session.computer_id;
        let request = DriveCopyRequest { drive, folder, computer_id, doing: &doing, dry_run };
        copy_to_drive(&session.catalog, &request, around.clock.as_ref(), &session.watcher()).map_err(copy_error)
    })?;
    Ok(match worked {
        Worked::Done(report, left) => {
            let programs = if let Left::Held(programs) = &left { programs.clone() } else { Vec::new() };
            let is_good = matches!(report.outcome, CopyOutcome::Good);
            let word = match &left {
                _ if report.outcome == CopyOutcome::Waiting => "gone-early",
                _ if report.is_full => "full",
                Left::Gone if !is_good => "gone-early",
                Left::Gone => "gone",
                _ if report.outcome == CopyOutcome::Failed => "failed",
                left => left.word(),
            };
            DriveCopied { report, word, programs, line: Some(left.line(&drive.name)) }
        }
        Worked::NoDrive(why) => {
            let outcome = if why.is_away() { CopyOutcome::Waiting } else { CopyOutcome::Failed };
            let report = CopyReport::not_begun(&drive.name, outcome, why.to_string());
            DriveCopied { report, word: why.word(), programs: Vec::new(), line: None }
        }
    })
}
