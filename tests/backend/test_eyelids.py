"""Eyes that are shut on one side only are left to the networks."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from backend import pipeline
from backend.head.atlas import canonical_head, map_atlas
from backend.head.eyelids import LIDS, SIZE, between_lids, find_bare_eyes, openings
from backend.head.facial_regions import landmark_places
from backend.head.match import match
from backend.head.mesh import load_mesh
from backend.imaging.sample import sample
from backend.observation.observe import PLACES, observe, pixel_confidence
from backend.portrait.decode import decode_portrait
from backend.portrait.landmark_groups import LEFT_EYE, RIGHT_EYE, canonical_face


def face(*shut: int) -> np.ndarray:
    """(468,2) the canonical face's landmarks, some eyes (0 the right one, 1 the left) shut."""
    points = canonical_face()[0][:, :2].astype(np.float64) * (10, -10)
    for eye in shut:
        upper, lower, _ = LIDS[eye]
        points[list(upper)] = points[list(lower)]
    return points


def registered(head: np.ndarray, portrait: np.ndarray, *shut: int):
    """Some lids of the head (0 the right ones, 1 the left ones) are shut by its mesh."""
    return SimpleNamespace(
        camera=SimpleNamespace(project=lambda points: (points, None)),
        landmarks=head,
        targets=portrait,
        shut=np.isin((0, 1), shut),
        face_height=float(np.linalg.norm(portrait[10] - portrait[152])),
    )


def test_no_portrait_is_taken_between_lids_that_are_unlike():
    """One place between the lids of each eye: the shut one's is not the portrait's, the other's is."""
    one = registered(face(), face(0))
    one.project = lambda points: (np.full((len(points), 2), 2.0), np.ones(len(points)))
    one.confidence = lambda points, *_: np.ones(len(points), np.float32)
    masks = (np.ones((5, 5), np.float32),) * 2
    eyes = canonical_head().points[[corners for _, _, corners in LIDS]].mean(1)
    _, confidence = pixel_confidence(one, masks, eyes, np.zeros((2, 3)), eyes)
    assert confidence[0] < 0.1 < 0.99 < confidence[1]


def test_shut_eyes_are_told():
    right, left = openings(face(0))
    assert right == 0 and left > 0.2


@pytest.mark.parametrize(("head", "portrait"), [((), ()), ((0, 1), (0, 1))])
def test_eyes_that_are_alike_are_the_portraits(head, portrait):
    one = registered(face(*head), 2 * face(*portrait) + 200)
    assert find_bare_eyes(one) is None and not between_lids(one, (400, 400)).any()


def test_only_the_eye_that_is_shut_in_the_portrait_is_left_out():
    found = find_bare_eyes(registered(face(1), face(0, 1)))
    places = landmark_places() * SIZE
    right, left = (np.rint(places[list(eye)].mean(0)).astype(int) for eye in (RIGHT_EYE, LEFT_EYE))
    assert found[right[1], right[0]] > 0.9 and found[left[1], left[0]] < 0.01
    brow = np.rint(places[105]).astype(int)
    assert found[brow[1], brow[0]] == 0


@pytest.mark.parametrize(("read", "shut"), [((), (0,)), ((0,), ())])
def test_shut_lids_get_no_eye_and_no_lashes_of_an_open_portrait(read, shut):
    """By the mesh, whose lids the network reads as open, or by what is read."""
    one = registered(face(*read), 2 * face() + 200, *shut)
    mask = between_lids(one, (400, 400))

    def at(*landmarks: int) -> float:
        x, y = one.targets[list(landmarks)].mean(0).astype(int)
        return mask[y, x]

    assert at(*RIGHT_EYE) > 0.99 and at(159) > 0.9  # the lashes' roots
    assert at(*LEFT_EYE) == 0 and at(105) == 0 and find_bare_eyes(one) is None


def test_the_observation_has_no_eye_on_shut_lids(demo_head_obj, astronaut):
    """The demo's eyes are open, by its mesh and by what is read; one is said to be shut."""
    portrait = decode_portrait(astronaut)
    found = match(load_mesh(demo_head_obj), portrait)
    assert not found.registration.shut.any()
    layout, skin = map_atlas(found.mesh, found.canonical, PLACES), pipeline.load_cached_networks("cpu").skin

    def seen(*shut: bool):
        registration = replace(found.registration, shut=np.array(shut))
        return observe(found.mesh, layout, registration, portrait.color, found.matte, skin)

    opened, half = seen(False, False), seen(True, False)
    eye = between_lids(replace(found.registration, shut=np.array([True, False])), portrait.color.shape[:2])
    inside = (sample(eye, opened.places) > 0.99) & (opened.confidence > 0.5)
    assert inside.sum() > 100 and half.confidence[inside].max() < 0.01
    away = sample(eye, opened.places) == 0
    assert np.allclose(half.confidence[away], opened.confidence[away], atol=0.05)
