//! A desktop without a screen, and Keepsake's window on it, driven as a person would: looked at, clicked, typed into.

mod keyboard;

use std::io::Read;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use fs_err as fs;
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{Capabilities, TypingData};
use tokio::runtime::Runtime;

pub use keyboard::Key;

use crate::drive_rig::DriveRig;
use crate::here::needs;
use crate::house::House;

/// How long anything on a screen may take: two cores may have much else to do.
const LONGEST: Duration = Duration::from_secs(40);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(40);

/// The window's program: what `KEEPSAKE_WINDOW_BIN` names, otherwise beside the program of the command line.
pub fn window_program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| match std::env::var_os("KEEPSAKE_WINDOW_BIN") {
        Some(path) => Some(fs::canonicalize(path).expect("KEEPSAKE_WINDOW_BIN names the window's program")),
        None => Some(crate::keepsake_program().with_file_name("keepsake-window")).filter(|path| path.is_file()),
    });
    program.as_deref()
}

/// Where somebody lives who uses a desktop.
pub trait Home {
    /// The person's own folder.
    fn person(&self) -> PathBuf;
    /// The settings file.
    fn settings_file(&self) -> PathBuf;
    /// The folder of the program's state.
    fn state(&self) -> PathBuf;
    /// Where what the desktop's programs say is kept.
    fn log(&self) -> PathBuf;
    /// The rig in which the person's programs run, where they do not simply run on this computer.
    fn rig(&self) -> Option<&DriveRig> {
        None
    }
}

impl Home for House {
    fn person(&self) -> PathBuf {
        self.path("person")
    }

    fn settings_file(&self) -> PathBuf {
        self.config()
    }

    fn state(&self) -> PathBuf {
        self.data()
    }

    fn log(&self) -> PathBuf {
        self.path("window.log")
    }
}

/// A program of the person who lives there.
fn program_of(home: &dyn Home, program: &Path) -> Command {
    home.rig().map_or_else(|| Command::new(program), |rig| rig.command(program))
}

/// An X server without a screen, and a session bus. All that runs on it ends with it.
#[derive(Debug)]
pub struct Desktop {
    display: String,
    bus: String,
    servers: Vec<Child>,
    /// Where what the bus starts has its sockets: another desktop's would be in the way.
    run: TempDir,
}

impl Desktop {
    /// A desktop for a test; None, and the test is skipped, where a program for it is missing.
    pub fn begin(test: &str, home: &dyn Home) -> Option<Self> {
        for program in ["Xvfb", "dbus-daemon"] {
            needs(test, &[program])?;
        }
        let run = tempfile::tempdir().expect("a folder");
        let mut desktop = Self { display: String::new(), bus: String::new(), servers: Vec::new(), run };
        // It chooses a number that nobody else has, and writes it once it listens.
        let mut x = Command::new("Xvfb");
        // Nobody but tests is here; those in a rig are another user's.
        x.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-ac"]);
        desktop.display = format!(":{}", desktop.serve(x));
        // A bus lets only its own user in.
        let mut bus = program_of(home, Path::new("dbus-daemon"));
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]).env("DISPLAY", &desktop.display);
        match home.rig() {
            None => bus.env("XDG_RUNTIME_DIR", desktop.run.path()),
            Some(rig) => bus.env("XDG_RUNTIME_DIR", rig.home().join("run")),
        };
        desktop.bus = desktop.serve(bus);
        Some(desktop)
    }

    /// Starts a server, and waits for the line that it writes when it is ready.
    fn serve(&mut self, mut command: Command) -> String {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut server = command.spawn().unwrap_or_else(|e| panic!("{command:?} does not start: {e}"));
        let mut stdout = server.stdout.take().expect("it is piped");
        self.servers.push(server);
        let (mut line, mut byte) = (Vec::new(), [0]);
        while stdout.read(&mut byte).expect("it can be read") == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        assert!(!line.is_empty(), "{command:?} ended before it was ready");
        String::from_utf8(line).expect("it is text")
    }

    /// Has a command run on this desktop, as somebody who lives in that house.
    pub fn put_on(&self, command: &mut Command, home: &dyn Home) {
        let person = home.person();
        let run = person.join("run");
        fs::create_dir_all(&run).expect("a folder");
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", &person)
            .env("XDG_RUNTIME_DIR", &run)
            .env("LANG", "en_GB.UTF-8")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("NO_AT_BRIDGE", "1")
            .env("KEEPSAKE_CONFIG", home.settings_file())
            .env("KEEPSAKE_DATA_DIR", home.state());
        for name in ["WAYLAND_DISPLAY", "LC_ALL", "LANGUAGE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for server in self.servers.iter_mut().rev() {
            end_group(server);
        }
    }
}

