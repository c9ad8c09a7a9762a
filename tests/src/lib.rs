//! What the journey tests share. They run the `keepsake` program from outside, as a person would, in a
//! house of its own ([`House`]), make folders with every kind of thing in them ([`Tree`]), and compare what
//! came back with what was there ([`compare_trees`]).
//!
//! A test that cannot do its work on this computer calls [`skip`] and returns: it is then counted as
//! skipped, never as passed.

pub mod accessible;
pub mod agent;
pub mod asking;
pub mod compare;
pub mod desktop;
pub mod die;
pub mod drive_rig;
pub mod fault;
pub mod here;
pub mod hostile;
pub mod house;
pub mod interrupt;
pub mod power;
pub mod rig_house;
pub mod scene;
pub mod scripted_agent;
pub mod silent_disk;
pub mod small_disk;
pub mod trace;
pub mod tree;
pub mod webdriver;

pub use agent::{Agent, Watch};
pub use compare::{Aspect, Difference, assert_same, compare_trees, without};
pub use die::{Die, number_from};
pub use drive_rig::{DriveRig, Stick, StickKind};
pub use here::{Mount, is_root, needs, needs_root, run, sh, skip, wait_until};
pub use house::{Answer, House, Running, keepsake_program};
pub use interrupt::for_each_journey;
pub use rig_house::RigHouse;
pub use scene::{JOURNEYS, Journey, Scene, journey};
pub use scripted_agent::{ScriptedAgent, all_is_well};
pub use silent_disk::SilentDisk;
pub use tree::{Tree, noise, prose};
pub use webdriver::{Desktop, Window, window_program};
