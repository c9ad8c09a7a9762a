//! Whether a program fills the screen: a film, a game, a talk. On X11 the window manager says so
//! (`_NET_ACTIVE_WINDOW`, `_NET_WM_STATE_FULLSCREEN` of the Extended Window Manager Hints 1.5,
//! <https://specifications.freedesktop.org/wm-spec/>), and `xprop` asks it: a library for X11 would be more than the rest
//! of the tray, and it is asked only when something is about to be shown. Elsewhere nobody tells: then it is shown, and
//! the desktop holds back what it wants to.

use std::process::{Command, Stdio};

/// Asks. False when it cannot be known.
pub(super) fn is_full() -> bool {
    if std::env::var_os("DISPLAY").is_none() {
        return false;
    }
    let Some(active) = xprop(&["-root", "_NET_ACTIVE_WINDOW"]).and_then(|answer| window_in(&answer)) else {
        return false;
    };
    xprop(&["-id", &active, "_NET_WM_STATE"]).is_some_and(|answer| answer.contains("_NET_WM_STATE_FULLSCREEN"))
}

/// `_NET_ACTIVE_WINDOW(WINDOW): window id # 0x1c00003`.
fn window_in(answer: &str) -> Option<String> {
    let id = answer.split_once("# ")?.1.split([',', ' ']).next()?.trim();
    let is_window = id.strip_prefix("0x").is_some_and(|digits| u32::from_str_radix(digits, 16).is_ok_and(|id| id != 0));
    is_window.then(|| id.into())
}

fn xprop(words: &[&str]) -> Option<String> {
    let answer = Command::new("xprop").args(words).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(answer.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_active_window_is_read() {
        let answer = "_NET_ACTIVE_WINDOW(WINDOW): window id # 0x1c00003\n";
        assert_eq!(window_in(answer).as_deref(), Some("0x1c00003"));
        assert_eq!(window_in("_NET_ACTIVE_WINDOW(WINDOW): window id # 0x1c00003, 0x0\n").as_deref(), Some("0x1c00003"));
        for none in ["_NET_ACTIVE_WINDOW(WINDOW): window id # 0x0", "_NET_ACTIVE_WINDOW:  not found.", "", "# -id"] {
            assert_eq!(window_in(none), None, "{none}");
        }
    }
}
