"""The layers of a small job: what each holds, and what the texture is without it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from backend.compose.canvas import fade
from backend.compose.compose import Composition, Finish, compose
from backend.imaging.sample import LUMINANCE
from backend.job import Prepared
from backend.layers.flatten import LAYERS, OPACITIES, Blend, flatten
from backend.observation.relight import relit, rooted
from backend.prior.hairline import hairline
from backend.surface.find import Details
from backend.surface.skin import SkinDetail
from tests.backend.flat_head import (
    ATLAS,
    BEARD,
    FRONT,
    HAIR,
    HAT,
    SKIN,
    TEXELS,
    Scene,
    ball,
    cap,
    chin,
    job,
    on_texture,
    scene,
    view,
)

#: What the portrait shows above the neck, and what it does not.
PLACES = ball(TEXELS)
SHOWN = (PLACES[..., 2] > FRONT + 0.05) & (PLACES[..., 1] > -0.4)
HIDDEN = PLACES[..., 2] < FRONT - 0.05


def inner(mask: np.ndarray, texels: int = 5) -> np.ndarray:
    return cv2.erode(np.asarray(mask, np.uint8), np.ones((2 * texels + 1,) * 2)) > 0


def completion(of: Scene, prepared: Prepared, hidden: np.ndarray = HAIR) -> np.ndarray:
    """(ATLAS,ATLAS,3) what networks might make: the scene without light where the portrait shows it; else plain skin,
    and on it hair of a colour and the same beard, as far as they go on."""
    made = np.broadcast_to(SKIN, (ATLAS, ATLAS, 3))
    for name, color in (("facial_hair", BEARD), ("hair", hidden)):
        covering = prepared.covering(name)
        if covering is not None:
            made = made + covering.cover[..., None] * (color - made)
    shown = cv2.GaussianBlur(on_texture(of.unlit("facial_hair", "hair"), ATLAS), (0, 0), 0.7)
    return np.where(ball(ATLAS)[..., 2:] > FRONT, shown, made).clip(0, 1).astype(np.float32)


def made(prepared: Prepared, generated: np.ndarray, details: Details | None = None, **opacities: float) -> Composition:
    finish = Finish(TEXELS, {**OPACITIES, **opacities}, details or Details(), layers=True)
    return compose(prepared, prepared.mesh, generated, finish)


@pytest.fixture(scope="module")
def haired() -> tuple[Scene, Prepared, np.ndarray]:
    """A head with a cap of hair above a forehead."""
    of = scene(hair=cap(0.35))
    prepared = job(of)
    return of, prepared, completion(of, prepared)


def flat(composition: Composition, opacities: dict[str, float] | None = None) -> np.ndarray:
    planes = {name: values.reshape(len(values), -1) for name, values in composition.layers.items()}
    return flatten(planes, opacities or OPACITIES).T.reshape(composition.texture.shape)


def test_the_layers_as_bytes_flatten_to_the_texture(haired):
    _, prepared, generated = haired
    for opacities in ({}, {"hair": 0.0, "light": 0.5}):
        composition = made(prepared, generated, **opacities)
        assert set(composition.layers) == set(LAYERS)
        assert all(planes.dtype == np.uint8 for planes in composition.layers.values())
        apart = np.abs(flat(composition, {**OPACITIES, **opacities}) - composition.texture)
        assert apart.max() < 2 / 255


def test_what_the_portrait_shows_comes_back_exactly_with_its_light(haired):
    of, prepared, generated = haired
    texture, wanted = made(prepared, generated).texture, on_texture(of.portrait)
    hair = on_texture(of.covers["hair"])
    for where, off in ((SHOWN & inner(hair > 0.99), 0.05), (SHOWN & inner(hair < 0.01), 0.01)):  # hair has skin's light
        assert where.sum() > 300 and np.abs(texture - wanted)[where].max() < off
    assert np.abs(texture - wanted)[inner(SHOWN, 8)].mean() < 0.006  # the border of the two, too


def test_without_its_light_skin_is_as_unlit_as_it_is(haired):
    of, prepared, generated = haired
    unlit, skin = made(prepared, generated, light=0.0).texture, on_texture(of.skin)
    shown = inner(SHOWN & (on_texture(of.covers["hair"]) < 0.01), 3)
    assert np.abs(unlit - skin)[shown].mean() < 0.01
    lit = made(prepared, generated).texture
    assert np.abs(lit - skin)[shown].mean() > 0.04
    halfway = made(prepared, generated, light=0.5).texture
    assert np.allclose(halfway, (lit + unlit) / 2, atol=1e-3)


def test_what_skin_mirrors_is_in_the_lights_layer(haired):
    """The picture is a little paler than what is evidence of the skin."""
    of, _, generated = haired
    prepared = job(of, first=replace(view(of), picture=of.portrait + 0.04))
    where = SHOWN & inner(on_texture(of.covers["hair"]) < 0.01)
    lit, unlit = (made(prepared, generated, light=light).texture for light in (1.0, 0.0))
    assert np.abs(lit - on_texture(of.portrait) - 0.04)[where].max() < 0.01
    assert np.abs(unlit[where].mean(0) - SKIN).max() < 0.05


def test_what_is_dark_without_its_light_comes_back_as_light_as_it_was(haired):
    """As brows do, which mirror more than they have of their own: a gain of the light's layer ends at 2."""
    of, _, generated = haired
    seen, spot = view(of), ((ball(len(of.light)) - (0.2, -0.1, 0.5)) ** 2).sum(-1) < 0.1**2
    dark = np.where(spot, 0.2, 1.0)[..., None].astype(np.float32)
    observation = replace(seen.observation, portrait=dark * seen.observation.portrait, low=dark * seen.observation.low)
    composition = made(job(of, first=replace(seen, observation=observation)), generated)
    where = SHOWN & inner(on_texture(spot.astype(np.float32)) > 0.99, 1)
    assert where.sum() > 50 and (composition.layers["light"].max(0) > 250)[where].all()
    assert np.abs(composition.texture - on_texture(of.portrait))[where].max() < 0.01
    assert np.abs(flat(composition) - composition.texture).max() < 3 / 255


