"""What portraits give texels: their own pixels where they show them, else the other side's detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from backend.compose.colouring import Coloured, Colouring
from backend.compose.photographed import Places, find, find_shown, look_up, tone_beside
from backend.compose.texels import Texels
from backend.head.atlas import to_atlas
from backend.head.lids import Lids
from backend.head.mesh import HeadMesh
from backend.imaging.sample import Wrapped
from backend.job import Prepared
from backend.layers.flatten import flatten
from backend.observation.covering import COVERINGS
from backend.observation.further import Further
from backend.observation.observe import Observation
from backend.observation.views import View, fuse, share_out
from backend.prior.light import Light
from backend.surface.find import Details

SIZE = 64
#: A portrait of 100 x 100 pixels that shows the atlas's right half, one pixel a hundredth of the atlas.
PIXELS = 100
#: No light is taken out of a portrait and none is put back.
AS_IT_IS = {False: None, True: None}


def observed(shown: np.ndarray, colour: float, detail: float = 0.0) -> Observation:
    """An observation of (SIZE,SIZE) bool shown, of one colour, with detail in its pixels that low has not."""
    grid = (np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), -1) + 0.5) / SIZE * PIXELS
    low = np.full((PIXELS, PIXELS, 3), colour, np.float32)
    shade = np.ones((SIZE, SIZE), np.float32)
    return Observation(
        low + np.float32(detail),
        low,
        np.ones((PIXELS, PIXELS), np.float32),
        Light(np.eye(9)[0], np.eye(3)),
        grid.astype(np.float32),
        shown.astype(np.float32),
        np.full((SIZE, SIZE, 3), colour, np.float32) * shown[..., None],
        shade,
        shade > 0,
    )


def view_of(seen: Observation, registration: object = None, **masks: np.ndarray) -> View:
    """A portrait of somebody who fills it. masks: (H,W) 0..1 of COVERINGS, none where they are not given."""
    nothing, whole = np.zeros_like(seen.mask), np.ones_like(seen.mask)
    return View(
        registration or SimpleNamespace(face_height=50.0),
        seen,
        seen.portrait,
        whole,
        {name: masks.get(name, nothing) for name in (*COVERINGS, "glasses")},
        seen.confidence,
        (seen.places, 0 * seen.confidence),
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
        lids=Lids(np.zeros(2, bool), np.zeros(2, bool), np.zeros((468, 2))),
        normals=np.tile(np.float32([0, 0, 1]), (vertices, 1)),
    )


def job_of(view: View, canonical: np.ndarray, inside: np.ndarray | None = None, coverings: tuple = ()) -> Prepared:
    """A job with one portrait of (N,3) vertices."""
    match = SimpleNamespace(registration=view.registration, canonical=canonical)
    inside = np.zeros(len(canonical), np.float32) if inside is None else inside
    return Prepared(match, (view,), coverings, (None, None), inside, "photo", Further(), [], [])


def test_further_portraits_are_evidence_where_the_first_shows_nothing(right):
    first, other = observed(right, 0.6), observed(right[:, ::-1], 0.5)
    fused = fuse(first, [view_of(other)])
    assert fused.confidence[right].min() > 0.99 and fused.confidence[right[:, ::-1]].min() > 0.9
    assert np.allclose(fused.unlit[right], 0.6) and np.allclose(fused.unlit[right[:, ::-1]], 0.5)
    assert fused.places is first.places and fuse(first, []) is first


def test_shares_are_never_more_than_one_and_the_first_has_its_own():
    random = np.random.default_rng(0)
    confidences = list(random.random((3, 1000)))
    shares = share_out(confidences)
    assert np.allclose(shares[0], confidences[0]) and (sum(shares) <= 1 + 1e-6).all()
    decided = share_out([np.zeros(1), np.ones(1), np.full(1, 0.5)])
    assert decided[1] > 0.9


#: A place in front, right of the middle, and its mirror image.
BOTH = np.float32([[0.25, 0.1, 0.4], [-0.25, 0.1, 0.4]])


def places(points: np.ndarray = BOTH, free: float = 1.0) -> Places:
    normals, count = np.tile(np.float32([0, 0, 1]), (len(points), 1)), len(points)
    return Places(
        points, normals, points, to_atlas(points), np.ones(count, np.float32), np.full(count, free, np.float32)
    )


def test_the_other_side_gives_its_detail_and_no_more(right):
    atlas = places().atlas
    assert right[tuple((atlas[0, ::-1] * SIZE).astype(int))] and atlas[0, 0] > 0.5 > atlas[1, 0]
    view = view_of(observed(right, 0.5, detail=0.2), registered(2))
    found = look_up([view], [find_shown(view)], [AS_IT_IS], places())
    assert found.share.tolist() == found.skin.tolist() == [1, 0] and found.mirrored.tolist() == [0, 1]
    assert np.allclose(found.low, [[0.5] * 3, [0.0] * 3])
    assert np.allclose(found.high, [[0.2] * 3, [0.0] * 3], atol=1e-6)
    assert np.allclose(found.mirrored_high, [[0.0] * 3, [0.2] * 3], atol=1e-6)
    nothing = look_up([view], [find_shown(view)], [AS_IT_IS], places(free=0.0))
    assert nothing.share.max() == nothing.mirrored.max() == 0


def test_light_is_taken_out_of_both_bands_and_stays_in_what_is_lit(right):
    view = view_of(observed(right, 0.5, detail=0.1), registered(2))
    root = np.full((SIZE, SIZE, 3), 0.8, np.float32)
    found = look_up([view], [find_shown(view)], [{False: Wrapped.of(root), True: None}], places())
    assert np.allclose(found.low[0], (0.5 + 0.055) * 0.8 - 0.055) and np.allclose(found.high[0], 0.08, atol=1e-6)
    assert np.allclose(found.mirrored_high[1], 0.08, atol=1e-6)
    assert np.allclose(found.bare[0], (0.6 + 0.055) * 0.8 - 0.055) and np.allclose(found.lit[0], 0.6)


def test_what_covers_the_skin_has_the_share_that_the_skin_leaves_where_it_may_lie(right):
    seen = observed(np.ones((SIZE, SIZE), bool), 0.5)
    third = np.full((PIXELS, PIXELS), 1 / 3, np.float32)
    seen = replace(seen, mask=third)
    view = view_of(seen, registered(2), hair=3 * third, facial_hair=third)
    face, crown = np.float32([[0.25, 0.1, 0.4], [0.2, 0.6, 0.1]])
    one = find(view, find_shown(view), places(np.stack([face, crown])))
    assert one.covers["hair"][0] == 0 < one.covers["hair"][1] and one.covers["facial_hair"][1] == 0
    assert one.whole[1] == pytest.approx(1) and 0.1 < one.visible_skin[1] < 0.5
    assert (one.visible_skin + sum(one.covers.values()) <= one.whole + 1e-6).all()
    hatted = view_of(seen, registered(2), hair=third, headwear=third)
    covers = find(hatted, find_shown(hatted), places(crown[None])).covers
    assert covers["hair"] == covers["headwear"] > 0.1


def test_pixels_that_are_neither_skin_nor_cover_give_the_face_nothing(right):
    """Between the lips, say. On the scalp what is surely the person's is given as it is."""
    seen = replace(observed(np.ones((SIZE, SIZE), bool), 0.5), mask=np.zeros((PIXELS, PIXELS), np.float32))
    view = view_of(seen, registered(2))
    face, crown = np.float32([[0.25, 0.1, 0.4], [0.2, 0.6, 0.1]])
    assert find(view, find_shown(view), places(np.stack([face, crown]))).whole.tolist() == [0, 1]


