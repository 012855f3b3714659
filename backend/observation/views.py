"""Several portraits of one head: the first leads, the others show what it does not show well, in its tone.

Where none shows hair of the head, or a hat on it, the hairline's prior says how far it goes, and the hair beside it in
the picture its colour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from ..head.register import Registration
from ..imaging.bands import gaussian
from ..imaging.sample import sample, to_linear, to_srgb
from ..prior.hairline import hairline
from .beard import continue_beard
from .covering import COVERINGS, Covering, Evidence, beside, exposed_alike, join, region_of
from .covering import continued as continue_color
from .observe import SURE, Observation, at_pixels
from .relight import STRONGEST, relighting
from .tone import fade_from

#: Texels that two portraits must both show to be compared there.
ENOUGH = 400
#: Hair beside the outline from which it is a fringe: the most is 0.66 and 0.72 of two men with one, 0.01 to 0.37 of
#: five heads without, bald, cropped or fair.
STICKS_OUT = 0.5
#: Squared face heights of hair that must show; where it sticks out less does, for an outline or a shade is no fringe.
ENOUGH_HAIR = 0.02
#: Most that a channel's gain may be either way.
GAIN = 4.0
#: How far generated skin follows the others, as shares of the atlas.
FOLLOWED = (0.015,)


@dataclass(frozen=True)
class View:
    """One portrait registered to the head.

    observation: its evidence of the skin. picture: (H,W,3) float32 sRGB, as photographed but for the folds of a smile.
    person: (H,W) 0..1, pixels that are surely the person's. masks: (H,W) 0..1 by name of COVERINGS, what covers the
    skin there. visible: (S,S) 0..1 how well it shows each texel, whatever lies there. beyond: of Surface.beyond().
    folds: (H,W,3) gain of sRGB values that puts the folds of its smile back; None where none were taken off. first:
    what the first portrait shows, None for that one itself. gains: found already, lit or not, with the atlas that they
    were found for.
    """

    registration: Registration
    observation: Observation
    picture: np.ndarray
    person: np.ndarray
    masks: Mapping[str, np.ndarray]
    visible: np.ndarray
    beyond: tuple[np.ndarray, np.ndarray]
    folds: np.ndarray | None = None
    first: Observation | None = None
    gains: dict[bool, tuple[np.ndarray, np.ndarray | None]] = field(default_factory=dict, repr=False, compare=False)

    def evidence(self, name: str, canonical: np.ndarray) -> Evidence:
        """Of one covering, in the atlas.

        Args:
            canonical: (S,S,3) of the texels.
        """
        places = self.observation.places
        sure = (
            self.visible
            * region_of(name, canonical)
            * np.maximum(at_pixels(self.person, places), at_pixels(self.masks[name], places))
        )
        for above in COVERINGS[COVERINGS.index(name) + 1 :]:  # what a hat hides is not bald
            sure = sure * (1 - at_pixels(self.masks[above], places) * region_of(above, canonical))
        color = self.observation.light.remove(sample(self.observation.portrait, places), self.observation.shade)
        return Evidence(sure.astype(np.float32), at_pixels(self.masks[name], places), color)

    def beside_outline(self, canonical: np.ndarray) -> np.ndarray:
        """(S,S) 0..1, where hair sticks out: at the head's outline it lies beside it.

        Args:
            canonical: (S,S,3) of the texels.
        """
        places, outline = self.beyond
        return outline * at_pixels(self.masks["hair"], places) * region_of("hair", canonical)

    def sticks_out(self, canonical: np.ndarray) -> float:
        """0..1, how surely hair sticks out beside the head: of a hundredth of the outline at least."""
        edge = self.beyond[1] * region_of("hair", canonical) > 0.5
        most = float(np.quantile(self.beside_outline(canonical)[edge], 0.99)) if edge.any() else 0.0
        return float(np.clip((most - STICKS_OUT) / (1 - STICKS_OUT), 0, 1))

    def with_folds(self) -> Observation:
        """The evidence of the skin with the folds of the smile."""
        seen = self.observation
        if self.folds is None:
            return seen
        return replace(seen, unlit=np.clip(seen.unlit * sample(self.folds, seen.places), 0, 1))

    def gain(self, generated: np.ndarray, lit: bool = False) -> np.ndarray | None:
        """(S,S,3) what the portrait's linear light is multiplied by, per atlas texel, to lose its light; None for none.

        A further portrait takes on the first one's light where that is kept, for two lights on one head would show.

        Args:
            generated: (a,a,3) sRGB atlas of the three stages. lit: with the first portrait's light.
        """
        made, gain = self.gains.get(lit, (None, None))
        if made is not generated:  # a texture of several tiles asks often
            gain = self._find_gain(generated, lit)
            self.gains[lit] = generated, gain
        return gain

    def _find_gain(self, generated: np.ndarray, lit: bool) -> np.ndarray | None:
        if not lit:
            return relighting(self.observation, generated)
        if self.first is None:
            return None
        bare = relighting(self.observation, generated)
        wanted, has = _lit(self.first, None), _lit(self.observation, bare)
        apart = np.clip(np.log((wanted + 0.01) / (has + 0.01)), -np.log(STRONGEST), np.log(STRONGEST))
        both = np.minimum(self.first.confidence, self.observation.confidence)
        weight = np.clip(both / SURE, 0, 1).astype(np.float32)
        # the shorter it fades the truer (0.03 instead of 0.12 gives 0.2 dB on rendered portraits), longer it is softer
        return bare * np.exp(fade_from(apart * (weight > 0.05)[..., None], weight, (0.015, 0.05))[0])


def share_out(confidences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Shares (…,) of several portraits in each texel: what the first leaves, the better of the others takes."""
    first, *others = confidences
    if not others:
        return [first]
    # decidedly the better: a mean of two that lie a little apart is blurred
    powers = [confidence**4 for confidence in others]
    left = (1 - first) * np.maximum.reduce(others) / np.maximum(np.sum(powers, 0), 1e-9)
    return [first, *(left * power for power in powers)]


