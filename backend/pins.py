"""Pins: named points that the artist sets on the portrait, on the head, or on both.

Standard library only: the add-on lists the same names. On the wire and in a pins file a pin is an object:

    {"name": "mouth_left", "portrait": [412.0, 633.5], "head": [0.021, -0.113, 1.62]}

portrait: pixels of the upright picture as the backend decodes it (at most 2048 on its long side), x right, y down.
head: a point in the mesh's own coordinates. Either may be missing, not both.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import AvatarTexError, ErrorCode
from .paths import reachable

#: Pins that stand in for a face nobody found; fewer leave the pose open.
NEEDED = 4

#: Name -> (index of the landmark in MediaPipe's face mesh, label). Right and left are the person's own.
NAMES: dict[str, tuple[int, str]] = {
    "right_eye_outer": (33, "Right Eye, Outer Corner"),
    "right_eye_inner": (133, "Right Eye, Inner Corner"),
    "left_eye_inner": (362, "Left Eye, Inner Corner"),
    "left_eye_outer": (263, "Left Eye, Outer Corner"),
    "nose_tip": (4, "Nose Tip"),
    "mouth_right": (61, "Mouth, Right Corner"),
    "mouth_left": (291, "Mouth, Left Corner"),
    "chin": (152, "Chin"),
    "right_brow_outer": (70, "Right Brow, Outer End"),
    "right_brow_inner": (107, "Right Brow, Inner End"),
    "left_brow_inner": (336, "Left Brow, Inner End"),
    "left_brow_outer": (300, "Left Brow, Outer End"),
    "nose_bridge": (168, "Nose Bridge"),
    "right_nostril": (129, "Right Nostril Wing"),
    "left_nostril": (358, "Left Nostril Wing"),
    "upper_lip": (0, "Upper Lip"),
    "lower_lip": (17, "Lower Lip"),
    "forehead": (10, "Forehead, Hairline"),
    "right_jaw": (172, "Right Jaw"),
    "left_jaw": (397, "Left Jaw"),
    "right_ear": (234, "Right Ear, Front"),
    "left_ear": (454, "Left Ear, Front"),
}


@dataclass(frozen=True)
class Pin:
    """One pin; see the module for its units."""

    name: str
    portrait: tuple[float, float] | None = None
    head: tuple[float, float, float] | None = None

    @property
    def landmark(self) -> int:
        return NAMES[self.name][0]

    def as_json(self) -> dict:
        body: dict = {"name": self.name}
        if self.portrait is not None:
            body["portrait"] = [round(float(v), 2) for v in self.portrait]
        if self.head is not None:
            body["head"] = [float(v) for v in self.head]
        return body


def parse_pins(entries: Iterable[dict]) -> list[Pin]:
    """Checked pins of the wire's or a file's objects.

    Raises:
        AvatarTexError: BAD_PINS, naming the entry.
    """
    if not isinstance(entries, list | tuple):
        raise _bad("The pins are no list.")
    pins: list[Pin] = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise _bad(f"Pin {number} has no name.")
        name = entry["name"]
        if name not in NAMES:
            raise ErrorCode.BAD_PINS(f"{name!r} is no pin's name.", f"Use one of {', '.join(NAMES)}.")
        if any(pin.name == name for pin in pins):
            raise _bad(f"The pin {name!r} is there twice.")
        if unknown := set(entry) - {"name", "portrait", "head"}:
            raise _bad(f"The pin {name!r} has an unknown part {min(unknown)!r}.")
        portrait, head = _numbers(entry, "portrait", 2), _numbers(entry, "head", 3)
        if portrait is None and head is None:
            raise _bad(f"The pin {name!r} has a place neither on the portrait nor on the head.")
        pins.append(Pin(name, portrait, head))
    return pins


def read_pins(path: str | Path) -> list[dict]:
    """The pins of a JSON file as the wire carries them: a list, or an object whose "pins" is that list.

    Raises:
        AvatarTexError: BAD_PINS.
    """
    path = reachable(path)
    what = f"The pins file {path.name[:80]!r}"
    try:
        if not os.path.isfile(path):  # a pipe or a device may never end
            raise _bad(f"{what} could not be read (it is no file).")
        if os.path.getsize(path) > 1_000_000:  # it names 22 points
            raise _bad(f"{what} is larger than a megabyte.")
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as reason:
        raise _bad(f"{what} could not be read ({reason.strerror}).") from None
    except json.JSONDecodeError as reason:
        raise _bad(f"{what} is no JSON (line {reason.lineno}).") from None
    except (ValueError, RecursionError):
        raise _bad(f"{what} is no JSON.") from None
    if isinstance(body, dict):
        body = body.get("pins")
    return [pin.as_json() for pin in parse_pins(body)]


def _numbers(entry: dict, key: str, count: int) -> tuple | None:
    values = entry.get(key)
    if values is None:
        return None
    # no place lies beyond; NaN and infinity are not below it
    good = (
        isinstance(values, list | tuple)
        and len(values) == count
        and all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e12 for v in values)
    )
    if not good:
        raise _bad(f"The pin {entry['name']!r} needs {count} numbers as its place on the {key}.")
    return tuple(float(v) for v in values)


def _bad(sentence: str) -> AvatarTexError:
    return ErrorCode.BAD_PINS(
        sentence, 'Write pins as [{"name": "chin", "portrait": [x, y], "head": [x, y, z]}, ...]; see the README.'
    )
