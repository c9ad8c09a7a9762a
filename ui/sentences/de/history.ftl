history-title = Verlauf
history-year = Die letzten zwölf Monate
history-plan = Zeigen
history-all-plans = Alles
history-list = { $count ->
    [one] 1 Backup
   *[other] { $count } Backups
}
history-all-days = Alle Tage zeigen
history-backups = Backups, das neueste zuerst
history-loading = Die Backups werden durchgesehen …
history-empty = Noch kein Backup.
    .advice = Jedes Backup wird hier ein farbiges Kästchen, eines für jeden Tag. Zu jedem dieser Tage führt dann ein Weg zurück.
history-empty-home = Das erste Backup machen
history-to-activity = Nachsehen, was war
calendar-hint = Auf einen Tag zeigen oder mit den Pfeiltasten durch die Tage gehen, um zu lesen, was war.
calendar-day = { $day }: { $what }
day-nothing = Kein Backup.
day-made = { $count ->
    [one] 1 Backup.
   *[other] { $count } Backups.
}
day-good = Alles in Ordnung.
day-unread = { $count ->
    [one] 1 Datei ließ sich nicht lesen.
   *[other] { $count } Dateien ließen sich nicht lesen.
}
day-damaged = { $count ->
    [one] 1 Backup ist beschädigt.
   *[other] { $count } Backups sind beschädigt.
}
day-failed = { $count ->
    [one] Ein Backup ist an diesem Tag misslungen.
   *[other] { $count } Versuche, ein Backup zu machen, sind an diesem Tag misslungen.
}
day-failed-once = { $count ->
    [one] Ein Versuch war misslungen.
   *[other] { $count } Versuche waren misslungen.
}
legend-label = Was die Farben bedeuten
legend-good = alles in Ordnung
legend-attention = einmal ansehen
legend-problem = misslungen oder beschädigt
legend-nothing = kein Backup
space-title = Platz
space-sentence = Alle Backups zusammen brauchen jetzt { $now }. Im { $day } waren es { $then }.
space-today = heute
backup-moment = { $day }, { $time }
backup-computer = von { $computer }
backup-good = Alles in Ordnung.
backup-attention = Einmal ansehen.
backup-unread = { $count ->
    [one] 1 Datei ließ sich nicht lesen.
   *[other] { $count } Dateien ließen sich nicht lesen.
}
backup-damaged = Es ist beschädigt: Nicht alles daraus lässt sich zurückholen.
backup-new-bytes = { $bytes } neu
counts-and-bytes = { $counts }, { $bytes }
backup-place-home = Dieser Computer
backup-title = Backup von { $date }
backup-older = Älter
backup-newer = Neuer
backup-siblings = Andere Backups
backup-restore = Aus diesem Backup zurückholen
backup-loading = Das Backup wird geöffnet …
backup-sources = Was darin ist
backup-source-missing = war an diesem Tag nicht da
backup-changes = Seit dem Backup davor
backup-changes-first = Das ist das erste Backup, also ist alles darin neu.
change-came = Neu
change-changed = Geändert
change-went = Weg
change-list-came = Dateien, die neu sind
change-list-changed = Dateien, die sich geändert haben
change-list-went = Dateien, die weg sind
change-none-came = Nichts ist neu.
change-none-changed = Nichts hat sich geändert.
change-none-went = Nichts ist weg.
change-went-hint = Was weg ist, ist noch im Backup davor. Eine Datei wählen, um sie zurückzuholen.
change-restore = { $name } zurückholen
backup-problems = { $count ->
    [one] 1 Problem
   *[other] { $count } Probleme
}
backup-problems-more = Gezeigt werden die ersten { $shown }.
problem-is-unreadable = Diese ließen sich nicht lesen und sind darum nicht in diesem Backup. Frühere Backups haben sie vielleicht.
problem-is-changed-while-read = Diese haben sich beim Lesen immer wieder geändert. Was gelesen wurde, ist im Backup; das nächste nimmt sie noch einmal.
problem-is-source-missing = Diese waren an diesem Tag gar nicht zu finden. Was frühere Backups davon haben, bleibt.
problem-is-damaged = Was davon aufgehoben war, ist beschädigt. Das nächste Backup nimmt sie neu auf, wenn es sie noch gibt.
problem-is-not-restored = Diese ließen sich nicht schreiben.
problem-is-not-quite-restored = Diese sind mit ihrem ganzen Inhalt zurück, nur nicht mit allen Daten und Rechten.
problem-is-other = Mit diesen stimmte etwas nicht.
backup-where = Wo es ist
backup-nowhere = Kein Ort hat alles davon.
backup-keeps = Wie lange es bleibt
keeps-day = Es ist das letzte seines Tages und bleibt darum eine Weile.
keeps-week = Es ist das letzte seiner Woche und bleibt darum einige Wochen.
keeps-month = Es ist das letzte seines Monats und bleibt darum einige Monate.
keeps-last = { $count ->
    [one] Das neueste Backup bleibt immer.
   *[other] Die neuesten { $count } Backups bleiben immer.
}
keeps-days = { $count ->
    [one] Backups bleiben 1 Tag.
   *[other] Backups bleiben { $count } Tage.
}
keeps-recent = Es ist noch recht neu und bleibt darum.
keeps-last-good = Es ist das letzte gute Backup. Das wird nie aufgeräumt.
keeps-frozen = Zurzeit wird nichts aufgeräumt, weil etwas ungewöhnlich aussieht.
keeps-no-plan = Niemand räumt es auf: Wozu es gehört, steht nicht mehr in den Einstellungen.
keeps-nothing = Nichts hält es: Beim nächsten Aufräumen geht es.
backup-proven = Geprüft: { $moment } wurde es gelesen, und alles war, wie es sein soll.
backup-not-proven = Noch nicht geprüft. Keepsake liest alle Backups von Zeit zu Zeit noch einmal.
delete-backup = Löschen …
delete-title = Dieses Backup löschen?
delete-what = Das Backup von { $date } wäre weg, mit { $counts }, wie sie damals waren. Andere Backups bleiben, wie sie sind.
delete-frees = Das gibt { $bytes } frei.
delete-frees-nothing = Das gibt keinen Platz frei, weil andere Backups noch brauchen, was darin ist.
delete-no = Behalten
delete-yes = Löschen
delete-last-good = Dieses Backup lässt sich nicht löschen.
    .advice = Es ist das letzte gute. Erst ein neues Backup machen, dann kann dieses gehen.
delete-not-allowed = Nur wer Keepsake auf diesem Computer eingerichtet hat, kann Backups löschen.
delete-runs = Wird gelöscht …
deleted = Dieses Backup ist gelöscht.
delete-failed = Es ließ sich nicht löschen.
to-history = Zum Verlauf
