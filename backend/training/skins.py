"""Skins at their own resolution, unrolled (head/unrolled.py): what the tile denoiser learns from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from ..errors import AvatarTexError, ErrorCode
from ..head.atlas import canonical_head, fit_canonical, to_atlas
from ..head.landmarks import find_head_landmarks
from ..head.mesh import load_mesh
from ..head.unrolled import BOTTOM, TOP, WIDTH, Unrolled, unroll, unrolled
from ..networks.tiles import DENSITIES
from ..portrait.face_regions import FACE_OVAL
from ..portrait.faces import find_faces
from ..texhub.build import SOURCES
from ..texhub.skins import clothes, eye_openings, find_kits
from ..texhub.sources import SPLIT, Sources
from ..texture.observe import scalp_share
from ..texture.sample import sample, sample_atlas, spread
from .folds import FOLDS

#: Texels that a pixel must have of its source's own, and how much the source's last octave must hold of the one before
#: to be its own: blown-up files have 0.17 to 0.34, the others 0.57 and more.
OWN, SHARP = 0.65, 0.45
#: Pixels that face outward less are drawn out.
FACING = 0.3
#: What a skin holds but for its name, density and fold.
PICTURES = ("picture", "valid", "centres")
#: Of the detail pictures' longer side, on which landmarks are found.
SMALL = 1024


@dataclass(frozen=True)
class Skin:
    """picture: (H,W,3) uint8 sRGB, unrolled, density pixels per face height; complete. valid: (H,W) bool, where it is
    this skin at its own resolution. centres: (n,2) int32 rows and columns to cut tiles around. fold: of its face."""

    name: str
    density: int
    fold: int
    picture: np.ndarray
    valid: np.ndarray
    centres: np.ndarray


def kept_skins(data: Path, hub: Path, file: Path) -> list[Skin]:
    """load_skins(), which takes minutes, once."""
    if not file.is_file():
        skins = load_skins(data, hub)
        arrays = {f"{i}/{key}": getattr(skin, key) for i, skin in enumerate(skins) for key in PICTURES}
        about = [[skin.name, skin.density, skin.fold] for skin in skins]
        np.savez(file, about=json.dumps(about), **arrays)
    with np.load(file, allow_pickle=False) as data:
        about = json.loads(str(data["about"]))
        return [Skin(*one, *(data[f"{i}/{key}"] for key in PICTURES)) for i, one in enumerate(about)]


def load_skins(data: Path, hub: Path) -> list[Skin]:
    """The training faces' skins at each density that they have, and the detail pictures.

    Raises:
        AvatarTexError: when the hub's folds hold a held-out skin.
    """
    folds = {name: k for k in range(FOLDS) for name in Sources.load(hub / f"fold{k}" / SOURCES).names}
    held_out = set(json.loads(SPLIT.read_text(encoding="utf-8"))["held_out"])
    if leaked := held_out & folds.keys():
        raise AvatarTexError(
            ErrorCode.BAD_REQUEST, f"The folds hold held-out skins: {', '.join(sorted(leaked))}.",
            "Build them again with the split of this version.",
        )
    found = []
    for kit, (head, _) in find_kits(data).items():
        for skin in kit_skins(kit, head, [name for name in folds if name.startswith(f"{kit}/")], data):
            found.append(Skin(skin[0], skin[1], folds[skin[0]], *skin[2:]))
    for path in sorted(data.glob("detail/*.jpg")):
        found += detail_skins(path)
    return found


def kit_skins(kit: str, head: Path, names: list[str], data: Path):
    """name, density, picture, valid, centres of the skins of a kit."""
    mesh = load_mesh(head)
    canonical = fit_canonical(find_head_landmarks(mesh))(mesh.vertices.astype(np.float64))
    pictures = {name: read(data / kit / "skins", name.split("/")[1]) for name in names}
    for density in DENSITIES:
        layout = unrolled(mesh, canonical, 2 * density)
        uv = layout.fragments.interpolate(mesh.corner_uvs)
        skin, bald = usable(kit, layout)
        per_pixel = 2 * texel_steps(uv)
        for name, picture in pictures.items():
            size = np.array([picture.shape[1], picture.shape[0]])
            own = np.sqrt(size.prod()) * per_pixel * (1.0 if sharpness(picture) > SHARP else 0.5) > OWN
            valid = halved((own & skin).astype(np.float32)) > 0.99
            if valid.mean() < 0.1:
                continue
            place = np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * size
            shown = spread(sample(picture, place, cv2.INTER_CUBIC), skin)
            yield name, density, *stored(halved(shown), valid, valid & (halved(bald) > 0.5))


def read(folder: Path, stem: str) -> np.ndarray:
    """(H,W,3) float32 sRGB."""
    path = next(path for path in sorted(folder.iterdir()) if path.stem == stem)
    return cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255


def halved(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def stored(picture: np.ndarray, valid: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    centres = np.argwhere(wanted).astype(np.int32)
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8), valid, centres


def usable(kit: str, layout: Unrolled) -> tuple[np.ndarray, np.ndarray]:
    """(H,W) bool, pixels that are skin or hair; (H,W) float32, how far they are no scalp."""
    atlas = to_atlas(layout.place)
    openings = sample_atlas(eye_openings(512).astype(np.float32), atlas) > 0.1
    skin = (layout.facing > FACING) & ~openings & ~clothes(kit, atlas[..., 0], atlas[..., 1])
    return cv2.erode(skin.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0, 1 - scalp_share(layout.place)


def texel_steps(uv: np.ndarray) -> np.ndarray:
    """(H,W) UV length that a pixel covers: the root of the area; zero across seams."""
    across, down = np.gradient(uv, axis=1), np.gradient(uv, axis=0)
    area = np.abs(across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0])
    jump = np.maximum(np.abs(across).max(-1), np.abs(down).max(-1)) > 0.02
    return np.where(jump, 0, np.sqrt(area))


def sharpness(picture: np.ndarray) -> float:
    """What the last octave of a picture's middle holds of the one before, as amplitudes."""
    height, width = picture.shape[:2]
    grey = picture[height // 5 : -height // 5, width // 5 : -width // 5].mean(2)
    size = 256
    window = np.outer(np.hanning(size), np.hanning(size))
    waves = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    power = 0
    for row in range(0, grey.shape[0] - size + 1, size // 2):
        for column in range(0, grey.shape[1] - size + 1, size // 2):
            tile = grey[row : row + size, column : column + size]
            power = power + np.abs(np.fft.rfft2((tile - tile.mean()) * window)) ** 2
    last, before = (power[(waves >= low) & (waves < 2 * low)].sum() for low in (1 / 4, 1 / 8))
    return float(np.sqrt(last / before))


def detail_skins(path: Path) -> list[Skin]:
    """A frontal face texture of no head: its landmarks say where on the face it lies, inside their oval."""
    picture = cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255
    scale = SMALL / max(picture.shape[:2])
    faces = find_faces(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    if not faces:
        return []
    points, head = faces[0].points[:, :2] / scale, canonical_head()
    places = unroll(head.points)
    use = head.trust > 0.4
    warp = RBFInterpolator(places[use], points[use], smoothing=1e-4)
    found = []
    for density in DENSITIES:
        width, height = round(WIDTH * density), round((TOP - BOTTOM) * density)
        coarse = np.mgrid[: height // 8, : width // 8][::-1].reshape(2, -1).T * 8 + 4
        at = warp(coarse / density).astype(np.float32).reshape(height // 8, width // 8, 2)
        at = cv2.resize(at, (width, height), interpolation=cv2.INTER_LINEAR)
        oval = np.zeros((height, width), np.uint8)
        cv2.fillPoly(oval, [np.rint(places[list(FACE_OVAL)] * density).astype(np.int32)], 1)
        openings = np.zeros_like(oval)
        y, x = np.mgrid[:height, :width] / density
        for eye in (places[[33, 133, 159, 145]], places[[263, 362, 386, 374]]):
            middle, reach = eye.mean(0), np.ptp(eye[:2, 0]) * 0.7
            openings |= (np.hypot(x - middle[0], 1.6 * (y - middle[1])) < reach).astype(np.uint8)
        source = picture
        while len(source) / SMALL * np.ptp(faces[0].points[:, 1]) > 1.6 * density:
            source = halved(source)
        shown = sample(source, at * (len(source) / len(picture)), cv2.INTER_CUBIC)
        valid = (oval > 0) & (openings == 0)
        shown = spread(shown, valid)
        found.append(Skin(f"detail/{path.stem}", density, -1, *stored(shown, valid, valid)))
    return found
