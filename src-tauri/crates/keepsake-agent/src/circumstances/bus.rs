//! UPower and NetworkManager on the system bus. A thread sleeps until one of them says that something has changed; where
//! they are not, nothing is known, and nothing waits.
//!
//! Rules from outside: `org.freedesktop.UPower` (`OnBattery`; `Percentage` of the DisplayDevice) of UPower 1.90,
//! `org.freedesktop.NetworkManager` (`Metered`: 1 yes, 3 guessed yes) of NetworkManager 1.42.

use std::sync::{Arc, Mutex, PoisonError};

use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::proxy::MethodFlags;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, MatchRule, MessageStream, Proxy};

use super::{Circumstances, KnowsCircumstances};
use crate::Asked;
use crate::board::Board;
use crate::log::Log;

const UPOWER: &str = "org.freedesktop.UPower";
const UPOWER_PATH: &str = "/org/freedesktop/UPower";
const BATTERY_PATH: &str = "/org/freedesktop/UPower/devices/DisplayDevice";
const BATTERY_INTERFACE: &str = "org.freedesktop.UPower.Device";
const NETWORK: &str = "org.freedesktop.NetworkManager";
const NETWORK_PATH: &str = "/org/freedesktop/NetworkManager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// So many signals wait at most: what they say is asked for anyway.
const MOST_WAITING: usize = 64;

/// What the services of the system bus say.
#[derive(Clone, Default)]
pub(crate) struct OnTheBus(Arc<Mutex<Circumstances>>);

impl KnowsCircumstances for OnTheBus {
    fn now(&self) -> Circumstances {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OnTheBus {
    /// Begins to follow them. The loop is woken when something has changed.
    pub fn begin(board: Arc<Board>, log: Log) -> Self {
        Self::begin_at(None, board, log)
    }

    /// `address`: of another bus than the system's, in the words of D-Bus.
    fn begin_at(address: Option<String>, board: Arc<Board>, log: Log) -> Self {
        let known = Self::default();
        let own = known.clone();
        let follow = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let ended = match runtime {
                Ok(runtime) => {
                    runtime.block_on(own.follow(address.as_deref(), &board, log)).err().map(|e| e.to_string())
                }
                Err(e) => Some(e.to_string()),
            };
            if let Some(why) = ended {
                log.event(&format!("battery and network are not looked at, as the system bus is not there: {why}"));
            }
            // Nothing is known any more.
            own.put(Circumstances::default(), &board);
        };
        // Without it nothing waits.
        let _ = std::thread::Builder::new().name("circumstances".into()).stack_size(512 << 10).spawn(follow);
        known
    }

    async fn follow(&self, address: Option<&str>, board: &Board, log: Log) -> zbus::Result<()> {
        let bus = match address {
            Some(address) => zbus::connection::Builder::address(address)?.build().await?,
            None => Connection::system().await?,
        };
        let rules = DBusProxy::new(&bus).await?;
        for (path, sender) in [(UPOWER_PATH, UPOWER), (BATTERY_PATH, UPOWER), (NETWORK_PATH, NETWORK)] {
            let rule = MatchRule::builder().msg_type(Type::Signal).sender(sender)?.path(path)?;
            rules.add_match_rule(rule.interface(PROPERTIES)?.member("PropertiesChanged")?.build()).await?;
        }
        for name in [UPOWER, NETWORK] {
            let rule = MatchRule::builder().msg_type(Type::Signal).sender("org.freedesktop.DBus")?;
            rules.add_match_rule(rule.member("NameOwnerChanged")?.arg(0, name)?.build()).await?;
        }
        let mut signals = MessageStream::from(&bus);
        signals.set_max_queued(MOST_WAITING);
        let is_there = self.ask(&bus, board).await;
        let absent: Vec<&str> =
            [("UPower", is_there.0), ("NetworkManager", is_there.1)].iter().filter(|s| !s.1).map(|s| s.0).collect();
        if !absent.is_empty() {
            log.event(&format!("not there, so nothing waits for it: {}", absent.join(", ")));
        }
        while let Some(message) = signals.next().await {
            // Answers to what was asked come here, too.
            if message?.message_type() == Type::Signal {
                self.ask(&bus, board).await;
            }
        }
        Ok(())
    }

    /// Asks how it is; answers which of both services are there.
    async fn ask(&self, bus: &Connection, board: &Board) -> (bool, bool) {
        let is_on_battery = property(bus, UPOWER, UPOWER_PATH, UPOWER, "OnBattery").await;
        let is_on_battery: Option<bool> = is_on_battery.and_then(|value| value.try_into().ok());
        let charge_percent: Option<f64> = match is_on_battery {
            Some(true) => {
                let value = property(bus, UPOWER, BATTERY_PATH, BATTERY_INTERFACE, "Percentage").await;
                value.and_then(|value| value.try_into().ok())
            }
            _ => None,
        };
        let metered = property(bus, NETWORK, NETWORK_PATH, NETWORK, "Metered").await;
        let metered: Option<u32> = metered.and_then(|value| value.try_into().ok());
        let now = Circumstances {
            is_on_battery: is_on_battery == Some(true),
            charge_percent,
            is_metered: matches!(metered, Some(1 | 3)),
        };
        self.put(now, board);
        (is_on_battery.is_some(), metered.is_some())
    }

    fn put(&self, now: Circumstances, board: &Board) {
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), now);
        if before != now {
            board.wake(Asked::Wake);
        }
    }
}

