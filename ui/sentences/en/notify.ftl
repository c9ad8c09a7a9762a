notify-problem = Backup problem
notify-attention = Backup needs a look
notify-many-changed = Many files changed at once
notify-restore-done = Your files are back
notify-restore-problem = Not everything is back
notify-refused = That did not work
    .advice = Open Keepsake and try it there.
notify-try-again = Try again
notify-back-up-now = Back up now
notify-copy-now = Copy now
notify-check-now = Check now
notify-details = Show details
notify-changes-mine = These changes were mine
notify-look-closer = Look closer
notify-open-folder = Open folder
notify-undo = Undo
notify-drive-asks = Use { $title } ({ $size }) for backups?
notify-drive-backups = { $title } has backups on it
notify-drive-busy = Copying to { $title }
notify-drive-safe = Safe to remove: { $title }
notify-drive-copied = { $files ->
    [one] 1 file was copied, { $bytes }.
   *[other] { $files } files were copied, { $bytes }.
}
notify-drive-copied-backup = Copied: { $backup }, { $bytes }.
notify-drive-had-all = It had everything already.
notify-use-it = Use it
notify-look-at-them = Look at them
notify-not-this-one = Not this one
notify-never-ask = Never ask for this drive
notify-remove = Remove safely
notify-reminder = It's been { $age } since the last USB copy
notify-remind-tomorrow = Remind me tomorrow
notify-remind-two-weeks = Remind me in two weeks
