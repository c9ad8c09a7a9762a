//! `keepsake answer`, as far as settings and setup go.

pub mod settings;
pub mod setup;
