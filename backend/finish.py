"""Corrections after the three stages, in this order: what the portrait's skin, style and ink ask for.

Each takes the completed atlas (S,S,3) float32 sRGB without light and gives it back, corrected; it leaves alone what it
is not meant for.
"""

import cv2
import numpy as np

from .head.match import DRAWN
from .imaging.sample import LUMINANCE, sample
from .job import Prepared
from .observation.observe import SURE
from .prior.hairline import hairline
from .surface.bare import face_parts

#: Texels that have to show a kind of skin, before anything is said of it.
ENOUGH = 200


def keep_warm(generated: np.ndarray, job: Prepared, coldest: float = 0.02) -> np.ndarray:
    """Skin that nobody photographed is no colder than the person's own: it has at least as much red beside green, and
    green beside blue, as nearly all of the visible skin has, at its own luminance.

    The priors learnt napes and scalps with hair painted on them, so below dark hair what they complete has hair's
    darkness without skin's hue: teal beside the warm tone of a painting. On 24 held-out people with parts hidden +.000
    to +.003 dB (+- .003), on 30 rendered heads of the guard -.000 +- .001.

    Args:
        coldest: share of the visible skin that may be colder.
    """
    unlit, confidence = (
        cv2.resize(part, generated.shape[1::-1], interpolation=cv2.INTER_AREA) for part in job.evidence
    )
    visible = confidence > 0.5
    if visible.sum() < ENOUGH:
        return generated
    made, shown = (np.log(np.maximum(part, 0.01)) for part in (generated, unlit[visible]))
    hidden = 1 - np.clip(confidence / SURE, 0, 1)
    red, blue = (
        hidden * np.maximum(np.quantile(shown[:, a] - shown[:, b], coldest) - made[..., a] + made[..., b], 0)
        for a, b in ((0, 1), (1, 2))
    )
    warmer = np.exp(made + np.stack([red, np.zeros_like(red), -blue], -1))
    warmer *= (generated @ LUMINANCE / np.maximum(warmer @ LUMINANCE, 1e-4))[..., None]
    return np.clip(np.where((red + blue > 0)[..., None], warmer, generated), 0, 1).astype(np.float32)


def flatten_drawing(generated: np.ndarray, job: Prepared) -> np.ndarray:
    """What was generated for a drawing is no less flat than what the drawing shows.

    The networks learnt on skins, which are never one colour; beside a drawing's flat cheek theirs is blotched. So the
    hidden skin's colours are drawn together about the visible skin's middle one until they stray no more than it does.
    """
    if job.style not in DRAWN:
        return generated
    size, observation = len(generated), job.observation

    def shrunk(values: np.ndarray) -> np.ndarray:
        return cv2.resize(values.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)

    bare, sure = 1 - shrunk(face_parts()), shrunk(observation.confidence)
    for covering in job.coverings:
        bare = bare * (1 - shrunk(covering.cover))
    visible = shrunk(observation.unlit * observation.confidence[..., None]) / np.maximum(sure, 1e-4)[..., None]
    drawn = (bare > 0.7) & (sure > SURE)
    made = (bare > 0.5) & (sure < 0.05) & (shrunk(observation.covered) > 0.5)
    if drawn.sum() < ENOUGH or made.sum() < ENOUGH:
        return generated
    (middle, spread), (other, wider) = measured(visible[drawn]), measured(generated[made])
    kept = min(spread / max(wider, 1e-6), 1.0)
    if kept >= 0.8:
        return generated
    flat = np.clip((0.8 - kept) / 0.4, 0, 1)
    strays = cv2.GaussianBlur(generated - other, (0, 0), 0.012 * size)  # finer than that is grain, and lines' own
    hair = np.clip(np.abs(strays).max(-1) / 0.1, 0, 1) * shrunk(hairline().grows)  # it may count as skin
    bare = bare * (1 - hair)
    result = generated + flat * bare[..., None] * (middle + kept * strays - generated)
    # where the drawing is visible it stays itself, or its lines would fade into the flat colour beside them
    soft = observation.light.remove(sample(observation.low, observation.places), observation.shade)
    soft = shrunk(soft * observation.confidence[..., None]) / np.maximum(sure, 1e-4)[..., None]
    there = flat * np.clip((sure - 0.1) / (SURE - 0.1), 0, 1)[..., None]
    return np.clip(result + there * (soft - result), 0, 1).astype(np.float32)


def measured(colours: np.ndarray) -> tuple[np.ndarray, float]:
    """(3,) the middle of (n,3) colours and how far half of them stray from it, lines and features aside."""
    middle = np.median(colours, axis=0)
    return middle.astype(np.float32), float(np.median(np.abs(colours - middle) @ LUMINANCE))


def find_ink(picture: np.ndarray, head: np.ndarray) -> np.ndarray | None:
    """(3,3) the head's colour of each luminance: channels minus luminance, as powers 0 to 2 of it; None where the
    picture is in colour.

    Args:
        picture: (H,W,3) the whole portrait, sRGB. head: (H,W) 0..1, where it shows skin or hair.
    """
    scale = min(1.0, 128 / max(picture.shape[:2]))  # noise and the traces of compression are gone
    small, weight = (
        cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for part in (picture, head.astype(np.float32))
    )
    colours, root = small.reshape(-1, 3), np.sqrt(weight.reshape(-1, 1) + 0.01)
    value = colours @ LUMINANCE  # the rest of the picture counts a little: it settles tones that the head does not have
    if value.std() < 0.05:  # without contrast nothing can be said
        return None
    powers, tint = value[:, None] ** np.arange(3), colours - value[:, None]
    everywhere, ink = (np.linalg.lstsq(powers * by, tint * by, rcond=None)[0] for by in (1.0, root))
    explained = powers @ everywhere
    unexplained = np.sqrt(((tint - explained) ** 2).mean())
    # a drawing of skin, black and white has more colour than an ink, whose channels differ by 0.2 at most
    return ink if unexplained < 0.01 and np.ptp(explained, axis=1).max() < 0.2 else None


def print_in_ink(generated: np.ndarray, job: Prepared) -> np.ndarray:
    """What was generated for a black-and-white or sepia portrait takes its tones."""
    view = job.views[0]
    return printed(generated, find_ink(view.observation.portrait, np.maximum(view.observation.mask, view.person)))


def printed(colour: np.ndarray, ink: np.ndarray | None) -> np.ndarray:
    """(…,3) float32 sRGB in that ink, with its own light and dark; as it is without one."""
    if ink is None:
        return colour
    value = (colour @ LUMINANCE)[..., None]
    return np.clip(value + value ** np.arange(3) @ ink, 0, 1).astype(np.float32)


FINISHERS = (keep_warm, flatten_drawing, print_in_ink)


def finish(generated: np.ndarray, job: Prepared) -> np.ndarray:
    """Run all of them."""
    for finisher in FINISHERS:
        generated = finisher(generated, job)
    return generated
