
preview-nothing-chosen = Es ist nichts ausgewählt, oder es ist nichts darin.
    .advice = Geh zurück und wähle, was zurückkommen soll.
preview-no-such-file = { $path } ist nicht in diesem Backup.
    .advice = Geh zurück und wähle es noch einmal, oder ein anderes Backup.
preview-no-such-files = { $count ->
    [one] Noch etwas ist nicht in diesem Backup.
   *[other] Weitere { $count } Dinge sind nicht in diesem Backup.
}
    .advice = Geh zurück und wähle noch einmal, oder ein anderes Backup.
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
preview-folder-silent = { $folder } antwortet gerade nicht, deshalb kann nichts dorthin zurückgeholt werden.
    .advice = Sieh nach, ob das Laufwerk oder das Netz da ist, und schau dann noch einmal. Oder wähle einen anderen Ordner.
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
refused-no-recovery-key = Es gibt noch kein Rettungsblatt.
    .advice = Es entsteht mit dem ersten Laufwerk. Hast du eines von einem früheren Computer, gib es ein.
refused-recovery-key-lost = Dieser Computer hat verloren, was deine Laufwerke öffnet. Kopien werden weiter gemacht, und nur dein Rettungsblatt öffnet sie.
    .advice = Gib dein Rettungsblatt ein. Ist es auch verloren, mach ein neues.
refused-keyring-locked = Der Passwortspeicher dieses Computers ist gesperrt, und darin liegt, was deine Laufwerke öffnet.
    .advice = Melde dich mit deinem Passwort am Computer an oder entsperre den Passwortspeicher, und versuch es noch einmal. Lässt er sich nicht mehr öffnen, dann gib dein Rettungsblatt ein.
refused-other-recovery-key = Diese Backups sind mit einem anderen Schlüssel verschlossen als deinem.
    .advice = Gib das Rettungsblatt ein, das zu ihnen gehört: das einer anderen Familie oder dein eigenes aus der Zeit, bevor der Schlüssel gewechselt wurde.
refused-drive-key-damaged = Was dieser Computer vom Schlüssel deiner Laufwerke weiß, ist beschädigt.
    .advice = Gib dein Rettungsblatt auf der Seite „Laufwerke“ ein: Dann entsteht es neu, und nichts wird weggeworfen. Ist auch das Blatt verloren, dann mach dort ein neues.
failed-recovery-key = Was deine Laufwerke öffnet, ließ sich nicht lesen oder nicht aufbewahren.
    .advice = Versuch es noch einmal. Passiert es wieder, zeig die Einzelheiten dem, der hilft.
refused-drive-gone = Dieses Laufwerk ist nicht mehr angesteckt.
    .advice = Stecke es wieder an, und versuche es noch einmal.
refused-drive-without-backups = Auf { $title } sind keine Keepsake-Backups.
    .advice = Darauf wurde nichts geschrieben. Hast du noch andere Laufwerke? Stecke sie an, eines nach dem anderen.
failed-drive-not-opened = Dieses Laufwerk ließ sich nicht öffnen.
    .advice = Darauf wurde nichts geschrieben. Ziehe es ab, und stecke es wieder an. Hilft das nicht, öffne es zuerst in deiner Dateiverwaltung.
failed-drive-not-changed = Die Änderung ließ sich nicht festhalten.
    .advice = Alles ist, wie es war. Versuche es noch einmal; hilft das nicht, zeige die Einzelheiten dem, der hilft.
