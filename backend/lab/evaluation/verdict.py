"""python -m backend.lab evaluate verdict: is a registration's score the share of those that are right?

Portraits are rendered of textured heads with a known camera; another head of the same topology is registered to each,
as a job does it and wrongly on purpose: with another side of the head as its face, the portrait's face misread (moved
aside, mirrored, on its head), and the portrait cut through the face. The portraits with points set by hand are
registered as well. A registration is right if the places of the head lie within 4 % of the face's height of where they
are in the portrait (median), whatever was done to it; 8 % in drawings, whose faces are no head's. Heads, skins and
portraits are in one half each: weights are fitted on the one, and the reliability of the other is reported.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from ...errors import AvatarTexError
from ...head.atlas import fit_canonical
from ...head.landmarks import HeadLandmarks, find_head_landmarks, look_closer, read_middle, turn_normals, whole_views
from ...head.mesh import HeadMesh, load_mesh, vertex_normals
from ...head.register import register
from ...head.subjects import Face, Head
from ...head.verdict import SIGNS, read_signs
from ...pins import NAMES
from ...portrait.decode import decode_portrait
from ...portrait.faces import find_faces
from ...portrait.landmark_groups import mirror_table
from ...portrait.landmarks import FaceLandmarks, box_of, landmarks_in_square
from .cases import load_truth_texture
from .expressions import on_surface, places_on
from .guard_cases import HALVES, find_skins, half_of
from .registration import CLOSE, LOOSE, POINTS
from .truth import TruthCase, render_truth

#: Heads of one topology, by half, and those that hand-made points are looked for on.
SUBJECTS = {"choose": ("neutral", "asian_female_old"), "report": ("african_male_old", "caucasian_male_young")}
BY_HAND = {"choose": "makehuman/heads/caucasian_female_child.obj", "report": "valid/heads/white_f_1.obj"}
WAYS = ("as it is", "another side", "moved", "mirrored", "on its head", "cut")
#: Degrees from the front beyond which another side is looked at; cosine, face heights that a face is moved.
ASIDE, MOVED = 0.7, 0.3
#: Ridge of the fit, on standardised signs.
RIDGE = 0.3


@dataclass(frozen=True)
class Known:
    """A head that is registered. sides: what passes for a face on its other sides."""

    mesh: HeadMesh
    landmarks: HeadLandmarks
    canonical: np.ndarray
    sides: list[HeadLandmarks]

    @classmethod
    def of(cls, mesh: HeadMesh) -> Known:
        landmarks, normals = find_head_landmarks(mesh), vertex_normals(mesh)
        sides = []
        for turn, view in islice(whole_views(mesh, normals), 1, None, 2):
            if (face := read_middle(view.grey)) is not None:
                side = look_closer(mesh.turned(turn), turn_normals(normals, turn), view, face).turned(turn.T)
                if min((side.rotation * landmarks.rotation).sum(1)[1:]) < ASIDE:
                    sides.append(side)
        canonical = fit_canonical(landmarks)(mesh.vertices.astype(np.float64)).astype(np.float32)
        return cls(mesh, landmarks, canonical, sorted(sides, key=lambda side: -side.presence)[:3])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab evaluate verdict", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of heads, skins and portraits, as shared/data")
    parser.add_argument("--rows", type=Path, required=True, help="file of what was registered; is gone on with")
    parser.add_argument("--count", type=int, default=22, help="rendered portraits per half")
    arguments = parser.parse_args(argv)
    rows = [json.loads(line) for line in arguments.rows.read_text().splitlines()] if arguments.rows.exists() else []
    done = {row["name"] for row in rows}
    with arguments.rows.open("a") as file:
        for row in make_rows(arguments.data, arguments.count, done):
            rows.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
    report(rows)
    return 0


def make_rows(data: Path, count: int, done: set[str]) -> Iterator[dict]:
    """One per registration: name, half, way, error (face heights) and signs."""
    skins = find_skins(data)["makehuman"][1]
    known = {}
    for half in HALVES:
        for name in SUBJECTS[half]:
            known[name] = Known.of(load_mesh(data / "makehuman/heads" / f"{name}.obj"))
        known[half] = Known.of(load_mesh(data / BY_HAND[half]))
    for number, (name, points) in enumerate(json.loads(POINTS.read_text()).items()):
        half = HALVES[number % 2]
        portrait, truth = decode_portrait(data / "portraits" / name).color, np.array(list(points.values()), float)
        for other, head in enumerate(known[one] for one in (half, *SUBJECTS[half])):
            if f"{name} {other} {WAYS[0]}" not in done:
                places = head.landmarks.points[[NAMES[point][0] for point in points]]
                random = np.random.default_rng(number)
                made = tried(f"{name} {other}", half, portrait, truth, places, head, random)
                yield from islice(made, None if other == 0 else 1)
    for number in range(2 * count):
        half = HALVES[number % 2]
        if f"{number} {WAYS[-1]}" not in done:
            random = np.random.default_rng(number)
            subject, head = (known[name] for name in random.choice(SUBJECTS[half], 2))
            skin = random.choice([name for name in skins if half_of(name) == half])
            yield from rendered(data, f"{number}", half, subject, head, skin, random)


def rendered(data: Path, name: str, half: str, subject: Known, head: Known, skin: str, random) -> Iterator[dict]:
    light = ("soft", "hard", "cel")[random.integers(3)]
    case = TruthCase(
        name,
        "makehuman",
        "",
        str(data / "makehuman/skins" / f"{skin}.jpg"),
        random.uniform(-40, 40),
        float(np.clip(random.normal(0, 7), -15, 15)),
        light,
        (random.uniform(-0.8, 0.8), 0.6, 0.7),
        tuple(random.uniform(0.1, 0.9, 3)),
    )
    made = render_truth(subject.mesh, subject.landmarks, load_truth_texture(case), case, 512)
    surface = on_surface(subject.mesh, subject.landmarks)
    shown = (subject.landmarks.normals @ made.rotation.T)[:, 2] < -0.3
    truth = made.project(subject.landmarks.points)[0][shown]
    yield from tried(name, half, made.color, truth, places_on(head.mesh, surface)[shown], head, random)


def tried(
    name: str, half: str, portrait: np.ndarray, truth: np.ndarray, places: np.ndarray, head: Known, random
) -> Iterator[dict]:
    """One portrait registered in all ways.

    Args:
        truth: (n,2) pixels of (n,3) places on the head.
    """
    faces = find_faces(portrait)
    if not faces:
        return
    face, (height, width) = faces[0], portrait.shape[:2]
    shift = np.append(MOVED * face.size * np.array([np.cos(a := random.uniform(0, 7)), np.sin(a)]), 0)
    turned, square = np.ascontiguousarray(portrait[::-1, ::-1]), face.square
    square = replace(square, x=width - square.x, y=height - square.y, angle=-square.angle)
    flat = face.points[mirror_table()]
    x, y = (int(value) for value in face.centre)
    side = int(random.integers(4))
    cut, offset = [
        (portrait[:, : x + 1], (0, 0)),
        (portrait[:, x:], (x, 0)),
        (portrait[: y + 1], (0, 0)),
        (portrait[y:], (0, y)),
    ][side]
    halves = find_faces(cut)
    ways: list[tuple[str, np.ndarray, FaceLandmarks, HeadLandmarks, np.ndarray]] = [
        (WAYS[0], portrait, face, head.landmarks, truth),
        *((WAYS[1], portrait, face, one, truth) for one in head.sides[:1]),
        (WAYS[2], portrait, moved(face, face.points + shift), head.landmarks, truth),
        (WAYS[3], portrait, moved(face, flat), head.landmarks, truth),
        (WAYS[4], turned, landmarks_in_square(turned, square), head.landmarks, (width, height) - truth),
        *((WAYS[5], np.ascontiguousarray(cut), one, head.landmarks, truth - offset) for one in halves[:1]),
    ]
    for way, picture, read, landmarks, there in ways:
        try:
            subject = Head(
                head.mesh, fit_canonical(landmarks)(head.mesh.vertices.astype(float)).astype("f4"), landmarks
            )
            extent = picture.shape[1], picture.shape[0]
            found = register(subject, Face(read.points[:, :2], extent, picture))
        except (AvatarTexError, np.linalg.LinAlgError, ArithmeticError):
            continue
        tall = float(np.ptp(truth[:, 1])) if len(truth) > 40 else face.size
        error = float(np.median(np.linalg.norm(found.project(places)[0] - there, axis=1)) / tall)
        signs = read_signs(found, read, landmarks).round(4).tolist()
        yield {"name": f"{name} {way}", "half": half, "way": way, "error": round(error, 4), "signs": signs}


def moved(face: FaceLandmarks, points: np.ndarray) -> FaceLandmarks:
    return replace(face, points=points.astype(np.float32), box=box_of(points))


def fit_weights(signs: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float]:
    """Ridge logistic regression by Newton's steps: (k,) weights and the bias; those that no sense has are left out.

    More evidence never speaks against a registration, nor does an error for it.
    """
    sense = np.array([1, 1, -1, -1, 1, -1, -1])
    kept = np.ones(len(SIGNS), bool)
    while True:
        middle, spread = signs[:, kept].mean(0), signs[:, kept].std(0) + 1e-6
        x = np.column_stack([(signs[:, kept] - middle) / spread, np.ones(len(signs))])
        w, pull = np.zeros(x.shape[1]), np.append(np.full(kept.sum(), RIDGE), 1e-6)
        for _ in range(25):
            share = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
            curve = np.maximum(share * (1 - share), 1e-4)
            w += np.linalg.solve((x * curve[:, None]).T @ x + np.diag(pull), x.T @ (right - share) - pull * w)
        wrong = w[:-1] * sense[kept] < 0
        if not wrong.any():
            weights = np.zeros(len(SIGNS))
            weights[kept] = w[:-1] / spread
            return weights, float(w[-1] - (w[:-1] / spread) @ middle)
        kept[np.flatnonzero(kept)[wrong]] = False


def report(rows: list[dict]) -> None:
    """Weights, what the score says of the reporting half, and how often good ones are right."""
    rows = list({row["name"]: row for row in rows}.values())
    signs = np.array([row["signs"] for row in rows])
    right = np.array([row["error"] <= (LOOSE if row["name"].startswith("cartoon") else CLOSE) for row in rows])
    chosen = np.array([row["half"] == HALVES[0] for row in rows])
    weights, bias = fit_weights(signs[chosen], right[chosen])
    typical = signs[chosen & right].mean(0)
    for name, values in (("TYPICAL", typical), ("ODDS", bias + typical @ weights), ("WEIGHTS", weights)):
        print(f"{name} = {values.round(4).tolist()}")
    score = 1 / (1 + np.exp(-(signs @ weights + bias)))
    for half, some in zip(HALVES, (chosen, ~chosen), strict=True):
        print(f"\n{half}: {some.sum()} registrations, {right[some].sum()} right\n\n| score | registrations | right |")
        print("|---|---|---|")
        edges = (0, 0.1, 0.3, 0.5, 0.8, 0.95, 0.99, 1.001)
        for low, high in pairwise(edges):
            inside = some & (score >= low) & (score < high)
            share = f"{right[inside].mean():.0%}" if inside.any() else ""
            print(f"| {low} to {min(high, 1)} | {inside.sum()} | {share} |")
        for limit in (0.5, 0.6, 0.7, 0.8):
            good = some & (score >= limit)
            found = (good & right).sum() / max((some & right).sum(), 1)
            print(f"from {limit}: {good.sum()}, right {right[good].sum()}; {found:.0%} of the right ones")
    for way in WAYS:
        some = np.array([row["way"] == way for row in rows]) & ~chosen
        if some.any():
            print(f"{way}: {some.sum()}, right {right[some].sum()}, scored 0.8 or more {(score[some] >= 0.8).sum()}")
