//! How large the window was when it was closed.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file's name, in the folder of state.
const FILE_NAME: &str = "window.json";
/// The smallest window that can be used, in logical pixels.
pub const LEAST: (f64, f64) = (640.0, 480.0);
/// More than any screen, in logical pixels: what is larger was not written by a window.
const MOST: f64 = 20_000.0;

/// A window's inner size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// In logical pixels.
    pub width: f64,
    /// In logical pixels.
    pub height: f64,
    /// Whether it fills the screen; the size is then the one to go back to.
    pub maximized: bool,
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 980.0, height: 680.0, maximized: false }
    }
}

impl Size {
    /// The size of last time; the usual one where there was none, or it cannot be read.
    pub fn remembered(data_dir: &Path) -> Self {
        let text = std::fs::read(data_dir.join(FILE_NAME)).unwrap_or_default();
        let size = serde_json::from_slice(&text).unwrap_or_default();
        let Self { width, height, maximized } = size;
        Self { width: width.clamp(LEAST.0, MOST), height: height.clamp(LEAST.1, MOST), maximized }
    }

    /// Keeps it for next time.
    ///
    /// # Errors
    /// What writing says.
    pub fn remember(self, data_dir: &Path) -> io::Result<()> {
        // Beside and renamed, so that it is never half there. Lost with the power it would be the usual size again.
        let beside = data_dir.join(format!(".{FILE_NAME}.new"));
        std::fs::write(&beside, serde_json::to_vec(&self)?)?;
        std::fs::rename(beside, data_dir.join(FILE_NAME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_remembered_and_nonsense_is_not() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Size::remembered(dir.path()), Size::default());
        let large = Size { width: 1200.0, height: 800.5, maximized: true };
        large.remember(dir.path()).unwrap();
        assert_eq!(Size::remembered(dir.path()), large);
        for (text, width) in [
            (r#"{"width":1,"height":1,"maximized":false}"#, 640.0),
            (r#"{"width":1e9,"height":1e9,"maximized":false}"#, 20_000.0),
            ("{", 980.0),
            (r#"{"width":"x"}"#, 980.0),
        ] {
            std::fs::write(dir.path().join(FILE_NAME), text).unwrap();
            assert_eq!(Size::remembered(dir.path()).width, width, "{text}");
        }
    }
}
