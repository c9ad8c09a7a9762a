//! All that the page may ask of this program. What it sends is checked here, whatever the page has checked before.

use std::path::PathBuf;
use std::sync::Arc;

use keepsake_api::wire::MAX_REQUEST_BYTES;
use keepsake_api::{Answer, PathText, Refusal, RefusalKind, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use tauri::ipc::{Channel, Response};
use tauri::{AppHandle, State, WebviewWindow};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder};

use crate::asking::Agent;
use crate::language::{Language, spoken};
use crate::pages::Pages;
use crate::refusals::{bad_request, refusal};
use crate::showing::Showing;
use crate::watching::{WatchMessage, Watching};

/// The longest title of a dialog, and the longest name of a file that is suggested, in bytes.
const MAX_NAME_BYTES: usize = 250;
/// The longest text that is saved, in bytes: a log of a hundred thousand lines.
const MAX_TEXT_BYTES: usize = 32 << 20;

/// Asks the agent. The answer is the value of its [`Answer`].
#[tauri::command]
pub async fn ask(request: Value, agent: State<'_, Arc<Agent>>) -> Result<Response, Refusal> {
    let request = checked(request)?;
    let agent = Arc::clone(&agent);
    // On a thread of its own: an answer may take long, and others wait meanwhile.
    let value = apart(move || value_of(&agent.ask(request)?)).await?;
    Ok(Response::new(value))
}

/// A question as it may be passed on.
fn checked(request: Value) -> Result<Request, Refusal> {
    let request: Request = serde_json::from_value(request).map_err(bad_request)?;
    if request == (Request::Watch {}) {
        return Err(bad_request("to watch is a command of its own"));
    }
    let length_bytes = serde_json::to_vec(&request).map_err(bad_request)?.len() as u64;
    // The number of the question comes on top of it.
    if length_bytes + 100 > MAX_REQUEST_BYTES {
        return Err(bad_request(format!("the question has {length_bytes} bytes: that is too long")));
    }
    Ok(request)
}

/// The value of an answer, as JSON.
fn value_of(answer: &Answer) -> Result<String, Refusal> {
    #[derive(Deserialize)]
    struct Whole<'a> {
        #[serde(borrow)]
        value: &'a RawValue,
    }
    let whole = serde_json::to_string(answer).map_err(bad_request)?;
    let whole: Whole<'_> = serde_json::from_str(&whole).map_err(bad_request)?;
    Ok(whole.value.get().into())
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    let done = tauri::async_runtime::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(refusal(RefusalKind::Failed, "window-defect", e)))
}

/// Tells how things stand, and what happens from now on. Whoever watched before hears nothing more.
#[tauri::command]
pub fn watch(channel: Channel<WatchMessage>, agent: State<'_, Arc<Agent>>, watching: State<'_, Watching>) {
    watching.begin(Arc::clone(&agent), move |message| channel.send(message).is_ok());
}

/// Tells which page somebody wants to see. The page has been drawn when it asks for this.
#[tauri::command]
pub fn pages(channel: Channel<String>, pages: State<'_, Pages>, showing: State<'_, Showing>, window: WebviewWindow) {
    pages.listen(move |page| channel.send(page).is_ok());
    showing.show(&window);
}

/// Starts the agent when there is none.
#[tauri::command]
pub async fn start_agent(agent: State<'_, Arc<Agent>>) -> Result<(), Refusal> {
    let agent = Arc::clone(&agent);
    apart(move || agent.see_to_it()).await
}

/// A folder that a person chose.
#[derive(Debug, Serialize)]
pub struct PickedFolder {
    path: PathText,
    shown: String,
}

/// Lets the person choose a folder; None when they did not.
#[tauri::command]
pub async fn pick_folder(title: String, app: AppHandle) -> Result<Option<PickedFolder>, Refusal> {
    let dialog = titled(&app, &title)?;
    let picked = apart(move || Ok(dialog.blocking_pick_folder())).await?;
    Ok(picked
        .and_then(|picked| picked.into_path().ok())
        .map(|folder| PickedFolder { shown: folder.display().to_string(), path: PathText::of_path(folder) }))
}

/// The endings of pictures that can be read: those of the `image` crate's features in use.
const PICTURE_ENDINGS: &[&str] = &["jpg", "jpeg", "png", "webp", "gif", "JPG", "JPEG", "PNG", "WEBP", "GIF"];

/// Lets the person choose a picture; None when they did not.
#[tauri::command]
pub async fn pick_picture(title: String, app: AppHandle) -> Result<Option<PathText>, Refusal> {
    let dialog = titled(&app, &title)?.add_filter(&title, PICTURE_ENDINGS);
    let picked = apart(move || Ok(dialog.blocking_pick_file())).await?;
    Ok(picked.and_then(|picked| picked.into_path().ok()).map(PathText::of_path))
}

/// Lets the person choose where a text is saved; false when they did not.
#[tauri::command]
pub async fn save_text(title: String, suggested_name: String, text: String, app: AppHandle) -> Result<bool, Refusal> {
    let dialog = titled(&app, &title)?.set_file_name(file_name(&suggested_name)?);
    if text.len() > MAX_TEXT_BYTES {
        return Err(bad_request("the text is too long"));
    }
    let picked = apart(move || Ok(dialog.blocking_save_file())).await?;
    let Some(path) = picked.and_then(|picked| picked.into_path().ok()) else { return Ok(false) };
    apart(move || {
        let written = std::fs::write(&path, text);
        written.map_err(|e| refusal(RefusalKind::Failed, "window-not-saved", format!("{}: {e}", path.display())))
    })
    .await?;
    Ok(true)
}

