"""Maps against rendered truth: folds are relief, moles are none, and a seam shows nowhere."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.compose.texels import find_texels
from backend.head.atlas import to_atlas
from backend.head.mesh import HeadMesh
from backend.imaging.sample import to_linear, to_srgb
from backend.maps.pigment import shading
from backend.maps.relief import Relief, covered, lean_of, pores_of, with_hair
from backend.maps.tangents import find_frames, slopes, tangent_normals
from backend.surface.bare import between_parts
from backend.surface.find import Details
from backend.surface.skin import SkinDetail
from tests.backend.bumpy_ball import DEEP, FACE, Scene, bumpy_normals, height, job_of, painted, turned, upright
from tests.backend.flat_head import mesh_of_ball

SIZE = 512
LIGHT, DARK = np.float32([0.80, 0.60, 0.50]), np.float32([0.34, 0.20, 0.16])
EVEN = np.float32([0.5, 0, 0, 0.4, 0, 0, 0, 0, 0])
SIDE = np.float32([0.45, 0.45, 0.1, 0.35, 0, 0, 0, 0, 0])
ABOVE = np.float32([0.5, 0, 0.4, 0.4, 0, 0, 0, 0, 0])


def in_space(mesh: HeadMesh, heights: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,3) normals that a renderer makes of the normal map of (n,) heights; (n,3) the texels' places; (n,) covered."""
    texels = find_texels(mesh, size)
    laid = np.zeros((size, size), np.float32)
    laid[texels.filled] = heights
    normals = upright(mesh.vertices).astype(np.float32)
    frames = find_frames(mesh, normals)
    map_ = tangent_normals(mesh, frames, texels, *slopes(laid, texels.filled, size))
    out = texels.at(mesh, normals)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    tangent = (frames.tangents[texels.triangle] * texels.weights[..., None]).sum(1)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    bitangent = np.cross(out, tangent) * frames.signs[texels.triangle, None]
    made = map_[:, :1] * tangent + map_[:, 1:2] * bitangent + map_[:, 2:] * out
    return upright(made), texels.at(mesh, mesh.vertices), texels.covered[texels.filled]


def degrees(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((one * other).sum(-1), -1, 1)))


