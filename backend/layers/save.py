"""Layers that Blender keeps, saved as a file for paint programs. Needs no network and no head."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import Cancelled, ErrorCode
from ..messages import Saved, SaveLayers
from ..outputs import UDIM, Staged, pattern, refuse_outputs
from ..paths import reachable
from .files import PAINTED, layers_file, refuse_suffix
from .flatten import LAYERS, OPACITIES, Blend
from .packed import BadLayers, Packed, unpack

#: Opacities up to these: a gain or detail may be laid on twice.
MOST = {name: 1.0 if LAYERS[name] is Blend.OVER else 2.0 for name in OPACITIES}


def save_layers(
    request: SaveLayers, on_progress: Callable[..., None], is_cancelled: Callable[[], bool] = lambda: False
) -> Saved:
    """Write every tile's layers.

    Raises:
        AvatarTexError: BAD_REQUEST, OUTPUT_NOT_WRITTEN; nothing is written then.
        Cancelled: between two tiles.
    """
    if not request.source or not all(request.source):
        raise ErrorCode.BAD_REQUEST("No layers were given.", "Name the .layers file of each tile.")
    if not request.output:
        raise ErrorCode.BAD_REQUEST("No output file was given.", "Name the .ora or .psd to write.")
    refuse_suffix(request.output, PAINTED)
    opacities = _read_opacities(request.opacities)
    several = len(request.source) > 1 or UDIM in request.output
    output = pattern(request.output) if several else request.output
    paths = {_tile_of(source) if several else 0: source for source in request.source}
    if len(paths) < len(request.source):
        raise ErrorCode.BAD_REQUEST("Two of the files of layers are of one tile.", "Name one file for each tile.")
    refuse_outputs(request.source, [output])
    with Staged() as staged:
        for done, (tile, source) in enumerate(sorted(paths.items())):
            if is_cancelled():
                raise Cancelled
            on_progress("Writing", done / len(paths))
            packed = read_layers(source)
            packed = replace(packed, opacities={**packed.opacities, **opacities})
            path = output.replace(UDIM, str(tile))
            staged.write(path, layers_file(path, packed, Path(path).stem))
    on_progress("Writing", 1.0)
    return Saved(request.job, output, sorted(paths) if several else [])


def read_layers(path: str) -> Packed:
    """One tile's layers.

    Raises:
        AvatarTexError: BAD_REQUEST, there are none, or they are damaged.
    """
    try:
        return unpack(reachable(path).read_bytes())
    except (OSError, BadLayers) as reason:
        why = str(reason) if isinstance(reason, BadLayers) else f"It could not be read ({reason.strerror})."
        raise ErrorCode.BAD_REQUEST(
            f"{Path(path).name[:80]!r}: {why.rstrip('.')}.",
            "Name a file that generate wrote with --layers FILE.layers, or generate the texture again.",
        ) from None


def _read_opacities(given: Mapping[str, object]) -> dict[str, float]:
    """Those that were asked for.

    Raises:
        AvatarTexError: BAD_REQUEST, another name, or no number in range.
    """
    read = {}
    for name, value in given.items():
        if name not in MOST:
            raise ErrorCode.BAD_REQUEST(
                f"{str(name)[:80]!r} is no layer with an opacity.", f"Choose {', '.join(MOST)}."
            )
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
        if not 0 <= number <= MOST[name]:
            raise ErrorCode.BAD_REQUEST(
                f"{name} cannot have the opacity {str(value)[:40]!r}.", f"Choose a number from 0 to {MOST[name]:g}."
            )
        read[name] = float(number)
    return read


def _tile_of(path: str) -> int:
    """The UDIM tile in a file's name, as 1001 in texture.1001.layers.

    Raises:
        AvatarTexError: BAD_REQUEST, there is none.
    """
    numbers = re.findall(r"(?<!\d)[1-9]\d{3}(?!\d)", Path(path).stem)
    if not numbers:
        raise ErrorCode.BAD_REQUEST(
            f"{Path(path).name[:80]!r} does not say which tile it is.", "Name it as texture.1001.layers."
        )
    return int(numbers[-1])
