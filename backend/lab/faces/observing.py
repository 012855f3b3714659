"""One portrait of a real person as partial evidence in the atlas, and its file.

Everything is as in a job (pipeline.prepare), but for one thing: a job paints a portrait onto a head of the artist's,
here what is kept must be that person's own. So the head is fitted to the person's outline (outline.py), and confidence
ends before the border, where background or a collar shines through.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from ...head.atlas import LOOKED_UP, map_atlas
from ...head.landmarks import HeadLandmarks
from ...head.match import Match, find_face_or_pins, match_found
from ...head.mesh import HeadMesh
from ...head.scalp import scalp_share
from ...imaging.files import write_bytes
from ...imaging.sample import masked_blur, sample, to_linear
from ...observation.look import coverings_of, skin_of
from ...observation.observe import SURE, Surface, at_pixels, mean_light, pulled_in, skin_mask
from ...observation.reflected import SMOOTH, find_reflected, local_share, without_reflection
from ...portrait.decode import decode_portrait
from ...portrait.parse import Parse
from ...prior.light import UPRIGHT, Light, estimate_light
from ...prior.linear import LinearPrior
from .outline import fit_outline

#: Texels of what is kept: a portrait's face is 300 to 400 pixels high, here 180.
TEXELS = 256
#: Face heights from the person's outline where confidence begins and is full: heads that are fitted to it lie within
#: 0.003 to 0.011 of it. Begun at 0.015 and full at 0.05, it cost a fifth of what is seen of ears.
OUTLINE = 0.006, 0.025


@dataclass(frozen=True)
class Seen:
    """A portrait in the atlas, (S,S) texels, row 0 at the crown.

    unlit, lit: (S,S,3) float32 sRGB, with the light divided out and as photographed. confidence: (S,S) 0..1 of the
    unlit colour; shown: before the light's trust, what estimating the light again needs. hair: (S,S) 0..1, hair of the
    head. shade: (S,S) the light that was divided out. normals: (S,S,3) in the viewer's axes (right, up, near).
    """

    unlit: np.ndarray
    lit: np.ndarray
    confidence: np.ndarray
    shown: np.ndarray
    hair: np.ndarray
    shade: np.ndarray
    normals: np.ndarray


class Divided(NamedTuple):
    """Evidence and its light. unlit, matte: (S,S,3) sRGB, without the light and without what surfaces mirror of it
    alone. confidence, shade: (S,S). exposure: the mean light, linear. mirrored: the mean of the light that comes back
    without entering, and share: of the light that does.
    """

    unlit: np.ndarray
    confidence: np.ndarray
    shade: np.ndarray
    exposure: float
    matte: np.ndarray
    mirrored: float
    share: float


@dataclass(frozen=True)
class About:
    """What is known of a portrait. Angles in degrees, the face's height in portrait pixels, score as judge() has it."""

    yaw: float
    pitch: float
    roll: float
    face_height: float
    score: float
    error: float
    glasses: bool
    hand: bool


def see(path: Path, mesh: HeadMesh, head: HeadLandmarks, prior: LinearPrior) -> tuple[Seen, About]:
    """Register one head to a portrait, fit it to the person's outline and observe it.

    Args:
        mesh, head: the head and its landmarks. prior: what skin looks like unlit.

    Raises:
        AvatarTexError: where a job would refuse the portrait.
    """
    portrait = decode_portrait(str(path))
    face, _ = find_face_or_pins(portrait, ())
    found = fit_outline(match_found(mesh, portrait, (), face, head), portrait.color)
    layout = map_atlas(found.mesh, found.canonical, LOOKED_UP)
    surface = Surface.of(found.mesh, layout, found.registration)
    registration, quality = found.registration, found.quality
    about = About(
        *(round(angle, 2) for angle in registration.angles),
        round(registration.face_height, 1),
        round(float(quality.score), 3),
        round(registration.error[1], 2),
        found.parse.worn,
        found.parse.hand,
    )
    return reduced(surface, found, portrait.color, prior), about


def reduced(surface: Surface, found: Match, portrait: np.ndarray, prior: LinearPrior) -> Seen:
    """What a portrait, (H,W,3) sRGB, shows of skin, beard and hair, cut at the person's outline, at TEXELS."""
    registration, parse = found.registration, found.parse
    height, rotation, scalp = registration.face_height, registration.camera.rotation, scalp_share(surface.canonical)
    places, visible = surface.look_up()
    masks = coverings_of(parse)
    skin, person, hair, beard = (
        at_pixels(mask, places)
        for mask in (
            skin_mask(skin_of(parse, height), registration),
            pulled_in(parse.person, height),
            masks["hair"],
            masks["facial_hair"],
        )
    )
    covered = (hair * scalp + beard * (1 - scalp)) * np.maximum(person - skin, 0)
    shown = visible * np.minimum(skin + covered, 1) * within(parse, height, places)
    lit = sample(portrait, places)
    evidence = divide(lit, shown, surface.normals, scalp, prior, rotation)
    confidence = evidence.confidence
    towards = surface.normals @ (UPRIGHT @ rotation).T
    return Seen(
        average(evidence.unlit, confidence),
        average(lit, confidence),
        small(confidence),
        small(shown),
        small(hair),
        small(evidence.shade),
        unit(small(towards)),
    )


