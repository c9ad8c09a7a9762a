//! Does what the policies say: shows, replaces and withdraws, and notes it. Each answers whether something is to be kept.

use jiff::Zoned;
use keepsake_api::{State, Status};

use super::policy::Deed;
use super::{Notices, buttons, drives, reminder};

impl Notices {
    pub(super) async fn do_it(&mut self, deed: Deed, status: &Status, now: &Zoned) -> bool {
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

    pub(super) async fn do_drive(&mut self, deed: drives::Deed, may_change: bool, now: &Zoned) -> bool {
        match deed {
            drives::Deed::Show { of, copied, replaces } => {
                let (summary, body) = self.words_of(&of, copied.as_ref(), now);
                let offers = buttons::of_drive(&of, may_change);
                let Some(number) = self.put(replaces, summary, body, offers, false).await else { return false };
                drives::note(&mut self.shown.drives, &of, copied, Some(number));
            }
            drives::Deed::Note { of, number } => {
                self.take_back(number).await;
                drives::note(&mut self.shown.drives, &of, None, None);
            }
            drives::Deed::TakeBack { number } => {
                self.take_back(Some(number)).await;
                drives::close(&mut self.shown.drives, number);
            }
            drives::Deed::Forget { volume, number } => {
                self.take_back(number).await;
                drives::forget(&mut self.shown.drives, &mut self.copied, &volume);
            }
        }
        true
    }

    pub(super) async fn do_reminder(&mut self, deed: reminder::Deed, may_change: bool, now: &Zoned) -> bool {
        match deed {
            reminder::Deed::Show { reason, replaces } => {
                let (summary, body) = self.words_of_reminder(&reason, now);
                let offers = buttons::of_reminder(may_change);
                let Some(number) = self.put(replaces, summary, body, offers, false).await else { return false };
                self.shown.reminded.show(now.timestamp().as_second(), reason.place, number, replaces);
            }
            reminder::Deed::Withdraw { number } => {
                self.take_back(Some(number)).await;
                self.shown.reminded.number = None;
            }
            reminder::Deed::PutOff { until } => self.shown.reminded.snoozed_until = Some(until),
        }
        true
    }

    async fn take_back(&self, number: Option<u32>) {
        if let Some(number) = number {
            self.server.close(number).await;
        }
    }
}
