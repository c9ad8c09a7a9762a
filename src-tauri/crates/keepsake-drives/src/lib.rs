//! Drives that can be taken away: which *volumes* (file systems, or what could hold one) are on them, and how one is
//! mounted, unmounted, locked and powered off.
//!
//! - [`Watcher`] tells what is plugged in, and what comes and goes. udev is asked; the table of mounts and UDisks2 are
//!   further reasons to look. State decides, not events: after each event everything is looked at anew, and what
//!   is another than before is told ([`Seen`]).
//! - [`volumes`] is one such look.
//! - [`Disks`] asks UDisks2, as the ordinary user and without a question to anybody.
//!
//! Nothing here writes to a drive, and nothing here knows what Keepsake keeps on one. What a drive says of itself
//! (labels, names, numbers) is hostile: no control character or direction mark of it gets through, and no name is long.
//!
//! Rules from outside: libudev's API and the property names of systemd's udev rules (`60-persistent-storage.rules`,
//! systemd 252), the D-Bus API of UDisks2 2.9 (<http://storaged.org/doc/udisks2-api/latest/>), `proc(5)` for
//! `/proc/PID/mountinfo`.

mod disks;
mod error;
mod facts;
mod holders;
mod judge;
mod ledger;
mod mounts;
mod second_source;
mod surroundings;
mod udisks;
mod volume;
mod watch;
mod words;

pub use disks::{Disks, Mounted, PoweredOff};
pub use error::{Answer, Doing, DrivesError};
#[doc(hidden)]
pub use surroundings::{Limits, Surroundings};
pub use volume::{Contents, Hardware, Plugged, Volume};
#[doc(hidden)]
pub use watch::volumes_in;
pub use watch::{Seen, Watcher, volumes};
