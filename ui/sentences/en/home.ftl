### Home.

home-newest = Newest backup: { $moment }.
home-no-backup-yet = There is no backup yet.
home-next = The next one begins by itself: { $moment }.
home-waits-battery = The next one waits until the computer is plugged in.
home-waits-metered = The next one waits for a network that costs nothing extra.
home-waits-other-run = The next one waits until another backup has ended.
home-lost = Keepsake is not running.
home-lost-means = Your backups are where they were, and fine. But until Keepsake runs again, no new one begins by itself.
home-empty = Here you will see what is protected, and where its backups are kept. Choose first what is dear to you; Keepsake does the rest.
home-reasons = This also needs a look
home-result-dismiss = All right

home-action-back-up-now = Back up now
home-action-back-up-again = Back up again
home-action-check-now = Check now
home-action-copy-now = Copy now
home-action-confirm-changes = These changes were mine
home-action-open-settings = Open settings
home-action-set-up = Begin
home-action-show-problems = Show which
home-action-show-drives = Show the drives
home-action-print-sheet = Print the recovery sheet

home-sources = What is protected
home-new = { $count ->
    [one] 1 new
   *[other] { $count } new
}
home-nothing-new = Nothing new
home-others = { $count ->
    [one] 1 other file
   *[other] { $count } other files
}
home-unread = { $count ->
    [one] 1 could not be read
   *[other] { $count } could not be read
}
home-source-newest = Backed up { $moment }
home-source-paused = Paused in the settings
home-source-no-backup = No backup yet

home-places = { $count ->
    [one] Kept in one place
   *[other] Kept in { $count } places
}
home-place-home = This computer
home-place-holds = { $count ->
    [0] no backup
    [one] 1 backup, { $bytes }
   *[other] { $count } backups, { $bytes }
}
home-place-away = not plugged in just now
home-place-silent = does not answer now
home-place-free = { $bytes } free
home-place-next = next: { $moment }
home-place-nothing = Nothing yet
home-place-proven = Proven { $moment }
home-place-unproven = Not proven yet
home-one-place-only = One place is a good beginning. A second one, away from this computer, also helps against fire, theft and broken disks. Plug in a USB drive, or add a place in the settings.

home-pause-offer = A backup is in the way just now?
home-pause-hour = Pause for an hour
home-pause-tomorrow = Pause until tomorrow
home-paused-until = Paused until { $moment }.
home-paused-means = Until then no backup begins by itself.
home-resume = Resume

home-unread-title = { $count ->
    [one] 1 file could not be read
   *[other] { $count } files could not be read
}
home-unread-title-in = { $count ->
    [one] 1 file in { $name } could not be read
   *[other] { $count } files in { $name } could not be read
}
home-unread-means = { $count ->
    [one] It is not in the newest backup. All other files are. If an earlier backup has it, that one is kept.
   *[other] They are not in the newest backup. All other files are. If an earlier backup has them, that one is kept.
}
home-unread-do = Try to open one of them yourself. If it opens, back up again. If it does not, it may belong to somebody else, or the disk may be failing: then copy what is dear to you soon.
home-unread-list = Files that could not be read
home-unread-more = { $count ->
    [one] And 1 more.
   *[other] And { $count } more.
}

home-changes-title = Were these changes yours?
home-changes-means = Very many files were changed or deleted at once. That can be a big tidying-up, or a program that spoils files. To be safe, no old backup is tidied up until someone has looked.
home-changes-do = If you moved, renamed or deleted many files yourself, say so. If not, look closer first: your earlier backups have everything as it was.
home-changes-look = Look closer
