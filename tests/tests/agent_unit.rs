//! The unit files for systemd: what they start are command lines that the program takes, and their values fit it.

use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use keepsake_tests::{keepsake_program, needs};

const AGENT: &str = "keepsake-agent.service";
const TRAY: &str = "keepsake-tray.service";

fn unit(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../src-tauri/crates/keepsake-agent")).join(name)
}

/// The one value of a key of the agent's.
fn value(key: &str) -> String {
    value_of(AGENT, key)
}

fn value_of(name: &str, key: &str) -> String {
    let text = fs::read_to_string(unit(name)).unwrap();
    let values: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect();
    assert_eq!(values.len(), 1, "{key}: {values:?}");
    values[0].to_string()
}

#[test]
fn what_they_start_are_command_lines_of_the_program() {
    for (name, command) in [(AGENT, "agent"), (TRAY, "tray")] {
        let start = value_of(name, "ExecStart");
        let words: Vec<&str> = start.split_whitespace().collect();
        assert_eq!(words[..2], ["keepsake", command]);
        let help = Command::new(keepsake_program()).args(&words[1..]).arg("--help").output().unwrap();
        assert!(help.status.success(), "{}", String::from_utf8_lossy(&help.stderr));
        let wrong =
            Command::new(keepsake_program()).args(&words[1..]).args(["--no-such-thing", "--help"]).output().unwrap();
        assert_eq!(wrong.status.code(), Some(64), "what is not there is refused, so the look above means something");
        // 75: there is one already (agent.rs: a_second_agent_leaves_and_a_killed_one_is_in_nobodys_way, desktop_bus.rs:
        // a_session_has_one_icon_whoever_begins_it). Plugging in a drive begins them each time, and that is no failure.
        assert_eq!(value_of(name, "SuccessExitStatus"), "75");
    }
}

#[test]
fn its_values_fit_the_agent() {
    // The agent ends within five seconds; killed before that it could not tidy up.
    assert!(value("TimeoutStopSec").parse::<u32>().unwrap() > 5);
    // Only the agent is asked: it passes that on.
    assert_eq!(value("KillMode"), "mixed");
    assert_eq!(value("ExecReload"), "/bin/kill -HUP $MAINPID");
    assert_eq!(value("Restart"), "on-failure");
    // Five starts within ten seconds are where systemd gives up by default.
    assert!(value("RestartSec").parse::<u32>().unwrap() > 2);
    assert_eq!(value("IOSchedulingClass"), "idle");
}

#[test]
fn systemd_finds_nothing_wrong_with_them() {
    let Some(analyze) = needs("systemd_finds_nothing_wrong_with_them", &["systemd-analyze"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    // The program is not installed here; its manual neither.
    let program = format!("ExecStart={} ", keepsake_program().display());
    let here = |name| fs::read_to_string(unit(name)).unwrap().replace("ExecStart=keepsake ", &program);
    let look = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        let mut command = Command::new(&analyze);
        command.args(["verify", "--user", "--man=no"]).arg(path).env("XDG_RUNTIME_DIR", dir.path());
        let answer = command.output().unwrap();
        (answer.status.success(), String::from_utf8_lossy(&answer.stderr).into_owned())
    };
    for name in [AGENT, TRAY] {
        assert_eq!(look(name, &here(name)), (true, String::new()), "{name}");
    }
    let (_, told) = look(AGENT, &here(AGENT).replace("TimeoutStopSec", "TimeoutStpSec"));
    assert!(told.contains("TimeoutStpSec"), "it would tell of a mistyped key: {told}");
}
