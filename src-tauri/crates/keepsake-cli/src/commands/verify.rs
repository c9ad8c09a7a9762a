//! `keepsake verify`.

use keepsake_core::catalog::{DamageRow, OtherVersion};
use keepsake_core::copy::HealReport;
use keepsake_core::units::{ByteCount, Count, counted};
use keepsake_core::verify::{How, Verified, VerifyError, VerifyRequest, Which, verify};
use serde_json::{Value, json};

use super::copy::{heal_all, heal_lines};
use crate::args::{From, Wanted};
use crate::error::{CliError, Exit};
use crate::say;
use crate::session::Session;
use crate::surroundings::Surroundings;

/// How many damaged things are named.
const NAMED: usize = 20;

/// Of how many damaged files other versions are looked for.
const MOST_LOOKED_UP: usize = 1000;

/// Reads backups back and names what is damaged.
///
/// # Errors
/// Exit code 65 when there is no such backup, or none at all.
pub fn run(
    around: &Surroundings,
    wanted: Option<&Wanted>,
    how: How,
    is_healing: bool,
    from: &From,
) -> Result<Exit, CliError> {
    let session = Session::check(around, from.dir.as_deref())?;
    let which = match wanted {
        Some(wanted) => Which::Backup(session.backup(wanted)?),
        None => Which::All,
    };
    let watcher = session.watcher();
    let request = VerifyRequest { which, how, other_places: true };
    let done = verify(&session.catalog, &request, around.clock.as_ref(), &watcher);
    drop(watcher);
    let mut done = done.map_err(|e| match e {
        VerifyError::Catalog(e) => e.into(),
        VerifyError::Stopped => CliError::stopped("what was checked until now counts"),
        VerifyError::NoSuchPart { .. } => CliError::new(Exit::Usage, e.to_string(), "Write it as 3/30."),
    })?;
    if session.home_trouble.is_some() {
        done.not_checked.extend(lost(&session)?);
    }
    if session.is_forgetful && !around.global.quiet {
        say::note("keepsake: this check is not remembered: `keepsake status` will not know of it.");
    }
    let healed = match (&session.settings, is_healing && !session.is_forgetful) {
        (Some(settings), true) => {
            let suspects = done.damaged.iter().map(|row| row.archive.clone()).collect();
            heal_all(&session, settings, suspects)?
        }
        _ => HealReport::default(),
    };
    // Only who has read everything can say that something is whole.
    let others = match (wanted, how) {
        (None, How::Full) => {
            let named = &done.damaged[..done.damaged.len().min(MOST_LOOKED_UP)];
            session.catalog.other_versions(named)?
        }
        _ => Vec::new(),
    };
    session.follow_health();
    let exit = match done.is_good() {
        true if done.archives == 0 => Exit::Input,
        true => Exit::Good,
        false if done.not_checked.is_empty() && is_all_healed(&done, &healed) => Exit::Problems,
        false => Exit::Failed,
    };
    if around.global.json {
        let mut answer = as_json(&done, &others, how);
        answer["healed"] = json!(healed.healed);
        answer["not_healed"] = json!(healed.problems);
        say::json(&answer)?;
    } else if !around.global.quiet || exit != Exit::Good {
        let told = lines(&done, &others, how, around.global.verbose, !healed.healed.is_empty());
        say::lines(told.into_iter().chain(heal_lines(&healed)))?;
    }
    Ok(exit)
}

/// True when every archive in which damage was found is whole again in all its places, its checksum file with it.
fn is_all_healed(done: &Verified, healed: &HealReport) -> bool {
    let is_kept_whole = done.damage_count == done.damaged.len() as u64;
    let is_healed = |row: &DamageRow| healed.whole.contains(&row.archive);
    is_kept_whole && healed.problems.is_empty() && done.damaged.iter().all(is_healed)
}

/// Which archives should be in the backup folder that is gone or empty.
fn lost(session: &Session<'_>) -> Result<Option<String>, CliError> {
    let Some(home) = session.catalog.places()?.into_iter().find(|place| place.home) else { return Ok(None) };
    let names: Vec<String> = session.catalog.copies_in(home.id)?.into_keys().collect();
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {} more", Count(more as u64)) } else { String::new() };
    let named = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    Ok((!names.is_empty()).then(|| format!("{} should hold {named}{more}", home.path.display())))
}

fn path_of(row: &DamageRow) -> Option<&str> {
    (!row.path.is_empty()).then_some(row.path.as_str())
}

/// `others` has an element for each of the first rows of damage.
fn as_json(done: &Verified, others: &[Option<OtherVersion>], how: How) -> Value {
    let row = |(number, row): (usize, &DamageRow)| {
        json!({
            "archive": row.archive, "path": path_of(row), "message": row.message,
            "good_copies": done.good_copies.get(&row.archive).cloned().unwrap_or_default(),
            "other_version": others.get(number).cloned().flatten(),
        })
    };
    let outcome = match (done.damage_count, done.is_good()) {
        (0, true) if done.archives == 0 => "nothing-to-check",
        (0, true) => "good",
        (0, false) => "not-checked",
        _ => "damaged",
    };
    json!({
        "archives": done.archives, "bytes": done.bytes, "how": how.word(), "outcome": outcome,
        "damaged": done.damaged.iter().enumerate().map(row).collect::<Vec<_>>(), "damage_count": done.damage_count,
        "not_checked": done.not_checked,
    })
}

