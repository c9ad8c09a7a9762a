//! Dark when the desktop is. GTK knows of dark themes only; what GNOME, KDE and others call "dark style" is asked of
//! `org.freedesktop.portal.Settings`. Where there is no such service, or no D-Bus, GTK's theme alone counts.

use gtk::prelude::GtkSettingsExt;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::zvariant::{OwnedValue, Value};

/// The setting's place, as the portal's documentation has it.
const SPACE: &str = "org.freedesktop.appearance";
/// The setting's name.
const KEY: &str = "color-scheme";

/// What the desktop wishes: 1 is dark, 2 is light, anything else is no wish.
fn wish(value: &Value<'_>) -> Option<bool> {
    match value {
        // The portal's first version packs it twice.
        Value::Value(inner) => wish(inner),
        Value::U32(1) => Some(true),
        Value::U32(2) => Some(false),
        _ => None,
    }
}

/// From now on the web view is dark when the desktop wishes so.
pub fn follow() {
    tauri::async_runtime::spawn(async {
        // It is missing on many desktops, and nobody misses it there.
        let _ = listen().await;
    });
}

async fn listen() -> zbus::Result<()> {
    let bus = zbus::Connection::session().await?;
    let (name, path) = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop");
    let portal = zbus::Proxy::new(&bus, name, path, "org.freedesktop.portal.Settings").await?;
    // Before the first look, so that no change is missed.
    let mut changes = portal.receive_signal("SettingChanged").await?;
    let now: OwnedValue = portal.call("Read", &(SPACE, KEY)).await?;
    obey(wish(&now));
    while let Some(change) = changes.next().await {
        let body = change.body();
        let (space, key, value): (String, String, Value<'_>) = body.deserialize()?;
        if space == SPACE && key == KEY {
            obey(Some(wish(&value).unwrap_or(false)));
        }
    }
    Ok(())
}

fn obey(is_dark: Option<bool>) {
    let Some(is_dark) = is_dark else { return };
    // GTK is used on the main thread only.
    gtk::glib::idle_add_once(move || {
        if let Some(settings) = gtk::Settings::default() {
            settings.set_gtk_application_prefer_dark_theme(is_dark);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desktops_wish_is_understood() {
        assert_eq!(wish(&Value::U32(1)), Some(true));
        assert_eq!(wish(&Value::Value(Box::new(Value::U32(1)))), Some(true));
        assert_eq!(wish(&Value::U32(2)), Some(false));
        assert_eq!(wish(&Value::U32(0)), None);
        assert_eq!(wish(&Value::from("dark")), None);
    }
}
