### Das erste Mal, und ein neuer Computer.

first-run-step = Schritt { $number } von 3
first-run-what-title = Was soll Keepsake schützen?
first-run-where-title = Wohin sollen die Backups?
first-run-when-title = Wann, und wie lange?
first-run-running-title = Dein erstes Backup
first-run-failed-title = Dein erstes Backup ist noch nicht fertig
first-run-done-title = Dein erstes Backup ist fertig.
first-run-not-yours = Darum kümmert sich jemand anderes
first-run-plan-name = familie

first-run-what-lead = Denke an das, was niemand wiederbringen könnte: Fotos, Briefe, die Papiere für die Steuer.
first-run-looking = Ordner werden angesehen …
first-run-size-unknown = Groß; noch nicht gezählt
first-run-empty = Leer
first-run-at-least = mindestens { $size }
first-run-measuring = Wird gezählt …
first-run-unreadable = { $count ->
    [one] 1 Sache darin ist nicht lesbar. Vielleicht gehört sie jemand anderem.
   *[other] { $count } Sachen darin sind nicht lesbar. Vielleicht gehören sie jemand anderem.
}
first-run-inside = Das liegt in „{ $name }“, was schon geschützt wird. Es wäre dann doppelt dabei.
first-run-nothing-chosen = Noch ist nichts ausgewählt.
first-run-together = Zusammen: { $size }
first-run-add-folder = Ordner hinzufügen …
first-run-pick-source = Einen Ordner zum Schützen wählen
first-run-have-backup-ask = Neuer Computer?
first-run-have-backup = Ich habe schon ein Keepsake-Backup
first-run-missing-what = Wähle mindestens eine Sache aus.
first-run-missing-measure = Einen Moment: Ein Ordner wird noch gezählt.

first-run-where-lead = Am besten ist ein eigener Datenträger, etwa ein USB-Laufwerk: Er hat noch alles, wenn dieser Computer kaputtgeht.
first-run-looking-disks = Datenträger werden gesucht …
first-run-no-disk = Es wurde kein Datenträger gefunden. Stecke einen an und sieh noch einmal nach, oder wähle einen Ordner.
first-run-disk = Festplatte dieses Computers
first-run-disk-removable = USB-Laufwerk
first-run-free = { $free } frei von { $total }
first-run-free-unknown = Wie viel frei ist, ist nicht bekannt
first-run-too-small = Zu klein: Was du ausgewählt hast, braucht etwa { $bytes }.
first-run-same-disk = Das ist dieselbe Festplatte wie die deiner Dateien. Das hilft, wenn eine Datei versehentlich gelöscht wird, aber nicht, wenn die Festplatte kaputtgeht: Dann ist beides weg.
first-run-existing = { $count ->
    [one] Hier ist schon 1 Keepsake-Backup. Es bleibt, wie es ist; nichts wird überschrieben.
   *[other] Hier sind schon { $count } Keepsake-Backups. Sie bleiben, wie sie sind; nichts wird überschrieben.
}
first-run-add-place = Anderen Ordner wählen …
first-run-pick-place = Einen Ordner für die Backups wählen
first-run-look-again = Noch einmal nachsehen
first-run-plug-in = Du kannst jetzt ein Laufwerk anstecken und dann noch einmal nachsehen.
first-run-missing-where = Wähle einen Ort für die Backups.
first-run-missing-room = Was du ausgewählt hast, passt dort nicht hin. Wähle einen anderen Ort, oder geh zurück und wähle weniger.

first-run-when = Wann?
first-run-each-hour = Jede Stunde
first-run-each-day = Jeden Tag
first-run-each-week = Jede Woche
first-run-weekday = am
first-run-at = um
first-run-catch-up = Ist der Computer dann aus, holt Keepsake es nach, sobald er wieder an ist.
first-run-keep = Wie lange?
first-run-keep-tiered = Ein Jahr lang (empfohlen)
    .means = Je ein Backup der letzten 7 Tage, 4 Wochen und 12 Monate.
first-run-keep-long = Drei Jahre lang
    .means = Je ein Backup der letzten 14 Tage, 8 Wochen und 36 Monate.
first-run-keep-days = 30 Tage lang
    .means = Alle Backups der letzten 30 Tage.
first-run-keep-last = Nur die letzten 7
    .means = Braucht am wenigsten Platz und reicht am wenigsten weit zurück.
