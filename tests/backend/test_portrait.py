"""Portraits: decoding, faces, landmarks, matte, style. Photographs come out of installed packages."""

from __future__ import annotations

import functools
import io
import struct
import time
import zlib
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
import skimage
from PIL import Image, ImageCms

from backend.errors import AvatarTexError, ErrorCode
from backend.portrait import face_regions, networks
from backend.portrait.decode import Portrait, decode_portrait
from backend.portrait.faces import find_faces, find_portrait_face
from backend.portrait.landmarks import landmarks_in_view
from backend.portrait.matte import portrait_matte
from backend.portrait.style import find_style

SKIMAGE = Path(skimage.__file__).parent / "data"
ASTRONAUT = SKIMAGE / "astronaut.png"
HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"

SKIN, HAIR, BACKGROUND, SHIRT = (0.87, 0.67, 0.53), (0.25, 0.15, 0.1), (0.75, 0.85, 0.95), (0.3, 0.4, 0.7)


@functools.cache
def astronaut() -> Portrait:
    return decode_portrait(ASTRONAUT)


@functools.cache
def astronaut_face():
    return find_faces(astronaut().color)[0]


@functools.cache
def drawing(skin=SKIN, side=512, hair=HAIR) -> np.ndarray:
    """A flat cartoon head whose regions are known."""
    image = np.empty((side, side, 3), np.float32)
    image[:] = BACKGROUND
    unit = side / 512

    def ellipse(centre, axes, colour, thickness=-1, start=0, end=360):
        cv2.ellipse(image, tuple(int(v * unit) for v in centre), tuple(int(v * unit) for v in axes), 0, start, end,
                    colour, thickness if thickness < 0 else max(1, int(thickness * unit)), cv2.LINE_AA)

    ellipse((256, 200), (125, 140), hair)
    ellipse((140, 270), (20, 32), skin)
    ellipse((372, 270), (20, 32), skin)
    cv2.rectangle(image, (int(215 * unit), int(350 * unit)), (int(297 * unit), int(450 * unit)), skin, -1)
    ellipse((256, 270), (112, 145), skin)
    ellipse((256, 165), (108, 52), hair)
    ellipse((256, 560), (190, 130), SHIRT)
    for x in (210, 302):
        ellipse((x, 255), (24, 13), (1, 1, 1))
        ellipse((x, 255), (11, 12), (0.2, 0.3, 0.2))
        ellipse((x, 255), (26, 15), (0.1, 0.05, 0.05), 3, 180, 360)
        ellipse((x, 228), (30, 10), HAIR, 8, 190, 350)
    ellipse((256, 300), (13, 22), (0.72, 0.5, 0.4), 4, 20, 160)
    ellipse((256, 345), (38, 14), (0.75, 0.3, 0.3))
    return image


def save(folder: Path, name: str, image: Image.Image, **options) -> Path:
    image.save(folder / name, **options)
    return folder / name


