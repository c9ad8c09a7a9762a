//! UDisks2 as a second reason to look: it tells of devices, and says which ones it would show by itself (`HintAuto`).
//!
//! It is not started for this. When the bus ends, udev and the table of mounts remain.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::{Connection, MatchRule, MessageStream};

use crate::mounts::Number;
use crate::surroundings::Surroundings;
use crate::udisks::{self, UDISKS};
use crate::watch::Shared;

/// So many signals wait at most: what they say is looked at anyway.
const MOST_WAITING: usize = 64;
const STACK_BYTES: usize = 1 << 20;

/// The thread that listens; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct SecondSource {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl SecondSource {
    /// Begins; None when there can be no thread, which is noted.
    pub fn begin(
        surroundings: Surroundings,
        shared: Arc<Shared>,
        note: impl Fn(&str) + Send + 'static,
    ) -> Option<Self> {
        let (end, ended) = oneshot::channel();
        let listen = move || {
            let why = match runtime() {
                Ok(runtime) => runtime.block_on(async {
                    tokio::select! {
                        _ = ended => None,
                        outcome = follow(&surroundings, &shared, &note) => Some(outcome.err().map_or_else(|| "it has ended".into(), |e| e.to_string())),
                    }
                }),
                Err(e) => Some(e.to_string()),
            };
            if let Some(why) = why {
                let why = crate::words::clean(&why, 200);
                note(&format!("drives are watched with udev alone, as the system bus is not there: {why}"));
            }
        };
        let thread =
            std::thread::Builder::new().name("drives-bus".into()).stack_size(STACK_BYTES).spawn(listen).ok()?;
        Some(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for SecondSource {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

async fn follow(surroundings: &Surroundings, shared: &Shared, note: &impl Fn(&str)) -> zbus::Result<()> {
    let bus = surroundings.connect().await?;
    let rules = DBusProxy::new(&bus).await?;
    let signal = || MatchRule::builder().msg_type(Type::Signal);
    let objects = signal().sender(UDISKS)?.interface("org.freedesktop.DBus.ObjectManager")?;
    rules.add_match_rule(objects.build()).await?;
    let properties = signal().sender(UDISKS)?.interface("org.freedesktop.DBus.Properties")?;
    rules.add_match_rule(properties.path_namespace(udisks::NAMESPACE)?.build()).await?;
    let owner = signal().sender("org.freedesktop.DBus")?.member("NameOwnerChanged")?;
    rules.add_match_rule(owner.arg(0, UDISKS)?.build()).await?;
    let mut signals = MessageStream::from(&bus);
    signals.set_max_queued(MOST_WAITING);
    if !ask(&bus, surroundings, shared).await {
        note("UDisks2 is not there; drives are watched with udev alone");
    }
    while let Some(message) = signals.next().await {
        let message = message?;
        // Answers to what was asked come here, too.
        if message.message_type() != Type::Signal {
            continue;
        }
        match message.header().member().map(|member| member.as_str()) {
            Some("PropertiesChanged") => shared.look(),
            Some("InterfacesAdded" | "InterfacesRemoved") if !udisks::is_about_a_device(&message) => {}
            _ => drop(ask(&bus, surroundings, shared).await),
        }
    }
    Ok(())
}

/// Asks which devices it would show; false when it is not there.
async fn ask(bus: &Connection, surroundings: &Surroundings, shared: &Shared) -> bool {
    let objects = udisks::objects_if_it_runs(bus, surroundings.limits.ask).await;
    let is_there = objects.is_some();
    shared.hint(objects.map(|objects| objects.hinted()).unwrap_or_default());
    is_there
}

/// One question; nothing is hinted when UDisks2 does not run.
pub(crate) fn hinted_now(surroundings: &Surroundings) -> BTreeSet<Number> {
    let ask = async {
        let bus = surroundings.connect().await.ok()?;
        udisks::objects_if_it_runs(&bus, surroundings.limits.known).await
    };
    let Ok(runtime) = runtime() else { return BTreeSet::new() };
    let limited = async { tokio::time::timeout(surroundings.limits.known, ask).await };
    runtime.block_on(limited).ok().flatten().map(|objects| objects.hinted()).unwrap_or_default()
}
