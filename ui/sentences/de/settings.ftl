settings-protected = Was geschützt wird
settings-save = Speichern
settings-leave = So lassen, wie es war
settings-read-only = Diese Einstellungen gehören dem Verwalter des Computers. Sie lassen sich ansehen, aber nicht ändern.
settings-file-wrong = In der Datei mit den Einstellungen ist ein Fehler. Bis er behoben ist, lässt sich hier nichts ändern.
settings-file-wrong-kept = Bis dahin gelten die letzten richtigen Einstellungen.
settings-file-wrong-none = Bis dahin wird nichts gesichert.
settings-file = All das steht in { $file } und darf auch dort geändert werden.
settings-nothing = Noch ist nichts geschützt.
settings-begin = Auswählen, was geschützt wird

settings-add-source = Ordner hinzufügen …
settings-add-source-title = Diesen Ordner schützen?
settings-pick-source = Welcher Ordner soll geschützt werden?
settings-name = Sein Name
settings-add-yes = Hinzufügen
settings-add-no = Nicht hinzufügen
settings-folder-size = { $count ->
    [one] Eine Datei, { $size }.
   *[other] { $count } Dateien, { $size }.
}
settings-folder-size-least = { $count ->
    [one] Mehr als eine Datei, mehr als { $size }.
   *[other] Mehr als { $count } Dateien, mehr als { $size }.
}
settings-folder-unreadable = { $count ->
    [one] Eines darin lässt sich nicht lesen.
   *[other] { $count } Dinge darin lassen sich nicht lesen.
}
settings-is-paused = Pausiert
settings-pause = Pausieren
settings-go-on = Weitermachen
settings-pause-source = { $name } pausieren
settings-go-on-source = Mit { $name } weitermachen
settings-paused-source-means = In neuen Backups fehlt es. Die Backups, die es enthalten, bleiben.
settings-pause-plan = All das pausieren
settings-go-on-plan = Weitermachen
settings-paused-plan-means = Pausiert: Davon entstehen keine Backups von selbst. Die vorhandenen bleiben.
settings-remove = Entfernen
settings-remove-source = { $name } entfernen
settings-remove-source-ask = { $name } nicht mehr schützen?
settings-remove-source-means = Neue Backups sind dann ohne { $name }. Die Backups, die es jetzt enthalten, bleiben, solange Backups aufgehoben werden, und das letzte davon bleibt für immer. Deine Dateien werden nicht angerührt.
settings-remove-yes = Entfernen
settings-remove-no = So lassen
settings-left-out = Was ausgelassen wird
settings-left-out-count = { $count ->
    [0] Auslassen …
    [one] Eines ausgelassen
   *[other] { $count } ausgelassen
}
settings-left-out-of = { $name }: { $what }
settings-left-out-help = In jeder Zeile eines: *.tmp für alle Dateien, die so enden, .cache/ für alle Ordner dieses Namens, /Alt für einen ganz oben.
settings-pattern-ending = Alle Dateien, die auf { $ending } enden
settings-pattern-folder = Alle Ordner namens { $name }
settings-pattern-name = Alles, was { $name } heißt
settings-pattern-top = { $name }, ganz oben
settings-pattern-like = Alles wie { $name }
settings-pattern-back = Aber nicht { $name }

settings-when = Wann
settings-time = Uhrzeit
settings-weekday = Wochentag
settings-choose-hour = Jede Stunde
settings-choose-day = Jeden Tag
settings-choose-week = Jede Woche
settings-choose-never = Nur auf Wunsch
settings-each-hour = Jede Stunde ein Backup.
settings-each-day = Jeden Tag um { $time } ein Backup.
settings-each-week = Jeden { $day } um { $time } ein Backup.
settings-each-never = Ein Backup nur auf Wunsch.
settings-each-other = Wie es in der Datei mit den Einstellungen steht ({ $text }).
settings-when-missed = Ist der Computer dann aus oder im Ruhezustand, wird es nachgeholt, sobald er wieder an ist.
settings-time-missing = Eine Uhrzeit fehlt.
settings-weekday-1 = Montag
settings-weekday-2 = Dienstag
settings-weekday-3 = Mittwoch
settings-weekday-4 = Donnerstag
settings-weekday-5 = Freitag
settings-weekday-6 = Samstag
settings-weekday-7 = Sonntag

settings-keep = Wie lange aufheben
settings-choose-tiered = Täglich, wöchentlich, monatlich
settings-choose-days = Einige Tage lang
settings-choose-last = Nur die neuesten
settings-unit-daily = Tage
settings-unit-weekly = Wochen
settings-unit-monthly = Monate
settings-unit-days = Tage
settings-unit-last = Backups
settings-number-missing = Eine ganze Zahl fehlt.
settings-keep-last = { $count ->
    [one] Das neueste Backup wird aufgehoben.
   *[other] Die neuesten { $count } Backups werden aufgehoben.
}
settings-keep-days = { $count ->
    [one] Jedes Backup wird einen Tag lang aufgehoben.
   *[other] Jedes Backup wird { $count } Tage lang aufgehoben.
}
settings-keep-daily = { $count ->
    [one] dem letzten Tag
   *[other] jedem der letzten { $count } Tage
}
settings-keep-weekly = { $count ->
    [one] der letzten Woche
   *[other] jeder der letzten { $count } Wochen
}
settings-keep-monthly = { $count ->
    [one] dem letzten Monat
   *[other] jedem der letzten { $count } Monate
}
settings-keep-tiered = Von { $list } wird ein Backup aufgehoben.
settings-keep-safe = Das letzte gute bleibt immer.

