//! The command line: what can be asked, with examples.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::examples;

/// Keeps your pictures and documents safe, and brings them back.
#[derive(Debug, Parser)]
#[command(name = "keepsake", version, max_term_width = 100, after_long_help = examples::TOP, arg_required_else_help = true)]
#[command(disable_help_subcommand = false, subcommand_required = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
}

/// What holds for every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "For every command")]
pub struct Global {
    /// Answer with one JSON object on stdout
    #[arg(long, global = true)]
    pub json: bool,
    // Not clap's `env`: that takes a variable that is set and empty for an empty name of a file.
    /// The settings to use [default: $KEEPSAKE_CONFIG, else ~/.config/keepsake/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Say nothing while all goes well
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Name everything, also what is left out on purpose
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Wait when another run of Keepsake is at work
    #[arg(long, global = true)]
    pub wait: bool,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a backup now
    #[command(after_long_help = examples::BACKUP)]
    Backup {
        /// The plan; all of them when none is named
        plan: Option<String>,
        /// Store everything anew, so that the backup needs no older one
        #[arg(long)]
        full: bool,
        /// Leave the copies in other places for `keepsake copy`
        #[arg(long)]
        no_copies: bool,
    },
    /// Copy the backups to the other places of the settings
    #[command(after_long_help = examples::COPY)]
    Copy {
        /// The destination; all of them when none is named
        destination: Option<String>,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Say in a few lines whether everything is safe
    #[command(after_long_help = examples::STATUS)]
    Status,
    /// Say it for monitors: exit code 0 good, 1 attention, 2 problem, 3 not set up
    #[command(after_long_help = examples::HEALTH)]
    Health,
    /// List the backups, oldest first
    #[command(after_long_help = examples::LIST)]
    List {
        /// Only those of this plan
        #[arg(long, value_name = "PLAN")]
        plan: Option<String>,
        /// Where they are, when not where the settings say
        #[command(flatten)]
        from: From,
    },
    /// List the files in a backup
    #[command(after_long_help = examples::FILES)]
    Files {
        /// The backup and its plan
        #[command(flatten)]
        backup: Wanted,
        /// Only this file, or this folder with all that is in it; it begins with the source's name
        path: Option<OsString>,
        /// Where they are, when not where the settings say
        #[command(flatten)]
        from: From,
    },
    /// List the versions of one file, newest first
    #[command(after_long_help = examples::VERSIONS)]
    Versions {
        /// The file; it begins with the source's name: photos/2019/lake.jpg
        path: OsString,
        /// Where they are, when not where the settings say
        #[command(flatten)]
        from: From,
    },
    /// Bring files back, into a folder or to where they were
    #[command(after_long_help = examples::RESTORE)]
    Restore(Restore),
    /// Take back what a restore in place has changed
    #[command(after_long_help = examples::UNDO)]
    Undo {
        /// Which one, as `undo --list` shows it; the newest when none is named
        #[arg(value_name = "ID", conflicts_with = "list")]
        id: Option<String>,
        /// List what can be taken back
        #[arg(long)]
        list: bool,
    },
    /// Check that the backups can be read and are what they were
    #[command(after_long_help = examples::VERIFY)]
    Verify {
        /// The backup: a name, `latest`, `oldest` or a date; all backups when none is named
        #[arg(conflicts_with = "all")]
        backup: Option<String>,
        /// The plan that `latest`, `oldest` or a date is about
        #[arg(long, value_name = "PLAN", requires = "backup")]
        plan: Option<String>,
        /// Check all backups
        #[arg(long)]
        all: bool,
        /// Look at structure and lengths only, without reading all bytes
        #[arg(long, conflicts_with = "part")]
        quick: bool,
        /// Check one share of everything, as in 3/30: thirty days check it all
        #[arg(long, value_name = "N/OF", conflicts_with = "backup", value_parser = part)]
        part: Option<(u32, u32)>,
        /// Replace what is damaged or missing in one place by a good copy from another
        #[arg(long, conflicts_with = "from")]
        heal: bool,
        /// Where they are, when not where the settings say
        #[command(flatten)]
        from: From,
    },
    /// Let old backups go that need not be kept, and make room
    #[command(after_long_help = examples::PRUNE)]
    Prune {
        /// The plan; all of them when none is named
        plan: Option<String>,
        /// Only say of each backup why it stays or goes
        #[arg(long)]
        dry_run: bool,
        /// Many files changed or vanished at once, and that is right
        #[arg(long)]
        confirm_changes: bool,
    },
    /// Delete one backup, with the archives that no other backup needs
    #[command(after_long_help = examples::DELETE)]
    Delete {
        /// The backup's name, as `keepsake list` shows it
        #[arg(value_name = "NAME")]
        backup: String,
        /// Only say what would come back
        #[arg(long)]
        dry_run: bool,
    },
    /// The family's USB drives
    #[command(after_long_help = examples::DRIVE)]
    Drive {
        /// What about them
        #[command(subcommand)]
        command: DriveCommand,
    },
    /// Make the catalog anew from the archives
    #[command(after_long_help = examples::REBUILD)]
    Rebuild,
    /// Make the backups in another folder known, as on a new computer
    #[command(after_long_help = examples::IMPORT)]
    Import {
        /// The folder that holds them
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// What to call the folder [default: its own name]
        #[arg(long)]
        name: Option<String>,
    },
    /// Print the recovery sheet, which opens locked copies when this computer is gone
    #[command(after_long_help = examples::SHEET)]
    Sheet(SheetArgs),
    /// Stay at work: run each plan at its times
    #[command(after_long_help = examples::AGENT)]
    Agent(AgentArgs),
    /// Answer what the window asks: questions on stdin, answers on stdout
    #[command(hide = true, after_long_help = examples::ANSWER)]
    Answer,
    /// Draw the picture on stdin small, as JPEG on stdout
    #[command(hide = true, after_long_help = examples::THUMBNAIL)]
    Thumbnail {
        /// Write what the QR code of a recovery sheet in it says instead
        #[arg(long)]
        qr: bool,
    },
    /// Show the icon in the tray and notifications for an agent that runs elsewhere
    #[command(after_long_help = examples::TRAY)]
    Tray {
        /// Where the agent answers [default: your own agent's socket, else the system's]
        #[arg(long, value_name = "PATH")]
        socket: Option<PathBuf>,
    },
    /// Open the window, and start the agent if there is none
    #[command(after_long_help = examples::OPEN)]
    Open {
        /// At this page
        #[arg(long, value_name = "PAGE", value_parser = ["home", "history", "restore", "drives", "activity", "settings"])]
        page: Option<String>,
    },
    /// Write the completions of a shell
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the manual page
    #[command(after_long_help = examples::MAN)]
    Man {
        /// Write a page for each command into this folder
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// What can be asked of drives.
#[derive(Debug, Subcommand)]
pub enum DriveCommand {
    /// List the family's drives, and what is plugged in
    List,
    /// Use a drive that is plugged in for backups: nothing on it is removed
    Adopt {
        /// Which one, as `drive list` names it
        #[arg(value_name = "VOLUME")]
        volume: String,
        /// What you call it
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Its colour: blue, green, red, yellow, orange, purple, white or black
        #[arg(long, value_name = "COLOR")]
        color: Option<String>,
        /// Do not encrypt its copies: whoever finds the drive can read them
        #[arg(long)]
        unlocked: bool,
    },
    /// Let go of a drive, so that it can be pulled out
    Eject {
        /// Its name, or the volume's
        drive: String,
    },
    /// Use a drive no longer: what is on it stays
    Forget {
        /// Its name
        drive: String,
    },
    /// Read everything on a drive, and compare
    Prove {
        /// Its name
        drive: String,
    },
}

/// Which backup.
#[derive(Debug, Clone, Args)]
pub struct Wanted {
    /// The backup: a name, `latest`, `oldest` or a date (2026-03-03, "2026-03-03 02:05")
    #[arg(value_name = "BACKUP")]
    pub backup: String,
    /// The plan that `latest`, `oldest` or a date is about
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
}

/// A folder of backups to look into, instead of all that is known.
#[derive(Debug, Clone, Args)]
pub struct From {
    /// Look into this folder of backups only. Needs no settings; nothing is written there
    #[arg(id = "from", long = "from", value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// What `restore` is asked for.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("target").required(true).args(["to", "in_place"])))]
pub struct Restore {
    /// The backup and its plan.
    #[command(flatten)]
    pub backup: Wanted,
    /// Only this file or folder; it begins with the source's name. May be given several times
    #[arg(long = "path", value_name = "PATH")]
    pub paths: Vec<OsString>,
    /// Bring everything back below this folder, as DIR/SOURCE/...; nothing there is overwritten
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Bring everything back to where it was; what is replaced is kept for 30 days
    #[arg(long, conflicts_with = "from")]
    pub in_place: bool,
    /// The word RESTORE, as consent to a restore in place
    #[arg(long, value_name = "RESTORE", conflicts_with = "to")]
    pub confirm: Option<String>,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// What a look said: in place, nothing is brought back when it would say something else by now
    #[arg(long, hide = true, value_name = "TOKEN", conflicts_with = "to", allow_hyphen_values = true)]
    pub seen: Option<String>,
    /// Read more paths from stdin, each with a NUL behind it: a command line takes only so many
    #[arg(long, hide = true)]
    pub paths_from_stdin: bool,
    /// Where the backups are, when not where the settings say.
    #[command(flatten)]
    pub from: From,
}

/// What is to be done with the recovery sheet.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("act").args(["check", "enter", "picture", "new", "text", "look"])))]
pub struct SheetArgs {
    /// Print it as plain text, also into a file or to a printer; it is a secret
    #[arg(long)]
    pub text: bool,
    /// Type the sheet's check code back: then it counts as printed
    #[arg(long, value_name = "CODE")]
    pub check: Option<String>,
    /// Enter the key of a sheet: its words or the key itself, on stdin
    #[arg(long)]
    pub enter: bool,
    /// Enter the key of a sheet from a picture of it (JPEG, PNG, GIF or WebP)
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// Make a new key, for a sheet that was lost or seen; older copies still need the old sheet
    #[arg(long)]
    pub new: bool,
    /// See whether the key is still where it is kept, for whoever shows how things stand
    #[arg(long, hide = true)]
    pub look: bool,
    /// The locked backups that an entered key should open.
    #[command(flatten)]
    pub from: SheetFrom,
}

/// Whose key is entered.
#[derive(Debug, Clone, Args)]
pub struct SheetFrom {
    /// The key must open the locked backups in this folder, whoever's they are
    #[arg(id = "sheet-from", long = "from", value_name = "DIR", conflicts_with_all = ["check", "new", "text"])]
    pub dir: Option<PathBuf>,
}

/// What the agent is told when it begins.
#[derive(Debug, Clone, Default, Args)]
pub struct AgentArgs {
    /// Also show the icon in the tray, and notifications
    #[arg(long)]
    pub tray: bool,
    /// Be asked at this socket [default: agent.sock beside the catalog]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Let members of this group look, make backups and pause: for an agent that runs as a system service
    #[arg(long, value_name = "NAME", requires = "socket")]
    pub group: Option<String>,
}

/// A share: `3/30`.
fn part(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once('/').and_then(|(n, of)| Some((n.parse().ok()?, of.parse().ok()?)));
    match numbers {
        Some((n, of)) if 1 <= n && n <= of => Ok((n, of)),
        _ => Err("a share is written as 3/30: the third of thirty".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    fn refused(words: &[&str]) -> ErrorKind {
        let line = std::iter::once("keepsake").chain(words.iter().copied());
        Cli::try_parse_from(line).expect_err(&words.join(" ")).kind()
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_restore_without_a_place_names_both() {
        let error = Cli::try_parse_from(["keepsake", "restore", "latest"]).expect_err("no place").to_string();
        assert!(error.contains("--to <DIR>") && error.contains("--in-place"), "{error}");
        let both = ["restore", "latest", "--to", "/t", "--in-place"];
        assert_eq!(refused(&both), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn every_command_has_an_example_that_is_accepted() {
        let mut checked = 0;
        for command in Cli::command().get_subcommands() {
            let name = command.get_name().to_string();
            let help = command.get_after_long_help().unwrap_or_else(|| panic!("{name} has no examples")).to_string();
            assert!(help.starts_with("Examples:"), "{name}: {help}");
            for line in help.lines().filter_map(|line| line.trim().strip_prefix("keepsake ")) {
                // What the shell does with it, and the remark behind two spaces, are not ours.
                let line = line.split("  ").next().unwrap_or_default();
                let line = line.split([';', '|', '>', '&', '`']).next().unwrap_or_default();
                let words: Vec<String> = shell_words(line);
                let parsed = Cli::try_parse_from(std::iter::once("keepsake".to_string()).chain(words));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                checked += 1;
            }
            assert!(help.contains(&format!("keepsake {name}")), "{name}");
        }
        assert!(checked > 20, "{checked}");
    }

    fn shell_words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (i, piece) in line.split('\'').enumerate() {
            if i % 2 == 1 {
                words.push(piece.to_string());
            } else {
                words.extend(piece.split_whitespace().map(String::from));
            }
        }
        words
    }

    #[test]
    fn help_is_narrow_enough_for_every_terminal() {
        for text in examples::ALL {
            for line in text.lines() {
                assert!(line.chars().count() <= 100, "{line}");
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(refused(&["bakcup"]), ErrorKind::InvalidSubcommand);
        assert_eq!(refused(&["restore", "latest"]), ErrorKind::MissingRequiredArgument);
        assert_eq!(refused(&["restore", "latest", "--to", "r", "--in-place"]), ErrorKind::ArgumentConflict);
        assert_eq!(refused(&["verify", "latest", "--all"]), ErrorKind::ArgumentConflict);
        assert_eq!(refused(&["undo", "x", "--list"]), ErrorKind::ArgumentConflict);
        assert_eq!(refused(&["sheet", "--text", "--new"]), ErrorKind::ArgumentConflict);
        assert_eq!(refused(&["sheet", "--enter", "abandon"]), ErrorKind::UnknownArgument);
        for wrong in ["0/3", "4/3", "1/0", "3", "a/b", "-1/3", "1/3/4", ""] {
            assert_eq!(refused(&["verify", &format!("--part={wrong}")]), ErrorKind::ValueValidation, "{wrong}");
        }
        assert_eq!(part("3/30"), Ok((3, 30)));
    }
}
