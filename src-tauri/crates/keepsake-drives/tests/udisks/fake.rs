//! A UDisks2 that answers as a test wants it to, on a bus of its own.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use keepsake_drives::{Contents, Disks, Hardware, Limits, Plugged, Surroundings, Volume};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use zbus::names::ErrorName;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue};
use zbus::{Message, interface};

const UDISKS: &str = "org.freedesktop.UDisks2";
const ROOT: &str = "/org/freedesktop/UDisks2";
pub const BLOCK: &str = "/org/freedesktop/UDisks2/block_devices/sdb1";
const CONTAINER: &str = "/org/freedesktop/UDisks2/block_devices/sdb";
const OTHER: &str = "/org/freedesktop/UDisks2/block_devices/sdb2";
const DRIVE: &str = "/org/freedesktop/UDisks2/drives/Stick";
/// Stands for the stick; its number is 1:3 on each Linux.
const DEVICE: &str = "/dev/null";
pub const UUID: &str = "u-1";
pub const FOLDER: &str = "/media/anna/Blue drive";

/// What the fake does when it is asked.
#[derive(Debug, Clone)]
pub enum Do {
    /// Succeeds.
    Well,
    /// Succeeds, and answers another folder than that on which it mounts.
    Lie(&'static str),
    /// Answers an error of UDisks2, `DeviceBusy`, or one with its whole name.
    Refuse(&'static str),
    /// Somebody else does it just then; an error of UDisks2 is the answer.
    Overtaken(&'static str),
    /// Never answers.
    Hang,
    /// Ends.
    Die,
}

/// What a test plays.
#[derive(Debug)]
pub struct Script {
    /// What each call does; what comes after them succeeds.
    pub calls: VecDeque<Do>,
    /// What was asked: method, and the options of mounting.
    pub asked: Vec<String>,
    pub mountinfo: PathBuf,
    pub is_locked: bool,
}

impl Script {
    fn write(&self, text: &str) {
        // By rename: who reads sees the one or the other.
        let part = self.mountinfo.with_extension("part");
        std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, &self.mountinfo)).expect("it can be written");
    }

    pub fn mounted_at(&self, folder: &str, options: &str) {
        let escaped = folder.replace(' ', "\\040");
        self.write(&format!("1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 1:3 / {escaped} {options} - ext4 {DEVICE} rw\n"));
    }

    pub fn not_mounted(&self) {
        self.write("1 0 254:0 / / rw - ext4 /dev/vda rw\n");
    }
}

type Shared = Arc<Mutex<Script>>;

/// An error with any name.
#[derive(Debug)]
struct Refused(String);

impl zbus::DBusError for Refused {
    fn create_reply(&self, call: &zbus::message::Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.0.as_str())?.build(&("it was \u{202E}refused",))
    }
    fn name(&self) -> ErrorName<'_> {
        ErrorName::try_from(self.0.as_str()).expect("a name")
    }
    fn description(&self) -> Option<&str> {
        None
    }
}

struct Block {
    number: u64,
    uuid: String,
    container: &'static str,
    drive: &'static str,
}

#[interface(name = "org.freedesktop.UDisks2.Block")]
impl Block {
    #[zbus(property)]
    fn device_number(&self) -> u64 {
        self.number
    }
    #[zbus(property, name = "IdUUID")]
    fn id_uuid(&self) -> String {
        self.uuid.clone()
    }
    #[zbus(property)]
    fn hint_auto(&self) -> bool {
        true
    }
    #[zbus(property)]
    fn crypto_backing_device(&self) -> OwnedObjectPath {
        path(self.container)
    }
    #[zbus(property)]
    fn drive(&self) -> OwnedObjectPath {
        path(self.drive)
    }
}

struct FileSystem {
    script: Shared,
    die: UnboundedSender<Order>,
    is_mounted: bool,
}

#[interface(name = "org.freedesktop.UDisks2.Filesystem")]
impl FileSystem {
    #[zbus(property)]
    fn mount_points(&self) -> Vec<Vec<u8>> {
        if self.is_mounted { vec![b"/media/other\0".to_vec()] } else { Vec::new() }
    }