def divide(
    lit: np.ndarray,
    shown: np.ndarray,
    normals: np.ndarray,
    scalp: np.ndarray,
    prior: LinearPrior,
    rotation: np.ndarray = UPRIGHT,
    stays: np.ndarray | float = 1.0,
) -> Divided:
    """What is shown without its light, as observe() does it, but in the atlas instead of the portrait.

    Args:
        lit: (S,S,3) sRGB. shown: (S,S) 0..1. normals: (S,S,3). scalp: (S,S) its share, which says nothing of the light.
        rotation: (3,3) the normals' axes to the camera's; those of Seen are the viewer's. stays: (S,S) 0..1, the share
            of what is shown that the light is estimated from.
    """
    bare = shown * stays * (1 - scalp)
    light = estimate_light(np.where((shown > 0)[..., None], lit, 0), normals, bare, prior, rotation)
    shade = light.shade(normals)
    trust = light.trust(shade)
    exposure, sure = mean_light(shade, bare * trust), bare * trust > SURE
    most, weight = find_reflected(lit[sure], shade[sure]), shown * stays * trust
    mirrored = shade * local_share(to_linear(lit) / shade[..., None], weight, most)
    around = masked_blur(mirrored[..., None], weight, SMOOTH * len(lit))
    matte = without_reflection(lit, around, most)
    unlit, confidence = Light.remove(matte, shade), (shown * trust).astype(np.float32)
    return Divided(unlit, confidence, shade, exposure, matte, most * mean_light(mirrored, bare * trust), most)


def relit(seen: Seen, positions: np.ndarray, prior: LinearPrior) -> Seen:
    """The same with its light estimated by another prior: prior and light are improved in turn.

    Args:
        positions: (S,S,3) canonical places of the texels.
    """
    evidence = divide(seen.lit, seen.shown, seen.normals, scalp_of(positions), prior)
    return replace(seen, unlit=evidence.unlit, confidence=evidence.confidence, shade=evidence.shade)


def scalp_of(positions: np.ndarray) -> np.ndarray:
    """(S,S) share of scalp of (S,S,3) canonical places; 0 where no head has surface."""
    return scalp_share(positions) * (np.linalg.norm(positions, axis=2) > 0.05)


def within(parse: Parse, face_height: float, places: np.ndarray) -> np.ndarray:
    """(…,) 0..1 at (…,2) portrait pixels: 0 at the person's outline, 1 well inside it."""
    person = np.pad((parse.person > 0.5).astype(np.uint8), 1, mode="edge")  # a picture's edge is no outline
    distance = cv2.distanceTransform(person, cv2.DIST_L2, 5)[1:-1, 1:-1] / face_height
    return sample(np.clip((distance - OUTLINE[0]) / (OUTLINE[1] - OUTLINE[0]), 0, 1).astype(np.float32), places)


def small(picture: np.ndarray, size: int = TEXELS) -> np.ndarray:
    return cv2.resize(np.asarray(picture, np.float32), (size, size), interpolation=cv2.INTER_AREA)


def average(colour: np.ndarray, confidence: np.ndarray, size: int = TEXELS) -> np.ndarray:
    """(size,size,3) float32 sRGB averaged by confidence; where nothing is seen, plainly."""
    weight = confidence + 1e-4
    return small(colour * weight[..., None], size) / small(weight, size)[..., None]


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def write(path: Path, seen: Seen, about: About) -> None:
    """`<id>.npz` and, last, `<id>.json` beside it: where the second is, the first is whole."""
    arrays = {
        name: np.rint(np.clip(getattr(seen, name), 0, 1) * 255).astype(np.uint8)
        for name in ("unlit", "lit", "confidence", "shown", "hair")
    }
    arrays |= {"shade": seen.shade.astype(np.float16), "normals": np.rint(seen.normals * 127).astype(np.int8)}
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez_compressed(file, **arrays)
    partial.replace(path)
    write_bytes(path.with_suffix(".json"), json.dumps(asdict(about)).encode())


def read(path: Path) -> Seen:
    """What write() wrote, as float32."""
    with np.load(path, allow_pickle=False) as data:
        bytes_ = {name: data[name].astype(np.float32) / 255 for name in ("unlit", "lit", "confidence", "shown", "hair")}
        return Seen(**bytes_, shade=data["shade"].astype(np.float32), normals=unit(data["normals"].astype(np.float32)))
