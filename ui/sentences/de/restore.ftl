restore-when-title = So wie an welchem Tag?
restore-what-title = Was soll zurückkommen?
restore-where-title = Wohin soll es?
restore-check-title = Das würde geschehen
restore-run-title = Wird zurückgeholt …
restore-done-title = Fertig
restore-ended-title = Nicht fertig
restore-undos-title = Was sich rückgängig machen lässt
restore-begin = { $count ->
    [0] Zurückholen
    [one] 1 Datei zurückholen
   *[other] { $count } Dateien zurückholen
}
restore-begin-unknown = Zurückholen
restore-empty = Noch nichts zum Zurückholen.
    .advice = Sobald es ein Backup gibt, führt hier ein Weg zu seinem Tag zurück. Wer Backups von einem anderen Computer oder auf einer Platte hat, sieht dort nach.
restore-not-allowed = Umsehen geht hier. Zurückholen kann nur, wer Keepsake auf diesem Computer eingerichtet hat.
trail-label = Die Antworten bisher
when-calendar = Tage mit einem Backup
what-everything = Alles in diesem Backup
what-whole-folder = Dieser ganze Ordner
what-things = { $count ->
    [one] 1 Sache
   *[other] { $count } Sachen
}
what-things-label = Dateien und Ordner
what-missing = Erst etwas auswählen: alles, einen Ordner oder eine Datei.
what-as-list = Als Liste zeigen
what-as-pictures = Bilder zeigen
what-empty-folder = Dieser Ordner ist leer.
search-label = Einen Namen im ganzen Backup suchen
search-hint = Einen Namen suchen …
search-looking = Wird gesucht …
search-found = { $count ->
    [0] Nichts gefunden.
    [one] 1 im ganzen Backup gefunden.
   *[other] { $count } im ganzen Backup gefunden.
}
search-more = Gezeigt werden die ersten { $count }. Mit mehr Buchstaben geht es schneller.
search-nothing = Nichts in diesem Backup heißt so. Vielleicht ein anderer Tag, oder weniger Buchstaben?
crumbs-label = Ordner
crumb-all = Alles
chosen-everything = Alles ist ausgewählt.
chosen-nothing = Noch nichts ausgewählt.
chosen-count = { $count ->
    [one] 1 Sache ausgewählt.
   *[other] { $count } Sachen ausgewählt.
}
chosen-count-bytes = { $count ->
    [one] 1 Sache ausgewählt, { $bytes }.
   *[other] { $count } Sachen ausgewählt, { $bytes } neben den Ordnern.
}
chosen-clear = Nichts auswählen
chosen-full = Mehr lässt sich nicht einzeln auswählen. Besser einen Ordner nehmen.
item-folder = Ordner
item-choose = { $name }, { $facts }
item-inside = { $name }, kommt mit dem Ausgewählten mit
item-open = { $name } öffnen
item-open-short = Öffnen
item-versions = Alle Fassungen
item-versions-of = Alle Fassungen von { $name }
versions-title = Alle Fassungen von { $name }
versions-legend = Welche Fassung?
versions-loading = Alle Backups werden durchgesehen …
versions-none = Kein Backup hat sie.
versions-take = Diese Fassung nehmen
version-changed = Geändert { $moment }
version-in = in den Backups von { $first } bis { $last }
version-in-one = im Backup von { $moment }
version-current = Dieselbe wie jetzt auf diesem Computer.
version-damaged = Beschädigt: Von hier lässt sie sich nicht zurückholen.
where-beside = In einen eigenen Ordner
where-beside-what = Nichts, was jetzt da ist, wird angerührt. So lässt sich alles in Ruhe ansehen.
where-in-place = Dorthin, wo es war
where-in-place-what = Was dort jetzt anders ist, wird ersetzt. Das lässt sich 30 Tage lang rückgängig machen.
where-in-place-unknown = Wo das alles war, ist auf diesem Computer nicht bekannt. Darum kann es nur in einen eigenen Ordner.
where-pick = Anderen Ordner wählen …
where-pick-title = Der Ordner, in den es zurück soll
where-suggested = Den vorgeschlagenen nehmen
check-looking = Es wird nachgesehen, was jetzt da ist. Noch wird nichts geschrieben …
check-new = Neu
    .beside = noch nicht da
    .inplace = nicht mehr da, kommt zurück
