"""Further portraits of the same person: each registered to the head as the first one is, or left out with a warning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from ..errors import AvatarTexError
from ..head.match import Match, registration_json
from ..head.quality import judge
from ..head.register import register
from ..head.subjects import Face, Head
from ..imaging.sample import masked_blur
from ..messages import LOW_SCORE
from ..pins import Pin
from ..portrait.faces import CHOOSE, find_portrait_face, read_portrait
from ..portrait.parse import parse_portrait
from ..prior.linear import LinearPrior
from .covering import enough
from .look import Look
from .observe import SURE, Observation
from .views import View, further_view

CURE = "Choose another picture of the same person, or remove it."

#: find_likeness() below which the warning comes. Nine people: of one person in two poses and lights (rendered) 0.74 to
#: 0.98; of two people (324 pairs) -0.24 to 0.65, three quarters below. Photographs years apart lie between.
ANOTHER = 0.35


@dataclass(frozen=True)
class Further:
    """The further portraits of a job. views: those that are used. found: per portrait what the report says of it,
    and the number of its view."""

    views: tuple[View, ...] = ()
    found: tuple[tuple[dict, int | None], ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self, given: Sequence[float]) -> list[dict]:
        """For the report. given: share of the head's texels by portrait, the first one's first."""
        return [
            {**entry, "texels": round(given[number + 1] if number is not None and len(given) > number + 1 else 0.0, 4)}
            for entry, number in self.found
        ]


def add_further(
    paths: Sequence[str],
    match: Match,
    first: Observation,
    look: Look,
    pins: Sequence[Pin] = (),
    step: Callable[[float], None] = lambda share: None,
) -> Further:
    """Read and register each; one that cannot be, or that fits badly, is left out with a warning.

    Args:
        match: the head registered to the first portrait. first: what that one shows. look: what portraits are looked at
            with. pins: their places on the head count here too. step: called before each with the share that is done;
            what it raises ends the search.
    """
    scalp = look.scalp
    held = [replace(pin, portrait=None) for pin in pins if pin.head is not None]
    views: list[View] = []
    found: list[tuple[dict, int | None]] = []
    warnings: list[str] = []
    for number, path in enumerate(paths):
        step(number / len(paths))
        name = Path(path).name
        try:
            further, view, notes = register_further(path, match, look, held)
        except AvatarTexError as refusal:
            warnings.append(f"The further portrait {name!r} was left out: {refusal.message} {refusal.cure}")
            found.append(({"portrait": name, "used": False, "reason": refusal.message}, None))
            continue
        entry = {"portrait": name, **registration_json(further), "registration": further.quality.as_json()}
        if further.quality.score < LOW_SCORE:
            warnings.append(
                f"The further portrait {name!r} was left out: its face fits badly "
                f"({further.quality.summary.split(';')[0].rstrip('.')}). {CURE}"
            )
            found.append(({**entry, "used": False, "reason": further.quality.sentence}, None))
            continue
        warnings += [f"{name}: {note.removesuffix(CHOOSE).rstrip()}" for note in notes]
        if find_likeness(first, view.observation, look.skin, scalp) < ANOTHER:
            warnings.append(f"The further portrait {name!r} may show another person. {CURE}")
        found.append(({**entry, "used": True}, len(views)))
        views.append(further_view(first, view, scalp))
    return Further(tuple(views), tuple(found), tuple(warnings))


def register_further(path: str, match: Match, look: Look, pins: Sequence[Pin]) -> tuple[Match, View, list[str]]:
    """One further portrait: its registration, what it shows, and what to know about the choice of its face.

    Raises:
        AvatarTexError: PORTRAIT_MISSING and the like, NO_FACE_IN_PORTRAIT, NO_FACE_ON_HEAD.
    """
    portrait = read_portrait(path)
    face, notes = find_portrait_face(portrait)
    parse = parse_portrait(portrait.color, face, portrait.alpha)
    height, width = portrait.color.shape[:2]
    shown = Face(face.points[:, :2], (width, height), portrait.color, parse.face)
    registration = register(Head(match.mesh, match.canonical, match.head), shown, pins)
    quality = judge(registration, face, match.head, pins, shown)
    found = replace(match, face=face, registration=registration, parse=parse, quality=quality, warnings=notes)
    return found, look.at(found, portrait.color), notes


def find_likeness(one: Observation, other: Observation, skin: LinearPrior, scalp: np.ndarray) -> float:
    """-1..1, how alike the features of two faces are where both show them; 1 where they share too little.

    The correlation of what each has beside the mean skin, in a band of middle frequencies of its lightness.
    """
    size = len(one.confidence)
    mean = cv2.resize(skin.mean, (size, size))
    both = np.minimum(one.confidence, other.confidence) * (1 - scalp)
    rim = round(110 * size / 512)  # columns at either side lie on ears
    weight = np.where((both > SURE) & (np.abs(np.arange(size) - size / 2) < size / 2 - rim), both, 0)
    if not enough(weight > 0, 2000):
        return 1.0
    fine, broad = (
        [masked_blur(seen.unlit - mean, seen.confidence, sigma * size / 512).mean(-1) for seen in (one, other)]
        for sigma in (3.0, 16.0)  # texels of 512: finer the registrations differ, broader the lights
    )
    bands = [a - b for a, b in zip(fine, broad, strict=True)]
    own, others = (band - np.average(band, weights=weight) for band in bands)
    alike, *powers = (np.average(a * b, weights=weight) for a, b in ((own, others), (own, own), (others, others)))
    return float(alike / max(np.sqrt(np.prod(powers)), 1e-9))
