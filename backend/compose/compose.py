"""The finished texture in the artist's UV map: portrait where it is good, mirrored detail, generated for the rest.

Two bands: what an atlas texel of the networks can hold (low) and what is finer (high). Where confidence is 1 both
come from the portrait and its pixels are kept exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..head.mesh import HeadMesh
from ..head.rasterize import rasterize, texel_corners
from ..head.uvs import precedence
from ..imaging.sample import fill_smoothly
from ..job import Completion, Prepared
from ..layers.flatten import LAYERS, NOTHING, Blend, encode, flatten
from ..surface.find import Details
from .colouring import Colouring
from .texels import WHOLE, Box, find_texels

#: Canonical heights between which the neck of a textured body fades to what is on it.
NECK_LOW, NECK_HIGH = -0.80, -0.60
#: Texels that islands grow by when the rest of the texture must stay as it was.
MARGIN = 8


@dataclass(frozen=True)
class Composition:
    """texture: (S,S,3) float32 sRGB. provenance: (S,S,3) shares of photo, mirrored, generated. head: (S,S) bool.

    filled: (S,S) bool, texels of the head's islands with their rims. atlas: (n,2) where those n lie in the atlas.
    given: mean share of each portrait in the head's texels. box: all this of a part of the texture alone. layers:
    (C,S,S) bytes by name of layers.flatten.LAYERS, where they were asked for. anew: where parts of a texture were made
    anew, those.
    """

    texture: np.ndarray
    provenance: np.ndarray
    head: np.ndarray
    filled: np.ndarray
    atlas: np.ndarray
    given: tuple[float, ...] = ()
    box: Box = WHOLE
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)
    anew: Anew | None = None

    @property
    def planes(self) -> dict[str, np.ndarray]:
        """(C,S*S) bytes of the layers; the texture alone is the skin of what has none."""
        layers = self.layers or lay_out({}, self.filled, self.texture)
        return {name: planes.reshape(len(planes), -1) for name, planes in layers.items()}


@dataclass(frozen=True)
class Anew:
    """part: what was composed anew, in the tone in which the texture has it. share: (H,W) float32 0..1, how much of it
    the texture takes."""

    part: Composition
    share: np.ndarray


@dataclass(frozen=True)
class Finish:
    """How a completion becomes a texture. size: texels. opacities: of the layers, 0..1 by name. details: for skin and
    hair that no portrait shows; where it is None, compose_tiles() finds them. made_up: no texel comes from a portrait.
    layers: they are wanted beside the texture."""

    size: int
    opacities: Mapping[str, float]
    details: Details | None = None
    made_up: bool = False
    layers: bool = False


def compose(
    job: Prepared,
    mesh: HeadMesh,
    generated: Completion,
    finish: Finish,
    base: np.ndarray | None = None,
    box: Box = WHOLE,
) -> Composition:
    """Compose the texture of one UDIM tile at full size.

    Args:
        mesh: of job.tiles. base: (size,size,3) sRGB that texels outside the head keep. box: the part of the texture
            that is wanted.
    """
    size = finish.size
    texels = find_texels(mesh, size, lambda: precedence(mesh, job.canonical, job.observation.better_side)).inside(box)
    head, filled = texels.covered, texels.filled
    painted = Colouring(job, mesh, generated, finish.made_up, finish.details or Details()).colour(texels)

    texture, provenance = (np.zeros((*head.shape, 3), np.float32) for _ in range(2))
    index = np.flatnonzero(filled)
    provenance.reshape(-1, 3)[index] = painted.provenance * head.ravel()[index, None]
    if base is None:
        texture.reshape(-1, 3)[index] = flatten(painted.layers, finish.opacities).T
        whole = fill_smoothly(texture, filled)
        given = painted.given(head[filled])
        layers = lay_out(painted.layers, filled, whole) if finish.layers else {}
        return Composition(whole, provenance, head, filled, painted.atlas, given, box, layers)
    base = base[box]
    keep = np.zeros(head.shape, np.float32)
    keep[filled] = share_of_head(painted.atlas, painted.height)
    if len(mesh.others):
        others = rasterize(texel_corners(mesh.others, size), size, size).covered[box]
        keep[others & ~head] = -1  # never, not even as margin
    ours, keep = keep >= 0, np.maximum(keep, 0)
    faded = fade(painted.layers, base[filled].T, keep[filled])
    blended = base.copy()
    blended.reshape(-1, 3)[index] = flatten(faded, finish.opacities).T
    touched = keep > 0
    near = (cv2.dilate(touched.astype(np.uint8), np.ones((2 * MARGIN + 1,) * 2, np.uint8)) > 0) & ours
    grown = np.where((near & ~filled)[..., None], fill_smoothly(blended, touched), blended)
    result = np.where((touched | (near & ~filled))[..., None], grown, base).astype(np.float32)
    head = touched & head
    given = painted.given(head[filled], keep[filled])
    layers = lay_out(faded, filled, result) if finish.layers else {}
    return Composition(result, provenance * keep[..., None], head, filled, painted.atlas, given, box, layers)


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


def lay_out(layers: Mapping[str, np.ndarray], filled: np.ndarray, texture: np.ndarray) -> dict[str, np.ndarray]:
    """(C,H,W) bytes of layers; where the head has no texel the skin is the texture and the others do nothing.

    Args:
        layers: (C,n) float32 by name. filled: (H,W) bool, the n texels. texture: (H,W,3) sRGB.
    """
    made = {"skin": encode("skin", texture.transpose(2, 0, 1))}
    for name, values in layers.items():
        planes = made.get(name, np.full((len(values), *filled.shape), NOTHING[LAYERS[name]], np.uint8))
        planes[:, filled] = encode(name, values)
        made[name] = planes
    return made


def share_of_head(atlas: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(n,) 0..1, how far texels of a textured body are the head's: it fades down the neck and out over shoulders, which
    lie higher in the atlas than the neck's end.

    Args:
        atlas: (n,2) positions. height: (n,) canonical.
    """
    neck = np.clip((height - NECK_LOW) / (NECK_HIGH - NECK_LOW), 0, 1)
    return np.clip((1.02 - atlas[:, 1]) / 0.06, 0, 1) * neck  # neck and body fade out below the atlas


def fill_unknown(generated: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The atlas with texels that no training texture covered taken from their surroundings, softly; wraps sideways."""
    size = len(generated)
    known = cv2.resize(known.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST) > 0
    wide = np.concatenate([generated] * 3, 1)
    mask = np.concatenate([known] * 3, 1)
    soft = fill_smoothly(wide, mask)
    share = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), size * 0.008)[..., None]
    share = np.clip(share * 2 - 1, 0, 1)  # 0 at the border of the known, 1 inside
    return (wide * share + soft * (1 - share))[:, size : 2 * size].astype(np.float32)
