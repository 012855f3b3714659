"""Light that is not smooth: what the network is told, what is made of its answer, and what it was taught on."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from backend.head.atlas import LOOKED_UP, map_atlas
from backend.head.landmarks import find_head_landmarks
from backend.head.match import match
from backend.head.mesh import load_mesh
from backend.imaging.sample import to_linear, to_srgb
from backend.lab.networks.pictures import on_arrays
from backend.lab.networks.studio import CHANNELS, Studio
from backend.lab.training import studio_heads
from backend.lab.training.studio import Batch, loss_of
from backend.lab.training.studio_heads import directions, first_seen, light_head
from backend.lab.training.studio_light import draw_lit, lamp
from backend.models.bundle import load_networks
from backend.networks.sizes import CANVAS
from backend.observation.look import Look
from backend.observation.relight import relighting
from backend.portrait.decode import decode_portrait
from backend.prior.light import UPRIGHT, estimate_light
from backend.prior.studio import even_out

SIZE = 256
#: Rows of the atlas that are shaded by hand.
FRINGE = 102


@pytest.fixture(scope="module")
def networks():
    return load_networks("cpu")


@pytest.fixture(scope="module")
def head(demo_head_obj):
    """Lit from fewer sides than those that teach."""
    mesh = load_mesh(demo_head_obj)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studio_heads, "DIRECTIONS", 60)
        yield light_head(mesh, find_head_landmarks(mesh))


@pytest.fixture(scope="module")
def face(networks, head):
    """A skin of the prior on a head, what a frontal portrait shows of it, and its normals; (SIZE,SIZE,…)."""
    prior = networks.skin
    large = np.ones((SIZE // CANVAS, SIZE // CANVAS))
    skin = np.kron(np.clip(prior.decode(0.5 * prior.deviation), 0.02, 0.95), large[..., None]).astype(np.float32)
    normals = np.kron(head.normals, large[..., None]).astype(np.float32)
    y = np.arange(SIZE)[:, None] / SIZE
    shown = (np.clip((normals[..., 2] - 0.3) / 0.3, 0, 1) * (y > 0.25) * (y < 0.8)).astype(np.float32)
    return skin, normals, shown


def evened(network, face, colour):
    _, normals, shown = face
    light = estimate_light(colour, normals, shown, load_networks("cpu").skin, UPRIGHT)
    return light, *even_out(network, colour, normals, shown, light)


def random_network():
    """One that says something, which an untrained one does not."""
    torch.manual_seed(0)
    network = Studio().eval()
    torch.nn.init.normal_(network.leave.weight, std=0.05)
    network.leave.bias.data[12:] = -8  # sure of itself, or it would be doubted
    return on_arrays(network)


def test_an_untrained_network_leaves_what_smooth_light_left(face):
    _, gain, sure = evened(on_arrays(Studio()), face, face[0])
    assert np.allclose(gain, 1) and gain.shape == (SIZE, SIZE, 3) and sure.min() > 0.4


def test_what_a_portrait_does_not_show_tells_nothing(face):
    skin, normals, shown = face
    light = estimate_light(skin, normals, shown, load_networks("cpu").skin, UPRIGHT)
    other = np.where((shown > 0)[..., None], skin, 1 - skin)
    network = random_network()
    one, two = (even_out(network, picture, normals, shown, light)[0] for picture in (skin, other))
    assert np.ptp(one) > 0.05 and np.allclose(one, two, atol=1e-5)


def test_a_mirrored_face_gets_the_mirrored_gain(face):
    skin, normals, shown = face
    shown = shown * np.linspace(0.2, 1, SIZE, dtype=np.float32)
    dark = skin * np.linspace(0.6, 1, SIZE, dtype=np.float32)[:, None]
    light = estimate_light(dark, normals, shown, load_networks("cpu").skin, UPRIGHT)
    network = random_network()
    gain, _ = even_out(network, dark, normals, shown, light)
    turned = np.ascontiguousarray(normals[:, ::-1] * np.float32([-1, 1, 1]))
    coefficients = light.coefficients * [1, -1, 1, 1, -1, 1, -1, 1, 1]
    mirror = type(light)(coefficients, light.rotation, light.skin[:, ::-1])
    other, _ = even_out(
        network, *(np.ascontiguousarray(one[:, ::-1]) for one in (dark,)), turned, shown[:, ::-1], mirror
    )
    seen = shown[:, ::-1] > 0.3
    assert np.abs(np.log(other / gain[:, ::-1]))[seen].max() < 0.02 < np.abs(np.log(gain / gain[:, ::-1]))[seen].max()


def test_a_fringes_shadow_gets_lighter_and_a_mole_in_it_stays(networks, face):
    """The shipped network: a part of the shadow goes, skin beside it keeps its colour, a mole its depth."""
    skin, _, shown = face
    skin = skin.copy()
    skin[88:91, 127:130] *= 0.6
    cast = np.ones((SIZE, SIZE), np.float32)
    cast[:FRINGE] = 0.5
    cast = cv2.GaussianBlur(cast, (0, 0), 1)[..., None]
    colour = to_srgb(to_linear(skin) * cast)
    light, gain, _ = evened(networks.studio, face, colour)
    smooth = to_linear(colour) / light.shade(face[1])[..., None]
    before, after = (np.log(to_srgb(one) / skin).mean(2) for one in (smooth, smooth * gain))
    shaded, beside = (shown > 0.5) & (cast[..., 0] < 0.51), (shown > 0.5) & (cast[..., 0] > 0.99)
    before, after = (one - np.median(one[beside]) for one in (before, after))
    assert before[shaded].mean() < -0.2 and after[shaded].mean() > 0.85 * before[shaded].mean()
    assert np.abs(after[beside]).mean() < np.abs(before[beside]).mean() + 0.01
    made = to_srgb(smooth * gain)
    assert made[89, 128].mean() < 0.8 * made[80:84, 122:134].mean()


def twice_as_bright(error: float):
    """Says of every texel that it is twice as bright in linear light, and that it is sure, or not at all."""

    def network(given):
        one = np.ones_like(given[:, :1])
        return np.log(2) * one.repeat(3, 1), 2 * np.log(error) * one

    return network


def test_observed_skin_is_evened_unless_it_is_drawn(demo_head_obj, astronaut, networks):
    portrait = decode_portrait(astronaut)
    found = match(load_mesh(demo_head_obj), portrait)
    layout = map_atlas(found.mesh, found.canonical, LOOKED_UP)
    canonical = layout.fragments.interpolate(found.mesh.corners(layout.canonical.astype(np.float32)))

    def view(studio=None, drawn=False):
        return Look(layout, canonical, networks.skin, studio, "anime" if drawn else "photo").at(found, portrait.color)

    views = view(), view(twice_as_bright(1e-4)), view(twice_as_bright(0.5))
    smooth, evened, lost = (one.observation for one in views)
    skin = (smooth.confidence > 0.3) & (to_linear(smooth.unlit).max(2) < 0.45) & (smooth.unlit.min(2) > 0.02)
    ratio = to_linear(evened.unlit) / np.maximum(to_linear(smooth.unlit), 1e-4)
    assert skin.sum() > 1000 and np.allclose(ratio[skin], 2, atol=0.05)
    assert np.allclose(evened.confidence, smooth.confidence, atol=1e-5) and lost.confidence.max() < 1e-2
    plain, brighter = (one.evidence("hair", canonical) for one in views[:2])
    locks = plain.sure * plain.shown > 0.7
    assert locks.sum() > 1000 and np.allclose(plain.color[locks], brighter.color[locks])  # hair's gloss is its own
    drawn = view(twice_as_bright(1e-4), drawn=True)
    assert drawn.observation.evened is None and np.array_equal(drawn.observation.portrait, drawn.picture)
    kept = replace(evened, unlit=smooth.unlit)
    generated = cv2.resize(smooth.unlit, (SIZE, SIZE))
    assert np.allclose(relighting(kept, generated) / relighting(smooth, generated), 2, rtol=0.01)


def test_a_wall_throws_its_shadow_along_the_light():
    wall = np.array([[[-1.0, -1, 1], [0, -1, 1], [0, 1, 1]], [[-1, -1, 1], [0, 1, 1], [-1, 1, 1]]])
    places = np.stack([np.linspace(-0.9, 0.9, 40), np.zeros(40), np.zeros(40)], 1)
    slanted = np.array([0.5, 0, 1]) / np.hypot(0.5, 1)
    for toward, edge in ((np.array([0.0, 0, 1]), 0.0), (slanted, -0.5)):
        free = first_seen(wall, places, toward)
        assert free[places[:, 0] > edge + 0.03].all()
        assert not free[(places[:, 0] < edge - 0.03) & (places[:, 0] > edge - 0.35)].any()


def test_a_nose_shades_the_far_cheek_and_not_the_near_one(head):
    around = directions()
    assert np.allclose(np.linalg.norm(around, axis=1), 1, atol=1e-5)
    full, arrived, toward = lamp(head, around, np.array([0.8, 0.2, 0.55]), 900.0)
    lost = full - arrived
    far = (head.positions[..., 0] < -0.03) & (head.positions[..., 0] > -0.2) & (head.normals[..., 2] > 0.5)
    near = (head.positions[..., 0] > 0.08) & (head.positions[..., 0] < 0.2) & (head.normals[..., 2] > 0.5)
    assert toward[0] > 0.6 and (arrived <= full + 1e-5).all()
    assert lost[far].mean() > 0.01 > 2 * lost[near].mean()


def test_a_drawn_light_is_exposed_for_what_shows_and_adds_what_shines(head):
    shown = (head.normals[..., 2] > 0.4).astype(np.float32)
    lights = [draw_lit(head, np.array([0.0, 0, 1]), shown, np.random.default_rng(i)) for i in range(12)]
    levels = [one.irradiance[(shown * head.covered) > 0].mean() for one in lights]
    assert 0.85 < np.mean(levels) < 1.15
    assert min(one.gloss.min() for one in lights) >= 0 and max(one.gloss.max() for one in lights) > 0.1
    assert max(one.cast[shown > 0].mean() for one in lights) > 0.1
    seen = lights[0].seen(np.full((*shown.shape, 3), 0.4, np.float32), np.random.default_rng(0))
    assert 0 <= seen.min() and seen.max() <= 1


def test_the_loss_rewards_the_true_gain():
    random = torch.Generator().manual_seed(1)
    unlit = torch.rand(2, 3, CANVAS, CANVAS, generator=random) * 0.3 + 0.2
    field = torch.zeros(2, 3, CANVAS, CANVAS)
    field[..., 40:60, 40:60] = 0.7
    batch = Batch(
        torch.randn(2, CHANNELS, CANVAS, CANVAS), unlit, unlit * field.exp(), torch.ones(2, 1, CANVAS, CANVAS)
    )
    said = torch.full((2, 1, CANVAS, CANVAS), -9.0)
    right, terms = loss_of(lambda told: (field, said), batch)
    wrong, other = loss_of(lambda told: (0 * field, said), batch)
    assert right < wrong and terms["squared"] < 1e-3 < other["squared"] == pytest.approx(other["before"])
