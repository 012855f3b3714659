"""The shell's picture in the artist's UV map: colour, alpha, how far it lies off the skin, and how its strands lie."""

from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from ..head.atlas import to_atlas
from ..head.match import DRAWN
from ..head.sides import texels_per_face
from ..head.uvs import precedence
from ..imaging.sample import sample_atlas
from ..job import Prepared
from ..observation.observe import held
from ..observation.shell_cover import alpha_at, cover_of, share_alpha
from ..options import OPACITIES
from ..surface.hair_chart import SCALP, find_field, lay_directions
from ..surface.strands import find_strands
from .compose import Finish, compose
from .photographed import full
from .texels import find_texels

#: Texels of the small picture.
SMALL = 512


@dataclass(frozen=True)
class ShellPicture:
    """One UDIM tile. picture: (S,S,4) float32 sRGB with straight alpha. height: (S,S) float32, mesh units. strands:
    (S,S,3) their direction, as surface/hair_chart.py has it."""

    picture: np.ndarray
    height: np.ndarray
    strands: np.ndarray

    def pictures(self, thickness: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is written, in the order of outputs.shell_files()."""
        return self.picture, self.small(thickness), self.strands

    def small(self, thickness: float) -> np.ndarray:
        """(s,s,3) 0..1, what Blender makes an object of: red how far the shell lies off, 1 is so many mesh units;
        green where it is at all."""
        size = (min(SMALL, len(self.height)),) * 2
        spread = np.ones((2 * max(1, len(self.height) // SMALL) + 1,) * 2, np.uint8)
        # alpha from which there is a shell
        height, alpha = (
            cv2.resize(cv2.dilate(part, spread), size, interpolation=cv2.INTER_AREA)
            for part in (self.height / max(thickness, 1e-9), (self.picture[..., 3] > 0.04).astype(np.float32))
        )
        return np.dstack([height, alpha, np.zeros_like(alpha)])


def paint_shell(job: Prepared, size: int, light: float, seed: int) -> dict[int, ShellPicture]:
    """The job's shell, of every tile that the head uses.

    Args:
        size: texels. light: opacity of the portrait's. seed: of the strands.
    """
    shell = job.shell
    assert shell is not None
    lead = shell.views[0]
    bare = tuple(replace(view, masks={}) for view in shell.views)
    dressed = replace(
        job, match=replace(job.match, mesh=shell.mesh, registration=lead.registration), views=bare, coverings=()
    )
    finish = Finish(size, OPACITIES | {"light": light})
    haired = replace(dressed, views=shell.views, coverings=job.coverings)
    density = max(texels_per_face(tile, job.canonical, size) for tile in dressed.tiles.values())
    strands = find_strands(haired, density, seed, whole=True).get("hair") if job.style not in DRAWN else None
    layout = SCALP.lay_out(shell.mesh, job.canonical)
    field = find_field(SCALP, layout, shell.mesh, [(view, cover_of(view)) for view in shell.views])
    made = {}
    for number, mesh in dressed.tiles.items():
        painted = compose(dressed, mesh, shell.colour, finish)
        order = partial(precedence, mesh, job.canonical, lead.observation.better_side)
        texels = find_texels(mesh, size, order)
        per_vertex = np.concatenate(
            [mesh.vertices, lead.registration.normals, job.canonical, job.inside[:, None], shell.thickness[:, None]], 1
        )
        points, normals, place, depth, thickness = np.split(texels.at(mesh, per_vertex), (3, 6, 9, 10), axis=1)
        found = [alpha_at(view, points.astype(np.float64), normals, place) for view in shell.views]
        believed = [sample_atlas(share, to_atlas(place)) for share in shell.believed]
        shares = share_alpha([full(sure) * share for (_, _, sure), share in zip(found, believed, strict=True)])
        alpha = sum(share * seen for share, (_, seen, _) in zip(shares, found, strict=True))
        alpha = alpha + (1 - sum(shares)) * sample_atlas(shell.unseen, to_atlas(place))
        alpha = np.clip(alpha, 0, 1) * held(place) * (depth[:, 0] < 0.01)  # not in mouth and eye sockets
        texture = painted.texture
        if strands is not None:
            colour = texture[texels.filled]
            strung, _, _ = strands.laid_on(colour, np.ones(len(colour), np.float32), place)
            texture[texels.filled] = colour + (1 - sum(shares))[:, None] * (strung - colour)
        layers = np.zeros((2, size, size), np.float32)
        layers[:, texels.filled] = alpha, thickness[:, 0]
        strands_lie = np.full((size, size, 3), (0.5, 0.5, 0.0), np.float32)
        strands_lie[texels.filled] = lay_directions(SCALP, field, mesh, job.canonical, texels.triangle, place)
        made[number] = ShellPicture(np.dstack([texture, layers[0]]), layers[1], strands_lie)
    return made
