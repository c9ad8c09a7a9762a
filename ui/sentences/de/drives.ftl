### Laufwerke, die angesteckt sind. Das sagt der Agent; Symbol, Meldungen und Fenster zeigen es.

drive-asks = { $title } ({ $size }) für Backups verwenden?
    .advice = Darauf wird nichts geschrieben, bis du es sagst.
drive-ignored = { $title } wird in Ruhe gelassen.
    .advice = Darauf wird nichts geschrieben. Für Backups kannst du es trotzdem jederzeit verwenden.
drive-locked = { $title } ist mit einem Passwort gesperrt.
    .advice = Öffne es in deiner Dateiverwaltung mit seinem Passwort. Dann sieht Keepsake es sich noch einmal an.
drive-unformatted = { $title } ist noch nicht eingerichtet.
    .advice = Deine Dateiverwaltung oder das Programm „Laufwerke“ kann das („Formatieren“). Dabei wird alles darauf gelöscht: Sieh also zweimal hin, welches es ist.
drive-unknown-format = Keepsake kann auf { $title } nicht schreiben: Es ist auf eine Art eingerichtet, die dieser Computer nicht kennt.
    .advice = Nimm ein anderes. Oder lass dieses neu einrichten; dabei wird alles darauf gelöscht.
drive-read-only = Auf { $title } lässt sich nichts schreiben.
    .advice = Viele Laufwerke haben an der Seite einen kleinen Schalter: Schiebe ihn um, und stecke das Laufwerk noch einmal an. Wenn keiner da ist, ist es vielleicht verbraucht.
drive-too-small = { $title } ({ $size }) ist zu klein für Backups: Ein Laufwerk braucht { $least } oder mehr.
    .advice = Nimm ein größeres. Wie viel Platz die Backups brauchen, steht auf der Seite „Laufwerke“.
drive-refused-clone = Das ist nicht { $name }. Es ist ein anderes Laufwerk, das genauso aussehen soll.
    .advice = Darauf wurde nichts geschrieben. Stecke das echte { $name } an.
drive-refused-twice = Zwei Laufwerke sind angesteckt, und beide sagen, sie seien { $name }.
    .advice = Auf keines wurde etwas geschrieben. Ziehe das ab, das nicht { $name } ist.
drive-refused-marker = Dieses Laufwerk sieht aus wie { $name }, aber jemand hat geändert, was Keepsake darauf geschrieben hat.
    .advice = Darauf wurde nichts geschrieben. Wenn du sicher bist, dass es deines ist: Vergiss { $name } auf der Seite „Laufwerke“, und verwende das Laufwerk neu.
drive-refused-no-marker = Dieses Laufwerk sieht aus wie { $name }, aber es wurde geleert.
    .advice = Darauf wurde nichts geschrieben. Wenn du es selbst geleert hast: Vergiss { $name } auf der Seite „Laufwerke“, und verwende das Laufwerk neu.
drive-refused-family = { $title } gehört zum Keepsake einer anderen Familie.
    .advice = Darauf wird nichts geschrieben. Wenn es deines ist, von einem anderen Computer: Gib dein Rettungsblatt ein.
drive-no-key = Dieser Computer kann den Schlüssel deiner Laufwerke nicht benutzen. Auf { $name } wird nichts kopiert.
    .advice = Gib dein Rettungsblatt auf der Seite „Laufwerke“ ein und stecke das Laufwerk dann noch einmal an. Was darauf ist, bleibt.
drive-backups-found = { $count ->
    [one] Auf { $title } sind Keepsake-Backups.
   *[other] Auf { $title } sind Keepsake-Backups, { $count } verschiedene.
}
    .advice = Du kannst sie ansehen und Dateien zurückholen. Auf das Laufwerk wird nichts geschrieben.
drive-waiting = { $name } ist angesteckt und kommt gleich an die Reihe.
    .advice = Lass es stecken. Das Kopieren beginnt von selbst.
drive-busy = Keepsake arbeitet mit { $name }.
    .advice = Lass es stecken, bis du es sicher abziehen kannst.
drive-ready = { $name } ist angesteckt und bleibt es.
    .advice = Neue Backups werden von selbst darauf kopiert. Bevor du es abziehst, drücke „Sicher entfernen“.
drive-safe = { $name } kann sicher abgezogen werden.
    .advice = Ziehe es ab, und lege es weg. Am besten nicht neben diesen Computer.
drive-unmounted = { $name } darf jetzt abgezogen werden.
    .advice = Vielleicht leuchtet es noch. Das macht nichts: Alles ist geschrieben.
drive-held = { $program } verwendet { $name } noch.
    .advice = Schließe { $program }, und drücke dann noch einmal „Sicher entfernen“.
drive-held-unknown = Ein anderes Programm verwendet { $name } noch.
    .advice = Schließe Fenster, die Dateien davon zeigen, und drücke dann noch einmal „Sicher entfernen“.
drive-failed = Das Kopieren auf { $name } ist nicht gelungen.
    .advice = Die Backups auf diesem Computer sind in Ordnung. Ziehe das Laufwerk ab, und stecke es wieder an. Gelingt es noch einmal nicht, ist es vielleicht verbraucht: Nimm ein anderes.
drive-full = { $name } ist voll.
    .advice = Das letzte gute Backup darauf bleibt. Nimm ein größeres Laufwerk, oder hebe in den Einstellungen Backups kürzer auf.
drive-gone-early = { $name } wurde beim Kopieren abgezogen. Nichts ist verloren; es geht weiter, wenn du es wieder ansteckst.
    .advice = Warte beim nächsten Mal, bis es sicher abgezogen werden kann.
drive-another-user = Jemand anderes, der diesen Computer benutzt, hat { $name } geöffnet.
    .advice = Darauf wurde nichts geschrieben. Bitte darum, dass es dort in der Dateiverwaltung sicher entfernt wird. Dann stecke es noch einmal an.
drive-not-allowed = Dieser Computer lässt Keepsake { $name } nicht öffnen.
    .advice = Öffne das Laufwerk zuerst in deiner Dateiverwaltung. Geht das auch nicht, zeige es dem, der hilft.