def test_what_hair_looks_like_is_no_light_on_the_skin_below_it(haired):
    """A bare scalp below visible dark hair is lit as the skin beside it: no dark patch, no bright one."""
    of, prepared, generated = haired
    lit, unlit = (made(prepared, generated, hair=0.0, light=light).texture for light in (1.0, 0.0))
    where = SHOWN & inner(on_texture(of.covers["hair"]) > 0.99)
    assert where.sum() > 300
    assert np.abs(lit - relit(unlit, rooted(on_texture(of.light)[..., None])))[where].max() < 0.08


def test_the_light_goes_on_over_what_no_portrait_shows(haired):
    """As the picture's exposure, far from it; hair and skin have the same there."""
    _, prepared, generated = haired
    lit, unlit = (made(prepared, generated, light=light).texture for light in (1.0, 0.0))
    back = inner(PLACES[..., 2] < -0.3)
    wanted = relit(unlit, rooted(prepared.observation.exposure))
    assert back.sum() > 500 and np.ptp(unlit[back]) > 0.5 and np.abs(lit - wanted)[back].max() < 0.035
    assert np.abs(lit - unlit)[back].mean() > 0.02


def test_without_hair_the_scalp_is_skin(haired):
    """Also where no portrait shows it, and no shade of it is left below its line."""
    _, prepared, generated = haired
    bald = made(prepared, generated, hair=0.0, light=0.0).texture
    apart = np.abs(cv2.GaussianBlur(bald, (0, 0), 1.5) - SKIN).max(-1)
    assert apart[PLACES[..., 1] > -0.5].max() < 0.1
    haired_texture = made(prepared, generated, light=0.0).texture
    [cover] = [one.cover for one in prepared.coverings]
    for where in (SHOWN, HIDDEN):
        assert np.abs(haired_texture - HAIR)[inner(where & (cover > 0.99))].max() < 0.1


