"""What is refused before any work: requests that cannot give a texture, a graphics card that is not there."""

from collections.abc import Mapping
from dataclasses import fields

from .compose.stage_pictures import stage_files
from .errors import ErrorCode
from .free_memory import free_memory
from .layers.files import PACKED, PAINTED, refuse_suffix
from .map_options import PACK, written_maps
from .messages import Expressions, FromPortrait, Generate, Register, Variants
from .models.profiles import find_profile
from .models.runtime import ACCELERATORS, is_there
from .models.store import find_parts
from .options import OPACITIES, PROFILE, refuse_unknown
from .outputs import map_file, name_inputs, refuse_outputs, shell_files

#: Of a texture of 8 bits or its provenance on the disk: a PNG of noise takes as much.
TEXEL_BYTES = 3
#: Of a map: three channels of 16 bit.
MAP_BYTES = 6
#: Of a texture in memory while it is made, at most, and of its layers' bytes (docs/benchmarks.md).
IN_MEMORY, LAYERS_IN_MEMORY = 80, 24
#: A detail may be laid on more than once.
MOST_OPAQUE = 2.0


def check_request(request: Generate) -> None:
    """Refuse what cannot work before any work.

    Raises:
        AvatarTexError: BAD_REQUEST, NO_MESH, OUTPUT_NOT_WRITTEN, and those of a large model that is not here.
    """
    refuse_unknown(vars(request))
    if request.profile != PROFILE.default:
        find_parts(find_profile(request.profile))
    refuse_no_head(request)
    refuse_opacities(request.layer_opacities)
    if not request.output:
        raise ErrorCode.BAD_REQUEST("No output file was given.", "Name the texture file to write.")
    refuse_little_memory(request)
    if request.layers:
        refuse_suffix(request.layers, (PACKED, *PAINTED))
    maps = written_maps(request.maps, request.pack)
    refuse_outputs(
        name_inputs(request),
        [
            request.output,
            request.provenance,
            request.layers,
            request.curves,
            request.report,
            *(shell_files(request.output) if request.shelled else ()),
            *(map_file(request.output, name) for name in maps),
            *stage_files(request.keep_stages, ".png"),
            *stage_files(request.previews, ".bmp"),
        ],
        # 40: all planes of a PSD, and its flat picture, at their worst
        (TEXEL_BYTES * (1 + request.bits // 8) + (40 if request.layers else 0) + MAP_BYTES * len(maps))
        * request.size**2,
    )


def refuse_opacities(opacities: Mapping[str, object]) -> None:
    """Raises: AvatarTexError, BAD_REQUEST for what is no layer's, or no opacity."""
    for name, value in opacities.items():
        if name not in OPACITIES:
            raise ErrorCode.BAD_REQUEST(f"There is no layer '{name}'.", f"Name one of {', '.join(sorted(OPACITIES))}.")
        if not (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_OPAQUE):
            raise ErrorCode.BAD_REQUEST(
                f"The layer '{name}' has the opacity {value!r}.", f"Give a number from 0 to {MOST_OPAQUE:g}."
            )


def refuse_little_memory(request: Generate) -> None:
    """Raises: AvatarTexError, OUT_OF_MEMORY where the texture needs more than the system can give."""
    layered = request.layers or request.curves or request.maps or request.pack != PACK.default
    needed = (IN_MEMORY + (LAYERS_IN_MEMORY if layered else 0)) * request.size**2 / 1e9
    free = free_memory()
    if free is not None and free < needed:
        raise ErrorCode.OUT_OF_MEMORY(
            f"A texture of {request.size} texels needs {needed:.1f} GB of memory, and {free:.1f} GB are free.",
            "Close other programs, or choose a smaller Size.",
        )


def refuse_no_head(request: FromPortrait | Register) -> None:
    """Raises: AvatarTexError, NO_MESH where not exactly one head is named."""
    if bool(request.mesh) == bool(request.capture):
        raise ErrorCode.NO_MESH("No head was given.", "Select a head mesh.")


def check_like_texture(request: Variants | Expressions, output: str) -> None:
    """Refuse a request as one for a texture of its head and portrait, written to output.

    Raises:
        AvatarTexError: as check_request().
    """
    shared = {field.name for field in fields(Generate)} & {field.name for field in fields(request)}
    given = {name: getattr(request, name) for name in shared - {"output", "previews"}}
    check_request(Generate(**given, output=output))


def dropped_accelerators() -> list[str]:
    """A sentence on each accelerator that is there and was tried in vain, for the panel."""
    from .models.trial import choose_accelerator

    return list(choose_accelerator()[1])


def choose_device(wanted: str) -> str:
    """'cpu' or a name of ACCELERATORS; of auto, what choose_accelerator() found.

    Raises:
        AvatarTexError: BAD_REQUEST when one is asked for and not there.
    """
    if wanted == "auto":
        from .models.trial import choose_accelerator

        return choose_accelerator()[0]
    if wanted != "cpu" and not is_there(wanted):
        title = ACCELERATORS[wanted].title
        raise ErrorCode.BAD_REQUEST(
            f"No {title} device is available.", "Use --device auto or cpu, or see backend doctor."
        )
    return wanted
