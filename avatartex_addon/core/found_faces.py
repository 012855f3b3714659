"""The faces of a portrait, asked of the backend before any job: a process of a second, beside the worker."""

import json
import math
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .child import process_options
from .log import BackendLog

#: The point that distinguishes a face from others.
NOSE = "nose_tip"
#: What an answer raises that is another one.
UNREADABLE = (ValueError, KeyError, TypeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Face:
    """box: x0, y0, x1, y1; points: named ones, as pins have them. Pixels of the upright portrait, y down."""

    box: tuple[float, float, float, float]
    points: Mapping[str, tuple[float, float]]

    def distance(self, pins: Mapping[str, tuple[float, float]]) -> float:
        """Of pins from their points, on average, in sizes of the face: as the backend reckons it."""
        size = max(self.box[2] - self.box[0], self.box[3] - self.box[1])
        away = [math.dist(self.points[name], place) for name, place in pins.items() if name in self.points]
        return sum(away) / len(away) / size if away else 0.0


@dataclass(frozen=True)
class FoundFaces:
    """Of one portrait, the largest first. picture: the upright portrait, small, as BMP; empty where unknown."""

    width: int
    height: int
    faces: tuple[Face, ...]
    picture: bytes

    def choose(self, pins: Mapping[str, tuple[float, float]]) -> int:
        """The index of the face that is used: the one that the portrait's pins mean, else the largest."""
        return min(range(len(self.faces)), key=lambda index: self.faces[index].distance(pins), default=0)


def look_for_faces(command: list[str], portrait: str, log: BackendLog) -> FoundFaces | None:
    """Ask the backend and wait for it; None where it cannot say, which the log explains.

    Args:
        command: the backend's, up to the word faces.
    """
    with tempfile.TemporaryDirectory(prefix="avatartex_") as folder:
        picture = Path(folder) / "portrait.bmp"
        try:
            answer = subprocess.run(
                [*command, "--portrait", portrait, "--picture", str(picture)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60.0,  # it takes a second, and a virus scanner on a cold disk twenty
                check=False,
                **process_options(),
            )
            if answer.returncode:
                log.write(f"faces: {answer.stderr.strip()[-200:]}")
                return None
            return read_answer(answer.stdout, picture.read_bytes())
        except (*UNREADABLE, OSError, subprocess.SubprocessError) as reason:
            log.write(f"faces: {type(reason).__name__}: {reason}")
            return None


def read_answer(text: str, picture: bytes) -> FoundFaces:
    """Of the backend's answer.

    Raises:
        UNREADABLE: it is another one.
    """
    answer = json.loads(text)
    faces = tuple(
        Face(places(one["box"], 4), {str(point["name"]): places(point["portrait"], 2) for point in one["points"]})
        for one in answer["faces"]
    )
    width, height = places([answer["width"], answer["height"]], 2)
    return FoundFaces(int(width), int(height), faces, picture)


def places(answer: list, count: int) -> tuple:
    """So many numbers. Raises: ValueError, TypeError."""
    found = tuple(float(one) for one in answer)
    if len(found) != count or not all(map(math.isfinite, found)):
        raise ValueError("no places")
    return found
