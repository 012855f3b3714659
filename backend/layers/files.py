"""Files of layers by suffix: .layers for Blender, .ora and .psd for paint programs."""

from pathlib import Path

import numpy as np

from ..errors import ErrorCode
from .flatten import flatten
from .packed import Packed, pack
from .stack import stack

#: For paint programs.
PAINTED = (".ora", ".psd")
PACKED = ".layers"


def layers_file(path: str | Path, packed: Packed, name: str = "") -> bytes:
    """The layers of one tile in the format that a path's suffix names.

    Args:
        path: or the suffix alone. name: of the picture, which .ora and .psd keep.

    Raises:
        AvatarTexError: BAD_REQUEST, another suffix.
    """
    refuse_suffix(path, (PACKED, *PAINTED))
    suffix = suffix_of(path)
    if suffix == PACKED:
        return pack(packed)
    flat = flatten(packed.layers, packed.opacities)
    merged = np.rint(np.multiply(flat, 255, out=flat), out=flat).astype(np.uint8)
    merged = merged.reshape(3, packed.size, packed.size)
    if suffix == ".ora":
        from .openraster import write_openraster as write
    else:
        from .photoshop import write_photoshop as write  # psd-tools takes a moment to come
    return write(stack(packed), merged, name)


def suffix_of(path: str | Path) -> str:
    """In small letters; of a suffix alone, itself."""
    name = Path(path).name.lower()
    return name if name in (PACKED, *PAINTED) else Path(name).suffix


def refuse_suffix(path: str | Path, known: tuple[str, ...]) -> None:
    """Refuse a file of layers whose name says no format that is known.

    Raises:
        AvatarTexError: BAD_REQUEST.
    """
    if suffix_of(path) not in known:
        raise ErrorCode.BAD_REQUEST(
            f"{Path(path).name[:80]!r} names no file of layers.",
            f"End its name in {', '.join(known[:-1])} or {known[-1]}.",
        )
