//! What can go wrong with a drive, in words; and what UDisks2's errors mean.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::words;

/// The longest message of another program that is passed on, in characters.
const LONGEST_MESSAGE_CHARS: usize = 300;

/// What was to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Asking UDisks2 what there is.
    Ask,
    /// Mounting.
    Mount,
    /// Unmounting.
    Unmount,
    /// Locking what is encrypted.
    Lock,
    /// Powering off the drive.
    PowerOff,
}

impl std::fmt::Display for Doing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ask => "be asked about",
            Self::Mount => "be mounted",
            Self::Unmount => "be unmounted",
            Self::Lock => "be locked",
            Self::PowerOff => "be powered off",
        })
    }
}

/// What UDisks2 or the bus answered, fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct Answer {
    /// The error's name on the bus.
    pub name: String,
    /// What stood with it.
    pub message: String,
}

/// What can go wrong with a drive.
#[derive(Debug, thiserror::Error)]
pub enum DrivesError {
    /// polkit says no, and nobody is asked for a password: there is no active session, or the computer's rules forbid it.
    #[error("{} could not {doing}: this session may not do that without a password ({source})", device.display())]
    NotAuthorized {
        /// What was to be done.
        doing: Doing,
        /// With which device.
        device: PathBuf,
        /// What UDisks2 said.
        source: Answer,
    },
    /// It is mounted for another user of this computer.
    #[error("{} could not {doing}: it is mounted for another user of this computer", device.display())]
    AnotherUser {
        /// What was to be done.
        doing: Doing,
        /// With which device.
        device: PathBuf,
        /// What UDisks2 said.
        source: Answer,
    },
    /// Something still uses it.
    #[error("{} is still in use{}", device.display(), by(programs))]
    Busy {
        /// Which device.
        device: PathBuf,
        /// Names of the programs that hold it, as far as this user may see them; empty when it is none of them.
        programs: Vec<String>,
    },
    /// It was unplugged, or another one is plugged in in its place.
    #[error("{} is not plugged in any more", device.display())]
    Gone {
        /// Which device.
        device: PathBuf,
    },
    /// UDisks2 is not there, or ended while it was asked.
    #[error("UDisks2, which mounts drives for people, is not there{}", source.as_ref().map(|a| format!(" ({a})")).unwrap_or_default())]
    NoUdisks {
        /// What the bus said; None when there is no bus.
        source: Option<Answer>,
    },
    /// udev cannot be asked.
    #[error("udev cannot be asked for drives: {source}")]
    NoUdev {
        /// Why.
        source: io::Error,
    },
    /// UDisks2 did not answer in time. What it was asked for may still happen.
    #[error("{} could not {doing} within {} s", device.display(), limit.as_secs())]
    TimedOut {
        /// What was to be done.
        doing: Doing,
        /// With which device.
        device: PathBuf,
        /// How long was waited.
        limit: Duration,
    },
    /// There is no file system on it that could be mounted.
    #[error("{} has no file system that can be mounted: it is {what}", device.display())]
    NoFileSystem {
        /// Which device.
        device: PathBuf,
        /// What it is.
        what: String,
    },
    /// This drive or this computer cannot do that.
    #[error("{} could not {doing}: this drive or this computer cannot do that ({source})", device.display())]
    NotSupported {
        /// What was to be done.
        doing: Doing,
        /// With which device.
        device: PathBuf,
        /// What UDisks2 said.
        source: Answer,
    },
    /// What is mounted there is not this drive, or it is what the system stands on.
    #[error("{} is not what is mounted on {}: nothing is done with it", device.display(), folder.display())]
    WrongPlace {
        /// Which device.
        device: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// A file of the system could not be read.
    #[error("{} could not be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It failed for another reason.
    #[error("{} could not {doing}: {source}", device.display())]
    Failed {
        /// What was to be done.
        doing: Doing,
        /// With which device.
        device: PathBuf,
        /// What UDisks2 said.
        source: Answer,
    },
}

fn by(programs: &[String]) -> String {
    if programs.is_empty() { String::new() } else { format!(" by {}", programs.join(", ")) }
}

/// What an error's name means for what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    AlreadyMounted,
    NotMounted,
    Busy,
    NotAuthorized,
    AnotherUser,
    NotSupported,
    OptionRefused,
    TimedOut,
    Gone,
    NoUdisks,
    Failed,
}

impl Answer {
    /// Of an error of zbus.
    pub(crate) fn of(error: &zbus::Error) -> Self {
        let (name, message) = match error {
            zbus::Error::MethodError(name, message, _) => (name.to_string(), message.clone().unwrap_or_default()),
            other => ("the bus".into(), other.to_string()),
        };
        Self { name: words::name(&name), message: words::clean(&message, LONGEST_MESSAGE_CHARS) }
    }

