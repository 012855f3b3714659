"""python -m backend.lab evaluate verdict: is a registration's score the share of those that are right?

Portraits are rendered of textured heads with a known camera; another head of the same topology is registered to each,
as a job does it and wrongly on purpose (verdict_ways.py). The portraits with points set by hand are registered as well.
A registration is right if the places of the head lie within 4 % of the face's height of where they are in the portrait
(median), whatever was done to it; 8 % in drawings, whose faces are no head's. Heads, skins and portraits are in one
half each: weights are fitted on the one, and the reliability of the other is reported and drawn.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from ...head.mesh import HeadMesh, load_mesh
from ...head.verdict import SIGNS
from ...messages import GOOD_SCORE
from ...pins import NAMES
from ...portrait.decode import decode_portrait
from ...portrait.faces import find_faces
from ...portrait.landmarks import FaceLandmarks
from .cases import load_truth_texture
from .expressions import on_surface, places_on
from .guard_cases import HALVES, find_skins, half_of
from .metrics import table
from .registration import CLOSE, LOOSE, POINTS
from .reliability import diagram, reliability_table
from .truth import TruthCase, render_truth
from .verdict_ways import WAYS, Known, Shown, try_all

#: Heads of one topology, by half, and those that hand-made points are looked for on.
SUBJECTS = {"choose": ("neutral", "asian_female_old"), "report": ("african_male_old", "caucasian_male_young")}
BY_HAND = {"choose": "makehuman/heads/caucasian_female_child.obj", "report": "valid/heads/white_f_1.obj"}
#: Ridge of the fit, on standardised signs.
RIDGE = 0.3


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.lab evaluate verdict", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of heads, skins and portraits, as shared/data")
    parser.add_argument("--rows", type=Path, required=True, help="file of what was registered; is gone on with")
    parser.add_argument("--count", type=int, default=22, help="rendered portraits per half")
    parser.add_argument("--diagram", type=Path, help="the reliability diagram to draw (SVG)")
    arguments = parser.parse_args(argv)
    rows = [json.loads(line) for line in arguments.rows.read_text().splitlines()] if arguments.rows.exists() else []
    done = {row["name"] for row in rows}
    with arguments.rows.open("a") as file:
        for row in make_rows(arguments.data, arguments.count, done):
            rows.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
    report(rows, arguments.diagram)
    return 0


def make_rows(data: Path, count: int, done: set[str]) -> Iterator[dict]:
    """One per registration: name, half, way, error (face heights), signs and limit."""
    known: dict[str, Known] = {}
    last: dict[str, FaceLandmarks | None] = dict.fromkeys(HALVES)  # another person's, of the last portrait
    for half in HALVES:
        for name in SUBJECTS[half]:
            known[name] = Known.of(load_mesh(data / "makehuman/heads" / f"{name}.obj"))
        known[half] = Known.of(load_mesh(data / BY_HAND[half]))
    for number, (file, points) in enumerate(json.loads(POINTS.read_text()).items()):
        half, truth = HALVES[number % 2], np.array(list(points.values()), float)
        color, marks = decode_portrait(data / "portraits" / file).color, [NAMES[point][0] for point in points]
        faces = find_faces(color)
        for other, head in enumerate(known[one] for one in (half, *SUBJECTS[half])):
            if faces and f"{file} {other} {WAYS[0]}" not in done:
                shown = Shown(color, faces[0], truth, follow(head, marks))
                made = try_all(shown, head, last[half], np.random.default_rng(number))
                yield from named(f"{file} {other}", half, islice(made, None if other == 0 else 1))
        last[half] = faces[0] if faces else last[half]
    skins = find_skins(data)["makehuman"][1]
    for number in range(2 * count):
        half, random = HALVES[number % 2], np.random.default_rng(number)
        subject, head = (known[name] for name in random.choice(SUBJECTS[half], 2))
        skin = random.choice([name for name in skins if half_of(name) == half])
        if f"{number} {WAYS[0]}" in done:
            continue
        shown = render(data / "makehuman/skins" / f"{skin}.jpg", subject, random)
        if shown is not None:
            yield from named(f"{number}", half, try_all(shown, head, last[half], random))
            last[half] = shown.face


def named(name: str, half: str, rows: Iterator[dict]) -> Iterator[dict]:
    return ({"name": f"{name} {row['way']}", "half": half, **row} for row in rows)


def render(skin: Path, subject: Known, random: np.random.Generator) -> Shown | None:
    """A portrait of a head in a skin, by any camera and light; None where no face is found in it."""
    light = ("soft", "hard", "cel")[random.integers(3)]
    yaw, pitch = random.uniform(-40, 40), float(np.clip(random.normal(0, 7), -15, 15))
    source, backdrop = (random.uniform(-0.8, 0.8), 0.6, 0.7), tuple(random.uniform(0.1, 0.9, 3))
    case = TruthCase("", "makehuman", "", str(skin), yaw, pitch, light, source, backdrop)
    made = render_truth(subject.mesh, subject.landmarks, load_truth_texture(case), case, 512)
    seen = np.flatnonzero((subject.landmarks.normals @ made.rotation.T)[:, 2] < -0.3)
    truth, faces = made.project(subject.landmarks.points)[0][seen], find_faces(made.color)
    return Shown(made.color, faces[0], truth, follow(subject, seen)) if faces else None


def follow(head: Known, landmarks: Sequence[int] | np.ndarray) -> Callable[[HeadMesh], np.ndarray]:
    """Where these landmarks of a head lie on a mesh of the same triangles, (n,3)."""
    surface = on_surface(head.mesh, head.landmarks)
    return lambda mesh: places_on(mesh, surface)[landmarks]


def fit_weights(signs: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float]:
    """Ridge logistic regression by Newton's steps: (k,) weights and the bias; those that no sense has are left out.

    More evidence never speaks against a registration, nor does an error for it.
    """
    sense = np.array([1, 1, -1, -1, -1, -1])  # of SIGNS
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


def report(rows: list[dict], picture: Path | None = None) -> None:
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
    good = np.minimum(score, [row["limit"] for row in rows]) > GOOD_SCORE
    for half, some in zip(HALVES, (chosen, ~chosen), strict=True):
        print(f"\n{half}: {some.sum()} registrations, {right[some].sum()} right")
        print(reliability_table(score[some], right[some]))
        print(f"good: {(some & good).sum()}, of which right {(some & good & right).sum()}\n")
        kinds = [some & np.array([row["way"] == way for row in rows]) for way in WAYS]
        counts = [
            [way, *(int((kind & one).sum()) for one in (kind, right, good, good & right))]
            for way, kind in zip(WAYS, kinds, strict=True)
        ]
        print(table(["registered", "count", "right", "good", "good and right"], counts))
    if picture is not None:
        picture.write_text(diagram(score[~chosen], right[~chosen]), encoding="utf-8")
