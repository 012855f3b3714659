"""What the portrait shows of a surface: not what lies behind, beside the picture, or edge on."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from backend.compose.photographed import full
from backend.head.visibility import BEHIND, CLEAR, HAIR, LIDS, SKIN, depth_view, grazing_confidence

NEAR, FAR = 1.0, 2.0


@pytest.fixture(scope="module")
def view():
    """A portrait of 200 x 200 pixels: a small sheet before the left half of a large one."""

    def sheet(left: float, right: float) -> np.ndarray:
        a, b, c, d = (left, 20.0), (right, 20.0), (right, 180.0), (left, 180.0)
        return np.array([[a, b, c], [a, c, d]])

    corners = np.concatenate([sheet(20, 180), sheet(20, 100)])
    depth = np.repeat([[FAR] * 3, [NEAR] * 3], 2, axis=0)
    return depth_view(corners, depth, (200, 200), 1.0)


def test_what_lies_behind_is_not_seen(view):
    left, right = (60.0, 100.0), (150.0, 100.0)
    seen = view.visible(np.array([left, left, right]), np.array([NEAR, FAR, FAR]))
    assert seen.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("edge", "towards", "depth", "limits"),
    [(100.0, 1, FAR, BEHIND), (100.0, -1, NEAR, CLEAR), (180.0, -1, FAR, CLEAR)],
    ids=["hidden beside it", "what hides it", "the outline"],
)
def test_beside_an_occlusion_edge_confidence_falls_to_nothing(view, edge, towards, depth, limits):
    away = np.array([0.5, limits[0], sum(limits) / 2, limits[1] + 3]) / view.scale
    pixels = np.stack([edge + towards * away, np.full(4, 100.0)], 1)
    seen = view.visible(pixels, np.full(4, depth))
    assert seen[0] == 0 and (np.diff(seen) >= 0).all() and 0.2 < seen[2] < 0.8 and seen[3] == 1


def test_what_hides_more_than_the_registration_knows_of_is_not_painted_on_what_it_hides(view):
    """A portrait whose nose, the small sheet, reaches 15 pixels of the buffer further than the head's own."""
    picture = np.where(np.arange(200) < 100 + 15 / view.scale, 1.0, 0.0)
    right = np.linspace(100, 130, 200)
    seen = view.visible(np.stack([right, np.full(200, 100.0)], 1), np.full(200, FAR))
    assert (full(seen) * np.interp(right, np.arange(200) + 0.5, picture)).max() < 0.1


def test_the_less_an_edge_hides_by_the_less_is_kept_clear_behind_it():
    """A nostril's edge from the front, which the landmarks hold, and a nose's from the side."""
    corners = np.array([[(20.0, 20.0), (180.0, 20.0), (180.0, 180.0)]] * 2)
    corners[1, 1:, 0] = 100.0
    pixels = np.stack([100 + np.linspace(1, 8, 50), np.full(50, 40.0)], 1)
    seen = [
        depth_view(corners, np.array([[FAR] * 3, [FAR - deep] * 3]), (200, 200), 1.0).visible(pixels, np.full(50, FAR))
        for deep in (0.03, 0.06, 0.12)
    ]
    assert seen[0].mean() > seen[1].mean() + 0.1 > seen[2].mean() + 0.2


def test_nothing_is_seen_outside_the_portrait(view):
    assert view.visible(np.array([[-5.0, 100], [100, 230]]), np.array([FAR, FAR])).tolist() == [0, 0]


@pytest.mark.parametrize(("hair", "limits"), [(0.0, SKIN), (1.0, HAIR)])
def test_what_is_seen_edge_on_is_not_trusted(hair, limits):
    assert np.allclose(grazing_confidence(np.array([-1.0, *limits, 1.0]), hair), [0, 0, 1, 1], atol=1e-6)
    assert 0.3 < grazing_confidence(np.array([sum(limits) / 2]), hair)[0] < 0.7


def test_skin_seen_at_sixty_degrees_is_not_wholly_the_portraits():
    """Composition takes a texel wholly where confidence is 0.75; hair's strands may lie flat."""
    sixty = np.array([np.cos(np.radians(60))])
    assert full(grazing_confidence(sixty))[0] < 0.7 and full(grazing_confidence(np.array([0.75])))[0] > 0.99
    assert full(grazing_confidence(sixty, np.ones(1)))[0] > 0.99