def test_the_folds_of_a_smile_are_a_gain_on_visible_skin_alone(right):
    seen = observed(np.ones((SIZE, SIZE), bool), 0.5)
    view = replace(view_of(seen, registered(2)), folds=np.full((PIXELS, PIXELS, 3), 0.7, np.float32))
    assert np.allclose(look_up([view], [find_shown(view)], [AS_IT_IS], places()).folds, [[0.7] * 3, [1] * 3])
    hidden = replace(seen, mask=np.zeros((PIXELS, PIXELS), np.float32))
    bearded = replace(view, observation=hidden, masks=view_of(seen, facial_hair=seen.mask).masks)
    found = look_up([bearded], [find_shown(bearded)], [AS_IT_IS], places())
    assert found.covers["facial_hair"][0] == 1 and np.allclose(found.folds, 1)


def test_deep_shade_says_nothing_of_the_skin_and_is_shown_all_the_same(right):
    """As lit the texel is the portrait's; unlit it is what was generated."""
    seen = replace(observed(right, 0.1), light=Light(0.35 * np.eye(9)[0], np.eye(3)))
    view = view_of(seen, registered(2))
    found = look_up([view], [find_shown(view)], [AS_IT_IS], places())
    assert found.share[0] == 1 and found.skin[0] < 0.1 and np.allclose(found.lit[0], 0.1)


