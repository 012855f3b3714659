"""Links of the method that no function's own test holds: each was cut by hand once, and nothing else turned red."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from backend import completing
from backend.compose.compose import Composition, Finish
from backend.compose.udim import compose_tiles
from backend.finish import finish
from backend.head import register
from backend.head.match import match
from backend.head.mesh import load_mesh
from backend.job import StageOptions
from backend.lab.prepared import complete, prepare_head
from backend.layers.flatten import ONE, Blend
from backend.messages import Generate
from backend.observation import observe
from backend.observation.views import View, find_coverings
from backend.options import OPACITIES
from backend.pipeline import load_cached_networks
from backend.portrait.decode import decode_portrait
from backend.recall import forget_all
from backend.stages import STAGES, followed
from backend.stages.stage import AtlasObservation, Work
from tests.backend import flat_head

pytestmark = pytest.mark.slow

SIZE = 256
GREEN, SKIN = np.float32([0, 1, 0]), np.float32([0.7, 0.45, 0.3])


@pytest.fixture(scope="module")
def networks():
    return load_cached_networks("cpu")


@pytest.fixture(scope="module")
def photo(demo_head_obj, astronaut, networks):
    """The photographed astronaut on the demo's head, before the stages."""
    forget_all()
    return prepare_head(load_mesh(demo_head_obj), str(astronaut), "photo", networks)


def test_another_style_is_seen_anew(photo, demo_head_obj, astronaut, networks):
    """Its shadows are drawn, so less light is taken out; what was kept of the photograph is no answer."""
    drawn = prepare_head(load_mesh(demo_head_obj), str(astronaut), "anime", networks)
    shown = photo.observation.confidence > 0.5
    assert photo.style == "photo" and drawn.style == "anime"
    assert np.abs(drawn.evidence[0] - photo.evidence[0])[shown].mean() > 0.003
    again = prepare_head(load_mesh(demo_head_obj), str(astronaut), "photo", networks)
    assert np.array_equal(again.evidence[0], photo.evidence[0])


