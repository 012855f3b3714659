"""The score counts what an artist sees: drawn parts against the overlay, and pins as the truth."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.head import quality, verdict
from backend.head.drawn import find_parts
from backend.head.landmarks import find_head_landmarks
from backend.head.match import match
from backend.head.mesh import load_mesh
from backend.head.quality import FACE_MM, judge, region_advice
from backend.head.subjects import Face
from backend.imaging.files import write_picture
from backend.lab.evaluation.truth import TruthCase, render_truth
from backend.messages import LOW_SCORE
from backend.pins import NAMES, Pin
from backend.portrait.decode import decode_portrait
from backend.portrait.landmark_groups import LEFT_EYE, LIPS, RIGHT_EYE

SIDE = 512
TWELVE = (
    *("right_eye_outer", "right_eye_inner", "left_eye_inner", "left_eye_outer", "nose_tip", "mouth_right"),
    *("mouth_left", "chin", "upper_lip", "lower_lip", "forehead", "nose_bridge"),
)


@pytest.fixture(scope="module")
def found(demo_head_obj, tmp_path_factory):
    mesh = load_mesh(demo_head_obj)
    head = find_head_landmarks(mesh)
    texture = np.full((64, 64, 3), (0.75, 0.55, 0.45), np.float32)
    case = TruthCase("x", "", "", "", 5, 0, "soft", (0.3, 0.6, 0.8), (0.3, 0.5, 0.6))
    path = tmp_path_factory.mktemp("portrait") / "portrait.png"
    write_picture(path, render_truth(mesh, head, texture, case, SIDE).color)
    return mesh, decode_portrait(path), match(mesh, decode_portrait(path))


def draw(points: np.ndarray, **shifts: tuple[float, float]) -> np.ndarray:
    """(S,S,3) an even skin with dark eyes and a dark mouth, each moved by so many pixels."""
    picture = np.full((SIDE, SIDE, 3), (0.9, 0.7, 0.55), np.float32)
    for name, loop in (("right_eye", RIGHT_EYE), ("left_eye", LEFT_EYE), ("mouth", LIPS)):
        outline = cv2.convexHull(np.rint(points[list(loop), :2] + shifts.get(name, (0, 0))).astype(np.int32))
        cv2.fillConvexPoly(picture, outline, (0.2, 0.1, 0.1), cv2.LINE_AA)
    return picture


def judged(found, drawing, pins=()):
    one = found[2]
    extent = drawing.shape[1], drawing.shape[0]
    shown = Face(one.face.points[:, :2], extent, drawing, None, True)
    with pytest.MonkeyPatch.context() as patch:  # the drawing has parts, but is no face that the network would read
        patch.setattr(quality, "find_odds", lambda *_: (9.0, "head"))
        return judge(one.registration, one.face, one.head, pins, shown)


def test_a_face_that_is_read_elsewhere_where_it_was_registered_is_not_good(found, monkeypatch):
    _, portrait, one = found
    good = one.quality.score

    def read_aside(picture, square):
        face = both_ways_in(picture, square)
        return replace(face, points=face.points + np.float32([0.2 * one.registration.face_height, 0, 0]))

    both_ways_in = verdict.both_ways_in
    monkeypatch.setattr(verdict, "both_ways_in", read_aside)
    extent = portrait.color.shape[1], portrait.color.shape[0]
    shown = Face(one.face.points[:, :2], extent, portrait.color, one.parse.face, False)
    aside = judge(one.registration, one.face, one.head, (), shown)
    assert aside.score < LOW_SCORE < good and aside.advice


def test_drawn_parts_are_found_where_they_are(found):
    registration = found[2].registration
    points, tall = registration.project(registration.read.points)[0], registration.face_height
    moved = {"mouth": (0.02 * tall, 0.12 * tall), "left_eye": (-0.05 * tall, -0.03 * tall)}
    shifts = find_parts(draw(points, **moved), points)
    for name, truth in (("mouth", (0.02, 0.12)), ("left eye", (-0.05, -0.03)), ("right eye", (0, 0))):
        assert np.abs(shifts[name] - truth).max() < 0.02, name
    assert find_parts(np.full((SIDE, SIDE, 3), 0.7, np.float32), points) == {}


def test_a_mouth_drawn_on_the_chin_is_not_good(found):
    registration = found[2].registration
    points, tall = registration.project(registration.read.points)[0], registration.face_height
    right, wrong = draw(points), draw(points, mouth=(0, 0.13 * tall))
    assert judged(found, right).score > 0.9 and not judged(found, right).advice
    low = judged(found, wrong)
    assert low.score < LOW_SCORE and low.sentence.startswith("The mouth is ") and "px" not in low.sentence
    assert abs(float(low.sentence.split()[3]) - 0.13 * FACE_MM) < 0.02 * FACE_MM
    pins = [Pin(name, tuple(points[NAMES[name][0]] + (0, 20))) for name in ("mouth_right", "mouth_left")]
    assert judged(found, wrong, pins).score > 0.9 and not judged(found, wrong, pins).advice


def test_more_pins_never_make_it_worse(found):
    """A drawing of other proportions: its mouth lies low, and its eyes are apart."""
    mesh, portrait, one = found
    truth, _ = one.registration.project(one.head.points)
    tall = one.registration.face_height
    places = {name: truth[NAMES[name][0]].copy() for name in TWELVE}
    for name in ("mouth_right", "mouth_left", "upper_lip", "lower_lip", "chin"):
        places[name] += (0, 0.09 * tall)
    for name, side in (("right_eye_outer", -1), ("left_eye_outer", 1)):
        places[name] += (0.06 * tall * side, 0)
    scores, errors = [], []
    for count in (4, 8, 12):
        pins = [Pin(name, tuple(places[name])) for name in TWELVE[:count]]
        again = match(mesh, portrait, pins)
        pixels, _ = again.registration.project(again.head.points)
        errors.append(np.mean([np.linalg.norm(pixels[NAMES[name][0]] - places[name]) for name in TWELVE]) / tall)
        scores.append(again.quality.score)
        held = [np.linalg.norm(pixels[pin.landmark] - pin.portrait) for pin in pins]
        assert max(held) < 1 and again.quality.coverage > 0.3
    assert scores == sorted(scores) and scores[-1] > 0.9
    assert errors == sorted(errors, reverse=True) and errors[-1] * tall < 1


def test_advice_names_no_pin_that_exists():
    off = {"mouth": 0.1, "nose": 0.08, "left eye": 0.09}
    assert region_advice(off, {"mouth_right", "mouth_left", "nose_tip"}) == [
        "The left eye is 16 mm off: add pins at its corners."
    ]
    half = region_advice({"mouth": 0.1}, {"mouth_right"})
    assert half == ["The mouth is 18 mm off: add pins at Mouth, Left Corner."]
