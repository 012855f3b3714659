"""Faces, landmarks, face regions and style of portraits."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from backend.errors import AvatarTexError, ErrorCode
from backend.head.match import find_face_or_pins
from backend.pins import Pin
from backend.portrait import faces
from backend.portrait import landmark_groups as face_regions
from backend.portrait.decode import Portrait, decode_portrait
from backend.portrait.faces import find_faces, find_portrait_face
from backend.portrait.landmarks import landmarks_in_view
from backend.portrait.style import find_style, picture_warnings
from tests.backend.portraits import ASTRONAUT, HOPPER, SKIMAGE, SKIN, astronaut, astronaut_face, drawing


def test_photographs_are_found():
    for path, right_eye, left_eye in ((ASTRONAUT, (203, 102), (247, 104)), (HOPPER, (220, 192), (309, 187))):
        portrait = decode_portrait(path)
        face, warnings = find_portrait_face(portrait)
        assert face.presence > 0.99 and not warnings
        for loop, expected in ((face_regions.RIGHT_EYE, right_eye), (face_regions.LEFT_EYE, left_eye)):
            assert np.linalg.norm(face.points[list(loop), :2].mean(axis=0) - expected) < 0.1 * face.size


@pytest.mark.parametrize("skin", [SKIN, (0.45, 0.28, 0.18), (0.7, 0.7, 0.7)])
@pytest.mark.parametrize("side", [256, 1024])
def test_flat_drawings_are_found(skin, side):
    faces = find_faces(drawing(skin, side))
    assert len(faces) == 1
    right_eye = faces[0].points[list(face_regions.RIGHT_EYE), :2].mean(axis=0)
    assert np.linalg.norm(right_eye - np.array([210, 255]) * side / 512) < 0.06 * faces[0].size


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_lying_and_upside_down_faces(quarters):
    turned = find_faces(np.rot90(astronaut().color, quarters))
    x, y = astronaut_face().points[:, 0] - 256, astronaut_face().points[:, 1] - 256
    for _ in range(quarters):
        x, y = y, -x
    assert np.abs(turned[0].points[:, :2] - np.stack([x, y], axis=1) - 256).max() < 0.05 * turned[0].size


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_all_four_turns_are_judged_however_sure_the_first_one_is(monkeypatch, quarters):
    """Portraits on their heads score up to 0.91: no score of one turn may end the search."""
    detect = faces.detect

    def surer(picture, least):
        return [[*row[:14], row[14] ** 0.5] for row in detect(picture, least)]

    monkeypatch.setattr(faces, "detect", surer)
    found = find_faces(np.ascontiguousarray(np.rot90(astronaut().color, quarters)))
    assert abs((np.degrees(found[0].roll) + 90 * quarters + 180) % 360 - 180) < 20


def test_tiny_and_blurred_portraits_are_told():
    color, face = astronaut().color, astronaut_face()
    assert picture_warnings(color, face) == []
    small = cv2.resize(color, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    (tiny,) = picture_warnings(small, find_faces(small)[0])
    assert "pixels tall" in tiny and f"{face.size * 0.6:.0f}"[0] in tiny
    (blurred,) = picture_warnings(cv2.GaussianBlur(color, (0, 0), face.size / 50), face)
    assert "blurred" in blurred


def test_landmarks_follow_the_picture():
    face = astronaut_face()
    larger = find_faces(cv2.resize(astronaut().color, None, fx=3, fy=3))[0]
    assert np.abs(larger.points / 3 - face.points)[:, :2].max() < 0.03 * face.size
    shifted = find_faces(np.pad(astronaut().color, ((80, 0), (50, 0), (0, 0)), mode="edge"))[0]
    assert np.abs(shifted.points[:, :2] - [50, 80] - face.points[:, :2]).max() < 0.03 * face.size
    mirrored = find_faces(astronaut().color[:, ::-1])[0].points[face_regions.mirror_table(), :2]
    mirrored[:, 0] = 512 - mirrored[:, 0]
    assert np.abs(mirrored - face.points[:, :2]).mean() < 0.015 * face.size


def test_bytes_and_floats_give_the_same_face():
    same = find_faces((astronaut().color * 255).round().astype(np.uint8))[0]
    assert np.abs(same.points - astronaut_face().points).max() < 0.01 * same.size


def _faceless() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:480, 0:640].astype(np.float32)
    cloth = 0.5 + 0.2 * np.sin(x / 3) * np.sin(y / 3) + 0.1 * np.sin(x / 40 + y / 60)
    hills = np.where(y > 280 + 40 * np.sin(x / 90), 0.3, 0.8)
    images = {
        name: np.asarray(Image.open(SKIMAGE / f"{name}.png").convert("RGB"), np.float32) / 255
        for name in ("brick", "grass", "gravel", "coffee", "motorcycle_left")
    }
    images["rocket"] = np.asarray(Image.open(SKIMAGE / "rocket.jpg"), np.float32) / 255
    images |= {
        "cloth": np.dstack([cloth] * 3),
        "hills": np.dstack([hills, hills * 0.9, 1 - hills]),
        "noise": rng.random((480, 640, 3)),
        "grey": np.full((300, 200, 3), 0.5),
        "pixel": np.zeros((1, 1, 3)),
        "line": np.zeros((3, 900, 3)),
    }
    for cells in (10, 40, 160):
        images[f"blobs {cells}"] = cv2.resize(rng.random((cells, cells, 3)), (480, 480), interpolation=cv2.INTER_CUBIC)
    return {name: np.clip(image, 0, 1).astype(np.float32) for name, image in images.items()}


@pytest.mark.parametrize("name", list(_faceless()))
def test_what_is_no_face_is_not_found(name):
    image = _faceless()[name]
    assert find_faces(image) == []


def test_no_face_is_refused_with_a_cure():
    blank = Portrait(np.full((90, 120, 3), 0.5, np.float32), np.ones((90, 120), np.float32), Path("wall.png"))
    with pytest.raises(AvatarTexError) as refusal:
        find_portrait_face(blank)
    assert refusal.value.code == ErrorCode.NO_FACE_IN_PORTRAIT
    assert "wall.png (120 x 90" in refusal.value.message and "front" in refusal.value.cure


def test_of_several_faces_the_largest_is_taken_and_the_others_told():
    photo = astronaut().color[:300, 60:400]
    group = np.full((800, 1200, 3), 0.5, np.float32)
    group[250:550, 430:770] = photo
    half = cv2.resize(photo, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    group[10:190, 10:214] = half
    group[500:680, 980:1184] = half
    portrait = Portrait(group, np.ones(group.shape[:2], np.float32), Path("crew.png"))
    face, warnings = find_portrait_face(portrait)
    assert 430 < face.centre[0] < 770
    assert len(warnings) == 1
    assert "2 more faces were found" in warnings[0] and "upper left" in warnings[0] and "lower right" in warnings[0]
    nose = find_faces(group)[1].points[4, :2]  # the warning's cure
    chosen, _ = find_face_or_pins(portrait, [Pin("nose_tip", tuple(nose))])
    assert np.linalg.norm(chosen.points[4, :2] - nose) < 5


def test_fast_path_agrees_with_the_search():
    x0, y0, x1, y1 = (int(v) for v in astronaut_face().box)
    view = astronaut().color[max(0, y0 - 40) : y1 + 40, x0 - 50 : x1 + 50]
    face = landmarks_in_view(view)
    assert face.presence > 0.9
    assert np.abs(face.points[:, :2] + [x0 - 50, max(0, y0 - 40)] - astronaut_face().points[:, :2]).mean() < 2
    again = landmarks_in_view(astronaut().color, astronaut_face().box)
    assert np.abs(again.points - astronaut_face().points).max() < 0.05 * again.size
    assert landmarks_in_view(np.full((300, 300, 3), 0.5, np.float32)) is None


def test_mirror_table_swaps_left_and_right():
    mirror = face_regions.mirror_table()
    assert sorted(mirror) == list(range(468)) and (mirror[mirror] == np.arange(468)).all()
    for part in ("EYE", "BROW", "CHEEK", "EYE_CORNERS"):
        right, left = getattr(face_regions, f"RIGHT_{part}"), getattr(face_regions, f"LEFT_{part}")
        assert set(mirror[list(right)]) == set(left)
    assert all(mirror[i] == i for i in (1, 4, 10, 152, 168))
    assert set(mirror[list(face_regions.FACE_OVAL)]) == set(face_regions.FACE_OVAL)


def test_canonical_face_looks_at_the_viewer():
    points, triangles, uv = face_regions.canonical_face()
    assert points.shape == (468, 3) and triangles.shape == (898, 3) and uv.shape == (468, 2)
    assert points[10, 1] > points[152, 1] and points[1, 2] > points[234, 2] and points[263, 0] > 0 > points[33, 0]
    a, b, c = points[triangles].transpose(1, 0, 2)
    assert np.cross(b - a, c - a)[:, 2].mean() > 0


def test_filled_region_has_the_area_of_its_outline():
    points = np.zeros((468, 3), np.float32)
    points[:4, :2] = [(10, 20), (30, 20), (30, 60), (10, 60)]
    mask = face_regions.fill_region((80, 50), points, (0, 1, 2, 3))
    assert abs(mask.sum() - 800) < 90 and mask[40, 20] == 1 and mask[5, 5] == 0


def _cel_shaded(color: np.ndarray, steps: int = 5) -> np.ndarray:
    image = (color * 255).astype(np.uint8)
    for _ in range(6):
        image = cv2.bilateralFilter(image, 9, 40, 9)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 0] = np.round(lab[..., 0] / 255 * steps) / steps * 255
    lab[..., 1:] = np.round((lab[..., 1:] - 128) / 16) * 16 + 128
    return cv2.cvtColor(lab.clip(0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB).astype(np.float32) / 255


def test_styles():
    for path in (ASTRONAUT, HOPPER):
        color = decode_portrait(path).color
        face = find_faces(color)[0]
        assert find_style(color, face) == "photo"
        assert find_style(np.repeat(color.mean(axis=2, keepdims=True), 3, axis=2), face) == "photo"
        assert find_style(_cel_shaded(color), face) in ("anime", "cartoon")
    for side in (256, 1024):
        assert find_style(drawing(SKIN, side), find_faces(drawing(SKIN, side))[0]) == "cartoon"


def test_the_command_lists_every_face(tmp_path, capsys):
    """The largest first, its points as pins that find the same face again; and the upright picture, small."""
    import json

    from backend.__main__ import main

    one = Image.open(ASTRONAUT).convert("RGB").crop((100, 0, 400, 300))
    pair = Image.new("RGB", (540, 300), (90, 90, 90))
    pair.paste(one.resize((220, 220)), (0, 60))
    pair.paste(one, (240, 0))
    upright, turned = tmp_path / "pair.png", Image.Exif()
    turned[0x0112] = 3
    pair.rotate(180).save(upright, exif=turned)
    assert main(["faces", "--portrait", str(upright), "--picture", str(tmp_path / "small.bmp")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["width"], told["height"]) == (540, 300) and len(told["faces"]) == 2
    left = [face["box"][0] for face in told["faces"]]
    assert left[0] > 240 > left[1]
    small = np.asarray(Image.open(tmp_path / "small.bmp"), int)
    assert small.shape == (142, 256, 3) and np.abs(small - np.asarray(pair.resize((256, 142)), int)).mean() < 4
    (nose,) = (point for point in told["faces"][1]["points"] if point["name"] == "nose_tip")
    face, _ = find_face_or_pins(decode_portrait(upright), [Pin("nose_tip", tuple(nose["portrait"]))])
    assert abs(face.box[0] - left[1]) < 5
