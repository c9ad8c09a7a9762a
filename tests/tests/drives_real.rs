//! Drives with the real udevd, D-Bus, polkit and UDisks2, as an ordinary user ([`DriveRig`]): seen, mounted, written, let go of,
//! pulled out.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use fs_err as fs;
use keepsake_tests::{DriveRig, Stick, StickKind};
use serde_json::Value;

/// How long something may take that happens at once on an idle computer.
const LONGEST: Duration = Duration::from_secs(60);

/// A program in a rig that says lines of JSON.
struct Lines {
    child: Child,
    lines: Receiver<String>,
    passed: VecDeque<String>,
}

impl Lines {
    fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let (say, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        Self { child, lines, passed: VecDeque::new() }
    }

    #[track_caller]
    fn next(&mut self) -> String {
        let line = self.lines.recv_timeout(LONGEST);
        let line = line.unwrap_or_else(|e| panic!("nothing more is said ({e}) after {:#?}", self.passed));
        self.passed.push_back(line.clone());
        line
    }

    /// The next line that is so; those before it are passed over.
    #[track_caller]
    fn until(&mut self, is_so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line: Value = serde_json::from_str(&self.next()).expect("JSON");
            if is_so(&line) {
                return line;
            }
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct ByHand {
    rig: DriveRig,
    program: PathBuf,
}

impl ByHand {
    fn begin(test: &str) -> Option<Self> {
        let rig = DriveRig::begin(test)?;
        let program = rig.install(Path::new(env!("CARGO_BIN_EXE_drives-by-hand")));
        Some(Self { rig, program })
    }

    /// Watches; all that is plugged in was told when this answers.
    fn watch(&self) -> Lines {
        let mut command = self.rig.command(&self.program);
        command.arg("watch");
        let mut lines = Lines::of(command);
        lines.until(|line| line["ready"] == true);
        lines
    }

    /// What it answers, and whether it succeeded.
    fn ask(&self, words: &[&str]) -> (bool, Vec<Value>) {
        answer(self.rig.command(&self.program).args(words))
    }

    #[track_caller]
    fn succeed(&self, words: &[&str]) -> Value {
        let (is_good, lines) = self.ask(words);
        assert!(is_good && lines.len() == 1, "{words:?}: {lines:?}");
        lines[0].clone()
    }

    /// A line of shell as the ordinary user; true when it succeeded.
    fn sh(&self, line: &str) -> bool {
        self.rig.command(Path::new("sh")).args(["-c", line]).status().expect("it starts").success()
    }
}

fn answer(command: &mut Command) -> (bool, Vec<Value>) {
    let output = command.output().expect("it starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status.success(), text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

fn is_here(line: &Value, device: &str, is_mounted: bool) -> bool {
    line["here"]["device"] == device
        && line["here"]["mounted_at"].as_array().is_some_and(|places| places.is_empty() != is_mounted)
}

#[test]
fn each_file_system_is_seen_mounted_written_and_let_go_of_by_an_ordinary_user() {
    let Some(hand) = ByHand::begin("drives_real::each_file_system") else { return };
    let kinds = [
        (StickKind::Ext4, "ext4"),
        (StickKind::Btrfs, "btrfs"),
        (StickKind::ExFat, "exfat"),
        (StickKind::Ntfs, "ntfs"),
    ];
    for (kind, name) in kinds {
        hand.rig.make(name, &Stick { label: "Blue drive", ..Stick::of(kind) });
    }
    let mut watch = hand.watch();
    for (_, kind) in kinds {
        let device = hand.rig.plug(kind).to_str().expect("UTF-8").to_owned();
        let came = watch.until(|line| is_here(line, &device, false))["here"].clone();
        assert_eq!(
            (&came["kind"], &came["label"], &came["title"]),
            (&kind.into(), &"Blue drive".into(), &"Keepsake Rig".into())
        );
        assert!(came["uuid"].as_str().is_some_and(|uuid| !uuid.is_empty()) && came["bytes"] == 127_u64 << 20, "{came}");
        assert_eq!(hand.ask(&["list"]).1, std::slice::from_ref(&came), "{kind}");

        let mounted = hand.succeed(&["mount", &device]);
        assert_eq!((&mounted["was_mounted"], &mounted["is_read_only"]), (&false.into(), &false.into()), "{kind}");
        let folder = mounted["folder"].as_str().expect("a folder").to_owned();
        assert!(hand.sh(&format!("printf kept > '{folder}/note' && sync '{folder}/note'")), "{kind}");
        let told = watch.until(|line| is_here(line, &device, true));
        assert_eq!(told["here"]["mounted_at"], serde_json::json!([folder]), "{kind}");
        let again = hand.succeed(&["mount", &device]);
        assert_eq!((&again["was_mounted"], again["folder"].as_str()), (&true.into(), Some(folder.as_str())), "{kind}");

        hand.succeed(&["unmount", &device]);
        watch.until(|line| is_here(line, &device, false));
        assert_eq!(hand.succeed(&["lock", &device])["locked"], false, "{kind}");
        // A loop device has no Drive object.
        assert_eq!(hand.succeed(&["power-off", &device])["power_off"], "CannotBe", "{kind}");
        hand.rig.unplug(kind);
        watch.until(|line| line["gone"] == came["key"]);

        // It is on the stick, and read-only media are mounted as such.
        let device = hand.rig.plug_read_only(kind).to_str().expect("UTF-8").to_owned();
        assert_eq!(watch.until(|line| is_here(line, &device, false))["here"]["is_read_only"], true, "{kind}");
        let mounted = hand.succeed(&["mount", &device, "ro"]);
        assert_eq!(mounted["is_read_only"], true, "{kind}");
        let folder = mounted["folder"].as_str().expect("a folder");
        assert!(
            hand.sh(&format!("test \"$(cat '{folder}/note')\" = kept && ! touch '{folder}/new' 2>/dev/null")),
            "{kind}"
        );
        hand.succeed(&["unmount", &device]);
        hand.rig.unplug(kind);
        watch.until(|line| line["gone"].is_string());
    }
}

#[test]
fn pulled_out_while_it_is_written_and_plugged_in_again_at_once() {
    let Some(hand) = ByHand::begin("drives_real::pulled_out") else { return };
    hand.rig.make("blue", &Stick::of(StickKind::Ext4));
    let mut watch = hand.watch();
    let device = hand.rig.plug("blue").to_str().expect("UTF-8").to_owned();
    let came = watch.until(|line| is_here(line, &device, false));
    let folder = hand.succeed(&["mount", &device])["folder"].as_str().expect("a folder").to_owned();
    // It says the number of each file that is certainly on the stick, and why it ended.
    let script = format!(
        "cd '{folder}'; n=0; while dd if=/dev/urandom of=f$n bs=256k count=1 conv=fsync status=none && sync .; do echo $n; n=$((n + 1)); done; echo end"
    );
    let mut command = hand.rig.command(Path::new("sh"));
    command.args(["-c", &script]).stderr(Stdio::null());
    let mut writing = Lines::of(command);
    let mut last = 0;
    while last < 5 {
        last = writing.next().parse::<u32>().expect("a number");
    }
    hand.rig.pull("blue");
    let again = hand.rig.plug("blue").to_str().expect("UTF-8").to_owned();
    watch.until(|line| line["gone"] == came["here"]["key"]);
    let back = watch.until(|line| is_here(line, &again, false));
    assert_ne!(back["here"]["key"], came["here"]["key"], "another plugging in");
    assert_eq!(back["here"]["uuid"], came["here"]["uuid"]);
    loop {
        match writing.next().as_str() {
            "end" => break,
            number => last = number.parse().expect("a number"),
        }
    }
    let (is_good, lines) = hand.ask(&["unmount", &device]);
    assert!(again == device || (!is_good && lines[0]["error"] == "Gone"), "{lines:?}");
    let folder = hand.succeed(&["mount", &again])["folder"].as_str().expect("a folder").to_owned();
    let all_whole =
        format!("cd '{folder}'; for n in $(seq 0 {last}); do test \"$(stat -c %s f$n)\" = 262144 || exit 1; done");
    assert!(hand.sh(&all_whole), "what was synced is there: {last}");
    hand.succeed(&["unmount", &again]);
}

#[test]
fn who_holds_it_is_named_and_who_may_not_is_told_so() {
    let Some(hand) = ByHand::begin("drives_real::who_holds_it") else { return };
    hand.rig.make("blue", &Stick { mib: 32, ..Stick::of(StickKind::Ext4) });
    let mut watch = hand.watch();
    let device = hand.rig.plug("blue").to_str().expect("UTF-8").to_owned();
    watch.until(|line| is_here(line, &device, false));

    let (is_good, lines) = answer(hand.rig.as_stranger(&hand.program).args(["mount", &device]));
    assert!(!is_good && lines[0]["error"] == "NotAuthorized", "{lines:?}");
    assert!(
        lines[0]["said"].as_str().is_some_and(|said| said.contains("could not be mounted: this session may not")),
        "{lines:?}"
    );

    let folder = hand.succeed(&["mount", &device])["folder"].as_str().expect("a folder").to_owned();
    let (is_good, lines) = answer(hand.rig.as_stranger(&hand.program).args(["unmount", &device]));
    assert!(!is_good && ["NotAuthorized", "AnotherUser"].iter().any(|kind| lines[0]["error"] == *kind), "{lines:?}");

    let mut command = hand.rig.command(Path::new("sh"));
    command.args(["-c", &format!("cd '{folder}' && echo in && exec tail -f /dev/null")]);
    let mut holds = Lines::of(command);
    assert_eq!(holds.next(), "in");
    let (is_good, lines) = hand.ask(&["unmount", &device]);
    assert!(!is_good && lines[0]["error"] == "Busy", "{lines:?}");
    assert!(
        lines[0]["programs"].as_array().is_some_and(|p| p.iter().any(|name| name == "tail" || name == "sh")),
        "{lines:?}"
    );
    drop(holds);
    hand.succeed(&["unmount", &device]);
}

#[test]
fn two_of_the_same_an_unformatted_one_and_a_whole_disk_are_told_apart() {
    let Some(hand) = ByHand::begin("drives_real::two_of_the_same") else { return };
    hand.rig.make("one", &Stick { mib: 16, ..Stick::of(StickKind::Ext4) });
    hand.rig.clone_stick("one", "two");
    hand.rig.make("raw", &Stick { mib: 16, is_whole_disk: true, ..Stick::of(StickKind::Nothing) });
    hand.rig.make("whole", &Stick { mib: 16, is_whole_disk: true, ..Stick::of(StickKind::Ext4) });
    let mut watch = hand.watch();
    let mut came = |name: &str| {
        let device = hand.rig.plug(name);
        watch.until(|line| is_here(line, device.to_str().expect("UTF-8"), false))["here"].clone()
    };
    let (one, two, raw, whole) = (came("one"), came("two"), came("raw"), came("whole"));
    assert_eq!(one["uuid"], two["uuid"]);
    assert_ne!(one["key"], two["key"]);
    assert_eq!((&raw["contents"], &whole["contents"]), (&"nothing".into(), &"file system".into()));
    assert!(!whole["device"].as_str().expect("a path").ends_with("p1"), "{whole}");
    let (is_good, lines) = hand.ask(&["mount", raw["device"].as_str().expect("a path")]);
    assert!(!is_good && lines[0]["error"] == "NoFileSystem", "{lines:?}");
    // Who begins to watch later is told all before it is told that this is all.
    let mut command = hand.rig.command(&hand.program);
    command.arg("watch");
    let mut later = Lines::of(command);
    let mut keys = Vec::new();
    loop {
        let line: Value = serde_json::from_str(&later.next()).expect("JSON");
        if line["ready"] == true {
            break;
        }
        keys.extend(line["here"]["key"].as_str().map(String::from));
    }
    keys.sort();
    let mut expected: Vec<String> =
        [&one, &two, &raw, &whole].iter().map(|v| v["key"].as_str().expect("a key").into()).collect();
    expected.sort();
    assert_eq!(keys, expected);
}

#[test]
fn the_rule_tags_what_has_a_file_system_and_nothing_else() {
    let Some(hand) = ByHand::begin("drives_real::the_rule_tags") else { return };
    hand.rig.make("blue", &Stick { mib: 16, ..Stick::of(StickKind::Ext4) });
    hand.rig.make("raw", &Stick { mib: 16, is_whole_disk: true, ..Stick::of(StickKind::Nothing) });
    let properties = |name: &str| {
        let device = hand.rig.plug(name);
        assert!(hand.rig.as_root(Path::new("udevadm")).arg("settle").status().expect("it starts").success());
        let output = hand.rig.as_root(Path::new("udevadm")).args(["info", "--query=property"]).arg(device).output();
        String::from_utf8(output.expect("it starts").stdout).expect("UTF-8")
    };
    let blue = properties("blue");
    assert!(
        blue.contains("\nSYSTEMD_USER_WANTS=keepsake-agent.service keepsake-tray.service\n")
            && blue.contains(":systemd:"),
        "{blue}"
    );
    let raw = properties("raw");
    assert!(raw.contains("\nID_BUS=usb\n") && !raw.contains("SYSTEMD_USER_WANTS"), "{raw}");
}

#[test]
fn the_rules_file_runs_nothing_and_mounts_nothing() {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../udev/90-keepsake.rules"));
    let text = fs::read_to_string(file).expect("the rules");
    let rules: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(rules.iter().any(|rule| rule.contains("TAG+=\"systemd\"") && rule.contains("keepsake-agent.service")));
    for rule in &rules {
        let keys = rule.split(',').map(|part| part.trim().split(['=', '!', '+', ':', '{']).next().unwrap_or_default());
        for key in keys {
            let allowed = ["ACTION", "SUBSYSTEM", "SUBSYSTEMS", "ENV", "TAG", "GOTO", "LABEL"];
            assert!(allowed.contains(&key), "{key} in {rule}");
        }
    }
    // `udevadm verify` is there since systemd 254.
    let verify = Command::new("udevadm").arg("verify").arg(file).output();
    match verify {
        Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("Unknown command verb") => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        _ => keepsake_tests::skip("drives_real::the_rules_file (udevadm verify)", "udevadm cannot verify here"),
    }
}
