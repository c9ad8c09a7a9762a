//! Places that hold copies of archives. So far: a folder, and only its reading side.

pub mod folder;
