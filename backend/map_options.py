"""What maps beside the texture alone are asked for: part of the table of options.py."""

from collections.abc import Iterable

from .option import BACKEND, GENERATE, VARIANTS, Choice, Option

MAPS = Option(
    "maps",
    "Maps",
    (),
    "Maps beside the colour, in the same UV map and size",
    "maps beside the texture, by commas",
    choices=(
        Choice("all", "All", "All of these"),
        Choice("normal", "Normal", "The relief of pores, folds and painted hair, in tangent space"),
        Choice("displacement", "Displacement", "The same relief as heights in the mesh's units, a half float EXR"),
        Choice("roughness", "Roughness", "By region of the face: nose and forehead shine, lids do not"),
        Choice("specular", "Specular", "F0 by 0.08, as Blender's Specular IOR Level has it: skin, and hair"),
        Choice("ao", "Ambient Occlusion", "How much of an even sky reaches the skin, by mesh and relief"),
        Choice("cavity", "Cavity", "The hollows of the relief alone"),
        Choice("subsurface", "Subsurface", "The scale of scattering: 1 in skin, none below painted hair"),
    ),
    several=True,
    jobs=(GENERATE, VARIANTS),
    sides=(BACKEND,),
    metavar="NAMES",
)
GREEN = Option(
    "green",
    "Green",
    "opengl",
    "Which way the green of the normal map points",
    "which way the green of the normal map points",
    choices=(
        Choice("opengl", "OpenGL", "Up: Blender, glTF, Unity, Maya"),
        Choice("directx", "DirectX", "Down: Unreal, 3ds Max"),
    ),
    jobs=(GENERATE, VARIANTS),
    sides=(BACKEND,),
)
MAP_BITS = Option(
    "map_bits",
    "Bits of Maps",
    8,
    "Bits of each channel of the maps; displacement always has 16",
    "bits of each channel of the maps, displacement aside",
    choices=(Choice(8, "8", "As the texture has"), Choice(16, "16", "For close-ups: no steps in smooth relief")),
    jobs=(GENERATE, VARIANTS),
    sides=(BACKEND,),
)
PACK = Option(
    "pack",
    "Packed Map",
    "none",
    "What an engine reads: several maps in the channels of one picture, or a set of its own",
    "pictures beside the texture as an engine reads them",
    choices=(
        Choice("none", "None", "Each map is a picture of its own"),
        Choice("orm", "ORM", "Occlusion, roughness, metallic: glTF and Unreal"),
        Choice("unity", "Unity Mask", "Metallic, occlusion, detail mask, smoothness in alpha: Unity's HDRP"),
        Choice("metahuman", "MetaHuman", "Albedo without light, DirectX normals and cavity, for its texture overrides"),
        Choice("vrm", "VRM", "Shade colour and OpenGL normals, for MToon; the texture itself is the base colour"),
    ),
    jobs=(GENERATE, VARIANTS),
    sides=(BACKEND,),
)

#: The pictures of each value of PACK: their names beside the texture.
PICTURES = {
    "none": (),
    "orm": ("orm",),
    "unity": ("unity",),
    "metahuman": ("metahuman_albedo", "metahuman_normal", "metahuman_cavity"),
    "vrm": ("vrm_shade", "vrm_normal"),
}


def written_maps(asked: Iterable[str], pack: str) -> tuple[str, ...]:
    """Names of all pictures beside the texture, for values of MAPS and PACK."""
    return *map_names(asked), *PICTURES[pack]


def map_names(asked: Iterable[str]) -> tuple[str, ...]:
    """The maps that values of MAPS stand for, in the table's order."""
    asked, names = set(asked), MAPS.values[1:]
    return tuple(str(name) for name in names if name in asked or MAPS.values[0] in asked)