def further_view(first: Observation, view: View, scalp: np.ndarray) -> View:
    """A further portrait, its exposure and white balance brought to the first one's.

    Both are compared without their light, on texels that both show: one gain per channel, the median's.

    Args:
        scalp: (S,S) 0..1, the share of scalp of each texel.
    """
    observation = view.observation
    own, other = to_linear(first.unlit), to_linear(observation.unlit)
    skin = 1 - scalp
    both = np.minimum(first.confidence, observation.confidence) * skin > SURE
    if both.sum() >= ENOUGH:
        ratio = np.median(np.log(own[both] + 0.01) - np.log(other[both] + 0.01), axis=0)
    else:  # they hardly overlap: then their skins are alike on the whole
        seen = (
            np.median(linear[one.confidence * skin > SURE], axis=0)
            for linear, one in ((own, first), (other, observation))
            if (one.confidence * skin > SURE).any()
        )
        values = list(seen)
        ratio = np.log(values[0] + 0.01) - np.log(values[1] + 0.01) if len(values) == 2 else np.zeros(3)
    gain = np.clip(np.exp(ratio), 1 / GAIN, GAIN).astype(np.float32)
    balanced = replace(
        observation,
        portrait=_times(observation.portrait, gain),
        low=_times(observation.low, gain),
        unlit=_times(observation.unlit, gain),
    )
    return replace(view, observation=balanced, picture=_times(view.picture, gain), first=first)


def fuse(first: Observation, further: Sequence[View]) -> Observation:
    """The first portrait's observation with the confidence and unlit colour of all of them."""
    if not further:
        return first
    views = [first, *(view.observation for view in further)]
    shares = share_out([view.confidence for view in views])
    confidence = np.sum(shares, 0).astype(np.float32)
    mean = np.maximum(confidence, 1e-6)[..., None]
    unlit = sum(view.unlit * share[..., None] for view, share in zip(views, shares, strict=True)) / mean
    unlit = np.where((confidence > 1e-6)[..., None], unlit, first.unlit).astype(np.float32)
    return replace(first, unlit=unlit, confidence=confidence)


