//! Makes the page that the window shows (`ui/dist`), so that a plain `cargo build` suffices.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, exit};

/// What the page's program may ask of the window's program. Each needs a permission in `capabilities/`, too.
const COMMANDS: &[&str] = &[
    "ask",
    "close",
    "open_folder",
    "pages",
    "pick_folder",
    "pick_picture",
    "save_text",
    "start_agent",
    "surroundings",
    "watch",
];

/// What the page is made of, in `ui/`.
const MADE_OF: &[&str] = &[
    "src",
    "sentences",
    "index.html",
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
];

fn main() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui");
    for part in MADE_OF {
        println!("cargo::rerun-if-changed={}", ui.join(part).display());
    }
    let page = ui.join("dist/index.html");
    println!("cargo::rerun-if-changed={}", page.display());
    if let Err(why) = make(&ui, &page) {
        println!("cargo::error={why}");
        exit(1);
    }
    let commands = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(why) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands)) {
        println!("cargo::error={why:#}");
        exit(1);
    }
}

fn make(ui: &Path, page: &Path) -> Result<(), String> {
    if !libraries_are_there(ui) {
        npm(ui, &["ci", "--no-audit", "--no-fund"])?;
        // What they were installed from; where it cannot be written, they are installed again next time.
        let _ = fs::copy(ui.join("package-lock.json"), ui.join(INSTALLED_FROM));
    }
    npm(ui, &["run", "--silent", "build"])?;
    // Cargo would take a page that is newer than this run for changed, and make it again each time.
    let old = fs::metadata(ui.join("index.html")).and_then(|made_from| made_from.modified());
    let dated = old.and_then(|old| File::options().write(true).open(page)?.set_modified(old));
    dated.map_err(|e| format!("the window's page was not made: {}: {e}", page.display()))
}

/// The lock file that the libraries in `node_modules` were installed from.
const INSTALLED_FROM: &str = "node_modules/.installed-from";

fn libraries_are_there(ui: &Path) -> bool {
    let wanted = fs::read(ui.join("package-lock.json")).ok();
    if wanted.is_some() && wanted == fs::read(ui.join(INSTALLED_FROM)).ok() {
        return true;
    }
    // npm's own note of what it installed, when somebody ran it by hand.
    let age = |path: &str| fs::metadata(ui.join(path)).and_then(|file| file.modified()).ok();
    matches!(
        (age("node_modules/.package-lock.json"), age("package-lock.json")),
        (Some(installed), Some(wanted)) if installed >= wanted
    )
}

fn npm(ui: &Path, words: &[&str]) -> Result<(), String> {
    let said = format!("npm {} in ui/", words.join(" "));
    let output = Command::new("npm").args(words).current_dir(ui).output().map_err(|e| {
        format!(
            "{said} does not start: {e}. The window's page is made with Node 20.19 or newer and its npm; \
             tests/install-needed run says where to get them. Everything but the window builds without them."
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    // A build script's messages are single lines.
    for line in [output.stdout, output.stderr].concat().split(|&byte| byte == b'\n') {
        println!("cargo::warning={}", String::from_utf8_lossy(line));
    }
    Err(format!("{said} failed ({}); what it said stands above", output.status))
}
