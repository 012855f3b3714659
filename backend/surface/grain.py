"""The fine grain of the skin that a portrait shows: its power and colour per octave (measured.py), and patches."""

from __future__ import annotations

import numpy as np

from ..head.atlas import to_atlas
from ..head.scalp import EAR
from ..head.sides import sides
from ..imaging.bands import HALF, inner, near, smooth
from ..imaging.sample import LUMINANCE, sample_atlas
from .bare import bare_skin
from .measured import (
    ENOUGH,
    NO_PATCHES,
    Grain,
    Subject,
    bounding_box,
    gathered,
    held,
    lacking,
    limited,
    measure,
    spread_out,
)

#: Waves per face height where grain begins: coarser is stage 3's, and laid at random it looks like leather.
COARSEST = 32
#: Standard deviation at most, as a share of the tone, of an octave that begins below so many waves: pores and blotches
#: of smooth skin have 0.006 to 0.03 (six photographs); wrinkles and stubble have 0.05 to 0.06, and laid where they are
#: not they make leather. What is finer is film grain and canvas, too.
DEEPEST, WRINKLED = 0.026, 64
#: Rank of the local power that unseen skin gets: necks and jaws are smoother than the middle of a face, and what is too
#: rough is uglier than what is too smooth.
SMOOTH = 0.25
#: Skin counts where it faces the side this much; photographed skin within this of unseen skin, in face heights.
FACING, REACH = 0.8, 0.4
#: Patches are squares of so many face heights, the larger first.
PATCHES = (0.22, 0.15, 0.10)
ATTEMPTS = 400
#: To the canonical place on the other side, whose fine detail is mirrored where it was seen (compose.py).
MIRROR = np.float32([-1, 1, 1])


def find_grain(subject: Subject, seed: int) -> Grain | None:
    """Measure it; None where too little bare skin was photographed."""
    density, lows = subject.resolution(COARSEST)
    random = np.random.default_rng(seed)
    shown: tuple[list, list] = ([], [])
    for side in sides(subject.mesh, subject.canonical, density):
        place = side.at(subject.canonical)
        skin = bare_skin(place) * (side.facing > FACING) * (np.abs(place[..., 0]) < EAR)
        skin = skin > 0.98
        if not skin.any():
            continue
        mirrored = sample_atlas(subject.view.observation.confidence, to_atlas(place[skin] * MIRROR))
        mirrored = spread_out(skin, mirrored)[bounding_box(skin)]
        skin, confidence, *pictures = subject.pictured(side, place, skin)
        photo, made = skin & (confidence > 0.7), skin & (confidence < 0.1) & (mirrored < 0.1)
        for kept, picture, kind, other in zip(shown, pictures, (photo, made), (made, photo), strict=True):
            kept.append((picture, kind, kind & near(other, REACH * density)))
    seen: list[list] = [[] for _ in lows]
    unseen: list[list] = [[] for _ in lows]
    beside = [near_by(kept) for kept in shown]
    for kept, found, kinds in zip(shown, (seen, unseen), beside, strict=True):
        for (picture, mask, _), kind in zip(kept, kinds, strict=True):
            measure(picture, mask, kind, density, lows, found)
    if sum(len(found) for found in seen[-1]) < ENOUGH:
        return None
    views = [
        (picture - smooth(picture, photo, HALF * density / COARSEST), photo, kind)
        for (picture, photo, _), kind in zip(shown[0], beside[0], strict=True)
    ]
    tones = [picture[kind] @ LUMINANCE for (picture, *_), kind in zip(shown[0], beside[0], strict=True)]
    missing = np.array([lacking(*pair, SMOOTH) for pair in zip(gathered(seen), gathered(unseen), strict=True)])
    tone = float(np.median(np.concatenate(tones)))
    most = (DEEPEST * tone) ** 2
    missing = np.array(
        [held(octave, most) if low < WRINKLED else octave for low, octave in zip(lows, missing, strict=True)]
    )
    return Grain(density, lows, missing, _patches(views, density, random), tone)


def near_by(kept: list[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    """Per side the (H,W) bool skin of a kind beside the other kind, of (picture, all, beside); all of it where that is
    little."""
    _, every, beside = zip(*kept, strict=True) if kept else ((), (), ())
    return list(beside if sum(map(np.sum, beside)) > sum(map(np.sum, every)) / 20 else every)


def _patches(views: list, density: float, random: np.random.Generator) -> np.ndarray:
    """(p,k,k,3) squares of seen skin, of ordinary power, beside unseen skin if there are some."""
    for extent in PATCHES:
        side = round(extent * density)
        found = []
        for rough, photo, beside in views:
            fits = inner(photo, side * 0.6)
            fits = fits & beside if (fits & beside).sum() > side else fits
            rows, columns = np.nonzero(fits)
            if not len(rows):
                continue
            for pick in random.integers(len(rows), size=ATTEMPTS // len(views)):
                top, left = rows[pick] - side // 2, columns[pick] - side // 2
                if top >= 0 and left >= 0 and top + side <= rough.shape[0] and left + side <= rough.shape[1]:
                    found.append(rough[top : top + side, left : left + side])
        if len(found) >= 20:
            patches = np.stack(found)
            power = (patches**2).mean((1, 2, 3))
            low, high = np.quantile(power, (0.1, 0.6))
            return limited(patches[(power >= low) & (power <= high)])
    return NO_PATCHES
