### Die Seite der Laufwerke, und wie ein Laufwerk zur Familie kommt.

drives-lead = Kopien, die in einer Schublade liegen können oder bei deiner Schwester. Sie helfen bei Feuer, Diebstahl und kaputten Computern.
drives-empty = Noch kein Laufwerk.
drives-empty-how = Stecke eines an, und wir fragen dich zuerst. Bevor du es sagst, wird nichts darauf geschrieben.
drives-empty-needed = Deine Backups brauchen etwa { $bytes }. Ein doppelt so großes Laufwerk reicht für Jahre.
drives-asking = Gerade angesteckt
drives-yours = Deine Laufwerke
drives-others = Andere Laufwerke, die angesteckt sind
drives-look-only = Laufwerke sehen und ändern kann nur, wer Keepsake eingerichtet hat.
drives-add = Noch eines? Stecke es an, und wir fragen dich zuerst. Deine Backups brauchen etwa { $bytes }.

drives-color-blue = Blau
drives-color-green = Grün
drives-color-red = Rot
drives-color-yellow = Gelb
drives-color-orange = Orange
drives-color-purple = Lila
drives-color-white = Weiß
drives-color-black = Schwarz
drives-drawing-blue = Blau, mit einem Kreis
drives-drawing-green = Grün, mit einem Dreieck
drives-drawing-red = Rot, mit einem Quadrat
drives-drawing-yellow = Gelb, mit einem Stern
drives-drawing-orange = Orange, mit einer Raute
drives-drawing-purple = Lila, mit einem Kreuz
drives-drawing-white = Weiß, mit einem Ring
drives-drawing-black = Schwarz, mit zwei Balken
drives-suggested-blue = Blaues Laufwerk
drives-suggested-green = Grünes Laufwerk
drives-suggested-red = Rotes Laufwerk
drives-suggested-yellow = Gelbes Laufwerk
drives-suggested-orange = Oranges Laufwerk
drives-suggested-purple = Lila Laufwerk
drives-suggested-white = Weißes Laufwerk
drives-suggested-black = Schwarzes Laufwerk

drives-next = Als Nächstes dieses anstecken
drives-next-why = Es hat die älteste Kopie.
drives-away = Nicht angesteckt
drives-seen = Zuletzt angesteckt: { $moment }
drives-last-copy = Letzte Kopie
drives-last-proven = Zuletzt geprüft
drives-holds = Backups
drives-never = Noch nicht
drives-room = Platz
drives-free-of = { $free } frei von { $total }
drives-room-unknown = Noch nicht bekannt
drives-locked-with-sheet = Verschlossen mit deinem Rettungsblatt
drives-open-to-all = Nicht verschlossen: Wer es findet, kann alles lesen
drives-stays = Bleibt angesteckt
drives-copy-now = Jetzt kopieren
drives-remove = Sicher entfernen
drives-remove-means = Das geht jederzeit, auch jetzt: Was kopiert ist, bleibt, und der Rest folgt, wenn du es wieder ansteckst.
drives-prove = Prüfen
drives-prove-means = Liest alles darauf noch einmal und vergleicht. Das kann eine Stunde dauern.
drives-change = Ändern …
drives-change-named = { $name } ändern
drives-forget = Vergessen …
drives-forget-named = { $name } vergessen
drives-stop-means = Anhalten geht jederzeit: Was kopiert ist, bleibt, und es geht weiter, wenn du das Laufwerk wieder ansteckst.
drives-not-at-hand = Gerade nicht zur Hand?
drives-snooze-days = { $days ->
    [one] Morgen erinnern
    [7] In einer Woche erinnern
   *[other] In { $days } Tagen erinnern
}
drives-snoozed = Gut. Bis dahin sagt Keepsake nichts von Laufwerken.

