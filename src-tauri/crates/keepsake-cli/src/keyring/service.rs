//! The Secret Service (<https://specifications.freedesktop.org/secret-service-spec/latest/>, version 0.2 draft): GNOME Keyring,
//! KWallet, KeePassXC.
//!
//! Spoken directly over `zbus`, which is linked in anyway. The crates for it bring ciphers and big numbers along, and open the
//! service's prompt by themselves and wait for it: a job in the background would hang where nobody sees the prompt. Here a
//! prompt is never opened, and everything has a time limit. Secrets pass over the session's bus as they are (the algorithm
//! `plain`): whoever can read that bus can ask the keyring for them.

use std::collections::HashMap;
use std::time::Duration;

use keepsake_core::sealed::{KeyStoreError, RecoveryKey, Whose, keys_in};
use tokio::time::timeout;
use zbus::Connection;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};
use zeroize::{Zeroize, Zeroizing};

const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Where there is no object; see "Prompts" and "ReadAlias" of the specification.
const NOTHING: &str = "/";
/// What every key of ours is found by.
const SCHEMA: (&str, &str) = ("xdg:schema", "org.keepsake.RecoveryKey");
/// What marks a key as another family's. One without it is the family's own.
const OTHERS: (&str, &str) = ("owner", "other-family");
/// How long all that is asked for once may take. The service may have to be started for it.
const LONGEST: Duration = Duration::from_secs(5);

/// What a secret is on the bus: session, parameters, value, type.
type Secret<'a> = (ObjectPath<'a>, Vec<u8>, Vec<u8>, &'a str);
/// As it comes back.
type OwnedSecret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// The keys in the keyring, the newest first.
#[derive(Debug, Default)]
pub struct InKeyring {
    /// The family's own.
    pub own: Vec<RecoveryKey>,
    /// Those of other families.
    pub others: Vec<RecoveryKey>,
    /// True when there are more, in a keyring that is locked.
    pub is_more_locked: bool,
}

/// Why the keyring has nothing to say.
#[derive(Debug)]
pub enum Trouble {
    /// There is no bus, no service or no keyring in it.
    Absent,
    /// It is locked, and would have to ask somebody.
    Locked,
    /// It fails or does not answer.
    Failed(String),
}

impl From<Trouble> for KeyStoreError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Locked => Self::Locked,
            Trouble::Failed(why) => Self::Keyring { why },
            Trouble::Absent => Self::Keyring { why: "there is none".into() },
        }
    }
}

impl From<zbus::Error> for Trouble {
    fn from(error: zbus::Error) -> Self {
        let zbus::Error::MethodError(name, why, _) = &error else { return Self::Failed(error.to_string()) };
        match name.as_str() {
            "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner" => Self::Absent,
            // It is to be started, and cannot: it is as good as none.
            name if name.starts_with("org.freedesktop.DBus.Error.Spawn") => Self::Absent,
            "org.freedesktop.Secret.Error.IsLocked" => Self::Locked,
            name => Self::Failed(format!("{name} {}", why.as_deref().unwrap_or_default()).trim_end().into()),
        }
    }
}

impl From<zbus::zvariant::Error> for Trouble {
    fn from(error: zbus::zvariant::Error) -> Self {
        Self::Failed(format!("it answers in another way than it should: {error}"))
    }
}

/// All keys in the keyring.
///
/// # Errors
/// [`Trouble`] when it cannot be asked now.
pub fn load() -> Result<InKeyring, Trouble> {
    on_the_bus(async |service| service.load().await)
}

/// Keeps one more key, and reads it back.
///
/// # Errors
/// [`Trouble`] when it is not kept.
pub fn add(key: &RecoveryKey, whose: Whose) -> Result<(), Trouble> {
    on_the_bus(async |service| {
        service.add(key, whose).await?;
        let InKeyring { own, others, .. } = service.load().await?;
        let is_kept = own.contains(key) || (whose == Whose::Others && others.contains(key));
        match is_kept {
            true => Ok(()),
            false => Err(Trouble::Failed("it does not give back what it was given".into())),
        }
    })
}

/// Asks in a thread of its own: whoever calls may be in the middle of something that waits.
fn on_the_bus<T: Send>(ask: impl AsyncFnOnce(&Service) -> Result<T, Trouble> + Send) -> Result<T, Trouble> {
    let failed = |e: std::io::Error| Trouble::Failed(e.to_string());
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
            let asked = async {
                let service = Service::begin().await?;
                ask(&service).await
            };
            let late = || Trouble::Failed("it does not answer".into());
            runtime.block_on(async { timeout(LONGEST, asked).await }).unwrap_or_else(|_| Err(late()))
        });
        asking.join().unwrap_or_else(|_| Err(Trouble::Failed("its answer cannot be understood".into())))
    })
}

