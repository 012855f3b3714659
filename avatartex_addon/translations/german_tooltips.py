"""German: tooltips, Batch, Registration, and what stops a job or the set-up."""

from __future__ import annotations

LABEL_TEXTS = {
    "Add Selected": "Auswahl hinzufügen",
    "Cancel Batch": "Stapel abbrechen",
    "Fill from Folder": "Aus Ordner füllen",
    "Load Table (CSV)": "Tabelle laden (CSV)",
    "Pause": "Pause",
    "Save Report": "Bericht sichern",
    "Retry Failed": "Gescheiterte noch einmal",
    "Run Batch": "Stapel starten",
    "Texture All Again": "Alle noch einmal",
    "Empty the Table": "Tabelle leeren",
    "Go On": "Weiter",
    "Edit Pins on Portrait": "Pins auf dem Porträt setzen",
    "Edit Pins on Head": "Pins auf dem Kopf setzen",
    "Add Pin": "Pin hinzufügen",
    "Remove Pin": "Pin entfernen",
    "Clear Pins": "Alle Pins entfernen",
    "Install from Folder": "Aus Ordner einrichten",
    "Download and Install": "Laden und einrichten",
    "Remove Unused Portraits": "Unbenutzte Porträts löschen",
    "Show This Result": "Dieses Ergebnis zeigen",
    "AvatarTex Portrait": "AvatarTex-Porträt",
}

WORDS = {
    "Go On ({count})": "Weiter ({count})",
    "Run Batch ({count})": "Stapel starten ({count})",
    "Retry {count}": "{count} noch einmal",
    "Paused": "Angehalten",
    "{over} of {total}": "{over} von {total}",
    "{share} covered": "{share} bedeckt",
    "Drag at least {count} points into place: outer eye corners, nose tip, chin.":
        "Wenigstens {count} Punkte an ihren Platz ziehen: äußere Augenwinkel, Nasenspitze, Kinn.",
    "Batch": "Stapel",
    "Registration": "Registrierung",
    "File Name": "Dateiname",
    "Folder Name": "Ordnername",
    "Order": "Reihenfolge",
    "Match by": "Zuordnen nach",
    "All": "Alle",
    "As Set": "Wie eingestellt",
    "Copy for Each Character": "Kopie für jede Figur",
    "Texture Once": "Einmal texturieren",
    "Shared Materials": "Geteilte Materialien",
    "Characters": "Figuren",
    "Ask": "Fragen",
    "Copy": "Kopieren",
    "Once": "Einmal",
    "Waiting": "Wartet",
    "Running": "Läuft",
    "Made": "Gemacht",
    "Done": "Fertig",
    "Skipped": "Übersprungen",
    "Failed": "Gescheitert",
    "State": "Zustand",
    "no portrait": "kein Porträt",
    "Favourite": "Favorit",
    "Point": "Punkt",
    "Paint": "Malen",
    "Fill With": "Füllen mit",
    "Where": "Wo",
    "Selected Faces": "Ausgewählte Flächen",
    "Generated": "Erzeugtes",
    "Everything": "Alles",
    "Image": "Bild",
    "Doubtful": "Zweifelhaft",
    "Good": "Gut",
    "Fair": "Mäßig",
    "Folder": "Ordner",
    "Build": "Ausführung",
    "Own Environment": "Eigene Umgebung",
    "Results per Head": "Ergebnisse je Kopf",
    "Graphics": "Grafik",
    "Disk space": "Platz",
    "Online access": "Online-Zugriff",
    "Found": "Gefunden",
    "Allowed": "Erlaubt",
    "CPU build": "Ausführung für CPU",
}

