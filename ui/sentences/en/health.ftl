verdict-good = Everything is safe.
verdict-good-paused = Everything that is not paused is safe. Paused: { $names }.
verdict-busy = Keepsake is at work.
verdict-more = { $count ->
    [one] One more thing needs a look.
   *[other] { $count } more things need a look.
}

health-nothing-protected = Nothing is protected yet.
    .advice = Choose what Keepsake should protect.
health-all-paused = Everything is paused: nothing is being backed up.
    .advice = The backups that are there stay. Let what you need go on in the settings.
health-never-backed-up = There is no backup of { $name } yet.
    .advice = Back up now. If this comes again, the computer may be off or asleep at the planned times.
health-never-backed-up-by-hand = There is no backup of { $name } yet.
    .advice = Back up now.
health-never-backed-up-paused = { $name } is paused, and there is no backup of it yet.
    .advice = Let it go on in the settings, and back up now.
health-incomplete = { $count ->
    [one] The newest backup of { $plan } lacks one of its parts.
   *[other] The newest backup of { $plan } lacks { $count } of its parts.
}
    .advice = Back up now. Then look for the missing files, and put them back into the backup folder.
health-incomplete-some = The newest backup of { $plan } lacks some of its parts.
    .advice = Back up now. Then look for the missing files, and put them back into the backup folder.
health-nothing-in-it = { $name } has nothing in it yet.
    .advice = Is it the right folder? Is its disk plugged in?
health-overdue = The newest backup of { $name } is { $age } old.
    .advice = Back up now. If this comes again, the computer may be off or asleep at the planned times.
health-overdue-by-hand = The newest backup of { $name } is { $age } old.
    .advice = Back up now.
health-overdue-paused = { $name } is paused, and its newest backup is { $age } old.
    .advice = Let it go on in the settings, and back up now.
health-clock-wrong = The newest backup of { $name } is from the future: the clock is or was wrong.
    .advice = Check the date and time of this computer. If they are right now, this passes by itself.
health-clock-wrong-far = The newest backup of { $name } is from the future: the clock is or was wrong.
    .advice = Check the date and time of this computer. If they are right now, give the plan another name in the settings: it then begins anew, and its backups until now stay.
health-run-failed = The backup of { $plan } failed ({ $moment }).
    .advice = Try it again. If it fails again, the details say what to look at.
health-run-failed-kept = The backup of { $plan } failed ({ $moment }). Your earlier backups are fine.
    .advice = Try it again. If it fails again, the details say what to look at.
health-run-failed-disk-full = The backup of { $plan } failed ({ $moment }): the disk is full.
    .advice = Make room on the disk with your backups, or keep backups for a shorter time. Then try again.
health-run-failed-disk-full-kept = The backup of { $plan } failed ({ $moment }): the disk is full. Your earlier backups are fine.
    .advice = Make room on the disk with your backups, or keep backups for a shorter time. Then try again.
health-run-with-problems = The backup of { $plan } had problems ({ $moment }).
    .advice = Back up again. What is still wrong is then named.
health-unread = { $count ->
    [one] 1 file in { $name } could not be read: { $names }.
   *[other] { $count } files in { $name } could not be read: { $names }.
}
    .advice = See whether you can open them yourself. Leave out what you do not need.
health-unread-more = { $count ->
    [one] 1 file in { $name } could not be read: { $names } and { $more } more.
   *[other] { $count } files in { $name } could not be read: { $names } and { $more } more.
}
    .advice = See whether you can open them yourself. Leave out what you do not need.
health-unread-unnamed = { $count ->
    [one] 1 file in { $name } could not be read. The list of that backup names it.
   *[other] { $count } files in { $name } could not be read. The list of that backup names them.
}
    .advice = See whether you can open them yourself. Leave out what you do not need.
health-source-unknown = { $name } could not be found since { $since }.
    .advice = If it is on another disk, plug that in. If it moved, change its place in the settings.
health-source-unknown-kept = { $name } could not be found since { $since }. Its earlier backups are kept.
    .advice = If it is on another disk, plug that in. If it moved, change its place in the settings.
health-unusual-size-larger = { $name } is much larger than usual: { $now } instead of { $usual }.
    .advice = If you did not do this yourself, look at it before older backups are tidied up.
health-unusual-size-smaller = { $name } is much smaller than usual: { $now } instead of { $usual }.
    .advice = If you did not do this yourself, look at it before older backups are tidied up.
health-unusual-size-new = Much more than usual has changed in { $name }: { $now }, usually { $usual }.
    .advice = If you did not do this yourself, look at it before older backups are tidied up.
