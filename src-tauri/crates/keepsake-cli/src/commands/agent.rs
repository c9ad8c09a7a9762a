//! `keepsake agent`.

use std::path::PathBuf;

use keepsake_agent::{Agent, AgentError, desktop};
use keepsake_core::backup::computer;

use crate::args::AgentArgs;
use crate::error::{CliError, Exit};
use crate::surroundings::{Surroundings, absolute};

/// Runs what is due until it is asked to end.
///
/// # Errors
/// Exit code 75 when another agent runs already (and a tray, where that is wanted, too), 2 when it cannot begin for another
/// reason, 65 for a socket's path that is none.
pub fn run(around: Surroundings, asked: &AgentArgs) -> Result<Exit, CliError> {
    let agent = Agent {
        // This very program, also when a new version has taken its place since.
        program: PathBuf::from("/proc/self/exe"),
        config: around.config,
        data_dir: around.data_dir,
        home: around.home,
        computer_id: computer().1,
        clock: around.clock.into(),
        is_quiet: around.global.quiet,
        with_tray: asked.tray,
        socket: asked.socket.as_deref().map(absolute).transpose()?,
        group: asked.group.clone(),
    };
    match keepsake_agent::run(&agent) {
        // One without a tray, such as a service that began before the desktop: then the tray is what is missing.
        Err(AgentError::Running { .. })
            if agent.with_tray && desktop::show(agent.socket_path(), agent.data_dir.clone()) =>
        {
            Ok(Exit::Good)
        }
        ended => Ok(ended.map(|()| Exit::Good)?),
    }
}

impl From<AgentError> for CliError {
    fn from(error: AgentError) -> Self {
        let message = error.to_string();
        match error {
            AgentError::Running { .. } => Self::new(
                Exit::Busy,
                message,
                "One is enough: it runs what is due. To start another, end that one first.",
            ),
            AgentError::File(error) => error.into(),
            AgentError::Socket(_) => Self::failed(
                message,
                "Its folder must be there, and the agent must be allowed to write in it. Nothing else may be in its place.",
            ),
            AgentError::Signals { .. } => Self::failed(message, "Restart this computer, then try it again."),
        }
    }
}
