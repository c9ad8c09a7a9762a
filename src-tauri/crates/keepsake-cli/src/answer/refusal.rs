//! Why something is not answered. The sentences stand in `ui/sentences/*/answers.ftl`.

use keepsake_api::{Refusal, RefusalKind, Said};
use keepsake_core::archive_path::BadPath;
use keepsake_core::catalog::CatalogError;
use keepsake_core::settings::SettingsError;

use crate::error::{CliError, Exit};

/// A refusal that other errors turn into.
#[derive(Debug)]
pub struct Refused(pub Box<Refusal>);

impl Refused {
    /// A refusal with a sentence.
    pub fn new(kind: RefusalKind, said: Said) -> Self {
        Self(Box::new(Refusal { kind, said, detail: None }))
    }

    /// There is no such thing.
    pub fn not_found(said: Said) -> Self {
        Self::new(RefusalKind::NotFound, said)
    }

    /// It was tried and failed.
    pub fn failed(id: &str, detail: impl ToString) -> Self {
        Self::new(RefusalKind::Failed, Said::new(id)).because(detail)
    }

    /// The question is wrong.
    pub fn bad(why: impl ToString) -> Self {
        Self(Box::new(bad_request(why.to_string())))
    }

    /// The same with what the program says, in English.
    #[must_use]
    pub fn because(mut self, detail: impl ToString) -> Self {
        self.0.detail = Some(detail.to_string());
        self
    }
}

/// The question is wrong. `why` is for who wrote the program that asks.
pub fn bad_request(why: String) -> Refusal {
    Refusal { kind: RefusalKind::BadRequest, said: Said::new("refused-bad-request"), detail: Some(why) }
}

/// Keepsake has a defect.
pub fn defect() -> Refusal {
    Refusal { kind: RefusalKind::Failed, said: Said::new("failed-defect"), detail: None }
}

impl From<CatalogError> for Refused {
    fn from(error: CatalogError) -> Self {
        let id = match &error {
            _ if error.is_damage() => "failed-known-damaged",
            _ if error.is_disk_full() => "failed-disk-full",
            _ => "failed-known",
        };
        Self::failed(id, error)
    }
}

impl From<BadPath> for Refused {
    fn from(error: BadPath) -> Self {
        Self::bad(error)
    }
}

impl From<SettingsError> for Refused {
    fn from(error: SettingsError) -> Self {
        Self::new(RefusalKind::WrongSettings, Said::new("refused-settings-wrong")).because(error)
    }
}

impl From<CliError> for Refused {
    fn from(error: CliError) -> Self {
        let detail = format!("{}. {}", error.message, error.advice);
        match error.exit {
            _ if error.word == Some("no-key") => Self::new(RefusalKind::NotNow, Said::new("refused-no-recovery-key")),
            _ if error.word == Some("key-lost") => {
                Self::new(RefusalKind::NotNow, Said::new("refused-recovery-key-lost"))
            }
            _ if error.word == Some("keyring-locked") => {
                Self::new(RefusalKind::NotNow, Said::new("refused-keyring-locked")).because(detail)
            }
            _ if error.word == Some("other-key") => {
                Self::new(RefusalKind::NotNow, Said::new("refused-other-recovery-key")).because(detail)
            }
            _ if error.word == Some("family-damaged") => {
                Self::new(RefusalKind::NotNow, Said::new("refused-drive-key-damaged")).because(detail)
            }
            _ if error.word == Some("disk-full") => Self::failed("failed-disk-full", detail),
            _ if error.is_catalog_damaged => Self::failed("failed-known-damaged", detail),
            Exit::Config => Self::new(RefusalKind::WrongSettings, Said::new("refused-settings-wrong")).because(detail),
            Exit::NotSetUp => Self::new(RefusalKind::NotNow, Said::new("refused-not-set-up")).because(detail),
            Exit::Busy => Self::new(RefusalKind::NotNow, Said::new("refused-busy")).because(detail),
            Exit::Input => Self::not_found(Said::new("refused-nothing-there")).because(detail),
            _ => Self::failed("failed-reading", detail),
        }
    }
}
