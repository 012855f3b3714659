"""A tile's pictures while its texels are coloured: rows at a time on all cores, so that no more than these rows is ever
in memory as floats of all layers."""

from collections.abc import Mapping

import numpy as np

from ..layers.flatten import LAYERS, NOTHING, Blend, encode, flatten_part
from ..threads import CORES, start_threads
from .colouring import PART, Colouring
from .texels import Texels

POOL = start_threads(CORES)

#: Canonical heights between which the neck of a textured body fades to what is on it.
NECK_LOW, NECK_HIGH = -0.80, -0.60


class Canvas:
    """The pictures. texture: (H,W,3) sRGB, where the head is, over what was there. provenance: (H,W,3) shares of photo,
    mirrored, generated. touched: (H,W) bool, texels that are not the base's alone. atlas: (n,2) where the n filled
    texels lie in the atlas. layers: (C,H,W) bytes by name, where they are kept.

    Args:
        opacities: of the layers. others: (H,W) bool, texels of what is no head; None without a base texture.
    """

    def __init__(
        self,
        colouring: Colouring,
        texels: Texels,
        opacities: Mapping[str, float],
        texture: np.ndarray,
        others: np.ndarray | None,
    ) -> None:
        self.colouring, self.texels, self.opacities = colouring, texels, opacities
        self.texture, self.others = texture, others
        shape = texels.filled.shape
        self.provenance, self.touched = np.zeros((*shape, 3), np.float32), np.zeros(shape, bool)
        self.atlas = np.empty((len(texels.triangle), 2), np.float32)
        self.layers: dict[str, np.ndarray] = {}

    def keep_layers(self) -> None:
        """Keep them beside the texture."""
        shape = self.texels.filled.shape
        for name, channels in self.colouring.layers.items():
            self.layers[name] = np.full((channels, *shape), NOTHING[LAYERS[name]], np.uint8)

    def fill(self) -> tuple[float, ...]:
        """Colour all texels; the mean share of each portrait in those of the head."""
        sums = np.sum(list(POOL.map(lambda part: self._part(*part), self.texels.parts(PART))), 0)
        return tuple(float(share) for share in sums[1:] / max(sums[0], 1))

    def _part(self, rows: slice, part: slice) -> np.ndarray:
        """(1 + portraits,) how many texels of some rows are the head's, and the sum of each portrait's shares there."""
        index, painted = np.flatnonzero(self.texels.filled[rows]), self.colouring.colour(self.texels, part)
        texture = self.texture[rows].reshape(-1, 3)
        layers, share = painted.layers, np.ones(len(index), np.float32)
        if self.others is not None:
            share = share_of_head(painted.atlas, painted.height) * ~self.others[rows].ravel().take(index)
            layers = fade(layers, texture.take(index, 0).T, share)
        self.atlas[part] = painted.atlas
        self.touched[rows].reshape(-1)[index] = share > 0
        colour = flatten_part(layers, self.opacities).T
        ours = np.flatnonzero(share > 0)
        texture[index.take(ours)] = colour.take(ours, 0)
        head = self.texels.covered[rows].ravel().take(index) & (share > 0)
        self.provenance[rows].reshape(-1, 3)[index] = painted.provenance * (share * head)[:, None]
        for name, kept in self.layers.items():
            for plane, values in zip(kept, encode(name, layers[name]), strict=True):
                plane[rows].reshape(-1)[index] = values
        return np.array([head.sum(), *((painted.shares * share) @ head)], np.float64)


def fade(layers: Mapping[str, np.ndarray], base: np.ndarray, share: np.ndarray) -> dict[str, np.ndarray]:
    """(C,n) float32 layers of texels that become the base texture's, each for itself: whatever their opacities, the
    base stays what it is.

    Args:
        base: (3,n) sRGB. share: (n,) 0..1, how far each texel is the head's.
    """
    faded = {}
    for name, values in layers.items():
        blend = LAYERS[name]
        if blend is Blend.BASE:
            faded[name] = base * (1 - share) + values * share
        elif blend is Blend.GAIN:
            faded[name] = 1 + (values - 1) * share
        elif blend is Blend.ADD:
            faded[name] = values * share
        else:
            faded[name] = np.concatenate([values[:3], values[3:] * share])
    return faded


def share_of_head(atlas: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(n,) 0..1, how far texels of a textured body are the head's: it fades down the neck and out over shoulders, which
    lie higher in the atlas than the neck's end.

    Args:
        atlas: (n,2) positions. height: (n,) canonical.
    """
    neck = np.clip((height - NECK_LOW) / (NECK_HIGH - NECK_LOW), 0, 1)
    return np.clip((1.02 - atlas[:, 1]) / 0.06, 0, 1) * neck  # neck and body fade out below the atlas
