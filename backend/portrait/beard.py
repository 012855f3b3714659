"""The beard in the picture: what of the lower face is neither of the skin's colour nor as smooth."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..imaging.sample import masked_blur
from .landmark_groups import FACE_OVAL, INNER_LIPS, LEFT_CHEEK, LIPS, NOSE_BRIDGE, RIGHT_CHEEK, fill_region
from .landmarks import FaceLandmarks
from .matte import Matte, skin_likeness
from .person import shrunk

#: Landmarks: under the nose, and of the chin.
NOSE, CHIN = 2, 152
#: From here down, of the way from nose to chin, collars begin; how far in CIELAB hair strays there from its colour
#: where it is hair for sure.
COLLAR, LOCKS, SURELY = 0.6, np.float32([25, 12, 14]), 0.9
#: Of the face's size squared: hair that hangs together is larger.
ISLAND = 0.02
#: Of the face's size: lips are widened and the outline is drawn in by this much, detail is finer, and detail is looked
#: at over this far; how far from the lips every beard comes, and how much of it (of the face's size squared).
LIPS_WIDER, OUTLINE, FINE, ABOUT, BESIDE, WIDE = 0.02, 0.03, 0.012, 0.03, 0.04, 0.003
#: How many times as rough as cheeks hair begins to be, and is for sure; 25 portraits, 13 of them bearded.
ROUGH = (1.2, 2.4)
#: Over so much of the face's size hair is looked at for being darker than what is around it; by how much it begins to
#: be, and is for sure: a moustache in a small picture is smooth.
BROAD, DARK = 0.15, (0.8, 0.6)
#: Distance in CIELAB up to which what is over the lips is the same dark hair.
ALIKE = np.float32([10, 6, 6])
#: Share of the lower face up to which it is stubble, shade or folds.
LEAST = 0.08


def shave(color: np.ndarray, matte: Matte, face: FaceLandmarks) -> Matte:
    """The matte with the beard as hair and not as skin; the arguments are find_beard()'s.

    What has neither the beard's colour nor that of the hair above is a collar; islands in the forehead are gloss.
    """
    beard = find_beard(color, matte, face)
    low = below(color.shape[:2], face, COLLAR)
    lab = cv2.cvtColor(np.ascontiguousarray(color, np.float32), cv2.COLOR_RGB2LAB)
    alike = np.zeros_like(beard)
    for known in (matte.hair * (1 - low) > SURELY, beard > SURELY):
        if known.any():
            apart = np.linalg.norm((lab - np.median(lab[known], axis=0)) / LOCKS, axis=-1)
            alike = np.maximum(alike, np.clip(2 - apart, 0, 1))
    hair = matte.hair * (1 - low * (1 - cv2.GaussianBlur(alike, (0, 0), max(0.6, FINE * face.size))))
    hair = hair * without_islands(hair, ISLAND * face.size**2)
    return replace(matte, skin=matte.skin * (1 - beard), hair=np.maximum(hair, beard))


def without_islands(mask: np.ndarray, least: float) -> np.ndarray:
    """(H,W) 1 in and around what of a mask hangs together over so many pixels at least."""
    solid = (mask > 0.5).astype(np.uint8)
    labels, found = cv2.connectedComponentsWithStats(solid)[1:3]
    large = np.flatnonzero(found[:, cv2.CC_STAT_AREA] >= least)
    kept = (np.isin(labels, large[large > 0])).astype(np.float32)
    reach = max(1.0, np.sqrt(least) / 4)
    return np.clip(2 * cv2.GaussianBlur(cv2.dilate(kept, disc(reach)), (0, 0), reach / 2), 0, 1)


def find_beard(color: np.ndarray, matte: Matte, face: FaceLandmarks) -> np.ndarray:
    """(H,W) float32 0..1, 1 where a beard or a moustache hides the skin; 0 everywhere on shaven faces.

    Shade has the skin's smoothness, folds and freckles have its colour; hair has neither.

    Args:
        color: (H,W,3) float32 sRGB. face: its landmarks, in the pixels of color.
    """
    small, factor = shrunk(color, face.size)
    placed = face.scaled(factor)
    shape, size = small.shape[:2], placed.size
    nothing = np.zeros(color.shape[:2], np.float32)
    person = cv2.resize(matte.person, shape[::-1], interpolation=cv2.INTER_AREA)
    mouth = cv2.dilate(fill_region(shape, placed.points, LIPS, INNER_LIPS), disc(LIPS_WIDER * size))
    inside = fill_region(shape, placed.points, FACE_OVAL) * (person > 0.5)
    inner = cv2.erode(inside, disc(OUTLINE * size)) * (1 - mouth)  # the edges of face and lips are rough, too
    lower = inside * below(shape, placed) * (1 - mouth)
    bare = (fill_region(shape, placed.points, RIGHT_CHEEK, LEFT_CHEEK, NOSE_BRIDGE) * inner) > 0.5
    if not bare.any() or not (lower > 0.5).any():
        return nothing
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    fine = np.square(lab - masked_blur(lab, inner, FINE * size))
    rough = np.sqrt(masked_blur(fine, inner, ABOUT * size))[..., 0]
    rough = rough / max(float(np.median(rough[bare])), 0.3)
    unlike = cv2.GaussianBlur(1 - skin_likeness(small, placed)[0], (0, 0), ABOUT * size / 2)
    about = masked_blur(lab, inner, BROAD * size)[..., 0]
    dark = (DARK[0] - cv2.GaussianBlur(lab[..., 0], (0, 0), FINE * size) / np.maximum(about, 1)) / (DARK[0] - DARK[1])
    hair = unlike * np.clip(np.maximum((rough - ROUGH[0]) / (ROUGH[1] - ROUGH[0]), dark), 0, 1)
    beard = np.clip(3 * cv2.GaussianBlur(hair * lower, (0, 0), ABOUT * size / 3) - 0.5, 0, 1)
    labels = cv2.connectedComponents((beard > 0.3).astype(np.uint8))[1]
    beside = cv2.dilate(mouth, disc(BESIDE * size)) > 0.5
    grown = [label for label in range(1, labels.max() + 1) if (beside & (labels == label)).sum() > WIDE * size**2]
    beard *= cv2.dilate(np.isin(labels, grown).astype(np.float32), disc(FINE * size))
    if beard.sum() < LEAST * lower.sum():
        return nothing
    own = np.median(lab[beard > 0.5], axis=0) if (beard > 0.5).any() else lab[bare].mean(0)
    if own[0] < DARK[1] * np.median(lab[bare][:, 0]):  # it may hang over the lips, which no dark hair looks like
        apart = np.linalg.norm((cv2.GaussianBlur(lab, (0, 0), 0.7) - own) / ALIKE, axis=-1)
        beard = np.maximum(beard, mouth * inside * np.clip(2 - apart, 0, 1))
    return cv2.resize(beard.astype(np.float32), color.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def below(shape: tuple[int, int], face: FaceLandmarks, share: float = 0.0) -> np.ndarray:
    """(h,w) 0..1 below the nose, or so far on the way from there to the chin, in the frame of the face."""
    down = face.points[CHIN, :2] - face.points[NOSE, :2]
    length = max(float(np.linalg.norm(down)), 1e-6)
    rows, columns = (np.arange(side) + 0.5 for side in shape)
    x, y = face.points[NOSE, :2]
    level = ((columns[None] - x) * down[0] + (rows[:, None] - y) * down[1]) / length**2
    return np.clip((level - share) / 0.1 + 0.5, 0, 1).astype(np.float32)


def disc(radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
