"""What a textured head is exported for: the file, the pictures that its material gets, and how large they are."""

from dataclasses import dataclass
from pathlib import Path

from ..backend.errors import ErrorCode


@dataclass(frozen=True)
class ExportTarget:
    """suffixes: of the file, the usual one first. size: largest side of a picture in texels, 0 as large as the texture
    is. maps: of map_options.MAPS that its pictures are made of. beside: the pictures also lie in a folder."""

    name: str
    label: str
    tooltip: str
    suffixes: tuple[str, ...]
    size: int
    maps: tuple[str, ...]
    beside: bool = False


#: 2048 is what engines and VRM's services take without making it smaller.
TARGETS = (
    ExportTarget(
        "gltf",
        "glTF",
        "One GLB file for engines and viewers: base colour, occlusion with roughness and metallic, OpenGL normals",
        (".glb",),
        2048,
        ("normal", "roughness", "ao"),
    ),
    ExportTarget(
        "usd",
        "USD",
        "A USD file with its textures beside it, or in it as USDZ: base colour, roughness, OpenGL normals",
        (".usdc", ".usda", ".usd", ".usdz"),
        0,
        ("normal", "roughness"),
    ),
    ExportTarget(
        "vrm",
        "VRM-Ready",
        "A GLB file and a folder with base, shade colour and normals for MToon. The VRM add-on makes a VRM of them",
        (".glb",),
        2048,
        ("normal",),
        beside=True,
    ),
)
#: Sizes of pictures that can be asked for; 0 is the target's own.
SIZES = (0, 512, 1024, 2048, 4096, 8192)


def find_target(name: str, path: Path) -> ExportTarget:
    """The target of that name; where the name is empty, the first whose files end as the path does.

    Raises:
        AvatarTexError: BAD_REQUEST, there is none, or its files end in another way.
    """
    fitting = [one for one in TARGETS if path.suffix.lower() in one.suffixes and name in ("", one.name)]
    if fitting:
        return fitting[0]
    named = next((one for one in TARGETS if one.name == name), None)
    if named is None and name:
        raise ErrorCode.BAD_REQUEST(
            f"There is no target {name!r}.", f"There are: {', '.join(one.name for one in TARGETS)}."
        )
    wanted = named.suffixes if named else sorted({suffix for one in TARGETS for suffix in one.suffixes})
    raise ErrorCode.BAD_REQUEST(f"'{path.name}' cannot be written.", f"Let the name end in {' or '.join(wanted)}.")
