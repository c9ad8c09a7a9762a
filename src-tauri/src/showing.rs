//! The window itself: made hidden, shown once its page is drawn, gone when it is closed.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use gtk::prelude::{GtkSettingsExt, GtkWindowExt};
use tauri::utils::config::Color;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};

use crate::first::Knock;
use crate::pages::Pages;
use crate::size::{LEAST, Size};

/// The window's name, as `capabilities/` knows it.
const LABEL: &str = "main";
/// A page that is not drawn by then is shown as it is.
const LONGEST_DRAWING: Duration = Duration::from_secs(3);
/// The ground of the page (`--paper` in `ui/src/tokens.css`) by day and at night, for the moment before it is drawn.
const PAPER: Color = Color(0xfa, 0xf7, 0xf2, 0xff);
const PAPER_AT_NIGHT: Color = Color(0x1b, 0x1a, 0x18, 0xff);

/// Whether the window is shown by now.
#[derive(Default)]
pub struct Showing {
    shown: AtomicBool,
}

impl Showing {
    /// Shows the window; once only, as somebody may have minimised it since.
    pub fn show(&self, window: &WebviewWindow) {
        if !self.shown.swap(true, Ordering::SeqCst) {
            // It fails only when the window is gone already.
            let _ = window.show();
        }
    }
}

/// Makes the window.
///
/// # Errors
/// What the web view says.
pub fn make(app: &AppHandle, data_dir: Option<PathBuf>) -> tauri::Result<()> {
    let size = data_dir.as_deref().map_or_else(Size::default, Size::remembered);
    // Under a test's control the web view has to be one that can be controlled, and that is not without a memory.
    let controlled = std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some();
    let mut making = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default());
    if let Some(folder) = folder_elsewhere(app) {
        making = making.data_directory(folder);
    }
    let window = making
        .title("Keepsake")
        .inner_size(size.width, size.height)
        .min_inner_size(LEAST.0, LEAST.1)
        .maximized(size.maximized)
        .background_color(if is_night() { PAPER_AT_NIGHT } else { PAPER })
        .visible(false)
        // Nothing of what is backed up is kept by the web view.
        .incognito(!controlled)
        .disable_drag_drop_handler()
        .on_navigation(|url| url.scheme() == "tauri" && url.host_str() == Some("localhost"))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()?;
    // Under a test's control pictures of the page hang without it.
    if !controlled && !has_graphics_processor(Path::new("/dev/dri")) {
        window.with_webview(|view| {
            if let Some(settings) = view.inner().settings() {
                settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
            }
        })?;
    }
    if let Some(data_dir) = data_dir {
        let closing = window.clone();
        window.on_window_event(move |event| {
            if let WindowEvent::CloseRequested { .. } = event {
                remember(&closing, size, &data_dir);
            }
        });
    }
    let waiting = window.clone();
    thread::spawn(move || {
        thread::sleep(LONGEST_DRAWING);
        waiting.state::<Showing>().show(&waiting);
    });
    Ok(())
}

/// Whether there is a graphics processor that draws for programs (`renderD128` and on, the kernel's render nodes:
/// <https://docs.kernel.org/gpu/drm-uapi.html#render-nodes>). Without one the web view would have it played by the
/// processor, which draws the whole window anew for each change: a backup took nearly twice as long beside its own progress.
fn has_graphics_processor(devices: &Path) -> bool {
    let Ok(names) = fs::read_dir(devices) else { return false };
    names.flatten().any(|device| device.file_name().as_encoded_bytes().starts_with(b"renderD"))
}

/// Where Tauri's own folder of the window can be when the usual one cannot be made, as on a disk that can only be read: that
/// is when somebody most needs to see how things stand. Nothing is kept in it.
fn folder_elsewhere(app: &AppHandle) -> Option<PathBuf> {
    let usual = app.path().app_local_data_dir().ok()?;
    fs::create_dir_all(usual).err()?;
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let name = format!("keepsake-window-{}", std::process::id());
    [runtime.unwrap_or_else(std::env::temp_dir), std::env::temp_dir()].into_iter().find_map(|dir| {
        let folder = dir.join(&name);
        // Nobody else has made it, and nobody else sees into it.
        fs::DirBuilder::new().mode(0o700).create(&folder).is_ok().then_some(folder)
    })
}

/// Whether the desktop's theme is dark, as the web view sees it.
fn is_night() -> bool {
    gtk::Settings::default().is_some_and(|settings| {
        let name = settings.gtk_theme_name().map(|name| name.to_lowercase()).unwrap_or_default();
        settings.is_gtk_application_prefer_dark_theme() || name.ends_with("-dark")
    })
}

fn remember(window: &WebviewWindow, before: Size, data_dir: &Path) {
    let maximized = window.is_maximized().unwrap_or(false);
    let now = window.inner_size().ok().zip(window.scale_factor().ok());
    let size = match now {
        // The size to go back to is the one that it had before it filled the screen.
        Some((size, scale)) if !maximized => {
            let size = size.to_logical::<f64>(scale);
            Size { width: size.width, height: size.height, maximized }
        }
        _ => Size { maximized, ..before },
    };
    // Next time it then has the usual size: no reason to keep the window from closing.
    let _ = size.remember(data_dir);
}

/// Brings the window to the front, and shows the page that was asked for.
pub fn raise(app: &AppHandle, knock: Knock) {
    if let Some(page) = knock.page {
        app.state::<Pages>().want(page);
    }
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let raised = window.clone();
    // GTK is used on the main thread only. It fails when the window is just closing.
    let _ = app.run_on_main_thread(move || {
        raised.state::<Showing>().show(&raised);
        let _ = raised.unminimize();
        if let Ok(window) = raised.gtk_window() {
            // Without it desktops only say that the window is ready, and leave it where it is.
            if let Some(token) = knock.token {
                window.set_startup_id(&token);
            }
            window.present();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_only_shows_is_no_graphics_processor() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!has_graphics_processor(&dir.path().join("none")));
        fs::write(dir.path().join("card0"), "").unwrap();
        assert!(!has_graphics_processor(dir.path()));
        fs::write(dir.path().join("renderD128"), "").unwrap();
        assert!(has_graphics_processor(dir.path()));
    }
}
