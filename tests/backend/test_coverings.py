"""Hair, beards and hats where no portrait shows them: how far they go on, in which colour, and what is evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.head.scalp import scalp_share
from backend.imaging.sample import to_linear, to_srgb
from backend.observation.beard import continue_beard, grows, sideburns
from backend.observation.covering import (
    COVERINGS,
    Covering,
    Evidence,
    exposed_alike,
    join,
    join_evidence,
    near_skin,
    region_of,
)
from backend.observation.observe import Observation
from backend.observation.views import continue_hair, find_coverings, limit_reach, near_color, share_out
from backend.prior.hairline import Hairline, hairline
from backend.prior.linear import LinearPrior
from tests.backend import flat_head
from tests.backend.flat_head import ball, cap, chin, scene

SIZE = flat_head.ATLAS
DARK, SKIN = np.float32([0.15, 0.1, 0.08]), np.float32([0.8, 0.6, 0.5])
#: Rows of the atlas: the crown, a high forehead, the cheeks, the neck.
CROWN, FOREHEAD, CHEEKS, NECK = 4, 22, 60, 115
#: Canonical places: the chin, under it, a jaw's side, before an ear, the upper lip, a cheek, the throat, an ear.
CHIN, UNDER, JAW, EAR_SIDE = (0, -0.3, 0.62), (0, -0.4, 0.44), (0.33, -0.14, 0.33), (0.41, 0.1, 0.17)
LIP, CHEEK, THROAT, EAR = (0, -0.06, 0.68), (0.24, 0.12, 0.5), (0, -0.47, 0.29), (0.5, 0.1, 0.0)


@pytest.fixture
def hair() -> Evidence:
    """Dark hair over skin, shown from the front only."""
    shown = np.zeros((SIZE, SIZE), np.float32)
    shown[:16] = 1
    sure = np.zeros((SIZE, SIZE), np.float32)
    sure[8:90, 36:92] = 1
    return Evidence(sure, shown, np.where(shown[..., None] > 0, DARK, SKIN).astype(np.float32))


def even(color: np.ndarray) -> np.ndarray:
    return np.broadcast_to(color, (SIZE, SIZE, 3)).astype(np.float32)


def test_a_covering_may_lie_on_the_scalp_or_on_the_face():
    crown, chin_place = np.float32([[0, 0.6, 0]]), np.float32([CHIN])
    for name in COVERINGS:
        on_scalp, on_face = region_of(name, crown)[0], region_of(name, chin_place)[0]
        assert (on_scalp, on_face) == ((0, 1) if name == "facial_hair" else (1, 0)), name


def test_without_a_colour_there_is_no_hair(hair):
    assert continue_hair("hair", hair, None) is None
    assert continue_hair("headwear", hair, even(DARK)).name == "headwear"


def test_the_line_of_hair_goes_on_around_the_head(hair):
    covering = continue_hair("hair", hair, even(DARK))
    cover, back = covering.cover, [5, SIZE - 6]
    assert cover[CROWN].min() > 0.9 and cover[50, back].min() > 0.9
    assert cover[FOREHEAD:100, 40:88].max() < 0.1 and cover[NECK:].max() < 0.1
    assert covering.unseen[CROWN].min() == 1 and covering.unseen[50, 60] == 0
    fringe = hair.shown.copy()
    fringe[:20, 36:92] = 1
    longer = continue_hair("hair", replace(hair, shown=fringe), even(DARK)).cover
    assert longer[17, 50:78].min() > 0.8 > 0.1 > cover[17, 50:78].max()


def test_hair_may_reach_a_little_further_than_it_likely_does(hair):
    covering = continue_hair("hair", hair, even(DARK))
    assert (covering.reach > covering.cover - 0.05).all() and (covering.reach - covering.cover).max() > 0.5
    assert covering.reach[NECK:].max() < 0.1 and covering.reach[FOREHEAD:90, 40:88].max() < 0.1


def test_hair_beside_the_outline_covers_the_sides_of_a_bald_head(hair):
    """As of a man who is bald in front: no texel that faces the camera shows any."""
    bald, sides = replace(hair, shown=0 * hair.shown), np.zeros((SIZE, SIZE), np.float32)
    sides[16:44, 20:30] = sides[16:44, 98:108] = 1
    none, some = (continue_hair("hair", bald, even(DARK), outline).cover for outline in (0.0, sides))
    where = (slice(26, 36), [22, 26, 101, 105])
    assert some[where].min() > 0.7 and none[where].mean() < some[where].mean() - 0.3
    assert some[FOREHEAD:60, 45:83].max() < 0.1


def test_the_outline_shows_what_sticks_out_beside_it():
    seen = flat_head.view(scene(hair=cap(0.35)))
    edge = np.zeros((SIZE, SIZE), np.float32)
    edge[:, 30:34] = 0.8
    beside = replace(seen, beyond=(seen.observation.places, edge)).beside_outline(PLACES)
    assert np.allclose(
        beside[:, 30:34], 0.8 * seen.evidence("hair", PLACES).shown[:, 30:34] * scalp_share(PLACES)[:, 30:34]
    )
    assert beside.max() > 0.7 and beside[:, :28].max() == beside[:, 36:].max() == 0


def test_a_little_hair_is_a_fringe_where_it_sticks_out():
    """A shade or a drawn outline is none: what little shows is evidence, and nothing goes on from it."""
    spot = np.zeros((flat_head.PIXELS,) * 2, np.float32)
    spot[24:38, 120:134] = 1  # 196 of 16,384, a squared face height
    seen = flat_head.view(scene(hair=spot))
    for outline, goes_on in ((0.3, False), (0.9, True)):
        edge = (seen.observation.places, outline * (spot[::2, ::2] > 0).astype(np.float32))
        [hair] = find_coverings([replace(seen, beyond=edge)], PLACES)
        assert (hair.cover[CROWN, [5, SIZE - 6]].min() > 0.5) == goes_on


def test_hair_that_has_grown_ends_at_the_nape_and_painted_hair_need_not():
    seen = flat_head.view(scene(hair=cap(0.35)))
    found = find_coverings([seen], PLACES)
    for people, outline, limited in ((0.0, 0.0, False), (1.0, 0.0, True), (0.0, 1.0, True)):
        beyond = seen.observation.places, np.full((SIZE, SIZE), outline, np.float32)
        [hair] = limit_reach(found, [replace(seen, beyond=beyond)], PLACES, people)
        assert (hair.reach[NECK:].max() < 0.1) == limited
        assert limited or hair.reach.min() == 1


def test_a_hole_in_the_prior_is_no_hole_in_the_hair(hair):
    found = hairline()
    y, x = found.prior.size // 8, found.prior.size // 2
    mean = found.prior.mean.copy()
    mean[y : y + 4, x : x + 3] -= 0.08
    dented = Hairline(LinearPrior(mean, found.prior.basis, found.prior.deviation), found.grows)
    whole, made = (one.find_cover(hair.shown, 0 * hair.sure)[0] for one in (found, dented))
    assert np.abs(made - whole).max() < 0.3


def test_continued_hair_meets_the_hair_beside_it_and_no_skin(hair):
    """The picture's hair is dark on the whole; that on the head is lighter, and skin is taken for hair."""
    light, rim = 2.5 * DARK, (slice(8, 24), slice(36, 40))
    lighter = replace(hair, color=np.where(hair.shown[..., None] > 0, light, hair.color).astype(np.float32))
    found = continue_hair("hair", lighter, even(DARK)).color
    assert np.abs(found[10, [34, 93]] - light).max() < 0.25 * np.abs(light - DARK).max()
    assert np.abs(found[10, [5, 122]] - DARK).max() < 0.1 * np.abs(light - DARK).max()
    color, shown = lighter.color.copy(), hair.shown.copy()
    color[rim], shown[rim] = 0.85 * SKIN, 0.3  # a temple in shade, half of which passes for hair
    receding = continue_hair("hair", Evidence(hair.sure, shown, color), even(DARK)).color
    assert (receding[:, :34] < light + 0.02).all()


