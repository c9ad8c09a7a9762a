job-doing-backup = Backup von { $about } läuft
job-doing-backup-all = Backup läuft
job-doing-copy = Kopieren nach { $about }
job-doing-copy-all = Kopieren
job-doing-check = Prüfen von { $about }
job-doing-check-all = Alle Backups werden geprüft
job-doing-restore = Dateien aus { $about } werden zurückgeholt
job-doing-restore-all = Dateien werden zurückgeholt
job-doing-undo = { $about } wird rückgängig gemacht
job-doing-undo-all = Das Zurückholen wird rückgängig gemacht
job-doing-tidy-up = Aufräumen von { $about }
job-doing-tidy-up-all = Aufräumen
job-doing-import = Backups in { $about } werden gelesen
job-doing-import-all = Backups werden gelesen
job-doing-adopt-drive = Erste Kopie auf { $about }
job-doing-adopt-drive-all = Erste Kopie auf ein Laufwerk
job-doing-eject-drive = { $about } wird sicher entfernt
job-doing-eject-drive-all = Ein Laufwerk wird sicher entfernt
job-doing-forget-drive = { $about } wird vergessen
job-doing-forget-drive-all = Ein Laufwerk wird vergessen
job-stopping = Wird angehalten
job-line = { $job }.
job-line-left = { $job }, noch etwa { $left }.
job-line-part = { $job }, { $percent } % fertig.
job-backup-good = Das Backup ist fertig. Neu sind { $bytes }.
job-backup-with-problems = { $problems ->
    [one] Das Backup ist fertig, aber etwas ging schief.
   *[other] Das Backup ist fertig, aber { $problems } Dinge gingen schief.
}
    .advice = Die Einzelheiten nennen alles beim Namen.
job-backup-failed = Das Backup ist nicht gelungen. Was vorher gesichert war, ist nicht verloren.
    .advice = Versuche es noch einmal. Gelingt es wieder nicht, sagen die Einzelheiten, wonach zu sehen ist.
job-backup-stopped = Das Backup wurde angehalten. Nichts ist verloren; das nächste holt alles nach.
job-copy-good = Die Kopie ist fertig.
job-copy-with-problems = Nicht alles konnte kopiert werden.
    .advice = Die Einzelheiten nennen alles beim Namen.
job-copy-failed = Das Kopieren ist nicht gelungen. Die Backups auf diesem Computer sind, wie sie waren.
    .advice = Sieh nach, ob der Ort angeschlossen oder erreichbar ist, und kopiere noch einmal.
job-copy-stopped = Das Kopieren wurde angehalten. Was schon dort ist, bleibt.
job-check-good = Die Backups wurden geprüft: Alles ist in Ordnung.
job-check-with-problems = { $problems ->
    [one] Die Backups wurden geprüft: Etwas ist beschädigt.
   *[other] Die Backups wurden geprüft: { $problems } Dinge sind beschädigt.
}
    .advice = Mach jetzt ein Backup: Was noch auf diesem Computer ist, wird neu gesichert.
job-check-failed = Die Backups konnten nicht geprüft werden.
    .advice = Sieh nach, ob die Festplatte mit den Backups da ist und sich lesen lässt. Prüfe dann noch einmal.
job-check-drive-good = Alles auf { $about } wurde gelesen und verglichen: Alles ist in Ordnung.
job-check-drive-with-problems = { $problems ->
    [one] Alles auf { $about } wurde gelesen und verglichen: Etwas ist beschädigt.
   *[other] Alles auf { $about } wurde gelesen und verglichen: { $problems } Dinge sind beschädigt.
}
    .advice = Kopiere noch einmal darauf: Was beschädigt ist, wird neu kopiert. Passiert es wieder, ist das Laufwerk vielleicht verbraucht: Nimm ein anderes.
job-check-drive-failed = Was auf { $about } ist, ließ sich nicht prüfen.
    .advice = Sieh nach, ob es angesteckt ist, und versuche es noch einmal. Die Backups auf diesem Computer sind, wie sie waren.
job-check-drive-stopped = Das Prüfen von { $about } wurde angehalten.
job-check-stopped = Das Prüfen wurde angehalten.
job-restore-good = { $files ->
    [one] Eine Datei ist zurück.
   *[other] { $files } Dateien sind zurück.
}
job-restore-with-problems = { $files ->
    [one] Eine Datei ist zurück, aber nicht alles konnte zurückgeholt werden.
   *[other] { $files } Dateien sind zurück, aber nicht alles konnte zurückgeholt werden.
}
    .advice = Die Einzelheiten nennen alles beim Namen.
