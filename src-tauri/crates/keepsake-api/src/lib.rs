//! What any front end (tray, notifications, window) may ask of Keepsake's agent, and what it is told. Plain data only:
//! no rules, no engine. The window's TypeScript is made from these types (`bindings`).
//!
//! On the wire (`wire`): a Unix socket, one JSON object a line. A front end sends [`Envelope`]s, and gets one [`Reply`]
//! for each, in order. After [`Request::Watch`] a connection only listens: each further line is an [`Event`].

mod activity;
mod answer;
mod backup;
mod browse;
mod drives;
mod path_text;
mod request;
mod restore;
mod said;
mod settings;
mod setup;
mod status;
pub mod wire;

#[cfg(test)]
mod bindings;

pub use activity::*;
pub use answer::*;
pub use backup::*;
pub use browse::*;
pub use drives::*;
pub use path_text::{BadPathText, PathText};
pub use request::*;
pub use restore::*;
pub use said::{Said, SaidArg};
pub use settings::*;
pub use setup::*;
pub use status::*;
