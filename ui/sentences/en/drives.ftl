### Drives that are plugged in. The agent says these; tray, notifications and window show them.

drive-asks = Use { $title } ({ $size }) for backups?
    .advice = Nothing is written to it until you say so.
drive-ignored = { $title } is left alone.
    .advice = Nothing is written to it. You can still use it for backups whenever you like.
drive-locked = { $title } is locked with a password.
    .advice = Open it in your file manager with its password. Then Keepsake looks at it again.
drive-unformatted = { $title } has not been prepared for use yet.
    .advice = Your file manager or the program “Disks” can prepare it (“Format”). That deletes everything on it, so look twice which drive it is.
drive-unknown-format = Keepsake cannot write to { $title }: it was prepared in a way that this computer does not know.
    .advice = Take another drive. Or have this one prepared anew, which deletes everything on it.
drive-read-only = Nothing can be written to { $title }.
    .advice = Many drives have a little switch on the side: slide it, and plug the drive in again. If it has none, the drive may be worn out.
drive-too-small = { $title } ({ $size }) is too small for backups: a drive needs { $least } or more.
    .advice = Take a larger one. The page “Drives” says how much room your backups need.
drive-refused-clone = This is not { $name }. It is another drive that was made to look the same.
    .advice = Nothing was written to it. Plug in the real { $name }.
drive-refused-twice = Two drives are plugged in that both say they are { $name }.
    .advice = Nothing was written to either. Unplug the one that is not { $name }.
drive-refused-marker = This drive looks like { $name }, but somebody has changed what Keepsake wrote on it.
    .advice = Nothing was written to it. If you are sure that it is yours, forget { $name } on the page “Drives”, and use the drive anew.
drive-refused-no-marker = This drive looks like { $name }, but it was emptied.
    .advice = Nothing was written to it. If you emptied it yourself, forget { $name } on the page “Drives”, and use the drive anew.
drive-refused-family = { $title } belongs to another family's Keepsake.
    .advice = Nothing is written to it. If it is your own, from another computer, type in your recovery sheet.
drive-no-key = This computer cannot use the key of your drives, so nothing is copied to { $name }.
    .advice = Enter your recovery sheet on the page “Drives”, then plug the drive in again. What is on it stays.
drive-backups-found = { $count ->
    [one] { $title } has Keepsake backups on it.
   *[other] { $title } has Keepsake backups on it, of { $count } kinds.
}
    .advice = You can look at them and bring files back. Nothing is written to the drive.
drive-waiting = { $name } is plugged in, and has its turn soon.
    .advice = Leave it plugged in. Copying begins by itself.
drive-busy = Keepsake is at work on { $name }.
    .advice = Leave it plugged in until it is safe to remove.
drive-ready = { $name } is plugged in, and stays.
    .advice = New backups are copied to it by themselves. Press “Remove safely” before you unplug it.
drive-safe = { $name } is safe to remove.
    .advice = Unplug it, and put it away. Best is a place away from this computer.
drive-unmounted = { $name } may be unplugged now.
    .advice = Its light may still be on. That does no harm: everything is written.
drive-held = { $program } is still using { $name }.
    .advice = Close { $program }, then press “Remove safely” again.
drive-held-unknown = Another program is still using { $name }.
    .advice = Close windows that show files of it, then press “Remove safely” again.
drive-failed = Copying to { $name } did not work.
    .advice = Your backups on this computer are fine. Unplug the drive, and plug it in again. If it fails once more, the drive may be worn out: take another one.
drive-full = { $name } is full.
    .advice = The last good backup on it stays. Take a larger drive, or keep backups for a shorter time in the settings.
drive-gone-early = { $name } was pulled out while copying. Nothing is lost; it goes on when you plug it in again.
    .advice = Next time wait until it is safe to remove.
drive-another-user = Somebody else who uses this computer has opened { $name }.
    .advice = Nothing was written to it. Ask them to remove it safely in their file manager. Then plug it in again.
drive-not-allowed = This computer does not let Keepsake open { $name }.
    .advice = Open the drive in your file manager first. If that does not work either, show this to the one who helps.
