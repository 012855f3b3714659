"""python -m backend.evaluation.registration: every head with every portrait, without and with four pins.

Truth are points set by hand on the portraits (portrait_points.json; those that a beard hides are left out), to about
one percent of the face's height. A pair is judged by the median distance between those points and where the
registration puts the head's, at two limits. Pins are four of the points; the others judge. A drawing whose eyes are
dots has no face that fits a human head within the closer limit.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import AvatarTexError
from ..head.landmarks import HeadLandmarks, find_head_landmarks
from ..head.mesh import HeadMesh, load_mesh
from ..head.pinning import pinned_head
from ..pins import NAMES, NEEDED, Pin
from ..portrait.decode import Portrait, decode_portrait
from ..portrait.faces import find_portrait_face
from ..portrait.landmarks import FaceLandmarks
from ..registering import match_found
from ..texture.files import write_picture
from ..texture.overlay import draw_overlay

POINTS = Path(__file__).with_name("portrait_points.json")
HEADS = ("makehuman/heads/*.obj", "valid/heads/*.obj", "ict/*.obj", "kaykit/*head.obj")
#: Of the face's height: features lie on each other, and they still overlap (an eye is 0.16 wide).
CLOSE, LOOSE = 0.04, 0.08
#: The pins, the first four that the portrait shows.
ORDER = ("right_eye_outer", "left_eye_outer", "nose_tip", "chin", "mouth_left", "mouth_right", "left_eye_inner",
         "right_eye_inner")
#: What is given and what is looked for: name -> (pins on the portrait, is the face looked for, is the head's).
MODES = {
    "no help": (False, True, True), "four pins": (True, True, True), "face from pins": (True, False, True),
    "both from pins": (True, False, False),
}


@dataclass(frozen=True)
class Try:
    """One pair in one mode. error: median over the judging points, in face heights; inf where refused."""

    error: float
    score: float
    seconds: float
    overlay: np.ndarray | None = None


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.evaluation.registration", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and portraits, as shared/data")
    parser.add_argument("--output", type=Path, help="folder for the overlays")
    parser.add_argument("--heads", default="", help="only heads whose path contains this")
    parser.add_argument("--portraits", default="", help="only portraits whose path contains this")
    arguments = parser.parse_args(argv)
    points = {name: truth for name, truth in json.loads(POINTS.read_text()).items() if arguments.portraits in name}
    portraits = {}
    for name in points:
        portrait = decode_portrait(arguments.data / "portraits" / name)
        portraits[name] = portrait, find_face(portrait)
    rows = []
    for path in sorted(path for pattern in HEADS for path in arguments.data.glob(pattern)):
        if arguments.heads not in str(path):
            continue
        mesh, head = load_mesh(path), None
        try:
            head = find_head_landmarks(mesh)
        except AvatarTexError as refusal:
            print(f"{path.stem}: {refusal}")
        for name, (portrait, face) in portraits.items():
            tries = {mode: run(mesh, head, portrait, face, points[name], *MODES[mode]) for mode in MODES}
            rows.append((name.split("/")[0], path.parts[-2] == "kaykit", tries))
            print(f"{path.stem[:22]:22} {Path(name).stem[:26]:26}" + "".join(
                f"  {mode} {100 * one.error:5.1f} % ({one.score:.2f})" for mode, one in tries.items()), flush=True)
            if arguments.output:
                for mode, one in tries.items():
                    if one.overlay is not None:
                        file = f"{path.stem}_{Path(name).stem}_{mode.replace(' ', '_')}.png"
                        write_picture(arguments.output / file, one.overlay)
    print_table(rows)
    return 0


def find_face(portrait: Portrait) -> FaceLandmarks | None:
    try:
        return find_portrait_face(portrait)[0]
    except AvatarTexError:
        return None


def run(
    mesh: HeadMesh, head: HeadLandmarks | None, portrait: Portrait, face: FaceLandmarks | None, truth: dict,
    with_pins: bool, look_for_face: bool, look_for_head: bool,
) -> Try:
    """Register one pair, the detectors blinded where the mode says so."""
    start = time.perf_counter()
    pins = []
    if with_pins:
        names = [name for name in ORDER if name in truth][:NEEDED]
        pins = [Pin(name, tuple(truth[name]), head_point(head, name, look_for_head)) for name in names]
    found_face, found_head = face if look_for_face else None, head if look_for_head else None
    if (found_face is None or found_head is None) and not pins:
        return Try(np.inf, 0.0, 0.0)
    try:
        placed = pinned_head(mesh, found_head, pins)
        found = match_found(mesh, portrait, pins, found_face, placed)
    except AvatarTexError:
        return Try(np.inf, 0.0, time.perf_counter() - start)
    registration = found.registration
    judging = [name for name in truth if not any(pin.name == name for pin in pins)]
    index = [NAMES[name][0] for name in judging]
    pixels, _ = registration.project(head.points[index] if head is not None else placed.points[index])
    away = np.linalg.norm(pixels - [truth[name] for name in judging], axis=1)
    error = float(np.median(away)) / (face.size if face is not None else registration.face_height)
    overlay = draw_overlay(portrait.color, mesh, registration, pins)
    return Try(error, found.quality.score, time.perf_counter() - start, overlay)


def head_point(head: HeadLandmarks | None, name: str, found: bool) -> tuple[float, float, float] | None:
    """What an artist would click on the head; only needed where nothing is found there."""
    return None if found or head is None else tuple(head.points[NAMES[name][0]])


def print_table(rows: Sequence[tuple[str, bool, dict[str, Try]]]) -> None:
    print(f"\npairs within {CLOSE:.0%}, within {LOOSE:.0%} of the face's height, of how many (median error)\n")
    print("| heads | portraits |" + "".join(f" {mode} |" for mode in MODES) + "\n|---|---|" + "---|" * len(MODES))
    for low_poly in (False, True):
        for kind in ("photo", "painting", "cartoon"):
            chosen = [tries for k, low, tries in rows if k == kind and low is low_poly]
            if not chosen:
                continue
            cells = []
            for mode in MODES:
                errors = np.array([tries[mode].error for tries in chosen])
                cells.append(
                    f" {(errors <= CLOSE).sum()}, {(errors <= LOOSE).sum()} of {len(errors)}"
                    f" ({np.median(errors):.1%}) |"
                )
            print(f"| {'low-poly knight' if low_poly else 'human'} | {kind} |" + "".join(cells))


if __name__ == "__main__":
    raise SystemExit(main())
