//! `BACKUP_INFO.txt`: the first thing in every archive, for a person who has nothing else.

use super::name::archive_name;

/// What the text tells.
#[derive(Debug, Clone, Copy)]
pub struct InfoText<'a> {
    /// The computer's name.
    pub computer: &'a str,
    /// The plan's name.
    pub plan: &'a str,
    /// The backup's name.
    pub backup: &'a str,
    /// When it was begun, for people.
    pub time: &'a str,
    /// Which part of the backup this archive is, from 1.
    pub part: u32,
    /// Names of the older archives needed, oldest first.
    pub needs: &'a [String],
    /// The sources: name and where each was.
    pub sources: &'a [(String, String)],
}

impl InfoText<'_> {
    /// The text.
    pub fn render(&self) -> String {
        let name = archive_name(self.backup, self.part);
        let mut text = format!(
            "This is a backup made by Keepsake.\n\n\
             Computer: {}\nPlan:     {}\nBegun:    {}\nBackup:   {}\nArchive:  {name} (part {})\n\nWhat it protects:\n",
            self.computer, self.plan, self.time, self.backup, self.part
        );
        for (source, path) in self.sources {
            text.push_str(&format!("  {source}/  was  {path}\n"));
        }
        if self.part > 1 {
            text.push_str(&format!(
                "\nThis is part {} of the backup: it begins in part 1 and may go on in a part with the next number.\n",
                self.part
            ));
        }
        if self.needs.is_empty() {
            text.push_str("\nIt needs no older archives.\n");
        } else {
            text.push_str(
                "\nFiles that had not changed are not in here again. To bring everything back you also need\n\
                 these archives, in this order, oldest first:\n",
            );
            for need in self.needs {
                text.push_str(&format!("  {need}\n"));
            }
        }
        text.push_str(
            "\nTo bring everything back with Keepsake: keepsake import FOLDER, then keepsake restore.\n\n\
             To bring everything back without Keepsake, in an empty folder:\n",
        );
        for need in self.needs {
            text.push_str(&format!("  tar -xpzf /where/they/are/{need}\n"));
        }
        text.push_str(&format!(
            "  tar -xpzf /where/they/are/{name}\n\
             If the backup has several parts (same name with _2, _3, ...), unpack them all in order.\n\
             If there is then a file FINISH_BY_HAND.sh, run: sh FINISH_BY_HAND.sh\n\
             Files that had been deleted since the oldest archive come back too; the list of what belongs to\n\
             this backup is in manifest.jsonl of its last part.\n\n\
             To check that this archive is undamaged: sha256sum -c {name}.sha256\n"
        ));
        text
    }
}
