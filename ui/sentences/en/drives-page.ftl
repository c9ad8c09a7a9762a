### The page of drives, and how a drive becomes the family's.

drives-lead = Copies that you can put into a drawer, or give to your sister. They help against fire, theft and broken computers.
drives-empty = No drive yet.
drives-empty-how = Plug one in, and we will ask you first. Nothing is written to it before you say so.
drives-empty-needed = Your backups need about { $bytes }. A drive of twice that size has room for years.
drives-asking = Plugged in now
drives-yours = Your drives
drives-others = Other drives that are plugged in
drives-look-only = Only the one who set Keepsake up can see and change the drives.
drives-add = Another drive? Plug it in, and we will ask you first. Your backups need about { $bytes }.

drives-color-blue = Blue
drives-color-green = Green
drives-color-red = Red
drives-color-yellow = Yellow
drives-color-orange = Orange
drives-color-purple = Purple
drives-color-white = White
drives-color-black = Black
drives-drawing-blue = Blue, with a circle
drives-drawing-green = Green, with a triangle
drives-drawing-red = Red, with a square
drives-drawing-yellow = Yellow, with a star
drives-drawing-orange = Orange, with a diamond
drives-drawing-purple = Purple, with a cross
drives-drawing-white = White, with a ring
drives-drawing-black = Black, with two bars
drives-suggested-blue = Blue drive
drives-suggested-green = Green drive
drives-suggested-red = Red drive
drives-suggested-yellow = Yellow drive
drives-suggested-orange = Orange drive
drives-suggested-purple = Purple drive
drives-suggested-white = White drive
drives-suggested-black = Black drive

drives-next = Plug this one in next
drives-next-why = It has the oldest copy.
drives-away = Not plugged in
drives-seen = Last plugged in: { $moment }
drives-last-copy = Last copy
drives-last-proven = Last proven
drives-holds = Backups
drives-never = Not yet
drives-room = Room
drives-free-of = { $free } free of { $total }
drives-room-unknown = Not known yet
drives-locked-with-sheet = Locked with your recovery sheet
drives-open-to-all = Not locked: anybody who finds it can read it
drives-stays = Stays plugged in
drives-copy-now = Copy now
drives-remove = Remove safely
drives-remove-means = You can do that at any time, also now: what is copied stays, and the rest follows when you plug it in again.
drives-prove = Prove it
drives-prove-means = Reads everything on it again, and compares. That may take an hour.
drives-change = Change…
drives-change-named = Change { $name }
drives-forget = Forget…
drives-forget-named = Forget { $name }
drives-stop-means = You can stop at any time: what is copied stays, and it goes on when you plug the drive in again.
drives-not-at-hand = Not at hand just now?
drives-snooze-days = { $days ->
    [one] Remind me tomorrow
    [7] Remind me in a week
   *[other] Remind me in { $days } days
}
drives-snoozed = All right. Keepsake says nothing of drives until then.

drives-use = Use it
drives-use-after-all = Use it after all
drives-not-this-one = Not this one
drives-never-ask = Never ask for this drive
drives-look-at-backups = Look at them
drives-look-for-backups = Look for backups on it
drives-not-looked-at = { $title } ({ $size })
    .advice = Keepsake has not looked at it yet. It only reads there, and nothing is written to it.
drives-use-for-copies = Use it for new backups
drives-use-too = { $title } ({ $size }) can also be used for new backups. What is on it stays.
drives-has-backups = There are Keepsake backups on it.
drives-have-sheet = I have a recovery sheet of an earlier computer
drives-enter-sheet = Type in a recovery sheet
drives-ignored = Drives that we never ask about
drives-ask-again = Ask again
drives-ask-again-named = Ask again about { $name }

drives-change-title = Change { $name }
drives-name = Name
drives-name-help = Write it on the drive, too: then everybody knows which one is meant.
drives-color = Colour
drives-color-help = The colour of the drive, or of a sticker that you put on it.
drives-color-taken = { $color }, as { $name }
drives-name-missing = A name is needed.
drives-name-taken = There is a { $name } already. Choose another name.
drives-leave-in = Leave it plugged in
drives-leave-in-means = Keepsake does not let go of it after copying. That is handy, but a thief, a fire or a lightning then takes it together with the computer.
drives-save = Save
drives-forget-title = Forget { $name }?
drives-forget-means = Keepsake does not copy to it any more, and does not remind you of it. What stands on it stays: you can still bring files back from it.
drives-forget-sheet = Keep your recovery sheet as long as you keep the drive: it is what opens it.
drives-forget-yes = Forget it
drives-forget-no = Keep it

adopt-title = Use { $title } for backups
adopt-lead = { $size }. What is on it already stays. Keepsake only writes into a folder of its own, called “Keepsake”.
adopt-room = A copy of everything needs about { $bytes }.
adopt-room-small = A copy of everything needs about { $bytes }, more than this drive has. It gets what fits: the newest backup first.
adopt-lock = If it is lost
adopt-locked = Locked (recommended)
    .means = If the drive is lost on a bus, nobody can read it. You need your recovery sheet to open it on another computer.
adopt-open = Not locked
    .means = Anybody who finds it can look at everything on it. You need no recovery sheet.
adopt-begin = Begin copying
adopt-gone = This drive is not plugged in any more.
adopt-gone-do = Plug it in again, and we will ask you again.
adopt-running = Copying to { $name }
adopt-running-note = The first time everything is new, so this can take an hour or more. You can go on using the computer, and even close this window. Leave the drive plugged in.
adopt-done = { $name } is one of your drives now.
adopt-done-next = From now on you only plug it in. Keepsake copies by itself, and says when it is safe to remove.
adopt-failed = That did not work yet
adopt-to-drives = To the drives
adopt-print-sheet = Print the recovery sheet
adopt-sheet-why = One thing is left to do: print the paper that opens this drive when the computer is gone.

home-drive-look = To the drives
home-drive-choose = Choose
