//! Other programs that a click starts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The window's program.
const WINDOW: &str = "keepsake-window";

/// The window's program beside this one, as packages have it; else by its name, wherever programs are.
pub fn window_program() -> PathBuf {
    let beside = std::env::current_exe().ok().map(|own| own.with_file_name(WINDOW));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| WINDOW.into())
}

/// Starts the window, or has the one that is open come to the front.
pub(super) fn open_window(page: Option<&str>, socket: &Path) {
    let mut command = Command::new(window_program());
    command.args(page.iter().flat_map(|page| ["--page", page])).arg("--socket").arg(socket);
    begin(command, "the window (keepsake-window)");
}

/// Shows a folder as the desktop does.
pub(super) fn open_folder(place: &str) {
    if Path::new(place).is_absolute() {
        let mut command = Command::new("xdg-open");
        command.arg(place);
        begin(command, "the folder (xdg-open)");
    }
}

/// Starts a program that goes on when this one ends.
fn begin(mut command: Command, what: &str) {
    use std::os::unix::process::CommandExt;
    command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
    match command.spawn() {
        Ok(mut child) => {
            // Somebody must take note of its end; without a thread for that the system does so when this process ends.
            let _ = std::thread::Builder::new().name("wait".into()).spawn(move || child.wait());
        }
        Err(error) => eprintln!("keepsake: {what} cannot be opened: {error}"),
    }
}
