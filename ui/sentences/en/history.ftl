history-title = History
history-year = The last twelve months
history-plan = Show
history-all-plans = Everything
history-list = { $count ->
    [one] 1 backup
   *[other] { $count } backups
}
history-all-days = Show all days
history-backups = Backups, newest first
history-loading = Looking through the backups…
history-empty = No backup yet.
    .advice = Each backup will be a coloured square here, one for each day. You can then go back to any of these days.
history-empty-home = Make the first backup
history-to-activity = See what happened
calendar-hint = Point at a day, or go through the days with the arrow keys, to read what happened.
calendar-day = { $day }: { $what }
day-nothing = No backup.
day-made = { $count ->
    [one] 1 backup.
   *[other] { $count } backups.
}
day-good = All is well.
day-unread = { $count ->
    [one] 1 file could not be read.
   *[other] { $count } files could not be read.
}
day-damaged = { $count ->
    [one] 1 backup is damaged.
   *[other] { $count } backups are damaged.
}
day-failed = { $count ->
    [one] A backup failed that day.
   *[other] { $count } tries to make a backup failed that day.
}
day-failed-once = { $count ->
    [one] One try had failed.
   *[other] { $count } tries had failed.
}
legend-label = What the colours mean
legend-good = all is well
legend-attention = look at it once
legend-problem = failed or damaged
legend-nothing = no backup
space-title = Space
space-sentence = All backups together take { $now } now. In { $day } it was { $then }.
space-today = today
backup-moment = { $day }, { $time }
backup-computer = from { $computer }
backup-good = All is well.
backup-attention = Look at it once.
backup-unread = { $count ->
    [one] 1 file could not be read.
   *[other] { $count } files could not be read.
}
backup-damaged = It is damaged: not all of it can be brought back.
backup-new-bytes = { $bytes } new
counts-and-bytes = { $counts }, { $bytes }
backup-place-home = This computer
backup-title = Backup of { $date }
backup-older = Older
backup-newer = Newer
backup-siblings = Other backups
backup-restore = Restore from this backup
backup-loading = Opening the backup…
backup-sources = What is in it
backup-source-missing = was not found that day
backup-changes = Since the backup before
backup-changes-first = This is the first backup, so everything in it is new.
change-came = New
change-changed = Changed
change-went = Gone
change-list-came = New files
change-list-changed = Changed files
change-list-went = Files that are gone
change-none-came = Nothing is new.
change-none-changed = Nothing changed.
change-none-went = Nothing is gone.
change-went-hint = What is gone is still in the backup before. Choose a file to bring it back.
change-restore = Bring back { $name }
backup-problems = { $count ->
    [one] 1 problem
   *[other] { $count } problems
}
backup-problems-more = The first { $shown } are shown.
problem-is-unreadable = These could not be read, so they are not in this backup. Earlier backups may have them.
problem-is-changed-while-read = These kept changing while they were read. What was read is in the backup, the next backup takes them again.
problem-is-source-missing = These could not be found at all that day. What earlier backups have of them stays.
problem-is-damaged = What was kept of these is damaged. The next backup takes them anew, if they are still there.
problem-is-not-restored = These could not be written.
problem-is-not-quite-restored = These are back with all that is in them, only not with all their dates or permissions.
problem-is-other = Something was wrong with these.
backup-where = Where it is
backup-nowhere = No place has all of it.
backup-keeps = How long it stays
keeps-day = It is the last one of its day, so it stays for a while.
keeps-week = It is the last one of its week, so it stays for some weeks.
keeps-month = It is the last one of its month, so it stays for some months.
keeps-last = { $count ->
    [one] The newest backup always stays.
   *[other] The newest { $count } backups always stay.
}
keeps-days = { $count ->
    [one] Backups stay for 1 day.
   *[other] Backups stay for { $count } days.
}
keeps-recent = It is still quite new, so it stays.
keeps-last-good = It is the last good backup. That one is never tidied up.
keeps-frozen = Nothing is tidied up for the time being, because something looks unusual.
keeps-no-plan = Nobody tidies it up: what it belongs to is no longer in the settings.
keeps-nothing = Nothing keeps it: it goes when Keepsake tidies up next.
backup-proven = Proven: { $moment } it was read and everything was as it should be.
backup-not-proven = Not proven yet. Keepsake reads all backups again from time to time.
delete-backup = Delete…
delete-title = Delete this backup?
delete-what = The backup of { $date } would be gone, with the { $counts } as they were then. Other backups stay as they are.
delete-frees = That gives { $bytes } back.
delete-frees-nothing = That gives no space back, because other backups still need what is in it.
delete-no = Keep it
delete-yes = Delete it
delete-last-good = This backup cannot be deleted.
    .advice = It is the last good one. Make a new backup first, then this one can go.
delete-not-allowed = Only the person who set up Keepsake on this computer can delete backups.
delete-runs = Deleting…
deleted = This backup is deleted.
delete-failed = It could not be deleted.
to-history = To the history
