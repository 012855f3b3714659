"""German: the main panel. What is missing here appears in English."""

from __future__ import annotations

_BUTTONS = {
    "Generate Texture": "Textur erzeugen",
    "Pick a Portrait": "Porträt wählen",
    "Pick Another": "Anderes wählen",
    "Pick Another Portrait": "Anderes Porträt wählen",
    "Use an Image of This File": "Bild dieser Datei verwenden",
    "Paste a Portrait": "Porträt einfügen",
    "Use as AvatarTex Portrait": "Als AvatarTex-Porträt verwenden",
    "Write It Again": "Neu schreiben",
    "Add a UV Map": "UV-Map anlegen",
    "Add a UV Map without Overlaps": "UV-Map ohne Überlappungen anlegen",
    "Show the Head": "Kopf einblenden",
    "Show It": "Einblenden",
    "Show in Material Preview": "In der Materialvorschau zeigen",
    "Show Registration": "Registrierung zeigen",
    "Show Points to Drag": "Punkte zum Ziehen zeigen",
    "Compare with Before": "Mit vorher vergleichen",
    "Back to the Texture": "Zurück zur Textur",
    "Try Another Seed": "Anderen Startwert versuchen",
    "New Seed": "Neuer Startwert",
    "Restore Previous Texture": "Vorherige Textur zurückholen",
    "Generate Anyway": "Trotzdem erzeugen",
    "Set Up Backend": "Backend einrichten",
    "Open Log Folder": "Protokollordner öffnen",
    "Cancel": "Abbrechen",
    "Purge": "Aufräumen",
}

_TEXTS = {
    "Head": "Kopf",
    "Select a mesh": "Mesh auswählen",
    "UV Map": "UV-Map",
    "uses '{name}'": "verwendet „{name}“",
    "Head Faces": "Kopfflächen",
    "Only Selected Faces": "Nur ausgewählte Flächen",
    "Portrait": "Porträt",
    "or drop a picture onto the head": "oder ein Bild auf den Kopf ziehen",
    "Style": "Stil",
    "Automatic": "Automatisch",
    "Photo": "Foto",
    "Cartoon": "Cartoon",
    "Anime": "Anime",
    "Painting": "Gemälde",
    "Light": "Licht",
    "Keep": "Behalten",
    "Even Out": "Ausgleichen",
    "Remove": "Entfernen",
    "Size": "Größe",
    "Draft": "Probe",
    "Seed": "Startwert",
    "Old to New": "Alt bis neu",
    "Results": "Ergebnisse",
    "No backend yet": "Noch kein Backend",
    "No portrait yet": "Noch kein Porträt",
    "Portrait is gone": "Porträt fehlt",
    "No UV map": "Keine UV-Map",
    "Head is hidden": "Kopf ist ausgeblendet",
    "UVs overlap": "UVs überlappen sich",
    "No head is selected.": "Kein Kopf ist ausgewählt.",
    "Select a mesh, or choose one as Head.": "Ein Mesh auswählen oder als Kopf einstellen.",
    "A Mirror modifier gives both halves the same texels.":
        "Ein Spiegeln-Modifikator gibt beiden Hälften dieselben Texel.",
    "Apply it and unwrap for two different halves.":
        "Für zwei verschiedene Hälften anwenden und neu abwickeln.",
    "Step {step} of {steps}": "Schritt {step} von {steps}",
    "about {seconds} s left": "noch etwa {seconds} s",
    "about {minutes} min left": "noch etwa {minutes} min",
    "almost done": "fast fertig",
    "Cancelling": "Wird abgebrochen",
    "Starting the backend": "Backend wird gestartet",
    "Loading": "Laden",
    "Reading the portrait": "Porträt lesen",
    "Registering the head": "Kopf registrieren",
    "Projecting the portrait": "Porträt projizieren",
    "Inpainting (1/3)": "Ergänzen (1/3)",
    "Fitting the latent (2/3)": "Anpassen (2/3)",
    "Repainting (3/3)": "Übermalen (3/3)",
    "Composing the texture": "Textur zusammensetzen",
    "Textured '{name}'": "„{name}“ ist texturiert",
    "Make a texture for the head from the portrait. The UV map, slots and nodes stay as they are":
        "Aus dem Porträt eine Textur für den Kopf machen. UV-Map, Slots und Nodes bleiben, wie sie sind",
    "Choose a picture of a face in the file browser: a photograph, a painting or a drawing":
        "Im Dateibrowser das Bild eines Gesichts wählen: ein Foto, ein Gemälde oder eine Zeichnung",
    "Use the picture on the clipboard, copied in a browser, an image editor or a file manager, as the portrait":
        "Das Bild aus der Zwischenablage, im Browser, in einer Bildbearbeitung oder im Dateimanager kopiert, als "
        "Porträt verwenden",
    "Unhide the head in the viewport, so that its texture can be seen":
        "Den Kopf im Viewport einblenden, damit seine Textur zu sehen ist",
    "Put the texture and the material back that the head had before AvatarTex":
        "Textur und Material zurückholen, die der Kopf vor AvatarTex hatte",
    "How much of the new texture shows: 0 what the head had before, 1 the new texture alone. "
    "Both stay in the file, so it can be changed at any time":
        "Wie viel von der neuen Textur zu sehen ist: 0 was der Kopf vorher hatte, 1 nur die neue Textur. "
        "Beide bleiben in der Datei, darum lässt es sich jederzeit ändern",
}

TEXTS = {
    **{("Operator", english): text for english, text in _BUTTONS.items()},
    **{("*", english): text for english, text in (_BUTTONS | _TEXTS).items()},
}
