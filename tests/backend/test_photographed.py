"""What portraits give texels: their own pixels where they show them, else the other side's detail."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from backend.compose.colouring import Coloured, Colouring
from backend.compose.photographed import find_shown, photographed, tone_beside
from backend.compose.texels import Texels
from backend.head.atlas import to_atlas
from backend.head.mesh import HeadMesh
from backend.observation.hair import Hair
from backend.observation.observe import Observation
from backend.observation.views import View, fuse
from backend.prior.light import Light

SIZE = 64
#: A portrait of 100 x 100 pixels that shows the atlas's right half, one pixel a hundredth of the atlas.
PIXELS = 100


def observed(shown: np.ndarray, colour: float, detail: float = 0.0) -> Observation:
    """An observation of (SIZE,SIZE) bool shown, of one colour, with detail in its pixels that low has not."""
    confidence = shown.astype(np.float32)
    grid = (np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1) + 0.5) / SIZE * PIXELS
    low = np.full((PIXELS, PIXELS, 3), colour, np.float32)
    unlit = np.full((SIZE, SIZE, 3), colour, np.float32) * shown[..., None]
    one, nothing = np.ones((PIXELS, PIXELS), np.float32), np.zeros((SIZE, SIZE), np.float32)
    light, shade = Light(np.eye(9)[0], np.eye(3)), np.ones((SIZE, SIZE), np.float32)
    return Observation(
        low + np.float32(detail),
        low,
        one,
        one,
        light,
        grid.astype(np.float32),
        confidence,
        unlit,
        shade,
        (unlit, confidence),
        nothing,
        nothing,
        None,
        shade > 0,
        np.zeros((PIXELS, PIXELS), np.float32),
    )


@pytest.fixture
def right() -> np.ndarray:
    shown = np.zeros((SIZE, SIZE), bool)
    shown[20:50, SIZE // 2 + 4 : SIZE // 2 + 12] = True
    return shown


def registered(vertices: int, sure: float = 1.0) -> SimpleNamespace:
    """A registration in which the portrait is the atlas; sure of what lies right of the middle, of nothing else."""
    return SimpleNamespace(
        project=lambda points: (to_atlas(points.astype(np.float32)) * PIXELS, np.ones(len(points))),
        confidence=lambda points, *_: np.where(points[:, 0] > 0, sure, 0).astype(np.float32),
        camera=SimpleNamespace(project=lambda points: (points, None)),
        landmarks=np.zeros((468, 2)),
        targets=np.zeros((468, 2)),
        shut=np.zeros(2, bool),
        normals=np.tile(np.float32([0, 0, 1]), (vertices, 1)),
    )


def test_further_portraits_are_evidence_where_the_first_shows_nothing(right):
    first, other = observed(right, 0.6), observed(right[:, ::-1], 0.6)
    fused = fuse(first, [View(None, other, first)])
    colour, confidence = fused.evidence
    assert confidence[right].min() > 0.99 and confidence[right[:, ::-1]].min() > 0.9
    assert np.abs(colour[right | right[:, ::-1]] - 0.6).max() < 0.01
    assert fused.confidence is first.confidence and fuse(first, []) is first


def test_below_a_hat_another_portraits_hair_is_worn_and_without_one_skin(right):
    plain, skin, dark = np.zeros((SIZE, SIZE), np.float32), np.full((SIZE, SIZE, 3), 0.6, np.float32), 0.1
    below = Hair(skin, skin, 1 - plain, plain, plain, bare=True)
    first = replace(observed(right, 0.6), hair=below, cloth=True)
    other = observed(right[:, ::-1], 0.6)
    assert fuse(first, [View(None, other, first)]).hair.bare
    other = replace(other, hair=Hair(np.full_like(skin, dark), skin, 1 - plain, plain, plain))
    worn = fuse(first, [View(None, other, first)]).hair
    assert not worn.bare and np.abs(worn.colour - dark).max() < 0.01


def test_the_other_side_gives_its_detail_and_no_more(right):
    seen = observed(right, 0.5, detail=0.2)
    here = np.float32([[0.25, 0.1, 0.4]])  # a place in front, right of the middle
    both = np.concatenate([here, here * (-1, 1, 1)]).astype(np.float32)
    atlas = to_atlas(both)
    assert right[tuple((atlas[0, ::-1] * SIZE).astype(int))] and atlas[0, 0] > 0.5 > atlas[1, 0]
    view = View(registered(2), seen)
    normals = np.float32([[0, 0, 1]] * 2)
    found = photographed([view], [find_shown(view)], [None], both, normals, both, atlas, "keep", np.ones(2, np.float32))
    assert found.share.tolist() == [1, 0] and found.mirrored.tolist() == [0, 1]
    assert np.allclose(found.low, [[0.5] * 3, [0.0] * 3])
    assert np.allclose(found.high, [[0.2] * 3, [0.0] * 3], atol=1e-6)
    assert np.allclose(found.mirrored_high, [[0.0] * 3, [0.2] * 3], atol=1e-6)
    nothing = photographed(
        [view], [find_shown(view)], [None], both, normals, both, atlas, "keep", np.zeros(2, np.float32)
    )
    assert nothing.share.max() == nothing.mirrored.max() == 0


def composed(points: np.ndarray, inside: np.ndarray, made: np.ndarray, seen: Observation | None = None) -> Coloured:
    """The middles of n triangles (3n,3), canonical; nothing of them is in the portrait where it is not said."""
    count = len(points) // 3
    mesh = HeadMesh(
        points, np.arange(3 * count, dtype=np.int32).reshape(-1, 3), np.zeros((count, 3, 2), np.float32), ""
    )
    job = SimpleNamespace(
        registration=registered(3 * count, float(seen is not None)),
        observation=seen or observed(np.zeros((SIZE, SIZE), bool), 0.5),
        further=SimpleNamespace(views=[]),
        canonical=points,
        inside=inside,
    )
    drawn = np.ones((1, count), bool)
    texels = Texels(drawn, drawn, np.arange(count), np.full((count, 3), 1 / 3, np.float32))
    return Colouring(job, mesh, made, "keep", False, ()).colour(texels)


CORNER = np.float32([[-0.05, -0.1, 0.4], [0.05, -0.1, 0.4], [0.0, 0.0, 0.4]])


def test_the_mouths_inside_is_composed_dark():
    """Two triangles at one place of the completion, on the shell and deep behind it: only the deep one is dark."""
    made = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    deep = np.float32([0, 0, 0, 0.25, 0.25, 0.25])
    skin, throat = composed(np.concatenate([CORNER, CORNER]), deep, made).colour
    assert np.allclose(skin, 0.6, atol=0.05) and throat.max() < 0.15


def test_shoulders_have_the_skins_tone_and_no_streaks():
    """The atlas's last rows are striped: a bust below them is not, nor dark where it is hollow."""
    made = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    made[-2:, ::2] = 0.1
    across = np.float32([[x, -0.9, 0.3] for x in np.linspace(-0.6, 0.6, 12)])
    points = np.concatenate([place + CORNER - CORNER.mean(0) for place in across]).astype(np.float32)
    for depth in (0.0, 0.3):
        chest = composed(points, np.full(len(points), depth, np.float32), made).colour
        assert np.abs(chest - 0.6).max() < 0.05


