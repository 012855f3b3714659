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
from ..layers.flatten import encode
from ..surface.find import Details
from .canvas import Canvas
from .colouring import Colouring
from .texels import WHOLE, Box, find_texels

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
        layers = self.layers or {"skin": encode("skin", self.texture.transpose(2, 0, 1))}
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
    colouring = Colouring(job, mesh, generated, finish.made_up, finish.details or Details())
    if base is None:
        texture, others = np.zeros((*head.shape, 3), np.float32), None
    else:
        texture, others = base[box].astype(np.float32), np.zeros(head.shape, bool)
        if len(mesh.others):
            others = rasterize(texel_corners(mesh.others, size), size, size).covered[box] & ~head
    canvas = Canvas(colouring, texels, finish.opacities, texture, others)
    if finish.layers:
        canvas.keep_layers()
    given = canvas.fill()
    if others is None:
        texture, ours = fill_smoothly(texture, filled), head
    else:
        touched, ours = canvas.touched, canvas.touched & head
        near = cv2.dilate(touched.view(np.uint8), np.ones((2 * MARGIN + 1,) * 2, np.uint8)).view(bool)
        gutter = near & ~others & ~filled  # texels of others are never, not even as margin, the head's
        np.copyto(texture, fill_smoothly(texture, touched), where=gutter[..., None])
    if finish.layers:
        rest = ~filled
        canvas.layers["skin"][:, rest] = encode("skin", texture[rest].T)
    return Composition(texture, canvas.provenance, ours, filled, canvas.atlas, given, box, canvas.layers)


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
