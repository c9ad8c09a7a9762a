settings-protected = What you protect
settings-save = Save
settings-leave = Leave it as it was
settings-read-only = These settings belong to the computer's administrator. You can look at them, but not change them.
settings-file-wrong = The settings file has a mistake, so nothing can be changed here until it is put right.
settings-file-wrong-kept = Until then the last good settings hold.
settings-file-wrong-none = Until then nothing is backed up.
settings-file = All of this stands in { $file }, and may be changed there, too.
settings-nothing = Nothing is protected yet.
settings-begin = Choose what to protect

settings-add-source = Add a folder…
settings-add-source-title = Protect this folder?
settings-pick-source = Choose a folder to protect
settings-name = Its name
settings-add-yes = Add it
settings-add-no = Do not add it
settings-folder-size = { $count ->
    [one] One file, { $size }.
   *[other] { $count } files, { $size }.
}
settings-folder-size-least = { $count ->
    [one] More than one file, more than { $size }.
   *[other] More than { $count } files, more than { $size }.
}
settings-folder-unreadable = { $count ->
    [one] One thing in it cannot be read.
   *[other] { $count } things in it cannot be read.
}
settings-is-paused = Paused
settings-pause = Pause
settings-go-on = Go on
settings-pause-source = Pause { $name }
settings-go-on-source = Let { $name } go on
settings-paused-source-means = It is left out of new backups. The backups it is in stay.
settings-pause-plan = Pause all of this
settings-go-on-plan = Let it go on
settings-paused-plan-means = Paused: no backups are made of this by themselves. Those that are there stay.
settings-remove = Remove
settings-remove-source = Remove { $name }
settings-remove-source-ask = Stop protecting { $name }?
settings-remove-source-means = New backups will be without { $name }. The backups it is in now stay as long as backups are kept, and the last of them stays for good. Your files are not touched.
settings-remove-yes = Remove it
settings-remove-no = Leave it
settings-left-out = What is left out
settings-left-out-count = { $count ->
    [0] Leave out…
    [one] One thing left out
   *[other] { $count } things left out
}
settings-left-out-of = { $name }: { $what }
settings-left-out-help = One on each line: *.tmp for all files that end so, .cache/ for all folders of that name, /Old for one at the top.
settings-pattern-ending = All files that end in { $ending }
settings-pattern-folder = All folders called { $name }
settings-pattern-name = Everything called { $name }
settings-pattern-top = { $name }, at the top
settings-pattern-like = Everything like { $name }
settings-pattern-back = But not { $name }

settings-when = When
settings-time = Time
settings-weekday = Day of the week
settings-choose-hour = Every hour
settings-choose-day = Every day
settings-choose-week = Every week
settings-choose-never = Only when I ask
settings-each-hour = A backup every hour.
settings-each-day = A backup every day at { $time }.
settings-each-week = A backup every { $day } at { $time }.
settings-each-never = A backup only when you ask for one.
settings-each-other = As the settings file says ({ $text }).
settings-when-missed = If the computer is off or asleep then, it is made up for as soon as it is on again.
settings-time-missing = A time is needed.
settings-weekday-1 = Monday
settings-weekday-2 = Tuesday
settings-weekday-3 = Wednesday
settings-weekday-4 = Thursday
settings-weekday-5 = Friday
settings-weekday-6 = Saturday
settings-weekday-7 = Sunday

settings-keep = How long to keep
settings-choose-tiered = Daily, weekly, monthly
settings-choose-days = For some days
settings-choose-last = Only the newest
settings-unit-daily = days
settings-unit-weekly = weeks
settings-unit-monthly = months
settings-unit-days = days
settings-unit-last = backups
settings-number-missing = A whole number is needed.
settings-keep-last = { $count ->
    [one] The newest backup is kept.
   *[other] The newest { $count } backups are kept.
}
settings-keep-days = { $count ->
    [one] Each backup is kept for a day.
   *[other] Each backup is kept for { $count } days.
}
settings-keep-daily = { $count ->
    [one] the last day
   *[other] the last { $count } days
}
settings-keep-weekly = { $count ->
    [one] the last week
   *[other] the last { $count } weeks
}
settings-keep-monthly = { $count ->
    [one] the last month
   *[other] the last { $count } months
}
settings-keep-tiered = A backup of each of { $list } is kept.
settings-keep-safe = The last good one always stays.