def test_hair_takes_the_colour_that_is_nearest_in_the_picture():
    """Brown on top, grey at the sides."""
    portrait, mask = np.zeros((300, 300, 3), np.float32), np.zeros((300, 300), np.float32)
    portrait[:60], portrait[60:] = (0.4, 0.25, 0.15), (0.6, 0.6, 0.6)
    mask[10:60], mask[60:150, :40], mask[60:150, 260:] = 1, 1, 1
    places = np.float32([[[150, 30], [20, 140], [290, 140], [150, 280]]])
    top, left, right, far = near_color(portrait, mask, places, 200.0)[0]
    assert np.allclose(top, portrait[0, 0], atol=0.03)
    assert np.allclose(left, 0.6, atol=0.06) and np.allclose(right, 0.6, atol=0.06)
    assert far.min() > 0.1  # nothing near: what hair usually is
    assert near_color(portrait, 0 * mask, places, 200.0) is None


def test_a_rim_of_skin_does_not_brown_black_hair():
    portrait, mask = np.full((300, 300, 3), 0.02, np.float32), np.zeros((300, 300), np.float32)
    portrait[60:80], mask[10:60], mask[60:80] = SKIN, 1, 0.6
    found = near_color(portrait, mask, np.float32([[[150, 40], [150, 80]]]), 200.0)
    assert found.max() < 0.05


