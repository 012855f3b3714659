"""train contrast: how strong hair's octaves are, by the tone of the hair, over people.

    python -m backend.lab train contrast --portraits DATA/faces --faces runs/faces

Of people in training whose hair shows every octave: a Gaussian of the logarithms of tone and deviations. The error of a
deviation is measured on windows of hair, beside all of it.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from pathlib import Path

import numpy as np

from ...imaging.sample import LUMINANCE
from ...portrait.decode import decode_portrait
from ...portrait.faces import find_upright_faces
from ...portrait.parse import parse_portrait
from ...surface.hair_kind import CONTRAST, SURE, cut_hair, measure_octaves, tone_of
from ...surface.strand_figures import ENOUGH

#: Pixels of a window's side, windows of each person.
WINDOW, WINDOWS = 36, 6


def measure(path: Path, face_height: float) -> tuple[np.ndarray, np.ndarray] | None:
    """(1 + b,) logarithms of tone and deviations, and (n,) squared errors of windows, times their pixels; None where an
    octave is not shown."""
    picture = decode_portrait(str(path)).color
    faces = find_upright_faces(picture)
    found = cut_hair(picture, parse_portrait(picture, faces[0]).hair, face_height, SURE["hair"][0]) if faces else None
    if found is None:
        return None
    light, mask = found[0] @ LUMINANCE, found[1]
    deviations, pixels = measure_octaves(light, mask)
    if pixels.min() < ENOUGH:
        return None
    tone, random = tone_of(light, mask), np.random.default_rng(0)
    errors = []
    for row, column in random.permutation(np.argwhere(mask))[:WINDOWS]:
        window = np.zeros_like(mask)
        window[max(0, row - WINDOW // 2) : row + WINDOW // 2, max(0, column - WINDOW // 2) : column + WINDOW // 2] = 1
        window &= mask
        some, shown = measure_octaves(light, window)
        if shown[-1] >= ENOUGH:
            off = np.log(some[-1] / tone_of(light, window)) - np.log(deviations[-1] / tone)
            errors.append(off**2 * shown[-1])
    return np.log(np.concatenate([[tone], deviations / tone])), np.array(errors)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train contrast",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--portraits", type=Path, required=True)
    parser.add_argument("--faces", type=Path, required=True, help="folder of faces build, of the same people")
    arguments = parser.parse_args(argv)
    with open(arguments.faces / "people.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    found = (measure(arguments.portraits / f"{row['id']}.jpg", float(row["face_height"])) for row in rows)
    kept = [one for one in found if one is not None]
    logarithms, errors = np.array([one for one, _ in kept]), np.concatenate([some for _, some in kept])
    mean, covariance, error = logarithms.mean(0), np.cov(logarithms.T), float(np.median(errors) / 0.455)
    print(f"{len(kept)} people; means {np.exp(mean).round(3)}, error {error:.1f} / pixels")
    print(np.corrcoef(logarithms.T).round(2))
    np.savez_compressed(CONTRAST, mean=mean, covariance=covariance, error=error)
    print(CONTRAST.name, CONTRAST.stat().st_size, hashlib.sha256(CONTRAST.read_bytes()).hexdigest())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
