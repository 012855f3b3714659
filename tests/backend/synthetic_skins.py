"""A small made-up set of aligned skins: drawn faces on an egg with a nose, so that the builder's tests need no data."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import cv2
import numpy as np

from backend.head.atlas import ACROSS, DOWN, LATITUDES, LONGITUDES
from backend.head.facial_regions import MOUTH_LINE, NOSTRILS, find_facial_regions
from backend.lab.texhub.skins import eye_openings
from backend.lab.texhub.sources import Sources, prepare
from backend.lab.texhub.views import Views, make_views

SIZE = 64
#: Skin colours of the faces, sRGB; each face has two skins. The last two faces are held out.
COLOURS = (
    (0.88, 0.70, 0.60),
    (0.72, 0.52, 0.40),
    (0.42, 0.28, 0.21),
    (0.60, 0.42, 0.32),
    (0.80, 0.62, 0.50),
    (0.30, 0.20, 0.15),
)
HELD_OUT = ("kit/face4_0", "kit/face5_1")


@functools.cache
def geometry(size: int) -> tuple[np.ndarray, np.ndarray]:
    """(S,S,3) canonical positions and normals of an egg with a nose: the atlas's mapping the other way round."""
    v, u = (np.mgrid[:size, :size] + 0.5) / size
    longitude = np.radians(np.interp(np.abs(u - 0.5), ACROSS, LONGITUDES) * np.sign(u - 0.5))
    latitude = np.radians(np.interp(v, DOWN, LATITUDES))
    nose = 0.22 * np.exp(-((longitude / 0.13) ** 2) - ((latitude + 0.02) / 0.2) ** 2)
    radius = 0.55 + nose
    points = radius[..., None] * np.stack(
        [0.85 * np.cos(latitude) * np.sin(longitude), np.sin(latitude), np.cos(latitude) * np.cos(longitude)], -1
    )
    down, across = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normals = np.cross(down, across)
    return points.astype(np.float32), (normals / np.linalg.norm(normals, axis=2, keepdims=True)).astype(np.float32)


def drawn_skin(size: int, face: int, variant: int) -> np.ndarray:
    """(S,S,3) uint8: skin with a relief of its own, brows, lips, nostrils, and dark hair on every second face."""
    random = np.random.default_rng([face, variant])
    regions = find_facial_regions(geometry(size)[0])
    relief = np.random.default_rng(face).standard_normal((size, size), np.float32)
    skin = np.float32(COLOURS[face]) * (1 + 0.05 * cv2.GaussianBlur(relief, (0, 0), 1))[..., None]
    skin = skin * (1 + 0.02 * random.standard_normal((size, size, 1), np.float32))
    unit = max(1, size // 64)
    lines = regions.lines([MOUTH_LINE, NOSTRILS], unit)
    for mask, colour in (
        (regions["lips"], (0.6, 0.25, 0.25)),
        (regions["brow"], (0.2, 0.13, 0.1)),
        (lines, (0.15, 0.08, 0.08)),
        (regions.lashes(unit), (0.1, 0.08, 0.08)),
        (regions["scalp"] * (face % 2), (0.1, 0.08, 0.07)),
    ):
        skin = skin + mask[..., None] * (np.float32(colour) - skin)
    return np.rint(np.clip(skin, 0, 1) * 255).astype(np.uint8)


@functools.cache
def atlas(size: int = SIZE) -> dict[str, np.ndarray]:
    """Arrays as skins.build makes them: two skins of each face, and a creature."""
    positions, normals = geometry(size)
    names = [f"kit/face{face}_{variant}" for face in range(len(COLOURS)) for variant in (0, 1)] + ["kit/ork"]
    textures = [drawn_skin(size, face, variant) for face in range(len(COLOURS)) for variant in (0, 1)]
    valid = np.ones((size, size), np.uint8)
    valid[int(0.93 * size) :] = 0
    valid[eye_openings(size)] = 0
    covered = np.ones((size, size), bool)
    return {
        "textures": np.array([*textures, textures[0]]),
        "valid": np.array([valid] * len(names)),
        "names": np.array(names),
        "face": np.array([face for face in range(len(COLOURS)) for _ in (0, 1)] + [99]),
        "style": np.array(["photo"] * (len(names) - 1) + ["creature"]),
        "positions": positions,
        "normals": normals,
        "covered": covered,
    }


def split_file(folder: Path) -> Path:
    path = folder / "split.json"
    path.write_text(json.dumps({"held_out": list(HELD_OUT)}))
    return path


@functools.cache
def views(size: int = SIZE) -> Views:
    """A small bank."""
    positions, normals = geometry(size)
    return make_views(positions, normals, np.ones((size, size), bool), eye_openings(size), (-48, 0, 48), (0,))


def sources(folder: Path, size: int = SIZE) -> Sources:
    return prepare(atlas(size), split_file(folder))
