"""The bundled weight files, read with their checksums; nothing here needs torch."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from ..errors import AvatarTexError, ErrorCode

#: Those that came with this code.
WEIGHTS = Path(__file__).with_name("weights")
MANIFEST = "weights.json"
CURE = "Install the AvatarTex extension again; its zip carries the weights."

#: The artist's folder of weights, see `kept`; None where only those that came with the code are looked at.
shared: Path | None = None


def manifest(folder: Path) -> dict[str, dict]:
    try:
        return json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"The list of weights {MANIFEST!r} is missing.", CURE) from None


def kept(folder: Path, name: str, sha256: str) -> Path:
    """Where a shared folder keeps a file: under its checksum, so that several versions of AvatarTex find their own."""
    path = Path(name)
    return folder / f"{path.stem}-{sha256[:12]}{path.suffix}"


def verified_bytes(folder: Path, name: str) -> bytes:
    """A weight file's content: the shared folder's if it holds that very file, else this folder's.

    Raises:
        AvatarTexError: WEIGHTS_MISSING or WEIGHTS_ALTERED.
    """
    wanted = manifest(folder).get(name, {}).get("sha256", "")
    found = False
    for path in ([kept(shared, name, wanted)] if shared else []) + [folder / name]:
        with contextlib.suppress(OSError):
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() == wanted:
                return data
            found = True
    if not found:
        raise AvatarTexError(ErrorCode.WEIGHTS_MISSING, f"The weights {name!r} are missing.", CURE)
    raise AvatarTexError(
        ErrorCode.WEIGHTS_ALTERED, f"The weights {name!r} are not the ones that were shipped (checksum differs).", CURE,
    )


def put_into(target: Path, source: Path) -> Iterator[str]:
    """Copy the manifest's files that a shared folder lacks or holds broken; yields the name of each before it.

    Raises:
        AvatarTexError: WEIGHTS_MISSING or WEIGHTS_ALTERED, a file of the source's.
        OSError: the folder cannot be written.
    """
    for name, entry in manifest(source).items():
        path = kept(target, name, entry["sha256"])
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]:
            continue
        yield name
        temporary = path.with_name(path.name + ".part")
        temporary.write_bytes(verified_bytes(source, name))
        temporary.replace(path)
