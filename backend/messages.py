"""What Blender and the backend say to each other; wire.py says how it travels.

Standard library only, and the only place where message types are spelled: the add-on imports this same
file. Pixels never travel here; they go through files in the job's folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

from .errors import AvatarTexError
from .map_options import GREEN, MAP_BITS, PACK
from .options import BITS, DEVICE, FRONT, GUIDES, SEED, UP, Settings
from .variant_options import FORMAT, SCALE, SEEDS, STRENGTH

PROTOCOL = 1  # raised when a field changes its meaning

#: Stage names in the order of the pipeline; the panel shows the label.
STAGES = {
    "load": "Loading",
    "portrait": "Reading the portrait",
    "register": "Registering the head",
    "atlas": "Projecting the portrait",
    "inpaint": "Inpainting (1/3)",
    "mirror": "Comparing both sides",
    "latent": "Fitting the latent (2/3)",
    "repaint": "Repainting (3/3)",
    "large": "Painting with the large model",
    "compose": "Composing the texture",
    "maps": "Making the maps",
}

#: A registration that scores less is doubtful: the window asks before it generates (head/quality.py).
LOW_SCORE = 0.5
#: One that scores more is called good: there is nothing that an artist would mend.
GOOD_SCORE = 0.8


@dataclass(frozen=True, kw_only=True)
class FromPortrait(Settings):
    """What every job asks with that looks at a head and its portrait. Exactly one of mesh (OBJ, PLY, GLB) and capture
    (HeadCapture npz) is a path."""

    mesh: str = ""
    capture: str = ""
    faces: str = ""  # with mesh: names of its parts that are head, by commas; empty: found by itself
    device: str = DEVICE.default
    base_texture: str = ""  # what untouched texels keep (body, clothes)
    report: str = ""  # path of the JSON report
    pins: list[dict] = field(default_factory=list)  # named points, see pins.py
    further: list[str] = field(default_factory=list)  # paths of further pictures of the same person
    least_score: float = 0.0  # refuse with LOW_SCORE a registration that scores less; 0 asks nothing


@dataclass(frozen=True)
class Generate(FromPortrait):
    """Ask for one texture."""

    job: str  # the caller's name for this job
    portrait: str  # path of the picture
    output: str  # path of the texture to write (PNG, sRGB; or EXR, linear)
    bits: int = BITS.default  # of output's PNG
    seed: int = SEED.default
    provenance: str = ""  # path; red photo, green mirrored, blue generated
    keep_stages: str = ""  # folder for one picture per step
    previews: str = ""  # folder for small pictures, which Progress names as they come
    regions: str = ""  # path; red is made anew and nothing else, green stays as base_texture has it
    trust_portrait: bool = False  # what is made anew may come from the portrait again
    base_provenance: str = ""  # path; provenance of base_texture, for what stays
    layers: str = ""  # path; the texture's layers, by its suffix .layers (for Blender), .ora or .psd
    curves: str = ""  # path; an npz of the hair's strands as curves (compose/hair_curves.py)
    guides: int = GUIDES.default  # of the curves, at most
    maps: list[str] = field(default_factory=list)  # values of MAPS; written beside output (outputs.map_file)
    green: str = GREEN.default  # of the normal map
    map_bits: int = MAP_BITS.default
    pack: str = PACK.default  # its pictures lie beside output as well
    layer_opacities: dict = field(default_factory=dict)  # numbers by layer, over those that the options stand for


@dataclass(frozen=True)
class Register:
    """Ask how a head lies on a portrait, without a texture. Mesh and capture as in Generate."""

    job: str
    portrait: str
    mesh: str = ""
    capture: str = ""
    pins: list[dict] = field(default_factory=list)
    overlay: str = ""  # path of the picture to write: the head drawn over the portrait
    picture: str = ""  # path; the portrait as decoded, whose pixels the pins count
    report: str = ""
    faces: str = ""
    front: str = FRONT.default
    up: str = UP.default


@dataclass(frozen=True)
class Variants(FromPortrait):
    """Ask for a set of stylised textures, one for each of styles and seeds; the rest is as in Generate."""

    job: str
    portrait: str
    output: str  # folder; a texture is named STYLE_SEED, with the format's suffix
    styles: list[str] = field(default_factory=list)
    seeds: list[int] = field(default_factory=lambda: list(SEEDS.default))
    strength: int = STRENGTH.default  # per cent
    scale: int = SCALE.default
    format: str = FORMAT.default
    previews: bool = False  # beside each texture a small picture of the head, STYLE_SEED.preview.png
    sheet: str = ""  # path of a picture of the head in all variants
    keep_layers: bool = False  # beside each PNG of the style photo its layers, STYLE_SEED.layers
    maps: list[str] = field(default_factory=list)  # values of MAPS; of each seed's plain texture, maps_SEED_NAME.png
    green: str = GREEN.default
    map_bits: int = MAP_BITS.default
    pack: str = PACK.default


@dataclass(frozen=True)
class Expressions(FromPortrait):
    """Ask for what a head's shape keys add to its texture, as maps. The rest is as in Generate."""

    job: str
    portrait: str
    output: str  # folder for the pictures
    poses: list[dict] = field(default_factory=list)  # with mesh: name and file of each expression, the same mesh moved