def find_coverings(views: Sequence[View], canonical: np.ndarray) -> tuple[Covering, ...]:
    """What covers the head, of all portraits together, from the skin upwards.

    Args:
        canonical: (S,S,3) of the texels.
    """
    lead, found = views[0], []
    for name in COVERINGS:
        if not any(view.masks[name].any() for view in views):
            continue
        evidence = [view.evidence(name, canonical) for view in views]
        whole = join(evidence, share_out([one.sure for one in evidence]))
        if name == "facial_hair":
            continued = continue_beard(whole, lead.observation, canonical)
        else:
            beside = [view.beside_outline(canonical) if name == "hair" else 0 * whole.sure for view in views]
            colors = (
                hair_near(view, view.masks[name], 0.005 if out.max() > STICKS_OUT else ENOUGH_HAIR)
                for view, out in zip(views, beside, strict=True)
            )
            color = next((one for one in colors if one is not None), None)
            continued = continue_hair(name, whole, color, np.maximum.reduce(beside))
        if continued is None and name != "headwear":  # what shows is evidence, however little it is
            known = whole.sure * whole.shown**4
            if not known.any():
                continue
            tone = np.average(whole.color.reshape(-1, 3), axis=0, weights=known.ravel())
            cover = whole.sure * whole.shown
            continued = Covering(name, whole, cover, continue_color(whole.color, known, tone), cover)
        found.append(continued)
    return tuple(one for one in found if one is not None)


def limit_reach(
    coverings: Sequence[Covering], views: Sequence[View], canonical: np.ndarray, people: float
) -> tuple[Covering, ...]:
    """Coverings that reach as far as hair grows, where it has grown: where the prior of people explains the portrait,
    or hair sticks out beside the head. A scalp that is painted on a skin may have a dark nape, too.

    Args:
        canonical: (S,S,3) of the texels. people: 0..1, of prior.Experts.evidence().
    """
    grown = max(people, *(view.sticks_out(canonical) for view in views))
    return tuple(replace(one, reach=1 - grown * (1 - one.reach)) for one in coverings)


def hair_near(view: View, mask: np.ndarray, enough: float = ENOUGH_HAIR) -> np.ndarray | None:
    """(S,S,3) sRGB of what an (H,W) mask covers, without the picture's exposure; None where less than enough shows."""
    seen = view.observation
    color = near_color(seen.portrait, mask, seen.places, view.registration.face_height, enough)
    return None if color is None else exposed_alike(color, seen)


def _lit(seen: Observation, gain: np.ndarray | None) -> np.ndarray:
    """(S,S,3) linear light of a portrait in the atlas."""
    linear = to_linear(sample(seen.low, seen.places))
    return linear if gain is None else np.clip(linear * gain, 0, 1)


def _times(srgb: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """(…,3) sRGB times (3,) in linear light."""
    return to_srgb(np.clip(to_linear(srgb) * gain, 0, 1))


def continue_hair(
    name: str, evidence: Evidence, color: np.ndarray | None, outline: np.ndarray | float = 0.0
) -> Covering | None:
    """The covering of the scalp as the hairline's prior goes on from the evidence; None without a colour.

    Args:
        color: (S,S,3) of near_color(). outline: (S,S) 0..1, hair that sticks out there (View.beside_outline).
    """
    if color is None:
        return None
    more = outline * (1 - evidence.sure)
    shown = evidence.shown + more / np.maximum(evidence.sure + more, 1e-6) * (1 - evidence.shown)
    cover, reach = hairline().find_cover(shown, evidence.sure + more)
    weight = np.clip(evidence.sure / 0.3, 0, 1) * evidence.shown**4 * cover  # half hair has half the skin's colour
    return Covering(name, evidence, cover, beside(color, evidence, weight), reach)


def near_color(
    portrait: np.ndarray, mask: np.ndarray, places: np.ndarray, face_height: float, enough: float = ENOUGH_HAIR
) -> np.ndarray | None:
    """(S,S,3) sRGB of the hair nearest to each texel in the picture, visible or not: temples take the sides' colour and
    the crown the top's. None where too little shows.

    Args:
        portrait: (H,W,3) sRGB. mask: (H,W) 0..1 hair. places: (S,S,2) portrait pixels per texel. face_height: pixels.
        enough: squared face heights that must show.
    """
    scale = min(1.0, 100.0 / face_height)  # pixels per face height at which hair is averaged
    size = tuple(max(1, round(side * scale)) for side in mask.shape[::-1])
    weight, small = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (mask, portrait))
    sure, height = weight > 0.5, face_height * scale
    if sure.sum() < enough * height**2:
        return None
    tone, weight = np.median(small[sure], axis=0), np.clip(5 * weight - 4, 0, 1)  # a little skin outshines black hair
    near, wide = (gaussian(part, 0.2 * height) for part in (weight, small * weight[..., None]))
    return sample(((wide + 0.02 * tone) / (near + 0.02)[..., None]).astype(np.float32), places * np.float32(scale))
