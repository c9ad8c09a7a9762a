//! `keepsake answer`: reads what is asked on stdin and answers on stdout, until stdin closes. The agent starts one for
//! each connection that asks for what is read from catalog, archives, settings or disks: hostile data meets this
//! process, and what it remembers goes with it.
//!
//! Whatever goes wrong becomes a refusal; nothing that is asked ends it.

mod activity;
mod browse;
mod changes;
mod history;
mod home;
mod known;
mod page;
mod preview;
mod refusal;
mod search;
mod settings;
mod setup;
mod sheet;
mod silent;
mod tally;
pub(crate) mod thumbnails;
mod undos;
mod versions;
mod words;

use std::io::{self, BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use keepsake_api::wire::{MAX_REQUEST_BYTES, read_line, write_line};
use keepsake_api::{Answer, Envelope, Outcome, Refusal, Reply, Request};

use known::Known;
use refusal::Refused;

use crate::error::{CliError, Exit};
use crate::surroundings::Surroundings;

/// Answers until nothing more is asked.
///
/// # Errors
/// Never; it ends well when stdin closes, or when nobody reads the answers any more.
pub fn run(around: &Surroundings) -> Result<Exit, CliError> {
    let mut asked = BufReader::with_capacity(1 << 16, io::stdin().lock());
    let mut answers = io::stdout().lock();
    let mut known = Known::new(around);
    while let Some(reply) = next_reply(&mut known, &mut asked) {
        if write_line(&mut answers, &reply).and_then(|()| answers.flush()).is_err() {
            break;
        }
    }
    Ok(Exit::Good)
}

/// The reply to the next line; None when there is none.
fn next_reply(known: &mut Known<'_>, asked: &mut impl BufRead) -> Option<Reply> {
    let refused = |id, why: String| Some(Reply { id, outcome: Outcome::Refused(refusal::bad_request(why)) });
    let line = match read_line(asked, MAX_REQUEST_BYTES) {
        Ok(line) => line?,
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            skip_line(asked).ok()?;
            return refused(0, e.to_string());
        }
        Err(_) => return None,
    };
    let envelope: Envelope = match serde_json::from_slice(&line) {
        Ok(envelope) => envelope,
        Err(e) => return refused(id_of(&line), e.to_string()),
    };
    let id = envelope.id;
    // What is kept may be half changed when a question ends in a panic: it begins anew then.
    let answered = catch_unwind(AssertUnwindSafe(|| answer(known, envelope.request)));
    let outcome = match answered {
        Ok(Ok(answer)) => Outcome::Answer(answer),
        Ok(Err(refusal)) => Outcome::Refused(refusal),
        Err(_) => {
            *known = Known::new(known.around);
            Outcome::Refused(refusal::defect())
        }
    };
    Some(Reply { id, outcome })
}

/// Skips the rest of a line that is too long.
fn skip_line(asked: &mut impl BufRead) -> io::Result<()> {
    loop {
        let some = asked.fill_buf()?;
        let Some(end) = some.iter().position(|byte| *byte == b'\n') else {
            let read = some.len();
            asked.consume(read);
            if read == 0 {
                return Ok(());
            }
            continue;
        };
        asked.consume(end + 1);
        return Ok(());
    }
}

/// The number of a question that cannot be understood; 0 when not even that can be read.
fn id_of(line: &[u8]) -> u64 {
    let value: Option<serde_json::Value> = serde_json::from_slice(line).ok();
    value.and_then(|value| value.get("id")?.as_u64()).unwrap_or(0)
}

fn answer(known: &mut Known<'_>, request: Request) -> Result<Answer, Refusal> {
    let around = known.around;
    let answered = match request {
        Request::Settings {} => return settings::settings(around),
        Request::CheckSettings { changes } => return settings::check_settings(around, changes),
        Request::ChangeSettings { changes, fingerprint } => {
            return settings::change_settings(around, changes, fingerprint);
        }
        Request::SuggestSources {} => return setup::suggest_sources(around),
        Request::MeasureFolder { dir } => return setup::measure_folder(around, dir),
        Request::SuggestPlaces { sources } => return setup::suggest_places(around, sources),
        Request::RecoverySheet {} => sheet::recovery_sheet(around),
        Request::CheckSheet { code } => sheet::check_sheet(around, &code),
        Request::EnterKey { text, from } => sheet::enter_key(around, text, from.as_ref()),
        Request::ReadSheet { picture, from } => sheet::read_sheet(around, &picture, from.as_ref()),
        Request::NewKey {} => sheet::new_key(around),
        Request::Home {} => home::home(known),
        Request::History { from } => history::history(known, from.as_ref()),
        Request::Backup { name, from } => page::backup(known, &name, from.as_ref()),
        Request::Changes { name, kind, offset, limit } => changes::changes(known, &name, kind, (offset, limit)),
        Request::Browse { name, folder, offset, limit, from } => {
            browse::browse(known, &name, folder.as_ref(), (offset, limit), from.as_ref())
        }
        Request::Search { name, text, limit, from } => search::search(known, &name, &text, limit, from.as_ref()),
        Request::Versions { path, from } => versions::versions(known, &path, from.as_ref()),
        Request::Thumbnails { name, paths, from } => thumbnails::thumbnails(known, &name, paths, from.as_ref()),
        Request::PreviewRestore { restore } => preview::preview_restore(known, &restore),
        Request::Undos {} => undos::undos(known),
        Request::Activity { filter, before, limit } => activity::activity(known, &filter, before, limit),
        _ => Err(Refused::bad("only the agent itself answers this")),
    };
    answered.map_err(|refused| *refused.0)
}
