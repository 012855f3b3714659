"""python -m backend.lab evaluate rendered: registration against a known camera, by yaw, shading and expression.

Portraits are rendered of textured heads; the head that made the portrait is registered to it (own), and a head of
another shape (other); the head at rest also to portraits of its open mouth and its smile. Errors are of the landmarks
that the true camera sees, in percent of the face's height, and of the face's rotation in degrees. Of another head they
are between two readings of landmarks on bare heads, which differ by themselves; where both heads are of one topology
they are also measured between the same places of the two meshes (same places): the true rotation is then the known
camera's after the similarity that lays those places onto each other best (Procrustes). How far the readings of the two
bare heads are from the same places, seen by the true camera and without any portrait, is given beside it (bare).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError
from ...head.landmarks import HeadLandmarks, find_head_landmarks
from ...head.match import match
from ...head.mesh import HeadMesh, load_mesh
from ...head.register import Registration
from ...head.visibility import facing
from ...imaging.files import write_picture
from ...portrait.decode import decode_portrait
from .cases import SPLIT, load_truth_texture
from .expressions import EXPRESSIONS, make_face, on_surface, places_on
from .truth import TruthCase, TruthPortrait, angle_of, render_truth

HEADS = (
    ("makehuman", "caucasian_male_young"),
    ("makehuman", "asian_female_old"),
    ("makehuman", "african_male_old"),
    ("valid", "white_f_1"),
)
YAWS = (0, -15, 30, -45)
LIGHTS = ("soft", "hard", "cel")
#: Landmarks count that the true camera sees at this cosine or more, and that lie on the head for sure.
SEEN, SURE = 0.3, 0.3
REFUSED = {"landmarks": np.inf, "rotation": np.inf}
ALL = {"all": ("own", "other", *EXPRESSIONS)}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab evaluate rendered", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of heads and skins, laid out as shared/data")
    parser.add_argument("--workers", type=int, default=1, help="processes; each takes whole heads")
    arguments = parser.parse_args(argv)
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        rows = [row for rows in pool.map(partial(measure, arguments.data), range(len(HEADS))) for row in rows]
    print_table(rows, ("own", "other", "same places", "bare"))
    print_table(rows, (*EXPRESSIONS, "all"))
    return 0


def measure(data: Path, i: int) -> list[dict]:
    """All portraits of one head: yaw, light, and by what was registered the errors."""
    names = sorted(json.loads(SPLIT.read_text())["held_out"])
    (kind, mesh), (_, other) = (
        (kind, load_mesh(data / kind / "heads" / f"{name}.obj"))
        for kind, name in (HEADS[i], HEADS[(i + 1) % len(HEADS)])
    )
    landmarks, other_landmarks = find_head_landmarks(mesh), find_head_landmarks(other)
    skins = [name.split("/")[1] for name in names if name.startswith(kind)]
    surface = on_surface(mesh, landmarks)
    same = np.array_equal(mesh.triangles, other.triangles)
    rows = []
    for j, yaw in enumerate(YAWS):
        for k, light in enumerate(LIGHTS):
            case = TruthCase(
                "",
                kind,
                "",
                str(data / kind / "skins" / f"{skins[(j + k) % len(skins)]}.jpg"),
                yaw,
                (0, 5, -5)[(i + j) % 3],
                light,
                (0.4, 0.6, 0.7),
                (0.6, 0.65, 0.7),
            )
            texture = load_truth_texture(case)
            portrait = render_truth(mesh, landmarks, texture, case)
            seen = seen_landmarks(landmarks, portrait)
            truth = portrait.project(landmarks.points)[0], seen
            found = {"own": registered(mesh, portrait), "other": registered(other, portrait)}
            row = {"yaw": abs(yaw), "light": light}
            row["own"] = judge(found["own"], landmarks.points, truth, landmarks.rotation, portrait, landmarks)
            row["other"] = judge(
                found["other"], other_landmarks.points, truth, other_landmarks.rotation, portrait, landmarks
            )
            if same:
                places = places_on(other, surface)
                turn = rotation_between(landmarks.points, places, landmarks.trust)
                face = landmarks.rotation @ turn
                row["same places"] = judge(found["other"], places, truth, face, portrait, landmarks)
                row["bare"] = bare(mesh, landmarks, other, other_landmarks, turn, portrait, seen)
            for expression in EXPRESSIONS:
                made = make_face(mesh, landmarks, expression)
                portrait = render_truth(made, landmarks, texture, case)
                truth = portrait.project(places_on(made, surface))[0], seen
                row[expression] = judge(
                    registered(mesh, portrait), landmarks.points, truth, landmarks.rotation, portrait, landmarks
                )
            rows.append(row)
            print(
                f"{HEADS[i][1]:22} yaw {yaw:+3d} {light}: "
                + ", ".join(
                    f"{what} {errors['landmarks']:5.2f} % {errors['rotation']:4.1f} deg"
                    for what, errors in row.items()
                    if isinstance(errors, dict)
                ),
                flush=True,
            )
    return rows


def registered(mesh: HeadMesh, portrait: TruthPortrait) -> Registration | None:
    """None where refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portrait.png"
        write_picture(path, portrait.color)
        try:
            return match(mesh, decode_portrait(path)).registration
        except AvatarTexError:
            return None