settings-where = Wo die Backups sind
settings-backup-dir = Ordner für Backups auf diesem Computer
settings-move = Anderer Ordner …
settings-move-means = Neue Backups kommen dorthin. Die bisherigen bleiben, wo sie sind.
settings-pick-backup-dir = In welchen Ordner sollen die Backups?
settings-no-places = Noch keine Kopien an einem anderen Ort. Ein zweiter Ort rettet alles, wenn diese Festplatte stirbt.
settings-add-place = Ort für Kopien hinzufügen …
settings-add-place-title = Backups an diesen Ort kopieren?
settings-pick-place = In welchen Ordner sollen die Kopien?
settings-remove-place = { $name } entfernen
settings-remove-place-ask = Nicht mehr nach { $name } kopieren?
settings-remove-place-means = Neue Backups werden nicht mehr nach { $name } kopiert. Was dort ist, bleibt.

settings-quiet = Ruhe
settings-quiet-hours = Zu bestimmten Stunden keine Meldungen
settings-quiet-from = von
settings-quiet-to = bis
settings-quiet-means = Nur ein Problem wird sofort gemeldet. Alles andere wartet, bis die Stunden vorbei sind.
settings-battery = Ohne Netzteil warten, solange der Akku unter 30 % ist
settings-metered = Mit Kopien über ein Netz warten, das nach Menge kostet

wrong-file = In der Datei mit den Einstellungen ist ein Fehler. Geändert wurde nichts.
    .advice = Die Zeile, die in den Einzelheiten steht, muss berichtigt werden.
wrong-meanwhile = Die Einstellungen wurden inzwischen geändert. Gespeichert wurde nichts.
    .advice = Hier sind sie, wie sie jetzt sind: ansehen und noch einmal versuchen.
wrong-not-saved = Die Einstellungen ließen sich nicht speichern und sind, wie sie waren.
    .advice = Vielleicht ist die Festplatte voll, oder die Datei darf nicht geschrieben werden.
wrong-other = So lässt sich das nicht einstellen.
wrong-not-there = { $name } steht nicht mehr in den Einstellungen.
wrong-name-empty = Ein Name fehlt.
wrong-name-long = Dieser Name ist zu lang: höchstens 100 Buchstaben, mit Umlauten weniger.
wrong-name-slash = In einem Namen kann kein Schrägstrich stehen.
wrong-name-begin = Ein Name kann nicht mit einem Punkt oder Bindestrich beginnen.
wrong-name-space = Ein Name kann nicht mit einem Leerzeichen beginnen oder enden.
wrong-name-letters = In diesem Namen sind Zeichen, die nicht gehen.
wrong-name-reserved = Diesen Namen braucht Keepsake selbst. Ein anderer geht.
wrong-name-taken = { $name } gibt es schon. Ein anderer Name geht.
wrong-plan-name = In diesem Namen gehen nur die Buchstaben a bis z, Ziffern, Bindestriche und Punkte.
wrong-nothing-chosen = Mindestens eines muss geschützt werden.
wrong-last-source = Etwas muss übrig bleiben, das geschützt wird.
wrong-path-empty = Ein Ordner fehlt.
wrong-path-relative = Der ganze Weg zum Ordner ist nötig, vom Schrägstrich an.
wrong-path-dots = Der Weg zum Ordner muss ohne „..“ sein.
wrong-path-long = Das ist länger, als der Name eines Ordners sein kann.
wrong-path-letters = Der Name dieses Ordners hat Zeichen, die nicht in die Einstellungen passen. Mit einem anderen Namen geht es.
wrong-folder = Dieser Ordner geht nicht.
wrong-folder-missing = Diesen Ordner gibt es nicht. Ist er auf einer anderen Festplatte, muss sie erst angesteckt werden.
wrong-no-folder = Das ist kein Ordner.
wrong-folder-unreadable = Dieser Ordner lässt sich nicht öffnen.
wrong-folder-silent = Dieser Ordner antwortet gerade nicht. Sieh nach, ob das Laufwerk oder das Netz da ist, und versuche es dann noch einmal.
wrong-folder-in-backups = Darin sind deine Backups. Jedes Backup würde die früheren noch einmal enthalten.
wrong-folder-in-place = Dieser Ordner gehört zu { $name }, und dorthin kommen Kopien deiner Backups. Ein anderer geht.
wrong-backups-around = { $name } ist darin. Es muss ein Ordner sein, in dem nichts ist, was geschützt wird.
wrong-no-backup-dir = Ein Ordner für die Backups fehlt.
wrong-not-writable = In diesen Ordner lässt sich nichts schreiben.
wrong-place-missing = Diesen Ordner gibt es nicht. Ist er auf einer anderen Festplatte, muss sie erst angesteckt werden.
wrong-place-same = In diesen Ordner kommen schon Backups. Eine Kopie gehört auf eine andere Festplatte.
wrong-place-own = In diesem Ordner hat Keepsake seine eigenen Notizen. Ein anderer geht.
wrong-time = Das ist keine Uhrzeit.
wrong-schedule = Keepsake versteht nicht, wann das wäre.
wrong-keep-nothing = Mindestens ein Backup muss aufgehoben werden.
wrong-keep-many = Höchstens { $most } gehen.
wrong-pattern = { $pattern } würde nichts auslassen oder ist nicht zu verstehen.
wrong-hours = Es müssen zwei verschiedene Zeiten sein.
