//! `keepsake tray`.

use std::path::{Path, PathBuf};

use keepsake_agent::desktop::{self, DesktopError};
use keepsake_api::wire::{SOCKET_NAME, SYSTEM_SOCKET};

use crate::error::{CliError, Exit};
use crate::surroundings::Surroundings;

/// Shows tray icon and notifications for an agent, until somebody quits it or the session ends.
///
/// # Errors
/// Exit code 75 when this session has them already, 2 when there is no desktop to show them on.
pub fn run(around: &Surroundings, socket: Option<&Path>) -> Result<Exit, CliError> {
    let socket = match socket {
        Some(socket) => std::path::absolute(socket).unwrap_or_else(|_| socket.into()),
        None => agent_socket(around),
    };
    // What was shown is kept there.
    let data_dir = &around.data_dir;
    if let Err(error) = fs_err::create_dir_all(data_dir) {
        eprintln!("keepsake: what was shown may be shown again: {error}");
    }
    desktop::run(socket, data_dir.clone()).map_err(|error| match error {
        DesktopError::Running => CliError::new(Exit::Busy, error.to_string(), "One is enough."),
        _ => CliError::failed(error.to_string(), "Start it from within the desktop, as its menu and autostart do."),
    })?;
    Ok(Exit::Good)
}

/// The socket of one's own agent; that of the agent of the whole computer, when that is the only one there.
fn agent_socket(around: &Surroundings) -> PathBuf {
    let own = around.data_dir.join(SOCKET_NAME);
    if !own.exists() && Path::new(SYSTEM_SOCKET).exists() { SYSTEM_SOCKET.into() } else { own }
}