def at(picture: np.ndarray, place: tuple[float, float, float], mirrored: bool = False) -> float:
    """What an atlas picture has in the direction of a canonical place."""
    way = np.array(place) * ((-1, 1, 1) if mirrored else (1, 1, 1))
    cosines = (ball(SIZE) * way).sum(-1) / (np.linalg.norm(ball(SIZE), axis=-1) * np.linalg.norm(way))
    return float(picture.ravel()[cosines.argmax()])


def near(place: tuple[float, float, float], reach: float) -> np.ndarray:
    return np.linalg.norm(ball(SIZE) - 0.6 * np.array(place) / np.linalg.norm(place), axis=-1) < reach


PLACES = ball(SIZE)
FRONT = (PLACES[..., 2] > 0.44) & (PLACES[..., 1] > -0.42)
MOUTH = near((0, -0.14, 0.66), 0.06)
BEARD = (PLACES[..., 1] < -0.08) & ~MOUTH
MOUSTACHE = near(LIP, 0.09) & ~MOUTH & (PLACES[..., 1] > -0.1)


def plain() -> Observation:
    """Of a head without anything, all of it in view."""
    return flat_head.view(scene(), front=-1.0).observation


def bearded(shown: np.ndarray, seen: np.ndarray) -> Covering | None:
    """What continues of a beard that lies on (S,S) bool of what shows."""
    color = np.where(shown[..., None], DARK, SKIN).astype(np.float32)
    evidence = Evidence(seen.astype(np.float32), (shown & seen).astype(np.float32), color)
    return continue_beard(evidence, plain(), PLACES)


def test_beards_grow_on_cheeks_and_under_the_chin_and_not_on_ears_brows_or_the_neck():
    assert (grows(np.array([CHIN, UNDER, JAW, EAR_SIDE, LIP])) > 0.9).all()
    assert (grows(np.array([THROAT, EAR, (0.2, 0.3, 0.5), (0.3, -0.2, -0.2)])) < 0.1).all()
    burns = sideburns(np.array([(0.42, 0.22, 0.17), (0.24, 0.1, 0.5), EAR]))
    assert burns[0] > 0.9 and (burns[1:] < 0.1).all()


def test_a_full_beard_goes_on_to_both_ears_and_under_the_chin():
    layer = bearded(BEARD, FRONT)
    for mirrored in (False, True):
        assert at(layer.cover, JAW, mirrored) > 0.9 and at(layer.cover, EAR_SIDE, mirrored) > 0.8
        assert at(layer.cover, EAR, mirrored) < 0.1
    assert at(layer.cover, UNDER) > 0.9 and at(layer.cover, THROAT) < 0.1
    assert np.abs(layer.color[near(UNDER, 0.1)] - DARK).max() < 0.03
    assert at(layer.unseen, JAW) > 0.9 and at(layer.unseen, CHIN) < 0.1


