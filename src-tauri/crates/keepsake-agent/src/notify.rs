//! Desktop notifications: what a person should hear of who does not look.

mod buttons;
mod doing;
mod drives;
mod policy;
mod reminder;
mod screen;
mod server;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use keepsake_api::{JobEnd, JobKind, JobOutcome, Said, State, Status};
use keepsake_core::atomic_file;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use crate::desktop::Told;
use crate::sentences::Sentences;
pub(crate) use buttons::Button;
use buttons::Offer;
use drives::AllCopied;
use policy::{About, Around, Deed, Shown};
use server::{Server, Words};

/// Where it is kept what was shown, in the folder of state.
const FILE: &str = "notices.json";
/// The longest that this file is, in bytes; a longer one is somebody else's.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// When the desktop stays quiet where the settings do not say: from 21:00 to 8:00.
pub(crate) const USUAL_QUIET_HOURS: (u16, u16) = (21 * 60, 8 * 60);
/// Of so many notifications it is known what their buttons do.
const MAX_OFFERS: usize = 200;
/// So long after an agent has begun, a drive that it does not name may still be plugged in: it looks for them.
const SETTLING: Duration = Duration::from_secs(5);

/// What is to be done.
struct Wanted {
    reasons: Vec<Deed>,
    drives: Vec<drives::Deed>,
    reminder: Vec<reminder::Deed>,
}

impl Wanted {
    fn is_empty(&self) -> bool {
        self.reasons.is_empty() && self.drives.is_empty() && self.reminder.is_empty()
    }

    /// True when something of it is not shown in quiet hours, or perhaps not.
    fn has_to_wait(&self) -> bool {
        let is_attention = |deed: &Deed| matches!(deed, Deed::Show { reason, .. } if reason.state != State::Problem);
        let reminds = |deed: &reminder::Deed| matches!(deed, reminder::Deed::Show { .. });
        self.reasons.iter().any(is_attention) || self.reminder.iter().any(reminds) || self.shows_drives()
    }

    fn shows_drives(&self) -> bool {
        self.drives.iter().any(|deed| matches!(deed, drives::Deed::Show { .. }))
    }
}

/// Shows notifications, and knows what was shown.
pub(crate) struct Notices {
    server: Server,
    sentences: Arc<Sentences>,
    file: PathBuf,
    shown: Shown,
    /// The quiet hours of the settings; None before they are known.
    pub(crate) quiet_hours: Option<Option<(u16, u16)>>,
    /// What the buttons of each notification do.
    offers: BTreeMap<u32, Vec<Offer>>,
    /// What the last copies brought to drives.
    copied: AllCopied,
    /// Drives that an agent that has just begun has not named yet, and until when it may still find them.
    unseen: BTreeSet<String>,
    settles_at: Option<Instant>,
    /// Set when the server may be another one than that of `shown`.
    is_server_new: bool,
}

impl Notices {
    /// Begins where the last run left off. Clicks are told.
    pub(crate) async fn begin(
        bus: zbus::Connection,
        data_dir: &Path,
        sentences: Arc<Sentences>,
        tell: UnboundedSender<Told>,
    ) -> Self {
        let server = Server::new(bus);
        if let Err(error) = server.listen(tell).await {
            eprintln!("keepsake: the buttons of notifications do nothing: {error}");
        }
        let file = data_dir.join(FILE);
        let shown = read(&file);
        let (quiet_hours, offers, copied) = (None, BTreeMap::new(), AllCopied::new());
        let (unseen, settles_at, is_server_new) = (BTreeSet::new(), None, true);
        Self { server, sentences, file, shown, quiet_hours, offers, copied, unseen, settles_at, is_server_new }
    }

