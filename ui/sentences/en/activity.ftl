activity-backup-made = { $files ->
    [0] Backup of { $plan }: nothing was new.
    [one] Backup of { $plan }: one new file, { $bytes }.
   *[other] Backup of { $plan }: { $files } new files, { $bytes }.
}
activity-backup-made-before = Backup of { $plan }. It has been tidied up since.
activity-backup-with-problems = { $problems ->
    [one] Backup of { $plan }, with one problem.
   *[other] Backup of { $plan }, with { $problems } problems.
}
activity-backup-with-problems-before = Backup of { $plan }, but not of all of it. It has been tidied up since.
activity-backup-failed = The backup of { $plan } failed. What was safe before is not lost.
activity-backup-stopped = The backup of { $plan } was stopped. The next one makes up for it.
activity-copied = { $bytes } were copied to { $place }.
activity-check-good = Everything that is stored was read and compared: it is good.
activity-check-share-good = A share of what is stored was read and compared: it is good.
activity-check-quick-good = A quick look at what is stored found nothing wrong.
activity-check-damaged = A check found something damaged.
activity-restored = { $sources } was put back in place, from the backup of { $from }.
activity-restore-undone = Putting back { $sources } from the backup of { $from } was undone.
activity-began-all-paused = Everything was paused: nothing was being backed up.
activity-over-all-paused = Not everything is paused any more.
activity-began-never-backed-up = There was no backup of { $thing } yet.
activity-over-never-backed-up = { $thing } has a backup now.
activity-began-incomplete = Parts of the newest backup of { $plan } were missing.
activity-over-incomplete = The newest backup of { $plan } is whole again.
activity-began-nothing-in-it = { $thing } had nothing in it.
activity-over-nothing-in-it = { $thing } has something in it now.
activity-began-overdue = The newest backup of { $thing } became too old.
activity-over-overdue = { $thing } has a fresh backup again.
activity-began-clock-wrong = The newest backup of { $thing } was from the future: the clock was wrong.
activity-over-clock-wrong = The clock is right again.
activity-began-run-failed = The backup of { $plan } failed.
activity-over-run-failed = The backup of { $plan } succeeds again.
activity-began-run-with-problems = The backup of { $plan } had problems.
activity-over-run-with-problems = The backup of { $plan } has no problems any more.
activity-began-unread = Files of { $thing } could not be read.
activity-over-unread = All files of { $thing } can be read again.
activity-began-source-unknown = { $thing } could not be found.
activity-over-source-unknown = { $thing } is back.
activity-began-unusual-size = { $thing } was far larger or smaller than usual.
activity-over-unusual-size = { $thing } is as large as usual again.
activity-began-many-changed = Many files of { $plan } changed or vanished at once.
activity-over-many-changed = The many changes of { $plan } were looked at.
activity-began-disk-filling-up = The disk with your backups began to fill up.
activity-over-disk-filling-up = The disk with your backups has enough room again.
activity-began-damaged = Something that is stored was found damaged.
activity-over-damaged = Nothing that is stored is damaged any more.
activity-began-check-failed = The backups could not be checked.
activity-over-check-failed = The backups can be checked again.
activity-began-unchecked = The backups had not been checked for long.
activity-over-unchecked = The backups are checked again.
activity-began-copy-old = The copy at { $thing } became old, or was missing.
activity-over-copy-old = The copy at { $thing } is fresh again.
activity-began-drive-old = The newest USB copy became old.
activity-over-drive-old = There is a fresh USB copy again.
activity-began-drive-empty = There was no copy on { $thing } yet.
activity-over-drive-empty = { $thing } has its first copy.
activity-began-sheet-unchecked = The recovery sheet was not checked yet.
activity-over-sheet-unchecked = The recovery sheet was checked.
activity-began-key-lost = This computer could no longer open the locked copies.
activity-over-key-lost = This computer can open the locked copies again.
activity-began-nothing-protected = Nothing was protected.
activity-over-nothing-protected = Something is protected now.
