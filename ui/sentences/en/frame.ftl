### The window's frame, and parts that several pages share.

window-title = { $page } – Keepsake
direction = ltr
day-and-time = { $day } { $time }
skip-to-page = Skip to the page
agent-lost = Keepsake is not running just now, so no backup begins by itself.
agent-start-again = Start Keepsake again
look-only = You may look, back up and pause here. To restore or to change settings, ask the one who set Keepsake up.
details = Details for the one who helps
try-again = Try again
stop = Stop
close = Close
cancel = Cancel
back = Back
next = Next
loading = One moment…
state-good = Good
state-attention = Needs a look
state-problem = Problem
state-busy = At work
state-not-set-up = Not set up

progress-starting = Getting ready
progress-scanning = Looking for what is new
progress-backing-up = Backing up
progress-restoring = Bringing files back
progress-verifying = Checking what was saved
progress-importing = Reading backups
progress-copying = Copying
progress-stopping = Stopping
progress-files = { $files ->
    [one] 1 file
   *[other] { $files } files
}
progress-files-of = { $files } of { $total ->
    [one] 1 file
   *[other] { $total } files
}
progress-bytes-of = { $bytes } of { $total }
progress-left = about { $range } left
progress-left-unknown = Time left is not known yet
progress-announced = { $phase }, { $percent } percent done
progress-problems = { $count ->
    [one] 1 thing could not be read so far
   *[other] { $count } things could not be read so far
}
progress-stop-note = You can stop at any time. Nothing half-done stays behind.

count-pictures = { $count ->
    [one] 1 photo or video
   *[other] { $count } photos and videos
}
count-files = { $count ->
    [one] 1 file
   *[other] { $count } files
}