fn lines(done: &Verified, others: &[Option<OtherVersion>], how: How, is_verbose: bool, is_healed: bool) -> Vec<String> {
    let looked = match how {
        How::Full => "Read and compared",
        How::Part { .. } => "Read and compared a share of",
        How::Quick => "Looked at the structure of",
    };
    let archives = counted(done.archives, "archive", "archives");
    if done.archives == 0 && done.is_good() {
        return vec![
            "Nothing was checked: there is no backup yet.".into(),
            "Make one with `keepsake backup`, or make those in another folder known with `keepsake import DIR`.".into(),
        ];
    }
    let mut lines = Vec::new();
    let all_good = if done.is_good() { ": all is whole" } else { "" };
    lines.push(format!("{looked} {archives} ({}){all_good}.", ByteCount(done.bytes)));
    for why in &done.not_checked {
        lines.push(format!("Could not be checked: {why}."));
    }
    if done.damage_count > 0 {
        lines.push(format!("{} damaged:", counted(done.damage_count, "thing is", "things are")));
        let named = if is_verbose { done.damaged.len() } else { done.damaged.len().min(NAMED) };
        lines.extend(done.damaged[..named].iter().enumerate().map(|(number, row)| {
            let mut line = match path_of(row) {
                Some(path) => format!("  {path} (in {}): {}", row.archive, row.message),
                None => format!("  {}: {}", row.archive, row.message),
            };
            for place in done.good_copies.get(&row.archive).into_iter().flatten() {
                line.push_str(&format!("; the copy of this archive in {place} is good"));
            }
            if let Some(other) = others.get(number).and_then(Option::as_ref) {
                line.push_str(&format!("; {other}"));
            }
            line
        }));
        let more = done.damage_count - named as u64;
        if more > 0 {
            lines.push(format!("  and {} more (-v or --json name them)", Count(more)));
        }
        if is_healed {
            // What was healed is told next, with what to do.
            return lines;
        }
        if !done.good_copies.is_empty() {
            lines.push("To mend it from the good copies: keepsake verify --heal".into());
        }
        lines.push(
            "Back up now: what is still on this computer is stored anew. Older versions of these files are lost, \
             unless another place has a copy: `keepsake import DIR` makes it known, and `keepsake verify --heal` takes \
             good archives from there."
                .into(),
        );
        lines.push(
            "Then have the disk with your backups looked at: it may be failing (`smartctl -a` tells an expert more)."
                .into(),
        );
    } else if !done.not_checked.is_empty() {
        lines.push("Make it reachable, then check again.".into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage(path: &str) -> DamageRow {
        DamageRow {
            archive: "a.tar.gz".into(),
            path: path.into(),
            tar_offset: None,
            message: "other bytes".into(),
            at: 0,
        }
    }

    #[test]
    fn good_is_one_line_and_damage_is_named() {
        let good = Verified { archives: 7, bytes: 2_100_000_000, ..Verified::default() };
        assert_eq!(
            lines(&good, &[], How::Full, false, false),
            ["Read and compared 7 archives (2.1 GB): all is whole."]
        );
        assert_eq!(as_json(&good, &[], How::Quick)["outcome"], "good");
        let nothing = lines(&Verified::default(), &[], How::Full, false, false);
        assert_eq!(nothing[0], "Nothing was checked: there is no backup yet.");
        assert_eq!(as_json(&Verified::default(), &[], How::Full)["outcome"], "nothing-to-check");
        let bad = Verified { damaged: vec![damage("home/a.jpg"), damage("")], damage_count: 2, ..Verified::default() };
        let text = lines(&bad, &[], How::Full, false, false).join("\n");
        assert!(text.contains("  home/a.jpg (in a.tar.gz): other bytes\n  a.tar.gz: other bytes\n"), "{text}");
        assert!(text.contains("Back up now"), "{text}");
        let json = as_json(&bad, &[], How::Part { number: 1, of: 3 });
        assert_eq!((&json["outcome"], &json["how"]), (&"damaged".into(), &"part".into()));
        assert_eq!(json["damaged"][1]["path"], Value::Null);
        let many = Verified { damaged: (0..30).map(|i| damage(&i.to_string())).collect(), damage_count: 31, ..bad };
        assert!(
            lines(&many, &[], How::Full, false, false).contains(&"  and 11 more (-v or --json name them)".to_string())
        );
        assert!(
            lines(&many, &[], How::Full, true, false).contains(&"  and 1 more (-v or --json name them)".to_string())
        );
    }

    #[test]
    fn what_could_not_be_checked_is_not_called_good() {
        let done = Verified { not_checked: vec!["/b cannot be reached".into()], ..Verified::default() };
        assert_eq!(as_json(&done, &[], How::Full)["outcome"], "not-checked");
        assert!(
            lines(&done, &[], How::Full, false, false)
                .join("\n")
                .contains("Could not be checked: /b cannot be reached.")
        );
    }
}