def composed(points: np.ndarray, inside: np.ndarray, made: np.ndarray, seen: Observation | None = None) -> Coloured:
    """The middles of n triangles (3n,3), canonical; nothing of them is in the portrait where it is not said."""
    count = len(points) // 3
    mesh = HeadMesh(
        points, np.arange(3 * count, dtype=np.int32).reshape(-1, 3), np.zeros((count, 3, 2), np.float32), ""
    )
    registration = registered(3 * count, float(seen is not None))
    view = view_of(seen or observed(np.zeros((SIZE, SIZE), bool), 0.5), registration)
    drawn = np.ones((1, count), bool)
    texels = Texels(drawn, drawn, np.arange(count), np.full((count, 3), 1 / 3, np.float32))
    job = job_of(view, points, inside)
    job.match.mesh = mesh
    return Colouring(job, mesh, made, False, Details()).colour(texels)


def picture(painted: Coloured, opacities: Mapping[str, float] | None = None) -> np.ndarray:
    """(n,3) of all layers."""
    return flatten(painted.layers, opacities or {}).T


CORNER = np.float32([[-0.05, -0.1, 0.4], [0.05, -0.1, 0.4], [0.0, 0.0, 0.4]])


def test_the_mouths_inside_is_composed_dark():
    """Two triangles at one place of the completion, on the shell and deep behind it: only the deep one is dark."""
    made = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    deep = np.float32([0, 0, 0, 0.25, 0.25, 0.25])
    skin, throat = picture(composed(np.concatenate([CORNER, CORNER]), deep, made))
    assert np.allclose(skin, 0.6, atol=0.05) and throat.max() < 0.15


def test_shoulders_have_the_skins_tone_and_no_streaks():
    """The atlas's last rows are striped: a bust below them is not, nor dark where it is hollow."""
    made = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    made[-2:, ::2] = 0.1
    across = np.float32([[x, -0.9, 0.3] for x in np.linspace(-0.6, 0.6, 12)])
    points = np.concatenate([place + CORNER - CORNER.mean(0) for place in across]).astype(np.float32)
    for depth in (0.0, 0.3):
        chest = picture(composed(points, np.full(len(points), depth, np.float32), made))
        assert np.abs(chest - 0.6).max() < 0.05


def test_texels_are_the_portraits_then_the_others_sides_then_made_up(right):
    """Of one triangle in the portrait, its mirror image, and one that nothing shows: colours and provenance."""
    here = BOTH[:1] + 0.05 * (CORNER - CORNER.mean(0))
    points = np.concatenate([here, here * np.float32([-1, 1, 1]), CORNER])
    made = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    plain, found = (composed(points, np.zeros(9, np.float32), made, observed(right, 0.5, one)) for one in (0.0, 0.2))
    assert np.allclose(found.provenance, np.eye(3), atol=0.01)
    assert np.allclose(picture(found)[0], 0.7, atol=0.01)  # the portrait's own pixel
    apart = picture(found, {"light": 0.0}) - picture(plain, {"light": 0.0})
    assert apart[0, 0] == pytest.approx(apart[1, 0], abs=0.01) and 0.15 < apart[0, 0] < 0.3 and abs(apart[2, 0]) < 0.01
    assert found.layers["detail"].T == pytest.approx(apart, abs=0.01)


def test_generated_skin_takes_the_tone_of_the_visible_skin_beside_it_and_less_further_away():
    """Between two places that show lies a strip that nothing shows."""
    shown = np.zeros((SIZE, SIZE), bool)
    shown[10:50, 20:44] = True
    shown[28:31] = False
    made = np.full((SIZE, SIZE, 3), 0.6, np.float32)
    view = view_of(observed(shown, 0.7))
    view.gains[False] = made, np.ones((SIZE, SIZE, 3), np.float32)
    tone = tone_beside([view], made)
    assert tone[28:31, 24:40] == pytest.approx(0.1, abs=0.02)
    assert np.abs(tone[60:, :6]).max() < 0.03
