"""python -m backend.lab evaluate registration: every head with every portrait, without and with four pins.

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
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from ...errors import AvatarTexError
from ...head.landmarks import HeadLandmarks, find_head_landmarks
from ...head.match import match_found
from ...head.mesh import HeadMesh, load_mesh
from ...head.overlay import draw_overlay
from ...head.pinning import pinned_head
from ...imaging.files import write_picture
from ...pins import NAMES, NEEDED, Pin
from ...portrait.decode import Portrait, decode_portrait
from ...portrait.faces import find_portrait_face
from ...portrait.landmarks import FaceLandmarks

POINTS = Path(__file__).with_name("portrait_points.json")
HEADS = ("makehuman/heads/*.obj", "valid/heads/*.obj", "ict/*.obj", "kaykit/*head.obj")
#: Of the face's height: features lie on each other, and they still overlap (an eye is 0.16 wide).
CLOSE, LOOSE = 0.04, 0.08
#: Pixels of a contact sheet's cell, and cells across.
CELL, ACROSS = 320, 4
#: The pins, the first four that the portrait shows.
ORDER = (
    "right_eye_outer",
    "left_eye_outer",
    "nose_tip",
    "chin",
    "mouth_left",
    "mouth_right",
    "left_eye_inner",
    "right_eye_inner",
)
#: What is given and what is looked for: name -> (pins on the portrait, is the face looked for, is the head's).
MODES = {
    "no help": (False, True, True),
    "four pins": (True, True, True),
    "face from pins": (True, False, True),
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
    parser = argparse.ArgumentParser(prog="python -m backend.lab evaluate registration", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and portraits, as shared/data")
    parser.add_argument("--output", type=Path, help="folder for a contact sheet of overlays per head and mode")
    parser.add_argument("--heads", default="", help="only heads whose path contains this")
    parser.add_argument("--portraits", default="", help="only portraits whose path contains this")
    parser.add_argument("--modes", default=",".join(MODES), help="only these, by commas")
    parser.add_argument("--workers", type=int, default=1, help="processes; each takes whole heads")
    arguments = parser.parse_args(argv)
    modes = [mode for mode in MODES if mode in arguments.modes.split(",")]
    heads = [
        path
        for path in sorted(path for pattern in HEADS for path in arguments.data.glob(pattern))
        if arguments.heads in str(path)
    ]
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        work = partial(measure, arguments.data, arguments.portraits, modes, arguments.output)
        rows = [row for rows in pool.map(work, heads) for row in rows]
    print_table(rows, modes)
    return 0


def measure(data: Path, only: str, modes: Sequence[str], output: Path | None, path: Path) -> list[tuple]:
    """One head with all portraits: (kind of portrait, is the head low-poly, mode -> try)."""
    points = {name: truth for name, truth in json.loads(POINTS.read_text()).items() if only in name}
    mesh, head, rows = load_mesh(path), None, []
    cells = {mode: [] for mode in modes}
    try:
        head = find_head_landmarks(mesh)
    except AvatarTexError as refusal:
        print(f"{path.stem}: {refusal}")
    for name, truth in points.items():
        portrait = decode_portrait(data / "portraits" / name)
        face = find_face(portrait)
        tries = {mode: run(mesh, head, portrait, face, truth, *MODES[mode]) for mode in modes}
        print(
            f"{path.stem[:22]:22} {Path(name).stem[:26]:26}"
            + "".join(f"  {mode} {100 * one.error:5.1f} % ({one.score:.2f})" for mode, one in tries.items()),
            flush=True,
        )
        for mode, one in tries.items():
            label = f"{Path(name).stem.replace('dicebear_', '')[:22]} {100 * one.error:.1f} % ({one.score:.2f})"
            cells[mode].append(cell(portrait.color if one.overlay is None else one.overlay, face, label))
        rows.append(
            (
                name.split("/")[0],
                path.parts[-2] == "kaykit",
                {mode: replace(one, overlay=None) for mode, one in tries.items()},
            )
        )
    for mode, drawn in cells.items():
        if output:
            drawn += [np.ones_like(drawn[0])] * (-len(drawn) % ACROSS)
            lines = [np.hstack(drawn[i : i + ACROSS]) for i in range(0, len(drawn), ACROSS)]
            write_picture(output / f"{path.stem}_{mode.replace(' ', '_')}.png", np.vstack(lines))
    return rows


def cell(overlay: np.ndarray, face: FaceLandmarks | None, label: str) -> np.ndarray:
    """(CELL,CELL,3) of a contact sheet: the face and what is around it, with a line of text."""
    height, width = overlay.shape[:2]
    (x, y), reach = (face.centre, 0.8 * face.size) if face else ((width / 2, height / 2), max(height, width) / 2)
    scale = CELL / 2 / reach
    moved = np.array([[scale, 0, CELL / 2 - x * scale], [0, scale, CELL / 2 - y * scale]])
    drawn = cv2.warpAffine(overlay, moved, (CELL, CELL), flags=cv2.INTER_AREA, borderValue=(1, 1, 1))
    for colour, thick in (((0, 0, 0), 3), ((1, 1, 1), 1)):
        cv2.putText(drawn, label, (6, CELL - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, thick, cv2.LINE_AA)
    return drawn


def find_face(portrait: Portrait) -> FaceLandmarks | None:
    try:
        return find_portrait_face(portrait)[0]
    except AvatarTexError:
        return None


def run(
    mesh: HeadMesh,
    head: HeadLandmarks | None,
    portrait: Portrait,
    face: FaceLandmarks | None,
    truth: dict,
    with_pins: bool,
    look_for_face: bool,
    look_for_head: bool,
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


def print_table(rows: Sequence[tuple[str, bool, dict[str, Try]]], modes: Sequence[str]) -> None:
    print(f"\npairs within {CLOSE:.0%}, within {LOOSE:.0%} of the face's height, of how many (median error)\n")
    print("| heads | portraits |" + "".join(f" {mode} |" for mode in modes) + "\n|---|---|" + "---|" * len(modes))
    for low_poly in (False, True):
        for kind in ("photo", "painting", "cartoon"):
            chosen = [tries for k, low, tries in rows if k == kind and low is low_poly]
            if not chosen:
                continue
            cells = []
            for mode in modes:
                errors = np.array([tries[mode].error for tries in chosen])
                cells.append(
                    f" {(errors <= CLOSE).sum()}, {(errors <= LOOSE).sum()} of {len(errors)}"
                    f" ({np.median(errors):.1%}) |"
                )
            print(f"| {'low-poly knight' if low_poly else 'human'} | {kind} |" + "".join(cells))