def test_what_is_completed_beyond_the_reach_of_hair_is_skin(haired):
    """Painted skins have dark napes, and their prior paints them."""
    _, prepared, _ = haired
    [hair] = prepared.coverings
    grows = cv2.resize(hairline().grows, (ATLAS, ATLAS), interpolation=cv2.INTER_LINEAR)
    dark = np.where(grows[..., None] > 0, HAIR, completion(scene(), prepared))
    nape = inner(HIDDEN & (hair.cover < 0.01) & (grows > 0.99), 1)
    assert nape.sum() > 100
    for reach, color in ((hair.cover, SKIN), (np.ones_like(hair.cover), HAIR)):
        limited = replace(prepared, coverings=(replace(hair, reach=reach),))
        assert np.abs(made(limited, dark, light=0.0).texture - color)[nape].mean() < 0.1


def test_no_edge_of_the_scalp_is_left_on_skin_in_another_tone(haired):
    """What is completed beside the scalp is darker than the skin that shows."""
    _, prepared, _ = haired
    [hair] = prepared.coverings
    generated = np.broadcast_to(0.8 * SKIN, (ATLAS, ATLAS, 3)).astype(np.float32)
    bald = made(prepared, generated, hair=0.0, light=0.0).texture
    grows = cv2.resize(hairline().grows, (TEXELS, TEXELS), interpolation=cv2.INTER_LINEAR)
    below = cv2.GaussianBlur(hair.cover, (0, 0), 0.05 * ATLAS) < 0.05
    edge = inner(HIDDEN, 2) & below & (cv2.morphologyEx(grows, cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0.3)
    steps = np.abs(np.gradient(bald.mean(-1))[0]) + np.abs(np.gradient(bald.mean(-1))[1])
    assert edge.sum() > 50 and steps[edge].mean() < 0.015


def test_over_bare_skin_hair_is_as_light_as_it_was_completed_but_no_lighter_than_what_shows(haired):
    of, prepared, _ = haired
    [hair] = prepared.coverings
    cover, random = hair.cover, np.random.default_rng(0)
    whole = inner(HIDDEN & (cover > 0.99))
    assert whole.sum() > 500
    shades = random.uniform(0.4, 2.5, (*cover.shape, 1)).astype(np.float32)  # its middle 80 %: 0.61 to 2.29
    evidence = replace(hair.evidence, color=hair.evidence.color * shades)
    shaded = replace(prepared, coverings=(replace(hair, evidence=evidence),))
    for color in (HAIR, np.float32([0.15, 0.15, 0.25]), np.float32([0.5, 0.3, 0.2])):
        generated = completion(of, prepared, color)
        texture = made(shaded, generated, light=0.0).texture
        assert np.abs((texture - color) @ LUMINANCE)[whole].max() < 0.075  # the lightest is a little skin
        middle = np.median(texture[whole], axis=0)
        assert middle[0] > middle[1] > middle[2]  # brown, as what shows; one completion is blue
        bare = made(prepared, generated, light=0.0, hair=0.0).texture
        assert np.abs(bare - SKIN)[whole].max() < 0.06
    skin = made(shaded, completion(of, prepared, SKIN), light=0.0).texture  # networks that know of no hair there
    assert np.abs(skin - HAIR)[whole].max() < 0.05
    white, black = (
        made(prepared, completion(of, prepared, np.float32([shade] * 3)), light=0.0).texture for shade in (0.7, 0.02)
    )
    assert np.abs((white - HAIR) @ LUMINANCE)[whole].max() < 0.08  # none that is white shows
    assert (black[whole] @ LUMINANCE).max() < HAIR @ LUMINANCE - 0.08  # hair in the shade is darker than what shows
    line = HIDDEN & (cover > 0.2) & (cover < 0.8) & (PLACES[..., 1] > 0)
    texture = made(prepared, completion(of, prepared), light=0.0).texture
    assert line.sum() > 20 and np.abs(texture - on_texture(completion(of, prepared)))[line].mean() < 0.08


def test_a_beard_comes_off_as_hair_does():
    of = scene(facial_hair=chin())
    prepared = job(of)
    generated = completion(of, prepared)
    [beard] = prepared.coverings
    assert beard.name == "facial_hair" and beard.cover.max() > 0.9
    where = inner(SHOWN & (on_texture(of.covers["facial_hair"]) > 0.99) & (beard.cover > 0.99))
    whole, shaved = made(prepared, generated).texture, made(prepared, generated, facial_hair=0.0, light=0.0).texture
    assert where.sum() > 300 and np.abs(whole - on_texture(of.portrait))[where].max() < 0.06
    assert np.abs(shaved - SKIN)[where].max() < 0.12


def test_headwear_is_off_until_it_is_asked_for():
    """Nothing of it is left on what it hides, nor in the light; and where it is asked for it is the portrait's."""
    of = scene(slant=0.15, headwear=cap(0.35))
    prepared = job(of)
    generated = completion(of, prepared)
    where = inner(SHOWN & (on_texture(of.covers["headwear"]) > 0.99), 3)
    plain, unlit = made(prepared, generated), made(prepared, generated, light=0.0).texture
    assert where.sum() > 300 and np.abs(unlit - SKIN)[where].max() < 0.06
    assert np.abs(plain.texture / unlit - of.light.mean() ** (1 / 2.4))[where].max() < 0.1
    assert plain.provenance[where][:, 2].min() > 0.95  # no portrait shows that
    worn = made(prepared, generated, headwear=1.0).texture
    assert np.abs(worn - on_texture(of.portrait))[where].max() < 0.01
    behind = inner(HIDDEN & (prepared.coverings[0].cover > 0.99))
    unlit = made(prepared, generated, headwear=1.0, light=0.0).texture
    assert behind.sum() > 300 and np.abs(unlit - HAT)[behind].max() < 0.1


def test_the_folds_of_a_smile_come_back_on_request(haired):
    of, _, generated = haired
    fold = np.ones((*of.light.shape, 3), np.float32)
    cheek = ((ball(len(of.light)) - (0.2, -0.1, 0.5)) ** 2).sum(-1) < 0.1**2
    fold[cheek] = 0.8
    prepared = job(of, first=replace(view(of), folds=fold))
    without, with_folds = (made(prepared, generated, folds=folds).texture for folds in (0.0, 1.0))
    ratio, inside = with_folds / without, on_texture(cheek.astype(np.float32))
    assert (
        roughness(made(prepared, generated).texture - made(prepared, generated, detail=0.0).texture, inside > 0.99) > 0
    )
    assert np.allclose(ratio[inside > 0.99], 0.8, atol=0.002) and np.allclose(ratio[inside < 0.01], 1, atol=1e-5)
    assert np.allclose(without[SHOWN & (inside > 0.99)], on_texture(of.portrait)[SHOWN & (inside > 0.99)], atol=0.01)


def roughness(texture: np.ndarray, where: np.ndarray) -> float:
    grey = texture @ LUMINANCE
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 2.0))[where].std())


