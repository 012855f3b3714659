"""train strands: what the figures of followed strands say of their length and curl, from drawn strands.

    python -m backend.lab train strands [--drawings 700]

Strands of random kinds are drawn (surface/growth.py), and lines that are combed alike, cut by random windows and masks,
shaded, blurred, and stored as a camera stores them. A ridge regression from their figures, its strength by five folds
of drawings. The last fifth of the drawings is neither fitted nor chosen on: the printed shares are of it.
"""

from __future__ import annotations

import argparse
import hashlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from ...imaging.sample import LUMINANCE
from ...surface.growth import grow_strands, smooth_field
from ...surface.hair_chart import CELLS, SCALP, coherence
from ...surface.hair_kind import BENDS, DENSITY, Kind, contrast
from ...surface.strand_figures import FIGURES, SHORTEST, quadratic, strand_features
from ...surface.strands import draw_strands

#: Lengths in face heights; the most that strands swing and stray, radians; share of drawings that are straight.
LENGTHS, CURL, ASTRAY, STRAIGHT = (0.003, 0.9), 1.2, 0.9, 0.3
#: Windows of a drawing.
WINDOWS = 3
#: Blur in pixels, deviation of noise, quality of JPEG: as far as cameras and scaling go.
BLUR, NOISE, QUALITY = 1.5, 0.012, (60, 98)
RIDGES = 10.0 ** np.arange(-1, 5)
FOLDS, HELD = 5, 0.2


def draw_kind(random: np.random.Generator) -> Kind:
    """A random kind of hair, with the contrast that people's hair of its tone has."""
    learnt = contrast()
    drawn = np.exp(random.multivariate_normal(learnt["mean"], learnt["covariance"]))
    low, high = np.log(np.add(LENGTHS, SHORTEST))
    length = float(np.exp(random.uniform(low, high))) - SHORTEST
    curl = 0.0 if random.random() < STRAIGHT else random.uniform(0, CURL)
    return Kind(min(float(drawn[0]), 0.9), length, curl, random.uniform(0, ASTRAY), drawn[1:], 0.0)