def test_a_moustache_stays_one_and_so_does_a_goatee():
    layer = bearded(MOUSTACHE, FRONT)
    assert at(layer.cover, LIP) > 0.9
    for place in (CHIN, UNDER, JAW, EAR_SIDE, CHEEK):
        assert at(layer.cover, place) < 0.05 and at(layer.cover, place, True) < 0.05
    layer = bearded(near(CHIN, 0.15) & ~MOUTH, FRONT)
    assert at(layer.cover, CHIN) > 0.9 and at(layer.cover, LIP) < 0.05
    assert max(at(layer.cover, place, mirrored) for place in (JAW, EAR_SIDE, CHEEK) for mirrored in (0, 1)) < 0.05


def test_a_turned_head_has_the_same_beard_on_its_other_side():
    seen, place = FRONT & (PLACES[..., 0] > -0.05), (-0.25, -0.2, 0.5)
    layer = bearded(BEARD, seen)
    assert at(layer.unseen, place) > 0.9 and at(layer.cover, place) > 0.9
    layer = bearded(MOUSTACHE, seen)
    assert at(layer.cover, (-0.06, -0.07, 0.67)) > 0.9 and at(layer.cover, place) < 0.05


def test_too_little_of_a_beard_is_none():
    assert bearded(near(CHIN, 0.015), FRONT) is None
    assert bearded(np.ones_like(BEARD), FRONT) is None  # no skin to tell it from


def test_several_portraits_join_what_they_show_of_a_covering():
    halves = [(FRONT & (sign * PLACES[..., 0] > 0)).astype(np.float32) for sign in (1, -1)]
    color = np.where(BEARD[..., None], DARK, SKIN).astype(np.float32)
    one, other = (Evidence(half, half * BEARD, color) for half in halves)
    shaven = replace(other, shown=0 * other.shown, color=even(SKIN))
    shares, place = share_out(halves), (-0.2, -0.3, 0.5)
    both = join([one, other], shares)
    assert at(both.shown, place) == at(both.shown, place, True) == 1 and both.sure.max() == 1
    assert at(continue_beard(both, plain(), PLACES).cover, JAW, True) > 0.9
    both = join([one, shaven], shares)  # the second portrait shows skin there
    assert at(both.shown, place, True) == 1 > at(both.shown, place) == 0
    assert at(continue_beard(both, plain(), PLACES).cover, place) < 0.1


def test_visible_hair_is_evidence_in_its_own_colour_and_what_is_continued_is_none(hair):
    skin = np.where(hair.shown > 0, 0, hair.sure).astype(np.float32)
    seen = replace(plain(), unlit=even(SKIN), confidence=skin)
    covering = continue_hair("hair", hair, even(2 * DARK))
    color, confidence = join_evidence(seen, [covering])
    assert np.array_equal(confidence, hair.sure)  # nothing around the head, where hair goes on
    assert covering.cover[CROWN].min() > 0.9 and confidence[CROWN].max() == 0
    assert np.abs(color[10, 40:88] - DARK).max() < 1e-3 and np.abs(color[50, 40:88] - SKIN).max() < 1e-3
    dyed = replace(covering, color=even(SKIN))  # what goes on beside it tells nothing of it
    assert np.abs(join_evidence(seen, [dyed])[0][10, 40:88] - DARK).max() < 1e-3
    half = replace(covering, evidence=replace(hair, shown=0.5 * hair.shown))
    assert join_evidence(seen, [half])[1][10, 60] == pytest.approx(0.5)


def test_headwear_is_no_evidence_and_neither_is_nothing(hair):
    seen = replace(plain(), unlit=even(SKIN), confidence=hair.sure * (hair.shown == 0))
    for coverings in ((), [continue_hair("headwear", hair, even(DARK))]):
        color, confidence = join_evidence(seen, coverings)
        assert np.array_equal(confidence, seen.confidence) and np.allclose(color, SKIN, atol=1e-6)


def test_skin_that_shows_is_never_less_evidence_for_the_hair_on_it():
    """Thin hair: both count, together no more than wholly."""
    thin = Evidence(np.ones((SIZE, SIZE), np.float32), np.full((SIZE, SIZE), 0.5, np.float32), even(DARK))
    seen = replace(plain(), unlit=even(SKIN), confidence=np.full((SIZE, SIZE), 0.6, np.float32))
    color, confidence = join_evidence(seen, [Covering("facial_hair", thin, thin.shown, thin.color, thin.shown)])
    assert np.allclose(confidence, 0.8) and np.allclose(color, (0.6 * SKIN + 0.2 * DARK) / 0.8, atol=1e-5)