def test_without_detail_skin_is_smoother_and_as_light(haired):
    of, prepared, generated = haired
    square = np.random.default_rng(1).normal(0, 0.03, (64, 64, 1)).astype(np.float32).repeat(3, 2)
    details = Details(SkinDetail(square, float(SKIN @ LUMINANCE)))
    rough, smooth = (made(prepared, generated, details, light=0.0, hair=0.0, detail=one).texture for one in (1.0, 0.0))
    hair = on_texture(of.covers["hair"])
    for where, less in ((inner(SHOWN & (hair < 0.01), 3), 0.7), (inner(PLACES[..., 2] < -0.2, 3), 0.4)):
        assert roughness(smooth, where) < less * roughness(rough, where)
        assert np.abs(smooth[where].mean(0) - rough[where].mean(0)).max() < 0.01


def test_a_texture_that_is_made_up_shows_nothing_of_the_portrait(haired):
    of, prepared, _ = haired
    generated = 0.5 * completion(of, prepared)
    finish = Finish(TEXELS, OPACITIES | {"light": 0.0}, made_up=True)
    composition = compose(prepared, prepared.mesh, generated, finish)
    assert composition.provenance[..., :2].max() == 0 and composition.given == (0.0,)
    assert composition.layers == {}


def test_a_bald_shaven_head_has_no_layers_of_hair_and_no_alpha():
    of = scene()
    prepared = job(of)
    generated = completion(of, prepared)
    composition = made(prepared, generated)
    assert prepared.coverings == ()
    covers = [name for name, blend in LAYERS.items() if blend is Blend.OVER and name in composition.layers]
    assert all(not composition.layers[name][3].any() for name in covers)
    assert np.abs(composition.texture - on_texture(of.portrait))[SHOWN].max() < 0.01


