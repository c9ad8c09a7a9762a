//! The tray icon: the state as a picture, the sentence beside it, and a menu. By the StatusNotifierItem specification
//! (<https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/>) and dbusmenu; the panel may come later, and
//! go and come back.

mod drives;
mod picture;
mod view;

use std::sync::Arc;

use jiff::Zoned;
use keepsake_api::{PauseUntil, Request};
use ksni::menu::{MenuItem, StandardItem, SubMenu};
use ksni::{Category, Handle, ToolTip, TrayMethods};
use tokio::sync::mpsc::UnboundedSender;

use crate::desktop::{Agent, Told, Wish};
use crate::sentences::Sentences;
use drives::DriveEntry;
use view::View;

/// The icon in the tray.
pub(crate) struct Icon {
    sentences: Arc<Sentences>,
    tell: UnboundedSender<Told>,
    view: View,
}

/// Puts it on the bus.
pub(crate) async fn show(icon: Icon) -> Result<Handle<Icon>, ksni::Error> {
    icon.assume_sni_available(true).spawn().await
}

impl Icon {
    /// What a person wants by it is told.
    pub(crate) fn new(sentences: Arc<Sentences>, tell: UnboundedSender<Told>) -> Self {
        let view = view::view(&Agent::Sought, &sentences, &Zoned::now());
        Self { sentences, tell, view }
    }

    /// Shows how things stand now.
    pub(crate) fn look(&mut self, agent: &Agent, now: &Zoned) {
        self.view = view::view(agent, &self.sentences, now);
    }

    fn wish(&self, wish: Wish) {
        // Nobody listens at the very end only.
        let _ = self.tell.send(Told::Wish(wish));
    }

    fn entry(&self, id: &str, is_enabled: bool, wish: impl Fn() -> Wish + Send + 'static) -> MenuItem<Self> {
        let entry = StandardItem {
            label: label(&self.sentences.text(id)),
            enabled: is_enabled,
            activate: Box::new(move |icon: &mut Self| icon.wish(wish())),
            ..StandardItem::default()
        };
        entry.into()
    }

    /// What can be done with a drive that is plugged in.
    fn drive(&self, entry: &DriveEntry) -> MenuItem<Self> {
        let (words, wish): (_, Box<dyn Fn() -> Wish + Send>) = match entry.clone() {
            DriveEntry::Safe { words } => {
                return StandardItem { label: label(&words), enabled: false, ..StandardItem::default() }.into();
            }
            DriveEntry::Remove { words, volume } => {
                (words, Box::new(move || Wish::Ask(Request::EjectDrive { volume: volume.clone() })))
            }
            DriveEntry::Copy { words, drive } => {
                (words, Box::new(move || Wish::Ask(Request::CopyNow { place: Some(drive.clone()) })))
            }
            DriveEntry::Use { words } => (words, Box::new(|| Wish::Open(Some("drives")))),
        };
        let activate = Box::new(move |icon: &mut Self| icon.wish(wish()));
        StandardItem { label: label(&words), activate, ..StandardItem::default() }.into()
    }

    fn pause(&self) -> MenuItem<Self> {
        let until = |id, until| self.entry(id, true, move || Wish::Ask(Request::Pause { until }));
        let submenu = if self.view.is_paused {
            vec![self.entry("tray-resume", true, || Wish::Ask(Request::Resume {}))]
        } else {
            vec![until("tray-pause-hour", PauseUntil::Hour), until("tray-pause-tomorrow", PauseUntil::Tomorrow)]
        };
        let enabled = self.view.is_there;
        SubMenu { label: label(&self.sentences.text("tray-pause")), enabled, submenu, ..SubMenu::default() }.into()
    }
}

/// An underscore would underline the letter after it.
fn label(text: &str) -> String {
    text.replace('_', "__")
}

impl ksni::Tray for Icon {
    fn id(&self) -> String {
        "keepsake".into()
    }

    fn title(&self) -> String {
        "Keepsake".into()
    }

    fn category(&self) -> Category {
        Category::ApplicationStatus
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.wish(Wish::Open(None));
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.view.picture.pixmaps().to_vec()
    }

    fn tool_tip(&self) -> ToolTip {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        // Of these the text may hold markup, by the specification.
        ToolTip { title: self.view.sentence.clone(), description: escaped(&self.view.text), ..ToolTip::default() }
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let view = &self.view;
        let sentence = StandardItem { label: label(&view.sentence), enabled: false, ..StandardItem::default() };
        let work = if view.is_busy {
            self.entry("tray-stop", view.is_there, || Wish::Ask(Request::Stop {}))
        } else {
            self.entry("tray-back-up-now", view.can_back_up, || Wish::Ask(Request::BackUpNow { plan: None }))
        };
        let mut menu = vec![
            // First, since some panels show the menu on a click.
            self.entry("tray-open", true, || Wish::Open(None)),
            sentence.into(),
            MenuItem::Separator,
            work,
            self.entry("tray-restore", true, || Wish::Open(Some("restore"))),
            self.pause(),
            MenuItem::Separator,
        ];
        if !view.drives.is_empty() {
            menu.extend(view.drives.iter().map(|entry| self.drive(entry)));
            menu.push(MenuItem::Separator);
        }
        menu.push(self.entry("tray-quit", true, || Wish::Quit));
        menu
    }
}