health-many-changed = { $gone } of { $files } files in { $plan } changed or vanished at once ({ $moment }). Until someone says that this is right, all old backups are kept.
    .advice = Look whether your files are as they should be. If something has spoilt them, bring back an older backup. If the changes were yours, say so.
health-disk-filling-up = The disk with your backups is filling up: { $free } free of { $total }.
    .advice = Make room on it, or keep backups for a shorter time.
health-damaged = { $count ->
    [one] 1 thing is damaged in your backups: { $names }.
   *[other] { $count } things are damaged in your backups: { $names }.
}
    .advice = Back up now: what is still on this computer is stored anew. Then check the disk with your backups.
health-damaged-more = { $count ->
    [one] 1 thing is damaged in your backups: { $names } and { $more } more.
   *[other] { $count } things are damaged in your backups: { $names } and { $more } more.
}
    .advice = Back up now: what is still on this computer is stored anew. Then check the disk with your backups.
health-damaged-copied = { $count ->
    [one] 1 thing is damaged in your backups: { $names }.
   *[other] { $count } things are damaged in your backups: { $names }.
}
    .advice = { $place } should have good copies: see that it is plugged in or can be reached, and copy; what is damaged is mended from there. Then check the disk with your backups.
health-damaged-copied-more = { $count ->
    [one] 1 thing is damaged in your backups: { $names } and { $more } more.
   *[other] { $count } things are damaged in your backups: { $names } and { $more } more.
}
    .advice = { $place } should have good copies: see that it is plugged in or can be reached, and copy; what is damaged is mended from there. Then check the disk with your backups.
health-check-failed = Your backups could not be checked.
    .advice = See whether the disk with your backups is there and can be read, then check again.
health-unchecked = Some backups have not been checked for { $age }.
    .advice = Let Keepsake check all backups.
health-copy-old = The copy at { $place } is { $age } old.
    .advice = See that { $place } is plugged in or can be reached, then copy again.
health-copy-old-none = There is no copy at { $place } yet.
    .advice = See that { $place } is plugged in or can be reached, then copy.
health-drive-old = It's been { $age } since the last USB copy.
    .advice = Plug in { $name }.
health-drive-old-sized = It's been { $age } since the last USB copy.
    .advice = Plug in { $name }: { $bytes } are to be copied.
health-drive-old-single = Safe here, but { $name } is { $age } old.
    .advice = Plug it in.
health-drive-old-single-sized = Safe here, but { $name } is { $age } old.
    .advice = Plug it in: { $bytes } are to be copied.
health-drive-old-snoozed = It's been { $age } since the last USB copy.
    .advice = Plug in { $name } when it is at hand. You will be reminded from { $until }.
health-drive-old-here = It's been { $age } since the last USB copy, and { $name } is plugged in.
    .advice = Copy now.
health-drive-empty = There is no copy on { $name } yet.
    .advice = Plug it in.
health-drive-empty-snoozed = There is no copy on { $name } yet.
    .advice = Plug it in when it is at hand. You will be reminded from { $until }.
health-drive-empty-here = There is no copy on { $name } yet, and it is plugged in.
    .advice = Copy now.
health-sheet-unchecked = Your recovery sheet is not checked yet.
    .advice = Print it, and type in the check code that stands on it. Without the sheet nobody can open your locked copies on another computer.
health-key-lost = This computer can no longer open your locked copies. They are still made.
    .advice = Enter your recovery sheet on the page of drives. If the sheet is lost, too, make a new one there: copies from then on need only that.
health-family-lost = This computer has lost the key of your drives. Nothing is copied to them until you enter it.
    .advice = Enter your recovery sheet on the page of drives. If the sheet is lost, too, make a new one there. What is on the drives stays.

status-good = Everything is safe.
status-looking = Keepsake is looking at how things stand.
status-busy-backup = A backup is being made.
status-busy-copy = A copy is being made.
status-busy-check = Backups are being checked.
status-busy-restore = Files are being brought back.
status-busy-undo = A restore is being taken back.
status-busy-tidy-up = Old backups are being tidied up.
status-busy-import = Backups are being read.
status-busy-adopt-drive = A new drive gets its first copy.
status-busy-eject-drive = A drive is being made safe to remove.
status-busy-forget-drive = A drive is being forgotten.
health-settings-wrong = The settings are not right. Backups go on as they were set before.
    .advice = Look at the settings: what is wrong is named there.
health-settings-wrong-nothing = The settings are not right: nothing is being backed up.
    .advice = Look at the settings: what is wrong is named there.
health-settings-gone = The settings are gone: nothing is being backed up.
    .advice = Put the settings file back, or set up again. The backups that are there stay.
health-settings-empty = The settings are empty: nothing is being backed up.
    .advice = Put the settings file back as it was, or set up again. The backups that are there stay.
