"""New identities from aligned skins: parts of other faces in soft masks, a blend, a whole neck."""

from __future__ import annotations

import cv2
import numpy as np

from ...head.facial_regions import SWAPPED, FacialRegions
from ...imaging.noise import field, soft_step
from .detail import low_band
from .sources import Sources

#: Reach, as a share of the atlas, of the colour that a swapped part takes over from the face it goes into.
COLOUR_REACH = 0.09
#: Parts whose surroundings are hair in some skins: they take over the whole tone instead.
BESIDE_HAIR = ("ears", "forehead")
#: The same for a neck, and how far in absorbance the border may be off the two skins' tones.
NECK_REACH, LOCAL = 0.07, 0.5


def compose(sources: Sources, recipe: dict) -> tuple[np.ndarray, np.ndarray]:
    """(S,S,3) absorbance and (S,S) bool where it is data.

    Args:
        recipe: base: name; mirrored: bool; swaps: part -> {skin, share, mirrored}; blend: {skin, share, seed, cells};
            neck, scalp: names, or empty.
    """
    regions, tone = sources.regions, sources.tone
    base = sources.index(recipe["base"])
    mirrored = recipe["mirrored"]
    value, valid = sources.absorbance(recipe["base"], mirrored), flipped(sources.valid[base], mirrored)
    if recipe["blend"]:
        blend = recipe["blend"]
        number = sources.index(blend["skin"])
        other = sources.absorbance(blend["skin"]) + (tone[base] - tone[number])
        patches = soft_step(field(blend["seed"], sources.size, blend["cells"]), -0.6, 0.6)
        known = inside(sources.valid[number] | (regions["lids"] > 0.02), 0.02 * sources.size)
        value = value + (blend["share"] * patches * known * (1 - regions["scalp"]))[..., None] * (other - value)
    for part in SWAPPED:
        if part in recipe["swaps"]:
            swap = recipe["swaps"][part]
            change = tone[base] - tone[sources.index(swap["skin"])] if part in BESIDE_HAIR else None
            value = swapped(sources, value, swap["skin"], regions[part] * swap["share"], swap["mirrored"], change)
    if recipe["scalp"]:
        share = regions["scalp"][..., None]
        other = sources.index(recipe["scalp"])
        hair = sources.absorbance(recipe["scalp"])
        skin = skin_share(hair, tone[other], regions)[..., None]  # bare scalp takes the face's tone, hair keeps its own
        value = value + share * (hair + skin * (tone[base] - tone[other]) - value)
        valid = np.where(share[..., 0] > 0.5, sources.valid[other], valid)
    if recipe["neck"]:
        value, valid = with_neck(sources, value, valid, recipe["neck"], tone[base])
    return value.astype(np.float32), valid


def swapped(
    sources: Sources, value: np.ndarray, skin: str, share: np.ndarray, mirrored: bool, change: np.ndarray | None
) -> np.ndarray:
    """Another face's part inside share (S,S), in the light and tone of the face around it.

    Args:
        change: (3,) of tone; without it that of the surroundings.
    """
    other = sources.absorbance(skin, mirrored)
    offset = low_band(value - other, COLOUR_REACH) if change is None else change
    return value + share[..., None] * (other + offset - value)


def skin_share(value: np.ndarray, tone: np.ndarray, regions: FacialRegions) -> np.ndarray:
    """(S,S) 0..1: where pigment goes, which painted hair, brows and beards do not share."""
    darker = cv2.GaussianBlur((value - tone).mean(2), (0, 0), 0.004 * len(value))
    hairy = np.maximum.reduce([regions["scalp"], 0.8 * regions["beard"], 0.8 * regions["brow"], regions["ears"] * 0.3])
    return 1 - hairy * soft_step(darker, 0.5, 1.2)


def with_neck(
    sources: Sources, value: np.ndarray, valid: np.ndarray, skin: str, tone: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Texels without data from a skin that has them, in the tone (3,) of their surroundings."""
    change = tone - sources.tone[sources.index(skin)]
    known = sources.valid[sources.index(skin)]
    lids = sources.regions["lids"] > 0.02  # the eyes' openings stay empty in every skin
    missing = ~valid & known & ~lids
    # the border's own colours carry the offset across, but for hair; the tone does where none is near
    other = sources.absorbance(skin)
    difference = np.clip(value - other - change, -LOCAL, LOCAL)
    inner = cv2.erode((valid & known).astype(np.uint8), np.ones((3, 3), np.uint8))
    inner = inner * (1 - sources.regions["scalp"])
    weight = cv2.GaussianBlur(inner, (0, 0), NECK_REACH * sources.size)[..., None]
    offset = cv2.GaussianBlur(difference * inner[..., None], (0, 0), NECK_REACH * sources.size) / (weight + 0.03)
    offset = change + offset
    soft = cv2.GaussianBlur(missing.astype(np.float32), (0, 0), 0.012 * sources.size)
    share = np.maximum(soft_step(soft, 0.0, 0.6), missing)[..., None] * (1 - sources.regions["scalp"][..., None])
    return value + share * (other + offset - value), valid | missing


def inside(mask: np.ndarray, texels: float) -> np.ndarray:
    """(S,S) float32 0..1: 0 outside of a mask, 1 so many texels within."""
    return np.clip(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3) / texels, 0, 1)


def flipped(mask: np.ndarray, mirrored: bool) -> np.ndarray:
    return np.ascontiguousarray(mask[:, ::-1]) if mirrored else mask
