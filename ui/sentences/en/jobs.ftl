job-doing-backup = Backing up { $about }
job-doing-backup-all = Backing up
job-doing-copy = Copying to { $about }
job-doing-copy-all = Copying
job-doing-check = Checking { $about }
job-doing-check-all = Checking all backups
job-doing-restore = Bringing files back from { $about }
job-doing-restore-all = Bringing files back
job-doing-undo = Taking back { $about }
job-doing-undo-all = Taking back what was brought back
job-doing-tidy-up = Tidying up { $about }
job-doing-tidy-up-all = Tidying up
job-doing-import = Reading the backups in { $about }
job-doing-import-all = Reading backups
job-doing-adopt-drive = Making the first copy on { $about }
job-doing-adopt-drive-all = Making the first copy on a drive
job-doing-eject-drive = Making { $about } safe to remove
job-doing-eject-drive-all = Making a drive safe to remove
job-doing-forget-drive = Forgetting { $about }
job-doing-forget-drive-all = Forgetting a drive
job-stopping = Stopping
job-line = { $job }.
job-line-left = { $job }, about { $left } left.
job-line-part = { $job }, { $percent } % done.
job-backup-good = The backup is done. { $bytes } are new.
job-backup-with-problems = { $problems ->
    [one] The backup is done, but 1 thing went wrong.
   *[other] The backup is done, but { $problems } things went wrong.
}
    .advice = The details name each thing.
job-backup-failed = The backup failed. Nothing that was backed up before is lost.
    .advice = Try it again. If it fails again, the details say what to look at.
job-backup-stopped = The backup was stopped. Nothing is lost; the next one does it all.
job-copy-good = The copy is done.
job-copy-with-problems = Not everything could be copied.
    .advice = The details name each thing.
job-copy-failed = Copying failed. The backups on this computer are as they were.
    .advice = See that the place is plugged in or can be reached, then copy again.
job-copy-stopped = Copying was stopped. What is there already stays.
job-check-good = The backups were checked: all is well.
job-check-with-problems = { $problems ->
    [one] The backups were checked: 1 thing is damaged.
   *[other] The backups were checked: { $problems } things are damaged.
}
    .advice = Back up now: what is still on this computer is stored anew.
job-check-failed = The backups could not be checked.
    .advice = See whether the disk with your backups is there and can be read, then check again.
job-check-drive-good = Everything on { $about } was read and compared: all is well.
job-check-drive-with-problems = { $problems ->
    [one] Everything on { $about } was read and compared: 1 thing is damaged.
   *[other] Everything on { $about } was read and compared: { $problems } things are damaged.
}
    .advice = Copy to it once more: what is damaged is copied anew. If that happens again, the drive may be worn out: take another one.
job-check-drive-failed = What is on { $about } could not be checked.
    .advice = See that it is plugged in, then try it again. The backups on this computer are as they were.
job-check-drive-stopped = Checking { $about } was stopped.
job-check-stopped = The check was stopped.
job-restore-good = { $files ->
    [one] 1 file is back.
   *[other] { $files } files are back.
}
job-restore-with-problems = { $files ->
    [one] 1 file is back, but not everything could be brought back.
   *[other] { $files } files are back, but not everything could be brought back.
}
    .advice = The details name each thing.
job-restore-failed = The files could not be brought back. Files that are there are whole.
    .advice = Try it again. If it fails again, the details say what to look at.
job-restore-look-again = The settings have changed since you looked, so nothing was touched.
    .advice = Look again at what would happen, and where.
job-restore-stopped = Bringing back was stopped. Files that are back are whole.
job-undo-good = All is as it was before.
job-undo-with-problems = Not everything could be put back as it was before.
    .advice = The details name each thing.
job-undo-failed = It could not be taken back.
    .advice = Try it again. If it fails again, the details say what to look at.
job-undo-stopped = Taking back was stopped. It can be continued.
job-tidy-up-good = Tidied up.
job-tidy-up-with-problems = Not everything could be tidied up.
    .advice = The details name each thing.
job-tidy-up-failed = Tidying up failed. All backups are still there.
    .advice = Try it again. If it fails again, the details say what to look at.
job-tidy-up-stopped = Tidying up was stopped.
job-import-good = The backups in that folder are known now.
job-import-with-problems = Some of the backups in that folder could not be read.
    .advice = The details name each thing.
job-import-failed = The backups in that folder could not be read.
    .advice = Is it the right folder? Is its disk plugged in?
job-import-stopped = Reading the backups was stopped.
job-adopt-drive-good = The drive is one of yours now, and has its first copy.
job-adopt-drive-with-problems = The drive is one of yours now, but not everything could be copied.
    .advice = The details name each thing. Copying goes on the next time.
job-adopt-drive-failed = The drive could not be taken into use. What was on it is as it was.
    .advice = Unplug it, plug it in again, and try once more. If it fails again, take another drive.
job-adopt-drive-stopped = Copying to the new drive was stopped. What is copied stays, and it goes on the next time.
job-eject-drive-good = The drive is safe to remove.
job-eject-drive-with-problems = The drive may be unplugged, but not everything went as it should.
    .advice = The details name each thing.
job-eject-drive-failed = The drive is still in use, so it is not safe to remove yet.
    .advice = Close windows and programs that show files of it, then try again.
job-eject-drive-stopped = The drive was not let go of. Leave it plugged in, or try again.
job-forget-drive-good = The drive is forgotten. What stands on it stays.
job-forget-drive-with-problems = The drive is forgotten, but not everything went as it should.
    .advice = The details name each thing.
job-forget-drive-failed = The drive could not be forgotten. All is as it was.
    .advice = Try it again. If it fails again, the details say what to look at.
job-forget-drive-stopped = The drive was not forgotten. All is as it was.
