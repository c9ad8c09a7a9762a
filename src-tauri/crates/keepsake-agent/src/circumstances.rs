//! What the computer runs on, and what its network costs: scheduled work waits for better times, what a person asks for
//! does not. Why these rules: docs/decisions/0018-battery-and-metered-network.md.

mod bus;
mod network_place;

use std::path::Path;

use keepsake_api::Waits;
use keepsake_core::settings::Settings;

use crate::work::Task;

pub(crate) use bus::OnTheBus;

/// Below this charge, in percent, scheduled backups and copies wait until the computer is plugged in.
const LOW_CHARGE_PERCENT: f64 = 30.0;

/// How it is now. What is not known is taken to be fine.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Circumstances {
    /// The computer runs on its battery.
    pub is_on_battery: bool,
    /// How full the battery is, 0 to 100; None when that is not known.
    pub charge_percent: Option<f64>,
    /// The network is paid for by what goes over it.
    pub is_metered: bool,
}

/// Who knows how it is.
pub(crate) trait KnowsCircumstances {
    /// How it is now. Never waits.
    fn now(&self) -> Circumstances;
}

/// What the settings say about waiting.
#[derive(Debug, Clone, Copy)]
struct Rules {
    wait_on_battery: bool,
    wait_on_metered: bool,
}

fn rules(settings: &Settings) -> Rules {
    Rules { wait_on_battery: settings.power.waits_on_battery, wait_on_metered: settings.power.waits_on_metered }
}

/// Why a task that nobody has asked for waits; None when it may begin.
pub(crate) fn waits_for(task: &Task, settings: &Settings, now: Circumstances) -> Option<Waits> {
    let path = match task {
        Task::Copy(name) => settings.destinations.iter().find(|place| place.name == *name).map(|place| &*place.path),
        Task::Backup(_) | Task::Read(_) => Some(&*settings.backup_dir),
        _ => None,
    };
    let is_over_network = |path: &Path| network_place::is_over_network(path);
    waits(task, rules(settings), now, || path.is_some_and(is_over_network))
}

fn waits(task: &Task, rules: Rules, now: Circumstances, is_over_network: impl FnOnce() -> bool) -> Option<Waits> {
    let is_low = now.charge_percent.is_none_or(|percent| percent < LOW_CHARGE_PERCENT);
    // Reading back what is stored has four weeks' time.
    let waits_on_any_charge = matches!(task, Task::Read(_));
    if rules.wait_on_battery && now.is_on_battery && (is_low || waits_on_any_charge) {
        return Some(Waits::Battery);
    }
    (rules.wait_on_metered && now.is_metered && is_over_network()).then_some(Waits::Metered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_scheduled_waits_for_power_and_a_free_network() {
        let rules = Rules { wait_on_battery: true, wait_on_metered: true };
        let plugged = Circumstances { charge_percent: Some(5.0), ..Circumstances::default() };
        let battery = |percent| Circumstances { is_on_battery: true, charge_percent: percent, is_metered: false };
        let metered = Circumstances { is_metered: true, ..Circumstances::default() };
        let (backup, copy, read) = (Task::Backup("a".into()), Task::Copy("b".into()), Task::Read(1));
        for (task, now, is_over_network, expected) in [
            (&backup, plugged, false, None),
            (&backup, battery(Some(30.0)), false, None),
            (&backup, battery(Some(29.9)), false, Some(Waits::Battery)),
            (&backup, battery(None), false, Some(Waits::Battery)),
            (&copy, battery(Some(29.9)), false, Some(Waits::Battery)),
            (&copy, battery(Some(90.0)), false, None),
            (&read, battery(Some(90.0)), false, Some(Waits::Battery)),
            (&copy, metered, false, None),
            (&copy, metered, true, Some(Waits::Metered)),
            (&backup, metered, true, Some(Waits::Metered)),
        ] {
            assert_eq!(waits(task, rules, now, || is_over_network), expected, "{task:?} {now:?} {is_over_network}");
        }
        let never = Rules { wait_on_battery: false, wait_on_metered: false };
        assert_eq!(waits(&backup, never, Circumstances { is_metered: true, ..battery(None) }, || true), None);
    }
}