def test_a_head_without_anything_has_no_coverings():
    assert find_coverings([flat_head.view(scene())], PLACES) == ()


def test_each_covering_is_found_in_its_own_colour_whatever_the_exposure():
    of = scene(light=0.5, slant=0.0, hair=cap(0.45), facial_hair=chin())
    beard, hair = find_coverings([flat_head.view(of)], PLACES)
    assert (beard.name, hair.name) == ("facial_hair", "hair")
    for covering, color in ((beard, flat_head.BEARD), (hair, flat_head.HAIR)):
        whole = (covering.evidence.shown > 0.99) & (covering.evidence.sure > 0.99)
        assert whole.sum() > 100
        assert np.abs(covering.evidence.color - color)[whole].max() < 0.02
        assert np.abs(covering.color - color)[covering.cover > 0.9].mean() < 0.05
    assert exposed_alike(np.full((1, 3), 0.5), flat_head.view(of).observation) == pytest.approx(
        to_srgb(to_linear(np.full((1, 3), 0.5)) / 0.5), abs=1e-3
    )


def turned(of: flat_head.Scene, sign: int) -> flat_head.View:
    """The portrait of one half of the head alone."""
    view = flat_head.view(of, front=-1.0)
    half = (sign * PLACES[..., 0] > 0).astype(np.float32)
    return replace(view, visible=half, observation=replace(view.observation, confidence=half))


def test_what_only_a_further_portrait_shows_is_found_too():
    """The first one shows the bald half of a head that has hair on the other."""
    places = ball(flat_head.PIXELS)
    half = cap(0.3) * (places[..., 0] < 0)
    first, other = turned(scene(), 1), turned(scene(hair=half.astype(np.float32)), -1)
    assert find_coverings([first], PLACES) == ()
    [hair] = find_coverings([first, other], PLACES)
    crown = scalp_share(PLACES) > 0.99
    left, right = crown & (PLACES[..., 0] < -0.1) & (PLACES[..., 1] > 0.35), crown & (PLACES[..., 0] > 0.1)
    assert hair.evidence.shown[left].min() > 0.9 and hair.evidence.shown[right].max() < 0.1
    assert hair.evidence.sure[left].min() > 0.9 and np.abs(hair.color - flat_head.HAIR)[left].max() < 0.1


def test_below_a_hat_another_portraits_hair_goes_on():
    """What a hat hides nobody looked at: that is no bald head."""
    hatted = flat_head.view(scene(headwear=cap(0.3)))
    haired = flat_head.view(scene(hair=cap(0.3)))
    alone = {one.name for one in find_coverings([hatted], PLACES)}
    both = {one.name: one for one in find_coverings([hatted, haired], PLACES)}
    assert alone == {"headwear"} and set(both) == {"hair", "headwear"}
    top = (PLACES[..., 1] > 0.4) & (scalp_share(PLACES) > 0.99)
    assert both["hair"].cover[top].min() > 0.8
    shown = top & (PLACES[..., 2] > flat_head.FRONT + 0.05)
    assert shown.sum() > 50 and both["hair"].evidence.shown[shown].min() > 0.9
    assert both["headwear"].evidence.shown[shown].min() > 0.9  # the first one leads


def test_the_skin_near_a_place_is_what_shows_around_it_and_unknown_where_nothing_does(hair):
    seen = replace(plain(), confidence=hair.sure)
    across = np.linspace(0, 1, SIZE, dtype=np.float32)[None, :, None] * np.float32([0.2, 0.1, 0.1])
    skin = near_skin(replace(seen, unlit=SKIN - across + np.zeros((SIZE, 1, 1), np.float32)))
    assert skin[50, 40, 0] > skin[50, 88, 0] + 0.05 and np.abs(skin[-1, 0] - SKIN + 0.1).max() < 0.1
    assert near_skin(replace(seen, confidence=0 * seen.confidence)) is None
