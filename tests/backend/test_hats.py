"""Hats, caps and scarves: what is drawn for training, and which heads of portraits wear one."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from backend import pipeline
from backend.completing import no_step
from backend.head.atlas import map_atlas
from backend.head.match import match
from backend.head.mesh import load_mesh
from backend.imaging.noise import field
from backend.imaging.sample import LUMINANCE
from backend.lab.training import draw_hats, hats
from backend.lab.training.known_hair import Head, known
from backend.observation import further
from backend.observation.observe import CLOTH, PLACES, observe
from backend.portrait.decode import decode_portrait
from backend.portrait.faces import find_faces
from backend.portrait.matte import portrait_matte
from tests.backend.portraits import HOPPER, astronaut, astronaut_face
from tests.backend.test_hair_network import DARK, fringed, stored

#: Colours that hair may have: a black, a brown, a fair and a white cap.
CLOTHS = [(0.08, 0.08, 0.09), (0.35, 0.22, 0.14), (0.72, 0.6, 0.42), (0.9, 0.88, 0.84)]


def head() -> Head:
    return known(stored(fringed(), DARK))


def capped(colour: tuple[float, ...]) -> np.ndarray:
    """The astronaut in a knitted cap that is pulled down to above her brows."""
    color, face = astronaut().color.copy(), astronaut_face()
    rows, columns = np.mgrid[: color.shape[0], : color.shape[1]].astype(np.float32)
    x, y = face.points[[105, 334], :2].mean(0)
    x, y = (columns - x) / face.size, (rows - y) / face.size
    cap = (np.abs(x / 0.62) ** 2.4 + np.abs(np.minimum(y + 0.08, 0) / 0.72) ** 2.4 < 1) & (y < -0.08)
    light = np.clip(1.1 - 0.5 * np.hypot(x / 0.62, (y + 0.4) / 0.7), 0.3, 1) * (1 + 0.05 * np.sin(70 * x))
    light = light * np.exp(0.08 * field(3, len(color), 9, color.shape[:2]))
    cover = cv2.GaussianBlur(cap.astype(np.float32), (0, 0), 1)[..., None]
    return (color + cover * (np.float32(colour) * light[..., None] - color)).astype(np.float32)


@pytest.mark.parametrize("colour", CLOTHS)
def test_a_cap_of_a_colour_that_hair_may_have_is_a_hat(colour):
    assert portrait_matte(np.clip(capped(colour), 0, 1), astronaut_face()).hat


def test_a_photographed_hat_is_one_and_no_hair_is():
    hopper = decode_portrait(HOPPER).color
    assert portrait_matte(hopper, find_faces(hopper)[0]).hat
    color = astronaut().color
    matte = portrait_matte(color, astronaut_face())
    assert not matte.hat
    dyed = color + matte.hair[..., None] * (color @ LUMINANCE[:, None] * np.float32([0.3, 0.6, 1.8]) - color)
    fair = color + matte.hair[..., None] * (color**0.5 - color)
    for picture in (dyed, fair, np.repeat(color @ LUMINANCE[:, None], 3, 2)):
        assert not portrait_matte(np.clip(picture, 0, 1).astype(np.float32), astronaut_face()).hat


def test_below_a_hat_the_scalp_is_bare_and_below_a_drawn_one_it_is_not(demo_head_obj, astronaut):
    portrait = decode_portrait(astronaut)
    found = match(load_mesh(demo_head_obj), portrait)
    layout = map_atlas(found.mesh, found.canonical, PLACES)
    networks = pipeline.load_cached_networks("cpu")

    def seen(hat: bool, drawn: bool = False, bald: bool = False):
        matte = dataclasses.replace(found.matte, hat=hat)
        matte = dataclasses.replace(matte, hair=0 * matte.hair) if bald else matte
        given = layout, found.registration, portrait.color, matte, networks.skin
        return observe(found.mesh, *given, drawn=drawn, studio=networks.studio)

    hair, drawn, hat = seen(False), seen(True, drawn=True), seen(True)
    assert hair.wears_hair and drawn.wears_hair and not hat.wears_hair
    assert hat.cloth and hat.hair.bare and not (hair.cloth or drawn.cloth)
    assert not seen(True, bald=True).cloth  # nothing to leave out
    covered = (hair.hairy > 0.9) & (hair.confidence > 0.3)
    assert covered.sum() > 1000 and hat.confidence[covered].max() < 0.3 < drawn.confidence[covered].max()
    # shade is divided out as finely as places are known, and no finer
    sure = np.minimum(hair.confidence[:, 1:], hair.confidence[:, :-1]) > 0.5
    assert np.abs(np.diff(np.log(hair.shade), axis=1))[sure].max() < 0.2


def test_the_artist_can_say_that_hats_are_hair_on_further_portraits_too(demo_head_obj, astronaut, monkeypatch):
    portrait = decode_portrait(astronaut)
    found = match(load_mesh(demo_head_obj), portrait)
    found = dataclasses.replace(found, matte=dataclasses.replace(found.matte, hat=True))
    monkeypatch.setattr(further, "portrait_matte", lambda *_: found.matte)
    networks = pipeline.load_cached_networks("cpu")
    keep, hats_too = (
        pipeline.see(found, portrait, "photo", networks, no_step, (), [str(astronaut)], hair)[0]
        for hair in ("keep", "hats")
    )
    for job, cloth in ((keep, True), (hats_too, False)):
        assert [view.observation.cloth for view in job.further.views] == [cloth]
    assert CLOTH in keep.warnings and not keep.observation.wears_hair
    assert CLOTH not in hats_too.warnings and hats_too.observation.wears_hair


@pytest.mark.parametrize("kind", sorted(hats.KINDS))
def test_drawn_hats_lie_on_the_crown_and_leave_the_face_free(kind, monkeypatch):
    monkeypatch.setattr(hats, "KINDS", {kind: 1.0})
    sizes, eyes = [], []
    for seed in range(8):
        scene = hats.Scene(head())
        cover = hats.put_on(scene, head(), np.random.default_rng(seed))
        x, y = np.rint(scene.head.points[[13, 152]].mean(0)).astype(int)
        assert cover[y, x] == 0
        columns, rows = np.rint(scene.head.points[[33, 263]]).astype(int).T
        eyes.append(cover[rows, columns].max())
        top = scene.head.points[10, 1] - 0.12 * scene.size
        sizes.append(cover[: round(float(top))].sum() / scene.size**2)
    assert np.median(sizes) > 0.05 and np.median(eyes) < 0.1  # a brim may hang low


def test_of_a_drawn_sample_hats_alone_are_labelled_and_clothes_teach_nothing(monkeypatch):
    for share in (0.0, 1.0):
        monkeypatch.setattr(draw_hats, "HATS", share)
        bare = head()
        shoulders = np.maximum(bare.person, np.arange(len(bare.person))[:, None] > bare.points[152, 1] + 5)
        dressed = dataclasses.replace(bare, person=shoulders.astype(np.float32))
        made = draw_hats.sample(dressed, [bare], bare, np.random.default_rng(4))
        assert (made["hair"].max() > 200) == (share > 0)
        low = made["weight"][-12:]
        assert low.max() == 0 and made["person"][-12:].min() > 200 and made["weight"].max() == 255
        assert made["picture"].shape == (152, 152, 3)
