"""The bundled weight files, read with their checksums; nothing here needs torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ..errors import AvatarTexError, ErrorCode

WEIGHTS = Path(__file__).with_name("weights")
MANIFEST = "weights.json"
CURE = "Install the AvatarTex extension again; its zip carries the weights."


def manifest(folder: Path) -> dict[str, dict]:
    try:
        return json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"The list of weights {MANIFEST!r} is missing.", CURE) from None


def verified_bytes(folder: Path, name: str) -> bytes:
    """A weight file's content.

    Raises:
        AvatarTexError: WEIGHTS_MISSING or WEIGHTS_ALTERED.
    """
    wanted = manifest(folder).get(name, {}).get("sha256")
    try:
        data = (folder / name).read_bytes()
    except OSError:
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"The weights {name!r} are missing.", CURE) from None
    if hashlib.sha256(data).hexdigest() != wanted:
        raise AvatarTexError(
            ErrorCode.WEIGHTS_ALTERED, f"The weights {name!r} are not the ones that were shipped (checksum differs).",
            CURE,
        )
    return data