first-run-space = Wie viel Platz das braucht
first-run-space-now = Dein erstes Backup braucht etwa { $bytes }, oft weniger.
first-run-space-now-least = Dein erstes Backup braucht mindestens { $bytes }; noch ist nicht alles gezählt.
first-run-space-year = Danach kommt nur dazu, was neu ist. Geschätzt in einem Jahr: etwa { $bytes }, wenn bei dir so viel dazukommt wie in den meisten Familien.
first-run-space-tight = Frei sind { $free }; innerhalb eines Jahres könnte es eng werden. Keepsake sagt rechtzeitig Bescheid.
first-run-summary = { $names }: aufbewahrt in „{ $place }“, { $times }.
first-run-begin = Erstes Backup beginnen
times-hour = jede Stunde
times-day = jeden Tag um { $time } Uhr
times-week = jeden { $weekday } um { $time } Uhr
times-never = nur, wenn du es sagst

first-run-running-note = Du kannst am Computer weiterarbeiten und sogar dieses Fenster schließen. Das Backup läuft weiter.
first-run-kept = Was du ausgewählt hast, bleibt. Versuche es noch einmal, oder ändere etwas.
first-run-change = Etwas ändern

first-run-done-what = { $files ->
    [one] 1 Datei ({ $bytes }) hat
   *[other] { $files } Dateien ({ $bytes }) haben
} jetzt eine sichere Kopie in „{ $place }“.
first-run-done-unread = { $count ->
    [one] 1 Datei war nicht lesbar. „Start“ zeigt, welche, und was zu tun ist.
   *[other] { $count } Dateien waren nicht lesbar. „Start“ zeigt, welche, und was zu tun ist.
}
first-run-by-itself = Was ab jetzt von selbst geschieht
first-run-by-itself-times = Keepsake sichert { $times }. Gelesen wird nur, was neu ist, meist in Sekunden.
first-run-by-itself-old = Alte Backups werden aufgeräumt, wie du es gewählt hast. Das letzte gute wird nie gelöscht.
first-run-by-itself-tray = Das kleine Kästchen neben der Uhr ist grün, solange alles sicher ist.
first-run-by-itself-told = Wenn etwas dich braucht, sagt Keepsake es, und auch, was zu tun ist.
first-run-done-same-disk = Eines bleibt für dich: eine zweite Festplatte. Solange alles auf einer liegt, nimmt ein Defekt beides mit. Ein weiterer Ort lässt sich in den Einstellungen hinzufügen.
first-run-try-restore = Möchtest du sehen, dass es klappt? Hole eine einzelne Datei zurück, in einen Ordner daneben. An deinen Dateien ändert das nichts.
first-run-try-restore-button = Ausprobieren
first-run-done-button = Zum Start

new-computer-title = Ich habe schon ein Keepsake-Backup
new-computer-lead = Ein neuer Computer, oder ein altes Laufwerk ist wieder aufgetaucht: Wähle, wo die Backups sind, und hole zurück, was du möchtest.
new-computer-read-only = Keepsake liest dort nur. Nichts wird geschrieben, geändert oder gelöscht.
new-computer-found-places = Hier wurden Backups gefunden
new-computer-has = { $count ->
    [one] 1 Backup
   *[other] { $count } Backups
}
new-computer-pick = Ordner oder Laufwerk wählen …
new-computer-pick-title = Den Ordner mit deinen Backups wählen
new-computer-looking = Wird angesehen …
new-computer-there = Das ist dort
new-computer-empty = In diesem Ordner ist kein Keepsake-Backup.
    .advice = Suche den Ordner, dessen Dateien Namen haben wie family_20260303_020500.tar.gz. Auf einem USB-Laufwerk heißt er oft Keepsake oder Backups.
new-computer-of = Backups von „{ $plan }“
new-computer-of-computer = Backups von „{ $plan }“ vom Computer { $computer }
new-computer-count = { $count ->
    [one] 1 Backup.
   *[other] { $count } Backups, das älteste: { $oldest }.
}
new-computer-newest = Das neueste gute: { $day }.
new-computer-damaged = { $count ->
    [one] 1 Backup ist beschädigt oder nicht vollständig. Die anderen sind gut.
   *[other] { $count } Backups sind beschädigt oder nicht vollständig. Die anderen sind gut.
}
new-computer-all-damaged = Keines dieser Backups ist vollständig: Teile sind beschädigt oder fehlen. Suche zuerst auf deinen anderen Laufwerken nach dem Rest. Was noch gut ist, lässt sich zurückholen; die nächsten Seiten sagen, welche Dateien es nicht sind.
new-computer-restore = Dateien zurückholen
new-computer-restore-anyway = Sehen, was noch gut ist
new-computer-set-up = Backups dieses Computers einrichten
