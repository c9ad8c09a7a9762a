//! The agent at the other end of the socket: it may come later, and end and begin again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use keepsake_api::wire::{Client, WireError};
use keepsake_api::{Answer, Request};
use tokio::sync::mpsc::UnboundedSender;

use super::Told;
use crate::notify::USUAL_QUIET_HOURS;

/// How long to wait before each further try to reach an agent, in milliseconds; the last one again and again. An agent
/// in this very process is a moment away; one that was ended wakes the computer four times a minute.
const TRY_AGAIN_MS: [u64; 8] = [50, 100, 250, 500, 1_000, 2_000, 5_000, 15_000];
/// After so many tries it is said that there is none.
const TRIES_UNTIL_GONE: usize = 4;
/// The longest wait for an answer. Those that take longer are jobs, and are told as events.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// Listens for ever, in a thread of its own.
pub(super) fn listen(socket: PathBuf, tell: UnboundedSender<Told>) -> std::io::Result<()> {
    let listen = move || {
        let mut tries = 0;
        // Until nobody is interested any more.
        while !tell.is_closed() {
            if hear(&socket, &tell).is_ok() {
                tries = 0;
            }
            if tries == TRIES_UNTIL_GONE && tell.send(Told::NoAgent).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(TRY_AGAIN_MS[tries.min(TRY_AGAIN_MS.len() - 1)]));
            tries += 1;
        }
    };
    std::thread::Builder::new().name("listen".into()).spawn(listen).map(drop)
}

/// Passes on what one connection says, until it breaks.
fn hear(socket: &Path, tell: &UnboundedSender<Told>) -> Result<(), WireError> {
    let mut listener = Client::connect(socket)?.watch()?;
    // The first event shows that it lives.
    let mut next = listener.next_event()?;
    if tell.send(Told::AgentBegan).is_err() {
        return Ok(());
    }
    loop {
        if tell.send(Told::Agent(next)).is_err() {
            return Ok(());
        }
        match listener.next_event() {
            Ok(event) => next = event,
            Err(_) => return Ok(()),
        }
    }
}

/// Asks one thing.
pub(super) fn ask(socket: &Path, request: Request) -> Result<Answer, WireError> {
    let mut client = Client::connect(socket)?;
    client.wait_at_most(Some(LONGEST_ANSWER))?;
    client.ask(request)
}

/// Asks for the quiet hours of the settings, in a thread of its own.
pub(super) fn ask_quiet_hours(socket: PathBuf, tell: UnboundedSender<Told>) {
    let ask = move || {
        let hours = match ask(&socket, Request::Settings {}) {
            Ok(Answer::Settings(settings)) => settings.quiet_hours,
            _ => Some(USUAL_QUIET_HOURS),
        };
        // Nobody is interested when this is the end.
        let _ = tell.send(Told::QuietHours(hours));
    };
    // Without a thread for it nothing but problems is shown.
    let _ = std::thread::Builder::new().name("ask".into()).spawn(ask);
}
