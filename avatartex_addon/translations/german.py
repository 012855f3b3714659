"""German: the main panel, Regions, Variants and the set-up. What is missing here appears in English."""

from __future__ import annotations

from .german_options import OPTION_TEXTS
from .german_tooltips import LABEL_TEXTS, TOLD_TEXTS, TOOLTIPS, WORDS

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
    "Use the Active One": "Das aktive nehmen",
    "Use the Shown One": "Die gezeigte nehmen",
    "Clear Head Faces": "Kopfflächen leeren",
    "Make an Override": "Override anlegen",
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
    "Paint Regions": "Bereiche malen",
    "Redo": "Neu",
    "Erase": "Radieren",
    "Done Painting": "Malen beenden",
    "Fill Regions": "Bereiche füllen",
    "Clear Regions": "Bereiche löschen",
    "Redo Regions": "Bereiche neu erzeugen",
    "Bake Variants": "Varianten backen",
    "Show Variant": "Variante zeigen",
    "Add Further Portraits": "Weitere Porträts hinzufügen",
    "Remove Further Portrait": "Weiteres Porträt entfernen",
    "Remove Variant": "Variante entfernen",
    "Continue Set-Up": "Einrichten fortsetzen",
    "Update Backend": "Backend aktualisieren",
    "Check and Repair": "Prüfen und reparieren",
    "Remove Backend": "Backend entfernen",
    "Download and Install ({size})": "Laden und einrichten ({size})",
    "Install": "Einrichten",
    "From Folder…": "Aus Ordner…",
    "Check Again": "Noch einmal prüfen",
    "Allow Online Access…": "Online-Zugriff erlauben…",
    "Get Python 3.11": "Python 3.11 holen",
    "Choose a Python…": "Python wählen…",
    "Choose Another Folder…": "Anderen Ordner wählen…",
    "Open Preferences…": "Einstellungen öffnen…",
}

_TEXTS = {
    "Head": "Kopf",
    "Select a mesh": "Mesh auswählen",
    "uses '{name}'": "verwendet „{name}“",
    "Portrait": "Porträt",
    "or drop a picture onto the head": "oder ein Bild auf den Kopf ziehen",
    "Old to New": "Alt bis neu",
    "Results": "Ergebnisse",
    "No portrait yet": "Noch kein Porträt",
    "No colour: as it was before": "Ohne Farbe: wie zuvor",
    "Portrait is gone": "Porträt fehlt",
    "Further portrait is gone": "Weiteres fehlt",
    "A further portrait is not there any more.": "Ein weiteres Porträt ist nicht mehr da.",
    "Further Portraits": "Weitere Porträts",
    "Further Portraits ({count})": "Weitere Porträts ({count})",
    "The same person from left and right": "Dieselbe Person von links und rechts",
    "No UV map": "Keine UV-Map",
    "UV map is gone": "UV-Map ist weg",
    "No such Head Faces": "Kopfflächen fehlen",
    "Several heads": "Mehrere Köpfe",
    "Head was deleted": "Kopf wurde gelöscht",
    "Head is linked": "Kopf ist verknüpft",
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
    "Regions": "Bereiche",
    "Regions and provenance are for heads with one UDIM tile.":
        "Bereiche und Herkunft gibt es für Köpfe mit einer UDIM-Kachel.",
    "Show Provenance": "Herkunft zeigen",
    "Show Regions": "Bereiche zeigen",
    "Opacity": "Deckkraft",
    "{share} photo": "{share} Foto",
    "{share} mirrored": "{share} gespiegelt",
    "{share} generated": "{share} erzeugt",
    "Selected Faces:": "Ausgewählte Flächen:",
    "Generated:": "Erzeugtes:",
    "Colour the head by where its texture comes from: red the photo, green the photo's other side, blue made up":
        "Den Kopf danach färben, woher seine Textur kommt: rot das Foto, grün dessen andere Seite, blau "
        "erfunden",
    "Make what is painted red anew, with another seed each time. All other texels stay exactly as they are":
        "Das rot Gemalte neu erzeugen, jedes Mal mit anderem Startwert. Alle anderen Texel bleiben genau, wie sie sind",
    "Variants": "Varianten",
    "{style} · seed {seed} · {size} texels": "{style} · Startwert {seed} · {size} Texel",
    "Save the file first: there is no folder beside it yet.":
        "Erst die Datei speichern: noch gibt es keinen Ordner neben ihr.",
    "Show this variant on the head. Click it again to go back to the head's own texture":
        "Diese Variante auf dem Kopf zeigen. Ein zweiter Klick führt zur eigenen Textur des Kopfes zurück",
    "One step before the first texture": "Ein Schritt vor der ersten Textur",
    "Advanced": "Erweitert",
    "The backend is ready": "Das Backend ist bereit",
    "The backend is not ready": "Das Backend ist nicht bereit",
    "AvatarTex computes in a Python of its own, which is set up once for all Blender versions.":
        "AvatarTex rechnet in einem eigenen Python, das einmal für alle Blender-Versionen eingerichtet wird.",
    "The set-up was interrupted. It goes on where it stopped.":
        "Das Einrichten wurde unterbrochen. Es geht weiter, wo es aufgehört hat.",
    "This version of AvatarTex needs other packages. What fits is kept.":
        "Diese Version von AvatarTex braucht andere Pakete. Was passt, bleibt.",
    "Looking at this computer…": "Dieser Rechner wird geprüft…",
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
    "Put the texture and the material back that the head had before AvatarTex. The Results stay in their list":
        "Textur und Material zurückholen, die der Kopf vor AvatarTex hatte. Die Ergebnisse bleiben in ihrer "
        "Liste",
    "How much of the new texture shows: 0 what the head had before, 1 the new texture alone. "
    "Both stay in the file, so it can be changed at any time":
        "Wie viel von der neuen Textur zu sehen ist: 0 was der Kopf vorher hatte, 1 nur die neue Textur. "
        "Beide bleiben in der Datei, darum lässt es sich jederzeit ändern",
}

TEXTS = {
    **{("Operator", english): text for english, text in (_BUTTONS | LABEL_TEXTS).items()},
    **{("*", english): text
       for english, text in (_BUTTONS | _TEXTS | LABEL_TEXTS | WORDS | TOLD_TEXTS | TOOLTIPS | OPTION_TEXTS).items()},
}
