
preview-nothing-chosen = Nothing is chosen, or there is nothing in it.
    .advice = Go back and choose what to bring back.
preview-no-such-file = { $path } is not in this backup.
    .advice = Go back and choose it again, or another backup.
preview-no-such-files = { $count ->
    [one] One more thing is not in this backup.
   *[other] { $count } more things are not in this backup.
}
    .advice = Go back and choose again, or another backup.
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
preview-folder-silent = { $folder } does not answer now, so nothing can be brought back there.
    .advice = See that its disk or its network is there, and look again. Or choose another folder.
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
refused-no-recovery-key = There is no recovery sheet yet.
    .advice = It is made with the first drive. If you have one of an earlier computer, type it in.
refused-recovery-key-lost = This computer has lost what opens your drives. Copies are still made, and only your recovery sheet opens them.
    .advice = Type in your recovery sheet. If it is lost, too, make a new one.
refused-keyring-locked = The password store of this computer is locked, and what opens your drives is in it.
    .advice = Sign in to the computer with your password, or unlock the password store, and try again. If it cannot be unlocked any more, type in your recovery sheet.
refused-other-recovery-key = These backups are locked with another recovery key than yours.
    .advice = Enter the recovery sheet that belongs to them: another family's, or your own from before the key was changed.
refused-drive-key-damaged = What this computer knows of the key of your drives is damaged.
    .advice = Enter your recovery sheet on the page “Drives”: that makes it anew, and nothing is thrown away. If the sheet is lost, too, make a new one there.
failed-recovery-key = What opens your drives could not be read or kept.
    .advice = Try again. If it happens again, show the details to the one who helps.
refused-drive-gone = This drive is not plugged in any more.
    .advice = Plug it in again, and try once more.
refused-drive-without-backups = There are no Keepsake backups on { $title }.
    .advice = Nothing was written to it. Have you other drives? Plug them in, one after the other.
failed-drive-not-opened = This drive could not be opened.
    .advice = Nothing was written to it. Unplug it, and plug it in again. If that does not help, open it in your file manager first.
failed-drive-not-changed = The change could not be kept.
    .advice = Everything is as it was. Try it again; if that does not help, show the details to the one who helps.
