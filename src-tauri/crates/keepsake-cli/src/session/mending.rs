//! A damaged catalog is set aside and made anew in the middle of a command, once.

use std::cell::Cell;

use keepsake_core::monitor::Silent;
use keepsake_core::rebuild::{self, SetAside};

use super::{needed_settings, rebuild_error, reserve, take_lock};
use crate::error::CliError;
use crate::say;
use crate::surroundings::Surroundings;

thread_local! {
    static MENDED: Cell<bool> = const { Cell::new(false) };
}

/// True when the catalog was made anew in this run already: doing it again would not help.
pub fn was_mended() -> bool {
    MENDED.get()
}

/// Sets a damaged catalog aside and makes it anew.
///
/// # Errors
/// When that cannot be done either.
pub fn mend(around: &Surroundings) -> Result<(), CliError> {
    MENDED.set(true);
    let settings = needed_settings(around)?;
    let _lock = take_lock(around, "making the catalog anew")?;
    let _reserve = reserve(around);
    let rebuilt = rebuild::rebuild(&around.data_dir, &settings.backup_dir, around.clock.as_ref(), &Silent)
        .map_err(rebuild_error)?;
    if let Some(path) = rebuilt.set_aside {
        tell_set_aside(&SetAside { path, why: String::new() });
    }
    Ok(())
}

/// Says that a catalog was set aside.
pub(super) fn tell_set_aside(aside: &SetAside) {
    say::note(format_args!(
        "keepsake: the catalog was damaged. It was set aside as {} and made again from your backups.",
        aside.path.display()
    ));
}
