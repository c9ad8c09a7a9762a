//! The `keepsake` program: the engine on the command line.

mod answer;
mod args;
mod commands;
mod drives;
mod error;
mod examples;
mod keyring;
mod near;
mod progress;
mod recovery;
mod say;
mod select;
mod session;
mod stop;
mod surroundings;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use keepsake_core::verify::How;

use args::{Cli, Command, Wanted};
use commands::{
    agent, backup, copy, delete, drive, files, known, list, open, prune, restore, sheet, shell, status, thumbnail,
    tray, undo, verify, versions,
};
use error::{CliError, Exit};
use surroundings::Surroundings;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return wrong_line(&e).into(),
    };
    let as_json = cli.global.json;
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            say::error(&error, as_json);
            error.exit.into()
        }
    }
}

/// Help, or what is wrong with the command line.
fn wrong_line(error: &clap::Error) -> Exit {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // The command line could not be read, so this is only a look at its words.
    if !is_help && std::env::args_os().any(|word| word == OsStr::new("--json")) {
        let text = error.render().to_string();
        // What is missing stands in the lines below the first.
        let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let message = lines.join(" ");
        say::error(&CliError::new(Exit::Usage, message.trim_start_matches("error: "), "See `keepsake --help`."), true);
    } else {
        // Nothing can be done when nobody reads it.
        let _ = error.print();
    }
    if is_help { Exit::Good } else { Exit::Usage }
}

fn run(cli: Cli) -> Result<Exit, CliError> {
    // These need nothing of this computer.
    match &cli.command {
        Command::Completions { shell } => return shell::completions(*shell),
        Command::Man { dir } => return shell::man(dir.as_deref()),
        Command::Thumbnail { qr } => return thumbnail::run(*qr),
        _ => {}
    }
    let around = Surroundings::look(cli.global)?;
    keyring::open_locked_copies(&around);
    // Who wants files back wants them from wherever they are.
    let wants_back = matches!(&cli.command, Command::Restore(_));
    drives::read_drives(&around, wants_back);
    if let Command::Agent(asked) = &cli.command {
        return agent::run(around, asked);
    }
    match &cli.command {
        Command::Tray { socket } => return tray::run(&around, socket.as_deref()),
        Command::Open { page } => return open::run(&around, page.as_deref()),
        _ => {}
    }
    let done = match command(&around, &cli.command) {
        // Everything in it stands in the archives, too: make it anew and begin again, once.
        Err(error) if error.is_catalog_damaged => {
            session::mend(&around).map_err(|_| error).and_then(|_| command(&around, &cli.command))
        }
        done => done,
    };
    drives::leave_what_was_mounted();
    done
}

fn command(around: &Surroundings, command: &Command) -> Result<Exit, CliError> {
    match command {
        Command::Backup { plan, full, no_copies } => backup::run(around, plan.as_deref(), *full, !no_copies),
        Command::Copy { destination, dry_run } => copy::run(around, destination.as_deref(), *dry_run),
        Command::Status => status::status(around),
        Command::Health => status::health_command(around),
        Command::List { plan, from } => list::run(around, plan.as_deref(), from),
        Command::Files { backup, path, from } => files::run(around, backup, path.as_deref(), from),
        Command::Versions { path, from } => versions::run(around, path, from),
        Command::Prune { plan, dry_run, confirm_changes } => {
            prune::run(around, plan.as_deref(), *dry_run, *confirm_changes)
        }
        Command::Delete { backup, dry_run } => delete::run(around, backup, *dry_run),
        Command::Drive { command } => drive::run(around, command),
        Command::Rebuild => known::rebuild(around),
        Command::Import { dir, name } => known::import(around, dir, name.as_deref()),
        Command::Sheet(asked) => sheet::run(around, asked),
        Command::Restore(asked) => restore::run(around, asked),
        Command::Undo { list: true, .. } => undo::list(around),
        Command::Undo { id, .. } => undo::run(around, id.as_deref()),
        Command::Verify { backup, plan, quick, part, heal, from, .. } => {
            let how = match (quick, *part) {
                (true, _) => How::Quick,
                (_, Some((number, of))) => How::Part { number, of },
                _ => How::Full,
            };
            let wanted = backup.clone().map(|backup| Wanted { backup, plan: plan.clone() });
            verify::run(around, wanted.as_ref(), how, *heal, from)
        }
        Command::Answer => answer::run(around),
        Command::Agent(_)
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Thumbnail { .. }
        | Command::Tray { .. }
        | Command::Open { .. } => {
            unreachable!("`run` has done these")
        }
    }
}
