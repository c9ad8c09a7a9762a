activity-backup-made = { $files ->
    [0] Backup von { $plan }: Es gab nichts Neues.
    [one] Backup von { $plan }: eine neue Datei, { $bytes }.
   *[other] Backup von { $plan }: { $files } neue Dateien, { $bytes }.
}
activity-backup-made-before = Backup von { $plan }. Es ist inzwischen aufgeräumt.
activity-backup-with-problems = { $problems ->
    [one] Backup von { $plan }, mit einem Problem.
   *[other] Backup von { $plan }, mit { $problems } Problemen.
}
activity-backup-with-problems-before = Backup von { $plan }, aber nicht von allem. Es ist inzwischen aufgeräumt.
activity-backup-failed = Das Backup von { $plan } ist nicht gelungen. Was vorher gesichert war, ist nicht verloren.
activity-backup-stopped = Das Backup von { $plan } wurde angehalten. Das nächste holt alles nach.
activity-copied = { $bytes } wurden nach { $place } kopiert.
activity-check-good = Alles Gespeicherte wurde gelesen und verglichen: Es ist in Ordnung.
activity-check-share-good = Ein Teil des Gespeicherten wurde gelesen und verglichen: Er ist in Ordnung.
activity-check-quick-good = Ein schneller Blick auf das Gespeicherte fand nichts Falsches.
activity-check-damaged = Bei einer Prüfung fand sich etwas Beschädigtes.
activity-restored = { $sources } wurde aus dem Backup von { $from } an seinen Ort zurückgelegt.
activity-restore-undone = Das Zurücklegen von { $sources } aus dem Backup von { $from } wurde rückgängig gemacht.
activity-began-all-paused = Alles war angehalten: Es wurde nichts gesichert.
activity-over-all-paused = Es ist nicht mehr alles angehalten.
activity-began-never-backed-up = Von { $thing } gab es noch kein Backup.
activity-over-never-backed-up = Von { $thing } gibt es jetzt ein Backup.
activity-began-incomplete = Im neuesten Backup von { $plan } fehlten Teile.
activity-over-incomplete = Das neueste Backup von { $plan } ist wieder ganz.
activity-began-nothing-in-it = In { $thing } war nichts.
activity-over-nothing-in-it = In { $thing } ist jetzt etwas.
activity-began-overdue = Das neueste Backup von { $thing } wurde zu alt.
activity-over-overdue = Von { $thing } gibt es wieder ein frisches Backup.
activity-began-clock-wrong = Das neueste Backup von { $thing } kam aus der Zukunft: Die Uhr ging falsch.
activity-over-clock-wrong = Die Uhr geht wieder richtig.
activity-began-run-failed = Das Backup von { $plan } ist nicht gelungen.
activity-over-run-failed = Das Backup von { $plan } gelingt wieder.
activity-began-run-with-problems = Beim Backup von { $plan } ging etwas schief.
activity-over-run-with-problems = Beim Backup von { $plan } geht nichts mehr schief.
activity-began-unread = Dateien von { $thing } ließen sich nicht lesen.
activity-over-unread = Alle Dateien von { $thing } lassen sich wieder lesen.
activity-began-source-unknown = { $thing } war nicht zu finden.
activity-over-source-unknown = { $thing } ist wieder da.
activity-began-unusual-size = { $thing } war viel größer oder kleiner als sonst.
activity-over-unusual-size = { $thing } ist wieder so groß wie sonst.
activity-began-many-changed = Viele Dateien von { $plan } änderten sich oder verschwanden auf einmal.
activity-over-many-changed = Die vielen Änderungen von { $plan } wurden angesehen.
activity-began-disk-filling-up = Die Festplatte mit den Backups wurde voll.
activity-over-disk-filling-up = Auf der Festplatte mit den Backups ist wieder genug Platz.
activity-began-damaged = Etwas Gespeichertes war beschädigt.
activity-over-damaged = Nichts Gespeichertes ist mehr beschädigt.
activity-began-check-failed = Die Backups ließen sich nicht prüfen.
activity-over-check-failed = Die Backups lassen sich wieder prüfen.
activity-began-unchecked = Die Backups waren lange nicht geprüft.
activity-over-unchecked = Die Backups sind wieder geprüft.
activity-began-copy-old = Die Kopie bei { $thing } wurde alt oder fehlte.
activity-over-copy-old = Die Kopie bei { $thing } ist wieder frisch.
activity-began-drive-old = Die neueste USB-Kopie wurde alt.
activity-over-drive-old = Es gibt wieder eine frische USB-Kopie.
activity-began-drive-empty = Auf { $thing } gab es noch keine Kopie.
activity-over-drive-empty = { $thing } hat die erste Kopie.
activity-began-sheet-unchecked = Das Rettungsblatt war noch nicht geprüft.
activity-over-sheet-unchecked = Das Rettungsblatt ist geprüft.
activity-began-key-lost = Dieser Computer konnte die verschlossenen Kopien nicht mehr öffnen.
activity-over-key-lost = Dieser Computer kann die verschlossenen Kopien wieder öffnen.
activity-began-nothing-protected = Nichts war geschützt.
activity-over-nothing-protected = Jetzt ist etwas geschützt.