fn titled(app: &AppHandle, title: &str) -> Result<FileDialogBuilder<tauri::Wry>, Refusal> {
    if title.is_empty() || title.len() > MAX_NAME_BYTES {
        return Err(bad_request("the title of a dialog is 1 to 250 bytes long"));
    }
    Ok(app.dialog().file().set_title(title))
}

fn file_name(name: &str) -> Result<&str, Refusal> {
    let fits = !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.starts_with('.');
    if fits && !name.contains(['/', '\0']) {
        return Ok(name);
    }
    Err(bad_request(format!("{name:?} is no file's name that can be suggested")))
}

/// Opens a folder in the file manager.
#[tauri::command]
pub async fn open_folder(path: PathText) -> Result<(), Refusal> {
    let folder = existing_folder(&path)?;
    apart(move || {
        let opened = tauri_plugin_opener::open_path(&folder, None::<&str>);
        opened.map_err(|e| refusal(RefusalKind::Failed, "window-folder-not-opened", e))
    })
    .await
}

/// Only folders: a file would be opened by whatever program is meant for it. `~/` is the home folder, as in what people
/// are shown.
fn existing_folder(path: &PathText) -> Result<PathBuf, Refusal> {
    let named = PathBuf::from(path.os_string());
    let folder = match (named.strip_prefix("~"), home()) {
        (Ok(below), Some(home)) => home.join(below),
        _ => named,
    };
    if !folder.is_absolute() {
        return Err(bad_request(format!("{path:?} does not begin with /")));
    }
    match std::fs::metadata(&folder) {
        Ok(found) if found.is_dir() => Ok(folder),
        Ok(_) => Err(refusal(RefusalKind::NotFound, "window-folder-gone", format!("{path} is no folder"))),
        Err(e) => Err(refusal(RefusalKind::NotFound, "window-folder-gone", format!("{path}: {e}"))),
    }
}

/// What the window finds around it.
#[derive(Debug, Serialize)]
pub struct Surroundings {
    language: Language,
    locale: String,
    /// Whether clocks show 12 hours; null for what the locale says.
    hour12: Option<bool>,
    page: Option<String>,
    /// The home folder; null when there is none.
    home: Option<PathText>,
    version: &'static str,
}

/// Tells what the window finds around it.
#[tauri::command]
pub fn surroundings(pages: State<'_, Pages>) -> Surroundings {
    let (language, locale) = spoken(|name| std::env::var(name).ok());
    let home = home().map(PathText::of_path);
    Surroundings { language, locale, hour12: None, page: pages.first(), home, version: env!("CARGO_PKG_VERSION") }
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute())
}

/// Closes the window.
#[tauri::command]
pub fn close(window: WebviewWindow) -> Result<(), Refusal> {
    window.close().map_err(|e| refusal(RefusalKind::Failed, "window-defect", e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_api::Home;
    use serde_json::json;

    #[test]
    fn wrong_questions_are_refused() {
        let good = json!({"ask": "backup", "name": "family_20260303_020500", "from": null});
        assert!(checked(good).is_ok());
        let long = "p".repeat(MAX_REQUEST_BYTES as usize);
        for wrong in [
            json!(null),
            json!("stop"),
            json!({"ask": "format-disk"}),
            json!({"ask": "watch"}),
            json!({"ask": "backup", "name": 7, "from": null}),
            json!({"ask": "backup", "name": "x", "from": null, "more": 1}),
            json!({"ask": "measure-folder", "dir": "\\x"}),
            json!({"ask": "search", "name": "x", "text": "t", "limit": -1, "from": null}),
            json!({"ask": "undo", "undo": long}),
        ] {
            let refused = checked(wrong.clone()).unwrap_err();
            assert_eq!(
                refused.kind,
                RefusalKind::BadRequest,
                "{}",
                &wrong.to_string()[..80.min(wrong.to_string().len())]
            );
            assert!(refused.detail.is_some());
        }
    }

    #[test]
    fn only_the_value_of_an_answer_is_passed_on() {
        assert_eq!(value_of(&Answer::Stop(())).unwrap(), "null");
        assert_eq!(value_of(&Answer::Restore(7)).unwrap(), "7");
        let home = Home { sources: Vec::new(), places: Vec::new() };
        assert_eq!(value_of(&Answer::Home(home)).unwrap(), r#"{"sources":[],"places":[]}"#);
    }

    #[test]
    fn only_folders_that_are_there_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.desktop");
        std::fs::write(&file, "[Desktop Entry]").unwrap();
        assert_eq!(existing_folder(&PathText::of_path(dir.path())).unwrap(), dir.path());
        let why = |path: PathText| existing_folder(&path).unwrap_err().kind;
        assert_eq!(why(PathText::of_path(file)), RefusalKind::NotFound);
        assert_eq!(why(PathText::of_path(dir.path().join("gone"))), RefusalKind::NotFound);
        assert_eq!(why(PathText::of(b"relative")), RefusalKind::BadRequest);
        assert_eq!(why(PathText::of(b"https://example.org")), RefusalKind::BadRequest);
    }

    #[test]
    fn suggested_names_stay_names() {
        assert!(file_name("Keepsake activity.txt").is_ok());
        for wrong in ["", "../x", "/etc/x", ".bashrc", "a\0", &"n".repeat(251)] {
            assert!(file_name(wrong).is_err(), "{wrong}");
        }
    }
}
