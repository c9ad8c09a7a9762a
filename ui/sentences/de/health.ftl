verdict-good = Alles ist sicher.
verdict-good-paused = Alles, was nicht angehalten ist, ist sicher. Angehalten: { $names }.
verdict-busy = Keepsake ist bei der Arbeit.
verdict-more = { $count ->
    [one] Noch etwas braucht einen Blick.
   *[other] { $count } weitere Dinge brauchen einen Blick.
}

health-nothing-protected = Noch ist nichts geschützt.
    .advice = Wähle aus, was Keepsake schützen soll.
health-all-paused = Alles ist angehalten: Es wird nichts gesichert.
    .advice = Die Backups, die es gibt, bleiben. Lass in den Einstellungen weiterlaufen, was du brauchst.
health-never-backed-up = Von { $name } gibt es noch kein Backup.
    .advice = Mach jetzt ein Backup. Wenn das wieder vorkommt, ist der Computer zur geplanten Zeit vielleicht aus oder im Ruhezustand.
health-never-backed-up-by-hand = Von { $name } gibt es noch kein Backup.
    .advice = Mach jetzt ein Backup.
health-never-backed-up-paused = { $name } ist angehalten, und es gibt noch kein Backup davon.
    .advice = Lass es in den Einstellungen weiterlaufen und mach jetzt ein Backup.
health-incomplete = { $count ->
    [one] Dem neuesten Backup von { $plan } fehlt ein Teil.
   *[other] Dem neuesten Backup von { $plan } fehlen { $count } Teile.
}
    .advice = Mach jetzt ein Backup. Suche danach die fehlenden Dateien, und lege sie zurück in den Backup-Ordner.
health-incomplete-some = Dem neuesten Backup von { $plan } fehlen Teile.
    .advice = Mach jetzt ein Backup. Suche danach die fehlenden Dateien, und lege sie zurück in den Backup-Ordner.
health-nothing-in-it = In { $name } ist noch nichts.
    .advice = Ist es der richtige Ordner? Ist seine Festplatte angeschlossen?
health-overdue = Das neueste Backup von { $name } ist { $age } alt.
    .advice = Mach jetzt ein Backup. Wenn das wieder vorkommt, ist der Computer zur geplanten Zeit vielleicht aus oder im Ruhezustand.
health-overdue-by-hand = Das neueste Backup von { $name } ist { $age } alt.
    .advice = Mach jetzt ein Backup.
health-overdue-paused = { $name } ist angehalten, und das neueste Backup davon ist { $age } alt.
    .advice = Lass es in den Einstellungen weiterlaufen und mach jetzt ein Backup.
health-clock-wrong = Das neueste Backup von { $name } kommt aus der Zukunft: Die Uhr geht oder ging falsch.
    .advice = Prüfe Datum und Uhrzeit dieses Computers. Wenn sie jetzt stimmen, gibt sich das von selbst.
health-clock-wrong-far = Das neueste Backup von { $name } kommt aus der Zukunft: Die Uhr geht oder ging falsch.
    .advice = Prüfe Datum und Uhrzeit dieses Computers. Wenn sie jetzt stimmen, gib dem Plan in den Einstellungen einen anderen Namen: Er beginnt dann neu, und seine Backups bis jetzt bleiben.
health-run-failed = Das Backup von { $plan } ist nicht gelungen ({ $moment }).
    .advice = Versuche es noch einmal. Gelingt es wieder nicht, sagen die Einzelheiten, wonach zu sehen ist.
health-run-failed-kept = Das Backup von { $plan } ist nicht gelungen ({ $moment }). Die früheren Backups sind in Ordnung.
    .advice = Versuche es noch einmal. Gelingt es wieder nicht, sagen die Einzelheiten, wonach zu sehen ist.
health-run-failed-disk-full = Das Backup von { $plan } ist nicht gelungen ({ $moment }): Die Festplatte ist voll.
    .advice = Mach Platz auf der Festplatte mit den Backups, oder bewahre Backups kürzer auf. Versuche es dann noch einmal.
health-run-failed-disk-full-kept = Das Backup von { $plan } ist nicht gelungen ({ $moment }): Die Festplatte ist voll. Die früheren Backups sind in Ordnung.
    .advice = Mach Platz auf der Festplatte mit den Backups, oder bewahre Backups kürzer auf. Versuche es dann noch einmal.
health-run-with-problems = Beim Backup von { $plan } gab es Schwierigkeiten ({ $moment }).
    .advice = Mach noch ein Backup. Was dann noch nicht stimmt, wird beim Namen genannt.