@dataclass(frozen=True)
class SaveLayers:
    """Ask for layers as a file for paint programs."""

    job: str
    source: list[str]  # paths of .layers; of several, each tile's number is in its name
    output: str  # path, .ora or .psd; <UDIM> in it stands for each tile
    opacities: dict = field(default_factory=dict)  # numbers by layer; what is not there is as the texture has it


@dataclass(frozen=True)
class Cancel:
    job: str


@dataclass(frozen=True)
class Release:
    """Give back the memory that is kept for the next job, once those that wait are done; it is not answered."""


@dataclass(frozen=True)
class Shutdown:
    pass


@dataclass(frozen=True)
class Ready:
    """The worker's first line."""

    protocol: int
    version: str
    device: str
    pid: int


@dataclass(frozen=True)
class Progress:
    job: str
    stage: str  # a key of STAGES, or a label as it is shown
    fraction: float  # 0..1 of the whole job
    preview: str = ""  # path of a small picture of the texture so far; on the wire only where it was asked


@dataclass(frozen=True)
class Result:
    job: str
    output: str
    provenance: str = ""
    report: str = ""
    warnings: list[str] = field(default_factory=list)
    tiles: list[int] = field(default_factory=list)  # several: <UDIM> in output and provenance stands for each
    advice: list[str] = field(default_factory=list)  # names of warnings that a button can mend: overlapping-uvs
    thickness: float = 0.0  # of the shell whose pictures lie beside output (outputs.shell_files), mesh units; 0: none
    maps: list[str] = field(default_factory=list)  # files of maps; <UDIM> in them as in output


@dataclass(frozen=True)
class Varied:
    """The answer to Variants."""

    job: str
    made: list[dict]  # style, seed, output, preview, layers ("": none); <UDIM> in output and layers as in Result
    report: str = ""
    warnings: list[str] = field(default_factory=list)
    tiles: list[int] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    maps: list[str] = field(default_factory=list)  # files of maps; <UDIM> in them as in output


@dataclass(frozen=True)
class Expressed:
    """The answer to Expressions. Channel i is component i % 3 of pictures i // 3, of which 128 of 255 means nothing."""

    job: str
    channels: list[dict]  # name; left, right: shape keys that drive it in that half of the face
    folds: list[str]  # logarithm of light, in folds_range
    blood: list[str]  # logarithm of blood per area, in blood_range
    left: str  # 255 in the person's left half
    folds_range: float
    blood_range: float
    report: str = ""
    warnings: list[str] = field(default_factory=list)
    tiles: list[int] = field(default_factory=list)  # <UDIM> in the names as in Result


@dataclass(frozen=True)
class Saved:
    """The answer to SaveLayers."""

    job: str
    output: str
    tiles: list[int] = field(default_factory=list)  # <UDIM> in output as in Result


@dataclass(frozen=True)
class Registered:
    """The answer to Register. Where no face was found, code, message and cure say so and points are guesses."""

    job: str
    overlay: str = ""
    picture: str = ""
    report: str = ""
    width: int = 0  # of the picture, pixels
    height: int = 0
    score: float = 0.0  # 0..1, see head/quality.py
    error_px: float = 0.0  # median landmark error before the warp
    face_height: float = 0.0  # pixels
    coverage: float = 0.0  # share of the face that the portrait shows
    sentence: str = ""  # what to do, or how well it fits
    front: str = ""  # the axis of the mesh along which the face looks, as x or -x
    up: str = ""  # the axis at its crown
    points: list[dict] = field(default_factory=list)  # every named point on both sides, written like pins
    warnings: list[str] = field(default_factory=list)
    code: str = ""
    message: str = ""
    cure: str = ""


@dataclass(frozen=True)
class Failure:
    job: str
    code: str  # an ErrorCode
    message: str
    cure: str

    @classmethod
    def of(cls, job: str, error: AvatarTexError) -> Failure:
        return cls(job, str(error.code), error.message, error.cure)


@dataclass(frozen=True)
class Stopped:
    """The job was cancelled; nothing was written."""

    job: str


Request = Generate | Register | Variants | Expressions | SaveLayers
Answer = Result | Varied | Expressed | Registered | Saved
Message = Request | Cancel | Release | Shutdown | Ready | Progress | Answer | Failure | Stopped
#: By the name on the line.
TYPES: dict[str, type] = {one.__name__.lower(): one for one in get_args(Message)}
