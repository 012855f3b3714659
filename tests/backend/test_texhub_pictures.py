"""TexHub's pictures: identities, pigment, styles, lights; everything stays where it was."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.imaging import pigment
from backend.lab.texhub import identity, lights, marks, pigments, skins
from backend.lab.texhub.drawn_styles import NETWORK_STYLE, SHARES
from backend.lab.texhub.recipe import draw_recipe
from backend.lab.texhub.render import face
from backend.lab.texhub.style_sheet import style_sheet
from backend.prior.light import Light
from backend.styles import STYLES, paint
from tests.backend import synthetic_skins

LARGE = 128


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return synthetic_skins.sources(tmp_path_factory.mktemp("split"))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return synthetic_skins.sources(tmp_path_factory.mktemp("split"), LARGE)


def relief(picture: np.ndarray) -> np.ndarray:
    """Strength of the edges, blurred a little: what registers a drawing with a photograph."""
    level = cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2GRAY)
    edges = np.hypot(cv2.Sobel(level, cv2.CV_32F, 1, 0), cv2.Sobel(level, cv2.CV_32F, 0, 1))
    return cv2.GaussianBlur(edges, (0, 0), 1.5)


def moved(a: np.ndarray, b: np.ndarray, box: tuple[slice, slice], reach: int = 6) -> tuple[int, int]:
    """The shift (down, right) of b that makes its edges most like a's inside a box."""
    wanted = relief(a)[box].ravel()
    best = {}
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            other = np.roll(relief(b), (down, right), (0, 1))[box].ravel()
            best[down, right] = np.corrcoef(wanted, other)[0, 1]
    return max(best, key=best.get)


@pytest.mark.parametrize("style", [name for name in STYLES if name != "photo"])
def test_a_style_changes_the_picture_and_leaves_eyes_and_mouth_in_place(large, style):
    photo = large.textures[2].astype(np.float32) / 255
    for seed in (0, 1):
        painted = paint(style, photo, large.regions, STYLES[style].draw(np.random.default_rng(seed)))
        assert np.abs(painted - photo)[large.regions["face"] > 0.5].mean() > 0.015
        for part in ("eyes", "mouth"):
            y, x = np.nonzero(large.regions[part] > 0.4)
            down, right = moved(photo, painted, (slice(y.min() - 3, y.max() + 4), slice(x.min() - 3, x.max() + 4)))
            assert abs(down) <= 2 and abs(right) <= 2, (part, down, right)


def test_styles_are_told_apart(large):
    photo = large.textures[2].astype(np.float32) / 255
    random = np.random.default_rng(0)
    painted = [paint(name, photo, large.regions, style.draw(random)) for name, style in STYLES.items()]
    for i, one in enumerate(painted):
        assert one.dtype == np.float32 and one.shape == photo.shape and 0 <= one.min() and one.max() <= 1
        for other in painted[:i]:
            assert np.abs(one - other).mean() > 0.015


def test_every_style_has_a_share_and_a_style_of_the_networks():
    assert set(SHARES) == set(NETWORK_STYLE) == set(STYLES) and sum(SHARES.values()) == pytest.approx(1)
    assert len(STYLES) >= 9 and set(NETWORK_STYLE.values()) == {"photo", "cartoon", "anime", "painting"}


def test_the_sheet_shows_every_style(sources):
    assert style_sheet(sources, rows=2).shape[1] == len(STYLES) * (sources.size + 8)


def test_absorbance_and_back(sources):
    picture = sources.textures[0].astype(np.float32) / 255
    assert np.allclose(pigment.from_absorbance(pigment.absorbance(picture)), picture, atol=2e-3)


@pytest.mark.parametrize("wanted", [50, 20, -10])
def test_melanin_reaches_the_wanted_tone_in_natural_colours(sources, wanted):
    tone = sources.tone[2]
    colour = pigment.from_absorbance(tone + pigments.melanin_for(tone, wanted, 3) * pigments.MELANIN)
    assert pigments.ita(colour) == pytest.approx(wanted, abs=1)
    assert colour[0] > colour[1] > colour[2]