health-unread = { $count ->
    [one] Eine Datei in { $name } konnte nicht gelesen werden: { $names }.
   *[other] { $count } Dateien in { $name } konnten nicht gelesen werden: { $names }.
}
    .advice = Sieh nach, ob sie sich öffnen lassen. Lass weg, was nicht gebraucht wird.
health-unread-more = { $count ->
    [one] Eine Datei in { $name } konnte nicht gelesen werden: { $names } und { $more } weitere.
   *[other] { $count } Dateien in { $name } konnten nicht gelesen werden: { $names } und { $more } weitere.
}
    .advice = Sieh nach, ob sie sich öffnen lassen. Lass weg, was nicht gebraucht wird.
health-unread-unnamed = { $count ->
    [one] Eine Datei in { $name } konnte nicht gelesen werden. Die Liste dieses Backups nennt sie.
   *[other] { $count } Dateien in { $name } konnten nicht gelesen werden. Die Liste dieses Backups nennt sie.
}
    .advice = Sieh nach, ob sie sich öffnen lassen. Lass weg, was nicht gebraucht wird.
health-source-unknown = { $name } ist nicht zu finden, seit: { $since }.
    .advice = Liegt es auf einer anderen Festplatte, schließe sie an. Ist es umgezogen, ändere seinen Ort in den Einstellungen.
health-source-unknown-kept = { $name } ist nicht zu finden, seit: { $since }. Die früheren Backups davon bleiben.
    .advice = Liegt es auf einer anderen Festplatte, schließe sie an. Ist es umgezogen, ändere seinen Ort in den Einstellungen.
health-unusual-size-larger = { $name } ist viel größer als sonst: { $now } statt { $usual }.
    .advice = Warst du das nicht selbst, sieh es dir an, bevor ältere Backups aufgeräumt werden.
health-unusual-size-smaller = { $name } ist viel kleiner als sonst: { $now } statt { $usual }.
    .advice = Warst du das nicht selbst, sieh es dir an, bevor ältere Backups aufgeräumt werden.
health-unusual-size-new = In { $name } hat sich viel mehr geändert als sonst: { $now }, üblich sind { $usual }.
    .advice = Warst du das nicht selbst, sieh es dir an, bevor ältere Backups aufgeräumt werden.
health-many-changed = { $gone } von { $files } Dateien in { $plan } wurden auf einmal geändert oder sind verschwunden ({ $moment }). Bis jemand sagt, dass das richtig ist, bleiben alle alten Backups.
    .advice = Sieh nach, ob deine Dateien sind, wie sie sein sollen. Hat etwas sie verdorben, hole ein älteres Backup zurück. Waren die Änderungen von dir, sag es.
health-disk-filling-up = Die Festplatte mit den Backups wird voll: { $free } frei von { $total }.
    .advice = Mach Platz darauf, oder bewahre Backups kürzer auf.
health-damaged = { $count ->
    [one] In den Backups ist etwas beschädigt: { $names }.
   *[other] In den Backups sind { $count } Dinge beschädigt: { $names }.
}
    .advice = Mach jetzt ein Backup: Was noch auf diesem Computer ist, wird neu gesichert. Prüfe danach die Festplatte mit den Backups.
health-damaged-more = { $count ->
    [one] In den Backups ist etwas beschädigt: { $names } und { $more } weitere.
   *[other] In den Backups sind { $count } Dinge beschädigt: { $names } und { $more } weitere.
}
    .advice = Mach jetzt ein Backup: Was noch auf diesem Computer ist, wird neu gesichert. Prüfe danach die Festplatte mit den Backups.
health-damaged-copied = { $count ->
    [one] In den Backups ist etwas beschädigt: { $names }.
   *[other] In den Backups sind { $count } Dinge beschädigt: { $names }.
}
    .advice = Bei { $place } sollten gute Kopien sein: Sieh nach, ob es angeschlossen oder erreichbar ist, und kopiere; was beschädigt ist, wird von dort geheilt. Prüfe danach die Festplatte mit den Backups.
health-damaged-copied-more = { $count ->
    [one] In den Backups ist etwas beschädigt: { $names } und { $more } weitere.
   *[other] In den Backups sind { $count } Dinge beschädigt: { $names } und { $more } weitere.
}
    .advice = Bei { $place } sollten gute Kopien sein: Sieh nach, ob es angeschlossen oder erreichbar ist, und kopiere; was beschädigt ist, wird von dort geheilt. Prüfe danach die Festplatte mit den Backups.
health-check-failed = Die Backups konnten nicht geprüft werden.
    .advice = Sieh nach, ob die Festplatte mit den Backups da ist und sich lesen lässt. Prüfe dann noch einmal.
