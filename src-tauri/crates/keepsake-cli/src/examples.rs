//! The examples at the end of each help text. A test reads every line that begins with `keepsake`.

/// Of the program itself.
pub const TOP: &str = "Examples:
  keepsake backup                                make a backup of everything that is protected
  keepsake status                                is everything safe?
  keepsake restore latest --to ~/brought-back    bring everything back beside what is there
  keepsake restore latest --path photos/2019/lake.jpg --to ~/brought-back

Exit codes:
  0 done, or all is good                   64 the command line is wrong
  1 done, with problems; or attention      65 no such backup, path or plan; or no consent
  2 failed, damaged, or a problem          75 another run of Keepsake is at work
  3 nothing is set up yet                  78 the settings are wrong
                                          130 stopped with Ctrl-C

Settings: $KEEPSAKE_CONFIG or ~/.config/keepsake/config.toml
State:    $KEEPSAKE_DATA_DIR or ~/.local/share/keepsake";

/// Of `backup`.
pub const BACKUP: &str = "Examples:
  keepsake backup                 all plans
  keepsake backup family          one plan
  keepsake backup --full          store everything anew
  keepsake backup --quiet         for timers: speaks only when something is wrong
  keepsake backup --no-copies     make the copies in other places later, with keepsake copy

Exit code 0: everything is in it. 1: something could not be read, and is named.
2: no backup was made.";

/// Of `copy`.
pub const COPY: &str = "Examples:
  keepsake copy                   to every destination of the settings
  keepsake copy NAS               to one
  keepsake copy --dry-run         what would be copied and removed?
  keepsake copy --wait            wait while another computer copies there

Exit code 0: all is there, or waits for a place that is not there now. 1: not all, and it is named.
2: a place cannot be used. 75: another run or another computer is at work.";

/// Of `drive`.
pub const DRIVE: &str = "Examples:
  keepsake drive list                                 the family's drives, and what is plugged in
  keepsake drive adopt sdb1-17 --name 'Blue drive'    use it for backups; its copies are encrypted
  keepsake copy 'Blue drive'                          copy, and let go of it
  keepsake drive prove 'Blue drive'                   read everything on it, and compare
  keepsake drive eject 'Blue drive'                   so that it can be pulled out
  keepsake drive forget 'Blue drive'                  use it no longer; what is on it stays

Exit code 0: done. 2: it could not be done, and why. 65: there is no such drive. A drive that is not
one of yours gets nothing, not one byte.";

/// Of `status`.
pub const STATUS: &str = "Examples:
  keepsake status
  keepsake status --json          for programs";

/// Of `health`.
pub const HEALTH: &str = "Examples:
  keepsake health
  keepsake health --quiet || echo 'look at the backups'
  keepsake health --json          every reason, with what to do

Exit code 0: good, or busy. 1: attention. 2: problem. 3: not set up.";

/// Of `list`.
pub const LIST: &str = "Examples:
  keepsake list
  keepsake list --plan family
  keepsake list --json";

/// Of `files`.
pub const FILES: &str = "Examples:
  keepsake files latest
  keepsake files latest photos/2019
  keepsake files 2026-03-03                 the newest backup of that day
  keepsake files '2026-03-03 02:05' --plan family
  keepsake files family_20260303_020500 --json";

/// Of `versions`.
pub const VERSIONS: &str = "Examples:
  keepsake versions documents/letter.txt
  keepsake versions photos/2019/lake.jpg --json

Each line names the last backup that has this version. This brings it back:
`keepsake restore BACKUP --path PATH --to DIR`";

/// Of `restore`.
pub const RESTORE: &str = "Examples:
  keepsake restore latest --to ~/brought-back
  keepsake restore 2026-03-03 --path photos/2019 --path documents --to ~/brought-back
  keepsake restore latest --from /media/blue/Backups --to ~/brought-back
  keepsake restore latest --in-place --dry-run           what would be replaced?
  keepsake restore latest --in-place --confirm RESTORE   what is replaced is kept: see undo

Exit code 0: all came back. 1: not all, or not quite; it is named. 2: something stored is damaged.
A path begins with the source's name, as `keepsake files` shows it. Beside, nothing is overwritten.
Run it again after an interruption: what is there already is not written again.";

/// Of `undo`.
pub const UNDO: &str = "Examples:
  keepsake undo                   take back the newest restore in place
  keepsake undo --list            what can be taken back, for 30 days
  keepsake undo 20260303_020500";

/// Of `verify`.
pub const VERIFY: &str = "Examples:
  keepsake verify                 read and compare everything
  keepsake verify latest          only what the newest backup needs
  keepsake verify --quick         structure and lengths, in seconds
  keepsake verify --part 3/30     one thirtieth: a month of days reads everything
  keepsake verify --heal          what is damaged comes back from another place

