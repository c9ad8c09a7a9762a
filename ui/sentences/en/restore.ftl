restore-when-title = As it was on which day?
restore-what-title = What would you like back?
restore-where-title = Where should it go?
restore-check-title = This is what would happen
restore-run-title = Bringing it back…
restore-done-title = Done
restore-ended-title = Not finished
restore-undos-title = Restores you can take back
restore-begin = { $count ->
    [0] Bring it back
    [one] Bring back 1 file
   *[other] Bring back { $count } files
}
restore-begin-unknown = Bring it back
restore-empty = Nothing to bring back yet.
    .advice = As soon as there is a backup, you can go back to its day here. If you have backups from another computer, or on a disk, look there.
restore-not-allowed = You may look around here. Bringing something back is for the person who set up Keepsake on this computer.
trail-label = Your answers so far
when-calendar = Days with a backup
what-everything = Everything in this backup
what-whole-folder = This whole folder
what-things = { $count ->
    [one] 1 thing
   *[other] { $count } things
}
what-things-label = Files and folders
what-missing = Choose something first: everything, a folder or a file.
what-as-list = Show as a list
what-as-pictures = Show pictures
what-empty-folder = This folder is empty.
search-label = Look for a name in the whole backup
search-hint = Look for a name…
search-looking = Looking…
search-found = { $count ->
    [0] Nothing found.
    [one] 1 found in the whole backup.
   *[other] { $count } found in the whole backup.
}
search-more = The first { $count } are shown. More letters find it sooner.
search-nothing = Nothing in this backup has this name. Another day may have it, or fewer letters find it.
crumbs-label = Folder
crumb-all = All
chosen-everything = Everything is chosen.
chosen-nothing = Nothing is chosen yet.
chosen-count = { $count ->
    [one] 1 thing chosen.
   *[other] { $count } things chosen.
}
chosen-count-bytes = { $count ->
    [one] 1 thing chosen, { $bytes }.
   *[other] { $count } things chosen, { $bytes } besides folders.
}
chosen-clear = Choose nothing
chosen-full = More cannot be chosen one by one. Choose a folder instead.
item-folder = folder
item-choose = { $name }, { $facts }
item-inside = { $name }, comes along with what is chosen
item-open = Open { $name }
item-open-short = Open
item-versions = All versions
item-versions-of = All versions of { $name }
versions-title = All versions of { $name }
versions-legend = Which version?
versions-loading = Looking through all backups…
versions-none = No backup has it.
versions-take = Take this version
version-changed = Changed { $moment }
version-in = in the backups from { $first } to { $last }
version-in-one = in the backup of { $moment }
version-current = The same as the one on this computer now.
version-damaged = Damaged: it cannot be brought back from here.
where-beside = In a folder of its own
where-beside-what = Nothing that is there now is touched. You can look through it in peace.
where-in-place = Back where it was
where-in-place-what = What is different there now is replaced. That can be taken back for 30 days.
where-in-place-unknown = Where these things were is not known on this computer, so they can only go into a folder of their own.
where-pick = Choose another folder…
where-pick-title = The folder to bring it back to
where-suggested = Take the suggested one
check-looking = Looking at what is there now. Nothing is written yet…
check-new = New
    .beside = not there yet
    .inplace = not there any more, comes back
check-changed = Changed
    .beside = there with another content, would be replaced
    .inplace = there with another content, is replaced
check-same = Same
    .beside = there already, left as it is
    .inplace = there already, left as it is
check-newer = Newer than the backup
    .beside = of those changed, what was worked on after this backup
    .inplace = of those changed, what was worked on after this backup: that work would be put aside
check-place = Where it goes
check-as-of = Everything as it was { $moment }.
check-free = { $bytes } are free there.
check-nothing = All of it is there already, just as it was. Nothing needs to be brought back.
check-undo = What is replaced is put aside for 30 days. Until then one button takes it all back.
check-confirm = To go on, type the word { $word }.
confirm-word = RESTORE
check-confirm-wrong = That is not quite the word. Type { $word }, in capital letters. Nothing has been touched.
run-stop-what = If you stop, what is back by then stays. Each file is there whole or not at all.
run-lost = The connection was lost while it was bringing things back.
    .advice = Nothing is broken: each file is there whole or not at all. Begin once more, what is back already is not written again.
done-good = Everything is back.
done-with-problems = Nearly everything is back.
done-failed = It could not be brought back.
done-stopped = Stopped.
done-stopped-what = What is back by now is whole. The rest is still in the backup.
done-files = { $count ->
    [one] 1 file, { $bytes }.
   *[other] { $count } files, { $bytes }.
}
done-place = Where it is:
done-open = Open folder
done-undo = Take it back…
done-undo-what = You can take this back for 30 days, here or on the first page of Restore.
done-anew = Bring back something else
done-problems = { $count ->
    [one] 1 file did not come back as it was
   *[other] { $count } files did not come back as they were
}
undo-title = Take this restore back?
undo-what = All that it replaced comes back, and what it brought goes. Files you have changed since then are not touched.
undo-no = Leave it as it is
undo-yes = Take it back
undo-runs = Taking it back…
undo-failed = It could not be taken back.
undone = Taken back. Everything is as it was before.
undos-link = { $count ->
    [one] 1 restore that you can take back
   *[other] { $count } restores that you can take back
}
undos-what = When things went back where they were, what they replaced is kept for 30 days.
undos-empty = There is nothing to take back.
undos-at = { $count ->
    [one] { $moment }: 1 file
   *[other] { $moment }: { $count } files
}
undos-until = From the backup of { $backup }. Until { $day }.
undos-take-back = Take it back…
preview-obstacle = Something stands in the way, so nothing can be brought back there.
    .advice = Choose another folder, or show this to the one who helps.
preview-warning = Something about this backup is not as it should be.

# The folder, in the home folder, that things are brought back to. It is the name of a folder: no strokes.
restore-folder = Restored