TOLD_TEXTS = {
    "Texture many characters at once, each from its portrait.":
        "Viele Figuren auf einmal texturieren, jede aus ihrem Porträt.",
    "Select the heads first": "Erst die Köpfe auswählen",
    "No batch is running": "Es läuft kein Stapel",
    "The table is empty": "Die Tabelle ist leer",
    "The batch is running": "Der Stapel läuft",
    "Every character": "Jede Figur",
    "No character has failed": "Keine Figur ist gescheitert",
    "No character waits for a texture; add some, or retry the failed ones":
        "Keine Figur wartet auf eine Textur; welche hinzufügen oder die gescheiterten noch einmal versuchen",
    "A texture is being generated; wait for it or cancel it":
        "Eine Textur wird erzeugt; auf sie warten oder sie abbrechen",
    "Nothing is being generated": "Es wird nichts erzeugt",
    "Cancelled; nothing was changed": "Abgebrochen; nichts wurde verändert",
    "The portrait cannot change while a job runs": "Während eines Auftrags bleibt das Porträt",
    "This head has no texture of ours to compare": "Dieser Kopf hat keine Textur von uns zum Vergleichen",
    "This head has no results yet": "Dieser Kopf hat noch keine Ergebnisse",
    "This head has no earlier texture to go back to": "Dieser Kopf hat keine frühere Textur",
    "This head has no variants yet": "Dieser Kopf hat noch keine Varianten",
    "Nothing to forget": "Nichts zu vergessen",
    "Nothing is painted on this head": "Auf diesen Kopf ist nichts gemalt",
    "Nothing is painted yet: paint what is to be made anew":
        "Noch ist nichts gemalt: malen, was neu werden soll",
    "No brush is chosen: pick one in the asset shelf below":
        "Kein Pinsel ist gewählt: einen im Asset-Regal unten nehmen",
    "The head is not hidden": "Der Kopf ist nicht ausgeblendet",
    "The registration is doubtful": "Die Registrierung ist zweifelhaft",
    "There is no image in this file": "In dieser Datei ist kein Bild",
    "There is none that this file does not use": "Es gibt keines, das diese Datei nicht verwendet",
    "Other files that use them will ask for them again.": "Andere Dateien, die sie verwenden, fragen wieder danach.",
    "Select a head of this file": "Einen Kopf dieser Datei auswählen",
    "Select a head that can be edited": "Einen Kopf auswählen, der sich bearbeiten lässt",
    "The head has as many UV maps as Blender allows": "Der Kopf hat so viele UV-Maps, wie Blender erlaubt",
    "The head has no faces": "Der Kopf hat keine Flächen",
    "Press Show Registration first: it tells where the points are":
        "Erst Registrierung zeigen drücken: sie sagt, wo die Punkte sind",
    "There is no window to edit in": "Es gibt kein Fenster zum Bearbeiten",
    "Use it in a 3D viewport": "In einem 3D-Viewport verwenden",
    "There are no pins": "Es gibt keine Pins",
    "The backend does not know this point": "Das Backend kennt diesen Punkt nicht",
    "This point is pinned already": "Dieser Punkt ist schon gesetzt",
    "No style is chosen. Choose one or more styles": "Kein Stil ist gewählt. Einen oder mehrere wählen",
    "Generate Texture cannot run now; its own tooltip says why":
        "Textur erzeugen geht jetzt nicht; warum, steht in dessen Hinweis",
    "Allow Online Access first: Preferences > System > Network":
        "Erst den Online-Zugriff erlauben: Einstellungen > System > Netzwerk",
    # what stops a job, and what to do
    "The backend is not set up.": "Das Backend ist nicht eingerichtet.",
    "Press Set Up Backend, or choose its Python.": "Backend einrichten drücken oder sein Python wählen.",
    "Generate again; if it happens again, look into the log.":
        "Noch einmal erzeugen; geschieht es wieder, ins Protokoll sehen.",
    "A job is already running.": "Es läuft schon ein Auftrag.",
    "Wait for it, or cancel it.": "Darauf warten oder ihn abbrechen.",
    "Set up the backend of this AvatarTex version.": "Das Backend dieser AvatarTex-Version einrichten.",
    "Set up the backend again, or choose another Python in the preferences.":
        "Das Backend noch einmal einrichten oder in den Einstellungen ein anderes Python wählen.",
    "Mend the table: object, portrait, style, seed.": "Die Tabelle berichtigen: object, portrait, style, seed.",
    "The set-up was cancelled.": "Das Einrichten wurde abgebrochen.",
    "It goes on where it stopped.": "Es geht weiter, wo es aufgehört hat.",
    "Nothing is painted red.": "Nichts ist rot gemalt.",
    "Paint what is to be made anew.": "Malen, was neu werden soll.",
    "Generate again.": "Noch einmal erzeugen.",
    "Apply the modifiers and unwrap, or turn it off.": "Die Modifikatoren anwenden und abwickeln oder ihn ausschalten.",
    "Select a head mesh.": "Das Mesh eines Kopfes auswählen.",
    "Let the modifier keep UVs.": "Den Modifikator UVs behalten lassen.",
    "Choose faces of one material, or clear Head Faces.": "Flächen eines Materials wählen oder Kopfflächen leeren.",
    "Choose another group for Head Faces, or clear it.": "Eine andere Gruppe für Kopfflächen wählen oder sie leeren.",
    "Assign the head's vertices to it with full weight, or clear Head Faces.":
        "Ihr die Punkte des Kopfes mit vollem Gewicht zuweisen oder Kopfflächen leeren.",
    "Select the head's faces in Edit Mode, or turn Only Selected Faces off.":
        "Die Flächen des Kopfes im Editiermodus auswählen oder Nur ausgewählte Flächen ausschalten.",
    "Add a head first.": "Erst einen Kopf hinzufügen.",
    "There is no portrait yet.": "Noch gibt es kein Porträt.",
    "Choose a picture of a face.": "Das Bild eines Gesichts wählen.",
    "Choose the picture again.": "Das Bild noch einmal wählen.",
    "Choose another head.": "Einen anderen Kopf wählen.",
    "Choose another UV map.": "Eine andere UV-Map wählen.",
    "Choose another head for the row, or take the row out.":
        "Einen anderen Kopf für die Zeile wählen oder sie herausnehmen.",
    "Find the head's faces automatically, because it has no vertex group of the chosen name":
        "Die Flächen des Kopfes von selbst finden, weil er keine Vertexgruppe mit dem gewählten Namen hat",
    "Make a Library Override of it (Object menu), or open that file.":
        "Ein Library Override daraus machen (Menü Objekt) oder jene Datei öffnen.",
    "Add a material in the file that it comes from.": "Ein Material in der Datei anlegen, aus der er kommt.",
    "Add one with the button, or unwrap it first (Edit Mode, UV > Unwrap).":
        "Mit dem Knopf eine anlegen oder erst abwickeln (Editiermodus, UV > Abwickeln).",
    "Select one head alone, or choose it as Head. Batch takes many.":
        "Einen Kopf allein auswählen oder als Kopf einstellen. Der Stapel nimmt viele.",
    "Choose the head and try again.": "Den Kopf wählen und noch einmal versuchen.",
    "No faces are selected.": "Keine Flächen sind ausgewählt.",
    "Select some in Edit Mode.": "Im Editiermodus welche auswählen.",
    "This result has no provenance.": "Zu diesem Ergebnis gibt es keine Herkunft.",
    "Generate a texture anew.": "Eine Textur neu erzeugen.",
    "Nothing of this texture is generated.": "Nichts an dieser Textur ist erzeugt.",
    "Generate one, or click one in Results.": "Eine erzeugen oder in Ergebnisse eine anklicken.",
    "Regions and provenance are for heads with one tile; the backend's command line takes several.":
        "Bereiche und Herkunft gibt es für Köpfe mit einer Kachel; die Befehlszeile des Backends nimmt mehrere.",
    "Free space on the disk of Blender's temporary folder.":
        "Auf der Platte von Blenders temporärem Ordner Platz schaffen.",
    "No style is chosen.": "Kein Stil ist gewählt.",
    "Choose one or more styles.": "Einen oder mehrere Stile wählen.",
    "No seed is given.": "Kein Startwert ist angegeben.",
    "Write seeds as 0,1,2 or as 0-3.": "Startwerte als 0,1,2 oder als 0-3 schreiben.",
    "The file is not saved yet, so there is no folder beside it.":
        "Die Datei ist noch nicht gesichert, darum gibt es keinen Ordner neben ihr.",
    "Save the file first, or keep the textures packed.": "Erst die Datei sichern oder die Texturen packen.",
    "Bake the variant again.": "Die Variante noch einmal backen.",
    "Bake the variants again.": "Die Varianten noch einmal backen.",
    "Free space on the disk, or keep the textures packed.": "Auf der Platte Platz schaffen oder die Texturen packen.",
    # the set-up
    "CUDA build, though no NVIDIA driver was found. It will use the CPU.":
        "Ausführung für CUDA, obwohl kein NVIDIA-Treiber da ist. Gerechnet wird auf der CPU.",
    "The folder cannot be written.": "In den Ordner lässt sich nicht schreiben.",
    "Blender may not use the network. Allow it, or install from a folder.":
        "Blender darf nicht ins Netz. Erlauben oder aus einem Ordner einrichten.",
    "Looking for Python 3.11": "Python 3.11 wird gesucht",
    "Creating the environment": "Die Umgebung wird angelegt",
    "Asking what CUDA needs": "Was CUDA braucht, wird gefragt",
    "Installing": "Wird eingerichtet",
    "Checking": "Wird geprüft",
    "Copying the networks": "Die Netze werden kopiert",
    "Ready": "Bereit",
    "Examining the chosen Python": "Das gewählte Python wird geprüft",
    "No Python 3.11 was found on this computer.": "Auf diesem Rechner ist kein Python 3.11.",
    "Install it from python.org, or choose it in Advanced.":
        "Von python.org einrichten oder unter Erweitert wählen.",
    "Choose another one, or empty the field.": "Ein anderes wählen oder das Feld leeren.",
    "The chosen file is no Python that runs.": "Die gewählte Datei ist kein Python, das läuft.",
    "Another Blender is setting up this folder.": "Ein anderes Blender richtet diesen Ordner gerade ein.",
    "Wait until it is done.": "Warten, bis es fertig ist.",
    "The Python of your own environment is not there.": "Das Python der eigenen Umgebung ist nicht da.",
    "Install backend/requirements.txt into it, choose another Python, or empty the field.":
        "backend/requirements.txt darin einrichten, ein anderes Python wählen oder das Feld leeren.",
    "Choose another folder.": "Einen anderen Ordner wählen.",
    "Free some space, or choose a folder on another disk.":
        "Platz schaffen oder einen Ordner auf einer anderen Platte wählen.",
    "This build of AvatarTex carries no list of packages.": "Dieses AvatarTex hat keine Liste der Pakete.",
    "Install the extension again.": "Die Erweiterung noch einmal installieren.",
    "The packages could not be installed.": "Die Pakete ließen sich nicht einrichten.",
    "The other build stayed in place.": "Die andere Ausführung ist geblieben.",
    "What CUDA needs is not known.": "Was CUDA braucht, ist nicht bekannt.",
    "The chosen Python fails.": "Das gewählte Python scheitert.",
    "The chosen Python could not examine itself.": "Das gewählte Python konnte sich nicht prüfen.",
    "Look into the log, or choose another one.": "Ins Protokoll sehen oder ein anderes wählen.",
    "Make it with this version of AvatarTex: see its manual.":
        "Ihn mit dieser Version von AvatarTex machen: siehe Handbuch.",
    "Free some space, or choose another.": "Platz schaffen oder einen anderen wählen.",
    "Delete it yourself if you do not need it.": "Ihn selbst löschen, wenn er nicht gebraucht wird.",
    "Install its venv package (Debian: python3.11-venv).": "Dessen Paket venv einrichten (Debian: python3.11-venv).",
    "The environment could not be created.": "Die Umgebung ließ sich nicht anlegen.",
    "The installed packages do not work together.": "Die eingerichteten Pakete passen nicht zusammen.",
    "Look into the log, mend the cause and go on; what is done stays.":
        "Ins Protokoll sehen, die Ursache beheben und fortsetzen; was getan ist, bleibt.",
}