/// Ends a process and all that it started in its group.
fn end_group(child: &mut Child) {
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    let _ = child.wait();
}

/// Keepsake's window, open. When a test fails, what it showed is in `target/window-tests/`. Closed when dropped.
pub struct Window {
    test: &'static str,
    runtime: Runtime,
    session: Option<WebDriver>,
    driver: Child,
    desktop: Desktop,
    /// Dropped last: the connections above are made in there.
    _network: Option<InNetwork>,
}

/// This thread is in the network of a rig, until this is dropped: there the driver listens.
struct InNetwork {
    before: fs::File,
}

impl InNetwork {
    fn of(rig: &DriveRig) -> Self {
        let network = |of: String| fs::File::open(format!("/proc/{of}/ns/net")).expect("it has a network");
        let before = network("thread-self".into());
        Self::enter(&network(rig.id().to_string()));
        Self { before }
    }

    fn enter(network: &fs::File) {
        let moved = move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network));
        moved.expect("root may enter a network");
    }
}

impl Drop for InNetwork {
    fn drop(&mut self) {
        Self::enter(&self.before);
    }
}

impl Window {
    /// Opens it in a home, with words behind the program's name. None, and the test is skipped, where a program for it
    /// is missing. `with` may change what the window is started with.
    pub fn open_with(
        test: &'static str,
        home: &dyn Home,
        words: &[&str],
        with: impl FnOnce(&mut Command),
    ) -> Option<Self> {
        let webdriver = needs(test, &["WebKitWebDriver"])?;
        let Some(program) = window_program() else {
            crate::skip(test, "keepsake-window is not built");
            return None;
        };
        let desktop = Desktop::begin(test, home)?;
        let network = home.rig().map(InNetwork::of);
        let program = home.rig().map_or_else(|| program.to_path_buf(), |rig| rig.install(program));
        let port = free_port();
        let mut driver = program_of(home, &webdriver);
        driver.arg("--host=127.0.0.1").arg(format!("--port={port}")).process_group(0).stdin(Stdio::null());
        let log = fs::File::create(home.log()).expect("a log").into_file();
        driver.stdout(Stdio::from(log.try_clone().expect("another handle"))).stderr(Stdio::from(log));
        desktop.put_on(&mut driver, home);
        driver.env("TAURI_WEBVIEW_AUTOMATION", "true");
        with(&mut driver);
        let driver = driver.spawn().expect("WebKitWebDriver starts");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut window = Self { test, runtime, session: None, driver, desktop, _network: network };
        window.session = Some(window.connect(port, &program, words));
        Some(window)
    }

    /// As [`Window::open_with`], with nothing changed.
    pub fn open(test: &'static str, home: &dyn Home, words: &[&str]) -> Option<Self> {
        Self::open_with(test, home, words, |_| {})
    }

    fn connect(&self, port: u16, program: &Path, words: &[&str]) -> WebDriver {
        let mut wishes = Capabilities::new();
        let options = json!({"binary": program, "args": words});
        wishes.set("webkitgtk:browserOptions", options).expect("it is JSON");
        let address = format!("http://127.0.0.1:{port}");
        let end = Instant::now() + LONGEST;
        loop {
            match self.runtime.block_on(WebDriver::new(&address, wishes.clone())) {
                Ok(session) => return session,
                Err(error) => assert!(Instant::now() < end, "the window does not open: {error}"),
            }
            std::thread::sleep(LOOK);
        }
    }