def test_beside_the_head_the_layers_are_the_base_and_do_nothing(haired):
    """A body's map: the head fills a part of it and fades down its neck, the rest stays to the bit."""
    _, prepared, generated = haired
    mesh = replace(prepared.mesh, corner_uvs=0.5 * prepared.mesh.corner_uvs + np.float32([0.25, 0.4]))
    base = np.random.default_rng(2).random((TEXELS, TEXELS, 3)).astype(np.float32)
    finish = Finish(TEXELS, OPACITIES, layers=True)
    composition = compose(prepared, mesh, generated, finish, base)
    beside = cv2.dilate(composition.filled.astype(np.uint8), np.ones((21, 21))) == 0
    assert beside.sum() > 5000 and np.array_equal(composition.texture[beside], base[beside])
    layers = composition.layers
    assert np.abs(flat(composition) - composition.texture).max() < 2 / 255
    for name, blend in LAYERS.items():
        planes = layers[name][:, ~composition.filled]
        if blend is Blend.OVER:
            assert not planes[3].any()
        elif blend is not Blend.BASE:
            assert (planes == 128).all()
    for opacities in ({"light": 0.0}, {"hair": 0.0}, {"detail": 0.0}):
        again = flat(composition, {**OPACITIES, **opacities})
        assert np.abs(again - base)[beside].max() < 1 / 255
        other = compose(prepared, mesh, generated, replace(finish, opacities={**OPACITIES, **opacities}), base).texture
        assert np.abs(again - other)[composition.filled].max() < 3 / 255
    assert (np.abs(composition.texture - base)[composition.head] > 0.05).mean() > 0.5


def test_layers_fade_to_a_base_whatever_their_opacities():
    random = np.random.default_rng(3)
    base = random.random((3, 30)).astype(np.float32)
    layers = {
        name: random.random((4 if blend is Blend.OVER else 3, 30)).astype(np.float32) for name, blend in LAYERS.items()
    }
    nothing, half, whole = (fade(layers, base, np.full(30, share, np.float32)) for share in (0.0, 0.5, 1.0))
    for opacities in ({}, OPACITIES, {"hair": 0.0, "light": 0.5}):
        assert np.allclose(flatten(nothing, opacities), base, atol=1e-6)
        assert np.allclose(flatten(whole, opacities), flatten(layers, opacities), atol=1e-6)
    between = np.abs(flatten(half, {}) - base), np.abs(flatten(half, {}) - flatten(layers, {}))
    assert min(one.mean() for one in between) > 0.05


def test_a_part_of_a_texture_is_that_part_of_the_whole(haired):
    _, prepared, generated = haired
    box = (slice(10, 60), slice(40, 100))
    whole = made(prepared, generated)
    finish = Finish(TEXELS, OPACITIES, layers=True)
    part = compose(prepared, prepared.mesh, generated, finish, box=box)
    assert np.array_equal(part.texture, whole.texture[box])
    assert all(np.array_equal(planes, whole.layers[name][(slice(None), *box)]) for name, planes in part.layers.items())
