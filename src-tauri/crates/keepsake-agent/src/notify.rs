//! Desktop notifications: what a person should hear of who does not look.

mod buttons;
mod policy;
mod screen;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Zoned;
use keepsake_api::{JobEnd, JobKind, JobOutcome, Said, State, Status};
use keepsake_core::atomic_file;
use tokio::sync::mpsc::UnboundedSender;

use crate::desktop::Told;
use crate::sentences::Sentences;
pub(crate) use buttons::Button;
use buttons::Offer;
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
        let (quiet_hours, offers) = (None, BTreeMap::new());
        Self { server, sentences, file, shown, quiet_hours, offers, is_server_new: true }
    }

    /// Shows, replaces and withdraws what is to be. Answers true when the quiet hours of the settings must be known first.
    pub(crate) async fn look(&mut self, status: &Status, now: &Zoned) -> bool {
        if self.is_server_new {
            self.is_server_new = false;
            let identity = self.server.identity().await;
            self.shown.now_at(identity);
        }
        let secs = now.timestamp().as_second();
        let free = policy::notices(secs, status, &self.shown, Around::default());
        self.offer_anew(status);
        if free.is_empty() {
            return false;
        }
        let is_attention = |deed: &Deed| matches!(deed, Deed::Show { reason, .. } if reason.state != State::Problem);
        let wants_attention = free.iter().any(is_attention) && !self.server.is_absent;
        let minute = u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs());
        let is_quiet = self.quiet_hours.is_none_or(|hours| policy::is_quiet(minute, hours));
        let is_full_screen = wants_attention && !is_quiet && self.is_full_screen().await;
        let mut has_changed = false;
        for deed in policy::notices(secs, status, &self.shown, Around { is_quiet, is_full_screen }) {
            has_changed |= self.do_it(deed, status, now).await;
        }
        if has_changed {
            self.keep();
        }
        wants_attention && self.quiet_hours.is_none()
    }

    async fn do_it(&mut self, deed: Deed, status: &Status, now: &Zoned) -> bool {
        let secs = now.timestamp().as_second();
        match deed {
            Deed::Show { reason, replaces } => {
                let is_problem = reason.state == State::Problem;
                let summary = match reason.rule.as_str() {
                    "many-changed" => "notify-many-changed",
                    _ if is_problem => "notify-problem",
                    _ => "notify-attention",
                };
                let offers = buttons::of_reason(&reason, status.may_change);
                let body = self.with_advice(&reason.said, now);
                let Some(number) = self.put(replaces, self.sentences.text(summary), body, offers, is_problem).await
                else {
                    return false;
                };
                self.shown.show(secs, &reason, number);
            }
            Deed::Withdraw { about, number } => {
                if let Some(number) = number {
                    self.server.close(number).await;
                }
                self.shown.end(secs, &about);
            }
        }
        true
    }

    /// Tells the end of a restore: whoever asked for it may have closed the window meanwhile.
    pub(crate) async fn job_ended(&mut self, end: &JobEnd, may_change: bool, now: &Zoned) {
        if end.kind != JobKind::Restore || end.outcome == JobOutcome::Stopped {
            return;
        }
        let is_good = end.outcome == JobOutcome::Good;
        let summary = self.sentences.text(if is_good { "notify-restore-done" } else { "notify-restore-problem" });
        let body = if self.sentences.has(&end.said.id) { self.with_advice(&end.said, now) } else { String::new() };
        let offers = buttons::of_restore(end, may_change);
        self.put(None, summary, body, offers, end.outcome == JobOutcome::Failed).await;
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
        let wanted = if key == "default" { offers.last() } else { offers.iter().find(|offer| offer.key == key) };
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
        // A click on the notification itself does what the last button does, which changes nothing. It has no label: some
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
    }

    fn remember(&mut self, number: u32, offers: Vec<Offer>) {
        self.offers.insert(number, offers);
        while self.offers.len() > MAX_OFFERS {
            self.offers.pop_first();
        }
    }

    fn with_advice(&self, said: &Said, now: &Zoned) -> String {
        let sentence = self.sentences.say(said, now);
        match self.sentences.advice(said, now) {
            Some(advice) => format!("{sentence}\n{advice}"),
            None => sentence,
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
