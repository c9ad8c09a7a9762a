//! The unit file for systemd: what it starts is a command line that the program takes, and its values fit the agent.

use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use keepsake_tests::{keepsake_program, needs};

fn unit() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../src-tauri/crates/keepsake-agent/keepsake-agent.service")).into()
}

/// The one value of a key.
fn value(key: &str) -> String {
    let text = fs::read_to_string(unit()).unwrap();
    let values: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect();
    assert_eq!(values.len(), 1, "{key}: {values:?}");
    values[0].to_string()
}

#[test]
fn what_it_starts_is_a_command_line_of_the_program() {
    let start = value("ExecStart");
    let mut words = start.split_whitespace();
    assert_eq!(words.next(), Some("keepsake"));
    let words: Vec<&str> = words.collect();
    assert_eq!(words.first(), Some(&"agent"));
    let help = Command::new(keepsake_program()).args(&words).arg("--help").output().unwrap();
    assert!(help.status.success(), "{}", String::from_utf8_lossy(&help.stderr));
    let wrong = Command::new(keepsake_program()).args(&words).args(["--no-such-thing", "--help"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(64), "what is not there is refused, so the look above means something");
}

#[test]
fn its_values_fit_the_agent() {
    // The agent ends within five seconds; killed before that it could not tidy up.
    assert!(value("TimeoutStopSec").parse::<u32>().unwrap() > 5);
    // Only the agent is asked: it passes that on.
    assert_eq!(value("KillMode"), "mixed");
    assert_eq!(value("ExecReload"), "/bin/kill -HUP $MAINPID");
    // 75: another one runs already (agent.rs: a_second_agent_leaves_and_a_killed_one_is_in_nobodys_way).
    assert_eq!(value("RestartPreventExitStatus"), "75");
    assert_eq!(value("Restart"), "on-failure");
    // Five starts within ten seconds are where systemd gives up by default.
    assert!(value("RestartSec").parse::<u32>().unwrap() > 2);
    assert_eq!(value("IOSchedulingClass"), "idle");
}

#[test]
fn systemd_finds_nothing_wrong_with_it() {
    let Some(analyze) = needs("systemd_finds_nothing_wrong_with_it", &["systemd-analyze"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let there = fs::read_to_string(unit()).unwrap();
    // The program is not installed here; its manual neither.
    let here = there.replace("ExecStart=keepsake ", &format!("ExecStart={} ", keepsake_program().display()));
    let look = |text: &str| {
        let path = dir.path().join("keepsake-agent.service");
        fs::write(&path, text).unwrap();
        let mut command = Command::new(&analyze);
        command.args(["verify", "--user", "--man=no"]).arg(path).env("XDG_RUNTIME_DIR", dir.path());
        let answer = command.output().unwrap();
        (answer.status.success(), String::from_utf8_lossy(&answer.stderr).into_owned())
    };
    assert_eq!(look(&here), (true, String::new()));
    let (_, told) = look(&here.replace("TimeoutStopSec", "TimeoutStpSec"));
    assert!(told.contains("TimeoutStpSec"), "it would tell of a mistyped key: {told}");
}