TOOLTIPS = {
    "Take the active mesh as the head, whatever else is selected":
        "Das aktive Mesh als Kopf nehmen, was immer sonst ausgewählt ist",
    "Texture the UV map that renders show, because the head has none of the chosen name":
        "Die gerenderte UV-Map texturieren, weil der Kopf keine mit dem gewählten Namen hat",
    "Make a Library Override of the linked head, so that it gets its texture in this file. The library stays as it is":
        "Ein Library Override des verknüpften Kopfes anlegen, damit er in dieser Datei seine Textur bekommt. Die "
        "Bibliothek bleibt, wie sie ist",
    "Switch this viewport to Material Preview: as it is shaded now, it shows no textures":
        "Diesen Viewport auf Materialvorschau umschalten: so, wie er jetzt schattiert, zeigt er keine Texturen",
    "Click a mesh first": "Erst ein Mesh anklicken",
    "The head is not linked": "Der Kopf ist nicht verknüpft",
    "Make a texture although the head may lie wrongly on the portrait. Undo takes it back":
        "Eine Textur machen, obwohl der Kopf falsch auf dem Porträt liegen mag. Rückgängig nimmt sie zurück",
    "How strongly the colours cover the head": "Wie stark die Farben den Kopf bedecken",
    "Add a UV map in which no faces overlap, and texture that one. Your own UV maps stay as they are":
        "Eine UV-Map anlegen, in der sich keine Flächen überlappen, und diese texturieren. Die eigenen bleiben",
    "Add the selected meshes to the table; their portraits are chosen there":
        "Die ausgewählten Meshes in die Tabelle nehmen; ihre Porträts werden dort gewählt",
    "Stop the batch. The textures made so far come onto their heads; Go On takes the others":
        "Den Stapel anhalten. Was gemacht ist, kommt auf die Köpfe; Weiter nimmt die anderen",
    "Find a portrait for each character in a folder of pictures, by name":
        "Für jede Figur in einem Bilderordner nach Namen ein Porträt finden",
    "Which picture belongs to which head": "Welches Bild zu welchem Kopf gehört",
    "Read characters from a CSV table with the columns object, portrait, style, seed":
        "Figuren aus einer CSV-Tabelle mit den Spalten object, portrait, style, seed lesen",
    "Finish the running character, then wait until you go on. Meanwhile single textures can be generated":
        "Die laufende Figur beenden, dann warten. Einzelne Texturen lassen sich so lange erzeugen",
    "Take this character out of the table. Its texture stays on it":
        "Diese Figur aus der Tabelle nehmen. Ihre Textur bleibt",
    "Write what became of each character to a file: .json, or .csv for spreadsheets":
        "Was aus jeder Figur wurde, in eine Datei schreiben: .json, oder .csv für Tabellen",
    "Texture every waiting character of the table. The textures come onto the heads together at the end":
        "Jede wartende Figur der Tabelle texturieren. Die Texturen kommen am Ende zusammen auf die Köpfe",
    "Stop generating. Nothing in the scene is changed": "Das Erzeugen anhalten. In der Szene ändert sich nichts",
    "Stop setting up the backend. What is downloaded stays, the next time it goes on from there":
        "Das Einrichten anhalten. Geladenes bleibt, beim nächsten Mal geht es dort weiter",
    "Look whether this computer can take the backend, and how much there is to download. Changes nothing":
        "Sehen, ob das Backend auf diesen Rechner passt und wie viel zu laden ist. Ändert nichts",
    "Show what the head had before AvatarTex, and with a second click the texture again. Nothing is lost":
        "Zeigen, was der Kopf vor AvatarTex hatte, mit einem zweiten Klick wieder die Textur. Nichts geht verloren",
    "Drag named points over the portrait, in an Image Editor, where eyes or mouth land in the wrong place. Full"
    " points are pins, hollow ones suggestions":
        "Benannte Punkte über das Porträt ziehen, in einem Bildeditor, wo Augen oder Mund falsch sitzen. Volle "
        "sind Pins, hohle Vorschläge",
    "Drag named points over the head, in this viewport, where its features are not found. Full points are pins,"
    " hollow ones suggestions":
        "Benannte Punkte über den Kopf ziehen, in diesem Viewport, wo seine Züge nicht gefunden werden. Volle "
        "sind Pins, hohle Vorschläge",
    "Open the folder with the backend's log, when something failed and its message does not tell enough":
        "Den Ordner mit dem Protokoll des Backends öffnen, wenn etwas scheiterte und die Meldung nicht genug "
        "sagt",
    "Keep this result, however many others come; click again to let it go":
        "Dieses Ergebnis behalten, wie viele auch kommen; ein weiterer Klick gibt es frei",
    "Forget every result but the one on the head and the favourites. The file gets smaller":
        "Alle Ergebnisse außer dem auf dem Kopf und den Favoriten vergessen. Die Datei wird kleiner",
    "Paint with Blender's own brushes on the head, in Texture Paint mode; the texture itself is not painted on":
        "Mit Blenders Pinseln auf den Kopf malen, im Texturmalmodus; die Textur selbst wird nicht bemalt",
    "End painting: mode, brush colour and paint settings are put back as they were":
        "Das Malen beenden: Modus, Pinselfarbe und Einstellungen werden wieder, wie sie waren",
    "Forget all painted regions of this head": "Alle gemalten Bereiche dieses Kopfes vergessen",
    "Show in an Image Editor how the head lies on the portrait: look there when eyes or mouth land in the wrong"
    " place. Nothing is changed":
        "In einem Bildeditor zeigen, wie der Kopf auf dem Porträt liegt: dort nachsehen, wenn Augen oder Mund "
        "falsch sitzen. Nichts wird verändert",
    "Put this texture on the head again": "Diese Textur wieder auf den Kopf bringen",
    "Where Set Up Backend puts the backend and its networks: one folder for all Blender versions":
        "Wohin Backend einrichten das Backend und seine Netze legt: ein Ordner für alle Blender-Versionen",
    "How many textures a head remembers beside its favourites; each makes the file larger":
        "Wie viele Texturen ein Kopf sich neben seinen Favoriten merkt; jede macht die Datei größer",
    "The mesh that gets the texture; the active mesh when empty":
        "Das Mesh, das die Textur bekommt; leer: das aktive",
    "One picture of a face: a photograph, a painting or a drawing":
        "Ein Bild eines Gesichts: ein Foto, ein Gemälde oder eine Zeichnung",
}
