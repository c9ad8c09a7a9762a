### The recovery sheet: printing it, and typing it in. What begins with `paper-` is printed.

sheet-title = Your recovery sheet
sheet-why = Your drives are locked, so that nobody who finds one can read it. This computer opens them by itself. But if the computer is gone, only this sheet opens them.
sheet-why-keep = Print it, and keep it where you keep birth certificates and passports. Not beside the drive.
sheet-print-title = Print it
sheet-print = Print
sheet-print-again = Print again
sheet-print-private = One page. Whoever has it can read your backups, so use a printer in your own home.
sheet-by-hand = No printer? Write it down
sheet-by-hand-means = Write down all 24 words with their numbers, and the check code below them. Nobody should look over your shoulder.
sheet-hide = Hide it
sheet-check-title = Type the check code that stands on the sheet
sheet-check-why = It shows that the sheet is really there, and can be read.
sheet-check-code = Check code
sheet-check-first = Print the sheet first; the code stands on it.
sheet-check = Check it
sheet-check-wrong = That is not the code of your newest sheet.
    .advice = Look again at the end of the sheet: 8 letters and digits. If the sheet is an old one, print it again.
sheet-checked = The sheet is right.
sheet-checked-do = Now put it away safely: with the passports, or with somebody you trust. Not beside the drive.
sheet-done = To the drives
sheet-state-not-needed = No drive is locked, so you need no recovery sheet now.
sheet-state-unchecked = Your recovery sheet has not been printed yet, or its check code was not typed in.
sheet-state-unchecked-means = If this computer broke today, nobody could open your drives.
sheet-state-checked = You have your recovery sheet.
sheet-state-checked-means = Whenever this computer is gone, it opens your drives. Look now and then whether it is still where you put it.
sheet-state-key-lost = This computer has lost what opens your drives.
sheet-state-key-lost-means = New copies are still made. But only your recovery sheet opens them: type it in here, and all is as before. If it is lost, too, make a new one.
sheet-open-unchecked = Print the sheet
sheet-open-checked = Print it again, or make a new one
sheet-open-key-lost = The sheet is lost, too
sheet-new = Make a new sheet…
sheet-new-title = Make a new recovery sheet?
sheet-new-when = Do this when the sheet was lost, or when somebody has seen it who should not.
sheet-new-means = Copies from now on open with the new sheet only. Copies that are on your drives already open with the old sheet only: keep it, if you have it, as long as you keep them.
sheet-new-yes = Make a new sheet
sheet-new-no = Leave it
sheet-new-made = The new sheet is ready. Print it now.

enter-title = Type in your recovery sheet
enter-lead = Type the 24 words as they stand on the sheet. After each word press the space bar.
enter-for-family = Then this computer can open your locked drives.
enter-for-drive = Then this computer can open the backups on this drive.
enter-word = Word { $number }
enter-words = The 24 words
enter-photo = Choose a picture of the sheet…
enter-photo-title = Choose a picture of your recovery sheet
enter-photo-means = Faster: take a photo of the sheet with the square pattern on it, and choose it here.
enter-check = Open
enter-typos = { $count ->
    [one] One word is spelled differently on the sheet.
   *[other] { $count } words are spelled differently on the sheet.
}
enter-typo = Word { $number }: “{ $typed }” is not one of the words that can stand there.
enter-typo-meant = Word { $number }: “{ $typed }”. Did you mean
enter-typo-take = Take { $word } as word { $number }
enter-wrong-word = Each of these words could stand on a sheet, but together they do not fit.
    .advice = One is another than on the sheet, or two changed places. Compare them one by one, with the numbers.
enter-wrong-count = { $count ->
    [one] That is one word. There are 24 on the sheet.
   *[other] Those are { $count } words. There are 24 on the sheet.
}
enter-missing = { $count ->
    [one] One word is missing.
   *[other] { $count } words are missing.
}
enter-other-family = This sheet is right, but it belongs to other backups.
    .advice = Have you more than one? Look for the one with the date and the computer of these backups.
enter-not-found = In this picture there is no recovery sheet that can be read.
    .advice = Take it again: from above, in good light, the square pattern sharp and whole. Or type the words.
enter-good = That is the right sheet.
enter-good-family = This computer can open your locked drives again.
enter-good-drive = Now you can look at the backups.
enter-look = Look at the backups
enter-to-drives = To the drives
enter-clear = Begin again

paper-title = Recovery sheet
paper-what = This sheet opens the backups of { $computer } that Keepsake has locked, on every computer.
paper-made = Made on
paper-computer = Computer
paper-keep = Keep it like a passport. Whoever has it can read your backups; without it nobody can. Do not keep it beside the drives.
paper-words = The 24 words
paper-qr = The same as a picture, for a camera
paper-key = The same as a key, for the program “age”
paper-code = Check code
paper-with = What to do: with Keepsake
paper-with-1 = Install Keepsake on any computer, and open it.
paper-with-2 = Plug in the drive. On the page “Drives” choose “Look at them”.
paper-with-3 = Type in the 24 words, or choose a photo of this sheet.
paper-with-4 = Choose what to bring back, and where to.
paper-without = What to do: without Keepsake
paper-without-1 = Ask somebody who knows computers. The program “age” is needed (age-encryption.org), and “tar”, which every computer has.
paper-without-2 = Write the key above, in one line and without spaces, into a file called key.txt. A phone reads it out of the picture.
paper-without-3 = In the folder “Keepsake” of the drive, for each file from the oldest to the newest:
paper-without-4 = If a file comes in pieces, named .001, .002 and so on:
paper-without-5 = Delete key.txt afterwards. More stands on the drive itself, in START HERE.txt.
