"""German: what the table of options (backend/options.py) says in the window, in its order."""

from __future__ import annotations

OPTION_TEXTS = {
    "Style": "Stil",
    "What the portrait looks like; guides what it does not show. Choose where Automatic is mistaken":
        "Wie das Porträt aussieht; leitet, was es nicht zeigt. Wählen, wo Automatisch sich irrt",
    "Automatic": "Automatisch",
    "Tell the style from the portrait": "Den Stil dem Porträt ansehen",
    "Photo": "Foto",
    "A photograph, or a realistic rendering": "Ein Foto oder ein naturgetreues Rendering",
    "Cartoon": "Cartoon",
    "A drawn or rendered cartoon character": "Eine gezeichnete oder gerenderte Cartoonfigur",
    "Anime": "Anime",
    "Flat colours and drawn outlines": "Flächige Farben und gezeichnete Umrisse",
    "Painting": "Gemälde",
    "Visible brush strokes": "Sichtbare Pinselstriche",
    "Light": "Licht",
    "What becomes of the portrait's light on the texture: kept for a likeness, removed for a scene with lights of"
    " its own":
        "Was auf der Textur aus dem Licht des Porträts wird: behalten der Ähnlichkeit wegen, entfernt für eine "
        "Szene mit eigenen Lichtern",
    "Keep": "Behalten",
    "The photographed pixels stay exactly as they are": "Die fotografierten Pixel bleiben genau, wie sie sind",
    "Even Out": "Ausgleichen",
    "Half of the light and shade is taken out": "Licht und Schatten werden zur Hälfte herausgenommen",
    "Remove": "Entfernen",
    "Light and shade are taken out, for a scene that is lit by itself":
        "Licht und Schatten werden herausgenommen, für eine Szene mit eigenem Licht",
    "Hair": "Haar",
    "What becomes of the portrait's hair": "Was aus dem Haar des Porträts wird",
    "Painted": "Gemalt",
    "The portrait's hair is painted on the scalp": "Das Haar des Porträts wird auf die Kopfhaut gemalt",
    "Bare Scalp": "Kahle Kopfhaut",
    "Skin on the scalp, for a head that gets hair of its own":
        "Haut auf dem Schädel, für einen Kopf, der eigenes Haar bekommt",
    "Size": "Größe",
    "Width and height of the texture: Draft to try things out, 4K for close-ups":
        "Breite und Höhe der Textur: Grob zum Probieren, 4K für Nahaufnahmen",
    "Draft": "Grob",
    "512 x 512 texels": "512 x 512 Texel",
    "1024 x 1024 texels": "1024 x 1024 Texel",
    "2048 x 2048 texels": "2048 x 2048 Texel",
    "4096 x 4096 texels": "4096 x 4096 Texel",
    "Seed": "Startwert",
    "Same seed, same texture. Another one makes anew what the portrait does not show":
        "Gleicher Startwert, gleiche Textur. Ein anderer macht neu, was das Porträt nicht zeigt",
    "UV Map": "UV-Map",
    "The UV map to texture; the one that renders show when empty. It is never changed":
        "Die UV-Map, die texturiert wird; leer: die gerenderte. Sie wird nie verändert",
    "Head Faces": "Kopfflächen",
    "The vertex group of the faces to texture, for a head that is part of a body; found automatically when empty":
        "Die Vertexgruppe der Flächen, die texturiert werden, für einen Kopf an einem Körper; leer: von selbst "
        "gefunden",
    "Only Selected Faces": "Nur ausgewählte Flächen",
    "Texture the faces that are selected in Edit Mode, and no others":
        "Nur die Flächen texturieren, die im Editiermodus ausgewählt sind",
    "From the Portrait": "Aus dem Porträt",
    "Take the red regions from the portrait again, where it shows them, instead of making them up":
        "Die roten Bereiche wieder aus dem Porträt nehmen, wo es sie zeigt, statt sie zu erfinden",
    "Device": "Gerät",
    "What computes textures": "Was Texturen berechnet",
    "The graphics card where there is a usable one": "Die Grafikkarte, wo es eine brauchbare gibt",
    "The processor; slower, works everywhere": "Der Prozessor; langsamer, geht überall",
    "An NVIDIA graphics card": "Eine Grafikkarte von NVIDIA",
    "Styles": "Stile",
    "What the head is painted in; Shift-click for several": "Worin der Kopf gemalt wird; Umschalt-Klick für mehrere",
    "The texture as it is": "Die Textur, wie sie ist",
    "Cel": "Trickfilm",
    "A cartoon in flat tones with dark outlines": "Ein Trickfilm in flachen Tönen mit dunklen Umrissen",
    "One clean skin tone, one shade, fine lines": "Ein reiner Hautton, ein Schatten, feine Linien",
    "Ink": "Tusche",
    "A comic page: black lines, dots or hatches": "Eine Comicseite: schwarze Linien, Punkte oder Schraffuren",
    "Oil": "Öl",
    "Strokes of thick paint along the forms": "Striche dicker Farbe entlang der Formen",
    "Watercolour": "Aquarell",
    "Pale washes on paper": "Blasse Lasuren auf Papier",
    "Pencil": "Bleistift",
    "Graphite or coloured pencils on paper": "Graphit oder Buntstifte auf Papier",
    "Clay": "Ton",
    "Plain matte colours, soft forms": "Schlichte matte Farben, weiche Formen",
    "Pixel": "Pixel",
    "Big square texels of few colours": "Große viereckige Texel in wenigen Farben",
    "Seeds": "Startwerte",
    "One variant of each style for each seed, as 0, 2 or 0-3. A seed draws how a style is painted and what the "
    "portrait does not show":
        "Eine Variante jedes Stils für jeden Startwert, etwa 0, 2 oder 0-3. Ein Startwert lost aus, wie ein Stil "
        "gemalt wird und was das Porträt nicht zeigt",
    "Format": "Format",
    "What the textures are written as": "Als was die Texturen geschrieben werden",
    "8 bits, sRGB: small files that every program reads": "8 Bit, sRGB: kleine Dateien, die jedes Programm liest",
    "Half floats, linear: for colour pipelines": "Halbe Gleitkommazahlen, linear: für Farbabläufe",
    "Where the textures are kept": "Wo die Texturen liegen",
    "Packed": "Gepackt",
    "Inside the .blend file": "In der .blend-Datei",
    "Beside": "Daneben",
    "In the folder 'textures' beside the .blend file, named relative to it":
        "Im Ordner 'textures' neben der .blend-Datei, relativ zu ihr benannt",
}
