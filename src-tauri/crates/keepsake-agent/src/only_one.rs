//! That there is one agent: its lock is taken, unless there is one already.

use std::time::{Duration, Instant};

use keepsake_api::Request;
use keepsake_api::wire::Client;
use keepsake_core::lock::{AgentLock, LockError};

use crate::{Agent, AgentError};

/// How long the lock of one that answers nobody is waited for: one that was killed holds it until the last of it is gone.
const GONE_WITHIN: Duration = Duration::from_secs(2);
/// How often it is tried meanwhile.
const TRIED_EACH: Duration = Duration::from_millis(20);

/// Takes the agent's lock.
pub(crate) fn take_lock(agent: &Agent) -> Result<AgentLock, AgentError> {
    let began = agent.clock.local_now().strftime("%Y-%m-%d %H:%M");
    let until = Instant::now() + GONE_WITHIN;
    loop {
        match AgentLock::take(&agent.data_dir, &format!("since {began}")) {
            Ok(lock) => return Ok(lock),
            Err(LockError::File(error)) => return Err(error.into()),
            Err(LockError::Held { doing, .. }) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() || is_alive(agent, left) {
                    return Err(AgentError::Running { since: doing });
                }
                std::thread::sleep(TRIED_EACH);
            }
        }
    }
}

/// True when the one that holds the lock answers. That it can be connected to says nothing: so can a dying one.
fn is_alive(agent: &Agent, within: Duration) -> bool {
    let Ok(mut client) = Client::connect(&agent.socket_path()) else { return false };
    client.wait_at_most(Some(within)).is_ok() && client.ask(Request::Status {}).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::thread::{scope, sleep};

    #[test]
    fn the_lock_of_one_that_dies_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let agent = Agent::in_folder(dir.path());
        // Without a socket, and with one at which nobody answers any more.
        for has_socket in [false, true] {
            let dying = take_lock(&agent).unwrap();
            let socket = has_socket.then(|| UnixListener::bind(agent.socket_path()).unwrap());
            scope(|scope| {
                scope.spawn(move || {
                    sleep(Duration::from_millis(300));
                    drop((socket, dying));
                });
                take_lock(&agent).expect("it is gone in a moment");
            });
        }
    }

    #[test]
    fn one_that_neither_answers_nor_ends_is_not_waited_for_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let agent = Agent::in_folder(dir.path());
        let _held = take_lock(&agent).unwrap();
        let began = Instant::now();
        assert!(matches!(take_lock(&agent), Err(AgentError::Running { .. })));
        assert!(began.elapsed() >= GONE_WITHIN, "{:?}", began.elapsed());
    }
}