def judge(
    found: Registration | None,
    points: np.ndarray,
    truth: tuple[np.ndarray, np.ndarray],
    face: np.ndarray,
    portrait: TruthPortrait,
    subject: HeadLandmarks,
) -> dict[str, float]:
    """Median landmark error in percent of the face's height, and degrees between the face as both cameras see it.

    Args:
        points: (468,3) on the registered head, truth: their (468,2) true pixels, and which of them count.
        face: (3,3) the registered head's face axes, those of the subject being what the portrait was rendered of.
    """
    if found is None:
        return REFUSED
    pixels, seen = truth
    height = np.linalg.norm(pixels[10] - pixels[152])
    away = np.linalg.norm(found.project(points)[0] - pixels, axis=1)[seen]
    turn = found.camera.rotation @ face.T @ (portrait.rotation @ subject.rotation.T).T
    return {"landmarks": float(np.median(away) / height * 100), "rotation": angle_of(turn)}


def bare(
    mesh: HeadMesh,
    landmarks: HeadLandmarks,
    other: HeadMesh,
    read: HeadLandmarks,
    turn: np.ndarray,
    portrait: TruthPortrait,
    seen: np.ndarray,
) -> dict[str, float]:
    """What judge() says of two readings on bare heads of one topology, where nothing is registered.

    Args:
        turn: (3,3) that lays the same places of the other head onto this one's.
    """
    places = places_on(mesh, on_surface(other, read))
    pixels, goal = (portrait.project(points)[0] for points in (places, landmarks.points))
    height = np.linalg.norm(goal[10] - goal[152])
    rest = rotation_between(landmarks.points, read.points, landmarks.trust * read.trust) @ turn.T
    return {
        "landmarks": float(np.median(np.linalg.norm(pixels - goal, axis=1)[seen]) / height * 100),
        "rotation": angle_of(rest),
    }


def rotation_between(target: np.ndarray, source: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(3,3) that turns (n,3) source points onto their targets best (Umeyama 1991)."""
    share = weight / weight.sum()
    x, y = source - share @ source, target - share @ target
    u, _, vt = np.linalg.svd((share[:, None] * y).T @ x)
    return u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt


def seen_landmarks(head: HeadLandmarks, portrait: TruthPortrait) -> np.ndarray:
    """(468,) bool."""
    eye = -portrait.rotation.T @ portrait.translation
    return (facing(head.points, head.normals, eye) > SEEN) & (head.trust > SURE)


def print_table(rows: Sequence[dict], sides: Sequence[str]) -> None:
    """Medians over the heads, by yaw and light; of "all" over heads, the other head and the expressions together."""
    print("\n| yaw | shading |" + "".join(f" {side}: landmarks | rotation |" for side in sides))
    print("|---|---|" + "---|---|" * len(sides))
    for yaw in sorted({row["yaw"] for row in rows}):
        for light in LIGHTS:
            chosen = [row for row in rows if row["yaw"] == yaw and row["light"] == light]
            cells = [
                [
                    np.median([row[each][what] for row in chosen for each in ALL.get(side, (side,)) if each in row])
                    for what in REFUSED
                ]
                for side in sides
            ]
            print(f"| {yaw} | {light} |" + "".join(f" {away:.2f} % | {turn:.1f} |" for away, turn in cells))
