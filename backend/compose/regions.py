"""What the artist painted on a texture: regions to make anew (redo) and regions that stay (keep).

Where redo is painted, nothing else changes; where only keep is, everything else may. Texels that stay are copied from
the base texture bit by bit, and what is made beside them meets them in tone and, over a soft border, in detail.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..errors import ErrorCode
from ..head.atlas import AtlasMap
from ..head.mesh import HeadMesh
from ..head.tiles import into_tile, tile_numbers
from ..imaging.sample import fill_smoothly, masked_blur, sample_atlas
from ..job import Prepared
from ..layers.flatten import LAYERS, NOTHING, encode
from ..observation.tone import fade_from
from .compose import Anew, Composition
from .texels import WHOLE, Box

#: From this much red or green a texel counts as painted: half of a brush's soft rim.
PAINTED = 0.5
#: Texels of the atlas in which tones are compared; differences of colour beyond which they are no tone but a drawing.
TONES, DRAWN = 256, 0.15
#: Texels of TONES beside what stays, in which what is made anew is compared with it.
MEETS = 3.0


@dataclass(frozen=True)
class Regions:
    """redo, keep: (S,S) bool by UDIM tile. trust_portrait: what is made anew may come from the portrait again."""

    redo: dict[int, np.ndarray]
    keep: dict[int, np.ndarray]
    trust_portrait: bool = False

    @property
    def redoing(self) -> bool:
        return any(mask.any() for mask in self.redo.values())

    def held(self, tile: int, size: int) -> np.ndarray:
        """(size,size) bool, texels that stay."""
        redo, keep = (masks.get(tile, np.zeros((size, size), bool)) for masks in (self.redo, self.keep))
        return keep | ~redo if self.redoing else keep

    def box(self, tile: int, size: int) -> Box | None:
        """The part of a tile that has to be composed; None where nothing of it is made anew."""
        if not self.redoing:
            return WHOLE
        redo = self.redo.get(tile, np.zeros((1, 1), bool))
        if not redo.any():
            return None
        around = int(0.08 * size)  # what is composed around it, to meet it in tone
        rows, columns = (
            slice(max(0, int(at[0]) - around), int(at[-1]) + 1 + around)
            for at in (np.flatnonzero(redo.any(axis)) for axis in (1, 0))
        )
        return rows, columns

    @property
    def made_up(self) -> bool:
        """Whether the portrait does not count for what is made anew."""
        return self.redoing and not self.trust_portrait

    def hide(self, job: Prepared, layout: AtlasMap) -> Prepared:
        """The job without the evidence of what is to be made up."""
        if not self.made_up:
            return job
        shown, seen = 1 - self._in_atlas(job.mesh, layout), job.observation
        first = replace(job.views[0], observation=replace(seen, confidence=seen.confidence * shown), gains={})
        coverings = tuple(
            replace(one, evidence=replace(one.evidence, sure=one.evidence.sure * shown)) for one in job.coverings
        )
        colour, confidence = job.evidence
        views = (first, *job.views[1:])
        return replace(job, views=views, coverings=coverings, evidence=(colour, confidence * shown))

    def _in_atlas(self, mesh: HeadMesh, layout: AtlasMap) -> np.ndarray:
        """(A,A) float32: 1 where the outermost surface is to be made anew."""
        fragments = layout.fragments
        uvs = fragments.interpolate(into_tile(mesh.corner_uvs))
        tiles = tile_numbers(mesh.corner_uvs)[fragments.triangle]
        redo = np.zeros(fragments.covered.shape, np.float32)
        for tile, mask in self.redo.items():
            here = fragments.covered & (tiles == tile)
            row, column = (
                (part * len(mask)).astype(int).clip(0, len(mask) - 1) for part in (1 - uvs[here, 1], uvs[here, 0])
            )
            redo[here] = mask[row, column]
        return redo


def read_regions(
    painted: dict[int, np.ndarray], bases: dict[int, np.ndarray], files: dict[int, Path], trust_portrait: bool
) -> Regions:
    """The regions of pictures, red to make anew, green to keep.

    Args:
        painted: (S,S,3) by tile. bases: what is on the head now, as large. files: where that was read from.

    Raises:
        AvatarTexError: BAD_REQUEST when there is no base, or when it would have to be resampled.
    """
    redo = {
        tile: (picture[..., 0] > PAINTED) & (picture[..., 0] > picture[..., 1]) for tile, picture in painted.items()
    }
    keep = {tile: (picture[..., 1] > PAINTED) & ~redo[tile] for tile, picture in painted.items()}
    regions = Regions(redo, keep, trust_portrait)
    if not bases:
        raise ErrorCode.BAD_REQUEST(
            "There are regions but no texture that they belong to.", "Name the present texture as the base texture."
        )
    if missing := painted.keys() - bases.keys():
        raise ErrorCode.BAD_REQUEST(
            f"There are regions for UDIM tile {min(missing)}, but no base texture of that tile.",
            "Paint on the tiles that the texture has; name both files with <UDIM>.",
        )
    for tile, file in files.items():
        with Image.open(file) as picture:
            own = picture.size
        if regions.redoing and own != bases[tile].shape[1::-1]:
            raise ErrorCode.BAD_REQUEST(
                f"The base texture has {own[0]} x {own[1]} texels, the job {len(bases[tile])}: the texels that stay "
                "could not stay as they are.",
                "Redo with the size of the base texture.",
            )
    return regions


def hold(
    made: dict[int, Composition], bases: dict[int, np.ndarray], provenances: dict[int, np.ndarray], regions: Regions
) -> dict[int, Composition]:
    """The compositions with everything that stays taken from the base, to the last bit.

    Args:
        made: by tile, composed over the bases, or a part of them. bases: (S,S,3) sRGB. provenances: (S,S,3) of the
            bases; what is missing is zero: its origin is not known.

    Raises:
        AvatarTexError: BAD_REQUEST, nothing of the head is to be made anew.
    """
    tone = _tone(made, bases, regions)
    held = {
        tile: _merge(part, bases[tile], provenances.get(tile), regions.held(tile, len(bases[tile])), tone)
        if tile in bases
        else part
        for tile, part in made.items()
    }
    if regions.redoing and not any((held[tile].texture != bases[tile]).any() for tile in bases):
        raise ErrorCode.BAD_REQUEST("No texel of the head is painted red.", "Paint the places to redo on the head.")
    return held


def _merge(
    made: Composition, whole: np.ndarray, origins: np.ndarray | None, held: np.ndarray, tone: np.ndarray
) -> Composition:
    size, whole = len(whole), whole.astype(np.float32)
    origins = np.zeros_like(whole) if origins is None else origins.astype(np.float32)
    base, before, held = whole[made.box], origins[made.box], held[made.box]
    away = cv2.distanceTransform((~(held & made.head)).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    share = np.clip(away / (0.01 * size), 0, 1)  # soft: two of ten texels at 1024 are hardly new
    share = share * share * (3 - 2 * share) * ~held
    share = _like_nearest(share, made.head)
    changed = np.abs(made.texture - base).max(-1) > 0.2 / 255  # the composition left the others alone: so do we
    made = _toned(made, tone)
    new = made.texture
    share = (share * changed)[..., None]
    texture = np.where(share > 0, base + (new - base) * share, base)
    gutter = (share[..., 0] > 0) & ~made.filled
    texture[gutter] = fill_smoothly(texture, made.filled)[gutter]
    origin = np.where(share > 0, before + (made.provenance - before) * share, before)
    head = origins.any(-1)  # where it is known; texels that are no head have no origin
    head[made.box] |= made.head
    done, known = whole.copy(), origins.copy()
    done[made.box], known[made.box] = texture, origin
    layers = _held_layers(made, done, share[..., 0] >= 1) if made.layers else {}
    anew = Anew(made, share[..., 0].astype(np.float32))
    return replace(made, texture=done, provenance=known, head=head, box=WHOLE, layers=layers, anew=anew)


def _toned(made: Composition, tone: np.ndarray) -> Composition:
    """What was made anew, its texture and its skin in the tone of what stays."""
    texture = made.texture.copy()
    texture[made.filled] = np.clip(texture[made.filled] + sample_atlas(tone, made.atlas), 0, 1)
    if not made.layers:
        return replace(made, texture=texture)
    apart = encode("detail", (texture - made.texture).transpose(2, 0, 1)).astype(np.int16) - 128
    skin = np.clip(made.layers["skin"] + apart, 0, 255).astype(np.uint8)
    return replace(made, texture=texture, layers={**made.layers, "skin": skin})


def _held_layers(made: Composition, texture: np.ndarray, new: np.ndarray) -> dict[str, np.ndarray]:
    """(C,S,S) bytes: the layers of what is wholly new, and elsewhere the (S,S,3) texture as skin without any others.

    Args:
        new: (H,W) bool, of the part that was composed.
    """
    layers = {"skin": encode("skin", texture.transpose(2, 0, 1))}
    for name, values in made.layers.items():
        planes = layers.setdefault(name, np.full((len(values), *texture.shape[:2]), NOTHING[LAYERS[name]], np.uint8))
        planes[(slice(None), *made.box)][:, new] = values[:, new]
    return layers


def _like_nearest(share: np.ndarray, head: np.ndarray) -> np.ndarray:
    """(S,S) share, with texels up to 8 beside the islands like the nearest of the head, and 0 beyond."""
    away, labels = cv2.distanceTransformWithLabels(
        (~head).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    lookup = np.zeros(labels.max() + 1, np.float32)
    lookup[labels[head]] = share[head]
    return np.where(away <= 8, lookup[labels], 0)


def _tone(made: dict[int, Composition], bases: dict[int, np.ndarray], regions: Regions) -> np.ndarray:
    """(a,a,3) what to add to what was made so that it meets what stays, continued from where the two meet.

    Of what is made anew only its border is compared, with the tone that the surroundings have there: what is made where
    the portrait shows them is the portrait again, and says nothing of what was made up. It is enclosed, so there the
    difference does not fade; beside what is kept it does.
    """
    stays, anew, apart = (np.zeros((TONES * TONES, 4)) for _ in range(3))
    for tile, part in made.items():
        if tile not in bases:
            continue
        base = bases[tile]
        held = (regions.held(tile, len(base))[part.box] & part.head)[part.filled]
        new = part.head[part.filled] & ~held
        redone = regions.redo.get(tile, np.zeros(base.shape[:2], bool))[part.box].astype(np.uint8)
        side = 2 * round(0.012 * len(base)) + 1  # the mouth's inside lies at the cheek's place, but not beside it
        beside = held & (cv2.dilate(redone, np.ones((side, side), np.uint8)) > 0)[part.filled]
        base, texture = base[part.box][part.filled], part.texture[part.filled]
        column, row = np.moveaxis(part.atlas % (1, np.inf) * TONES, -1, 0).astype(int).clip(0, TONES - 1)
        for total, colours, here in ((stays, base, beside), (anew, texture, new), (apart, base - texture, held)):
            weight = 1 / (1 + (np.abs(colours).max(1) / DRAWN) ** 2) if total is apart else np.ones(len(base))
            weighted = np.column_stack([colours * weight[:, None], weight])[here]
            place = (row * TONES + column)[here]
            total += np.stack([np.bincount(place, values, TONES**2) for values in weighted.T], -1)
    if not regions.redoing:
        difference, known = _means(apart)
        return fade_from(difference, known)[0].astype(np.float32)
    (around, outside), (inside, redone) = _means(stays), _means(anew)
    away = cv2.distanceTransform((outside == 0).astype(np.uint8), cv2.DIST_L2, 3)
    border = ((redone > 0) & (away <= MEETS)).astype(np.float32)
    if not border.any():
        return np.zeros_like(around)
    wanted, has = (masked_blur(colours, mask, MEETS) for colours, mask in ((around, outside), (inside, redone)))
    difference = (fill_smoothly(wanted, outside > 0) - has) * border[..., None]
    border /= 1 + (np.abs(difference).max(-1) / DRAWN) ** 2
    tone, left = fade_from(difference, border)
    return (tone + left[..., None] * np.average(difference.reshape(-1, 3), 0, border.ravel())).astype(np.float32)


def _means(total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(a,a,3) float32 means of sums with their weights (a*a,4), and (a,a) 1 where there are any."""
    weight = total[:, 3:]
    means = (total[:, :3] / np.maximum(weight, 1e-6)).reshape(TONES, TONES, 3)
    return means.astype(np.float32), (weight > 0).astype(np.float32).reshape(TONES, TONES)
