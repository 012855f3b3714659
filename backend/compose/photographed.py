"""What the portraits give the texels of a texture: skin, in two bands, with the other side's; and what covers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..head.scalp import scalp_share
from ..imaging.sample import Wrapped, add_at, picked, planar, sample, sample_atlas
from ..observation.covering import shared
from ..observation.observe import at_pixels, visibility
from ..observation.relight import relit, rooted
from ..observation.tone import TONE_REACH, fade_from
from ..observation.views import FOLLOWED, View, share_out

#: Atlas texels around what a portrait shows within which texels are looked up in it; elsewhere it shows nothing.
NEAR = 12
#: Confidence up to which a portrait gives a texel nothing.
NOTHING = 0.1


@dataclass(frozen=True)
class Places:
    """n texels of a head, planar(). points, normals: (n,3) in mesh axes. canonical: (n,3). atlas: (n,2). outside: (n,)
    0 or 1, on the head's shell. free: (n,) 0 or 1, texels that may come from portraits."""

    points: np.ndarray
    normals: np.ndarray
    canonical: np.ndarray
    atlas: np.ndarray
    outside: np.ndarray
    free: np.ndarray


@dataclass(frozen=True)
class Photographed:
    """What the portraits give n texels; what has channels is planar().

    shares: (n,) per portrait, whatever it shows. share: (n,) of all. skin: (n,) share of visible skin without deep
    shade. low, high: (n,3) unlit sRGB times their shares, what an atlas texel of the networks holds and what is finer.
    high_share: (n,). mirrored: (n,) share of the other side, where this one was not seen. mirrored_high: (n,3) its high
    band. covers: (n,) share by name of COVERINGS. lit, bare: (n,3) sRGB times the shares, as the portraits show
    it and without its light. folds: (n,3) gain of sRGB values.
    """

    shares: list[np.ndarray]
    share: np.ndarray
    skin: np.ndarray
    low: np.ndarray
    high: np.ndarray
    high_share: np.ndarray
    mirrored: np.ndarray
    mirrored_high: np.ndarray
    covers: dict[str, np.ndarray]
    lit: np.ndarray
    bare: np.ndarray
    folds: np.ndarray


@dataclass(frozen=True)
class Found:
    """m of n texels that one portrait may show. index: (m,) their numbers. pixels: (m,2). whole: (n,) 0..1 how well it
    shows them. skin, visible_skin: (m,) 0..1 of that, with less where the shade is deep, and without. covers: (m,) 0..1
    by name of COVERINGS."""

    index: np.ndarray
    pixels: np.ndarray
    whole: np.ndarray
    skin: np.ndarray
    visible_skin: np.ndarray
    covers: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Shown:
    """What one portrait shows, in the atlas. near: (S,S) 1 on and around it. across: (S,S,4) 1 where it is known, how
    surely, and the portrait's pixels there."""

    near: Wrapped
    across: Wrapped


def find_shown(view: View) -> Shown:
    seen = (view.visible > 0).astype(np.uint8)
    around = cv2.copyMakeBorder(seen, 0, 0, NEAR, NEAR, cv2.BORDER_WRAP)
    near = cv2.dilate(around, np.ones((2 * NEAR + 1,) * 2, np.uint8))[:, NEAR:-NEAR].astype(np.float32)
    confidence = view.observation.confidence
    valid = (confidence > 0.02).astype(np.float32)
    across = np.dstack([valid, confidence, view.observation.places * valid[..., None]]).astype(np.float32)
    return Shown(Wrapped.of(near), Wrapped.of(across))


