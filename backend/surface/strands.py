"""Strands where no portrait shows hair: drawn one over the other (dead leaves), along a field of directions.

They are rooted where hair grows, and each ends by itself as the cover ends, so hair thins out over its line. Each goes
over into a photograph at a place of its own, so that drawn and photographed hair meet within strands.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.scalp import ear_share
from ..imaging.bands import HALF, octaves
from ..imaging.sample import LUMINANCE, sample, sample_atlas
from ..job import Prepared
from .hair_chart import CELLS, CHARTS, SIDE, Chart, find_field, stretch
from .hair_kind import BENDS, COARSEST, DARKEST, DENSITY, Kind, measure_kind, middle

#: Pixels per face height of a chart at most: there a pixel is 0.2 mm, about two hairs.
FINEST = 1024
#: Cover below which nothing grows, and the range in which a strand that comes from inside ends.
BARE, ENDS = 0.02, (0.02, 0.5)
#: How much of the measured straying each strand has for itself (measured again on drawn strands: 0.32 of 0.29, 0.43 of
#: 0.40); radians by which all near each other bend.
ASTRAY, BENT = 0.25, 0.12
#: Points of a drawn strand, and strands of a layer, at most.
POINTS, MOST = 16, 25_000
#: Deviation of locks' lightness, how many lie across a face height, and how deep the gaps between strands are.
LOCK, LOCKS, GAP = 0.18, 14, 0.3
#: Rounds in which octaves are brought to their strength, and the most that one is amplified by.
ROUNDS, AMPLIFIED = 3, 4.0
#: Values of a drawn byte per unit, and the one in the middle.
UNIT, ZERO = 100, 128


@dataclass(frozen=True)
class Layer:
    """slender: width as a share of the length. width: at least, face heights. spread: deviation of lightness. inside:
    cover from which it grows."""

    slender: float
    width: float
    spread: float
    inside: float


#: Locks, strands and single hairs, from below; how many times each covers the whole.
LAYERS = (Layer(0.015, 0, 0.4, 0.6), Layer(0.005, 0, 0.3, 0.2), Layer(0, 0.0022, 0.22, 0))
TIMES = 1.6


@dataclass(frozen=True)
class Strands:
    """chart: where it lies. drawn: (P,P,4) float32 of draw_strands(). kind: of hair."""

    chart: Chart
    drawn: np.ndarray
    kind: Kind

    def laid_on(
        self, color: np.ndarray, grown: np.ndarray, place: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n,3) sRGB: (n,3) the colour of hair with strands' light and dark; (n,) 0..1, how far strands reach there;
        (n,) 0..1, how much of a photograph each strand gives way to.

        Args:
            color: (n,3) sRGB. grown: (n,) 0..1, the cover that was drawn into. place: (n,3) canonical.
        """
        where = self.chart.at(place) * len(self.drawn)
        light, lock, there, gives = np.moveaxis(sample(self.drawn, where, cv2.INTER_CUBIC, cv2.BORDER_CONSTANT), -1, 0)
        own = (color @ LUMINANCE)[:, None]
        there = there + ear_share(place) * (grown - there)  # ears lie above it
        light = light * np.sqrt(np.minimum(self.kind.tone / np.maximum(own[:, 0], DARKEST), 1))
        lit = color * np.exp(light - 0.5 * light**2)[:, None]
        lit = lit + (lit - own) * (self.kind.colourful * lock)[:, None]
        return np.clip(lit, 0, 1), np.clip(there, 0, 1), np.clip(gives, 0, 1)


