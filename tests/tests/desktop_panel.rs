//! Tray icon and notifications on a desktop with a real panel and a real notification daemon, on a screen that nobody
//! sees (`tests/with-desktop`); and the icons' PNGs against their SVGs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fs_err as fs;
use keepsake_api::{Reason, Said, SaidArg, State, Status};
use keepsake_tests::desktop::{Desktop, Notifications, Program, ScriptedAgent, status};
use keepsake_tests::{needs, run, wait_until};

/// What the desktop needs, each of a package of its own.
const PROGRAMS: [&str; 6] = ["Xvfb", "xfwm4", "xfce4-panel", "dbus-run-session", "xdotool", "import"];
/// Two that begin together could be given one display by xvfb-run(1).
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
/// The green of `icons/tray-good.svg` and the red of `icons/tray-problem.svg`.
const GOOD: &str = "#2A8A5A";
const PROBLEM: &str = "#CF3A34";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A desktop with a window manager, on a display of its own.
struct Screen<'d> {
    desktop: &'d Desktop,
    session: Child,
    _alone: MutexGuard<'static, ()>,
    /// What a program needs to show something on it.
    environment: Vec<(&'static str, String)>,
}

impl<'d> Screen<'d> {
    /// With a panel and a notification daemon, where the tray runs.
    fn with_tray(desktop: &'d Desktop) -> Self {
        Self::begin(desktop, r#""$1" tray --socket "$2" & "#, None)
    }

    /// Without them.
    fn bare(desktop: &'d Desktop) -> Self {
        Self::begin(desktop, "", Some("1"))
    }

    fn begin(desktop: &'d Desktop, first: &str, bare: Option<&str>) -> Self {
        let rest = r#"
            echo "$DISPLAY $XAUTHORITY" >"$3/display.new"; mv "$3/display.new" "$3/display"
            until [ -e "$3/end" ]; do sleep 0.1; done
            kill $(jobs -p) 2>/dev/null; wait"#;
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let path = format!("{}:{}", desktop.path("bin").display(), std::env::var("PATH").expect("a PATH"));
        let session = Command::new(root().join("tests/with-desktop"))
            .args(["bash", "-c", &format!("{first}{rest}"), "tray"])
            .args([desktop.path("bin/keepsake"), desktop.socket(), desktop.path("")])
            .env("PATH", path)
            .env("DESK", desktop.path("desk"))
            .env("LC_ALL", "C.UTF-8")
            .envs(bare.map(|bare| ("BARE", bare)))
            .spawn()
            .expect("a desktop");
        wait_until("the desktop has begun", || desktop.path("display").exists());
        let display = fs::read_to_string(desktop.path("display")).expect("its display");
        let parts = ["DISPLAY", "XAUTHORITY"].into_iter().zip(display.split_whitespace().map(String::from));
        Self { desktop, session, _alone: alone, environment: parts.collect() }
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, program: &str, words: &[&str]) -> Output {
        self.command(program, words).output().expect("it runs")
    }

    /// A program that fills the screen, as one that plays a film.
    fn film(&self) -> Film {
        // A window that is there before it has begun is not given the keyboard.
        wait_until("the window manager has begun", || {
            let said = self.run("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"]).stdout;
            String::from_utf8_lossy(&said).contains("window id")
        });
        let picture = root().join("icons/png/keepsake-256.png").display().to_string();
        let player = self.command("display", &["-title", "A film", &picture]).spawn().expect("it begins");
        let film = Film(player);
        let mut id = String::new();
        wait_until("its window is there", || {
            let found = self.run("xdotool", &["search", "--onlyvisible", "--name", "^A film$"]).stdout;
            id = String::from_utf8_lossy(&found).split_whitespace().next().unwrap_or_default().into();
            !id.is_empty()
        });
        let state = |id: &str| {
            let said = self.run("xprop", &["-id", id, "_NET_WM_STATE"]).stdout;
            String::from_utf8_lossy(&said).into_owned()
        };
        wait_until("it is the one that is worked with", || {
            self.run("xdotool", &["windowactivate", &id]);
            state(&id).contains("FOCUSED")
        });
        // As xfwm4 has it where nobody has chosen other keys.
        self.run("xdotool", &["key", "alt+F11"]);
        wait_until("it fills the screen", || state(&id).contains("FULLSCREEN"));
        film
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

/// A program that fills the screen until it is dropped.
struct Film(Child);

impl Drop for Film {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        let _ = fs::write(self.desktop.path("end"), "");
        let _ = self.session.wait();
    }
}

fn reason(rule: &str, state: State, said: Said) -> Reason {
    let (rule, plan) = (rule.into(), Some("family".into()));
    Reason { rule, plan, source: None, place: None, said, detail: None, state, action: None }
}

fn failed() -> Reason {
    let said = Said::new("health-run-failed-disk-full-kept").text("plan", "family");
    let said = said.with("moment", SaidArg::Moment(jiff::Timestamp::now().as_second()));
    reason("run-failed", State::Problem, said)
}

fn unread() -> Reason {
    let said = Said::new("health-unread").text("name", "photos").count("count", 1).text("names", "a.jpg");
    reason("unread", State::Attention, said)
}

fn with(reasons: &[Reason]) -> Status {
    Status { reasons: reasons.to_vec(), ..status(reasons[0].state, reasons[0].said.clone()) }
}

#[test]
fn a_click_on_the_icon_opens_the_window_and_a_failure_is_shown() {
    let test = "a_click_on_the_icon_opens_the_window_and_a_failure_is_shown";
    if PROGRAMS.iter().any(|program| needs(test, &[program]).is_none()) {
        return;
    }
    let desktop = Desktop::begin();
    let agent = ScriptedAgent::begin(&desktop.socket(), status(State::Good, Said::new("verdict-good")));
    let screen = Screen::with_tray(&desktop);
    let mut at = None;
    wait_until("the icon is in the panel", || {
        at = screen.in_panel(GOOD);
        at.is_some()
    });
    let (x, y) = at.expect("found above");
    screen.run("xdotool", &["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    wait_until("the window is started", || !desktop.started("keepsake-window").is_empty());

    let before = screen.shot("before.png");
    agent.set(with(&[failed()]));
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

#[tokio::test]
async fn over_a_film_only_problems_are_shown_and_the_rest_when_it_is_over() {
    let test = "over_a_film_only_problems_are_shown_and_the_rest_when_it_is_over";
    let of_this = ["Xvfb", "xfwm4", "dbus-run-session", "xdotool", "display", "xprop"];
    if of_this.iter().any(|program| needs(test, &[program]).is_none()) {
        return;
    }
    let desktop = Desktop::begin();
    let screen = Screen::bare(&desktop);
    let server = Notifications::begin(desktop.connect().await).await;
    let agent = ScriptedAgent::begin(&desktop.socket(), with(&[unread()]));
    let environment: Vec<_> = screen.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let _tray: Program = desktop.tray_with(&environment);
    // From here on it is known that these are no quiet hours.
    assert!(!server.nth(1).await.is_urgent);

    let film = screen.film();
    let empty = Said::new("health-nothing-in-it").text("name", "recipes");
    let empty = reason("nothing-in-it", State::Attention, empty);
    agent.set(with(&[empty.clone(), unread(), failed()]));
    assert!(server.nth(2).await.is_urgent);
    // Looked at once more, and still nothing but the problems.
    let worse = reason("incomplete", State::Problem, Said::new("health-incomplete-some").text("plan", "family"));
    agent.set(with(&[empty.clone(), unread(), failed(), worse.clone()]));
    assert!(server.nth(3).await.is_urgent);
    drop(film);
    agent.set(with(&[failed(), worse, unread(), empty]));
    assert!(!server.nth(4).await.is_urgent);
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