    /// The names are those of `udisksenums.h` and `udiskserror.c` of UDisks2 2.9, and of the D-Bus specification.
    pub(crate) fn meaning(&self) -> Meaning {
        if let Some(of_udisks) = self.name.strip_prefix("org.freedesktop.UDisks2.Error.") {
            return match of_udisks {
                "AlreadyMounted" => Meaning::AlreadyMounted,
                "NotMounted" => Meaning::NotMounted,
                // Somebody else unmounts it: it is over in a moment, as with what is busy.
                "DeviceBusy" | "AlreadyUnmounting" => Meaning::Busy,
                "NotAuthorized" | "NotAuthorizedCanObtain" | "NotAuthorizedDismissed" => Meaning::NotAuthorized,
                "MountedByOtherUser" => Meaning::AnotherUser,
                "NotSupported" => Meaning::NotSupported,
                "OptionNotPermitted" => Meaning::OptionRefused,
                "Timedout" => Meaning::TimedOut,
                // Failed, Cancelled, AlreadyCancelled, WouldWakeup and those of iSCSI, which is no drive.
                _ => Meaning::Failed,
            };
        }
        match self.name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or_default() {
            "AccessDenied" | "AuthFailed" | "InteractiveAuthorizationRequired" => Meaning::NotAuthorized,
            // UDisks2 takes the object away with the device.
            "UnknownObject" | "UnknownInterface" | "UnknownMethod" => Meaning::Gone,
            "ServiceUnknown" | "NameHasNoOwner" | "NoReply" | "NoServer" | "Disconnected" => Meaning::NoUdisks,
            name if name.starts_with("Spawn.") => Meaning::NoUdisks,
            "Timeout" | "TimedOut" => Meaning::TimedOut,
            "NotSupported" => Meaning::NotSupported,
            _ => Meaning::Failed,
        }
    }

    /// As an error; `limit`: how long was waited.
    pub(crate) fn into_error(self, doing: Doing, device: PathBuf, limit: Duration) -> DrivesError {
        match self.meaning() {
            Meaning::NotAuthorized => DrivesError::NotAuthorized { doing, device, source: self },
            Meaning::AnotherUser => DrivesError::AnotherUser { doing, device, source: self },
            Meaning::Busy => DrivesError::Busy { device, programs: Vec::new() },
            Meaning::NotSupported => DrivesError::NotSupported { doing, device, source: self },
            Meaning::TimedOut => DrivesError::TimedOut { doing, device, limit },
            Meaning::Gone => DrivesError::Gone { device },
            Meaning::NoUdisks => DrivesError::NoUdisks { source: Some(self) },
            Meaning::AlreadyMounted | Meaning::NotMounted | Meaning::OptionRefused | Meaning::Failed => {
                DrivesError::Failed { doing, device, source: self }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(name: &str) -> Answer {
        Answer { name: name.into(), message: "why".into() }
    }

    #[test]
    fn each_error_that_udisks_has_means_something() {
        use Meaning::*;
        // From udiskserror.c of UDisks2 2.9.4, in its order.
        let all = [
            ("Failed", Failed),
            ("Cancelled", Failed),
            ("AlreadyCancelled", Failed),
            ("NotAuthorized", NotAuthorized),
            ("NotAuthorizedCanObtain", NotAuthorized),
            ("NotAuthorizedDismissed", NotAuthorized),
            ("AlreadyMounted", AlreadyMounted),
            ("NotMounted", NotMounted),
            ("OptionNotPermitted", OptionRefused),
            ("MountedByOtherUser", AnotherUser),
            ("AlreadyUnmounting", Busy),
            ("NotSupported", NotSupported),
            ("Timedout", TimedOut),
            ("WouldWakeup", Failed),
            ("DeviceBusy", Busy),
            ("ISCSI.NotConnected", Failed),
        ];
        for (name, meaning) in all {
            assert_eq!(answer(&format!("org.freedesktop.UDisks2.Error.{name}")).meaning(), meaning, "{name}");
        }
        let of_the_bus = [
            ("ServiceUnknown", NoUdisks),
            ("NoReply", NoUdisks),
            ("Spawn.ExecFailed", NoUdisks),
            ("UnknownObject", Gone),
            ("UnknownMethod", Gone),
            ("AccessDenied", NotAuthorized),
            ("Failed", Failed),
        ];
        for (name, meaning) in of_the_bus {
            assert_eq!(answer(&format!("org.freedesktop.DBus.Error.{name}")).meaning(), meaning, "{name}");
        }
        assert_eq!(answer("com.example.Odd").meaning(), Failed);
    }

    #[test]
    fn errors_are_said_in_words() {
        let said = |name: &str, doing| {
            let name = format!("org.freedesktop.UDisks2.Error.{name}");
            answer(&name).into_error(doing, "/dev/sdb1".into(), Duration::from_secs(60)).to_string()
        };
        assert!(
            said("NotAuthorizedCanObtain", Doing::Mount)
                .starts_with("/dev/sdb1 could not be mounted: this session may not")
        );
        assert_eq!(said("Timedout", Doing::Unmount), "/dev/sdb1 could not be unmounted within 60 s");
        assert_eq!(
            said("MountedByOtherUser", Doing::Unmount),
            "/dev/sdb1 could not be unmounted: it is mounted for another user of this computer"
        );
        let busy = DrivesError::Busy { device: "/dev/sdb1".into(), programs: vec!["evince".into(), "bash".into()] };
        assert_eq!(busy.to_string(), "/dev/sdb1 is still in use by evince, bash");
        assert_eq!(said("DeviceBusy", Doing::Unmount), "/dev/sdb1 is still in use");
    }

    #[test]
    fn a_message_is_made_fit_to_be_shown() {
        let hostile = format!("mounting \u{202E}\u{1b}[2J{}", "x".repeat(5000));
        let shown = Answer::of(&zbus::Error::Failure(hostile));
        assert!(
            shown.message.chars().count() <= LONGEST_MESSAGE_CHARS
                && shown.message.contains("mounting \u{FFFD}\u{FFFD}[2J")
        );
    }
}
