//! One line on stderr for each event: for the system's journal, or whoever started the agent by hand.

use std::io::Write;

use crate::work::{Ended, Task};

/// Where the agent says what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    /// True when only trouble is told.
    pub is_quiet: bool,
}

impl Log {
    /// Something happened, as it should.
    pub fn event(self, text: &str) {
        if !self.is_quiet {
            write(text);
        }
    }

    /// Something is wrong.
    pub fn trouble(self, text: &str) {
        write(text);
    }

    /// How a task ended.
    pub fn told(self, task: &Task, ended: &Ended) {
        let (about, done, noun) = match task {
            Task::Backup(plan) => (plan.as_str(), "backed up", "backup"),
            Task::Copy(place) => (place.as_str(), "copied", "copy"),
            Task::Read(_) => ("check", "", "reading"),
            Task::Copies => ("all places", "copied", "copy"),
            Task::Check => ("check", "", "check"),
            Task::Restore { backup, .. } => (backup.as_str(), "brought back", "restore"),
            Task::Undo(id) => (id.as_str(), "taken back", "undo"),
            Task::Delete(name) => (name.as_str(), "deleted", "deletion"),
            Task::Import(_) => ("import", "made known", "import"),
            Task::AdoptDrive { name, .. } => (name.as_str(), "is one of the family's drives now", "choosing"),
            Task::EjectDrive(volume) => (volume.as_str(), "let go of", "letting go"),
            Task::ForgetDrive(name) => (name.as_str(), "forgotten", "forgetting"),
            Task::ProveDrive(name) => (name.as_str(), "", "check"),
            Task::Confirm(plan) => (plan.as_str(), "changes confirmed", "tidying up"),
        };
        let said = |words: &[&str]| {
            let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
            format!("{about}: {}", words.join(" "))
        };
        match (ended, task) {
            (Ended::Good(told), _) => self.event(&said(&[done, told])),
            (Ended::WithProblems(told), Task::Backup(_)) => self.trouble(&said(&["backed up, with problems:", told])),
            (Ended::WithProblems(told), _) => self.trouble(&said(&[done, told])),
            (Ended::Stopped, _) => self.trouble(&said(&["someone stopped the", noun])),
            (Ended::Failed(told), _) => self.trouble(&said(&["the", noun, "failed:", told])),
            (Ended::Busy, _) => {}
        }
    }
}

/// Lost when nobody reads it.
fn write(text: &str) {
    let line = one_line(text);
    let _ = writeln!(std::io::stderr(), "keepsake: {line}");
}

/// What an event says never looks like another event.
fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        assert_eq!(one_line("failed: no room\nMake some.\r\n\x1b[31mred"), "failed: no room Make some. [31mred");
    }
}
