//! The real window, looked at and clicked as a person would, with an agent that says what a test wants it to say. The
//! journeys with a real agent are in `window_journeys.rs`.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use keepsake_api::{Counts, Home, PlaceCard, Problem, Request, SourceCard, State};
use keepsake_tests::{House, ScriptedAgent, Window, all_is_well, skip, wait_until, window_program};
use rustix::process::{Signal, kill_process};
use serde_json::json;

/// A name that does what it says where a name is taken for HTML.
const HOSTILE: &str =
    "<img src=x onerror=\"document.body.dataset.broken=1\"><script>document.body.dataset.broken=1</script>";

fn a_home(source: &str) -> Home {
    let counts = Counts { files: 12_431, pictures: 12_431, bytes: 2_100_000_000 };
    let problem =
        Problem { kind: "unreadable".into(), path: format!("{source}/{HOSTILE}.jpg"), message: HOSTILE.into() };
    let card = SourceCard {
        plan: "family".into(),
        name: source.into(),
        path: "/home/anna/Pictures".into(),
        state: State::Good,
        newest_backup: Some(1_772_500_000),
        backup: Some("family_20260303_020500".into()),
        counts,
        new: Counts::default(),
        problems: vec![problem],
        problem_count: 1,
        is_paused: false,
    };
    Home { sources: vec![card], places: Vec::<PlaceCard>::new() }
}

#[test]
fn the_window_says_how_things_stand() {
    let house = House::new();
    let agent = ScriptedAgent::begin(&house.data(), all_is_well(), a_home("Photos"), |_| None);
    let Some(window) = Window::open("the_window_says_how_things_stand", &house, &[]) else { return };
    window.see_in("health-sentence", "Everything is safe.");
    window.see_in("source-card-Photos", "12,431");
    // What it asks is only what it needs for that.
    let asked = agent.asked();
    assert!(asked.contains(&Request::Watch {}) && asked.contains(&Request::Home {}), "{asked:?}");
}

#[test]
fn an_agent_that_ends_and_comes_back_is_told() {
    let house = House::new();
    let begin = || ScriptedAgent::begin(&house.data(), all_is_well(), a_home("Photos"), |_| None);
    let agent = begin();
    let Some(window) = Window::open("an_agent_that_ends_and_comes_back_is_told", &house, &[]) else { return };
    window.see_in("health-sentence", "Everything is safe.");
    drop(agent);
    window.see("agent-lost");
    let _agent = begin();
    window.see_no("agent-lost");
    window.see_in("health-sentence", "Everything is safe.");
    window.see_in("source-card-Photos", "12,431");
}

#[test]
fn names_are_shown_as_text_whatever_they_say() {
    let house = House::new();
    let home = a_home(HOSTILE);
    let _agent = ScriptedAgent::begin(&house.data(), all_is_well(), home, |_| None);
    let Some(window) = Window::open("names_are_shown_as_text_whatever_they_say", &house, &[]) else { return };
    window.see_text(HOSTILE);
    assert_eq!(window.script("return document.querySelectorAll('img[onerror]').length"), json!(0));
    assert_eq!(window.script("return document.body.dataset.broken ?? null"), json!(null));
}

/// What a page that somebody got into could try.
#[test]
fn the_page_can_load_and_ask_nothing_else() {
    let house = House::new();
    let _agent = ScriptedAgent::begin(&house.data(), all_is_well(), a_home("Photos"), |_| None);
    let Some(window) = Window::open("the_page_can_load_and_ask_nothing_else", &house, &[]) else { return };
    window.see("health-sentence");
    // A script, a style and a picture that come with the page's own text are refused by its rules.
    let added = "const add = (name, set) => {
            const one = document.createElement(name); set(one); document.body.append(one);
        };
        add('div', (one) => { one.innerHTML = '<img src=x onerror=\"document.body.dataset.broken=1\">'; });
        add('script', (one) => { one.textContent = 'document.body.dataset.broken=1'; });
        add('style', (one) => { one.textContent = 'body { display: none }'; });
        return getComputedStyle(document.body).display";
    assert_ne!(window.script(added), json!("none"));
    // Nothing of another machine, nor of this one's files, is loaded.
    let server = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    server.set_nonblocking(true).expect("it can be asked");
    let there = format!("http://{}/", server.local_addr().expect("it has an address"));
    let fetched = format!(
        "return (async () => {{ const told = [];
            for (const url of ['{there}', 'file:///etc/passwd', 'asset://localhost/etc/passwd']) {{
                const picture = new Image(); picture.src = url; document.body.append(picture);
                try {{ await fetch(url, {{ mode: 'no-cors' }}); told.push(url); }} catch (error) {{ }}
            }}
            return told.join(); }})()"
    );
    assert_eq!(window.script(&fetched), json!(""));
    // Commands that it may not use are refused, those of libraries, too.
    let invoked = "return (async () => { const told = [];
        for (const name of ['plugin:dialog|open', 'plugin:fs|read_text_file', 'plugin:window|create',
            'plugin:webview|create_webview_window', 'plugin:event|emit', 'plugin:app|version', 'format_disk']) {
            try { await window.__TAURI_INTERNALS__.invoke(name, { path: '/etc/passwd' }); told.push(name); }
            catch (error) { if (!String(error).includes('not allowed')) told.push(name + ': ' + error); }
        }
        return told.join(); })()";
    assert_eq!(window.script(invoked), json!(""));
    // It goes nowhere else, and opens nothing.
    window.script(&format!("window.open('{there}'); location.href = '{there}'"));
    for _ in 0..20 {
        window.see_in("health-sentence", "Everything is safe.");
    }
    assert_eq!(server.accept().err().map(|e| e.kind()), Some(ErrorKind::WouldBlock), "somebody came");
    assert_eq!(window.script("return document.body.dataset.broken ?? null"), json!(null));
    assert_eq!(window.script("return [location.protocol, typeof window.__TAURI__].join()"), json!("tauri:,undefined"));
}

