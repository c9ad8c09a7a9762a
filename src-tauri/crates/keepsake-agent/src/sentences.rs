//! Everything that tray and notifications say, in the language of the system. The sentences stand in `ui/sentences/`,
//! where the window reads them, too.

mod format;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentMessage, FluentResource, FluentValue};
use jiff::Zoned;
use keepsake_api::{Said, SaidArg};
use unic_langid::LanguageIdentifier;

pub use format::Language;

macro_rules! files {
    ($language:literal) => {
        [
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/sentences/", $language, "/common.ftl")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/sentences/", $language, "/drives.ftl")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/sentences/", $language, "/health.ftl")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/sentences/", $language, "/jobs.ftl")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/sentences/", $language, "/notify.ftl")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/sentences/", $language, "/tray.ftl")),
        ]
    };
}

/// The sentences of one language.
pub struct Sentences {
    language: Language,
    /// True where the hours of a day are counted to twelve.
    is_twelve_hours: bool,
    bundle: FluentBundle<FluentResource>,
}

impl Sentences {
    /// Those of the language that the system is set to (`LC_ALL`, `LC_MESSAGES`, `LANG`); English where there are none.
    pub fn of_system() -> Self {
        Self::of(&sys_locale::get_locale().unwrap_or_default())
    }

    /// Those of a locale as in `de-AT`.
    pub fn of(locale: &str) -> Self {
        let language = if locale.starts_with("de") { Language::German } else { Language::English };
        let (id, files) = match language {
            Language::English => ("en", files!("en")),
            Language::German => ("de", files!("de")),
        };
        let id: LanguageIdentifier = id.parse().expect("a language");
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // Neither trays nor notifications know what to do with marks of direction.
        bundle.set_use_isolating(false);
        match language {
            Language::English => bundle.set_formatter(Some(format::english_number)),
            Language::German => bundle.set_formatter(Some(format::german_number)),
        }
        for text in files {
            // A test reads all of them; what could be read of a wrong one is better than nothing.
            let resource = FluentResource::try_new(text.into()).unwrap_or_else(|(resource, _)| resource);
            bundle.add_resource_overriding(resource);
        }
        Self { language, is_twelve_hours: locale.starts_with("en-US"), bundle }
    }

    /// The sentence. One that nobody has written shows its name.
    pub fn say(&self, said: &Said, now: &Zoned) -> String {
        self.find(&said.id, None, &self.args(said, now)).unwrap_or_else(|| said.id.clone())
    }

    /// What to do about it, if it says so.
    pub fn advice(&self, said: &Said, now: &Zoned) -> Option<String> {
        self.find(&said.id, Some("advice"), &self.args(said, now))
    }

    /// True when somebody has written it.
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// A sentence with nothing to put into it.
    pub fn text(&self, id: &str) -> String {
        self.find(id, None, &FluentArgs::new()).unwrap_or_else(|| id.into())
    }

    /// A sentence with texts put into it.
    pub fn with(&self, id: &str, args: &[(&str, String)]) -> String {
        let args = args.iter().map(|(name, text)| (*name, FluentValue::from(text.as_str()))).collect();
        self.find(id, None, &args).unwrap_or_else(|| id.into())
    }

    /// A moment in seconds since 1970 as people say it: "today 2:05".
    pub fn moment(&self, secs: i64, now: &Zoned) -> String {
        format::moment(secs, now, self.language, self.is_twelve_hours)
    }

    /// Two lengths of time in seconds as one: "2–3 minutes".
    pub fn range(&self, (least, most): (u32, u32)) -> String {
        format::range(least, most, self.language)
    }

    fn find(&self, id: &str, attribute: Option<&str>, args: &FluentArgs<'_>) -> Option<String> {
        let message: FluentMessage<'_> = self.bundle.get_message(id)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        // What is missing is shown by its name; a test sees to it that nothing is.
        Some(self.bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
    }

    fn args<'a>(&self, said: &'a Said, now: &Zoned) -> FluentArgs<'a> {
        let value = |arg: &'a SaidArg| match arg {
            SaidArg::Text(text) => FluentValue::from(text.as_str()),
            SaidArg::Count(count) => FluentValue::from(*count),
            SaidArg::Bytes(bytes) => format::bytes(*bytes, self.language).into(),
            SaidArg::Moment(secs) => self.moment(*secs, now).into(),
            SaidArg::AgeSecs(secs) => format::age(*secs, self.language).into(),
        };
        said.args.iter().map(|(name, arg)| (name.as_str(), value(arg))).collect()
    }
}

/// What core says, for the API.
pub fn said(of: &keepsake_core::health::Said) -> Said {
    use keepsake_core::health::SaidArg as Core;
    of.args.iter().fold(Said::new(of.id), |said, (name, arg)| {
        let arg = match arg {
            Core::Text(text) => SaidArg::Text(text.clone()),
            Core::Count(count) => SaidArg::Count(*count),
            Core::Bytes(bytes) => SaidArg::Bytes(*bytes),
            Core::Moment(secs) => SaidArg::Moment(*secs),
            Core::AgeSecs(secs) => SaidArg::AgeSecs(*secs),
        };
        said.with(name, arg)
    })
}

#[cfg(test)]
mod tests;
