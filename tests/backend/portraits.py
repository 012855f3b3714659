"""Portraits that several tests look at: photographs of installed packages, and a drawing whose regions are known."""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import skimage

from backend.portrait.decode import Portrait, decode_portrait
from backend.portrait.faces import find_faces
from backend.portrait.parse import Parse

SKIMAGE = Path(skimage.__file__).parent / "data"
ASTRONAUT = SKIMAGE / "astronaut.png"
HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"

SKIN, HAIR, BACKGROUND, SHIRT = (0.87, 0.67, 0.53), (0.25, 0.15, 0.1), (0.75, 0.85, 0.95), (0.3, 0.4, 0.7)


@functools.cache
def astronaut() -> Portrait:
    return decode_portrait(ASTRONAUT)


@functools.cache
def astronaut_face():
    return find_faces(astronaut().color)[0]


@functools.cache
def drawing(skin=SKIN, side=512, hair=HAIR) -> np.ndarray:
    """A flat cartoon head whose regions are known."""
    image = np.empty((side, side, 3), np.float32)
    image[:] = BACKGROUND
    unit = side / 512

    def ellipse(centre, axes, colour, thickness=-1, start=0, end=360):
        cv2.ellipse(
            image,
            tuple(int(v * unit) for v in centre),
            tuple(int(v * unit) for v in axes),
            0,
            start,
            end,
            colour,
            thickness if thickness < 0 else max(1, int(thickness * unit)),
            cv2.LINE_AA,
        )

    ellipse((256, 200), (125, 140), hair)
    ellipse((140, 270), (20, 32), skin)
    ellipse((372, 270), (20, 32), skin)
    cv2.rectangle(image, (int(215 * unit), int(350 * unit)), (int(297 * unit), int(450 * unit)), skin, -1)
    ellipse((256, 270), (112, 145), skin)
    ellipse((256, 165), (108, 52), hair)
    ellipse((256, 560), (190, 130), SHIRT)
    for x in (210, 302):
        ellipse((x, 255), (24, 13), (1, 1, 1))
        ellipse((x, 255), (11, 12), (0.2, 0.3, 0.2))
        ellipse((x, 255), (26, 15), (0.1, 0.05, 0.05), 3, 180, 360)
        ellipse((x, 228), (30, 10), HAIR, 8, 190, 350)
    ellipse((256, 300), (13, 22), (0.72, 0.5, 0.4), 4, 20, 160)
    ellipse((256, 345), (38, 14), (0.75, 0.3, 0.3))
    return image


def parse_of(person: np.ndarray, skin: np.ndarray, hair: np.ndarray) -> Parse:
    """A parse of (H,W) shares; what of the person is neither wears clothes."""
    nothing, person = np.zeros(person.shape, np.float32), person.astype(np.float32)
    clothes = np.clip(person - skin - hair, 0, 1).astype(np.float32)
    return Parse(skin, hair, nothing, nothing, nothing, nothing, clothes, 1 - person)
