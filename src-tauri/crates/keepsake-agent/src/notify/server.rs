//! The desktop's notification server, by the Desktop Notifications Specification 1.2
//! (<https://specifications.freedesktop.org/notification-spec/>).

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::message::Type;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, MatchRule, MessageStream};

use crate::desktop::Told;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// The longest wait for an answer: one that hangs must not hold up the icon.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);

/// What one notification says.
pub(super) struct Words<'a> {
    pub(super) summary: String,
    pub(super) body: String,
    /// Each button's key and label.
    pub(super) buttons: &'a [(&'static str, String)],
    /// It stays until somebody puts it away.
    pub(super) is_problem: bool,
}

/// The notification server, as long as there is one.
pub(super) struct Server {
    bus: Connection,
    /// Whether it reads markup; None before it was asked.
    reads_markup: Option<bool>,
    /// It did not answer: not asked again before it changes.
    pub(super) is_absent: bool,
}

impl Server {
    pub(super) fn new(bus: Connection) -> Self {
        Self { bus, reads_markup: None, is_absent: false }
    }

    /// Has a person's clicks told, and when servers begin and end, in tasks of their own.
    pub(super) async fn listen(&self, tell: UnboundedSender<Told>) -> zbus::Result<()> {
        let signals = MatchRule::builder().msg_type(Type::Signal).sender(NAME)?.interface(NAME)?.build();
        let signals = MessageStream::for_match_rule(signals, &self.bus, None).await?;
        let owners = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, NAME)?
            .build();
        let owners = MessageStream::for_match_rule(owners, &self.bus, None).await?;
        tokio::spawn(each(signals, tell.clone(), |message| {
            let body = message.body();
            match message.header().member()?.as_str() {
                "ActionInvoked" => {
                    let (number, key): (u32, String) = body.deserialize().ok()?;
                    Some(Told::Button(number, key))
                }
                "NotificationClosed" => {
                    let (number, _why): (u32, u32) = body.deserialize().ok()?;
                    Some(Told::Closed(number))
                }
                _ => None,
            }
        }));
        tokio::spawn(each(owners, tell, |_| Some(Told::Server)));
        Ok(())
    }

    /// Tells this server from those before and after it; empty when there is none.
    pub(super) async fn identity(&self) -> String {
        let owner = self.call_at("org.freedesktop.DBus", "/org/freedesktop/DBus", "GetNameOwner", &(NAME,)).await;
        let owner: Option<String> = owner.and_then(|answer| answer.body().deserialize().ok());
        owner.map(|owner| format!("{} {owner}", self.bus.server_guid())).unwrap_or_default()
    }

    /// Shows a notification, in the place of another one if that is still there. None when nobody shows it.
    pub(super) async fn show(&mut self, replaces: Option<u32>, words: Words<'_>) -> Option<u32> {
        if self.is_absent {
            return None;
        }
        let reads_markup = self.reads_markup().await;
        let escaped = words.body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let body = if reads_markup { escaped } else { words.body };
        let actions: Vec<&str> = words.buttons.iter().flat_map(|(key, label)| [*key, label.as_str()]).collect();
        let urgency: u8 = if words.is_problem { 2 } else { 1 };
        let hints = HashMap::from([("urgency", Value::from(urgency)), ("desktop-entry", Value::from("keepsake"))]);
        let expires_ms: i32 = if words.is_problem { 0 } else { -1 };
        let sent = ("Keepsake", replaces.unwrap_or(0), "keepsake", words.summary, body, actions, hints, expires_ms);
        let answer = self.call("Notify", &sent).await;
        self.is_absent = answer.is_none();
        if self.is_absent {
            eprintln!("keepsake: no notification server answers: notifications are shown when there is one");
        }
        answer?.body().deserialize().ok()
    }

    /// Takes a notification away.
    pub(super) async fn close(&self, number: u32) {
        if !self.is_absent {
            // One that is gone already is what is wanted.
            let _ = self.call("CloseNotification", &(number,)).await;
        }
    }

    /// Whether somebody has asked it to be silent, as some do while a film runs (`Inhibited`, of KDE's).
    pub(super) async fn is_inhibited(&self) -> bool {
        let answer = self.call_at_interface("org.freedesktop.DBus.Properties", "Get", &(NAME, "Inhibited")).await;
        let value: Option<OwnedValue> = answer.and_then(|answer| answer.body().deserialize().ok());
        value.is_some_and(|value| bool::try_from(value) == Ok(true))
    }

    /// There is another one, or none.
    pub(super) fn changed(&mut self) {
        self.reads_markup = None;
        self.is_absent = false;
    }

    async fn reads_markup(&mut self) -> bool {
        if self.reads_markup.is_none() {
            let answer = self.call("GetCapabilities", &()).await;
            let all: Option<Vec<String>> = answer.and_then(|answer| answer.body().deserialize().ok());
            self.reads_markup = all.map(|all| all.iter().any(|one| one == "body-markup"));
        }
        self.reads_markup.unwrap_or(false)
    }

    async fn call<B: serde::Serialize + zbus::zvariant::DynamicType>(
        &self,
        what: &str,
        with: &B,
    ) -> Option<zbus::Message> {
        self.call_at_interface(NAME, what, with).await
    }

    async fn call_at_interface<B: serde::Serialize + zbus::zvariant::DynamicType>(
        &self,
        interface: &str,
        what: &str,
        with: &B,
    ) -> Option<zbus::Message> {
        let call = self.bus.call_method(Some(NAME), PATH, Some(interface), what, with);
        tokio::time::timeout(LONGEST_ANSWER, call).await.ok()?.ok()
    }

    async fn call_at<B: serde::Serialize + zbus::zvariant::DynamicType>(
        &self,
        name: &str,
        path: &str,
        what: &str,
        with: &B,
    ) -> Option<zbus::Message> {
        let call = self.bus.call_method(Some(name), path, Some(name), what, with);
        tokio::time::timeout(LONGEST_ANSWER, call).await.ok()?.ok()
    }
}

/// Tells what each message means, until the bus ends.
async fn each(
    mut messages: MessageStream,
    tell: UnboundedSender<Told>,
    meaning: impl Fn(&zbus::Message) -> Option<Told>,
) {
    while let Some(message) = messages.next().await {
        let told = message.ok().and_then(|message| meaning(&message));
        if told.is_some_and(|told| tell.send(told).is_err()) {
            return;
        }
    }
    // Nobody listens at the very end only.
    let _ = tell.send(Told::BusGone);
}
