"""Strands where no portrait shows hair: drawn one over the other (dead leaves), along a field of directions.

They are rooted where hair grows, and each ends by itself as the cover ends, so hair thins out over its line. Each goes
over into a photograph at a place of its own, so that drawn and photographed hair meet within strands.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.scalp import ear_share
from ..imaging.bands import HALF, octaves
from ..imaging.sample import luminance, planar, sample, sample_atlas
from ..job import Prepared
from .growth import Grown, Growth, grow_strands
from .hair_chart import CHARTS, SIDE, Chart, find_field
from .hair_kind import COARSEST, DARKEST, DENSITY, measure_kind, middle

#: Rounds in which octaves are brought to their strength.
ROUNDS = 3
#: Values of a drawn byte per unit, and the one in the middle.
UNIT, ZERO = 100, 128


@dataclass(frozen=True)
class Strands:
    """chart: where it lies. drawn: (P,P,4) float32 of draw_strands(). growth: what was drawn."""

    chart: Chart
    drawn: np.ndarray
    growth: Growth

    def laid_on(
        self, color: np.ndarray, grown: np.ndarray, place: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n,3) sRGB: (n,3) the colour of hair with strands' light and dark; (n,) 0..1, how far strands reach there;
        (n,) 0..1, how much of a photograph each strand gives way to.

        Args:
            color: (n,3) sRGB. grown: (n,) 0..1, the cover that was drawn into. place: (n,3) canonical.
        """
        where = self.chart.at(place) * len(self.drawn)
        light, lock, there, gives = planar(sample(self.drawn, where, cv2.INTER_CUBIC, cv2.BORDER_CONSTANT)).T
        own = luminance(color)[:, None]
        there = there + ear_share(place) * (grown - there)  # ears lie above it
        light = light * np.sqrt(np.minimum(self.growth.kind.tone / np.maximum(own[:, 0], DARKEST), 1))
        lit = color * np.exp(light - 0.5 * light**2)[:, None]
        lit = lit + (lit - own) * (self.growth.kind.colourful * lock)[:, None]
        return np.clip(lit, 0, 1), np.clip(there, 0, 1), np.clip(gives, 0, 1)


def draw_strands(growth: Growth) -> np.ndarray:
    """(P,P,4) float32 of a chart: strands' light, about the logarithm of how much lighter than the whole they are; how
    far their lock is more colourful, in deviations; 0..1 their cover; 0..1 by how much of a photograph each is ousted.
    """
    size = growth.size
    canvas = np.full((size, size, 4), ZERO, np.uint8)
    dots = cv2.resize(ZERO + UNIT * growth.dots, (size, size), interpolation=cv2.INTER_LINEAR)
    canvas[..., 0] = np.clip(dots, 1, 255)  # roots: all that cropped hair has, and what shows between strands
    canvas[..., 2] = cv2.resize(255 * np.clip(2 * growth.cover - 1, 0, 1).astype(np.float32), (size, size))
    for layer in growth.layers:
        lay(canvas, layer)
    there = canvas[..., 2].astype(np.float32) / 255
    light = (canvas[..., 0].astype(np.float32) - ZERO) / UNIT
    light = strengthened(light, there, growth.kind.deviations, growth.density)
    return np.dstack(
        [light, (canvas[..., 1].astype(np.float32) - ZERO) / UNIT, there, canvas[..., 3] / np.float32(255)]
    )


def lay(canvas: np.ndarray, grown: Grown) -> None:
    """Draw strands into (P,P,4) bytes, each over those before."""
    full = np.full(len(grown.last), 255)
    colours = np.stack([ZERO + UNIT * grown.light, ZERO + UNIT * grown.lock, full, 255 * grown.gives], 1)
    paths, thick = grown.paths * len(canvas) - 0.5, grown.width * len(canvas) / SIDE
    lines, outlines = np.rint(16 * paths).astype(np.int32), leaves(paths, thick, grown.last)
    bytes_of = np.clip(colours, 1, 255).tolist()
    for line, outline, end, colour, wide in zip(lines, outlines, grown.last, bytes_of, thick, strict=True):
        if wide > 2:
            cv2.fillPoly(canvas, [outline], colour, cv2.LINE_AA, 4)
        elif end > 1:
            cv2.polylines(canvas, [line[:end]], False, colour, 1, cv2.LINE_AA, 4)


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
        gains = np.minimum(gains * wanted, 4.0).astype(np.float32)
    return sum((gain * part for gain, part in zip(gains, parts, strict=True)), np.zeros_like(light))


def blur(picture: np.ndarray, sigma: float) -> np.ndarray:
    """(P,P) a Gaussian, wide ones on a smaller picture."""
    shrunk = max(1, int(sigma // 3))
    small = cv2.resize(picture, None, fx=1 / shrunk, fy=1 / shrunk, interpolation=cv2.INTER_AREA)
    return cv2.resize(
        cv2.GaussianBlur(small, (0, 0), sigma / shrunk), picture.shape[::-1], interpolation=cv2.INTER_LINEAR
    )


def find_strands(job: Prepared, texels: float, seed: int, whole: bool = False) -> dict[str, Strands]:
    """The strands of each covering that has some, by name of COVERINGS.

    Args:
        texels: of the artist's map per face height. whole: they cover all of the chart, for a shell's own alpha.
    """
    view, found = job.views[0], {}
    for name, chart in CHARTS.items():
        covering = job.covering(name)
        if covering is None or not (covering.cover > 0.1).any():
            continue
        kind = measure_kind(name, view.observation.portrait, view.masks[name], view.registration.face_height)
        if kind is None:
            continue
        layout = chart.lay_out(job.mesh, job.canonical)
        places = layout.fragments.interpolate(job.mesh.corners(job.canonical.astype(np.float32)))
        cover = sample_atlas(covering.cover, to_atlas(places)) * layout.fragments.covered
        cover = np.ones_like(cover) if whole else cover
        field = find_field(chart, layout, job.mesh, [(one, one.masks[name]) for one in job.views])
        growth = grow_strands(field, cover, kind, texels, seed)
        found[name] = Strands(chart, draw_strands(growth), growth)
    return found
