//! Jobs make way for what people do: for the processor and for the disk.

use std::process::{Command, Stdio};

use crate::log::Log;

/// How much less of the processor jobs get than what people do.
const NICENESS: i32 = 10;

/// Makes this thread nice, and with it every job that it starts; threads that are there already, and what they start
/// to answer people, stay as they are. Whoever started the agent may have done so already.
///
/// The disk: there is no safe call for ioprio_set(2) here, so ionice(1) of util-linux is run once on this thread. Without
/// it reading and writing follow the niceness, at the lower end of the usual class (ionice(1)).
pub(crate) fn be_nice(log: Log) {
    if rustix::process::getpriority_process(None) == Ok(0) {
        // As important as anything else it works just as well.
        let _ = rustix::process::nice(NICENESS);
    }
    let thread = rustix::thread::gettid().as_raw_nonzero().to_string();
    let ionice = Command::new("ionice")
        .args(["-c", "3", "-p", &thread])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !ionice.is_ok_and(|status| status.success()) {
        log.event("ionice cannot be used: jobs read and write with low priority, not only when the disk is idle");
    }
}