    /// Shows, replaces and withdraws what is to be. Answers true when the quiet hours of the settings must be known first.
    pub(crate) async fn look(&mut self, status: &Status, now: &Zoned) -> bool {
        if self.is_server_new {
            self.is_server_new = false;
            let identity = self.server.identity().await;
            self.shown.now_at(identity);
        }
        self.offer_anew(status);
        self.settle(status);
        let free = self.wanted(status, now, Around::default());
        if free.is_empty() {
            return false;
        }
        // The quiet hours say when these are shown; what a person has just plugged in is told whatever they say.
        let waits = !self.server.is_absent && free.has_to_wait();
        let minute = u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs());
        let is_quiet = self.quiet_hours.is_none_or(|hours| policy::is_quiet(minute, hours));
        let may_cover = !self.server.is_absent && (free.shows_drives() || (waits && !is_quiet));
        let is_full_screen = may_cover && self.is_full_screen().await;
        let wanted = self.wanted(status, now, Around { is_quiet, is_full_screen });
        let mut has_changed = false;
        for deed in wanted.reasons {
            has_changed |= self.do_it(deed, status, now).await;
        }
        for deed in wanted.drives {
            has_changed |= self.do_drive(deed, status.may_change, now).await;
        }
        for deed in wanted.reminder {
            has_changed |= self.do_reminder(deed, status.may_change, now).await;
        }
        if has_changed {
            self.keep();
        }
        waits && self.quiet_hours.is_none()
    }

    fn wanted(&self, status: &Status, now: &Zoned, around: Around) -> Wanted {
        let secs = now.timestamp().as_second();
        Wanted {
            reasons: policy::notices(secs, status, &self.shown, around),
            drives: drives::notices(status, &self.shown.drives, &self.copied, around, &self.unseen),
            reminder: reminder::deeds(now, &status.reasons, &self.shown.reminded, around),
        }
    }

    /// An agent has just begun.
    pub(crate) fn agent_began(&mut self) {
        self.unseen = drives::volumes(&self.shown.drives);
        self.settles_at = Some(Instant::now() + SETTLING);
    }

    /// How long an agent may still find drives that it has not named; None when it has named all, or when that time is over.
    pub(crate) fn settles_in(&self) -> Option<Duration> {
        self.settles_at.filter(|_| !self.unseen.is_empty()).map(|at| at.saturating_duration_since(Instant::now()))
    }

    fn settle(&mut self, status: &Status) {
        status.drives.iter().for_each(|of| _ = self.unseen.remove(&of.volume));
        if self.settles_in().is_some_and(|left| left.is_zero()) {
            self.unseen.clear();
        }
    }

    /// There is no agent any more.
    pub(crate) async fn agent_gone(&mut self) {
        let over = drives::without_agent(&mut self.shown.drives);
        for number in &over {
            self.server.close(*number).await;
        }
        if !over.is_empty() {
            self.keep();
        }
    }

    /// Tells the end of a restore: whoever asked for it may have closed the window meanwhile.
    ///
    /// Answers true when it is the end of a copy, of which the notification about the drive tells.
    pub(crate) async fn job_ended(&mut self, end: &JobEnd, may_change: bool, now: &Zoned) -> bool {
        if drives::note_copied(&mut self.copied, end) {
            return true;
        }
        if end.kind != JobKind::Restore || end.outcome == JobOutcome::Stopped {
            return false;
        }
        let is_good = end.outcome == JobOutcome::Good;
        let summary = self.sentences.text(if is_good { "notify-restore-done" } else { "notify-restore-problem" });
        let body = if self.sentences.has(&end.said.id) { self.with_advice(&end.said, now) } else { String::new() };
        let offers = buttons::of_restore(end, may_change);
        self.put(None, summary, body, offers, end.outcome == JobOutcome::Failed).await;
        false
    }

    /// Tells that what a button or menu entry asked for was refused.
    pub(crate) async fn refused(&mut self, why: Option<&Said>, now: &Zoned) {
        let known = why.filter(|said| self.sentences.has(&said.id));
        let body = match known {
            Some(said) => self.with_advice(said, now),
            None => self.sentences.advice(&Said::new("notify-refused"), now).unwrap_or_default(),
        };
        let summary = self.sentences.text("notify-refused");
        self.put(None, summary, body, vec![buttons::details(None)], false).await;
    }

    /// What the button of a notification of ours does.
    pub(crate) fn button(&self, number: u32, key: &str) -> Option<Button> {
        let offers = self.offers.get(&number)?;
        let shows_more = |offer: &&Offer| !matches!(offer.button, Button::Ask(_));
        let wanted = match key {
            "default" => offers.iter().rfind(shows_more),
            _ => offers.iter().find(|offer| offer.key == key),
        };
        wanted.map(|offer| offer.button.clone())
    }

    /// Takes a notification away whose button was pressed.
    pub(crate) async fn withdraw(&mut self, number: u32) {
        self.server.close(number).await;
        self.closed(number);
    }

    /// A notification is shown no more.
    pub(crate) fn closed(&mut self, number: u32) {
        if self.shown.close(number) {
            self.keep();
        }
    }

    /// Another server has begun, or the one there was has ended.
    pub(crate) fn server_changed(&mut self) {
        self.server.changed();
        self.is_server_new = true;
        self.offers.clear();
    }

    async fn is_full_screen(&self) -> bool {
        self.server.is_inhibited().await || tokio::task::spawn_blocking(screen::is_full).await.unwrap_or(false)
    }

    async fn put(
        &mut self,
        replaces: Option<u32>,
        summary: String,
        body: String,
        offers: Vec<Offer>,
        is_problem: bool,
    ) -> Option<u32> {
        let mut labels: Vec<(&'static str, String)> =
            offers.iter().map(|offer| (offer.key, self.sentences.text(offer.label))).collect();
        // A click on the notification itself does what the last button does that changes nothing. It has no label: some
        // servers, as that of Xfce, show what has one as one more button.
        if !labels.is_empty() {
            labels.insert(0, ("default", String::new()));
        }
        let number = self.server.show(replaces, Words { summary, body, buttons: &labels, is_problem }).await?;
        self.remember(number, offers);
        Some(number)
    }

    /// The buttons of notifications that an earlier run has shown do what they say, too.
    fn offer_anew(&mut self, status: &Status) {
        for reason in &status.reasons {
            let about = About::of(reason);
            let episode = self.shown.episodes.iter().find(|episode| episode.about == about);
            if let Some(number) = episode.and_then(|episode| episode.number).filter(|at| !self.offers.contains_key(at))
            {
                self.remember(number, buttons::of_reason(reason, status.may_change));
            }
        }
        for of in &status.drives {
            let number = drives::number_of(&self.shown.drives, &of.volume);
            if let Some(number) = number.filter(|at| !self.offers.contains_key(at)) {
                self.remember(number, buttons::of_drive(of, status.may_change));
            }
        }
        if let Some(number) = self.shown.reminded.number.filter(|at| !self.offers.contains_key(at)) {
            self.remember(number, buttons::of_reminder(status.may_change));
        }
    }

    fn remember(&mut self, number: u32, offers: Vec<Offer>) {
        self.offers.insert(number, offers);
        while self.offers.len() > MAX_OFFERS {
            self.offers.pop_first();
        }
    }

    fn keep(&self) {
        let kept = serde_json::to_vec(&self.shown).map_err(|error| error.to_string());
        let kept = kept.and_then(|json| atomic_file::write_whole(&self.file, &json).map_err(|error| error.to_string()));
        if let Err(error) = kept {
            eprintln!("keepsake: what was shown may be shown again: {error}");
        }
    }
}

/// What was shown; nothing where that cannot be known.
fn read(file: &Path) -> Shown {
    let is_small = std::fs::metadata(file).is_ok_and(|facts| facts.is_file() && facts.len() <= MAX_FILE_BYTES);
    let text = if is_small { std::fs::read(file).unwrap_or_default() } else { Vec::new() };
    serde_json::from_slice(&text).unwrap_or_default()
}
