"""A head of the guard: where its texels lie in the atlas, so that the sample painters' hair, marks and styles, which
paint the atlas, can be laid into the head's own UV map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from ...head.atlas import fit_canonical, map_atlas, to_atlas
from ...head.enclosed import depth_inside
from ...head.facial_regions import FacialRegions, find_facial_regions
from ...head.landmarks import HeadLandmarks, find_head_landmarks
from ...head.mesh import HeadMesh, load_mesh
from ...head.rasterize import Fragments, rasterize, texel_corners
from ...imaging.sample import sample, sample_atlas, spread
from ..texhub.skins import clothes, eye_openings

#: Texels of a head's texture; the atlas that is painted has half as many.
TEXTURE = 1024
#: Parts of a head, the first that a texel belongs to; of what belongs to none the last.
PARTS = ("lips", "lids", "brows", "nose", "ears", "scalp", "face", "neck", "rest")
#: Depth behind the head's shell, in face heights, from which a texel is inside it (mouth, nostrils).
INSIDE = 0.03


@dataclass(frozen=True)
class GuardHead:
    """A head with the places of its texels.

    kit: names whose collars are no skin. texels: T, side of its texture; A, half of it, is the painted atlas's.
    """

    mesh: HeadMesh
    landmarks: HeadLandmarks
    kit: str = ""
    texels: int = TEXTURE

    @property
    def atlas(self) -> int:
        return self.texels // 2

    @cached_property
    def canonical(self) -> np.ndarray:
        """(N,3) of the vertices."""
        return fit_canonical(self.landmarks)(self.mesh.vertices.astype(np.float64))

    @cached_property
    def fragments(self) -> Fragments:
        """Of the texture, (T,T)."""
        return rasterize(texel_corners(self.mesh.corner_uvs, self.texels), self.texels, self.texels)

    @cached_property
    def _layout(self):
        return map_atlas(self.mesh, self.canonical, self.atlas)

    @cached_property
    def regions(self) -> FacialRegions:
        """Of the atlas, (A,A)."""
        return find_facial_regions(self._layout.fragments.interpolate(self.mesh.corners(np.float32(self.canonical))))

    @cached_property
    def place(self) -> np.ndarray:
        """(T,T,2) atlas coordinates of the texels."""
        return to_atlas(self.fragments.interpolate(self.mesh.corners(np.float32(self.canonical))))

    @cached_property
    def valid(self) -> np.ndarray:
        """(T,T) bool: outer skin and hair of the head, without collars, eyes and the mouth's inside."""
        u, v = np.moveaxis(self.place, -1, 0)
        inside = depth_inside(self.mesh, self._layout)[:, None]
        deep = self.fragments.interpolate(self.mesh.corners(inside))[..., 0] > INSIDE
        eyes = sample_atlas(np.float32(eye_openings(self.atlas)), self.place) > 0.5
        return self.fragments.covered & (v < 1) & ~clothes(self.kit, u, v) & ~eyes & ~deep

    @cached_property
    def bare(self) -> np.ndarray:
        """(T,T) bool: skin of forehead, cheeks and chin."""
        return self.lay(self.regions["forehead"] + self.regions["cheeks"] + self.regions["chin"]) > 0.5

    @cached_property
    def parts(self) -> np.ndarray:
        """(T,T) uint8: number of each texel's part, of PARTS from 1 on."""
        masks = [self.lay(self.regions[name]) > 0.5 for name in PARTS[:-1]]
        return np.select(masks, range(1, len(PARTS)), len(PARTS)).astype(np.uint8)

    def lay(self, picture: np.ndarray) -> np.ndarray:
        """(T,T[,C]) float32 of a picture of the atlas, (A,A[,C])."""
        return sample_atlas(np.ascontiguousarray(picture, np.float32), self.place)

    def gather(self, texture: np.ndarray) -> np.ndarray:
        """(A,A,3) float32 of a texture of the head; what the atlas lacks takes its nearest texel."""
        fragments = self._layout.fragments
        uv = fragments.interpolate(self.mesh.corner_uvs)
        clean = spread(texture, cv2.erode(self.fragments.covered.astype(np.uint8), np.ones((3, 3))) > 0)
        clean = cv2.GaussianBlur(clean, (0, 0), 0.5)  # or the atlas would alias
        found = sample(clean, np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * np.float32(len(texture)))
        return spread(found, fragments.covered)

    def stretched(self, gains: tuple[float, ...]) -> GuardHead:
        """The same head wider, taller and deeper by these gains; its texels stay where they lie in the atlas."""
        turn = self.landmarks.rotation
        gain = turn.T @ np.diag(gains) @ turn
        middle = self.landmarks.points.mean(0)
        mesh = replace(self.mesh, vertices=np.float32((self.mesh.vertices - middle) @ gain.T + middle))
        points = (self.landmarks.points - middle) @ gain.T + middle
        landmarks = replace(self.landmarks, points=points, height=self.landmarks.height * gains[1])
        other = GuardHead(mesh, landmarks, self.kit, self.texels)
        for name in (
            "fragments",
            "place",
            "regions",
            "valid",
            "bare",
            "parts",
            "canonical",
        ):  # as on the head of the file
            other.__dict__[name] = getattr(self, name)
        other.__dict__["_layout"] = self._layout
        return other


def load_head(path: Path, kit: str = "", texels: int = TEXTURE) -> GuardHead:
    """Raises: AvatarTexError: as load_mesh and find_head_landmarks do."""
    mesh = load_mesh(path)
    return GuardHead(mesh, find_head_landmarks(mesh), kit, texels)


def write_head(mesh: HeadMesh, path: Path) -> None:
    """As OBJ, with one UV a corner."""
    corners = np.arange(1, 3 * len(mesh.triangles) + 1).reshape(-1, 3)
    lines = ["o head"]
    lines += [f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in mesh.vertices]
    lines += [f"vt {u:.6f} {v:.6f}" for u, v in mesh.corner_uvs.reshape(-1, 2)]
    for triangle, numbers in zip(mesh.triangles + 1, corners, strict=True):
        lines.append("f " + " ".join(f"{vertex}/{uv}" for vertex, uv in zip(triangle, numbers, strict=True)))
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