job-restore-failed = Die Dateien konnten nicht zurückgeholt werden. Was da ist, ist ganz.
    .advice = Versuche es noch einmal. Gelingt es wieder nicht, sagen die Einzelheiten, wonach zu sehen ist.
job-restore-look-again = Die Einstellungen haben sich geändert, seit du nachgesehen hast. Deshalb wurde nichts angerührt.
    .advice = Sieh noch einmal nach, was geschehen würde und wo.
job-restore-stopped = Das Zurückholen wurde angehalten. Was zurück ist, ist ganz.
job-undo-good = Alles ist wieder wie vorher.
job-undo-with-problems = Nicht alles ist wieder wie vorher.
    .advice = Die Einzelheiten nennen alles beim Namen.
job-undo-failed = Das Zurückholen konnte nicht rückgängig gemacht werden.
    .advice = Versuche es noch einmal. Gelingt es wieder nicht, sagen die Einzelheiten, wonach zu sehen ist.
job-undo-stopped = Das Rückgängigmachen wurde angehalten. Es kann fortgesetzt werden.
job-tidy-up-good = Aufgeräumt.
job-tidy-up-with-problems = Nicht alles konnte aufgeräumt werden.
    .advice = Die Einzelheiten nennen alles beim Namen.
job-tidy-up-failed = Das Aufräumen ist nicht gelungen. Alle Backups sind noch da.
    .advice = Versuche es noch einmal. Gelingt es wieder nicht, sagen die Einzelheiten, wonach zu sehen ist.
job-tidy-up-stopped = Das Aufräumen wurde angehalten.
job-import-good = Die Backups in diesem Ordner sind jetzt bekannt.
job-import-with-problems = Manche Backups in diesem Ordner konnten nicht gelesen werden.
    .advice = Die Einzelheiten nennen alles beim Namen.
job-import-failed = Die Backups in diesem Ordner konnten nicht gelesen werden.
    .advice = Ist es der richtige Ordner? Ist seine Festplatte angeschlossen?
job-import-stopped = Das Lesen der Backups wurde angehalten.
job-adopt-drive-good = Das Laufwerk gehört jetzt dazu und hat seine erste Kopie.
job-adopt-drive-with-problems = Das Laufwerk gehört jetzt dazu, aber nicht alles konnte kopiert werden.
    .advice = Die Einzelheiten nennen alles beim Namen. Beim nächsten Mal geht das Kopieren weiter.
job-adopt-drive-failed = Das Laufwerk konnte nicht in Gebrauch genommen werden. Was darauf war, ist, wie es war.
    .advice = Ziehe es ab, stecke es wieder an, und versuche es noch einmal. Gelingt es wieder nicht, nimm ein anderes.
job-adopt-drive-stopped = Das Kopieren auf das neue Laufwerk wurde angehalten. Was kopiert ist, bleibt, und beim nächsten Mal geht es weiter.
job-eject-drive-good = Das Laufwerk kann sicher abgezogen werden.
job-eject-drive-with-problems = Das Laufwerk darf abgezogen werden, aber nicht alles ging, wie es sollte.
    .advice = Die Einzelheiten nennen alles beim Namen.
job-eject-drive-failed = Das Laufwerk wird noch benutzt und kann noch nicht sicher abgezogen werden.
    .advice = Schließe Fenster und Programme, die Dateien davon zeigen, und versuche es noch einmal.
job-eject-drive-stopped = Das Laufwerk wurde nicht losgelassen. Lass es stecken, oder versuche es noch einmal.
job-forget-drive-good = Das Laufwerk ist vergessen. Was darauf ist, bleibt.
job-forget-drive-with-problems = Das Laufwerk ist vergessen, aber nicht alles ging, wie es sollte.
    .advice = Die Einzelheiten nennen alles beim Namen.
job-forget-drive-failed = Das Laufwerk konnte nicht vergessen werden. Alles ist, wie es war.
    .advice = Versuche es noch einmal. Gelingt es wieder nicht, sagen die Einzelheiten, wonach zu sehen ist.
job-forget-drive-stopped = Das Laufwerk wurde nicht vergessen. Alles ist, wie es war.
