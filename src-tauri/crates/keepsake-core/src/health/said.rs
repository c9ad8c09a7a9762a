//! The verdict before it is in any language: the name of a sentence, and what is put into it. The sentences stand in
//! `ui/sentences/*/health.ftl`.

/// A sentence to be said in the language of whoever looks. What to do is its attribute `.advice`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The sentence's name, one of [`SENTENCES`]: `health-overdue`.
    pub id: &'static str,
    /// What is put into it, by name.
    pub args: Vec<(&'static str, SaidArg)>,
}

/// Something that is put into a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaidArg {
    /// A name, or other text that is shown as it is.
    Text(String),
    /// A number of things; chooses the plural.
    Count(u64),
    /// A size in bytes.
    Bytes(u64),
    /// A moment in seconds since 1970.
    Moment(i64),
    /// A length of time in seconds.
    AgeSecs(i64),
}

impl Said {
    /// A sentence with nothing to put into it yet.
    pub fn new(id: &'static str) -> Self {
        Self { id, args: Vec::new() }
    }

    /// The same with one more thing put into it.
    #[must_use]
    pub fn with(mut self, name: &'static str, arg: SaidArg) -> Self {
        self.args.push((name, arg));
        self
    }

    /// The same with a text put into it.
    #[must_use]
    pub fn text(self, name: &'static str, text: &str) -> Self {
        self.with(name, SaidArg::Text(text.into()))
    }

    /// The same with a number of things put into it.
    #[must_use]
    pub fn count(self, name: &'static str, count: u64) -> Self {
        self.with(name, SaidArg::Count(count))
    }

    /// The same with a size in bytes put into it.
    #[must_use]
    pub fn bytes(self, name: &'static str, bytes: u64) -> Self {
        self.with(name, SaidArg::Bytes(bytes))
    }

    /// The same with a moment put into it.
    #[must_use]
    pub fn moment(self, name: &'static str, moment: jiff::Timestamp) -> Self {
        self.with(name, SaidArg::Moment(moment.as_second()))
    }

    /// The same with a length of time put into it.
    #[must_use]
    pub fn age(self, name: &'static str, age: jiff::SignedDuration) -> Self {
        self.with(name, SaidArg::AgeSecs(age.as_secs()))
    }

    /// The same with the first three of `count` names put into it: without any, it is the sentence `unnamed`; with more
    /// than these, the sentence `more`, which tells how many more there are.
    #[must_use]
    pub(super) fn names(self, names: &[String], count: u64, unnamed: &'static str, more: &'static str) -> Self {
        let shown = &names[..names.len().min(3)];
        let rest = count.saturating_sub(shown.len() as u64);
        match (shown, rest) {
            ([], _) => Self { id: unnamed, ..self },
            (_, 0) => self.text("names", &shown.join(", ")),
            (_, rest) => Self { id: more, ..self }.text("names", &shown.join(", ")).count("more", rest),
        }
    }
}

/// Every sentence that a report can hold, with the names of all that is put into it. A test of the agent holds them
/// against the sentences in each language.
pub const SENTENCES: &[(&str, &[&str])] = &[
    ("verdict-good", &[]),
    ("verdict-good-paused", &["names"]),
    ("verdict-busy", &[]),
    ("health-nothing-protected", &[]),
    ("health-all-paused", &[]),
    ("health-never-backed-up", &["name"]),
    ("health-never-backed-up-by-hand", &["name"]),
    ("health-never-backed-up-paused", &["name"]),
    ("health-incomplete", &["plan", "count"]),
    ("health-incomplete-some", &["plan"]),
    ("health-nothing-in-it", &["name"]),
    ("health-overdue", &["name", "age"]),
    ("health-overdue-by-hand", &["name", "age"]),
    ("health-overdue-paused", &["name", "age"]),
    ("health-clock-wrong", &["name"]),
    ("health-clock-wrong-far", &["name"]),
    ("health-run-failed", &["plan", "moment"]),
    ("health-run-failed-kept", &["plan", "moment"]),
    ("health-run-failed-disk-full", &["plan", "moment"]),
    ("health-run-failed-disk-full-kept", &["plan", "moment"]),
    ("health-run-with-problems", &["plan", "moment"]),
    ("health-unread", &["name", "count", "names"]),
    ("health-unread-more", &["name", "count", "names", "more"]),
    ("health-unread-unnamed", &["name", "count"]),
    ("health-source-unknown", &["name", "since"]),
    ("health-source-unknown-kept", &["name", "since"]),
    ("health-unusual-size-larger", &["name", "now", "usual"]),
    ("health-unusual-size-smaller", &["name", "now", "usual"]),
    ("health-unusual-size-new", &["name", "now", "usual"]),
    ("health-many-changed", &["plan", "gone", "files", "moment"]),
    ("health-disk-filling-up", &["free", "total"]),
    ("health-damaged", &["count", "names"]),
    ("health-damaged-more", &["count", "names", "more"]),
    ("health-damaged-copied", &["count", "names", "place"]),
    ("health-damaged-copied-more", &["count", "names", "more", "place"]),
    ("health-check-failed", &[]),
    ("health-unchecked", &["age"]),
    ("health-copy-old", &["place", "age"]),
    ("health-copy-old-none", &["place"]),
    ("health-drive-old", &["name", "age"]),
    ("health-drive-old-sized", &["name", "age", "bytes"]),
    ("health-drive-old-single", &["name", "age"]),
    ("health-drive-old-single-sized", &["name", "age", "bytes"]),
    ("health-drive-old-snoozed", &["name", "age", "until"]),
    ("health-drive-old-here", &["name", "age"]),
    ("health-drive-empty", &["name"]),
    ("health-drive-empty-snoozed", &["name", "until"]),
    ("health-drive-empty-here", &["name"]),
    ("health-sheet-unchecked", &[]),
    ("health-key-lost", &[]),
    ("health-family-lost", &[]),
];
