"""Which pixels of a portrait are person, skin and hair."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.portrait.faces import find_faces
from backend.portrait.matte import portrait_matte
from tests.backend.portraits import SKIN, astronaut, astronaut_face, drawing


def test_matte_of_a_drawing_knows_skin_hair_shirt_and_wall():
    for skin in (SKIN, (0.45, 0.28, 0.18)):
        image = drawing(skin)
        matte = portrait_matte(image, find_faces(image)[0])
        places = {
            "cheek": (310, 190),
            "eye": (255, 210),
            "lips": (345, 256),
            "ear": (270, 132),
            "neck": (415, 256),
            "hair": (100, 256),
            "side hair": (180, 142),
            "fringe": (190, 256),
            "shirt": (490, 200),
            "wall": (60, 60),
        }
        for name, (y, x) in places.items():
            is_skin = name in ("cheek", "eye", "lips", "ear", "neck")
            assert (matte.skin[y, x] > 0.7) == is_skin, f"{name}: {matte.skin[y, x]:.2f}"
            assert is_skin or matte.skin[y, x] < 0.3, name
            assert (matte.person[y, x] > 0.5) == (name != "wall"), name
        assert matte.hair[100, 256] > 0.8 and matte.hair[310, 190] < 0.2


def test_bald_head_is_skin():
    image = drawing(hair=SKIN)
    matte = portrait_matte(image, find_faces(image)[0])
    assert matte.skin[90, 256] > 0.7 and matte.skin[150, 150] > 0.7 and matte.skin[40, 256] < 0.1


def _check_astronaut(matte) -> None:
    assert matte.skin[130, 205] > 0.8 and matte.skin[128, 243] > 0.8  # cheeks
    assert matte.skin[25, 225] < 0.2 and matte.person[25, 225] > 0.8  # hair
    assert matte.skin[300, 60] < 0.2 and matte.skin[300, 130] < 0.2  # flag, suit
    assert matte.skin[30, 400] < 0.1 and matte.person[20, 330] < 0.2  # shuttle, wall


def test_matte_of_a_photograph():
    matte = portrait_matte(astronaut().color, astronaut_face())
    for part in (matte.person, matte.skin, matte.hair):
        assert part.shape == (512, 512) and part.dtype == np.float32 and 0 <= part.min() <= part.max() <= 1
    _check_astronaut(matte)


def test_lips_stay_skin_whether_open_or_shut():
    image = drawing()
    for color, face in ((astronaut().color, astronaut_face()), (image, find_faces(image)[0])):
        matte = portrait_matte(color, face)
        for x, y in (face.points[0, :2], face.points[[14, 17], :2].mean(axis=0)):
            assert matte.skin[int(y), int(x)] > 0.7


@pytest.mark.parametrize("look", ["dark", "grey", "sepia", "blue light"])
def test_matte_under_other_tones(look):
    color = astronaut().color
    grey = np.repeat(color.mean(axis=2, keepdims=True), 3, axis=2)
    color = {
        "dark": color**2.2,
        "grey": grey,
        "sepia": grey * [1.0, 0.85, 0.65],
        "blue light": color * [0.7, 0.8, 1.0],
    }[look]
    _check_astronaut(portrait_matte(color.astype(np.float32), astronaut_face()))


def test_known_background_is_never_person():
    alpha = np.ones((512, 512), np.float32)
    alpha[:, :200] = 0
    matte = portrait_matte(astronaut().color, astronaut_face(), alpha)
    assert matte.person[:, :200].max() == 0 and matte.skin[:, :200].max() == 0 and matte.skin[128, 243] > 0.8


def test_hat_over_the_forehead_is_not_skin():
    color = astronaut().color.copy()
    color[:100, 150:300] = (0.05, 0.05, 0.1)
    matte = portrait_matte(color, astronaut_face())
    assert matte.skin[76, 225] < 0.1 and matte.skin[130, 205] > 0.8


def test_what_hangs_from_nowhere_on_the_forehead_is_a_mark_and_not_hair():
    image = np.ascontiguousarray(drawing(hair=SKIN))
    face = find_faces(image)[0]
    x, y = (int(v) for v in face.points[151, :2])
    mark, fringe = image.copy(), image.copy()
    cv2.circle(mark, (x, y), 8, (0.3, 0.15, 0.4), -1)
    cv2.rectangle(fringe, (x - 8, 0), (x + 8, y + 8), (0.3, 0.15, 0.4), -1)
    assert portrait_matte(mark, face).skin[y, x] > 0.7
    assert portrait_matte(fringe, face).skin[y, x] < 0.3


def test_matte_does_not_depend_on_the_size():
    small = portrait_matte(astronaut().color, astronaut_face())
    large = portrait_matte(cv2.resize(astronaut().color, None, fx=3, fy=3), astronaut_face().scaled(3))
    shrunk = cv2.resize(large.skin, (512, 512), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - small.skin).mean() < 0.01


def test_a_jaw_that_is_narrower_than_the_landmarks_takes_no_wall():
    image = drawing().copy()
    face = find_faces(image)[0]
    chin, jaw = face.points[152, :2], face.points[365, :2]
    corner = (chin + jaw) / 2
    y, x = np.mgrid[:512, :512] + 0.5
    image[np.hypot(x - corner[0], y - corner[1]) < 14] = (0.75, 0.85, 0.95)  # the wall's colour, at the oval's rim
    matte = portrait_matte(image, face, None)
    assert matte.skin[int(corner[1]), int(corner[0])] < 0.3
    assert matte.skin[310, 190] > 0.7 and matte.skin[345, 256] > 0.7


def test_what_lies_beside_the_face_is_cut_off_its_rim_and_a_beard_is_not():
    image, face = drawing(), find_faces(drawing())[0]
    y, x = np.mgrid[:512, :512] + 0.5
    chin = face.points[152, :2]
    below = y > chin[1] - 0.06 * face.size
    ruff, bearded = image.copy(), image.copy()
    ruff[below & (np.abs(x - chin[0]) < 0.7 * face.size)] = (0.95, 0.95, 0.92)
    bearded[(y > face.points[17, 1] + 4) & (y < chin[1]) & (np.abs(x - chin[0]) < 0.3 * face.size)] = (0.95, 0.95, 0.92)
    row, column = int(chin[1] - 0.02 * face.size), int(chin[0])
    assert portrait_matte(ruff, face).skin[row, column] < 0.3 < 0.7 < portrait_matte(bearded, face).skin[row, column]
    assert portrait_matte(ruff, face).skin[310, 190] > 0.7


def test_a_forehead_of_another_hue_than_the_cheeks_is_skin():
    face = astronaut_face()
    up = np.clip((face.points[9, 1] - np.arange(512)) / 4, 0, 1)[:, None, None]
    yellow = (astronaut().color * (1 - up * [0, 0, 0.12])).astype(np.float32)
    x, y = ((face.points[[8, 9]] + face.points[[9, 151]]) / 2)[:, :2].astype(int).T  # below her fringe
    assert portrait_matte(yellow, face).skin[y, x].min() > 0.9


def test_an_ear_of_the_skins_colour_is_skin_whatever_the_hairs_network_says(monkeypatch):
    light = 1 + 0.08 * np.sin(np.arange(512) / 6)[:, None, None]  # of a flat drawing exact colours would tell
    image = np.clip(drawing() * light, 0, 1)
    face = find_faces(image)[0]
    monkeypatch.setattr("backend.portrait.matte.hair_over", lambda color, person, face: (person, np.ones_like(person)))
    matte = portrait_matte(image.astype(np.float32), face)
    assert matte.skin[270, 132] > 0.6 and matte.skin[180, 142] < 0.3  # an ear, hair above it


def test_what_glasses_hide_is_no_skin_and_the_matte_says_that_they_are_worn(monkeypatch):
    bare = portrait_matte(astronaut().color, astronaut_face())

    def rims(picture, face):
        hidden = np.zeros(picture.shape[:2], np.float32)
        cv2.circle(hidden, tuple(np.rint(face.points[50, :2]).astype(int).tolist()), round(0.06 * face.size), 1, -1)
        return hidden

    monkeypatch.setattr("backend.portrait.matte.glasses", rims)
    worn = portrait_matte(astronaut().color, astronaut_face())
    x, y = astronaut_face().points[50, :2].astype(int)
    assert worn.glasses and not bare.glasses and worn.skin[y, x] < 0.2 < 0.8 < bare.skin[y, x]


def test_a_thin_rim_of_skins_own_colour_is_cut_wholly(monkeypatch):
    def rims(picture, face):
        hidden = np.zeros(picture.shape[:2], np.float32)
        hidden[round(face.points[50, 1])] = 1
        return cv2.dilate(hidden, np.ones((3, 1)))

    monkeypatch.setattr("backend.portrait.matte.glasses", rims)
    image = drawing()
    face = find_faces(image)[0]
    y, x = face.points[50, 1], face.points[50, 0]
    skin = portrait_matte(image, face).skin[:, int(x)]
    assert skin[round(y) - 1 : round(y) + 2].min() < 0.1 < 0.9 < skin[[round(y) - 8, round(y) + 8]].min()


def test_lines_that_run_in_from_outside_are_no_skin_and_those_within_are():
    """A drawn jaw's outline and a strand over the cheek against a scar."""
    face, ink = find_faces(drawing())[0], (0.05, 0.05, 0.05)
    jaw, strand, scar = (drawing().copy() for _ in range(3))
    cv2.ellipse(jaw, (256, 270), (110, 143), 0, 0, 180, ink, 5, cv2.LINE_AA)
    cv2.line(strand, (120, 290), (200, 315), ink, 4, cv2.LINE_AA)
    cv2.line(scar, (175, 300), (200, 315), ink, 4, cv2.LINE_AA)
    assert portrait_matte(jaw, face).skin[412, 240:272].max() < 0.3
    assert portrait_matte(strand, face).skin[309, 180] < 0.3 < 0.7 < portrait_matte(scar, face).skin[309, 190]
    assert portrait_matte(strand, face).skin[330, 190] > 0.9 < portrait_matte(jaw, face).skin[380, 256]
