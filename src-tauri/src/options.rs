//! What the window is started with.

use std::ffi::OsString;
use std::path::PathBuf;

/// How the command line is meant.
pub const USAGE: &str = "\
Shows what Keepsake keeps safe. It starts Keepsake's agent when there is none.

Usage: keepsake-window [--page PAGE] [--socket PATH]

  --page PAGE    the page to begin with: home, history, restore, drives, activity, settings, first-run,
                 new-computer
  --socket PATH  the agent to ask, instead of one's own: /run/keepsake/agent.sock
  --version      says which version this is
  --help         says this";

/// The longest name of a page, in bytes.
const MAX_PAGE_BYTES: usize = 100;

/// What the window is started with.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The page to begin with; None for Home.
    pub page: Option<String>,
    /// The agent's socket; None for one's own agent.
    pub socket: Option<PathBuf>,
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// The window.
    Window(Options),
    /// [`USAGE`].
    Help,
    /// The version.
    Version,
}

/// Reads the words behind the program's name.
///
/// # Errors
/// A sentence that says which word is wrong.
pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Wish, String> {
    let mut options = Options::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        let (name, behind) = match text.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (text.as_str(), None),
        };
        let mut value =
            || behind.clone().or_else(|| words.next()).ok_or_else(|| format!("{name} needs a value behind it"));
        match name {
            "--help" | "-h" => return Ok(Wish::Help),
            "--version" | "-V" => return Ok(Wish::Version),
            "--page" => options.page = Some(page(&value()?.to_string_lossy())?),
            "--socket" => options.socket = Some(value()?.into()),
            _ => return Err(format!("{text:?} is not understood; keepsake-window --help says what is")),
        }
    }
    Ok(Wish::Window(options))
}

/// The name of a page, when it can be one: it comes from outside, and goes to the page's program.
///
/// # Errors
/// A sentence that says that it is none.
pub fn page(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= MAX_PAGE_BYTES;
    if fits && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return Ok(text.into());
    }
    Err(format!("{text:?} is no page's name: that has small letters and hyphens"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<Wish, String> {
        read(words.iter().map(OsString::from))
    }

    #[test]
    fn words_are_understood_or_refused() {
        let wish = |page: Option<&str>, socket: Option<&str>| {
            Ok(Wish::Window(Options { page: page.map(Into::into), socket: socket.map(Into::into) }))
        };
        assert_eq!(of(&[]), wish(None, None));
        assert_eq!(of(&["--page", "first-run"]), wish(Some("first-run"), None));
        assert_eq!(of(&["--page=history", "--socket", "/s"]), wish(Some("history"), Some("/s")));
        assert_eq!(of(&["--help"]), Ok(Wish::Help));
        assert_eq!(of(&["--version"]), Ok(Wish::Version));
        for wrong in [&["--page"][..], &["--page", "<b>"], &["--page", ""], &["home"], &["--pages", "home"]] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
        assert!(page(&"a".repeat(101)).is_err());
    }
}
