"""The bundled weight files, read with their checksums; nothing here needs torch."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ErrorCode

if TYPE_CHECKING:
    import numpy as np

#: Those that came with this code.
WEIGHTS = Path(__file__).parent / "models" / "weights"
MANIFEST = "weights.json"
CURE = "Install the AvatarTex extension again; its zip carries the weights."
#: sha256 of the arrays that lie beside the code that reads them.
ARRAYS = {
    "canonical_landmarks.npz": "cb8f25576ab7bb12efd0cb7031ebf38a42553a4763c5e570dd2e0fd4f4b98a77",
    "shapes.npz": "21fdafcbb0f967cb139c6c8fa93362dd2797ebd21d3cf18d7664f20a4c1ae310",
    "hairline.npz": "d0f29807a8badaacd5e182837a9198ead730732a8d62a8eb5104e39934d67fca",
    "part_light.npz": "5210425d78c6c2368b97ad7c7348c9c5a2c60c567556fb394e4c2a85cd6535ce",
    "canonical_face.npz": "a73de5ecb99588438a6b311a5fea93e6f431ffbd01ce75bbd1e9bb45238c55a1",
    "pores.npz": "17ba41e62b0b6f479869e69ba08b1a7bc186976d451afafa4399764d5941cfc5",
    "hair_contrast.npz": "927b030f37516620b4a7a6292edb23bbb0d243ebeb5e499129ca3a17d2236155",
    "strand_figures.npz": "d46c306f8b7d1079943a3f18a82fcbcccd2e8e2402e46a8d4bfb8760321c8624",
}

#: The artist's folder of weights, see `kept`; None where only those that came with the code are looked at.
shared: Path | None = None


def manifest(folder: Path) -> dict[str, dict]:
    """By file: sha256, bytes, licence, source.

    Raises:
        AvatarTexError: WEIGHTS_MISSING, where there is no such list.
    """
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if isinstance(listed, dict) and all(
            isinstance(entry, dict) and isinstance(entry.get("sha256"), str) for entry in listed.values()
        ):
            return listed
    except (OSError, ValueError, RecursionError):
        pass
    raise ErrorCode.WEIGHTS_MISSING(f"The list of weights {MANIFEST!r} is missing or damaged.", CURE)


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
        raise ErrorCode.WEIGHTS_MISSING(f"The weights {name!r} are missing.", CURE)
    raise ErrorCode.WEIGHTS_ALTERED(
        f"The weights {name!r} are not the ones that were shipped (checksum differs).", CURE
    )


def verified_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz file that came with this code.

    Raises:
        AvatarTexError: WEIGHTS_MISSING or WEIGHTS_ALTERED.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise ErrorCode.WEIGHTS_MISSING(f"The file {path.name!r} is missing.", CURE) from None
    if hashlib.sha256(data).hexdigest() != ARRAYS[path.name]:
        raise ErrorCode.WEIGHTS_ALTERED(f"The file {path.name!r} is not the one that was shipped.", CURE)
    import numpy as np  # the doctor reads checksums where nothing is installed

    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return dict(stored)


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