def test_tone_groups_go_from_pale_to_dark():
    assert [pigments.tone_name(angle) for angle in (60, 45, 30, 20, 0, -50)] == [name for name, _ in pigments.TONES]


def test_a_swapped_mouth_changes_the_mouth_alone(sources):
    plain = {"base": "kit/face0_0", "mirrored": False, "swaps": {}, "blend": {}, "scalp": "", "neck": ""}
    swap = {"skin": "kit/face1_0", "share": 1.0, "mirrored": False}
    before, _ = identity.compose(sources, plain)
    after, _ = identity.compose(sources, {**plain, "swaps": {"mouth": swap}})
    change = np.abs(after - before).mean(2)
    mouth = sources.regions["mouth"]
    assert change[mouth > 0.7].mean() > 0.01
    assert change[mouth < 1e-3].max() < 1e-3
    # the other's skin is darker, the part takes over the tone around it
    around = (mouth > 0.4) & (sources.regions["lips"] < 0.3)
    assert abs((after - before)[around].mean()) < 0.15


def test_drawn_faces_cover_the_tones_and_keep_their_features(sources):
    angles = [face(sources, draw_recipe(sources, 3, index, "train"))[2] for index in range(25)]
    assert min(angles) < -15 and max(angles) > 35


def test_freckles_keep_off_eyes_and_chin(large):
    spots = marks.freckles(large.regions, {"seed": 1, "count": 300, "gain": 0.4}).mean(2)
    assert spots[large.regions["cheeks"] > 0.5].mean() > 5 * spots[large.regions["neck"] > 0.5].mean()
    assert spots.min() >= 0


def test_a_lamp_lights_its_own_side():
    _, normals = synthetic_skins.geometry(64)
    light = {
        "sky": [1, 1, 1],
        "sky_strength": 0.3,
        "up": 0.0,
        "exposure": 1.0,
        "lamps": [{"azimuth": 60, "elevation": 0, "strength": 1.0, "colour": [1, 1, 1]}],
    }
    shade = lights.shading(light, normals)
    assert shade[32, 44].mean() > 1.3 * shade[32, 20].mean()
    front = normals[..., 2] > 0.3
    assert shade[front].mean() == pytest.approx(1, abs=0.1)
    flat = lights.shading(light, normals, steps=3).mean(2)
    stepped = [np.abs(np.diff(one, axis=1))[front[:, 1:]] < 1e-3 for one in (shade.mean(2), flat)]
    assert stepped[0].mean() < 0.2 and stepped[1].mean() > 0.5


def test_light_off_again_leaves_the_skin(sources):
    _, normals = synthetic_skins.geometry(64)
    skin = np.full((64, 64, 3), 0.4, np.float32)
    shade = lights.shading(lights.draw_light(np.random.default_rng(0)), normals)
    back = Light.remove(lights.lit(skin, shade[..., :1]), shade[..., 0])
    assert np.allclose(back, skin, atol=0.02)


def test_a_kit_says_which_head_its_skins_are_for(tmp_path):
    from backend.errors import AvatarTexError

    with pytest.raises(AvatarTexError, match="No skins"):
        skins.find_kits(tmp_path)
    for name in ("heads/a.obj", "heads/b.obj", "skins/one.png"):
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    with pytest.raises(AvatarTexError, match="2 heads"):
        skins.find_kits(tmp_path)
    (tmp_path / "mine" / "kit.json").write_text('{"head": "heads/b.obj"}')
    assert skins.find_kits(tmp_path)["mine"][0].name == "b.obj"


def test_skins_of_one_person_are_one_face_though_they_look_unlike():
    textures = np.random.default_rng(0).integers(0, 255, (3, 64, 64, 3)).astype(np.uint8)
    groups = skins.face_groups(textures, ["k/a", "k/b", "k/c"], {"k/a": "k/anna", "k/b": "k/anna"})
    assert groups[0] == groups[1] != groups[2]