#[test]
fn a_second_start_shows_its_page_in_the_first_window() {
    let house = House::new();
    let _agent = ScriptedAgent::begin(&house.data(), all_is_well(), a_home("Photos"), |_| None);
    let name = "a_second_start_shows_its_page_in_the_first_window";
    let Some(window) = Window::open(name, &house, &["--page", "activity"]) else { return };
    window.see("rail-activity");
    let is_at = |page: &str| {
        let script = format!("return document.querySelector('[data-testid=\"rail-{page}\"]').ariaCurrent");
        window.script(&script) == json!("page")
    };
    wait_until("the page that was asked for", || is_at("activity"));
    let started = Instant::now();
    let mut second = Command::new(window_program().expect("it is built"));
    // It needs no screen for that.
    second.args(["--page", "settings"]).env("KEEPSAKE_DATA_DIR", house.data()).env_remove("DISPLAY");
    assert!(second.status().expect("it starts").success());
    assert!(started.elapsed() < Duration::from_secs(10));
    wait_until("the page of the second start", || is_at("settings"));
    assert_eq!(window.processes().len(), 1);
}

#[test]
fn a_closed_window_is_gone_and_its_size_is_remembered() {
    let house = House::new();
    let _agent = ScriptedAgent::begin(&house.data(), all_is_well(), a_home("Photos"), |_| None);
    let name = "a_closed_window_is_gone_and_its_size_is_remembered";
    let Some(window) = Window::open(name, &house, &[]) else { return };
    window.see("health-sentence");
    assert_eq!(window.processes().len(), 1);
    window.script("window.__TAURI_INTERNALS__.invoke('close')");
    wait_until("the window is gone", || window.processes().is_empty());
    let size = fs_err::read_to_string(house.data().join("window.json")).expect("it was kept");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&size).unwrap()["width"], json!(980.0), "{size}");

    // Killed, it is in nobody's way.
    drop(window);
    let Some(window) = Window::open(name, &house, &[]) else { return };
    window.see("health-sentence");
    for process in window.processes() {
        kill_process(process, Signal::KILL).expect("it runs");
    }
    drop(window);
    let Some(window) = Window::open(name, &house, &[]) else { return };
    window.see_in("health-sentence", "Everything is safe.");
}

#[test]
fn where_nothing_can_be_written_the_window_opens_all_the_same() {
    let house = House::new();
    let _agent = ScriptedAgent::begin(&house.data(), all_is_well(), a_home("Photos"), |_| None);
    let opened =
        Window::open_with("where_nothing_can_be_written_the_window_opens_all_the_same", &house, &[], |driver| {
            // No folder can be made below a file, by root neither.
            driver.env("XDG_DATA_HOME", house.config().join("below"));
        });
    let Some(window) = opened else { return };
    window.see_in("health-sentence", "Everything is safe.");
}

#[test]
fn without_a_desktop_the_window_says_so_in_one_line() {
    let house = House::new();
    let Some(program) = window_program() else {
        return skip("without_a_desktop_the_window_says_so_in_one_line", "keepsake-window is not built");
    };
    let _agent = ScriptedAgent::begin(&house.data(), all_is_well(), a_home("Photos"), |_| None);
    let mut command = Command::new(program);
    command.env("KEEPSAKE_DATA_DIR", house.data()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let output = command.env("XDG_RUNTIME_DIR", house.dir()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.lines().count() == 1 && said.contains("no desktop"), "{said}");
    let wrong = Command::new(program).arg("--pages").output().expect("it starts");
    assert_eq!(wrong.status.code(), Some(64));
}
