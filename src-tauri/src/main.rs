//! Keepsake's window. It holds no rules: it passes on to the agent what its page asks, and to the page what happens. It
//! starts the agent when there is none; its own end never touches a backup.

mod asking;
mod commands;
mod first;
mod language;
mod night;
mod options;
mod pages;
mod places;
mod refusals;
mod showing;
mod size;
mod starting;
mod watching;

use std::process::ExitCode;
use std::sync::Arc;

use keepsake_api::wire::SOCKET_NAME;

use asking::Agent;
use first::{Door, Knock, Start};
use options::{Options, Wish};
use pages::Pages;
use showing::Showing;
use watching::Watching;

/// The command line is wrong, as sysexits.h says.
const USAGE_CODE: u8 = 64;

fn main() -> ExitCode {
    let options = match options::read(std::env::args_os().skip(1)) {
        Ok(Wish::Window(options)) => options,
        Ok(Wish::Help) => {
            println!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Ok(Wish::Version) => {
            println!("keepsake-window {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("keepsake-window: {why}.");
            return ExitCode::from(USAGE_CODE);
        }
    };
    match window(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("keepsake-window: {why}");
            ExitCode::FAILURE
        }
    }
}

fn window(options: Options) -> Result<(), String> {
    let data_dir = places::data_dir(|name| std::env::var_os(name));
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let token = var("XDG_ACTIVATION_TOKEN").or_else(|| var("DESKTOP_STARTUP_ID"));
    let mut door: Option<Door> = None;
    if let Some(dir) = &data_dir {
        match first::come_in(dir, &Knock { page: options.page.clone(), token }) {
            Ok(Start::Told) => return Ok(()),
            Ok(Start::First(first)) => door = Some(first),
            Err(e) => eprintln!("keepsake-window: a second start will open a second window: {}: {e}", dir.display()),
        }
    }
    let agent = match (options.socket, &data_dir) {
        // One's own, also when it was named: it may be started.
        (Some(socket), Some(dir)) if socket != dir.join(SOCKET_NAME) => Agent::of_others(socket),
        (Some(socket), None) => Agent::of_others(socket),
        (_, Some(dir)) => {
            let this = std::env::current_exe().ok();
            let program = starting::program(this.as_deref(), std::env::var_os("PATH").as_deref());
            Agent::own(dir.join(SOCKET_NAME), program)
        }
        (None, None) => return Err("there is no home folder: set HOME or KEEPSAKE_DATA_DIR.".into()),
    };
    let agent = Arc::new(agent);
    let starting = Arc::clone(&agent);
    // While the window is being made. What goes wrong is said here, and to whoever watches.
    std::thread::spawn(move || {
        if let Err(refusal) = starting.see_to_it() {
            eprintln!("keepsake-window: {}", refusal.detail.unwrap_or(refusal.said.id));
        }
    });
    if gtk::init().is_err() {
        return Err("there is no desktop to show a window on (DISPLAY, WAYLAND_DISPLAY): `keepsake status` says how things stand.".into());
    }
    night::follow();
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(agent)
        .manage(Watching::default())
        .manage(Showing::default())
        .manage(Pages::beginning_with(options.page))
        .invoke_handler(tauri::generate_handler![
            commands::ask,
            commands::close,
            commands::open_folder,
            commands::pages,
            commands::pick_folder,
            commands::pick_picture,
            commands::save_text,
            commands::start_agent,
            commands::surroundings,
            commands::watch,
        ])
        .setup(move |app| {
            if let Err(e) = showing::make(app.handle(), data_dir) {
                // Tauri would panic.
                eprintln!("keepsake-window: the window cannot be made: {e}");
                std::process::exit(1);
            }
            if let Some(door) = door {
                let app = app.handle().clone();
                door.listen(move |knock| showing::raise(&app, knock));
            }
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = app.map_err(|e| format!("the window cannot be made: {e}"))?;
    app.run(|_, _| {});
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn file(name: &str) -> Value {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// The page may do nothing that does not stand here.
    #[test]
    fn what_the_page_may_do_does_not_grow() {
        let commands = [
            "ask",
            "close",
            "open-folder",
            "pages",
            "pick-folder",
            "pick-picture",
            "save-text",
            "start-agent",
            "surroundings",
            "watch",
        ];
        let names: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/capabilities"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names, ["main.json"]);
        let main = file("capabilities/main.json");
        let mut keys: Vec<_> = main.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["$schema", "description", "identifier", "permissions", "windows"]);
        assert_eq!(main["windows"], json!(["main"]));
        assert_eq!(main["permissions"], json!(commands.map(|name| format!("allow-{name}"))));

        let config = file("tauri.conf.json");
        assert_eq!(config["build"], json!({"frontendDist": "../ui/dist"}));
        assert_eq!(config["app"]["withGlobalTauri"], json!(false));
        assert_eq!(config.get("plugins"), None);
        let security = json!({
            "capabilities": ["main"],
            "csp": {
                "default-src": "'none'",
                "script-src": "'self'",
                "style-src": "'self'",
                "img-src": "'self' data: blob:",
                "font-src": "'self'",
                "connect-src": "ipc: http://ipc.localhost",
                "base-uri": "'none'",
                "form-action": "'none'",
                "frame-ancestors": "'none'",
            },
            "freezePrototype": true,
        });
        assert_eq!(config["app"]["security"], security);
        // Devtools in a release, the page's access to files, and the like are features of tauri.
        let workspace = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")).unwrap();
        let tauri = workspace.lines().find(|line| line.starts_with("tauri = ")).unwrap();
        assert!(tauri.ends_with(r#"default-features = false, features = ["custom-protocol", "wry"] }"#), "{tauri}");
    }
}
