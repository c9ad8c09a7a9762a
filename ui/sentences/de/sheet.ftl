### Das Rettungsblatt: es drucken und es eingeben. Was mit `paper-` beginnt, wird gedruckt.

sheet-title = Dein Rettungsblatt
sheet-why = Deine Laufwerke sind verschlossen, damit niemand lesen kann, wer eines findet. Dieser Computer öffnet sie von selbst. Aber wenn der Computer weg ist, öffnet sie nur dieses Blatt.
sheet-why-keep = Drucke es, und bewahre es auf wie Geburtsurkunden und Pässe. Nicht neben dem Laufwerk.
sheet-print-title = Drucke es
sheet-print = Drucken
sheet-print-again = Noch einmal drucken
sheet-print-private = Eine Seite. Wer sie hat, kann deine Backups lesen. Nimm also einen Drucker bei dir zu Hause.
sheet-by-hand = Kein Drucker? Abschreiben
sheet-by-hand-means = Schreibe alle 24 Wörter mit ihren Nummern ab, und darunter den Prüfcode. Niemand sollte dabei zusehen.
sheet-hide = Verbergen
sheet-check-title = Gib den Prüfcode ein, der auf dem Blatt steht
sheet-check-why = Er zeigt, dass das Blatt wirklich da ist und sich lesen lässt.
sheet-check-code = Prüfcode
sheet-check-first = Drucke zuerst das Blatt; der Code steht darauf.
sheet-check = Prüfen
sheet-check-wrong = Das ist nicht der Code deines neuesten Blattes.
    .advice = Sieh noch einmal am Ende des Blattes nach: 8 Buchstaben und Ziffern. Ist es ein altes Blatt, drucke es neu.
sheet-checked = Das Blatt stimmt.
sheet-checked-do = Lege es jetzt sicher weg: zu den Pässen, oder zu jemandem, dem du vertraust. Nicht neben das Laufwerk.
sheet-done = Zu den Laufwerken
sheet-state-not-needed = Kein Laufwerk ist verschlossen. Ein Rettungsblatt ist jetzt nicht nötig.
sheet-state-unchecked = Dein Rettungsblatt ist noch nicht gedruckt, oder sein Prüfcode fehlt noch.
sheet-state-unchecked-means = Ginge dieser Computer heute kaputt, könnte niemand deine Laufwerke öffnen.
sheet-state-checked = Du hast dein Rettungsblatt.
sheet-state-checked-means = Wenn dieser Computer einmal weg ist, öffnet es deine Laufwerke. Sieh ab und zu nach, ob es noch da liegt.
sheet-state-key-lost = Dieser Computer hat verloren, was deine Laufwerke öffnet.
sheet-state-key-lost-means = Neue Kopien entstehen weiterhin. Aber nur dein Rettungsblatt öffnet sie: Gib es hier ein, und alles ist wie vorher. Ist es auch verloren, dann mach ein neues.
sheet-open-unchecked = Das Blatt drucken
sheet-open-checked = Noch einmal drucken oder neu machen
sheet-open-key-lost = Das Blatt ist auch verloren
sheet-new = Ein neues Blatt machen …
sheet-new-title = Ein neues Rettungsblatt machen?
sheet-new-when = Tu das, wenn das Blatt verloren ist, oder wenn es jemand gesehen hat, den es nichts angeht.
sheet-new-means = Kopien von jetzt an öffnet nur das neue Blatt. Kopien, die schon auf deinen Laufwerken sind, öffnet nur das alte: Bewahre es auf, wenn du es noch hast, solange du die Kopien hast.
sheet-new-yes = Ein neues Blatt machen
sheet-new-no = So lassen
sheet-new-made = Das neue Blatt ist bereit. Drucke es jetzt.

