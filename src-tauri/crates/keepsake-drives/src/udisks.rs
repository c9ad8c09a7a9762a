//! UDisks2's objects, as far as they matter here. API: <http://storaged.org/doc/udisks2-api/latest/> (2.9).

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use zbus::proxy::MethodFlags;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue};
use zbus::{Connection, Message, Proxy};

use crate::mounts::Number;

pub(crate) const UDISKS: &str = "org.freedesktop.UDisks2";
pub(crate) const NAMESPACE: &str = "/org/freedesktop/UDisks2";
const BLOCK_DEVICES: &str = "/org/freedesktop/UDisks2/block_devices/";
const OBJECTS: &str = "org.freedesktop.DBus.ObjectManager";
const BLOCK: &str = "org.freedesktop.UDisks2.Block";
pub(crate) const DRIVE: &str = "org.freedesktop.UDisks2.Drive";
pub(crate) const ENCRYPTED: &str = "org.freedesktop.UDisks2.Encrypted";
pub(crate) const FILE_SYSTEM: &str = "org.freedesktop.UDisks2.Filesystem";
/// An object path that leads nowhere.
const NOWHERE: &str = "/";

type Properties = HashMap<String, OwnedValue>;

/// All objects, with their interfaces and those's properties.
#[derive(Debug)]
pub(crate) struct Objects(HashMap<OwnedObjectPath, HashMap<String, Properties>>);

/// A drive, as far as powering it off is concerned.
#[derive(Debug)]
pub(crate) struct Drive {
    pub path: OwnedObjectPath,
    pub can_power_off: bool,
    /// True when something on it, or on what hangs at the same port, is mounted.
    pub is_in_use: bool,
}

impl Objects {
    /// Asks for all; UDisks2 is started when it does not run.
    pub async fn ask(bus: &Connection) -> zbus::Result<Self> {
        let message = bus.call_method(Some(UDISKS), NAMESPACE, Some(OBJECTS), "GetManagedObjects", &()).await?;
        Ok(Self(message.body().deserialize()?))
    }

    /// The block device with that number.
    pub fn block(&self, number: Number) -> Option<&OwnedObjectPath> {
        let wanted = rustix::fs::makedev(number.0, number.1);
        self.0.keys().find(|path| self.get::<u64>(path, BLOCK, "DeviceNumber") == Some(wanted))
    }

    pub fn has(&self, path: &ObjectPath<'_>, interface: &str) -> bool {
        self.0.get(path).is_some_and(|interfaces| interfaces.contains_key(interface))
    }

    /// The UUID of what is on a block device; empty when it has none.
    pub fn uuid(&self, block: &ObjectPath<'_>) -> String {
        self.get(block, BLOCK, "IdUUID").unwrap_or_default()
    }

    /// What is encrypted below a clear text.
    pub fn container(&self, block: &ObjectPath<'_>) -> Option<OwnedObjectPath> {
        let path: OwnedObjectPath = self.get(block, BLOCK, "CryptoBackingDevice")?;
        (path.as_str() != NOWHERE).then_some(path)
    }

    /// The drive on which a block device is.
    pub fn drive(&self, block: &ObjectPath<'_>) -> Option<Drive> {
        let path = self.drive_of(block)?;
        let can_power_off = self.get(&path, DRIVE, "CanPowerOff")?;
        // Powering off a port takes along everything at it: two slots of a card reader.
        let port: String = self.get(&path, DRIVE, "SiblingId").unwrap_or_default();
        let is_at_it = |other: &OwnedObjectPath| {
            *other == path
                || (!port.is_empty() && self.get::<String>(other, DRIVE, "SiblingId").as_ref() == Some(&port))
        };
        let is_in_use = self.0.keys().any(|block| {
            let below = self.container(block);
            let drive = self.drive_of(below.as_ref().unwrap_or(block));
            drive.is_some_and(|drive| is_at_it(&drive)) && self.is_mounted(block)
        });
        Some(Drive { path, can_power_off, is_in_use })
    }

    fn drive_of(&self, block: &ObjectPath<'_>) -> Option<OwnedObjectPath> {
        let path: OwnedObjectPath = self.get(block, BLOCK, "Drive")?;
        (path.as_str() != NOWHERE).then_some(path)
    }

    /// `MountPoints` is a list of paths, each a list of bytes.
    fn is_mounted(&self, block: &ObjectPath<'_>) -> bool {
        self.get::<Vec<Vec<u8>>>(block, FILE_SYSTEM, "MountPoints").is_some_and(|points| !points.is_empty())
    }

    /// The devices that UDisks2 would show by itself.
    pub fn hinted(&self) -> BTreeSet<Number> {
        let is_hinted = |path: &&OwnedObjectPath| self.get::<bool>(path, BLOCK, "HintAuto") == Some(true);
        let numbers = self.0.keys().filter(is_hinted).filter_map(|path| self.get::<u64>(path, BLOCK, "DeviceNumber"));
        numbers.map(|number| (rustix::fs::major(number), rustix::fs::minor(number))).collect()
    }

    fn get<T: TryFrom<OwnedValue>>(&self, path: &ObjectPath<'_>, interface: &str, property: &str) -> Option<T> {
        self.0.get(path)?.get(interface)?.get(property)?.try_clone().ok()?.try_into().ok()
    }
}

/// All objects, when UDisks2 runs already and answers in time.
pub(crate) async fn objects_if_it_runs(bus: &Connection, limit: Duration) -> Option<Objects> {
    let ask = async {
        let proxy = Proxy::new(bus, UDISKS, NAMESPACE, OBJECTS).await.ok()?;
        let flags = MethodFlags::NoAutoStart.into();
        proxy.call_with_flags("GetManagedObjects", flags, &()).await.ok()?.map(Objects)
    };
    tokio::time::timeout(limit, ask).await.ok().flatten()
}

/// True when a signal of the object manager is about a block device, and not about one of UDisks2's jobs.
pub(crate) fn is_about_a_device(message: &Message) -> bool {
    let body = message.body();
    // Of the body only its first field is looked at.
    body.deserialize_unchecked::<OwnedObjectPath>().is_ok_and(|path| path.as_str().starts_with(BLOCK_DEVICES))
}