def test_lips_are_seen_up_to_an_open_mouth():
    """A hole in a wall, as the warp opens the head's mouth: what is beside it is sure to be lip where that is told."""
    sheets = [((20, 20), (180, 20), (180, 180), (20, 180)), ((60, 80), (140, 80), (140, 120), (60, 120))]
    corners = np.array(
        [[a, b, c] for sheet in sheets for a, b, c in (sheet[:3], (sheet[0], sheet[2], sheet[3]))], float
    )
    depth = np.repeat([[FAR] * 3, [NEAR] * 3], 2, axis=0)
    lip = np.array([[100.0, 79.6]])
    told = depth_view(corners, depth, (200, 200), 1.0, np.array(sheets[1], float))
    assert told.visible(lip, np.array([FAR])) == 1
    assert depth_view(corners, depth, (200, 200), 1.0).visible(lip, np.array([FAR])) == 0


def test_a_fold_that_hides_a_little_has_an_even_border():
    """Two sheets nearer to each other than an occlusion edge asks for, the front one's border a slant: along it one
    pixel hides and the next does not, as above an eyelid."""
    low, high = (20.0, 20.0), (180.0, 180.0)
    behind = [[low, (180.0, 20.0), high], [low, high, (20.0, 180.0)]]
    before = [[low, (80.0, 20.0), (120.0, 180.0)], [low, (120.0, 180.0), (20.0, 180.0)]]
    depth = np.repeat([[FAR], [FAR - 0.016]], 2, axis=0).repeat(3, 1)
    view = depth_view(np.array(behind + before), depth, (200, 200), 1.0)
    down = np.linspace(60, 140, 400)
    seen = {
        away: view.visible(np.stack([80 + (down - 20) / 4 + away / view.scale, down], 1), np.full(400, FAR))
        for away in (-6, -1, 0, 1, 6)
    }
    assert (seen[-6] == 0).all() and (seen[6] == 1).all()
    assert 0.05 < seen[-1].mean() < seen[0].mean() < seen[1].mean() < 0.95
    assert all(np.ptp(along) < 0.25 for along in seen.values())


@pytest.fixture(scope="module")
def sockets():
    """A wall with two holes (left, top, right, bottom), as a head without eyeballs has them: its corners, the holes."""
    holes = [(50.0, 70.0, 80.0, 90.0), (120.0, 70.0, 150.0, 90.0)]
    xs, ys = (sorted({0.0, 200.0, *(edge for hole in holes for edge in hole[k::2])}) for k in (0, 1))
    corners = []
    for (left, right), (top, bottom) in product(pairwise(xs), pairwise(ys)):
        if (left, top, right, bottom) not in holes:
            a, b, c, d = (left, top), (right, top), (right, bottom), (left, bottom)
            corners += [[a, b, c], [a, c, d]]
    return np.array(corners), holes


def seen_above(sockets, raised: float) -> tuple[np.ndarray, np.ndarray]:
    """What is seen above the hole that is an eye and above the other one: before LIDS, beyond LIDS and beyond CLEAR.

    Args:
        raised: buffer pixels by which the portrait's upper lid lies above the hole.
    """
    corners, holes = sockets
    depth, scale = (
        np.full((len(corners), 3), FAR),
        depth_view(corners, np.full((len(corners), 3), FAR), (200, 200), 1.0).scale,
    )
    left, top, right, bottom = holes[0]
    top -= raised / scale
    eye = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    view = depth_view(corners, depth, (200, 200), 1.0, eyes=[eye])
    above = np.array([LIDS[0] - 0.5, LIDS[1] + 1, CLEAR[1] + 3]) / scale
    lids, others = (
        view.visible(np.stack([np.full(3, (hole[0] + hole[2]) / 2), hole[1] - above], 1), np.full(3, FAR))
        for hole in holes
    )
    return lids, others


def test_lids_are_seen_nearer_to_an_eyes_opening_than_skin_to_other_edges(sockets):
    lids, others = seen_above(sockets, 0)
    assert lids[0] < 0.5 and lids[1] == lids[2] == 1
    assert others[0] == 0 and 0 < others[1] < 0.6 and others[2] == 1


def test_no_lid_gets_the_eyeball_beside_a_socket(sockets):
    """The portrait's eye opens wider than the head's."""
    lids, others = seen_above(sockets, 6)
    assert lids.tolist() == others.tolist()
