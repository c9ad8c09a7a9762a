//! The test as the panel with the tray.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, interface, message::Header};

const ITEM_PATH: &str = "/StatusNotifierItem";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// A panel that shows icons.
#[derive(Debug)]
pub struct Panel {
    bus: Connection,
    items: Arc<Mutex<Vec<String>>>,
}

struct Watcher(Arc<Mutex<Vec<String>>>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String, #[zbus(header)] header: Header<'_>) {
        // Either a name on the bus, or a path at whoever calls.
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        self.0.lock().unwrap().push(if service.starts_with('/') { sender } else { service });
    }

    fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_host_unregistered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// An entry of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How the menu names it.
    pub id: i32,
    /// What stands there; empty for a line between entries.
    pub label: String,
    /// True when it can be clicked.
    pub is_enabled: bool,
    /// The entries behind it.
    pub entries: Vec<Entry>,
}

/// An icon in the tray.
#[derive(Debug)]
pub struct Item {
    bus: Connection,
    name: String,
}

impl Panel {
    /// Begins.
    pub async fn begin(bus: Connection) -> Self {
        let items = Arc::<Mutex<Vec<String>>>::default();
        let watcher = Watcher(Arc::clone(&items));
        bus.object_server().at("/StatusNotifierWatcher", watcher).await.expect("it can be served");
        bus.request_name("org.kde.StatusNotifierWatcher").await.expect("the name is free");
        Self { bus, items }
    }

    /// Waits for an icon.
    pub async fn item(&self) -> Item {
        let name = super::until("an icon is in the tray", || self.items.lock().unwrap().last().cloned()).await;
        Item { bus: self.bus.clone(), name }
    }

    /// It ends, as when somebody restarts it.
    pub async fn end(self) {
        self.bus.close().await.expect("it ends");
    }
}

impl Item {
    async fn get(&self, name: &str) -> OwnedValue {
        let (properties, asked) = (Some("org.freedesktop.DBus.Properties"), (ITEM, name));
        let call = self.bus.call_method(Some(self.name.as_str()), ITEM_PATH, properties, "Get", &asked);
        call.await.expect("the icon answers").body().deserialize().expect("a value")
    }

    /// The first and the second line of its tooltip.
    pub async fn tooltip(&self) -> (String, String) {
        type Tip = (String, Vec<(i32, i32, Vec<u8>)>, String, String);
        let (_, _, title, text): Tip = self.get("ToolTip").await.try_into().expect("a tooltip");
        (title, text)
    }

    /// Its picture in each size: pixels of four bytes, alpha first.
    pub async fn pictures(&self) -> Vec<(i32, Vec<u8>)> {
        let pictures: Vec<(i32, i32, Vec<u8>)> = self.get("IconPixmap").await.try_into().expect("pictures");
        pictures.into_iter().map(|(width, _, pixels)| (width, pixels)).collect()
    }

    /// Waits until the tooltip begins so, and answers the second line.
    pub async fn says(&self, sentence: &str) -> String {
        let end = std::time::Instant::now() + super::LONGEST;
        loop {
            let (title, text) = self.tooltip().await;
            if title == sentence {
                return text;
            }
            assert!(std::time::Instant::now() < end, "it never said {sentence}, but {title}");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// A click with the left button.
    pub async fn click(&self) {
        let at = (1i32, 1i32);
        let call = self.bus.call_method(Some(self.name.as_str()), ITEM_PATH, Some(ITEM), "Activate", &at);
        call.await.expect("it takes the click");
    }

    /// The menu.
    pub async fn menu(&self) -> Vec<Entry> {
        let all = (0i32, -1i32, Vec::<String>::new());
        let answer = self.bus.call_method(Some(self.name.as_str()), "/MenuBar", Some(MENU), "GetLayout", &all).await;
        type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
        let (_, root): (u32, Layout) = answer.expect("the menu answers").body().deserialize().expect("a layout");
        entries(root.2)
    }

    /// A click on the entry of the menu with that label, or behind another one.
    pub async fn choose(&self, label: &str) {
        fn find(entries: &[Entry], label: &str) -> Option<Entry> {
            entries
                .iter()
                .find_map(|one| if one.label == label { Some(one.clone()) } else { find(&one.entries, label) })
        }
        let menu = self.menu().await;
        let entry = find(&menu, label).unwrap_or_else(|| panic!("{label} is not in {menu:?}"));
        assert!(entry.is_enabled, "{label} cannot be chosen");
        let event = (entry.id, "clicked", Value::from(0i32), 0u32);
        let call = self.bus.call_method(Some(self.name.as_str()), "/MenuBar", Some(MENU), "Event", &event);
        call.await.expect("it takes the click");
    }
}

fn entries(of: Vec<OwnedValue>) -> Vec<Entry> {
    of.into_iter()
        .map(|value| {
            type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
            let (id, properties, children): Layout = bare(value).try_into().expect("an entry");
            let of = |name: &str| properties.get(name).map(|value| bare(value.clone()));
            let label = of("label").map(|value| String::try_from(value).expect("a text"));
            let is_enabled = of("enabled").is_none_or(|value| bool::try_from(value) == Ok(true));
            Entry { id, label: label.unwrap_or_default(), is_enabled, entries: entries(children) }
        })
        .collect()
}

/// A value without the variants around it.
fn bare(value: OwnedValue) -> Value<'static> {
    let mut value: Value<'static> = value.into();
    while let Value::Value(inner) = value {
        value = *inner;
    }
    value
}