def look_up(
    views: Sequence[View], shown: Sequence[Shown], gains: Sequence[Mapping[bool, Wrapped | None]], at: Places
) -> Photographed:
    """Look up texels in the portraits.

    Args:
        shown: find_shown() of each view. gains: of each, (S,S,3) roots (relight.rooted) of View.gain(), unlit and lit.
    """
    count = len(at.points)
    found = [find(view, one, at) for view, one in zip(views, shown, strict=True)]
    shares = share_out([one.whole for one in found])
    high_shares = share_out([spread_over(one, np.clip(1.5 * one.skin, 0, 1), count) for one in found])
    share = sum(shares)
    flipped = np.stack([1 - at.atlas[:, 0], at.atlas[:, 1]]).T
    mirrors = [look_across(one, flipped) for one in shown]
    skin, high_share = np.zeros(count, np.float32), sum(high_shares)
    low, high, mirrored_high, lit, bare = (np.zeros((3, count), np.float32).T for _ in range(5))
    folds = np.ones((3, count), np.float32).T
    covers: dict[str, np.ndarray] = {}
    for view, gain, one, part, high_part in zip(views, gains, found, shares, high_shares, strict=True):
        seen, index, pixels = view.observation, one.index, one.pixels
        if not len(index):
            continue
        part, high_part, atlas = part.take(index), high_part.take(index), picked(at.atlas, index)
        kept = part / np.maximum(one.whole.take(index), 1e-6)
        root = None if gain[False] is None else planar(sample_atlas(gain[False], atlas))
        photo = planar(sample(seen.portrait, pixels, cv2.INTER_CUBIC))
        unlit, unlit_low = relit(photo, root), relit(planar(sample(seen.low, pixels)), root)
        of_skin = one.skin * kept
        skin[index] += of_skin
        add_at(low, index, unlit_low * of_skin[:, None])
        add_at(high, index, (unlit - unlit_low) * high_part[:, None])
        as_lit = photo
        if view.picture is not seen.portrait:
            as_lit = planar(sample(view.picture, pixels, cv2.INTER_CUBIC))
        if gain[True] is not None:
            as_lit = relit(as_lit, planar(sample_atlas(gain[True], atlas)))
        add_at(lit, index, as_lit * part[:, None])
        add_at(bare, index, unlit * part[:, None])
        for name, cover in one.covers.items():
            covers.setdefault(name, np.zeros(count, np.float32))[index] += cover * kept
        if view.folds is not None:
            add_at(folds, index, (planar(sample(view.folds, pixels)) - 1) * (one.visible_skin * kept)[:, None])
    mirror_shares = [part * (1 - share) * at.free for part in share_out([sure for sure, _ in mirrors])]
    mirrored = sum(mirror_shares)
    for view, gain, (_, places), mirror in zip(views, gains, mirrors, mirror_shares, strict=True):
        other = np.flatnonzero(mirror > 0)
        if not len(other):
            continue
        seen, pixels = view.observation, picked(places, other)
        root = None if gain[False] is None else planar(sample_atlas(gain[False], picked(flipped, other)))
        fine = relit(planar(sample(seen.portrait, pixels, cv2.INTER_CUBIC)), root)
        fine = fine - relit(planar(sample(seen.low, pixels)), root)
        add_at(mirrored_high, other, fine * (mirror.take(other) / np.maximum(mirrored.take(other), 1e-6))[:, None])
    return Photographed(shares, share, skin, low, high, high_share, mirrored, mirrored_high, covers, lit, bare, folds)


def find(view: View, shown: Shown, at: Places) -> Found:
    """Which of the texels one portrait shows, how well, and what of them is skin or covered.

    Args:
        shown: find_shown() of it.
    """
    seen = view.observation
    index = np.flatnonzero((at.free > 0) & (sample_atlas(shown.near, at.atlas) > 0))
    points, normals, canonical = (picked(one, index) for one in (at.points, at.normals, at.canonical))
    pixels, sure = visibility(view.registration, points, normals, canonical)
    enough = np.flatnonzero(sure > NOTHING)
    index, sure = index.take(enough), sure.take(enough)
    normals, canonical, pixels = (picked(one, enough) for one in (normals, canonical, pixels))
    skin, person, scalp = at_pixels(seen.mask, pixels), at_pixels(view.person, pixels), scalp_share(canonical)
    covers = shared(view.masks, pixels, scalp)
    covered = sum(covers.values())
    allowed = np.maximum(np.minimum(skin + covered, 1), person * scalp)
    whole, visible_skin = full(sure * allowed), full(sure * skin)
    trusted = full(sure * skin * seen.light.trust(seen.light.shade(normals)))
    # what is no skin there is what the parse says covers it, in its proportions
    left = np.maximum(whole - visible_skin, 0) / np.maximum(covered + skin, 1e-3)
    spread = np.zeros(len(at.points), np.float32)
    spread[index] = whole
    return Found(index, pixels, spread, trusted, visible_skin, {name: left * cover for name, cover in covers.items()})


def spread_over(found: Found, values: np.ndarray, count: int) -> np.ndarray:
    """(n,) of (m,) values of the texels that were found."""
    spread = np.zeros(count, np.float32)
    spread[found.index] = values
    return spread


def tone_beside(views: Sequence[View], generated: np.ndarray) -> np.ndarray:
    """(a,a,3) what to add to generated skin so that it meets the portraits' without an edge, fading with distance.

    Args:
        generated: (a,a,3) sRGB without light.
    """
    size = generated.shape[0]
    tone, unlit, total = np.zeros_like(generated), 0, 0
    shares = share_out([full(view.observation.confidence) for view in views])
    for view, share in zip(views, shares, strict=True):
        low = relit(sample(view.observation.low, view.observation.places), rooted(view.gain(generated)))
        unlit = unlit + cv2.resize(low * share[..., None], (size, size), interpolation=cv2.INTER_AREA)
        total = total + cv2.resize(share, (size, size), interpolation=cv2.INTER_AREA)
        if view is views[0] or view is views[-1]:  # what the others add to the first one's needs to meet them only
            apart = unlit / np.maximum(total, 1e-3)[..., None] - generated - tone
            reaches = TONE_REACH if view is views[0] else FOLLOWED
            tone = tone + fade_from(apart * (total > 0.05)[..., None], total, reaches)[0]
    return tone


def full(confidence: np.ndarray) -> np.ndarray:
    """Confidence stretched so that good texels are the portrait's: NOTHING and below none, 0.75 and above all."""
    ramp = np.clip((confidence - NOTHING) / (0.75 - NOTHING), 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def look_across(shown: Shown, flipped: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) stretched confidence of the (n,2) atlas places on the other side, 0 at their border, and their pixels."""
    found = planar(sample_atlas(shown.across, flipped))
    inside = found[:, 0]
    return full(found[:, 1]) * (inside > 0.99), found[:, 2:] / np.maximum(inside, 1e-3)[:, None]
