notify-problem = Problem mit dem Backup
notify-attention = Das Backup braucht einen Blick
notify-many-changed = Viele Dateien haben sich auf einmal geändert
notify-restore-done = Die Dateien sind zurück
notify-restore-problem = Nicht alles ist zurück
notify-refused = Das hat nicht geklappt
    .advice = Öffne Keepsake, und versuche es dort.
notify-try-again = Noch einmal versuchen
notify-back-up-now = Jetzt Backup machen
notify-copy-now = Jetzt kopieren
notify-check-now = Jetzt prüfen
notify-details = Einzelheiten zeigen
notify-changes-mine = Das war ich
notify-look-closer = Genauer ansehen
notify-open-folder = Ordner öffnen
notify-undo = Rückgängig machen
notify-drive-asks = { $title } ({ $size }) für Backups verwenden?
notify-drive-backups = Auf { $title } sind Backups
notify-drive-busy = Kopie auf { $title } läuft
notify-drive-safe = Sicher abzuziehen: { $title }
notify-drive-copied = { $files ->
    [one] Eine Datei wurde kopiert, { $bytes }.
   *[other] { $files } Dateien wurden kopiert, { $bytes }.
}
notify-drive-copied-backup = Kopiert: { $backup }, { $bytes }.
notify-drive-had-all = Es war schon alles darauf.
notify-use-it = Verwenden
notify-look-at-them = Ansehen
notify-not-this-one = Dieses nicht
notify-never-ask = Nie mehr danach fragen
notify-remove = Sicher entfernen
notify-reminder = Die letzte USB-Kopie ist { $age } alt
notify-remind-tomorrow = Morgen erinnern
notify-remind-two-weeks = In zwei Wochen erinnern
