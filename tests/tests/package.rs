//! The Debian package, as `packaging/build-deb --quick` makes it of what is built: its contents, its papers, what those
//! say who know the rules. `make test-deb` installs it into a fresh system.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use keepsake_tests::{keepsake_program, needs};

const HOUSE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const TOOLS: [&str; 6] =
    ["dpkg-deb", "dpkg-shlibdeps", "rsvg-convert", "lintian", "appstreamcli", "desktop-file-validate"];

fn house(path: &str) -> String {
    fs::read_to_string(Path::new(HOUSE).join(path)).unwrap()
}

/// The package, made in a folder of its own.
fn build(dir: &Path) -> PathBuf {
    let programs = dir.join("debug");
    if !programs.exists() {
        fs::create_dir(&programs).unwrap();
        symlink(keepsake_program(), programs.join("keepsake")).unwrap();
        // The window takes minutes to build. Where it is not built the other program stands in: the package is tested.
        let window = keepsake_program().with_file_name("keepsake-window");
        let window = if window.exists() { &window } else { keepsake_program() };
        symlink(window, programs.join("keepsake-window")).unwrap();
    }
    let told = succeed(packaging("build-deb").arg("--quick").env("CARGO_TARGET_DIR", dir));
    PathBuf::from(told.lines().last().expect("it names the package"))
}

fn packaging(script: &str) -> Command {
    Command::new(Path::new(HOUSE).join("packaging").join(script))
}

fn succeed(command: &mut Command) -> String {
    let answer = command.output().unwrap();
    let told = [answer.stdout, answer.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(answer.status.success(), "{command:?}\n{}\n{}", told[0], told[1]);
    told[0].clone()
}

fn all_tools_are_here(test: &str) -> bool {
    TOOLS.iter().all(|tool| needs(test, &[tool]).is_some())
}

#[test]
fn the_package_holds_what_a_desktop_wants_and_runs_nothing_when_installed() {
    if !all_tools_are_here("the_package_holds_what_a_desktop_wants_and_runs_nothing_when_installed") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let package = build(dir.path());
    let first = fs::read(&package).unwrap();

    let mut files = BTreeSet::new();
    for line in succeed(Command::new("dpkg-deb").arg("-c").arg(&package)).lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (mode, path) = (words[0], words[5].trim_start_matches("./"));
        assert_eq!(words[1], "root/root", "{line}");
        let is_program = path.starts_with("usr/bin/") && !path.ends_with('/');
        let expected = if mode.starts_with('d') || is_program { "rwxr-xr-x" } else { "rw-r--r--" };
        assert_eq!(&mode[1..], expected, "{line}");
        files.insert(path.to_string());
    }
    for wanted in [
        "etc/xdg/autostart/org.keepsake.Keepsake.desktop",
        "usr/bin/keepsake",
        "usr/bin/keepsake-window",
        "usr/lib/systemd/user/keepsake-agent.service",
        "usr/lib/systemd/user/keepsake-tray.service",
        "usr/lib/udev/rules.d/90-keepsake.rules",
        "usr/share/applications/org.keepsake.Keepsake.desktop",
        "usr/share/bash-completion/completions/keepsake",
        "usr/share/doc/keepsake/changelog.Debian.gz",
        "usr/share/doc/keepsake/copyright",
        "usr/share/doc/keepsake/examples/keepsake-system.service",
        "usr/share/fish/vendor_completions.d/keepsake.fish",
        "usr/share/icons/hicolor/16x16/apps/org.keepsake.Keepsake.png",
        "usr/share/icons/hicolor/scalable/apps/org.keepsake.Keepsake.svg",
        "usr/share/man/man1/keepsake-restore.1.gz",
        "usr/share/man/man1/keepsake-window.1.gz",
        "usr/share/man/man1/keepsake.1.gz",
        "usr/share/metainfo/org.keepsake.Keepsake.metainfo.xml",
        "usr/share/zsh/vendor-completions/_keepsake",
    ] {
        assert!(files.contains(wanted), "{wanted} is missing in {files:#?}");
    }

    // No script of the package runs when it is installed or removed, so none can touch what somebody has.
    let control = dir.path().join("control");
    succeed(Command::new("dpkg-deb").arg("-e").arg(&package).arg(&control));
    let mut papers: Vec<String> =
        fs::read_dir(&control).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    papers.sort();
    assert_eq!(papers, ["conffiles", "control", "md5sums"]);
    let told = fs::read_to_string(control.join("control")).unwrap();
    assert!(told.contains("Package: keepsake\n") && told.contains("Depends: libc6"), "{told}");

    // Nobody who knows the rules finds anything: not even a warning.
    succeed(packaging("look-deb").arg(&package));

    assert!(build(dir.path()) == package && fs::read(&package).unwrap() == first, "the same again, byte for byte");
}

/// The values of a key in a file like those of the desktop and of systemd.
fn values(text: &str, key: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(String::from).collect()
}

#[test]
fn what_the_files_start_are_command_lines_of_the_program() {
    for (file, key) in [
        ("packaging/org.keepsake.Keepsake.desktop", "Exec"),
        ("packaging/autostart.desktop", "Exec"),
        ("packaging/keepsake-system.service", "ExecStart"),
    ] {
        let lines = values(&house(file), key);
        assert_eq!(lines.len(), 1, "{file}");
        let mut words = lines[0].split_whitespace();
        assert_eq!(words.next().map(|word| word.trim_start_matches("/usr/bin/")), Some("keepsake"), "{file}");
        let help = Command::new(keepsake_program()).args(words).arg("--help").output().unwrap();
        assert!(help.status.success(), "{file}: {}: {}", lines[0], String::from_utf8_lossy(&help.stderr));
    }
}

#[test]
fn all_papers_tell_of_the_same_version() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = house("packaging/changelog");
    assert!(changelog.starts_with(&format!("keepsake ({version}-")), "{changelog}");
    let metainfo = house("packaging/org.keepsake.Keepsake.metainfo.xml");
    assert!(metainfo.contains(&format!("<release version=\"{version}\" ")), "{metainfo}");
}

#[test]
fn systemd_finds_nothing_wrong_with_the_service_for_the_computer() {
    let Some(analyze) = needs("systemd_finds_nothing_wrong_with_the_service_for_the_computer", &["systemd-analyze"])
    else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let here = house("packaging/keepsake-system.service")
        .replace("=/usr/bin/keepsake ", &format!("={} ", keepsake_program().display()));
    let look = |text: &str| {
        let path = dir.path().join("keepsake-system.service");
        fs::write(&path, text).unwrap();
        let answer = Command::new(&analyze).args(["verify", "--man=no"]).arg(path).output().unwrap();
        String::from_utf8_lossy(&answer.stderr)
            .lines()
            .filter(|line| line.contains("keepsake-system"))
            .collect::<String>()
    };
    assert_eq!(look(&here), "");
    assert!(look(&here.replace("RuntimeDirectory=", "RuntimeDirectry=")).contains("RuntimeDirectry"));
}
