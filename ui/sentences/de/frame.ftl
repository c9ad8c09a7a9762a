### Der Rahmen des Fensters und Teile, die mehrere Seiten verwenden.

window-title = { $page } – Keepsake
direction = ltr
day-and-time = { $day }, { $time } Uhr
skip-to-page = Zur Seite springen
agent-lost = Keepsake läuft gerade nicht. Deshalb beginnt kein Backup von selbst.
agent-start-again = Keepsake wieder starten
look-only = Ansehen, Backups machen und pausieren geht hier. Zum Zurückholen und für Einstellungen hilft, wer Keepsake eingerichtet hat.
details = Einzelheiten für den, der hilft
try-again = Noch einmal versuchen
stop = Anhalten
close = Schließen
cancel = Abbrechen
back = Zurück
next = Weiter
loading = Einen Moment …
state-good = Gut
state-attention = Bitte ansehen
state-problem = Problem
state-busy = Arbeitet
state-not-set-up = Nicht eingerichtet

progress-starting = Vorbereiten
progress-scanning = Nachsehen, was neu ist
progress-backing-up = Backup läuft
progress-restoring = Dateien werden zurückgeholt
progress-verifying = Prüfen, was gesichert wurde
progress-importing = Backups werden gelesen
progress-copying = Kopieren
progress-stopping = Wird angehalten
progress-files = { $files ->
    [one] 1 Datei
   *[other] { $files } Dateien
}
progress-files-of = { $files } von { $total ->
    [one] 1 Datei
   *[other] { $total } Dateien
}
progress-bytes-of = { $bytes } von { $total }
progress-left = noch etwa { $range }
progress-left-unknown = Wie lange noch, ist noch nicht bekannt
progress-announced = { $phase }, { $percent } Prozent fertig
progress-problems = { $count ->
    [one] 1 Sache konnte bisher nicht gelesen werden
   *[other] { $count } Sachen konnten bisher nicht gelesen werden
}
progress-stop-note = Anhalten geht jederzeit. Nichts Halbfertiges bleibt liegen.

count-pictures = { $count ->
    [one] 1 Foto oder Video
   *[other] { $count } Fotos und Videos
}
count-files = { $count ->
    [one] 1 Datei
   *[other] { $count } Dateien
}
