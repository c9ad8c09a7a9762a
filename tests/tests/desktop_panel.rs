//! Tray icon and notifications on a desktop with a real panel and a real notification daemon, on a screen that nobody
//! sees (`tests/with-desktop`); and the icons' PNGs against their SVGs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use fs_err as fs;
use keepsake_api::{Reason, Said, SaidArg, State, Status};
use keepsake_tests::desktop::{Desktop, ScriptedAgent, status};
use keepsake_tests::{needs, run, wait_until};

/// What the desktop needs, each of a package of its own.
const PROGRAMS: [&str; 6] = ["Xvfb", "xfwm4", "xfce4-panel", "dbus-run-session", "xdotool", "import"];
/// The green of `icons/tray-good.svg` and the red of `icons/tray-problem.svg`.
const GOOD: &str = "#2A8A5A";
const PROBLEM: &str = "#CF3A34";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A desktop with a panel, where the tray runs.
struct Screen<'d> {
    desktop: &'d Desktop,
    session: Child,
    display: String,
}

impl<'d> Screen<'d> {
    fn begin(desktop: &'d Desktop) -> Self {
        let script = r#"
            "$1" tray --socket "$2" & tray=$!
            echo "$DISPLAY $XAUTHORITY" >"$3/display.new"; mv "$3/display.new" "$3/display"
            until [ -e "$3/end" ]; do sleep 0.1; done
            kill "$tray"; wait"#;
        let path = format!("{}:{}", desktop.path("bin").display(), std::env::var("PATH").expect("a PATH"));
        let session = Command::new(root().join("tests/with-desktop"))
            .args(["bash", "-c", script, "tray"])
            .args([desktop.path("bin/keepsake"), desktop.socket(), desktop.path("")])
            .env("PATH", path)
            .env("DESK", desktop.path("desk"))
            .env("LC_ALL", "C.UTF-8")
            .spawn()
            .expect("a desktop");
        let mut screen = Self { desktop, session, display: String::new() };
        wait_until("the desktop has begun", || desktop.path("display").exists());
        screen.display = fs::read_to_string(desktop.path("display")).expect("its display");
        screen
    }

    fn run(&self, program: &str, words: &[&str]) -> Output {
        let mut parts = self.display.split_whitespace();
        let mut command = Command::new(program);
        command.args(words).env("DISPLAY", parts.next().expect("a display"));
        command.envs(parts.next().map(|file| ("XAUTHORITY", file)));
        command.output().expect("it runs")
    }

    /// A picture of the screen.
    fn shot(&self, name: &str) -> PathBuf {
        let path = self.desktop.path(name);
        self.run("import", &["-window", "root", &path.display().to_string()]);
        path
    }

    /// The middle of what has this colour in the panel at the lower edge, once there is enough of it.
    fn in_panel(&self, color: &str) -> Option<(u32, u32)> {
        let shot = self.shot("panel.png").display().to_string();
        let pixels =
            Command::new("convert").args([&shot, "-crop", "1280x32+0+768", "+repage", "txt:-"]).output().ok()?;
        let text = String::from_utf8_lossy(&pixels.stdout).to_uppercase();
        let found: Vec<(u32, u32)> = text
            .lines()
            .filter(|line| line.contains(color))
            .filter_map(|line| {
                let (x, y) = line.split_once(':')?.0.split_once(',')?;
                Some((x.parse().ok()?, y.parse().ok()?))
            })
            .collect();
        let count = found.len() as u32;
        let middle = |sum: u32| sum / count;
        (count > 20)
            .then(|| (middle(found.iter().map(|(x, _)| x).sum()), 768 + middle(found.iter().map(|(_, y)| y).sum())))
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        let _ = fs::write(self.desktop.path("end"), "");
        let _ = self.session.wait();
    }
}

fn failed() -> Status {
    let said = Said::new("health-run-failed-disk-full-kept").text("plan", "family");
    let said = said.with("moment", SaidArg::Moment(jiff::Timestamp::now().as_second()));
    let reason = Reason {
        rule: "run-failed".into(),
        plan: Some("family".into()),
        source: None,
        place: None,
        said: said.clone(),
        detail: None,
        state: State::Problem,
        action: None,
    };
    Status { reasons: vec![reason], ..status(State::Problem, said) }
}

#[test]
fn a_click_on_the_icon_opens_the_window_and_a_failure_is_shown() {
    let test = "a_click_on_the_icon_opens_the_window_and_a_failure_is_shown";
    if PROGRAMS.iter().any(|program| needs(test, &[program]).is_none()) {
        return;
    }
    let desktop = Desktop::begin();
    let agent = ScriptedAgent::begin(&desktop.socket(), status(State::Good, Said::new("verdict-good")));
    let screen = Screen::begin(&desktop);
    let mut at = None;
    wait_until("the icon is in the panel", || {
        at = screen.in_panel(GOOD);
        at.is_some()
    });
    let (x, y) = at.expect("found above");
    screen.run("xdotool", &["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    wait_until("the window is started", || !desktop.started("keepsake-window").is_empty());

    let before = screen.shot("before.png");
    agent.set(failed());
    wait_until("the icon is red", || screen.in_panel(PROBLEM).is_some());
    // The notification covers a good part of the corner above the panel or below the upper edge.
    let is_drawn = || {
        let shot = screen.shot("after.png").display().to_string();
        let words = ["-metric", "AE", "-fuzz", "5%", "-extract", "1280x760+0+0"];
        let mut compare = Command::new("compare");
        let count = different_pixels(compare.args(words).arg(&before).args([&shot, "null:"]));
        count.is_some_and(|count| count > 10_000.0)
    };
    wait_until("a notification is drawn", is_drawn);
    if let Some(keep) = std::env::var_os("KEEPSAKE_SHOTS") {
        fs::copy(screen.shot("after.png"), PathBuf::from(keep).join("tray-and-notification.png")).expect("a picture");
    }
}

#[test]
fn the_pictures_are_what_the_drawings_give() {
    if needs("the_pictures_are_what_the_drawings_give", &["rsvg-convert"]).is_none() {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    run(root().join("icons/render"), [dir.path()]);
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    let kept = root().join("icons/png");
    assert_eq!(names(dir.path()), names(&kept));
    assert!(names(&kept).len() > 90);
    for name in names(&kept) {
        let (drawn, kept) = (dir.path().join(&name), kept.join(&name));
        if fs::read(&drawn).expect("a picture") == fs::read(&kept).expect("a picture") {
            continue;
        }
        // Another version of the program may place a pixel otherwise, but not many.
        let mut compare = Command::new("compare");
        let count =
            different_pixels(compare.args(["-metric", "AE", "-fuzz", "10%"]).args([&drawn, &kept]).arg("null:"));
        assert!(count.is_some_and(|count| count <= 8.0), "{} is another picture: icons/render", name.display());
    }
}

fn different_pixels(command: &mut Command) -> Option<f64> {
    let said = command.output().ok()?.stderr;
    String::from_utf8_lossy(&said).split([' ', '(']).next()?.trim().parse().ok()
}
