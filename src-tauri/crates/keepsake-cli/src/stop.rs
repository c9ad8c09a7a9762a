//! Ctrl-C and TERM ask a run to stop; it tidies up and ends. Only the third time does it end at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::Exit;
use crate::say;

/// True once someone asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on signals ask to stop, and no longer end the program. While it waits for the lock nothing has
    /// begun yet: then this is not called, and a signal ends it as usual.
    pub fn on_signals(is_told: bool) -> Self {
        let stop = Self::default();
        let flag = stop.clone();
        // Without signals the run is still safe: it may be killed at any moment.
        if let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) {
            let listen = move || {
                for (count, _) in signals.forever().enumerate() {
                    flag.0.store(true, Ordering::Relaxed);
                    match count {
                        0 if is_told => say::note("\nStopping; this takes a moment."),
                        2 => std::process::exit(Exit::Stopped as i32),
                        _ => {}
                    }
                }
            };
            let _ = std::thread::Builder::new().name("signals".into()).spawn(listen);
        }
        stop
    }

    /// True once someone asked to stop.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
