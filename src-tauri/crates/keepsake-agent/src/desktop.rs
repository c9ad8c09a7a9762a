//! Tray icon and desktop notifications: clients of the agent's socket, in a thread of the agent's own process or in
//! `keepsake tray`, facing any agent. One thread with a small runtime for the session bus, and one that listens to the
//! agent.
//!
//! The icon is `ksni`'s own: through `tray-icon` it has one size and no second line in its tooltip. Notifications go
//! over `zbus`: `notify-rust` cannot tell what a server that began anew no longer shows, waits for each button in a
//! task of its own, and opens a connection for each.

mod agent;
pub(crate) mod plain;
pub mod programs;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use keepsake_api::wire::WireError;
use keepsake_api::{Event, Request, Said, Status};
use keepsake_core::hash::{hex, sha256};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::fdo::RequestNameFlags;

use crate::notify::{Button, Notices};
use crate::sentences::Sentences;
use crate::tray;

/// How often it looks at the clock by itself: words for moments grow old, quiet hours end.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What the thread of tray and notifications is told.
#[derive(Debug)]
pub(crate) enum Told {
    /// An agent was found.
    AgentBegan,
    /// By the agent.
    Agent(Event),
    /// There is no agent; also said when it is not there to begin with.
    NoAgent,
    /// By a person: a menu entry or a button.
    Wish(Wish),
    /// The button of a notification was pressed: the notification's number and the button's key.
    Button(u32, String),
    /// A notification is no longer shown.
    Closed(u32),
    /// A notification server has begun or ended.
    Server,
    /// When the desktop stays quiet: minutes since midnight; None when never.
    QuietHours(Option<(u16, u16)>),
    /// What a person asked for was not done; what the agent said.
    Refused(Option<Said>),
    /// The session bus has ended, and the session with it.
    BusGone,
}

/// What a person wants.
#[derive(Debug)]
pub(crate) enum Wish {
    /// See the window, at a page if one is named.
    Open(Option<&'static str>),
    /// Ask the agent for something.
    Ask(Request),
    /// End it.
    Quit,
}

/// What is known of the agent.
#[derive(Debug, Default)]
pub(crate) enum Agent {
    /// It is looked for.
    #[default]
    Sought,
    /// It answers.
    There(Box<Status>),
    /// It does not run.
    Gone,
}

/// Why there is neither tray nor notification.
#[derive(Debug, thiserror::Error)]
pub enum DesktopError {
    /// There is no session bus.
    #[error("no session bus answers, so there is neither tray icon nor notification: {source}")]
    NoBus {
        /// What the bus said.
        source: zbus::Error,
    },
    /// This session has tray icon and notifications for that agent already.
    #[error("this session has Keepsake's tray icon already")]
    Running,
    /// The system would not begin.
    #[error("tray and notifications cannot begin: {source}")]
    NotBegun {
        /// What the system said.
        source: std::io::Error,
    },
}

/// Shows tray icon and notifications for the agent at that socket, in a thread of its own, as long as this process
/// runs. What was shown is kept in `data_dir`. Where that is not possible a line on stderr says so, and all else goes on.
pub fn start(socket: PathBuf, data_dir: PathBuf) {
    let go = || {
        show(socket, data_dir);
    };
    if let Err(source) = std::thread::Builder::new().name("desktop".into()).spawn(go) {
        eprintln!("keepsake: {}", DesktopError::NotBegun { source });
    }
}

/// The same in this thread, until somebody quits or the session ends. Answers false when nothing could be shown.
pub fn show(socket: PathBuf, data_dir: PathBuf) -> bool {
    match run(socket, data_dir) {
        Ok(()) => true,
        // `keepsake tray` was there before.
        Err(DesktopError::Running) => false,
        Err(error) => {
            eprintln!("keepsake: {error}");
            false
        }
    }
}

/// The same, for whoever tells why it is not possible.
///
/// # Errors
/// [`DesktopError`] when there is no session bus, when the session has one already, or no thread can begin.
pub fn run(socket: PathBuf, data_dir: PathBuf) -> Result<(), DesktopError> {
    let begun = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = begun.map_err(|source| DesktopError::NotBegun { source })?;
    let done = runtime.block_on(work(socket, data_dir));
    // Nobody waits for an answer that does not come.
    runtime.shutdown_background();
    done
}

async fn work(socket: PathBuf, data_dir: PathBuf) -> Result<(), DesktopError> {
    let sentences = Arc::new(Sentences::of_system());
    let (tell, told) = unbounded_channel();
    let bus = zbus::Connection::session().await.map_err(|source| DesktopError::NoBus { source })?;
    take_name(&bus, &socket).await?;
    let icon = tray::Icon::new(Arc::clone(&sentences), tell.clone());
    let icon = match tray::show(icon).await {
        Ok(icon) => Some(icon),
        Err(error) => {
            eprintln!("keepsake: there is no tray icon: {error}");
            None
        }
    };
    let notices = Notices::begin(bus, &data_dir, Arc::clone(&sentences), tell.clone()).await;
    agent::listen(socket.clone(), tell.clone()).map_err(|source| DesktopError::NotBegun { source })?;
    let mut desktop = Desktop { socket, tell, icon, notices, agent: Agent::default(), asked_quiet_hours: false };
    desktop.go(told).await;
    Ok(())
}

/// Makes sure that a session has one icon for each agent: autostart, the unit and a person may each begin one. The bus takes the name
/// away when this process ends, however it ends.
async fn take_name(bus: &zbus::Connection, socket: &Path) -> Result<(), DesktopError> {
    let which = hex(&sha256(socket.as_os_str().as_encoded_bytes())[..8]);
    let taken = bus.request_name_with_flags(format!("org.keepsake.Tray.s{which}"), RequestNameFlags::DoNotQueue.into());
    match taken.await {
        Err(zbus::Error::NameTaken) => Err(DesktopError::Running),
        // A bus that gives no names: two icons are better than none.
        Ok(_) | Err(_) => Ok(()),
    }
}

struct Desktop {
    socket: PathBuf,
    tell: UnboundedSender<Told>,
    icon: Option<ksni::Handle<tray::Icon>>,
    notices: Notices,
    agent: Agent,
    asked_quiet_hours: bool,
}

impl Desktop {
    async fn go(&mut self, mut told: UnboundedReceiver<Told>) {
        self.show().await;
        loop {
            let wait = self.notices.settles_in().map_or(LOOK_EVERY, |left| left.min(LOOK_EVERY));
            match tokio::time::timeout(wait, told.recv()).await {
                Ok(None | Some(Told::BusGone)) => return,
                Ok(Some(one)) => {
                    if self.take(one).await {
                        return;
                    }
                }
                Err(_) => self.show().await,
            }
        }
    }

