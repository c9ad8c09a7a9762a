//! `keepsake completions` and `keepsake man`.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use keepsake_core::error::FileError;

use crate::args::Cli;
use crate::error::{CliError, Exit};
use crate::say::Answer;

/// Writes the completions of a shell.
///
/// # Errors
/// When they cannot be written.
pub fn completions(shell: Shell) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "keepsake", &mut script);
    out(&script)
}

/// Writes the manual page, or into a folder one page for each command.
///
/// # Errors
/// When it cannot be written.
pub fn man(dir: Option<&Path>) -> Result<Exit, CliError> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Names the commands in full: keepsake-restore.
    command.build();
    let Some(dir) = dir else { return out(&page(&command)?) };
    fs_err::create_dir_all(dir).map_err(FileError::on("create the folder", dir))?;
    let subcommands = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    for command in std::iter::once(&command).chain(subcommands) {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let path = dir.join(format!("{name}.1"));
        fs_err::write(&path, page(command)?).map_err(FileError::on("write", &path))?;
    }
    Ok(Exit::Good)
}

fn page(command: &clap::Command) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    let written = Man::new(command.clone()).manual("Keepsake").render(&mut page);
    written.map_err(|e| CliError::failed(format!("the page could not be made: {e}"), "Tell the authors."))?;
    Ok(page)
}

fn out(bytes: &[u8]) -> Result<Exit, CliError> {
    let mut answer = Answer::new();
    answer.bytes(bytes)?;
    answer.finish()?;
    Ok(Exit::Good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_each_command() {
        let dir = tempfile::tempdir().expect("a folder");
        man(Some(&dir.path().join("man1"))).expect("written");
        for name in ["keepsake", "keepsake-backup", "keepsake-restore", "keepsake-undo"] {
            let page = fs_err::read_to_string(dir.path().join(format!("man1/{name}.1"))).expect("a page");
            assert!(page.contains(".TH") && page.contains("Examples:"), "{page}");
        }
        assert!(!dir.path().join("man1/keepsake-help.1").exists());
    }
}
