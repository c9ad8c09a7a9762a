//! A test in a process of its own, which sees the devices of a umockdev testbed, in a `/run` of its own.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use keepsake_drives::{Seen, Surroundings, Watcher};

/// How long something may take that happens at once on an idle computer.
const LONGEST: Duration = Duration::from_secs(60);
const PROGRAMS: [&str; 4] = ["umockdev-wrapper", "unshare", "setpriv", "python3"];

/// The devices, from inside.
pub struct Testbed {
    folder: PathBuf,
    commands: File,
    answers: BufReader<File>,
}

/// Runs this test in a testbed; Some in there, None outside, where the test is over, or was skipped.
pub fn testbed(test: &str) -> Option<Testbed> {
    if let Some(folder) = std::env::var_os("KEEPSAKE_TESTBED") {
        let folder = PathBuf::from(folder);
        let open = |name| OpenOptions::new().read(true).write(true).open(folder.join(name)).expect("a pipe");
        let (commands, answers) = (open("commands"), BufReader::new(open("answers")));
        std::fs::write(folder.join("mountinfo"), "").expect("a file");
        return Some(Testbed { folder, commands, answers });
    }
    let is_there = |program: &&&str| {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|dir| dir.join(program).is_file())
    };
    if let Some(missing) = PROGRAMS.iter().find(|program| !is_there(program)) {
        crate::skip::skip(&format!("events::{test}"), &format!("{missing} is not installed"));
        return None;
    }
    let mut namespace = Command::new("unshare");
    namespace.arg("--mount");
    if !rustix::process::geteuid().is_root() {
        namespace.arg("--map-root-user");
    }
    let own_run = "mount -t tmpfs keepsake-test /run";
    if !Command::new(namespace.get_program())
        .args(namespace.get_args())
        .args(["sh", "-c", own_run])
        .output()
        .is_ok_and(|o| o.status.success())
    {
        crate::skip::skip(&format!("events::{test}"), "namespaces are not allowed here");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("testbed.py");
    std::fs::write(&script, include_str!("testbed.py")).expect("a file");
    let line = format!("{own_run} && exec umockdev-wrapper python3 \"$@\"");
    namespace.args(["sh", "-c", &line, "sh"]).arg(script).arg(folder.path());
    namespace.arg(std::env::current_exe().expect("this program")).arg(test);
    let output = namespace.output().expect("it starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    None
}

impl Testbed {
    /// `fields`: of JSON, without braces.
    #[track_caller]
    fn order(&mut self, fields: &str) {
        writeln!(self.commands, "{{{fields}}}").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        assert_eq!(line, "ok\n", "{fields}");
    }

    /// udev tells of devices in the format of umockdev-record(1); it has done its work on those with these numbers.
    #[track_caller]
    pub fn add(&mut self, text: &str, known: &[&str]) {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        self.order(&format!(r#""do": "add", "text": "{text}", "known": {known:?}"#));
    }

    /// udev has done its work.
    pub fn note(&mut self, number: &str) {
        self.order(&format!(r#""do": "note", "number": "{number}""#));
    }

    /// `path` stands on that device.
    pub fn below(&mut self, path: &str, name: &str) {
        self.order(&format!(r#""do": "below", "path": "{path}", "name": "{name}""#));
    }

    pub fn event(&mut self, path: &str, action: &str) {
        self.order(&format!(r#""do": "event", "path": "{path}", "action": "{action}""#));
    }

    pub fn property(&mut self, path: &str, name: &str, value: &str) {
        self.order(&format!(r#""do": "property", "path": "{path}", "name": "{name}", "value": "{value}""#));
    }

    /// It is unplugged, and udev says so.
    pub fn remove(&mut self, path: &str, number: &str) {
        self.order(&format!(r#""do": "remove", "path": "{path}", "number": "{number}""#));
    }

    /// It is unplugged, and udev has not said so yet.
    pub fn vanish(&mut self, path: &str, number: &str) {
        self.order(&format!(r#""do": "vanish", "path": "{path}", "number": "{number}""#));
    }

    pub fn mountinfo(&self) -> PathBuf {
        self.folder.join("mountinfo")
    }

    /// Without a bus.
    pub fn surroundings(&self) -> Surroundings {
        let bus = Some(format!("unix:path={}", self.folder.join("no-bus").display()));
        Surroundings { bus, mountinfo: self.mountinfo(), ..Surroundings::default() }
    }

    pub fn watch(&self) -> Watching {
        let (tell, told) = channel();
        let watcher =
            Watcher::begin_in(self.surroundings(), move |seen| drop(tell.send(seen)), |_| ()).expect("it begins");
        assert_eq!(watcher.missing(), None);
        Watching { watcher: Some(watcher), told }
    }
}

/// What is told.
pub struct Watching {
    watcher: Option<Watcher>,
    told: Receiver<Seen>,
}

impl Watching {
    /// The next that is told.
    #[track_caller]
    pub fn next(&self) -> Seen {
        self.told.recv_timeout(LONGEST).expect("more is told")
    }

    /// The next that is told, in short: `here sdb1 UUID`, `gone sdb1`, `ready`.
    #[track_caller]
    pub fn next_in_short(&self) -> String {
        match self.next() {
            Seen::Here(volume) => format!("here {} {}", volume.key(), volume.uuid().unwrap_or("nothing")),
            Seen::Gone { key } => format!("gone {key}"),
            Seen::Ready => "ready".into(),
        }
    }

    /// All in short until that one.
    #[track_caller]
    pub fn until(&self, last: &str) -> Vec<String> {
        let mut all = Vec::new();
        while all.last().is_none_or(|seen| seen != last) {
            all.push(self.next_in_short());
        }
        all
    }

    /// Ends it; true when nothing more is told, and its thread is gone.
    pub fn end(mut self) -> bool {
        drop(self.watcher.take());
        self.told.try_iter().count() == 0 && self.told.recv().is_err()
    }
}

/// A device in the format of umockdev-record(1).
pub fn device(path: &str, number: &str, properties: &[(&str, &str)], attributes: &[(&str, &str)]) -> String {
    let name = Path::new(path).file_name().expect("a name").to_str().expect("UTF-8");
    let (major, minor) = number.split_once(':').expect("two numbers");
    let kind =
        if Path::new(path).parent().is_some_and(|parent| parent.ends_with("block")) { "disk" } else { "partition" };
    let mut text = format!(
        "P: {path}\nN: {name}\nE: DEVNAME=/dev/{name}\nE: DEVTYPE={kind}\nE: SUBSYSTEM=block\nE: MAJOR={major}\nE: MINOR={minor}\n"
    );
    for (name, value) in properties {
        text.push_str(&format!("E: {name}={value}\n"));
    }
    let usual = [("size", "2097152"), ("ro", "0")];
    let is_usual = |(name, _): &&(&str, &str)| !attributes.iter().any(|(other, _)| other == name);
    for (name, value) in usual.iter().filter(is_usual).chain(attributes) {
        text.push_str(&format!("A: {name}={value}\n"));
    }
    text + "\n"
}