def gradient(width=64, height=40) -> Image.Image:
    """Opaque RGB, different in all corners."""
    x, y = np.meshgrid(np.linspace(30, 220, width), np.linspace(20, 200, height))
    return Image.fromarray(np.dstack([x, y, 255 - x]).astype(np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


# decoding


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(tmp_path, orientation):
    upright = gradient()
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Image.Transpose values
    stored = upright if undo is None else upright.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    portrait = decode_portrait(save(tmp_path, "turned.png", stored, exif=exif))
    np.testing.assert_allclose(portrait.color, np.asarray(upright, np.float32) / 255, atol=1e-6)


@pytest.mark.parametrize("mode, name", [
    ("RGB", "a.png"), ("RGBA", "a.png"), ("L", "a.png"), ("LA", "a.png"), ("P", "a.png"), ("1", "a.png"),
    ("CMYK", "a.jpg"), ("CMYK", "a.tif"), ("RGB", "a.webp"), ("RGB", "a.bmp"), ("RGB", "a.gif"), ("L", "a.jpg"),
    ("RGB", "ä ñ 顔.png"),
])
def test_any_pixel_format_becomes_float_rgb(tmp_path, mode, name):
    source = gradient().convert(mode)
    portrait = decode_portrait(save(tmp_path, name, source))
    assert portrait.color.shape == (40, 64, 3) and portrait.color.dtype == np.float32
    assert portrait.alpha.shape == (40, 64) and portrait.alpha.min() == 1
    expected = np.asarray(source.convert("RGB"), np.float32) / 255
    assert np.abs(portrait.color - expected).mean() < 0.03


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_sixteen_bit_grey(tmp_path, name):
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (40, 1))
    portrait = decode_portrait(save(tmp_path, name, Image.fromarray(ramp)))
    np.testing.assert_allclose(portrait.color[0, :, 1], np.linspace(0, 1, 64), atol=1e-3)


def test_sixteen_bit_colour(tmp_path):
    ramp = np.zeros((40, 64, 3), np.uint16)
    ramp[..., 2] = np.linspace(0, 65535, 64)  # red: OpenCV writes BGR
    cv2.imwrite(str(tmp_path / "deep.png"), ramp)
    portrait = decode_portrait(tmp_path / "deep.png")
    np.testing.assert_allclose(portrait.color[0, :, 0], np.linspace(0, 1, 64), atol=0.006)


def test_transparent_pixels_are_grey_and_known(tmp_path):
    image = gradient().convert("RGBA")
    image.paste((255, 0, 0, 0), (0, 0, 20, 20))
    portrait = decode_portrait(save(tmp_path, "cut.png", image))
    assert portrait.alpha[5, 5] == 0 and portrait.alpha[30, 50] == 1
    np.testing.assert_allclose(portrait.color[5, 5], 0.5, atol=1e-6)


def test_transparent_palette_entry(tmp_path):
    image = gradient().quantize(16)
    path = save(tmp_path, "cut.gif", image, transparency=image.getpixel((0, 0)))
    assert decode_portrait(path).alpha[0, 0] == 0


def test_profile_is_converted_to_srgb(tmp_path):
    """sRGB with red and blue swapped in the profile: pure red means blue."""
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    head, body = swapped[:256], swapped[256:]
    head = head.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    path = save(tmp_path, "swapped.png", Image.new("RGB", (8, 8), (255, 0, 0)), icc_profile=head + body)
    np.testing.assert_allclose(decode_portrait(path).color[4, 4], (0, 0, 1), atol=0.02)


def test_damaged_profile_and_exif_do_not_cost_the_picture(tmp_path):
    path = save(tmp_path, "odd.png", gradient(), icc_profile=b"no profile", exif=b"Exif\0\0nonsense")
    np.testing.assert_allclose(decode_portrait(path).color, np.asarray(gradient(), np.float32) / 255, atol=1e-6)


@pytest.mark.parametrize("name", ["large.jpg", "large.png"])
def test_large_pictures_are_reduced(tmp_path, name):
    portrait = decode_portrait(save(tmp_path, name, gradient(5000, 2500)))
    assert portrait.color.shape == (1024, 2048, 3)
    small = cv2.resize(np.asarray(gradient(5000, 2500), np.float32) / 255, (2048, 1024), interpolation=cv2.INTER_AREA)
    assert np.abs(portrait.color - small).mean() < 0.01


def _bad_files(folder: Path) -> dict[str, tuple[Path, ErrorCode]]:
    photo = ASTRONAUT.read_bytes()
    jpeg = io.BytesIO()
    gradient(400, 300).save(jpeg, "JPEG")
    contents = {
        "empty.png": b"", "letter.jpg": b"Dear artist,\n" * 40, "half.png": photo[: len(photo) // 2],
        "half.jpg": jpeg.getvalue()[: len(jpeg.getvalue()) // 2], "head only.png": photo[:40], "magic.png": photo[:8],
        "scrambled.png": photo[:200] + bytes(reversed(photo[200:400])) + photo[400:], "zeros.bmp": bytes(4000),
        "program.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    }
    files = {}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
        files[name] = (folder / name, ErrorCode.PORTRAIT_UNREADABLE)
    for name, size in {"wide.png": (40_000, 20), "bomb.png": (40_000, 40_000), "tall.png": (3, 20_000),
                       "many.png": (12_000, 12_000)}.items():
        (folder / name).write_bytes(png_header(*size))
        files[name] = (folder / name, ErrorCode.PORTRAIT_TOO_LARGE)
    (folder / "folder.png").mkdir()
    files["folder.png"] = (folder / "folder.png", ErrorCode.PORTRAIT_UNREADABLE)
    files["gone.png"] = (folder / "gone.png", ErrorCode.PORTRAIT_MISSING)
    files["x" * 70] = (folder / ("x" * 5000), ErrorCode.PORTRAIT_MISSING)
    return files


def test_bad_files_are_refused_with_a_cure(tmp_path):
    for name, (path, code) in _bad_files(tmp_path).items():
        start = time.perf_counter()
        with pytest.raises(AvatarTexError) as refusal:
            decode_portrait(path)
        assert refusal.value.code == code, name
        assert name in refusal.value.message and refusal.value.message.count(". ") == 0, refusal.value.message
        assert refusal.value.cure.endswith("."), name
        assert time.perf_counter() - start < 1, name  # refused from the header


def test_too_large_tells_the_size(tmp_path):
    (tmp_path / "wide.png").write_bytes(png_header(40_000, 20))
    with pytest.raises(AvatarTexError, match="40000 x 20"):
        decode_portrait(tmp_path / "wide.png")


@pytest.mark.parametrize("path", ["", "\0", Path()])
def test_no_path_is_a_missing_portrait(path):
    with pytest.raises(AvatarTexError) as refusal:
        decode_portrait(path)
    assert refusal.value.code == ErrorCode.PORTRAIT_MISSING


def test_damaged_bytes_never_escape_as_another_error(tmp_path):
    rng = np.random.default_rng(1)
    jpeg = io.BytesIO()
    gradient(96, 64).save(jpeg, "JPEG")
    for original in (jpeg.getvalue(), png_header(30, 20)):
        for _ in range(60):
            data = bytearray(original)
            for at in rng.integers(0, len(data), 6):
                data[at] = rng.integers(256)
            (tmp_path / "noise").write_bytes(bytes(data))
            try:
                assert decode_portrait(tmp_path / "noise").color.ndim == 3
            except AvatarTexError:
                pass


# faces and landmarks


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
    images = {name: np.asarray(Image.open(SKIMAGE / f"{name}.png").convert("RGB"), np.float32) / 255
              for name in ("brick", "grass", "gravel", "coffee", "motorcycle_left")}
    images["rocket"] = np.asarray(Image.open(SKIMAGE / "rocket.jpg"), np.float32) / 255
    images |= {"cloth": np.dstack([cloth] * 3), "hills": np.dstack([hills, hills * 0.9, 1 - hills]),
               "noise": rng.random((480, 640, 3)), "grey": np.full((300, 200, 3), 0.5), "pixel": np.zeros((1, 1, 3)),
               "line": np.zeros((3, 900, 3))}
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


def test_fast_path_agrees_with_the_search():
    x0, y0, x1, y1 = (int(v) for v in astronaut_face().box)
    view = astronaut().color[max(0, y0 - 40):y1 + 40, x0 - 50:x1 + 50]
    face = landmarks_in_view(view)
    assert face.presence > 0.9
    assert np.abs(face.points[:, :2] + [x0 - 50, max(0, y0 - 40)] - astronaut_face().points[:, :2]).mean() < 2
    again = landmarks_in_view(astronaut().color, astronaut_face().box)
    assert np.abs(again.points - astronaut_face().points).max() < 0.05 * again.size
    assert landmarks_in_view(np.full((300, 300, 3), 0.5, np.float32)) is None


def test_missing_network_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(networks, "WEIGHTS", tmp_path)
    with pytest.raises(AvatarTexError, match=r"face_landmark\.tflite") as refusal:
        networks.weight_bytes(networks.LANDMARKS)
    assert refusal.value.code == ErrorCode.WEIGHTS_MISSING


def test_opencv_runs_the_networks_as_tflite_does():
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    crop = cv2.resize(astronaut().color[40:230, 130:320], (192, 192))
    model = interpreter.Interpreter(str(networks.WEIGHTS / networks.LANDMARKS))
    model.allocate_tensors()
    model.set_tensor(model.get_input_details()[0]["index"], crop[None])
    model.invoke()
    wanted = next(model.get_tensor(o["index"]) for o in model.get_output_details() if o["shape"][-1] == 1404)
    found = networks.network(networks.LANDMARKS)(crop)[0]
    assert np.abs(found.ravel() - wanted.ravel()).max() < 0.01  # pixels of 192


# face regions


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


# matte


def test_matte_of_a_drawing_knows_skin_hair_shirt_and_wall():
    for skin in (SKIN, (0.45, 0.28, 0.18)):
        image = drawing(skin)
        matte = portrait_matte(image, find_faces(image)[0])
        places = {"cheek": (310, 190), "eye": (255, 210), "lips": (345, 256), "ear": (270, 132), "neck": (415, 256),
                  "hair": (100, 256), "side hair": (180, 142), "fringe": (190, 256), "shirt": (490, 200),
                  "wall": (60, 60)}
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
    assert matte.skin[130, 205] > 0.8 and matte.skin[140, 240] > 0.8     # cheeks
    assert matte.skin[155, 226] > 0.9                                      # teeth
    assert matte.skin[25, 225] < 0.2 and matte.person[25, 225] > 0.8       # hair
    assert matte.skin[300, 60] < 0.2 and matte.skin[300, 130] < 0.2        # flag, suit
    assert matte.skin[30, 400] < 0.1 and matte.person[20, 330] < 0.2       # shuttle, wall


def test_matte_of_a_photograph():
    matte = portrait_matte(astronaut().color, astronaut_face())
    for part in (matte.person, matte.skin, matte.hair):
        assert part.shape == (512, 512) and part.dtype == np.float32 and 0 <= part.min() <= part.max() <= 1
    _check_astronaut(matte)


@pytest.mark.parametrize("look", ["dark", "grey", "sepia", "blue light"])
def test_matte_under_other_tones(look):
    color = astronaut().color
    grey = np.repeat(color.mean(axis=2, keepdims=True), 3, axis=2)
    color = {"dark": color**2.2, "grey": grey, "sepia": grey * [1.0, 0.85, 0.65],
             "blue light": color * [0.7, 0.8, 1.0]}[look]
    _check_astronaut(portrait_matte(color.astype(np.float32), astronaut_face()))


def test_known_background_is_never_person():
    alpha = np.ones((512, 512), np.float32)
    alpha[:, :200] = 0
    matte = portrait_matte(astronaut().color, astronaut_face(), alpha)
    assert matte.person[:, :200].max() == 0 and matte.skin[:, :200].max() == 0 and matte.skin[140, 240] > 0.8


def test_hat_over_the_forehead_is_not_skin():
    color = astronaut().color.copy()
    color[:100, 150:300] = (0.05, 0.05, 0.1)
    matte = portrait_matte(color, astronaut_face())
    assert matte.skin[76, 225] < 0.1 and matte.skin[130, 205] > 0.8


def test_matte_does_not_depend_on_the_size():
    small = portrait_matte(astronaut().color, astronaut_face())
    large = portrait_matte(cv2.resize(astronaut().color, None, fx=3, fy=3), astronaut_face().scaled(3))
    shrunk = cv2.resize(large.skin, (512, 512), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - small.skin).mean() < 0.01


# style


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