check-changed = Geändert
    .beside = mit anderem Inhalt da, würde ersetzt
    .inplace = mit anderem Inhalt da, wird ersetzt
check-same = Gleich
    .beside = schon da, bleibt, wie es ist
    .inplace = schon da, bleibt, wie es ist
check-newer = Neuer als das Backup
    .beside = von den geänderten, woran nach diesem Backup gearbeitet wurde
    .inplace = von den geänderten, woran nach diesem Backup gearbeitet wurde: Diese Arbeit käme beiseite
check-place = Wohin es kommt
check-as-of = Alles, wie es { $moment } war.
check-free = Dort sind { $bytes } frei.
check-nothing = Alles ist schon da, genau wie es war. Es gibt nichts zurückzuholen.
check-undo = Was ersetzt wird, kommt für 30 Tage beiseite. So lange macht ein Knopf alles rückgängig.
check-confirm = Zum Weitergehen das Wort { $word } eingeben.
confirm-word = WIEDERHERSTELLEN
check-confirm-wrong = Das ist noch nicht ganz das Wort. Bitte { $word } eingeben, in Großbuchstaben. Angerührt wurde nichts.
run-stop-what = Beim Anhalten bleibt, was bis dahin zurück ist. Jede Datei ist ganz da oder gar nicht.
run-lost = Beim Zurückholen ist die Verbindung abgerissen.
    .advice = Nichts ist kaputt: Jede Datei ist ganz da oder gar nicht. Einfach noch einmal beginnen; was schon zurück ist, wird nicht noch einmal geschrieben.
done-good = Alles ist zurück.
done-with-problems = Fast alles ist zurück.
done-failed = Es ließ sich nicht zurückholen.
done-stopped = Angehalten.
done-stopped-what = Was bis jetzt zurück ist, ist ganz. Alles Übrige ist noch im Backup.
done-files = { $count ->
    [one] 1 Datei, { $bytes }.
   *[other] { $count } Dateien, { $bytes }.
}
done-place = Wo es ist:
done-open = Ordner öffnen
done-undo = Rückgängig machen …
done-undo-what = Das lässt sich 30 Tage lang rückgängig machen, hier oder auf der ersten Seite von „Zurückholen“.
done-anew = Noch etwas zurückholen
done-problems = { $count ->
    [one] 1 Datei kam nicht zurück, wie sie war
   *[other] { $count } Dateien kamen nicht zurück, wie sie waren
}
undo-title = Rückgängig machen?
undo-what = Alles, was ersetzt wurde, kommt wieder, und was zurückgeholt wurde, geht. Dateien, die seitdem geändert wurden, bleiben unberührt.
undo-no = So lassen
undo-yes = Rückgängig machen
undo-runs = Wird rückgängig gemacht …
undo-failed = Es ließ sich nicht rückgängig machen.
undone = Rückgängig gemacht. Alles ist wie zuvor.
undos-link = { $count ->
    [one] 1 Mal Zurückholen lässt sich rückgängig machen
   *[other] { $count } Mal Zurückholen lassen sich rückgängig machen
}
undos-what = Kamen Dinge dorthin zurück, wo sie waren, bleibt 30 Tage lang aufgehoben, was dabei ersetzt wurde.
undos-empty = Es gibt nichts rückgängig zu machen.
undos-at = { $count ->
    [one] { $moment }: 1 Datei
   *[other] { $moment }: { $count } Dateien
}
undos-until = Aus dem Backup von { $backup }. Bis { $day }.
undos-take-back = Rückgängig machen …
preview-obstacle = Etwas steht im Weg, darum lässt sich dorthin nichts zurückholen.
    .advice = Einen anderen Ordner wählen, oder dies dem zeigen, der hilft.
preview-warning = Etwas an diesem Backup ist nicht, wie es sein soll.

# The folder, in the home folder, that things are brought back to. It is the name of a folder: no strokes.
restore-folder = Zurückgeholt