    async fn mount(&self, options: std::collections::HashMap<String, OwnedValue>) -> Result<String, Refused> {
        let given = given(&options);
        let how = if given.contains("ro") { "ro" } else { "rw" };
        let step = next(&self.script, format!("Mount {given}"));
        match &step {
            Do::Well | Do::Lie(_) | Do::Overtaken(_) => self.script.lock().unwrap().mounted_at(FOLDER, how),
            _ => {}
        }
        perform(&step, &self.die).await?;
        Ok(if let Do::Lie(folder) = step { folder.into() } else { FOLDER.into() })
    }

    async fn unmount(&self, options: std::collections::HashMap<String, OwnedValue>) -> Result<(), Refused> {
        let step = next(&self.script, format!("Unmount {}", given(&options)));
        if matches!(step, Do::Well | Do::Overtaken(_)) {
            self.script.lock().unwrap().not_mounted();
        }
        perform(&step, &self.die).await
    }
}

struct Encrypted(Shared, UnboundedSender<Order>);

#[interface(name = "org.freedesktop.UDisks2.Encrypted")]
impl Encrypted {
    async fn lock(&self, options: std::collections::HashMap<String, OwnedValue>) -> Result<(), Refused> {
        perform(&next(&self.0, format!("Lock {}", given(&options))), &self.1).await?;
        self.0.lock().unwrap().is_locked = true;
        Ok(())
    }
}

struct Drive(Shared, UnboundedSender<Order>, bool);

#[interface(name = "org.freedesktop.UDisks2.Drive")]
impl Drive {
    #[zbus(property)]
    fn can_power_off(&self) -> bool {
        self.2
    }
    #[zbus(property)]
    fn sibling_id(&self) -> String {
        "port".into()
    }
    async fn power_off(&self, options: std::collections::HashMap<String, OwnedValue>) -> Result<(), Refused> {
        perform(&next(&self.0, format!("PowerOff {}", given(&options))), &self.1).await
    }
}

fn path(text: &str) -> OwnedObjectPath {
    ObjectPath::try_from(text).expect("a path").to_owned().into()
}

/// The options, in the order of their names.
fn given(options: &std::collections::HashMap<String, OwnedValue>) -> String {
    let mut given: Vec<String> = Vec::new();
    for (name, value) in options {
        let text = bool::try_from(value).map(|b| b.to_string()).or_else(|_| <&str>::try_from(value).map(String::from));
        given.push(format!("{name}={}", text.expect("a boolean or a text")));
    }
    given.sort();
    given.join(" ")
}

fn next(script: &Shared, asked: String) -> Do {
    let mut script = script.lock().unwrap();
    script.asked.push(asked);
    script.calls.pop_front().unwrap_or(Do::Well)
}

async fn perform(step: &Do, die: &UnboundedSender<Order>) -> Result<(), Refused> {
    match step {
        Do::Well | Do::Lie(_) => Ok(()),
        Do::Refuse(name) | Do::Overtaken(name) if name.contains('.') => Err(Refused((*name).into())),
        Do::Refuse(name) | Do::Overtaken(name) => Err(Refused(format!("org.freedesktop.UDisks2.Error.{name}"))),
        Do::Hang => std::future::pending().await,
        Do::Die => {
            let _ = die.send(Order::End);
            std::future::pending().await
        }
    }
}

/// What is on the fake's stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stick {
    pub is_encrypted: bool,
    pub has_drive: bool,
    pub can_power_off: bool,
    pub is_other_part_mounted: bool,
    /// False: UDisks2 is told of it by [`Fake::plug`].
    pub is_known: bool,
}

impl Default for Stick {
    fn default() -> Self {
        Self { is_encrypted: false, has_drive: true, can_power_off: true, is_other_part_mounted: false, is_known: true }
    }
}

enum Order {
    Plug,
    End,
}

/// The bus and the service on it; both end when it is dropped.
pub struct Fake {
    pub script: Shared,
    daemon: Child,
    address: String,
    dir: TempDir,
    order: UnboundedSender<Order>,
    service: Option<JoinHandle<()>>,
}

/// Says that a test was skipped, as `make test` counts it; true when there is no dbus-daemon.
pub fn is_without_a_bus(test: &str) -> bool {
    let is_without = Command::new("dbus-daemon").arg("--version").output().is_err();
    if is_without {
        crate::skip::skip(test, "dbus-daemon is not installed");
    }
    is_without
}