    fn session(&self) -> &WebDriver {
        self.session.as_ref().expect("it is open")
    }

    /// Looks again and again until there is something to see.
    #[track_caller]
    fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + LONGEST;
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            assert!(Instant::now() < end, "{what} is not to be seen; the window shows:\n{}", self.shown());
            std::thread::sleep(LOOK);
        }
    }

    fn element(&self, by: By) -> Option<WebElement> {
        let element = self.runtime.block_on(self.session().find(by)).ok()?;
        self.runtime.block_on(element.is_displayed()).is_ok_and(|shown| shown).then_some(element)
    }

    fn by_name(name: &str) -> By {
        // Not By::Testid: that would take the name for a piece of CSS.
        By::XPath(format!("//*[@data-testid={}]", quoted(name)))
    }

    /// True when something is to be seen now, by its `data-testid`.
    pub fn has(&self, name: &str) -> bool {
        self.element(Self::by_name(name)).is_some()
    }

    /// Waits until something is to be seen, by its `data-testid`.
    #[track_caller]
    pub fn see(&self, name: &str) {
        self.until(name, || self.element(Self::by_name(name)));
    }

    /// Waits until something is gone.
    #[track_caller]
    pub fn see_no(&self, name: &str) {
        self.until(&format!("the end of {name}"), || (!self.has(name)).then_some(()));
    }

    /// Waits until this text is to be seen somewhere, and answers all the text.
    #[track_caller]
    pub fn see_text(&self, text: &str) -> String {
        self.until(&format!("{text:?}"), || Some(self.shown()).filter(|shown| shown.contains(text)))
    }

    /// The text of something, by its `data-testid`, once it is to be seen.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        self.until(name, || {
            let element = self.element(Self::by_name(name))?;
            self.runtime.block_on(element.text()).ok()
        })
    }

    /// Waits until something has this in its text, by its `data-testid`.
    #[track_caller]
    pub fn see_in(&self, name: &str, text: &str) {
        self.until(&format!("{name} with {text:?}"), || {
            let element = self.element(Self::by_name(name))?;
            self.runtime.block_on(element.text()).ok().filter(|found| found.contains(text))
        });
    }

    /// Clicks on something, by its `data-testid`, once it can be clicked on.
    #[track_caller]
    pub fn click(&self, name: &str) {
        self.click_by(name, || Self::by_name(name));
    }

    /// Clicks on the button that is called so.
    #[track_caller]
    pub fn press(&self, label: &str) {
        let path = format!("//button[normalize-space(.)={0} or @aria-label={0}]", quoted(label));
        self.click_by(label, || By::XPath(&path));
    }

    #[track_caller]
    fn click_by(&self, what: &str, by: impl Fn() -> By) {
        self.until(&format!("{what}, to click on,"), || {
            let element = self.element(by())?;
            if !self.runtime.block_on(element.is_enabled()).is_ok_and(|enabled| enabled) {
                return None;
            }
            // It may have moved, or been drawn anew, since it was found.
            self.runtime.block_on(element.click()).ok()
        });
    }

    /// Types into a field, by its `data-testid`, in place of what stood there.
    #[track_caller]
    pub fn fill(&self, name: &str, text: &str) {
        self.until(&format!("{name}, to type into,"), || {
            let element = self.element(Self::by_name(name))?;
            self.runtime.block_on(element.clear()).ok()?;
            self.runtime.block_on(element.send_keys(TypingData::from(text))).ok()
        });
    }

    /// Chooses what is called so in a list that opens, by the list's `data-testid`.
    #[track_caller]
    pub fn choose(&self, name: &str, label: &str) {
        let path = format!("//select[@data-testid={}]/option[normalize-space(.)={}]", quoted(name), quoted(label));
        self.until(&format!("{label:?} of {name}"), || {
            let option = self.runtime.block_on(self.session().find(By::XPath(&path))).ok()?;
            self.runtime.block_on(option.click()).ok()
        });
    }

    /// Answers the system's dialog for a folder, which is no part of the page: by typing, as `xdotool` does. A path has
    /// no spaces here.
    #[track_caller]
    pub fn answer_dialog(&self, title: &str, folder: &Path) {
        let run = |words: &[&str]| {
            let mut command = Command::new("xdotool");
            let output = command.args(words).env("DISPLAY", &self.desktop.display).output().expect("xdotool starts");
            String::from_utf8_lossy(&output.stdout).trim().to_string()
        };
        let find = || run(&["search", "--onlyvisible", "--name", title]);
        let dialog = self.until(&format!("the dialog {title:?}"), || Some(find()).filter(|id| !id.is_empty()));
        let path = folder.display().to_string();
        let mut typed: Option<Instant> = None;
        self.until(&format!("the end of the dialog {title:?}"), || {
            let has_ended = find().is_empty();
            // On a busy computer letters are lost while the slash opens the field for a path: then they are typed anew.
            if !has_ended && typed.is_none_or(|at| at.elapsed() > Duration::from_secs(5)) {
                run(&["windowfocus", "--sync", &dialog]);
                if typed.is_some() {
                    run(&["key", "ctrl+a"]);
                }
                run(&["type", "--delay", "20", &path]);
                run(&["key", "Return"]);
                typed = Some(Instant::now());
            }
            has_ended.then_some(())
        });
    }

    /// Where the session bus of its desktop listens.
    pub fn bus(&self) -> &str {
        &self.desktop.bus
    }

    /// True when something can be clicked on now, by its `data-testid`.
    pub fn can_click(&self, name: &str) -> bool {
        let element = self.element(Self::by_name(name));
        element.is_some_and(|element| self.runtime.block_on(element.is_enabled()).is_ok_and(|enabled| enabled))
    }

    /// All the text that the window has.
    pub fn shown(&self) -> String {
        let text = self.script("return document.body.innerText");
        text.as_str().unwrap_or_default().to_string()
    }

    /// Runs a script in the page; null when it fails. To look at what no person sees.
    pub fn script(&self, script: &str) -> Value {
        let answer = self.runtime.block_on(self.session().execute(script, Vec::new()));
        answer.map_or(Value::Null, |answer| answer.json().clone())
    }

    /// The processes of the window's program, without those of the web view.
    pub fn processes(&self) -> Vec<Pid> {
        let group = self.driver.id().to_string();
        let all = fs::read_dir("/proc").expect("/proc").flatten();
        let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        ids.filter(|id| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // proc_pid_stat(5): the group is the third word behind the name in brackets.
            let of_group = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.split(' ').nth(2) == Some(&group));
            let program = fs::read_link(format!("/proc/{id}/exe")).unwrap_or_default();
            of_group && Some(program.as_path()) == window_program()
        })
        .filter_map(Pid::from_raw)
        .collect()
    }

    /// Keeps a picture of the window in `target/window-tests/`.
    pub fn picture(&self, name: &str) {
        let folder =
            window_program().and_then(Path::parent).and_then(Path::parent).expect("target").join("window-tests");
        fs::create_dir_all(&folder).expect("a folder");
        // The first one can be a moment old.
        let _ = self.runtime.block_on(self.session().screenshot_as_png());
        match self.runtime.block_on(self.session().screenshot_as_png()) {
            Ok(picture) => fs::write(folder.join(format!("{name}.png")), picture).expect("it can be written"),
            Err(error) => eprintln!("no picture of {name}: {error}"),
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if std::thread::panicking() && self.session.is_some() {
            self.picture(self.test);
            eprintln!("the window showed (target/window-tests/{}.png):\n{}", self.test, self.shown());
        }
        if let Some(session) = self.session.take() {
            let quit = async { tokio::time::timeout(Duration::from_secs(5), session.quit()).await };
            let _ = self.runtime.block_on(quit);
        }
        end_group(&mut self.driver);
    }
}

/// A port that nobody listens on at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("it has an address").port()
}

/// A text as XPath 1.0 writes it; it has no way to write both kinds of quotes in one.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text:?} cannot be looked for");
    format!("\"{text}\"")
}