settings-where = Where backups are
settings-backup-dir = This computer's backup folder
settings-move = Another folder…
settings-move-means = New backups will go there. Those in the folder until now stay where they are.
settings-pick-backup-dir = Choose a folder for backups
settings-no-places = No copies elsewhere yet. A second place saves everything when this disk dies.
settings-add-place = Add a place for copies…
settings-add-place-title = Copy backups to this place?
settings-pick-place = Choose a folder for copies
settings-remove-place = Remove { $name }
settings-remove-place-ask = Stop copying to { $name }?
settings-remove-place-means = New backups will not be copied to { $name }. What is there stays.

settings-quiet = Keeping quiet
settings-quiet-hours = No messages at certain hours
settings-quiet-from = from
settings-quiet-to = to
settings-quiet-means = Only a problem is told at once. All else waits until the hours are over.
settings-battery = On battery, wait while less than 30 % is left
settings-metered = Wait with copies over a network that costs by the byte

wrong-file = The settings file has a mistake, so nothing was changed.
    .advice = Put the line right that the details name.
wrong-meanwhile = The settings were changed meanwhile, so nothing was saved.
    .advice = Here they are as they are now: look at them, and try again.
wrong-not-saved = The settings could not be saved, and are as they were.
    .advice = See whether the disk is full, or the file may not be written.
wrong-other = This cannot be set so.
wrong-not-there = { $name } is not in the settings any more.
wrong-name-empty = A name is needed.
wrong-name-long = This name is too long: at most 100 letters, fewer with accents.
wrong-name-slash = A name cannot have a slash in it.
wrong-name-begin = A name cannot begin with a dot or a hyphen.
wrong-name-space = A name cannot begin or end with a space.
wrong-name-letters = This name has letters in it that cannot be.
wrong-name-reserved = Keepsake itself needs this name. Choose another.
wrong-name-taken = There is a { $name } already. Choose another name.
wrong-plan-name = Only the letters a to z, digits, hyphens and dots can be in this name.
wrong-nothing-chosen = Choose at least one thing to protect.
wrong-last-source = Something must be left to protect.
wrong-path-empty = A folder is needed.
wrong-path-relative = Give the whole way to the folder, from the slash on.
wrong-path-dots = Give the way to the folder without “..”.
wrong-path-long = This is longer than the name of any folder can be.
wrong-path-letters = The name of this folder has letters that the settings cannot hold. Give the folder another name.
wrong-folder = This folder cannot be chosen.
wrong-folder-missing = There is no such folder. If it is on another disk, plug that in first.
wrong-no-folder = This is not a folder.
wrong-folder-unreadable = This folder cannot be opened.
wrong-folder-silent = This folder does not answer now. See that its disk or its network is there, then try again.
wrong-folder-in-backups = Your backups are in there. Each backup would store the earlier ones again.
wrong-folder-in-place = This folder belongs to { $name }, where copies of your backups go. Choose another.
wrong-backups-around = { $name } is in there. Choose a folder that has nothing in it that you protect.
wrong-no-backup-dir = Choose a folder for the backups.
wrong-not-writable = Nothing can be written into this folder.
wrong-place-missing = There is no such folder. If it is on another disk, plug that in first.
wrong-place-same = Backups go into this folder already. A copy belongs on another disk.
wrong-place-own = Keepsake keeps its own notes in this folder. Choose another.
wrong-time = This is no time of day.
wrong-schedule = Keepsake does not understand when that would be.
wrong-keep-nothing = At least one backup must be kept.
wrong-keep-many = At most { $most } can be kept.
wrong-pattern = { $pattern } would leave out nothing, or cannot be understood.
wrong-hours = Give two different times.