impl Fake {
    pub fn begin(stick: Stick) -> Self {
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--print-address"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut daemon = command.spawn().expect("a bus");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().expect("piped")).read_line(&mut address).expect("its address");
        let address = address.trim().to_owned();
        let dir = TempDir::new().expect("a folder");
        let script = Script {
            calls: VecDeque::new(),
            asked: Vec::new(),
            mountinfo: dir.path().join("mountinfo"),
            is_locked: false,
        };
        script.not_mounted();
        let script = Arc::new(Mutex::new(script));
        let (order, mut orders) = unbounded_channel();
        let (say, begun) = std::sync::mpsc::channel();
        let (of_service, own_order, own_address) = (Arc::clone(&script), order.clone(), address.clone());
        let serve = async move {
            let bus =
                zbus::connection::Builder::address(own_address.as_str())?.serve_at(ROOT, zbus::fdo::ObjectManager)?;
            let bus = bus.name(UDISKS)?.build().await?;
            let objects = bus.object_server();
            if stick.has_drive {
                objects.at(DRIVE, Drive(Arc::clone(&of_service), own_order.clone(), stick.can_power_off)).await?;
            }
            let drive = if stick.has_drive { DRIVE } else { "/" };
            let other = Block { number: 9 << 8, uuid: "other".into(), container: "/", drive };
            objects.at(OTHER, other).await?;
            let is_mounted = stick.is_other_part_mounted;
            objects
                .at(OTHER, FileSystem { script: Arc::clone(&of_service), die: own_order.clone(), is_mounted })
                .await?;
            let plug = async || {
                let container = if stick.is_encrypted { CONTAINER } else { "/" };
                if stick.is_encrypted {
                    objects
                        .at(CONTAINER, Block { number: 9 << 8 | 1, uuid: "l-1".into(), container: "/", drive })
                        .await?;
                    objects.at(CONTAINER, Encrypted(Arc::clone(&of_service), own_order.clone())).await?;
                }
                // As UDisks2 does it: the device, then what is on it.
                let number = rustix::fs::makedev(1, 3);
                let drive = if stick.is_encrypted { "/" } else { drive };
                objects.at(BLOCK, Block { number, uuid: UUID.into(), container, drive }).await?;
                objects
                    .at(
                        BLOCK,
                        FileSystem { script: Arc::clone(&of_service), die: own_order.clone(), is_mounted: false },
                    )
                    .await?;
                zbus::Result::Ok(())
            };
            if stick.is_known {
                plug().await?;
            }
            let _ = say.send(());
            while let Some(Order::Plug) = orders.recv().await {
                plug().await?;
            }
            bus.close().await
        };
        let service = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(serve).expect("it can be played");
        });
        begun.recv().expect("it begins");
        Self { script, daemon, address, dir, order, service: Some(service) }
    }

    /// From now on UDisks2 knows of the stick.
    pub fn plug(&self) {
        assert!(self.order.send(Order::Plug).is_ok(), "it serves");
    }

    pub fn then(&self, calls: impl IntoIterator<Item = Do>) {
        self.script.lock().unwrap().calls = calls.into_iter().collect();
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }

    pub fn surroundings(&self) -> Surroundings {
        let short = std::time::Duration::from_millis(1);
        let limits = Limits { pause: short, ..Limits::default() };
        let mountinfo = self.script.lock().unwrap().mountinfo.clone();
        Surroundings { bus: Some(self.address.clone()), mountinfo, proc: self.dir.path().join("proc"), limits }
    }

    pub fn disks(&self) -> Disks {
        Disks::connect_in(self.surroundings()).expect("it is there")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Ends UDisks2; the bus remains.
    pub fn end(&mut self) {
        let _ = self.order.send(Order::End);
        if let Some(service) = self.service.take() {
            service.join().expect("it ends well");
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.order.send(Order::End);
        if let Some(service) = self.service.take() {
            let _ = service.join();
        }
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// The stick as udev told of it.
pub fn volume() -> Volume {
    Volume {
        device: Path::new(DEVICE).into(),
        contents: Contents::FileSystem { kind: "ext4".into(), uuid: UUID.into(), label: "Blue drive".into() },
        hardware: Hardware::default(),
        bytes: 1 << 30,
        is_read_only: false,
        mounted_at: Vec::new(),
        plugged: Plugged { name: "keepsake-test-stick".into(), sequence: None },
    }
}