drives-use = Verwenden
drives-use-after-all = Doch verwenden
drives-not-this-one = Dieses nicht
drives-never-ask = Nie mehr danach fragen
drives-look-at-backups = Ansehen
drives-look-for-backups = Nach Backups darauf suchen
drives-not-looked-at = { $title } ({ $size })
    .advice = Keepsake hat es noch nicht angesehen. Es liest nur, und darauf wird nichts geschrieben.
drives-use-for-copies = Für neue Backups verwenden
drives-use-too = { $title } ({ $size }) lässt sich auch für neue Backups verwenden. Was darauf ist, bleibt.
drives-has-backups = Darauf sind Keepsake-Backups.
drives-have-sheet = Ich habe ein Rettungsblatt von einem früheren Computer
drives-enter-sheet = Ein Rettungsblatt eingeben
drives-ignored = Laufwerke, nach denen wir nie fragen
drives-ask-again = Wieder fragen
drives-ask-again-named = Wieder fragen nach { $name }

drives-change-title = { $name } ändern
drives-name = Name
drives-name-help = Schreibe ihn auch auf das Laufwerk: Dann wissen alle, welches gemeint ist.
drives-color = Farbe
drives-color-help = Die Farbe des Laufwerks, oder eines Aufklebers darauf.
drives-color-taken = { $color }, wie { $name }
drives-name-missing = Ein Name fehlt.
drives-name-taken = { $name } gibt es schon. Wähle einen anderen Namen.
drives-leave-in = Angesteckt lassen
drives-leave-in-means = Keepsake lässt es nach dem Kopieren nicht los. Das ist bequem, aber ein Dieb, ein Feuer oder ein Blitz nimmt es dann zusammen mit dem Computer.
drives-save = Speichern
drives-forget-title = { $name } vergessen?
drives-forget-means = Keepsake kopiert nicht mehr darauf und erinnert nicht mehr daran. Was darauf ist, bleibt: Dateien davon zurückholen geht weiterhin.
drives-forget-sheet = Bewahre dein Rettungsblatt auf, solange du das Laufwerk hast: Nur damit lässt es sich öffnen.
drives-forget-yes = Vergessen
drives-forget-no = Behalten

adopt-title = { $title } für Backups verwenden
adopt-lead = { $size }. Was schon darauf ist, bleibt. Keepsake schreibt nur in einen eigenen Ordner, der „Keepsake“ heißt.
adopt-room = Eine Kopie von allem braucht etwa { $bytes }.
adopt-room-small = Eine Kopie von allem braucht etwa { $bytes }, mehr als auf dieses Laufwerk passt. Es bekommt, was passt: zuerst das neueste Backup.
adopt-lock = Wenn es verloren geht
adopt-locked = Verschlossen (empfohlen)
    .means = Bleibt das Laufwerk im Bus liegen, kann niemand es lesen. Um es an einem anderen Computer zu öffnen, brauchst du dein Rettungsblatt.
adopt-open = Nicht verschlossen
    .means = Wer es findet, kann alles darauf ansehen. Ein Rettungsblatt ist nicht nötig.
adopt-begin = Kopieren beginnen
adopt-gone = Dieses Laufwerk ist nicht mehr angesteckt.
adopt-gone-do = Stecke es wieder an, und wir fragen dich noch einmal.
adopt-running = Kopieren auf { $name }
adopt-running-note = Beim ersten Mal ist alles neu, das kann eine Stunde oder länger dauern. Den Computer kannst du weiter benutzen und sogar dieses Fenster schließen. Lass das Laufwerk stecken.
adopt-done = { $name } gehört jetzt zu deinen Laufwerken.
adopt-done-next = Von nun an steckst du es nur noch an. Keepsake kopiert von selbst und sagt, wann es sicher abgezogen werden kann.
adopt-failed = Das hat noch nicht geklappt
adopt-to-drives = Zu den Laufwerken
adopt-print-sheet = Das Rettungsblatt drucken
adopt-sheet-why = Eines ist noch zu tun: das Blatt drucken, das dieses Laufwerk öffnet, wenn der Computer weg ist.

home-drive-look = Zu den Laufwerken
home-drive-choose = Auswählen