enter-title = Gib dein Rettungsblatt ein
enter-lead = Tippe die 24 Wörter, wie sie auf dem Blatt stehen. Drücke nach jedem Wort die Leertaste.
enter-for-family = Dann kann dieser Computer deine verschlossenen Laufwerke öffnen.
enter-for-drive = Dann kann dieser Computer die Backups auf diesem Laufwerk öffnen.
enter-word = Wort { $number }
enter-words = Die 24 Wörter
enter-photo = Ein Bild des Blattes wählen …
enter-photo-title = Ein Bild deines Rettungsblattes wählen
enter-photo-means = Schneller: Fotografiere das Blatt mit dem quadratischen Muster darauf, und wähle das Bild hier aus.
enter-check = Öffnen
enter-typos = { $count ->
    [one] Ein Wort steht anders auf dem Blatt.
   *[other] { $count } Wörter stehen anders auf dem Blatt.
}
enter-typo = Wort { $number }: „{ $typed }“ ist keines der Wörter, die dort stehen können.
enter-typo-meant = Wort { $number }: „{ $typed }“. Meinst du
enter-typo-take = { $word } als Wort { $number } nehmen
enter-wrong-word = Jedes dieser Wörter könnte auf einem Blatt stehen, aber zusammen passen sie nicht.
    .advice = Eines ist ein anderes als auf dem Blatt, oder zwei sind vertauscht. Vergleiche eins nach dem anderen, mit den Nummern.
enter-wrong-count = { $count ->
    [one] Das ist ein Wort. Auf dem Blatt stehen 24.
   *[other] Das sind { $count } Wörter. Auf dem Blatt stehen 24.
}
enter-missing = { $count ->
    [one] Ein Wort fehlt.
   *[other] { $count } Wörter fehlen.
}
enter-other-family = Dieses Blatt stimmt, aber es gehört zu anderen Backups.
    .advice = Hast du mehrere? Suche das mit dem Datum und dem Computer dieser Backups.
enter-not-found = Auf diesem Bild ist kein Rettungsblatt, das sich lesen lässt.
    .advice = Mach es noch einmal: von oben, bei gutem Licht, das quadratische Muster scharf und ganz. Oder tippe die Wörter.
enter-good = Das ist das richtige Blatt.
enter-good-family = Dieser Computer kann deine verschlossenen Laufwerke wieder öffnen.
enter-good-drive = Jetzt kannst du die Backups ansehen.
enter-look = Die Backups ansehen
enter-to-drives = Zu den Laufwerken
enter-clear = Von vorn beginnen

paper-title = Rettungsblatt
paper-what = Dieses Blatt öffnet die Backups von { $computer }, die Keepsake verschlossen hat, an jedem Computer.
paper-made = Gemacht am
paper-computer = Computer
paper-keep = Bewahre es auf wie einen Pass. Wer es hat, kann deine Backups lesen; ohne es kann es niemand. Bewahre es nicht neben den Laufwerken auf.
paper-words = Die 24 Wörter
paper-qr = Dasselbe als Bild, für eine Kamera
paper-key = Dasselbe als Schlüssel, für das Programm „age“
paper-code = Prüfcode
paper-with = Was zu tun ist: mit Keepsake
paper-with-1 = Keepsake auf irgendeinem Computer installieren und öffnen.
paper-with-2 = Das Laufwerk anstecken. Auf der Seite „Laufwerke“ auf „Ansehen“ drücken.
paper-with-3 = Die 24 Wörter eingeben, oder ein Foto dieses Blattes wählen.
paper-with-4 = Wählen, was zurückgeholt wird und wohin.
paper-without = Was zu tun ist: ohne Keepsake
paper-without-1 = Jemanden fragen, der sich mit Computern auskennt. Nötig ist das Programm „age“ (age-encryption.org) und „tar“, das jeder Computer hat.
paper-without-2 = Den Schlüssel von oben in einer Zeile und ohne Leerzeichen in eine Datei namens key.txt schreiben. Ein Telefon liest ihn aus dem Bild.
paper-without-3 = Im Ordner „Keepsake“ des Laufwerks, für jede Datei von der ältesten zur neuesten:
paper-without-4 = Wenn eine Datei in Stücken da ist, mit den Endungen .001, .002 und so weiter:
paper-without-5 = key.txt danach löschen. Mehr steht auf dem Laufwerk selbst, in HIER ANFANGEN.txt.