/// A property of a service; None when there is none. The service is not started for it.
async fn property(bus: &Connection, service: &str, path: &str, interface: &str, name: &str) -> Option<OwnedValue> {
    let proxy = Proxy::new(bus, service, path, PROPERTIES).await.ok()?;
    let what = (interface, name);
    let asked = proxy.call_with_flags::<_, _, OwnedValue>("Get", MethodFlags::NoAutoStart.into(), &what);
    let value = asked.await.ok()??;
    // It comes in a variant of its own.
    match Value::from(value) {
        Value::Value(inner) => OwnedValue::try_from(*inner).ok(),
        value => OwnedValue::try_from(value).ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// A bus of its own, ended when dropped.
    struct Bus(Child, String);

    impl Bus {
        /// None where there is no dbus-daemon.
        fn start() -> Option<Self> {
            let mut command = Command::new("dbus-daemon");
            command.args(["--session", "--nofork", "--print-address"]).stdout(Stdio::piped());
            let mut daemon = command.spawn().ok()?;
            let mut address = String::new();
            BufReader::new(daemon.stdout.take()?).read_line(&mut address).ok()?;
            Some(Self(daemon, address.trim().into()))
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    struct UPower(bool);
    #[zbus::interface(name = "org.freedesktop.UPower")]
    impl UPower {
        #[zbus(property)]
        fn on_battery(&self) -> bool {
            self.0
        }
    }

    struct Battery(f64);
    #[zbus::interface(name = "org.freedesktop.UPower.Device")]
    impl Battery {
        #[zbus(property)]
        fn percentage(&self) -> f64 {
            self.0
        }
    }

    struct Network(u32);
    #[zbus::interface(name = "org.freedesktop.NetworkManager")]
    impl Network {
        #[zbus(property)]
        fn metered(&self) -> u32 {
            self.0
        }
    }

    #[track_caller]
    fn becomes(known: &OnTheBus, expected: Circumstances) {
        let end = Instant::now() + Duration::from_secs(20);
        while known.now() != expected {
            assert!(Instant::now() < end, "it is {:?}, not {expected:?}", known.now());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn what_the_services_say_is_known_as_soon_as_it_changes() {
        let Some(bus) = Bus::start() else {
            eprintln!("skipped: there is no dbus-daemon");
            return;
        };
        let (tell, asked) = std::sync::mpsc::channel();
        let board = Arc::new(Board::new(tell));
        let known = OnTheBus::begin_at(Some(bus.1.clone()), board, Log { is_quiet: true });
        let (say, mut to_be_said) = tokio::sync::mpsc::unbounded_channel::<(f64, u32)>();
        let address = bus.1.clone();
        let play = async move {
            let bus = zbus::connection::Builder::address(address.as_str())?;
            let bus = bus.serve_at(UPOWER_PATH, UPower(true))?.serve_at(BATTERY_PATH, Battery(80.0))?;
            let services = bus.serve_at(NETWORK_PATH, Network(2))?.name(UPOWER)?.name(NETWORK)?.build().await?;
            let battery = services.object_server().interface::<_, Battery>(BATTERY_PATH).await?;
            let network = services.object_server().interface::<_, Network>(NETWORK_PATH).await?;
            while let Some((charge, metered)) = to_be_said.recv().await {
                battery.get_mut().await.0 = charge;
                battery.get().await.percentage_changed(battery.signal_emitter()).await?;
                network.get_mut().await.0 = metered;
                network.get().await.metered_changed(network.signal_emitter()).await?;
            }
            zbus::Result::Ok(())
        };
        let services = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(play).expect("the services can be played");
        });
        let mut expected = Circumstances { is_on_battery: true, charge_percent: Some(80.0), is_metered: false };
        becomes(&known, expected);
        assert!(asked.try_iter().any(|asked| asked == Asked::Wake), "the loop is told");
        say.send((29.0, 3)).expect("they listen");
        expected = Circumstances { charge_percent: Some(29.0), is_metered: true, ..expected };
        becomes(&known, expected);
        // Both end: nothing is known any more, and nothing waits.
        drop(say);
        services.join().expect("they end well");
        becomes(&known, Circumstances::default());
    }
}