Exit code 0: all is whole. 1: all was healed. 2: damage, named file by file.
65: there is no backup to check.";

/// Of `prune`.
pub const PRUNE: &str = "Examples:
  keepsake prune --dry-run        say of each backup why it stays or goes
  keepsake prune                  all plans
  keepsake prune family           one plan
  keepsake prune --confirm-changes    when many files changed at once, and that is right

What stays is said by `retention` in the settings. After each backup this happens by itself.
The newest backup and the newest good one always stay.

Exit code 0: done, also when nothing had to go. 1: something waits for you, and is named.
2: it could not be done.";

/// Of `delete`.
pub const DELETE: &str = "Examples:
  keepsake delete family_20260303_020500             one backup, by its name
  keepsake delete family_20260303_020500 --dry-run   what would come back?

The newest backup, the last good one, and the last one of a source stay.
Exit code 65: there is no such backup, or it stays.";

/// Of `rebuild`.
pub const REBUILD: &str = "Examples:
  keepsake rebuild                the backups themselves are only read

The catalog is what Keepsake knows of the backups. Everything in it stands in the archives, too.";

/// Of `import`.
pub const IMPORT: &str = "Examples:
  keepsake import /media/blue/Backups
  keepsake import /mnt/nas/keepsake --name NAS

The archives stay where they are and are only read. Then: keepsake list";

/// Of `sheet`.
pub const SHEET: &str = "Examples:
  keepsake sheet                  on the terminal, with the QR code
  keepsake sheet --text | lp      on paper
  keepsake sheet --check P8NK-HR2N    the code that stands on it: so it counts as printed
  keepsake sheet --enter          on a new computer: type its words, or the key
  keepsake sheet --picture sheet.jpg --from /media/blue/Keepsake
  keepsake sheet --new            when it was lost, or somebody has seen it

Whoever has the sheet can read every locked copy. The key is kept in the desktop's keyring, else in
the file recovery-key of Keepsake's state; one that is entered with --from beside it. After --new
older copies still need the old sheet.

Exit code 0: done. 65: there is no key here, or what was typed is not right; it is named.";

/// Of `agent`.
pub const AGENT: &str = "Examples:
  keepsake agent                  until Ctrl-C or TERM; HUP reads the settings again
  keepsake agent --quiet          speaks only when something is wrong
  keepsake agent --tray           with the icon in the tray, and notifications
  keepsake agent --socket /run/keepsake/agent.sock --group keepsake    for a system service
  systemctl --user enable --now keepsake-agent    as a service: see docs/operations.md

It makes a first backup at once, and catches up what was missed while the computer was off. It
copies to places that lack something as soon as they are there, and reads all that is stored, a
share each day.
Exit code 0: it ended as asked. 75: another agent runs already.";

/// Of `answer`.
pub const ANSWER: &str = "Examples:
  keepsake answer                 the agent starts it: JSON lines on stdin and stdout";

/// Of `thumbnail`.
pub const THUMBNAIL: &str = "Examples:
  keepsake thumbnail > small.jpg    the picture comes on stdin; at most 256 pixels wide and high
  keepsake thumbnail --qr           the key in a picture of a recovery sheet";

/// Of `tray`.
pub const TRAY: &str = "Examples:
  keepsake tray                   for your own agent, or the one that serves this computer
  keepsake tray --socket /run/keepsake/agent.sock

The agent may come later, and go and come back. `keepsake agent --tray` has both in one.
Exit code 0: somebody quit it, or the session ended. 2: there is no desktop to show it on.";

/// Of `open`.
pub const OPEN: &str = "Examples:
  keepsake open
  keepsake open --page restore    bring something back";

/// Of `completions`.
pub const COMPLETIONS: &str = "Examples:
  keepsake completions bash > ~/.local/share/bash-completion/completions/keepsake
  keepsake completions fish > ~/.config/fish/completions/keepsake.fish
  keepsake completions zsh > ~/.zfunc/_keepsake";

/// Of `man`.
pub const MAN: &str = "Examples:
  keepsake man | man -l -
  keepsake man --dir ~/.local/share/man/man1";

/// All of them.
#[cfg(test)]
pub const ALL: [&str; 24] = [
    TOP,
    BACKUP,
    COPY,
    DRIVE,
    STATUS,
    HEALTH,
    LIST,
    FILES,
    VERSIONS,
    RESTORE,
    UNDO,
    VERIFY,
    PRUNE,
    DELETE,
    REBUILD,
    IMPORT,
    SHEET,
    AGENT,
    ANSWER,
    THUMBNAIL,
    TRAY,
    OPEN,
    COMPLETIONS,
    MAN,
];