def draw_strands(field: np.ndarray, cover: np.ndarray, kind: Kind, density: float, seed: int) -> np.ndarray:
    """(P,P,4) float32 of a chart: strands' light, about the logarithm of how much lighter than the whole they are; how
    far their lock is more colourful, in deviations; 0..1 their cover; 0..1 by how much of a photograph each is ousted.

    Args:
        field: (CELLS,CELLS,2+) unit vectors. cover: (CELLS,CELLS) 0..1. density: pixels per face height.
    """
    random = np.random.default_rng(seed)
    density = min(density, FINEST)
    size = round(SIDE * density)
    canvas = np.full((size, size, 4), ZERO, np.uint8)
    hairs = LAYERS[-1]
    dots = random.normal(-GAP, hairs.spread, (round(SIDE / hairs.width),) * 2).astype(np.float32)
    dots = cv2.resize(ZERO + UNIT * dots, (size, size), interpolation=cv2.INTER_LINEAR)
    canvas[..., 0] = np.clip(dots, 1, 255)  # roots: all that cropped hair has, and what shows between strands
    canvas[..., 2] = cv2.resize(255 * np.clip(2 * cover - 1, 0, 1).astype(np.float32), (size, size))
    noise = smooth_field(LOCKS, random), smooth_field(LOCKS, random), smooth_field(3, random)
    for layer in LAYERS:
        lay(canvas, layer, field[..., :2], cover, noise, kind, random)
    there = canvas[..., 2].astype(np.float32) / 255
    light = strengthened((canvas[..., 0].astype(np.float32) - ZERO) / UNIT, there, kind.deviations, density)
    return np.dstack(
        [light, (canvas[..., 1].astype(np.float32) - ZERO) / UNIT, there, canvas[..., 3] / np.float32(255)]
    )


def lay(
    canvas: np.ndarray,
    layer: Layer,
    field: np.ndarray,
    cover: np.ndarray,
    noise: tuple[np.ndarray, np.ndarray, np.ndarray],
    kind: Kind,
    random: np.random.Generator,
) -> None:
    """Draw a layer of strands into (P,P,4) bytes.

    Args:
        noise: (CELLS,CELLS) of locks' lightness and swing, of their saturation, and of how they bend.
    """
    locks, saturation, bends = noise
    density = len(canvas) / SIDE
    width = max(layer.slender * kind.length, layer.width, 1 / density)
    length = max(kind.length, 1.5 * width)
    roots = np.argwhere(cover > BARE)[:, ::-1]
    count = min(round(TIMES * len(roots) * (SIDE / CELLS) ** 2 / (width * length)), MOST)
    if not count:
        return
    places = (roots[random.integers(len(roots), size=count)] + random.random((count, 2))) / CELLS
    share = (at(cover, places) - layer.inside) / (1 - layer.inside) / stretch(places)[0]
    places = places[random.random(count) < share]
    count = len(places)
    light = ZERO + UNIT * (layer.spread * random.normal(size=count) + LOCK * at(locks, places))
    colours = np.stack(
        [light, ZERO + UNIT * at(saturation, places), np.full(count, 255), 255 * random.random(count)], 1
    )
    widened, outwards = stretch(places)
    across = np.abs((sample(field, places * CELLS) * outwards).sum(1))
    thick = width * density * random.uniform(0.6, 1.4, count) * (1 + (widened - 1) * across)

    reach = length * random.uniform(0.6, 1.4, count)
    astray = ASTRAY * kind.astray * random.normal(size=count)
    phase = 2 * np.pi * at(locks, places) + 0.5 * random.normal(size=count)  # locks curl together
    often = 2 * np.pi * BENDS * (1 + 0.2 * at(bends, places)) * reach
    ends = random.uniform(*ENDS, count)
    points = int(np.clip(length * density / 3, 2, POINTS))
    path, last = [places], np.full(count, points)
    for point in range(1, points):
        angle = astray + kind.curl * np.sin(often * point / points + phase) + BENT * at(bends, places)
        way = turned(sample(field, places * CELLS), angle)
        places = places + way * (reach / (points - 1) / SIDE)[:, None]
        path.append(places)
        last = np.where((last == points) & (at(cover, places) < ends), point, last)
    paths = np.stack(path, 1) * len(canvas) - 0.5
    lines, outlines = np.rint(16 * paths).astype(np.int32), leaves(paths, thick, last)
    bytes_of = np.clip(colours, 1, 255).tolist()
    for line, outline, end, colour, wide in zip(lines, outlines, last, bytes_of, thick, strict=True):
        if wide > 2:
            cv2.fillPoly(canvas, [outline], colour, cv2.LINE_AA, 4)
        elif end > 1:
            cv2.polylines(canvas, [line[:end]], False, colour, 1, cv2.LINE_AA, 4)


