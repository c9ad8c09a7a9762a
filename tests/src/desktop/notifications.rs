//! The test as the notification server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, interface};

const PATH: &str = "/org/freedesktop/Notifications";

/// One notification as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its number.
    pub number: u32,
    /// True when it took the place of an earlier one.
    pub replaces: bool,
    /// Its first line.
    pub summary: String,
    /// Its text.
    pub body: String,
    /// The key and the label of each button.
    pub buttons: Vec<(String, String)>,
    /// True for what does not go away by itself.
    pub is_urgent: bool,
}

#[derive(Debug, Default)]
struct Shown {
    last: u32,
    log: Vec<Notification>,
    closed: Vec<u32>,
}

/// A notification server.
#[derive(Debug)]
pub struct Notifications {
    bus: Connection,
    shown: Arc<Mutex<Shown>>,
}

struct Served(Arc<Mutex<Shown>>);

#[interface(name = "org.freedesktop.Notifications")]
impl Served {
    #[allow(clippy::too_many_arguments)] // So the specification has it.
    fn notify(
        &self,
        _app: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expires_ms: i32,
    ) -> u32 {
        let mut shown = self.0.lock().unwrap();
        let number = if replaces == 0 { shown.last + 1 } else { replaces };
        shown.last = shown.last.max(number);
        let buttons = actions.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        let is_urgent = hints.get("urgency").is_some_and(|level| u8::try_from(level) == Ok(2));
        shown.log.push(Notification { number, replaces: replaces != 0, summary, body, buttons, is_urgent });
        number
    }

    async fn close_notification(&self, number: u32, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        self.0.lock().unwrap().closed.push(number);
        let _ = Self::notification_closed(&emitter, number, 3).await;
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup", "persistence"].map(String::from).into()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("test".into(), "keepsake".into(), "1".into(), "1.2".into())
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, number: u32, key: String) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, number: u32, why: u32) -> zbus::Result<()>;
}

impl Notifications {
    /// Begins to serve on a connection of its own: one that was used before numbers from 1 again.
    pub async fn begin(bus: Connection) -> Self {
        let shown = Arc::<Mutex<Shown>>::default();
        bus.object_server().at(PATH, Served(Arc::clone(&shown))).await.expect("it can be served");
        bus.request_name("org.freedesktop.Notifications").await.expect("the name is free");
        Self { bus, shown }
    }

    /// All that were shown so far.
    pub fn all(&self) -> Vec<Notification> {
        self.shown.lock().unwrap().log.clone()
    }

    /// The numbers of those that were withdrawn.
    pub fn closed(&self) -> Vec<u32> {
        self.shown.lock().unwrap().closed.clone()
    }

    /// Waits until so many were shown, and answers the last of them.
    pub async fn nth(&self, count: usize) -> Notification {
        let last = || self.all().into_iter().nth(count - 1);
        let found = super::until(&format!("{count} notifications are shown"), last).await;
        assert_eq!(self.all().len(), count, "{:?}", self.all());
        found
    }

    /// A person presses a button.
    pub async fn press(&self, number: u32, key: &str) {
        let served = self.bus.object_server().interface::<_, Served>(PATH).await.expect("it is served");
        Served::action_invoked(served.signal_emitter(), number, key.into()).await.expect("it can be told");
    }

    /// A person puts it away.
    pub async fn put_away(&self, number: u32) {
        let served = self.bus.object_server().interface::<_, Served>(PATH).await.expect("it is served");
        Served::notification_closed(served.signal_emitter(), number, 2).await.expect("it can be told");
    }

    /// It ends, as when the desktop restarts it.
    pub async fn end(self) {
        self.bus.close().await.expect("it ends");
    }
}
