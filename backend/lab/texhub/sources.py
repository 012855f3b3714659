"""What the builder draws from: aligned skins by side of the split, their faces and tones, and bands of fine detail."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from ...head.facial_regions import FacialRegions, find_facial_regions
from ...imaging.pigment import absorbance, from_absorbance
from ...imaging.sample import spread
from .pigments import MELANIN, ita

SPLIT = Path(__file__).parent.parent / "training" / "split.json"
SIDES = ("train", "held_out")
#: The detail pictures' part that is bare forehead: rows and columns as shares; and atlas texels per picture width:
#: their heads are 0.76 of the picture from ear to ear, the atlas's 0.78.
BARE, ACROSS = ((0.10, 0.30), (0.28, 0.72)), 0.78 / 0.76
#: Fine bands end at this share of the atlas (5 texels of 256): wrinkles and mottling, not features.
FINE = 0.02


@dataclass(frozen=True)
class Sources:
    """names (N), faces (N): the first name of each face's group. side: (N,) of SIDES.

    textures: (N,S,S,3) uint8 sRGB, complete. valid: (N,S,S) bool, where they are data. positions, normals: (S,S,3)
    canonical. covered: (S,S). pores: name -> (h,w,3) float32 absorbance without its mean, train side only.
    """

    names: list[str]
    faces: list[str]
    side: np.ndarray
    textures: np.ndarray
    valid: np.ndarray
    positions: np.ndarray
    normals: np.ndarray
    covered: np.ndarray
    pores: dict[str, np.ndarray]
    digest: str

    @property
    def size(self) -> int:
        return self.textures.shape[1]

    @cached_property
    def regions(self) -> FacialRegions:
        return find_facial_regions(self.positions)

    @cached_property
    def tone(self) -> np.ndarray:
        """(N,3) median absorbance of forehead, cheeks and chin: the skin's colour."""
        bare = self.regions["forehead"] + self.regions["cheeks"] + self.regions["chin"] > 0.5
        return np.array([absorbance(np.median(texture[bare], axis=0) / 255) for texture in self.textures])

    @cached_property
    def ita(self) -> np.ndarray:
        """(N,) degrees."""
        return np.array([ita(from_absorbance(tone)) for tone in self.tone])

    @cached_property
    def hairy(self) -> np.ndarray:
        """(N,) 0..1: how much of the scalp is painted clearly darker than the skin."""
        scalp = self.regions["scalp"] > 0.7
        return np.array(
            [
                (absorbance(texture[scalp] / 255).mean(1) > tone.mean() + 0.7).mean()
                for texture, tone in zip(self.textures, self.tone)
            ]
        )

    @cached_property
    def wrinkled(self) -> np.ndarray:
        """(N,) strength of fine lines on forehead and crow's feet, against the middle skin of the same kit: kits differ
        in contrast more than the ages do."""
        where = (self.regions["forehead"] + self.regions["crow"] > 0.5) & (self.regions["brows"] < 0.1)
        unit = self.size / 256
        lines = []
        for texture in self.textures:
            level = absorbance(texture.astype(np.float32) / 255).mean(2)
            band = cv2.GaussianBlur(level - cv2.GaussianBlur(level, (0, 0), 2 * unit), (0, 0), 0.7 * unit)
            lines.append(np.percentile(np.abs(band[where]), 90))
        kits = np.array([name.split("/")[0] for name in self.names])
        return np.array([line / max(np.median(np.array(lines)[kits == kit]), 1e-6) for line, kit in zip(lines, kits)])

    @cached_property
    def undertone(self) -> np.ndarray:
        """(N,3) what the tone is off the line from pale to dark through the mean of all tones: too green, too red."""
        off = self.tone - self.tone.mean(0)
        direction = MELANIN / np.linalg.norm(MELANIN)
        return off - np.outer(off @ direction, direction)

    def index(self, name: str) -> int:
        return self.names.index(name)

    def absorbance(self, name: str, mirrored: bool = False) -> np.ndarray:
        """(S,S,3) of one skin."""
        value = absorbance(self.textures[self.index(name)].astype(np.float32) / 255)
        return np.ascontiguousarray(value[:, ::-1]) if mirrored else value

    def where(self, side: str) -> np.ndarray:
        """(n,) indices of the skins of one side."""
        return np.nonzero(self.side == side)[0]

    def save(self, path: Path) -> None:
        temporary = path.with_name(f".{path.stem}.part.npz")
        pores = {f"pores/{name}": value for name, value in self.pores.items()}
        arrays = {key: getattr(self, key) for key in ("side", "textures", "valid", "positions", "normals", "covered")}
        np.savez(temporary, names=np.array(self.names), faces=np.array(self.faces), **arrays, **pores)
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Sources:
        with np.load(path, allow_pickle=False) as data:
            pores = {key.split("/", 1)[1]: data[key] for key in data.files if key.startswith("pores/")}
            keys = ("side", "textures", "valid", "positions", "normals", "covered")
            arrays = [data[key] for key in keys]
            names, faces = ([str(name) for name in data[key]] for key in ("names", "faces"))
        return cls(names, faces, *arrays, pores, digest(names, [*arrays, *pores.values()]))