def test_hair_reaches_as_far_as_people_have_it_where_the_portrait_is_one(
    photo, demo_head_obj, astronaut, networks, monkeypatch
):
    """And anywhere where painted skins explain it better, and nothing sticks out."""
    nape = np.s_[235 * len(photo.evidence[1]) // 256 :]
    found = []
    for people, stands in ((0.0, 1.0), (0.0, 0.0), (0.5, 0.0), (1.0, 0.0)):
        monkeypatch.setattr(View, "sticks_out", lambda *_, stands=stands: stands)
        experts = copy(networks.experts)
        experts.evidence = lambda *_, people=people: people
        forget_all()
        mesh = load_mesh(demo_head_obj)
        found.append(prepare_head(mesh, str(astronaut), "photo", replace(networks, experts=experts)))
    forget_all()
    standing, painted, half, person = (job.covering("hair").reach for job in found)
    assert painted.min() == 1 and person[nape].max() < 0.1 and person.max() > 0.9
    assert np.allclose(half, (painted + person) / 2, atol=1e-6)
    assert np.allclose(standing, person, atol=1e-6)


def test_each_place_gives_its_own_share_of_what_is_mirrored(photo, demo_head_obj, astronaut, networks, monkeypatch):
    forget_all()
    monkeypatch.setattr(observe, "local_share", lambda unlit, weight, most: np.full(weight.shape, 0.01, np.float32))
    kept = prepare_head(load_mesh(demo_head_obj), str(astronaut), "photo", networks)
    forget_all()
    whiter = kept.observation.portrait - photo.observation.portrait
    bare = photo.views[0].masks["hair"] == 0  # hair has its own share
    assert whiter[bare].min() > -1e-6 and whiter[photo.observation.mask > 0.9].mean() > 0.02


def test_a_grey_portraits_completion_is_grey(photo):
    """The last finisher is asked; a colour portrait's completion keeps its colours."""
    made = SKIN * np.random.default_rng(0).uniform(0.4, 1, (256, 256, 1)).astype(np.float32)
    assert np.array_equal(finish(made, photo), made)
    view = photo.views[0]
    level = np.repeat(view.observation.portrait.mean(2, keepdims=True), 3, 2)
    grey = replace(view, observation=replace(view.observation, portrait=level))
    assert np.ptp(finish(made, replace(photo, views=(grey,))), axis=2).max() < 0.02


def test_a_flat_drawings_completion_is_flat(photo):
    """The first finisher is asked: one colour is shown, blotches are completed."""
    seen = photo.observation
    skin = np.full_like(seen.unlit, 0.6)
    flat = replace(photo.views[0], observation=replace(seen, unlit=skin, portrait=np.full_like(seen.portrait, 0.6)))
    blotched = 0.6 + 0.1 * np.random.default_rng(0).standard_normal((256, 256, 3)).astype(np.float32)
    job = replace(photo, style="anime", views=(flat,), coverings=())
    below = np.s_[128:]  # where hair may grow nothing is drawn together
    assert finish(blotched, job)[below].std() < 0.8 * blotched[below].std()


def test_what_no_training_texture_knew_is_filled(photo, networks, monkeypatch):
    unknown = ~networks.known
    made = np.tile(SKIN, (*unknown.shape, 1))
    made[unknown] = GREEN
    monkeypatch.setattr(completing, "run_stages", lambda *_, **__: iter([made]))
    filled = complete(photo, networks)
    assert unknown.sum() > 100 and np.abs(filled[unknown] - SKIN).max() < 0.2
    assert np.allclose(filled[networks.known], SKIN, atol=0.02)


@pytest.mark.parametrize("name", sorted(STAGES))
def test_every_stage_is_followed_as_far_as_its_share(name, photo, networks, monkeypatch):
    """Hidden skin changes by that stage alone where the others have none, twice as far for twice the share."""
    found = []
    for share in (0.0, 0.25, 0.5):
        shares = dict.fromkeys(STAGES, 0.0) | {name: share}
        monkeypatch.setattr(followed, "find_shares", lambda *_, shares=shares: shares)
        found.append(next(completing.run_stages(photo.evidence, "painting", networks, [StageOptions()])))
    plain, quarter, half = found
    hidden = (completing.shrink(photo.evidence, networks.size)[1] < 0.05) & networks.known
    moved = (half - plain)[hidden]
    assert np.sqrt((moved**2).mean()) > 0.001
    assert np.abs((quarter - plain)[hidden] - moved / 2).mean() < 0.1 * np.abs(moved).mean()


def test_repainting_goes_on_from_the_detail_that_is_shown(networks):
    """At every step after the first, what the denoiser is given has the portrait's detail where that shows."""
    random, size = np.random.default_rng(0), networks.size
    confidence = np.zeros((size, size), np.float32)
    confidence[60:200, 60:200] = 1
    given: list[np.ndarray] = []

    def denoiser(noisy, told, time, style):
        given.append(noisy)
        return (np.zeros_like(noisy[:, :3]),)

    completion = np.full((size, size, 3), 0.5, np.float32)
    for _ in range(2):
        colour = np.clip(0.5 + 0.1 * random.standard_normal((size, size, 3)), 0, 1).astype(np.float32)
        seen = AtlasObservation(colour * confidence[..., None], confidence, "photo")
        STAGES["repaint"](Work(seen, replace(networks, repainter=denoiser)), completion)
    steps = len(given) // 2
    assert steps > 1
    edge = (given[0].shape[-1] - size) // 2
    for one, other in zip(given[1:steps], given[steps + 1 :], strict=True):
        apart = np.abs((one - other)[0, :3, :, edge : edge + size]).mean(0)
        assert apart[80:180, 80:180].mean() > 0.05 and apart[:40].max() < 1e-5


def test_pixels_refine_where_landmarks_were_read(photo, demo_head_obj, astronaut, monkeypatch):
    """The warp goes to where the pixels put a landmark, more than half of the way; the camera is refined with it."""
    moved = np.float64([3.0, 0.0])
    monkeypatch.setattr(
        register, "refine", lambda frame, head, read, *_: (photo.registration.camera, read.targets + moved)
    )
    forget_all()
    found = match(load_mesh(demo_head_obj), decode_portrait(str(astronaut))).registration
    projected, _ = found.camera.project(found.read.points)
    off = (found.warp(projected) - found.read.targets)[found.read.weights > 0.5]
    assert np.median(off[:, 0]) == pytest.approx(register.BY_PIXELS * 3, abs=0.6) and register.BY_PIXELS > 0.3


def composed(job, completion, **opacities) -> Composition:
    """The job's one texture, small, with its layers."""
    [made] = compose_tiles(job, completion, Finish(SIZE, OPACITIES | opacities, layers=True)).values()
    return made


def test_no_portrait_shows_the_inside_of_the_mouth(photo):
    """A head that is all inside gets its colour from the completion alone, wherever it projects to."""
    completion = np.full((256, 256, 3), 0.5, np.float32)
    enclosed = replace(photo, inside=np.full_like(photo.inside, 0.05))
    shown, none = (composed(job, completion).provenance[..., 0].max() for job in (photo, enclosed))
    assert none == 0 and shown > 0.99
    assert (photo.inside > 0.05).sum() > 100  # the mouth's


def test_the_portraits_light_is_a_layer_of_its_own(photo):
    """What it adds is what the light divided out of the portrait's skin says."""
    made = composed(photo, np.full((256, 256, 3), 0.5, np.float32), light=0.0)
    whole = composed(photo, np.full((256, 256, 3), 0.5, np.float32), light=1.0)
    shown = whole.provenance[..., 0] > 0.95
    assert np.abs(made.texture - whole.texture)[shown].mean() > 0.02
    gain = made.layers["light"].transpose(1, 2, 0)[shown] / np.float32(ONE[Blend.GAIN])
    assert np.abs(made.texture[shown] * gain - whole.texture[shown]).mean() < 0.01


def test_a_further_portraits_hat_is_headwear_as_the_first_ones_is():
    """Which the same opacity shows: once, hats that count as hair did so on the first portrait alone."""
    plain, hatted = flat_head.view(flat_head.scene()), flat_head.view(flat_head.scene(headwear=flat_head.cap(0.3)))
    hidden = replace(plain, observation=replace(plain.observation, confidence=0 * plain.observation.confidence))
    for views in ([hatted], [hidden, hatted], [plain, hatted]):
        assert [one.name for one in find_coverings(views, flat_head.ball(flat_head.ATLAS))] == ["headwear"]
    shares = [Generate("", "", "", hair=hair).opacities("photo")["headwear"] for hair in ("keep", "hats")]
    assert shares == [0, 1]
