"""How strands grow in a chart: rooted where hair grows, along a field of directions, each to an end of its own.

They are painted (strands.py) and given as curves (curves.py), so both are the same hair.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..imaging.sample import sample
from .hair_chart import CELLS, SIDE, stretch
from .hair_kind import BENDS, Kind

#: Pixels per face height of a chart at most: there a pixel is 0.2 mm, about two hairs.
FINEST = 1024
#: Points of a strand, and strands of a layer, at most.
POINTS, MOST = 16, 25_000
#: How many locks lie across a face height.
LOCKS = 14


@dataclass(frozen=True)
class Layer:
    """slender: width as a share of the length. width: at least, face heights. spread: deviation of lightness. inside:
    cover from which it grows."""

    slender: float
    width: float
    spread: float
    inside: float


#: Locks, strands and single hairs, from below.
LAYERS = (Layer(0.015, 0, 0.4, 0.6), Layer(0.005, 0, 0.3, 0.2), Layer(0, 0.0022, 0.22, 0))


@dataclass(frozen=True)
class Grown:
    """n strands. paths: (n,k,2) places in the chart, 0..1, from the root. last: (n,) how many of the k points each has.
    width: (n,) face heights. light, lock: (n,) lightness and saturation, as draw_strands() gives them. gives: (n,) 0..1
    by how much of a photograph each is ousted."""

    paths: np.ndarray
    last: np.ndarray
    width: np.ndarray
    light: np.ndarray
    lock: np.ndarray
    gives: np.ndarray


@dataclass(frozen=True)
class Growth:
    """All hair of a chart.

    field: (CELLS,CELLS,2) unit vectors. cover: (CELLS,CELLS) 0..1. kind: of hair. density: pixels per face height, as
    finely as it is drawn. dots: (m,m) lightness between strands. noise: (CELLS,CELLS) of locks' lightness and swing, of
    their saturation, and of how they bend. layers: the strands of each of LAYERS.
    """

    field: np.ndarray
    cover: np.ndarray
    kind: Kind
    density: float
    dots: np.ndarray
    noise: tuple[np.ndarray, np.ndarray, np.ndarray]
    layers: tuple[Grown, ...] = ()

    @property
    def size(self) -> int:
        """Pixels of the chart's sides."""
        return round(SIDE * self.density)

    def width(self, layer: Layer) -> float:
        """Face heights."""
        return max(layer.slender * self.kind.length, layer.width, SIDE / self.size)

    def length(self, layer: Layer) -> float:
        """Face heights of its strands, about."""
        return max(self.kind.length, 1.5 * self.width(layer))

    def grow(self, layer: Layer, random: np.random.Generator, count: int | None = None) -> Grown:
        """Strands of a layer.

        Args:
            count: of roots, of which those are left that the cover lets grow; as many as are painted if None.
        """
        locks, saturation, bends = self.noise
        width, length = self.width(layer), self.length(layer)
        roots = np.argwhere(self.cover > 0.02)[:, ::-1]
        if count is None or not len(roots):
            # each layer covers the whole 1.6 times
            count = min(round(1.6 * len(roots) * (SIDE / CELLS) ** 2 / (width * length)), MOST)
        chosen = roots[random.integers(max(len(roots), 1), size=count)]
        places = (chosen + random.random((count, 2))) / CELLS
        share = (at(self.cover, places) - layer.inside) / (1 - layer.inside) / stretch(places)[0]
        places = places[random.random(count) < share]
        count = len(places)
        light = layer.spread * random.normal(size=count) + 0.18 * at(locks, places)
        lock, gives = at(saturation, places), random.random(count)
        widened, outwards = stretch(places)
        across = np.abs((sample(self.field, places * CELLS) * outwards).sum(1))
        thick = width * random.uniform(0.6, 1.4, count) * (1 + (widened - 1) * across)

        reach = length * random.uniform(0.6, 1.4, count)
        # its own share of the measured straying; measured again on drawn strands: 0.32 of 0.29, 0.43 of 0.40
        astray = 0.25 * self.kind.astray * random.normal(size=count)
        phase = 2 * np.pi * at(locks, places) + 0.5 * random.normal(size=count)  # locks curl together
        often = 2 * np.pi * BENDS * (1 + 0.2 * at(bends, places)) * reach
        ends = random.uniform(0.02, 0.5, count)  # cover at which a strand that comes from inside ends
        points = int(np.clip(length * self.size / SIDE / 3, 2, POINTS))
        path, last = [places], np.full(count, points)
        for point in range(1, points):
            angle = astray + self.kind.curl * np.sin(often * point / points + phase) + 0.12 * at(bends, places)
            way = turned(sample(self.field, places * CELLS), angle)
            places = places + way * (reach / (points - 1) / SIDE)[:, None]
            path.append(places)
            last = np.where((last == points) & (at(self.cover, places) < ends), point, last)
        return Grown(np.stack(path, 1), last, thick, light, lock, gives)


def grow_strands(field: np.ndarray, cover: np.ndarray, kind: Kind, density: float, seed: int) -> Growth:
    """All strands of a chart.

    Args:
        field: (CELLS,CELLS,2+) unit vectors. cover: (CELLS,CELLS) 0..1. density: pixels per face height that are asked
            for.
    """
    random = np.random.default_rng(seed)
    hairs = LAYERS[-1]
    # gaps between strands are darker by 0.3
    dots = random.normal(-0.3, hairs.spread, (round(SIDE / hairs.width),) * 2).astype(np.float32)
    noise = smooth_field(LOCKS, random), smooth_field(LOCKS, random), smooth_field(3, random)
    growth = Growth(field[..., :2], cover, kind, min(density, FINEST), dots, noise)
    return replace(growth, layers=tuple(growth.grow(layer, random) for layer in LAYERS))


def turned(ways: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """(n,2) vectors turned by (n,) radians."""
    x, y = ways[:, 0], ways[:, 1]
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack([x * cosine - y * sine, x * sine + y * cosine], 1)


def at(field: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(n,) of a field in cells at (n,2) places 0..1."""
    return sample(field.astype(np.float32), places * len(field))


def smooth_field(often: float, random: np.random.Generator) -> np.ndarray:
    """(CELLS,CELLS) float32 noise of unit deviation, with about so many changes per face height."""
    made = cv2.GaussianBlur(random.normal(size=(CELLS, CELLS)).astype(np.float32), (0, 0), CELLS / SIDE / often / 3)
    return (made / made.std()).astype(np.float32)