def turned(ways: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """(n,2) vectors turned by (n,) radians."""
    x, y = ways[:, 0], ways[:, 1]
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack([x * cosine - y * sine, x * sine + y * cosine], 1)


def leaves(paths: np.ndarray, thick: np.ndarray, last: np.ndarray) -> np.ndarray:
    """(n,2k,2) int32 sixteenths of pixels, outlines of strands that taper to both ends.

    Args:
        paths: (n,k,2) pixels. thick: (n,) pixels. last: (n,) points that they have.
    """
    along = np.gradient(paths, axis=1)
    across = along[..., ::-1] * (1, -1) / np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6)
    share = np.minimum(np.arange(paths.shape[1]) / np.maximum(last[:, None] - 1, 1), 1)
    half = 0.5 * thick[:, None] * np.minimum(1, 4 * np.sqrt(share * (1 - share)))
    ends = np.minimum(np.arange(paths.shape[1]), np.maximum(last[:, None] - 1, 0))
    paths = np.take_along_axis(paths, ends[..., None], 1)
    sides = paths + across * half[..., None], paths - across * half[..., None]
    return np.rint(16 * np.concatenate([sides[0], sides[1][:, ::-1]], 1)).astype(np.int32)


def strengthened(light: np.ndarray, there: np.ndarray, deviations: np.ndarray, density: float) -> np.ndarray:
    """(P,P) a drawn lightness whose octaves are as strong as measured ones; nothing coarser.

    Args:
        there: (P,P) 0..1, where strands are. deviations: of Kind.
    """
    lows = [low for low in COARSEST * 2 ** np.arange(len(deviations)) if 2 * low <= density]
    weight, parts = np.maximum(there, 1e-3), []
    for low in lows[::-1]:
        coarse = blur(light * weight, HALF * density / low) / blur(weight, HALF * density / low)
        parts.append(light - coarse)
        light = coarse
    parts = parts[::-1]
    scale = min(DENSITY / density, 1)  # as finely as the portrait's were measured
    small = [cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for part in (*parts, there)]
    inside, gains = small.pop() > 0.9, np.ones(len(lows), np.float32)
    for _ in range(ROUNDS if inside.any() else 0):  # an octave leaks into its neighbours
        now = sum(gain * part for gain, part in zip(gains, small, strict=True))
        has = [middle(band[inside]) for band in octaves(now[..., None], inside, scale * density, lows)]
        wanted = deviations[: len(lows)] / np.maximum(has, 1e-6)
        gains = np.minimum(gains * wanted, AMPLIFIED).astype(np.float32)
    return sum((gain * part for gain, part in zip(gains, parts, strict=True)), np.zeros_like(light))


def blur(picture: np.ndarray, sigma: float) -> np.ndarray:
    """(P,P) a Gaussian, wide ones on a smaller picture."""
    shrunk = max(1, int(sigma // 3))
    small = cv2.resize(picture, None, fx=1 / shrunk, fy=1 / shrunk, interpolation=cv2.INTER_AREA)
    return cv2.resize(
        cv2.GaussianBlur(small, (0, 0), sigma / shrunk), picture.shape[::-1], interpolation=cv2.INTER_LINEAR
    )


def at(field: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(n,) of a field in cells at (n,2) places 0..1."""
    return sample(field.astype(np.float32), places * len(field))


def smooth_field(often: float, random: np.random.Generator) -> np.ndarray:
    """(CELLS,CELLS) float32 noise of unit deviation, with about so many changes per face height."""
    made = cv2.GaussianBlur(random.normal(size=(CELLS, CELLS)).astype(np.float32), (0, 0), CELLS / SIDE / often / 3)
    return (made / made.std()).astype(np.float32)


def find_strands(job: Prepared, texels: float, seed: int, whole: bool = False) -> dict[str, Strands]:
    """The strands of each covering that has some, by name of COVERINGS.

    Args:
        texels: of the artist's map per face height. whole: they cover all of the chart, for a shell's own alpha.
    """
    view, found = job.views[0], {}
    for name, chart in CHARTS.items():
        covering = job.covering(name)
        if covering is None or not (covering.evidence.sure * covering.evidence.shown > 0.1).any():
            continue
        kind = measure_kind(name, view.observation.portrait, view.masks[name], view.registration.face_height)
        if kind is None:
            continue
        layout = chart.lay_out(job.mesh, job.canonical)
        places = layout.fragments.interpolate(job.mesh.corners(job.canonical.astype(np.float32)))
        cover = sample_atlas(covering.cover, to_atlas(places)) * layout.fragments.covered
        cover = np.ones_like(cover) if whole else cover
        field = find_field(chart, layout, job.mesh, [(one, one.masks[name]) for one in job.views])
        found[name] = Strands(chart, draw_strands(field, cover, kind, texels, seed), kind)
    return found
