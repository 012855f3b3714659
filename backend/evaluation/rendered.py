"""python -m backend.evaluation.rendered: registration against a known camera, by yaw and shading.

Portraits are rendered of textured heads; the head that made the portrait is registered to it (own), and a head of
another shape (other). Errors are of the landmarks that the true camera sees, in percent of the face's height, and of
the face's rotation in degrees.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from ..errors import AvatarTexError
from ..head.landmarks import HeadLandmarks, find_head_landmarks
from ..head.mesh import HeadMesh, load_mesh
from ..head.register import Registration
from ..head.visibility import facing
from ..portrait.decode import decode_portrait
from ..registering import match
from ..texture.files import write_picture
from .cases import SPLIT, load_truth_texture
from .truth import TruthCase, TruthPortrait, render_truth

HEADS = (("makehuman", "caucasian_male_young"), ("makehuman", "asian_female_old"), ("makehuman", "african_male_old"),
         ("valid", "white_f_1"))
YAWS = (0, -15, 30, -45)
LIGHTS = ("soft", "hard", "cel")
#: Landmarks count that the true camera sees at this cosine or more, and that lie on the head for sure.
SEEN, SURE = 0.3, 0.3


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.evaluation.rendered", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    arguments = parser.parse_args(argv)
    names = sorted(json.loads(SPLIT.read_text())["held_out"])
    heads = [(kind, load_mesh(arguments.data / kind / "heads" / f"{name}.obj")) for kind, name in HEADS]
    known = [(kind, mesh, find_head_landmarks(mesh)) for kind, mesh in heads]
    rows = []
    for i, (kind, mesh, landmarks) in enumerate(known):
        skins = [name.split("/")[1] for name in names if name.startswith(kind)]
        _, other, other_landmarks = known[(i + 1) % len(known)]
        for j, yaw in enumerate(YAWS):
            for k, light in enumerate(LIGHTS):
                case = TruthCase(
                    "", kind, "", str(arguments.data / kind / "skins" / f"{skins[(j + k) % len(skins)]}.jpg"), yaw,
                    (0, 5, -5)[(i + j) % 3], light, (0.4, 0.6, 0.7), (0.6, 0.65, 0.7),
                )
                portrait = render_truth(mesh, landmarks, load_truth_texture(case), case)
                truth = portrait.project(landmarks.points)[0], seen_landmarks(landmarks, portrait)
                own = judge(mesh, landmarks, landmarks, portrait, truth)
                against = judge(other, other_landmarks, landmarks, portrait, truth)
                rows.append((abs(yaw), light, own, against))
                print(f"{HEADS[i][1]:22} yaw {yaw:+3d} {light}: own {own[0]:5.2f} % {own[1]:4.1f} deg, "
                      f"other {against[0]:5.2f} % {against[1]:4.1f} deg", flush=True)
    print_table(rows)
    return 0


def seen_landmarks(head: HeadLandmarks, portrait: TruthPortrait) -> np.ndarray:
    """(468,) bool."""
    eye = -portrait.rotation.T @ portrait.translation
    return (facing(head.points, head.normals, eye) > SEEN) & (head.trust > SURE)


def judge(
    mesh: HeadMesh, head: HeadLandmarks, subject: HeadLandmarks, portrait: TruthPortrait,
    truth: tuple[np.ndarray, np.ndarray],
) -> tuple[float, float]:
    """(median landmark error in percent of the face's height, camera error in degrees); inf where refused.

    Args:
        head: of mesh. subject: of the head in the portrait. truth: (468,2) pixels, and which of them count.
    """
    pixels, seen = truth
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portrait.png"
        write_picture(path, portrait.color)
        try:
            registration = match(mesh, decode_portrait(path)).registration
        except AvatarTexError:
            return np.inf, np.inf
    height = np.linalg.norm(pixels[10] - pixels[152])
    away = np.linalg.norm(registration.project(head.points)[0] - pixels, axis=1)[seen]
    return float(np.median(away) / height * 100), angle_between(registration, head, subject, portrait)


def angle_between(
    registration: Registration, head: HeadLandmarks, subject: HeadLandmarks, portrait: TruthPortrait,
) -> float:
    """Degrees between the two faces as both cameras see them."""
    found = registration.camera.rotation @ head.rotation.T
    true = portrait.rotation @ subject.rotation.T
    return float(np.degrees(np.arccos(np.clip((np.trace(found @ true.T) - 1) / 2, -1, 1))))


def print_table(rows: list[tuple]) -> None:
    print("\n| yaw | shading | own head: landmarks | camera | another head: landmarks | camera |")
    print("|---|---|---|---|---|---|")
    for yaw in sorted({row[0] for row in rows}):
        for light in LIGHTS:
            chosen = [row for row in rows if row[0] == yaw and row[1] == light]
            own, other = (np.median([row[side] for row in chosen], axis=0) for side in (2, 3))
            print(f"| {yaw} | {light} | {own[0]:.2f} % | {own[1]:.1f} | {other[0]:.2f} % | {other[1]:.1f} |")


if __name__ == "__main__":
    raise SystemExit(main())
