"""What variants alone are asked for: part of the table of options.py."""

from .option import API, BLENDER, PANEL, VARIANTS, Choice, Option
from .seeds import LARGEST_SEED

STYLES = Option(
    "styles",
    "Styles",
    ("cel", "anime", "ink", "oil", "watercolour", "pencil", "clay", "pixel"),
    "What the head is painted in; Shift-click for several",
    "what the head is painted in, by commas",
    choices=(
        Choice("photo", "Photo", "The texture as it is"),
        Choice("cel", "Cel", "A cartoon in flat tones with dark outlines"),
        Choice("anime", "Anime", "One clean skin tone, one shade, fine lines"),
        Choice("ink", "Ink", "A comic page: black lines, dots or hatches on paper in the skin's tone"),
        Choice("oil", "Oil", "Strokes of thick paint along the forms"),
        Choice("watercolour", "Watercolour", "Washes on paper in the skin's tone"),
        Choice("pencil", "Pencil", "Graphite or coloured pencils on paper in the skin's tone"),
        Choice("clay", "Clay", "Plain matte colours, soft forms"),
        Choice("pixel", "Pixel", "Big square texels of few colours"),
    ),
    several=True,
    jobs=(VARIANTS,),
    metavar="NAMES",
)
SEEDS = Option(
    "seeds",
    "Seeds",
    (0,),
    "One variant of each style for each seed, as 0, 2 or 0-3. A seed draws how a style is painted and what the "
    "portrait does not show",
    "one variant of each style for each seed: by commas, or a range as 0-3",
    several=True,
    limits=(0, LARGEST_SEED),
    jobs=(VARIANTS,),
    metavar="NUMBERS",
)
STRENGTH = Option(
    "strength",
    "Strength",
    100,
    "How much of the style shows: less lets the texture itself through",
    "how much of the style shows, in per cent",
    limits=(10, 100),
    percent=True,
    jobs=(VARIANTS,),
)
SCALE = Option(
    "scale",
    "Scale",
    100,
    "How large strokes, lines, dots and big texels are",
    "how large strokes, lines, dots and big texels are, in per cent",
    limits=(50, 200),
    percent=True,
    jobs=(VARIANTS,),
)
FORMAT = Option(
    "format",
    "Format",
    "png",
    "What the textures are written as",
    "what the textures are written as",
    choices=(
        Choice("png", "PNG", "8 bits, sRGB: small files that every program reads"),
        Choice("exr", "EXR", "Half floats, linear: for colour pipelines"),
    ),
    jobs=(VARIANTS,),
)
PLACE = Option(
    "place",
    "Keep",
    "packed",
    "Where the textures are kept",
    "where the textures are kept",
    choices=(
        Choice("packed", "Packed", "Inside the .blend file"),
        Choice("beside", "Beside", "In the folder 'textures' beside the .blend file, named relative to it"),
    ),
    jobs=(VARIANTS,),
    sides=(PANEL, BLENDER, API),
)
