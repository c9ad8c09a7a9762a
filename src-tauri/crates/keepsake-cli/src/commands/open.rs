//! `keepsake open`.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use keepsake_agent::desktop::programs::window_program;
use keepsake_api::wire::{Client, SOCKET_NAME, SYSTEM_SOCKET};

use crate::error::{CliError, Exit};
use crate::surroundings::Surroundings;

/// Starts the agent if none answers, then becomes the window; one that is open already comes to the front.
///
/// # Errors
/// Exit code 2 where there is no display, or the window's program is not installed.
pub fn run(around: &Surroundings, page: Option<&str>) -> Result<Exit, CliError> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        let advice = "Start it from within the desktop. Without one: keepsake status.";
        return Err(CliError::failed("there is no display to open a window on", advice));
    }
    let own = around.data_dir.join(SOCKET_NAME);
    let (own_answers, system) = (Client::connect(&own).is_ok(), Path::new(SYSTEM_SOCKET));
    let socket = if !own_answers && Client::connect(system).is_ok() { system } else { own.as_path() };
    if socket == own && !own_answers {
        start_agent(around);
    }
    let mut window = Command::new(window_program());
    window.args(page.iter().flat_map(|page| ["--page", *page])).arg("--socket").arg(socket);
    let error = window.env("KEEPSAKE_CONFIG", &around.config).exec();
    let advice = "Install Keepsake's window (keepsake-window), or look with: keepsake status.";
    Err(CliError::failed(format!("the window cannot be opened: {error}"), advice))
}

/// The window waits for it, so that nobody need do so here.
fn start_agent(around: &Surroundings) {
    let mut agent = Command::new("/proc/self/exe");
    agent.args(["agent", "--tray", "--quiet"]).env("KEEPSAKE_CONFIG", &around.config);
    agent.env("KEEPSAKE_DATA_DIR", &around.data_dir);
    agent.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
    if let Err(error) = agent.spawn() {
        eprintln!("keepsake: the agent cannot be started: {error}");
    }
}
