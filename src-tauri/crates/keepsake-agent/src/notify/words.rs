//! What notifications say. What drives call themselves is made plain first.

use jiff::Zoned;
use keepsake_api::{PluggedIn, PluggedState, Reason, Said, SaidArg};

use super::Notices;
use super::drives::Copied;
use crate::desktop::plain::{plain, plain_said};

impl Notices {
    /// The first line and the text about a volume.
    pub(super) fn words_of(&self, of: &PluggedIn, copied: Option<&Copied>, now: &Zoned) -> (String, String) {
        let title = plain(of.drive.as_ref().unwrap_or(&of.title));
        let said = plain_said(&of.said);
        let of_title = |id: &str| self.sentences.say(&Said::new(id).text("title", title.as_str()), now);
        let (summary, is_said_by_it) = match (of.state, of.backups) {
            (PluggedState::Asks, 0) => {
                let asks = Said::new("notify-drive-asks").text("title", title.as_str());
                (self.sentences.say(&asks.with("size", SaidArg::Bytes(of.total_bytes)), now), true)
            }
            (PluggedState::Asks, _) => (of_title("notify-drive-backups"), false),
            (PluggedState::Busy, _) => (of_title("notify-drive-busy"), true),
            (PluggedState::SafeToRemove, _) => (of_title("notify-drive-safe"), true),
            _ => (title.clone(), false),
        };
        let brought = copied.map(|copied| {
            let said = match (&copied.backup, copied.bytes) {
                (_, 0) => Said::new("notify-drive-had-all"),
                (None, _) => Said::new("notify-drive-copied").count("files", copied.files),
                (Some(backup), _) => Said::new("notify-drive-copied-backup").text("backup", plain(backup)),
            };
            let said = if copied.bytes > 0 { said.with("bytes", SaidArg::Bytes(copied.bytes)) } else { said };
            self.sentences.say(&said, now)
        });
        // An agent of another version may say what nobody here has words for.
        let is_known = self.sentences.has(&said.id);
        let sentence = (is_known && !is_said_by_it).then(|| self.sentences.say(&said, now));
        let advice = self.sentences.advice(&said, now);
        let lines: Vec<String> = sentence.into_iter().chain(brought).chain(advice).collect();
        (summary, lines.join("\n"))
    }

    pub(super) fn words_of_reminder(&self, reason: &Reason, now: &Zoned) -> (String, String) {
        let age = reason.said.args.get("age").cloned().unwrap_or(SaidArg::AgeSecs(0));
        let summary = self.sentences.say(&Said::new("notify-reminder").with("age", age), now);
        (summary, self.sentences.advice(&plain_said(&reason.said), now).unwrap_or_default())
    }

    pub(super) fn with_advice(&self, said: &Said, now: &Zoned) -> String {
        let sentence = self.sentences.say(said, now);
        match self.sentences.advice(said, now) {
            Some(advice) => format!("{sentence}\n{advice}"),
            None => sentence,
        }
    }
}