/// The service, with a session.
struct Service {
    bus: Connection,
    session: OwnedObjectPath,
    collection: OwnedObjectPath,
}

impl Service {
    async fn begin() -> Result<Self, Trouble> {
        let bus = Connection::session().await.map_err(|_| Trouble::Absent)?;
        let asked = ("plain", Value::from(""));
        let answer = bus.call_method(Some(SERVICE), PATH, Some(INTERFACE), "OpenSession", &asked).await?;
        let (_, session): (OwnedValue, OwnedObjectPath) = answer.body().deserialize()?;
        let answer = bus.call_method(Some(SERVICE), PATH, Some(INTERFACE), "ReadAlias", &("default",)).await?;
        let collection: OwnedObjectPath = answer.body().deserialize()?;
        if collection.as_str() == NOTHING {
            // Making one would ask somebody for a password.
            return Err(Trouble::Absent);
        }
        Ok(Self { bus, session, collection })
    }

    async fn property(&self, object: &OwnedObjectPath, interface: &str, name: &str) -> Result<OwnedValue, Trouble> {
        let asked = (interface, name);
        let answer = self.bus.call_method(Some(SERVICE), object.as_str(), Some(PROPERTIES), "Get", &asked).await?;
        Ok(answer.body().deserialize()?)
    }

    async fn load(&self) -> Result<InKeyring, Trouble> {
        let wanted = HashMap::from([SCHEMA]);
        let call = self.bus.call_method(Some(SERVICE), PATH, Some(INTERFACE), "SearchItems", &(wanted,)).await?;
        let (items, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = call.body().deserialize()?;
        if items.is_empty() {
            // A service need not tell what is in a keyring that is locked.
            let is_locked = bool::try_from(self.property(&self.collection, COLLECTION, "Locked").await?)?;
            return if is_locked || !locked.is_empty() { Err(Trouble::Locked) } else { Ok(InKeyring::default()) };
        }
        let asked = (&items, &self.session);
        let answer = self.bus.call_method(Some(SERVICE), PATH, Some(INTERFACE), "GetSecrets", &asked).await?;
        let secrets: HashMap<OwnedObjectPath, OwnedSecret> = answer.body().deserialize()?;
        let mut found = Vec::new();
        for (item, (_, _, mut value, _)) in secrets {
            let text = Zeroizing::new(String::from_utf8_lossy(&value).into_owned());
            value.zeroize();
            // What is no key is not ours, whatever it calls itself.
            let Ok(keys) = keys_in(&text) else { continue };
            let created = u64::try_from(self.property(&item, ITEM, "Created").await?)?;
            let attributes = HashMap::<String, String>::try_from(self.property(&item, ITEM, "Attributes").await?)?;
            let is_others = attributes.get(OTHERS.0).is_some_and(|owner| owner == OTHERS.1);
            found.extend(keys.into_iter().map(|key| (created, is_others, key)));
        }
        found.sort_by_key(|(created, ..)| std::cmp::Reverse(*created));
        let mut kept = InKeyring { is_more_locked: !locked.is_empty(), ..InKeyring::default() };
        for (_, is_others, key) in found {
            let keys = if is_others { &mut kept.others } else { &mut kept.own };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(kept)
    }

    /// One item for each key: adding one can never take another away.
    async fn add(&self, key: &RecoveryKey, whose: Whose) -> Result<(), Trouble> {
        let recipient = key.recipient().to_string();
        let mut attributes = HashMap::from([SCHEMA, ("application", "keepsake"), ("recipient", recipient.as_str())]);
        let label = match whose {
            Whose::Own => "Keepsake recovery key",
            Whose::Others => {
                attributes.insert(OTHERS.0, OTHERS.1);
                "Keepsake recovery key of another family"
            }
        };
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Value::from(label)),
            ("org.freedesktop.Secret.Item.Attributes", Value::from(attributes)),
        ]);
        let session = ObjectPath::try_from(self.session.as_str())?;
        let mut secret: Secret<'_> = (session, Vec::new(), key.to_text().as_bytes().to_vec(), "text/plain");
        let asked = (&properties, &secret, true);
        let collection = self.collection.as_str();
        let called = self.bus.call_method(Some(SERVICE), collection, Some(COLLECTION), "CreateItem", &asked).await;
        secret.2.zeroize();
        let (_, prompt): (OwnedObjectPath, OwnedObjectPath) = called?.body().deserialize()?;
        if prompt.as_str() != NOTHING {
            // It would be shown when it is asked for, and nobody may be there.
            self.bus.call_method(Some(SERVICE), prompt.as_str(), Some(PROMPT), "Dismiss", &()).await?;
            return Err(Trouble::Locked);
        }
        Ok(())
    }
}
