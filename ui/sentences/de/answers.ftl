refused-bad-request = Das hat Keepsake nicht verstanden.
    .advice = Schließe das Fenster und öffne es wieder. Kommt es noch einmal vor, zeige die Einzelheiten dem, der hilft.
refused-settings-wrong = In den Einstellungen ist etwas falsch, darum weiß Keepsake nicht, was zu zeigen ist.
    .advice = Die Einzelheiten nennen die Zeile. Sie lässt sich in den Einstellungen berichtigen.
refused-not-set-up = Noch ist nichts geschützt.
    .advice = Wähle aus, was Keepsake schützen soll.
refused-busy = Keepsake ist gerade bei der Arbeit.
    .advice = Versuche es wieder, wenn es fertig ist.
refused-nothing-there = Was gesucht wurde, gibt es nicht.
    .advice = Geh zurück und wähle noch einmal.
refused-no-such-folder = In den Ordner { $path } lässt sich nicht hineinsehen.
    .advice = Liegt er auf einem Laufwerk, schließe es an. Dann versuche es noch einmal.
refused-no-such-backup = Das Backup { $backup } gibt es nicht mehr.
    .advice = Geh zurück zum Verlauf und wähle ein anderes.
refused-no-such-file = { $path } ist nicht in diesem Backup.
    .advice = Geh zurück und wähle noch einmal.
refused-needs-consent = Dateien würden ersetzt, und niemand hat zugestimmt.
    .advice = Tippe das verlangte Wort, oder hole die Dateien in einen Ordner daneben zurück.
failed-defect = Keepsake hat einen Fehler gemacht und konnte nicht antworten.
    .advice = Die Backups sind, wie sie waren. Versuche es noch einmal, und kommt es wieder vor, zeige die Einzelheiten dem, der hilft.
failed-disk-full = Die Festplatte ist voll.
    .advice = Schaffe Platz darauf, dann versuche es noch einmal.
failed-known = Was Keepsake von den Backups weiß, lässt sich gerade nicht lesen.
    .advice = Die Backups sind, wie sie waren. Versuche es gleich noch einmal.
failed-known-damaged = Was Keepsake von den Backups weiß, ist beschädigt.
    .advice = Die Backups sind, wie sie waren. Sichere jetzt: Dabei liest Keepsake sie und weiß danach wieder alles.
failed-reading = Etwas, das dafür gebraucht wird, lässt sich nicht lesen.
    .advice = Die Backups sind, wie sie waren. Die Einzelheiten sagen, was es ist.

preview-nothing-chosen = Es ist nichts ausgewählt, oder es ist nichts darin.
    .advice = Geh zurück und wähle, was zurückkommen soll.
preview-no-such-file = { $path } ist nicht in diesem Backup.
    .advice = Geh zurück und wähle es noch einmal, oder ein anderes Backup.
preview-in-place-from-elsewhere = Diese Backups sind von anderswo, darum legt Keepsake nichts an seinen alten Ort zurück.
    .advice = Wähle einen Ordner daneben.
preview-folder-is-keepsakes = { $folder } gehört Keepsake, und nichts anderes gehört dorthin.
    .advice = Wähle einen anderen Ordner.
preview-folder-is-protected = { $folder } ist selbst geschützt: Was dorthin zurückkommt, wird Teil des nächsten Backups.
    .advice = Ist das nicht gewollt, wähle einen anderen Ordner.
preview-folder-is-a-file = { $path } ist eine Datei und kein Ordner.
    .advice = Wähle einen anderen Ordner.
preview-folder-not-writable = In { $folder } lässt sich nichts schreiben.
    .advice = Wähle einen anderen Ordner, am besten einen eigenen.
preview-disk-too-small = In { $folder } ist zu wenig Platz: { $needed } werden gebraucht, { $free } sind frei.
    .advice = Schaffe Platz, wähle einen Ordner auf einer anderen Festplatte, oder hole weniger zurück.
preview-would-replace = { $count ->
    [one] In { $folder } steht schon eine andere Datei: { $first }. Dort wird nichts ersetzt.
   *[other] In { $folder } stehen schon { $count } andere Dateien, zum Beispiel { $first }. Dort wird nichts ersetzt.
}
    .advice = Wähle einen leeren Ordner.
preview-no-folder-for = Keepsake weiß nicht, in welchem Ordner { $source } war.
    .advice = Wähle einen Ordner daneben.
preview-place-missing = { $folder } ist nicht da, und auch nicht der Ordner darum herum.
    .advice = Liegt er auf einem Laufwerk, schließe es an. Oder wähle einen Ordner daneben.
preview-backup-is-old = Dieses Backup ist { $age } alt.
    .advice = Was seither dazukam, ist nicht darin.
preview-backup-has-problems = { $count ->
    [one] Eine Datei ließ sich nicht lesen, als dieses Backup gemacht wurde.
   *[other] { $count } Dateien ließen sich nicht lesen, als dieses Backup gemacht wurde.
}
    .advice = Suche sie in einem früheren Backup.
preview-parts-are-missing = { $count ->
    [one] Ein Teil dieses Backups fehlt.
   *[other] { $count } Teile dieses Backups fehlen.
}
    .advice = Was übrig ist, kommt zurück. Was nicht zurückkommt, wird beim Namen genannt.
preview-needs-place = Ein Teil dieses Backups ist nur bei { $places }, und das ist gerade nicht zu erreichen.
    .advice = Schließe es an oder verbinde dich damit, dann sieh noch einmal nach.
preview-file-damaged = { $path } ist in diesem Backup beschädigt.
    .advice = Alles andere kommt zurück. Vielleicht hat ein anderes Backup die Datei.
preview-file-damaged-other-version = { $path } ist in diesem Backup beschädigt. Das Backup von { $at } hat die Datei heil.
    .advice = Alles andere kommt zurück. Hole diese Datei aus dem anderen Backup.
preview-more-files-damaged = { $count ->
    [one] Eine weitere Datei ist beschädigt.
   *[other] { $count } weitere Dateien sind beschädigt.
}
    .advice = Alles andere kommt zurück.
