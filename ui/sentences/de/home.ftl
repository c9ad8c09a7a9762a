### Start.

home-newest = Neuestes Backup: { $moment }.
home-no-backup-yet = Es gibt noch kein Backup.
home-next = Das nächste beginnt von selbst: { $moment }.
home-waits-battery = Das nächste wartet, bis der Computer am Strom hängt.
home-waits-metered = Das nächste wartet auf ein Netz, das nichts extra kostet.
home-waits-other-run = Das nächste wartet, bis ein anderes Backup fertig ist.
home-lost = Keepsake läuft nicht.
home-lost-means = Deine Backups sind, wo sie waren, und in Ordnung. Aber solange Keepsake nicht läuft, beginnt kein neues von selbst.
home-empty = Hier steht später, was geschützt ist und wo die Backups liegen. Wähle zuerst aus, was dir lieb ist; den Rest macht Keepsake.
home-reasons = Auch das braucht einen Blick
home-result-dismiss = In Ordnung

home-action-back-up-now = Jetzt Backup machen
home-action-back-up-again = Noch einmal Backup machen
home-action-check-now = Jetzt prüfen
home-action-copy-now = Jetzt kopieren
home-action-confirm-changes = Das war ich
home-action-open-settings = Einstellungen öffnen
home-action-set-up = Beginnen
home-action-show-problems = Zeigen, welche
home-action-show-drives = Laufwerke zeigen
home-action-print-sheet = Rettungsblatt drucken

home-sources = Was geschützt ist
home-new = { $count ->
    [one] 1 neu
   *[other] { $count } neu
}
home-nothing-new = Nichts Neues
home-others = { $count ->
    [one] 1 andere Datei
   *[other] { $count } andere Dateien
}
home-unread = { $count ->
    [one] 1 war nicht lesbar
   *[other] { $count } waren nicht lesbar
}
home-source-newest = Gesichert: { $moment }
home-source-paused = In den Einstellungen pausiert
home-source-no-backup = Noch kein Backup

home-places = { $count ->
    [one] An einem Ort aufbewahrt
   *[other] An { $count } Orten aufbewahrt
}
home-place-home = Dieser Computer
home-place-holds = { $count ->
    [0] kein Backup
    [one] 1 Backup, { $bytes }
   *[other] { $count } Backups, { $bytes }
}
home-place-away = gerade nicht angesteckt
home-place-silent = antwortet gerade nicht
home-place-free = { $bytes } frei
home-place-next = nächstes: { $moment }
home-place-nothing = Noch nichts
home-place-proven = Geprüft: { $moment }
home-place-unproven = Noch nicht geprüft
home-one-place-only = Ein Ort ist ein guter Anfang. Ein zweiter, fern von diesem Computer, hilft auch bei Feuer, Diebstahl und kaputten Festplatten. Stecke ein USB-Laufwerk an, oder füge in den Einstellungen einen Ort hinzu.

home-pause-offer = Stört ein Backup gerade?
home-pause-hour = Eine Stunde pausieren
home-pause-tomorrow = Bis morgen pausieren
home-paused-until = Pause bis { $moment }.
home-paused-means = Bis dahin beginnt kein Backup von selbst.
home-resume = Pause beenden

home-unread-title = { $count ->
    [one] 1 Datei war nicht lesbar
   *[other] { $count } Dateien waren nicht lesbar
}
home-unread-title-in = { $count ->
    [one] 1 Datei in „{ $name }“ war nicht lesbar
   *[other] { $count } Dateien in „{ $name }“ waren nicht lesbar
}
home-unread-means = { $count ->
    [one] Sie fehlt im neuesten Backup. Alle anderen Dateien sind darin. Hat ein früheres Backup sie, dann bleibt es.
   *[other] Sie fehlen im neuesten Backup. Alle anderen Dateien sind darin. Hat ein früheres Backup sie, dann bleibt es.
}
home-unread-do = Versuche, eine davon selbst zu öffnen. Geht das, dann mach noch einmal ein Backup. Geht es nicht, gehört sie vielleicht jemand anderem, oder die Festplatte wird alt: Dann kopiere bald, was dir lieb ist.
home-unread-list = Dateien, die nicht lesbar waren
home-unread-more = { $count ->
    [one] Und 1 weitere.
   *[other] Und { $count } weitere.
}

home-changes-title = Waren diese Änderungen von dir?
home-changes-means = Sehr viele Dateien wurden auf einmal geändert oder gelöscht. Das kann ein großes Aufräumen sein, oder ein Programm, das Dateien verdirbt. Zur Sicherheit wird kein altes Backup aufgeräumt, bis jemand nachgesehen hat.
home-changes-do = Wenn du selbst viele Dateien verschoben, umbenannt oder gelöscht hast, dann sage es. Wenn nicht, sieh erst genauer nach: Deine früheren Backups haben alles, wie es war.
home-changes-look = Genauer ansehen
