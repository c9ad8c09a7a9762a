//! Keepsake's engine: everything that decides or touches data. No GTK, no D-Bus, no HTTP.
//!
//! Data flows one way: `sources` → `archive` → `sealed` → `catalog` → `destinations` → `health`, and the
//! journeys ([`backup`], [`restore`], [`undo`], [`verify`], [`copy`], [`retire`], [`rebuild`]) join them. A module may
//! use the foundations and the modules to its left; `tests/tests/layers.rs` fails when that is broken.

// Foundations.
pub mod archive_path;
pub mod atomic_file;
pub mod clock;
pub mod error;
pub mod file_facts;
pub mod hash;
pub mod in_time;
pub mod lock;
pub mod monitor;
pub mod reserve;
pub mod room;
pub mod schedule;
pub mod settings;
pub mod units;

// The layers, in the order in which data flows.
pub mod sources;

pub mod archive;

pub mod sealed;

pub mod catalog;

pub mod destinations;

pub mod health;

// The journeys.
pub mod backup;
pub mod copy;
pub mod rebuild;
pub mod restore;
pub mod retire;
pub mod undo;
pub mod verify;
