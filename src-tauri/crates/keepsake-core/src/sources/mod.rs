//! Sources: what is protected. Here the folder source; others join as they are needed.

pub mod beneath;
pub mod exclude;
pub mod facts;
pub mod sparse;
pub mod walk;
