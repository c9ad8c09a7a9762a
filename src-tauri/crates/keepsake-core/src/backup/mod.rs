//! The journey of a backup: look at what is there, store what is new, look at what was written, record it.
//!
//! It runs in two passes. The first walks the sources and compares with what the catalog knows, without
//! reading a file; then it is known how much there is to do and which older archives will be needed. The
//! second reads, stores and describes. Between them, and for the list of files, nameless temporary files
//! keep what would not fit in memory.

mod request;

pub use request::{BackupError, BackupReport, BackupRequest, FolderSource, LeftOut, Outcome, computer};
