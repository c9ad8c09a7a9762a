//! How a test that cannot do its work here is counted.

use std::io::Write;

/// Says that a test was skipped, and why. `make test` counts the lines in the file that `KEEPSAKE_SKIPPED_LOG` names.
pub fn skip(name: &str, why: &str) {
    let line = format!("SKIPPED: {name}: {why}\n");
    eprint!("{line}");
    if let Some(log) = std::env::var_os("KEEPSAKE_SKIPPED_LOG") {
        let mut log = std::fs::OpenOptions::new().append(true).create(true).open(log).expect("the log can be written");
        log.write_all(line.as_bytes()).expect("the log can be written");
    }
}
