"""Every setting of a texture, once: its name, its values, its default, and how each side explains it.

Blender's properties, both command lines, the API, the checks before a job and the manual's table are made from this
table. A new setting is an Option here and the place that uses it; one that every texture has is also a field of
`Settings`, which the messages and the add-on's jobs inherit. Standard library only: both processes import it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .map_options import GREEN, MAP_BITS, MAPS, PACK
from .option import API, BACKEND, BATCH, BLENDER, GENERATE, PANEL, REDO, SIDES, VARIANTS, Choice, Option
from .seeds import LARGEST_SEED
from .variant_options import FORMAT, PLACE, SCALE, SEEDS, STRENGTH, STYLES

#: Opacities of a texture's layers (layers/flatten.py) where nothing else is asked for; the skin is always whole.
OPACITIES = {"folds": 0.0, "detail": 1.0, "facial_hair": 1.0, "hair": 1.0, "headwear": 0.0, "light": 1.0}

#: Where nothing is chosen.
AUTO = "auto"

#: What a click, a batch and variants ask for alike, and a result keeps.
_every_texture = partial(Option, jobs=(GENERATE, VARIANTS, BATCH), remembered=True)

STYLE = _every_texture(
    "style",
    "Style",
    "auto",
    "What the portrait looks like; guides what it does not show. Choose where Automatic is mistaken",
    "what the portrait looks like",
    choices=(
        Choice("auto", "Automatic", "Tell the style from the portrait"),
        Choice("photo", "Photo", "A photograph, or a realistic rendering"),
        Choice("cartoon", "Cartoon", "A drawn or rendered cartoon character"),
        Choice("anime", "Anime", "Flat colours and drawn outlines"),
        Choice("painting", "Painting", "Visible brush strokes"),
    ),
)
LIGHT = _every_texture(
    "light",
    "Light",
    "auto",
    "How much of the portrait's light stays on the texture: a slider among the layers afterwards",
    "how much of the portrait's light stays on the texture",
    choices=(
        Choice("auto", "Automatic", "Photographs are evened out, paintings and drawings keep theirs"),
        Choice("keep", "Keep", "The photographed skin stays exactly as it is"),
        Choice("even", "Even Out", "Half of the light and shade is taken out"),
        Choice("remove", "Remove", "Light and shade are taken out, for a scene that is lit by itself"),
    ),
)
HAIR = _every_texture(
    "hair",
    "Hair",
    "keep",
    "Where what covers the skin goes: hair, beard, glasses, a hat. Sliders among the layers change it afterwards",
    "where hair, beard, glasses and a hat go",
    choices=(
        Choice("keep", "Painted", "Hair and beard are painted on the skin, without a hat"),
        Choice("bare", "Bare Scalp", "Skin on the scalp, for a head that gets hair of its own; a beard stays"),
        Choice("hats", "Painted, Hats Too", "As Painted, and a hat or scarf counts as hair"),
        Choice("shell", "On a Shell", "Bare skin; a shell around the head shows hair, beard, glasses and hat"),
        Choice("picture", "As a Picture", "Bare skin; a second image with alpha in the same UV map holds the rest"),
    ),
)
EXPRESSION = _every_texture(
    "expression",
    "Expression",
    "neutral",
    "What becomes of the portrait's expression. Teeth are never painted on lips",
    "what becomes of the folds of the portrait's smile",
    choices=(
        Choice("neutral", "Neutral", "The folds of a smile are taken off, as far as the face at rest has none"),
        Choice("keep", "Keep", "The folds of a smile stay in the texture"),
    ),
)
SHELL = Option(
    "shell",
    "Shell",
    "none",
    "An older name of two choices of Hair, for scripts",
    "an older name of two choices of hair",
    choices=(
        Choice("none", "None", "What Hair says"),
        Choice("picture", "Picture", "Hair as a picture"),
        Choice("object", "Object", "Hair on a shell"),
    ),
    jobs=(GENERATE, BATCH),
    sides=(BLENDER, API, BACKEND),
)
#: Values of SHELL -> those of HAIR.
SHELLS = {"picture": "picture", "object": "shell"}
SIZE = _every_texture(
    "size",
    "Size",
    1024,
    "Width and height of the texture: Draft to try things out, 4K for close-ups",
    "width and height in texels",
    choices=(
        Choice(512, "Draft", "512 x 512 texels"),
        Choice(1024, "1K", "1024 x 1024 texels"),
        Choice(2048, "2K", "2048 x 2048 texels"),
        Choice(4096, "4K", "4096 x 4096 texels"),
        Choice(8192, "8K", "8192 x 8192 texels"),
    ),
)
BITS = Option(
    "bits",
    "Bits",
    8,
    "Bits of each channel of a PNG; an EXR has half floats",
    "bits of each channel of the texture's PNG; a name that ends in .exr asks for linear half floats",
    choices=(Choice(8, "8", "What every program reads"), Choice(16, "16", "For grading: no steps in smooth skin")),
    jobs=(GENERATE,),
    sides=(BACKEND,),
)
SEED = Option(
    "seed",
    "Seed",
    0,
    "Same seed, same texture. Another one makes anew what the portrait does not show",
    "same seed, same texture",
    limits=(0, LARGEST_SEED),
    jobs=(GENERATE, BATCH, REDO),
    remembered=True,
)
PROFILE = _every_texture(
    "profile",
    "Profile",
    "builtin",
    "What paints what no portrait shows. All but Built-In are downloaded in the preferences first, and want a graphics "
    "card",
    "what paints what no portrait shows; all but builtin are downloaded first (python -m backend models)",
    choices=(
        Choice("builtin", "Built-In", "The networks that come with AvatarTex; work on every computer"),
        Choice("sd15", "Stable Diffusion 1.5", "A 512 texel atlas; from 6 GB of graphics memory"),
        Choice("sdxl", "Stable Diffusion XL", "A 1024 texel atlas; from 8 GB of graphics memory"),
        Choice("klein", "FLUX.2 klein 4B", "A 1024 texel atlas in few steps; from 12 GB of graphics memory"),
    ),
)
WAY = _every_texture(
    "way",
    "Way",
    "auto",
    "Where a large model paints. Choose where Automatic gives a worse texture",
    "where a large model paints; builtin has no choice",
    choices=(
        Choice("auto", "Automatic", "What suits the profile; in the atlas where you trained it for that"),
        Choice("atlas", "In the Atlas", "On the unwrapped head, all at once; quick"),
        Choice("around", "Around the Head", "On ten views of the head, which are made to agree; slow"),
    ),
)
#: What the artist chooses for every texture, in the panel's order.
APPEARANCE = (STYLE, LIGHT, HAIR, EXPRESSION, SIZE, SEED, PROFILE, WAY)

UV_MAP = Option(
    "uv_map",
    "UV Map",
    "",
    "The UV map to texture; the one that renders show when empty. It is never changed",
    "the UV map (default: the one that renders show)",
    sides=(PANEL, BLENDER, API),
    metavar="NAME",
)
HEAD_GROUP = Option(
    "head_group",
    "Head Faces",
    "",
    "The vertex group of the faces to texture, for a head that is part of a body; found automatically when empty",
    "vertex group of the head's faces (default: found by itself)",
    jobs=(GENERATE, VARIANTS, BATCH),
    sides=(PANEL, BLENDER, API),
    metavar="NAME",
)
_AXES = (
    Choice(AUTO, "Found", "Found on the head, whichever way it is turned"),
    *(Choice(axis, axis.upper(), "An axis of the object itself") for axis in ("x", "-x", "y", "-y", "z", "-z")),
)
FRONT = _every_texture(
    "front",
    "Front",
    AUTO,
    "Where the face looks. Choose where the registration shows another side of the head",
    "which axis of the mesh the face looks along",
    choices=_AXES,
)
UP = _every_texture(
    "up",
    "Up",
    AUTO,
    "Where the crown is. Choose where the registration shows the head lying or upside down",
    "which axis of the mesh the crown is at",
    choices=_AXES,
)
SELECTED_FACES = Option(
    "selected_faces",
    "Only Selected Faces",
    False,
    "Texture the faces that are selected in Edit Mode, and no others",
    "",
    sides=(PANEL,),
)
SHARING = Option(
    "sharing",
    "Shared Materials",
    "object",
    "Who may change with the head",
    "",
    choices=(
        Choice("object", "Object", "Nobody"),
        Choice("mesh", "Mesh", "The objects that show the same mesh"),
        Choice("material", "Material", "Whatever wears the same material"),
    ),
    jobs=(GENERATE, VARIANTS, BATCH),
    sides=(API,),
    remembered=True,
)
FURTHER = Option(
    "further",
    "Further Portraits",
    (),
    "Other pictures of the same person, for what the portrait does not show",
    "another picture of the same person, for what the portrait does not show; may be given several times",
    several=True,
    sides=SIDES,
    metavar="FILE",
)
PINS = Option(
    "pins",
    "Pins",
    "",
    "Named points on portrait and head, which win over what is found",
    "named points that win over what is found (JSON)",
    metavar="FILE",
)
REGIONS = Option(
    "regions",
    "Regions",
    "",
    "A picture in the UV map: red is made anew and nothing else changes, green stays",
    "a picture in the UV map: red is made anew and nothing else changes, green stays",
    jobs=(GENERATE, REDO),
    sides=(PANEL, API, BACKEND),
    metavar="FILE",
)
TRUST_PORTRAIT = Option(
    "trust_portrait",
    "From the Portrait",
    False,
    "Take the red regions from the portrait again, where it shows them, instead of making them up",
    "take what is red from the portrait again (default: the portrait does not count there)",
    jobs=(REDO,),
    sides=(PANEL, API, BACKEND),
)
GUIDES = Option(
    "guides",
    "Guides",
    8000,
    "How many curves the hair has, facial hair among them",
    "how many hair curves there are at most",
    limits=(3000, 20_000),
    jobs=(GENERATE,),
    sides=(BACKEND,),
)
DEVICE = Option(
    "device",
    "Device",
    "auto",
    "What computes textures",
    "what computes",
    choices=(
        Choice("auto", "Automatic", "What is fastest here: a graphics card is tried once, else the processor computes"),
        Choice("cpu", "CPU", "The processor; slower, works everywhere"),
        Choice("cuda", "CUDA", "An NVIDIA graphics card"),
        Choice("directml", "DirectML", "A graphics card under Windows; tried by nobody yet"),
        Choice("coreml", "CoreML", "A Mac's graphics and neural processors; tried by nobody yet"),
    ),
    sides=(PANEL, BACKEND),
)

#: The table.
OPTIONS = (
    *APPEARANCE,
    SHELL,
    UV_MAP,
    HEAD_GROUP,
    FRONT,
    UP,
    SELECTED_FACES,
    SHARING,
    FURTHER,
    PINS,
    REGIONS,
    TRUST_PORTRAIT,
    GUIDES,
    BITS,
    MAPS,
    GREEN,
    MAP_BITS,
    PACK,
    DEVICE,
    STYLES,
    SEEDS,
    STRENGTH,
    SCALE,
    FORMAT,
    PLACE,
)
#: What a result keeps, so that a redo of its regions has the same.
REMEMBERED = tuple(option for option in OPTIONS if option.remembered)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every texture is made with. Requests and the add-on's jobs inherit these fields."""

    style: str = STYLE.default
    light: str = LIGHT.default
    hair: str = HAIR.default
    expression: str = EXPRESSION.default
    size: int = SIZE.default  # texels, width and height
    profile: str = PROFILE.default
    way: str = WAY.default
    front: str = FRONT.default  # where the face looks and where the crown is, axes of the mesh
    up: str = UP.default

    @property
    def shelled(self) -> bool:
        """Whether what covers the skin goes onto a shell, if only as its picture."""
        return self.hair in SHELLS.values()

    def opacities(self, style: str) -> dict[str, float]:
        """Of the layers, by name of layers.flatten.LAYERS, that these choices stand for.

        Args:
            style: a name of STYLE, not auto.
        """
        light = self.light if self.light != "auto" else "even" if style == "photo" else "keep"
        return OPACITIES | {
            "light": {"keep": 1.0, "even": 0.5, "remove": 0.0}[light],
            "hair": float(self.hair != "bare" and not self.shelled),
            "facial_hair": float(not self.shelled),
            "headwear": float(self.hair == "hats"),
            "folds": float(self.expression == "keep"),
        }


def select(side: str, *jobs: str) -> tuple[Option, ...]:
    """The options of some jobs on one side, in the table's order."""
    return tuple(option for option in OPTIONS if side in option.sides and set(jobs) & set(option.jobs))


def refuse_unknown(values: Mapping[str, Any]) -> None:
    """Refuse values that their options cannot have; names that are no option are left alone.

    Raises:
        AvatarTexError: BAD_REQUEST, naming the first.
    """
    for option in OPTIONS:
        if option.name in values:
            option.refuse(values[option.name])


def take_presets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Options as today's, of values that scripts may have given by older names.

    Raises:
        AvatarTexError: BAD_REQUEST, an older name has a value that it cannot have.
    """
    refuse_unknown({name: value for name, value in values.items() if name == SHELL.name})
    named = {name: value for name, value in values.items() if name != SHELL.name}
    shell = SHELLS.get(values.get(SHELL.name, ""))
    return named | ({HAIR.name: shell} if shell else {})


def read(holder: Any, options: Iterable[Option]) -> dict[str, Any]:
    """Values as an object's attributes have them; Blender's menus hold numbers as text."""
    values = {}
    for option in options:
        value = getattr(holder, option.name)
        values[option.name] = int(value) if type(option.default) is int else value
    return values
