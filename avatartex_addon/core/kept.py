"""Results of a batch that are not on their heads yet: they outlive this Blender, so that no work is done twice."""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import threading
import time
from pathlib import Path

from ..backend import __version__
from ..backend.errors import AvatarTexError
from ..backend.messages import Generate, Result
from ..backend.outputs import UDIM, name_old_maps, tiles_of
from ..backend.wire import decode, encode

#: Of a request: files that count by what they hold, and what is of one run alone.
FILES = ("capture", "portrait", "base_texture", "regions", "base_provenance")
OF_ONE_RUN = ("job", "output", "provenance", "layers", "report", "previews")
ANSWER = "answer.json"
#: Files of a result.
PLACES = ("output", "provenance", "report")
#: Those that a request names; an answer names no layers, which lie beside the texture.
ASKED = (*PLACES, "layers")


def fingerprint(request: Generate) -> str:
    """Names what is asked for, by its values and what its files hold. Reads them: not for Blender's thread."""
    fields = dataclasses.asdict(request) | {"version": __version__}
    paths = [fields.pop(name) for name in FILES] + [*fields.pop("further")] + name_old_maps(request)
    plain = {name: value for name, value in fields.items() if name not in OF_ONE_RUN}
    whole = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for path in paths:
        for file in tiles_of(Path(path)) if path else ():
            whole.update(hashlib.sha256(file.read_bytes()).digest())
        whole.update(b";")
    return whole.hexdigest()[:32]


def claim_kept(parent: Path, name: str) -> Path:
    """This process's own folder for a result; what an earlier one made of the same request is taken over."""
    own = parent / f"{name}.{os.getpid()}"
    for other in parent.glob(f"{name}.*"):
        if (other / ANSWER).is_file():
            with contextlib.suppress(OSError):
                other.rename(own)
                break
    own.mkdir(parents=True, exist_ok=True)
    return own


def keep_answer(folder: Path, answer: Result) -> None:
    """The result in the folder is whole; without room for the word it is made again another time."""
    names = {field: Path(getattr(answer, field)).name for field in PLACES}
    with contextlib.suppress(OSError):
        part = folder / f"{ANSWER}.part"
        part.write_text(encode(dataclasses.replace(answer, **names)), encoding="utf-8")
        part.replace(folder / ANSWER)


def take_kept(folder: Path) -> Result | None:
    """The result that was kept there; None when there is none, or not all of it."""
    try:
        answer = decode((folder / ANSWER).read_text(encoding="utf-8"))
    except (OSError, ValueError, AvatarTexError):
        return None
    answer = dataclasses.replace(answer, **{field: str(folder / getattr(answer, field)) for field in PLACES})
    files = [Path(getattr(answer, field).replace(UDIM, str(tile))) for tile in answer.tiles or [0] for field in PLACES]
    return answer if all(file.is_file() for file in files) else None


def drop_kept(folder: Path) -> None:
    """It is on its head. The large files go beside Blender's thread."""
    gone = folder.with_name(f"gone.{folder.name}.{time.monotonic_ns()}")
    with contextlib.suppress(OSError):
        (folder / ANSWER).unlink(missing_ok=True)
        folder.rename(gone)
        threading.Thread(target=shutil.rmtree, args=(gone, True), daemon=True).start()


def prune_kept(parent: Path) -> None:
    """Let go what nobody came back for."""
    for folder in parent.glob("*"):
        with contextlib.suppress(OSError):
            # days until nobody comes back for it
            if folder.name.startswith("gone.") or time.time() - folder.stat().st_mtime > 30 * 86400:
                drop_kept(folder)