def photograph(light: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(h,w,3) sRGB and (h,w) bool: a window of (H,W) drawn hair as a camera stores it, and where it is hair."""
    light = light * np.exp(0.3 * random.random() * cv2.resize(smooth_field(3, random), light.shape[::-1]))
    sides = random.integers(40, 320, 2)
    row, column = (int(random.integers(0.15 * size, 0.85 * size - side)) for size, side in zip(light.shape, sides))
    light = light[row : row + sides[0], column : column + sides[1]]
    light = cv2.GaussianBlur(light, (0, 0), max(random.uniform(0, BLUR), 0.1))
    light = light + random.uniform(0, NOISE) * random.normal(size=light.shape)
    picture = np.uint8(np.clip(255 * np.repeat(light[..., None], 3, 2), 0, 255))
    stored = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*QUALITY))])[1]
    shape = cv2.GaussianBlur(random.normal(size=light.shape), (0, 0), 20)
    mask = shape > np.quantile(shape, random.choice([0.0, 0.3, 0.6]))
    return cv2.imdecode(stored, cv2.IMREAD_COLOR).astype(np.float32) / 255, mask


def examples(seed: int) -> np.ndarray:
    """(w,F + 3) features, the logarithm of length + SHORTEST, curl and the seed, of the windows of a drawing that show
    enough."""
    cv2.setNumThreads(1)
    random, found = np.random.default_rng(seed), []
    kind, cover = draw_kind(random), np.ones((CELLS, CELLS), np.float32)
    drawn = draw_strands(grow_strands(SCALP.growth(), cover, kind, 2 * DENSITY, int(random.integers(1 << 31))))[..., 0]
    drawn = cv2.resize(drawn, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    for _ in range(WINDOWS):
        picture, mask = photograph(kind.tone * np.exp(drawn - 0.5 * drawn**2), random)
        features = strand_features(picture @ LUMINANCE, mask, coherence(picture, mask, DENSITY), DENSITY)
        if features is not None:
            found.append(np.concatenate([features, [np.log(kind.length + SHORTEST), kind.curl, seed]]))
    random = np.random.default_rng([seed, 1])
    curl = 0.0 if random.random() < 0.5 else random.uniform(0, CURL)
    picture, mask = photograph(combed(curl, random), random)
    features = strand_features(picture @ LUMINANCE, mask, coherence(picture, mask, DENSITY), DENSITY)
    if features is not None:
        found.append(np.concatenate([features, [np.log(LENGTHS[1] + SHORTEST), curl, seed]]))
    return np.reshape(found, (len(found), -1))


def combed(curl: float, random: np.random.Generator) -> np.ndarray:
    """(H,W) of DENSITY: hair in parallel lines that never end and all swing by so many radians, which no field has."""
    size = 2 * DENSITY
    line = cv2.GaussianBlur(random.normal(size=(1, size)), (0, 0), random.uniform(0.002, 0.01) * DENSITY)
    down, across = np.mgrid[:size, :size].astype(np.float32)
    often = 2 * np.pi * BENDS / DENSITY
    swung = across + curl / often * np.sin(often * down + random.uniform(0, 2 * np.pi))
    lines = cv2.remap(
        np.repeat(line / line.std(), size, 0).astype(np.float32), swung, down, cv2.INTER_LINEAR, borderMode=2
    )
    turned = np.rot90(lines, random.integers(4))
    return random.uniform(0.05, 0.6) * np.clip(1 + random.uniform(0.05, 0.3) * turned, 0.2, 2)


def solve(inputs: np.ndarray, wanted: np.ndarray, strength: float) -> np.ndarray:
    """(P,2) weights of quadratic(); the mean is not held back."""
    held = strength * np.eye(inputs.shape[1])
    held[0, 0] = 0
    return np.linalg.solve(inputs.T @ inputs + held, inputs.T @ wanted)


def known(told: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(2,) share of the variance that is told."""
    return 1 - ((told - wanted) ** 2).mean(0) / wanted.var(0)


def crossed(inputs: np.ndarray, wanted: np.ndarray, drawing: np.ndarray, strength: float) -> float:
    """known() in each of FOLDS of drawings by what was fitted to the others, all together."""
    fold, told = drawing % FOLDS, np.zeros_like(wanted)
    for one in range(FOLDS):
        told[fold == one] = inputs[fold == one] @ solve(inputs[fold != one], wanted[fold != one], strength)
    return float(known(told, wanted).sum())


def fit(rows: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of FIGURES from (n,F + 3) examples()."""
    features, wanted, drawing = rows[:, :-3], rows[:, -3:-1], rows[:, -1].astype(int)
    fitted = drawing < (1 - HELD) * drawing.max()
    least, most = features[fitted].min(0), features[fitted].max(0)
    mean, deviation = features[fitted].mean(0), features[fitted].std(0)
    inputs = quadratic((np.clip(features, least, most) - mean) / deviation)
    ridge = max(RIDGES, key=lambda one: crossed(inputs[fitted], wanted[fitted], drawing[fitted], one))
    weight = solve(inputs[fitted], wanted[fitted], ridge)
    lowest, highest = wanted.min(0), wanted.max(0)
    shares = known(np.clip(inputs[~fitted] @ weight, lowest, highest), wanted[~fitted])
    print(f"{len(rows)} windows, ridge {ridge:g}; of {(~fitted).sum()} others' variance known:")
    print(f"{shares[0]:.2f} of the logarithm of length, {shares[1]:.2f} of curl")
    return {
        "least": least,
        "most": most,
        "mean": mean,
        "deviation": deviation,
        "weight": weight,
        "lowest": lowest,
        "highest": highest,
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m backend.lab train strands",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--drawings", type=int, default=700)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, metavar="NPY", help="also the figures of each window")
    arguments = parser.parse_args(argv)
    with ProcessPoolExecutor(arguments.processes) as pool:
        rows = np.concatenate([one for one in pool.map(examples, range(arguments.drawings), chunksize=5) if len(one)])
    if arguments.keep:
        np.save(arguments.keep, rows)
    np.savez_compressed(FIGURES, **fit(rows))
    print(FIGURES.name, FIGURES.stat().st_size, hashlib.sha256(FIGURES.read_bytes()).hexdigest())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
