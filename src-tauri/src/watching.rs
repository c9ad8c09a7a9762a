//! Being told what happens, also when the agent ends and comes back.

use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use keepsake_api::{Event, Status};
use serde::Serialize;

use crate::asking::Agent;
use crate::refusals::unanswered;

/// How long it is until it is looked again whether there is an agent. It matters only while there is none.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// What the page is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatchMessage {
    /// The agent answers, and things stand like this.
    Connected(Box<Status>),
    /// Something happened.
    Event(Event),
    /// There is no agent any more; the name of the sentence that says why.
    Lost(String),
}

/// The one who watches; a later one takes its place.
#[derive(Default)]
pub struct Watching {
    present: Mutex<Option<Arc<Watcher>>>,
}

#[derive(Default)]
struct Watcher {
    ended: AtomicBool,
    connection: Mutex<Option<UnixStream>>,
}

impl Watcher {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    fn keep(&self, connection: Option<UnixStream>) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(connection) = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It may have broken a moment before.
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Watching {
    /// From now on `tell` hears what happens; whoever heard it before does not any more. `tell` answers false when nobody
    /// listens there. One's own agent is started when there is none.
    pub fn begin(&self, agent: Arc<Agent>, tell: impl Fn(WatchMessage) -> bool + Send + 'static) {
        let watcher = Arc::new(Watcher::default());
        let before = self.present.lock().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(&watcher));
        if let Some(before) = before {
            before.end();
        }
        thread::spawn(move || watch(&agent, &watcher, tell));
    }
}

fn watch(agent: &Agent, watcher: &Watcher, tell: impl Fn(WatchMessage) -> bool) {
    let mut last_said = None;
    // To watch anew is also what the page does when somebody wants the agent to run again.
    let mut started = agent.see_to_it().map_err(|refusal| refusal.said.id);
    while !watcher.has_ended() {
        let told = match std::mem::replace(&mut started, Ok(())) {
            Ok(()) => listen(agent, watcher, &tell),
            Err(why) => Told::Nothing(why),
        };
        let why = match told {
            Told::UntilItEnded => {
                last_said = None;
                "window-agent-gone".to_string()
            }
            Told::Nothing(why) => why,
            Told::Nobody => return,
        };
        agent.forget_connections();
        if last_said.as_ref() != Some(&why) && !watcher.has_ended() {
            if !tell(WatchMessage::Lost(why.clone())) {
                return;
            }
            last_said = Some(why);
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// What came of listening.
enum Told {
    /// The agent ended.
    UntilItEnded,
    /// There was nothing to listen to; the name of the sentence that says why.
    Nothing(String),
    /// Nobody wants to hear it any more.
    Nobody,
}

fn listen(agent: &Agent, watcher: &Watcher, tell: &impl Fn(WatchMessage) -> bool) -> Told {
    let listener = agent.connect().and_then(|client| client.watch().map_err(unanswered));
    let mut listener = match listener {
        Ok(listener) => listener,
        Err(refusal) => return Told::Nothing(refusal.said.id),
    };
    watcher.keep(listener.handle().ok());
    let mut connected = false;
    while !watcher.has_ended() {
        let Ok(event) = listener.next_event() else {
            watcher.keep(None);
            return if connected { Told::UntilItEnded } else { Told::Nothing("window-agent-no-answer".into()) };
        };
        let message = match event {
            Event::Status(status) if !connected => {
                connected = true;
                WatchMessage::Connected(status)
            }
            event => WatchMessage::Event(event),
        };
        if watcher.has_ended() || !tell(message) {
            break;
        }
    }
    Told::Nobody
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asking::tests::scripted;
    use keepsake_api::wire::write_line;
    use keepsake_api::{Answer, Outcome, Request, Said, State};
    use std::sync::mpsc::{self, Receiver};

    fn status() -> Status {
        Status {
            state: State::Good,
            sentence: Said::new("health-good"),
            reasons: Vec::new(),
            plans: Vec::new(),
            job: None,
            paused_until: None,
            drives: Vec::new(),
            waits: None,
            newest_backup: None,
            may_change: true,
            version: "0".into(),
        }
    }

    /// An agent that tells its listeners this much, and ends when it is told to.
    fn agent_that_ends(folder: &std::path::Path, events: Vec<Event>) -> mpsc::Sender<()> {
        let (end, ends) = mpsc::channel::<()>();
        let ends = Mutex::new(ends);
        scripted(folder, move |request, stream| {
            assert_eq!(request, Request::Watch {});
            let id = 1;
            let outcome = Outcome::Answer(Answer::Watch(()));
            write_line(stream, &keepsake_api::Reply { id, outcome }).unwrap();
            for event in &events {
                write_line(stream, event).unwrap();
            }
            let _ = ends.lock().unwrap().recv();
            None
        });
        end
    }

    fn heard(messages: &Receiver<WatchMessage>) -> WatchMessage {
        messages.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    #[test]
    fn the_agents_end_and_its_return_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join(keepsake_api::wire::SOCKET_NAME);
        let agent = Arc::new(Agent::of_others(socket.clone()));
        let (tell, messages) = mpsc::channel();
        let watching = Watching::default();
        watching.begin(Arc::clone(&agent), move |message| tell.send(message).is_ok());
        assert_eq!(heard(&messages), WatchMessage::Lost("window-agent-gone".into()));
        for _ in 0..2 {
            let end = agent_that_ends(dir.path(), vec![Event::Status(Box::new(status())), Event::Changed {}]);
            assert_eq!(heard(&messages), WatchMessage::Connected(Box::new(status())));
            assert_eq!(heard(&messages), WatchMessage::Event(Event::Changed {}));
            std::fs::remove_file(&socket).unwrap();
            drop(end);
            assert_eq!(heard(&messages), WatchMessage::Lost("window-agent-gone".into()));
        }

        // A page that is loaded again watches anew, and the one before hears nothing more.
        let _end = agent_that_ends(dir.path(), vec![Event::Status(Box::new(status()))]);
        assert_eq!(heard(&messages), WatchMessage::Connected(Box::new(status())));
        let (tell, second) = mpsc::channel();
        watching.begin(agent, move |message| tell.send(message).is_ok());
        assert!(
            messages.recv_timeout(Duration::from_secs(20)).is_err_and(|e| e == mpsc::RecvTimeoutError::Disconnected)
        );
        drop(second);
    }

    #[test]
    fn messages_are_as_the_page_expects_them() {
        let json = |message: &WatchMessage| serde_json::to_string(message).unwrap();
        assert_eq!(json(&WatchMessage::Lost("x".into())), r#"{"lost":"x"}"#);
        assert_eq!(json(&WatchMessage::Event(Event::Changed {})), r#"{"event":{"event":"changed","value":{}}}"#);
        assert!(json(&WatchMessage::Connected(Box::new(status()))).starts_with(r#"{"connected":{"state":"good""#));
    }
}