@pytest.mark.parametrize("tone", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("light", [EVEN, SIDE, ABOVE], ids=["even", "side", "above"])
def test_folds_are_found_and_moles_are_flat(tone, light):
    mesh = mesh_of_ball(65)
    job = job_of(Scene(tone, light), mesh)
    found = Relief(job, Details(), 0.0).heights(mesh, find_texels(mesh, SIZE))
    made, places, covered = in_space(mesh, found, SIZE)
    across = np.abs(places[:, 1] + 0.4 * places[:, 0])
    seen = covered & (places[:, 2] > 0.35) & (between_parts(to_atlas(places)) > 0.95)
    folded, moles = seen & (across < 0.08), seen & (across > 0.15) & (painted(places) > 0.02)
    assert folded.sum() > 500 and moles.sum() > 100
    truth = bumpy_normals(places)
    error, flat = np.median(degrees(made, truth)[folded]), np.median(degrees(upright(places), truth)[folded])
    mole, fold = found[moles].std(), found[folded].std()
    true = height(places)[folded]
    alike = np.corrcoef(found[folded], true)[0, 1]
    print(
        f"normals {error:.1f} degrees off, flat {flat:.1f}; folds {fold / true.std():.2f} of the truth, "
        f"correlation {alike:.2f}; moles {mole / fold:.3f} of folds"
    )
    assert fold < true.std() and np.abs(found).max() < 1.5 * DEEP  # never stronger than the truth
    assert mole < 0.1 * (true.std() if light is EVEN else fold)
    if light is EVEN:  # light from where one looks shades no slope: what is not known stays nearly flat
        assert error < 1.2 * flat
    else:
        assert error < 0.9 * flat and alike > 0.65


def test_painted_hair_has_strands_and_its_border_is_no_step():
    filled, unit, face = np.ones((40, 40), bool), 18.0, 400.0
    cover = np.tile((np.arange(40) > 15).astype(np.float32), 40)
    of = lambda lighter: with_hair(np.zeros(1600, np.float32), cover, lighter, filled, unit, face).reshape(40, 40)  # noqa: E731
    assert not of(np.zeros(1600, np.float32)).any()
    strands = np.tile(np.where(np.arange(40) % 4 < 2, 1, -1).astype(np.float32), 40)
    plain, striped, lit = of(0.3 + 0 * strands), of(strands), of(0.3 + strands)
    assert 0.01 < np.ptp(striped[20]) < 0.03 and np.abs(striped[:, :5]).max() < 1e-5
    # one lighter all over has the same strands, and its border stands out less than a strand does
    assert np.abs(lit - striped)[:, 28:].max() < 0.1 * np.ptp(striped) and np.ptp(plain) < 0.35 * np.ptp(striped)
    skin = np.full(1600, 0.01, np.float32)
    assert np.allclose(with_hair(skin, cover, 0 * cover, filled, unit, face), skin * (1 - cover))


def test_skin_in_the_layer_of_hair_is_no_hair():
    """A parse takes bare skin beside hair for hair; its texels look like the skin below."""
    filled, columns = np.ones((60, 60), bool), np.tile(np.arange(60), 60)
    skin = np.uint8([200, 150, 120])
    for hair in ([40, 30, 25], [235, 225, 190]):
        colours = np.where((columns < 30)[:, None], skin + 8, np.uint8(hair))
        layer = np.vstack([colours.T, np.where(columns < 10, 0, 255)]).astype(np.uint8)
        planes = {"skin": np.repeat(skin[:, None], 3600, 1), "hair": layer}
        cover = covered(planes, {}, filled, 400.0)[0].reshape(60, 60)
        assert cover[:, :26].max() < 0.01 and cover[:, 34:].min() > 0.99


def test_made_up_pores_are_as_steep_as_those_that_are_seen():
    random = np.random.default_rng(0)
    seen = cv2.GaussianBlur(random.normal(size=(300, 300)).astype(np.float32), (0, 0), 1.0)
    seen *= 0.01 / FACE / np.sqrt(sum((one**2).mean() for one in np.gradient(seen)))
    folds = seen + 0.004 * (np.abs(np.arange(300) - 150) < 3)[:, None]  # steep, but few
    lean = lean_of(seen, FACE)
    assert 0.007 < lean < 0.01 and abs(lean_of(folds, FACE) / lean - 1) < 0.1
    square = 0.05 * random.normal(size=(256, 256, 1)).astype(np.float32) * np.ones(3, np.float32)
    for wanted, made in ((lean, lean), (0.2, 0.07)):
        height = pores_of(SkinDetail(square, 0.5), wanted).square[..., 0] * 256
        assert np.sqrt(sum((one**2).mean() for one in np.gradient(height))) == pytest.approx(made, rel=0.02)


@pytest.mark.parametrize("tone", [[200, 150, 120], [100, 50, 22]], ids=["light", "dark"])
def test_moles_are_no_shading_where_blue_is_nearly_black(tone):
    """Of dark skin a mole's blue is below the least that counts, so it is no darker than its surroundings."""
    y, x = np.mgrid[:200, :200]
    mole = np.clip((4.5 - np.hypot(x - 100, y - 100)) / 1.5, 0, 1)[..., None]
    linear = to_linear(np.float32(tone) / 255) * np.exp(-mole * np.float32([0.74, 0.90, 0.94]))
    picture = np.rint(to_srgb(linear) * 255).astype(np.float32) / 255
    mask = np.ones((200, 200), np.float32)
    found, with_spot = (shading(picture, mask, 300.0, spots=spots)[95:106, 95:106] for spots in (True, False))
    assert np.abs(found).max() < 0.1 * np.abs(with_spot).max()


def test_a_round_spot_is_pigment_where_red_is_burnt_out():
    """What is restored of red there follows the other channels, and has no hue of its own."""
    y, x = np.mgrid[:200, :200]
    spot = np.clip((4.5 - np.hypot(x - 100, y - 100)) / 1.5, 0, 1)[..., None]
    whole, found = np.ones((200, 200), np.float32), []
    for tone in ([1.8, 0.8, 0.6], [0.6, 0.4, 0.3]):
        linear = np.float32(tone) * np.exp(-0.3 * spot)
        shade = shading(to_srgb(linear, most=2.0).astype(np.float32), whole, 300.0)
        found.append(np.abs(shade[95:106, 95:106]).max())
    assert found[0] < 0.5 * found[1]


def test_a_drawing_has_no_relief():
    mesh = mesh_of_ball(33)
    found = Relief(job_of(Scene(LIGHT, SIDE), mesh, "anime"), Details(), 0.0).heights(mesh, find_texels(mesh, 128))
    assert not found.any()


@pytest.mark.parametrize("mesh", [mesh_of_ball(65), turned(mesh_of_ball(65))], ids=["one", "islands"])
def test_normals_are_those_of_the_displaced_surface_on_every_island(mesh):
    texels = find_texels(mesh, 2 * SIZE)
    places = texels.at(mesh, mesh.vertices)
    made, places, covered = in_space(mesh, height(places).astype(np.float32), 2 * SIZE)
    folded = covered & (np.abs(places[:, 1] + 0.4 * places[:, 0]) < 0.09) & (np.abs(places[:, 1]) < 0.4)
    error = degrees(made, bumpy_normals(places))[folded]
    lean = degrees(bumpy_normals(places), upright(places))[folded]
    assert np.quantile(lean, 0.9) > 5 and np.quantile(error, 0.95) < 1.2


def test_both_sides_of_a_seam_have_one_normal():
    mesh = turned(mesh_of_ball(65))
    texels = find_texels(mesh, 2 * SIZE)
    places = texels.at(mesh, mesh.vertices)
    made, places, covered = in_space(mesh, height(places).astype(np.float32), 2 * SIZE)
    left = np.flatnonzero(covered & (places[:, 0] < 0) & (places[:, 0] > -0.002) & (np.abs(places[:, 1]) < 0.1))
    right = np.flatnonzero(covered & (places[:, 0] >= 0) & (places[:, 0] < 0.002) & (np.abs(places[:, 1]) < 0.1))
    assert len(left) > 50 and len(right) > 50
    near = np.linalg.norm(places[left, None] - places[None, right], axis=2)
    pair = near.argmin(1)
    close = near.min(1) < 0.003
    assert close.sum() > 50 and np.quantile(degrees(made[left], made[right[pair]])[close], 0.9) < 3
