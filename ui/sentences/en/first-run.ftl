### The first run, and a new computer.

first-run-step = Step { $number } of 3
first-run-what-title = What should Keepsake protect?
first-run-where-title = Where should the backups go?
first-run-when-title = When, and for how long?
first-run-running-title = Your first backup
first-run-failed-title = Your first backup is not done yet
first-run-done-title = Your first backup is done.
first-run-not-yours = Somebody else looks after this
first-run-plan-name = family

first-run-what-lead = Think of what nobody could bring back: photos, letters, the papers for the tax.
first-run-looking = Looking at your folders…
first-run-size-unknown = Large; not counted yet
first-run-empty = Empty
first-run-at-least = at least { $size }
first-run-measuring = Counting…
first-run-unreadable = { $count ->
    [one] 1 thing in it cannot be read. It may belong to somebody else.
   *[other] { $count } things in it cannot be read. They may belong to somebody else.
}
first-run-inside = It is inside { $name }, which is protected already. Both would hold it.
first-run-nothing-chosen = Nothing is chosen yet.
first-run-together = Together: { $size }
first-run-add-folder = Add a folder…
first-run-pick-source = Choose a folder to protect
first-run-have-backup-ask = New computer?
first-run-have-backup = I have a Keepsake backup already
first-run-missing-what = Choose at least one thing to protect.
first-run-missing-measure = One moment: a folder is still being counted.

first-run-where-lead = Best is a disk of its own, such as a USB drive: it still has everything when this computer breaks.
first-run-looking-disks = Looking for disks…
first-run-no-disk = No disk was found. Plug one in and look again, or choose a folder.
first-run-disk = Disk of this computer
first-run-disk-removable = USB drive
first-run-free = { $free } free of { $total }
first-run-free-unknown = Free space is not known
first-run-too-small = Too small: what you chose needs about { $bytes }.
first-run-same-disk = This is the same disk as your files. It helps when a file is deleted by mistake, but not when the disk breaks: then both are gone.
first-run-existing = { $count ->
    [one] 1 Keepsake backup is here already. It stays as it is; nothing is overwritten.
   *[other] { $count } Keepsake backups are here already. They stay as they are; nothing is overwritten.
}
first-run-add-place = Choose another folder…
first-run-pick-place = Choose a folder for the backups
first-run-look-again = Look again
first-run-plug-in = You can plug in a drive now, and then look again.
first-run-missing-where = Choose a place for the backups.
first-run-missing-room = What you chose does not fit there. Choose another place, or go back and choose less.

first-run-when = When?
first-run-each-hour = Every hour
first-run-each-day = Every day
first-run-each-week = Every week
first-run-weekday = on
first-run-at = at
first-run-catch-up = If the computer is off then, Keepsake catches up as soon as it is on again.
first-run-keep = For how long?
first-run-keep-tiered = For a year (recommended)
    .means = One backup of each of the last 7 days, 4 weeks and 12 months.
first-run-keep-long = For three years
    .means = One backup of each of the last 14 days, 8 weeks and 36 months.
first-run-keep-days = For 30 days
    .means = All backups of the last 30 days.
first-run-keep-last = The last 7 only
    .means = Takes the least space, and goes back the least.
first-run-space = How much space that needs
first-run-space-now = Your first backup takes about { $bytes }, often less.
first-run-space-now-least = Your first backup takes at least { $bytes }; not everything has been counted.
first-run-space-year = After that only what is new is added. Our estimate for a year from now: about { $bytes }, if you add as much as most families do.
first-run-space-tight = There are { $free } free, so it may get tight within a year. Keepsake tells you in good time.
first-run-summary = { $names } will be kept in “{ $place }”, { $times }.
first-run-begin = Begin the first backup
times-hour = every hour
times-day = every day at { $time }
times-week = every { $weekday } at { $time }
times-never = only when you say so

first-run-running-note = You can go on using the computer, and even close this window. The backup goes on.
first-run-kept = Your choices are kept. You can try again, or change something.
first-run-change = Change something

first-run-done-what = { $files ->
    [one] 1 file ({ $bytes }) now has
   *[other] { $files } files ({ $bytes }) now have
} a safe copy in “{ $place }”.
first-run-done-unread = { $count ->
    [one] 1 file could not be read. Home shows which, and what to do.
   *[other] { $count } files could not be read. Home shows which, and what to do.
}
first-run-by-itself = What now happens by itself
first-run-by-itself-times = Keepsake backs up { $times }. Only what is new is read, mostly in seconds.
first-run-by-itself-old = Old backups are tidied up as you chose. The last good one is never deleted.
first-run-by-itself-tray = The little box beside the clock is green while everything is safe.
first-run-by-itself-told = If something needs you, Keepsake says so, and says what to do.
first-run-done-same-disk = One thing is left to you: a second disk. As long as everything is on one disk, a broken disk takes both. You can add a place in the settings.
first-run-try-restore = Would you like to see that it works? Bring back a single file, into a folder beside. It changes nothing of yours.
first-run-try-restore-button = Try it out
first-run-done-button = To Home

new-computer-title = I have a Keepsake backup already
new-computer-lead = A new computer, or an old disk found again: choose where the backups are, and bring back what you like.
new-computer-read-only = Keepsake only reads there. Nothing is written, changed or deleted.
new-computer-found-places = Backups were found here
new-computer-has = { $count ->
    [one] 1 backup
   *[other] { $count } backups
}
new-computer-pick = Choose a folder or disk…
new-computer-pick-title = Choose the folder with your backups
new-computer-looking = Looking…
new-computer-there = This is what is there
new-computer-empty = There is no Keepsake backup in this folder.
    .advice = Look for the folder whose files have names such as family_20260303_020500.tar.gz. On a USB drive it is often called Keepsake or Backups.
new-computer-of = Backups of “{ $plan }”
new-computer-of-computer = Backups of “{ $plan }” from the computer { $computer }
new-computer-count = { $count ->
    [one] 1 backup.
   *[other] { $count } backups, the oldest of { $oldest }.
}
new-computer-newest = The newest good one is of { $day }.
new-computer-damaged = { $count ->
    [one] 1 backup is damaged or not whole. The others are good.
   *[other] { $count } backups are damaged or not whole. The others are good.
}
new-computer-all-damaged = None of these backups is whole: parts are damaged or missing. Look for the rest on your other disks first. What is still good can be brought back; the next pages say which files are not.
new-computer-restore = Bring files back
new-computer-restore-anyway = See what is still good
new-computer-set-up = Set up backups of this computer
