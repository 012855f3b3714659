"""python -m backend.lab train pores: pores for portraits that show too little skin, and how strong skin's detail is.

Pores are quilted from two pictures of skin (DATA/detail, CC-BY, ComplexAce and Hope). How strong detail is, is measured
on the cheeks of people (DATA/faces): the deviation of luminance by octave, as a share of the tone.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ...imaging.bands import HALF, octaves
from ...imaging.sample import LUMINANCE
from ...portrait.decode import decode_portrait
from ...portrait.faces import find_upright_faces
from ...surface.quilt import quilt
from ...surface.skin import COARSEST, LOWS, PATCH, PORES, cut_patches, regular
from ..look import pictures

#: Pixels per face height of the pores, and of the pictures of skin; theirs are unrolled, and show this much of it.
DENSITY, PICTURED = 384, 4370
#: Rows and columns of bare skin without features in the pictures, as shares of their sides: both cheeks, the forehead.
BARE = ((0.40, 0.56, 0.27, 0.37), (0.41, 0.60, 0.63, 0.76), (0.17, 0.29, 0.37, 0.63))
#: Landmarks in the middle of each cheek, and at the top and the end of the face.
CHEEKS, TOP, CHIN = (50, 280), 10, 152
#: Ranks of people: what is usual, and the most that skin may have.
RANKS = (0.5, 0.9)
#: Values of a stored byte per deviation.
STEPS = 8


def make_pores(folder: Path) -> np.ndarray:
    """(N,N) int8: periodic, PERIOD wide, STEPS to a deviation."""
    random, found = np.random.default_rng(0), []
    for path in pictures([folder]):
        picture = decode_small(path)
        tone = cv2.GaussianBlur(picture, (0, 0), HALF * DENSITY / COARSEST)
        fine = (picture - tone) / (tone @ LUMINANCE)[..., None]
        skin = np.zeros(fine.shape[:2], bool)
        for rows in BARE:
            top, bottom, left, right = (round(share * len(skin)) for share in rows)
            skin[top:bottom, left:right] = True
        found.append(cut_patches(fine, skin, round(PATCH * DENSITY), random))
    square = quilt(*regular(found), DENSITY, random) @ LUMINANCE
    return np.clip(np.rint(square * (STEPS / square.std())), -127, 127).astype(np.int8)


def decode_small(path: Path) -> np.ndarray:
    """(H,W,3) float32 sRGB of a picture of skin, DENSITY pixels per face height."""
    picture = cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255
    return cv2.resize(picture, None, fx=DENSITY / PICTURED, fy=DENSITY / PICTURED, interpolation=cv2.INTER_AREA)


def deviations(path: Path) -> Iterator[np.ndarray]:
    """(b,) of each cheek of a portrait."""
    picture = decode_portrait(str(path)).color
    for face in find_upright_faces(picture)[:1]:
        points = face.points[:, :2]
        height = float(np.linalg.norm(points[TOP] - points[CHIN]))
        if height < 4 * LOWS[-1]:  # its last octave is not whole
            continue
        reach = round(PATCH * height / 2)
        for column, row in np.rint(points[list(CHEEKS)]).astype(int):
            cheek = picture[max(0, row - reach) : row + reach, max(0, column - reach) : column + reach]
            whole = np.ones(cheek.shape[:2], np.float32)
            bands = octaves((cheek @ LUMINANCE)[..., None], whole, height, LOWS)
            yield np.array([band.std() for band in bands]) / float((cheek @ LUMINANCE).mean())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train pores",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with detail/ and faces/")
    parser.add_argument("--count", type=int, default=0, help="people that are measured, every second one (default all)")
    arguments = parser.parse_args(argv)
    paths = pictures([arguments.data / "faces"])[::2]
    if arguments.count:
        paths = paths[:: max(1, len(paths) // arguments.count)]
    by_person = np.array([np.mean(cheeks, 0) for cheeks in ([*deviations(path)] for path in paths) if cheeks])
    usual, most = np.quantile(by_person, RANKS, axis=0).astype(np.float32)
    print(f"{len(by_person)} people, waves {list(LOWS)}: usual {usual.round(4)}, most {most.round(4)}")
    np.savez_compressed(PORES, pores=make_pores(arguments.data / "detail"), usual=usual, most=most)
    print(PORES.name, PORES.stat().st_size, hashlib.sha256(PORES.read_bytes()).hexdigest())
    return 0
