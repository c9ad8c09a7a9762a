//! `keepsake-drives` by hand, and for the tests that look at it from inside a rig. It answers in lines of JSON.
//!
//! ```text
//! drives-by-hand list                  each volume
//! drives-by-hand watch                 what is told, until it is ended
//! drives-by-hand mount DEVICE [ro]     drives-by-hand unmount DEVICE
//! drives-by-hand lock DEVICE           drives-by-hand power-off DEVICE
//! ```

use std::io::Write;
use std::process::ExitCode;

use keepsake_drives::{Contents, Disks, DrivesError, Seen, Volume, Watcher, volumes};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match answer(&words) {
        Ok(lines) => {
            lines.iter().for_each(say);
            ExitCode::SUCCESS
        }
        Err(e) => {
            say(&json!({ "error": kind(&e), "said": e.to_string(), "programs": programs(&e) }));
            ExitCode::FAILURE
        }
    }
}

fn answer(words: &[&str]) -> Result<Vec<Value>, DrivesError> {
    let disks = Disks::connect;
    Ok(match words {
        ["list"] => volumes()?.iter().map(volume_line).collect(),
        ["watch"] => {
            let watcher = Watcher::begin_noting(|seen| say(&seen_line(&seen)), |note| say(&json!({ "note": note })))?;
            // Until its stdin ends, or it is ended.
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            if let Some(missing) = watcher.missing() {
                say(&json!({ "missing": missing }));
            }
            Vec::new()
        }
        ["mount", device, how @ ..] => {
            let mounted = disks()?.mount(&volume(device)?, how == ["ro"])?;
            vec![
                json!({ "folder": mounted.folder, "was_mounted": mounted.was_mounted, "is_read_only": mounted.is_read_only }),
            ]
        }
        ["unmount", device] => vec![json!({ "unmounted": disks()?.unmount(&volume(device)?)? })],
        ["lock", device] => vec![json!({ "locked": disks()?.lock(&volume(device)?)? })],
        ["power-off", device] => vec![json!({ "power_off": format!("{:?}", disks()?.power_off(&volume(device)?)?) })],
        _ => {
            eprintln!("usage: drives-by-hand list|watch|mount DEVICE [ro]|unmount DEVICE|lock DEVICE|power-off DEVICE");
            Vec::new()
        }
    })
}

fn volume(device: &str) -> Result<Volume, DrivesError> {
    let found = volumes()?.into_iter().find(|volume| volume.device.as_os_str() == device);
    found.ok_or_else(|| DrivesError::Gone { device: device.into() })
}

fn say(line: &Value) {
    let mut out = std::io::stdout().lock();
    // Who does not listen any more has ended.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn seen_line(seen: &Seen) -> Value {
    match seen {
        Seen::Here(volume) => json!({ "here": volume_line(volume) }),
        Seen::Gone { key } => json!({ "gone": key }),
        Seen::Ready => json!({ "ready": true }),
    }
}

fn volume_line(volume: &Volume) -> Value {
    let (contents, kind, label) = match &volume.contents {
        Contents::FileSystem { kind, label, .. } => ("file system", kind.as_str(), label.as_str()),
        Contents::Locked { .. } => ("locked", "", ""),
        Contents::Nothing => ("nothing", "", ""),
        Contents::Other { kind } => ("other", kind.as_str(), ""),
    };
    json!({
        "key": volume.key(), "title": volume.title(), "device": volume.device, "contents": contents, "kind": kind, "label": label,
        "uuid": volume.uuid(), "bytes": volume.bytes, "is_read_only": volume.is_read_only, "mounted_at": volume.mounted_at,
    })
}

fn programs(error: &DrivesError) -> Vec<String> {
    if let DrivesError::Busy { programs, .. } = error { programs.clone() } else { Vec::new() }
}

/// The name of the error's variant.
fn kind(error: &DrivesError) -> String {
    format!("{error:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}