def test_texels_are_the_portraits_then_the_others_sides_then_made_up(right):
    """Of one triangle in the portrait, its mirror image, and one that nothing shows: colours and provenance."""
    here = np.float32([[0.25, 0.1, 0.4]]) + 0.05 * (CORNER - CORNER.mean(0))
    points = np.concatenate([here, here * np.float32([-1, 1, 1]), CORNER])
    made = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    plain, found = (composed(points, np.zeros(9, np.float32), made, observed(right, 0.5, one)) for one in (0.0, 0.2))
    assert np.allclose(found.provenance, np.eye(3), atol=0.01)
    assert np.allclose(found.colour[0], 0.7, atol=0.01)
    assert np.allclose((found.colour - plain.colour).mean(1), [0.2, 0.2, 0.0], atol=0.01)


def test_what_hair_differs_by_says_nothing_of_the_skin_below_it(right):
    """A dark fringe above a strip that nothing shows, and a forehead below: the strip takes the forehead's tone."""
    shown = np.zeros((SIZE, SIZE), bool)
    shown[10:50, 20:44] = True
    shown[28:31] = False
    above = np.arange(SIZE)[:, None, None] < 28
    seen = observed(shown, 0.7)
    low = np.where(np.arange(PIXELS)[:, None, None] < 28 * PIXELS / SIZE, 0.1, seen.low).astype(np.float32)
    seen = replace(seen, low=low, scalp=np.broadcast_to(above[..., 0], (SIZE, SIZE)).astype(np.float32))
    made = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    tone = tone_beside([View(None, seen)], made, made, "keep")
    assert tone[28:31, 24:40] == pytest.approx(0.1, abs=0.02)
    assert tone[27, 24:40].max() < -0.4