health-unchecked = Manche Backups wurden schon lange nicht geprüft: { $age }.
    .advice = Lass Keepsake alle Backups prüfen.
health-copy-old = Die Kopie bei { $place } ist { $age } alt.
    .advice = Sieh nach, ob { $place } angeschlossen oder erreichbar ist, und kopiere noch einmal.
health-copy-old-none = Bei { $place } gibt es noch keine Kopie.
    .advice = Sieh nach, ob { $place } angeschlossen oder erreichbar ist, und kopiere.
health-drive-old = Die letzte USB-Kopie ist { $age } alt.
    .advice = Stecke { $name } an.
health-drive-old-sized = Die letzte USB-Kopie ist { $age } alt.
    .advice = Stecke { $name } an: { $bytes } sind zu kopieren.
health-drive-old-single = Hier ist alles sicher, aber die Kopie auf { $name } ist { $age } alt.
    .advice = Stecke das Laufwerk an.
health-drive-old-single-sized = Hier ist alles sicher, aber die Kopie auf { $name } ist { $age } alt.
    .advice = Stecke das Laufwerk an: { $bytes } sind zu kopieren.
health-drive-old-snoozed = Die letzte USB-Kopie ist { $age } alt.
    .advice = Stecke { $name } an, wenn das Laufwerk zur Hand ist. Erinnert wirst du wieder ab: { $until }.
health-drive-old-here = Die letzte USB-Kopie ist { $age } alt, und { $name } ist angesteckt.
    .advice = Kopiere jetzt.
health-drive-empty = Auf { $name } gibt es noch keine Kopie.
    .advice = Stecke das Laufwerk an.
health-drive-empty-snoozed = Auf { $name } gibt es noch keine Kopie.
    .advice = Stecke das Laufwerk an, wenn es zur Hand ist. Erinnert wirst du wieder ab: { $until }.
health-drive-empty-here = Auf { $name } gibt es noch keine Kopie, obwohl das Laufwerk angesteckt ist.
    .advice = Kopiere jetzt.
health-sheet-unchecked = Dein Rettungsblatt ist noch nicht geprüft.
    .advice = Drucke es aus, und tippe den Prüfcode ein, der darauf steht. Ohne das Blatt kann niemand die verschlossenen Kopien auf einem anderen Computer öffnen.
health-key-lost = Dieser Computer kann die verschlossenen Kopien nicht mehr öffnen. Gemacht werden sie weiterhin.
    .advice = Gib dein Rettungsblatt auf der Seite der Laufwerke ein. Ist auch das Blatt verloren, mach dort ein neues: Kopien von da an brauchen nur noch dieses.
health-family-lost = Dieser Computer hat den Schlüssel deiner Laufwerke verloren. Bis du ihn eingibst, wird nichts auf sie kopiert.
    .advice = Gib dein Rettungsblatt auf der Seite der Laufwerke ein. Ist auch das Blatt verloren, dann mach dort ein neues. Was auf den Laufwerken ist, bleibt.

status-good = Alles ist sicher.
status-looking = Keepsake sieht nach, wie es steht.
status-busy-backup = Ein Backup läuft.
status-busy-copy = Eine Kopie läuft.
status-busy-check = Backups werden geprüft.
status-busy-restore = Dateien werden zurückgeholt.
status-busy-undo = Ein Zurückholen wird rückgängig gemacht.
status-busy-tidy-up = Alte Backups werden aufgeräumt.
status-busy-import = Backups werden gelesen.
status-busy-adopt-drive = Ein neues Laufwerk bekommt seine erste Kopie.
status-busy-eject-drive = Ein Laufwerk wird gerade sicher entfernt.
status-busy-forget-drive = Ein Laufwerk wird gerade vergessen.
health-settings-wrong = Die Einstellungen stimmen nicht. Backups gehen weiter wie vorher eingestellt.
    .advice = Sieh in den Einstellungen nach: Was nicht stimmt, steht dort.
health-settings-wrong-nothing = Die Einstellungen stimmen nicht: Es wird nichts gesichert.
    .advice = Sieh in den Einstellungen nach: Was nicht stimmt, steht dort.
health-settings-gone = Die Einstellungen sind weg: Es wird nichts gesichert.
    .advice = Leg die Datei mit den Einstellungen zurück, oder richte Keepsake neu ein. Die Backups, die es gibt, bleiben.
health-settings-empty = Die Einstellungen sind leer: Es wird nichts gesichert.
    .advice = Leg die Datei mit den Einstellungen zurück, wie sie war, oder richte Keepsake neu ein. Die Backups, die es gibt, bleiben.