def prepare(
    atlas: dict[str, np.ndarray], split: Path = SPLIT, detail: Path | None = None, fold: tuple[int, int] | None = None
) -> Sources:
    """Sources of the arrays of atlas.npz (skins.build), without the creatures.

    A face is held out when any of its skins is: what shares a face with a held-out skin never enters training.

    Args:
        fold: (k, n), only every n-th training face from the k-th on, for cross-fitting.
    """
    held = set(json.loads(split.read_text(encoding="utf-8"))["held_out"])
    kept = np.nonzero(atlas["style"] != "creature")[0]
    if fold:
        kept = kept[in_fold([str(name) for name in atlas["names"][kept]], atlas["face"][kept], held, *fold)]
    names = [str(atlas["names"][i]) for i in kept]
    first = {}
    for name, face in zip(names, atlas["face"][kept]):
        first.setdefault(int(face), name)
    faces = [first[int(face)] for face in atlas["face"][kept]]
    held_faces = {face for name, face in zip(names, faces) if name in held}
    side = np.array(["held_out" if face in held_faces else "train" for face in faces])
    valid = atlas["valid"][kept] > 0
    textures = np.array([complete(t, v) for t, v in zip(atlas["textures"][kept], valid)])
    positions, normals = atlas["positions"].astype(np.float32), atlas["normals"].astype(np.float32)
    pores = read_pores(detail, textures.shape[1]) if detail else {}
    arrays = [side, textures, valid, positions, normals, atlas["covered"]]
    return Sources(names, faces, *arrays, pores, digest(names, [*arrays, *pores.values()]))


def in_fold(names: list[str], faces: np.ndarray, held: set[str], number: int, count: int) -> np.ndarray:
    """(N,) bool: skins of the training faces that fold `number` of `count` has. Every training face is in one fold."""
    free = np.array([name not in held for name in names])
    return free & np.isin(faces, np.setdiff1d(faces[free], faces[~free])[number::count])


def complete(texture: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """(S,S,3) uint8 with texels without data taken from the nearest ones, and smooth there."""
    filled = spread(texture.astype(np.float32), valid)
    soft = cv2.GaussianBlur(filled, (0, 0), len(valid) / 64)
    edge = cv2.GaussianBlur(valid.astype(np.float32), (0, 0), len(valid) / 256)[..., None]
    return np.rint(np.where(valid[..., None], filled, soft + (filled - soft) * edge)).astype(np.uint8)


def fine_band(value: np.ndarray) -> np.ndarray:
    """(S,S,3) without what is coarser than FINE of the atlas."""
    return value - cv2.GaussianBlur(value, (0, 0), FINE * len(value))


def read_pores(folder: Path, size: int) -> dict[str, np.ndarray]:
    """Fine absorbance of the bare skin of every picture of a folder, at the atlas's scale."""
    found = {}
    (top, bottom), (left, right) = BARE
    for path in sorted([*folder.glob("*.jpg"), *folder.glob("*.png")]):
        picture = cv2.imread(str(path))
        height, width = picture.shape[:2]
        part = picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width), ::-1]
        scale = ACROSS * size / width
        small = cv2.resize(part.astype(np.float32) / 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        band = absorbance(small)
        found[path.stem] = (band - cv2.GaussianBlur(band, (0, 0), FINE * size)).astype(np.float32)
    return found


def digest(names: list[str], arrays: list[np.ndarray]) -> str:
    """Says whether two builds draw from the same sources."""
    summed = hashlib.sha256("\n".join(names).encode())
    for array in arrays:
        summed.update(np.ascontiguousarray(array).tobytes())
    return summed.hexdigest()[:16]
