refused-bad-request = Keepsake did not understand this.
    .advice = Close the window and open it again. If it happens again, show the details to the one who helps.
refused-settings-wrong = Something in the settings is wrong, so Keepsake does not know what to show.
    .advice = The details name the line. Correct it in the settings.
refused-not-set-up = Nothing is protected yet.
    .advice = Choose what Keepsake should protect.
refused-busy = Keepsake is at work just now.
    .advice = Try again when it is done.
refused-nothing-there = What was asked for is not there.
    .advice = Go back and choose again.
refused-no-such-folder = The folder { $path } cannot be looked into.
    .advice = If it is on a drive, plug that in. Then try again.
refused-no-such-backup = The backup { $backup } is no longer there.
    .advice = Go back to History and choose another one.
refused-no-such-file = { $path } is not in this backup.
    .advice = Go back and choose again.
refused-needs-consent = Files would be replaced, and nobody agreed to that.
    .advice = Type the word that is asked for, or bring the files back into a folder beside.
failed-defect = Keepsake made a mistake, and could not answer.
    .advice = Your backups are as they were. Try again, and if it happens again, show the details to the one who helps.
failed-disk-full = The disk is full.
    .advice = Make room on it, then try again.
failed-known = What Keepsake knows of your backups cannot be read just now.
    .advice = Your backups are as they were. Try again in a moment.
failed-known-damaged = What Keepsake knows of your backups is damaged.
    .advice = Your backups are as they were. Back up now: Keepsake then reads them, and knows everything again.
failed-reading = Something that is needed for this cannot be read.
    .advice = Your backups are as they were. The details say what it is.

preview-nothing-chosen = Nothing is chosen, or there is nothing in it.
    .advice = Go back and choose what to bring back.
preview-no-such-file = { $path } is not in this backup.
    .advice = Go back and choose it again, or another backup.
preview-in-place-from-elsewhere = These backups are from elsewhere, so Keepsake does not put anything back in place.
    .advice = Choose a folder beside.
preview-folder-is-keepsakes = { $folder } belongs to Keepsake, and nothing else belongs there.
    .advice = Choose another folder.
preview-folder-is-protected = { $folder } is protected itself: what is brought back there becomes part of the next backup.
    .advice = If that is not wanted, choose another folder.
preview-folder-is-a-file = { $path } is a file, not a folder.
    .advice = Choose another folder.
preview-folder-not-writable = Nothing can be written to { $folder }.
    .advice = Choose another folder, or one of your own.
preview-disk-too-small = There is too little room in { $folder }: { $needed } are needed, and { $free } are free.
    .advice = Make room, choose a folder on another disk, or bring back less.
preview-would-replace = { $count ->
    [one] One other file stands in { $folder } already: { $first }. Nothing is replaced there.
   *[other] { $count } other files stand in { $folder } already, as { $first }. Nothing is replaced there.
}
    .advice = Choose an empty folder.
preview-no-folder-for = Keepsake does not know in which folder { $source } was.
    .advice = Choose a folder beside.
preview-place-missing = { $folder } is not there, nor the folder around it.
    .advice = If it is on a drive, plug that in. Or choose a folder beside.
preview-backup-is-old = This backup is { $age } old.
    .advice = What came since is not in it.
preview-backup-has-problems = { $count ->
    [one] One file could not be read when this backup was made.
   *[other] { $count } files could not be read when this backup was made.
}
    .advice = Look for them in an earlier backup.
preview-parts-are-missing = { $count ->
    [one] A part of this backup is missing.
   *[other] { $count } parts of this backup are missing.
}
    .advice = What is left comes back. What does not come back is named.
preview-needs-place = A part of this backup is only at { $places }, which cannot be reached now.
    .advice = Plug it in, or connect to it, and look again.
preview-file-damaged = { $path } is damaged in this backup.
    .advice = All else comes back. Another backup may have the file.
preview-file-damaged-other-version = { $path } is damaged in this backup. The backup of { $at } has it whole.
    .advice = All else comes back. Bring this file back from the other backup.
preview-more-files-damaged = { $count ->
    [one] One more file is damaged.
   *[other] { $count } more files are damaged.
}
    .advice = All else comes back.
