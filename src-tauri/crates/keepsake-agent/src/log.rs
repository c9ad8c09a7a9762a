//! One line on stderr for each event: for the system's journal, or whoever started the agent by hand.

use std::io::Write;

use crate::work::Ended;

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

    /// How a backup ended.
    pub fn told(self, plan: &str, ended: &Ended) {
        match ended {
            Ended::Good => self.event(&format!("{plan}: backed up")),
            Ended::WithProblems(told) => self.trouble(&format!("{plan}: backed up, with problems: {told}")),
            Ended::Stopped => self.trouble(&format!("{plan}: someone stopped the backup")),
            Ended::Failed(told) => self.trouble(&format!("{plan}: the backup failed: {told}")),
            Ended::Busy => {}
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