    /// Answers true when this is the end.
    async fn take(&mut self, told: Told) -> bool {
        match told {
            Told::Agent(Event::Status(status)) => self.agent = Agent::There(status),
            Told::Agent(Event::JobEnded(end)) => {
                let may_change = matches!(&self.agent, Agent::There(status) if status.may_change);
                if !self.notices.job_ended(&end, may_change, &Zoned::now()).await {
                    return false;
                }
            }
            Told::Agent(Event::Changed {}) => {
                // The settings may be others; they are asked for when they matter.
                self.asked_quiet_hours = false;
                self.notices.quiet_hours = None;
                return false;
            }
            Told::AgentBegan => {
                self.notices.agent_began();
                return false;
            }
            Told::NoAgent => {
                self.agent = Agent::Gone;
                self.notices.agent_gone().await;
            }
            Told::QuietHours(hours) => self.notices.quiet_hours = Some(hours),
            Told::Refused(why) => {
                self.notices.refused(why.as_ref(), &Zoned::now()).await;
                return false;
            }
            Told::Button(number, key) => {
                if let Some(button) = self.notices.button(number, &key) {
                    self.notices.withdraw(number).await;
                    self.press(button);
                }
                return false;
            }
            Told::Server => self.notices.server_changed(),
            Told::Closed(id) => {
                self.notices.closed(id);
                return false;
            }
            Told::BusGone => return true,
            Told::Wish(wish) => return self.fulfil(wish).await,
        }
        self.show().await;
        false
    }

    async fn fulfil(&mut self, wish: Wish) -> bool {
        match wish {
            Wish::Open(page) => programs::open_window(page, &self.socket),
            Wish::Ask(request) => self.ask(request),
            Wish::Quit => {
                // An agent that serves the whole computer, or runs no more, goes on without this icon.
                if matches!(&self.agent, Agent::There(status) if status.may_change) {
                    let asked = agent::ask(&self.socket, Request::Quit {});
                    if let Err(error) = asked {
                        eprintln!("keepsake: {error}");
                    }
                }
                if let Some(icon) = &self.icon {
                    icon.shutdown().await;
                }
                return true;
            }
        }
        false
    }

    fn press(&self, button: Button) {
        match button {
            Button::Details(page) => programs::open_window(page, &self.socket),
            Button::OpenFolder(place) => programs::open_folder(&place),
            Button::Ask(request) => self.ask(request),
        }
    }

    /// Asks the agent in a thread of its own; a refusal is told.
    fn ask(&self, request: Request) {
        let (socket, tell) = (self.socket.clone(), self.tell.clone());
        let ask = move || {
            if let Err(error) = agent::ask(&socket, request) {
                eprintln!("keepsake: {error}");
                let why = match error {
                    WireError::Refused(refusal) => Some(refusal.said),
                    WireError::NotThere { .. } => Some(Said::new("tray-not-running")),
                    _ => None,
                };
                // Nobody listens at the very end only.
                let _ = tell.send(Told::Refused(why));
            }
        };
        if let Err(error) = std::thread::Builder::new().name("ask".into()).spawn(ask) {
            eprintln!("keepsake: the agent cannot be asked: {error}");
        }
    }

    async fn show(&mut self) {
        let now = Zoned::now();
        if let Some(icon) = &self.icon {
            let agent = &self.agent;
            icon.update(|icon| icon.look(agent, &now)).await;
        }
        if let Agent::There(status) = &self.agent {
            let needs_hours = self.notices.look(status, &now).await;
            if needs_hours && !self.asked_quiet_hours {
                self.asked_quiet_hours = true;
                agent::ask_quiet_hours(self.socket.clone(), self.tell.clone());
            }
        }
    }
}
