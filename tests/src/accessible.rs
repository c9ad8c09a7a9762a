//! What a screen reader is told of the programs on a desktop: their trees in AT-SPI 2, read over D-Bus.

use std::fmt;

use tokio::runtime::Runtime;
use zbus::Connection;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

/// What every part of a program answers to.
const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
/// More parts than a page has: a tree without an end must not be followed for ever.
const MOST_PARTS: usize = 20_000;

/// What a part is, by its number in `AtspiRole`; the pages of a web view tell no names of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role(pub u32);

impl Role {
    /// A window.
    pub const FRAME: Self = Self(23);
    /// What is pressed.
    pub const BUTTON: Self = Self(43);
    /// A title.
    pub const HEADING: Self = Self(83);

    /// True for what somebody works with: check box, combo box, menu item, page tab, password, button, radio button, slider,
    /// spin button, toggle button, entry, link, list box, switch.
    pub fn is_control(self) -> bool {
        [7, 11, 35, 37, 40, 43, 44, 51, 52, 62, 79, 88, 98, 130].contains(&self.0)
    }
}

/// One part of a program.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub role: Role,
    /// What it is called.
    pub name: String,
    /// In how many others it is.
    pub depth: usize,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:width$}{:?} {:?}", "", self.role, self.name, width = self.depth)
    }
}

/// A name on the bus, and an object there.
type Place = (String, OwnedObjectPath);

/// The bus of a desktop's accessibility.
#[derive(Debug)]
pub struct Accessible {
    runtime: Runtime,
    bus: Connection,
}

impl Accessible {
    /// Asks a session bus for it, which starts it where it can be; otherwise why it cannot.
    ///
    /// # Errors
    /// What the bus says.
    pub fn of(session_bus: &str) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let bus = runtime.block_on(async {
            let session = zbus::connection::Builder::address(session_bus)?.build().await?;
            let answer =
                session.call_method(Some("org.a11y.Bus"), "/org/a11y/bus", Some("org.a11y.Bus"), "GetAddress", &());
            let address: String = answer.await?.body().deserialize()?;
            zbus::connection::Builder::address(address.as_str())?.build().await
        });
        bus.map(|bus| Self { runtime, bus }).map_err(|e: zbus::Error| e.to_string())
    }

    /// All parts of all programs, each before what is in it. What goes away meanwhile is left out.
    pub fn parts(&self) -> Vec<Part> {
        let root = OwnedObjectPath::try_from("/org/a11y/atspi/accessible/root").expect("a path");
        let mut open = vec![(("org.a11y.atspi.Registry".to_string(), root), 0)];
        let mut parts = Vec::new();
        while let Some((place, depth)) = open.pop() {
            let Ok((part, inner)) = self.runtime.block_on(self.part(&place, depth)) else { continue };
            parts.push(part);
            assert!(parts.len() < MOST_PARTS, "there are too many parts");
            open.extend(inner.into_iter().rev().map(|place| (place, depth + 1)));
        }
        parts
    }

    async fn part(&self, place: &Place, depth: usize) -> zbus::Result<(Part, Vec<Place>)> {
        let (name, path) = (Some(place.0.as_str()), &place.1);
        let role = self.bus.call_method(name, path, Some(ACCESSIBLE), "GetRole", &()).await?.body().deserialize()?;
        let called = String::try_from(self.property(place, "Name").await?).unwrap_or_default();
        let inner = self.bus.call_method(name, path, Some(ACCESSIBLE), "GetChildren", &()).await?;
        let mut inner: Vec<Place> = inner.body().deserialize()?;
        if inner.is_empty() {
            // A part that is drawn by another process, as all of a page is, is told only when it is asked for by its number.
            let count = i32::try_from(self.property(place, "ChildCount").await?).unwrap_or_default();
            for number in 0..count {
                let one = self.bus.call_method(name, path, Some(ACCESSIBLE), "GetChildAtIndex", &(number)).await?;
                inner.push(one.body().deserialize()?);
            }
        }
        Ok((Part { role: Role(role), name: called, depth }, inner))
    }

    async fn property(&self, place: &Place, property: &str) -> zbus::Result<OwnedValue> {
        let properties = Some("org.freedesktop.DBus.Properties");
        let words = (ACCESSIBLE, property);
        self.bus.call_method(Some(place.0.as_str()), &place.1, properties, "Get", &words).await?.body().deserialize()
    }
}
