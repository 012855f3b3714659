"""A recipe to pixels: identity, age, pigment, marks, hair and make-up as absorbance; then style, lights, views."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ...imaging.pigment import from_absorbance
from ...styles import STYLES, paint
from . import detail, hair, identity, makeup, marks
from .lights import lit, shading
from .occluders import shown
from .pigments import CAROTENE, HAEMOGLOBIN, MELANIN, ita
from .recipe import VERSION
from .sources import Sources
from .views import Eye, Views

#: JPEG quality of lit versions: they are what a portrait shows, and portraits are JPEGs. Truth is lossless.
QUALITY = 92


@dataclass(frozen=True)
class Sample:
    """unlit: (S,S,3) uint8 sRGB. valid: (S,S) uint8 0 or 255. lit: of (S,S,3) uint8. masks: of (S,S) uint8 confidence.

    ita: degrees, of the skin before it was painted in a style.
    """

    unlit: np.ndarray
    valid: np.ndarray
    lit: list[np.ndarray]
    masks: list[np.ndarray]
    ita: float

    def files(self) -> dict[str, bytes]:
        """What is stored of it: name -> bytes."""
        png = [cv2.IMWRITE_PNG_COMPRESSION, 3]
        jpeg = [
            cv2.IMWRITE_JPEG_QUALITY,
            QUALITY,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ]
        out = {"unlit.png": encoded(".png", self.unlit[..., ::-1], png), "valid.png": encoded(".png", self.valid, png)}
        out |= {f"lit{i}.jpg": encoded(".jpg", one[..., ::-1], jpeg) for i, one in enumerate(self.lit)}
        return out | {f"mask{i}.png": encoded(".png", one, png) for i, one in enumerate(self.masks)}


def encoded(extension: str, picture: np.ndarray, options: list[int]) -> bytes:
    ok, data = cv2.imencode(extension, np.ascontiguousarray(picture), options)
    if not ok:
        raise ValueError(f"OpenCV could not encode a picture as {extension}")
    return data.tobytes()


def render(sources: Sources, views: Views, recipe: dict) -> Sample:
    """The sample of a recipe that was drawn from the same sources.

    Raises:
        ValueError: when the recipe belongs to another version of the builder or to other sources.
    """
    if (recipe["version"], recipe["sources"]) != (VERSION, sources.digest):
        raise ValueError(f"Recipe {recipe['index']} belongs to other sources or to another version of the builder.")
    photo, valid, angle = face(sources, recipe)
    style = recipe["style"]
    painted = paint(style["name"], photo, sources.regions, style["parameters"])
    unlit = to_bytes(painted)
    albedo = unlit.astype(np.float32) / 255
    steps = STYLES[style["name"]].tones
    lights = [to_bytes(lit(albedo, shading(light, sources.normals, steps))) for light in recipe["lights"]]
    masks = [view_mask(sources, views, view, valid) for view in recipe["views"]]
    return Sample(unlit, np.where(valid, 255, 0).astype(np.uint8), lights, masks, angle)


def face(sources: Sources, recipe: dict) -> tuple[np.ndarray, np.ndarray, float]:
    """(S,S,3) float32 sRGB without light or style, (S,S) bool valid, and the skin's ITA in degrees."""
    regions = sources.regions
    value, valid = identity.compose(sources, recipe["identity"])
    tone = sources.tone[sources.index(recipe["identity"]["base"])]
    value = detail.age(sources, value, recipe["age"])
    pigment = recipe["pigment"]
    added = pigment["melanin"] * MELANIN + pigment["blood"] * HAEMOGLOBIN + pigment["carotene"] * CAROTENE
    added = added + np.float32(pigment["undertone"])
    value = value + identity.skin_share(value, tone, regions)[..., None] * added
    tone = tone + added
    bare = regions["forehead"] + regions["cheeks"] > 0.5  # before beard, hair and make-up cover it
    angle = ita(from_absorbance(np.median(value[bare], axis=0)))
    for name, painter in (("freckles", marks.freckles), ("moles", marks.moles), ("scar", marks.scar)):
        if name in recipe["marks"]:
            value = value + painter(regions, recipe["marks"][name])
    value = makeup.brows(regions, value, tone, recipe["brows"])
    value = makeup.lips(regions, value, recipe["lips"])
    for name, painter in (("blush", makeup.blush), ("shadow", makeup.eye_shadow), ("liner", makeup.eyeliner)):
        if name in recipe["makeup"]:
            value = painter(regions, value, recipe["makeup"][name])
    if recipe["beard"]:
        value = {"stubble": hair.stubble, "beard": hair.beard}[recipe["beard"]["kind"]](regions, value, recipe["beard"])
    if recipe["hair"]:
        value = hair.hair(regions, value, recipe["hair"])
    srgb = from_absorbance(np.maximum(value, 0.01).astype(np.float32))
    return srgb, valid, angle


def view_mask(sources: Sources, views: Views, view: dict, valid: np.ndarray) -> np.ndarray:
    """(S,S) uint8 confidence of a view and its occluders."""
    yaw = min(views.yaws, key=lambda one: abs(one - view["yaw"]))
    pitch = min(views.pitches, key=lambda one: abs(one - view["pitch"]))
    mask = views.mask(yaw, pitch) * valid
    for occluder in view["occluders"]:
        mask = mask * shown(occluder, sources.positions, Eye.at(yaw, pitch))
    return np.rint(255 * np.clip(mask, 0, 1)).astype(np.uint8)


def to_bytes(picture: np.ndarray) -> np.ndarray:
    """(…) uint8 of float 0..1."""
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
