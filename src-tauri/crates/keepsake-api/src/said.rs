//! A sentence before it is in any language: its name in `ui/sentences/`, and what is put into it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A sentence to be said in the language of whoever looks. Every front end has the sentence `id` in each language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The sentence's name: `health-overdue`. Its advice, if it has one, is the attribute `.advice` of the same name.
    pub id: String,
    /// What is put into it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, SaidArg>>", optional)]
    pub args: BTreeMap<String, SaidArg>,
}

/// Something that is put into a sentence. The front end writes it as people of its language do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SaidArg {
    /// A name, or other text that is shown as it is. Never markup.
    Text(String),
    /// A number of things; chooses the plural.
    Count(#[ts(type = "number")] u64),
    /// A size in bytes: "2.1 GB".
    Bytes(#[ts(type = "number")] u64),
    /// A moment in seconds since 1970: "today 2:05".
    Moment(#[ts(type = "number")] i64),
    /// A length of time in seconds: "3 days".
    AgeSecs(#[ts(type = "number")] i64),
}

impl Said {
    /// A sentence with nothing to put into it.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), args: BTreeMap::new() }
    }

    /// The same with one more thing put into it.
    #[must_use]
    pub fn with(mut self, name: &str, arg: SaidArg) -> Self {
        self.args.insert(name.into(), arg);
        self
    }

    /// The same with a text put into it.
    #[must_use]
    pub fn text(self, name: &str, text: impl Into<String>) -> Self {
        self.with(name, SaidArg::Text(text.into()))
    }

    /// The same with a number of things put into it.
    #[must_use]
    pub fn count(self, name: &str, count: u64) -> Self {
        self.with(name, SaidArg::Count(count))
    }
}
